"""How long recordings stay: what goes when, what never goes, and on which day the promised minimum would break.

Pure. `edge/recorder/janitor.py` deletes what this chooses; `edge/recorder/index.py` knows what there is (invariant I6).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

DAY_US = 86_400_000_000
STEADY_DAYS = 3  # after so many days beyond a hole in the archive a clock is believed


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """The norm's days, which are promised, and the days after which privacy wants everything gone.

    Between the two a recording stays while there is room.
    """

    min_days: float
    max_days: float
    holds_budget_bytes: int = 0  # on each disk, beside its budget; held recordings beyond it take room from the others


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Evidence somebody wants kept: a stretch of one camera.

    An empty `stream` means both of them. Without `until_us` it lasts until somebody releases it.
    """

    id: str
    camera: str
    stream: str
    start_us: int
    end_us: int
    reason: str
    by: str
    at_us: int
    until_us: int | None = None

    def covers(self, camera: str, stream: str, start_us: int, end_us: int, now_us: int) -> bool:
        """Whether the hold keeps a recording of [start, end) from going at this moment."""
        return (
            self.camera == camera
            and self.stream in ("", stream)
            and self.start_us < end_us
            and start_us < self.end_us
            and (self.until_us is None or now_us < self.until_us)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A closed file that might go."""

    id: int
    disk: str
    camera: str
    start_us: int
    end_us: int
    size: int
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskRoom:
    """A disk of the archive. `trusted` is false while its identity is in doubt: then nothing on it is touched."""

    id: str
    budget_bytes: int
    trusted: bool = True
    free_bytes: int | None = None  # of the file system; None when it is not known
    keep_free_bytes: int = 0  # stays free whatever the budget says


class Why(StrEnum):
    """Why a recording goes."""

    EXPIRED = "expired"  # older than privacy allows
    ROOM = "room"  # older than the minimum, and the room is needed
    BELOW_MINIMUM = "below_minimum"  # younger than the norm wants: never silently


@dataclass(frozen=True, slots=True)
class Doomed:
    """A recording that goes, and why."""

    recording: Recording
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the closed files of one camera take on one disk. `held_bytes` of them are under a hold."""

    disk: str
    camera: str
    size: int
    held_bytes: int = 0


def plan_retention(
    candidates: Iterable[Recording],
    usage: Sequence[Usage],
    disks: Sequence[DiskRoom],
    policy: RetentionPolicy,
    now_us: int,
    *,
    prudent_us: int | None = None,
) -> list[Doomed]:
    """Choose what goes, from `candidates`: the oldest recordings of each camera on each disk.

    1. What is older than `max_days` goes.
    2. When a disk is over its budget, what is older than the minimum goes, oldest first: of the cameras above their
       share of the disk, then of the others.
    3. When that was not enough, cameras above their share lose their oldest, younger than the minimum. A camera at or
       below its share never pays with its minimum for another.

    A held recording never goes; held bytes beyond their own budget make the budget of the others smaller. A share is
    the budget divided by the cameras that have something there. Disks that are not trusted are left alone. `prudent_us`
    is `prudent_now` where that is known: nothing goes for its age alone before.
    """
    prudent_us = now_us if prudent_us is None else prudent_us
    by_disk: dict[str, list[Recording]] = defaultdict(list)
    for recording in candidates:
        if not recording.held:
            by_disk[recording.disk].append(recording)
    doomed: list[Doomed] = []
    for disk in disks:
        if disk.trusted:
            rows = [row for row in usage if row.disk == disk.id]
            doomed += _plan_disk(sorted(by_disk[disk.id], key=_age), rows, disk, policy, now_us, prudent_us)
    return doomed


def prudent_now(days: Iterable[int], now_us: int) -> int:
    """The instant from which `max_days` is reckoned: a clock that was set wrongly must not delete the archive.

    `days` are those since 1970-01-01 UTC of which anything is kept. Whole days before today of which nothing is kept
    are days without power, or days that never were because the clock was set ahead. Until the clock has stood beyond
    them for `STEADY_DAYS` they count for nobody's age: what is due goes that much later, and not all at once.
    """
    today = now_us // DAY_US
    known = sorted({day for day in days if day < today} | {today})
    missing = sum(after - before - 1 for before, after in pairwise(known) if today - after < STEADY_DAYS)
    return now_us - missing * DAY_US


def room_for_unheld(rows: Sequence[Usage], disk: DiskRoom, policy: RetentionPolicy) -> int:
    """Bytes that recordings under no hold may take on this disk."""
    held, used = sum(row.held_bytes for row in rows), sum(row.size for row in rows)
    budget = disk.budget_bytes - max(0, held - policy.holds_budget_bytes)
    if disk.free_bytes is not None:  # the file system may be smaller than the budget, or shared with others
        budget = min(budget, used - held + disk.free_bytes - disk.keep_free_bytes)
    return max(0, budget)


def _age(recording: Recording) -> tuple[int, int]:
    return recording.start_us, recording.id


def _plan_disk(
    oldest_first: Sequence[Recording],
    rows: Sequence[Usage],
    disk: DiskRoom,
    policy: RetentionPolicy,
    now_us: int,
    prudent_us: int,
) -> list[Doomed]:
    pressure = _Pressure(rows, room_for_unheld(rows, disk, policy))
    expired = [one for one in oldest_first if prudent_us - one.end_us > policy.max_days * DAY_US]
    kept = [one for one in oldest_first if prudent_us - one.end_us <= policy.max_days * DAY_US]
    surplus = [one for one in kept if now_us - one.end_us > policy.min_days * DAY_US]
    for one in expired:
        pressure.relieve(one)
    doomed = [Doomed(one, Why.EXPIRED) for one in expired]
    doomed += [Doomed(one, Why.ROOM) for one in pressure.choose(surplus, above_share=True)]
    chosen = {one.recording.id for one in doomed}
    doomed += [
        Doomed(one, Why.ROOM)
        for one in pressure.choose([one for one in surplus if one.id not in chosen], above_share=False)
    ]
    minimum = [one for one in kept if now_us - one.end_us <= policy.min_days * DAY_US]
    doomed += [Doomed(one, Why.BELOW_MINIMUM) for one in pressure.choose(minimum, above_share=True)]
    return doomed


class _Pressure:
    """How much too much there is on a disk, and who has more than a share of it. Lessens with what is chosen."""

    def __init__(self, rows: Sequence[Usage], room_bytes: int) -> None:
        self._unheld: dict[str, int] = defaultdict(int)
        for row in rows:
            self._unheld[row.camera] += row.size - row.held_bytes
        self._excess = sum(self._unheld.values()) - room_bytes
        self._share = room_bytes / max(1, len(self._unheld))

    def relieve(self, recording: Recording) -> None:
        self._unheld[recording.camera] -= recording.size
        self._excess -= recording.size

    def choose(self, oldest_first: Iterable[Recording], *, above_share: bool) -> list[Recording]:
        """What has to go of these until everything fits; with `above_share` only from cameras that have more."""
        chosen = []
        for recording in oldest_first:
            if self._excess <= 0:
                break
            if not above_share or self._unheld[recording.camera] > self._share:
                self.relieve(recording)
                chosen.append(recording)
        return chosen


def measured_rate(by_day: Mapping[int, int], first_us: int, now_us: int) -> int | None:
    """Bytes a day, measured: the mean of the last seven whole days that brought anything; None before an hour of video.

    `by_day` holds the bytes of each day since 1970-01-01 UTC, `first_us` is when the oldest of them began. The day on
    which recording began is a part of one: it counts only when there is no whole day, by the time that has passed.
    """
    today, first_day = now_us // DAY_US, first_us // DAY_US
    whole = [by_day[day] for day in range(max(today - 7, first_day + 1), today) if by_day.get(day)]
    if whole:
        return sum(whole) // len(whole)
    passed_us = now_us - first_us
    total = sum(by_day.values())
    return total * DAY_US // passed_us if passed_us >= DAY_US // 24 and total > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a disk promises. `breaks_in_days` is None when the minimum holds for as long as can be seen."""

    disk: str
    bytes_per_day: int
    days_kept: float  # how many days fit in the long run; `max_days` at most
    breaks_in_days: float | None


def forecast(
    disk: str,
    room_bytes: int,
    by_age: Mapping[int, int],
    bytes_per_day: int,
    policy: RetentionPolicy,
) -> Forecast:
    """When would recordings younger than the minimum have to go, if every day brings `bytes_per_day`?

    `by_age` holds the bytes that are there by their age in whole days (0: the last 24 hours); `room_bytes` is
    `room_for_unheld`. The minimum breaks in the first day in which all that is younger than the minimum fits no more.
    """
    if bytes_per_day <= 0:
        return Forecast(disk=disk, bytes_per_day=0, days_kept=policy.max_days, breaks_in_days=None)
    days_kept = min(policy.max_days, room_bytes / bytes_per_day)
    breaks = None
    for day in range(math.ceil(policy.min_days) + 1):  # from then on, what is young is always as much
        old = sum(size for age, size in by_age.items() if age + day < policy.min_days)
        if old + bytes_per_day * min(day, policy.min_days) > room_bytes:
            breaks = min(float(day), max(0.0, (room_bytes - old) / bytes_per_day))
            break
    return Forecast(disk=disk, bytes_per_day=bytes_per_day, days_kept=days_kept, breaks_in_days=breaks)
