"""The data model of norms: what a pack holds, what is known of a school, and what follows from both.

Everything here is immutable and goes through `msgspec.json` and back unchanged, so that a shell can keep a requirement,
a fact or an explanation for ever and replay it. Instants are aware UTC datetimes; days are days in the time zone of the
pack.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from qorgan.domain.density.norms import Status
from qorgan.domain.norms.expressions import Expression, Plain
from qorgan.domain.norms.terms import Term
from qorgan.domain.places import LocalText

NEVER = math.inf  # when an observation expires that does not


class CheckKind(StrEnum):
    """How it is found out whether a requirement is met."""

    TELEMETRY = "telemetry"  # measured by the school's node or the centre
    PICTURE = "picture"  # measured in frames
    DOCUMENT = "document"
    DRILL = "drill"  # tried out by people, with the system as witness
    INSPECTION = "inspection"  # seen on site by an inspector
    EXCHANGE = "exchange"  # told by another system: education database, registry of licences


class Proof(StrEnum):
    """What is shown for a requirement."""

    MEASUREMENT = "measurement"  # what the node or the centre counted, with its window
    OLD_FRAME = "old_frame"  # a random old frame, really opened
    PULLED_FRAME = "pulled_frame"  # a frame that the operations centre really pulled
    PICTURE = "picture"
    PRESS = "press"  # a test with its acknowledgement
    PHOTO = "photo"
    ORDER = "order"  # of the head
    CONTRACT = "contract"
    LICENCE = "licence"
    JOURNAL = "journal"
    ACT_PAPER = "act"  # of acceptance, agreement or inspection
    PLAN = "plan"
    REGISTER = "register"  # an entry of another system
    PUBLICATION = "publication"


class Owner(StrEnum):
    """Who has to see to it that a requirement is met."""

    HEAD = "head"
    RESPONSIBLE_PERSON = "responsible_person"  # named by the head's order
    DEPUTY_HEAD = "deputy_head"  # for upbringing
    PSYCHOLOGIST = "psychologist"
    GUARD_FIRM = "guard_firm"
    POLICE = "police"
    EDUCATION_AUTHORITY = "education_authority"
    MINISTRY = "ministry"
    OPERATOR = "operator"  # who runs this system


class Severity(StrEnum):
    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    INFO = "info"  # shown, never counted against a school


class Nature(StrEnum):
    """What makes a requirement one."""

    LAW = "law"
    POLICY = "policy"  # said by officials, without an act that we know
    DISPUTED = "disputed"  # a policy that others hold to be against the law
    STANDARD = "standard"
    ENGINEERING = "engineering"  # the project's own definition, not law


class EditionState(StrEnum):
    DRAFT = "draft"  # open for remarks; never in force
    PUBLISHED = "published"  # never changes


class Relation(StrEnum):
    """What became of provisions in a later edition."""

    EQUAL = "equal"
    RENUMBERED = "renumbered"  # the same text at another place
    SPLIT = "split"  # one became several
    MERGED = "merged"  # several became one
    CHANGED = "changed"
    REPEALED = "repealed"

    @property
    def keeps_evidence(self) -> bool:
        """Whether evidence for the old provision proves the new one as well; otherwise the delta is to be looked at."""
        return self in (Relation.EQUAL, Relation.RENUMBERED)


class Verdict(StrEnum):
    COMPLIANT = "compliant"
    PARTLY = "partly"
    NOT = "not"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"  # never counted as compliant


# --- what a pack holds -------------------------------------------------------------------------------------------


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every entry of a pack is: known keys and nothing else."""


class Act(Entry, frozen=True, kw_only=True):
    """An order, law, decree or standard. `number` as in the register of acts, empty where it has none."""

    key: str
    title: LocalText
    issuer: LocalText
    number: str = ""
    adopted: date | None = None


class Edition(Entry, frozen=True, kw_only=True):
    """An act as it reads from a day to before another. `sha256` of the text that was read, empty where it was not."""

    key: str
    act: str
    published: date
    valid_from: date
    source: str
    status: Status
    checked_on: date
    valid_to: date | None = None  # the first day on which it is in force no more
    sha256: str = ""
    languages: tuple[str, ...] = ()  # in which the text exists: kk, ru, en
    state: EditionState = EditionState.PUBLISHED
    note: str = ""

    def in_force(self, day: date, known_on: date) -> bool:
        """Whether it was published by `known_on` and in force on `day`."""
        if self.state is EditionState.DRAFT or self.published > known_on:
            return False
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class Provision(Entry, frozen=True, kw_only=True):
    """A clause: `key` stays the same through the `editions` (keys) in which its text stands.

    `text` is a paraphrase, not the act. `paragraph` as printed, for example "88" or "77-79".
    """

    key: str
    act: str
    editions: tuple[str, ...]
    paragraph: str
    text: LocalText
    status: Status
    source: str
    checked_on: date
    parent: str = ""
    note: str = ""


class Parameter(Entry, frozen=True, kw_only=True):
    """A number or list that requirements name. Without `value` nobody knows it yet: what compares with it is unknown.

    `legal` is false where the acts give no value and this one is the project's. `from_scale` and `from_zones` take the
    value from the scales and zone rules of `domain/density`, which are their only source.
    """

    key: str
    title: LocalText
    status: Status
    source: str
    legal: bool
    value: Plain | tuple[str, ...] | None = None  # numbers with a unit as text: "30 d"
    provision: str = ""
    from_scale: str = ""  # "<scale>/<class>": its px/m
    from_zones: str = ""  # "must", "must_not": kinds with that duty; "needed_share"; "<kind>/<scale>": its px/m
    note: str = ""


class Choice(Entry, frozen=True, kw_only=True):
    """One value of a defined fact of type choice, and when it has it."""

    value: str
    when: Expression


class Definition(Entry, frozen=True, kw_only=True):
    """A fact made of others: a flag (`holds`), or a choice (the first of `choices` that holds).

    `engineering`: the project's own notion, not law.
    """

    fact: str
    title: LocalText
    provisions: tuple[str, ...]
    engineering: bool
    holds: Expression | None = None
    choices: tuple[Choice, ...] = ()


class Requirement(Entry, frozen=True, kw_only=True):
    """One version of one thing that is asked. A released version never changes: what changes is the next version.

    It is in force while one of its `provisions` stands in an edition that is, and between `valid_from` and `valid_to`
    where it has them. `check` true: compliant. False: partly where `partly` is true, else not. `gate`: nothing else can
    make up for it. `nature`, `severity`, `gate` and `fix_within` are the project's wherever the act does not say.
    """

    key: str
    version: int
    title: LocalText
    provisions: tuple[str, ...]
    owner: Owner
    kind: CheckKind
    frequency: str  # "continuous", "once", "on event" or "every 6 months"
    evidence: tuple[Proof, ...]
    severity: Severity
    nature: Nature
    gate: bool
    check: Expression
    advice: LocalText  # what to do when it fails
    applies: Expression | None = None  # None: to every site
    partly: Expression | None = None
    fix_within: Term | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""


class Succession(Entry, frozen=True, kw_only=True):
    """What became of provisions (`olds`) in a later edition (`news`), by whom it was said, and why."""

    olds: tuple[str, ...]
    news: tuple[str, ...]
    relation: Relation
    rationale: str
    author: str


class Element(Entry, frozen=True, kw_only=True):
    """A part of a score. `nearly`: what is still a small gap. `critical`: its failure is never a small gap."""

    key: str
    title: LocalText
    check: Expression
    critical: bool = False
    nearly: Expression | None = None


class Grade(Entry, frozen=True, kw_only=True):
    """A rule of a score: the first rule whose limits hold gives the grade. A limit that is not given does not bind.

    An element that holds nearly does not count as failing.
    """

    grade: int
    title: LocalText
    max_failing: int | None = None
    max_nearly: int | None = None
    max_critical_failing: int | None = None
    needs: tuple[str, ...] = ()  # elements that hold, at least nearly


class Score(Entry, frozen=True, kw_only=True):
    """A criterion that is graded by its elements. Beside it the gates stand: no grade hides them."""

    key: str
    version: int
    title: LocalText
    provisions: tuple[str, ...]
    elements: tuple[Element, ...]
    grades: tuple[Grade, ...]
    applies: Expression | None = None


class Calendar(Entry, frozen=True, kw_only=True):
    """Which days are no working days: those of the week (1 Monday … 7 Sunday), fixed holidays "MM-DD", single days."""

    weekend: tuple[int, ...] = (6, 7)
    holidays: tuple[str, ...] = ()
    days_off: tuple[date, ...] = ()
    status: Status = Status.ASSUMED
    source: str = ""


class Pack(Entry, frozen=True, kw_only=True):
    """A release of a pack: complete, checked, with all that it takes from the packs it uses left in those.

    `digest`: SHA-256 of the pack's canonical JSON without the digest itself. Same digest, same answers.
    """

    key: str
    version: int
    title: LocalText
    country: str  # ISO 3166-1 alpha-2, "" for a standard
    time_zone: str
    uses: tuple[str, ...] = ()
    calendar: Calendar = Calendar()
    acts: tuple[Act, ...] = ()
    editions: tuple[Edition, ...] = ()
    provisions: tuple[Provision, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    definitions: tuple[Definition, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    scores: tuple[Score, ...] = ()
    mappings: tuple[Succession, ...] = ()
    digest: str = ""


# --- the words for facts -----------------------------------------------------------------------------------------


class FactType(StrEnum):
    FLAG = "flag"
    COUNT = "count"
    NUMBER = "number"
    CHOICE = "choice"
    DAY = "day"  # of the school's calendar; "2026-11-23" in an observation


class FactSource(StrEnum):
    """Where a fact comes from. The first six are those of `CheckKind`."""

    TELEMETRY = "telemetry"
    PICTURE = "picture"
    DOCUMENT = "document"
    DRILL = "drill"
    INSPECTION = "inspection"
    EXCHANGE = "exchange"
    REGISTRY = "registry"  # the registry of organisations and their equipment


class Fact(Entry, frozen=True, kw_only=True):
    """A word that expressions may use. `name`: "<collection>.<word>", the collection "site" being the site itself.

    `expires_days`: how long an observation holds that says nothing else; None: until the next one.
    """

    name: str
    type: FactType
    source: FactSource
    title: LocalText
    unit: str = ""
    options: tuple[str, ...] = ()
    expires_days: float | None = None

    @property
    def collection(self) -> str:
        return self.name.partition(".")[0]


class Vocabulary(Entry, frozen=True, kw_only=True):
    """Every word there is. `collections`: name of what a site has several of (camera, zone, button…) → its title."""

    version: int
    collections: dict[str, LocalText]
    facts: dict[str, Fact]


# --- what is known of a school -----------------------------------------------------------------------------------


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody or something saw that a fact had a value. Appended, never edited; a correction is a later one.

    `subject`: key of the camera, zone, button… and "" for the site. `value` None: it was looked at, and there is none.
    A day is "2026-11-23". `fact` may be a collection's name: then `value` is how many of them the site has, and the
    facts of as many subjects are expected; with a subject and without value it says that this one is gone.
    `evidence` names what proves it: an id, never a place or a person.
    """

    fact: str
    value: Plain | None
    observed_at: datetime  # since when it is true
    recorded_at: datetime  # since when the centre knows
    subject: str = ""
    expires_at: datetime | None = None  # None: as the vocabulary says
    evidence: str = ""


class Known(NamedTuple):
    """The observation that counts for one fact. Seconds since 1970 UTC; a day's value is its ordinal (`date`)."""

    value: Plain | None
    observed_at: float
    expires_at: float = NEVER
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """All that is known of a site at one instant: `knowledge.facts_of` makes it of observations.

    `items`: collection → key → name of the fact ("camera.archive_days") → what is known. `listed`: collection → how
    many there are by the inventory; a collection that is not listed is not known to be complete, however many items
    it has.
    """

    site: str
    facts: Mapping[str, Known]
    items: Mapping[str, Mapping[str, Mapping[str, Known]]] = field(default_factory=dict)
    listed: Mapping[str, int] = field(default_factory=dict)


# --- questions and answers ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Was it compliant at `at`, under the norm of `norm_day` (None: of that same day), as known at `known_at`?

    `known_at` picks the editions that were published by then (None: at `at`); the observations are picked by
    `knowledge.facts_of` with the same instants.
    """

    at: datetime
    norm_day: date | None = None
    known_at: datetime | None = None


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """A node of an explanation. `holds` None: not known.

    `says` is the node in words of a closed set, for translation: all, any, not, compare, within, not_passed, exists,
    every, some, defined. `fact`, `limit`, `value` and `state` are filled where a fact is compared; `state`: known,
    none, missing, expired, parameter_unknown, pending, not_listed. Of `every` and `some`: how many counted, hold, fail
    and are not known, and the subjects that fail or are not known (at most 50); `parts`: of the first such subject.
    """

    says: str
    holds: bool | None
    fact: str = ""
    compare: str = ""
    limit: Plain | tuple[str, ...] | None = None
    unit: str = ""
    parameter: str = ""
    value: Plain | None = None
    state: str = ""
    observed_at: datetime | None = None
    expires_at: datetime | None = None
    due_on: date | None = None
    evidence: str = ""
    collection: str = ""
    counted: int = 0
    holding: int = 0
    failing: int = 0
    unknown: int = 0
    subjects: tuple[str, ...] = ()
    parts: tuple["Reason", ...] = ()


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict and why: the requirement's version, the clauses with their status, every fact that counted."""

    site: str
    pack: str
    pack_digest: str
    requirement: str  # key
    version: int
    verdict: Verdict
    gate: bool
    at: datetime
    norm_day: date
    provisions: tuple[Provision, ...]
    status: Status  # the weakest of its provisions and parameters
    applies: Reason | None = None
    check: Reason | None = None
    partly: Reason | None = None


class ElementState(StrEnum):
    FULL = "full"
    NEARLY = "nearly"
    FAILS = "fails"
    UNKNOWN = "unknown"


class ScoreResult(msgspec.Struct, frozen=True, kw_only=True):
    """`grade` None: not known, or not applicable (`lowest` 0); it lies between `lowest` and `highest` then."""

    score: str
    version: int
    grade: int | None
    lowest: int
    highest: int
    elements: dict[str, ElementState]
    reasons: dict[str, Reason]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A site by its gates: `status` is the worst of them and never an average. Refs are "pack:KEY:version"."""

    status: Verdict
    counts: dict[Verdict, int]
    failing_gates: tuple[str, ...]
    unknown_gates: tuple[str, ...]
    partly_gates: tuple[str, ...]


def ref_of(pack: str, requirement: Requirement | Score) -> str:
    """How a version of a requirement is named everywhere: "kz:KZ-V-4:1"."""
    return f"{pack}:{requirement.key}:{requirement.version}"
