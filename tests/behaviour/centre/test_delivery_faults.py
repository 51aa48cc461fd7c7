"""How streams come is judged beside what they show: on the wall, in a camera's history, and told to who asked."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from tests.behaviour.centre.conftest import Desk, Town
from tests.support import centre as a

from qorgan.centre.nodes import service as nodes
from qorgan.centre.nodes.board import News
from qorgan.centre.notices.models import Delivery, Subscription
from qorgan.centre.quality import events, service, words
from qorgan.centre.quality.models import FaultSpell
from qorgan.domain.access import Role
from qorgan.domain.quality.delivery import DeliveryFault
from qorgan.domain.quality.faults import Fault
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.messages import CameraHealth, FaultFound, PictureResult, Pulse, StreamHealth

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
MEASURED = {"keyframe_every_s": 6.0, "loss": 0.03, "jitter_s": 0.1, "clock_offset_s": -4.0, "of_a_newer_node": 1.0}


def a_stream(name: str = "main", state: str = "live", **delivery: float) -> StreamHealth:
    return StreamHealth(
        stream=name,
        state=state,
        codec="avc1.64",
        width=1920,
        height=1080,
        frames_per_s=8.0,
        bits_per_s=2e6,
        measured=MEASURED,
        delivery=delivery,
    )


def heard(town: Town, minute: float, *streams: StreamHealth) -> None:
    """A pulse of №12, so many minutes from now."""
    at = NOW + timedelta(minutes=minute)
    cameras = (CameraHealth(key="hall", streams=streams),)
    pulse = Pulse(at=at, started_at=at, cameras=cameras)
    nodes.record([News(site=SiteId(town.school.site), online=True, heard_at=NOW, pulse=pulse, cameras=cameras)])


def seen(town: Town, minute: int, verdict: str, *faults: str, key: str = "hall") -> None:
    """What the analyst of №12 says of a picture."""
    at = NOW + timedelta(minutes=minute)
    found = tuple(FaultFound(fault=one, verdict="bad", since=at, last_seen=at, score=1.5) for one in faults)
    service.take(town.school, PictureResult(camera=key, at=at, verdict=verdict, found=found, knows=True), at)


def subscribe(who: Desk, language: str = "ru", **more: Any) -> Subscription:
    said = {"channel": "email", "address": "a@b.kz", "events": ["quality.*"], "everywhere": True}
    return Subscription.objects.create(name="q", owner=who.user, language=language, **(said | more))


def test_a_stream_that_comes_badly_is_on_the_wall_and_in_the_history_until_it_comes_well(
    town: Town, officer: Desk
) -> None:
    seen(town, -60, "ok")
    heard(town, -50, a_stream(few_frames=1.5, made_up=9.0), a_stream("sub", few_frames=2.0, loss=3.0))
    heard(town, -49, a_stream(few_frames=4.0), a_stream("sub", few_frames=2.0, loss=3.0))
    heard(town, -30, a_stream(few_frames=1.2), a_stream("sub", "failed"))

    page = officer.get("/quality/cameras", fault="few_frames", verdict="bad").json()
    (line,) = page["items"]
    assert {(one["stream"], one["fault"]) for one in line["faults"]} == {
        ("main", "few_frames"), ("sub", "few_frames"), ("sub", "loss"),
    }  # fmt: skip
    assert datetime.fromisoformat(line["since"]) == NOW - timedelta(minutes=50)
    assert page["counts"] == {"bad": 1, "suspect": 0, "unknown": 0, "ok": 0}
    assert {"fault": "few_frames", "cameras": 1} in page["faults"], "a camera counts once"
    districts = {one["district"]["code"]: one for one in officer.get("/quality/districts").json()["items"]}
    standing = districts[town.school.district_id]
    assert (standing["clean"], standing["counts"]["bad"]) == (0, 1)

    told = officer.get(f"/cameras/{town.hall.pk}/quality").json()
    main, sub = told["streams"]
    assert (main["live"], main["loss"], main["keyframe_every_s"], main["clock_offset_s"]) == (True, 0.03, 6.0, -4.0)
    assert (sub["live"], sub["loss"], sub["codec"]) == (False, None, "")
    spells = {(one["stream"], one["fault"]): one for one in told["spells"]}
    assert (spells["main", "few_frames"]["told"], spells["main", "few_frames"]["score"]) == (2, 1.5)
    assert spells["sub", "loss"]["closed_at"] is None, "of a stream that does not come nobody knows"

    seen(town, -25, "ok")  # what the picture shows says nothing of how it comes
    heard(town, -20, a_stream(), a_stream("sub"))
    heard(town, -40, a_stream(loss=5.0))  # older news
    assert not FaultSpell.objects.filter(closed_at=None).exists()
    (line,) = officer.get("/quality/cameras").json()["items"]
    assert (line["verdict"], line["faults"]) == ("ok", [])


def test_whoever_asked_hears_of_a_new_fault_once_and_of_a_fluttering_one_not_again(town: Town, officer: Desk) -> None:
    subscribe(officer)
    subscribe(officer, "kk", channel="webhook", address="https://b.kz/")
    subscribe(Desk(officer.client, a.a_person(Role.HEAD, school=town.far)))  # of another place
    for minute in (-40, -30):
        seen(town, minute, "bad", "moved")
    seen(town, -20, "ok")
    seen(town, -10, "bad", "moved")  # again, and soon
    for minute in (-9, -8):
        heard(town, minute, a_stream(loss=2.0))

    told = {(one.subject, one.event) for one in Delivery.objects.all()}
    school, hall = town.school.name, town.hall.name
    assert told == {
        (f"Неисправность камеры: {school.in_language('ru')}, {hall.in_language('ru')}, сдвинута", "quality.opened"),
        (f"Камера ақауы: {school.kk}, {hall.kk}, бұрылып кеткен", "quality.opened"),
        (
            f"Неисправность камеры: {school.in_language('ru')}, {hall.in_language('ru')}, "
            "потери пакетов (основной поток)",
            "quality.opened",
        ),
        (f"Камера ақауы: {school.kk}, {hall.kk}, дестелер жоғалады (негізгі ағын)", "quality.opened"),
    }
    assert Delivery.objects.count() == len(told), "what comes and goes is told once"
    said = json.loads(Delivery.objects.filter(subscription__channel="webhook").latest("pk").body)["quality"]
    assert (said["camera"], said["fault"], said["stream"]) == (str(town.hall.pk), "loss", "main")


def test_one_school_fills_nobodys_mailbox(town: Town, officer: Desk) -> None:
    subscribe(officer)
    for number in range(events.TOLD_A_DAY // 10 + 2):
        a.a_camera(town.school, key=f"c{number}")
        seen(town, -5, "bad", *(f"strange{one}" for one in range(10)), key=f"c{number}")
    assert FaultSpell.objects.count() > events.TOLD_A_DAY
    assert Delivery.objects.count() == events.TOLD_A_DAY


def test_every_fault_has_its_words_and_the_console_says_the_same() -> None:
    known = {fault.value for fault in (*Fault, *DeliveryFault)}
    assert set(words.FAULTS) == known
    for language in ("kk", "ru", "en"):
        told = json.loads(Path(f"web/src/locales/{language}.json").read_text())["remark"]["measured"]
        assert told["fault"] == {fault: text.in_language(language) for fault, text in words.FAULTS.items()}
        assert told["stream"] == {stream: text.in_language(language) for stream, text in words.STREAMS.items()}
