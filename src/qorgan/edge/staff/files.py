"""The files of the staff page: small, our own, and nothing from elsewhere. Read once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from types import MappingProxyType

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "content-security-policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
            " manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
        "cache-control": "no-cache",
    }
)
_KINDS = {
    "index.html": "text/html; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "worker.js": "text/javascript; charset=utf-8",
    "app.css": "text/css; charset=utf-8",
    "texts.json": "application/json",
    "manifest.webmanifest": "application/manifest+json",
    "icon.svg": "image/svg+xml",
}
_VERSION = b"__VERSION__"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffFile:
    data: bytes
    kind: str
    headers: Mapping[str, str] = field(default_factory=dict)


def staff_files() -> dict[str, StaffFile]:
    """By name below `/staff/`; the page itself is the empty name. The worker knows the version of them all."""
    folder = files("qorgan.edge.staff").joinpath("web")
    contents = {name: folder.joinpath(name).read_bytes() for name in _KINDS}
    version = hashlib.sha256(b"".join(contents[name] for name in sorted(contents))).hexdigest()[:16]
    contents["worker.js"] = contents["worker.js"].replace(_VERSION, version.encode())
    found = {name: StaffFile(data=data, kind=_KINDS[name]) for name, data in contents.items()}
    found[""] = found.pop("index.html")
    return found
