"""Packs and questions, prepared once for all schools."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import msgspec
from django.utils import timezone

from qorgan.centre.norms.models import NormPack
from qorgan.domain.norms.engine import Engine, Inquiry
from qorgan.domain.norms.loading import Library, library
from qorgan.domain.norms.types import Pack, Question, Vocabulary
from qorgan.kernel.errors import Invalid, NotFound

COUNTRY = "KZ"  # whose packs, and those of no country, judge every school
ZONE = ZoneInfo("Asia/Almaty")


@dataclass(frozen=True)
class Bench:
    """Packs that judge together. `digest` names them and the words they use."""

    vocabulary: Vocabulary
    packs: Mapping[str, Pack]
    engine: Engine
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """For which instant is asked, and by the norm of which day; None: of that same day."""

    at: datetime
    norm_day: date | None = None

    @property
    def question(self) -> Question:
        # What a later norm says of an earlier day can only be known since it was published.
        known_at = None if self.norm_day is None else max(self.at, end_of(self.norm_day))
        return Question(at=self.at, norm_day=self.norm_day, known_at=known_at)


def day_of(at: date | None, norm_day: date | None, now: datetime) -> Day:
    """The end of a day that is over, or now. Raises `Invalid` (`norms.future`) for a day to come."""
    today = timezone.localdate(now, ZONE)
    if at is not None and at > today:
        raise Invalid("of a day that has not come nothing is known", code="norms.future")
    return Day(at=now if at is None or at == today else end_of(at), norm_day=norm_day)


def end_of(day: date) -> datetime:
    """The last instant of a day in Kazakhstan."""
    return datetime.combine(day + timedelta(days=1), time(), ZONE) - timedelta(microseconds=1)


@cache
def shipped() -> Library:
    return library()


@cache
def bench(pack: str | None = None) -> Bench:
    """One pack with those it uses, or all that judge every school. Raises `NotFound` (`norm_pack.unknown`)."""
    found = shipped()
    if pack is not None and pack not in found.packs:
        raise NotFound(f"there is no pack {pack!r}", code="norm_pack.unknown")
    keys = national() if pack is None else (pack,)
    packs = found.with_used(keys)
    digests = [digest_of_words(found.vocabulary), *(one.digest for one in packs)]
    return Bench(
        vocabulary=found.vocabulary,
        packs={one.key: one for one in packs},
        engine=Engine(found.vocabulary, packs),
        digest=hashlib.sha256("\n".join(digests).encode()).hexdigest(),
    )


def national() -> tuple[str, ...]:
    """Keys of the packs that judge every school."""
    return tuple(key for key, pack in shipped().packs.items() if pack.country in (COUNTRY, ""))


@lru_cache(maxsize=4)
def _inquiry(pack: str | None, day: Day) -> Inquiry:
    return bench(pack).engine.ask(day.question)


def inquiry(pack: str | None, day: Day) -> Inquiry:
    """The question, prepared; the last few are kept."""
    return _inquiry(pack, day)


def digest_of_words(vocabulary: Vocabulary) -> str:
    return hashlib.sha256(msgspec.json.encode(vocabulary, order="sorted")).hexdigest()


def keep_packs(now: datetime) -> None:
    """Every pack that judges, and its words, are rows from now on, so that an old verdict can be replayed."""
    found = bench()
    words = found.vocabulary
    rows = [NormPack(digest=digest_of_words(words), version=words.version, content=_text(words), taken_at=now)]
    rows += [
        NormPack(digest=one.digest, key=one.key, version=one.version, content=_text(one), taken_at=now)
        for one in found.packs.values()
    ]
    kept = set(NormPack.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    NormPack.objects.bulk_create([row for row in rows if row.pk not in kept], ignore_conflicts=True)


def _text(one: Pack | Vocabulary) -> str:
    return msgspec.json.encode(one).decode()
