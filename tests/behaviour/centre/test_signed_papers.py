"""A signed paper proves that nobody changed it, and where nothing can be signed the centre says so."""

import hashlib
import io
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from django.utils import timezone
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfReader
from pytest_django import Settings
from tests.behaviour.centre.conftest import Desk, Town, desk
from tests.support import centre as a

from qorgan.centre.access.models import AuditLine
from qorgan.centre.config import SigningConfig, load
from qorgan.centre.notices import vault
from qorgan.domain.access import Role

pytestmark = pytest.mark.django_db
PASSWORD = "құпия-сөз-7301"


class Authority(NamedTuple):
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def builder(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, days: int) -> x509.CertificateBuilder:
    now = timezone.now()
    made = (
        x509.CertificateBuilder().subject_name(named(subject)).issuer_name(named(issuer)).public_key(key.public_key())
    )
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=400))
    return made.not_valid_after(now + timedelta(days=days))


@pytest.fixture(scope="module")
def authority() -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    made = builder("Test authority", "Test authority", key, 3650)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return Authority(key, made.sign(key, hashes.SHA256()))


def certificate(authority: Authority, folder: Path, *, days: int = 365) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"), False
    ) | {"encipher_only": False, "decipher_only": False, "digital_signature": True, "content_commitment": True}
    made = builder("Сынақ орталығы", "Test authority", key, days).add_extension(x509.KeyUsage(**usage), critical=True)
    leaf = made.sign(authority.key, hashes.SHA256())
    packed = pkcs12.serialize_key_and_certificates(
        b"centre", key, leaf, [authority.certificate], BestAvailableEncryption(PASSWORD.encode())
    )
    file = folder / "centre.p12"
    file.write_bytes(packed)
    return file


@pytest.fixture
def head(town: Town) -> Desk:
    return desk(a.a_person(Role.HEAD, school=town.school))


@pytest.fixture
def configured(settings: Settings, tmp_path: Path, authority: Authority) -> Path:
    file = certificate(authority, tmp_path)
    settings.QORGAN = replace(settings.QORGAN, signing=SigningConfig(certificate=file))
    vault.put("signing", PASSWORD)
    return file


def card(head: Desk, town: Town, **asked: str) -> Any:
    return head.get(f"/reports/schools/{town.school.pk}/card.pdf", **asked)


def verdict_of(pdf: bytes, authority: Authority) -> Any:
    root = asn1.Certificate.load(authority.certificate.public_bytes(serialization.Encoding.DER))
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    return validate_pdf_signature(signature, ValidationContext(trust_roots=[root], allow_fetching=False))


def test_a_signed_card_is_whole_and_trusted_and_a_changed_one_is_not(
    town: Town, head: Desk, configured: Path, authority: Authority
) -> None:
    pdf = card(head, town, signature="centre").content

    found = verdict_of(pdf, authority)
    assert found.intact and found.valid and found.trusted and found.bottom_line
    assert found.coverage.name == "ENTIRE_FILE"

    place = pdf.index(b"/Producer") if b"/Producer" in pdf else 200
    changed = pdf[: place + 1] + bytes([pdf[place + 1] ^ 1]) + pdf[place + 2 :]
    assert not verdict_of(changed, authority).intact


def test_another_reader_finds_the_same_signature_over_the_same_bytes(town: Town, head: Desk, configured: Path) -> None:
    """pypdf finds it, and `cryptography` proves it: CAdES detached over all bytes but its own (EN 319 142-1, 6.3)."""
    pdf = card(head, town, signature="centre").content
    reader = PdfReader(io.BytesIO(pdf))
    field: Any = (reader.get_fields() or {})["QorganSignature"]
    value = field["/V"].get_object()
    start, length, after, rest = (int(one) for one in value["/ByteRange"])
    assert value["/SubFilter"] == "/ETSI.CAdES.detached" and start == 0 and after + rest == len(pdf)

    signed = cms.ContentInfo.load(bytes(value["/Contents"].original_bytes))["content"]
    (info,) = signed["signer_infos"]
    said = {one["type"].native: one["values"][0] for one in info["signed_attrs"]}
    assert said["message_digest"].native == hashlib.sha256(pdf[:length] + pdf[after:]).digest()
    assert "signing_certificate_v2" in said, "PAdES: the certificate is among what is signed"
    sent = [x509.load_der_x509_certificate(one.dump()) for one in signed["certificates"]]
    (leaf,) = [one for one in sent if one.subject == named("Сынақ орталығы")]
    public = leaf.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(info["signature"].native, info["signed_attrs"].untag().dump(), ec.ECDSA(hashes.SHA256()))
    assert reader.xmp_metadata is not None and reader.xmp_metadata.pdfaid_part == "2", "it stays what an archive takes"
    assert AuditLine.objects.get(action="report.printed").data["signature"] == "centre"


def test_without_a_certificate_the_centre_says_so_and_gives_no_paper(town: Town, head: Desk) -> None:
    for whose in ("centre", "national"):
        answer = card(head, town, signature=whose)
        assert (answer.status_code, answer.json()["code"]) == (503, "signature.not_configured")
    assert not AuditLine.objects.filter(action="report.printed").exists()
    assert card(head, town, signature="somebody").status_code == 422


def test_a_wrong_password_and_an_old_certificate_are_told_and_neither_is_logged(
    town: Town,
    head: Desk,
    configured: Path,
    authority: Authority,
    settings: Settings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    vault.put("signing", "another-4477")
    wrong = card(head, town, signature="centre")
    vault.put("signing", PASSWORD)
    certificate(authority, tmp_path, days=-1)
    old = card(head, town, signature="centre")
    configured.unlink()
    gone = card(head, town, signature="centre")

    told = [(one.status_code, one.json()["code"]) for one in (wrong, old, gone)]
    assert told == [(503, "signature.unreadable"), (503, "signature.expired"), (503, "signature.unreadable")]
    said = caplog.text + "".join(one.content.decode() for one in (wrong, old, gone))
    assert PASSWORD not in said and "another-4477" not in said and str(tmp_path) not in said


def test_the_certificate_is_named_in_the_file_of_the_centre(tmp_path: Path) -> None:
    file = tmp_path / "centre.toml"
    file.write_text('[signing]\ncertificate = "keys/centre.p12"\n', encoding="utf-8")
    assert load({"QORGAN_CENTRE_CONFIG": str(file)}).signing.certificate == tmp_path / "keys" / "centre.p12"
    assert load({}).signing.certificate is None
