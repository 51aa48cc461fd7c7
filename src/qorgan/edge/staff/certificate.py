"""The school's certificate for the page on phones: whether it can be used, how long, and words about what is wrong."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from qorgan.edge.config import StaffDoor
from qorgan.kernel.errors import Invalid

WARN_BEFORE = timedelta(days=30)
MAX_FILE_BYTES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a look at the files found.

    `serves`: a server can be started with them. `problem`: why phones would not open the page, in words, or "".
    `ends_at`: when the certificate runs out. `stamp` differs when the files do.
    """

    serves: bool
    problem: str = ""
    ends_at: datetime | None = None
    stamp: bytes = b""

    def ends_soon(self, now: datetime) -> bool:
        """Whether it is time to renew it."""
        return self.ends_at is not None and self.ends_at - now < WARN_BEFORE


def look(door: StaffDoor, now: datetime) -> Look:
    """Look at certificate and key of a door that has them."""
    assert door.tls_cert is not None and door.tls_key is not None
    try:
        chain_data, key_data = _read(door.tls_cert, "certificate"), _read(door.tls_key, "key")
        chain, key = _chain(door.tls_cert, chain_data), _public_half(door.tls_key, key_data)
    except Invalid as error:
        return Look(serves=False, problem=str(error))
    leaf, stamp = chain[0], hashlib.sha256(chain_data + b"\0" + key_data).digest()
    if leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != key:
        problem = f"{door.tls_key}: is not the key of the certificate in {door.tls_cert.name}; the two belong together"
        return Look(serves=False, problem=problem)
    problem = _wrong_now(door, chain, now)
    return Look(serves=True, problem=problem, ends_at=min(one.not_valid_after_utc for one in chain), stamp=stamp)


def _read(file: Path, what: str) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise Invalid(f"{file}: there is no such file; the school's {what} (PEM) belongs there") from None
    except OSError as error:
        advice = "the user that runs qorgan must be able to read it"
        raise Invalid(f"{file}: cannot be read ({error.strerror}); {advice}") from error
    if len(data) > MAX_FILE_BYTES:
        raise Invalid(f"{file}: is too big for a {what}")
    return data


def _chain(file: Path, data: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError as error:
        advice = "it must hold the school's own certificate in PEM, then those between it and the authority"
        raise Invalid(f"{file}: holds no certificate that can be read; {advice}") from error


def _public_half(file: Path, data: bytes) -> bytes:
    try:
        key = load_pem_private_key(data, None)
    except TypeError as error:  # so says the library
        raise Invalid(f"{file}: is locked with a password, which nobody types at a start; store it unlocked") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Invalid(f"{file}: holds no private key in PEM that can be read") from error
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _wrong_now(door: StaffDoor, chain: Sequence[x509.Certificate], now: datetime) -> str:
    for one in chain:
        if now > one.not_valid_after_utc:
            return f"{door.tls_cert}: expired on {one.not_valid_after_utc:%Y-%m-%d}; phones refuse the page: renew it"
        if now < one.not_valid_before_utc:
            return (
                f"{door.tls_cert}: holds only from {one.not_valid_before_utc:%Y-%m-%d}; is this machine's clock right?"
            )
    host = urlsplit(door.address).hostname or ""
    if not _covers(chain[0], host):
        return f"{door.tls_cert}: is not for {host}, as `staff.address` names this node; phones refuse the page"
    return ""


def _covers(leaf: x509.Certificate, host: str) -> bool:
    """Whether a certificate speaks for a host: by its alternative names alone, as browsers judge (RFC 6125 §6.4)."""
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    try:
        return ip_address(host) in names.get_values_for_type(x509.IPAddress)
    except ValueError:
        parent = host.partition(".")[2]
        known = {name.lower() for name in names.get_values_for_type(x509.DNSName)}
        return host.lower() in known or f"*.{parent.lower()}" in known
