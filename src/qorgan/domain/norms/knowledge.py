"""From observations to what is known of a site at an instant, as it was known then or later."""

from collections.abc import Iterable
from datetime import date, datetime

from qorgan.domain.norms.expressions import Plain
from qorgan.domain.norms.types import NEVER, Fact, FactType, Known, Observation, SiteFacts, Vocabulary
from qorgan.kernel.errors import Invalid

MOST_LISTED = 10_000  # of one collection of one site


def facts_of(
    site: str, observations: Iterable[Observation], vocabulary: Vocabulary, *, at: datetime, known_at: datetime
) -> SiteFacts:
    """What was true at `at` by what was recorded up to `known_at`. The order of the observations does not matter.

    Of each fact and subject the latest observation counts; of two of the same instant the one recorded later, then the
    greater value. Words that the vocabulary has no more are left out: nothing asks for them. Raises `Invalid`
    (`observation.…`) for a value of another type.
    """
    latest: dict[tuple[str, str], Observation] = {}
    for one in observations:
        if one.observed_at > at or one.recorded_at > known_at:
            continue
        before = latest.get((one.fact, one.subject))
        if before is None or _order(one) > _order(before):
            latest[one.fact, one.subject] = one
    return _arranged(site, latest, vocabulary)


def require_observation(one: Observation, vocabulary: Vocabulary) -> None:
    """The door for observations. Raises `Invalid` (`observation.…`) for an unknown word, a wrong subject or value."""
    if one.fact in vocabulary.collections:
        if not one.subject:
            _listed(one)
        elif one.value not in (None, True):
            raise Invalid(f"of one {one.fact} it is said that it is there (true) or gone", code="observation.value")
        return
    fact = vocabulary.facts.get(one.fact)
    if fact is None:
        raise Invalid(f"nobody knows the fact {one.fact!r}", code="observation.fact")
    if (fact.collection == "site") != (one.subject == ""):
        raise Invalid(f"{one.fact} is said of {fact.collection}: subject {one.subject!r}", code="observation.subject")
    value_of(one.value, fact)


def value_of(value: Plain | None, fact: Fact) -> Plain | None:
    """The value as it is compared: a day becomes its ordinal. Raises `Invalid` (`observation.value`)."""
    if value is None:
        return None
    if fact.type is FactType.DAY:
        return _ordinal(value, fact)
    if fact.type is FactType.FLAG:
        fits = isinstance(value, bool)
    elif fact.type is FactType.CHOICE:
        fits = value in fact.options
    else:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and value == value  # not NaN
        fits = fits and (fact.type is FactType.NUMBER or isinstance(value, int))
    if not fits:
        raise Invalid(f"{fact.name} is a {fact.type}, not {str(value)[:40]!r}", code="observation.value")
    return value


def _ordinal(value: Plain, fact: Fact) -> int:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value).toordinal()
        except ValueError:
            pass
    raise Invalid(f'{fact.name} is a day like "2026-11-23", not {str(value)[:40]!r}', code="observation.value")


def _order(one: Observation) -> tuple[datetime, datetime, str]:
    return one.observed_at, one.recorded_at, repr(one.value)


def _arranged(site: str, latest: dict[tuple[str, str], Observation], vocabulary: Vocabulary) -> SiteFacts:
    facts: dict[str, Known] = {}
    items: dict[str, dict[str, dict[str, Known]]] = {}
    listed: dict[str, int] = {}
    gone: set[tuple[str, str]] = set()
    for (name, subject), one in latest.items():
        if name in vocabulary.collections:
            if subject and one.value is None:
                gone.add((name, subject))
            elif subject:
                items.setdefault(name, {}).setdefault(subject, {})
            elif not subject and one.value is not None:
                listed[name] = _listed(one)
            continue
        fact = vocabulary.facts.get(name)
        if fact is None:
            continue
        known = _known(one, fact)
        if fact.collection == "site":
            facts[name] = known
        else:
            items.setdefault(fact.collection, {}).setdefault(subject, {})[name] = known
    for collection, subject in gone:
        items.get(collection, {}).pop(subject, None)
    return SiteFacts(site, facts, items, listed)


def _known(one: Observation, fact: Fact) -> Known:
    observed_at = one.observed_at.timestamp()
    if one.expires_at is not None:
        expires_at = one.expires_at.timestamp()
    else:
        expires_at = NEVER if fact.expires_days is None else observed_at + fact.expires_days * 86_400
    return Known(value_of(one.value, fact), observed_at, expires_at, one.evidence)


def _listed(one: Observation) -> int:
    if isinstance(one.value, bool) or not isinstance(one.value, int) or not 0 <= one.value <= MOST_LISTED:
        raise Invalid(f"of {one.fact} a site has 0 to {MOST_LISTED}", code="observation.value")
    return one.value
