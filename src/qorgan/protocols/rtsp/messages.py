"""RTSP 1.0 messages (RFC 2326): requests written, responses read, with limits on everything."""

from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

from qorgan.kernel.errors import Invalid

MAX_HEAD_BYTES = 16 * 1024
MAX_BODY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Address:
    """Where a camera is. `url` is what goes on the wire: never with user or password."""

    host: str
    port: int
    url: str


def parse_url(url: str) -> Address:
    """Take an `rtsp://` URL apart. Raises `Invalid`, without repeating what may hold a password."""
    try:
        parts = urlsplit(url)
        port = parts.port or 554
    except ValueError as error:
        raise Invalid("not a URL; expected rtsp://host[:port]/path", code="camera.bad_url") from error
    if parts.scheme != "rtsp" or not parts.hostname:
        raise Invalid("expected rtsp://host[:port]/path", code="camera.bad_url")
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise Invalid("the URL has a space or a control character", code="camera.bad_url")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = quote(parts.path or "/", safe="/%:;=@&+$,!*'()~") + (f"?{parts.query}" if parts.query else "")
    return Address(parts.hostname, port, f"rtsp://{host}:{port}{path}")


def userinfo(url: str) -> tuple[str, str] | None:
    """User and password that stand in a URL, decoded; None where there are none."""
    parts = urlsplit(url)
    if parts.username is None:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def resolve(base: str, control: str) -> str:
    """The URL of a control attribute (RFC 2326 C.1.1). Cameras differ in the trailing slash of the base."""
    if not control or control == "*":
        return base
    if control.lower().startswith("rtsp://"):
        return control
    if control.startswith("/"):
        return urljoin(base, control)
    return base + ("" if base.endswith("/") else "/") + control


def request(method: str, url: str, cseq: int, headers: dict[str, str]) -> bytes:
    """One request without a body."""
    lines = [f"{method} {url} RTSP/1.0", f"CSeq: {cseq}", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


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


def parse_response(data: bytes | bytearray) -> tuple[Response, int] | None:
    """A response at the start of `data` and its length, or None when more bytes are needed.

    Raises `Invalid` when this is not RTSP, or larger than the limits.
    """
    if len(data) >= 5 and not data.startswith(b"RTSP/"):
        raise Invalid("the answer is not RTSP", code="camera.not_rtsp")
    end = data.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES)
    if end < 0:
        if len(data) >= MAX_HEAD_BYTES:
            raise Invalid("the head of the answer is too long", code="camera.not_rtsp")
        return None
    lines = bytes(data[:end]).decode("latin-1").split("\r\n")
    words = lines[0].split(" ", 2)
    if len(words) < 2 or not words[1].isdigit():
        raise Invalid("the answer has no status", code="camera.not_rtsp")
    headers: dict[str, list[str]] = {}
    for line in lines[1:101]:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), []).append(value.strip())
    length_text = headers.get("content-length", ["0"])[0]
    length = int(length_text) if length_text.isdigit() else 0
    if length > MAX_BODY_BYTES:
        raise Invalid(f"the answer's body of {length} bytes is over the limit", code="camera.not_rtsp")
    total = end + 4 + length
    if len(data) < total:
        return None
    reason = words[2] if len(words) > 2 else ""
    return Response(int(words[1]), reason, headers, bytes(data[end + 4 : total])), total
