"""Faults on command: what each looks like to whoever watches, and that it ends."""

import asyncio
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.rtsp_viewer import Picture, Viewer, decode, open_viewer
from tests.support.sim_cameras import SITE, a_camera, until

from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Invalid, NotFound
from qorgan.sim.faults import Fault
from qorgan.sim.overlay import read_line
from qorgan.sim.server import RtspSimulator

BELOW_THE_LINE = 48  # rows: the line and the tallest guard


async def watch_until_shown(sim: RtspSimulator, viewer: Viewer, fault: Fault | None, more: int = 12) -> list[Picture]:
    """Pictures from a key picture on, all of them with the fault."""
    stream = sim.stream(SITE, "hall", StreamName.MAIN)
    assert stream is not None
    while stream.shown is not fault:
        await viewer.picture()
    while not (first := await viewer.picture()).is_key or first.number < stream.shown_from:
        pass  # made before the fault, or of no use without the ones before it
    return [first, *await viewer.pictures(more)]


def sharpness(luma: NDArray[np.uint8]) -> float:
    """Mean step between neighbours."""
    return float(np.abs(np.diff(luma.astype(int), axis=1)).mean())


def scene(pictures: list[Picture]) -> list[NDArray[np.uint8]]:
    return [luma[BELOW_THE_LINE:] for luma in decode(pictures)]


async def test_each_fault_of_the_picture_can_be_seen_and_ends(clip_cache: Path) -> None:
    """One stream goes through all of them without a decoding error; the clock and the numbers go on."""
    async with (
        RtspSimulator([a_camera()], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await viewer.play()
        healthy = await watch_until_shown(sim, viewer, None)
        shown: dict[Fault, list[Picture]] = {}
        for fault in (
            Fault.BLACK,
            Fault.FROZEN,
            Fault.BLURRED,
            Fault.COVERED,
            Fault.MOVED,
            Fault.NOISY,
            Fault.OVEREXPOSED,
        ):
            await sim.set_fault(SITE, "hall", fault, "main")
            shown[fault] = await watch_until_shown(sim, viewer, fault)
        await sim.clear_fault(SITE, "hall")
        again = await watch_until_shown(sim, viewer, None)

    usual = scene(healthy)[0]
    first = {fault: scene(pictures)[0] for fault, pictures in shown.items()}
    assert first[Fault.BLACK].mean() < 20 < usual.mean()
    assert first[Fault.COVERED].mean() < 50 and sharpness(first[Fault.COVERED]) < sharpness(usual)
    assert first[Fault.OVEREXPOSED].mean() > 215
    assert sharpness(first[Fault.BLURRED]) < 0.6 * sharpness(usual)
    assert sharpness(first[Fault.NOISY]) > 2 * sharpness(usual)
    assert np.abs(first[Fault.MOVED].astype(int) - usual).mean() > 15
    assert _movement(scene(shown[Fault.FROZEN])) < 1 < _movement(scene(healthy))
    assert np.abs(scene(again)[0].astype(int) - usual).mean() < 25
    for pictures in shown.values():
        lines = [read_line(luma, 1)[-8:] for luma in decode(pictures)]
        assert lines == [f"#{picture.number:07d}" for picture in pictures]


def _movement(lumas: list[NDArray[np.uint8]]) -> float:
    """Mean change of the tenth of the samples that change most."""
    change = np.abs(lumas[-1].astype(int) - lumas[0])
    return float(np.sort(change, axis=None)[-change.size // 10 :].mean())


async def test_low_resolution_changes_the_size_in_band(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera()], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await viewer.play()
        before = await watch_until_shown(sim, viewer, None)
        await sim.set_fault(SITE, "hall", Fault.LOW_RESOLUTION, "main")
        after = await watch_until_shown(sim, viewer, Fault.LOW_RESOLUTION)
        sub = sim.stream(SITE, "hall", StreamName.SUB)
        assert sub is not None and sub.fault is None, "the other stream is untouched"
    assert before[0].nals[0] != after[0].nals[0]
    assert decode(before)[0].shape == (288, 512)
    assert decode(after)[0].shape == (96, 160)


async def test_low_frame_rate_sends_a_fifth_of_the_frames(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera()], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await viewer.play()
        await viewer.picture()
        await sim.set_fault(SITE, "hall", Fault.LOW_FPS)
        pictures = await watch_until_shown(sim, viewer, Fault.LOW_FPS, more=4)
    decode(pictures)
    assert [p.number - pictures[0].number for p in pictures] == [0, 1, 2, 3, 4]
    steps = [(b.timestamp - a.timestamp) % 2**32 for a, b in zip(pictures, pictures[1:], strict=False)]
    assert all(step and step % 18_000 == 0 for step in steps)


async def test_a_wrong_clock_is_wrong_in_the_picture_and_in_reports_but_not_in_the_sei(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera()], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await sim.set_fault(SITE, "hall", Fault.WRONG_CLOCK)
        await viewer.play()
        pictures = [await viewer.picture()]
        while not viewer.reports:
            pictures.append(await viewer.picture())
    (ntp_s,) = struct.unpack(">I", viewer.reports[0][8:12])
    true_s = pictures[-1].wall_us // 1_000_000
    line = read_line(decode(pictures)[0], 1)
    hour = (pictures[0].wall_us // 3_600_000_000 + 5 + 1) % 24
    assert ntp_s - 2_208_988_800 - true_s in range(3598, 3603)
    assert line[11:13] == f"{hour:02d}"


async def test_a_stalled_camera_stops_in_the_middle_of_a_packet_and_finishes_it_later(clip_cache: Path) -> None:
    """The connection stays and nothing is answered; afterwards not a byte is missing or out of place."""
    async with (
        RtspSimulator([a_camera()], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await viewer.play()
        before = await viewer.pictures(3)
        stream = sim.stream(SITE, "hall", StreamName.MAIN)
        assert stream is not None
        await sim.set_fault(SITE, "hall", Fault.STALL, "main")
        await until(lambda: stream.is_stalled)
        stuck = sim.sent(SITE, "hall")["main"].frames
        viewer.writer.write(f"OPTIONS {viewer.url} RTSP/1.0\r\nCSeq: 99\r\n\r\n".encode())
        whole = [await viewer.picture() for _ in range(stuck - len(before))]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await viewer.reader.readuntil(b"RTSP/1.0 200 OK")
        assert len(stream.viewers) == 1, "the connection is still there"

        await sim.clear_fault(SITE, "hall")
        torn = await viewer.picture()
        answer = await viewer.reader.readuntil(b"\r\n\r\n")
        after = await viewer.pictures(12)

    assert b"CSeq: 99" in answer
    pictures = [*before, *whole, torn, *after]
    assert [picture.number for picture in pictures] == list(range(len(pictures)))
    assert torn.number == stuck, "the picture that got stuck was not counted as sent"
    assert after[0].is_key
    decode(pictures)


async def test_dropping_hangs_up_once(clip_cache: Path) -> None:
    async with RtspSimulator([a_camera("hall"), a_camera("yard")], cache=clip_cache) as sim:
        async with open_viewer(sim.url(SITE, "hall")) as viewer, open_viewer(sim.url(SITE, "yard")) as other:
            await viewer.play()
            await other.play()
            await viewer.picture()
            await sim.set_fault(SITE, "hall", Fault.DROP)
            assert await viewer.is_closed()
            await other.pictures(5)
        async with open_viewer(sim.url(SITE, "hall")) as again:
            assert (await again.play()).status == 200
            assert (await again.picture()).is_key


async def test_a_refusing_camera_hangs_up_and_answers_503_until_it_ends(clip_cache: Path) -> None:
    async with RtspSimulator([a_camera("hall"), a_camera("yard")], cache=clip_cache) as sim:
        async with open_viewer(sim.url(SITE, "hall")) as viewer:
            await viewer.play()
            await sim.set_fault(SITE, "hall", Fault.REFUSE)
            assert await viewer.is_closed()
        async with open_viewer(sim.url(SITE, "hall")) as viewer:
            assert (await viewer.ask("OPTIONS")).status == 503
            assert await viewer.is_closed()
        async with open_viewer(sim.url(SITE, "yard")) as other:
            assert (await other.ask("DESCRIBE")).status == 200
        await sim.clear_fault(SITE, "hall")
        async with open_viewer(sim.url(SITE, "hall")) as viewer:
            assert (await viewer.ask("DESCRIBE")).status == 200


async def test_orders_that_make_no_sense_are_refused(clip_cache: Path) -> None:
    async with RtspSimulator([a_camera(sub=None)], cache=clip_cache) as sim:
        with pytest.raises(NotFound):
            await sim.set_fault(SITE, "attic", Fault.BLACK)
        with pytest.raises(NotFound):
            await sim.set_fault(SITE, "hall", Fault.BLACK, "sub")
        with pytest.raises(Invalid):
            await sim.set_fault(SITE, "hall", Fault.REFUSE, "main")
