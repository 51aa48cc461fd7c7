"""A clock that a test turns."""

from qorgan.kernel.clock import SystemClock


class TurnedClock(SystemClock):
    """Real time, put forward at will; waiting is short."""

    ahead_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s

    async def sleep(self, seconds: float) -> None:
        await super().sleep(min(seconds, 0.02))
