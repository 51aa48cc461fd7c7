"""A dry contact on a wire: what its levels mean, how long they must stand, and what becomes news.

A single wire says pressed or not. A changeover contact on two wires (one closed at rest, one closed when pressed) is
supervised: both open is a cut wire, both closed a short one, and neither is ever taken for rest. A level counts once it
has stood for `DEBOUNCE_S`; a contact that does not come to rest for `UNSTABLE_AFTER_S` is faulty, and is told so.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from qorgan.domain.gestures import Gesture, GestureReader, Understands

DEBOUNCE_S = 0.02
UNSTABLE_AFTER_S = 5.0
AGAIN_WITHIN_S = 10.0  # the same gesture so soon after it became an alarm: that alarm, pressed once more


class Line(StrEnum):
    """What the wires of a contact say."""

    REST = "rest"
    PRESSED = "pressed"
    OPEN = "open"  # supervised only: cut
    SHORT = "short"  # supervised only

    @property
    def fault(self) -> str | None:
        """The code of `SourceHealth.faults`."""
        return {Line.OPEN: "line_open", Line.SHORT: "line_short"}.get(self)


UNSTABLE = "line_unstable"


def read_line(pressed: bool, rest: bool | None) -> Line:
    """What the levels mean. `pressed`: the wire that closes under a thumb; `rest`: the one that then opens, or None."""
    if rest is None:
        return Line.PRESSED if pressed else Line.REST
    if pressed and rest:
        return Line.SHORT
    if not pressed and not rest:
        return Line.OPEN
    return Line.PRESSED if pressed else Line.REST


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """Somebody asks for help."""

    gesture: Gesture


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """The contact is in its rest again after it was pressed. The alarm stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What is wrong with the wiring now; nothing when it is well."""

    faults: tuple[str, ...]


News = Pressed | Returned | Health


@dataclass(slots=True)
class ContactReader:
    """Owner of one contact's state. Feed it every change of a wire; take the news; call it at its deadline.

    A contact that is pressed when it is first read is a press: better one alarm too many than one that was lost while
    the node was down. Whoever knows that it is the same press as before the restart says `was_pressed`.
    """

    understands: Understands = Understands.BOTH
    was_pressed: bool = False
    _gestures: GestureReader = field(init=False)
    _line: Line | None = field(default=None, init=False)  # what counts
    _seen: Line | None = field(default=None, init=False)  # what was last read
    _seen_at: float = field(default=0.0, init=False)
    _restless_since: float | None = field(default=None, init=False)
    _unstable: bool = field(default=False, init=False)
    _down: bool = field(default=False, init=False)
    _owes_return: bool = field(default=False, init=False)
    _news: list[News] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._gestures = GestureReader(understands=self.understands)
        self._down = self.was_pressed

    def feed(self, line: Line, now: float) -> None:
        """The wires say this now (monotonic seconds)."""
        self.on_deadline(now)
        if line is self._seen:
            return
        self._seen, self._seen_at = line, now
        if self._restless_since is None:
            self._restless_since = now
        elif not self._unstable and now - self._restless_since >= UNSTABLE_AFTER_S:
            self._unstable = True
            self._tell_health()

    def take_news(self) -> list[News]:
        """What happened since the last call."""
        news, self._news = self._news, []
        return news

    def next_deadline(self) -> float | None:
        """When to call `on_deadline`."""
        waiting = [self._gestures.next_deadline(), self._calm_at()]
        return min((at for at in waiting if at is not None), default=None)

    def on_deadline(self, now: float) -> None:
        """Time has passed."""
        calm = self._calm_at()
        if calm is not None and now >= calm:
            self._say(self._gestures.on_deadline(calm))
            self._settle(calm)
        self._say(self._gestures.on_deadline(now))

    def _calm_at(self) -> float | None:
        return None if self._restless_since is None else self._seen_at + DEBOUNCE_S

    def _settle(self, now: float) -> None:
        """What was last read has stood for long enough."""
        assert self._seen is not None
        before, self._line, self._restless_since = self._line, self._seen, None
        if self._line is Line.PRESSED and not self._down:
            self._down, self._owes_return = True, False
            self._say(self._gestures.press(now))
        elif self._line is Line.REST and self._down:
            self._down, self._owes_return = False, True
            self._say(self._gestures.release(now))
            self._return()
        elif self._line.fault is not None:
            self._say(self._gestures.torn_off())
        if before is None or self._unstable or before.fault != self._line.fault:
            self._unstable = False
            self._tell_health()

    def _say(self, gesture: Gesture | None) -> None:
        if gesture is not None:
            self._news.append(Pressed(gesture=gesture))
            self._return()

    def _return(self) -> None:
        """Tell of the return, but never before what was pressed has become a gesture."""
        if self._owes_return and self._gestures.next_deadline() is None:
            self._owes_return = False
            self._news.append(Returned())

    def _tell_health(self) -> None:
        fault = self._line.fault if self._line is not None else None
        faults = tuple(code for code in (fault, UNSTABLE if self._unstable else None) if code)
        self._news.append(Health(faults=faults))
