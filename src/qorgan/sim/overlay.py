"""Clock and frame number in the picture of every camera, without encoding anything.

The top rows of macroblocks belong to a slice of our own. Its glyphs are I_PCM macroblocks (H.264 7.3.5): raw samples,
predicted from nothing, so any of them may follow any other. An IDR picture draws the whole line; other pictures send
only the cells that changed and skip the rest. A test can read the line back sample by sample (`read_line`).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from qorgan.sim.bits import BitWriter, escape
from qorgan.sim.h264 import NalType, SliceHeader

BLACK, WHITE, NO_COLOUR = 16, 235, 128
ALPHABET = " #-:.0123456789abcdefghijklmnopqrstuvwxyz"

_PCM_IN_I, _PCM_IN_P = 25, 30  # mb_type of I_PCM in tables 7-11 and 7-13
_I_SLICE, _P_SLICE = 7, 5  # all slices of the picture have this type
_NAL_IDR, _NAL_P = 0x60 | NalType.IDR, 0x40 | NalType.SLICE  # nal_ref_idc as x264 sets it

Luma = NDArray[np.uint8]


@lru_cache(maxsize=8)
def glyphs(cell: int) -> dict[str, Luma]:
    """The alphabet as squares of `cell` samples. Their edges are black, so that what follows may continue them."""
    font = ImageFont.load_default(cell * 0.95)
    return {letter: _draw(letter, cell, font) for letter in ALPHABET}


def _draw(letter: str, cell: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> Luma:
    image = Image.new("L", (cell, cell), 0)
    ImageDraw.Draw(image).text((cell / 2, cell * 0.78), letter, fill=255, font=font, anchor="ms")
    drawn = np.asarray(image, dtype=np.float32) / 255 * (WHITE - BLACK) + BLACK
    framed = np.full((cell, cell), BLACK, dtype=np.uint8)
    framed[:-1, 1:-1] = np.rint(drawn)[:-1, 1:-1]
    return framed


def read_line(luma: Luma, scale: int) -> str:
    """Read the line back from the luma of a decoded picture; cells that show no glyph read as `?`."""
    cell = 16 * scale
    known = {glyph.tobytes(): letter for letter, glyph in glyphs(cell).items()}
    cells = (luma[:cell, x : x + cell] for x in range(0, luma.shape[1] - cell + 1, cell))
    return "".join(known.get(part.tobytes(), "?") for part in cells).rstrip()


def compose(clock: str, camera: str, number: int, cells: int) -> str:
    """`2026-11-22 12:44:07 hall #0001234` in at most `cells` letters: the camera's name yields first, then the date."""
    count = f"#{number:07d}"
    room = cells - len(clock) - len(count) - 2
    if room >= 1:
        return f"{clock} {camera[:room]} {count}"
    short = f"{clock[11:]} {count}"
    return short if len(short) <= cells else count[:1] + count[1:][-max(cells - 1, 1) :]


@dataclass(frozen=True, slots=True)
class Line:
    """Where the line lies: the picture's width in macroblocks, and how many of them a letter is wide and high."""

    width_mbs: int
    scale: int

    @property
    def cells(self) -> int:
        return self.width_mbs // self.scale

    @property
    def mbs(self) -> int:
        """Macroblocks in the rows that belong to the line."""
        return self.width_mbs * self.scale

    def draw_all(self, text: str, frame_num_bits: int, idr_pic_id: int) -> list[bytes]:
        """The slices of an IDR picture that draw `text` on black: one for each row of macroblocks."""
        return [self._draw_row(row, text, frame_num_bits, idr_pic_id) for row in range(self.scale)]

    def paint(self, luma: int, frame_num_bits: int, idr_pic_id: int) -> list[bytes]:
        """The slices of an IDR picture that fill the line with one grey: to prove that nothing below looks at it."""
        block = bytes([luma]) * 256 + bytes([NO_COLOUR]) * 128
        rows = (_intra_row(self, row, self.cells, frame_num_bits, idr_pic_id) for row in range(self.scale))
        return [first + between.join([block] * (self.cells * self.scale)) + rest for first, between, rest in rows]

    def _draw_row(self, row: int, text: str, frame_num_bits: int, idr_pic_id: int) -> bytes:
        first, between, rest = _intra_row(self, row, len(text), frame_num_bits, idr_pic_id)
        blocks = [block for letter in text for block in _blocks(letter, self.scale)[row]]
        return first + between.join(blocks) + rest

    def draw_changes(self, old: str, new: str, frame_num: int, frame_num_bits: int) -> bytes:
        """The slice of a P picture that turns `old` into `new`; both as long as each other, or shorter than `new`."""
        cells = tuple(i for i, (a, b) in enumerate(zip(old.ljust(len(new)), new, strict=True)) if a != b)
        layout, parts = _changed_row(self, cells, frame_num, frame_num_bits)
        pieces = [parts[0]]
        for (row, cell, column), gap in zip(layout, parts[1:], strict=True):
            pieces.append(_blocks(new[cell], self.scale)[row][column])
            pieces.append(gap)
        return b"".join(pieces)


@lru_cache(maxsize=256)
def _blocks(letter: str, scale: int) -> list[list[bytes]]:
    """The I_PCM samples (384 bytes each) of a glyph's macroblocks, by row and column. Unknown letters are blank."""
    drawn = glyphs(16 * scale).get(letter, glyphs(16 * scale)[" "])
    chroma = bytes([NO_COLOUR]) * 128
    steps = range(0, 16 * scale, 16)
    return [[drawn[y : y + 16, x : x + 16].tobytes() + chroma for x in steps] for y in steps]


def _header(nal_byte: int, first_mb: int, slice_type: int, frame_num: int, bits: int, idr: int) -> BitWriter:
    return SliceHeader(
        nal_byte=nal_byte,
        first_mb=first_mb,
        slice_type=slice_type,
        frame_num=frame_num,
        frame_num_bits=bits,
        idr_pic_id=idr,
        deblocking=1,
    ).write(BitWriter())


@lru_cache(maxsize=1024)
def _intra_row(line: Line, row: int, letters: int, frame_num_bits: int, idr_pic_id: int) -> tuple[bytes, bytes, bytes]:
    """What stands before, between and after the I_PCM blocks of one row in an IDR picture."""
    header = _header(_NAL_IDR, row * line.width_mbs, _I_SLICE, 0, frame_num_bits, idr_pic_id)
    first = bytes([_NAL_IDR]) + escape(header.ue(_PCM_IN_I).bytes())
    blanks = line.width_mbs - letters * line.scale
    rest = BitWriter()
    for blank in range(blanks):
        _write_blank(rest, after_pcm=blank == 0)
    return first, BitWriter().ue(_PCM_IN_I).bytes(), escape(rest.trailing().bytes())


def _write_blank(bits: BitWriter, *, after_pcm: bool) -> None:
    """An Intra_16x16 macroblock without residual that continues the black edge on its left (8.3.3.2).

    Its coeff_token for no coefficient is that of nC >= 8 after I_PCM (9.2.1: 16 coefficients), else that of nC = 0.
    """
    bits.ue(2).ue(1).se(0)  # horizontal prediction of luma and of chroma, mb_qp_delta
    bits.u(0b000011, 6) if after_pcm else bits.u(1, 1)


Place = tuple[int, int, int]  # row of macroblocks, cell, column inside the cell


@lru_cache(maxsize=8192)
def _changed_row(
    line: Line, cells: tuple[int, ...], frame_num: int, frame_num_bits: int
) -> tuple[list[Place], list[bytes]]:
    """Where the I_PCM blocks of a P picture go, and the bits before the first, between them and after the last."""
    layout = [(row, c, column) for row in range(line.scale) for c in cells for column in range(line.scale)]
    addresses = [row * line.width_mbs + c * line.scale + column for row, c, column in layout]
    bits = _header(_NAL_P, 0, _P_SLICE, frame_num, frame_num_bits, 0)
    parts: list[bytes] = []
    following = 0
    for address in addresses:
        parts.append(escape(bits.ue(address - following).ue(_PCM_IN_P).bytes()))
        bits, following = BitWriter(), address + 1
    if following < line.mbs:
        bits.ue(line.mbs - following)
    parts.append(escape(bits.trailing().bytes()))
    return layout, [bytes([_NAL_P]) + parts[0], *parts[1:]]
