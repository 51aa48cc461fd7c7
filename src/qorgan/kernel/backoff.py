"""How long to wait before trying again: exponential with full jitter, so that a town does not knock all at once."""

import random
from collections.abc import Callable


class Backoff:
    """Full jitter over an exponential ceiling: U(floor, min(limit, first * 2**attempt)) seconds.

    `floor` keeps attempts apart: with the default nobody is asked more than once a second.
    """

    def __init__(
        self,
        *,
        first: float = 1.0,
        limit: float = 60.0,
        floor: float = 1.0,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._first, self._limit, self._floor, self._uniform = first, limit, floor, uniform
        self._attempt = 0

    def next(self) -> float:
        """Seconds to wait before the next attempt."""
        ceiling = min(self._limit, self._first * 2.0 ** min(self._attempt, 16))
        self._attempt += 1
        return self._uniform(min(self._floor, ceiling), max(self._floor, ceiling))

    def reset(self) -> None:
        """The attempt succeeded: start from the beginning next time."""
        self._attempt = 0
