"""Why a compiled expression is true, false or not known: its closures asked node by node, and the facts behind."""

from datetime import date, datetime
from typing import Any, Protocol

from qorgan.domain.norms.compiling import MISSING, Node, Values, View, tally, values_of
from qorgan.domain.norms.expressions import (
    AllOf,
    AnyOf,
    Compare,
    Every,
    Exists,
    Not,
    NotPassed,
    Plain,
    Some,
    Within,
)
from qorgan.domain.norms.terms import Term
from qorgan.domain.norms.types import Known, Reason

MOST_SUBJECTS = 50


class About(Protocol):
    """What lies behind the values of a view."""

    def known(self, fact: str, subject: str) -> Known | None:
        """The observation, expired ones too."""

    def steps(self, fact: str) -> tuple[tuple[Any, Node], ...]:
        """The compiled definition of a fact; nothing for one that is observed."""

    def is_day(self, fact: str) -> bool:
        """Whether its values are days."""

    def moment(self, seconds: float) -> datetime | None:
        """An instant; None for never."""


def reason_of(node: Node, view: View, item: Values, subject: str, about: About) -> Reason:
    """The node's answer and its reasons. `item` and `subject`: what is looked at within `every` and `some`."""
    one, holds = node.expression, node.test(view, item)
    if isinstance(one, (AllOf, AnyOf, Not)):
        says = "all" if isinstance(one, AllOf) else "any" if isinstance(one, AnyOf) else "not"
        parts = tuple(reason_of(part, view, item, subject, about) for part in node.parts)
        return Reason(says=says, holds=holds, parts=parts)
    if isinstance(one, (Every, Some)):
        return _counted(node, one, holds, view, about)
    return _about_fact(node, one, holds, view, item, subject, about)


def _about_fact(
    node: Node,
    one: Compare | Within | NotPassed | Exists,
    holds: bool | None,
    view: View,
    item: Values,
    subject: str,
    about: About,
) -> Reason:
    value = values_of(one.fact, view, item).get(one.fact, MISSING)
    known = about.known(one.fact, subject)
    steps = about.steps(one.fact)
    inner = tuple(reason_of(step, view, item, subject, about) for _, step in steps)
    says = {Compare: "compare", Within: "within", NotPassed: "not_passed", Exists: "exists"}[type(one)]
    return Reason(
        says="defined" if steps else says,
        holds=holds,
        fact=one.fact,
        compare=one.op if isinstance(one, Compare) else says,
        limit=_limit(node),
        unit=one.limit.unit if isinstance(one, Compare) else "",
        parameter=_parameter(one),
        value=_shown(value, about.is_day(one.fact)),
        state=_state(node, one, value, known, bool(steps), view, item),
        observed_at=about.moment(known.observed_at) if known and not steps else None,
        expires_at=about.moment(known.expires_at) if known and not steps else None,
        due_on=_due(node, one, value, view, item),
        evidence=known.evidence if known and not steps else "",
        parts=inner,
    )


def _limit(node: Node) -> Plain | tuple[str, ...] | None:
    if node.limit is MISSING or node.limit is None:
        return None
    if isinstance(node.limit, Term):
        return str(node.limit)
    found: Plain | tuple[str, ...] = node.limit
    return found


def _parameter(one: Compare | Within | NotPassed | Exists) -> str:
    if isinstance(one, Compare):
        return one.limit.parameter
    return one.parameter if isinstance(one, Within) else ""


def _shown(value: Any, is_day: bool) -> Plain | None:
    if value is MISSING or value is None:
        return None
    if is_day:
        return date.fromordinal(value).isoformat()
    found: Plain = value
    return found


def _state(
    node: Node,
    one: Compare | Within | NotPassed | Exists,
    value: Any,
    known: Known | None,
    defined: bool,
    view: View,
    item: Values,
) -> str:
    if node.limit is MISSING:
        return "parameter_unknown"
    if value is MISSING:
        return "expired" if known is not None and not defined else "missing"
    if value is None:
        if isinstance(one, Within) and one.after and node.test(view, item):
            return "pending"
        return "none"
    return "known"


def _due(node: Node, one: Compare | Within | NotPassed | Exists, value: Any, view: View, item: Values) -> date | None:
    """The last day on which it is still well."""
    if not isinstance(one, Within) or not isinstance(node.limit, Term):
        return None
    since = values_of(one.after, view, item).get(one.after, MISSING) if one.after else value
    if since is MISSING or since is None:
        return None
    return date.fromordinal(view.clock.due(since, node.limit))


def _counted(node: Node, one: Every | Some, holds: bool | None, view: View, about: About) -> Reason:
    where, test = node.where.test if node.where else None, node.parts[0].test
    counts = tally(one, where, test, view)
    wanting: list[tuple[str, Values]] = []
    for key, item in zip(view.keys.get(one.collection, ()), view.items.get(one.collection, ()), strict=True):
        picked = True if where is None else where(view, item)
        if picked is not False and (picked is None or test(view, item) is not True):
            wanting.append((key, item))
    first = tuple(reason_of(node.parts[0], view, item, key, about) for key, item in wanting[:1])
    every = isinstance(one, Every)
    unlisted = counts.undescribed is None
    unknown = counts.unknown + (counts.undescribed or 0)
    return Reason(
        says="every" if every else "some",
        holds=holds,
        collection=one.collection,
        limit=None if node.limit is MISSING else node.limit,
        parameter=one.share_parameter if isinstance(one, Every) else one.count_parameter,
        state="parameter_unknown" if node.limit is MISSING else "not_listed" if unlisted else "known",
        counted=counts.holding + counts.failing + unknown,
        holding=counts.holding,
        failing=counts.failing,
        unknown=unknown,
        subjects=tuple(key for key, _ in wanting[:MOST_SUBJECTS]),
        parts=first,
    )
