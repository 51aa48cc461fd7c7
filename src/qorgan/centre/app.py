"""The centre's program: web, gateway, intake and jobs in one process, or any of them alone."""

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, cast

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from qorgan import __version__, serving
from qorgan.centre.carrier import Carrier
from qorgan.centre.config import CentreConfig, load
from qorgan.centre.gateway.console import Console
from qorgan.centre.gateway.gateway import Gateway
from qorgan.centre.gateway.ports import Gatekeeper
from qorgan.centre.gateway.problems import on_error
from qorgan.centre.gateway.sockets import leaves
from qorgan.kernel import logs, memory
from qorgan.kernel.clock import SystemClock
from qorgan.kernel.errors import Invalid, QorganError, Unavailable
from qorgan.kernel.processes import until_stopped

if TYPE_CHECKING:
    from qorgan.centre.supervision.supervisor import EngineAudit

log = structlog.get_logger(__name__)

DJANGO_PATHS = ("/api", "/_allauth", "/admin", "/i18n", "/static")
STOP_WITHIN_S = 3  # for open requests and sockets; `until_stopped` ends everything after 5
HAND_OVER_S = 0.0005  # at most so long a thread that reads for somebody keeps the loop, and all its sockets, waiting
BROWSER_SAYS_BYTES = 64 * 1024  # the longest WebSocket message that a browser may send
UNSENT_BYTES = 64 * 1024  # in the kernel per connection: more would be old pictures on the way to a slow viewer
GONE_AFTER_MS = 120_000  # a peer that acknowledges nothing for so long is gone (RFC 5482)


class Role(StrEnum):
    """What a process of the centre may do."""

    WEB = "web"  # Django and the console
    GATEWAY = "gateway"  # live video, events, recordings
    INTAKE = "intake"  # what schools send into the database
    JOBS = "jobs"  # what happens by itself: ladders and leases of alarms, faults, what schools and others are told


ALL_ROLES = frozenset(Role)


def run(
    *,
    host: str | None = None,
    port: int | None = None,
    nats_url: str | None = None,
    roles: str | None = None,
    web: Path | None = None,
) -> None:
    """Run the centre until SIGTERM or SIGINT. What is not given comes from the configuration.

    Raises SystemExit(1) with one sentence on stderr when it cannot start.
    """
    try:
        config = load()
        wanted = parse_roles(roles) if roles else ALL_ROLES
        listener = listen(host or config.host, config.port if port is None else port)
    except QorganError as error:
        raise SystemExit(f"qorgan centre: {error}") from error
    config = replace(config, nats=nats_url or config.nats, web=web or config.web)
    _start_django()
    sys.setswitchinterval(HAND_OVER_S)
    logs.configure("centre")
    with contextlib.closing(listener):
        try:
            asyncio.run(until_stopped(_run(wanted, listener, config)))
        except ExceptionGroup as group:
            ours = next((error for error in leaves(group) if isinstance(error, QorganError)), None)
            if ours is None:
                raise
            raise SystemExit(f"qorgan centre: {ours}") from group


async def _run(roles: frozenset[Role], listener: socket.socket, config: CentreConfig) -> None:
    """The whole program: the carrier outlives everything that speaks over it."""
    from qorgan.centre.gateway.gatekeeper import DjangoGatekeeper, is_our_host
    from qorgan.centre.supervision.supervisor import EngineAudit

    carrier = Carrier(config.nats, user=config.nats_user, password=config.nats_password or "")
    gatekeeper = DjangoGatekeeper()
    gateway = Gateway(carrier, gatekeeper, SystemClock(), is_our_host=is_our_host)
    audit = EngineAudit(lambda: carrier.connected)
    ready = health_route(gatekeeper, roles, lambda: _readiness(roles, carrier, gateway))
    routes: list[BaseRoute] = [ready, audit.route()]
    routes += gateway.routes() if Role.GATEWAY in roles else ()
    app = build(routes, django=_django() if Role.WEB in roles else None, console=Console(config.web))
    async with asyncio.TaskGroup() as ground:
        carrying = ground.create_task(carrier.run(), name="carrier")
        try:
            if roles == ALL_ROLES:  # then we are the centre's only gateway
                await gatekeeper.end_abandoned_watches()
            async with asyncio.TaskGroup() as group:
                group.create_task(serve(app, listener), name="http")
                if Role.GATEWAY in roles:
                    group.create_task(gateway.run(), name="gateway")
                if Role.INTAKE in roles:
                    group.create_task(_take_in(config), name="intake")
                if Role.JOBS in roles:
                    group.create_task(_engine(), name="engine")
                    group.create_task(_tell_schools(carrier), name="teller")
                    group.create_task(_supervise(), name="supervisor")
                    group.create_task(_keep_quality(carrier), name="quality")
                    group.create_task(_keep_norms(carrier), name="norms")
                    group.create_task(_tell_others(), name="notices")
                    group.create_task(_ping_the_watcher(audit), name="watchdog")
                if roles & {Role.WEB, Role.INTAKE, Role.JOBS}:
                    group.create_task(_announce(carrier), name="announcer")
                await carrier.wait_connected()
                memory.settle()
                log.info(
                    "centre.ready",
                    address="{}:{}".format(*listener.getsockname()[:2]),
                    roles=[role.value for role in sorted(roles)],
                )
        finally:
            carrying.cancel()
            audit.close()
            gatekeeper.close()


async def _announce(carrier: Carrier) -> None:
    """What this process commits becomes known to every gateway."""
    from qorgan.centre.events import NatsPublisher, listening

    publisher = NatsPublisher(await carrier.wait_connected())
    with listening(publisher):
        await publisher.run()


async def _take_in(config: CentreConfig) -> None:
    """What schools send goes into the database."""
    from qorgan.centre.intake.intake import Intake

    await Intake(config.nats, user=config.nats_user, password=config.nats_password or "").run()


async def _engine() -> None:
    """Time does to alarms what it has to."""
    from qorgan.centre.alarms.engine import Engine

    await Engine().run()


async def _tell_schools(carrier: Carrier) -> None:
    """Schools hear how far their alarms are, and what is ordered."""
    from qorgan.centre.alarms.telling import Teller
    from qorgan.centre.gateway.school import SchoolLink

    await carrier.wait_connected()
    await Teller(SchoolLink(carrier)).run()


async def _supervise() -> None:
    """Faults open and close, tests of buttons are proved."""
    from qorgan.centre.supervision.supervisor import Supervisor

    await Supervisor().run()


async def _keep_quality(carrier: Carrier) -> None:
    """Stills are drawn, and schools hear which views are approved."""
    from qorgan.centre.gateway.school import SchoolLink
    from qorgan.centre.quality.keeper import QualityKeeper

    await carrier.wait_connected()
    await QualityKeeper(SchoolLink(carrier)).run()


async def _keep_norms(carrier: Carrier) -> None:
    """Archives prove themselves, schools are judged by the norms, and each month is kept."""
    from qorgan.centre.gateway.school import SchoolLink
    from qorgan.centre.norms.keeper import NormsKeeper

    await carrier.wait_connected()
    await NormsKeeper(SchoolLink(carrier)).run()


async def _tell_others() -> None:
    """Those who subscribed are told."""
    from qorgan.centre.notices.worker import NoticeWorker

    await NoticeWorker().run()


async def _ping_the_watcher(audit: "EngineAudit") -> None:
    """A watcher outside hears that the engine lives."""
    from qorgan.centre.supervision.supervisor import Watchdog

    await Watchdog(audit).run()


def _start_django() -> None:
    """Load Django's settings and applications; nothing of ours that has models may be imported before."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qorgan.centre.settings")
    import django

    django.setup()


def _django() -> ASGIApp:
    from qorgan.centre.asgi import application

    return cast(ASGIApp, application)


def build(routes: Sequence[BaseRoute], *, django: ASGIApp | None, console: ASGIApp) -> Starlette:
    """Our own routes first; then Django's places; everything else is a place of the console."""
    app = Starlette(routes=list(routes), exception_handlers={QorganError: on_error})
    app.router.redirect_slashes = False
    app.router.default = Fallback(django=django, console=console)
    return app


class Fallback:
    """Sends what is none of our routes to Django or to the console."""

    def __init__(self, *, django: ASGIApp | None, console: ASGIApp) -> None:
        self._django, self._console = django, console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000, "reason": ""})  # before accepting: HTTP 403
        elif scope["type"] == "http" and self._django is not None and is_djangos(scope["path"]):
            await self._django(scope, receive, send)
        elif scope["type"] == "http":
            await self._console(scope, receive, send)


def is_djangos(path: str) -> bool:
    """Whether a path is one of Django's, never a place of the console."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in DJANGO_PATHS)


def health_route(gatekeeper: Gatekeeper, roles: frozenset[Role], parts: Callable[[], Mapping[str, bool]]) -> Route:
    """`/api/health`: 200 when this process listens, its database answers and all its parts are ready; else 503."""

    async def health(_: Request) -> Response:
        ready = {"database": await _answers(gatekeeper), **parts()}
        status = "ok" if all(ready.values()) else "not_ready"
        body = {"status": status, "version": __version__, "roles": sorted(roles), **ready}
        return JSONResponse(body, 200 if status == "ok" else 503, headers={"Cache-Control": "no-store"})

    return Route("/api/health", health, methods=["GET"])


def _readiness(roles: frozenset[Role], carrier: Carrier, gateway: Gateway) -> Mapping[str, bool]:
    gateways = {"gateway": gateway.ready} if Role.GATEWAY in roles else {}
    return {"carrier": carrier.connected, **gateways}


async def _answers(gatekeeper: Gatekeeper) -> bool:
    try:
        await gatekeeper.ping()
    except Unavailable:
        return False
    return True


async def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve HTTP and WebSockets on a listening socket until cancelled."""
    await serving.serve(
        app,
        listener,
        grace_s=STOP_WITHIN_S,
        ws="websockets-sansio",
        ws_max_size=BROWSER_SAYS_BYTES,
        proxy_headers=True,
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `Unavailable` in words for a person; `Invalid` for an address that is none."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise Invalid(f"{host} is not an address of this machine") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit these from the listener (tcp(7)).
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_AFTER_MS)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise Unavailable(f"cannot listen on {host}:{port} ({reason}); stop what uses it, or choose --port") from error
    listener.setblocking(False)
    return listener


def parse_roles(text: str) -> frozenset[Role]:
    """Roles from `web,gateway,intake,jobs`. Raises `Invalid` naming the wrong one."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = ", ".join(Role)
    for name in names:
        if name not in ALL_ROLES:
            raise Invalid(f"there is no role {name!r}; there are {known}")
    if not names:
        raise Invalid(f"no role is given; there are {known}")
    return frozenset(Role(name) for name in names)
