"""The event service by pull points: motion, tamper and digital inputs (ONVIF Core §9; Event Service Specification)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar
from xml.etree.ElementTree import Element

from qorgan.protocols.onvif.errors import NotOnvif
from qorgan.protocols.onvif.soap import Call, Service, element, nothing, quote
from qorgan.protocols.onvif.tree import anywhere, attribute, children, clean, find, local, text, truth

T = TypeVar("T")
MAX_NOTIFICATIONS = 1_000  # in one answer; we ask for 100
MAX_REFERENCE_PARAMETERS = 8
_WSNT = "http://docs.oasis-open.org/wsn/bw-2/"
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,99}")


class EventKind(StrEnum):
    """What we take notice of."""

    MOTION = "motion"
    TAMPER = "tamper"
    INPUT = "input"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullPoint:
    """A subscription: where to pull, the header elements that its address wants back, and for how long it lives."""

    url: str
    headers: str
    lives_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notification that we understand. `at` is by the camera's clock and None when it cannot be read.

    `initial` marks the state that a camera tells at the beginning of a subscription (property operation Initialized).
    """

    kind: EventKind
    source: str  # the input's token, or that of the rule or video source
    active: bool
    at: datetime | None
    initial: bool


def create_pull_point(lives_s: int) -> Call[PullPoint]:
    """Subscribe to everything: filters are where firmware fails most, so we choose ourselves."""
    body = element("tev:InitialTerminationTime", f"PT{lives_s}S")
    name = "CreatePullPointSubscription"
    action = f"http://www.onvif.org/ver10/events/wsdl/EventPortType/{name}Request"
    return _call(name, action, element(f"tev:{name}", body), lambda answer: _read_pull_point(answer, float(lives_s)))


def pull(wait_s: int, most: int = 100) -> Call[tuple[Notice, ...]]:
    """Wait at the camera for notifications, at most so long; an empty answer is an answer."""
    body = element("tev:Timeout", f"PT{wait_s}S") + element("tev:MessageLimit", str(most))
    action = "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesRequest"
    return _call("PullMessages", action, element("tev:PullMessages", body), _read_notices)


def renew(lives_s: int) -> Call[None]:
    body = element("wsnt:Renew", element("wsnt:TerminationTime", f"PT{lives_s}S"))
    return _call("Renew", f"{_WSNT}SubscriptionManager/RenewRequest", body, nothing)


def unsubscribe() -> Call[None]:
    action = f"{_WSNT}SubscriptionManager/UnsubscribeRequest"
    return _call("Unsubscribe", action, element("wsnt:Unsubscribe"), nothing)


def _call(name: str, action: str, body: str, read: Callable[[Element], T]) -> Call[T]:
    return Call(service=Service.EVENTS, name=name, action=action, body=body, read=read, addressed=True)


def _read_pull_point(answer: Element, asked_s: float) -> PullPoint:
    reference = find(answer, "SubscriptionReference")
    url = text(reference, "Address")
    if not url:
        raise NotOnvif("the camera made a subscription and does not say where")
    given = find(reference, "ReferenceParameters")
    listed = list(given)[:MAX_REFERENCE_PARAMETERS] if given is not None else []
    lives = _instant(text(answer, "TerminationTime")), _instant(text(answer, "CurrentTime"))
    granted = (lives[0] - lives[1]).total_seconds() if lives[0] and lives[1] else asked_s
    return PullPoint(
        url=url,
        headers="".join(_header(parameter) for parameter in listed),
        lives_s=granted if 1 <= granted <= asked_s else asked_s,
    )


def _header(parameter: Element) -> str:
    """A reference parameter as a header (WS-Addressing 1.0 SOAP Binding §3.4), made anew from its name and text."""
    namespace = parameter.tag[1:].rpartition("}")[0] if parameter.tag.startswith("{") else ""
    name = local(parameter)
    if not _NAME.fullmatch(name):
        raise NotOnvif("the subscription's address has a part that cannot be repeated")
    start = f'<{name} xmlns="{quote(clean(namespace))}" a:IsReferenceParameter="true">'
    return f"{start}{quote(clean(parameter.text))}</{name}>"


def _read_notices(answer: Element) -> tuple[Notice, ...]:
    listed = list(children(answer, "NotificationMessage"))[:MAX_NOTIFICATIONS]
    return tuple(notice for entry in listed if (notice := _read_notice(entry)) is not None)


def _read_notice(entry: Element) -> Notice | None:
    """What it says, or None for topics and forms that we take no notice of."""
    kind = kind_of(text(entry, "Topic"))
    message = find(entry, "Message", "Message")
    if kind is None or message is None:
        return None
    active = _state(find(message, "Data"))
    if active is None:
        return None
    return Notice(
        kind=kind,
        source=_source(find(message, "Source")),
        active=active,
        at=_instant(attribute(message, "UtcTime")),
        initial=attribute(message, "PropertyOperation") == "Initialized",
    )


def kind_of(topic: str) -> EventKind | None:
    """What a topic speaks of, whatever its prefixes and the vendor's suffixes.

    `tns1:Device/Trigger/DigitalInput` (some add `_00000`), `tns1:RuleEngine/CellMotionDetector/Motion`,
    `tns1:RuleEngine/MotionRegionDetector/Motion`, `tns1:VideoSource/MotionAlarm`,
    `tns1:RuleEngine/TamperDetector/Tamper`, `tns1:VideoSource/GlobalSceneChange/…`.
    """
    parts = [part.rpartition(":")[2] for part in topic.split("/")]
    last = parts[-1]
    if parts[:2] == ["Device", "Trigger"] and last.startswith("DigitalInput"):
        return EventKind.INPUT
    if parts[:2] == ["VideoSource", "MotionAlarm"] or (parts[0] == "RuleEngine" and last == "Motion"):
        return EventKind.MOTION
    if parts[:2] == ["VideoSource", "GlobalSceneChange"] or (parts[0] == "RuleEngine" and last.startswith("Tamper")):
        return EventKind.TAMPER
    return None


_STATES = ("LogicalState", "IsMotion", "IsTamper", "State")


def _state(data: Element | None) -> bool | None:
    """On or off. Named as the standard says, in whatever case; otherwise the only value that is a truth."""
    if data is None:
        return None
    items = {attribute(item, "Name").lower(): truth(attribute(item, "Value")) for item in anywhere(data, "SimpleItem")}
    for name in _STATES:
        if (value := items.get(name.lower())) is not None:
            return value
    truths = [value for value in items.values() if value is not None]
    return truths[0] if len(truths) == 1 else None


_SOURCES = ("InputToken", "Rule", "Source", "VideoSourceConfigurationToken", "Token")


def _source(source: Element | None) -> str:
    """Which input, rule or video source; the standard's names first, then whatever stands first."""
    if source is None:
        return ""
    items = {attribute(item, "Name"): attribute(item, "Value") for item in anywhere(source, "SimpleItem")}
    for name in _SOURCES:
        if items.get(name):
            return items[name][:100]
    return next(iter(items.values()), "")[:100]


def _instant(value: str) -> datetime | None:
    """`xs:dateTime`; one without a zone is taken for UTC, which the standard demands here."""
    try:
        found = datetime.fromisoformat(value[:40])
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
