"""System calls of the real recorder fail for a while, as on a broken or full disk: nothing promised is missing."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.crash.operations import can_trace
from tests.support.failing_calls import Failing, failing, inject
from tests.support.nats import NatsServer
from tests.support.recorder_node import SITE, RecorderNode, until
from tests.support.sim_cameras import a_camera

from qorgan.edge.config import load
from qorgan.edge.recorder.check import Depth, Finding, check
from qorgan.edge.recorder.evidence import DAY_US, SETTLE_US
from qorgan.edge.recorder.index import Index
from qorgan.kernel.clock import from_us, now_us
from qorgan.sim.faults import Fault
from qorgan.sim.server import RtspSimulator

pytestmark = [pytest.mark.strace, pytest.mark.timeout(400)]
WRITES, SYNCS = "write,writev,pwrite64,pwritev", "fsync,fdatasync,syncfs"
ARCHIVES = {"writev", "syncfs"}  # the index has calls of its own
RENAMES = "rename,renameat,renameat2"
NAMES = "rename,renameat,renameat2,unlink,unlinkat"
CASES = {
    "writes are refused": (WRITES, "EIO"),
    "the disk is full": (WRITES, "ENOSPC"),
    "syncs fail": (SYNCS, "EIO"),
}


class TraceableNode(RecorderNode):
    """A recorder that strace may attach to, or that begins under strace."""

    under: tuple[str, ...] = ()
    sim: RtspSimulator

    def start(self) -> None:
        module = ("qorgan.edge.recorder", "--config", str(self.config))
        command = [*self.under, sys.executable, "-m", "tests.support.traceable", *module]
        with (self.root / "recorder.log").open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log, env=os.environ | {"QORGAN_LOG": "json"})

    def gaps(self) -> list[str]:
        """The causes of the gaps that are written down, in order."""
        index = Index(self.archive / "index.db", readonly=True)
        try:
            return [cause for _, _, cause in index.gaps("hall", "main", 0, 2**62)]
        finally:
            index.close()

    def frames_since(self, before: Collection[int]) -> int:
        """Frames in files that are not among these."""
        return sum(row.frames for row in self.rows() if row.id not in before)

    def grow_older(self, days: int) -> None:
        """What was recorded was recorded so many days ago."""
        with closing(sqlite3.connect(self.archive / "index.db")) as index, index:
            index.execute("UPDATE segments SET wall_start_us = wall_start_us - ?", (days * DAY_US,))

    def use_disks(self, *paths: str) -> None:
        disks = "".join(f'[[storage.disks]]\npath = "{path}"\nbudget_gb = 1\n' for path in paths)
        text = self.config.read_text("utf-8")
        self.config.write_text(text.replace("[centre]\n", f"{disks}[centre]\n"), "utf-8")

    def check(self, *, repair: bool = False) -> list[Finding]:
        """What `qorgan edge check` says after it has read every byte."""
        return check(load(self.config), depth=Depth(every_file=True, hashes=True), repair=repair)


@pytest.fixture
async def node(tmp_path: Path, carrier: NatsServer, clip_cache: Path) -> AsyncIterator[TraceableNode]:
    """A recorder with one camera that has recorded two seconds."""
    if reason := can_trace():
        pytest.skip(f"strace cannot trace a process on this machine: {reason}")
    async with RtspSimulator([a_camera("hall")], cache=clip_cache) as sim:
        node = TraceableNode(tmp_path, carrier, [{"key": "hall", "main": sim.url(SITE, "hall")}])
        node.sim = sim
        node.start()
        try:
            await until(lambda: node.frames("hall") >= 50, "two seconds in the index")
            yield node
        finally:
            node.stop()


@pytest.mark.parametrize("case", CASES)
async def test_after_errors_of_the_disk_recording_goes_on_and_nothing_promised_is_missing(
    node: TraceableNode, case: str, tmp_path: Path
) -> None:
    process, promised = node.process, {row.id: row.frames for row in node.rows()}
    assert process is not None
    with failing(process.pid, *CASES[case], tmp_path / "trace") as trouble:
        await until(lambda: len(trouble.failed) >= 5 and ARCHIVES & {*trouble.failed}, "five calls, the archive's too")
    first_after = max(row.id for row in node.rows()) + 1
    await until(
        lambda: sum(row.frames for row in node.rows() if row.id >= first_after) >= 50, "two seconds of a new recording"
    )
    assert process.poll() is None  # the same process all along
    node.stop()

    kept = {row.id: row for row in node.rows()}
    assert all(kept[id].frames >= frames for id, frames in promised.items())
    assert "storage" in {row.end_reason for row in kept.values()}
    assert {"closed", "adopted"} >= {row.state for row in kept.values()}
    assert "storage" in node.gaps()
    assert [] == node.check()


async def test_a_file_that_cannot_be_deleted_stays_until_the_check_finds_it(
    node: TraceableNode, tmp_path: Path
) -> None:
    """Retention forgets a file, then deletes it (I4): what it could not delete is found and taken in again."""
    node.stop()
    old = [row.path for row in node.rows()]
    text = node.config.read_text("utf-8")
    node.config.write_text(text.replace('archive = "archive"\n', 'archive = "archive"\nkeep_days = 0.00001\n'), "utf-8")
    files = [node.archive / path for path in old]
    node.under = (*inject(NAMES, "EIO", tmp_path / "trace", files=files), "-D")  # the node is the child, strace aside
    node.start()
    await until(lambda: not set(old) & {row.path for row in node.rows()}, "retention at work")
    process = node.process
    assert process is not None
    await until(lambda: node.frames("hall") >= 50, "two seconds of a new recording")
    assert process.poll() is None
    node.stop()

    assert all(file.exists() for file in files)
    assert {"segment.unlisted"} == {finding.code for finding in node.check()}
    assert all(finding.repaired for finding in node.check(repair=True))
    assert [] == node.check()
    assert set(old) <= {row.path for row in node.rows()}


async def test_no_recording_depends_on_a_rename(node: TraceableNode, tmp_path: Path) -> None:
    """Files are made under their last name and the index is one file: while renames fail, nothing even asks for one."""
    process = node.process
    assert process is not None
    files = {row.id for row in node.rows()}
    with failing(process.pid, RENAMES, "EIO", tmp_path / "trace") as trouble:
        await node.sim.set_fault(SITE, "hall", Fault.DROP)
        await until(lambda: bool({row.id for row in node.rows()} - files), "another file")
        await until(lambda: node.frames_since(files) >= 50, "two seconds in it")
        assert [] == trouble.failed
    node.stop()
    assert [] == node.check()


async def test_renames_that_fail_cost_a_list_or_a_new_disk_and_no_picture(node: TraceableNode, tmp_path: Path) -> None:
    """The recorder renames only where it writes small files anew: a disk's identity, and the lists of daily roots."""
    node.stop()
    node.grow_older(days=2)
    node.use_disks("archive", "second")
    day = from_us((now_us() - SETTLE_US) // DAY_US * DAY_US - DAY_US)
    files = [tmp_path / "second" / "qorgan-disk.json", node.archive / "roots" / f"{day:%Y%m%d}.json"]
    node.under = (*inject(RENAMES, "EIO", tmp_path / "trace"), "-D")
    before = {row.id for row in node.rows()}
    node.start()
    await until(lambda: node.frames_since(before) >= 50, "two seconds of a new recording")
    await until(lambda: "archive.job_failed" in node.log, "a list that could not be written")
    process = node.process
    assert process is not None and process.poll() is None
    assert not files[0].exists() and not files[1].exists()
    node.stop()
    assert 2 <= len(Failing(tmp_path / "trace").failed)

    node.under = ()
    node.start()
    await until(lambda: files[0].exists() and files[1].exists(), "both, now that they can be written")
    node.stop()
    assert [] == node.check()
