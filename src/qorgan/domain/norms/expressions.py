"""The closed vocabulary in which packs say to whom a requirement applies and when it is met. Data, never code.

    { all = […] }  { any = […] }  { not = … }                        `not` only in `applies`, `when` and `where`
    { fact = "site.kind", is = "school" }                            or is_not, one_of,
                                                                     at_least, at_most, more_than, less_than
    { fact = "camera.archive_days", at_least = "30 d" }              a number with the unit that the fact has
    { fact = "camera.archive_days", at_least = { parameter = "archive_min" } }
    { fact = "site.fire_drill_on", within = "6 months" }             a day, no longer ago than that
    { fact = "site.guard_contract_until", not_passed = true }        a day that is today or still to come
    { fact = "site.police_check_on", exists = true }                 there is one
    { fact = "case.head_told_on", within = "1 d", after = "case.reported_on" }
    { every = "camera", where = …, holds = …, share = "95 %", if_none = "unknown" }
    { some = "zone", where = …, holds = …, at_least = 1 }

An expression is true, false or unknown. Missing and expired facts are unknown; what is known not to exist fails.
"""

from typing import Literal

import msgspec

from qorgan.domain.norms.terms import Term

Plain = bool | int | float | str
CompareOp = Literal["is", "is_not", "one_of", "at_least", "at_most", "more_than", "less_than"]
IfNone = Literal["unknown", "holds", "fails"]
MAX_DEPTH, MAX_NODES = 8, 200  # of one expression


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """What a fact is compared with: a value, in `unit` where the fact has one, or the parameter of that key."""

    value: Plain | tuple[str, ...] | None = None
    unit: str = ""
    parameter: str = ""


class AllOf(msgspec.Struct, frozen=True, tag="all"):
    parts: tuple["Expression", ...]


class AnyOf(msgspec.Struct, frozen=True, tag="any"):
    parts: tuple["Expression", ...]


class Not(msgspec.Struct, frozen=True, tag="not"):
    part: "Expression"


class Compare(msgspec.Struct, frozen=True, tag="compare"):
    """A fact against a limit."""

    fact: str
    op: CompareOp
    limit: Limit


class Within(msgspec.Struct, frozen=True, tag="within"):
    """A day not longer ago than the term; with `after`, not later than the term after that day.

    With `after` and nothing done since (known to be none, or done before that day): holds until the last day of the
    term, then fails.
    """

    fact: str
    term: Term | None = None
    parameter: str = ""
    after: str = ""


class NotPassed(msgspec.Struct, frozen=True, tag="not_passed"):
    """A day that is today or later: what is valid until then is valid."""

    fact: str


class Exists(msgspec.Struct, frozen=True, tag="exists"):
    """The fact has a value; false where it is known that there is none."""

    fact: str


class Every(msgspec.Struct, frozen=True, tag="every", kw_only=True):
    """Of the items that `where` picks, at least the `share` (0 to 1) holds. Without any: as `if_none` says."""

    collection: str
    holds: "Expression"
    where: "Expression | None" = None
    share: float = 1.0
    share_parameter: str = ""
    if_none: IfNone = "unknown"


class Some(msgspec.Struct, frozen=True, tag="some", kw_only=True):
    """At least `at_least` of the items that `where` picks hold."""

    collection: str
    holds: "Expression"
    where: "Expression | None" = None
    at_least: int = 1
    count_parameter: str = ""


Expression = AllOf | AnyOf | Not | Compare | Within | NotPassed | Exists | Every | Some
