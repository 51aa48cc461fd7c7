"""What the recorder says of its disks becomes the node's health: faults on its screen, disks in its pulse."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qorgan.edge.config import parse
from qorgan.edge.core.cameras import CameraBoard
from qorgan.edge.core.node import Node
from qorgan.edge.core.store import Store
from qorgan.edge.ipc import StorageHealth
from qorgan.kernel.clock import Clock
from qorgan.protocols.link.messages import CameraHealth, DiskHealth, Pulse

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CONFIG = """
[site]
id = "kst-012"
name = { kk = "№12 мектеп" }
[storage]
data = "data"
archive = "archive"
[[cameras]]
key = "hall"
name = { kk = "Фойе" }
main = "rtsp://h/"
"""


class StillClock(Clock):
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits here")


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[tuple[Node, StillClock]]:
    config, clock = parse(CONFIG, tmp_path / "edge.toml"), StillClock()
    store = Store(config.core_db, config.site.id, ballast_bytes=100_000)
    yield Node(config, store, CameraBoard(config.cameras, clock), clock), clock
    store.close()


async def told(node: Node, *disks: DiskHealth) -> Pulse:
    await node.take((CameraHealth(key="hall", streams=()),), None)
    await node.take(StorageHealth(disks=disks), None)
    body = (await node.pulse()).decode_body()
    assert isinstance(body, Pulse)
    return body


def a_disk(**changes: object) -> DiskHealth:
    return DiskHealth(**{"id": "d", "name": "a", "state": "ready", **changes})  # type: ignore[arg-type]


async def test_disks_that_are_well_are_in_the_pulse_and_no_fault(school: tuple[Node, StillClock]) -> None:
    pulse = await told(school[0], a_disk(days_kept=41.5))

    assert (a_disk(days_kept=41.5),) == pulse.disks
    assert () == pulse.faults


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"state": "refused", "reason": "no_identity"}, "storage.disk_out"),
        ({"state": "failed", "reason": "io_error"}, "storage.disk_out"),
        ({"breaks_at": NOW + timedelta(days=3)}, "storage.minimum_breaks"),
        ({"breaks_at": NOW, "broken": True}, "storage.minimum_broken"),
    ],
)
async def test_what_is_wrong_with_a_disk_is_a_fault_of_the_node(
    school: tuple[Node, StillClock], changes: dict[str, object], fault: str
) -> None:
    pulse = await told(school[0], a_disk(), a_disk(**changes))

    assert (fault,) == pulse.faults


async def test_the_disks_of_a_silent_recorder_are_not_believed(school: tuple[Node, StillClock]) -> None:
    node, clock = school
    await told(node, a_disk(state="failed"))
    clock.seconds += 11

    body = (await node.pulse()).decode_body()
    assert isinstance(body, Pulse)
    assert () == body.disks
    assert ("recorder.silent",) == body.faults
