"""Who of the staff may press on a phone: a personal token each, hashed at rest, shown once, and taken back at any time.

Owner of `<data>/staff.json`. The command line writes it, core reads it anew when it has changed. A token has 256 random
bits, so its SHA-256 is all that is kept. The two codes of a person have four digits, so they are kept as scrypt: the
safe one ends an action, the other looks the same and says that somebody stands behind.
"""

import hashlib
import secrets
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from qorgan.domain.actions import Role
from qorgan.domain.places import LocalText
from qorgan.edge.files import one_writer, replace_file
from qorgan.kernel.errors import Conflict, Corrupt, Invalid, NotFound
from qorgan.kernel.ids import is_key

TOKEN_BYTES = 32
CODE_DIGITS = 4
MAX_PEOPLE = 500
MAX_NAME = 200
MAX_FILE_BYTES = 1_000_000
_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
Code = Literal["safe", "duress"] | None


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One of the staff. `digest`, `safe` and `duress` are hexadecimal."""

    key: str
    name: str
    role: Role
    place: LocalText  # where they mostly are: what the officer reads
    cameras: tuple[str, ...] = ()
    digest: str
    salt: str
    safe: str
    duress: str
    enrolled_at: datetime

    def code(self, given: str) -> Code:
        """Which of the two codes this is. Takes some 50 ms; both are always tried, so that the time tells nothing."""
        digest = _hash_code(given, self.salt)
        safe = secrets.compare_digest(digest, self.safe)
        duress = secrets.compare_digest(digest, self.duress)
        return "safe" if safe else "duress" if duress else None


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown once and kept nowhere."""

    token: str
    safe_code: str
    duress_code: str


class _File(msgspec.Struct, frozen=True, kw_only=True):
    people: tuple[Person, ...] = ()


class StaffBook:
    """The people of one node."""

    def __init__(self, data: Path) -> None:
        self._path, self._lock = data / "staff.json", data / "staff.lock"
        self._stamp: tuple[int, int, int] | None = None
        self._people: tuple[Person, ...] = ()

    def people(self) -> tuple[Person, ...]:
        """Everybody who is enrolled now. Raises `Corrupt` when the file is damaged."""
        stamp = self._looked()
        if stamp != self._stamp:
            self._people = self._read()
            self._stamp = stamp
        return self._people

    def find(self, token: str) -> Person | None:
        """Whose token this is. All are compared, so that the time tells nothing."""
        digest = _hash_token(token)
        found: Person | None = None
        for person in self.people():
            if secrets.compare_digest(person.digest, digest):
                found = person
        return found

    def enrol(
        self, *, key: str, name: str, role: Role, place: LocalText, cameras: tuple[str, ...], now: datetime
    ) -> Enrolment:
        """Add somebody, or give them a new token in place of the old one. Raises `Invalid` or `Conflict`."""
        if not is_key(key):
            raise Invalid('a key is 1-63 of a-z, 0-9 and hyphen, as in "aliya-n"')
        if not 0 < len(name) <= MAX_NAME or not place.kk.strip():
            raise Invalid("somebody has a name, and a place in Kazakh")
        token, salt = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_hex(16)
        safe, duress = _two_codes()
        person = Person(
            key=key,
            name=name,
            role=role,
            place=place,
            cameras=cameras,
            digest=_hash_token(token),
            salt=salt,
            safe=_hash_code(safe, salt),
            duress=_hash_code(duress, salt),
            enrolled_at=now,
        )
        with one_writer(self._lock):
            others = tuple(other for other in self._read() if other.key != key)
            if len(others) >= MAX_PEOPLE:
                raise Conflict(f"a node has at most {MAX_PEOPLE} of the staff", code="staff.full")
            self._write((*others, person))
        return Enrolment(token=token, safe_code=safe, duress_code=duress)

    def revoke(self, key: str) -> None:
        """Take a token back: it does not work from now on. Raises `NotFound`."""
        with one_writer(self._lock):
            people = self._read()
            left = tuple(person for person in people if person.key != key)
            if len(left) == len(people):
                raise NotFound(f"nobody is enrolled as {key!r}")
            self._write(left)

    def _looked(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _read(self) -> tuple[Person, ...]:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        try:
            if len(data) > MAX_FILE_BYTES:
                raise ValueError("it is too big")
            return msgspec.json.decode(data, type=_File).people
        except (msgspec.MsgspecError, ValueError) as error:
            raise Corrupt(f"{self._path.name} is damaged: {error}", code="staff.damaged") from error

    def _write(self, people: tuple[Person, ...]) -> None:
        replace_file(self._path, msgspec.json.format(msgspec.json.encode(_File(people=people))), mode=0o600)


def _two_codes() -> tuple[str, str]:
    """Two codes that differ in at least two digits: a slip of the finger must not turn one into the other."""
    while True:
        safe, duress = (f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}" for _ in range(2))
        if sum(a != b for a, b in zip(safe, duress, strict=True)) >= 2:
            return safe, duress


def _hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _hash_code(code: str, salt: str) -> str:
    return hashlib.scrypt(code.encode()[:64], salt=bytes.fromhex(salt), **_SCRYPT).hex()
