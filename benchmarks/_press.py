"""From a thumb to an officer's eye, in the whole town with a real browser, idle or with every uplink saturated."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection

from benchmarks._console import Desk, open_desk
from benchmarks._measure import Report, percentile, say
from benchmarks._uplink import Uplink
from qorgan.demo import ports
from qorgan.demo.folder import Settled

ROUNDS = 5
UPLINK_BITS_PER_S = 4e6
FRAME_EACH = 5
QUIET_S = 0.5  # what follows a closure, at the centre and in the browser, is not part of the next press
_SHOWN = """camera => (window.__qorgan?.tiles() ?? [])
  .some(tile => tile.camera === camera && tile.firstFrameMs !== null)"""

_NINE_PLAY = "() => (window.__qorgan?.tiles() ?? []).filter(tile => tile.firstFrameMs !== null).length >= 9"


@dataclass
class Times:
    """Milliseconds from before the press, one of each press."""

    durable: list[float] = field(default_factory=list)
    drawn: list[float] = field(default_factory=list)
    first_frame: list[float] = field(default_factory=list)


async def press_once(desk: Desk, number: int, times: Times) -> None:
    """Press, wait for the paint and each fifth time for the first live frame beside it, close the alarm, leave it."""
    school = desk.town.settled.schools[number % len(desk.town.settled.schools)]
    buttons = school.plan.buttons
    began = time.time()
    alarm = await desk.town.press(school, buttons[number % len(buttons)].key)
    durable = time.time()
    drawn = await desk.wait("id => window.__qorgan?.alarmsDrawn[id]", alarm)
    times.durable.append(1000 * (durable - began))
    times.drawn.append(drawn - 1000 * began)
    if number % FRAME_EACH == 0:
        nearest = (await desk.officer.get(f"/api/alarms/{alarm}"))["cameras"][0]
        await desk.wait(_SHOWN, nearest)
        times.first_frame.append(1000 * (time.time() - began))
    await close(desk, alarm)
    await desk.wait("() => !document.querySelector('[data-testid=queue-alarm]')")
    await desk.page.keyboard.press("Escape")
    await desk.wait("() => !document.querySelector('[data-testid=alarm-screen]')")
    await asyncio.sleep(QUIET_S)


async def close(desk: Desk, alarm: str) -> None:
    """Handle an alarm to its end over the API: one officer decides, another one signs."""
    path = f"/api/alarms/{alarm}"
    await desk.officer.post(f"{path}/acknowledgement", {})
    await desk.officer.post(f"{path}/verification", {"verdict": "false", "note": "benchmark"})
    await desk.officer.post(f"{path}/closure", {"disposition": "test", "note": "benchmark"})
    await desk.second.post(f"{path}/closure/confirmation", {})


async def idle(report: Report, presses: int) -> None:
    """Nothing else happens: the duty desk shows the map, nobody watches a camera."""
    async with open_desk() as desk:
        await _measure(report, desk, presses, link="idle")


async def saturated(report: Report, presses: int) -> None:
    """Nine tiles play in a second window, main streams fill what is left of each school's 4 Mbit/s."""
    async with contextlib.AsyncExitStack() as open_:
        lines: list[Uplink] = []

        async def plug_in(settled: Settled) -> None:
            for school in settled.schools:
                line = await open_.enter_async_context(Uplink(settled.ports["nats"], UPLINK_BITS_PER_S))
                lines.append(line)
                text = school.config.read_text("utf-8")
                changed = text.replace(f"{ports.HOST}:{settled.ports['nats']}", f"{ports.HOST}:{line.port}")
                assert changed != text
                school.config.write_text(changed, "utf-8")

        desk = await open_.enter_async_context(open_desk(prepare=plug_in))
        cameras = await desk.cameras()
        wall = await desk.second_window(f"/wall?tiles=9&cams={','.join(cameras[:9])}")
        await wall.wait(_NINE_PLAY)
        await desk.page.bring_to_front()
        async with _watching(desk, cameras):
            before, began = sum(line.sent_bytes for line in lines), time.monotonic()
            await _measure(report, desk, presses, link="saturated")
            took = time.monotonic() - began
            rate = 8e-6 * (sum(line.sent_bytes for line in lines) - before) / took / len(lines)
        say(f"  each school's line carried {rate:.2f} of {UPLINK_BITS_PER_S / 1e6:g} Mbit/s")
        report.add("uplink_used_mbit_per_s", [rate], "Mbit/s", digits=2, of=UPLINK_BITS_PER_S / 1e6)


async def _measure(report: Report, desk: Desk, presses: int, *, link: str) -> None:
    await press_once(desk, 0, Times())  # the first one loads code and warms the picture
    rounds = [Times() for _ in range(ROUNDS)]
    for number, times in enumerate(rounds):
        for press in range(presses):
            await press_once(desk, press, times)
        say(
            f"  {link}, round {number + 1}: p50 {percentile(times.drawn, 50):.0f} ms, longest {max(times.drawn):.0f} ms"
        )
    drawn = [ms for times in rounds for ms in times.drawn]
    durable = [ms for times in rounds for ms in times.durable]
    first = [ms for times in rounds for ms in times.first_frame]
    context = {"presses": len(drawn), "link": link}
    goals = (150.0, 500.0, 1_500.0) if link == "idle" else (None, 2_000.0, None)
    medians = [percentile(times.drawn, 50) for times in rounds]
    report.add("press_to_durable_ms_p99", [percentile(durable, 99)], "ms", goal=100, digits=1, **context)
    report.add("press_to_screen_ms_p50", medians, "ms", goal=goals[0], digits=1, **context)
    report.add("press_to_screen_ms_p99", [percentile(drawn, 99)], "ms", goal=goals[1], digits=1, **context)
    report.add("press_to_screen_ms_max", [max(drawn)], "ms", digits=1, **context)
    report.add("press_to_first_live_frame_ms_p95", [percentile(first, 95)], "ms", goal=goals[2], digits=1, **context)


@contextlib.asynccontextmanager
async def _watching(desk: Desk, cameras: list[str]) -> AsyncIterator[None]:
    """Somebody else looks at the main stream of every camera, and throws it away: the lines are full."""
    async with desk.second.socket("/ws/video") as socket:
        for number, camera in enumerate(cameras[:16]):
            wish = {"op": "open", "tile": number + 1, "camera": camera, "stream": "main", "purpose": "duty"}
            await socket.send(json.dumps(wish))
        reading = asyncio.create_task(_throw_away(socket))
        try:
            yield
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await reading


async def _throw_away(socket: ClientConnection) -> None:
    async for _ in socket:
        pass
