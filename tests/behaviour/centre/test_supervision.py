"""What schools tell of their ways in becomes faults with a clock, and ends as it was measured."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.behaviour.centre.conftest import Town

from qorgan.centre.supervision import service
from qorgan.centre.supervision.models import Fault, SchoolAction, WayIn
from qorgan.domain.places import LocalText
from qorgan.protocols.link.messages import ActionChanged, ButtonInfo, Inventory, OutputResult, SourceHealth, SourceInfo

pytestmark = pytest.mark.django_db
HALL = LocalText(kk="Фойе", ru="Фойе", en="Entrance hall")


def health(state: str = "ok", **said: Any) -> SourceHealth:
    known: dict[str, Any] = {"key": "hall", "kind": "contact", "state": state, "since": datetime.now(UTC)}
    return SourceHealth(**(known | said))


def stock(*keys: str) -> Inventory:
    sources = tuple(SourceInfo(key=key, kind="contact", place=HALL, interval_s=30.0) for key in keys)
    return Inventory(cameras=(), buttons=(), sources=sources)


def standing() -> set[tuple[str, str]]:
    return set(Fault.objects.still_open().values_list("subject", "code"))


def test_a_broken_line_is_a_fault_with_a_clock_until_it_is_whole_again(town: Town) -> None:
    service.take_inventory_sources(town.school, stock("hall"))
    broken = datetime.now(UTC) - timedelta(minutes=3)

    service.take_source_health(town.school, health("fault", faults=("line_open", "battery_low"), since=broken))

    fault = Fault.objects.get(code="source.line_open")
    assert standing() == {("source:hall", "source.line_open"), ("source:hall", "source.battery_low")}
    assert (fault.opened_at, fault.duty, fault.stops_alarms) == (broken, "technician", True)
    assert fault.due_at > fault.noticed_at
    service.take_source_health(town.school, health("ok"))
    assert standing() == set()
    assert Fault.objects.get(pk=fault.pk).closed_at is not None


def test_a_fault_that_comes_and_goes_is_one_fault_that_counts(town: Town) -> None:
    for _ in range(3):
        service.take_source_health(town.school, health("silent"))
        service.take_source_health(town.school, health("ok"))

    (fault,) = Fault.objects.all()
    assert (fault.code, fault.times) == ("source.silent", 3)


def test_a_way_in_that_was_taken_away_has_no_faults_and_keeps_its_history(town: Town) -> None:
    service.take_inventory_sources(town.school, stock("hall", "yard"))
    service.take_source_health(town.school, health("silent"))

    service.take_inventory_sources(town.school, stock("yard"))

    assert standing() == set()
    assert dict(WayIn.objects.values_list("key", "present")) == {"hall": False, "yard": True}


def test_buttons_of_an_old_node_are_its_ways_in(town: Town) -> None:
    old = Inventory(cameras=(), buttons=(ButtonInfo(key="hall", place=HALL),))

    service.take_inventory_sources(town.school, old)

    way = WayIn.objects.get()
    assert (way.key, way.kind, way.place.ru, way.interval_s) == ("hall", "button", "Фойе", None)


def test_a_state_nobody_knows_is_a_fault_and_foolish_data_is_made_fit(town: Town) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    service.take_source_health(
        town.school, health("sulking", key="ha\0ll" + "x" * 200, interval_s=float("nan"), since=tomorrow)
    )

    way, fault = WayIn.objects.get(), Fault.objects.get()
    assert len(way.key) == 100 and way.interval_s == 0.0
    assert fault.code == "source.fault" and fault.opened_at <= fault.noticed_at


def test_what_a_school_did_is_kept_with_what_its_outputs_did(town: Town) -> None:
    outputs = (OutputResult(key="siren", ok=True, ms=41.26), OutputResult(key="door", ok=False, reason="timeout"))
    service.take_action(
        town.school,
        ActionChanged(action="lockdown", kind="drill", at=datetime.now(UTC), by="А. Сәрсенова", outputs=outputs),
    )

    done = SchoolAction.objects.get()
    assert (done.action, done.kind, done.by) == ("lockdown", "drill", "А. Сәрсенова")
    assert [(one["key"], one["ok"], one["ms"]) for one in done.outputs] == [("siren", True, 41.3), ("door", False, 0.0)]
