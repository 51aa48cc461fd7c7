"""What may go: expired recordings, then the oldest, until the archive fits its budget. Pure; the janitor deletes."""

from collections.abc import Sequence
from dataclasses import dataclass

from qorgan.edge.recorder.index import SegmentRow

DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """How long and how much is kept. Days beyond the budget are not kept silently: the janitor says so."""

    keep_days: float
    budget_bytes: int


def plan_retention(
    oldest_first: Sequence[SegmentRow], total_bytes: int, policy: RetentionPolicy, now_us: int
) -> tuple[SegmentRow, ...]:
    """Choose what to delete from the oldest closed segments. An open segment is never among them."""
    doomed: list[SegmentRow] = []
    used = total_bytes
    for segment in oldest_first:
        expired = now_us - segment.wall_end_us > policy.keep_days * DAY_US
        if not expired and used <= policy.budget_bytes:
            break
        doomed.append(segment)
        used -= segment.size
    return tuple(doomed)
