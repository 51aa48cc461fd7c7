"""What one lease brings, for those who were there and those who come late."""

import json

import pytest
from tests.support.clips import HEIGHT, MIME, WIDTH, clip
from tests.unit.gateway.test_tiles import a_tile

from qorgan.centre.gateway import broadcast
from qorgan.centre.gateway.broadcast import Broadcast, picture_size
from qorgan.centre.gateway.counters import Counters
from qorgan.protocols.link.media import MediaKind, pack, pack_init

INIT, KEY, DELTA, STATE, END = MediaKind


class Lease:
    """A lease's messages in order."""

    def __init__(self) -> None:
        self.counters, self.ended, self.seq = Counters(), list[str](), 0xFFFFFFFE
        self.broadcast = Broadcast(self.counters, lambda: 0.0, on_end=self.ended.append)

    def send(self, kind: MediaKind, payload: bytes = b"x" * 100) -> None:
        self.seq += 1
        self.broadcast.take(pack(kind, self.seq, 0, payload))

    def init(self) -> None:
        self.seq += 1
        self.broadcast.take(pack_init(self.seq & 0xFFFFFFFF, 0, MIME, clip().init))

    def late_viewer(self) -> list[MediaKind]:
        tile, _, _ = a_tile()
        self.broadcast.admit(tile, (0, 0))
        return [MediaKind(data[4]) for data in iter(tile.take, None)]


def test_the_size_is_read_from_the_sample_entry() -> None:
    assert picture_size(clip().init) == (WIDTH, HEIGHT)
    for junk in (b"", b"stsd", b"avc1", b"stsdavc1" + b"\0" * 10, clip().init[:200]):
        assert picture_size(junk) is None


def test_the_sequence_number_wraps_without_being_a_loss() -> None:
    lease = Lease()
    lease.init()
    for _ in range(5):
        lease.send(KEY)
    assert lease.counters.lost == 0


def test_a_late_viewer_is_told_the_type_and_the_size() -> None:
    lease = Lease()
    lease.init()
    tile, outbox, _ = a_tile()
    lease.broadcast.admit(tile, (0, 0))
    told = [json.loads(text) for text in outbox._texts]
    assert {"op": "opened", "tile": 7, "mime": MIME, "width": WIDTH, "height": HEIGHT} in told


def test_new_parameters_begin_a_new_group() -> None:
    lease = Lease()
    lease.init()
    lease.send(KEY)
    lease.send(DELTA)
    lease.init()
    assert lease.late_viewer() == [INIT]
    lease.send(KEY)
    assert lease.late_viewer() == [INIT, KEY]


def test_after_a_loss_a_late_viewer_waits_too() -> None:
    lease = Lease()
    lease.init()
    lease.send(KEY)
    lease.seq += 1
    lease.send(DELTA)
    assert lease.late_viewer() == [INIT]


def test_a_loss_before_init_ends_the_lease_because_init_comes_once() -> None:
    lease = Lease()
    lease.send(STATE, b"live:none")
    lease.seq += 1
    lease.send(KEY)
    assert lease.ended == ["init_lost"]


def test_a_group_without_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera with a keyframe a minute must not fill our memory."""
    monkeypatch.setattr(broadcast, "GROUP_BYTES", 1_000)
    lease = Lease()
    lease.init()
    lease.send(KEY)
    for _ in range(20):
        lease.send(DELTA)
    assert lease.late_viewer() == [INIT]
    assert lease.broadcast._group == []


@pytest.mark.parametrize(
    "junk", [b"", b"x", b"\x02" * 15, pack(KEY, 1, 0, b"")[:1] + b"\x09" + b"\0" * 14, b"\x63\x01" + b"\0" * 14]
)
def test_junk_is_counted_and_harms_nobody(junk: bytes) -> None:
    lease = Lease()
    lease.broadcast.take(junk)
    lease.broadcast.take(pack(INIT, 1, 0, b"\xff"))
    assert lease.counters.malformed == 2
    assert lease.late_viewer() == []


def test_the_end_is_told_with_its_reason() -> None:
    lease = Lease()
    lease.init()
    lease.send(END, b"lease_expired")
    assert lease.ended == ["lease_expired"]
