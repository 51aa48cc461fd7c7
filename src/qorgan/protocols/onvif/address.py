"""Addresses as devices give them, and as they can be reached: a camera behind a router names its inner address."""

from urllib.parse import SplitResult, urlsplit, urlunsplit

from qorgan.protocols.addresses import MAX_URL_CHARACTERS
from qorgan.protocols.onvif.errors import NotOnvif


def service_address(given: str, reached: str) -> str:
    """Where to ask a service that a device calls `given`, knowing that the device was reached at `reached`.

    Never another host than the one we know: behind a router a camera names an address that is not ours to reach, and
    a hostile one could have us carry its password to somebody else. On the known host its own port is believed; a
    device reached by https is never asked without it. Raises `NotOnvif` for what is no address.
    """
    ours = urlsplit(reached)
    theirs = _split(given, ("http", "https"))
    same = theirs.hostname == ours.hostname and (theirs.scheme == ours.scheme or ours.scheme == "http")
    scheme, netloc = (theirs.scheme, _netloc(theirs.hostname, theirs.port)) if same else (ours.scheme, ours.netloc)
    return urlunsplit((scheme, netloc, theirs.path or "/", theirs.query, ""))


def stream_address(given: str, reached: str) -> str:
    """The same for a stream: the host that we know, the port that the camera says, no user or password in it."""
    theirs = _split(given, ("rtsp", "rtsps"))
    return urlunsplit((theirs.scheme, _netloc(urlsplit(reached).hostname, theirs.port), theirs.path, theirs.query, ""))


def _split(given: str, schemes: tuple[str, ...]) -> SplitResult:
    try:
        parts = urlsplit(given)
        _ = parts.port
    except ValueError:
        raise NotOnvif("the device gives an address that cannot be read") from None
    spaced = any(character <= " " or character == "\x7f" for character in given)
    if parts.scheme not in schemes or not parts.hostname or spaced or len(given) > MAX_URL_CHARACTERS:
        raise NotOnvif(f"the device gives no address that begins with {schemes[0]}://")
    return parts


def _netloc(host: str | None, port: int | None) -> str:
    shown = f"[{host}]" if host and ":" in host else host or ""
    return f"{shown}:{port}" if port else shown
