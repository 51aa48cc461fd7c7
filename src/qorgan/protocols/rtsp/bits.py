"""Reading the bits of a parameter set (ITU-T H.264 §7.2, H.265 §7.2). Pure; hostile input ends in `Invalid`."""

from qorgan.kernel.errors import Invalid

MAX_SET_BYTES = 512  # what of a parameter set is looked at; size and profile stand in its first few dozen bytes


class BitReader:
    """Bits of a raw byte sequence payload, most significant first; emulation prevention bytes are taken out.

    Every read beyond the end raises `Invalid`: a damaged parameter set must not stop anything.
    """

    def __init__(self, payload: bytes) -> None:
        raw = payload[:MAX_SET_BYTES].replace(b"\x00\x00\x03", b"\x00\x00")
        self._value, self._left = int.from_bytes(raw, "big"), 8 * len(raw)

    def u(self, count: int) -> int:
        """`count` bits as an unsigned number."""
        if self._left < count:
            raise Invalid("the parameter set is cut short", code="camera.protocol_error")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def ue(self) -> int:
        """An unsigned Exp-Golomb number (§9.2 of either standard)."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > 31:
                raise Invalid("a number in the parameter set has no end", code="camera.protocol_error")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """A signed Exp-Golomb number."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)
