"""The node's secrets: `<data>/secrets.json`, each value encrypted, its key beside it or in the environment.

Names: `nats`, `evidence` (the key that signs daily roots), `seal` (the key for what is sealed for this node),
`mqtt`, `camera/<key>`, `button/<key>`, `panel/<key>`, `output/<key>`. Values never appear in logs, errors, URLs or
programs' arguments.
"""

import json
import os
import re
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from qorgan.edge.files import one_writer, replace_file
from qorgan.kernel.errors import Corrupt, Invalid, NotFound

KEY_VARIABLE = "QORGAN_SECRETS_KEY"
MAX_VALUE_CHARACTERS = 4_096
MAX_FILE_BYTES = 4_000_000
_NAME = re.compile(r"nats|evidence|seal|mqtt|(?:camera|button|panel|output)/[a-z0-9-]{1,63}")


class SecretStore:
    """Owner of the secrets file. Reads what is on disk at each call, so another process's change is seen.

    Writes are atomic, durable when `put` returns, and readable by the owner alone (0600). Raises `Corrupt` when
    the file or its key is damaged, or they do not belong together.
    """

    def __init__(self, data: Path) -> None:
        self._data = data
        self._file, self._key_file = data / "secrets.json", data / "secrets.key"

    def get(self, name: str) -> str | None:
        """The secret, or None when there is none of this name."""
        token = self._tokens().get(name)
        if token is None:
            return None
        try:
            return self._cipher().decrypt(token.encode("ascii")).decode("utf-8")
        except (InvalidToken, UnicodeError) as error:
            raise Corrupt(f"{self._file}: {name} cannot be decrypted with this key", code="secrets.damaged") from error

    def need(self, name: str) -> str:
        """The secret; raises `NotFound` saying how to store it."""
        value = self.get(name)
        if value is None:
            raise NotFound(f"no secret {name!r}; store it with `qorgan edge set-secret {name}`", code="secrets.missing")
        return value

    def put(self, name: str, value: str) -> None:
        """Store a secret in place of the one before. Raises `Invalid` for an unknown name or an odd value."""
        if not _NAME.fullmatch(name):
            known = "nats, mqtt, evidence or {camera,button,panel,output}/<key>"
            raise Invalid(f"a secret is called {known}, not {name[:80]!r}")
        if not value or len(value) > MAX_VALUE_CHARACTERS:
            raise Invalid(f"a secret has 1-{MAX_VALUE_CHARACTERS} characters")
        with one_writer(self._data / "secrets.lock"):
            tokens = self._tokens()
            tokens[name] = self._cipher(create=True).encrypt(value.encode("utf-8")).decode("ascii")
            self._write(tokens)

    def remove(self, name: str) -> None:
        """Forget a secret; one that is not there is no error."""
        with one_writer(self._data / "secrets.lock"):
            tokens = self._tokens()
            if tokens.pop(name, None) is not None:
                self._write(tokens)

    def names(self) -> tuple[str, ...]:
        """What is stored, without the values."""
        return tuple(sorted(self._tokens()))

    def _tokens(self) -> dict[str, str]:
        try:
            data = self._file.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            tokens = json.loads(data) if len(data) <= MAX_FILE_BYTES else None
        except ValueError as error:
            raise Corrupt(f"{self._file}: is not JSON", code="secrets.damaged") from error
        if not isinstance(tokens, dict) or not all(isinstance(token, str) for token in tokens.values()):
            raise Corrupt(f"{self._file}: is not a table of secrets", code="secrets.damaged")
        return tokens

    def _write(self, tokens: dict[str, str]) -> None:
        replace_file(self._file, json.dumps(tokens, indent=1, sort_keys=True).encode("ascii"), mode=0o600)

    def _cipher(self, *, create: bool = False) -> Fernet:
        key = os.environ.get(KEY_VARIABLE, "").encode("ascii", "replace") or self._key_on_disk(create=create)
        try:
            return Fernet(key)
        except ValueError as error:
            where = KEY_VARIABLE if os.environ.get(KEY_VARIABLE) else str(self._key_file)
            raise Corrupt(f"{where}: is not a Fernet key", code="secrets.damaged") from error

    def _key_on_disk(self, *, create: bool) -> bytes:
        try:
            return self._key_file.read_bytes().strip()
        except FileNotFoundError:
            if not create or self._tokens():
                message = f"{self._key_file}: the key is gone, and {self._file} cannot be read without it"
                raise Corrupt(message, code="secrets.damaged") from None
        replace_file(self._key_file, key := Fernet.generate_key(), mode=0o600)
        return key
