"""What is done with an event of a panel, and what the panel is answered: acknowledged is what is in the outbox.

Nothing here reads a socket. A frame or a line comes in; the answer goes out after the commit, or nothing does.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import structlog

from qorgan.domain.alarms import Kind, Level
from qorgan.domain.signals import Judgement, Meaning, Nature, PanelEvent, Phase, PointKind, judge
from qorgan.edge.core.signals import Claim, Signal
from qorgan.edge.panels.accounts import RECEIVER_KEY, Account, Accounts, Spot, stranger
from qorgan.edge.panels.ports import Door
from qorgan.edge.panels.presses import Presses
from qorgan.edge.panels.strangers import Strangers
from qorgan.edge.panels.supervision import Watch
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Corrupt, Exhausted, Invalid, QorganError, Unavailable
from qorgan.kernel.ids import uuid7
from qorgan.protocols import surgard
from qorgan.protocols.dc09.answers import Answer, in_time, write_answer
from qorgan.protocols.dc09.messages import (
    CONTACT_ID,
    OTHER_FORMATS,
    SIA_DCS,
    Message,
    WrongKey,
    read_content,
    read_events,
    read_extensions,
    read_header,
)

CANCELS_WITHIN = timedelta(hours=1)  # a cancel is about alarms of the panel that are no older
RETURNS_WITHIN = timedelta(days=1)
MAX_ALARMS_KEPT = 16  # of one panel, for a cancel
MAX_PANELS_KEPT = 1_000  # a Sur-Gard receiver tells of any number of accounts; the longest silent is forgotten first
REPEATS_WITHIN_S = 5.0  # Sur-Gard: the receiver's time-out and a second
REPEATS_AFTER_RECONNECT = timedelta(seconds=60)
FOREIGN_IDS = frozenset({"ACK", "NAK", "DUH", "RSP"})  # answers: nobody answers those
_CLAIMS = UUID("0f6b7a52-57b4-5c0a-9d0c-0c2d1d0e4c11")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One event of one panel on its way to the node."""

    event: PanelEvent
    spot: Spot
    kind: str
    panel_key: str
    note: str = ""
    occurred_at: datetime | None = None
    press: UUID


class Reports:
    """Hands events to the node: raises, claims, keeps faults. Returns after the commit; raises when there was none."""

    def __init__(self, door: Door, watch: Watch, clock: Clock, counts: Counter[str]) -> None:
        self._door, self._watch, self._clock, self._counts = door, watch, clock, counts
        self._raised: OrderedDict[str, deque[tuple[datetime, UUID, str]]] = OrderedDict()  # by panel, for cancels

    async def take(self, report: Report) -> None:
        judgement = report.event.judgement
        self._counts[f"event.{judgement.nature}"] += 1
        if judgement.stands and judgement.nature is not Nature.RESTORE:
            await self._watch.broke(*self._fault_of(report))
        match judgement.nature:
            case Nature.ALARM:
                await self._alarm(report, judgement)
            case Nature.RESTORE:
                await self._restore(report, judgement)
            case Nature.CANCEL:
                await self._cancel(report)
            case Nature.TEST:
                await self._test(report, judgement)
            case _:
                log.info("panel.event", panel=report.panel_key, code=report.event.code, meaning=judgement.meaning)

    async def raise_again(self, alarm: UUID, press: UUID) -> None:
        """It was said once more, and nobody can tell whether it is a repetition: the alarm gets louder."""
        await self._door.claim(Claim(alarm=alarm, claim="again", id=press))

    async def _alarm(self, report: Report, judgement: Judgement) -> None:
        if judgement.phase is Phase.STILL and (alarm := await self._last(report.spot)) is not None:
            hour = self._clock.now().strftime("%Y%m%d%H")
            await self._door.claim(Claim(alarm=alarm, claim="again", id=uuid5(_CLAIMS, f"still {alarm} {hour}")))
            return
        await self._raise(report, report.spot.level(judgement.level or Level.P2), Kind.REAL)

    async def _raise(self, report: Report, level: Level, kind: Kind) -> UUID:
        event, spot = report.event, report.spot
        raised = await self._door.signal(
            Signal(
                source_key=spot.source_key,
                source=report.kind,
                place=spot.place,
                cameras=spot.cameras,
                level=level,
                kind=kind,
                meaning=event.judgement.meaning,
                code=event.code,
                press=report.press,
                duress=event.judgement.duress,
                note=" ".join(text for text in (event.text, report.note) if text),
                pressed_at=report.occurred_at,
            )
        )
        self._counts["raised" if raised.fresh else "repeated"] += 1
        if kind is Kind.REAL:
            self._keep(report.panel_key, raised.durable_at, raised.alarm, event.partition)
        return raised.alarm

    def _keep(self, panel_key: str, at: datetime, alarm: UUID, partition: str) -> None:
        kept = self._raised.setdefault(panel_key, deque(maxlen=MAX_ALARMS_KEPT))
        self._raised.move_to_end(panel_key)
        if all(known != alarm for _, known, _ in kept):
            kept.append((at, alarm, partition))
        if len(self._raised) > MAX_PANELS_KEPT:
            self._raised.popitem(last=False)

    async def _restore(self, report: Report, judgement: Judgement) -> None:
        if judgement.stands:
            await self._watch.mended(*self._fault_of(report))
        if not judgement.stands or _is_alarm(judgement.meaning):
            alarm = await self._last(report.spot)
            if alarm is not None:
                await self._door.claim(Claim(alarm=alarm, claim="returned", id=uuid5(_CLAIMS, f"returned {alarm}")))

    async def _last(self, spot: Spot) -> UUID | None:
        """The alarm of a spot that its return, or its being still so, is about."""
        last = await self._door.last_alarm(spot.source_key, Kind.REAL)
        if last is None or last.returned or self._clock.now() - last.durable_at > RETURNS_WITHIN:
            return None
        return last.alarm

    async def _cancel(self, report: Report) -> None:
        """A claim for each recent alarm of the panel, of the partition if the cancel names one. It ends none."""
        now, partition = self._clock.now(), report.event.partition
        by = f"{report.panel_key} {report.event.point_kind} {report.event.point}".strip()
        about = [
            alarm
            for at, alarm, where in await self._alarms_of(report)
            if now - at <= CANCELS_WITHIN and (not partition or not where or where == partition)
        ]
        for alarm in about:
            await self._door.claim(
                Claim(alarm=alarm, claim="cancel", by=by, id=uuid5(_CLAIMS, f"cancel {alarm} {report.press}"))
            )
        log.warning("panel.cancel", panel=report.panel_key, alarms=len(about))

    async def _alarms_of(self, report: Report) -> list[tuple[datetime, UUID, str]]:
        kept = self._raised.get(report.panel_key)
        if kept:
            return list(kept)
        found = []  # after a restart: what the outbox knows of the panel's ways in
        for key in self._watch.keys_of(report.panel_key):
            last = await self._door.last_alarm(key, Kind.REAL)
            if last is not None:
                found.append((last.durable_at, UUID(int=last.alarm.int), ""))
        return found

    async def _test(self, report: Report, judgement: Judgement) -> None:
        if judgement.meaning is Meaning.POINT_TESTED or judgement.meaning is Meaning.TEST_MANUAL:
            await self._raise(report, Level.P1 if report.spot.panic else Level.P3, Kind.TEST)
            return
        log.info("panel.test", panel=report.panel_key, code=report.event.code, meaning=judgement.meaning)
        await self._watch.proved(report.panel_key)

    def _fault_of(self, report: Report) -> tuple[str, str, str]:
        """At which way in a fault is shown, its code, and where in the panel it is."""
        event = report.event
        key = report.spot.source_key if report.spot.configured else report.panel_key
        return key, str(event.judgement.meaning), f"{event.partition}/{event.point}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the desks of all ways in have in common."""

    accounts: Accounts
    reports: Reports
    watch: Watch
    strangers: Strangers
    door: Door
    clock: Clock
    counts: Counter[str]


class Dc09Desk:
    """Answers DC-09 bodies. One desk serves every connection and datagram."""

    def __init__(self, shared: Shared) -> None:
        self._accounts, self._reports = shared.accounts, shared.reports
        self._watch, self._strangers = shared.watch, shared.strangers
        self._presses, self._clock, self._counts = Presses(shared.door, shared.clock), shared.clock, shared.counts
        self._stale: dict[str, int] = {}

    async def answer(self, body: bytes, address: str) -> tuple[bytes, bool]:
        """The frame to send, empty for silence; and whether whoever sent this is a panel of ours."""
        try:
            header = read_header(body)
        except Invalid:
            self._counts["dc09.unreadable"] += 1
            return b"", False
        message = header.message
        if message.id in FOREIGN_IDS:
            self._counts["dc09.not_a_panel"] += 1
            return b"", False
        account = self._accounts.find("dc09", message.account)
        if account is None or account.panel.encrypted != message.encrypted:
            reason = "unknown_account" if account is None else "in_clear" if account.panel.encrypted else "no_key"
            return self._refuse(message, reason, address)
        try:
            message = read_content(header, account.key)
        except WrongKey:
            return self._refuse(message, "wrong_key", address)
        except Invalid:
            return self._refuse(message, "unreadable", address)
        answer = await _stored(lambda: self._take(account, message), self._counts)
        self._counts[f"dc09.{answer}"] += 1
        return write_answer(answer, message, self._clock.now(), account.key), True

    async def _take(self, account: Account, message: Message) -> Answer:
        key, now = account.panel.key, self._clock.now()
        if not in_time(message, now):
            return await self._refuse_stale(key)
        self._stale.pop(key, None)
        if message.timestamp is not None and self._watch.has_fault(key, Meaning.CLOCK_WRONG):
            await self._watch.mended(key, Meaning.CLOCK_WRONG, "stamp")
        if not message.is_null and message.data:
            if message.id not in (CONTACT_ID, SIA_DCS) and message.id not in OTHER_FORMATS:
                self._counts["dc09.unknown_id"] += 1
                return Answer.DUH
            await self._report(account, message)
        await self._watch.heard(key, tuple(zone.key for zone in account.panel.zones))
        return Answer.ACK

    async def _refuse_stale(self, key: str) -> Answer:
        """NAK: it has the time in it, and the panel sets its clock. One that does not has a defect that people see."""
        self._stale[key] = self._stale.get(key, 0) + 1
        if self._stale[key] >= 2:
            await self._watch.broke(key, Meaning.CLOCK_WRONG, "stamp")
        return Answer.NAK

    async def _report(self, account: Account, message: Message) -> None:
        extensions = read_extensions(message)
        for number, event in enumerate(_events_of(message)):
            spot = account.spot_of(event)
            said = f"{message.receiver or ''}L{message.prefix} {message.seq:04d} {message.id} {message.data} {number}"
            await self._reports.take(
                Report(
                    event=event,
                    spot=spot,
                    kind=account.kind,
                    panel_key=account.panel.key,
                    note=_note(extensions),
                    occurred_at=_occurred(extensions.get("occurred_at"), self._clock.now()),
                    press=await self._presses.press_of(spot.source_key, said),
                )
            )

    def _refuse(self, message: Message, reason: str, address: str) -> tuple[bytes, bool]:
        self._counts[f"dc09.{reason}"] += 1
        self._strangers.note("dc09", message.account, address, reason)
        return write_answer(Answer.DUH, message, self._clock.now(), None), False


class SurgardDesk:
    """Answers the lines of one connection from a Sur-Gard receiver. `first` until its first event was taken."""

    def __init__(self, shared: "SurgardShared") -> None:
        self._shared, self._first = shared, True

    async def answer(self, raw: bytes, address: str) -> tuple[bytes, bool]:
        """ACK after the commit, NAK for what is no line, nothing when it could not be stored."""
        try:
            line = surgard.parse_line(raw)
        except Invalid:
            self._shared.counts["surgard.nak"] += 1
            return surgard.NAK, False
        first = self._first and line.kind in (surgard.LineKind.EVENT, surgard.LineKind.OTHER)
        answer = await _stored(lambda: self._shared.take(line, address, first=first), self._shared.counts)
        self._shared.counts[f"surgard.{answer}"] += 1
        if answer is not Answer.ACK:
            return b"", True
        self._first = self._first and not first
        return surgard.ACK, True


class SurgardShared:
    """What all connections of Sur-Gard share: accounts, and which lines came a moment ago."""

    def __init__(self, shared: Shared) -> None:
        self._accounts, self._reports = shared.accounts, shared.reports
        self._watch, self._strangers = shared.watch, shared.strangers
        self._door, self._clock, self.counts = shared.door, shared.clock, shared.counts
        self._recent: OrderedDict[str, tuple[float, UUID]] = OrderedDict()

    async def take(self, line: surgard.Line, address: str, *, first: bool) -> Answer:
        """Durable when this returns. Lines have no number: see `docs/design/interfaces.md` on what counts as again."""
        if line.kind in (surgard.LineKind.EVENT, surgard.LineKind.OTHER):
            event = line.event or surgard.unknown_event(line)
            account = self._accounts.find("surgard", line.account)
            if account is None:
                self._strangers.note("surgard", line.account, address, "unknown_account")
            spot = account.spot_of(event) if account else stranger(line.account or "0", event)
            await self._take_event(line, event, spot, account, first=first)
            if account is not None:
                await self._watch.heard(account.panel.key, tuple(zone.key for zone in account.panel.zones))
        await self._watch.heard(RECEIVER_KEY)
        return Answer.ACK

    async def _take_event(
        self, line: surgard.Line, event: PanelEvent, spot: Spot, account: Account | None, *, first: bool
    ) -> None:
        before = await self._repeated(line, event, spot, first=first)
        if before is not None:
            self.counts["surgard.again"] += 1
            await self._reports.raise_again(before, uuid7())
            return
        report = Report(
            event=event,
            spot=spot,
            kind="panel.surgard",
            panel_key=account.panel.key if account else spot.source_key,
            press=uuid7(),
        )
        await self._reports.take(report)
        if event.judgement.nature is Nature.ALARM:
            await self._remember(line.text, spot)

    async def _repeated(self, line: surgard.Line, event: PanelEvent, spot: Spot, *, first: bool) -> UUID | None:
        """The alarm that this line raised a moment ago: whether it is the receiver's repetition or a second press
        nobody can tell, so it is the same alarm, and louder."""
        if event.judgement.nature is not Nature.ALARM:
            return None
        at, alarm = self._recent.get(line.text, (float("-inf"), None))
        if alarm is not None and self._clock.monotonic() - at <= REPEATS_WITHIN_S:
            return alarm
        if not first:
            return None
        last = await self._door.last_alarm(spot.source_key, Kind.REAL)
        level = spot.level(event.judgement.level or Level.P2)
        if last is None or last.level != level or self._clock.now() - last.durable_at > REPEATS_AFTER_RECONNECT:
            return None
        return last.alarm

    async def _remember(self, text: str, spot: Spot) -> None:
        last = await self._door.last_alarm(spot.source_key, Kind.REAL)
        if last is not None:
            self._recent[text] = (self._clock.monotonic(), last.alarm)
            self._recent.move_to_end(text)
            while len(self._recent) > 1_000:
                self._recent.popitem(last=False)


async def _stored(take: Callable[[], Awaitable[Answer]], counts: Counter[str]) -> Answer:
    """What to answer. Silence when it is not durable: whoever sent it sends it again."""
    try:
        return await take()
    except (Unavailable, Exhausted, Corrupt) as error:
        counts["not_stored"] += 1
        log.error("panel.not_stored", code=error.code, reason=str(error))
    except QorganError as error:
        counts["refused_inside"] += 1
        log.error("panel.not_taken", code=error.code, reason=str(error))
    except Exception:  # the root of this unit of work: one message
        counts["crashed"] += 1
        log.exception("panel.crashed")
    return Answer.SILENCE


def _events_of(message: Message) -> tuple[PanelEvent, ...]:
    """What a message reports. What cannot be read is an alarm for a human, with its words."""
    try:
        return read_events(message)
    except Invalid:
        unknown = judge(Meaning.UNKNOWN)
        return (PanelEvent(judgement=unknown, code=message.id, text=message.data[:200], point_kind=PointKind.NONE),)


def _note(extensions: dict[str, object]) -> str:
    """What the panel says of the place, for the officer."""
    names = ("text", "location", "building", "room", "site", "verification")
    return " · ".join(str(extensions[name]) for name in names if name in extensions)


def _occurred(at: object, now: datetime) -> datetime | None:
    """When it happened, as the panel says; believed within a day, for an event may have waited for its line."""
    return at if isinstance(at, datetime) and timedelta(0) <= now - at <= timedelta(days=1) else None


def _is_alarm(meaning: Meaning) -> bool:
    return judge(meaning).nature is Nature.ALARM
