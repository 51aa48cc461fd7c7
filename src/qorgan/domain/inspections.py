"""Inspection on site: what an inspector ticks on a telephone without a network, and what of it is taken."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from qorgan.domain.remarks import RemarkCategory
from qorgan.kernel.errors import Invalid

MAX_ITEMS, MAX_KEY, MAX_LABEL, MAX_TEXT, MAX_NAME = 500, 80, 200, 2_000, 200
PHOTOS_OF_ITEM, PHOTOS_OF_ALL = 5, 100
LONGEST = timedelta(days=3)  # from the first tick to the signature
OLDEST = timedelta(days=60)  # a telephone that was in a drawer
SKEW = timedelta(minutes=10)  # of a telephone's clock
STROKES_MAX, STROKES_SIDE = 20_000, 2_000  # characters; the drawing lies in 0…2000 × 0…2000
DIGEST = re.compile(r"[0-9a-f]{64}")
# Strokes of a finger and nothing else of SVG (SVG 2, 9.3): `M x,y` begins one, `L x,y` goes on. Nothing can be read in
# two ways, so that matching takes time in proportion to the length.
_NUMBER = r"[0-9]{1,4}(?:\.[0-9]{1,2})?"
_STROKES = re.compile(rf"M{_NUMBER},{_NUMBER}(?: [ML]{_NUMBER},{_NUMBER})*")
_POINT = re.compile(rf"({_NUMBER}),({_NUMBER})")


class InspectionItemKind(StrEnum):
    CAMERA = "camera"
    ZONE = "zone"
    BUTTON = "button"
    EXIT = "exit"
    OTHER = "other"


class InspectionAnswer(StrEnum):
    OK = "ok"
    REMARK = "remark"
    NOT_SEEN = "not_seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing of the list. `photos` are SHA-256 of the files as the telephone sends them."""

    key: str
    kind: InspectionItemKind
    answer: InspectionAnswer
    camera: UUID | None = None
    plan: UUID | None = None
    zone: str = ""
    label: str = ""
    text: str = ""
    category: RemarkCategory = RemarkCategory.OTHER
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a telephone sends. Not signed: it goes on."""

    started_at: datetime
    finished_at: datetime | None = None
    items: tuple[Item, ...] = field(default=())
    signed_by: str = ""
    strokes: str = ""


def require_fit(inspection: Inspection, now: datetime, *, cameras: Collection[UUID], plans: Collection[UUID]) -> None:
    """`cameras` and `plans` are the school's. Raises `Invalid` with a code `inspection.…` that says what to do."""
    _require_times(inspection, now)
    if len(inspection.items) > MAX_ITEMS:
        raise Invalid(f"an inspection has at most {MAX_ITEMS} things", code="inspection.items_too_many")
    keys = [item.key for item in inspection.items]
    if len(set(keys)) != len(keys):
        raise Invalid("two things of the list have one key", code="inspection.item_twice")
    for item in inspection.items:
        _require_item(item, cameras, plans)
    if sum(len(item.photos) for item in inspection.items) > PHOTOS_OF_ALL:
        raise Invalid(f"an inspection has at most {PHOTOS_OF_ALL} photos", code="inspection.photos_too_many")
    if inspection.finished_at is not None:
        _require_signature(inspection)


def _require_times(inspection: Inspection, now: datetime) -> None:
    started, finished = inspection.started_at, inspection.finished_at
    if not now - OLDEST <= started <= now + SKEW:
        raise Invalid("the inspection began in the future, or too long ago: look at the clock", code="inspection.time")
    if finished is not None and not (started <= finished <= min(now + SKEW, started + LONGEST)):
        raise Invalid("the inspection ends after it began, within three days", code="inspection.time")


def _require_item(item: Item, cameras: Collection[UUID], plans: Collection[UUID]) -> None:
    if not item.key.strip() or not item.key.isprintable():
        raise Invalid("each thing of the list has a key", code="inspection.item")
    if item.kind is InspectionItemKind.CAMERA and item.camera not in cameras:
        raise Invalid(f"the school has no such camera: {item.key}", code="inspection.target")
    if item.plan is not None and item.plan not in plans:
        raise Invalid(f"the school has no such plan: {item.key}", code="inspection.target")
    if item.kind is InspectionItemKind.ZONE and not (item.plan and item.zone):
        raise Invalid(f"a zone lies on a plan: {item.key}", code="inspection.target")
    if item.kind is not InspectionItemKind.CAMERA and item.camera is not None:
        raise Invalid(f"only a camera names a camera: {item.key}", code="inspection.target")
    if item.answer is InspectionAnswer.REMARK and not item.text.strip():
        raise Invalid(f"say what is wrong with {item.label or item.key}", code="inspection.text")
    if len(item.photos) > PHOTOS_OF_ITEM or not all(DIGEST.fullmatch(photo) for photo in item.photos):
        raise Invalid(f"at most {PHOTOS_OF_ITEM} photos, by their SHA-256", code="inspection.photo")


def _require_signature(inspection: Inspection) -> None:
    if not inspection.signed_by.strip() or not inspection.strokes:
        raise Invalid("an inspection that is finished is signed: name and drawing", code="inspection.unsigned")
    require_strokes(inspection.strokes)


def require_strokes(text: str) -> None:
    """Whether a drawing is strokes of a finger: `M12,7 L13.5,9 L14,12 M40,3`. Raises `Invalid`."""
    if len(text) > STROKES_MAX or _STROKES.fullmatch(text) is None:
        raise Invalid("a signature is strokes: M x,y, then L x,y", code="inspection.strokes")
    if any(float(side) > STROKES_SIDE for point in _POINT.finditer(text) for side in point.groups()):
        raise Invalid(f"a signature lies within {STROKES_SIDE} by {STROKES_SIDE}", code="inspection.strokes")


def photos_of(items: Sequence[Item]) -> frozenset[str]:
    """Every photo that is named."""
    return frozenset(photo for item in items for photo in item.photos)
