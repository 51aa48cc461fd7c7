"""Bits of H.264: Exp-Golomb codes (ITU-T H.264 9.1), emulation prevention (7.4.1) and the end of an RBSP (7.3.2.11)."""

import re

_NEEDS_PREVENTION = re.compile(rb"\x00\x00(?=[\x00-\x03])")


def escape(rbsp: bytes) -> bytes:
    """Insert emulation prevention bytes. The result may stand between start codes as long as it ends in no zero."""
    return _NEEDS_PREVENTION.sub(b"\x00\x00\x03", rbsp)


def unescape(payload: bytes) -> bytes:
    """Remove emulation prevention bytes."""
    return payload.replace(b"\x00\x00\x03", b"\x00\x00")


class BitReader:
    """Reads fixed and Exp-Golomb codes from an unescaped RBSP; `position` counts bits from its beginning."""

    def __init__(self, rbsp: bytes) -> None:
        self._value = int.from_bytes(rbsp, "big")
        self._length = len(rbsp) * 8
        self.position = 0

    def u(self, bits: int) -> int:
        """An unsigned integer of `bits` bits. Raises `EOFError` past the end."""
        end = self.position + bits
        if end > self._length:
            raise EOFError("the bits end in the middle of a value")
        self.position = end
        return self._value >> (self._length - end) & ((1 << bits) - 1)

    def ue(self) -> int:
        """An unsigned Exp-Golomb code."""
        zeros = 0
        while not self.u(1):
            zeros += 1
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """A signed Exp-Golomb code."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)

    def rest(self) -> tuple[int, int]:
        """What follows, as (value, number of bits), without the RBSP's stop bit and its zeros."""
        bits = self._length - self.position
        value = self._value & ((1 << bits) - 1)
        padding = (value & -value).bit_length()
        return value >> padding, bits - padding


class BitWriter:
    """Collects bits; `bytes()` gives them with zeros up to the byte's end."""

    def __init__(self) -> None:
        self._value = 0
        self.length = 0

    def u(self, value: int, bits: int) -> "BitWriter":
        self._value = self._value << bits | value
        self.length += bits
        return self

    def ue(self, value: int) -> "BitWriter":
        return self.u(value + 1, 2 * (value + 1).bit_length() - 1)

    def se(self, value: int) -> "BitWriter":
        return self.ue(2 * value - 1 if value > 0 else -2 * value)

    def trailing(self) -> "BitWriter":
        """The stop bit that ends every RBSP."""
        return self.u(1, 1)

    def bytes(self) -> bytes:
        padding = -self.length % 8
        return (self._value << padding).to_bytes((self.length + padding) // 8, "big")
