"""Seconds kept, and why the others are missing: nothing is stretched, nothing is left out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgan.domain.coverage import JOIN_WITHIN_US, Gap, Span, day_coverage, gaps_between, join

S = 1_000_000
spans = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(1, 100)).map(lambda t: Span(t[0] * S, (t[0] + t[1]) * S)), max_size=20
)
DAY = Span(0, 1200 * S)


def test_files_that_follow_each_other_are_one_span():
    assert [Span(0, 120 * S)] == join([Span(60 * S + 40_000, 120 * S), Span(0, 60 * S)], DAY)


def test_a_hole_has_the_cause_that_was_noted():
    kept = join([Span(0, 60 * S), Span(90 * S, 1200 * S)], DAY)

    assert [Gap(60 * S, 90 * S, "no_frames")] == gaps_between(kept, DAY, [(61 * S, 90 * S, "no_frames")])


def test_a_hole_without_a_note_is_unknown_and_a_lasting_one_reaches_to_the_end():
    kept = [Span(0, 60 * S), Span(90 * S, 600 * S)]
    gaps = gaps_between(kept, DAY, [(600 * S, None, "wrong_password")])

    assert [Gap(60 * S, 90 * S, "unknown"), Gap(600 * S, 1200 * S, "wrong_password")] == gaps


@settings(deadline=None)
@given(spans)
def test_spans_and_gaps_together_are_the_whole_period(recorded):
    kept = join(recorded, DAY)
    gaps = gaps_between(kept, DAY, [])
    seconds = sum(s.end_us - s.start_us for s in kept) + sum(g.end_us - g.start_us for g in gaps)

    assert 0 <= (DAY.end_us - DAY.start_us) - seconds <= JOIN_WITHIN_US * (len(kept) + 1)
    assert all(a.end_us < b.start_us for a, b in zip(kept, kept[1:], strict=False))


notes = st.lists(
    st.tuples(st.integers(0, 1200), st.one_of(st.none(), st.integers(0, 300)), st.sampled_from("abc")).map(
        lambda t: (t[0] * S, None if t[1] is None else (t[0] + t[1]) * S, t[2])
    ),
    max_size=20,
)


@settings(deadline=None)
@given(spans, notes)
def test_each_gap_has_the_cause_of_the_note_that_overlaps_it_most(recorded, noted):
    """Notes are looked at once, in passing: a camera that came and went all month has thousands."""

    def overlap(gap: Gap, note: tuple[int, int | None, str]) -> int:
        end = DAY.end_us if note[1] is None else note[1]
        return min(end + JOIN_WITHIN_US, gap.end_us) - max(note[0] - JOIN_WITHIN_US, gap.start_us)

    for gap in gaps_between(join(recorded, DAY), DAY, noted):
        best = max((overlap(gap, note) for note in noted), default=0)
        causes = {note[2] for note in noted if overlap(gap, note) == best} if best > 0 else {"unknown"}
        assert gap.cause in causes


def test_a_day_is_seconds_kept_of_seconds_expected_and_each_gap_has_its_cause():
    kept = [Span(0, 60 * S), Span(90 * S, 600 * S)]
    day = day_coverage(kept, [(60 * S, 90 * S, "timeout")], 0, 86_400 * S, 700 * S)

    assert (700, 570) == (day.expected_s, day.kept_s)
    assert (Gap(60 * S, 90 * S, "timeout"), Gap(600 * S, 700 * S, "unknown")) == day.gaps


def test_of_a_day_that_has_not_come_nothing_is_expected():
    assert (0, 0) == ((day := day_coverage([], [], 86_400 * S, 2 * 86_400 * S, 5)).expected_s, day.kept_s)


@settings(deadline=None)
@given(spans, st.integers(0, 2000))
def test_what_is_kept_and_what_is_missing_are_what_was_expected(recorded, now_s):
    day = day_coverage(recorded, [], 0, 1200 * S, now_s * S)

    assert min(1200, now_s) == day.expected_s
    assert 0 <= day.kept_s
    assert day.expected_s == pytest.approx(day.kept_s + sum(gap.end_us - gap.start_us for gap in day.gaps) / 1e6)
