"""How often somebody may ask. A call for the police is never asked about (`door.py` does not come here with one)."""

from collections import OrderedDict

MOST_KNOWN = 2_000  # callers remembered; the one longest silent is forgotten first


class Limit:
    """So many in `within_s` for each caller, refilled evenly. Owner of who has asked how often."""

    def __init__(self, most: int, within_s: float) -> None:
        self._most, self._per_s = float(most), most / within_s
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, now: float) -> bool:
        """Whether one more is within the limit; it is counted if so."""
        left = self.left(caller, now)
        self._left[caller] = (left - 1 if left >= 1 else left, now)
        self._left.move_to_end(caller)
        while len(self._left) > MOST_KNOWN:
            self._left.popitem(last=False)
        return left >= 1

    def left(self, caller: str, now: float) -> float:
        """How many are left now."""
        before, at = self._left.get(caller, (self._most, now))
        return min(self._most, before + max(0.0, now - at) * self._per_s)
