"""`qorgan demo --check`: the main story of the town, played through public interfaces alone, and what it measured."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, zip_longest
from typing import Any

from qorgan.demo.ports import HOST
from qorgan.demo.run import Say, Town
from qorgan.demo.visitor import Events, TileView, Visitor, Wall, decode
from qorgan.kernel.errors import Unavailable
from qorgan.protocols.dc09.messages import read_key
from qorgan.sim.panel import SimPanel

OFFICER = "officer@qorgan.demo"
SECOND_OFFICER = "officer2@qorgan.demo"
CHIEF = "chief@qorgan.demo"  # the supervisor
NEIGHBOUR = "next@qorgan.demo"  # the duty officer of the centre next door
HEAD = "head12@qorgan.demo"
TILES = 9
ALARM_TILE = 100
WATCH_S = 6.0
REACHES_WITHIN = timedelta(seconds=0.5)  # several frames
PATIENCE_S = 60.0  # with a loaded machine; how long things took is in the report
RECORD_BEFORE_PRESS_S = 15.0
FRAMES_OF_RATE = 0.9  # of the nominal frames: a loaded machine delays, and the rest is counted in the report


@dataclass(slots=True)
class Report:
    """What was seen. `held` has a line for every promise that was looked at; `ok` is all of them."""

    held: dict[str, bool] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem and bool(self.held) and all(self.held.values())

    def hold(self, promise: str, kept: bool) -> None:
        """Write down whether a promise was kept."""
        self.held[promise] = kept

    def as_dict(self) -> dict[str, Any]:
        """The one JSON object."""
        return {"ok": self.ok, "held": self.held, "measured": self.measured, "problem": self.problem}


async def play(town: Town, say: Say) -> Report:
    """Play the story. Never raises for a promise that was broken: the report says which."""
    report = Report()
    started = time.monotonic()
    try:
        await _story(town, report, say)
    except Unavailable as error:
        report.problem = str(error)
    report.measured["story_s"] = round(time.monotonic() - started, 1)
    return report


async def _story(town: Town, report: Report, say: Say) -> None:
    password = town.settled.user_password
    async with Visitor.signed_in(town.settled.url, OFFICER, password) as officer:
        say("the duty officer has signed in")
        report.hold("officer signs in", officer.session["role"] == "duty_officer")
        async with officer.socket("/ws/events") as socket:
            events = Events(socket)
            async with _reading(events):
                await _see_the_town(town, events, report, say)
                alarm = await _watch_and_press(town, officer, events, report, say)
                await _look_back(officer, alarm, report, say)
                async with Visitor.signed_in(town.settled.url, SECOND_OFFICER, password) as second:
                    await _handle(officer, second, events, alarm, report, say)
                    await _hear_the_panel(town, officer, second, events, report, say)
    async with Visitor.signed_in(town.settled.url, HEAD, password) as head:
        say("the head of the school has signed in")
        await _read_who_watched(head, alarm, report)


@asynccontextmanager
async def _reading(reader: Events | Wall) -> AsyncIterator[None]:
    task = asyncio.create_task(reader.run(), name=type(reader).__name__)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _see_the_town(town: Town, events: Events, report: Report, say: Say) -> None:
    await events.until(
        lambda screen: bool(screen.snapshot), within_s=PATIENCE_S, otherwise="no snapshot came on /ws/events"
    )
    sites = {school["site"] for school in events.snapshot["schools"]}
    wanted = {school.plan.site for school in town.settled.schools}
    report.hold("snapshot has every school", wanted <= sites)
    report.hold("nobody is in alarm at the start", not events.snapshot["alarms"])
    report.measured["schools"] = len(events.snapshot["schools"])
    report.measured["cameras"] = len(events.snapshot["cameras"])
    say(f"the screen shows {len(sites)} schools and {len(events.snapshot['cameras'])} cameras")


async def _watch_and_press(town: Town, officer: Visitor, events: Events, report: Report, say: Say) -> dict[str, Any]:
    """Nine tiles play; meanwhile a button is pressed, and the alarm comes onto the screen."""
    async with officer.socket("/ws/video") as socket:
        wall = Wall(socket)
        async with _reading(wall):
            for tile, camera in enumerate(_wall_cameras(events.snapshot)):
                await wall.open(tile, camera["id"], "sub", "duty")
            await asyncio.sleep(max(WATCH_S, RECORD_BEFORE_PRESS_S))
            alarm = await _press(town, events, report)
            say(f"a button was pressed; the alarm was on the screen after {report.measured['press_to_event_ms']} ms")
            await _see_the_place(wall, events, alarm, report)
        _judge_tiles(wall, report, say)
    return alarm


def _wall_cameras(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Up to nine cameras, the schools taking turns, as a wall of a district would show them."""
    by_school: dict[str, list[dict[str, Any]]] = {}
    for camera in snapshot["cameras"]:
        by_school.setdefault(camera["school"], []).append(camera)
    in_turn = chain.from_iterable(zip_longest(*by_school.values()))
    return [camera for camera in in_turn if camera is not None][:TILES]


def _judge_tiles(wall: Wall, report: Report, say: Say) -> None:
    tiles = [view for number, view in wall.tiles.items() if number != ALARM_TILE]
    firsts = [view.first_frame_ms for view in tiles if view.first_frame_ms is not None]
    pictures = [decode(bytes(view.media)) for view in tiles]
    report.measured["tiles"] = [_tile(view, shown) for view, shown in zip(tiles, pictures, strict=True)]
    if firsts:
        report.measured["first_frame_ms_p50"] = round(statistics.median(firsts), 1)
        report.measured["first_frame_ms_max"] = round(max(firsts), 1)
    report.hold(f"{len(tiles)} tiles play", bool(tiles) and all(view.frames > 0 for view in tiles))
    report.hold("no tile was refused", not any(view.refusal for view in tiles))
    report.hold("no media was lost unsaid", all(view.skipped or not view.jumps for view in tiles))
    # the first message of a tile holds the group of pictures so far, so more may come out than messages went in
    report.hold("everything that came decodes", all(n >= view.frames for view, n in zip(tiles, pictures, strict=True)))
    say(f"{sum(1 for shown in pictures if shown)} tiles played, {sum(pictures)} pictures decoded")


def _tile(view: TileView, shown: int) -> dict[str, Any]:
    first = None if view.first_frame_ms is None else round(view.first_frame_ms, 1)
    return {
        "frames": view.frames,
        "decoded": shown,
        "jumps": view.jumps,
        "skipped": view.skipped,
        "first_frame_ms": first,
        "refusal": view.refusal,
    }


async def _press(town: Town, events: Events, report: Report) -> dict[str, Any]:
    school = town.settled.schools[0]
    button = school.plan.buttons[0]
    pressed = time.monotonic()
    alarm = await town.press(school, button.key)
    durable_ms = (time.monotonic() - pressed) * 1000
    await events.until(
        lambda screen: alarm in screen.alarms, within_s=PATIENCE_S, otherwise="the alarm did not reach the screen"
    )
    report.measured["press_to_durable_ms"] = round(durable_ms, 1)
    report.measured["press_to_event_ms"] = round((events.seen_at[alarm] - pressed) * 1000, 1)
    raised = events.alarms[alarm]
    report.hold("the alarm names its place", raised["place"]["kk"] == button.place.kk)
    report.hold("the alarm names the nearest cameras", len(raised["cameras"]) == len(button.cameras))
    return raised


async def _see_the_place(wall: Wall, events: Events, alarm: dict[str, Any], report: Report) -> None:
    """The nearest camera, live, for the alarm's own purpose."""
    await wall.open(ALARM_TILE, alarm["cameras"][0], "sub", f"alarm:{alarm['id']}")
    first = await wall.first_frame(ALARM_TILE, within_s=PATIENCE_S)
    report.measured["alarm_to_first_frame_ms"] = None if first is None else round(first, 1)
    report.hold("the nearest camera is live at the alarm", first is not None)


async def _look_back(officer: Visitor, alarm: dict[str, Any], report: Report, say: Say) -> None:
    """The minute before the press, as far as the young town has recorded it, decoded picture by picture."""
    camera = alarm["cameras"][0]
    pressed_at = _instant(alarm["pressed_at"])
    asked = pressed_at - timedelta(seconds=60)
    span = await _recorded(officer, camera, asked, pressed_at)
    report.hold("the timeline reaches the press", span is not None)
    if span is None:
        return
    start, end = max(asked, span[0]), min(pressed_at, span[1])
    seconds = (end - start).total_seconds()
    report.measured["recorded_before_press_s"] = round(seconds, 2)
    report.measured["timeline_reached_press_after_s"] = round((datetime.now(UTC) - pressed_at).total_seconds(), 2)
    report.hold("the recording reaches up to the press", seconds >= RECORD_BEFORE_PRESS_S - 3.0)
    began = time.monotonic()
    media, mime = await officer.fetch(
        f"/api/cameras/{camera}/range",
        start=_text(start),
        end=_text(end),
        stream="main",
        purpose=f"alarm:{alarm['id']}",
    )
    report.measured["range_ms"] = round((time.monotonic() - began) * 1000, 1)
    pictures = await asyncio.to_thread(decode, media)
    rate = await _frames_per_s(officer, camera)
    report.measured["range_pictures"] = pictures
    report.measured["range_mime"] = mime
    report.hold("the minute before the press plays", pictures >= FRAMES_OF_RATE * rate * seconds)
    say(f"the {seconds:.0f} s before the press play: {pictures} pictures decoded")


async def _recorded(officer: Visitor, camera: str, start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
    """The span of the main stream that reaches `end`, as soon as the timeline has it; None when it never does."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(Unavailable):  # a school that did not answer in time is asked again
            timeline = await officer.get(f"/api/cameras/{camera}/timeline", start=_text(start), end=_text(end))
            spans = [(_instant(s["start"]), _instant(s["end"])) for s in timeline["spans"] if s["stream"] == "main"]
            if spans and spans[-1][1] >= end - REACHES_WITHIN:
                return spans[-1]
        await asyncio.sleep(0.2)
    return None


async def _frames_per_s(officer: Visitor, camera: str) -> float:
    streams = (await officer.get(f"/api/cameras/{camera}"))["streams"]
    return float(next((stream["frames_per_s"] for stream in streams if stream["stream"] == "main"), 0.0)) or 25.0


async def _handle(
    officer: Visitor, second: Visitor, events: Events, alarm: dict[str, Any], report: Report, say: Say
) -> None:
    """Draw, own, verify, send a unit, close with two signatures; every step is on the screen as an event."""
    path = f"/api/alarms/{alarm['id']}"
    await officer.post(f"{path}/presentation", {"drawn_at": _text(datetime.now(UTC))})
    await officer.post(f"{path}/acknowledgement", {})
    await officer.post(f"{path}/verification", {"verdict": "confirmed", "note": "played by qorgan demo --check"})
    units = await officer.get("/api/units")
    unit = (units["items"] if isinstance(units, dict) else units)[0]
    await officer.post(f"{path}/dispatch", {"unit": unit["id"], "note": ""})
    await officer.post(f"{path}/closure", {"disposition": "test", "note": "played by qorgan demo --check"})
    await second.post(f"{path}/closure/confirmation", {})
    await events.until(
        lambda screen: screen.alarms[alarm["id"]]["state"] == "closed",
        within_s=PATIENCE_S,
        otherwise="the closure was not announced",
    )
    closed = await officer.get(path)
    actions = [entry["action"] for entry in closed["log"]]
    report.measured["alarm_log"] = actions
    named = bool(closed["owner"]) and closed["confirmed_by"] not in (None, closed["owner"])
    report.hold("the alarm is closed by two named persons", closed["state"] == "closed" and named)
    report.hold("every step stands in the alarm's log", len(actions) >= 6)
    still_open = await officer.get("/api/alarms", state="open")
    report.hold("no alarm is left open", all(item["id"] != alarm["id"] for item in still_open["items"]))
    say("the alarm was acknowledged, verified, dispatched and closed")


async def _hear_the_panel(
    town: Town, officer: Visitor, second: Visitor, events: Events, report: Report, say: Say
) -> None:
    """A panel dials; its alarm has a ladder that ends with the neighbour, who sees nothing of it before that rung."""
    school = town.settled.schools[0]
    panel = school.plan.panel
    assert panel is not None and school.panel_port is not None
    dialler = SimPanel(account=panel.account, host=HOST, port=school.panel_port, key=read_key(school.panel_key()))
    dialled = time.monotonic()
    await dialler.report(panel.press, give_up_after_s=PATIENCE_S)
    report.measured["panel_acknowledged_ms"] = round((time.monotonic() - dialled) * 1000, 1)
    await events.until(
        lambda screen: any(alarm["source"] == "panel.dc09" for alarm in screen.alarms.values()),
        within_s=PATIENCE_S,
        otherwise="the panel's alarm did not reach the screen",
    )
    alarm = next(alarm for alarm in events.alarms.values() if alarm["source"] == "panel.dc09")
    report.measured["panel_to_event_ms"] = round((events.seen_at[alarm["id"]] - dialled) * 1000, 1)
    report.hold(
        "the panel's alarm is P1, and names its zone", (alarm["level"], alarm["button"]) == ("P1", panel.zone_key)
    )
    called = [rung["to"] for rung in alarm["escalation"]["ladder"]]
    report.hold("its ladder ends with the neighbour", called == ["officer", "supervisor", "neighbour"])
    path = f"/api/alarms/{alarm['id']}"
    async with Visitor.signed_in(town.settled.url, NEIGHBOUR, town.settled.user_password) as neighbour:
        before = (await officer.get(path))["shared_with"]  # on a machine that is slow its rung may have come
        seen = bool((await neighbour.get("/api/alarms", state="open"))["items"])
        after = (await officer.get(path))["shared_with"]
        right = (seen or before is None) and (not seen or after is not None)
        report.hold("the neighbour sees the alarm from that rung on, and not before", right)
    await officer.post(f"{path}/acknowledgement", {})
    await officer.post(f"{path}/verification", {"verdict": "false", "note": "played by qorgan demo --check"})
    await officer.post(f"{path}/closure", {"disposition": "test", "note": "played by qorgan demo --check"})
    closed = await second.post(f"{path}/closure/confirmation", {})
    report.hold("the panel's alarm is closed", closed["state"] == "closed")
    say(f"a panel dialled; its alarm was on the screen after {report.measured['panel_to_event_ms']} ms")


async def _read_who_watched(head: Visitor, alarm: dict[str, Any], report: Report) -> None:
    schools = (await head.get("/api/schools"))["items"]
    report.hold("the head sees one school, their own", [school["id"] for school in schools] == [alarm["school"]])
    watches = (await head.get(f"/api/schools/{alarm['school']}/watches"))["items"]
    report.measured["watch_lines"] = len(watches)
    live = [watch for watch in watches if watch["action"] == "live"]
    archive = [watch for watch in watches if watch["action"] == "archive"]
    purpose = f"alarm:{alarm['id']}"
    report.hold("the head reads who watched live", any(watch["viewer"]["role"] == "duty_officer" for watch in live))
    report.hold("the head reads who watched the recording", any(watch["purpose"] == purpose for watch in archive))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
