"""A whole core on a GPIO chip, through the real libgpiod: a thumb, a cut wire, a chip that is unplugged, a lamp."""

from pathlib import Path

import pytest
from tests.support.fake_centre import FakeCentre, until
from tests.support.gpio import EmulatedChip
from tests.support.nats import NatsServer
from tests.support.school_core import SchoolCore

from qorgan.domain.gestures import HOLD_S
from qorgan.protocols.link.commands import AlarmProgress
from qorgan.protocols.link.messages import SourceHealth

THUMB, REST, LAMP = 17, 18, 22
CONTACT = """
[[contacts]]
key = "guard"
place = { kk = "Күзет бекеті" }
line = "gpiochip0:17"
rest_line = "gpiochip0:18"
cameras = ["hall"]
lamp = "gpiochip0:22"
"""


async def test_a_contact_on_a_chip_from_the_thumb_to_the_lamp(
    tmp_path: Path, carrier: NatsServer, centre: FakeCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    chip = EmulatedChip(tmp_path)
    chip.set(REST, True)
    for name, value in chip.environment.items():
        monkeypatch.setenv(name, value)

    def states() -> list[tuple[str, tuple[str, ...]]]:
        return [(one.state, one.faults) for one in centre.events(SourceHealth) if one.key == "guard"]

    async with SchoolCore(tmp_path, carrier.url, more=CONTACT) as school:
        await until(lambda: states() == [("ok", ())], "a contact that is well")
        chip.set(REST, False)
        chip.set(THUMB, True)
        await until(centre.alarms, f"an alarm after {HOLD_S} s under the thumb")
        [alarm] = centre.alarms()
        assert ("guard", "contact", "P1", ("hall",)) == (alarm.button, alarm.source, alarm.level, alarm.cameras)
        await centre.command("progress", AlarmProgress(alarm=alarm.alarm, state="owned", at=alarm.pressed_at))
        await until(lambda: chip.closed(LAMP), "the lamp")
        chip.set(THUMB, False)
        chip.set(REST, True)
        await until(centre.claims, "the return")

        chip.set(REST, False)
        await until(lambda: states()[-1] == ("fault", ("line_open",)), "a cut wire")
        chip.set(REST, True)
        await until(lambda: states()[-1] == ("ok", ()), "a mended one")
        chip.unplug()
        await until(lambda: states()[-1][0] == "silent", "a chip that went away")
        chip.plug_in()
        await until(lambda: states()[-1] == ("ok", ()), "its return")
        assert 1 == len(centre.alarms())
        assert "source.silent" not in (await school.health())["faults"]
