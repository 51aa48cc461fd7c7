"""How far the clocks of schools are ahead of ours: without it nobody knows how old a picture is. Pure."""

from collections import deque
from datetime import datetime

from qorgan.kernel.ids import SiteId

KEPT = 12  # answers of one school: those of a minute, while somebody watches
KEPT_S = 120.0  # what was true before may have been set meanwhile


class NodeClocks:
    """Owner of what schools said of their clocks, each with the question's way there and back.

    Half of that way is a guess on a link that is slow in one direction. A picture shall never seem newer than it is:
    the answer is taken to have spent all of it on the way here, and the quickest of the last answers is believed.
    """

    def __init__(self) -> None:
        self._told: dict[SiteId, deque[tuple[float, float, float]]] = {}

    def note(self, site: SiteId, told: datetime, *, asked_at: datetime, took_s: float, now_s: float) -> None:
        """An answer, at `now_s` (monotonic), to a question asked `took_s` before, at `asked_at` by our clock."""
        answers = self._told.setdefault(site, deque(maxlen=KEPT))
        while answers and now_s - answers[0][2] > KEPT_S:
            answers.popleft()
        answers.append((took_s, (told - asked_at).total_seconds(), now_s))

    def ahead_s(self, site: SiteId) -> float | None:
        """By how much the school's clock is ahead of ours, at most; None when it never told."""
        told = self._told.get(site)
        return min(told)[1] if told else None
