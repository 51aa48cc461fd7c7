"""What every fuzzer is made of: a target, and the ways to damage what it reads.

An input is made of a seed and a number alone, so that each one can be made again. What a target decides by chance
(where to cut, whether the disk is full) comes out of the input's own bytes, so that the bytes alone tell it, too.
"""

import functools
import random
import re
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

MAX_INPUT_BYTES = 20_000
Seeds = tuple[bytes, ...]
Damage = Callable[[Seeds, random.Random], bytes]
T = TypeVar("T")


def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True)
class Target:
    """`try_one` reads damaged copies of the `seeds` and returns; whatever it raises is a finding.

    `begin_anew` drops what is kept from one input to the next, where something is: most targets keep nothing.
    """

    name: str
    seeds: Seeds
    try_one: Callable[[bytes], None]
    damage: Damage
    begin_anew: Callable[[], None] = _nothing

    def an_input(self, seed: int, number: int) -> bytes:
        """The input of that number in a run with that seed, always the same one."""
        chance = random.Random(seed << 64 | zlib.crc32(self.name.encode()) << 32 | number)
        return self.damage(self.seeds, chance)[:MAX_INPUT_BYTES]


# Chance


def decided(data: bytes, choices: int, question: int = 0) -> int:
    """One of so many choices, by the bytes of the input; another question gets another answer."""
    return zlib.crc32(data, question) % choices


def in_two(data: bytes) -> list[bytes]:
    """The input in two pieces, cut anywhere."""
    at = decided(data, len(data) + 1)
    return [data[:at], data[at:]]


def differences(whole: Sequence[object], cut: Sequence[object]) -> str:
    """What came out of the input in one piece and not out of the same in two, and the other way round; in short."""
    said = [f"{len(whole)} or {len(cut)}"] if len(whole) != len(cut) else []
    for one, other in zip(whole, cut, strict=False):
        if isinstance(one, list) and isinstance(other, list):
            alone = [[_shortly(x) for x in one if x not in other], [_shortly(x) for x in other if x not in one]]
            said.append(f"whole alone: {alone[0]} cut alone: {alone[1]}")
        elif one != other:
            said.append(f"whole: {one} cut: {other}")
    return "; ".join(text[:600] for text in said)


def _shortly(thing: object) -> str:
    if isinstance(thing, tuple):
        return f"({', '.join(map(_shortly, thing))})"
    return f"{thing[:16].hex()}… {len(thing)} bytes" if isinstance(thing, bytes) else repr(thing)


def below(chance: random.Random, limit: int) -> int:
    """A number from 0 to `limit` - 1: quicker than `randrange`, and wanted ten times for each input."""
    return int(chance.random() * limit)


def one_of(chance: random.Random, things: Sequence[T]) -> T:
    return things[int(chance.random() * len(things))]


# Damage

_HEX = ["00", "01", "7f", "80", "ff", "0000", "0001", "7fff", "8000", "ffff", "00000000", "7fffffff", "ffffffff"]
_LENGTHS = [bytes.fromhex(text) for text in _HEX]
_NUMBERS = [
    b"0",
    b"1",
    b"-1",
    b"65535",
    b"65536",
    b"4294967296",
    b"99999999999999999999",
    b"1e308",
    b"nan",
    b"\xd9\xa3",
]
_WORD = re.compile(rb"[A-Za-z0-9_.\-]+")


def bytes_damaged(data: bytearray, chance: random.Random, splinters: Sequence[bytes]) -> None:
    """One change anywhere: a bit, a byte, a length that lies, a splinter; a piece cut out, doubled, put elsewhere."""
    at = below(chance, len(data) + 1)
    match below(chance, 8):
        case 0:
            data[at : at + 1] = bytes([below(chance, 256)])
        case 1:
            if at < len(data):
                data[at] ^= 1 << below(chance, 8)
        case 2:
            value = one_of(chance, _LENGTHS)
            data[at : at + len(value)] = value
        case 3:
            piece = one_of(chance, splinters)
            data[at : at + len(piece)] = piece
        case 4:
            data[at:at] = one_of(chance, splinters)
        case 5:
            del data[at : at + 1 + below(chance, 200)]
        case 6:
            other = below(chance, len(data) + 1)
            data[at:at] = data[other : other + 1 + below(chance, 200)]
        case _:
            other, size = below(chance, len(data) + 1), 1 + below(chance, 60)
            piece = data[other : other + size]
            del data[other : other + size]
            data[at:at] = piece


def damaged(splinters: Sequence[bytes]) -> Damage:
    """Bytes without a known form: one to five changes, now and then joined with another seed or cut short."""

    def damage(seeds: Seeds, chance: random.Random) -> bytes:
        data = bytearray(one_of(chance, seeds))
        for _ in range(1 + below(chance, 5)):
            bytes_damaged(data, chance, splinters)
        match below(chance, 8):
            case 0:
                data[below(chance, len(data) + 1) :] = one_of(chance, seeds)[-1 - below(chance, 400) :]
            case 1:
                del data[below(chance, len(data) + 1) :]
        return bytes(data)

    return damage


def text_damaged(words: Sequence[bytes]) -> Damage:
    """Lines of words: words put in each other's place, numbers that lie, lines doubled, dropped, moved; then bytes."""
    whole = damaged(words)

    def damage(seeds: Seeds, chance: random.Random) -> bytes:
        if below(chance, 3) == 0:
            return whole(seeds, chance)
        lines = list(_lines(one_of(chance, seeds)))
        for _ in range(1 + below(chance, 4)):
            at = below(chance, len(lines))
            match below(chance, 6):
                case 0:
                    lines[at:at] = [lines[at]] * (1 + below(chance, 1 + below(chance, 20)))
                case 1:
                    del lines[at]
                case 2:
                    lines.insert(at, lines.pop(below(chance, len(lines))))
                case 3:
                    lines.insert(at, one_of(chance, _lines(one_of(chance, seeds))))
                case _:
                    lines[at] = _word_changed(lines[at], chance, words)
            if not lines:
                return b""
        return b"".join(lines)

    return damage


def _word_changed(line: bytes, chance: random.Random, words: Sequence[bytes]) -> bytes:
    places = [found.span() for found in _WORD.finditer(line)]
    if not places:
        return line + one_of(chance, words)
    start, end = one_of(chance, places)
    if line[start:end].isdigit() and below(chance, 2):
        return line[:start] + one_of(chance, _NUMBERS) + line[end:]
    other_start, other_end = one_of(chance, places)
    new = one_of(chance, words) if below(chance, 3) else line[other_start:other_end]
    return line[:start] + new + line[end:]


@functools.lru_cache(maxsize=256)
def _lines(text: bytes) -> tuple[bytes, ...]:
    return tuple(text.splitlines(keepends=True)) or (b"",)


def program_damaged(seeds: Seeds, chance: random.Random) -> bytes:
    """Inputs of which each byte stands for a whole packet: some are lost, doubled, overtaken, and none is changed."""
    order = bytearray(one_of(chance, seeds))
    for _ in range(1 + below(chance, 6)):
        at = below(chance, len(order) + 1)
        match below(chance, 5):
            case 0 | 1:
                del order[at : at + 1 + below(chance, 1 + below(chance, 8))]
            case 2:
                order[at:at] = order[at : at + 1 + below(chance, 3)]
            case 3:
                if at < len(order):
                    moved = order.pop(at)
                    order.insert(at + below(chance, 6), moved)
            case _:
                other = below(chance, len(order) + 1)
                order[at:at] = order[other : other + 1 + below(chance, 12)]
    return bytes(order)
