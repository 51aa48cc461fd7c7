"""Web Push as RFC 8291 shows it in its own example; webhooks that only their receiver's secret verifies."""

import base64
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from qorgan.kernel.errors import Forbidden, Invalid
from qorgan.protocols import webhooks, webpush
from qorgan.protocols.webpush import Receiver, decode, encode

# RFC 8291, appendix A
PLAIN = b"When I grow up, I want to be a watermelon"
RECEIVER = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
CIPHER = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
    "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_rfc_comes_out_byte_for_byte() -> None:
    receiver = Receiver.read(endpoint="https://push.example.net/push/x", **RECEIVER)
    sender = ec.derive_private_key(int.from_bytes(decode(SENDER), "big"), ec.SECP256R1())

    assert encode(webpush.encrypt(receiver, PLAIN, key=sender, salt=decode(SALT))) == CIPHER


def test_two_messages_never_look_alike() -> None:
    receiver = Receiver.read(endpoint="https://push.example.net/push/x", **RECEIVER)

    assert webpush.encrypt(receiver, PLAIN) != webpush.encrypt(receiver, PLAIN)


def test_the_token_is_for_the_endpoints_origin_and_verifies_with_the_public_key() -> None:
    pem, now = webpush.new_private_key(), int(time.time())
    header = webpush.authorization(
        pem, endpoint="https://push.example.net:8443/push/x?secret=1", contact="mailto:a@b.example", now=now
    )

    token, key = (part.split("=", 1)[1] for part in header.removeprefix("vapid ").split(", "))
    point = decode(key)
    public = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])})
    claims = jwt.decode(token, public).claims
    assert claims == {"aud": "https://push.example.net:8443", "exp": now + 12 * 3600, "sub": "mailto:a@b.example"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"p256dh": "AAAA"},
        {"auth": "AAAA"},
        {"auth": "!!"},
        {"p256dh": encode(b"\x04" + b"\x01" * 64)},
        {"endpoint": "file:///etc/passwd"},
    ],
)
def test_a_subscription_that_no_browser_made_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        Receiver.read(**({"endpoint": "https://push.example.net/x", **RECEIVER} | wrong))


def test_a_genuine_webhook_is_verified_and_any_change_shows() -> None:
    secret, body = webhooks.new_secret(), b'{"event":"alarm.raised"}'
    headers = webhooks.headers(secret, id="01926f6e", timestamp=1_000_000, body=body)

    assert webhooks.verify(secret, headers, body, now=1_000_100) == "01926f6e"
    for changed, data, secret_, now in (
        (headers, body + b" ", secret, 1_000_000),
        (headers | {"webhook-id": "01926f6f"}, body, secret, 1_000_000),
        (headers | {"webhook-timestamp": "1000001"}, body, secret, 1_000_000),
        (headers, body, webhooks.new_secret(), 1_000_000),
        (headers, body, secret, 1_000_301),
        ({}, body, secret, 1_000_000),
    ):
        with pytest.raises(Forbidden):
            webhooks.verify(secret_, changed, data, now=now)


def test_the_signature_is_that_of_the_published_specification() -> None:
    """The example of the Standard Webhooks specification."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = webhooks.headers(secret, id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=body)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert len(base64.b64decode(webhooks.new_secret().removeprefix("whsec_"))) == 32
