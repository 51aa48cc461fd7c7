"""`qorgan sim`: cameras, a town of them, and buttons, for trying things out and for tests."""

import asyncio
import contextlib
import errno
import getpass
import json
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from qorgan.kernel.errors import QorganError
from qorgan.kernel.logs import configure
from qorgan.kernel.processes import die_with_parent, until_stopped
from qorgan.protocols.dc09.messages import CONTACT_ID, SIA_DCS, read_key
from qorgan.protocols.surgard import ACK, write_heartbeat
from qorgan.sim.button import SimButton
from qorgan.sim.cameras import MAX_B_FRAMES, Algorithm, Login, SimCamera, Transport
from qorgan.sim.chip import SimChip, push
from qorgan.sim.codecs import AudioCodec, VideoCodec
from qorgan.sim.faults import Fault
from qorgan.sim.onvif import DISCOVERY_PORT
from qorgan.sim.panel import PanelProtocol, SimPanel, SimSurgard, event_line
from qorgan.sim.radio import SimRadio
from qorgan.sim.scenes import Scene
from qorgan.sim.town import SimTown, TownPlan, made_up, read_plan

PASSWORD_VARIABLE = "QORGAN_SIM_PASSWORD"  # noqa: S105 - a name, not a secret
KEY_VARIABLE = "QORGAN_PANEL_KEY"
TOKEN_VARIABLE = "QORGAN_BUTTON_TOKEN"  # noqa: S105 - a name, not a secret

app = typer.Typer(
    help="Cameras and buttons that do not exist: real H.264 over real RTSP, with faults on command.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Cache = Annotated[
    Path | None,
    typer.Option(
        help="Where encoded clips are kept, so that the next start takes no time. Default: the user's cache folder.",
        envvar="QORGAN_SIM_CACHE",
    ),
]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
ControlPort = Annotated[
    int, typer.Option(min=0, max=65535, help="Port of the remote control on 127.0.0.1; 0 takes a free one.")
]
TlsPort = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=65535,
        help="Speak RTSPS too, on this port (0: any free one), with a certificate made at the start; GET /tls of the "
        "remote control shows it and its fingerprint.",
    ),
]
Codec = Annotated[VideoCodec, typer.Option(help="How pictures are encoded.")]
BFrames = Annotated[int, typer.Option(min=0, max=MAX_B_FRAMES, help="B-frames in a row: pictures travel out of order.")]
Audio = Annotated[AudioCodec | None, typer.Option(help="Sound beside the pictures: AAC at 16 kHz or G.711.")]
ReadyFile = Annotated[
    Path | None, typer.Option(help="Also write the line that says 'ready' (JSON) to this file, all at once.")
]
DieWithParent = Annotated[
    bool, typer.Option("--die-with-parent", help="End when the process that started this one ends.")
]


@app.command()
def camera(
    scene: Annotated[Scene, typer.Option(help="What the camera looks at.")] = Scene.HALL,
    site: Annotated[str, typer.Option(help="First part of the path.")] = "demo",
    key: Annotated[str, typer.Option(help="Second part of the path: the camera's name.")] = "camera",
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="RTSP port; 0 takes a free one.")] = 8554,
    control_port: ControlPort = 0,
    user: Annotated[
        str | None, typer.Option(help=f"Ask for this user's login; the password comes from {PASSWORD_VARIABLE}.")
    ] = None,
    algorithm: Annotated[Algorithm, typer.Option(help="Hash of the digest login, or Basic.")] = Algorithm.MD5,
    codec: Codec = VideoCodec.H264,
    b_frames: BFrames = 0,
    audio: Audio = None,
    transport: Annotated[Transport, typer.Option(help="How it is willing to send packets.")] = Transport.BOTH,
    tls_port: TlsPort = None,
    fault: Annotated[Fault | None, typer.Option(help="Be faulty from the beginning.")] = None,
    cache: Cache = None,
) -> None:
    """One camera: rtsp://HOST:PORT/SITE/KEY/main (1080p, 25 frames/s, 4 Mbit/s) and …/sub (640x360, 12.5 frames/s).

    Prints one line of JSON when it is ready and runs until Ctrl-C. Faults can be switched while it runs
    (-X DELETE ends them):

    \b
    curl -X POST http://127.0.0.1:CONTROL/cameras/SITE/KEY/fault -d '{"fault": "black"}'

    Clock and frame number are drawn into plain H.264; with H.265 or B-frames the number is in the SEI alone.
    loss, reorder and duplicate are faults of UDP.
    """
    login = Login(user=user, password=_secret(PASSWORD_VARIABLE, "Password"), algorithm=algorithm) if user else None
    made = SimCamera(
        site=site,
        key=key,
        scene=scene,
        login=login,
        codec=codec,
        b_frames=b_frames,
        audio=audio,
        transport=transport,
    )
    plan = TownPlan(cameras=[made], port=port, control_port=control_port, tls_port=tls_port)
    _run_town(plan, host, cache, None, fault)


@app.command()
def town(
    plan: Annotated[
        Path | None, typer.Argument(help="TOML file with [[cameras]] (site, key, scene, login, kind, …) and the ports.")
    ] = None,
    cameras: Annotated[
        int, typer.Option(min=1, max=1000, help="Without a file: make up so many cameras, cam-001, cam-002, …")
    ] = 4,
    site: Annotated[str, typer.Option(help="Without a file: the school they belong to.")] = "kst-012",
    scenes: Annotated[
        list[Scene] | None, typer.Option("--scene", help="Without a file: scenes that take turns.")
    ] = None,
    codec: Codec = VideoCodec.H264,
    b_frames: BFrames = 0,
    audio: Audio = None,
    host: Host = "127.0.0.1",
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="RTSP port of all cameras; 0: any free.")] = None,
    control_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the remote control; 0: any free.")
    ] = None,
    tls_port: TlsPort = None,
    onvif_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="HTTP port of the cameras' ONVIF side; 0: any free.")
    ] = None,
    discovery: Annotated[
        bool, typer.Option("--discovery", help="Answer searches for ONVIF cameras on this machine (UDP 3702).")
    ] = False,
    ready_file: ReadyFile = None,
    parent: DieWithParent = False,
    cache: Cache = None,
) -> None:
    """Many cameras in one process, on one RTSP port, with a remote control for their faults.

    Prints one line of JSON when it is ready (ports and addresses) and runs until Ctrl-C or SIGTERM. --codec, --b-frames
    and --audio are for cameras that are made up; a file says it of each of its own:

    \b
    port = 8554
    [[cameras]]
    site = "kst-012"
    key = "hall"
    scene = "hall"
    login = { user = "qorgan", password = "for this fake camera only" }
    codec = "h265"
    audio = "aac"
    """
    if parent:
        die_with_parent(os.getppid())
    with _errors_as_sentences():
        if plan:
            chosen = read_plan(plan)
        else:
            made = made_up(cameras, site=site, scenes=scenes or list(Scene))
            speak = {"codec": codec, "b_frames": b_frames, "audio": audio}
            chosen = TownPlan(cameras=[msgspec.structs.replace(camera, **speak) for camera in made])
        wanted = {
            "port": port,
            "control_port": control_port,
            "tls_port": tls_port,
            "onvif_port": onvif_port,
            "discovery_port": DISCOVERY_PORT if discovery else None,
        }
        chosen = msgspec.structs.replace(chosen, **{name: value for name, value in wanted.items() if value is not None})
    _run_town(chosen, host, cache, ready_file, None)


@app.command()
def button(
    node: Annotated[str, typer.Argument(help="The school's node, as http://127.0.0.1:8101")],
    key: Annotated[str, typer.Argument(help="The button's key.")],
    kind: Annotated[str, typer.Option(help="real, drill or test.")] = "real",
    give_up_after: Annotated[float | None, typer.Option(help="Seconds; without it the button never gives up.")] = None,
    alive_every: Annotated[
        float | None, typer.Option(min=1, help="Do not press: say so often, in seconds, that it is alive.")
    ] = None,
    battery: Annotated[int | None, typer.Option(min=0, max=100, help="With --alive-every: percent.")] = None,
) -> None:
    """Press a panic button of a school's node, and go on pressing until the node has stored the alarm.

    The button's token comes from the variable QORGAN_BUTTON_TOKEN, from standard input, or is asked for.
    Prints the node's answer as one line of JSON. With --alive-every it gives signs of life until Ctrl-C.
    """
    configure("button")
    token = _secret(TOKEN_VARIABLE, "The button's token")
    url = f"{node.rstrip('/')}/buttons/{key}"
    with _errors_as_sentences():
        if alive_every is not None:
            asyncio.run(until_stopped(SimButton.live(f"{url}/alive", token, every_s=alive_every, battery=battery)))
            return
        answer = asyncio.run(SimButton.press(f"{url}/press", token, kind=kind, give_up_after_s=give_up_after))
    print(json.dumps(answer), flush=True)


@app.command()
def panel(
    host: Annotated[str, typer.Argument(help="Where panels are received.")],
    port: Annotated[int, typer.Argument(help="The receiver's port.")],
    account: Annotated[str, typer.Argument(help="The panel's account.")],
    event: Annotated[
        str, typer.Argument(help="Contact ID as '1120 01 005', SIA as 'Nri1/PA5', or 'null' for a link test.")
    ] = "1120 01 001",
    protocol: Annotated[PanelProtocol, typer.Option(help="DC-09 over tcp or udp, or surgard.")] = PanelProtocol.TCP,
    encrypted: Annotated[bool, typer.Option(help=f"DC-09: encrypt, with the key in {KEY_VARIABLE}.")] = False,
    every: Annotated[float | None, typer.Option(help="Go on with link tests, so many seconds apart.")] = None,
    give_up_after: Annotated[float | None, typer.Option(help="Seconds; without it the panel never gives up.")] = None,
) -> None:
    """An alarm panel: report one event to a school's node, again and again until it is acknowledged.

    Prints the answer. With --every it stays and sends link tests until Ctrl-C.
    """
    configure("panel")
    with _errors_as_sentences():
        if protocol is PanelProtocol.SURGARD:
            asyncio.run(until_stopped(_tell_line(host, port, account, event, every)))
            return
        key = read_key(_secret(KEY_VARIABLE, "The panel's key")) if encrypted else None
        made = SimPanel(account=account, host=host, port=port, key=key, udp=protocol is PanelProtocol.UDP)
        made.next_seq = 1 + secrets.randbelow(9_999)  # the same number again would be the same event told once more
        asyncio.run(until_stopped(_report(made, event, every, give_up_after)))


async def _report(panel: SimPanel, event: str, every: float | None, give_up_after: float | None) -> None:
    if event == "null":
        answer = await panel.null(give_up_after_s=give_up_after)
    else:
        id = SIA_DCS if event[:1] in "NO" else CONTACT_ID
        answer = await panel.report(event, id, give_up_after_s=give_up_after)
    print(answer.id, flush=True)
    while every is not None:
        await asyncio.sleep(every)
        await panel.null()


async def _tell_line(host: str, port: int, account: str, event: str, every: float | None) -> None:
    async with SimSurgard.calling(host, port) as receiver:
        line = write_heartbeat() if event == "null" else event_line(account, event)
        print("ACK" if await receiver.tell(line) == ACK else "NAK", flush=True)
        if every is not None:
            await receiver.beat(every)


@app.command()
def chip(
    socket: Annotated[Path, typer.Argument(help="The Unix socket to make; lines are then `sim:SOCKET:17`.")],
) -> None:
    """A GPIO chip without wires, until Ctrl-C: a node holds its lines, `qorgan sim contact` presses them."""

    async def serve() -> None:
        async with SimChip(socket):
            print(json.dumps({"ready": True, "chip": str(socket)}), flush=True)
            await asyncio.Event().wait()

    configure("sim")
    with _errors_as_sentences():
        asyncio.run(until_stopped(serve()))


@app.command()
def contact(
    socket: Annotated[Path, typer.Argument(help="The simulated chip's socket.")],
    line: Annotated[int, typer.Argument(min=0, max=1023, help="The wire that closes under the thumb.")],
    rest_line: Annotated[int | None, typer.Option(help="The other wire of a changeover contact.")] = None,
    hold: Annotated[float, typer.Option(min=0.05, help="Seconds: 3 and more call the police.")] = 0.3,
) -> None:
    """Press a dry contact on a simulated chip and let it go."""
    with _errors_as_sentences():
        asyncio.run(push(socket, line, hold, rest=rest_line))


@app.command()
def radio(
    name: Annotated[str, typer.Argument(help="The button's name at the broker.")],
    site: Annotated[str, typer.Option(help="The school.")] = "kst-012",
    host: Annotated[str, typer.Option(help="The broker.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Its port, without TLS.")] = 1883,
    gesture: Annotated[str, typer.Option(help="police or assist.")] = "police",
) -> None:
    """Press a radio button through an MQTT broker. Its password comes as the token of `button` does."""
    password = _secret(TOKEN_VARIABLE, "The radio button's password")
    with _errors_as_sentences(), SimRadio(site, name, host=host, port=port, password=password) as badge:
        print(json.dumps({"press": str(badge.press(gesture))}), flush=True)


@app.command()
def staff(
    link: Annotated[str, typer.Argument(help="The page without its token: http://127.0.0.1:8101/staff/")],
    gesture: Annotated[str, typer.Option(help="police or assist.")] = "police",
    give_up_after: Annotated[float | None, typer.Option(help="Seconds; without it the phone never gives up.")] = None,
) -> None:
    """Press as a phone of the staff does. The token, which stands behind # in the link, comes as that of `button`."""
    token = _secret(TOKEN_VARIABLE, "The personal token")
    url = f"{link.split('#')[0].rstrip('/')}/press"
    with _errors_as_sentences():
        answer = asyncio.run(SimButton.press(url, token, gesture=gesture, give_up_after_s=give_up_after))
    print(json.dumps(answer), flush=True)


def _run_town(plan: TownPlan, host: str, cache: Path | None, ready_file: Path | None, fault: Fault | None) -> None:
    configure("sim")
    with _errors_as_sentences():
        asyncio.run(until_stopped(_serve_town(plan, host, cache or _default_cache(), ready_file, fault)))


async def _serve_town(plan: TownPlan, host: str, cache: Path, ready_file: Path | None, fault: Fault | None) -> None:
    async with SimTown(plan, cache=cache, host=host) as town:
        if fault is not None:
            for status in town.simulator.status():
                await town.simulator.set_fault(status.site, status.key, fault)
        _say_ready(json.dumps(town.ready()), ready_file)
        await asyncio.Event().wait()


def _say_ready(line: str, ready_file: Path | None) -> None:
    if ready_file is not None:
        new = ready_file.with_name(f"{ready_file.name}.new")
        new.write_text(f"{line}\n")
        new.replace(ready_file)
    print(line, flush=True)


@contextlib.contextmanager
def _errors_as_sentences() -> Iterator[None]:
    """What the caller can mend is told in a sentence on standard error, with exit status 1."""
    try:
        yield
    except QorganError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
            raise
        typer.echo(f"Cannot listen there: {error.strerror}. Choose another --port or --host; 0 is any port.", err=True)
        raise typer.Exit(1) from error


def _secret(variable: str, question: str) -> str:
    """From the environment, from standard input, or from the person at the terminal; never from the command line."""
    if variable in os.environ:
        return os.environ[variable]
    secret = getpass.getpass(f"{question}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not secret:
        typer.echo(f"{question} is missing: set {variable} or write it to standard input.", err=True)
        raise typer.Exit(1)
    return secret


def _default_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qorgan" / "sim"
