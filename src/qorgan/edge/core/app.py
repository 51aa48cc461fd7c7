"""Core, from top to bottom: the store, the node, and the four ways in and out of it."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import structlog
from joserfc.jwk import OKPKey
from starlette.applications import Starlette

from qorgan import __version__, serving
from qorgan.edge import config as config_of
from qorgan.edge.config import EdgeConfig, Storage
from qorgan.edge.contacts.watch import watch_contacts
from qorgan.edge.core.cameras import CameraBoard
from qorgan.edge.core.commands import CoreDesk, ViewTaker
from qorgan.edge.core.http import create_app, create_staff_app
from qorgan.edge.core.life import ButtonLife
from qorgan.edge.core.link import Link
from qorgan.edge.core.node import Node, NodeFault
from qorgan.edge.core.store import Store
from qorgan.edge.core.views import leave_for_analyst
from qorgan.edge.ipc import CoreServer
from qorgan.edge.lines.board import LineBoard, lines_of
from qorgan.edge.outputs.desk import ActionDesk
from qorgan.edge.outputs.device import outputs_of
from qorgan.edge.panels.app import Panels
from qorgan.edge.seal import seal_key
from qorgan.edge.secrets import SecretStore
from qorgan.edge.staff.door import StaffDoor
from qorgan.edge.staff.listener import StaffListener
from qorgan.edge.staff.people import StaffBook
from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock, SystemClock
from qorgan.kernel.errors import NotFound, QorganError
from qorgan.kernel.ids import ButtonKey
from qorgan.protocols.link.sealing import public_half

TEND_EVERY_S = 5.0
GRACE_S = 2  # for a press that is being answered while we stop
log = structlog.get_logger(__name__)


async def run_core(config: EdgeConfig) -> None:
    """Be a school's core until cancelled."""
    clock = SystemClock()
    secrets = SecretStore(config.storage.data)
    store = await asyncio.to_thread(Store, config.core_db, config.site.id)
    try:
        board = CameraBoard(config.cameras, clock)
        node = Node(config, store, board, clock)
        panels = _panels(config, node, secrets, clock)
        lines = LineBoard(*lines_of(config), clock)
        async with outputs_of(config, secrets, lines) as switches, asyncio.TaskGroup() as group:
            actions = ActionDesk(node, config.outputs, switches, clock)
            await actions.recall()
            views = ViewTaker(
                frozenset(camera.key for camera in config.cameras),
                partial(leave_for_analyst, config.storage.data / "views"),
            )
            desk = CoreDesk(config.site.id, lambda: _public_key(config), node, actions, clock, views)
            link = Link(config.centre, config.site.id, node, secrets, clock, desk.answer)
            staff = StaffDoor(config, node, actions, StaffBook(config.storage.data), clock).routes()
            pushers = [button for button in config.buttons if button.input is None and button.mqtt is None]
            life = ButtonLife(pushers, "button", node, clock)
            app = create_app(config, node, link, _button_tokens(config, secrets, node), actions, life, staff)
            for name, work in {
                "actions": actions.run,
                "contacts": lambda: watch_contacts(config, node, lines, actions, clock),
                "lines": lines.run,
                "panels": panels.run,
                "http": lambda: serve_http(app, config.http.host, config.http.port),
                "life": life.run,
                "ipc": CoreServer(config.core_socket, node.take).run,
                "link": link.run,
                "mqtt": lambda: _watch_radio(config, node, secrets, clock),
                "onvif": lambda: _watch_onvif(config, node, board, secrets, clock),
                "staff": lambda: _serve_staff(config.staff, create_staff_app(staff), node, clock),
                "start": lambda: _begin(node, config.storage),
                "tend": lambda: _tend(node, clock),
            }.items():
                group.create_task(_keep(name, work, clock), name=f"core:{name}")
    finally:
        await asyncio.to_thread(store.close)


async def serve_http(app: Starlette, host: str, port: int) -> None:
    """Serve until cancelled; then let running requests finish. Raises `OSError` when the port is taken."""
    with _listening(host, port) as listener:
        await serving.serve(app, listener, grace_s=GRACE_S)


async def _serve_staff(door: config_of.StaffDoor | None, app: Starlette, node: Node, clock: Clock) -> None:
    """The staff page for phones, with the school's own certificate; return at once where none is wished."""
    if door is None:
        return

    async def serve(tls: tuple[Path, Path] | None) -> None:
        with _listening(door.host, door.port) as listener:
            await serving.serve(app, listener, grace_s=GRACE_S, tls=tls)

    await StaffListener(door, node, clock, serve).run()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=256)
    # Inherited by what is accepted: without it an answer in two pieces waits 40 ms for the caller's delayed ACK, and
    # asyncio sets it on its own only for sockets made with proto=IPPROTO_TCP.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        log.info("http.listening", host=host, port=listener.getsockname()[1])
        yield listener
    finally:
        listener.close()


async def _keep(name: str, work: Callable[[], Awaitable[None]], clock: Clock) -> None:
    """One part of core, begun anew when it fails: its trouble stays its own."""
    backoff = Backoff(first=0.5, limit=10.0, floor=0.1)
    while True:
        try:
            await work()
            return
        except (QorganError, OSError) as error:
            log.error("core.part_failed", part=name, reason=str(error))
        except Exception:  # the root of this unit of work
            log.exception("core.part_crashed", part=name)
        await clock.sleep(backoff.next())


async def _watch_onvif(config: EdgeConfig, node: Node, board: CameraBoard, secrets: SecretStore, clock: Clock) -> None:
    """Loaded only where a camera speaks ONVIF: core is small elsewhere."""
    if not any(camera.onvif for camera in config.cameras):
        return
    from qorgan.edge.onvif.watch import OnvifWatch

    await OnvifWatch(config, node, board, secrets, clock).run()


async def _watch_radio(config: EdgeConfig, node: Node, secrets: SecretStore, clock: Clock) -> None:
    """Loaded only where there are radio buttons."""
    if not any(button.mqtt for button in config.buttons):
        return
    from qorgan.edge.mqtt.watch import RadioWatch

    watch = RadioWatch(config, node, secrets, clock)
    node.add_report("mqtt", watch.status)
    await watch.run()


async def _begin(node: Node, storage: Storage) -> None:
    await node.free_parked_events()
    await node.announce_inventory(f"qorgan {__version__}", await asyncio.to_thread(_public_seal_key, storage))


def _public_seal_key(storage: Storage) -> str:
    """Empty when the secrets cannot be read, which is shown elsewhere: then no camera is set up from the centre."""
    try:
        return public_half(seal_key(storage))
    except QorganError as error:
        log.error("seal.no_key", reason=str(error))
        return ""


async def _tend(node: Node, clock: Clock) -> None:
    while True:
        await node.prove_writable()
        await clock.sleep(TEND_EVERY_S)


def _panels(config: EdgeConfig, node: Node, secrets: SecretStore, clock: Clock) -> Panels:
    panels = Panels(config, node, secrets, clock)
    for source in panels.sources:
        node.declare_source(source)
    if panels.sources:
        node.add_report("panels", panels.status)
    return panels


def _public_key(config: EdgeConfig) -> OKPKey:
    """The centre's key, with which orders are signed."""
    assert config.centre is not None  # there is no link without it
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": config.centre.public_key})


def _button_tokens(config: EdgeConfig, secrets: SecretStore, node: Node) -> dict[ButtonKey, str]:
    """The tokens that are stored. A button without one does not work, which is shown; the others do."""
    tokens: dict[ButtonKey, str] = {}
    stored = _names(secrets)
    for button in config.buttons:
        if (button.input is not None or button.mqtt is not None) and f"button/{button.key}" not in stored:
            continue  # a contact or a radio button shows no token
        try:
            tokens[button.key] = secrets.need(f"button/{button.key}")
        except QorganError as error:
            log.error("button.no_token", button=button.key, reason=str(error))
            missing = isinstance(error, NotFound)
            node.report_fault(NodeFault.NO_TOKEN if missing else NodeFault.SECRETS_DAMAGED)
    return tokens


def _names(secrets: SecretStore) -> tuple[str, ...]:
    """What is stored; nothing when it cannot be read, which is shown for each secret that is needed."""
    try:
        return secrets.names()
    except QorganError:
        return ()
