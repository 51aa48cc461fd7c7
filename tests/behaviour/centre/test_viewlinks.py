"""Links for players that cannot sign in: who may make one, what it leaves in the ledger, and how it ends."""

from datetime import timedelta

import pytest
from django.core import signing
from django.utils import timezone
from tests.behaviour.centre.conftest import Town, desk
from tests.support import centre as a

from qorgan.centre.access import service as access
from qorgan.centre.access.models import RoleGrant, User, WatchLine
from qorgan.centre.viewlinks import service
from qorgan.centre.viewlinks.models import ViewLink
from qorgan.centre.viewlinks.schemas import NewViewLink
from qorgan.domain.access import Actor, Role
from qorgan.kernel.errors import Conflict, Forbidden, Invalid, NotFound

pytestmark = pytest.mark.django_db


def wish(**changes: object) -> NewViewLink:
    now = timezone.now()
    values = {"start": now - timedelta(minutes=10), "end": now - timedelta(minutes=5), "purpose": "duty"}
    return NewViewLink(**(values | changes))  # type: ignore[arg-type]


def lines() -> list[tuple[str, str, str]]:
    return list(WatchLine.objects.order_by("number").values_list("action", "kind", "viewer_name"))


def test_making_and_using_a_link_stand_in_the_schools_ledger_under_the_makers_name(town: Town) -> None:
    officer = a.an_officer(town.centre)
    made = service.make(officer, town.hall.pk, wish())
    assert [("link", "opened", officer.name), ("link", "ended", officer.name)] == lines()

    use = service.begin_use(made.address)
    access.end_watch(use.watch.id)
    assert [("linked", "opened", officer.name), ("linked", "ended", officer.name)] == lines()[2:]
    assert (made.id, made.id) == (use.link, service.check(made.address))
    assert 1 == ViewLink.objects.get(pk=made.id).uses
    line = WatchLine.objects.get(watch=use.watch.id, kind="opened")
    assert (made.start, made.end) == (line.range_start, line.range_end)
    head = desk(a.a_person(Role.HEAD, school=town.school))
    told = head.get(f"/schools/{town.school.pk}/watches").json()["items"]
    assert ["linked", "link"] == [item["action"] for item in told]


def test_a_link_expires_is_taken_back_and_cannot_be_forged(town: Town) -> None:
    officer = a.an_officer(town.centre)
    made = service.make(officer, town.hall.pk, wish())
    for forged in ("", "junk", made.address[:-1], signing.dumps(made.id.hex, salt="another"), made.address + "é"):
        with pytest.raises(NotFound) as refusal:
            service.check(forged)
        assert "link.unknown" == refusal.value.code

    ViewLink.objects.filter(pk=made.id).update(
        made_at=timezone.now() - timedelta(hours=2), expires_at=timezone.now() - timedelta(seconds=1)
    )
    with pytest.raises(NotFound):
        service.begin_use(made.address)

    second = service.make(officer, town.hall.pk, wish())
    service.revoke(officer, second.id)
    assert service.revoke(officer, second.id).revoked_at is not None
    with pytest.raises(NotFound):
        service.check(second.address)
    assert [] == service.links(officer, town.hall.pk).items


def test_a_link_opens_no_more_than_its_maker_might_see(town: Town) -> None:
    """Whoever loses the right takes it from all who have their links."""
    officer = a.an_officer(town.centre)
    made = service.make(officer, town.hall.pk, wish())
    RoleGrant.objects.filter(user=officer.user).update(role=Role.MINISTRY)
    with pytest.raises(Forbidden):
        service.begin_use(made.address)
    User.objects.filter(pk=officer.user).update(is_active=False)
    with pytest.raises(Forbidden):
        service.begin_use(made.address)


def test_who_may_make_a_link_and_to_what(town: Town) -> None:
    officer = a.an_officer(town.centre)
    now = timezone.now()
    for wrong in (
        wish(start=now - timedelta(hours=2)),
        wish(end=now + timedelta(minutes=1)),
        wish(start=now, end=now - timedelta(minutes=5)),
    ):
        with pytest.raises(Invalid):
            service.make(officer, town.hall.pk, wrong)
    with pytest.raises(Forbidden):
        service.make(officer, town.hall.pk, wish(purpose="inspection"))
    with pytest.raises(Forbidden):
        service.make(a.an_actor(Role.MINISTRY), town.hall.pk, wish())
    with pytest.raises(NotFound):
        service.make(a.an_actor(Role.HEAD, school=town.neighbour), town.hall.pk, wish(purpose="own_school"))
    assert [] == lines()


def test_a_person_has_only_so_many_links(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "AT_ONCE", 2)
    officer = a.an_officer(town.centre)
    first, _ = (service.make(officer, town.hall.pk, wish()) for _ in range(2))
    with pytest.raises(Conflict):
        service.make(officer, town.hall.pk, wish())
    service.revoke(officer, first.id)
    service.make(officer, town.hall.pk, wish())


def test_the_school_sees_the_links_to_its_cameras_and_may_take_them_back(town: Town) -> None:
    officer: Actor = a.an_officer(town.centre)
    made = service.make(officer, town.hall.pk, wish())
    head = a.an_actor(Role.HEAD, school=town.school)
    stranger = a.an_actor(Role.HEAD, school=town.neighbour)

    (seen,) = service.links(head, town.hall.pk).items
    assert (made.id, "", officer.name) == (seen.id, seen.address, seen.maker.name)
    with pytest.raises(NotFound):
        service.revoke(stranger, made.id)
    service.revoke(head, made.id)
    with pytest.raises(NotFound):
        service.check(made.address)
