"""What a centre asks of the recorder, over its own connection: live streams, recorded ranges, coverage.

Every question about video carries a grant, which is verified here and told to core for the school's own ledger
(invariant I7). An answer is always given: consent, data, or a refusal with its code.
"""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from pathlib import Path

import msgspec
import structlog
from joserfc.jwk import OKPKey

from qorgan.domain import coverage
from qorgan.domain.access import PurposeKind
from qorgan.domain.cameras import StreamName
from qorgan.edge.ipc import GrantUse
from qorgan.edge.recorder.index import Index
from qorgan.edge.recorder.live import LiveDesk
from qorgan.edge.recorder.outlet import Outlet
from qorgan.edge.recorder.pieces import find_pieces, read_pieces
from qorgan.edge.recorder.ranges import Message, read_range, read_sound
from qorgan.edge.recorder.session import StreamSession
from qorgan.kernel.clock import Clock, from_us, to_us
from qorgan.kernel.errors import Exhausted, Forbidden, Invalid, NotFound, QorganError
from qorgan.kernel.ids import LeaseId, SiteId
from qorgan.protocols.link import subjects
from qorgan.protocols.link.commands import (
    AskContents,
    AskCoverage,
    Close,
    CoverageReply,
    Credit,
    Damaged,
    Gap,
    Motion,
    Opened,
    OpenRange,
    OpenStream,
    ReadPieces,
    Refusal,
    Renew,
    Reply,
    Span,
)
from qorgan.protocols.link.grants import Action, Grant, verify
from qorgan.protocols.link.media import MediaKind, pack, split_init
from qorgan.protocols.link.messages import decode

log = structlog.get_logger()

MAX_RANGES = 32
MAX_RANGE_S = 130.0
MAX_KEYS_S = 610.0
MAX_CONTENTS_S = 6 * 3600.0
MAX_PIECES = 20_000
PORTION_BYTES = 900_000  # of one message: the carrier takes 1 MiB
NOTED_GRANTS = 4_096
MAX_COVERAGE_S = 32 * 86400.0
MOST_STRETCHES = 8_000  # of one answer: what a message of the link holds
NO_CREDIT_FOR_S = 30.0  # a reader that takes nothing for so long is gone
ReadMotion = Callable[[str, datetime, datetime], Motion | None]


@dataclass(slots=True)
class _Range:
    """A range on its way. `credit` bytes may still be sent."""

    credit: int
    urgent: bool
    more: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class RecorderDesk:
    """Answers commands. Owner of the ranges under way."""

    def __init__(
        self,
        *,
        site: SiteId,
        public_key: OKPKey,
        archive: Path,
        sessions: Mapping[tuple[str, str], StreamSession],
        live: LiveDesk,
        outlet: Outlet,
        ledger: Callable[[GrantUse], None],
        clock: Clock,
        motion: ReadMotion | None = None,
    ) -> None:
        self._site, self._key, self._archive = site, public_key, archive
        self._sessions, self._live, self._outlet = sessions, live, outlet
        self._ledger, self._clock, self._motion = ledger, clock, motion
        self._ranges: dict[str, _Range] = {}
        self._noted: dict[str, None] = {}  # ids of grants whose use is in the ledger, oldest first
        self._answers: dict[str, Callable[[bytes], Awaitable[Reply]]] = {
            "open": self._open,
            "renew": self._renew,
            "close": self._close,
            "range": self._range,
            "contents": self._contents,
            "pieces": self._pieces,
            "credit": self._credit,
            "coverage": self._coverage,
        }

    def also_answer(self, more: Mapping[str, Callable[[bytes], Awaitable[Reply]]]) -> None:
        """Let somebody else answer these commands, as carefully as the rest."""
        self._answers |= more

    async def answer(self, name: str, data: bytes) -> Reply:
        """The answer to command `name`. Never raises what the other side caused."""
        try:
            handler = self._answers.get(name)
            if handler is None:
                raise NotFound(f"this node knows no command {name[:40]!r}", code="command.unknown")
            return await handler(data)
        except QorganError as error:
            log.warning("command.refused", name=name[:40], code=error.code)
            return Reply(refusal=Refusal(code=error.code, message=str(error)))
        except Exception:  # the root of this unit of work: one command
            log.exception("command.crashed", name=name[:40])
            return Reply(refusal=Refusal(code="internal", message="the school's node failed to answer"))

    async def stop(self) -> None:
        """End every range under way."""
        for one in list(self._ranges.values()):
            if one.task is not None:
                one.task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await one.task

    # Live

    async def _open(self, data: bytes) -> Reply:
        ask = decode(data, OpenStream)
        grant = self.granted(ask.grant, Action.LISTEN if ask.audio else Action.LIVE)
        session = self._sessions.get((grant.camera, grant.stream))
        if session is None:
            raise NotFound(f"there is no stream {grant.camera}/{grant.stream} here", code="camera.unknown")
        if ask.audio and session.is_silent:
            raise NotFound("there is nothing to hear at this camera", code="camera.no_sound")
        if self._live.full:
            raise Exhausted("too many live streams are open", code="too_many_viewers")
        subject = subjects.media(self._site, _lease(ask.lease))
        urgent = _for_alarm(grant)
        opened = self._live.open(ask.lease, subject, session, ask.lease_s, sound=ask.audio, urgent=urgent)
        self.note(grant)
        return Reply(opened=opened, at=self._clock.now())

    async def _renew(self, data: bytes) -> Reply:
        if not self._live.renew(decode(data, Renew).lease):
            raise NotFound("there is no such lease", code="lease.unknown")
        return Reply(at=self._clock.now())

    async def _close(self, data: bytes) -> Reply:
        lease = decode(data, Close).lease
        self._live.close(lease, "closed")
        one = self._ranges.get(lease)
        if one is not None and one.task is not None:
            one.task.cancel()
        return Reply()

    # Recorded

    async def _range(self, data: bytes) -> Reply:
        ask = decode(data, OpenRange)
        grant = self.granted(ask.grant, Action.LISTEN if ask.audio else Action.ARCHIVE)
        self._check_period(grant, ask.start, ask.end, MAX_KEYS_S if ask.keys_only else MAX_RANGE_S)
        of = self._archive, grant.camera, grant.stream, to_us(ask.start), to_us(ask.end)
        messages = read_sound(*of) if ask.audio else read_range(*of, keys_only=ask.keys_only)
        first = await self._begin(grant, ask.lease, ask.credit_bytes, messages)
        return Reply(opened=Opened(lease=ask.lease, mime=split_init(first[2])[0]))

    async def _contents(self, data: bytes) -> Reply:
        ask = decode(data, AskContents)
        grant = self.granted(ask.grant, Action.ARCHIVE, Action.EXPORT)
        self._check_period(grant, ask.start, ask.end, MAX_CONTENTS_S)
        listen = self._may_hear(ask.listen, grant, ask.start, ask.end) if ask.listen else None
        of = self._archive, grant.camera, grant.stream, to_us(ask.start), to_us(ask.end)
        contents = await asyncio.to_thread(find_pieces, *of, with_sound=listen is not None)
        if not contents.pieces:
            raise NotFound("nothing was recorded then", code="not_recorded")
        return Reply(contents=contents)

    async def _pieces(self, data: bytes) -> Reply:
        ask = decode(data, ReadPieces)
        grant = self.granted(ask.grant, Action.ARCHIVE, Action.EXPORT)
        if grant.start is None or grant.end is None:
            raise Forbidden("the grant names no period", code="grant.period")
        if not 0 < len(ask.pieces) <= MAX_PIECES or any(not 0 <= piece.base < 2**48 for piece in ask.pieces):
            raise Invalid(f"an order has 1 to {MAX_PIECES} pieces and times above 0", code="pieces.invalid")
        within = to_us(grant.start), to_us(grant.end)
        listen = self._may_hear(ask.listen, grant, grant.start, grant.end) if ask.listen else None
        of = self._archive, grant.camera, grant.stream, within, ask.pieces
        messages = read_pieces(*of, with_sound=listen is not None)
        await self._begin(grant, ask.lease, ask.credit_bytes, messages)
        if listen is not None:
            self.note(listen)
        return Reply(opened=Opened(lease=ask.lease))

    def _may_hear(self, token: bytes, seen: Grant, start: datetime, end: datetime) -> Grant:
        """The grant to listen to what another grant shows. Raises `Forbidden`."""
        grant = self.granted(token, Action.LISTEN)
        if (grant.camera, grant.stream) != (seen.camera, seen.stream):
            raise Forbidden("the grant to listen is for another stream", code="grant.stream")
        if grant.start is None or grant.end is None or start < grant.start or end > grant.end:
            raise Forbidden("the grant to listen is for another period", code="grant.period")
        return grant

    async def _begin(self, grant: Grant, lease: str, credit: int, messages: Iterator[Message]) -> Message:
        """Read the first message, note the grant's use, and send all of them in a task of their own."""
        if len(self._ranges) >= MAX_RANGES:
            raise Exhausted("too many recordings are being read", code="too_many_viewers")
        if lease in self._ranges:
            raise Invalid("this lease is in use", code="lease.in_use")
        subject = subjects.media(self._site, _lease(lease))
        one = self._ranges[lease] = _Range(credit=credit, urgent=_for_alarm(grant))
        try:
            first = await asyncio.to_thread(next, messages, None)
            if first is None:
                raise NotFound("nothing was recorded then", code="not_recorded")
        except BaseException:
            del self._ranges[lease]
            raise
        self.note(grant)
        one.task = asyncio.create_task(self._send(lease, subject, one, first, messages), name="range")
        return first

    async def _send(self, lease: str, subject: str, one: _Range, first: Message, rest: Iterator[Message]) -> None:
        """Publish a range, no faster than its reader takes it."""
        seq, reason = 0, "end"
        message: Message | None = first
        try:
            while message is not None:
                for kind, wall_us, payload in _portions(message):
                    await self._wait_for_credit(one, len(payload))
                    seq += 1
                    await self._outlet.send(subject, kind, pack(kind, seq, wall_us, payload), urgent=one.urgent)
                message = await asyncio.to_thread(next, rest, None)
        except TimeoutError:
            reason = "no_credit"
        except QorganError as error:
            log.warning("range.ended", code=error.code, reason=str(error))
            reason = error.code
        except Exception:  # the root of this unit of work: one range
            log.exception("range.crashed")
            reason = "internal"
        finally:
            del self._ranges[lease]
            end = pack(MediaKind.END, seq + 1, 0, reason.encode())
            self._outlet.put(
                subject, MediaKind.END, end, urgent=one.urgent
            )  # the node may be stopping: without waiting

    async def _wait_for_credit(self, one: _Range, size: int) -> None:
        one.credit -= size
        while one.credit < 0:
            one.more.clear()
            async with asyncio.timeout(NO_CREDIT_FOR_S):
                await one.more.wait()

    async def _credit(self, data: bytes) -> Reply:
        ask = decode(data, Credit)
        one = self._ranges.get(ask.lease)
        if one is not None and 0 < ask.bytes <= 64_000_000:
            one.credit += ask.bytes
            one.more.set()
        return Reply()

    async def _coverage(self, data: bytes) -> Reply:
        ask = decode(data, AskCoverage)
        grant = self.granted(ask.grant, Action.ARCHIVE)
        self._check_period(grant, ask.start, ask.end, MAX_COVERAGE_S)
        look = partial(read_coverage, self._archive, grant.camera, ask.start, ask.end, files=ask.files)
        reply = await asyncio.to_thread(look)
        if ask.motion and self._motion is not None:
            motion = await asyncio.to_thread(self._motion, grant.camera, ask.start, ask.end)
            reply = msgspec.structs.replace(reply, motion=motion)
        return Reply(coverage=reply)

    # Grants

    def granted(self, token: bytes, *actions: Action) -> Grant:
        """The grant inside a token, for one of these actions. Raises `Forbidden`."""
        grant = verify(token, self._key, site=self._site, now=self._clock.now())
        if grant.action not in actions:
            raise Forbidden(f"the grant is for {grant.action}, not for {actions[0]}", code="grant.action")
        return grant

    @staticmethod
    def _check_period(grant: Grant, start: datetime, end: datetime, most_s: float) -> None:
        if not start < end or (end - start).total_seconds() > most_s:
            raise Invalid(f"a period has a start, a later end, and at most {most_s:.0f} s", code="period.invalid")
        if grant.start is None or grant.end is None or start < grant.start or end > grant.end:
            raise Forbidden("the grant is for another period", code="grant.period")

    def note(self, grant: Grant) -> None:
        """A line in the school's own ledger at a grant's first use; a playlist's pieces are one watching."""
        if grant.id in self._noted:
            return
        self._noted[grant.id] = None
        if len(self._noted) > NOTED_GRANTS:
            self._noted.pop(next(iter(self._noted)))
        self._ledger(
            GrantUse(
                id=grant.id,
                camera=grant.camera,
                stream=grant.stream,
                action=grant.action,
                viewer=grant.viewer,
                purpose=grant.purpose,
                at=self._clock.now(),
            )
        )


def read_coverage(archive: Path, camera: str, start: datetime, end: datetime, *, files: bool = False) -> CoverageReply:
    """What is kept of both streams of a camera in [start, end), and why the rest is missing. Reads the index only.

    With `files`, also the directories of the main stream: what is not there is lost, and not kept. Raises
    `Invalid` for more than one message of the link can hold.
    """
    within = coverage.Span(to_us(start), to_us(end))
    spans: list[Span] = []
    gaps: list[Gap] = []
    damaged: list[Damaged] = []
    index = Index(archive / "index.db", readonly=True)
    try:
        lost = coverage.join(_lost(index, camera, within), within) if files else []
        for stream in StreamName:
            kept = coverage.join(index.spans(camera, stream, within.start_us, within.end_us), within)
            if stream is StreamName.MAIN:
                kept = coverage.without(kept, lost)
            noted = index.gaps(camera, stream, within.start_us, within.end_us)
            spans += [Span(start=from_us(s.start_us), end=from_us(s.end_us), stream=stream) for s in kept]
            gaps += [
                Gap(start=from_us(g.start_us), end=from_us(g.end_us), stream=stream, cause=g.cause)
                for g in coverage.gaps_between(kept, within, noted)
            ]
            damaged += [
                Damaged(start=from_us(d.start_us), end=from_us(d.end_us), stream=stream, pictures=d.pictures)
                for d in index.damaged(camera, stream, within.start_us, within.end_us)
            ]
            if len(spans) + len(gaps) + len(damaged) > MOST_STRETCHES:
                raise Invalid("there are too many gaps in this period; ask for a shorter one", code="coverage.too_long")
    finally:
        index.close()
    gone = tuple(Span(start=from_us(s.start_us), end=from_us(s.end_us), stream=StreamName.MAIN) for s in lost)
    return CoverageReply(spans=tuple(spans), gaps=tuple(gaps), damaged=tuple(damaged), lost=gone if files else None)


def _lost(index: Index, camera: str, within: coverage.Span) -> list[coverage.Span]:
    """What the index names and its directory does not hold: one look at a day's directory, not at each file."""
    there = cache(_names)
    return [
        coverage.Span(start, end)
        for disk, path, start, end in index.files(camera, StreamName.MAIN, within.start_us, within.end_us)
        if (name := Path(path)).name not in there(index, disk, name.parent)
    ]


def _names(index: Index, disk: str, directory: Path) -> frozenset[str]:
    """The files of a directory; none of a disk that is away."""
    try:
        with os.scandir(index.root_of(disk) / directory) as entries:
            return frozenset(entry.name for entry in entries)
    except (OSError, NotFound):
        return frozenset()


def _portions(message: Message) -> Iterator[Message]:
    """A message as the carrier can take it: of a very large picture the rest follows in further ones."""
    kind, wall_us, payload = message
    for at in range(0, len(payload), PORTION_BYTES):
        yield kind, wall_us, payload[at : at + PORTION_BYTES]
        kind = MediaKind.DELTA


def _for_alarm(grant: Grant) -> bool:
    """Whether this is looked at because somebody pressed: it goes first on a line that is too small for all."""
    return grant.purpose.startswith(f"{PurposeKind.ALARM}:")


def _lease(text: str) -> LeaseId:
    if not 1 <= len(text) <= 64 or not text.replace("-", "").isalnum() or not text.isascii():
        raise Invalid("a lease is 1-64 letters, digits and hyphens", code="lease.invalid")
    return LeaseId(text)
