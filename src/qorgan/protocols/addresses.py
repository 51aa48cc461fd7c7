"""Addresses as people write them: what is wrong with one, and whether it gives a password away."""

import re
from urllib.parse import urlsplit

MAX_URL_CHARACTERS = 2_048
STREAM, DEVICE = "rtsp://host:554/path", "http://host:port/onvif/device_service"
_LOOKS_LIKE_A_PASSWORD = re.compile(r"://[^/?#\s:]*:\S*@")


def stream_mistake(url: str) -> str | None:
    """What is wrong with the address of a stream, in words, or None. Never repeats it: it may hold a password."""
    return _mistake(url, ("rtsp", "rtsps"), STREAM)


def device_mistake(url: str) -> str | None:
    """The same for what is reached over HTTP: an ONVIF device, a switch."""
    return _mistake(url, ("http", "https"), DEVICE)


def has_password(url: str) -> bool:
    """Whether an address, well formed or not, carries a user and password (RFC 3986 §3.2.1)."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # fails where a password with a slash in it was taken for a port
        return parts.password is not None
    except ValueError:
        return _LOOKS_LIKE_A_PASSWORD.search(url) is not None


def _mistake(url: str, schemes: tuple[str, str], example: str) -> str | None:
    if len(url) > MAX_URL_CHARACTERS:
        return f"it has {len(url)} characters, an address has at most {MAX_URL_CHARACTERS}"
    if any(character <= " " or character == "\x7f" for character in url):
        return "it has a space or a control character in it"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return f"its host or port cannot be read; write {example}"
    if parts.scheme not in schemes:
        return f"it must begin with {schemes[0]}:// or {schemes[1]}://, as in {example}"
    if not parts.hostname:
        return f"it names no host; write {example}"
    if "@" in parts.netloc:
        return "it has a user in it; write `user = …` beside it, and store the password as a secret"
    return "port 0 does not exist" if port == 0 else None
