"""Logins as a camera asks for them: digest (RFC 2617 with MD5, RFC 7616 with SHA-256) or basic (RFC 7617).

Checks answers; keeps no state.
"""

import base64
import binascii
import hashlib
import hmac
import re

from qorgan.sim.cameras import Algorithm, Login

REALM = "qorgan simulated camera"
_FIELD = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


def challenge(login: Login, nonce: str) -> str:
    """The value of `WWW-Authenticate`. With MD5 without qop, as most cameras do it."""
    if login.algorithm is Algorithm.BASIC:
        return f'Basic realm="{REALM}"'
    if login.algorithm is Algorithm.MD5:
        return f'Digest realm="{REALM}", nonce="{nonce}", stale="FALSE"'
    return f'Digest realm="{REALM}", nonce="{nonce}", algorithm={login.algorithm.value}, qop="auth"'


def is_right(login: Login, nonce: str, method: str, url: str, header: str) -> bool:
    """Whether an `Authorization` header answers the challenge for this request."""
    scheme, _, rest = header.partition(" ")
    if login.algorithm is Algorithm.BASIC:
        return scheme.lower() == "basic" and _is_right_basic(login, rest.strip())
    fields = {name.lower(): quoted or bare for name, quoted, bare in _FIELD.findall(rest)}
    if scheme.lower() != "digest" or fields.get("nonce") != nonce or fields.get("username") != login.user:
        return False
    if fields.get("realm") != REALM or fields.get("uri") != url:
        return False
    if fields.get("algorithm", Algorithm.MD5) != login.algorithm:
        return False
    secret = _hash(login, f"{login.user}:{REALM}:{login.password}")
    middle = [nonce]
    if login.algorithm is Algorithm.SHA_256 or "qop" in fields:
        if fields.get("qop") != "auth":
            return False
        middle += [fields.get("nc", ""), fields.get("cnonce", ""), "auth"]
    expected = _hash(login, ":".join([secret, *middle, _hash(login, f"{method}:{url}")]))
    return hmac.compare_digest(expected.encode(), fields.get("response", "").encode())


def _is_right_basic(login: Login, given: str) -> bool:
    try:
        said = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(said, f"{login.user}:{login.password}".encode())


def _hash(login: Login, text: str) -> str:
    if login.algorithm is Algorithm.MD5:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return hashlib.sha256(text.encode()).hexdigest()
