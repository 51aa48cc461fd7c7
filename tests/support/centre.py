"""Builders of a centre's rows and of what schools send: each says only what matters to the test."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils import timezone

from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.alarms import raising
from qorgan.centre.alarms.models import Alarm, Unit
from qorgan.centre.cameras.models import Camera
from qorgan.centre.frames import service as frames
from qorgan.centre.frames.schemas import Frame as FrameOnTheWire
from qorgan.centre.nodes.models import Node
from qorgan.centre.pictures.drawing import Drawing
from qorgan.centre.schools.models import School
from qorgan.centre.territory.models import District, OperationsCentre, Region
from qorgan.domain.access import Actor, Role, Scope
from qorgan.domain.cameras import StreamName
from qorgan.domain.places import LocalText
from qorgan.kernel.ids import SiteId, uuid7
from qorgan.protocols.link.messages import AlarmRaised, Envelope, Message, encode, envelop

PASSWORD = "correct-horse-battery"
KOSTANAY, ASTANA = "KZ39", "KZ71"
CITY, RUDNY, ESIL = "KZ391000", "KZ392400", "KZ711210"


def a_country() -> None:
    """Two regions, three districts."""
    for code, name in ((KOSTANAY, "Қостанай"), (ASTANA, "Астана")):
        Region.objects.get_or_create(code=code, defaults={"name_kk": name, "kato": "0"})
    for code, region in ((CITY, KOSTANAY), (RUDNY, KOSTANAY), (ESIL, ASTANA)):
        District.objects.get_or_create(code=code, defaults={"name_kk": code, "region_id": region, "kato": "0"})


def a_centre(*, regions: Iterable[str] = (KOSTANAY,), districts: Iterable[str] = ()) -> OperationsCentre:
    centre = OperationsCentre.objects.create(name_kk="Қостанай ЖБО", name_ru="ЦОУ Костанай", name_en="Qostanai OC")
    centre.regions.set(Region.objects.filter(pk__in=list(regions)))
    centre.districts.set(District.objects.filter(pk__in=list(districts)))
    return centre


def a_school(site: str = "kst-012", *, district: str = CITY, online: bool = True) -> School:
    school = School.objects.create(
        site=site,
        kind=School.Kind.SCHOOL,
        name_kk=f"{site} мектебі",
        name_ru=f"Школа {site}",
        name_en=f"School {site}",
        address_kk="Абай даңғылы, 12",
        head_name="Айгүл Сәрсенова",
        phone="+7 000 000 00 00",
        district_id=district,
        lat=53.2,
        lon=63.6,
    )
    if online:
        Node.objects.create(school=school, state=Node.State.ONLINE, last_pulse_at=timezone.now())
    return school


def a_camera(school: School, key: str = "hall", *, state: str = "live") -> Camera:
    streams = [_stream("main", state), _stream("sub", state)]
    return Camera.objects.create(school=school, key=key, name_kk="Фойе", state=state, streams=streams)


def _stream(name: str, state: str) -> dict[str, Any]:
    return {
        "stream": name,
        "state": state,
        "reason": "none",
        "since": "2026-11-22T04:00:00+00:00",
        "codec": "avc1.640028",
        "width": 1920,
        "height": 1080,
        "frames_per_s": 25.0,
        "bits_per_s": 4e6,
    }


def a_person(role: Role, email: str | None = None, **place: Any) -> User:
    name = f"{role} {email or ''}".strip()
    return access.create_person(
        email=email or f"{role}-{uuid7()}@qorgan.test", name=name, password=PASSWORD, role=role, **place
    )


def an_actor(role: Role, **place: Any) -> Actor:
    return access.actor_for(a_person(role, **place))


def an_officer(centre: OperationsCentre) -> Actor:
    return an_actor(Role.DUTY_OFFICER, centre=centre)


def a_frame(camera: Camera, by: User, content: bytes = b"RIFF....WEBP") -> FrameOnTheWire:
    """As the gateway has it kept, once the school has sent it."""
    drawing = Drawing(content=content, mime="image/webp", width=1_920, height=1_080)
    said = {"stream": StreamName.MAIN, "purpose": "inspection", "taken_at": datetime.now(UTC), "watch": uuid7()}
    # Whoever keeps it saw it, wherever they are now.
    everywhere = replace(access.actor_for(by), scope=Scope(everywhere=True))
    return frames.keep(everywhere, camera.pk, drawing=drawing, **said)


def a_unit(centre: OperationsCentre, name: str = "101-жасақ") -> Unit:
    return Unit.objects.create(centre=centre, name_kk=name)


def an_alarm(school: School, **said: Any) -> Alarm:
    """As intake stores it."""
    message = alarm_raised(**said)
    assert raising.store([raising.Raised(school.located, message)], timezone.now()) == [None]
    return Alarm.objects.get(pk=message.alarm)


def alarm_raised(**said: Any) -> AlarmRaised:
    place = LocalText(kk="Фойе, 1-қабат", ru="Фойе, 1 этаж", en="Entrance hall, floor 1")
    known: dict[str, Any] = {
        "alarm": uuid7(),
        "button": "hall",
        "place": place,
        "pressed_at": datetime.now(UTC),
        "cameras": ("hall",),
    }
    return AlarmRaised(**(known | said))


def letter(body: Message, *, site: str = "kst-012", seq: int = 1, id: UUID | None = None) -> Envelope:
    """A body in its envelope."""
    return envelop(body, id=id or uuid7(), site=SiteId(site), seq=seq, sent_at=datetime.now(UTC))


def strange_letter(*, site: str = "kst-012", seq: int = 1, type: str = "weather.changed") -> Envelope:
    """A message of a type that this software does not know."""
    body = msgspec.Raw(encode({"snow": True}))
    return Envelope(id=uuid7(), site=site, seq=seq, sent_at=datetime.now(UTC), type=type, body=body)
