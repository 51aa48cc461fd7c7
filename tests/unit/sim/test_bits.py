"""Bits as H.264 wants them: what is written can be read, and no start code can hide in a NAL unit."""

from hypothesis import given
from hypothesis import strategies as st

from qorgan.sim.bits import BitReader, BitWriter, escape, unescape

zeros_likely = st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 4, 255]), max_size=60).map(bytes)


@given(zeros_likely)
def test_no_start_code_appears_in_an_escaped_unit(rbsp: bytes) -> None:
    nal = escape(rbsp + b"\x80")
    assert unescape(nal) == rbsp + b"\x80"
    assert not any(bytes([0, 0, n]) in nal for n in range(3))


@given(st.lists(st.tuples(st.sampled_from(["ue", "se"]), st.integers(-5000, 5000)), max_size=30))
def test_numbers_come_back_as_they_were_written(numbers: list[tuple[str, int]]) -> None:
    bits = BitWriter()
    for kind, number in numbers:
        bits.ue(abs(number)) if kind == "ue" else bits.se(number)
    length = bits.length
    reader = BitReader(bits.trailing().bytes())
    assert [reader.ue() if kind == "ue" else reader.se() for kind, _ in numbers] == [
        abs(number) if kind == "ue" else number for kind, number in numbers
    ]
    assert reader.position == length and reader.rest() == (0, 0)


def test_codes_of_the_standards_table() -> None:
    """H.264 table 9-2: 0 is 1, 1 is 010, 4 is 00101; table 9-3: +1 is 010, -1 is 011."""
    assert BitWriter().ue(0).ue(1).ue(4).se(1).se(-1).bytes() == bytes([0b10100010, 0b10100110])
