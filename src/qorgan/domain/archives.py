"""What an archive proves of itself: seconds kept of each day, its depth, and the moments at which it is opened."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from qorgan.domain.coverage import Span, join

S = 1_000_000
DAY = timedelta(days=1)
REQUIRED = timedelta(days=30)  # of the norm's `archive_days_min`; what is asked of a node is a day more
Random = Callable[[], float]  # 0 ≤ … < 1


def kept_by_day(spans: Sequence[Span], *, zone: tzinfo, now: datetime, days: int) -> Mapping[str, int]:
    """Day → whole seconds kept of it, of the last so many days of `zone`, today with what there is of it."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    begins = [midnight - timedelta(days=back) for back in range(days)]
    return {f"{begin:%Y-%m-%d}": kept_us(spans, _us(begin), _us(min(begin + DAY, now))) // S for begin in begins}


def kept_us(spans: Sequence[Span], start_us: int, end_us: int) -> int:
    """Microseconds kept in [start, end); nothing counts twice."""
    return sum(one.end_us - one.start_us for one in join(spans, Span(start_us, end_us)))


def depth_days(spans: Sequence[Span], now: datetime) -> float:
    """How old the oldest is that is kept, in days; 0 for an archive that holds nothing."""
    oldest = min((one.start_us for one in spans), default=_us(now))
    return round(max(0, _us(now) - oldest) / (86_400 * S), 1)


def share_kept(spans: Sequence[Span], now: datetime) -> float:
    """Of the last 30 days, in percent, never rounded up."""
    kept = kept_us(spans, _us(now - REQUIRED), _us(now))
    return kept * 1_000 // (REQUIRED // timedelta(microseconds=1)) / 10


def a_moment(spans: Sequence[Span], draw: Random) -> int | None:
    """A moment (µs) of these stretches, each as likely as the other; None where there is none."""
    length = sum(one.end_us - one.start_us for one in spans)
    at = int(draw() * length)
    for one in spans:
        if at < one.end_us - one.start_us:
            return one.start_us + at
        at -= one.end_us - one.start_us
    return None


def _us(moment: datetime) -> int:
    return int(moment.timestamp()) * S
