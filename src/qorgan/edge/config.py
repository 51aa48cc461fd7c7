"""The node's configuration: `edge.toml`, read once into a frozen `EdgeConfig`; adding a camera or button to it.

A mistake in the file is `Invalid` and names the file, the field and what to do. One thing is let through on
purpose: a camera's address that makes no sense. It is that camera's trouble (`CameraReason.BAD_URL` on its tile)
and must not keep the buttons from working. `stream_mistake` finds it for whoever asks: `check`, `add-camera`, the
recorder.
"""

import base64
import binascii
import difflib
import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from qorgan.domain.actions import OutputKind, SchoolAction
from qorgan.domain.gestures import Understands
from qorgan.domain.places import LocalText
from qorgan.edge.files import replace_file
from qorgan.edge.panels.config import PARTS, Panel, Receivers, check_panels
from qorgan.edge.toml import to_toml
from qorgan.kernel.errors import Conflict, Invalid
from qorgan.kernel.ids import ButtonKey, CameraKey, SiteId, is_key
from qorgan.protocols.addresses import device_mistake, has_password, stream_mistake

MAX_FILE_BYTES = 1_000_000
MAX_CAMERAS = 256
MAX_BUTTONS = 256
MAX_CONTACTS = 64
MAX_OUTPUTS = 64
MAX_DISKS = 16
_PIN = re.compile(r"[0-9a-fA-F]{2}(:?[0-9a-fA-F]{2}){31}")


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every table of the file derives from: an unknown field is a spelling mistake, not a wish."""


class Site(Part, frozen=True):
    """Which school this is."""

    id: SiteId
    name: LocalText


class DiskPlace(Part, frozen=True):
    """A disk for video files: the directory on it that is ours, and how much of it we may fill."""

    path: Path
    budget_gb: float

    @property
    def budget_bytes(self) -> int:
        return int(self.budget_gb * 1e9)


class Storage(Part, frozen=True):
    """Where things are kept; absolute paths after loading."""

    data: Path  # core.db, core.sock, secrets
    archive: Path  # index.db, and the video files unless `disks` says where they go
    budget_gb: float = 20.0  # of 10**9 bytes; the oldest video goes first beyond it
    keep_days: float = 30.0  # what the norm wants: younger video goes only when there is no room, and not silently
    max_days: float | None = None  # what privacy allows: older video goes though there is room; `keep_days` if not set
    holds_gb: float = 2.0  # room for held evidence on each disk, beside its budget
    disks: tuple[DiskPlace, ...] = ()

    @property
    def budget_bytes(self) -> int:
        return int(self.budget_gb * 1e9)

    @property
    def places(self) -> tuple[DiskPlace, ...]:
        """Every directory with video files. One that is no longer named for new files has a budget of 0."""
        if not self.disks:
            return (DiskPlace(path=self.archive, budget_gb=self.budget_gb),)
        if any(disk.path == self.archive for disk in self.disks):
            return self.disks
        return (*self.disks, DiskPlace(path=self.archive, budget_gb=0.0))


class Http(Part, frozen=True):
    """Where core listens for buttons and shows the local screen."""

    host: str = "127.0.0.1"
    port: int = 8101


class Centre(Part, frozen=True):
    """The operations centre: its carrier, and the public half of the key with which it signs grants."""

    nats: str
    public_key: str  # base64url of an Ed25519 public key (JWK "x")


class Camera(Part, frozen=True):
    """A camera of this school. The password is in the secrets under `camera/<key>`."""

    key: CameraKey
    name: LocalText
    main: str
    sub: str | None = None
    zone: str = "other"
    user: str | None = None
    audio: bool = False  # record what is heard, too: only where the school has the right to
    tls_pin: str | None = None  # rtsps: SHA-256 of the camera's certificate, in hex; nothing else is believed then
    tls_ca: Path | None = None  # rtsps: PEM file of the authority that signed it; without both, this machine's own
    onvif: str | None = None  # address of its ONVIF device service, http://host/onvif/device_service


class Button(Part, frozen=True):
    """A panic button. Its bearer token is in the secrets under `button/<key>`."""

    key: ButtonKey
    place: LocalText
    cameras: tuple[CameraKey, ...] = ()  # nearest first
    input: str | None = None  # a contact at a camera, "hall:1": the camera's key and its input's token
    mqtt: str | None = None  # a radio button: its name at the broker, which is its user there
    interval_s: float | None = None  # by radio or HTTP: how often it says that it is alive; 3 times missed is silence


class Contact(Part, frozen=True):
    """A dry contact on a wire of this machine. Lines are `gpiochip0:17`, or `sim:<socket>:17` at the simulator."""

    key: ButtonKey
    place: LocalText
    line: str  # closes when pressed
    rest_line: str | None = None  # the other wire of a changeover contact, closed at rest: supervised
    cameras: tuple[CameraKey, ...] = ()  # nearest first
    gestures: Understands = Understands.BOTH
    action: SchoolAction | None = None  # what the school does at once when this contact calls the police
    lamp: str | None = None  # a line that shows how far the alarm is


class Output(Part, frozen=True):
    """Something the school can switch, on a line of this machine or over HTTP. Password: secret `output/<key>`.

    `during`: the actions while which it is on; without it those of its kind (domain/actions.py). A speaker that speaks
    over HTTP has an address for each action in `say`.
    """

    key: str
    kind: OutputKind
    place: LocalText
    line: str | None = None
    on: str | None = None  # http://10.0.0.9/rpc/Switch.Set?id=0&on=true
    off: str | None = None
    say: dict[SchoolAction, str] = {}
    method: Literal["GET", "POST"] = "POST"
    user: str | None = None  # of the device's digest or basic login
    during: tuple[SchoolAction, ...] | None = None


class Mqtt(Part, frozen=True):
    """The broker of the radio buttons. The password is the secret `mqtt`."""

    host: str
    port: int = 8883
    user: str | None = None
    tls: bool = True
    tls_ca: Path | None = None  # PEM of the authority that signed the broker's certificate; without it, this machine's


class StaffDoor(Part, frozen=True):
    """Where the staff's phones reach this node: by HTTPS away from loopback, or no browser installs the page."""

    host: str
    port: int
    address: str  # as phones know it, https://school-12.example:8443
    tls_cert: Path | None = None  # PEM, the school's own certificate with its chain
    tls_key: Path | None = None


class Looks(Part, frozen=True):
    """How often the analyst looks at a keyframe of each camera."""

    every_s: float = 10.0


class EdgeConfig(Part, frozen=True):
    """The whole of `edge.toml`. Without `centre` the school stands alone, which it can."""

    site: Site
    storage: Storage
    http: Http = Http()
    centre: Centre | None = None
    cameras: tuple[Camera, ...] = ()
    buttons: tuple[Button, ...] = ()
    contacts: tuple[Contact, ...] = ()
    outputs: tuple[Output, ...] = ()
    mqtt: Mqtt | None = None
    staff: StaffDoor | None = None
    analyst: Looks = Looks()

    panels: tuple[Panel, ...] = ()
    receivers: Receivers = Receivers()

    @property
    def core_socket(self) -> Path:
        """Where recorder and analyst tell core what they see (`ipc.py`)."""
        return self.storage.data / "core.sock"

    @property
    def core_db(self) -> Path:
        return self.storage.data / "core.db"

    @property
    def index_db(self) -> Path:
        return self.storage.archive / "index.db"


def load(path: Path) -> EdgeConfig:
    """The configuration in `path`. Raises `Invalid` naming the file, the field and what to do about it."""
    path = path.absolute()
    return parse(_read(path), path)


def parse(text: str, path: Path) -> EdgeConfig:
    """The configuration in `text`, as if it stood in `path`: relative paths start there. Raises `Invalid`."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"{path}: this is not TOML: {error}", code="config.syntax") from error
    try:
        config = msgspec.convert(tree, EdgeConfig, dec_hook=_path_from(path.parent))
    except msgspec.ValidationError as error:
        raise _wrong(path, *_explain(str(error))) from error
    _check_places(config, path)
    _check_cameras(config.cameras, path)
    _check_buttons(config, path)
    _check_panels(config, path)
    _check_contacts(config, path)
    _check_outputs(config.outputs, path)
    _check_staff(config.staff, path)
    if config.centre is not None:
        _check_centre(config.centre, path)
    return config


def check_new_camera(path: Path, camera: Camera) -> None:
    """Whether this camera may be added. Raises `Conflict` for a key that is taken, `Invalid` for what is wrong."""
    if any(camera.key == known.key for known in load(path).cameras):
        raise Conflict(f"{path}: there is a camera {camera.key!r} already; choose another key", code="config.key_taken")
    for url in (camera.main, camera.sub):
        mistake = None if url is None else stream_mistake(url)
        if mistake:
            raise Invalid(f"the camera's address is wrong: {mistake}", code="camera.bad_url")
    _with_row(path, "cameras", camera)


def add_camera(path: Path, camera: Camera) -> EdgeConfig:
    """Append a camera to the file, leaving every other byte of it alone, and return the new configuration.

    Nothing is written unless the result loads. Raises as `check_new_camera` does.
    """
    check_new_camera(path, camera)
    return _append(path, "cameras", camera)


def check_new_button(path: Path, button: Button) -> None:
    """Whether this button may be added. Raises `Conflict` for a key that is taken, `Invalid` for what is wrong."""
    if any(button.key == known.key for known in load(path).buttons):
        raise Conflict(f"{path}: there is a button {button.key!r} already; choose another key", code="config.key_taken")
    _with_row(path, "buttons", button)


def add_button(path: Path, button: Button) -> EdgeConfig:
    """Append a button to the file. Promises and raises as `add_camera` does."""
    check_new_button(path, button)
    return _append(path, "buttons", button)


def add_row(path: Path, table: Literal["contacts", "outputs"], row: Contact | Output) -> EdgeConfig:
    """Append a contact or an output to the file. Promises and raises as `add_camera` does."""
    return _append(path, table, row)


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise Invalid(f"{path}: there is no such file; `qorgan edge init` makes one", code="config.missing") from error
    except OSError as error:
        raise Invalid(f"{path}: cannot be read: {error.strerror}", code="config.unreadable") from error
    if len(data) > MAX_FILE_BYTES:
        raise Invalid(f"{path}: {len(data)} bytes is no configuration of ours", code="config.too_big")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Invalid(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8", code="config.encoding") from error


def _path_from(base: Path) -> Any:
    def hook(kind: type, value: object) -> Path:
        if kind is not Path:
            raise NotImplementedError(kind)
        if not isinstance(value, str) or not value.strip():
            raise ValueError("Expected a path, got nothing")
        return Path(os.path.normpath(base / Path(value).expanduser()))

    return hook


def _wrong(path: Path, field: str, advice: str) -> Invalid:
    return Invalid(f"{path}: {field}: {advice}", code="config.invalid")


_AT = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<where>.*)`)?", re.DOTALL)
_FIELD = re.compile(r"field `(?P<name>[^`]*)`")


def _explain(complaint: str) -> tuple[str, str]:
    """Field and advice from the parser's own words."""
    match = _AT.fullmatch(complaint)
    what, where = (match["what"], match["where"] or "") if match else (complaint, "")
    named = _FIELD.search(what)
    field = ".".join(part for part in (where, named["name"] if named else "") if part) or "file"
    if named and "missing required" in what:
        return field, "is missing; add it"
    if named and "unknown field" in what:
        known = difflib.get_close_matches(named["name"], _field_names(), n=1)
        return field, "is unknown; " + (f"did you mean `{known[0]}`?" if known else "remove it")
    return field, f"{what[:1].lower()}{what[1:]}; correct it"


_SCHOOL: tuple[type[Part], ...] = (Contact, Output, Mqtt, StaffDoor, Looks)


def _field_names() -> list[str]:
    parts: tuple[type[Part], ...] = (EdgeConfig, Site, Storage, DiskPlace, Http, Centre, Camera, Button, *_SCHOOL)
    return [field.name for part in (*parts, *PARTS) for field in msgspec.structs.fields(part)]


def _check_places(config: EdgeConfig, path: Path) -> None:
    if not is_key(config.site.id):
        raise _wrong(path, "site.id", 'use 1-63 of a-z, 0-9 and hyphen, as in "kst-012"')
    _check_name(config.site.name, path, "site.name")
    if not config.storage.budget_gb > 0:
        raise _wrong(path, "storage.budget_gb", "must be above 0: gigabytes the video may take")
    if not config.storage.keep_days > 0:
        raise _wrong(path, "storage.keep_days", "must be above 0: days the video is kept")
    _check_storage(config.storage, path)
    if not 1 <= config.http.port <= 65535:
        raise _wrong(path, "http.port", "must be a port, 1-65535")
    if not 0.5 <= config.analyst.every_s <= 600:
        raise _wrong(path, "analyst.every_s", "must be 0.5-600: seconds between two looks at a camera")
    if not config.http.host:
        raise _wrong(path, "http.host", 'must be an address of this machine, as in "127.0.0.1"')


def _check_storage(storage: Storage, path: Path) -> None:
    if storage.max_days is not None and not storage.max_days >= storage.keep_days:
        advice = "must be at least keep_days: the days after which video goes though there is room"
        raise _wrong(path, "storage.max_days", advice)
    if not storage.holds_gb >= 0:
        raise _wrong(path, "storage.holds_gb", "must be 0 or more: gigabytes for held evidence on each disk")
    if len(storage.disks) > MAX_DISKS:
        raise _wrong(path, "storage.disks", f"a node has at most {MAX_DISKS}")
    for index, disk in enumerate(storage.disks):
        field = f"storage.disks[{index}]"
        if not disk.budget_gb > 0:
            raise _wrong(path, f"{field}.budget_gb", "must be above 0: gigabytes the video may take")
        for other in storage.disks[:index]:
            if disk.path == other.path or disk.path in other.path.parents or other.path in disk.path.parents:
                raise _wrong(path, f"{field}.path", "lies inside another disk's directory; give each its own")


def _check_name(name: LocalText, path: Path, field: str) -> None:
    if not name.kk.strip():
        raise _wrong(path, f"{field}.kk", "the Kazakh text is never empty; the others may be")
    for language, text in (("kk", name.kk), ("ru", name.ru), ("en", name.en)):
        if len(text) > 200:
            raise _wrong(path, f"{field}.{language}", "is longer than 200 characters; shorten it")


def _check_keys(keys: Sequence[str], path: Path, table: str, limit: int) -> None:
    if len(keys) > limit:
        raise _wrong(path, table, f"a node has at most {limit}")
    for index, key in enumerate(keys):
        if not is_key(key):
            raise _wrong(path, f"{table}[{index}].key", 'use 1-63 of a-z, 0-9 and hyphen, as in "hall"')
        if key in keys[:index]:
            raise _wrong(path, f"{table}[{index}].key", f"{key!r} is taken by another; choose a new one")


def _check_cameras(cameras: tuple[Camera, ...], path: Path) -> None:
    _check_keys([camera.key for camera in cameras], path, "cameras", MAX_CAMERAS)
    for index, camera in enumerate(cameras):
        field = f"cameras[{index}]"
        _check_name(camera.name, path, f"{field}.name")
        if not is_key(camera.zone.replace("_", "-")):
            raise _wrong(path, f"{field}.zone", 'use one word, as in "entrance"')
        _check_tls(camera, path, field)
        if camera.onvif is not None and (mistake := device_mistake(camera.onvif)):
            raise _wrong(path, f"{field}.onvif", mistake)
        for stream, url in (("main", camera.main), ("sub", camera.sub)):
            if url is not None and has_password(url):
                advice = (
                    "has a password in it, and this file is no place for secrets: take `user:password@` out, "
                    "write `user = …` beside it, and store the password with "
                    f"`qorgan edge set-secret camera/{camera.key}`"
                )
                raise _wrong(path, f"{field}.{stream}", advice)


def split_input(text: str) -> tuple[CameraKey, str] | None:
    """The camera and the token of a button's `input`, or None when it is not of the form `camera:token`."""
    camera, _, token = text.partition(":")
    return (CameraKey(camera), token) if is_key(camera) and 0 < len(token) <= 100 and token.isprintable() else None


def _check_tls(camera: Camera, path: Path, field: str) -> None:
    if camera.tls_pin is not None and camera.tls_ca is not None:
        raise _wrong(path, f"{field}.tls_ca", "stands beside `tls_pin`, which decides alone; keep one of the two")
    if camera.tls_pin is not None and not _PIN.fullmatch(camera.tls_pin):
        raise _wrong(path, f"{field}.tls_pin", "must be the SHA-256 of the camera's certificate: 64 hexadecimal digits")
    if camera.tls_pin is None and camera.tls_ca is None:
        return
    for stream, url in (("main", camera.main), ("sub", camera.sub)):
        if url is not None and url.startswith("rtsp://"):
            raise _wrong(path, f"{field}.{stream}", "is not encrypted, though a certificate is named: write rtsps://")


def _check_inputs(config: EdgeConfig, path: Path) -> None:
    speaking = {camera.key for camera in config.cameras if camera.onvif is not None}
    taken: dict[tuple[CameraKey, str], int] = {}
    for index, button in enumerate(config.buttons):
        if button.input is None:
            continue
        field, place = f"buttons[{index}].input", split_input(button.input)
        if place is None:
            raise _wrong(path, field, "write the camera's key and its input's token, as in \"hall:1\"")
        if place[0] not in speaking:
            raise _wrong(path, field, f"there is no camera {place[0]!r} with an `onvif` address")
        if place in taken:
            raise _wrong(path, field, f"this contact belongs to buttons[{taken[place]}] already")
        taken[place] = index


def _check_buttons(config: EdgeConfig, path: Path) -> None:
    _check_keys([button.key for button in config.buttons], path, "buttons", MAX_BUTTONS)
    _check_inputs(config, path)
    cameras = {camera.key for camera in config.cameras}
    for index, button in enumerate(config.buttons):
        _check_name(button.place, path, f"buttons[{index}].place")
        _check_radio(button, config, path, f"buttons[{index}]")
        _check_interval(button, path, f"buttons[{index}].interval_s")
        for number, key in enumerate(button.cameras):
            if key not in cameras:
                raise _wrong(path, f"buttons[{index}].cameras[{number}]", f"there is no camera {key!r}")


def split_line(text: str) -> tuple[str, int] | None:
    """The chip and the offset of a line, or None when it is not of the form `chip:offset`."""
    chip, _, offset = text.rpartition(":")
    whole = chip and offset.isascii() and offset.isdigit() and int(offset) < 1024
    return (chip, int(offset)) if whole and chip.isprintable() else None


def _check_radio(button: Button, config: EdgeConfig, path: Path, field: str) -> None:
    if button.mqtt is None:
        return
    if config.mqtt is None:
        raise _wrong(path, f"{field}.mqtt", "there is no [mqtt] table that names the broker")
    if not is_key(button.mqtt):
        raise _wrong(path, f"{field}.mqtt", 'use 1-63 of a-z, 0-9 and hyphen, as in "badge-7"')
    if [other.mqtt for other in config.buttons].count(button.mqtt) > 1:
        raise _wrong(path, f"{field}.mqtt", "this radio button is named twice")


def _check_interval(button: Button, path: Path, field: str) -> None:
    if button.interval_s is None:
        return
    if button.input is not None:
        raise _wrong(path, field, "a contact says nothing by itself: its camera is watched; take this out")
    if not 5 <= button.interval_s <= 86_400:
        raise _wrong(path, field, "must be 5 to 86400: seconds between its signs of life")


def _check_contacts(config: EdgeConfig, path: Path) -> None:
    _check_keys([contact.key for contact in config.contacts], path, "contacts", MAX_CONTACTS)
    taken = {button.key for button in config.buttons}
    lines: dict[str, str] = {}
    for index, contact in enumerate(config.contacts):
        field = f"contacts[{index}]"
        _check_name(contact.place, path, f"{field}.place")
        if contact.key in taken:
            raise _wrong(path, f"{field}.key", f"{contact.key!r} is a button already; choose another key")
        for number, key in enumerate(contact.cameras):
            if key not in {camera.key for camera in config.cameras}:
                raise _wrong(path, f"{field}.cameras[{number}]", f"there is no camera {key!r}")
        if contact.action is SchoolAction.ALL_CLEAR:
            raise _wrong(path, f"{field}.action", "a contact takes an action; a person ends it")
        for name in ("line", "rest_line", "lamp"):
            _check_line(getattr(contact, name), lines, path, f"{field}.{name}")
    for index, output in enumerate(config.outputs):
        _check_line(output.line, lines, path, f"outputs[{index}].line")


def _check_line(line: str | None, taken: dict[str, str], path: Path, field: str) -> None:
    if line is None:
        return
    if split_line(line) is None:
        raise _wrong(path, field, 'write the chip and the line\'s number on it, as in "gpiochip0:17"')
    if line in taken:
        raise _wrong(path, field, f"this line belongs to {taken[line]} already")
    taken[line] = field


def _check_outputs(outputs: tuple[Output, ...], path: Path) -> None:
    _check_keys([output.key for output in outputs], path, "outputs", MAX_OUTPUTS)
    for index, output in enumerate(outputs):
        field = f"outputs[{index}]"
        _check_name(output.place, path, f"{field}.place")
        speaks = output.kind is OutputKind.SPEAKER and output.say
        if (output.line is not None) + (output.on is not None or bool(output.say)) != 1:
            raise _wrong(path, field, "an output has a `line`, or addresses (`on` and `off`, or `say`)")
        if output.on is not None and output.off is None and not speaks:
            raise _wrong(path, f"{field}.off", "is missing: the address that switches it off")
        for name, url in (("on", output.on), ("off", output.off), *((f"say.{a}", u) for a, u in output.say.items())):
            if url is not None and device_mistake(url):
                raise _wrong(path, f"{field}.{name}", "write http://host:port/path, without a user in it")


def _check_staff(door: StaffDoor | None, path: Path) -> None:
    if door is None:
        return
    if not 1 <= door.port <= 65535:
        raise _wrong(path, "staff.port", "must be a port, 1-65535")
    if (door.tls_cert is None) != (door.tls_key is None):
        raise _wrong(path, "staff.tls_key", "certificate and key go together: name both or none")
    if door.tls_cert is None and door.host not in ("127.0.0.1", "::1"):
        raise _wrong(path, "staff.tls_cert", "phones need HTTPS: name the school's certificate and its key")
    expected = "http" if door.tls_cert is None else "https"
    if urlsplit(door.address).scheme != expected or not urlsplit(door.address).hostname:
        raise _wrong(path, "staff.address", f"write it as phones know it, {expected}://name:port")


def _check_panels(config: EdgeConfig, path: Path) -> None:
    taken = {button.key for button in config.buttons} | {contact.key for contact in config.contacts}
    check_panels(
        config.panels,
        config.receivers,
        cameras={camera.key for camera in config.cameras},
        taken={str(key) for key in taken},
        wrong=lambda field, advice: _wrong(path, field, advice),
    )


def _check_centre(centre: Centre, path: Path) -> None:
    try:
        parts = urlsplit(centre.nats)
        whole = parts.scheme in ("nats", "tls") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole, parts = False, None
    if parts is not None and "@" in parts.netloc:
        advice = "has a user in it; the user is the site's id, the password is for `qorgan edge set-secret nats`"
        raise _wrong(path, "centre.nats", advice)
    if not whole:
        raise _wrong(path, "centre.nats", "write nats://host:4222, or tls://host:4222")
    try:
        key = base64.b64decode(centre.public_key + "=" * (-len(centre.public_key) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise _wrong(path, "centre.public_key", "must be the centre's Ed25519 public key in base64url (43 characters)")


def _append(path: Path, table: str, row: Part) -> EdgeConfig:
    text, config = _with_row(path, table, row)
    replace_file(path.absolute(), text.encode("utf-8"), mode=path.stat().st_mode & 0o777)
    return config


def _with_row(path: Path, table: str, row: Part) -> tuple[str, EdgeConfig]:
    """The file's text with one more row at its end, and what it means. Raises `Invalid` when it means nothing."""
    path = path.absolute()
    text = _read(path)
    values = msgspec.to_builtins(row, enc_hook=str)
    lines = [f"{name} = {to_toml(value)}" for name, value in values.items() if value not in (None, {})]
    text += ("" if text.endswith("\n") or not text else "\n") + "\n" + "\n".join([f"[[{table}]]", *lines]) + "\n"
    return text, parse(text, path)
