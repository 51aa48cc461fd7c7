"""One lease's media, from the school to every tile that watches it. Decides, and does no waiting."""

import struct
from collections.abc import Callable

from qorgan.centre.gateway.counters import Counters
from qorgan.centre.gateway.tiles import Tile
from qorgan.domain.cameras import CameraReason, CameraState
from qorgan.kernel.errors import Invalid
from qorgan.protocols.link.media import HEADER_BYTES, MediaKind, split_init

GROUP_BYTES = 8_000_000  # a longer group of pictures is not kept: late viewers then wait for the next KEY

_HEADER = struct.Struct(">BBHI")
_INIT, _KEY, _DELTA, _STATE, _END = map(int, MediaKind)
_TEXT = 40  # characters of a state or a reason that we pass on


class Broadcast:
    """Owns what a late viewer needs (INIT, the group of pictures so far, the state) and the tiles of one lease."""

    def __init__(self, counters: Counters, monotonic: Callable[[], float], *, on_end: Callable[[str], None]) -> None:
        self.viewers: dict[Tile, None] = {}
        self.last_at = float("-inf")  # monotonic clock of the newest message
        self._counters, self._monotonic, self._on_end = counters, monotonic, on_end
        self._init: bytes | None = None
        self._mime, self._size = "", (0, 0)
        self._group: list[bytes] = []  # KEY and what followed it, empty when that is not known whole
        self._group_bytes = 0
        self._next_seq: int | None = None
        self._state: tuple[str, str] | None = None  # None: the school has not told, so the first KEY means live

    def admit(self, tile: Tile, size: tuple[int, int]) -> None:
        """A tile that the school agreed to gets at once what is known. `size`: the picture's, as the school told."""
        self._size = self._size if any(self._size) else size
        self.viewers[tile] = None
        if self._state is not None:
            tile.state(*self._state)
        if self._init is not None:
            tile.opened(self._mime, *self._size)
            tile.prime(self._init, self._group, self._monotonic())

    def take(self, data: bytes) -> None:
        """One media message, for all viewers. Called for every frame, so kept short."""
        counters = self._counters
        if len(data) < HEADER_BYTES or data[1] != 1:
            counters.malformed += 1
            return
        kind, _, _, seq = _HEADER.unpack_from(data)
        now = self.last_at = self._monotonic()
        counters.messages += 1
        counters.bytes += len(data)
        if seq != self._next_seq and self._next_seq is not None:
            self._on_loss()
        self._next_seq = (seq + 1) & 0xFFFFFFFF
        if kind == _DELTA:
            self._keep_delta(data)
        elif kind == _KEY:
            self._keep_key(data)
        else:
            self._take_rare(kind, data)
            return
        for tile in self.viewers:
            tile.offer(kind, data, now)

    def _keep_key(self, data: bytes) -> None:
        self._group, self._group_bytes = [data], len(data)
        if self._state is None:
            self._set_state(CameraState.LIVE, CameraReason.NONE)

    def _keep_delta(self, data: bytes) -> None:
        if not self._group:
            return
        self._group_bytes += len(data)
        if self._group_bytes > GROUP_BYTES:
            self._group = []
        else:
            self._group.append(data)

    def _take_rare(self, kind: int, data: bytes) -> None:
        text = data[HEADER_BYTES:]
        if kind == _INIT:
            self._take_init(data)
        elif kind == _STATE:
            state, _, reason = text.decode("utf-8", "replace").partition(":")
            self._set_state(state[:_TEXT], reason[:_TEXT] or CameraReason.NONE)
        elif kind == _END:
            self._on_end(text.decode("utf-8", "replace")[:_TEXT])
        else:
            self._counters.malformed += 1

    def _take_init(self, data: bytes) -> None:
        try:
            mime, segment = split_init(data[HEADER_BYTES:])
        except Invalid:
            self._counters.malformed += 1
            return
        self._init, self._mime = data, mime
        self._size = picture_size(segment) or self._size
        self._group = []
        for tile in self.viewers:
            tile.opened(mime, *self._size)
            tile.offer(_INIT, data, self.last_at)

    def _on_loss(self) -> None:
        self._counters.lost += 1
        self._group = []
        for tile in self.viewers:
            tile.await_key()
        if self._init is None:  # INIT may be what was lost, and it comes only once: open anew
            self._on_end("init_lost")

    def _set_state(self, state: str, reason: str) -> None:
        if state != CameraState.LIVE:
            self._group = []  # a late viewer must not take old pictures for new ones
        if (state, reason) == self._state:
            return
        self._state = (state, reason)
        for tile in self.viewers:
            tile.state(state, reason)


def picture_size(init_segment: bytes) -> tuple[int, int] | None:
    """Width and height from the visual sample entry of an initialisation segment (ISO/IEC 14496-12 §12.1.3)."""
    for name in (b"avc1", b"avc3", b"hvc1", b"hev1"):
        at = init_segment.find(name, max(0, init_segment.find(b"stsd")))
        if at >= 0 and len(init_segment) >= at + 32:
            width, height = struct.unpack_from(">HH", init_segment, at + 28)
            return width, height
    return None
