"""Identities. A key names a thing inside its school; an id names it everywhere."""

import os
import re
import time
from typing import NewType
from uuid import UUID

SiteId = NewType("SiteId", str)  # a school's node: lower-case letters, digits, hyphen; safe in a NATS subject
CameraKey = NewType("CameraKey", str)  # a camera inside its school
ButtonKey = NewType("ButtonKey", str)  # a button inside its school
AlarmId = NewType("AlarmId", UUID)
LeaseId = NewType("LeaseId", str)  # one opened stream or range between a school and a gateway

_RANDOM = ~(0xF << 76 | 0x3 << 62) & (1 << 80) - 1  # the bits of a UUIDv7 that are neither time nor form
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def is_key(text: str) -> bool:
    """Whether `text` may be a site id or a key: 1-63 of a-z, 0-9, hyphen, not at the ends (RFC 1123 label)."""
    return _KEY.fullmatch(text) is not None


def uuid7() -> UUID:
    """A new UUID version 7 (RFC 9562 §5.7): sorts by its creation time in milliseconds."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[UUID]:
    """Several at once, all of one millisecond: the kernel is asked for random bits once, not for each."""
    head = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80 | 0x7 << 76 | 0x2 << 62
    bits = os.urandom(10 * count)
    made = []
    for start in range(0, len(bits), 10):
        random = int.from_bytes(bits[start : start + 10], "big")
        made.append(UUID(int=head | random & _RANDOM))
    return made
