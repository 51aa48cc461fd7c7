"""`qorgan doctor`: is this machine fit to run a school node or a centre? Each answer says what to do about it."""

import io
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import msgspec
import psutil
import typer

from qorgan import __version__

GIB = 1 << 30
MIB = 1 << 20
_PROBE_BYTES = 32 * MIB
PORTS = {8000: "the centre's console", 4222: "the carrier (NATS)", 8554: "simulated cameras", 8101: "a school node"}


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer: what was seen and, when it is not well, what to do."""

    name: str
    state: State
    seen: str
    advice: str = ""


def examine(data: Path) -> Iterator[Finding]:
    """All findings, in the order of a person's questions. Writes and removes one file of 32 MiB below `data`."""
    checks: tuple[Callable[[], Finding], ...] = (
        check_python,
        check_carrier,
        check_codecs,
        check_console,
        check_node,
        lambda: check_disk_space(data),
        lambda: check_disk_speed(data),
        check_memory,
        check_files,
        check_clock,
    )
    for check in checks:
        yield check()
    for port, owner in PORTS.items():
        yield check_port(port, owner)


def check_python() -> Finding:
    """What runs us. An older Python than 3.11 would not have come this far."""
    return Finding(name="python", state=State.OK, seen=f"Python {sys.version.split()[0]}, Qorgan {__version__}")


def find_carrier() -> str | None:
    """The `nats-server` that the demo and doctor use: the one beside this Python, else the one on the PATH."""
    beside = Path(sys.executable).with_name("nats-server")
    return str(beside) if beside.exists() else shutil.which("nats-server")


def check_carrier() -> Finding:
    """`nats-server` is there and runs on this processor."""
    program = find_carrier()
    if program is None:
        return Finding(name="carrier", state=State.FAIL, seen="no nats-server", advice="Run `make setup`.")
    version = _answer([program, "--version"])
    if not version:
        advice = "The wheel does not fit this processor. Install Debian's nats-server instead."
        return Finding(name="carrier", state=State.FAIL, seen=f"{program} does not run", advice=advice)
    return Finding(name="carrier", state=State.OK, seen=version)


def check_codecs() -> Finding:
    """H.264 really goes through: one picture is encoded with libx264 and decoded again."""
    import av  # FFmpeg's libraries take a while to load, so only this check pays for them

    advice = "Run `make setup`; if it stays, the av wheel does not fit this machine."
    try:
        frames = _h264_there_and_back()
    except (av.FFmpegError, ValueError) as error:
        return Finding(name="codecs", state=State.FAIL, seen=f"H.264 failed: {error}", advice=advice)
    if frames == 0:
        return Finding(name="codecs", state=State.FAIL, seen="H.264 decoded to nothing", advice=advice)
    h265 = "H.265 decodes" if "hevc" in av.codecs_available else "no H.265"
    return Finding(name="codecs", state=State.OK, seen=f"H.264 encodes and decodes, {h265} (PyAV {av.__version__})")


def _h264_there_and_back() -> int:
    import av
    import numpy as np

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as target:
        stream = target.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.time_base = 64, 48, "yuv420p", Fraction(1, 25)
        picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 128, np.uint8), format="rgb24")
        target.mux(stream.encode(picture))
        target.mux(stream.encode(None))
    buffer.seek(0)
    with av.open(buffer, "r") as source:
        return len(list(source.decode(video=0)))


def check_console() -> Finding:
    """The web console is built; without it the centre has an API and no screens."""
    page = Path(__file__).resolve().parents[2] / "web" / "dist" / "index.html"
    if page.exists():
        return Finding(name="console", state=State.OK, seen="the console is built")
    advice = "Run `make setup` in the clone. A school node does not need it."
    return Finding(name="console", state=State.WARN, seen="the console is not built", advice=advice)


def check_node() -> Finding:
    """Node only builds the console; nothing that runs needs it."""
    version = _answer(["node", "--version"])
    return Finding(name="node", state=State.OK, seen=f"Node {version or 'absent'} (only the console's build needs it)")


def check_disk_space(data: Path) -> Finding:
    """Room for recordings: a school of 11 cameras writes about 500 GB a day with both streams."""
    free = shutil.disk_usage(_existing(data)).free
    seen = f"{free / GIB:.1f} GiB free at {data}"
    if free < 2 * GIB:
        return Finding(
            name="disk space", state=State.FAIL, seen=seen, advice="Make room, or choose another folder with --data."
        )
    if free < 20 * GIB:
        advice = "Enough to try; a node keeps only as many days as fit (budget_gb in edge.toml)."
        return Finding(name="disk space", state=State.WARN, seen=seen, advice=advice)
    return Finding(name="disk space", state=State.OK, seen=seen)


def check_disk_speed(data: Path) -> Finding:
    """Written and synced speed, and how long a small durable write takes: an alarm waits for one of those."""
    try:
        megabytes_per_s, sync_ms = _measure_disk(_existing(data))
    except OSError as error:
        advice = "Choose a folder that this user may write, with --data."
        return Finding(
            name="disk speed", state=State.FAIL, seen=f"cannot write at {data}: {error.strerror}", advice=advice
        )
    seen = f"{megabytes_per_s:.0f} MB/s, {sync_ms:.1f} ms for a small durable write"
    if megabytes_per_s < 20 or sync_ms > 100:
        advice = "Slow for recording many cameras; use an SSD and keep other load off it."
        return Finding(name="disk speed", state=State.WARN, seen=seen, advice=advice)
    return Finding(name="disk speed", state=State.OK, seen=seen)


def _measure_disk(folder: Path) -> tuple[float, float]:
    path = folder / f".qorgan-doctor-{os.getpid()}"
    try:
        with path.open("wb", buffering=0) as file:
            block = os.urandom(MIB)
            started = time.monotonic()
            for _ in range(_PROBE_BYTES // MIB):
                file.write(block)
            os.fsync(file.fileno())
            bulk_s = time.monotonic() - started
            syncs = []
            for _ in range(5):
                started = time.monotonic()
                file.write(block[:4096])
                os.fsync(file.fileno())
                syncs.append(time.monotonic() - started)
    finally:
        path.unlink(missing_ok=True)
    return _PROBE_BYTES / 1e6 / bulk_s, sorted(syncs)[2] * 1000


def check_memory() -> Finding:
    """Memory that is free now; the demo town takes about 1 GiB."""
    available = psutil.virtual_memory().available
    seen = f"{available / GIB:.1f} GiB available, {os.cpu_count()} processors"
    if available < GIB // 2:
        return Finding(
            name="memory", state=State.FAIL, seen=seen, advice="Close other programs: less than 0.5 GiB is left."
        )
    if available < 3 * GIB // 2:
        return Finding(name="memory", state=State.WARN, seen=seen, advice="The demo may swap: 1.5 GiB is comfortable.")
    return Finding(name="memory", state=State.OK, seen=seen)


def check_files() -> Finding:
    """How many files and connections one process may hold."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    seen = f"{soft} open files at most"
    if soft < 1024:
        state = State.FAIL if hard < 1024 else State.WARN
        return Finding(
            name="open files", state=state, seen=seen, advice="Raise it: `ulimit -n 4096` (systemd: LimitNOFILE=)."
        )
    return Finding(name="open files", state=State.OK, seen=seen)


def check_clock() -> Finding:
    """Somebody keeps the clock right: recordings of two schools are compared by their times."""
    answer = _answer(["timedatectl", "show", "-p", "NTPSynchronized", "--value"])
    if answer == "yes" or "Leap status     : Normal" in _answer(["chronyc", "tracking"]):
        return Finding(name="clock", state=State.OK, seen="the clock is synchronised")
    advice = "Install chrony (sudo apt-get install -y chrony); in a container, see to the clock of its host."
    seen = "the clock is not synchronised" if answer == "no" else "nobody here says whether the clock is synchronised"
    return Finding(name="clock", state=State.WARN, seen=seen, advice=advice)


def check_port(port: int, owner: str) -> Finding:
    """Nobody else listens where we would; the demo looks for other ports where it can."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            advice = f"If that is not Qorgan itself, give {owner} another port (qorgan demo --port, edge.toml)."
            return Finding(name=f"port {port}", state=State.WARN, seen=f"port {port} is taken", advice=advice)
    return Finding(name=f"port {port}", state=State.OK, seen=f"free for {owner}")


def _answer(command: list[str]) -> str:
    """What a program prints; empty when it is not there or does not succeed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _existing(path: Path) -> Path:
    """The folder itself, or the nearest one above that exists."""
    path = path.resolve()
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Check this machine: versions, ports, disk, clock, codecs.",
)


@app.command()
def doctor(
    data: Annotated[Path, typer.Option(help="Folder where recordings and databases will live.")] = Path("var"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Check this machine. Ends with 0 when nothing failed (warnings are allowed), with 1 otherwise."""
    findings = []
    for finding in examine(data):
        findings.append(finding)
        if not as_json:
            _show(finding)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode([asdict(finding) for finding in findings])))
    raise typer.Exit(1 if any(finding.state is State.FAIL for finding in findings) else 0)


def _show(finding: Finding) -> None:
    colour = {State.OK: typer.colors.GREEN, State.WARN: typer.colors.YELLOW, State.FAIL: typer.colors.RED}[
        finding.state
    ]
    typer.echo(f"{typer.style(f'{finding.state:<4}', fg=colour)}  {finding.name:<11} {finding.seen}")
    if finding.advice:
        typer.echo(f"{'':<18}→ {finding.advice}")
