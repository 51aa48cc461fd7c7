"""A stream while it runs: which picture comes next, with which number, for whom."""

import secrets
import struct
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from qorgan.sim import rtp
from qorgan.sim.clips import ClipSpec, PackedClip, PackedFrame
from qorgan.sim.codecs import VideoCodec
from qorgan.sim.faults import CLOCK_ERROR_S, Fault
from qorgan.sim.h264 import sei_user_data
from qorgan.sim.overlay import Line, compose
from qorgan.sim.plain import h265_sei_user_data
from qorgan.sim.rtp import Packets
from qorgan.sim.sound import Sound, SoundClip

SEI_UUID = UUID("5d5a0c1e-7f5b-4e0e-9b1f-71a0c0de5eed")
ALMATY = ZoneInfo("Asia/Almaty")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER_AND_CLOCK = struct.Struct(">QQ")


class Frame:
    """One numbered picture in RTP packets on channel 0, ready to send to everybody who watches."""

    __slots__ = ("_own", "_shared", "counted", "data", "key", "number")

    def __init__(self, number: int, key: bool, data: bytearray, own: Packets, shared: Packets) -> None:
        self.number, self.key, self.data = number, key, data
        self._own, self._shared = own, shared
        self.counted = False

    @property
    def starts(self) -> list[int]:
        """Where in `data` the packets begin."""
        return [*self._own.starts, *(len(self._own.data) + start for start in self._shared.starts)]


class Viewer(Protocol):
    """Somebody who plays a stream. Callers rely on: no call blocks, and no call raises because a peer is gone."""

    def send_frame(self, frame: Frame) -> None: ...
    def stall(self, frame: Frame) -> None: ...
    def resume(self) -> None: ...


class Stream:
    """One stream of one camera. Owns its frame numbers, its place in the clip, its RTP state and its counters.

    Frame numbers count up by one for each picture made while somebody plays the stream, and never restart. `frames`
    counts each number once, when the operating system has taken all of it for the first viewer.
    """

    def __init__(
        self,
        *,
        camera_key: str,
        spec: ClipSpec,
        clip: PackedClip,
        phase_ticks: int,
        position: int = 0,
        sound: SoundClip | None = None,
    ) -> None:
        self.spec, self.clip, self.phase_ticks = spec, clip, phase_ticks
        self.fault: Fault | None = None
        self.shown: Fault | None = None  # the picture's fault now; the one wanted comes at the next key picture
        self.shown_from = 0  # number of the first picture with `shown`: a viewer may still have older ones to read
        self.viewers: list[Viewer] = []
        self.frames = self.dropped = self.late = 0
        self.lost = self.swapped = self.doubled = 0  # packets that met a fault of the network
        self.first: int | None = None
        self.last: int | None = None
        self.packets = self.payload_bytes = 0
        self.ssrc, self.seq, self._time_base = secrets.randbits(32), secrets.randbits(16), secrets.randbits(32)
        self._camera_key = camera_key
        self._number = 0
        self._position = position % len(clip.frames)
        self._text = ""
        self._next: tuple[Fault | None, PackedClip] | None = None
        self._stalled = False
        self.sound = Sound(sound, self) if sound else None

    @property
    def interval_ticks(self) -> int:
        """From one picture to the next, in 1/90000 s."""
        return self.clip.frame_ticks

    @property
    def is_stalled(self) -> bool:
        """Whether it stopped in the middle of a picture."""
        return self._stalled

    def timestamp(self, ticks: int) -> int:
        """The RTP time of a moment on the simulator's clock (in 1/90000 s)."""
        return (self._time_base + ticks) & 0xFFFFFFFF

    def shown_wall_us(self, wall_us: int) -> int:
        """What the camera believes the time is."""
        return wall_us + CLOCK_ERROR_S * 1_000_000 if self.fault is Fault.WRONG_CLOCK else wall_us

    def show(self, fault: Fault | None, clip: PackedClip) -> None:
        """Change to another clip at the next key picture."""
        self._next = (fault, clip)

    def join(self, viewer: Viewer) -> None:
        """Send to `viewer` from now on. The first viewer of a stream begins with a key picture at once."""
        if not self.viewers:
            self._to_key_picture()
        self.viewers.append(viewer)

    def leave(self, viewer: Viewer) -> None:
        if viewer in self.viewers:
            self.viewers.remove(viewer)

    def end_stall(self) -> None:
        """Send the rest of the picture in which it stopped, and go on with a key picture."""
        if self._stalled:
            self._stalled = False
            for viewer in list(self.viewers):
                viewer.resume()
            self._to_key_picture()

    def emit(self, ticks: int, wall_us: int) -> None:
        """Make the picture of this moment and send it to everybody; nothing if the stream stalls."""
        if self._stalled:
            return
        frame = self._make_frame(ticks, wall_us)
        self._stalled = self.fault is Fault.STALL
        for viewer in list(self.viewers):
            viewer.stall(frame) if self._stalled else viewer.send_frame(frame)

    def count(self, frame: Frame) -> None:
        """A viewer's socket took the whole of `frame`."""
        if frame.counted:
            return
        frame.counted = True
        self.frames += 1
        self.first = frame.number if self.first is None else min(self.first, frame.number)
        self.last = frame.number if self.last is None else max(self.last, frame.number)

    def _to_key_picture(self) -> None:
        self._position = self.clip.next_key(self._position)

    def _make_frame(self, ticks: int, wall_us: int) -> Frame:
        if self._next and self.clip.frames[self._position].key:
            (self.shown, self.clip), self._next, self._position = self._next, None, 0
            self.shown_from = self._number
        clip, picture, number = self.clip, self.clip.frames[self._position], self._number
        numbered = _NUMBER_AND_CLOCK.pack(number, wall_us)
        if clip.line is None:
            own = self._announcement(picture.key, numbered)
            timestamp = self.timestamp(ticks + picture.shift * clip.frame_ticks)
        else:
            own = self._drawn(picture, clip.line, numbered, wall_us)
            timestamp = self.timestamp(ticks)
        self._number += 1
        self._position = (self._position + 1) % len(clip.frames)
        return self._frame(number, picture.key, own, picture.packets, timestamp)

    def _drawn(self, picture: PackedFrame, line: Line, numbered: bytes, wall_us: int) -> Packets:
        """What goes before a picture into which clock and number are drawn."""
        clip = self.clip
        clock = _clock(self.shown_wall_us(wall_us) // 1_000_000)
        text = compose(clock, self._camera_key, self._number, line.cells)
        nals = [sei_user_data(SEI_UUID.bytes, numbered)]
        if picture.key:
            nals[:0] = clip.sets
            nals += line.draw_all(text, clip.frame_num_bits, picture.idr_pic_id)
        else:
            nals.append(line.draw_changes(self._text, text, picture.frame_num, clip.frame_num_bits))
        self._text = text
        return Packets.of(nals)

    def _announcement(self, key: bool, numbered: bytes) -> Packets:
        """What goes before a picture that stays as it was encoded."""
        codec = self.clip.codec
        sei = sei_user_data if codec is VideoCodec.H264 else h265_sei_user_data
        return Packets.of([*(self.clip.sets if key else ()), sei(SEI_UUID.bytes, numbered)], codec=codec)

    def _frame(self, number: int, key: bool, own: Packets, shared: Packets, timestamp: int) -> Frame:
        data = bytearray(own.data)
        data += shared.data
        seq = rtp.stamp(data, 0, own.starts, self.seq, timestamp, self.ssrc)
        self.seq = rtp.stamp(data, len(own.data), shared.starts, seq, timestamp, self.ssrc)
        self.packets += len(own.starts) + len(shared.starts)
        self.payload_bytes += own.payload_bytes + shared.payload_bytes
        return Frame(number, key, data, own, shared)


@lru_cache(maxsize=16)
def _clock(second: int) -> str:
    """The second of the day as schools in Kazakhstan read it."""
    return (_EPOCH + timedelta(seconds=second)).astimezone(ALMATY).strftime("%Y-%m-%d %H:%M:%S")
