"""RTSP 1.0 messages (RFC 2326): requests and answers, written and read, with limits on everything.

Text is UTF-8 with `surrogateescape`: whatever bytes a camera puts into a realm or a session go back as they came.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

from qorgan.kernel.errors import Invalid

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 64 * 1024
PORTS = {"rtsp": 554, "rtsps": 322}
_HEAD_ENDS = re.compile(rb"\r?\n\r?\n")
_METHOD = re.compile(rb"[A-Z_]{3,16} ")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a camera is. `url` is what goes on the wire: never with user or password. `secure`: inside TLS."""

    host: str
    port: int
    url: str
    secure: bool = False


def parse_url(url: str) -> Address:
    """Take an `rtsp://` or `rtsps://` URL apart. Raises `Invalid`, without repeating what may hold a password."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise Invalid("not a URL; expected rtsp://host[:port]/path", code="camera.bad_url") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise Invalid("expected rtsp://host[:port]/path or rtsps://host[:port]/path", code="camera.bad_url")
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise Invalid("the URL has a space or a control character", code="camera.bad_url")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = quote(parts.path or "/", safe="/%:;=@&+$,!*'()~", errors="surrogateescape")
    path += f"?{parts.query}" if parts.query else ""
    return Address(parts.hostname, port, f"{parts.scheme}://{host}:{port}{path}", parts.scheme == "rtsps")


def userinfo(url: str) -> tuple[str, str] | None:
    """User and password that stand in a URL, decoded; None where there are none."""
    parts = urlsplit(url)
    if parts.username is None:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def is_absolute(url: str) -> bool:
    """Whether this names its scheme, as a control attribute or a base may."""
    return url.lower().startswith(("rtsp://", "rtsps://"))


def resolve(base: str, control: str) -> str:
    """The URL of a control attribute (RFC 2326 C.1.1). Cameras differ in the trailing slash of the base."""
    if not control or control == "*":
        return base
    if is_absolute(control):
        return control
    if control.startswith("/"):
        return urljoin(base, control)
    return base + ("" if base.endswith("/") else "/") + control


def request(method: str, url: str, cseq: int, headers: dict[str, str]) -> bytes:
    """One request without a body."""
    return _written(f"{method} {url} RTSP/1.0", cseq, headers)


def answer(status: int, reason: str, cseq: int, headers: dict[str, str]) -> bytes:
    """One answer without a body, for a camera that asks us."""
    return _written(f"RTSP/1.0 {status} {reason}", cseq, headers)


def _written(first: str, cseq: int, headers: dict[str, str]) -> bytes:
    lines = [first, f"CSeq: {cseq}", *(f"{name}: {value}" for name, value in headers.items())]
    text = "\r\n".join(_CONTROL.sub("", line) for line in lines) + "\r\n\r\n"
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers by lower-case name (several values of one name in order), body."""

    status: int
    reason: str
    headers: dict[str, list[str]]
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header, or an empty string."""
        return self.headers.get(name, [""])[0]


@dataclass(frozen=True, slots=True)
class Request:
    """What a camera asks of its viewer: REDIRECT, ANNOUNCE, OPTIONS …"""

    method: str
    headers: dict[str, list[str]]
    body: bytes

    def header(self, name: str) -> str:
        """The first value of a header, or an empty string."""
        return self.headers.get(name, [""])[0]


def parse(data: bytes) -> tuple[Response | Request, int] | None:
    """An answer or a request at the start of `data` and its length, or None when more bytes are needed.

    Raises `Invalid` when this is not RTSP, or larger than the limits.
    """
    if not _may_be_rtsp(data):
        raise Invalid("the answer is not RTSP", code="camera.not_rtsp")
    end = _HEAD_ENDS.search(data, 0, MAX_HEAD_BYTES)
    if end is None:
        if len(data) >= MAX_HEAD_BYTES:
            raise Invalid("the head of the answer is too long", code="camera.not_rtsp")
        return None
    first, *rest = data[: end.start()].decode("utf-8", "surrogateescape").split("\n")
    headers = _headers(rest)
    total = end.end() + _body_bytes(headers)
    if len(data) < total:
        return None
    body = data[end.end() : total]
    words = first.strip().split(" ", 2)
    if not first.startswith("RTSP/"):
        return Request(words[0], headers, body), total
    if len(words) < 2 or not (words[1].isascii() and words[1].isdigit() and len(words[1]) == 3):
        raise Invalid("the answer has no status", code="camera.not_rtsp")
    return Response(int(words[1]), words[2] if len(words) > 2 else "", headers, body), total


def _may_be_rtsp(data: bytes) -> bool:
    """Whether this begins like an answer, or like a request in RTSP; true while too little is there to tell."""
    if data.startswith(b"RTSP/"[: len(data)]):
        return True
    line, newline, _ = data[:1024].partition(b"\n")
    if newline:
        return _METHOD.match(line) is not None and line.rstrip().endswith((b" RTSP/1.0", b" RTSP/1.1"))
    return re.fullmatch(rb"[A-Z_]{1,16}", line) is not None or (_METHOD.match(line) is not None and len(data) < 1024)


def _headers(lines: list[str]) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    for line in lines[:100]:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), []).append(value.strip())
    return headers


def _body_bytes(headers: dict[str, list[str]]) -> int:
    text = headers.get("content-length", ["0"])[0]
    length = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    if length > MAX_BODY_BYTES:
        raise Invalid(f"the answer's body of {length} bytes is over the limit", code="camera.not_rtsp")
    return length
