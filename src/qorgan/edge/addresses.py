"""Addresses of cameras as people write them: what is wrong with one, and whether it gives a password away."""

import re
from urllib.parse import urlsplit

MAX_URL_CHARACTERS = 2_048
_LOOKS_LIKE_A_PASSWORD = re.compile(r"://[^/?#\s:]*:\S*@")


def address_mistake(url: str) -> str | None:
    """What is wrong with a camera's address, in words, or None. Never repeats it: it may hold a password."""
    if len(url) > MAX_URL_CHARACTERS:
        return f"it has {len(url)} characters, an address has at most {MAX_URL_CHARACTERS}"
    if any(character <= " " or character == "\x7f" for character in url):
        return "it has a space or a control character in it"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "its host or port cannot be read; write rtsp://host:554/path"
    if parts.scheme not in ("rtsp", "rtsps"):
        return "it must begin with rtsp:// or rtsps://"
    if not parts.hostname:
        return "it names no host; write rtsp://host:554/path"
    if "@" in parts.netloc:
        return "it has a user in it; write `user = …` beside it, and store the password as a secret"
    if port == 0:
        return "port 0 does not exist; cameras mostly listen on 554"
    return None


def has_password(url: str) -> bool:
    """Whether an address, well formed or not, carries a user and password (RFC 3986 §3.2.1)."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # fails where a password with a slash in it was taken for a port
        return parts.password is not None
    except ValueError:
        return _LOOKS_LIKE_A_PASSWORD.search(url) is not None
