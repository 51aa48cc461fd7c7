"""Live video to whoever holds a grant: each frame its own fragment, published on the carrier on one lease per centre.

Sound is a lease of its own: whoever only looks gets none, whoever listens does not get the pictures twice, and sound
that fails holds up no picture. It is sent as it comes, in the camera's own code.

When the line is behind, a lease skips to the next keyframe, its `seq` jumps, and the skipped frames are counted (see
`outlet`). A lease that somebody opened for an alarm goes before all others. One that nobody renews ends by itself.
"""

import time
from dataclasses import dataclass

import structlog

from qorgan.edge.recorder.outlet import Outlet
from qorgan.edge.recorder.session import StreamSession
from qorgan.edge.recorder.sound import SoundSample, run_of
from qorgan.edge.recorder.timing import RunClock
from qorgan.edge.recorder.track import Sample
from qorgan.kernel.clock import now_us
from qorgan.kernel.errors import Conflict
from qorgan.protocols.fmp4.writer import (
    AudioTrack,
    VideoTrack,
    fragment_head,
    init_segment,
    sound_fragment,
    sound_init_segment,
)
from qorgan.protocols.link.commands import Opened
from qorgan.protocols.link.media import MediaKind, pack, pack_init

log = structlog.get_logger()

MAX_LEASES = 64
_FIRST_MESSAGE_BYTES = 100_000  # the group of pictures so far travels in pieces of about this size


@dataclass(slots=True)
class Lease:
    """One live stream to one centre. Owner of its sequence numbers."""

    id: str
    subject: str
    session: StreamSession
    lease_s: float
    expires: float
    sound: bool = False  # brings the sound and no pictures
    urgent: bool = False  # somebody watches for an alarm
    track: VideoTrack | AudioTrack | None = None
    seq: int = 0
    waiting_for_key: bool = True
    skipped: int = 0


class LiveDesk:
    """All live leases of this node. Calls `session.watch()` as the first comes and the last goes."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._leases: dict[str, Lease] = {}
        self._by_session: dict[StreamSession, list[Lease]] = {}
        self._moof_sequence = 0

    def open(
        self,
        id: str,
        subject: str,
        session: StreamSession,
        lease_s: float,
        *,
        sound: bool = False,
        urgent: bool = False,
    ) -> Opened:
        """Start a lease, or renew it when another viewer joins. What is known of the picture goes out at once.

        Raises `Conflict` for a lease that brings sound and is asked for pictures, or the other way round.
        """
        if (known := self._leases.get(id)) is not None:
            if known.sound is not sound or known.session is not session:
                raise Conflict("this lease brings something else", code="lease.in_use")
            self.renew(id)
            known.urgent = known.urgent or urgent
            return self._opened(known)
        lease_s = min(max(lease_s, 2.0), 60.0)
        lease = Lease(id, subject, session, lease_s, time.monotonic() + lease_s, sound, urgent)
        self._leases[id] = lease
        self._by_session.setdefault(session, []).append(lease)
        session.watch(True)
        self.tell_state(session)
        if not sound:
            self._catch_up(lease)
        log.info("live.opened", camera=session.camera, stream=session.stream, leases=len(self._leases))
        return self._opened(lease)

    @property
    def full(self) -> bool:
        """Whether no further lease can be opened."""
        return len(self._leases) >= MAX_LEASES

    def renew(self, id: str) -> bool:
        """Somebody still watches. False when there is no such lease (any more)."""
        lease = self._leases.get(id)
        if lease is None:
            return False
        lease.expires = time.monotonic() + lease.lease_s
        return True

    def close(self, id: str, reason: str) -> None:
        """End a lease; the last one of a stream lets it be read thriftily again."""
        lease = self._leases.pop(id, None)
        if lease is None:
            return
        self._send(lease, MediaKind.END, 0, reason.encode())
        others = self._by_session[lease.session]
        others.remove(lease)
        if not others:
            del self._by_session[lease.session]
            lease.session.watch(False)
        log.info("live.closed", camera=lease.session.camera, stream=lease.session.stream, reason=reason)

    def expire(self) -> None:
        """End the leases that nobody renewed."""
        now = time.monotonic()
        for lease in [lease for lease in self._leases.values() if lease.expires < now]:
            self.close(lease.id, "lease_expired")

    def tell_state(self, session: StreamSession) -> None:
        """A stream's state goes to everybody who watches it."""
        text = f"{session.state}:{session.reason}".encode()
        for lease in self._by_session.get(session, ()):
            self._send(lease, MediaKind.STATE, now_us(), text)

    def show(self, session: StreamSession, samples: list[Sample]) -> None:
        """New frames of a watched stream."""
        leases = [lease for lease in self._by_session.get(session, ()) if not lease.sound]
        recorder = session.recorder
        if not leases or recorder.track is None or recorder.clock is None:
            return
        for sample in samples:
            message = self._fragment([sample], recorder.last_duration)
            wall_us = _no_later_than_now(recorder.clock, sample.media)
            for lease in leases:
                self._show_one(lease, sample.key, wall_us, message, recorder.track)

    def hear(self, session: StreamSession, samples: list[SoundSample]) -> None:
        """New sound of a watched stream. What finds no room is skipped: the next message stands alone."""
        leases = [lease for lease in self._by_session.get(session, ()) if lease.sound]
        recorder = session.recorder
        if not leases or recorder.audio is None or recorder.clock is None:
            return
        run = run_of(samples, 0)
        if run is None or run.base_time < 0:
            return
        self._moof_sequence += 1
        message = sound_fragment(self._moof_sequence, run, b"".join(sample.data for sample in samples))
        wall_us = _no_later_than_now(recorder.clock, samples[0].media)
        for lease in leases:
            if lease.track != recorder.audio and not self._send_init(lease, recorder.audio, wall_us):
                continue
            if not self._send(lease, MediaKind.KEY, wall_us, message):
                lease.skipped += 1

    def _show_one(self, lease: Lease, key: bool, wall_us: int, message: bytes, track: VideoTrack) -> None:
        begins = key and (lease.track == track or self._send_init(lease, track, wall_us))
        if lease.waiting_for_key and not begins:
            lease.skipped += 1
            return
        kind = MediaKind.KEY if key else MediaKind.DELTA
        lease.waiting_for_key = not self._send(lease, kind, wall_us, message)

    def _catch_up(self, lease: Lease) -> None:
        """Send the group of pictures so far, so that a picture stands at once and not at the next keyframe."""
        recorder = lease.session.recorder
        if not recorder.gop or recorder.track is None or recorder.clock is None:
            return
        if not self._send_init(lease, recorder.track, recorder.clock.wall_us(recorder.gop[0].media)):
            return
        for samples in _pieces(recorder.gop):
            kind = MediaKind.KEY if samples[0].key else MediaKind.DELTA
            wall_us = _no_later_than_now(recorder.clock, samples[-1].media)
            if not self._send(lease, kind, wall_us, self._fragment(samples, recorder.last_duration)):
                return
        lease.waiting_for_key = False

    def _fragment(self, samples: list[Sample], last_duration: int) -> bytes:
        self._moof_sequence += 1
        offsets = [sample.offset for sample in samples]
        head = fragment_head(
            self._moof_sequence & 0xFFFFFFFF,
            samples[0].media,
            [len(sample.data) for sample in samples],
            [sample.duration or last_duration for sample in samples],
            starts_with_key=samples[0].key,
            offsets=offsets if any(offsets) else None,
        )
        return b"".join([head, *(sample.data for sample in samples)])

    def _send_init(self, lease: Lease, track: VideoTrack | AudioTrack, wall_us: int) -> bool:
        lease.seq += 1
        init = init_segment(track) if isinstance(track, VideoTrack) else sound_init_segment(track)
        message = pack_init(lease.seq, wall_us, track.mime, init)
        sent = self._outlet.put(lease.subject, MediaKind.INIT, message, urgent=lease.urgent)
        lease.track = track if sent else None  # one that found no room is sent again with the next keyframe
        return sent

    def _send(self, lease: Lease, kind: MediaKind, wall_us: int, payload: bytes) -> bool:
        lease.seq += 1
        return self._outlet.put(lease.subject, kind, pack(kind, lease.seq, wall_us, payload), urgent=lease.urgent)

    def _opened(self, lease: Lease) -> Opened:
        recorder = lease.session.recorder
        if lease.sound:
            return Opened(lease=lease.id, mime="" if recorder.audio is None else recorder.audio.mime)
        track = recorder.track
        if track is None:
            return Opened(lease=lease.id)
        return Opened(lease=lease.id, mime=track.mime, width=track.width, height=track.height)


def _no_later_than_now(clock: RunClock, media: int) -> int:
    """When it was taken. A run whose first frames were late has a clock that runs ahead, until it has drifted back."""
    return min(clock.wall_us(media), now_us())


def _pieces(samples: list[Sample]) -> list[list[Sample]]:
    pieces: list[list[Sample]] = [[]]
    size = 0
    for sample in samples:
        if size + len(sample.data) > _FIRST_MESSAGE_BYTES and pieces[-1]:
            pieces.append([])
            size = 0
        pieces[-1].append(sample)
        size += len(sample.data)
    return pieces
