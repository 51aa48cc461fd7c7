"""What `norms` says over the wire."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field, WithJsonSchema

from qorgan.centre.wire import Instant, Name, Page
from qorgan.domain.density.norms import Status
from qorgan.domain.norms.types import CheckKind, Owner, Severity, Verdict

MAX_PEOPLE = 100_000
# Written out where it stands: the description has a `Verdict` already, that of alarms.
NormVerdict = Annotated[Verdict, WithJsonSchema({"type": "string", "enum": [one.value for one in Verdict]})]
Plain = bool | int | float | str
Level = Literal["country", "region", "district"]


class NormEdition(Schema):
    key: str
    act: Name
    number: str
    published: date
    valid_from: date
    valid_to: date | None
    status: Status
    source: str
    state: Literal["draft", "published"]


class NormPack(Schema):
    """`counts`: clauses by how far they can be trusted. `national`: every school here is judged by it."""

    key: str
    version: int
    title: Name
    country: str
    digest: str
    national: bool
    requirements: int
    counts: dict[Status, int]
    editions: list[NormEdition]


class NormPackList(Schema):
    items: list[NormPack]


class NormRequirement(Schema):
    """One requirement that is in force today. `requirement`: "<pack>:<key>:<version>"; `status`: how far the worst of
    its clauses can be trusted; `sources`: where its clauses are published."""

    requirement: str
    title: Name
    clause: str
    status: Status
    sources: list[str]
    owner: Owner
    severity: Severity
    gate: bool
    how_checked: CheckKind
    frequency: str


class NormRequirementPage(Page[NormRequirement]):
    """The requirements of one pack, by their names."""


class NormItem(Schema):
    """One requirement and how the school stands. `requirement`: "<pack>:<key>:<version>".

    `since`: of this verdict; null on another day than today. `due`: by when it is to be mended, or, in `due_soon`, the
    day from which it is met no more unless something is done; null where nothing is due or no term is set.
    """

    requirement: str
    title: Name
    clause: str
    status: Status
    verdict: NormVerdict
    since: Instant | None
    due: date | None
    owner: Owner
    severity: Severity
    gate: bool
    how_checked: CheckKind
    what_to_do: Name


class SchoolNorms(Schema):
    """Worst first. `gate`: the worst of the gates, never an average. Telemetry is taken to go on in `due_soon`."""

    as_of: Instant
    gate: NormVerdict
    counts: dict[NormVerdict, int]
    items: list[NormItem]
    due_soon: list[NormItem]


class Provision(Schema):
    key: str
    paragraph: str
    text: Name
    status: Status
    source: str
    checked_on: date


class Reason(Schema):
    """A node of an explanation: `domain.norms.types.Reason`."""

    says: str
    holds: bool | None
    fact: str
    compare: str
    limit: Plain | list[str] | None
    unit: str
    parameter: str
    value: Plain | None
    state: str
    observed_at: Instant | None
    expires_at: Instant | None
    due_on: date | None
    evidence: str
    collection: str
    counted: int
    holding: int
    failing: int
    unknown: int
    subjects: list[str]
    parts: list["Reason"]


class RequirementPage(Schema):
    """`titles`: of the facts and collections that the reasons name. `pack_digest`: by which pack it was judged."""

    item: NormItem
    at: Instant
    norm_day: date
    pack_digest: str
    provisions: list[Provision]
    applies: Reason | None
    check: Reason | None
    partly: Reason | None
    titles: dict[str, Name]


class NewDocument(Schema):
    kind: Annotated[str, Field(min_length=1, max_length=60)]
    number: Annotated[str, Field(max_length=100)] = ""
    issued: date
    valid_to: date | None = None
    issuer: Annotated[str, Field(max_length=200)] = ""


class SchoolDocument(Schema):
    id: UUID
    kind: str
    number: str
    issued: date
    valid_to: date | None
    issuer: str
    withdrawn_at: Instant | None


class DocumentKind(Schema):
    """`ends`: it proves until when something holds, so that `valid_to` must be given."""

    kind: str
    title: Name
    ends: bool


class DocumentList(Schema):
    items: list[SchoolDocument]
    kinds: list[DocumentKind]
    may_edit: bool


class NewSite(Schema):
    """Null: not known."""

    kind: Literal["kindergarten", "school", "boarding", "college", "extra"] | None = None
    ownership: Literal["state", "private", "private_state_order"] | None = None
    settlement: Literal["village", "district_centre", "city", "capital"] | None = None
    premises: Literal["own", "leased"] | None = None
    peak_people: Annotated[int, Field(ge=0, le=MAX_PEOPLE)] | None = None
    children: Annotated[int, Field(ge=0, le=MAX_PEOPLE)] | None = None
    has_preschool: bool | None = None
    round_the_clock: bool | None = None


class Site(NewSite):
    """What was said and has not expired."""

    changed_at: Instant | None
    may_edit: bool


class Numbers(Schema):
    """Organisations. `organisations` is the one denominator of all the others; one that was never judged is unknown."""

    organisations: int
    connected: int
    working: int
    compliant: int
    unknown: int
    drilled: int


class StandingRow(Numbers):
    """`id`: of a region or district its code, of a school its id. `trend`: the share that was compliant at the end of
    each of the last 12 months, oldest first; null where nothing was kept, or not all of it is one's own to see."""

    id: str
    name: Name
    trend: list[float | None]


class StandingPage(Numbers):
    """`as_of`: the oldest of what was counted; null: nothing was judged yet."""

    as_of: Instant | None
    registry_as_of: Instant | None
    children: list[StandingRow]


class ImportFault(Schema):
    """What is wrong in one cell. `row` as people see it: the header is 1."""

    row: int
    column: str
    value: str
    code: Literal["missing", "unknown", "not_a_number", "out_of_range", "too_long", "twice", "not_a_key"]


class FieldChange(Schema):
    field: str
    before: str
    after: str


class ImportChange(Schema):
    row: int
    site: str
    kind: Literal["added", "changed"]
    fields: list[FieldChange]


class RegistryImport(Schema):
    """`errors` and `changes`: the first 500. It can be applied while there are no errors and nothing was applied."""

    id: UUID
    file_name: str
    state: Literal["ready", "faulty", "applied"]
    rows: int
    added: int
    changed: int
    unchanged: int
    errors_count: int
    errors: list[ImportFault]
    changes: list[ImportChange]
    applied_at: Instant | None
