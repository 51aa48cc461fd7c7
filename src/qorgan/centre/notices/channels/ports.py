"""What every channel promises."""

from dataclasses import dataclass
from typing import Protocol

from qorgan.kernel.errors import Unavailable


class Undelivered(Unavailable):
    """It did not arrive. `final`: trying again is useless; `gone`: the address is no more, the subscription ends.

    `code` is stable and shown to operators; `asked_s` is how long the receiver asked to be left alone.
    """

    def __init__(
        self, code: str, message: str, *, final: bool = False, gone: bool = False, asked_s: float | None = None
    ) -> None:
        super().__init__(message, code=code)
        self.final, self.gone, self.asked_s = final or gone, gone, asked_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One delivery as a channel sees it. `id` is the same at each attempt; `secret` is that of the subscription."""

    id: str
    address: str
    subject: str
    body: str
    content_type: str
    secret: str = ""
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether a channel can be used on this centre, and if not what is missing: a stable code."""

    ready: bool
    reason: str = ""


class Courier(Protocol):
    """Returns once the receiver has taken the parcel, within `TAKES_S`; raises `Undelivered` otherwise."""

    async def send(self, parcel: Parcel) -> None: ...

    async def readiness(self) -> Readiness: ...
