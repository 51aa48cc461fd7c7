"""Webhooks: a signed POST (`protocols/webhooks.py`)."""

from qorgan.centre.notices.channels.http import Poster, judge
from qorgan.centre.notices.channels.ports import Parcel, Readiness
from qorgan.kernel.clock import Clock
from qorgan.protocols import webhooks


class WebhookCourier:
    def __init__(self, poster: Poster, clock: Clock) -> None:
        self._poster, self._clock = poster, clock

    async def send(self, parcel: Parcel) -> None:
        body = parcel.body.encode()
        stamp = int(self._clock.now().timestamp())
        signed = webhooks.headers(parcel.secret, id=parcel.id, timestamp=stamp, body=body)
        judge(await self._poster.post(parcel.address, {"Content-Type": parcel.content_type, **signed}, body))

    async def readiness(self) -> Readiness:
        return Readiness(ready=True)
