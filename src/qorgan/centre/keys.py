"""The centre's own keys: made at the first start, kept in the data directory, readable by their owner alone (0600).

`django.key` signs sessions and forms. `grant.key` is the Ed25519 key (JWK) whose public half every school keeps:
with it the centre signs the grants by which schools let video out (invariant I7). `record.key`, of the same
kind, signs records of attestation. `secrets.key` encrypts the secrets in the database; `QORGAN_CENTRE_SECRETS_KEY` is
taken instead where several machines share one.
"""

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet
from joserfc.jwk import OKPKey

from qorgan.kernel.errors import Corrupt, NotFound

DJANGO_KEY = "django.key"
GRANT_KEY = "grant.key"
RECORD_KEY = "record.key"
SECRETS_KEY = "secrets.key"
SECRETS_KEY_VARIABLE = "QORGAN_CENTRE_SECRETS_KEY"


def prepare(data: Path) -> None:
    """Make the data directory (0700) and the keys that are missing. Safe when two processes start at once."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_once(data / DJANGO_KEY, lambda: secrets.token_urlsafe(64))
    _write_once(data / GRANT_KEY, _new_key)
    _write_once(data / RECORD_KEY, _new_key)
    _write_once(data / SECRETS_KEY, lambda: Fernet.generate_key().decode("ascii"))


def django_key(data: Path) -> str:
    """The key of this centre, or one that lives as long as the process: tools and tests need no centre."""
    file = data / DJANGO_KEY
    return file.read_text(encoding="ascii") if file.is_file() else secrets.token_urlsafe(64)


def cipher(data: Path) -> Fernet:
    """What encrypts the secrets in the database. Raises `NotFound` before the first start, `Corrupt` for a bad key."""
    told = os.environ.get(SECRETS_KEY_VARIABLE, "")
    try:
        return Fernet(told or (data / SECRETS_KEY).read_text(encoding="ascii"))
    except FileNotFoundError as error:
        raise NotFound("this centre has no key for its secrets: run `qorgan centre migrate`") from error
    except ValueError as error:
        raise Corrupt(f"{SECRETS_KEY}: is not a Fernet key", code="secrets.damaged") from error


def grant_key(data: Path) -> OKPKey:
    """Raises `NotFound` before the first start."""
    return _key(data / GRANT_KEY, "grant.no_key")


def record_key(data: Path) -> OKPKey:
    """Raises `NotFound` before the first start."""
    return _key(data / RECORD_KEY, "record.no_key")


def _key(file: Path, code: str) -> OKPKey:
    try:
        return OKPKey.import_key(json.loads(file.read_text(encoding="ascii")))
    except FileNotFoundError as error:
        raise NotFound(f"this centre has no {file.name} yet: run `qorgan centre migrate`", code=code) from error


def public_key(data: Path) -> str:
    """What schools keep as `[centre] public_key`: the JWK's `x`, base64url."""
    return str(grant_key(data).as_dict(private=False)["x"])


def _new_key() -> str:
    return json.dumps(OKPKey.generate_key("Ed25519", private=True).as_dict(private=True))


def _write_once(file: Path, make: Callable[[], str]) -> None:
    if file.exists():
        return
    draft = file.with_name(f".{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(make())
            stream.flush()
            os.fsync(stream.fileno())
        os.link(draft, file)  # fails when the other process was quicker: its key stands
    except FileExistsError:
        pass
    finally:
        draft.unlink()
