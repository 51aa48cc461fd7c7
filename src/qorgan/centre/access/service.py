"""Use cases of `access`: who is asking, what they may watch and why, and the ledger that says they did."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.utils import timezone

from qorgan.centre import keys
from qorgan.centre.access.models import AuditLine, RoleGrant, User, WatchLine
from qorgan.centre.access.schemas import (
    Language,
    Session,
    SessionScope,
    SignedInUser,
    Viewer,
    ViewerRole,
    Watch,
    WatchAction,
    WatchedCamera,
    WatchedRange,
    WatchPage,
)
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.cameras.models import Camera, CameraQuerySet
from qorgan.centre.schools.models import School
from qorgan.centre.territory.models import OperationsCentre, Region
from qorgan.centre.wire import Name, Named, page_of
from qorgan.domain.access import (
    Actor,
    Body,
    Purpose,
    PurposeKind,
    Right,
    Role,
    Scope,
    alarm_purpose_holds,
    require_guest,
    require_listening,
    require_purpose,
)
from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Forbidden, Invalid, NotFound, Rejected
from qorgan.kernel.ids import uuid7
from qorgan.protocols.link.grants import Action, Grant, sign

LIVE_GRANT_LASTS = timedelta(hours=1)
ARCHIVE_GRANT_LASTS = timedelta(minutes=10)
_RIGHT = {
    Action.LIVE: Right.LIVE_VIEW,
    Action.LISTEN: Right.CAMERA_LISTEN,
    Action.ARCHIVE: Right.ARCHIVE_VIEW,
    Action.EXPORT: Right.ARCHIVE_EXPORT,
    Action.SNAPSHOT: Right.LIVE_VIEW,
    Action.PTZ: Right.PTZ_MOVE,
    Action.SETUP: Right.CAMERA_SETUP,
    Action.HOLD: Right.EVIDENCE_HOLD,
}
_OF_THE_PAST = (Action.ARCHIVE, Action.EXPORT, Action.HOLD)
_EVERYWHERE = (Role.MINISTRY, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedWatch:
    """A watch that stands in the ledger, and the signed grant (a compact JWT) that the school will verify."""

    id: UUID
    site: str
    school: UUID
    camera: UUID
    camera_key: str
    stream: StreamName
    grant: bytes
    expires_at: datetime
    guest: bool = False  # of a neighbouring centre: only as long as the alarm is open


@dataclass(frozen=True, slots=True, kw_only=True)
class WishedWatch:
    """What somebody asks to watch; the arguments of `open_watch`."""

    camera: UUID
    action: Action
    stream: StreamName
    purpose: str
    start: datetime | None = None
    end: datetime | None = None
    digest: str = ""  # of the one order that the grant shall allow (`Grant.digest`)


# --- who is asking -------------------------------------------------------------------------------------------------


def actor_for(user: AbstractBaseUser | AnonymousUser) -> Actor:
    """The actor that a signed-in user is now. Raises `Forbidden` with code `no_role` for a person without a role."""
    grant = RoleGrant.objects.select_related("user").filter(user__pk=cast(UUID, user.pk), user__is_active=True).first()
    if grant is None:
        raise Forbidden("nobody has given you a role yet: ask your administrator", code="no_role")
    person = grant.user
    return Actor(
        user=person.pk,
        name=person.name or person.email,
        email=person.email,
        role=Role(grant.role),
        scope=_scope(grant),
        language=person.language,
        centre=grant.centre_id,
        school=grant.school_id,
        body=Body(grant.body) if grant.body else None,
    )


def actor_of_session(session_key: str | None) -> Actor | None:
    """The actor of a session cookie, for those who stand outside Django's requests (the gateway's WebSockets).

    None when nobody is signed in with it, or not any more. Raises `Forbidden` with code `no_role`.
    """
    if not session_key:
        return None
    request = HttpRequest()
    request.session = SessionStore(session_key)
    user = get_user(request)
    return actor_for(user) if user.is_authenticated else None


def _scope(grant: RoleGrant) -> Scope:
    role = Role(grant.role)
    if role in _EVERYWHERE:
        return Scope(everywhere=True)
    if role is Role.HEAD:
        return Scope(schools=frozenset({grant.school_id} if grant.school_id else ()))
    territory = grant.centre if role is Role.DUTY_OFFICER else grant
    if territory is None:
        return Scope()
    regions = frozenset(territory.regions.values_list("pk", flat=True))
    return Scope(regions=regions, districts=frozenset(territory.districts.values_list("pk", flat=True)))


def session(actor: Actor, *, csrf: str) -> Session:
    """What the console knows of its person."""
    scope = actor.scope
    centre = OperationsCentre.objects.filter(pk=actor.centre).first() if actor.centre else None
    return Session(
        user=SignedInUser(id=actor.user, name=actor.name, email=actor.email),
        role=actor.role,
        language=cast(Language, actor.language),
        centre=Named(id=centre.pk, name=Name.of(centre.name)) if centre else None,
        school=actor.school,
        scope=SessionScope(
            regions=sorted(scope.regions), districts=sorted(scope.districts), schools=sorted(scope.schools)
        ),
        body=actor.body,
        rights=sorted(actor.rights),
        csrf=csrf,
    )


# --- people --------------------------------------------------------------------------------------------------------


@transaction.atomic
def create_person(
    *,
    email: str,
    name: str,
    password: str,
    role: Role,
    centre: OperationsCentre | None = None,
    school: School | None = None,
    regions: tuple[str, ...] = (),
    body: Body | None = None,
    language: str = "kk",
) -> User:
    """A person with one role. Raises `Invalid` when the role lacks the place where it holds."""
    _check_place(role, centre, school, regions)
    user = User.objects.create_user(email, password, name=name, language=language)
    give_role(user, role=role, centre=centre, school=school, regions=regions, body=body)
    return user


@transaction.atomic
def give_role(
    user: User,
    *,
    role: Role,
    centre: OperationsCentre | None = None,
    school: School | None = None,
    regions: tuple[str, ...] = (),
    body: Body | None = None,
) -> None:
    """Replace the person's role. Raises `Invalid` when the role lacks the place where it holds."""
    _check_place(role, centre, school, regions)
    grant, _ = RoleGrant.objects.update_or_create(
        user=user, defaults={"role": role.value, "centre": centre, "school": school, "body": body or ""}
    )
    grant.regions.set(Region.objects.filter(pk__in=regions))
    audit(user, "role.given", {"role": role.value, "regions": sorted(regions), "body": body or ""})


def _check_place(role: Role, centre: OperationsCentre | None, school: School | None, regions: tuple[str, ...]) -> None:
    missing = {
        Role.DUTY_OFFICER: "an operations centre" if centre is None else "",
        Role.HEAD: "a school" if school is None else "",
        Role.INSPECTOR: "at least one region" if not regions else "",
    }.get(role, "")
    if missing:
        raise Invalid(f"the role {role} needs {missing}")


@transaction.atomic
def audit(person: User, action: str, data: dict[str, object] | None = None) -> None:
    """One more line in this person's audit."""
    User.objects.select_for_update().get(pk=person.pk)  # the chain's lock
    last = AuditLine.objects.filter(person=person).order_by("-number").first()
    AuditLine(person=person, at=timezone.now(), action=action, data=data or {}).after(last).save()


def on_signed_in(sender: object, user: User, **_: object) -> None:
    audit(user, "signed_in")


def on_signed_out(sender: object, user: User | None, **_: object) -> None:
    if user is not None:  # Django tells of sign-outs of nobody, too
        audit(user, "signed_out")


# --- watching ------------------------------------------------------------------------------------------------------


@transaction.atomic
def open_watch(
    actor: Actor,
    camera_id: UUID,
    action: Action,
    stream: StreamName,
    purpose: str,
    start: datetime | None = None,
    end: datetime | None = None,
    digest: str = "",
) -> OpenedWatch:
    """Let the actor watch one stream of one camera: a line in the school's ledger, and a grant for its node.

    A watch of the archive, or an export from it, names its range. Raises `Forbidden` (no right, or code `purpose`),
    `NotFound` (no such camera in the actor's territory) or `Invalid` (a purpose or a range that is none).
    """
    wish = WishedWatch(
        camera=camera_id, action=action, stream=stream, purpose=purpose, start=start, end=end, digest=digest
    )
    (answer,) = open_watches(actor, [wish])
    if isinstance(answer, Rejected):
        raise answer
    return answer


@transaction.atomic
def open_watches(actor: Actor, wishes: Sequence[WishedWatch]) -> list[OpenedWatch | Rejected]:
    """Open several watches in one transaction, in the order of the wishes: a wall of tiles is one commit.

    Each is looked at by itself as in `open_watch`; in the place of one that is refused stands its refusal, and nothing
    is written of it. The number of questions to the database does not grow with the number of wishes.
    """
    cameras = _cameras(actor).in_bulk({wish.camera for wish in wishes})
    alarms = _alarms_named(actor, [wish.purpose for wish in wishes])
    answers = [_line_or_refusal(actor, wish, cameras, alarms) for wish in wishes]
    append([answer for answer in answers if isinstance(answer, WatchLine)])
    now = timezone.now()
    return [
        one if isinstance(one, Rejected) else _granted(actor, one, one.camera, now, wish.digest)
        for one, wish in zip(answers, wishes, strict=True)
    ]


def _line_or_refusal(
    actor: Actor, wish: WishedWatch, cameras: Mapping[UUID, Camera], alarms: Mapping[UUID, Alarm]
) -> WatchLine | Rejected:
    try:
        actor.require(_RIGHT[wish.action])
        of_the_past = wish.action in _OF_THE_PAST or (wish.action is Action.LISTEN and wish.start is not None)
        if of_the_past and (wish.start is None or wish.end is None or wish.start >= wish.end):
            raise Invalid("an archive watch names the range it wants, start before end", code="range")
        camera = cameras.get(wish.camera)
        if camera is None:
            raise NotFound("there is no such camera in your territory")
        reason = _reason(actor, wish.purpose, camera, alarms, right=_RIGHT[wish.action], start=wish.start)
        if wish.action is Action.LISTEN:
            _require_listening(actor, reason, alarms, live=wish.start is None and wish.end is None)
    except Rejected as refusal:
        return refusal
    action = WatchLine.Action(wish.action.value)
    return _opened(actor, camera, action, wish.stream, str(reason), wish.start, wish.end)


@transaction.atomic
def open_coverage(actor: Actor, camera_id: UUID, start: datetime, end: datetime) -> OpenedWatch:
    """Let the actor ask what was recorded of a camera. No picture is seen, yet the grant stands in the ledger (I7)."""
    actor.require(Right.ARCHIVE_VIEW)
    if start >= end:
        raise Invalid("a range has its start before its end", code="range")
    camera = _cameras(actor).filter(pk=camera_id).first()
    if camera is None:
        raise NotFound("there is no such camera in your territory")
    if _is_guest(actor, camera):
        _require_called_for(actor, camera, start)
    line = _opened(actor, camera, WatchLine.Action.COVERAGE, StreamName.MAIN, "coverage", start, end)
    append([line])
    return _granted(actor, line, camera, timezone.now())


def _require_called_for(actor: Actor, camera: Camera, start: datetime) -> None:
    """Coverage names no alarm: the earliest one that the actor's centre was called for says how far back they see."""
    rows = Alarm.objects.visible_to(actor).still_open().filter(school=camera.school_id).order_by("pressed_at", "pk")
    called = _called_for(actor, camera, rows)
    purpose = Purpose(kind=PurposeKind.ALARM, alarm=called.pk if called else None)
    require_guest(Right.ARCHIVE_VIEW, purpose, pressed_at=called.pressed_at if called else None, start=start)


@transaction.atomic
def note_link(actor: Actor, camera_id: UUID, stream: StreamName, purpose: str, start: datetime, end: datetime) -> None:
    """Write down that the actor makes a link to a recording, if they might take it away. Raises as `open_watch`."""
    camera, reason = _exportable(actor, camera_id, purpose)
    line = _opened(actor, camera, WatchLine.Action.LINK, stream, str(reason), start, end)
    append([line])
    append([_ended(line)])


@transaction.atomic
def open_linked_watch(
    actor: Actor, camera_id: UUID, stream: StreamName, purpose: str, start: datetime, end: datetime
) -> OpenedWatch:
    """Somebody looks by a link that the actor made: the actor answers for it. Raises as `open_watch`."""
    camera, reason = _exportable(actor, camera_id, purpose)
    line = _opened(actor, camera, WatchLine.Action.LINKED, stream, str(reason), start, end)
    append([line])
    return _granted(actor, line, camera, timezone.now())


def _exportable(actor: Actor, camera_id: UUID, purpose: str) -> tuple[Camera, Purpose]:
    actor.require(Right.ARCHIVE_EXPORT)
    camera = _cameras(actor).filter(pk=camera_id).first()
    if camera is None:
        raise NotFound("there is no such camera in your territory")
    alarms = _alarms_named(actor, [purpose])
    return camera, _reason(actor, purpose, camera, alarms, right=Right.ARCHIVE_EXPORT)


def renew_watch(actor: Actor, watch_id: UUID) -> OpenedWatch:
    """A fresh grant for a watch that goes on; everything is asked again. Raises as `open_watch`; no line is written."""
    line = (
        WatchLine.objects.filter(camera__in=Camera.objects.visible_to(actor))
        .select_related("camera__school__district")
        .filter(watch=watch_id, kind=WatchLine.Kind.OPENED, viewer=actor.user)
        .first()
    )
    if line is None or WatchLine.objects.filter(watch=watch_id, kind=WatchLine.Kind.ENDED).exists():
        raise NotFound("there is no such watch that goes on")
    right = _RIGHT[_action_of(line)]
    actor.require(right)
    if line.action != WatchLine.Action.COVERAGE:
        alarms = _alarms_named(actor, [line.purpose])
        reason = _reason(actor, line.purpose, line.camera, alarms, right=right, start=line.range_start)
        if line.action == WatchLine.Action.LISTEN:
            _require_listening(actor, reason, alarms, live=line.range_start is None)
    return _granted(actor, line, line.camera, timezone.now())


def end_watch(watch_id: UUID) -> None:
    """The viewer is gone. Ending twice ends once; a watch that never was raises `NotFound`."""
    if end_watches([watch_id]):
        raise NotFound("there is no such watch")


@transaction.atomic
def end_watches(watches: Collection[UUID]) -> set[UUID]:
    """End several watches in one transaction; those that never were come back."""
    opened = {line.watch: line for line in WatchLine.objects.filter(watch__in=watches, kind=WatchLine.Kind.OPENED)}
    _lock_schools({line.school_id for line in opened.values()})
    ended = WatchLine.objects.filter(watch__in=watches, kind=WatchLine.Kind.ENDED).values_list("watch", flat=True)
    still = dict.fromkeys(watch for watch in watches if watch in opened)
    for watch in ended:
        still.pop(watch, None)
    append([_ended(opened[watch]) for watch in still])
    return set(watches) - set(opened)


def end_abandoned_watches() -> int:
    """End what a crashed gateway left open; how many. Call it at the start of a centre's only gateway."""
    ended = WatchLine.objects.filter(kind=WatchLine.Kind.ENDED).values("watch")
    open_ = WatchLine.objects.filter(kind=WatchLine.Kind.OPENED).exclude(watch__in=ended)
    abandoned = list(open_.exclude(action=WatchLine.Action.COVERAGE).values_list("watch", flat=True))
    end_watches(abandoned)
    return len(abandoned)


def watches(actor: Actor, school_id: UUID, *, cursor: str | None, limit: int) -> WatchPage:
    """Who watched this school, newest first. Raises `NotFound` for a school that the actor may not see."""
    if not School.objects.visible_to(actor).filter(pk=school_id).exists():
        raise NotFound("there is no such school in your territory")
    ends = WatchLine.objects.filter(watch=OuterRef("watch"), kind=WatchLine.Kind.ENDED)
    rows = (
        WatchLine.objects.visible_to(actor)
        .filter(school=school_id, kind=WatchLine.Kind.OPENED)
        .exclude(action=WatchLine.Action.COVERAGE)
        .select_related("camera")
        .annotate(ended_at=Subquery(ends.values("at")[:1]))
    )
    found, following = page_of(rows, newest_by="at", cursor=cursor, limit=limit)
    return WatchPage(items=[_on_the_wire(row, getattr(row, "ended_at", None)) for row in found], next=following)


def _on_the_wire(row: WatchLine, ended_at: datetime | None) -> Watch:
    return Watch(
        id=row.watch,
        at=row.at,
        ended_at=ended_at,
        viewer=Viewer(name=row.viewer_name, role=cast(ViewerRole, row.viewer_role)),
        camera=WatchedCamera(id=row.camera_id, name=Name.of(row.camera.name)),
        action=cast(WatchAction, row.action),
        stream=StreamName(row.stream),
        purpose=row.purpose,
        range=_range(row),
    )


def _range(row: WatchLine) -> WatchedRange | None:
    if row.range_start is None or row.range_end is None:
        return None
    return WatchedRange(start=row.range_start, end=row.range_end)


def _alarms_named(actor: Actor, purposes: Iterable[str]) -> Mapping[UUID, Alarm]:
    """The alarms of which these purposes speak, as far as the actor may see them."""
    named = set()
    for text in purposes:
        with suppress(Rejected):  # what is no purpose is refused where it is judged
            if (alarm := Purpose.parse(text).alarm) is not None:
                named.add(alarm)
    return Alarm.objects.visible_to(actor).in_bulk(named) if named else {}


def _cameras(actor: Actor) -> CameraQuerySet:
    """The cameras that the actor may see, with where they lie."""
    return Camera.objects.visible_to(actor).select_related("school__district")


def _is_guest(actor: Actor, camera: Camera) -> bool:
    """Whether the actor sees this camera only because a neighbouring centre called theirs."""
    school = camera.school
    return not actor.scope.covers(region=school.district.region_id, district=school.district_id, school=school.pk)


def _reason(
    actor: Actor,
    text: str,
    camera: Camera,
    alarms: Mapping[UUID, Alarm],
    *,
    right: Right,
    start: datetime | None = None,
) -> Purpose:
    purpose = Purpose.parse(text)
    require_purpose(actor.role, purpose)
    if _is_guest(actor, camera):
        named = alarms.get(purpose.alarm) if purpose.alarm is not None else None
        called = _called_for(actor, camera, [named] if named is not None else [])
        require_guest(right, purpose, pressed_at=called.pressed_at if called else None, start=start)
    if purpose.kind is PurposeKind.ALARM:
        assert purpose.alarm is not None
        alarm = alarms.get(purpose.alarm)
        if alarm is None or not alarm_purpose_holds(
            same_school=alarm.school_id == camera.school_id, closed_at=alarm.closed_at, now=timezone.now()
        ):
            raise Forbidden("that alarm is not a reason to watch this camera now", code="purpose")
    return purpose


def _called_for(actor: Actor, camera: Camera, alarms: Iterable[Alarm]) -> Alarm | None:
    """Of these alarms the one for which the actor's centre was called as the neighbour, while it is open."""
    for alarm in alarms:
        if alarm.school_id == camera.school_id and alarm.shared_with_id == actor.centre and alarm.closed_at is None:
            return alarm
    return None


def _require_listening(actor: Actor, reason: Purpose, alarms: Mapping[UUID, Alarm], *, live: bool) -> None:
    """To hear a camera now, the alarm has to be open; what was recorded may be heard as long as it may be seen."""
    require_listening(actor.role, reason)
    alarm = alarms.get(reason.alarm) if reason.alarm is not None else None
    if live and (alarm is None or alarm.closed_at is not None):
        raise Forbidden("that alarm is closed: nobody listens any more", code="listen_purpose")


def _opened(
    actor: Actor,
    camera: Camera,
    action: WatchLine.Action,
    stream: StreamName,
    purpose: str,
    start: datetime | None,
    end: datetime | None,
) -> WatchLine:
    """A line that says that a watch began. Not in the ledger yet."""
    return WatchLine(
        school=camera.school,
        watch=uuid7(),
        kind=WatchLine.Kind.OPENED,
        camera=camera,
        viewer_id=actor.user,
        viewer_name=actor.name,
        viewer_role=actor.role.value,
        action=action,
        stream=stream.value,
        purpose=purpose,
        range_start=start,
        range_end=end,
    )


def _ended(opened: WatchLine) -> WatchLine:
    """A line that says that a watch ended. Not in the ledger yet."""
    same = "school_id watch camera_id viewer_id viewer_name viewer_role action stream purpose range_start range_end"
    return WatchLine(kind=WatchLine.Kind.ENDED, **{name: getattr(opened, name) for name in same.split()})


def append(lines: Sequence[WatchLine]) -> None:
    """Write new last lines into the ledgers of their schools, in this order, chained, in the running transaction."""
    schools = {line.school_id for line in lines}
    _lock_schools(schools)
    last = {school: WatchLine.objects.filter(school_id=school).order_by("-number").first() for school in schools}
    for line in lines:
        line.at = timezone.now()
        last[line.school_id] = line.after(last[line.school_id])
    WatchLine.objects.bulk_create(lines)


def _lock_schools(schools: Collection[UUID]) -> None:
    """Lock several chains, always in the same order, so that two transactions never wait for each other."""
    if schools:
        list(School.objects.select_for_update().filter(pk__in=schools).order_by("pk").values_list("pk"))


def _granted(actor: Actor, line: WatchLine, camera: Camera, now: datetime, digest: str = "") -> OpenedWatch:
    """The line's watch with a grant that starts to run now."""
    return signed(line, camera, now, digest, guest=_is_guest(actor, camera))


def signed(line: WatchLine, camera: Camera, now: datetime, digest: str = "", *, guest: bool = False) -> OpenedWatch:
    """The grant of a line that stands in the ledger, or is about to."""
    action = _action_of(line)
    grant = Grant(
        id=str(line.watch),
        site=camera.school.site,
        camera=camera.key,
        stream=line.stream,
        action=action,
        viewer=line.viewer_name,
        purpose=line.purpose,
        expires_at=now + _lasts(action, line),
        start=line.range_start,
        end=line.range_end,
        digest=digest,
    )
    return OpenedWatch(
        id=line.watch,
        site=camera.school.site,
        school=camera.school_id,
        camera=camera.pk,
        camera_key=camera.key,
        stream=StreamName(line.stream),
        grant=sign(grant, keys.grant_key(settings.QORGAN.data)),
        expires_at=grant.expires_at,
        guest=guest,
    )


def _lasts(action: Action, line: WatchLine) -> timedelta:
    is_live = action is Action.LIVE or (action is Action.LISTEN and line.range_start is None)
    return LIVE_GRANT_LASTS if is_live else ARCHIVE_GRANT_LASTS


def _action_of(line: WatchLine) -> Action:
    """What a line's grant allows: who asks what is recorded, or comes by a link, may see recordings."""
    of_the_archive = (WatchLine.Action.COVERAGE, WatchLine.Action.LINKED)
    return Action.ARCHIVE if line.action in of_the_archive else Action(line.action)
