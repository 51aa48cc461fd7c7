"""A CAP 1.2 message as values, and its XML: elements in the order of the schema's `xs:sequence`, times with an offset.

Clauses are those of OASIS CAP-v1.2-os (1 July 2010). What the schema cannot say is checked here: identifiers and
senders without spaces, commas, `<` and `&` (3.2.1), a restriction where the scope is Restricted, references where the
message is about an earlier one.
"""

import re
import xml.etree.ElementTree as ET  # we write here and read nothing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from qorgan.kernel.errors import Invalid

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MIME = "application/cap+xml"
_NAME = re.compile(r"[^\s,<&]+")
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2


class Status(StrEnum):
    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    TEST = "Test"


class MessageType(StrEnum):
    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


class Category(StrEnum):
    SAFETY = "Safety"
    SECURITY = "Security"
    FIRE = "Fire"
    HEALTH = "Health"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class Response(StrEnum):
    SHELTER = "Shelter"
    EVACUATE = "Evacuate"
    EXECUTE = "Execute"
    MONITOR = "Monitor"
    ASSESS = "Assess"
    ALL_CLEAR = "AllClear"
    NONE = "None"


class Urgency(StrEnum):
    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    PAST = "Past"


class Severity(StrEnum):
    EXTREME = "Extreme"
    SEVERE = "Severe"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    OBSERVED = "Observed"
    LIKELY = "Likely"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An earlier message: `sender,identifier,sent` (3.2.1, references)."""

    sender: str
    identifier: str
    sent: datetime

    def __str__(self) -> str:
        return f"{self.sender},{self.identifier},{moment(self.sent)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where: words, a circle (WGS 84 degrees and km) and codes as (valueName, value)."""

    description: str
    latitude: float
    longitude: float
    radius_km: float
    geocodes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """One language's block (3.2.2). `language` is an RFC 3066 tag: kk-KZ."""

    language: str
    category: Category
    event: str
    response: Response
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    audience: str
    event_codes: tuple[tuple[str, str], ...]
    effective: datetime
    onset: datetime
    sender_name: str
    headline: str
    description: str
    instruction: str
    web: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    area: Area


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One CAP message (3.2.1). Scope is always Restricted: a school's alarm is not for the public."""

    identifier: str
    sender: str
    sent: datetime
    status: Status
    message_type: MessageType
    source: str
    restriction: str
    code: str
    note: str = ""
    references: tuple[Reference, ...] = ()
    incident: str = ""
    infos: tuple[Info, ...]

    def __post_init__(self) -> None:
        """Raises `Invalid` for what no receiver would understand."""
        for name, text in (("identifier", self.identifier), ("sender", self.sender)):
            if not _NAME.fullmatch(text):
                raise Invalid(f"CAP: {name} has no spaces, commas, < or &, and is not empty: {text[:80]!r}")
        if not self.restriction.strip():
            raise Invalid("CAP: a message of scope Restricted says to whom")
        if (self.message_type is MessageType.ALERT) == bool(self.references):
            raise Invalid("CAP: an Update or a Cancel refers to earlier messages, an Alert to none")
        if not self.infos:
            raise Invalid("CAP: a message has at least one language")

    @property
    def reference(self) -> Reference:
        """How later messages refer to this one."""
        return Reference(sender=self.sender, identifier=self.identifier, sent=self.sent)


def moment(at: datetime) -> str:
    """`2026-11-22T16:00:00+05:00`: whole seconds, the offset always written, UTC as -00:00, never Z (3.3.2)."""
    if at.tzinfo is None:
        raise Invalid("CAP: an instant without its offset")
    offset = at.utcoffset() or timedelta()
    if offset % timedelta(minutes=1):  # local mean time, before time zones: no dateTime can say it
        at = at.astimezone(UTC)
    text = at.isoformat(timespec="seconds")
    return f"{text[:-6]}-00:00" if text.endswith("+00:00") else text


def to_xml(alert: Alert) -> bytes:
    """The message as UTF-8 XML. Characters that XML 1.0 cannot carry are left out."""
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(_q("alert"))
    _add(root, "identifier", alert.identifier)
    _add(root, "sender", alert.sender)
    _add(root, "sent", moment(alert.sent))
    _add(root, "status", alert.status)
    _add(root, "msgType", alert.message_type)
    _add(root, "source", alert.source)
    _add(root, "scope", "Restricted")
    _add(root, "restriction", alert.restriction)
    _add(root, "code", alert.code)
    _add(root, "note", alert.note)
    _add(root, "references", " ".join(str(one) for one in alert.references))
    _add(root, "incidents", alert.incident)
    for info in alert.infos:
        _add_info(ET.SubElement(root, _q("info")), info)
    xml: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def _add_info(node: ET.Element, info: Info) -> None:
    _add(node, "language", info.language)
    _add(node, "category", info.category)
    _add(node, "event", info.event)
    _add(node, "responseType", info.response)
    _add(node, "urgency", info.urgency)
    _add(node, "severity", info.severity)
    _add(node, "certainty", info.certainty)
    _add(node, "audience", info.audience)
    _add_pairs(node, "eventCode", info.event_codes)
    _add(node, "effective", moment(info.effective))
    _add(node, "onset", moment(info.onset))
    _add(node, "senderName", info.sender_name)
    _add(node, "headline", info.headline)
    _add(node, "description", info.description)
    _add(node, "instruction", info.instruction)
    _add(node, "web", info.web)
    _add_pairs(node, "parameter", info.parameters)
    area = ET.SubElement(node, _q("area"))
    _add(area, "areaDesc", info.area.description)
    where = info.area
    _add(area, "circle", f"{where.latitude:.6f},{where.longitude:.6f} {where.radius_km:g}")
    _add_pairs(area, "geocode", where.geocodes)


def _add(parent: ET.Element, name: str, text: str) -> None:
    """An element with its text; none when there is nothing to say."""
    if text:
        ET.SubElement(parent, _q(name)).text = _NOT_XML.sub("", text)


def _add_pairs(parent: ET.Element, name: str, pairs: tuple[tuple[str, str], ...]) -> None:
    for key, value in pairs:
        pair = ET.SubElement(parent, _q(name))
        _add(pair, "valueName", key)
        ET.SubElement(pair, _q("value")).text = _NOT_XML.sub("", value)


def _q(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
