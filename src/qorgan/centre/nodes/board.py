"""The board of nodes: who was heard when, and which messages are missing. In memory, pure, one owner (`Intake`).

A pulse comes every 10 s from every school and is not written down. What comes off the board as `News` is: a node that
appears or falls silent, cameras whose health changed, a gap in `seq` that stays, and now and then the time of the last
pulse. Times named `now` are monotonic seconds; instants are the centre's clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.messages import CameraHealth, Pulse

SILENT_AFTER_S = 25.0  # two pulses missed, and the fault is written within 30 s of the last one
GAP_AFTER_S = 45.0  # and a gap in `seq` is a written fault within 60 s
WRITE_EVERY_S = 60.0
MOST_BEYOND = 10_000  # seqs remembered behind a gap; beyond it the gap is given up as lost
MOST_SITES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What must be written of one node."""

    site: SiteId
    online: bool
    heard_at: datetime | None
    pulse: Pulse | None = None  # the last one, when there was one since the process began
    cameras: tuple[CameraHealth, ...] = ()  # those whose health must be written
    complete_to: int = 0
    missing: int = 0


@dataclass(slots=True)
class Sequence:
    """Which `seq` of one site have arrived: all up to `complete_to`, and those `beyond` the first gap.

    `told` is the highest that the node says we acknowledged: should the end of its count be lost here, no later message
    would show it.
    """

    complete_to: int | None = None
    beyond: set[int] = field(default_factory=set)
    told: int = 0
    gap_since: float | None = None

    def arrived(self, seq: int, now: float) -> None:
        if self.complete_to is None:
            self.complete_to = seq - 1
        if seq <= self.complete_to:
            return
        self.beyond.add(seq)
        if len(self.beyond) > MOST_BEYOND:
            self.complete_to = min(self.beyond) - 1
        while self.complete_to + 1 in self.beyond:
            self.complete_to += 1
            self.beyond.remove(self.complete_to)
        self._watch(now)

    def acknowledged(self, last: int, now: float) -> None:
        """The node says that everything up to `last` was acknowledged by us."""
        if self.complete_to is not None:
            self.told = max(self.told, last)
            self._watch(now)

    def restarted(self, last: int) -> None:
        """The node began a new count: what we waited for will not come."""
        self.complete_to, self.beyond, self.told, self.gap_since = last, set(), 0, None

    def missing(self, now: float) -> int:
        """How many are missing for longer than `GAP_AFTER_S`; 0 while they may still be on their way."""
        if self.gap_since is None or now - self.gap_since < GAP_AFTER_S or self.complete_to is None:
            return 0
        return max(self.told, max(self.beyond, default=0)) - self.complete_to - len(self.beyond)

    def _watch(self, now: float) -> None:
        if not self.beyond and self.told <= (self.complete_to or 0):
            self.gap_since = None
        elif self.gap_since is None:
            self.gap_since = now


@dataclass(slots=True)
class _Entry:
    heard: float
    heard_at: datetime | None
    online: bool
    started_at: datetime | None = None
    pulse: Pulse | None = None
    written: float = float("-inf")
    shape: dict[str, object] = field(default_factory=dict)  # camera key → what of its health must not wait
    seqs: Sequence = field(default_factory=Sequence)
    missing: int = 0


class NodeBoard:
    """Owns what is known of nodes between two writes."""

    def __init__(self, *, write_every_s: float = WRITE_EVERY_S) -> None:
        self._entries: dict[SiteId, _Entry] = {}
        self._write_every_s = write_every_s

    def remember(
        self,
        site: SiteId,
        *,
        online: bool,
        heard_at: datetime | None,
        started_at: datetime | None,
        complete_to: int | None,
        arrived: Iterable[tuple[int, float]],
        now: float,
        missing: int = 0,
    ) -> None:
        """Put on the board what the database knew when this process began; a node has 30 s to be heard again.

        `arrived`: seqs beyond `complete_to` as they came, each with how many seconds ago: a gap keeps its age over a
        restart. `missing`: what was last written of the gap.
        """
        entry = self._entries[site] = _Entry(heard=now, heard_at=heard_at, online=online, started_at=started_at)
        entry.seqs.complete_to, entry.missing = complete_to, missing
        for seq, ago_s in arrived:
            entry.seqs.arrived(seq, now - ago_s)

    def arrived(self, site: SiteId, seqs: Iterable[int], now: float, at: datetime) -> News | None:
        """Durable messages of a known school are stored: a sign of life, and places in its sequence."""
        entry = self._heard(site, now, at)
        for seq in seqs:
            entry.seqs.arrived(seq, now)
        return self._news(site, entry, now) if not entry.online else None

    def pulse(self, site: SiteId, pulse: Pulse, now: float, at: datetime) -> News | None:
        """A pulse came; the news when there is something to write."""
        if site not in self._entries and len(self._entries) >= MOST_SITES:
            return None
        entry = self._heard(site, now, at)
        self._follow_count(entry, pulse)
        new_faults = entry.pulse is not None and entry.pulse.faults != pulse.faults
        entry.pulse = pulse
        due = not entry.online or new_faults or now - entry.written >= self._write_every_s
        shapes = {camera.key: _shape(camera) for camera in pulse.cameras}
        changed = tuple(c for c in pulse.cameras if due or entry.shape.get(c.key) != shapes[c.key])
        entry.shape = shapes
        return self._news(site, entry, now, changed) if due or changed else None

    def sweep(self, now: float) -> list[News]:
        """Nodes that fell silent, and gaps that stayed or closed, since the last sweep. Call it every second or so."""
        news = []
        for site, entry in self._entries.items():
            missing = entry.seqs.missing(now)
            silent = entry.online and now - entry.heard > SILENT_AFTER_S
            if silent or missing != entry.missing:
                entry.missing = missing
                news.append(self._news(site, entry, now, online=entry.online and not silent))
        return news

    def _heard(self, site: SiteId, now: float, at: datetime) -> _Entry:
        entry = self._entries.setdefault(site, _Entry(heard=now, heard_at=at, online=False))
        entry.heard, entry.heard_at = now, at
        return entry

    def _follow_count(self, entry: _Entry, pulse: Pulse) -> None:
        begun_anew = entry.started_at is not None and pulse.started_at > entry.started_at
        known = entry.seqs.complete_to
        if begun_anew and known is not None and pulse.last_seq < known:
            entry.seqs.restarted(pulse.last_seq)
        elif pulse.outbox == 0:
            entry.seqs.acknowledged(pulse.last_seq, entry.heard)
        entry.started_at = pulse.started_at

    def _news(
        self,
        site: SiteId,
        entry: _Entry,
        now: float,
        cameras: tuple[CameraHealth, ...] = (),
        *,
        online: bool = True,
    ) -> News:
        entry.online, entry.written = online, now
        return News(
            site=site,
            online=online,
            heard_at=entry.heard_at,
            pulse=entry.pulse,
            cameras=cameras,
            complete_to=entry.seqs.complete_to or 0,
            missing=entry.missing,
        )


def _shape(camera: CameraHealth) -> object:
    """What of a camera's health is told at once; frame and bit rates and its clock wait for the next regular write."""
    return camera.onvif, tuple((s.stream, s.state, s.reason, s.codec, s.width, s.height) for s in camera.streams)
