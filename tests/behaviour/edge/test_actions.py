"""Hold, secure, lockdown, evacuate, shelter: ordered, done by every output at once, and ended by whoever may."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from joserfc.jwk import OKPKey
from tests.support.fake_centre import FakeCentre, until
from tests.support.nats import NatsServer
from tests.support.school_core import SITE, SchoolCore

from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.commands import AlarmProgress, OrderAction, Reply
from qorgan.protocols.link.grants import Action, Grant, sign
from qorgan.protocols.link.messages import ActionChanged, Inventory
from qorgan.sim.cameras import Algorithm, Login
from qorgan.sim.chip import SimChip
from qorgan.sim.outputs import OutputState, SimOutput, SimOutputs

KEY = OKPKey.generate_key("Ed25519", private=True)
LOGIN = Login(user="admin", password="relay-hunter2", algorithm=Algorithm.SHA_256)
OUTPUTS = """
[[outputs]]
key = "siren"
kind = "siren"
place = {{ kk = "Шатыр" }}
on = "{siren}/on"
off = "{siren}/off"
user = "admin"

[[outputs]]
key = "door"
kind = "door"
place = {{ kk = "Кіреберіс" }}
line = "sim:{chip}:7"

[[outputs]]
key = "speaker"
kind = "speaker"
place = {{ kk = "Дәліздер" }}
[outputs.say]
lockdown = "{speaker}/say/lockdown"
evacuate = "{speaker}/say/evacuate"
all_clear = "{speaker}/say/all_clear"

[[contacts]]
key = "red"
place = {{ kk = "Күзет бекеті" }}
line = "sim:{chip}:9"
gestures = "police"
action = "lockdown"
"""


class Building:
    """What the node can switch."""

    def __init__(self, chip: SimChip, outputs: SimOutputs) -> None:
        self.chip, self._outputs = chip, outputs

    @property
    def siren(self) -> OutputState:
        return self._outputs.states[SITE, "siren"]

    @property
    def said(self) -> list[str]:
        return self._outputs.states[SITE, "speaker"].said

    @property
    def locked(self) -> bool:
        return self.chip.closed(7)


@pytest.fixture
async def building(tmp_path: Path) -> AsyncIterator[Building]:
    made = [SimOutput(site=SITE, key="siren", login=LOGIN), SimOutput(site=SITE, key="speaker")]
    async with SimChip(tmp_path / "chip.sock") as chip, SimOutputs(made) as outputs:
        yield Building(chip, outputs)


@pytest.fixture
async def school(
    tmp_path: Path, carrier: NatsServer, centre: FakeCentre, building: Building
) -> AsyncIterator[SchoolCore]:
    urls = {key: building._outputs.url(SITE, key, "")[:-1] for key in ("siren", "speaker")}
    more = OUTPUTS.format(chip=building.chip.path, **urls)
    key = str(KEY.as_dict(private=False)["x"])
    secrets = {"output/siren": LOGIN.password}
    async with SchoolCore(tmp_path, carrier.url, more=more, secrets=secrets, public_key=key) as school:
        await until(lambda: building.chip.watched, "the node's hold of the lines")
        yield school


def an_order(action: str, *, kind: str = "real", id: str = "", key: OKPKey = KEY, granted: str = "") -> OrderAction:
    now = datetime.now(UTC)
    grant = Grant(
        id=id or str(uuid4()),
        site=SiteId(SITE),
        camera="",
        stream="",
        action=Action.ACTION,
        viewer="officer",
        purpose=granted or action,
        expires_at=now + timedelta(minutes=1),
    )
    return OrderAction(grant=sign(grant, key), action=action, kind=kind, by="Officer A. Serik", at=now)


async def order(centre: FakeCentre, action: str, **how: str) -> Reply:
    await until(lambda: centre.pulses, "the school")
    return await centre.command("action", an_order(action, **how))


def reports(centre: FakeCentre) -> list[tuple[str, str, dict[str, str]]]:
    return [
        (told.action, told.kind, {one.key: "ok" if one.ok else one.reason for one in told.outputs})
        for told in centre.events(ActionChanged)
    ]


ALL_WELL = {"siren": "ok", "door": "ok", "speaker": "ok"}


async def test_an_order_is_done_by_every_output_and_told_to_the_centre(
    centre: FakeCentre, school: SchoolCore, building: Building
) -> None:
    reply = await order(centre, "lockdown")
    assert reply.refusal is None
    await until(lambda: reports(centre), "the report")
    assert [("lockdown", "real", ALL_WELL)] == reports(centre)
    assert (True, False, ["lockdown"]) == (building.locked, building.siren.on, building.said)
    page = (await school.http.get("/", headers={"accept-language": "ru"})).text
    assert "ЗАПРИТЕСЬ И УКРОЙТЕСЬ" in page and "Officer A. Serik" in page

    assert (await order(centre, "evacuate")).refusal is None
    await until(lambda: len(reports(centre)) == 2, "the second report")
    assert (False, True, "evacuate") == (building.locked, building.siren.on, building.said[-1])

    assert (await order(centre, "all_clear")).refusal is None
    await until(lambda: len(reports(centre)) == 3, "the third report")
    assert (False, False, "all_clear") == (building.locked, building.siren.on, building.said[-1])
    assert "ЗАПРИТЕСЬ" not in (await school.http.get("/", headers={"accept-language": "ru"})).text


async def test_an_order_that_comes_twice_is_one_action(
    centre: FakeCentre, school: SchoolCore, building: Building
) -> None:
    for _ in range(2):
        assert (await order(centre, "evacuate", id="018f0000-0000-7000-8000-000000000001")).refusal is None
    await until(lambda: reports(centre), "the report")
    assert (await order(centre, "all_clear")).refusal is None
    await until(lambda: len(reports(centre)) == 2, "the all-clear")
    assert ["evacuate", "all_clear"] == building.said
    watches = (await school.http.get("/watches")).json()["items"]
    assert ["all_clear", "evacuate"] == [line["purpose"] for line in watches]


@pytest.mark.parametrize(
    ("forged", "code"),
    [
        (lambda: an_order("lockdown", key=OKPKey.generate_key("Ed25519", private=True)), "grant.invalid"),
        (lambda: an_order("all_clear", granted="lockdown"), "grant.action"),
        (lambda: an_order("dance"), "action.unknown"),
    ],
)
async def test_an_order_without_its_grant_is_refused(
    centre: FakeCentre, school: SchoolCore, building: Building, forged: Callable[[], OrderAction], code: str
) -> None:
    await until(lambda: centre.pulses, "the school")
    reply = await centre.command("action", forged())
    assert reply.refusal is not None and code == reply.refusal.code
    assert (False, []) == (building.locked, building.said)


async def test_a_drill_never_takes_the_place_of_what_is_real(
    centre: FakeCentre, school: SchoolCore, building: Building
) -> None:
    assert (await order(centre, "lockdown")).refusal is None
    for action in ("evacuate", "all_clear"):
        reply = await order(centre, action, kind="drill")
        assert reply.refusal is not None and "action.real_stands" == reply.refusal.code
    assert building.locked


async def test_one_output_that_fails_holds_up_no_other_and_is_tried_until_it_works(
    centre: FakeCentre, school: SchoolCore, building: Building
) -> None:
    building.siren.fault = "refuse"
    assert (await order(centre, "evacuate")).refusal is None
    await until(lambda: reports(centre), "the first report")
    assert ("evacuate", "real", {**ALL_WELL, "siren": "output.refused"}) == reports(centre)[0]
    building.siren.fault = "none"
    await until(lambda: reports(centre)[-1][2] == ALL_WELL, "the siren")
    assert building.siren.on


async def test_an_output_that_does_not_answer_is_late_and_the_report_is_not(
    centre: FakeCentre, school: SchoolCore, building: Building
) -> None:
    building.siren.fault = "stall"
    assert (await order(centre, "lockdown")).refusal is None
    await until(lambda: reports(centre), "the first report")
    assert "output.late" == reports(centre)[0][2]["siren"] and building.locked
    await until(lambda: reports(centre)[-1][2]["siren"] == "output.timeout", "the time-out")


async def test_a_contact_locks_the_doors_without_an_uplink(
    centre: FakeCentre, carrier: NatsServer, school: SchoolCore, building: Building
) -> None:
    """The promise is one second; here it is only that nothing waits for the centre. The time is in the benchmarks."""
    carrier.stop()
    await school.until_health(lambda health: not health["link"]["up"])
    building.chip.set(9, True)
    await until(lambda: building.locked and building.said == ["lockdown"], "the doors")
    carrier.start()
    await until(lambda: centre.alarms() and reports(centre), "what was kept")
    assert [("red", "P1")] == [(alarm.button, alarm.level) for alarm in centre.alarms()]
    assert [("lockdown", "real", ALL_WELL)] == reports(centre)


async def test_a_node_that_dies_brings_its_outputs_back_and_does_not_speak_twice(
    centre: FakeCentre, school: SchoolCore, building: Building
) -> None:
    assert (await order(centre, "lockdown")).refusal is None
    await until(lambda: reports(centre), "the report")
    await school.kill()
    building.chip.set(7, False)  # the relay lost its power with the node
    await school.start()
    await until(lambda: building.locked, "the doors")
    assert ["lockdown"] == building.said and 1 == len(reports(centre))


async def test_the_presser_learns_how_far_the_centre_is(centre: FakeCentre, school: SchoolCore) -> None:
    alarm = (await school.press()).json()["alarm"]
    await school.until_alarm(alarm, received=True)
    assert "received" == (await school.alarm(alarm))["state"]
    at = datetime(2026, 11, 22, 8, tzinfo=UTC)
    for state in ("dispatched", "owned", "owned"):  # repeated and out of order
        reply = await centre.command("progress", AlarmProgress(alarm=alarm, state=state, at=at))
        assert reply.refusal is None
    found = await school.alarm(alarm)
    assert "dispatched" == found["state"] and {"dispatched", "owned"} == set(found["progress"])
    stranger = await centre.command("progress", AlarmProgress(alarm=uuid4(), state="owned", at=at))
    assert stranger.refusal is None, "an alarm that the node no longer knows is consented to"


async def test_the_inventory_names_the_outputs(centre: FakeCentre, school: SchoolCore) -> None:
    await until(lambda: centre.events(Inventory), "the inventory")
    [inventory] = centre.events(Inventory)
    assert {("siren", "siren"), ("door", "door"), ("speaker", "speaker")} == {
        (one.key, one.kind) for one in inventory.outputs
    }
