"""Messages of DC-09: what stands in a frame, in clear or encrypted, and how a dialler writes it.

    "ID" seq [Rrcvr] [Lpref] #acct [ data ] {[extended data]} [_HH:MM:SS,MM-DD-YYYY]

Encrypted (`"*ID"`) the header stays in clear; behind the first `[` comes AES-CBC with an IV of zeros, in hexadecimal:
pad, `|`, data, `]`, extended data, timestamp (§5.4). A key is 16, 24 or 32 bytes: written as so many ASCII characters,
or as twice as many hexadecimal digits; thirty-two characters that are all hexadecimal are a key of 16 bytes.
"""

import binascii
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from qorgan.domain.signals import PanelEvent
from qorgan.kernel.errors import Invalid
from qorgan.protocols import contact_id, sia_dcs
from qorgan.protocols.dc09.frames import MAX_BODY_BYTES, frame

CONTACT_ID, SIA_DCS = "ADM-CID", "SIA-DCS"
NULLS = frozenset({"NULL", "XNM"})  # link test, extended link test
# Annex H: formats of events that exist and that we do not read. What they say is shown to a human as it came.
OTHER_FORMATS = frozenset(
    {"SIA-PUL", "ACR-SF", "ADM-41E", "ADM-42E", "ADM-HS", "DSC-43", "FBI-SF", "ITI-I", "SCN-S8", "SCN-S16", "SCN-S24"}
    | {"SES-SS", "SIA-S2K", "SK-FSK1", "SK-FSK2"}
)
MAX_EXTENSIONS = 32
MAX_TEXT = 200  # characters of a text that comes from a panel
_IV = bytes(16)
_HEADER = re.compile(
    rb"\"(?P<star>\*?)(?P<id>[A-Z0-9\-]{1,20})\"(?P<seq>[0-9]{4})(?:R(?P<receiver>[0-9A-Fa-f]{1,6}))?"
    rb"(?:L(?P<prefix>[0-9A-Fa-f]{1,6}))?(?:[#A](?P<account>[0-9A-Fa-f]{1,16}))?\["
)
_STAMP = re.compile(rb"_([0-9]{2}):([0-9]{2}):([0-9]{2}),([0-9]{2})-([0-9]{2})-([0-9]{4})\Z")
_HEX_KEY = re.compile(r"(?:[0-9A-Fa-f]{2}){16}|(?:[0-9A-Fa-f]{2}){24}|(?:[0-9A-Fa-f]{2}){32}")
_PAD = bytes(byte for byte in range(0x20, 0x7F) if byte not in b"[]|")


class WrongKey(Invalid):
    """There is no key, or what came was not encrypted with it."""

    code = "dc09.wrong_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. `account` is as written; `timestamp` is None when there was none that makes sense."""

    id: str
    seq: int
    account: str
    prefix: str = "0"
    receiver: str | None = None
    data: str = ""
    extensions: tuple[str, ...] = ()
    timestamp: datetime | None = None
    encrypted: bool = False

    @property
    def is_null(self) -> bool:
        return self.id in NULLS


@dataclass(frozen=True, slots=True)
class Header:
    """What stands in clear, and what comes behind it."""

    message: Message
    rest: bytes = field(repr=False)


def same_account(account: str) -> str:
    """An account so that `0012ab` and `12AB` are one."""
    return account.lstrip("0").upper() or "0"


def read_key(text: str) -> bytes:
    """A key as it is typed from an installer's sheet. Raises `Invalid`, which never repeats it."""
    if _HEX_KEY.fullmatch(text):
        return bytes.fromhex(text)
    if text.isascii() and text.isprintable() and len(text) in (16, 24, 32):
        return text.encode("ascii")
    advice = "a key has 16, 24 or 32 characters, or 32, 48 or 64 hexadecimal digits"
    raise Invalid(advice, code="dc09.bad_key")


def read_header(body: bytes) -> Header:
    """What a body says in clear. Raises `Invalid` when it is no message at all."""
    found = _HEADER.match(body)
    if found is None:
        raise Invalid("this is not a DC-09 message", code="dc09.unreadable")
    account = found["account"]
    message = Message(
        id=found["id"].decode("ascii"),
        seq=int(found["seq"]),
        account=account.decode("ascii").upper() if account else "",
        prefix=(found["prefix"] or b"0").decode("ascii").upper(),
        receiver=found["receiver"].decode("ascii").upper() if found["receiver"] else None,
        encrypted=bool(found["star"]),
    )
    return Header(message, body[found.end() :])


def read_content(header: Header, key: bytes | None) -> Message:
    """The whole message. Raises `WrongKey`, and `Invalid` for brackets that make no sense."""
    if not header.message.encrypted:
        return _with_content(header.message, header.rest)
    if key is None:
        raise WrongKey("this account has no key")
    clear = _decrypt(header.rest, key)
    bar, bracket = clear.find(b"|"), clear.find(b"]")
    if bracket < 0 or not _STAMP.search(clear):  # which is mandatory here, and the only sign that the key is right
        raise WrongKey("it was not encrypted with this account's key, or has no timestamp")
    return _with_content(header.message, clear[bar + 1 if 0 <= bar < bracket else bracket :])


def read_events(message: Message) -> tuple[PanelEvent, ...]:
    """The events that a message reports. Raises `Invalid` for what cannot be read."""
    account, _, said = message.data.partition("|") if message.data.startswith("#") else ("", "", message.data)
    if message.id == CONTACT_ID:
        event = contact_id.parse_event(said.partition("|")[0])
        return (_with_account(event, account, message),)
    if message.id == SIA_DCS:
        return tuple(_with_account(event, account, message) for event in sia_dcs.parse_blocks(said))
    raise Invalid(f"{message.id} is a format that is not read here", code="dc09.other_format")


def read_extensions(message: Message) -> dict[str, Any]:
    """Extended data by name, of what is known. `J` is a path's number (2013) or JSON (2026): its shape decides."""
    found: dict[str, Any] = {}
    for text in message.extensions:
        letter, value = text[:1], text[1:]
        if letter in ("J", "G") and value.isascii() and value.isdigit():
            found["path"] = int(value[:4])
        elif letter == "J" and value.startswith("{"):
            found |= _json_object(value)
        elif (name := _EXTENSIONS.get(letter)) is not None and (made := name[1](value)) is not None:
            found[name[0]] = made
    return found


def write_message(message: Message, key: bytes | None = None) -> bytes:
    """A message in its frame; encrypted when there is a key. Raises `Invalid` when it is too long."""
    stamp = b"" if message.timestamp is None else _stamp(message.timestamp)
    content = b"".join(
        [
            message.data.encode("ascii", "replace"),
            b"]",
            *(f"[{text}]".encode() for text in message.extensions),
            stamp,
        ]
    )
    star = "" if key is None else "*"
    receiver = "" if message.receiver is None else f"R{message.receiver}"
    head = f'"{star}{message.id}"{message.seq:04d}{receiver}L{message.prefix}#{message.account}['.encode("ascii")
    body = head + (content if key is None else _encrypt(content, key))
    if len(body) > MAX_BODY_BYTES:
        raise Invalid(f"a message of {len(body)} bytes does not fit", code="dc09.oversize")
    return frame(body)


def _with_account(event: PanelEvent, account: str, message: Message) -> PanelEvent:
    """A gateway may speak for others: whose event it is stands in the data."""
    inner = account.removeprefix("#")
    if not inner or same_account(inner) == same_account(message.account):
        return event
    return replace(event, text=f"#{inner[:16]} {event.text}".strip())


def _with_content(message: Message, content: bytes) -> Message:
    end = content.find(b"]")
    if end < 0:
        raise Invalid("the data has no end", code="dc09.unreadable")
    data, at = content[:end], end + 1
    extensions: list[str] = []
    while content[at : at + 1] == b"[" and len(extensions) < MAX_EXTENSIONS:
        close = content.find(b"]", at)
        if close < 0:
            raise Invalid("extended data has no end", code="dc09.unreadable")
        extensions.append(_text(content[at + 1 : close]))
        at = close + 1
    return replace(message, data=_text(data), extensions=tuple(extensions), timestamp=_read_stamp(content[at:]))


def _text(raw: bytes) -> str:
    """Texts are UTF-8 in 2026 and were Windows-1252 before; nothing that does not print comes through."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "�" for character in text)


def _read_stamp(raw: bytes) -> datetime | None:
    found = _STAMP.search(raw)
    if found is None:
        return None
    hour, minute, second, month, day, year = (int(part) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _stamp(at: datetime) -> bytes:
    return at.astimezone(UTC).strftime("_%H:%M:%S,%m-%d-%Y").encode("ascii")


def _decrypt(digits: bytes, key: bytes) -> bytes:
    try:
        raw = binascii.unhexlify(digits)
    except binascii.Error:
        raise WrongKey("what is encrypted is not hexadecimal") from None
    if not raw or len(raw) % 16:
        raise WrongKey("what is encrypted is not whole blocks")
    decryptor = Cipher(AES(key), CBC(_IV)).decryptor()
    return decryptor.update(raw) + decryptor.finalize()


def _encrypt(content: bytes, key: bytes) -> bytes:
    """16 to 31 random bytes, a bar, the content (§5.4.4.3)."""
    pad = bytes(secrets.choice(_PAD) for _ in range(16 + -(len(content) + 1) % 16))
    encryptor = Cipher(AES(key), CBC(_IV)).encryptor()
    return (encryptor.update(pad + b"|" + content) + encryptor.finalize()).hex().upper().encode("ascii")


def _short(value: str) -> str | None:
    return value.strip()[:MAX_TEXT] or None


def _moment(value: str) -> datetime | None:
    return _read_stamp(b"_" + value.encode("ascii", "replace"))


def _json_object(value: str) -> dict[str, Any]:
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return {"json": found} if isinstance(found, dict) else {}


_EXTENSIONS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "C": ("category", _short),
    "H": ("occurred_at", _moment),
    "I": ("text", _short),
    "L": ("location", _short),
    "M": ("mac", _short),
    "O": ("building", _short),
    "R": ("room", _short),
    "S": ("site", _short),
    "T": ("trigger", _short),
    "V": ("verification", _short),
    "X": ("longitude", _short),
    "Y": ("latitude", _short),
    "Z": ("altitude", _short),
}
