"""Ledgers: lines are appended, never edited, and each carries the digest of the one before it.

A digest is SHA-256 over the previous digest and the canonical JSON of what the line says. Changing, removing, inserting
or swapping lines breaks the chain at that place. Each subject (an alarm, a school, a person) has a chain of its own, so
that one busy school never waits for another; the caller holds a lock on the subject while it appends.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NoReturn, Self
from uuid import UUID

import msgspec
from django.db import models

from qorgan.kernel.errors import Corrupt
from qorgan.kernel.ids import uuid7

GENESIS = "0" * 64
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_quick = msgspec.json.Encoder(order="deterministic")


class LedgerBroken(Corrupt):
    """A line does not follow from the one before it."""

    code = "ledger.broken"


class LedgerLine(models.Model):
    """What every ledger shares. A concrete ledger adds its columns and says in `said()` what the digest covers."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.PositiveIntegerField(help_text="1, 2, 3 … within its subject's chain")
    at = models.DateTimeField(help_text="by the centre's clock, or the school's where the action says so")
    previous = models.CharField(max_length=64, help_text="digest of the line before, zeros for the first")
    digest = models.CharField(max_length=64)

    class Meta:
        abstract = True

    def subject(self) -> UUID:
        """Whose chain this line belongs to."""
        raise NotImplementedError

    def said(self) -> dict[str, Any]:
        """Everything the line says, in JSON's own types."""
        raise NotImplementedError

    def computed(self) -> str:
        """The digest this line ought to have."""
        return digest(
            self.previous,
            id=self.id,
            subject=self.subject(),
            number=self.number,
            at=self.at,
            said=canonical(self.said()),
        )

    def after(self, last: Self | None) -> Self:
        """This line, chained behind `last`. Not saved."""
        self.number = last.number + 1 if last else 1
        self.previous = last.digest if last else GENESIS
        self.digest = self.computed()
        return self

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _never_edited()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        _never_edited()


def canonical_words(said: dict[str, Any]) -> str:
    """As `canonical`, eight times faster; for what has no fractions in it (those are not written alike)."""
    return _quick.encode(said).decode()


def digest(previous: str, *, id: UUID, subject: UUID, number: int, at: datetime, said: str) -> str:
    """What a line's digest ought to be. `said` is canonical JSON already, and so is what is made of it here."""
    text = f'{{"at":"{moment(at)}","id":"{id}","number":{number},"said":{said},"subject":"{subject}"}}'
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


@lru_cache(64)
def moment(at: datetime | None) -> str | None:
    """An instant as digests have it: UTC, microseconds, so that both databases agree."""
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")


def verify(lines: Iterable[LedgerLine]) -> int:
    """Check one subject's whole chain, in order of number; the count of its lines. Raises `LedgerBroken`."""
    previous, count = GENESIS, 0
    for line in lines:
        count += 1
        if line.number != count or line.previous != previous or line.digest != line.computed():
            raise LedgerBroken(f"line {line.number} of the ledger of {line.subject()} does not follow line {count - 1}")
        previous = line.digest
    return count


def chain(lines: Iterable[LedgerLine], last: LedgerLine | None = None) -> Iterator[LedgerLine]:
    """Several new lines of one subject, each behind the one before."""
    for line in lines:
        last = line.after(last)
        yield last


def _never_edited() -> NoReturn:
    raise LedgerBroken("a line of a ledger is never edited or deleted: append another one")
