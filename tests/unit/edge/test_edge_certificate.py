"""What a look at the school's certificate finds, in words that say what to do."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from tests.support.certificates import certificate_of

from qorgan.edge.config import StaffDoor
from qorgan.edge.staff.certificate import WARN_BEFORE, Look, look

HOST = "school-12.example"
NOW = datetime.now(UTC)


def door(folder: Path, host: str = HOST, **options: timedelta) -> StaffDoor:
    cert, key, _ = certificate_of(folder, host, **options)
    return StaffDoor(host="0.0.0.0", port=8443, address=f"https://{HOST}:8443", tls_cert=cert, tls_key=key)


def seen(it: StaffDoor, now: datetime = NOW) -> Look:
    return look(it, now)


@pytest.mark.parametrize("host", [HOST, "*.example"])
def test_a_good_one_serves_and_its_end_is_known_a_month_before(tmp_path: Path, host: str) -> None:
    it = door(tmp_path, host, until=timedelta(days=1))
    found = seen(it, NOW)
    assert (found.serves, found.problem) == (True, "")
    assert found.ends_at is not None and found.ends_soon(NOW)
    assert not found.ends_soon(found.ends_at - WARN_BEFORE)
    assert found.ends_soon(found.ends_at - WARN_BEFORE + timedelta(seconds=1))
    (tmp_path / "other").mkdir()
    assert found.stamp != seen(door(tmp_path / "other")).stamp, "a renewed one is another"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"since": timedelta(days=-9), "until": timedelta(days=-2)}, "expired on"),
        ({"since": timedelta(days=2), "until": timedelta(days=9)}, "holds only from"),
    ],
)
def test_out_of_its_time_it_serves_and_no_phone_believes_it(
    tmp_path: Path, options: dict[str, timedelta], words: str
) -> None:
    found = seen(door(tmp_path, **options))
    assert found.serves and words in found.problem and "server.pem" in found.problem


def test_one_for_another_name_is_told(tmp_path: Path) -> None:
    assert f"is not for {HOST}" in seen(door(tmp_path, "school-13.example")).problem
    assert f"is not for {HOST}" in seen(door(tmp_path, "10.0.0.7")).problem


def test_files_that_cannot_be_used_are_named_with_what_to_do(tmp_path: Path) -> None:
    it = door(tmp_path)
    assert it.tls_cert is not None and it.tls_key is not None
    key, cert = it.tls_key.read_bytes(), it.tls_cert.read_bytes()

    def problem() -> str:
        found = seen(it)
        assert not found.serves
        return found.problem

    it.tls_key.unlink()
    assert "server.key: there is no such file" in problem()
    it.tls_key.mkdir()
    assert "server.key: cannot be read (Is a directory)" in problem()
    it.tls_key.rmdir()
    it.tls_key.write_bytes(cert)
    assert "holds no private key" in problem()
    locked = serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"hunter2")
    )
    it.tls_key.write_bytes(locked)
    assert "is locked with a password" in problem()
    it.tls_key.write_bytes(key)
    for junk in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key):
        it.tls_cert.write_bytes(junk)
        assert "holds no certificate that can be read" in problem()
    it.tls_cert.write_bytes(b"x" * 300_000)
    assert "is too big" in problem()
    door(tmp_path)
    it.tls_key.write_bytes(key)
    assert "is not the key of the certificate in server.pem" in problem()
