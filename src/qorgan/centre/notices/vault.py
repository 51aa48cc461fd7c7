"""Secrets in the database, encrypted with the centre's key (`keys.cipher`). Values never enter logs, errors or URLs."""

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction

from qorgan.centre import keys
from qorgan.centre.notices.models import Secret
from qorgan.kernel.errors import Corrupt, Invalid
from qorgan.protocols import webpush

NAMES = ("mail", "sms", "watcher", "signing")  # what an administrator may store; `vapid` is made by the centre itself
VAPID = "vapid"
MAX_CHARACTERS = 4_096


def seal(text: str) -> bytes:
    return keys.cipher(settings.QORGAN.data).encrypt(text.encode())


def unseal(token: bytes | memoryview) -> str:
    """Raises `Corrupt` when it was encrypted with another key."""
    try:
        return keys.cipher(settings.QORGAN.data).decrypt(bytes(token)).decode()
    except InvalidToken as error:
        raise Corrupt("a secret cannot be decrypted with this centre's key", code="secrets.damaged") from error


def put(name: str, value: str) -> None:
    """Store a secret in place of the one before. Raises `Invalid` for an unknown name or an odd value."""
    if name not in NAMES:
        raise Invalid(f"a secret is called {', '.join(NAMES)}, not {name[:40]!r}")
    if not value or len(value) > MAX_CHARACTERS or not value.isprintable():
        raise Invalid(f"a secret has 1-{MAX_CHARACTERS} printable characters")
    Secret.objects.update_or_create(name=name, defaults={"token": seal(value)})


def get(name: str) -> str | None:
    """The secret, or None when there is none of this name."""
    row = Secret.objects.filter(name=name).first()
    return unseal(row.token) if row else None


@transaction.atomic
def vapid_key() -> str:
    """The private key (PEM) by which push services know us; made at the first call, the same ever after."""
    if not Secret.objects.filter(name=VAPID).exists():
        fresh = Secret(name=VAPID, token=seal(webpush.new_private_key()))
        Secret.objects.bulk_create([fresh], ignore_conflicts=True)  # another process may be quicker: its key stands
    return unseal(Secret.objects.get(name=VAPID).token)
