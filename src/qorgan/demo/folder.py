"""The demo's folder: ports, passwords, configurations. Made once, kept, and mended when a port has to move."""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from qorgan.centre import keys
from qorgan.demo import ports
from qorgan.demo.carrier import nats_conf
from qorgan.demo.town import CameraPlan, ContactPlan, OutputPlan, SchoolPlan
from qorgan.domain.actions import OutputKind, SchoolAction
from qorgan.domain.places import LocalText
from qorgan.edge.config import Button, Camera, Contact, Output, add_button, add_camera, add_row
from qorgan.edge.files import replace_file
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.errors import Conflict, Corrupt
from qorgan.kernel.ids import ButtonKey, SiteId

CAMERA_USER = "qorgan"
OUTPUT_USER = "admin"
SOCKET_NAME_BYTES = 107
WEB = Path(__file__).resolve().parents[3] / "web" / "dist"
USUAL_PORTS = {"nats": 4222, "rtsp": 8554, "sim": 8555, "onvif": 8556}
FIRST_NODE_PORT = 8101
FIRST_PANEL_PORT = 9009


class _State(msgspec.Struct, kw_only=True):
    """What must be the same at the next start."""

    ports: dict[str, int] = {}
    passwords: dict[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """A school of the demo with its files."""

    plan: SchoolPlan
    folder: Path
    http_port: int
    panel_port: int | None = None  # where its panel is received

    @property
    def config(self) -> Path:
        return self.folder / "edge.toml"

    @property
    def url(self) -> str:
        return f"http://{ports.HOST}:{self.http_port}"

    def token_file(self, button: ButtonKey) -> Path:
        """The same secret as a file, for whoever presses from a command line."""
        return self.folder / f"button-{button}.token"

    @property
    def panel_key_file(self) -> Path:
        """The panel's DC-09 key, for whoever presses its button from a command line."""
        return self.folder / "panel.key"

    def panel_key(self) -> str:
        """The DC-09 key of its panel."""
        assert self.plan.panel is not None
        return SecretStore(self.folder).need(f"panel/{self.plan.panel.key}")

    def button_token(self, button: ButtonKey) -> str:
        """The secret that this button shows when it is pressed."""
        return SecretStore(self.folder).need(f"button/{button}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Everything the processes of the town need to be started."""

    folder: Path
    ports: dict[str, int]
    schools: tuple[School, ...]
    user_password: str

    @property
    def url(self) -> str:
        return f"http://{ports.HOST}:{self.ports['centre']}"

    @property
    def nats_conf(self) -> Path:
        return self.folder / "nats" / "nats.conf"

    @property
    def centre_config(self) -> Path:
        return self.folder / "centre" / "centre.toml"

    @property
    def sim_town(self) -> Path:
        return self.folder / "sim" / "town.toml"

    @property
    def chip(self) -> Path:
        """The simulated chip's socket."""
        return self.folder / "sim" / "chip.sock"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"


@contextmanager
def occupied(folder: Path) -> Iterator[None]:
    """Hold the folder for one demo at a time. Raises `Conflict` when another has it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        message = (
            f"a demo runs already on {folder}; stop it, or give this one a folder of its own: qorgan demo --data DIR"
        )
        raise Conflict(message, code="demo.running") from None
    try:
        yield
    finally:
        os.close(handle)


def settle(folder: Path, plans: Sequence[SchoolPlan], wished: dict[str, int]) -> Settled:
    """Make or mend everything in `folder`. `wished` ports win over remembered ones, remembered over the usual ones.

    The centre's port is never exchanged silently: people have it in their browser. What was added to a school's
    `edge.toml` by hand stays. Raises `PortTaken`, `Corrupt`.
    """
    folder = folder.absolute()
    state = _read_state(folder / "demo.json")
    before = dict(state.ports)
    state.ports = _choose_ports(before, plans, wished)
    for name in ("users", "nats/centre", *_secret_names(plans)):
        state.passwords.setdefault(name, secrets.token_urlsafe(12 if name == "users" else 24))
    _write(folder / "demo.json", msgspec.json.format(msgspec.json.encode(state)).decode())
    settled = Settled(
        folder=folder,
        ports=state.ports,
        schools=tuple(
            School(
                plan=plan,
                folder=folder / plan.site,
                http_port=state.ports[_node(plan)],
                panel_port=state.ports.get(_panel(plan)),
            )
            for plan in plans
        ),
        user_password=state.passwords["users"],
    )
    _settle_carrier(settled, state)
    _settle_centre(settled, state)
    _settle_cameras(settled, state)
    for school in settled.schools:
        _settle_school(school, settled, state, before)
    return settled


def _read_state(file: Path) -> _State:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_State)
    except FileNotFoundError:
        return _State()
    except msgspec.MsgspecError as error:
        raise Corrupt(f"{file} is damaged; remove the folder {file.parent} to start anew", code="demo.state") from error


def _choose_ports(before: dict[str, int], plans: Sequence[SchoolPlan], wished: dict[str, int]) -> dict[str, int]:
    usual = USUAL_PORTS | {_node(plan): FIRST_NODE_PORT + number for number, plan in enumerate(plans)}
    usual |= {_panel(plan): FIRST_PANEL_PORT + number for number, plan in enumerate(plans) if plan.panel}
    chosen = {"centre": wished["centre"]}
    for name, port in usual.items():
        chosen[name] = ports.choose(wished.get(name, before.get(name, port)), chosen.values())
    return chosen


def _node(plan: SchoolPlan) -> str:
    return f"node/{plan.site}"


def _panel(plan: SchoolPlan) -> str:
    return f"panel/{plan.site}"


def _secret_names(plans: Sequence[SchoolPlan]) -> Iterator[str]:
    for plan in plans:
        yield f"nats/{plan.site}"
        yield from (f"button/{plan.site}/{button.key}" for button in plan.buttons)
        yield from (f"output/{plan.site}/{output.key}" for output in plan.outputs)
        if plan.panel is not None:
            yield _panel(plan)
        yield from (f"camera/{plan.site}/{camera.key}" for camera in plan.cameras if camera.locked)


def _settle_carrier(settled: Settled, state: _State) -> None:
    sites = {school.plan.site: state.passwords[f"nats/{school.plan.site}"] for school in settled.schools}
    text = nats_conf(
        host=ports.HOST,
        port=settled.ports["nats"],
        centre_password=state.passwords["nats/centre"],
        site_passwords=sites,
    )
    _write(settled.nats_conf, text)


def _settle_centre(settled: Settled, state: _State) -> None:
    data = settled.centre_config.parent
    keys.prepare(data)
    _write(data / "nats.password", state.passwords["nats/centre"])
    text = f"""# Written by `qorgan demo` at every start.
data = {_quote(data)}
web = {_quote(WEB)}

[http]
host = "{ports.HOST}"
port = {settled.ports["centre"]}

[nats]
url = "nats://{ports.HOST}:{settled.ports["nats"]}"
user = "centre"
"""
    _write(settled.centre_config, text)


def _settle_cameras(settled: Settled, state: _State) -> None:
    """The simulator's file: what each camera looks at, and the passwords of those that ask for one."""
    lines = ["# Written by `qorgan demo` at every start."]
    lines += [f"port = {settled.ports['rtsp']}", f"control_port = {settled.ports['sim']}"]
    lines.append(f"onvif_port = {settled.ports['onvif']}")
    if _has_chip(settled):
        lines.append(f"chip = {_quote(settled.chip)}")
        at_rest = [contact.rest_line for school in settled.schools for contact in school.plan.contacts]
        lines.append(f"chip_closed = {at_rest}")
    for school in settled.schools:
        for camera in school.plan.cameras:
            lines += ["", "[[cameras]]", f'site = "{school.plan.site}"', f'key = "{camera.key}"']
            lines.append(f'scene = "{camera.scene}"')
            if camera.hears:
                lines.append('audio = "aac"')
            if camera.locked:
                password = state.passwords[f"camera/{school.plan.site}/{camera.key}"]
                lines.append(f"login = {{ user = {_quote(CAMERA_USER)}, password = {_quote(password)} }}")
    for school in settled.schools:
        for output in school.plan.outputs:
            password = state.passwords[f"output/{school.plan.site}/{output.key}"]
            lines += ["", "[[outputs]]", f'site = "{school.plan.site}"', f'key = "{output.key}"']
            lines.append(f"login = {{ user = {_quote(OUTPUT_USER)}, password = {_quote(password)} }}")
    for school in settled.schools:
        if school.plan.panel is not None:
            key = state.passwords[_panel(school.plan)]
            lines += ["", "[[panels]]", f'account = "{school.plan.panel.account}"', f"port = {school.panel_port}"]
            lines.append(f"key = {_quote(key)}")
    _write(settled.sim_town, "\n".join(lines) + "\n")


def _has_chip(settled: Settled) -> bool:
    """A socket's name has at most 107 bytes (unix(7)): in a folder that lies too deep there are no contacts."""
    return len(os.fsencode(settled.chip)) <= SOCKET_NAME_BYTES


def _settle_school(school: School, settled: Settled, state: _State, before: dict[str, int]) -> None:
    if not school.config.exists():
        _write_school(school, settled)
    moved = {before[name]: port for name, port in settled.ports.items() if before.get(name, port) != port}
    if moved:
        text = _with_moved_ports(school.config.read_text(encoding="utf-8"), moved)
        replace_file(school.config, text.encode(), mode=0o600)
    store = SecretStore(school.folder)
    _keep(store, "nats", state.passwords[f"nats/{school.plan.site}"])
    for button in school.plan.buttons:
        token = state.passwords[f"button/{school.plan.site}/{button.key}"]
        _keep(store, f"button/{button.key}", token)
        _write(school.token_file(button.key), f"{token}\n")
    for output in school.plan.outputs:
        _keep(store, f"output/{output.key}", state.passwords[f"output/{school.plan.site}/{output.key}"])
    if school.plan.panel is not None:
        key = state.passwords[_panel(school.plan)]
        _keep(store, f"panel/{school.plan.panel.key}", key)
        _write(school.panel_key_file, f"{key}\n")
    for camera in school.plan.cameras:
        if camera.locked:
            _keep(store, f"camera/{camera.key}", state.passwords[f"camera/{school.plan.site}/{camera.key}"])


def _write_school(school: School, settled: Settled) -> None:
    """The school's `edge.toml`, through the same door as `qorgan edge add-camera`. All of it or nothing."""
    name = school.plan.name
    head = f"""# A school of the demo. Add cameras and buttons as you like: the demo only changes ports that must move.
[site]
id = "{school.plan.site}"
name = {_local(name)}

[storage]
data = "."
archive = "archive"
budget_gb = 4
keep_days = 30

[http]
host = "{ports.HOST}"
port = {school.http_port}

[centre]
nats = "nats://{ports.HOST}:{settled.ports["nats"]}"
public_key = "{keys.public_key(settled.centre_config.parent)}"
"""
    draft = school.folder / "edge.draft.toml"
    _write(draft, head)
    for camera in school.plan.cameras:
        add_camera(draft, _camera(school.plan.site, camera, settled.ports))
    for button in school.plan.buttons:
        add_button(draft, Button(key=button.key, place=button.place, cameras=button.cameras))
    if _has_chip(settled):
        for contact in school.plan.contacts:
            add_row(draft, "contacts", _contact(contact, settled.chip))
    for output in school.plan.outputs:
        add_row(draft, "outputs", _output(school.plan.site, output, settled.ports["sim"]))
    _write(draft, draft.read_text(encoding="utf-8") + _receiver(school))  # behind the cameras that its zones name
    draft.replace(school.config)


def _receiver(school: School) -> str:
    """The tables of its panel; nothing without one."""
    panel = school.plan.panel
    if panel is None:
        return ""
    return f"""
[receivers.dc09]
host = "{ports.HOST}"
tcp = {school.panel_port}

[[panels]]
key = "{panel.key}"
protocol = "dc09"
account = "{panel.account}"
interval_s = 90
place = {_local(panel.place)}

[[panels.zones]]
key = "{panel.zone_key}"
zone = "{panel.zone}"
place = {_local(panel.zone_place)}
cameras = [{", ".join(map(_quote, panel.cameras))}]
panic = true
"""


def _local(text: LocalText) -> str:
    return f"{{ kk = {_quote(text.kk)}, ru = {_quote(text.ru)}, en = {_quote(text.en)} }}"


def _contact(plan: ContactPlan, chip: Path) -> Contact:
    return Contact(
        key=plan.key,
        place=plan.place,
        cameras=plan.cameras,
        line=f"sim:{chip}:{plan.line}",
        rest_line=f"sim:{chip}:{plan.rest_line}",
        lamp=f"sim:{chip}:{plan.lamp}",
    )


def _output(site: SiteId, plan: OutputPlan, port: int) -> Output:
    """A relay with two addresses; a loudspeaker has one for each thing it says."""
    address = f"http://{ports.HOST}:{port}/outputs/{site}/{plan.key}"
    speaks = plan.kind is OutputKind.SPEAKER
    return Output(
        key=plan.key,
        kind=plan.kind,
        place=plan.place,
        on=None if speaks else f"{address}/on",
        off=None if speaks else f"{address}/off",
        say={action: f"{address}/say/{action}" for action in SchoolAction} if speaks else {},
        user=OUTPUT_USER,
    )


def _camera(site: SiteId, camera: CameraPlan, at: dict[str, int]) -> Camera:
    """Those that ask for a password speak ONVIF, too, and can be turned."""
    address = f"rtsp://{ports.HOST}:{at['rtsp']}/{site}/{camera.key}"
    onvif = f"http://{ports.HOST}:{at['onvif']}/{site}/{camera.key}/onvif/device_service"
    return Camera(
        key=camera.key,
        name=camera.name,
        zone=camera.zone,
        main=f"{address}/main",
        sub=f"{address}/sub",
        user=CAMERA_USER if camera.locked else None,
        onvif=onvif if camera.locked else None,
        audio=camera.hears,
    )


def _with_moved_ports(text: str, moved: dict[int, int]) -> str:
    """The text with `127.0.0.1:old`, `port = old`, `tcp = old` replaced at once: two ports can change places."""

    def new(match: re.Match[str]) -> str:
        return match["before"] + str(moved.get(int(match["port"]), int(match["port"])))

    return re.sub(
        rf"(?P<before>{re.escape(ports.HOST)}:|^(?:port|tcp) = )(?P<port>\d+)\b", new, text, flags=re.MULTILINE
    )


def _keep(store: SecretStore, name: str, value: str) -> None:
    if store.get(name) != value:
        store.put(name, value)


def _quote(value: Any) -> str:
    return msgspec.json.encode(str(value)).decode()  # a JSON string of plain text is a TOML 1.0 basic string


def _write(file: Path, text: str) -> None:
    """Every file here may hold a secret, or stand beside one: 0600 in folders of 0700."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_file(file, text.encode("utf-8"), mode=0o600)
