"""Holds by a centre's order: evidence kept at the school until a day, listed, and let go again (invariant I6).

The same table as `qorgan edge hold`. A hold placed by the school itself is not a centre's to release.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path

import structlog

from qorgan.domain.cameras import StreamName
from qorgan.domain.retention import Hold
from qorgan.edge.recorder.index import Index
from qorgan.kernel.clock import Clock, from_us, to_us
from qorgan.kernel.errors import Conflict, Exhausted, Forbidden, Invalid, NotFound
from qorgan.protocols.link.commands import AskHolds, HeldStretch, Holds, HoldWish, OrderHold, Reply
from qorgan.protocols.link.grants import Action, Grant, require_order
from qorgan.protocols.link.messages import decode

LONGEST = timedelta(days=1)  # of one hold
LATEST = timedelta(days=366)  # until when
MOST_HOLDS = 2_000  # of one school by order; beyond it somebody has to look
MAX_REASON = 500
MAX_NAME = 200
MOST_LISTED = 500
BY_CENTRE = "centre: "
log = structlog.get_logger(__name__)
Granted = Callable[..., Grant]
Handler = Callable[[bytes], Awaitable[Reply]]


class HoldDesk:
    """Answers `hold` and `holds`. `granted` verifies, `note` writes the school's own ledger."""

    def __init__(self, archive: Path, clock: Clock, *, granted: Granted, note: Callable[[Grant], None]) -> None:
        self._index_db, self._clock, self._granted, self._note = archive / "index.db", clock, granted, note

    def answers(self) -> Mapping[str, Handler]:
        """By the name of the command."""
        return {"hold": self._order, "holds": self._list}

    async def _order(self, data: bytes) -> Reply:
        ask = decode(data, OrderHold)
        grant = self._granted(ask.grant, Action.HOLD)
        require_order(grant, ask.order)
        wish = decode(ask.order, HoldWish)
        reply = await asyncio.to_thread(self._release if wish.release else self._place, grant.camera, wish)
        self._note(grant)
        return Reply(holds=reply)

    async def _list(self, data: bytes) -> Reply:
        grant = self._granted(decode(data, AskHolds).grant, Action.HOLD, Action.ARCHIVE)
        return Reply(holds=await asyncio.to_thread(self._held, grant.camera))

    def _place(self, camera: str, wish: HoldWish) -> Holds:
        hold = self._hold_of(camera, wish)
        index = Index(self._index_db)
        try:
            standing = index.holds(released=True)
            known = next((one for one in standing if one.id == hold.id), None)
            if known is None:
                if sum(one.by.startswith(BY_CENTRE) for one in index.holds()) >= MOST_HOLDS:
                    raise Exhausted("this school holds as much evidence as it may by order", code="hold.full")
                index.place_hold(hold)
                log.warning("hold.placed", id=hold.id, camera=camera)
            elif known.camera != camera:
                raise Conflict("this id belongs to a hold on another camera", code="hold.taken")
            kept = [
                row
                for stream in StreamName
                if hold.stream in ("", stream)
                for row in index.overlapping(camera, stream, hold.start_us, hold.end_us)
            ]
            return Holds(items=_of_camera(index, camera), kept_bytes=sum(row.size for row in kept))
        finally:
            index.close()

    def _release(self, camera: str, wish: HoldWish) -> Holds:
        index = Index(self._index_db)
        try:
            hold = next((one for one in index.holds() if (one.id, one.camera) == (wish.id, camera)), None)
            if hold is None:
                raise NotFound("there is no such hold that is not released already", code="hold.unknown")
            if not hold.by.startswith(BY_CENTRE):
                raise Forbidden("the school itself placed this hold", code="hold.not_yours")
            index.release_hold(hold.id, _by(wish), to_us(self._clock.now()))
            log.warning("hold.released", id=hold.id, camera=camera)
            return Holds(items=_of_camera(index, camera))
        finally:
            index.close()

    def _held(self, camera: str) -> Holds:
        index = Index(self._index_db, readonly=True)
        try:
            return Holds(items=_of_camera(index, camera))
        finally:
            index.close()

    def _hold_of(self, camera: str, wish: HoldWish) -> Hold:
        """Raises `Invalid` naming what is wrong."""
        now = self._clock.now()
        if not 1 <= len(wish.id) <= 64 or not wish.id.isascii() or not wish.id.replace("-", "").isalnum():
            raise Invalid("a hold's id is 1-64 letters, digits and hyphens", code="hold.invalid")
        if wish.start is None or wish.end is None or not wish.start < wish.end or wish.end - wish.start > LONGEST:
            raise Invalid("a hold has a start, a later end, and at most a day between them", code="hold.invalid")
        if wish.until is None or not now < wish.until <= now + LATEST:
            raise Invalid("a hold ends by itself, within a year", code="hold.invalid")
        if not wish.reason.strip() or len(wish.reason) > MAX_REASON or wish.stream not in ("", *StreamName):
            raise Invalid(f"a hold has a reason of at most {MAX_REASON} characters", code="hold.invalid")
        return Hold(
            id=wish.id,
            camera=camera,
            stream=wish.stream,
            start_us=to_us(wish.start),
            end_us=to_us(wish.end),
            reason=wish.reason.strip(),
            by=_by(wish),
            at_us=to_us(now),
            until_us=to_us(wish.until),
        )


def _by(wish: HoldWish) -> str:
    return BY_CENTRE + wish.by[:MAX_NAME]


def _of_camera(index: Index, camera: str) -> tuple[HeldStretch, ...]:
    return tuple(
        HeldStretch(
            id=hold.id,
            start=from_us(hold.start_us),
            end=from_us(hold.end_us),
            reason=hold.reason,
            by=hold.by.removeprefix(BY_CENTRE),
            at=from_us(hold.at_us),
            until=None if hold.until_us is None else from_us(hold.until_us),
            stream=hold.stream,
        )
        for hold in index.holds()
        if hold.camera == camera
    )[-MOST_LISTED:]
