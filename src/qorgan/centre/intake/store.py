"""From messages to rows: one transaction for many messages, each with its own answer. Synchronous, runs in a thread."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, transaction
from django.utils import timezone

from qorgan.centre import bulk, clean
from qorgan.centre.alarms import claims, raising
from qorgan.centre.cameras import service as cameras
from qorgan.centre.intake.models import Inbox
from qorgan.centre.nodes import service as nodes
from qorgan.centre.quality import service as quality
from qorgan.centre.schools.models import Located, School
from qorgan.centre.supervision import service as supervision
from qorgan.kernel.errors import Invalid, Unavailable
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.messages import (
    Ack,
    ActionChanged,
    AlarmClaim,
    AlarmRaised,
    CameraChanged,
    CameraEvent,
    Envelope,
    Inventory,
    Message,
    PictureResult,
    SourceHealth,
    StorageForecast,
    decode,
    decode_batch,
    is_urgent,
)

log = logging.getLogger(__name__)
NO_ID = ""  # key in `Ack.refused` of a message so broken that it has no id


class DatabaseAway(Unavailable):
    """Nothing was stored; the schools will send again."""

    code = "database.away"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request on the link. `site` is the subject's: the carrier's permissions make it true."""

    site: SiteId
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to answer, and the seqs of this site that are now durable."""

    site: SiteId
    ack: Ack
    seqs: tuple[int, ...] = ()


@dataclass(slots=True)
class _Letter:
    """One envelope on its way. `code` is why it was refused; `stored` says it is durable."""

    site: SiteId
    envelope: Envelope
    body: Message | None = None
    code: str | None = None
    stored: bool = False


def peek(data: bytes) -> tuple[UUID | None, bool]:
    """The id of a message of the alarm lane, and whether it goes first."""
    try:
        envelope = decode(data, Envelope)
    except Invalid:
        return None, False  # refused when its turn comes
    return envelope.id, is_urgent(envelope)


def store_alarms(arrivals: Sequence[Arrival]) -> list[Answer | None]:
    """One envelope an arrival. None: not stored and not refused, so it will come again. Raises `DatabaseAway`."""
    return _store(arrivals, lambda data: [decode(data, Envelope)])


def store_events(arrivals: Sequence[Arrival]) -> list[Answer | None]:
    """A batch of envelopes an arrival. Raises `DatabaseAway`."""
    return _store(arrivals, decode_batch)


def _store(arrivals: Sequence[Arrival], open_: Callable[[bytes], list[Envelope]]) -> list[Answer | None]:
    close_old_connections()
    opened: list[list[_Letter] | None] = []
    for arrival in arrivals:
        try:
            opened.append([_Letter(arrival.site, envelope) for envelope in open_(arrival.data)])
        except Invalid as error:
            log.warning("intake.not_a_message site=%s: %s", arrival.site, error)
            opened.append(None)
    _deliver([letter for letters in opened if letters for letter in letters])
    return [_answer(arrival.site, letters) for arrival, letters in zip(arrivals, opened, strict=True)]


def _answer(site: SiteId, letters: list[_Letter] | None) -> Answer | None:
    if letters is None:
        return Answer(site=site, ack=Ack(refused={NO_ID: "invalid"}))
    stored = tuple(letter.envelope.id for letter in letters if letter.stored)
    refused = {str(letter.envelope.id): letter.code for letter in letters if letter.code}
    if letters and not stored and not refused:
        return None
    seqs = tuple(letter.envelope.seq for letter in letters if letter.stored)
    return Answer(site=site, ack=Ack(stored=stored, refused=refused), seqs=seqs)


def _deliver(letters: list[_Letter]) -> None:
    """All in one transaction; when that fails, each in its own, so that one bad message harms no other."""
    try:
        _commit(letters)
    except (OperationalError, InterfaceError) as error:
        raise DatabaseAway("the database did not take the messages") from error
    except Exception:  # the root of this unit of work
        log.exception("intake.batch_failed count=%d", len(letters))
        for letter in letters:
            letter.code, letter.stored = None, False
            _deliver_alone(letter)


def _deliver_alone(letter: _Letter) -> None:
    """A message that we cannot take in is kept raw and acknowledged, so that it stops nothing; never so an alarm."""
    try:
        _commit([letter])
    except (OperationalError, InterfaceError) as error:
        raise DatabaseAway("the database did not take the message") from error
    except Exception:  # the root of this unit of work
        envelope = letter.envelope
        log.exception("intake.message_failed site=%s id=%s type=%s", letter.site, envelope.id, envelope.type)
        letter.code, letter.stored = None, False
        if not isinstance(letter.body, AlarmRaised | AlarmClaim):
            _keep_raw(letter)


def _keep_raw(letter: _Letter) -> None:
    try:
        with transaction.atomic():
            row = bulk.Alike({"received_at": timezone.now()}, [_row(letter, timezone.now(), keep_body=True)])
            bulk.insert(Inbox, _COLUMNS, [row])
        letter.stored = True
    except DatabaseError:
        log.exception("intake.not_even_kept site=%s id=%s", letter.site, letter.envelope.id)


@transaction.atomic
def _commit(letters: list[_Letter]) -> None:
    now = timezone.now()
    schools = _schools(letters)
    known = dict(Inbox.objects.filter(pk__among={x.envelope.id for x in letters}).values_list("pk", "site"))
    fresh: list[_Letter] = []
    for letter in letters:
        letter.code = _fault(letter, schools)
        if letter.code is not None:
            continue
        first_site = known.setdefault(letter.envelope.id, "")
        if first_site and first_site != letter.site:
            letter.code = "id.taken"
        elif first_site:
            letter.stored = True
        else:
            known[letter.envelope.id] = letter.site
            fresh.append(letter)
    _take_in(fresh, schools, now)
    kept = [letter for letter in fresh if letter.code is None]
    rows = [_row(letter, now, keep_body=_keeps_body(letter)) for letter in kept]
    bulk.insert(Inbox, _COLUMNS, [bulk.Alike({"received_at": now}, rows)])
    for letter in kept:
        letter.stored = True


def _schools(letters: Iterable[_Letter]) -> dict[str, Located]:
    """Where the senders are; who is not there is unknown."""
    rows = School.objects.filter(site__among={letter.site for letter in letters})
    found = rows.values_list("site", "pk", "district_id", "district__region_id")
    return {site: Located(id, district, region) for site, id, district, region in found}


def _fault(letter: _Letter, schools: dict[str, Located]) -> str | None:
    """Why this message cannot be taken in; None for a good one. Reads the body."""
    envelope = letter.envelope
    if envelope.site != letter.site:
        return "site.mismatch"
    if letter.site not in schools:
        return "site.unknown"
    if not 0 <= envelope.seq <= clean.MAX_INT64:
        return "invalid"
    try:
        letter.body = envelope.decode_body()
    except Invalid as error:
        log.warning("intake.bad_body site=%s type=%s: %s", letter.site, envelope.type[:100], error)
        return "invalid"
    return None


def _take_in(letters: list[_Letter], schools: dict[str, Located], now: datetime) -> None:
    raised = [(letter, letter.body) for letter in letters if isinstance(letter.body, AlarmRaised)]
    answers = raising.store([raising.Raised(schools[letter.site], body) for letter, body in raised], now)
    for (letter, _), refusal in zip(raised, answers, strict=True):
        letter.code = refusal.code if refusal else None
    claims.take_early({body.alarm for _, body in raised}, now)
    others = [letter for letter in letters if not isinstance(letter.body, AlarmRaised | None)]
    if others:
        rows = School.objects.select_related("district").in_bulk({schools[letter.site].id for letter in others})
        for letter in others:
            _take_effect(letter, rows[schools[letter.site].id], now)


def _take_effect(letter: _Letter, school: School, now: datetime) -> None:
    body = letter.body
    match body:
        case AlarmClaim():
            refusal = claims.take(school, letter.envelope.id, body, now)
            letter.code = refusal.code if refusal else None
        case SourceHealth():
            supervision.take_source_health(school, body)
        case ActionChanged():
            supervision.take_action(school, body)
        case Inventory():
            cameras.take_inventory(school, body)
            supervision.take_inventory_sources(school, body)
            nodes.software(school, body.software)
            nodes.take_seal_key(school, body.seal_key)
        case CameraChanged():
            cameras.take_change(school, body.camera, body.health, min(clean.moment(body.at, now), now))
        case PictureResult():
            quality.take(school, body, now)
        case StorageForecast():
            nodes.take_forecast(school, body)


def _keeps_body(letter: _Letter) -> bool:
    """What is unknown, or has no table of its own yet. Of what cameras notice all but movement: that is daily life."""
    match letter.body:
        case None | AlarmRaised() | AlarmClaim() | StorageForecast():
            return True
        case CameraEvent():
            return letter.body.kind != "motion"
    return False


_COLUMNS = ("id", "site", "seq", "type", "version", "sent_at", "body")


def _row(letter: _Letter, now: datetime, *, keep_body: bool) -> tuple[object, ...]:
    envelope = letter.envelope
    return (
        envelope.id,
        letter.site,
        envelope.seq,
        clean.text(envelope.type, 100),
        clean.count(envelope.version, 32_767),
        clean.moment(envelope.sent_at, otherwise=now),
        bytes(envelope.body) if keep_body else None,
    )
