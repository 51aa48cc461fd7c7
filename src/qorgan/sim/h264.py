"""The little of H.264 (ITU-T H.264 04/2017, constrained baseline) that a simulated camera must read and write itself.

x264 encodes a scene; `Sps` and `SliceHeader` read what it wrote and write it again for a taller picture, into whose
top `overlay` draws the clock. Only what x264 produces here is understood: one slice a picture, CAVLC, frames only,
picture order count type 2, one reference.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from qorgan.kernel.errors import Corrupt
from qorgan.protocols.fmp4.parameter_sets import AvcSps
from qorgan.protocols.fmp4.writer import VideoTrack, fragment_head, init_segment
from qorgan.sim.bits import BitReader, BitWriter, escape, unescape


class NalType(IntEnum):
    """Table 7-1, as far as it occurs here."""

    SLICE = 1
    IDR = 5
    SEI = 6
    SPS = 7
    PPS = 8


def nal_type(nal: bytes) -> int:
    """The type of a NAL unit without start code."""
    return nal[0] & 0x1F


def split_annexb(stream: bytes) -> Iterator[bytes]:
    """The NAL units between the start codes of a byte stream (Annex B), without trailing zeros."""
    for part in stream.split(b"\x00\x00\x01"):
        nal = part.rstrip(b"\x00")
        if nal:
            yield nal


def as_recorded(stream: bytes) -> tuple[bytes, bytes]:
    """A key picture (Annex B, with its parameter sets) as the recorder writes it: head of the file, and fragment."""
    nals = list(split_annexb(stream))
    sps, pps = (next(nal for nal in nals if nal_type(nal) == kind) for kind in (NalType.SPS, NalType.PPS))
    info = AvcSps.parse(sps)
    sample = b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals if nal_type(nal) == NalType.IDR)
    head = fragment_head(1, 0, [len(sample)], [3_600], starts_with_key=True)
    return init_segment(VideoTrack(sps, pps, info.codec, info.width, info.height)), head + sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Sps:
    """A sequence parameter set (7.3.2.1.1) of constrained baseline, frames only, with the VUI a live camera needs."""

    profile_and_constraints: int  # profile_idc and the constraint flags: 2 bytes
    level_idc: int
    log2_max_frame_num: int
    width: int  # luma samples shown
    height: int
    ticks_per_frame: int = 2  # frame rate = time_scale / ticks_per_frame
    time_scale: int = 50

    @property
    def width_mbs(self) -> int:
        return (self.width + 15) // 16

    @property
    def height_mbs(self) -> int:
        return (self.height + 15) // 16

    @classmethod
    def parse(cls, nal: bytes) -> "Sps":
        """Read x264's set. Raises `Corrupt` for anything but the coding tools named above."""
        bits = BitReader(unescape(nal[1:]))
        profile = bits.u(16)
        level = bits.u(8)
        bits.ue()  # seq_parameter_set_id
        log2_max_frame_num = bits.ue() + 4
        if profile >> 8 != 66 or bits.ue() != 2:
            raise Corrupt("the encoder did not write constrained baseline with picture order count type 2")
        bits.ue()  # max_num_ref_frames
        bits.u(1)  # gaps_in_frame_num_value_allowed_flag
        width, height = 16 * (bits.ue() + 1), 16 * (bits.ue() + 1)
        if not bits.u(1):
            raise Corrupt("the encoder wrote an interlaced picture")
        bits.u(1)  # direct_8x8_inference_flag
        if bits.u(1):
            left, right, top, bottom = (bits.ue() for _ in range(4))
            width, height = width - 2 * (left + right), height - 2 * (top + bottom)
        return cls(
            profile_and_constraints=profile,
            level_idc=level,
            log2_max_frame_num=log2_max_frame_num,
            width=width,
            height=height,
        )

    def nal(self) -> bytes:
        """The NAL unit, ready to send."""
        bits = BitWriter().u(self.profile_and_constraints, 16).u(self.level_idc, 8).ue(0)
        bits.ue(self.log2_max_frame_num - 4).ue(2).ue(1).u(0, 1)
        bits.ue(self.width_mbs - 1).ue(self.height_mbs - 1).u(1, 1).u(1, 1)
        right, bottom = (16 * self.width_mbs - self.width) // 2, (16 * self.height_mbs - self.height) // 2
        if right or bottom:
            bits.u(1, 1).ue(0).ue(right).ue(0).ue(bottom)
        else:
            bits.u(0, 1)
        self._write_vui(bits)
        return b"\x67" + escape(bits.trailing().bytes())

    def _write_vui(self, bits: BitWriter) -> None:
        """E.1.1: the frame rate, and that no picture waits to be put in order (decoders then show each at once)."""
        bits.u(1, 1)  # vui_parameters_present_flag
        bits.u(0, 4)  # no aspect ratio, overscan, video signal type, chroma location
        bits.u(1, 1).u(self.ticks_per_frame // 2, 32).u(self.time_scale, 32).u(1, 1)
        bits.u(0, 3)  # no NAL HRD, no VCL HRD, no pic_struct
        bits.u(1, 1).u(1, 1).ue(0).ue(0).ue(11).ue(11)  # bitstream_restriction: motion vectors up to 2**11 quarters
        bits.ue(0).ue(1)  # max_num_reorder_frames, max_dec_frame_buffering


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceHeader:
    """A slice header (7.3.3) as x264 writes it with the tools named above, and as `overlay` needs it."""

    nal_byte: int  # forbidden_zero_bit, nal_ref_idc, nal_unit_type
    first_mb: int
    slice_type: int  # 0 P, 2 I, +5: all slices of the picture are of this type
    frame_num: int
    frame_num_bits: int
    idr_pic_id: int = 0
    qp_delta: int = 0
    deblocking: int = 0  # disable_deblocking_filter_idc: 0 on, 1 off, 2 on but not across slices
    alpha: int = 0
    beta: int = 0

    @property
    def idr(self) -> bool:
        return self.nal_byte & 0x1F == NalType.IDR

    @property
    def intra(self) -> bool:
        return self.slice_type % 5 == 2

    @classmethod
    def parse(cls, nal: bytes, frame_num_bits: int) -> tuple["SliceHeader", int, int]:
        """The header of a slice, and its slice data as (value, number of bits). Raises `Corrupt` for foreign tools."""
        bits = BitReader(unescape(nal[1:]))
        first_mb, slice_type, _pps = bits.ue(), bits.ue(), bits.ue()
        header = cls(
            nal_byte=nal[0],
            first_mb=first_mb,
            slice_type=slice_type,
            frame_num=bits.u(frame_num_bits),
            frame_num_bits=frame_num_bits,
        )
        idr_pic_id = bits.ue() if header.idr else 0
        # Override of the reference count, list modification, then marking: two flags at an IDR picture, one elsewhere.
        if (not header.intra and bits.u(2)) or bits.u(2 if header.idr else 1):
            raise Corrupt("the encoder used reference lists that a simulated camera does not know")
        qp_delta = bits.se()
        deblocking = bits.ue()
        alpha, beta = (bits.se(), bits.se()) if deblocking != 1 else (0, 0)
        header = replace(
            header, idr_pic_id=idr_pic_id, qp_delta=qp_delta, deblocking=deblocking, alpha=alpha, beta=beta
        )
        return header, *bits.rest()

    def write(self, bits: BitWriter) -> BitWriter:
        """Append the header; slice data follows."""
        bits.ue(self.first_mb).ue(self.slice_type).ue(0).u(self.frame_num, self.frame_num_bits)
        if self.idr:
            bits.ue(self.idr_pic_id)
        if not self.intra:
            bits.u(0, 2)
        bits.u(0, 2 if self.idr else 1)
        bits.se(self.qp_delta).ue(self.deblocking)
        if self.deblocking != 1:
            bits.se(self.alpha).se(self.beta)
        return bits


def move_slice(nal: bytes, frame_num_bits: int, *, first_mb: int, idr_pic_id: int) -> tuple[SliceHeader, bytes]:
    """The same slice at another place of a taller picture: its header rewritten, its data shifted bit by bit.

    Macroblocks above belong to another slice, so they count as unavailable, exactly as the picture's edge did;
    deblocking keeps to the slice for the same reason. Returns the new header and NAL unit.
    """
    header, data, length = SliceHeader.parse(nal, frame_num_bits)
    header = replace(header, first_mb=first_mb, idr_pic_id=idr_pic_id, deblocking=header.deblocking or 2)
    bits = header.write(BitWriter()).u(data, length).trailing()
    return header, nal[:1] + escape(bits.bytes())


def sei_user_data(uuid: bytes, data: bytes) -> bytes:
    """An SEI `user_data_unregistered` (D.1.7) of fewer than 255 bytes, as a NAL unit."""
    payload = uuid + data
    return b"\x06" + escape(b"\x05" + bytes([len(payload)]) + payload + b"\x80")
