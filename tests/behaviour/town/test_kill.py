"""kill -9 of any one process: the town comes back by itself, and no press is lost or doubled."""

from collections.abc import Iterator

import psutil
import pytest
from tests.support.town import Person, Presser, Town, running_town, until, watch

from qorgan.demo.check import OFFICER
from qorgan.demo.town import TOWN

pytestmark = pytest.mark.timeout(600)
SITES = ("kst-012", "kst-k03")
BUTTONS = {"kst-012": "hall", "kst-k03": "post"}
VICTIMS = (
    "runner",
    "keeper",
    "runner",  # now with a keeper that did not start it
    "carrier",
    "centre",
    "cameras",
    *(f"{site} supervisor" for site in SITES),
    *(f"{SITES[0]} {part}" for part in ("core", "recorder", "analyst")),
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with running_town(tmp_path_factory.mktemp("town"), TOWN[: len(SITES)]) as town:
        yield town


def test_every_process_of_the_town_is_known(town: Town) -> None:
    """So that the next test leaves none out."""
    parts = {f"{site} {part}" for site in SITES for part in ("supervisor", "core", "recorder", "analyst")}
    wanted = parts | {"keeper", "runner", "carrier", "centre", "cameras"}
    until(lambda: set(town.processes()) == wanted, f"there are {wanted} and no others")


@pytest.mark.parametrize("victim", VICTIMS)
def test_the_town_comes_back_and_every_press_is_there_once(town: Town, victim: str) -> None:
    site = next((site for site in SITES if victim.startswith(site)), SITES[0])
    before = town.processes()
    with town.sign_in(OFFICER) as officer:
        known = alarms_of(officer, site)
        with Presser(town, site, BUTTONS[site]) as presser:
            until(lambda: presser.taken, "a press before")
            town.kill(victim)
            until(lambda: is_new(town, victim, before), f"{victim} is started again")
            until(lambda: town.is_whole(site), f"{site} is linked and all its cameras are live")
            pressed_until_now = presser.begun
            until(lambda: presser.begun > pressed_until_now + 1, "presses afterwards")
        ends_with_its_parent(before, victim)
        assert len(presser.taken) == presser.begun
        assert len(set(presser.taken.values())) == presser.begun, "each press has raised one alarm of its own"
        until(lambda: town.health(site)["outbox"]["alarms"] == 0, "the school knows that the centre has all")
        until(lambda: officer.http.get("/api/health").is_success, "the centre answers")
        at_the_centre = alarms_of(officer, site)
        assert sorted(at_the_centre) == sorted([*known, *presser.taken.values()])
        watch(officer, camera_of(officer, site))
    checked = town.check_archive(site)
    assert checked.returncode == 0, checked.stdout


def is_new(town: Town, victim: str, before: dict[str, psutil.Process]) -> bool:
    """Everything runs again, the victim under another number."""
    now = town.processes()
    return set(now) == set(before) and now[victim].pid != before[victim].pid


def ends_with_its_parent(before: dict[str, psutil.Process], victim: str) -> None:
    """No part of a killed supervisor, or runner, lives on beside its successor."""
    old = [process for name, process in before.items() if is_under(victim, name)]
    until(lambda: not any(process.is_running() for process in old), "the old parts have ended")


def is_under(victim: str, name: str) -> bool:
    """Whether the victim has started this process, or one that has."""
    if victim == "runner":
        return name != "keeper"
    return victim.endswith("supervisor") and name.startswith(victim.split()[0])


def alarms_of(officer: Person, site: str) -> list[str]:
    """Ids in the alarm log of the centre, of one school, twice if they stand there twice."""
    schools = {school["site"]: school["id"] for school in officer.all("/api/schools")}
    return [alarm["id"] for alarm in officer.all("/api/alarms", school=schools[site])]


def camera_of(officer: Person, site: str) -> str:
    schools = {school["site"]: school["id"] for school in officer.all("/api/schools")}
    return str(officer.get(f"/api/schools/{schools[site]}/cameras")["items"][0]["id"])
