"""The centre's signature under records: a JWS (RFC 7515, Ed25519 of RFC 9864) by a key for nothing else."""

import hmac
from pathlib import Path

from joserfc import jws
from joserfc.errors import JoseError

from qorgan.centre import keys

ALGORITHM = "Ed25519"
KIND = "qorgan-attestation"


def sign(data: Path, digest: str) -> str:
    """Of a record's SHA-256, hexadecimal. Raises `NotFound` before the centre's first start."""
    header = {"alg": ALGORITHM, "typ": KIND}
    return jws.serialize_compact(header, digest, keys.record_key(data), algorithms=[ALGORITHM])


def holds(data: Path, digest: str, signature: str) -> bool:
    """Whether this centre signed this digest."""
    try:
        found = jws.deserialize_compact(signature, keys.record_key(data), algorithms=[ALGORITHM])
    except (JoseError, ValueError):
        return False
    return found.headers().get("typ") == KIND and hmac.compare_digest(found.payload, digest.encode())
