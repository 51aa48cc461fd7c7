"""What a radio button says over MQTT, and which topics it says it on. Nothing here reads a socket.

`qorgan/<site>/button/<name>/press`   one press, QoS 1, never retained
`qorgan/<site>/button/<name>/state`   battery and life, retained; the last will says `{"online": false}`
`qorgan/<site>/button/<name>/lamp`    from the node: how far the alarm is

Payloads are JSON objects of at most `MAX_PAYLOAD` bytes. A press that cannot be read is still a press: somebody has
pushed something, and a human shall look.
"""

import hashlib
from uuid import UUID

import msgspec

from qorgan.domain.alarms import Kind
from qorgan.domain.gestures import Gesture
from qorgan.kernel.errors import Invalid

MAX_PAYLOAD = 4_096
UNREADABLE_SAME_WITHIN_S = 60
LOW_BATTERY_PERCENT = 20


class RadioPress(msgspec.Struct, frozen=True, kw_only=True):
    """`press` is new for each press and the same for each repetition. `readable` is false where we had to guess."""

    press: UUID
    gesture: Gesture = Gesture.POLICE
    kind: Kind = Kind.REAL
    readable: bool = True


class RadioState(msgspec.Struct, frozen=True, kw_only=True):
    """A button's own word about itself; what it does not say is not known."""

    online: bool = True
    battery: int | None = None  # percent
    tamper: bool = False

    @property
    def faults(self) -> tuple[str, ...]:
        """Codes of `SourceHealth.faults`."""
        low = self.battery is not None and self.battery < LOW_BATTERY_PERCENT
        return tuple(code for code, true in (("battery_low", low), ("tamper", self.tamper)) if true)


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    press: UUID
    gesture: str = Gesture.POLICE
    kind: str = Kind.REAL


def press_topic(site: str, name: str) -> str:
    return f"qorgan/{site}/button/{name}/press"


def state_topic(site: str, name: str) -> str:
    return f"qorgan/{site}/button/{name}/state"


def lamp_topic(site: str, name: str) -> str:
    return f"qorgan/{site}/button/{name}/lamp"


def read_topic(site: str, topic: str) -> tuple[str, str] | None:
    """The button's name, and `press` or `state`; None for a topic that is not ours."""
    parts = topic.split("/")
    if len(parts) != 5 or parts[:3] != ["qorgan", site, "button"] or parts[4] not in ("press", "state"):
        return None
    return parts[3], parts[4]


def read_press(name: str, payload: bytes, now_s: float) -> RadioPress:
    """The press in a payload. One that cannot be read is real, for the police, and the same for a minute."""
    try:
        if len(payload) > MAX_PAYLOAD:
            raise ValueError("too long")
        said = msgspec.json.decode(payload, type=_Said)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # the last: brackets within brackets
        minute = int(now_s // UNREADABLE_SAME_WITHIN_S)
        digest = hashlib.sha256(f"{name}/{minute}/".encode() + payload[:MAX_PAYLOAD]).digest()
        return RadioPress(press=UUID(bytes=digest[:16]), readable=False)
    return RadioPress(press=said.press, gesture=Gesture.read(said.gesture), kind=Kind.read(said.kind))


def read_state(payload: bytes) -> RadioState:
    """Raises `Invalid` for what is no state."""
    try:
        if len(payload) > MAX_PAYLOAD:
            raise ValueError(f"a state has at most {MAX_PAYLOAD} bytes")
        return msgspec.json.decode(payload, type=RadioState)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Invalid(f"not a state of a button: {error}") from error
