"""Recordings: a range is streamed from the school's files, the timeline says what there is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from tests.behaviour.gateway.conftest import Stand, until
from tests.support.clips import MIME, decoded_frames
from tests.support.fake_gatekeeper import HALL

from qorgan.centre.gateway import recordings, transfer
from qorgan.centre.gateway.instants import instant
from qorgan.kernel.clock import to_us
from qorgan.protocols.link import commands

NOW = datetime.now(UTC).replace(microsecond=0)
START = NOW - timedelta(minutes=5)


def asked(start: datetime = START, seconds: float = 60, **more: str) -> dict[str, str]:
    return {"start": instant(start), "end": instant(start + timedelta(seconds=seconds)), "purpose": "duty", **more}


async def get(stand: Stand, what: str = "range", session: str | None = "officer", **query: str) -> httpx.Response:
    async with stand.http(session) as http:
        return await http.get(f"/api/cameras/{HALL}/{what}", params=query or asked())


async def test_a_range_arrives_whole_and_decodes(stand: Stand) -> None:
    answer = await get(stand)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["x-qorgan-mime"] == MIME
    assert answer.headers["cache-control"] == "private, no-store"
    assert decoded_frames(answer.content) == 50
    assert answer.content == stand.school.clip.init + b"".join(_padded_clip(stand))
    order = stand.school.ranges[0]
    assert (order.start, order.end) == (START, START + timedelta(seconds=60))
    await until(lambda: stand.school.closed == [order.lease], "the lease is closed")
    assert stand.rooms.watching == [] and len(stand.rooms.watches) == 1


def _padded_clip(stand: Stand) -> list[bytes]:
    from tests.support.clips import padded

    return [padded(fragment, stand.school.frame_padding) for fragment in stand.school.clip.fragments]


async def test_instants_may_be_milliseconds(stand: Stand) -> None:
    start, end = str(to_us(START) // 1000), str(to_us(START) // 1000 + 10_000)
    assert (await get(stand, start=start, end=end)).status_code == 200
    assert stand.school.ranges[0].start == START


async def test_the_school_is_given_credit_as_the_browser_takes_bytes(stand: Stand) -> None:
    stand.school.frame_padding = 100_000
    answer = await get(stand)

    assert len(answer.content) > 5_000_000
    assert sum(stand.school.credits) >= 4_500_000
    assert min(stand.school.credits) >= transfer.CREDIT_STEP_BYTES


async def test_nothing_recorded_is_a_404(stand: Stand) -> None:
    stand.school.range_end = b"not_recorded"
    answer = await get(stand)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_recorded")
    await until(lambda: stand.rooms.watching == [], "the watch has ended")


@pytest.mark.parametrize(
    ("code", "status"), [("not_recorded", 404), ("grant.expired", 403), ("storage", 503), ("grant.site", 403)]
)
async def test_a_schools_refusal_is_a_problem_document(stand: Stand, code: str, status: int) -> None:
    stand.school.refuse_all = commands.Refusal(code=code, message="no")
    answer = await get(stand)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("what", ["range", "timeline"])
async def test_a_silent_school_is_a_504(stand: Stand, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand.gateway._recordings._school, "_answer_within_s", 0.2)
    stand.school.silent = True
    answer = await get(stand, what)
    assert (answer.status_code, answer.json()["code"]) == (504, "node_silent")
    await until(lambda: stand.rooms.watching == [], "the watch has ended")


async def test_half_a_range_is_never_passed_off_as_whole(stand: Stand) -> None:
    stand.school.range_loses = True
    with pytest.raises(httpx.RemoteProtocolError):
        await get(stand)
    await until(lambda: stand.rooms.watching == [], "the watch has ended")


async def test_a_browser_that_leaves_ends_the_lease(stand: Stand) -> None:
    stand.school.frame_padding = 200_000  # 10 MB: more than fits on the way
    async with stand.http() as http, http.stream("GET", f"/api/cameras/{HALL}/range", params=asked()) as answer:
        assert answer.status_code == 200
        await anext(answer.aiter_raw())
    await until(lambda: bool(stand.school.closed), "the school was told")
    await until(lambda: stand.counters.ranges == 0, "nothing is being sent")
    await until(lambda: stand.rooms.watching == [], "the watch has ended")


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({}, "start"),
        ({"start": "yesterday", "end": instant(NOW)}, "start"),
        ({"start": "2026-11-22T00:00:00", "end": instant(NOW)}, "start"),
        ({"start": "9" * 30, "end": instant(NOW)}, "start"),
        (asked(seconds=-1), "end"),
        (asked(seconds=0), "end"),
        (asked(seconds=121), "end"),
        (asked(NOW + timedelta(hours=1)), "end"),
        (asked(stream="third"), "stream"),
        (asked(purpose="x" * 101), "purpose"),
    ],
)
async def test_a_wrong_question_is_told_what_is_wrong(stand: Stand, query: dict[str, str], word: str) -> None:
    async with stand.http() as http:
        answer = await http.get(f"/api/cameras/{HALL}/range", params=query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["detail"].startswith(f"{word}:")
    assert stand.rooms.watches == {} and stand.school.ranges == []


async def test_who_may_not_watch_gets_nothing(stand: Stand) -> None:
    assert (await get(stand, session=None)).status_code == 401
    assert (await get(stand, session="ministry")).status_code == 403
    async with stand.http() as http:
        for camera in ("00000000-0000-7000-8000-00000000ffff", "no-id"):
            assert (await http.get(f"/api/cameras/{camera}/range", params=asked())).status_code == 404
    assert stand.school.ranges == []


async def test_the_timeline_says_what_was_recorded_and_what_not(stand: Stand) -> None:
    middle, end = START + timedelta(seconds=20), START + timedelta(seconds=60)
    stand.school.coverage = commands.CoverageReply(
        spans=(commands.Span(start=START, end=middle, stream="main"),),
        gaps=(commands.Gap(start=middle, end=end, stream="main", cause="no_frames"),),
    )
    stand.rooms.alarms = [{"id": "a1", "at": instant(middle), "level": "P1"}]
    answer = await get(stand, "timeline")

    assert answer.status_code == 200
    assert answer.json() == {
        "start": instant(START),
        "end": instant(end),
        "spans": [{"start": instant(START), "end": instant(middle), "stream": "main"}],
        "gaps": [{"start": instant(middle), "end": instant(end), "stream": "main", "cause": "no_frames"}],
        "damaged": [],
        "motion": None,
        "alarms": [{"id": "a1", "at": instant(middle), "level": "P1"}],
    }
    assert stand.rooms.watches == {}, "no picture was shown, so nobody watched"


async def test_the_gateways_numbers_are_for_those_who_look_after_it(stand: Stand) -> None:
    browser = await stand.browser()
    await browser.open()
    await until(lambda: bool(browser.told("opened")), "a tile is open")
    statuses: dict[Any, int] = {}
    for session in (None, "officer", "admin"):
        async with stand.http(session) as http:
            answer = await http.get("/api/gateway")
            statuses[session] = answer.status_code
    assert statuses == {None: 401, "officer": 403, "admin": 200}
    body = answer.json()
    assert (body["streams"], body["viewers"], body["connected"]) == (1, 1, True)


async def test_ranges_are_limited_so_that_live_video_goes_on(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "RANGES", 1)
    stand.school.frame_padding = 200_000
    async with stand.http() as http, http.stream("GET", f"/api/cameras/{HALL}/range", params=asked()) as answer:
        await anext(answer.aiter_raw())
        second = await get(stand)
        assert (second.status_code, second.json()["code"]) == (503, "too_many_viewers")
