"""Electronic signatures under papers: by the centre's own certificate, and by the national one, which is not there yet.

PAdES baseline B (ETSI EN 319 142-1): a detached CAdES signature in the PDF, over all bytes but its own. No time stamp:
the moment is the one that the centre says.
"""

import io
import logging
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils import timezone
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError

from qorgan.centre.notices import vault
from qorgan.kernel.errors import Unavailable

FIELD = "QorganSignature"
MAX_CERTIFICATE_BYTES = 1_000_000
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # what it has to say of keys, we say without their names


class SignedBy(StrEnum):
    """Whose signature is asked for."""

    NONE = "none"
    CENTRE = "centre"
    NATIONAL = "national"  # of the person, by a certificate of the national centre


class PaperSigner(Protocol):
    """Gives back the paper with one signature more and every earlier byte as it was."""

    def sign(self, paper: bytes) -> bytes:
        """Raises `Unavailable`: `signature.not_configured`, `signature.unreadable`, `signature.expired`."""
        ...


class NationalSigner:
    """The national signature (NCALayer, GOST): its keys are on people's own tokens, and no gateway is agreed yet."""

    def sign(self, paper: bytes) -> bytes:
        raise Unavailable("the national signature is not configured", code="signature.not_configured")


class CentreSigner:
    """By a PKCS#12 file of the centre, opened for each paper, so that a new one holds at once."""

    def __init__(self, certificate: Path | None) -> None:
        self._certificate = certificate

    def sign(self, paper: bytes) -> bytes:
        signer = self._open()
        until = signer.signing_cert.not_valid_after if signer.signing_cert is not None else None
        if until is None or until <= timezone.now():
            raise Unavailable("the certificate of the centre has expired", code="signature.expired")
        asked = signers.PdfSignatureMetadata(
            field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, name=None
        )
        signed = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(paper)), asked, signer=signer)
        return bytes(signed.getvalue())

    def _open(self) -> signers.SimpleSigner:
        password = vault.get("signing")
        if self._certificate is None or password is None:
            raise Unavailable("no certificate of the centre is configured", code="signature.not_configured")
        try:
            with self._certificate.open("rb") as file:
                content = file.read(MAX_CERTIFICATE_BYTES)
            opened: signers.SimpleSigner = signers.SimpleSigner.load_pkcs12_data(
                content, [], passphrase=password.encode()
            )
            return opened
        except (OSError, ValueError, SigningError) as error:
            # Not the cause's own words: they may name what is in the file.
            raise Unavailable("the centre's certificate cannot be read", code="signature.unreadable") from error


def signer(whose: SignedBy) -> PaperSigner | None:
    """None: the paper stays without a signature."""
    if whose is SignedBy.NONE:
        return None
    if whose is SignedBy.NATIONAL:
        return NationalSigner()
    return CentreSigner(settings.QORGAN.signing.certificate)
