"""HTTP authentication as RTSP uses it: Digest (RFC 7616, and RFC 2069 without qop) and Basic (RFC 7617).

What cameras really send: several challenges in one header or in several, quoted algorithms, `SHA256` for `SHA-256`, a
new nonce without `stale=true`, realms in any encoding. A challenge that cannot be read is left out, never an error.
"""

import base64
import hashlib
import itertools
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from qorgan.kernel.errors import Invalid

_LETTER = r"[a-zA-Z0-9!#$%&'*+.^_`|~-]"
_TOKEN = rf"(?<!{_LETTER})({_LETTER}++)"
_PART = re.compile(rf'{_TOKEN}\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s,"]++))|{_TOKEN}(?![^\s,])')
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_STRENGTH = {"SHA-256": 3, "MD5": 2}
_BASIC = 1
_MAX_CHALLENGES, _MAX_HEADER = 16, 4096


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way of logging in that the camera offers. Names are in lower case."""

    scheme: str
    params: dict[str, str]

    @property
    def algorithm(self) -> str:
        """The hash of a digest as we call it: "MD5", "SHA-256", or what the camera said."""
        name = self.params.get("algorithm", "MD5").upper().removesuffix("-SESS")
        return "SHA-256" if name == "SHA256" else name

    @property
    def is_session(self) -> bool:
        """Whether the proof is bound to the first nonces of the session (RFC 7616 §3.4.2, "-sess")."""
        return self.params.get("algorithm", "").upper().endswith("-SESS")

    @property
    def strength(self) -> int:
        """More is better; 0 means that we cannot answer."""
        if self.scheme == "basic":
            return _BASIC
        if self.scheme != "digest" or not self.params.get("nonce"):
            return 0
        return _STRENGTH.get(self.algorithm, 0) if self.qop is not None else 0

    @property
    def qop(self) -> str | None:
        """The quality of protection that we choose; empty for none at all, None when we know none of those offered."""
        offered = [name.strip().lower() for name in self.params.get("qop", "").split(",") if name.strip()]
        if not offered:
            return ""
        return next((name for name in ("auth", "auth-int") if name in offered), None)

    @property
    def is_stale(self) -> bool:
        """Whether only the nonce is too old: the password was not refused (RFC 7616 §3.3)."""
        return self.params.get("stale", "").lower() == "true"


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """All challenges of all `WWW-Authenticate` headers, in order."""
    found: list[Challenge] = []
    for header in itertools.islice(headers, _MAX_CHALLENGES):
        for name, quoted, plain, scheme in _PART.findall(header[:_MAX_HEADER]):
            if scheme:
                found.append(Challenge(scheme.lower(), {}))
            elif found:
                found[-1].params.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or plain)
    return found[:_MAX_CHALLENGES]


def strongest(headers: Iterable[str]) -> Challenge | None:
    """The best challenge that we can answer: Digest SHA-256, then Digest MD5, then Basic."""
    best = max(parse_challenges(headers), key=lambda challenge: challenge.strength, default=None)
    return best if best is not None and best.strength > 0 else None


@dataclass(frozen=True, slots=True)
class Credentials:
    """User and password of a camera. The repr never shows the password."""

    user: str
    password: str = field(repr=False)


class Login:
    """Answers challenges for one connection. Owns the nonce in use and how often it was used.

    Within a connection a weaker way than one already offered is never taken: a password once hashed is not sent in
    the clear because somebody asks for it later.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._challenge: Challenge | None = None
        self._cnonce = ""
        self._count = 0
        self._session_key = ""
        self._accepted = False

    def challenged(self, headers: Iterable[str]) -> bool:
        """A 401 came. Whether asking once more makes sense; False: this user and password are not accepted.

        Raises `Invalid` when there is no challenge that we may answer.
        """
        best = strongest(headers)
        before = self._challenge
        if best is None or (before is not None and best.strength < before.strength):
            raise Invalid("no way of logging in that we know", code="camera.protocol_error")
        new_nonce = before is None or best.params.get("nonce") != before.params.get("nonce")
        again = before is None or best.is_stale or (self._accepted and new_nonce)
        self._challenge, self._accepted = best, False
        if new_nonce:
            self._cnonce, self._count, self._session_key = os.urandom(8).hex(), 0, ""
        return again

    def accepted(self) -> None:
        """An answer other than 401 came: the password is right, and a later new nonce is only that."""
        self._accepted = self._challenge is not None

    def authorize(self, method: str, uri: str) -> str | None:
        """The value of the `Authorization` header for one request; None before the first challenge."""
        if self._challenge is None:
            return None
        if self._challenge.scheme == "basic":
            pair = f"{self._credentials.user}:{self._credentials.password}".encode()
            return f"Basic {base64.b64encode(pair).decode('ascii')}"
        return self._digest(self._challenge, method, uri)

    def _digest(self, challenge: Challenge, method: str, uri: str) -> str:
        params, qop = challenge.params, challenge.qop
        realm, nonce, user = params.get("realm", ""), params["nonce"], self._credentials.user
        self._count += 1
        count = f"{self._count:08x}"
        key = self._key(challenge, realm, nonce)
        ha2 = _hash(challenge, f"{method}:{uri}" + (f":{_hash(challenge, '')}" if qop == "auth-int" else ""))
        middle = f"{nonce}:{count}:{self._cnonce}:{qop}" if qop else nonce
        if params.get("userhash", "").lower() == "true":
            user = _hash(challenge, f"{user}:{realm}")
        fields = {"username": user, "realm": realm, "nonce": nonce, "uri": uri}
        fields["response"] = _hash(challenge, f"{key}:{middle}:{ha2}")
        if "opaque" in params:
            fields["opaque"] = params["opaque"]
        said = [f'{name}="{_escape(value)}"' for name, value in fields.items()]
        if "algorithm" in params:  # old cameras stumble over what they did not say themselves
            said.append(f"algorithm={params['algorithm']}")
        if qop:
            said += [f"qop={qop}", f"nc={count}"]
        if qop or challenge.is_session:
            said.append(f'cnonce="{self._cnonce}"')
        if params.get("userhash", "").lower() == "true":
            said.append("userhash=true")
        return "Digest " + ", ".join(said)

    def _key(self, challenge: Challenge, realm: str, nonce: str) -> str:
        plain = _hash(challenge, f"{self._credentials.user}:{realm}:{self._credentials.password}")
        if not challenge.is_session:
            return plain
        self._session_key = self._session_key or _hash(challenge, f"{plain}:{nonce}:{self._cnonce}")
        return self._session_key


def _hash(challenge: Challenge, text: str) -> str:
    return _HASHES[challenge.algorithm](text.encode("utf-8", "surrogateescape")).hexdigest()


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
