"""The simulator's remote control: HTTP on loopback (interfaces §4)."""

import asyncio
import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Self, TypeVar

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qorgan import serving
from qorgan.kernel.errors import Invalid, NotFound, QorganError, Rejected
from qorgan.sim.faults import Fault
from qorgan.sim.server import RtspSimulator, StreamChoice

MAX_BODY_BYTES = 4096

T = TypeVar("T")

log = structlog.get_logger()


class FaultOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST …/fault`."""

    fault: Fault
    stream: StreamChoice = "both"


class _StreamOrder(msgspec.Struct, frozen=True, kw_only=True):
    stream: StreamChoice = "both"


class Control:
    """Serves the remote control of one simulator; use with `async with`. `port` is the port it got.

    `more` are routes of what stands beside it.
    """

    def __init__(self, simulator: RtspSimulator, *, port: int = 0, more: Sequence[Route] = ()) -> None:
        self._simulator, self._more = simulator, more
        self.port = port
        self._preparing: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._serving = asyncio.create_task(serving.serve(self.app(), listener, grace_s=1), name="sim:control")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._preparing:
            task.cancel()
        self._serving.cancel()
        await asyncio.gather(*self._preparing, self._serving, return_exceptions=True)
        self._listener.close()

    def app(self) -> Starlette:
        """The routes, without a server."""
        camera = "/cameras/{site}/{camera}"
        return Starlette(
            routes=[
                Route("/cameras", self._list, methods=["GET"]),
                Route(f"{camera}/fault", self._set_fault, methods=["POST"]),
                Route(f"{camera}/fault", self._clear_fault, methods=["DELETE"]),
                Route(f"{camera}/sent", self._sent, methods=["GET"]),
                Route("/tls", self._tls, methods=["GET"]),
                *self._more,
            ],
            exception_handlers={QorganError: _problem},
        )

    async def _list(self, request: Request) -> Response:
        return _json({"items": self._simulator.status()})

    async def _sent(self, request: Request) -> Response:
        return _json(self._simulator.sent(*_place(request)))

    async def _tls(self, request: Request) -> Response:
        """What a node needs to trust these cameras: the port of RTSPS, the certificate and its fingerprint."""
        certificate = self._simulator.certificate
        if certificate is None:
            raise NotFound("these cameras do not speak RTSPS")
        told = {"port": self._simulator.tls_port, "sha256": certificate.sha256, "pem": certificate.pem}
        return _json(told)

    async def _set_fault(self, request: Request) -> Response:
        """202: it is prepared in the background, and `shown` in `GET /cameras` tells when the picture has it."""
        order = _decode(await request.body(), FaultOrder)
        self._require_camera(request)
        task = asyncio.create_task(self._prepare(order, *_place(request)), name=f"fault:{order.fault}")
        self._preparing.add(task)
        task.add_done_callback(self._preparing.discard)
        await asyncio.sleep(0)
        if task.done():
            task.result()
        return _json(order, 202)

    async def _prepare(self, order: FaultOrder, site: str, camera: str) -> None:
        try:
            await self._simulator.set_fault(site, camera, order.fault, order.stream)
        except Rejected:
            raise
        except QorganError as error:
            log.warning("sim.fault_failed", site=site, camera=camera, fault=order.fault.value, why=str(error))

    async def _clear_fault(self, request: Request) -> Response:
        body = await request.body()
        order = _decode(body, _StreamOrder) if body else _StreamOrder()
        await self._simulator.clear_fault(*_place(request), order.stream)
        return Response(status_code=204)

    def _require_camera(self, request: Request) -> None:
        site, camera = _place(request)
        if self._simulator.camera(site, camera) is None:
            raise NotFound(f"there is no simulated camera {site}/{camera}")


def _place(request: Request) -> tuple[str, str]:
    return request.path_params["site"], request.path_params["camera"]


def _decode(body: bytes, kind: type[T]) -> T:
    if len(body) > MAX_BODY_BYTES:
        raise Invalid("the body is too long")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise Invalid(f"the body is wrong: {error}") from error


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, QorganError)
    status = 404 if isinstance(error, NotFound) else 400 if isinstance(error, Rejected) else 503
    problem = {"code": error.code, "title": type(error).__name__, "detail": str(error), "status": status}
    return Response(msgspec.json.encode(problem), status, media_type="application/problem+json")
