"""How we log in at one camera: which clock stamps the message, and what a refusal means. Decides; sends nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from qorgan.kernel.errors import QorganError
from qorgan.protocols.onvif.errors import NotAuthorised, WrongPassword

NEAR = timedelta(seconds=5)  # the strictest camera that we heard of refuses what is further off than this


@dataclass(slots=True)
class LoginState:
    """What is known of one camera's clock and login. Owner: the client that talks to this camera.

    `offset` is the camera's clock minus ours, None before it was asked. `proved` once a login was accepted: from then
    on a refusal speaks of rights, not of the password.
    """

    offset: timedelta | None = None
    use_our_clock: bool = False
    proved: bool = False

    def created(self, now: datetime) -> datetime:
        """The instant with which to stamp a message: the camera's clock as far as we know it."""
        return now if self.use_our_clock or self.offset is None else now + self.offset

    def accepted(self) -> None:
        self.proved = True

    def measured(self, offset: timedelta | None) -> None:
        """The camera has told its clock, or (None) does not tell it."""
        self.offset = offset

    def may_try_our_clock(self) -> bool:
        """Some firmware tells local time as UTC and checks against true UTC: once the other clock is worth a try."""
        return not self.use_our_clock and not self.proved and self.offset is not None and abs(self.offset) > NEAR

    def explain(self, refusal: QorganError) -> QorganError:
        """Why a login was refused, after everything was tried."""
        if not isinstance(refusal, WrongPassword):
            return refusal
        if self.proved:
            return NotAuthorised(
                "this user may not do that at the camera; its administrator can raise the user's level"
            )
        if self.offset is None:
            return WrongPassword("the camera refuses the login, or finds our time wrong: it does not tell its own")
        return refusal
