"""How much one address may ask of the receivers. It knows nothing of levels: what waits, waits in its socket."""

from collections import OrderedDict

RATE_PER_S = 500.0  # messages of one address, on and on
BURST = 5_000.0  # at once
MAX_DEBT_S = 60.0  # whatever it sent: panels behind the same address are heard again after so long
MAX_ADDRESSES = 10_000  # remembered; the one that asked longest ago is forgotten, and has its burst again


class Limiter:
    """A bucket of allowance for each address."""

    def __init__(self, *, rate_per_s: float = RATE_PER_S, burst: float = BURST) -> None:
        self._rate, self._burst = rate_per_s, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, address: str, cost: float, now: float) -> float:
        """Take `cost` from an address's allowance; how many seconds it has to be left alone for (0: go on)."""
        left, at = self._buckets.pop(address, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate) - cost
        left = max(left, -MAX_DEBT_S * self._rate)
        self._buckets[address] = (left, now)
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        return max(0.0, -left / self._rate)
