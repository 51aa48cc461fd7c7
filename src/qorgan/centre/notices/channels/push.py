"""Web Push to a browser (RFC 8030): encrypted for it alone, whatever service carries it."""

import json
from collections.abc import Callable

from qorgan.centre.notices.apart import apart
from qorgan.centre.notices.channels.http import Poster, judge
from qorgan.centre.notices.channels.ports import Parcel, Readiness, Undelivered
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Invalid
from qorgan.protocols import webpush

KEPT_FOR_S = 3_600  # by the push service, for a browser that is away


class PushCourier:
    """`private_key` gives the centre's VAPID key (PEM); `contact` is who answers for it: mailto: or https:."""

    def __init__(self, poster: Poster, clock: Clock, *, private_key: Callable[[], str], contact: str) -> None:
        self._poster, self._clock, self._private_key, self._contact = poster, clock, private_key, contact

    async def send(self, parcel: Parcel) -> None:
        if not self._contact:
            raise Undelivered("push.no_contact", "[notices] contact is not set")
        keys = json.loads(parcel.secret)
        try:
            receiver = webpush.Receiver.read(endpoint=parcel.address, p256dh=keys["p256dh"], auth=keys["auth"])
            body = webpush.encrypt(receiver, parcel.body.encode())
        except Invalid as error:
            raise Undelivered(error.code, str(error), final=True) from error
        now = int(self._clock.now().timestamp())
        private = await apart(self._private_key)
        headers = {
            "Authorization": webpush.authorization(private, endpoint=parcel.address, contact=self._contact, now=now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_FOR_S),
            "Urgency": "high" if parcel.urgent else "normal",
        }
        judge(await self._poster.post(parcel.address, headers, body), gone=(404, 410))  # RFC 8030, 7.3

    async def readiness(self) -> Readiness:
        return Readiness(ready=bool(self._contact), reason="" if self._contact else "push.no_contact")
