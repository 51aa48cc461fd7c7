"""What is sealed for one school opens there and nowhere else."""

from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import OKPKey

from qorgan.kernel.errors import Forbidden, Invalid
from qorgan.kernel.ids import SiteId
from qorgan.protocols.link import sealing
from qorgan.protocols.link.grants import Action, Grant, require_order, sign, verify
from qorgan.protocols.link.setup import CameraWish

HERE, THERE = SiteId("kst-012"), SiteId("kst-013")
PRIVATE = sealing.new_private_key()
PUBLIC = sealing.public_half(PRIVATE)


def test_the_node_reads_what_was_sealed_for_it_and_nobody_else_does() -> None:
    sealed = sealing.seal(b"secret", PUBLIC, site=HERE, use="camera.setup")

    assert b"secret" not in sealed
    assert sealed != sealing.seal(b"secret", PUBLIC, site=HERE, use="camera.setup")
    assert b"secret" == sealing.unseal(sealed, PRIVATE, site=HERE, use="camera.setup")
    for private, site, use in (
        (sealing.new_private_key(), HERE, "camera.setup"),
        (PRIVATE, THERE, "camera.setup"),
        (PRIVATE, HERE, "something.else"),
    ):
        with pytest.raises(Forbidden, match="not sealed for this node"):
            sealing.unseal(sealed, private, site=site, use=use)


def test_a_changed_byte_anywhere_is_noticed() -> None:
    sealed = sealing.seal(b"secret", PUBLIC, site=HERE, use="camera.setup")
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(Forbidden):
            sealing.unseal(changed, PRIVATE, site=HERE, use="camera.setup")
    for cut in (b"", sealed[:10], sealed[:-1]):
        with pytest.raises(Forbidden):
            sealing.unseal(cut, PRIVATE, site=HERE, use="camera.setup")


@pytest.mark.parametrize("text", ["", "short", "!" * 43, "A" * 100])
def test_what_is_no_key_is_told_apart(text: str) -> None:
    assert not sealing.is_public_key(text)
    with pytest.raises(Invalid):
        sealing.seal(b"secret", text, site=HERE, use="x")


def test_a_key_has_a_fingerprint_that_people_can_compare() -> None:
    assert sealing.is_public_key(PUBLIC)
    groups = sealing.fingerprint(PUBLIC).split()
    assert [4] * 5 == [len(group) for group in groups]
    assert sealing.fingerprint(PUBLIC) != sealing.fingerprint(sealing.public_half(sealing.new_private_key()))


def test_a_grant_for_one_order_is_none_for_another() -> None:
    key, now = OKPKey.generate_key("Ed25519"), datetime.now(UTC)
    grant = Grant(
        id="1",
        site=HERE,
        camera="",
        stream="",
        action=Action.SETUP,
        viewer="a",
        purpose="setup",
        expires_at=now + timedelta(minutes=2),
        digest=sealing.digest(b"order"),
    )
    read = verify(sign(grant, key), key, site=HERE, now=now)

    require_order(read, b"order")
    with pytest.raises(Forbidden, match="another order"):
        require_order(read, b"another")


def test_a_password_is_not_in_what_is_logged() -> None:
    assert "құпия" not in repr(CameraWish(password="құпия"))
