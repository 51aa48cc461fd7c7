"""Use cases of `inspections`: what a telephone takes along, sends as often as it must, and what becomes of it."""

import hashlib
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean
from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.cameras import service as cameras
from qorgan.centre.cameras.models import Button, Camera
from qorgan.centre.inspections import schemas as wire
from qorgan.centre.inspections.models import Inspection, InspectionPhoto
from qorgan.centre.pictures.drawing import Drawing
from qorgan.centre.plans import service as plans
from qorgan.centre.plans.models import Plan
from qorgan.centre.remarks import reading as remarks
from qorgan.centre.remarks import schemas as remark_wire
from qorgan.centre.remarks import service as remark_service
from qorgan.centre.remarks.models import Remark
from qorgan.centre.schools.models import School
from qorgan.centre.wire import Name, Person, page_of
from qorgan.domain import inspections as rules
from qorgan.domain import remarks as remark_rules
from qorgan.domain.access import Actor, Body, Right
from qorgan.domain.inspections import InspectionAnswer, InspectionItemKind
from qorgan.domain.remarks import TargetKind
from qorgan.kernel.errors import Conflict, NotFound

MAX_GOING_ON = 50  # unfinished ones of one person
OPEN_REMARKS = 500  # of one school, in what a telephone takes along
_TARGETS = {InspectionItemKind.CAMERA: TargetKind.CAMERA, InspectionItemKind.ZONE: TargetKind.ZONE}


# --- what a telephone takes along ----------------------------------------------------------------------------------


@transaction.atomic
def pack(actor: Actor, school_id: UUID) -> wire.InspectionPack:
    """Everything for a visit without a network; a line in the inspector's audit. Raises `NotFound`, `Forbidden`."""
    actor.require(Right.REMARKS_WRITE)
    body = remark_service.require_body(actor)
    school = _school(actor, school_id)
    standing = Remark.objects.visible_to(actor).filter(school=school).exclude(state__in=remark_rules.ENDED)
    rows = list(standing.whole().order_by("-changed_at", "-pk")[:OPEN_REMARKS])
    buttons = Button.objects.filter(school=school, present=True).order_by("key")
    access.audit(User.objects.get(pk=actor.user), "inspection.packed", {"school": str(school.pk)})
    return wire.InspectionPack(
        at=timezone.now(),
        school=wire.PackSchool(
            id=school.pk, name=Name.of(school.name), address=Name.of(school.address), lat=school.lat, lon=school.lon
        ),
        body=body,
        cameras=cameras.of_school(actor, school.pk).items,
        buttons=[wire.PackButton(key=button.key, name=Name.of(button.name)) for button in buttons],
        plans=plans.of_school(actor, school.pk).items,
        remarks=remarks.on_the_wire(actor, rows),
    )


def _school(actor: Actor, school_id: UUID) -> School:
    school = School.objects.visible_to(actor).filter(pk=school_id).first()
    if school is None:
        raise NotFound("there is no such school in your territory")
    return school


# --- what it sends -------------------------------------------------------------------------------------------------


@transaction.atomic
def put(actor: Actor, inspection_id: UUID, wish: wire.InspectionWish) -> wire.Inspection:
    """The whole inspection, as often as the network makes it. With its end each `remark` becomes a draft, once.

    Raises `NotFound`, `Invalid` (`inspection.…`), `Conflict` (`inspection.finished`, `inspection.too_many`).
    """
    actor.require(Right.REMARKS_WRITE)
    body = remark_service.require_body(actor)
    User.objects.select_for_update().get(pk=actor.user)  # two uploads of one telephone: the second finds the first's
    row = Inspection.objects.filter(pk=inspection_id).first()
    if row is not None and row.author_id != actor.user:
        raise NotFound("there is no such inspection of yours")
    digest = hashlib.sha256(wish.model_dump_json().encode()).hexdigest()
    if row is not None and row.digest == digest:
        return _one(actor, row)
    if row is not None and row.finished_at is not None:
        raise Conflict("this inspection is finished and signed: begin another one", code="inspection.finished")
    school = _school(actor, wish.school)
    if row is None:
        _require_room(actor, wish)
        row = Inspection(pk=inspection_id, author_id=actor.user)
    _require_fit(school, wish)
    _fill(row, school, body, wish, digest)
    row.save()
    if row.finished_at is not None:
        _draft_remarks(actor, row, wish)
        said: dict[str, object] = {"inspection": str(row.pk), "school": str(school.pk), "digest": digest}
        access.audit(User.objects.get(pk=actor.user), "inspection.finished", said)
    return _one(actor, row)


def _require_room(actor: Actor, wish: wire.InspectionWish) -> None:
    going_on = Inspection.objects.filter(author=actor.user, finished_at=None).count()
    if wish.finished_at is None and going_on >= MAX_GOING_ON:
        raise Conflict("finish some of your inspections first", code="inspection.too_many")


def _require_fit(school: School, wish: wire.InspectionWish) -> None:
    items = tuple(_item_of(item) for item in wish.items)
    signature = wish.signature
    rules.require_fit(
        rules.Inspection(
            started_at=wish.started_at,
            finished_at=wish.finished_at,
            items=items,
            signed_by=signature.name if signature else "",
            strokes=signature.strokes if signature else "",
        ),
        timezone.now(),
        cameras=set(Camera.objects.filter(school=school).values_list("pk", flat=True)),
        plans=set(Plan.objects.filter(school=school).values_list("pk", flat=True)),
    )


def _item_of(item: wire.InspectionItemWish) -> rules.Item:
    return rules.Item(
        key=item.key,
        kind=item.kind,
        answer=item.answer,
        camera=item.camera,
        plan=item.plan,
        zone=item.zone,
        label=item.label,
        text=item.text,
        category=item.category,
        photos=tuple(item.photos),
    )


def _fill(row: Inspection, school: School, body: Body, wish: wire.InspectionWish, digest: str) -> None:
    row.school, row.body, row.digest = school, body.value, digest
    row.started_at, row.finished_at, row.received_at = wish.started_at, wish.finished_at, timezone.now()
    row.place = wish.place.model_dump() if wish.place else None
    row.items = [_clean(item) for item in wish.items]
    row.signature = None
    if wish.signature is not None and wish.finished_at is not None:
        name = clean.text(wish.signature.name, rules.MAX_NAME)
        row.signature = {"name": name, "strokes": wish.signature.strokes}


def _clean(item: wire.InspectionItemWish) -> dict[str, object]:
    """Without NUL, which PostgreSQL's JSON cannot store."""
    said: dict[str, object] = item.model_dump(mode="json")
    return {name: value.replace("\0", "") if isinstance(value, str) else value for name, value in said.items()}


def _draft_remarks(actor: Actor, row: Inspection, wish: wire.InspectionWish) -> None:
    """Each item with the answer `remark` becomes a draft of the inspector, with its photos.

    A plan or zone that was taken away while the telephone had no network leaves a remark on the school.
    """
    for item in wish.items:
        if item.answer is not InspectionAnswer.REMARK:
            continue
        try:
            with transaction.atomic():
                _draft_remark(actor, row, item)
        except NotFound:
            _draft_remark(actor, row, item, of_school=True)


def _draft_remark(actor: Actor, row: Inspection, item: wire.InspectionItemWish, *, of_school: bool = False) -> None:
    kind = _TARGETS.get(item.kind, TargetKind.PLAN if item.plan else TargetKind.SCHOOL)
    if of_school:
        kind = TargetKind.CAMERA if item.camera else TargetKind.SCHOOL
    target = remark_wire.RemarkTarget(
        kind=kind,
        camera=item.camera,
        plan=None if of_school else item.plan,
        zone=item.zone if kind is TargetKind.ZONE else None,
    )
    label = item.label if kind in (TargetKind.SCHOOL, TargetKind.PLAN) else ""
    text = f"{label}: {item.text}" if label else item.text
    new = remark_wire.NewRemark(school=row.school_id, target=target, category=item.category, text=text)
    remark_service.draft(actor, new, inspection=row.pk, item=item.key, photos=list(item.photos))


# --- photos --------------------------------------------------------------------------------------------------------


def photo_is_wanted(actor: Actor, inspection_id: UUID, source: str) -> bool:
    """Whether this photo has not come yet. Raises `NotFound` for one that no inspection of the actor names."""
    actor.require(Right.REMARKS_WRITE)
    row = Inspection.objects.filter(pk=inspection_id, author=actor.user).first()
    if row is None or source not in _named(row):
        raise NotFound("no inspection of yours names this photo", code="inspection.photo")
    return not InspectionPhoto.objects.filter(inspection=row, source=source).exists()


@transaction.atomic
def keep_photo(actor: Actor, inspection_id: UUID, source: str, drawing: Drawing) -> None:
    """A photo that was drawn anew; the same one again changes nothing. Raises as `photo_is_wanted`."""
    photo_is_wanted(actor, inspection_id, source)
    said = {"content": drawing.content, "mime": drawing.mime, "width": drawing.width, "height": drawing.height}
    InspectionPhoto.objects.get_or_create(
        inspection_id=inspection_id,
        source=source,
        defaults={**said, "digest": drawing.digest, "at": timezone.now()},
    )


@transaction.atomic
def look(actor: Actor, inspection_id: UUID, source: str) -> InspectionPhoto:
    """The photo, and a line in the audit of whoever looks. For those who may see recordings: children may be on it.

    Raises `NotFound`, `Forbidden`.
    """
    actor.require(Right.ARCHIVE_VIEW)
    rows = InspectionPhoto.objects.filter(inspection__in=Inspection.objects.visible_to(actor))
    row = rows.filter(inspection=inspection_id, source=source).first()
    if row is None:
        raise NotFound("there is no such photo in your territory")
    said: dict[str, object] = {"inspection": str(inspection_id), "photo": source}
    access.audit(User.objects.get(pk=actor.user), "inspection.looked", said)
    return row


def _named(row: Inspection) -> set[str]:
    return {photo for item in row.items for photo in item["photos"]}


# --- reading -------------------------------------------------------------------------------------------------------


def listed(
    actor: Actor, *, school: UUID | None, words: str, mine: bool, cursor: str | None, limit: int
) -> wire.InspectionPage:
    rows = Inspection.objects.visible_to(actor).select_related("school", "author")
    if school is not None:
        rows = rows.filter(school=school)
    if words := clean.text(words, 200).strip():
        rows = rows.filter(school__in=School.objects.saying(words))
    if mine:
        rows = rows.filter(author=actor.user)
    found, following = page_of(rows, newest_by="started_at", cursor=cursor, limit=limit)
    items = [_item(row, set(_named(row)) - _came(row), []) for row in found]
    return wire.InspectionPage(items=items, next=following)


def get(actor: Actor, inspection_id: UUID) -> wire.Inspection:
    """Raises `NotFound`."""
    rows = Inspection.objects.visible_to(actor).select_related("school", "author")
    row = rows.filter(pk=inspection_id).first()
    if row is None:
        raise NotFound("there is no such inspection in your territory")
    return _one(actor, row)


def _one(actor: Actor, row: Inspection) -> wire.Inspection:
    came = _came(row)
    drafts = Remark.objects.visible_to(actor).filter(inspection=row.pk)
    remarks_of = dict(drafts.values_list("item", "pk"))
    items = [_shown(row, wire.InspectionItemWish.model_validate(item), came, remarks_of) for item in row.items]
    return _item(row, _named(row) - came, items)


def _came(row: Inspection) -> set[str]:
    return set(InspectionPhoto.objects.filter(inspection=row.pk).values_list("source", flat=True))


def _shown(
    row: Inspection, item: wire.InspectionItemWish, came: set[str], remarks_of: Mapping[str, UUID]
) -> wire.InspectionItem:
    photos = [
        wire.InspectionPhoto(digest=photo, image=f"/api/inspections/{row.pk}/photos/{photo}" if photo in came else None)
        for photo in item.photos
    ]
    said = item.model_dump(exclude={"photos"})
    return wire.InspectionItem(**said, photos=photos, remark=remarks_of.get(item.key))


def _item(row: Inspection, missing: set[str], items: list[wire.InspectionItem]) -> wire.Inspection:
    answers = [item["answer"] for item in row.items]
    counts = {answer.value: answers.count(answer.value) for answer in InspectionAnswer}
    return wire.Inspection(
        id=row.pk,
        school=row.school_id,
        school_name=Name.of(row.school.name),
        by=Person(id=row.author_id, name=row.author.name),
        body=Body(row.body),
        started_at=row.started_at,
        finished_at=row.finished_at,
        received_at=row.received_at,
        place=wire.InspectionPlace.model_validate(row.place) if row.place else None,
        counts=wire.InspectionCounts(**counts),
        items=items,
        signature=wire.InspectionSignature.model_validate(row.signature) if row.signature else None,
        missing=sorted(missing),
    )
