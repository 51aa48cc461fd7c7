"""Wires at a school: a thumb on a button becomes an alarm at the centre, and everything else becomes what it is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.fake_centre import FakeCentre, until
from tests.support.nats import NatsServer
from tests.support.school_core import SchoolCore

from qorgan.domain.gestures import HOLD_S
from qorgan.protocols.link.commands import AlarmProgress
from qorgan.protocols.link.messages import Inventory, SourceHealth
from qorgan.sim.chip import SimChip

THUMB, REST, LAMP, PLAIN = 17, 18, 22, 5
CONTACTS = """
[[contacts]]
key = "guard"
place = {{ kk = "Күзет бекеті" }}
line = "sim:{chip}:17"
rest_line = "sim:{chip}:18"
cameras = ["hall"]
lamp = "sim:{chip}:22"

[[contacts]]
key = "office"
place = {{ kk = "Кабинет" }}
line = "sim:{chip}:5"
gestures = "police"
"""


@pytest.fixture
async def chip(tmp_path: Path) -> AsyncIterator[SimChip]:
    async with SimChip(tmp_path / "chip.sock") as chip:
        chip.set(REST, True)
        yield chip


@pytest.fixture
async def school(tmp_path: Path, carrier: NatsServer, centre: FakeCentre, chip: SimChip) -> AsyncIterator[SchoolCore]:
    more = CONTACTS.format(chip=chip.path)
    async with SchoolCore(tmp_path, carrier.url, more=more) as school:
        await until(lambda: chip.watched, "the node's hold of the lines")
        yield school


def pressed(centre: FakeCentre) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(alarm.button, alarm.source, alarm.level, alarm.cameras) for alarm in centre.alarms()]


async def test_a_short_press_asks_for_assistance_and_its_return_is_told(
    centre: FakeCentre, chip: SimChip, school: SchoolCore
) -> None:
    await chip.press(THUMB, 0.2, rest=REST)
    await until(centre.claims, "the return")
    assert [("guard", "contact", "P2", ("hall",))] == pressed(centre)
    [alarm], [claim] = centre.alarms(), centre.claims()
    assert (alarm.alarm, "returned") == (claim.alarm, claim.claim)


async def test_holding_calls_the_police_while_the_thumb_is_still_there(
    centre: FakeCentre, chip: SimChip, school: SchoolCore
) -> None:
    chip.set(REST, False)
    chip.set(THUMB, True)
    await until(centre.alarms, "the alarm")
    [alarm] = centre.alarms()
    assert ("P1", "police") == (alarm.level, alarm.code) and [] == centre.claims()
    assert chip.closed(THUMB) and HOLD_S <= 3


async def test_a_node_that_dies_under_the_thumb_finds_the_press_and_keeps_it_one_alarm(
    centre: FakeCentre, chip: SimChip, school: SchoolCore
) -> None:
    """Killed twice: before the press was understood, and after it was an alarm."""
    chip.set(REST, False)
    chip.set(THUMB, True)
    await school.kill()
    await school.start()
    await until(centre.alarms, "the alarm")
    await school.kill()
    await school.start()
    chip.set(THUMB, False)
    chip.set(REST, True)
    await until(centre.claims, "the return")
    assert 1 == len(centre.alarms())


async def test_a_cut_wire_is_a_fault_at_the_centre_and_on_the_screen(
    centre: FakeCentre, chip: SimChip, school: SchoolCore
) -> None:
    def guard() -> list[SourceHealth]:
        return [health for health in centre.events(SourceHealth) if health.key == "guard"]

    await until(lambda: [health.state for health in guard()] == ["ok"], "a contact that is well")
    chip.set(REST, False)
    await until(lambda: guard()[-1].faults == ("line_open",), "the fault")
    await school.until_health(lambda health: "source.fault" in health["faults"])
    chip.set(REST, True)
    await until(lambda: guard()[-1].state == "ok", "its end")
    await school.until_health(lambda health: "source.fault" not in health["faults"])
    assert [] == centre.alarms()


async def test_a_chip_that_goes_away_is_silence_and_comes_back(
    centre: FakeCentre, chip: SimChip, school: SchoolCore
) -> None:
    await chip.__aexit__()
    await until(
        lambda: {h.key: h.state for h in centre.events(SourceHealth)} == {"guard": "silent", "office": "silent"},
        "silence",
    )
    await chip.__aenter__()
    await until(
        lambda: {h.key: h.state for h in centre.events(SourceHealth)} == {"guard": "ok", "office": "ok"}, "its return"
    )
    await chip.press(PLAIN, 0.1)
    await until(centre.alarms, "the alarm")
    assert [("office", "contact", "P1", ())] == pressed(centre)


async def test_mashing_the_button_is_one_alarm_pressed_again(
    centre: FakeCentre, chip: SimChip, school: SchoolCore
) -> None:
    expected: list[str] = []
    for _ in range(3):
        await chip.press(PLAIN, 0.1)
        expected.append("returned")
        await until(lambda: [claim.claim for claim in centre.claims()] == expected, "what was said")
        expected.append("again")
    assert 1 == len(centre.alarms())


async def test_the_lamp_shows_that_help_is_on_its_way(centre: FakeCentre, chip: SimChip, school: SchoolCore) -> None:
    await chip.press(THUMB, 0.2, rest=REST)
    await until(centre.alarms, "the alarm")
    [alarm] = centre.alarms()
    reply = await centre.command("progress", AlarmProgress(alarm=alarm.alarm, state="dispatched", at=alarm.pressed_at))
    assert reply.refusal is None
    steady = 0
    while steady < 20:  # dark once would be a blink; each look is a round trip to the node
        await school.health()
        steady = steady + 1 if chip.closed(LAMP) else 0


async def test_the_centre_reads_the_contacts_in_the_inventory(centre: FakeCentre, school: SchoolCore) -> None:
    await until(lambda: centre.events(Inventory), "the inventory")
    [inventory] = centre.events(Inventory)
    assert {"hall", "guard", "office"} == {button.key for button in inventory.buttons}
    assert {("hall", "button"), ("guard", "contact"), ("office", "contact")} == {
        (source.key, source.kind) for source in inventory.sources
    }
