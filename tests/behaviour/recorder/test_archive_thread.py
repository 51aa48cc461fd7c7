"""A recorder whose archive no longer writes is no recorder: it ends, and its supervisor starts it anew."""

import asyncio
import sys
from pathlib import Path

from tests.support.nats import NatsServer
from tests.support.recorder_node import SITE, RecorderNode, until
from tests.support.sim_cameras import a_camera

from qorgan.edge.config import load
from qorgan.edge.recorder.check import Depth, check
from qorgan.edge.recorder.index import Index, SegmentRow
from qorgan.kernel.processes import Child, Supervisor
from qorgan.sim.server import RtspSimulator


def rows(node: RecorderNode) -> list[SegmentRow]:
    index = Index(node.archive / "index.db", readonly=True)
    try:
        return list(index.all_segments())
    finally:
        index.close()


async def test_a_recorder_ends_with_its_archives_thread_and_comes_back_with_all_it_promised(
    tmp_path: Path, carrier: NatsServer, clip_cache: Path
) -> None:
    """To read cameras on without writing them would look healthy, and keep nothing."""
    async with RtspSimulator([a_camera("hall")], cache=clip_cache) as sim:
        node = RecorderNode(tmp_path, carrier, [{"key": "hall", "main": sim.url(SITE, "hall")}])
        module = ("-m", "tests.support.failing_archive", str(tmp_path / "mark"), "--config", str(node.config))
        supervisor = Supervisor([Child(name="recorder", argv=[sys.executable, *module])])
        running = asyncio.create_task(supervisor.run())
        try:
            await until(lambda: supervisor.status()["recorder"].restarts == 1, "an end, and a new start")
            assert 1 == supervisor.status()["recorder"].last_exit
            promised = {row.id: row.frames for row in rows(node)}
            assert sum(promised.values()) > 0, "it had recorded something"
            await until(
                lambda: sum(row.frames for row in rows(node) if row.id not in promised) >= 50,
                "two seconds of a new recording",
            )
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    kept = {row.id: row for row in rows(node)}
    assert 1 == supervisor.status()["recorder"].restarts, "the second start works on"
    assert all(kept[id].frames >= frames for id, frames in promised.items())
    assert [] == check(load(node.config), depth=Depth(every_file=True, hashes=True), repair=False)
