"""Sealing: what only one school's node may read, though it travels over a carrier that others look after.

HPKE (RFC 9180) in base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305; `info` names the site and what
the sealed thing is for, so that it opens nowhere else. Sealing says nothing of who sealed: the grant does, which is
signed and names the sealed bytes by their digest (`Grant.digest`). Why so: docs/adr/0011.
"""

import base64
import binascii
import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from qorgan.kernel.errors import Forbidden, Invalid
from qorgan.kernel.ids import SiteId

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_KEY_BYTES = 32


def new_private_key() -> str:
    """A node's own half, as it is kept among its secrets."""
    return _text(X25519PrivateKey.generate().private_bytes_raw())


def public_half(private: str) -> str:
    """What the node tells the centre (`Inventory.seal_key`)."""
    return _text(_private(private).public_key().public_bytes_raw())


def is_public_key(text: str) -> bool:
    """Whether a text that came from outside has the form of a public key."""
    try:
        return len(_bytes(text)) == _KEY_BYTES
    except Invalid:
        return False


def fingerprint(public: str) -> str:
    """A public key for people to compare: the first 80 bits of its SHA-256, in groups of four digits."""
    digits = hashlib.sha256(_bytes(public)).hexdigest()[:20]
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def seal(plain: bytes, public: str, *, site: SiteId, use: str) -> bytes:
    """Readable by the owner of `public` alone, as a thing of this site and this use. Raises `Invalid` for no key."""
    try:
        key = X25519PublicKey.from_public_bytes(_bytes(public))
        return _SUITE.encrypt(plain, key, info=_info(site, use))
    except ValueError as error:
        raise Invalid("the node's public key is none", code="seal.no_key") from error


def unseal(sealed: bytes, private: str, *, site: SiteId, use: str) -> bytes:
    """What was sealed. Raises `Forbidden` for what was sealed for another key, site or use, or was changed."""
    try:
        return _SUITE.decrypt(sealed, _private(private), info=_info(site, use))
    except (InvalidTag, ValueError) as error:
        raise Forbidden("this was not sealed for this node", code="seal.broken") from error


def digest(data: bytes) -> str:
    """How a grant names the order that it is for: SHA-256, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _info(site: SiteId, use: str) -> bytes:
    return f"qorgan q1 {site} {use}".encode()


def _private(text: str) -> X25519PrivateKey:
    try:
        return X25519PrivateKey.from_private_bytes(_bytes(text))
    except ValueError as error:
        raise Invalid("the node's sealing key is damaged", code="seal.no_key") from error


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("a key is base64url", code="seal.no_key") from error
