"""The centre's side of setting up cameras, and what it knows of a school's disks, clocks and faults."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from tests.behaviour.centre.conftest import Town, desk
from tests.support import centre as a

from qorgan.centre import keys
from qorgan.centre.access.models import AuditLine, WatchLine
from qorgan.centre.access.service import actor_for
from qorgan.centre.cameras import service as cameras
from qorgan.centre.cameras import setup
from qorgan.centre.cameras.models import Camera
from qorgan.centre.nodes import service as nodes
from qorgan.centre.nodes.board import News
from qorgan.centre.nodes.models import Node
from qorgan.domain.access import Actor, Role
from qorgan.domain.places import LocalText
from qorgan.kernel.errors import Conflict, Forbidden, NotFound
from qorgan.kernel.ids import SiteId, uuid7
from qorgan.protocols.link import sealing
from qorgan.protocols.link.grants import Action, require_order, verify
from qorgan.protocols.link.messages import (
    CameraHealth,
    CameraInfo,
    DiskHealth,
    Inventory,
    Pulse,
    StorageForecast,
    StreamHealth,
    decode,
)
from qorgan.protocols.link.setup import SEAL_USE, CameraWish

pytestmark = pytest.mark.django_db
PRIVATE = sealing.new_private_key()
PUBLIC = sealing.public_half(PRIVATE)
SITE = SiteId("kst-012")
NAME = LocalText(kk="Қақпа", ru="Ворота", en="Gate")
WISH = CameraWish(address="http://10.0.0.7/onvif", user="a", password="құпия", key="gate", name=NAME)
NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


def an_administrator() -> Actor:
    return actor_for(a.a_person(Role.ADMINISTRATOR))


def node_of(town: Town) -> Node:
    return Node.objects.get(school=town.school)


def test_an_order_is_sealed_for_the_node_and_its_grant_is_for_nothing_else(town: Town) -> None:
    nodes.take_seal_key(town.school, PUBLIC)
    permit = setup.permit(an_administrator(), town.school.pk, WISH)

    grant = verify(permit.grant, keys.grant_key(settings.QORGAN.data), site=SITE, now=timezone.now())
    assert (Action.SETUP, "gate", "setup") == (grant.action, grant.camera, grant.purpose)
    require_order(grant, permit.sealed)
    opened = decode(sealing.unseal(permit.sealed, PRIVATE, site=SITE, use=SEAL_USE), CameraWish)
    assert WISH == opened
    assert not WatchLine.objects.exists()
    assert not Camera.objects.filter(key="gate").exists()


def test_the_picture_of_a_camera_that_is_not_there_yet_is_in_the_ledger(town: Town) -> None:
    nodes.take_seal_key(town.school, PUBLIC)
    administrator = an_administrator()
    permit = setup.permit(
        administrator, town.school.pk, CameraWish(address="http://c/", key="gate", name=NAME, picture=True)
    )

    line = WatchLine.objects.get()
    assert (permit.watch, "setup", "setup", administrator.user) == (
        line.watch,
        line.action,
        line.purpose,
        line.viewer_id,
    )
    camera = Camera.objects.get(key="gate")
    assert (False, "Қақпа") == (camera.present, camera.name_kk)
    cameras.take_inventory(town.school, Inventory(cameras=(CameraInfo(key="gate", name=NAME),), buttons=()))
    assert [(line.camera_id, True)] == list(Camera.objects.filter(key="gate").values_list("pk", "present"))


def test_who_may_not_sets_up_nothing(town: Town) -> None:
    nodes.take_seal_key(town.school, PUBLIC)
    for role, place in ((Role.HEAD, {"school": town.school}), (Role.DUTY_OFFICER, {"centre": town.centre})):
        with pytest.raises(Forbidden):
            setup.permit(actor_for(a.a_person(role, **place)), town.school.pk, WISH)
    with pytest.raises(NotFound):
        setup.permit(an_administrator(), uuid7(), WISH)


def test_a_node_without_a_key_or_with_a_new_one_gets_no_password(town: Town) -> None:
    """The first key is believed; another one has to be accepted by a person, or it could be anybody's."""
    administrator = an_administrator()
    with pytest.raises(Conflict) as old:
        setup.permit(administrator, town.school.pk, WISH)
    assert "setup.old_node" == old.value.code

    other = sealing.public_half(sealing.new_private_key())
    for told in ("", "nonsense", PUBLIC, "", other):
        nodes.take_seal_key(town.school, told)
    assert (PUBLIC, other) == (node_of(town).seal_key, node_of(town).seal_key_offered)
    with pytest.raises(Conflict) as changed:
        setup.permit(administrator, town.school.pk, WISH)
    assert "setup.key_changed" == changed.value.code

    assert nodes.accept_seal_key(node_of(town))
    assert not nodes.accept_seal_key(node_of(town))
    assert other == node_of(town).seal_key
    setup.permit(administrator, town.school.pk, WISH)


def test_what_was_added_is_in_the_audit_and_the_password_is_not(town: Town) -> None:
    administrator = an_administrator()
    setup.write_down(administrator, town.school.pk, "camera.added", WISH)
    line = AuditLine.objects.get(person=administrator.user, action="camera.added")
    assert {"site": "kst-012", "camera": "gate", "host": "10.0.0.7"} == line.data


def forecast(**changes: object) -> StorageForecast:
    usual: dict[str, object] = {
        "disk": "d1", "at": NOW, "min_days": 30.0, "days_kept": 21.5, "bytes_per_day": 10**9, "room_bytes": 10**10,
        "breaks_at": NOW + timedelta(days=9),
    }  # fmt: skip
    return StorageForecast(**(usual | changes))  # type: ignore[arg-type]


def a_pulse(**more: object) -> Pulse:
    return Pulse(at=NOW, started_at=NOW, **more)  # type: ignore[arg-type]


def heard(town: Town, pulse: Pulse) -> None:
    at = timezone.now()
    nodes.record([News(site=SITE, online=True, heard_at=at, pulse=pulse, cameras=pulse.cameras)])


def test_a_school_says_how_long_its_disks_will_last(town: Town) -> None:
    disk = DiskHealth(
        id="d1",
        name="disks/a",
        state="ready",
        used_bytes=5,
        budget_bytes=10,
        days_kept=21.5,
        breaks_at=NOW + timedelta(9),
    )
    heard(town, a_pulse(disks=(disk,)))
    nodes.take_forecast(town.school, forecast())
    nodes.take_forecast(town.school, forecast(at=NOW - timedelta(days=1), min_days=1.0))  # older news

    told = desk(a.a_person(Role.HEAD, school=town.school)).get(f"/schools/{town.school.pk}/storage").json()
    assert told["heard"]
    (one,) = told["items"]
    assert ("disks/a", 21.5, 30.0, 10**9) == (one["name"], one["days_kept"], one["min_days"], one["bytes_per_day"])
    assert one["breaks_at"].startswith("2026-12-01")
    assert 404 == desk(a.a_person(Role.HEAD, school=town.school)).get(f"/schools/{town.far.pk}/storage").status_code


def test_wrong_clocks_and_silent_contacts_are_on_the_wire_while_the_node_is_heard(town: Town) -> None:
    stream = StreamHealth(stream="main", state="live")
    hall = CameraHealth(key="hall", streams=(stream,), onvif="onvif.wrong_password", clock_offset_s=-36_000.04)
    heard(town, a_pulse(cameras=(hall,), faults=("button.contact_silent",)))
    head = desk(a.a_person(Role.HEAD, school=town.school))

    camera = head.get(f"/cameras/{town.hall.pk}").json()
    assert ("onvif.wrong_password", -36_000.0) == (camera["onvif"], camera["clock_offset_s"])
    assert ["button.contact_silent"] == head.get(f"/schools/{town.school.pk}").json()["node"]["faults"]

    nodes.record([News(site=SITE, online=False, heard_at=timezone.now())])
    silent = head.get(f"/cameras/{town.hall.pk}").json()
    assert ("", None) == (silent["onvif"], silent["clock_offset_s"])
    assert [] == head.get(f"/schools/{town.school.pk}").json()["node"]["faults"]
