"""The line of text: what fits, and glyphs that can be told apart and continued in black."""

import numpy as np
import pytest

from qorgan.sim.overlay import ALPHABET, BLACK, compose, glyphs, read_line

CLOCK = "2026-11-22 12:44:07"


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (60, "2026-11-22 12:44:07 hall-2-north #0001234"),
        (40, "2026-11-22 12:44:07 hall-2-nort #0001234"),
        (31, "2026-11-22 12:44:07 ha #0001234"),
        (20, "12:44:07 #0001234"),
        (10, "#0001234"),
        (4, "#234"),
    ],
)
def test_what_matters_most_is_kept_when_there_is_little_room(cells: int, line: str) -> None:
    assert compose(CLOCK, "hall-2-north", 1234, cells) == line


def test_numbers_may_grow() -> None:
    assert compose(CLOCK, "hall", 123_456_789, 40).endswith("#123456789")


@pytest.mark.parametrize("cell", [16, 32])
def test_every_letter_is_its_own_picture_with_black_on_its_right(cell: int) -> None:
    drawn = glyphs(cell)
    assert len({glyph.tobytes() for glyph in drawn.values()}) == len(ALPHABET)
    assert all((glyph[:, -1] == BLACK).all() and (glyph[-1] == BLACK).all() for glyph in drawn.values())
    assert read_line(np.hstack([drawn[letter] for letter in "#0123"]), cell // 16) == "#0123"
