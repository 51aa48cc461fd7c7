"""HTTP authentication as RTSP uses it: Digest (RFC 7616; MD5 and SHA-256) and Basic (RFC 7617)."""

import base64
import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_PARAM = re.compile(r'([a-zA-Z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Challenge:
    """One `WWW-Authenticate` header."""

    scheme: str
    params: dict[str, str]


def parse_challenge(header: str) -> Challenge:
    """Scheme and parameters; unknown text yields an empty parameter list, never an error."""
    scheme, _, rest = header.strip().partition(" ")
    params = {name.lower(): quoted or plain for name, quoted, plain in _PARAM.findall(rest)}
    return Challenge(scheme.lower(), params)


def strongest(headers: Iterable[str]) -> Challenge | None:
    """The best challenge that we can answer: Digest SHA-256, then Digest MD5, then Basic."""
    ranked = sorted((parse_challenge(header) for header in headers), key=_rank, reverse=True)
    return ranked[0] if ranked and _rank(ranked[0]) > 0 else None


def _rank(challenge: Challenge) -> int:
    if challenge.scheme == "digest":
        return {"SHA-256": 3, "MD5": 2}.get(_algorithm(challenge), 0)
    return 1 if challenge.scheme == "basic" else 0


def _algorithm(challenge: Challenge) -> str:
    return challenge.params.get("algorithm", "MD5").upper()


@dataclass(slots=True)
class Credentials:
    """Answers challenges for one user. Its repr never shows the password."""

    user: str
    password: str = field(repr=False)
    _count: int = field(default=0, init=False)

    def authorize(self, challenge: Challenge, method: str, uri: str) -> str:
        """The value of the `Authorization` header for one request."""
        if challenge.scheme == "basic":
            token = base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")
            return f"Basic {token}"
        return self._digest(challenge, method, uri)

    def _digest(self, challenge: Challenge, method: str, uri: str) -> str:
        algorithm = _algorithm(challenge)
        digest = _HASHES[algorithm]
        realm, nonce = challenge.params.get("realm", ""), challenge.params.get("nonce", "")

        def h(text: str) -> str:
            return digest(text.encode()).hexdigest()

        a1, a2 = h(f"{self.user}:{realm}:{self.password}"), h(f"{method}:{uri}")
        fields = {"username": self.user, "realm": realm, "nonce": nonce, "uri": uri}
        if "auth" in [qop.strip() for qop in challenge.params.get("qop", "").split(",")]:
            self._count += 1
            nc, cnonce = f"{self._count:08x}", os.urandom(8).hex()
            fields["response"] = h(f"{a1}:{nonce}:{nc}:{cnonce}:auth:{a2}")
            tail = f', qop=auth, nc={nc}, cnonce="{cnonce}"'
        else:
            fields["response"] = h(f"{a1}:{nonce}:{a2}")
            tail = ""
        if "opaque" in challenge.params:
            fields["opaque"] = challenge.params["opaque"]
        quoted = ", ".join(f'{name}="{_escape(value)}"' for name, value in fields.items())
        return f"Digest {quoted}, algorithm={algorithm}{tail}"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
