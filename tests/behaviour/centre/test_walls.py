"""A wall of tiles: many watches in one transaction of the ledger, each looked at by itself."""

from uuid import UUID

import pytest
from pytest_django import DjangoAssertNumQueries
from tests.behaviour.centre.conftest import Town
from tests.support import centre as a

from qorgan.centre.access import service as access
from qorgan.centre.access.models import WatchLine
from qorgan.centre.ledger import verify
from qorgan.domain.access import Actor, Role
from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Forbidden, Invalid, NotFound
from qorgan.kernel.ids import uuid7
from qorgan.protocols.link.grants import Action

pytestmark = pytest.mark.django_db


def wish(camera: UUID, purpose: str = "duty") -> access.WishedWatch:
    return access.WishedWatch(camera=camera, action=Action.LIVE, stream=StreamName.SUB, purpose=purpose)


def opened(officer: Actor, town: Town, tiles: int) -> list[access.OpenedWatch]:
    answers = access.open_watches(officer, [wish(town.hall.pk)] * tiles)
    return [one for one in answers if isinstance(one, access.OpenedWatch)]


def test_a_wall_of_tiles_is_one_transaction_and_a_line_each(town: Town) -> None:
    """In the order of the wishes; the chain holds; a wish that is refused writes nothing and stops no other."""
    officer = a.an_officer(town.centre)
    camera = town.hall.pk

    answers = access.open_watches(
        officer, [wish(camera), wish(uuid7()), wish(camera, f"alarm:{uuid7()}"), wish(camera), wish(camera, "why not")]
    )

    assert [type(one) for one in answers] == [access.OpenedWatch, NotFound, Forbidden, access.OpenedWatch, Invalid]
    watches = [one.id for one in answers if isinstance(one, access.OpenedWatch)]
    lines = list(WatchLine.objects.order_by("number"))
    assert [line.watch for line in lines] == watches
    assert verify(lines) == 2


def test_sixteen_tiles_ask_the_database_no_more_than_one(
    town: Town, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """Nine tiles that asked one after the other were nine times as slow as one."""
    officer = a.an_officer(town.centre)
    with django_assert_max_num_queries(12):
        sixteen = opened(officer, town, 16)
    with django_assert_max_num_queries(12):
        assert access.end_watches([one.id for one in sixteen]) == set()
    assert verify(WatchLine.objects.order_by("number")) == 32


def test_who_has_no_right_opens_none_of_many(town: Town) -> None:
    ministry = a.an_actor(Role.MINISTRY)
    answers = access.open_watches(ministry, [wish(town.hall.pk)] * 3)
    assert {type(one) for one in answers} == {Forbidden}
    assert WatchLine.objects.count() == 0


def test_several_watches_end_together_and_each_once(town: Town) -> None:
    officer = a.an_officer(town.centre)
    first, second = (one.id for one in opened(officer, town, 2))
    never = uuid7()

    assert access.end_watches([first, never, second]) == {never}
    assert access.end_watches([second, first]) == set()

    lines = list(WatchLine.objects.order_by("number"))
    assert [(line.watch, line.kind) for line in lines[2:]] == [
        (first, WatchLine.Kind.ENDED),
        (second, WatchLine.Kind.ENDED),
    ]
    assert verify(lines) == 4
