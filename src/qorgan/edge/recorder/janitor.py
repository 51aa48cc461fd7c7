"""Keeps each disk within its promises, and says when it cannot: deletes what `domain/retention` chose, and forecasts.

First the row, then the file, so that the index never promises what is gone (I4). A row under a hold cannot go (I6).
"""

import contextlib
import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from qorgan.domain.retention import (
    DAY_US,
    DiskRoom,
    Doomed,
    Forecast,
    Recording,
    RetentionPolicy,
    Usage,
    Why,
    forecast,
    measured_rate,
    plan_retention,
    prudent_now,
    room_for_unheld,
)
from qorgan.edge.config import Storage
from qorgan.edge.recorder.disks import Disk, Disks, DiskState, read_identity
from qorgan.edge.recorder.index import Index, SegmentRow
from qorgan.kernel.clock import from_us
from qorgan.kernel.errors import Corrupt
from qorgan.protocols.link.messages import DiskHealth, StorageForecast

log = structlog.get_logger()

EVERY_S = 60.0
_OF_A_CAMERA = 64  # recordings of one camera on one disk that a round looks at
_ROUNDS = 20  # at most, one after the other, when there is much to do
_UNLIMITED = 2**62


@dataclass(frozen=True, slots=True)
class StorageReport:
    """How the disks are, and what is expected of them."""

    disks: tuple[DiskHealth, ...]
    forecasts: tuple[StorageForecast, ...]


class Janitor:
    """Works in the archive's thread. Owner of the memory of which disks had to break their minimum lately."""

    def __init__(self, disks: Disks, policy: RetentionPolicy) -> None:
        self._disks, self._policy = disks, policy
        self._broken_at: dict[str, int] = {}
        self._doubt_us = 0

    @classmethod
    def of(cls, disks: Disks, storage: Storage) -> "Janitor":
        """With the promises of a node's configuration."""
        policy = RetentionPolicy(
            min_days=storage.keep_days,
            max_days=storage.keep_days if storage.max_days is None else storage.max_days,
            holds_budget_bytes=int(storage.holds_gb * 1e9),
        )
        return cls(disks, policy)

    def clean(self, index: Index, now_us: int) -> int:
        """Rounds until every disk is within its promises. Returns how many files went."""
        prudent_us, total = self._prudent(index, now_us), 0
        for _ in range(_ROUNDS):
            doomed, more = self._plan(index, now_us, prudent_us)
            gone = index.forget_unheld([one.recording.id for one in doomed], prudent_us) if doomed else []
            for row in gone:
                self._remove(row)
            total += len(gone)
            self._tell(doomed, gone, now_us)
            if not (gone and more):
                break
        index.forget_gaps(prudent_us - int(self._policy.max_days * DAY_US))
        return total

    def report(self, index: Index, now_us: int) -> StorageReport:
        """Health and forecast of each disk."""
        usage = index.usage(now_us)
        health, forecasts = [], []
        for disk in self._disks.disks:
            rows = [row for row in usage if row.disk == disk.id] if disk.id else []
            found = self._forecast(index, disk, rows, now_us)
            health.append(self._health(disk, rows, found, now_us))
            if found is not None:
                forecasts.append(self._message(disk, rows, found, now_us))
        return StorageReport(tuple(health), tuple(forecasts))

    def _prudent(self, index: Index, now_us: int) -> int:
        """What time it is for what goes by its age. Says so when that is not what the clock says."""
        prudent_us = prudent_now(index.days(), now_us)
        if (doubt_us := now_us - prudent_us) != self._doubt_us:
            self._doubt_us = doubt_us
            log.warning("archive.days_missing", not_counted=doubt_us // DAY_US, clock=from_us(now_us).isoformat())
        return prudent_us

    def _plan(self, index: Index, now_us: int, prudent_us: int) -> tuple[list[Doomed], bool]:
        """What goes in this round, and whether there may be more to do."""
        usage = index.usage(prudent_us)
        rooms = [self._room(disk) for disk in self._disks.disks if disk.id]
        trusted = {room.id for room in rooms if room.trusted}
        candidates: list[Recording] = []
        more_surplus = more = False
        for row in usage:
            if row.disk not in trusted:
                continue
            oldest = index.oldest(row.disk, row.camera, _OF_A_CAMERA, prudent_us)
            candidates += oldest
            if len(oldest) == _OF_A_CAMERA:
                more = True
                more_surplus = more_surplus or now_us - oldest[-1].end_us > self._policy.min_days * DAY_US
        doomed = plan_retention(candidates, usage, rooms, self._policy, now_us, prudent_us=prudent_us)
        if more_surplus:  # not all that is older than the minimum was looked at: nothing younger goes before it
            doomed = [one for one in doomed if one.why is not Why.BELOW_MINIMUM]
        return doomed, more

    def _room(self, disk: Disk) -> DiskRoom:
        return DiskRoom(
            id=disk.id,
            budget_bytes=disk.budget_bytes or _UNLIMITED,  # one that takes nothing new is left to empty itself
            trusted=disk.trusted and _is_still(disk),
            free_bytes=disk.free_bytes,
            keep_free_bytes=disk.keep_free_bytes,
        )

    def _remove(self, row: SegmentRow) -> None:
        disk = self._disks.get(row.disk)
        if disk is None:
            return
        path = disk.path / row.path
        try:
            path.unlink(missing_ok=True)
        except OSError as error:  # it stays, unlisted; the next check finds it
            log.error("archive.not_removed", path=row.path, error=os.strerror(error.errno or 0))
            if error.errno is not None and error.errno != errno.ENOTEMPTY:
                self._disks.failed(disk.id, error.errno)
            return
        with contextlib.suppress(OSError):  # the day has other files
            path.parent.rmdir()

    def _tell(self, doomed: Sequence[Doomed], gone: Sequence[SegmentRow], now_us: int) -> None:
        if not gone:
            return
        ids = {row.id for row in gone}
        early = [one for one in doomed if one.recording.id in ids and one.why is Why.BELOW_MINIMUM]
        for disk in {one.recording.disk for one in early}:
            self._broken_at[disk] = now_us
            cameras = sorted({one.recording.camera for one in early if one.recording.disk == disk})
            log.error("archive.minimum_broken", disk=disk, cameras=cameras, min_days=self._policy.min_days)
        log.info("archive.cleaned", files=len(gone), before_their_time=len(early))

    def _forecast(self, index: Index, disk: Disk, rows: Sequence[Usage], now_us: int) -> Forecast | None:
        if not disk.trusted or not disk.budget_bytes:
            return None
        by_day = index.bytes_by_day(disk.id)
        began = [first for row in rows if (first := index.first_us(disk.id, row.camera)) is not None]
        rate = measured_rate(by_day, min(began), now_us) if began else None
        if rate is None:
            return None
        by_age = {now_us // DAY_US - day: size for day, size in by_day.items()}
        return forecast(disk.id, room_for_unheld(rows, self._room(disk), self._policy), by_age, rate, self._policy)

    def _health(self, disk: Disk, rows: Sequence[Usage], found: Forecast | None, now_us: int) -> DiskHealth:
        return DiskHealth(
            id=disk.id,
            name=disk.path.name,
            state=disk.state,
            reason=disk.reason,
            used_bytes=sum(row.size for row in rows),
            held_bytes=sum(row.held_bytes for row in rows),
            budget_bytes=disk.budget_bytes,
            days_kept=0.0 if found is None else round(found.days_kept, 1),
            breaks_at=None if found is None else _day(found, now_us),
            broken=now_us - self._broken_at.get(disk.id, -DAY_US) < DAY_US,
        )

    def _message(self, disk: Disk, rows: Sequence[Usage], found: Forecast, now_us: int) -> StorageForecast:
        return StorageForecast(
            disk=disk.id,
            at=from_us(now_us),
            min_days=self._policy.min_days,
            days_kept=round(found.days_kept, 1),
            bytes_per_day=found.bytes_per_day,
            room_bytes=room_for_unheld(rows, self._room(disk), self._policy),
            breaks_at=_day(found, now_us),
        )


class Announcer:
    """Which forecasts are news: the first word about a disk when its minimum will break, and every day's difference."""

    def __init__(self) -> None:
        self._said: dict[str, StorageForecast] = {}

    def news(self, forecasts: Sequence[StorageForecast]) -> list[StorageForecast]:
        """Those that core, and through it the centre, has to hear."""
        fresh = [one for one in forecasts if self._is_news(one)]
        self._said.update((one.disk, one) for one in fresh)
        return fresh

    def _is_news(self, one: StorageForecast) -> bool:
        before = self._said.get(one.disk)
        if before is None or before.breaks_at is None or one.breaks_at is None:
            return one.breaks_at is not None or (before is not None and before.breaks_at is not None)
        return abs(one.breaks_at - before.breaks_at) >= timedelta(days=1)


def _is_still(disk: Disk) -> bool:
    """Whether the disk is there at this very moment: nothing is deleted on the word of ten seconds ago."""
    try:
        identity = read_identity(disk.path)
    except (OSError, Corrupt):
        return False
    return disk.state is DiskState.READY and identity is not None and identity.id == disk.id


def _day(found: Forecast, now_us: int) -> datetime | None:
    return None if found.breaks_in_days is None else from_us(now_us + int(found.breaks_in_days * DAY_US))
