"""Deletes what retention chose: first the row, then the file, so that the index never promises what is gone (I4)."""

from pathlib import Path

import structlog

from qorgan.edge.recorder.index import Index
from qorgan.edge.recorder.retention import DAY_US, RetentionPolicy, plan_retention
from qorgan.kernel.clock import now_us

log = structlog.get_logger()

EVERY_S = 60.0
_AT_ONCE = 500


def clean(index: Index, archive: Path, policy: RetentionPolicy) -> int:
    """One round, in the archive's thread. Returns how many files went."""
    now = now_us()
    doomed = plan_retention(index.oldest_closed(_AT_ONCE), index.total_bytes(), policy, now)
    if not doomed:
        return 0
    index.forget(row.id for row in doomed)
    for row in doomed:
        (archive / row.path).unlink(missing_ok=True)
    early = sum(now - row.wall_end_us < policy.keep_days * DAY_US for row in doomed)
    log.info("archive.cleaned", files=len(doomed), before_their_time=early)
    return len(doomed)
