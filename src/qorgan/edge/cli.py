"""`qorgan edge …`: the school node on the command line."""

import asyncio
import json
import os
import secrets as entropy
import sqlite3
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec
import typer

from qorgan.domain.places import LocalText
from qorgan.edge import config as configuration
from qorgan.edge.archive_commands import disk_commands, hold_commands, show_coverage
from qorgan.edge.commands import DEFAULT, ConfigOption, plainly
from qorgan.edge.config import Button, Camera, EdgeConfig
from qorgan.edge.files import replace_file
from qorgan.edge.secrets import SecretStore
from qorgan.edge.staff_commands import staff_commands
from qorgan.edge.toml import to_toml
from qorgan.kernel import logs
from qorgan.kernel.clock import SystemClock
from qorgan.kernel.errors import CameraUnreachable, Conflict, Invalid, QorganError
from qorgan.kernel.ids import ButtonKey, CameraKey
from qorgan.kernel.processes import until_stopped
from qorgan.protocols.addresses import stream_mistake
from qorgan.protocols.onvif.soap import Login

if TYPE_CHECKING:
    from qorgan.edge.onvif.wizard import Wishes
    from qorgan.edge.recorder.check import Depth

TOKEN_BYTES = 32
app = typer.Typer(
    help="The school node: it records the cameras, takes the buttons, and keeps the link to the police centre.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # it shows arguments, and one may hold a password
)
app.add_typer(disk_commands, name="disk")
app.add_typer(hold_commands, name="hold")
app.add_typer(staff_commands, name="staff")
app.command("coverage")(show_coverage)
NameKk = Annotated[str, typer.Option("--name-kk", help="Its name in Kazakh.")]
NameRu = Annotated[str, typer.Option("--name-ru", help="Its name in Russian.")]
NameEn = Annotated[str, typer.Option("--name-en", help="Its name in English.")]

_MINIMAL = """\
# A school node of Qorgan. What each field means: docs/design/interfaces.md, section 2.
# Secrets do not belong here: `qorgan edge set-secret` keeps them, encrypted, below `data`.

[site]
id = "{site}"
name = {name}

[storage]
data = "{data}"
archive = "{data}/archive"
budget_gb = {budget_gb:g}  # the oldest video goes first beyond it
keep_days = {keep_days:g}

[http]
host = "127.0.0.1"  # where buttons reach the node, and where its own screen is
port = {port}

# The police centre. Its administrator gives you the address, the key and the password:
# [centre]
# nats = "tls://centre.example:4222"
# public_key = "…"
# and then: qorgan edge set-secret nats --config {file}
"""


@app.command()
def run(config: ConfigOption = DEFAULT) -> None:
    """Run the node until Ctrl-C or SIGTERM: core, recorder and analyst, each restarted by itself when it fails."""
    from qorgan.edge.app import run_edge

    logs.configure("edge")
    with plainly():
        asyncio.run(until_stopped(run_edge(config), within_s=8.0))


@app.command()
def check(
    config: ConfigOption = DEFAULT,
    all_files: Annotated[bool, typer.Option("--all", help="Walk every file, not the last day's alone.")] = False,
    hashes: Annotated[bool, typer.Option("--hashes", help="Read every byte and compare each file's hash.")] = False,
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Verify the signed daily roots, and every file that stands under one.")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend the archive where possible. The recorder must be stopped.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check configuration, secrets, storage, ledger and archive. Changes nothing without --repair.

    Exit codes: 0 all is well; 1 something is wrong; 2 it could not be checked; 3 what was wrong is repaired.
    """
    from qorgan.edge.recorder.check import Depth

    with plainly():
        loaded = configuration.load(config)
        depth = Depth(every_file=all_files or repair, hashes=hashes, evidence=evidence)
        results = list(_checks(loaded, depth, repair))
    bad, repaired = sum(not result.good for result in results), sum(result.repaired for result in results)
    if as_json:
        rows = [{"what": one.what, "good": one.good, "found": one.found, "repaired": one.repaired} for one in results]
        typer.echo(json.dumps({"checks": rows, "bad": bad, "repaired": repaired}, ensure_ascii=False))
    else:
        for result in results:
            mark = "ok  " if result.good and not result.repaired else "DONE" if result.good else "BAD "
            typer.echo(f"{mark} {result.what}: {result.found}")
        typer.echo(f"{len(results)} checks, {bad} bad" + (f", {repaired} repaired" if repaired else ""))
    raise typer.Exit(1 if bad else 3 if repaired else 0)


@app.command()
def init(
    site: Annotated[str, typer.Option(help="The site's id, given by the centre: a-z, 0-9 and hyphen, as in kst-012.")],
    name_kk: NameKk,
    name_ru: NameRu = "",
    name_en: NameEn = "",
    data: Annotated[str, typer.Option(help="Where the node keeps everything, relative to the file.")] = "var",
    port: Annotated[int, typer.Option(help="Port of the node's own screen and of the buttons.")] = 8101,
    budget_gb: Annotated[float, typer.Option(help="Gigabytes the video may take.")] = 20.0,
    keep_days: Annotated[float, typer.Option(help="Days the video is kept.")] = 30.0,
    config: ConfigOption = DEFAULT,
) -> None:
    """Write a first edge.toml for a school; one that exists is left alone."""
    with plainly():
        if config.exists():
            raise Invalid(f"{config} exists already; remove it first, or name another with --config")
        text = _MINIMAL.format(
            site=site,
            name=to_toml({"kk": name_kk, "ru": name_ru, "en": name_en}),
            data=data,
            port=port,
            budget_gb=budget_gb,
            keep_days=keep_days,
            file=config,
        )
        configuration.parse(text, config.absolute())
        config.parent.mkdir(parents=True, exist_ok=True)
        replace_file(config.absolute(), text.encode("utf-8"), mode=0o644)
    typer.echo(f"{config} is written. Next: qorgan edge add-camera rtsp://… --config {config}")


@app.command()
def discover(
    json: Annotated[bool, typer.Option("--json", help="One JSON object for machines.")] = False,
    seconds: Annotated[float, typer.Option(min=0.5, max=60.0, help="For how long to listen.")] = 4.0,
    at: Annotated[list[str] | None, typer.Option(help="Also ask this address directly; repeat.")] = None,
    multicast: Annotated[bool, typer.Option("--multicast/--no-multicast", help="Ask the whole network.")] = True,
    config: ConfigOption = DEFAULT,
) -> None:
    """Search the network for ONVIF cameras, and say which of them are configured already."""
    from qorgan.edge.onvif.discovery import parse_target, search
    from qorgan.edge.onvif.wizard import configured_as, found_lines

    with plainly():
        cameras = configuration.load(config).cameras if config.exists() else ()
        targets = [parse_target(text) for text in at or []]
        found, ignored = asyncio.run(search(for_s=seconds, at=targets, multicast=multicast))
    if json:
        items = [msgspec.to_builtins(one) | {"configured": configured_as(one.url, cameras)} for one in found]
        typer.echo(msgspec.json.encode({"items": items, "ignored": ignored}).decode())
        return
    for line in found_lines(found, cameras):
        typer.echo(line)
    typer.echo(f"{len(found)} found" + (f", {ignored} answers made no sense" if ignored else ""), err=True)


@app.command("add-camera")
def add_camera(
    url: Annotated[
        str | None, typer.Argument(help="The camera's main stream, rtsp://host:554/path. Without it: search and ask.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="A short name for machines: a-z, 0-9 and hyphen, as in hall.")] = None,
    name_kk: NameKk = "",
    name_ru: NameRu = "",
    name_en: NameEn = "",
    zone: Annotated[str, typer.Option(help="What it looks at: entrance, corridor, yard …")] = "other",
    sub: Annotated[str | None, typer.Option(help="The camera's small stream, if it has one.")] = None,
    user: Annotated[str | None, typer.Option(help="The user at the camera.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking.")
    ] = False,
    tls_pin: Annotated[
        str | None, typer.Option(help="rtsps: SHA-256 of the camera's certificate; only that one is believed.")
    ] = None,
    tls_ca: Annotated[Path | None, typer.Option(help="rtsps: PEM file of the authority that signed it.")] = None,
    probe: Annotated[bool, typer.Option("--probe/--no-probe", help="Ask the camera for a picture first.")] = True,
    onvif: Annotated[
        str | None, typer.Option(help="Its ONVIF address, http://host/onvif/device_service, in place of a search.")
    ] = None,
    at: Annotated[list[str] | None, typer.Option(help="Search at this address too; repeat.")] = None,
    main_profile: Annotated[str | None, typer.Option(help="ONVIF: token of the main profile.")] = None,
    sub_profile: Annotated[str | None, typer.Option(help="ONVIF: token of the sub profile.")] = None,
    no_sub: Annotated[bool, typer.Option("--no-sub", help="ONVIF: no sub stream.")] = False,
    picture: Annotated[Path | None, typer.Option(help="ONVIF: save what the camera sees as this JPEG file.")] = None,
    house_profile: Annotated[
        bool,
        typer.Option("--house-profile", help="ONVIF: set H.264, ≤1080p, 25/s, 4 Mbit/s, a key frame in 2 s, name."),
    ] = False,
    ntp: Annotated[str | None, typer.Option(help="With --house-profile: the time server the camera is to use.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --house-profile: show the changes and do not ask.")] = False,
    config: ConfigOption = DEFAULT,
) -> None:
    """Add a camera to the node. A running node takes it up by itself.

    With the address of a stream it is added as it is. Without one the network is searched for ONVIF cameras: choose
    one, give its password, choose its streams.

    A password never goes into the configuration: it is asked for, read with --password-stdin, or taken out of the
    address, and kept encrypted. Mind that a password in an address stays in your shell's history.
    """
    from qorgan.edge.onvif.wizard import Wishes

    with plainly():
        key = key or _ask("A short name for machines (a-z, 0-9, hyphen)", "--key")
        name = LocalText(kk=name_kk or name_ru or key, ru=name_ru, en=name_en)
        before = configuration.load(config)
        if url is None:
            wishes = Wishes(
                onvif=onvif,
                search_at=_targets(at),
                main_profile=main_profile,
                sub_profile=sub_profile,
                no_sub=no_sub,
                picture=picture,
                house_profile=house_profile,
                ntp=ntp,
                yes=yes,
                name=name.kk,
            )
            _check_key_is_free(config, key, name, zone)
            camera, password = _set_up_found(wishes, before, key, name, zone, user, password_stdin)
        else:
            main, url_user, url_password = _without_user(url)
            camera = Camera(
                key=CameraKey(key),
                name=name,
                zone=zone,
                main=main,
                sub=_without_user(sub)[0] if sub else None,
                user=user or url_user,
                tls_pin=tls_pin,
                tls_ca=tls_ca.absolute() if tls_ca else None,
                onvif=onvif,
            )
            configuration.check_new_camera(config, camera)
            password = url_password or _ask_camera_password(camera.user, password_stdin)
        configuration.check_new_camera(config, camera)
        if probe:
            _probe(camera, password)
        if password:
            SecretStore(before.storage.data).put(f"camera/{key}", password)
        configuration.add_camera(config, camera)
    typer.echo(f"Camera {key} is in {config}.")


@app.command("add-button")
def add_button(
    key: Annotated[str, typer.Option(help="A short name for machines: a-z, 0-9 and hyphen, as in hall.")],
    place_kk: Annotated[str, typer.Option("--place-kk", help="Where it is, in Kazakh.")],
    place_ru: Annotated[str, typer.Option("--place-ru", help="Where it is, in Russian.")] = "",
    place_en: Annotated[str, typer.Option("--place-en", help="Where it is, in English.")] = "",
    camera: Annotated[list[str] | None, typer.Option(help="A camera near it; repeat, nearest first.")] = None,
    contact: Annotated[
        str | None,
        typer.Option("--input", help="It is wired to a camera: the camera's key and its input, as in hall:1."),
    ] = None,
    interval: Annotated[
        float | None, typer.Option(help="It says that it is alive so often, in seconds: its silence is a fault.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="Write the button's token into this new file instead of showing it once.")
    ] = None,
    config: ConfigOption = DEFAULT,
) -> None:
    """Add a panic button to the node and make its token, which the button shows with each press.

    A button that is wired to a camera's input shows none and gets none.
    """
    with plainly():
        before = configuration.load(config)
        place = LocalText(kk=place_kk, ru=place_ru, en=place_en)
        near = tuple(CameraKey(name) for name in camera or [])
        button = Button(key=ButtonKey(key), place=place, cameras=near, input=contact, interval_s=interval)
        configuration.check_new_button(config, button)
        if contact is not None:
            configuration.add_button(config, button)
            typer.echo(f"Button {key} is in {config}: the contact {contact}.", err=True)
            return
        token = entropy.token_urlsafe(TOKEN_BYTES)
        if token_file is not None:
            _write_new(token_file, token)
        SecretStore(before.storage.data).put(f"button/{key}", token)
        configuration.add_button(config, button)
    typer.echo(f"Button {key} is in {config}.", err=True)
    if token_file is None:
        typer.echo("Its token, shown this once:", err=True)
        typer.echo(token)


@app.command("set-secret")
def set_secret(
    name: Annotated[str, typer.Argument(help="nats (the password of the link), camera/<key> or button/<key>.")],
    stdin: Annotated[bool, typer.Option("--stdin", help="Read it from standard input instead of asking.")] = False,
    config: ConfigOption = DEFAULT,
) -> None:
    """Store a secret, encrypted, in place of the one before. It takes effect when the node starts anew."""
    with plainly():
        store = SecretStore(configuration.load(config).storage.data)
        store.put(name, _ask_password(name, stdin))
    typer.echo(f"{name} is stored.")


@dataclass(frozen=True, slots=True)
class _Result:
    what: str
    good: bool
    found: str
    repaired: bool = False


def _checks(config: EdgeConfig, depth: "Depth", repair: bool) -> Iterator[_Result]:
    cameras, buttons = len(config.cameras), len(config.buttons)
    yield _Result("configuration", True, f"site {config.site.id}, {cameras} cameras, {buttons} buttons")
    for camera in config.cameras:
        for stream, url in (("main", camera.main), ("sub", camera.sub)):
            if url is not None:
                mistake = stream_mistake(url)
                yield _Result(f"address of {camera.key}/{stream}", mistake is None, mistake or "can be read")
    yield from _check_secrets(config)
    yield from _check_certificate(config)
    yield _check_writable("data", config.storage.data)
    yield _check_writable("archive", config.storage.archive)
    yield _check_core_db(config)
    yield from _check_archive(config, depth, repair)
    yield _evidence_key(config)
    yield _seal_fingerprint(config)


def _seal_fingerprint(config: EdgeConfig) -> _Result:
    """For comparing with what the centre shows, before it seals a password for this node. Makes no key."""
    from qorgan.edge.seal import SECRET
    from qorgan.protocols.link.sealing import fingerprint, public_half

    what = "sealing key"
    try:
        private = SecretStore(config.storage.data).get(SECRET)
        return _Result(what, True, fingerprint(public_half(private)) if private else "made at the first start")
    except QorganError as error:
        return _Result(what, False, str(error))


def _check_secrets(config: EdgeConfig) -> Iterator[_Result]:
    store = SecretStore(config.storage.data)
    wanted = [f"button/{button.key}" for button in config.buttons if button.input is None and button.mqtt is None]
    wanted += [f"panel/{panel.key}" for panel in config.panels if panel.protocol == "dc09" and panel.encrypted]
    wanted += ["mqtt"] if config.mqtt is not None and config.mqtt.user is not None else []
    wanted += [f"camera/{camera.key}" for camera in config.cameras if camera.user]
    wanted += ["nats"] if config.centre else []
    for name in wanted:
        try:
            store.need(name)
        except QorganError as error:
            yield _Result(f"secret {name}", False, str(error))
        else:
            yield _Result(f"secret {name}", True, "stored")
    for name in ("secrets.json", "secrets.key"):
        file = config.storage.data / name
        if file.exists():
            private = not file.stat().st_mode & 0o077
            yield _Result(name, private, "readable by its owner alone" if private else f"run: chmod 600 {file}")


def _check_certificate(config: EdgeConfig) -> Iterator[_Result]:
    """Of the staff page: a month before it ends it is something to be done."""
    from qorgan.edge.staff.certificate import look

    if config.staff is None or config.staff.tls_cert is None:
        return
    now = SystemClock().now()
    found = look(config.staff, now)
    ends = f"holds until {found.ends_at:%Y-%m-%d}" if found.ends_at else ""
    soon = found.ends_soon(now) and not found.problem
    words = found.problem or (f"{ends}: renew it now, {config.staff.tls_cert}" if soon else ends)
    yield _Result("certificate of the staff page", not found.problem and not soon, words)


def _check_writable(what: str, directory: Path) -> _Result:
    place = directory
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK | os.X_OK):
        return _Result(what, False, f"{place} cannot be written")
    return _Result(what, True, f"{directory} can be written" if place == directory else f"{directory} can be made")


def _check_core_db(config: EdgeConfig) -> _Result:
    from qorgan.edge.core.ledger import verify_watches
    from qorgan.edge.core.outbox import counts

    if not config.core_db.exists():
        return _Result("core.db", True, "not there yet: the first start makes it")
    try:
        connection = sqlite3.connect(f"{config.core_db.as_uri()}?mode=ro", uri=True)
        try:
            waiting, lines = counts(connection).total, verify_watches(connection)
        finally:
            connection.close()
    except (sqlite3.Error, QorganError) as error:
        return _Result("core.db", False, str(error))
    return _Result("core.db", True, f"{waiting} messages wait for the centre, {lines} lines of the watch ledger hold")


def _check_archive(config: EdgeConfig, depth: "Depth", repair: bool) -> Iterator[_Result]:
    from qorgan.edge.recorder.check import check as check_recorder

    try:
        findings = check_recorder(config, depth=depth, repair=repair, progress=_Progress())
    except (sqlite3.Error, OSError, QorganError) as error:
        yield _Result("archive", False, str(error))
        return
    for finding in findings:
        what, found = f"archive {finding.path}", f"{finding.code}: {finding.message}"
        yield _Result(what, finding.repaired, found, finding.repaired)
    if not findings:
        yield _Result("archive", True, "files and index agree")


def _evidence_key(config: EdgeConfig) -> _Result:
    from qorgan.edge.recorder.evidence import SECRET, node_key, public_text

    store = SecretStore(config.storage.data)
    try:
        if SECRET not in store.names():
            return _Result("evidence", True, "no day is signed yet: the recorder makes the key")
        return _Result("evidence", True, f"days are signed with the key {public_text(node_key(store).public_key())}")
    except QorganError as error:
        return _Result("evidence", False, str(error))


class _Progress:
    """A line every few seconds for whoever waits for a long check."""

    def __init__(self) -> None:
        self._next = time.monotonic() + 3.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + 3.0
            typer.echo(f"     … {done} of {total} files", err=True)


def _set_up_found(
    wishes: "Wishes", before: EdgeConfig, key: str, name: LocalText, zone: str, user: str | None, password_stdin: bool
) -> tuple[Camera, str | None]:
    """The camera as the wizard made it, and its password."""
    from qorgan.edge.onvif import wizard

    clock = SystemClock()
    device = asyncio.run(wizard.find_device(wishes, before.cameras))
    known = wizard.configured_as(device, before.cameras)
    if known is not None and wishes.onvif is None and not typer.confirm(f"It may be camera {known} already. Go on?"):
        raise Conflict("nothing was added", code="config.key_taken")
    if user is None and wizard.somebody_is_there():
        user = str(typer.prompt("User at the camera", default="admin"))
    password = _ask_camera_password(user, password_stdin)
    login = Login(user, password or "") if user else None
    confirm = typer.confirm if wizard.somebody_is_there() else _nobody_confirms
    chosen = asyncio.run(wizard.set_up(device, login, wishes, clock, confirm=confirm))
    camera = Camera(
        key=CameraKey(key), name=name, zone=zone, main=chosen.main, sub=chosen.sub, user=user, onvif=chosen.url
    )
    return camera, password


def _nobody_confirms(question: str) -> bool:
    raise Invalid(f"nobody is there to answer {question!r}; say --yes")


def _targets(at: list[str] | None) -> tuple[tuple[str, int], ...]:
    from qorgan.edge.onvif.discovery import parse_target

    return tuple(parse_target(text) for text in at or [])


def _check_key_is_free(config: Path, key: str, name: LocalText, zone: str) -> None:
    """Before a person is led through the wizard in vain."""
    stand_in = Camera(key=CameraKey(key), name=name, zone=zone, main="rtsp://camera.invalid/")
    configuration.check_new_camera(config, stand_in)


def _ask_camera_password(user: str | None, stdin: bool) -> str | None:
    return _ask_password(f"Password of {user} at the camera", stdin) if user else None


def _ask(question: str, option: str) -> str:
    if not sys.stdin.isatty():
        raise Invalid(f"nobody is there to ask; give {option}")
    return str(typer.prompt(question))


def _probe(camera: Camera, password: str | None) -> None:
    from qorgan.edge.recorder.probe import probe
    from qorgan.edge.recorder.wire import trust_of

    for stream, url in (("main", camera.main), ("sub", camera.sub)):
        if url is None:
            continue
        try:
            found = asyncio.run(probe(url, camera.user, password, trust_of(camera)))
        except (CameraUnreachable, Invalid) as error:
            message = f"the {stream} stream gives no picture: {error} (--no-probe adds it all the same)"
            raise CameraUnreachable(message, code=error.code) from error
        typer.echo(f"{stream}: {found.codec}, {found.width}×{found.height}")


def _without_user(url: str) -> tuple[str, str | None, str | None]:
    """The address alone, and the user and password that stood in it (RFC 3986 §3.2.1)."""
    try:
        parts = urlsplit(url)
        netloc = parts.netloc.rpartition("@")[2]
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
    except ValueError:
        raise Invalid("the camera's address is wrong; write rtsp://host:554/path", code="camera.bad_url") from None
    return urlunsplit((parts.scheme, netloc, parts.path, parts.query, parts.fragment)), user, password


def _ask_password(prompt: str, stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline(8_192).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise Invalid("nobody is there to ask for the password; give it on standard input (see --help)")
    return str(typer.prompt(prompt, hide_input=True))


def _write_new(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Invalid(f"{path}: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text + "\n")


if __name__ == "__main__":
    app()
