"""Two gestures of one button: a short press asks for assistance, three seconds or a double press call the police.

Bytes of time go in, gestures come out. What may be relied on: a press that was let go, or that was never let go, always
becomes an alarm; of two readings the louder one is chosen; one press is one gesture.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from qorgan.domain.alarms import Level

HOLD_S = 3.0  # held so long: police
DOUBLE_WITHIN_S = 0.8  # pressed again so soon after it was let go: police


class Gesture(StrEnum):
    """What a press asks for."""

    ASSIST = "assist"
    POLICE = "police"

    @property
    def level(self) -> Level:
        return Level.P2 if self is Gesture.ASSIST else Level.P1

    @classmethod
    def read(cls, text: str) -> "Gesture":
        """The gesture that a device named. One we do not know is for the police: louder is the safe side."""
        return cls._value2member_map_.get(text, cls.POLICE)  # type: ignore[return-value]


class Understands(StrEnum):
    """What a button can say: both gestures, or always the same at once."""

    BOTH = "both"
    ASSIST = "assist"
    POLICE = "police"


@dataclass(slots=True)
class GestureReader:
    """Reads the presses of one button. Owner of what is not decided yet; `now` is monotonic, in seconds.

    With both gestures a short press is decided `DOUBLE_WITHIN_S` after it ended: until then it may become a double one.
    """

    understands: Understands = Understands.BOTH
    _pressed_at: float | None = field(default=None, init=False)
    _released_at: float | None = field(default=None, init=False)  # of a short press that may become a double one
    _said: bool = field(default=False, init=False)  # this press has become a gesture already

    def press(self, now: float) -> Gesture | None:
        """The button went down."""
        if self._pressed_at is not None:
            return None
        self._pressed_at, self._said = now, False
        if self.understands is not Understands.BOTH:
            return self._say(Gesture(self.understands))
        if self._released_at is not None:
            self._released_at = None
            return self._say(Gesture.POLICE)
        return None

    def release(self, now: float) -> Gesture | None:
        """The button came up."""
        held_since, self._pressed_at = self._pressed_at, None
        if held_since is None or self._said:
            return None
        if now - held_since >= HOLD_S:
            return self._say(Gesture.POLICE)
        self._released_at = now
        return None

    def torn_off(self) -> Gesture | None:
        """The wire was cut. Under a thumb that has not been understood yet, that is a call for the police."""
        undecided = self._released_at is not None or (self._pressed_at is not None and not self._said)
        self._pressed_at = self._released_at = None
        return self._say(Gesture.POLICE) if undecided else None

    def next_deadline(self) -> float | None:
        """When to call `on_deadline`."""
        if self._released_at is not None:
            return self._released_at + DOUBLE_WITHIN_S
        if self._pressed_at is not None and not self._said:
            return self._pressed_at + HOLD_S
        return None

    def on_deadline(self, now: float) -> Gesture | None:
        """Time has passed."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return None
        if self._released_at is not None:
            self._released_at = None
            return self._say(Gesture.ASSIST)
        return self._say(Gesture.POLICE)

    def _say(self, gesture: Gesture) -> Gesture:
        self._said = True
        return gesture
