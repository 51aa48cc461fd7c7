"""Who knocked and is not known: shown to the installer, and warned of at most once an address and minute.

A stranger may try thousands of accounts, and a datagram bears whatever address its sender likes: neither may fill the
log, nor push other strangers out of sight. What is not named is counted, and the count is told.
"""

from collections import OrderedDict
from datetime import datetime

import structlog

from qorgan.kernel.clock import Clock

WARN_EVERY_S = 60.0
MAX_SHOWN = 100
MAX_SHOWN_OF_ADDRESS = 20
MAX_NAMED = 20  # addresses in one interval
log = structlog.get_logger(__name__)


class Strangers:
    """The last hundred, with how often; and one warning for each address and interval."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[tuple[str, str, str, str], tuple[int, datetime]] = OrderedDict()
        self._named: dict[str, int] = {}  # address → how often it came since it was named
        self._unnamed = 0  # knocks of other addresses

    async def run(self) -> None:
        """Tell of what was not named each time, until cancelled."""
        while True:
            await self._clock.sleep(WARN_EVERY_S)
            self._tell_rest()

    def note(self, protocol: str, account: str, address: str, reason: str) -> None:
        """Somebody said what no panel of ours says."""
        self._show((protocol, account[:16], address, reason))
        if address in self._named:
            self._named[address] += 1
        elif len(self._named) < MAX_NAMED:
            self._named[address] = 0
            log.warning("panel.stranger", protocol=protocol, account=account[:16], address=address, reason=reason)
        else:
            self._unnamed += 1

    def snapshot(self) -> list[dict[str, object]]:
        names = ("protocol", "account", "address", "reason")
        return [
            {**dict(zip(names, key, strict=True)), "times": times, "last": at}
            for key, (times, at) in reversed(self._seen.items())
        ]

    def _show(self, key: tuple[str, str, str, str]) -> None:
        at = self._clock.now()
        if key not in self._seen:
            of_address = [known for known in self._seen if known[2] == key[2]]
            if len(of_address) >= MAX_SHOWN_OF_ADDRESS:
                del self._seen[of_address[0]]
        self._seen[key] = (self._seen.pop(key, (0, at))[0] + 1, at)
        if len(self._seen) > MAX_SHOWN:
            self._seen.popitem(last=False)

    def _tell_rest(self) -> None:
        """Those who are still at it were told of now, and have no other line before the next interval is over."""
        for address, again in self._named.items():
            if again:
                log.warning("panel.stranger_again", address=address, times=again)
        if self._unnamed:
            log.warning("panel.more_strangers", times=self._unnamed)
        self._named, self._unnamed = {address: 0 for address, again in self._named.items() if again}, 0
