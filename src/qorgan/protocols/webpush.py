"""Web Push: the encryption of a message (RFC 8291, aes128gcm of RFC 8188) and who sends it (VAPID, RFC 8292).

The ciphers are those of `cryptography`, the token is `joserfc`'s; here stands only the order in which the RFC uses
them, held against its own example. No library for this is published as a wheel.
"""

import base64
import binascii
import os
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.jwk import ECKey

from qorgan.kernel.errors import Invalid

RECORD_BYTES = 4096
MAX_PLAIN_BYTES = 3_900  # a push service takes 4,096 with head and tag (RFC 8291, section 4)
TOKEN_LASTS_S = 12 * 3600  # at most 24 h (RFC 8292, section 2)
_POINT_BYTES, _AUTH_BYTES, _SALT_BYTES = 65, 16, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A browser's subscription: where to send, its public point and its secret."""

    endpoint: str
    p256dh: bytes
    auth: bytes

    @classmethod
    def read(cls, *, endpoint: str, p256dh: str, auth: str) -> "Receiver":
        """From the three texts of `PushSubscription.toJSON()`. Raises `Invalid`."""
        point, secret = decode(p256dh), decode(auth)
        if not endpoint.startswith("https://") and not endpoint.startswith("http://"):
            raise Invalid("a push endpoint is an address", code="push.endpoint")
        if len(secret) != _AUTH_BYTES or len(point) != _POINT_BYTES:
            raise Invalid("the keys of a push subscription are 65 and 16 bytes", code="push.keys")
        _point(point)
        return cls(endpoint=endpoint, p256dh=point, auth=secret)


def encrypt(
    receiver: Receiver, plain: bytes, *, key: ec.EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> bytes:
    """The body to POST with `Content-Encoding: aes128gcm`. `key` and `salt` are fresh at each call but in tests."""
    if len(plain) > MAX_PLAIN_BYTES:
        raise Invalid(f"a push message has at most {MAX_PLAIN_BYTES} bytes", code="push.too_long")
    sender = key or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(_SALT_BYTES)
    own = point_of(sender.public_key())
    shared = sender.exchange(ec.ECDH(), _point(receiver.p256dh))
    secret = _hkdf(receiver.auth, shared, b"WebPush: info\0" + receiver.p256dh + own, 32)
    content_key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
    head = salt + struct.pack("!LB", RECORD_BYTES, len(own)) + own
    return head + AESGCM(content_key).encrypt(nonce, plain + b"\x02", None)


def authorization(private_pem: str, *, endpoint: str, contact: str, now: int) -> str:
    """The `Authorization` header: a token for the endpoint's origin alone, and our public key."""
    parts = urlsplit(endpoint)
    key = ECKey.import_key(private_pem)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": now + TOKEN_LASTS_S, "sub": contact}
    token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, key)
    return f"vapid t={token}, k={public_key(private_pem)}"


def new_private_key() -> str:
    """A fresh key of the sender, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def public_key(private_pem: str) -> str:
    """`applicationServerKey`, which browsers want to know when they subscribe: base64url of the point."""
    key = serialization.load_pem_private_key(private_pem.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return encode(point_of(key.public_key()))


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """The 65 bytes of an uncompressed point (X9.62)."""
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Raises `Invalid` for what is no base64url."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("not base64url", code="push.keys") from error


def _point(data: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
    except ValueError as error:
        raise Invalid("not a point of the curve P-256", code="push.keys") from error


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
