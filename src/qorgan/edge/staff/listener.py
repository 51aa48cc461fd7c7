"""Where phones reach the staff page: HTTPS with the school's certificate, which may be renewed while it is served."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import structlog

from qorgan.edge.config import StaffDoor
from qorgan.edge.core.node import NodeFault
from qorgan.edge.staff.certificate import Look, look
from qorgan.kernel.clock import Clock

LOOK_EVERY_S = 60.0
Serve = Callable[[tuple[Path, Path] | None], Awaitable[None]]
log = structlog.get_logger(__name__)


class FaultBoard(Protocol):
    """Where a fault is shown, and where it is told that it is over: the node."""

    def show_fault(self, fault: NodeFault, stands: bool) -> None: ...


class StaffListener:
    """Owner of what is known of the certificate. `serve` serves the page until it is cancelled."""

    def __init__(self, door: StaffDoor, node: FaultBoard, clock: Clock, serve: Serve) -> None:
        self._door, self._node, self._clock, self._serve = door, node, clock, serve
        self._said = ""

    async def run(self) -> None:
        """Serve until cancelled. A certificate that cannot be used is a fault of the node; it is looked at again."""
        if self._door.tls_cert is None or self._door.tls_key is None:
            await self._serve(None)
            return
        while True:
            found = await self._look()
            if found.serves:
                await self._serve_until_changed((self._door.tls_cert, self._door.tls_key), found)
            else:
                await self._clock.sleep(LOOK_EVERY_S)

    async def _serve_until_changed(self, files: tuple[Path, Path], served: Look) -> None:
        serving = asyncio.ensure_future(self._serve(files))
        try:
            while not serving.done():
                await self._sleep_beside(serving)
                found = await self._look()
                if found.serves and found.stamp != served.stamp:  # half of a renewed pair does not serve
                    log.info("staff.certificate_renewed", ends_at=str(found.ends_at))
                    return
            await serving  # why it ended
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    async def _sleep_beside(self, serving: "asyncio.Future[None]") -> None:
        sleeping = asyncio.create_task(self._clock.sleep(LOOK_EVERY_S))
        try:
            await asyncio.wait([serving, sleeping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()

    async def _look(self) -> Look:
        now = self._clock.now()
        found = await asyncio.to_thread(look, self._door, now)
        soon = found.ends_soon(now) and not found.problem
        self._node.show_fault(NodeFault.STAFF_CERTIFICATE, bool(found.problem))
        self._node.show_fault(NodeFault.STAFF_CERTIFICATE_ENDS, soon)
        said = found.problem or (f"the certificate of the staff page ends on {found.ends_at:%Y-%m-%d}" if soon else "")
        if said and said != self._said:
            log.error("staff.certificate", reason=said)
        self._said = said
        return found
