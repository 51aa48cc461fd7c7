"""Use cases of `cameras`: reading, and taking in what a school's node says of its own."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import transaction

from qorgan.centre import clean
from qorgan.centre.cameras.events import cameras_changed
from qorgan.centre.cameras.models import Button, Camera
from qorgan.centre.cameras.schemas import Camera as CameraOnTheWire
from qorgan.centre.cameras.schemas import CameraList, PictureFault, PictureNow, Stream
from qorgan.centre.schools.models import School
from qorgan.centre.wire import Name
from qorgan.domain.access import Actor
from qorgan.domain.cameras import CameraReason, CameraState, StreamName
from qorgan.domain.places import LocalText
from qorgan.kernel.clock import EPOCH
from qorgan.kernel.errors import NotFound
from qorgan.kernel.ids import is_key
from qorgan.protocols.link.messages import CameraHealth, Inventory, PictureResult, StreamHealth

MAX_NAME = 200
_MEASURED = ("keyframe_every_s", "loss", "jitter_s", "clock_offset_s")
MAX_AT_A_SCHOOL = 500  # cameras, and buttons; beyond it an inventory is cut


def of_school(actor: Actor, school_id: UUID) -> CameraList:
    """Raises `NotFound` for a school that the actor may not see."""
    if not School.objects.visible_to(actor).filter(pk=school_id).exists():
        raise NotFound("there is no such school in your territory")
    rows = Camera.objects.visible_to(actor).filter(school=school_id, present=True).select_related("school__node")
    return CameraList(items=[on_the_wire(row) for row in rows.order_by("position", "key")], next=None)


def get(actor: Actor, camera_id: UUID) -> CameraOnTheWire:
    """Raises `NotFound` for a camera that the actor may not see, as for one that is not there."""
    row = Camera.objects.visible_to(actor).select_related("school__node").filter(pk=camera_id).first()
    if row is None:
        raise NotFound("there is no such camera in your territory")
    return on_the_wire(row)


def on_the_wire(row: Camera) -> CameraOnTheWire:
    """A row read with `school__node`. A silent node makes every stream unknown: we never show what we do not know."""
    node = getattr(row.school, "node", None)
    heard = node is not None and node.state == "online"
    return CameraOnTheWire(
        id=row.pk,
        school=row.school_id,
        key=row.key,
        name=Name.of(row.name),
        zone=row.zone,
        has_sub=row.has_sub,
        present=row.present,
        streams=[_stream(said, heard) for said in row.streams] if row.present else [],
        onvif=row.onvif if row.present and heard else "",
        clock_offset_s=row.clock_offset_s if row.present and heard else None,
        picture=_picture(row.picture, heard) if row.present else None,
    )


def _picture(said: dict[str, Any] | None, heard: bool) -> PictureNow | None:
    """None for a camera that nothing was ever said of."""
    if said is None:
        return None
    known = heard and said["verdict"] in ("ok", "suspect", "bad")
    faults = [
        PictureFault(fault=one["fault"], verdict=one["verdict"], since=datetime.fromisoformat(one["since"]))
        for one in said.get("found", ())
    ]
    return PictureNow(
        verdict=said["verdict"] if known else "unknown",
        at=datetime.fromisoformat(said["at"]),
        faults=faults if heard else [],
    )


def _stream(said: dict[str, Any], heard: bool) -> Stream:
    health = msgspec.convert(said, StreamHealth)
    state = CameraState(health.state) if heard else CameraState.UNKNOWN
    reason = CameraReason(health.reason) if heard else CameraReason.NODE_SILENT
    return Stream(
        stream=StreamName(health.stream),
        state=state,
        reason=reason,
        since=health.since,
        codec=health.codec,
        width=health.width,
        height=health.height,
        frames_per_s=health.frames_per_s,
        bits_per_s=health.bits_per_s,
        audio=health.audio,
    )


@transaction.atomic
def take_inventory(school: School, inventory: Inventory) -> None:
    """What stands at the school now. What is missing from it is marked absent and keeps its history."""
    told = [camera for camera in inventory.cameras if is_key(camera.key)][:MAX_AT_A_SCHOOL]
    known = {camera.key: camera for camera in Camera.objects.filter(school=school)}
    changed: list[Camera] = []
    for position, info in enumerate(told):
        camera = known.pop(info.key, None) or Camera(school=school, key=info.key)
        before = _inventoried(camera) if not camera._state.adding else None
        _name(camera, info.name)
        camera.zone, camera.has_sub = clean.text(info.zone, 40), info.has_sub
        camera.present, camera.position = True, position
        if _inventoried(camera) != before:
            camera.save()
            changed.append(camera)
    for camera in known.values():
        if camera.present:
            camera.present = False
            camera.save()
            changed.append(camera)
    _take_buttons(school, inventory)
    if changed:
        cameras_changed(school, changed)


def _inventoried(camera: Camera) -> tuple[object, ...]:
    return (*_names(camera), camera.zone, camera.has_sub, camera.present, camera.position)


def _names(row: Camera | Button) -> tuple[str, str, str]:
    return row.name_kk, row.name_ru, row.name_en


def _name(row: Camera | Button, text: LocalText) -> None:
    row.name_kk, row.name_ru, row.name_en = clean.local(text, MAX_NAME, otherwise=row.key)


def _take_buttons(school: School, inventory: Inventory) -> None:
    told = [button for button in inventory.buttons if is_key(button.key)][:MAX_AT_A_SCHOOL]
    known = {button.key: button for button in Button.objects.filter(school=school)}
    for info in told:
        button = known.pop(info.key, None) or Button(school=school, key=info.key)
        _name(button, info.place)
        button.camera_keys, button.present = clean.keys(info.cameras, MAX_AT_A_SCHOOL), True
        button.save()
    Button.objects.filter(pk__in=[button.pk for button in known.values()]).update(present=False)


@transaction.atomic
def take_change(school: School, key: str, health: StreamHealth, at: datetime) -> None:
    """One stream went from one state to another. News older than what is known changes nothing."""
    camera = Camera.objects.filter(school=school, key=key).first()
    if camera is None or (camera.health_at is not None and at < camera.health_at):
        return
    others = [said for said in camera.streams if said["stream"] != health.stream]
    if _put(camera, [*others, *_known([health])], at):
        cameras_changed(school, [camera])


@transaction.atomic
def take_health(school: School, healths: Iterable[CameraHealth], at: datetime) -> None:
    """How all streams do, from a pulse."""
    known = {camera.key: camera for camera in Camera.objects.filter(school=school)}
    changed = []
    for health in healths:
        camera = known.get(health.key)
        if camera is None or (camera.health_at is not None and at < camera.health_at):
            continue
        of_onvif = _put_onvif(camera, health)
        if _put(camera, _known(health.streams), at) or of_onvif:
            changed.append(camera)
    if changed:
        cameras_changed(school, changed)


@transaction.atomic
def take_picture(school: School, result: PictureResult, found: Sequence[dict[str, Any]] = ()) -> None:
    """What the analyst saw last. `found` is made fit to be stored by `quality`. Older results change nothing."""
    camera = Camera.objects.filter(school=school, key=result.camera).first()
    at = clean.moment(result.at, otherwise=EPOCH)
    if camera is None or (camera.picture and datetime.fromisoformat(camera.picture["at"]) > at):
        return
    camera.picture = {
        "at": at.isoformat(),
        "verdict": clean.text(result.verdict, 20),
        "faults": [clean.text(fault, 40) for fault in result.faults[:20]],
        "measures": {clean.text(name, 40): clean.number(value) for name, value in list(result.measures.items())[:50]},
        "found": [{name: one[name] for name in ("fault", "verdict", "since")} for one in found],
    }
    camera.save(update_fields=("picture",))


def _known(healths: Iterable[StreamHealth]) -> list[dict[str, Any]]:
    """As stored: streams we know, states and reasons we know, else `unknown` (a newer node may have more words)."""
    kept = {}
    for health in healths:
        if health.stream not in StreamName._value2member_map_:
            continue
        state = health.state if health.state in CameraState._value2member_map_ else CameraState.UNKNOWN.value
        reason = health.reason if health.reason in CameraReason._value2member_map_ else CameraReason.NONE.value
        kept[health.stream] = {
            "stream": health.stream,
            "state": state,
            "reason": reason,
            "since": clean.moment(health.since, otherwise=EPOCH).isoformat() if health.since else None,
            "codec": clean.text(health.codec, 40),
            "width": clean.count(health.width),
            "height": clean.count(health.height),
            "frames_per_s": clean.number(health.frames_per_s),
            "bits_per_s": clean.number(health.bits_per_s),
            "audio": clean.text(health.audio, 20),
            "measured": {name: clean.number(health.measured[name]) for name in _MEASURED if name in health.measured},
        }
    return [kept[name] for name in sorted(kept)]


def _put_onvif(camera: Camera, health: CameraHealth) -> bool:
    """Whether anything changed that people would see: a clock drifts by milliseconds all the time."""
    told = None if health.clock_offset_s is None else round(clean.number(health.clock_offset_s), 1)
    before = camera.onvif, camera.clock_offset_s
    camera.onvif, camera.clock_offset_s = clean.text(health.onvif, 60), told
    if before == (camera.onvif, told):
        return False
    camera.save(update_fields=("onvif", "clock_offset_s"))
    return True


def _put(camera: Camera, streams: list[dict[str, Any]], at: datetime) -> bool:
    """Whether anything changed."""
    streams = sorted(streams, key=lambda said: str(said["stream"]))
    camera.health_at = at
    if streams == camera.streams:
        camera.save(update_fields=("health_at",))
        return False
    camera.streams = streams
    main = next((said for said in streams if said["stream"] == StreamName.MAIN), None)
    camera.state = str(main["state"]) if main else CameraState.UNKNOWN.value
    camera.save(update_fields=("streams", "state", "health_at"))
    return True
