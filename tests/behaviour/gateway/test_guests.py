"""Officers of a neighbouring centre watch as long as an alarm is open; and who is at a console is written down."""

from datetime import timedelta

import pytest
from tests.behaviour.gateway.conftest import Stand, until
from tests.support.fake_gatekeeper import HALL

from qorgan.centre.gateway import presence
from qorgan.centre.gateway.ports import View
from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import NotFound


async def test_with_the_alarm_a_guests_tile_ends_and_the_officers_goes_on(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand.gateway._streams, "_renew_every_s", 0.05)
    stand.rooms.guests = {"head"}
    officer, guest = await stand.browser("officer"), await stand.browser("head")
    for browser in (officer, guest):
        await browser.open()
        await until(lambda browser=browser: bool(browser.told("opened")), "it sees")
    asked = stand.rooms.renewed
    await until(lambda: stand.rooms.renewed > asked, "the guest's right is asked again")
    assert guest.told("refused") == []

    stand.rooms.alarm_open = False
    await until(lambda: bool(guest.told("refused")), "the guest sees nothing more")
    await until(lambda: stand.rooms.watching == ["officer"], "and the ledger says so")
    await stand.school.show(5)
    await until(lambda: officer.frames() == 5, "the officer sees on")
    assert guest.frames() == 0 and officer.told("refused") == []


async def test_a_guests_playlist_ends_with_the_alarm(stand: Stand) -> None:
    """Its grant would hold for minutes; a guest's is asked for with each piece."""
    stand.rooms.guests = {"head"}
    visitor = stand.rooms.sessions["head"]
    viewings = stand.gateway._viewings
    stand.rooms.grant_lasts = timedelta(hours=1)
    one = await viewings.open(visitor, View(camera=HALL, stream=StreamName.MAIN, purpose="alarm:x"))
    assert await viewings.find(visitor, one.id) is one

    stand.rooms.alarm_open = False
    for _ in range(2):
        with pytest.raises(NotFound):
            await viewings.find(visitor, one.id)
    assert stand.rooms.watching == []


async def test_whose_console_is_connected_is_written_down_again_and_again(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "EVERY_S", 0.01)
    async with stand.connect("/ws/events", "officer"):
        async with stand.connect("/ws/events", "head"):
            await until(lambda: sorted(stand.rooms.consoles) == ["head", "officer"], "both are seen")
        await until(lambda: stand.rooms.consoles == ["officer"], "one has gone")
        stand.rooms.consoles = []
        await until(lambda: stand.rooms.consoles == ["officer"], "it is told again")
