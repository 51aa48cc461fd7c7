"""SMS through whatever gateway the administrator names: its fields, its form and its key are configuration.

Without one SMS is not configured, and says so: nothing pretends to be sent.
"""

import json
from collections.abc import Callable
from urllib.parse import urlencode

from qorgan.centre.config import SmsConfig
from qorgan.centre.notices.apart import apart
from qorgan.centre.notices.channels.http import Poster, judge
from qorgan.centre.notices.channels.ports import Parcel, Readiness, Undelivered


class NoSms:
    """There is no gateway."""

    async def send(self, parcel: Parcel) -> None:
        raise Undelivered("sms.not_configured", "no SMS gateway is configured: [sms] url")

    async def readiness(self) -> Readiness:
        return Readiness(ready=False, reason="sms.not_configured")


class GatewaySms:
    """One POST a message; any 2xx is a success. `key` gives the gateway's key, as the whole value of its header."""

    def __init__(self, poster: Poster, config: SmsConfig, *, key: Callable[[], str | None]) -> None:
        self._poster, self._config, self._key = poster, config, key

    async def send(self, parcel: Parcel) -> None:
        said = {**dict(self._config.fields), self._config.to: parcel.address, self._config.text: parcel.body}
        if self._config.form == "json":
            body, kind = json.dumps(said, ensure_ascii=False).encode(), "application/json"
        else:
            body, kind = urlencode(said).encode(), "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, "Idempotency-Key": parcel.id}
        if key := await apart(self._key):
            headers[self._config.header] = key
        judge(await self._poster.post(self._config.url, headers, body), gone=())

    async def readiness(self) -> Readiness:
        return Readiness(ready=True)
