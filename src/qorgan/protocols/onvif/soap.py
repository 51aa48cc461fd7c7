"""SOAP 1.2 as ONVIF uses it: envelopes out, answers and faults in (ONVIF Core 5.x and 24.12, §5)."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from html import escape
from typing import Generic, TypeVar
from xml.etree.ElementTree import Element

from qorgan.kernel.errors import Invalid, QorganError
from qorgan.protocols.onvif.errors import (
    ClockTooFar,
    DeviceFault,
    InvalidValue,
    NotAuthorised,
    NotOnvif,
    NotSupported,
    WrongPassword,
)
from qorgan.protocols.onvif.tree import anywhere, children, clean, find, local, parse

T = TypeVar("T")
_FORBIDDEN_CHARACTERS = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")  # XML 1.0 §2.2
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_TOKEN = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"  # noqa: S105
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing"'
    ' xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
    ' xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl"'
    ' xmlns:tptz="http://www.onvif.org/ver20/ptz/wsdl" xmlns:tev="http://www.onvif.org/ver10/events/wsdl"'
    ' xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2">'
)


class Service(StrEnum):
    """The services we speak to; the value is the namespace by which a device announces them."""

    DEVICE = "http://www.onvif.org/ver10/device/wsdl"
    MEDIA = "http://www.onvif.org/ver10/media/wsdl"
    MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
    PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
    EVENTS = "http://www.onvif.org/ver10/events/wsdl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One question to a device: where it goes, what it says, and how the answer is read.

    `read` gets the first element of the answer's body and raises `NotOnvif` when it misses something.
    `addressed` calls carry WS-Addressing headers, as the event service wants them. `anonymous` ones need no login
    (access class PRE_AUTH, ONVIF Core §5.9.4.3).
    """

    service: Service
    name: str
    action: str
    body: str
    read: Callable[[Element], T]
    anonymous: bool = False
    addressed: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """Who asks. Its repr never shows the password."""

    user: str
    password: str = field(repr=False)


def element(name: str, *content: str, **attributes: str) -> str:
    """An element with content that is XML already; attributes are escaped here."""
    written = "".join(f' {key}="{quote(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{''.join(content)}</{name}>"


def quote(value: object) -> str:
    """Text for an element or attribute. Raises `Invalid` for characters that XML cannot carry."""
    plain = str(value)
    if _FORBIDDEN_CHARACTERS.search(plain):
        raise Invalid("a text for a camera has a control character in it")
    return escape(plain)


def envelope(call: Call[T], *, security: str = "", to: str = "", message_id: str = "", extra: str = "") -> bytes:
    """The whole message. `extra` are header elements that an address wants back (WS-Addressing 1.0 §3.3)."""
    addressing = ""
    if call.addressed:
        addressing = element("a:Action", quote(call.action)) + element("a:To", quote(to)) + extra
        addressing += element("a:MessageID", quote(message_id)) if message_id else ""
    header = f"<s:Header>{security}{addressing}</s:Header>" if security or addressing else ""
    return f"{_ENVELOPE}{header}<s:Body>{call.body}</s:Body></s:Envelope>".encode()


def username_token(login: Login, created: datetime, nonce: bytes) -> str:
    """A WS-Security header with a password digest (OASIS UsernameToken Profile 1.0 §3.1).

    `created` is the time by the camera's own clock: devices refuse what is 5 s to 5 min off. SHA-1 is what the
    standard has, and the reason for which it belongs into the cameras' own network only.
    """
    stamp = created.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = password_digest(nonce, stamp, login.password)
    return (
        f'<wsse:Security s:mustUnderstand="1" xmlns:wsse="{_WSSE}" xmlns:wsu="{_WSU}"><wsse:UsernameToken>'
        f"<wsse:Username>{quote(login.user)}</wsse:Username>"
        f'<wsse:Password Type="{_TOKEN}">{digest}</wsse:Password>'
        f'<wsse:Nonce EncodingType="{_BASE64}">{base64.b64encode(nonce).decode()}</wsse:Nonce>'
        f"<wsu:Created>{stamp}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )


def password_digest(nonce: bytes, created: str, password: str) -> str:
    """Base64 (SHA-1 (nonce + created + password)), OASIS UsernameToken Profile 1.0 §3.1."""
    digest = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def read_answer(call: Call[T], status: int, data: bytes) -> T:
    """What the device answered. Raises the error that says who can help.

    A device that refuses a login says so by HTTP 401 with any body, or by a fault with any status.
    """
    try:
        root = parse(data)
    except NotOnvif:
        if status in (401, 403):
            raise WrongPassword("the camera refuses the login") from None
        raise
    body = find(root, "Body") if local(root) == "Envelope" else None
    fault = find(body, "Fault")
    if fault is not None:
        raise fault_error(call.name, fault)
    if status == 401:
        raise WrongPassword("the camera refuses the login")
    if body is None or len(body) == 0:
        raise NotOnvif(f"the answer to {call.name} is no SOAP message (HTTP {status})")
    if local(body[0]) != f"{call.name}Response":
        raise NotOnvif(f"the answer to {call.name} is one to {clean(local(body[0]))[:60]}")
    return call.read(body[0])


def fault_error(name: str, fault: Element) -> QorganError:
    """The error that a fault means. Subcodes: ONVIF Core §5.8.2; WS-Security 1.1 §12; SOAP 1.1 faults are read too."""
    codes = _codes(fault)
    reason = _reason(fault)
    said = f"{name}: {reason}" if reason else name
    for wanted, kind, sentence in _MEANINGS:
        if not wanted.isdisjoint(codes):
            return kind(f"{sentence} ({said})")
    return DeviceFault(f"the camera failed ({said})")


_MEANINGS: tuple[tuple[frozenset[str], type[QorganError], str], ...] = (
    (
        frozenset({"MessageExpired", "MessageExpiredFault"}),
        ClockTooFar,
        "the camera finds our time too far from its own; set the camera's clock",
    ),
    (
        frozenset({"FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken", "NotAuthorized"}),
        WrongPassword,
        "the camera refuses the login",
    ),
    (
        frozenset({"OperationProhibited", "ActionNotAuthorized", "Forbidden"}),
        NotAuthorised,
        "this user may not do that at the camera",
    ),
    (
        frozenset(
            {
                "ActionNotSupported",
                "OptionalActionNotImplemented",
                "NoSuchService",
                "NotSupported",
                "PTZNotSupported",
                "NoPTZProfile",
                "OSDNotSupported",
                "MustUnderstand",
                "UnknownAction",
            }
        ),
        NotSupported,
        "the camera has no such function",
    ),
    (
        frozenset(
            {"InvalidArgVal", "InvalidArgs", "ConfigModify", "NoToken", "NoProfile", "NoConfig", "InvalidPosition"}
        ),
        InvalidValue,
        "the camera refuses a value",
    ),
)


def _codes(fault: Element) -> frozenset[str]:
    """Local names of all codes and subcodes."""
    found = [value.text for value in anywhere(fault, "Value")] + [value.text for value in children(fault, "faultcode")]
    return frozenset(clean(code).rpartition(":")[2] for code in found[:20])


def _reason(fault: Element) -> str:
    for name in ("Text", "faultstring"):
        for found in anywhere(fault, name):
            if reason := clean(found.text)[:200]:
                return reason
    return ""


def nothing(_answer: Element) -> None:
    """For answers that say nothing but yes."""
