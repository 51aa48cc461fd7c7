"""Signed webhooks as the Standard Webhooks specification has them (version 1, symmetric): headers, signing, verifying.

A receiver verifies so (any library of that specification does): take `webhook-id`, `webhook-timestamp` and the raw
body; HMAC-SHA256 of `<id>.<timestamp>.<body>` with the secret (base64 behind `whsec_`) must be one of the `v1,<base64>`
in `webhook-signature`, compared in constant time; the timestamp must lie within five minutes; an id seen before is a
repetition and changes nothing.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping

from qorgan.kernel.errors import Forbidden, Invalid

PREFIX = "whsec_"
TOLERANCE_S = 300


def new_secret() -> str:
    """A fresh secret of 32 random bytes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(secret: str, *, id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What is sent beside the body. The same notice has the same id at each attempt, and a timestamp of its own."""
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": _sign(secret, id, timestamp, body),
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, now: int) -> str:
    """The id of a genuine message. Raises `Forbidden` for any other."""
    id, stamp, said = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not stamp.isascii() or not stamp.isdigit() or abs(now - int(stamp)) > TOLERANCE_S:
        raise Forbidden("the webhook is too old, or has no timestamp", code="webhook.timestamp")
    expected = _sign(secret, id, int(stamp), body)
    if not any(hmac.compare_digest(expected, one) for one in said.split(" ")):
        raise Forbidden("the webhook is not signed with our secret", code="webhook.signature")
    return id


def _sign(secret: str, id: str, timestamp: int, body: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise Invalid("a webhook's secret is base64 behind whsec_") from error
    digest = hmac.new(key, b".".join((id.encode(), str(timestamp).encode(), body)), hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
