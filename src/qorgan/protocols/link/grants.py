"""Grants: the centre's signed, expiring permission, which the school itself verifies (I7): to see one camera, or to
order an action.

A grant is a JWT signed with Ed25519 (RFC 8037, RFC 9864) by the centre's key; the school keeps the public half.
"""

import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from qorgan.kernel.errors import Forbidden
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link.sealing import digest

_ALGORITHMS = ["Ed25519"]
_SKEW = timedelta(seconds=60)


class Action(StrEnum):
    """What a grant allows."""

    LIVE = "live"
    LISTEN = "listen"  # hear a camera, live or (with a range) recorded; no other action lets sound out
    ARCHIVE = "archive"
    EXPORT = "export"  # a copy leaves the building
    SNAPSHOT = "snapshot"  # one picture as the camera makes it
    PTZ = "ptz"  # turn the camera, and see where it can turn to
    SETUP = "setup"  # find cameras and set one up; `camera` is empty or its key to be, `digest` names the order
    HOLD = "hold"  # keep recordings from being deleted, or let them go; `digest` names the order
    VIEW = "view"  # approve what a camera should see, or forget it; `digest` names the order
    ACTION = "action"  # order hold, lockdown, all-clear …; `camera` and `stream` are empty, `purpose` names the action


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Who may see which camera of which site, doing what, why, and until when. Archive grants name their range."""

    id: str
    site: str
    camera: str
    stream: str
    action: Action
    viewer: str
    purpose: str
    expires_at: datetime
    start: datetime | None = None
    end: datetime | None = None
    digest: str = ""  # of the one order that it allows (`sealing.digest`); empty: it names none


def require_order(grant: Grant, order: bytes) -> None:
    """Raises `Forbidden` unless the grant was signed for just these bytes: the carrier can change nothing in them."""
    if not hmac.compare_digest(grant.digest, digest(order)):
        raise Forbidden("the grant is for another order", code="grant.order")


def sign(grant: Grant, key: OKPKey) -> bytes:
    """The grant as a compact JWT."""
    claims: dict[str, Any] = msgspec.to_builtins(grant)
    return jwt.encode({"alg": "Ed25519"}, claims, key, algorithms=_ALGORITHMS).encode("ascii")


def verify(token: bytes, key: OKPKey, *, site: SiteId, now: datetime) -> Grant:
    """The grant inside `token`. Raises `Forbidden` when the signature, the site, the form or the time is wrong."""
    try:
        claims = jwt.decode(token, key, algorithms=_ALGORITHMS).claims
        grant = msgspec.convert(claims, Grant)
    except (JoseError, ValueError, msgspec.MsgspecError) as error:
        raise Forbidden("the grant is not signed by this school's centre", code="grant.invalid") from error
    if grant.site != site:
        raise Forbidden("the grant is for another school", code="grant.site")
    if grant.expires_at + _SKEW < now:
        raise Forbidden("the grant has expired", code="grant.expired")
    return grant
