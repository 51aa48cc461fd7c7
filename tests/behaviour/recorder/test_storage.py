"""Disks are pulled out of a running recorder, mistaken for others, and too small: it goes on, and says so."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from tests.support.gst import gst_camera
from tests.support.recorder_node import RecorderNode, recorder_node, until

from qorgan.edge.ipc import CoreServer, StorageHealth, Telling
from qorgan.edge.recorder.index import Index

pytestmark = pytest.mark.gstreamer
LONG_S = 120.0  # the recorder looks at its disks every ten seconds
TWO_DISKS = "".join(f'[[storage.disks]]\npath = "{name}"\nbudget_gb = 1\n' for name in ("a", "b"))


@contextlib.asynccontextmanager
async def a_core(node: RecorderNode) -> AsyncIterator[list[Telling]]:
    """What core hears of the recorder."""
    told: list[Telling] = []

    async def handle(telling: Telling, id: UUID | None) -> None:
        told.append(telling)

    serving = asyncio.create_task(CoreServer(node.root / "data" / "core.sock", handle).run())
    try:
        yield told
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def states(told: list[Telling]) -> dict[str, str]:
    """The disks by their names, as core heard last."""
    last = next((one for one in reversed(told) if isinstance(one, StorageHealth)), StorageHealth())
    return {disk.name: disk.state for disk in last.disks}


def disk_of(node: RecorderNode, number: int) -> Path:
    index = Index(node.archive / "index.db", readonly=True)
    try:
        return index.root_of(node.rows()[number].disk)
    finally:
        index.close()


async def test_a_disk_pulled_out_while_recording_costs_a_moment_and_comes_back_by_itself(tmp_path, carrier):
    with gst_camera() as url, recorder_node(tmp_path, carrier, [{"key": "gate", "main": url}], TWO_DISKS) as node:
        async with a_core(node) as told:
            await until(lambda: node.frames("gate") > 60, "two seconds in the index", LONG_S)
            first = disk_of(node, 0)
            pulled = first.with_name("pulled out")
            first.rename(pulled)
            first.mkdir()
            await until(lambda: states(told).get(first.name) == "refused", "core told of the disk", LONG_S)
            await until(lambda: node.rows()[-1].disk != node.rows()[0].disk, "recorded elsewhere", LONG_S)
            assert not any(first.iterdir())  # nothing was put onto the empty mount point

            first.rmdir()
            pulled.rename(first)
            await until(lambda: states(told).get(first.name) == "ready", "core told of its return", LONG_S)
            await until(lambda: node.rows()[0].state == "adopted", "what was on it adopted", LONG_S)
            assert node.rows()[0].frames > 60
    assert "Traceback" not in node.log


async def test_without_the_disk_of_the_index_nothing_is_recorded_beside_it(tmp_path, carrier):
    with recorder_node(tmp_path, carrier, [{"key": "gate", "main": "rtsp://127.0.0.1:1/nobody"}]) as node:
        await until(lambda: "recorder.started" in node.log, "started")
        node.stop()
        node.archive.rename(tmp_path / "pulled out")
        node.archive.mkdir()
        node.start()
        assert node.process is not None
        assert 2 == await asyncio.to_thread(node.process.wait, 30)

        assert "qorgan edge disk accept" in node.log
        assert not any(node.archive.iterdir())
