"""What an MP4 file must know of an H.264 parameter set: sample format, and how far pictures wait for their turn.

Cameras' bytes are hostile: every loop is bounded, and what is cut short or senseless is `Invalid`.
"""

from dataclasses import dataclass

from qorgan.kernel.errors import Invalid
from qorgan.protocols.rtsp.bits import BitReader

MAX_BYTES = 0xFFFF  # a parameter set's length is written in 16 bits (ISO/IEC 14496-15 §5.3.3.1, §8.3.3.1)
MAX_REORDER = 16  # frames: the size of the largest decoded picture buffer (H.264 A.3.1, H.265 A.4.2)
_FORMAT_IN_SPS = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_INTRA_BY_CONSTRAINT = frozenset({44, 86, 100, 110, 122, 244})
# H.264 table A-1: MaxDpbMbs by level_idc
_DPB_MBS = {
    9: 396, 10: 396, 11: 900, 12: 2376, 13: 2376, 20: 2376, 21: 4752, 22: 8100, 30: 8100, 31: 18000, 32: 20480,
    40: 32768, 41: 32768, 42: 34816, 50: 110400, 51: 184320, 52: 184320, 60: 696320, 61: 696320, 62: 696320,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AvcSps:
    """An H.264 sequence parameter set (ITU-T H.264 §7.3.2.1.1). Sizes in pixels after cropping.

    `reorder_frames` is how many pictures at most precede another in decoding order and follow it in output order
    (max_num_reorder_frames, E.2.1). `reorder_is_stated` tells whether the set says so itself: where it does not, the
    standard allows as many as the decoder can hold, though most cameras then send none.
    """

    profile: int
    constraints: int
    level: int
    chroma_format: int
    bit_depth_luma: int
    bit_depth_chroma: int
    width: int
    height: int
    reorder_frames: int
    reorder_is_stated: bool

    @property
    def codec(self) -> str:
        """RFC 6381 §3.3."""
        return f"avc1.{self.profile:02X}{self.constraints:02X}{self.level:02X}"

    @classmethod
    def parse(cls, nal: bytes) -> "AvcSps":
        """Read a NAL unit. Raises `Invalid`."""
        bits = _bits(nal, 1)
        profile, constraints, level = bits.u(8), bits.u(8), bits.u(8)
        bits.ue()
        chroma, luma_depth, chroma_depth = _avc_format(bits) if profile in _FORMAT_IN_SPS else (1, 8, 8)
        bits.ue()
        order = _skip_picture_order(bits)
        bits.ue(), bits.u(1)
        width_mbs, map_units = bits.ue() + 1, bits.ue() + 1
        fields = 1 - bits.u(1)
        bits.u(1 + fields)
        width, height = 16 * width_mbs, 16 * map_units * (1 + fields)
        dpb = min(MAX_REORDER, _DPB_MBS.get(level, 696320) // max(1, width_mbs * map_units * (1 + fields)))
        if bits.u(1):
            step_x, step_y = (2 if chroma in (1, 2) else 1), (2 if chroma == 1 else 1) * (1 + fields)
            width, height = width - step_x * (bits.ue() + bits.ue()), height - step_y * (bits.ue() + bits.ue())
        stated = _avc_stated_reorder(bits) if bits.u(1) else None
        in_order = order == 2 or profile == 66  # 8.2.1.3: output order is decoding order; no B slices
        only_intra = constraints & 0x10 and profile in _INTRA_BY_CONSTRAINT
        if stated is None and (in_order or only_intra):
            stated = 0
        return cls(
            profile=profile,
            constraints=constraints,
            level=level,
            chroma_format=chroma,
            bit_depth_luma=luma_depth,
            bit_depth_chroma=chroma_depth,
            width=_sane_size(width),
            height=_sane_size(height),
            reorder_frames=min(dpb if stated is None else stated, MAX_REORDER),
            reorder_is_stated=stated is not None,
        )


def _avc_format(bits: BitReader) -> tuple[int, int, int]:
    """chroma_format_idc and the two bit depths; scaling lists are passed over (7.3.2.1.1.1)."""
    chroma = bits.ue()
    if chroma == 3:
        bits.u(1)
    luma_depth, chroma_depth = 8 + bits.ue(), 8 + bits.ue()
    bits.u(1)
    if bits.u(1):
        for index in range(8 if chroma != 3 else 12):
            if bits.u(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    if chroma > 3 or max(luma_depth, chroma_depth) > 15:
        raise Invalid("an SPS with an unknown sample format", code="camera.protocol_error")
    return chroma, luma_depth, chroma_depth


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _skip_picture_order(bits: BitReader) -> int:
    """Passes over what belongs to pic_order_cnt_type and returns it."""
    order = bits.ue()
    if order == 0:
        bits.ue()
    elif order == 1:
        bits.u(1), bits.se(), bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()
    return order


def _avc_stated_reorder(bits: BitReader) -> int | None:
    """max_num_reorder_frames of the VUI (E.1.1), None where it says nothing or is cut short, as some cameras' are."""
    try:
        if bits.u(1) and bits.u(8) == 255:
            bits.u(32)
        if bits.u(1):
            bits.u(1)
        if bits.u(1):
            bits.u(4)
            if bits.u(1):
                bits.u(24)
        if bits.u(1):
            bits.ue(), bits.ue()
        if bits.u(1):
            bits.u(65)
        nal_hrd = bits.u(1)
        if nal_hrd:
            _skip_hrd(bits)
        vcl_hrd = bits.u(1)
        if vcl_hrd:
            _skip_hrd(bits)
        bits.u(1 + (nal_hrd | vcl_hrd))
        if not bits.u(1):
            return None
        bits.u(1), bits.ue(), bits.ue(), bits.ue(), bits.ue()
        return bits.ue()
    except Invalid:
        return None


def _skip_hrd(bits: BitReader) -> None:
    count = bits.ue() + 1
    bits.u(8)
    for _ in range(min(count, 32)):
        bits.ue(), bits.ue(), bits.u(1)
    bits.u(20)


def _sane_size(pixels: int) -> int:
    if not 16 <= pixels <= 16384:
        raise Invalid(f"a picture side of {pixels} pixels", code="camera.protocol_error")
    return pixels


def _bits(nal: bytes, header_bytes: int) -> BitReader:
    if len(nal) > MAX_BYTES:
        raise Invalid(f"a parameter set of {len(nal)} bytes", code="camera.protocol_error")
    return BitReader(nal[header_bytes:])
