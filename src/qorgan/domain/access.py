"""Access: who may do what, in one typed table of roles and rights, and where, as a scope of territory and schools."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from qorgan.kernel.errors import Forbidden, Invalid

ALARM_PURPOSE_LASTS = timedelta(hours=24)  # after the alarm's closure
GUEST_SEES_BEFORE = timedelta(seconds=60)  # of a press: as much as the alarm's own screen shows


class Role(StrEnum):
    DUTY_OFFICER = "duty_officer"  # the regions and districts of their operations centre
    HEAD = "head"  # their own school
    INSPECTOR = "inspector"  # the regions and districts given to them
    MINISTRY = "ministry"  # the whole country, and no video
    ADMINISTRATOR = "administrator"  # the whole country, everything technical; no video but of a camera being added


class Body(StrEnum):
    """A body admitted to look at schools' cameras and to write remarks. An inspector writes for one."""

    EDUCATION = "education"
    POLICE = "police"
    EMERGENCY = "emergency"
    PROSECUTOR = "prosecutor"
    OTHER = "other"


class Right(StrEnum):
    """An action. Its value goes to the console in `Session.rights`."""

    SCHOOLS_READ = "schools.read"
    CAMERAS_READ = "cameras.read"
    LIVE_VIEW = "live.view"
    CAMERA_LISTEN = "camera.listen"  # hear a camera, for the reasons in `LISTENING`
    PTZ_MOVE = "ptz.move"  # turn a camera
    ARCHIVE_VIEW = "archive.view"
    ARCHIVE_EXPORT = "archive.export"  # a copy leaves the building
    EVIDENCE_HOLD = "evidence.hold"  # keep recordings at a school from being deleted
    CAMERA_SETUP = "camera.setup"  # find cameras at a school, look at one while adding it, and add it
    ALARM_READ = "alarm.read"
    ALARM_ACKNOWLEDGE = "alarm.acknowledge"
    ALARM_VERIFY = "alarm.verify"
    ALARM_DISPATCH = "alarm.dispatch"
    ALARM_CLOSE = "alarm.close"
    ALARM_CONFIRM_CLOSURE = "alarm.confirm_closure"  # the second signature under a P1
    ALARM_SHELVE = "alarm.shelve"
    ALARM_REVIEW = "alarm.review"
    ALARM_RAISE = "alarm.raise"  # on behalf of a caller
    POINT_OUT_OF_SERVICE = "point.out_of_service"
    ACTION_ORDER = "action.order"  # hold, secure, lockdown, evacuate, shelter
    ACTION_END = "action.all_clear"
    CHECKLIST_TICK = "checklist.tick"
    CASE_READ = "case.read"  # the papers of a case, which leave the building
    UNITS_READ = "units.read"
    UNITS_EDIT = "units.edit"  # take a unit out of service, put it back
    DUTY_READ = "duty.read"  # who sits at which desk
    DUTY_TAKE = "duty.take"  # begin and end a shift, sign a hand-over
    PEOPLE_READ = "people.read"  # whom to call at a school, who is on duty there
    PEOPLE_EDIT = "people.edit"
    PLANS_READ = "plans.read"  # floor plans and site plans: for official use
    PLANS_EDIT = "plans.edit"
    REMARKS_READ = "remarks.read"  # remarks, joint reviews, inspections
    REMARKS_WRITE = "remarks.write"  # for one's body: remarks, signatures under reviews, inspections on site
    REMARKS_VERIFY = "remarks.verify"
    REMARKS_ANSWER = "remarks.answer"  # for the school: accept, object, fix
    REVIEWS_OPEN = "reviews.open"  # ask bodies to review a plan; close, cancel
    WATCHES_READ = "watches.read"
    REGISTRY_EDIT = "registry.edit"
    FAULTS_READ = "faults.read"  # what is silent or broken, which buttons are proved
    FAULTS_TAKE = "faults.take"  # say that one acts on it; plan tests of buttons
    NOTICES_EDIT = "notices.edit"  # who is told of what by which channel
    NORMS_READ = "norms.read"  # what the norms ask of schools, how these stand, and which papers they have
    NORMS_EDIT = "norms.edit"  # enter papers and what kind of a site it is
    DRILLS_READ = "drills.read"  # drills, and the days without any
    DRILLS_EDIT = "drills.edit"  # plan, run and review them
    ATTESTATION_READ = "attestation.read"  # campaigns, assessments, records, exceptions, what is to be mended
    ATTESTATION_ANSWER = "attestation.answer"  # for the school: what it says of itself, exceptions it asks for
    ATTESTATION_DECIDE = "attestation.decide"  # verdicts, grades, the record; exceptions of others
    ATTESTATION_OPEN = "attestation.open"  # begin and end a campaign
    ROLL_CALL = "roll.call"  # the names of a school's children: its own people alone
    SYSTEM_READ = "system.read"  # counters and health of the centre's own parts


_READ = frozenset({Right.SCHOOLS_READ, Right.CAMERAS_READ, Right.ALARM_READ, Right.FAULTS_READ})
_VIDEO = frozenset({Right.LIVE_VIEW, Right.ARCHIVE_VIEW, Right.ARCHIVE_EXPORT})
_ANSWER = frozenset(
    {
        Right.ALARM_ACKNOWLEDGE,
        Right.ALARM_VERIFY,
        Right.ALARM_DISPATCH,
        Right.ALARM_CLOSE,
        Right.ALARM_CONFIRM_CLOSURE,
        Right.ALARM_SHELVE,
        Right.ALARM_REVIEW,
        Right.ALARM_RAISE,
        Right.POINT_OUT_OF_SERVICE,
        Right.ACTION_ORDER,
        Right.ACTION_END,
        Right.UNITS_READ,
    }
)
_SHIFT = frozenset(
    {
        Right.CHECKLIST_TICK,
        Right.CASE_READ,
        Right.UNITS_EDIT,
        Right.DUTY_READ,
        Right.DUTY_TAKE,
        Right.PEOPLE_READ,
    }
)

RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.DUTY_OFFICER: _READ
        | _VIDEO
        | _ANSWER
        | _SHIFT
        | {Right.EVIDENCE_HOLD, Right.PTZ_MOVE, Right.FAULTS_TAKE}
        | {Right.CAMERA_LISTEN, Right.PLANS_READ, Right.REMARKS_READ, Right.DRILLS_READ},
        Role.HEAD: _READ
        | _VIDEO
        | {Right.PEOPLE_READ, Right.PEOPLE_EDIT, Right.WATCHES_READ, Right.PTZ_MOVE, Right.FAULTS_TAKE}
        | {Right.POINT_OUT_OF_SERVICE, Right.PLANS_READ, Right.PLANS_EDIT}
        | {Right.REMARKS_READ, Right.REMARKS_ANSWER, Right.REVIEWS_OPEN, Right.NORMS_READ, Right.NORMS_EDIT}
        | {Right.DRILLS_READ, Right.DRILLS_EDIT, Right.ROLL_CALL}
        | {Right.ATTESTATION_READ, Right.ATTESTATION_ANSWER},
        Role.INSPECTOR: _READ
        | _VIDEO
        | {Right.CASE_READ, Right.EVIDENCE_HOLD, Right.PEOPLE_READ, Right.WATCHES_READ, Right.PLANS_READ}
        | {Right.REMARKS_READ, Right.REMARKS_WRITE, Right.REMARKS_VERIFY, Right.REVIEWS_OPEN, Right.NORMS_READ}
        | {Right.DRILLS_READ, Right.ATTESTATION_READ, Right.ATTESTATION_DECIDE},
        Role.MINISTRY: _READ
        | {Right.WATCHES_READ, Right.REMARKS_READ, Right.NORMS_READ, Right.DRILLS_READ}
        | {Right.ATTESTATION_READ, Right.ATTESTATION_OPEN},
        Role.ADMINISTRATOR: _READ
        | {
            Right.CAMERA_SETUP,
            Right.WATCHES_READ,
            Right.UNITS_READ,
            Right.UNITS_EDIT,
            Right.DUTY_READ,
            Right.PEOPLE_READ,
            Right.PEOPLE_EDIT,
            Right.REGISTRY_EDIT,
            Right.SYSTEM_READ,
        }
        | {Right.FAULTS_TAKE, Right.NOTICES_EDIT, Right.POINT_OUT_OF_SERVICE, Right.PLANS_READ, Right.PLANS_EDIT}
        | {Right.REMARKS_READ, Right.REMARKS_ANSWER, Right.REVIEWS_OPEN, Right.NORMS_READ, Right.NORMS_EDIT}
        | {Right.DRILLS_READ, Right.DRILLS_EDIT},
    }
)


class PurposeKind(StrEnum):
    """Why somebody looks at a school's video."""

    DUTY = "duty"
    ALARM = "alarm"
    OWN_SCHOOL = "own_school"
    INSPECTION = "inspection"
    SETUP = "setup"  # one picture of a camera that is being added


PURPOSES: Mapping[Role, frozenset[PurposeKind]] = MappingProxyType(
    {
        Role.DUTY_OFFICER: frozenset({PurposeKind.DUTY, PurposeKind.ALARM}),
        Role.HEAD: frozenset({PurposeKind.OWN_SCHOOL, PurposeKind.ALARM}),
        Role.INSPECTOR: frozenset({PurposeKind.INSPECTION}),
        Role.MINISTRY: frozenset(),
        Role.ADMINISTRATOR: frozenset({PurposeKind.SETUP}),
    }
)


# Sound tells more than a picture, of more people: it is for an alarm alone (docs/adr/0013).
LISTENING: Mapping[Role, frozenset[PurposeKind]] = MappingProxyType({Role.DUTY_OFFICER: frozenset({PurposeKind.ALARM})})


# What the officers of a neighbouring centre may do with a school's cameras, for the one alarm they were called for.
GUEST_RIGHTS = frozenset({Right.LIVE_VIEW, Right.ARCHIVE_VIEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a role holds: everywhere, or in these regions, districts (codes) and schools (ids) together."""

    everywhere: bool = False
    regions: frozenset[str] = field(default_factory=frozenset)
    districts: frozenset[str] = field(default_factory=frozenset)
    schools: frozenset[UUID] = field(default_factory=frozenset)

    def covers(self, *, region: str, district: str, school: UUID) -> bool:
        return self.everywhere or region in self.regions or district in self.districts or school in self.schools


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A signed-in person with their role and scope, as read at one moment. No password, no session in it."""

    user: UUID
    name: str
    email: str
    role: Role
    scope: Scope
    language: str = "kk"
    centre: UUID | None = None
    school: UUID | None = None
    body: Body | None = None  # for which they write remarks

    @property
    def rights(self) -> frozenset[Right]:
        return RIGHTS[self.role]

    def may(self, right: Right) -> bool:
        return right in self.rights

    def require(self, right: Right) -> None:
        """Raises `Forbidden` when the role does not have the right."""
        if not self.may(right):
            raise Forbidden(f"the role {self.role} does not have the right {right}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """A purpose as it stands in the ledger: `duty`, `own_school`, `inspection`, `setup` or `alarm:<id>`."""

    kind: PurposeKind
    alarm: UUID | None = None

    @classmethod
    def parse(cls, text: str) -> "Purpose":
        """Raises `Invalid` with code `purpose` for anything else."""
        kind, colon, alarm = text.partition(":")
        try:
            if kind == PurposeKind.ALARM:
                return cls(kind=PurposeKind.ALARM, alarm=UUID(alarm))
            if not colon:
                return cls(kind=PurposeKind(kind))
        except ValueError:
            pass
        raise Invalid("the purpose is one of duty, own_school, inspection, setup, alarm:<id>", code="purpose")

    def __str__(self) -> str:
        return f"{self.kind}:{self.alarm}" if self.alarm else self.kind.value


def require_purpose(role: Role, purpose: Purpose) -> None:
    """Raises `Forbidden` with code `purpose` when this role does not look at video for this purpose."""
    if purpose.kind not in PURPOSES[role]:
        raise Forbidden(f"the role {role} does not watch for the purpose {purpose.kind}", code="purpose")


def require_listening(role: Role, purpose: Purpose) -> None:
    """Raises `Forbidden` with code `listen_purpose` when this role does not hear cameras for this purpose."""
    if purpose.kind not in LISTENING.get(role, frozenset()):
        raise Forbidden(f"the role {role} does not listen for the purpose {purpose.kind}", code="listen_purpose")


def alarm_purpose_holds(*, same_school: bool, closed_at: datetime | None, now: datetime) -> bool:
    """Whether an alarm is a reason to watch: it is of that school, and open or closed less than a day ago."""
    return same_school and (closed_at is None or now - closed_at < ALARM_PURPOSE_LASTS)


def require_guest(right: Right, purpose: Purpose, *, pressed_at: datetime | None, start: datetime | None) -> None:
    """Whether an officer of a neighbouring centre may look at this school: for the alarm shared with their centre.

    `pressed_at` is of that alarm, while it is open; None: there is none. `start` is of a recording. Raises `Forbidden`
    with code `guest`: for another purpose or right, after the alarm's closure, for what was long before the press.
    """
    if right not in GUEST_RIGHTS:
        raise Forbidden(f"of another centre's school nobody has the right {right}", code="guest")
    if purpose.kind is not PurposeKind.ALARM or pressed_at is None:
        raise Forbidden("another centre's school is watched for an open alarm that it shares with yours", code="guest")
    if start is not None and start < pressed_at - GUEST_SEES_BEFORE:
        raise Forbidden("of another centre's school you see a minute before the press, and what follows", code="guest")
