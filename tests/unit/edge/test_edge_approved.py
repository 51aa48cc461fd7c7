"""The approved view at the school's node: made from the signed picture, kept without it, forgotten on order."""

import io
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from qorgan.domain.quality.faults import Fault, Verdict
from qorgan.domain.quality.judge import Memory, look
from qorgan.domain.quality.measures import Measures, measure
from qorgan.domain.quality.view import View
from qorgan.edge.analyst.approved import ApprovedView, decode_picture
from qorgan.edge.analyst.still import AT_ONCE, STILL_THERE_S, Stills
from qorgan.edge.core.views import leave_for_analyst
from qorgan.kernel.errors import Corrupt
from qorgan.protocols.link.commands import ViewWish, picture_digest

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def a_place() -> np.ndarray:
    chance = np.random.default_rng(5)
    picture = np.full((480, 1_000, 3), 90, np.uint8)
    for _ in range(160):
        x, y = int(chance.integers(0, 960)), int(chance.integers(0, 450))
        size = [int(side) for side in chance.integers(20, 90, 2)]
        picture[y : y + size[0], x : x + size[1]] = chance.integers(20, 230, 3)
    return picture


def seen(left: int) -> bytes:
    """What a camera sees that looks so many pixels to the right of where it may look, as a JPEG."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(a_place()[60:420, left : left + 640]), format="rgb24")
    coder = av.CodecContext.create("mjpeg", "w")
    coder.width, coder.height, coder.pix_fmt, coder.time_base = 640, 360, "yuvj420p", Fraction(1, 25)
    coder.qmin = coder.qmax = 3
    file = io.BytesIO()
    for packet in [*coder.encode(frame.reformat(format="yuvj420p")), *coder.encode(None)]:
        file.write(bytes(packet))
    return file.getvalue()


def measured(left: int) -> Measures:
    return measure(decode_picture(seen(left)))


def wish(picture: bytes, **more: str) -> ViewWish:
    said = {"camera": "hall", "period": "day", "digest": "d1", "picture_digest": picture_digest(picture)} | more
    return ViewWish(picture=picture, **said)


def moved(view: View, left: int) -> Verdict:
    """What is thought after some looks at a picture that changes a little, as pictures do."""
    memory = Memory()
    for _ in range(6):
        memory = look(memory, measured(left), view, NOW)
    return memory.courses[Fault.MOVED].verdict


def test_a_camera_that_was_turned_is_found_at_once_by_the_view_that_was_signed(tmp_path: Path) -> None:
    leave_for_analyst(tmp_path, wish(seen(100)))
    approved = ApprovedView(tmp_path, "hall")
    assert approved.take() and not approved.take()
    view = approved.over(View())
    assert (moved(view, 100), moved(view, 230)) == (Verdict.OK, Verdict.BAD)

    assert [file.name for file in (tmp_path / "approved").iterdir()] == ["hall.day.view"], "no picture is kept"
    again = ApprovedView(tmp_path, "hall")
    assert again.take() and again.digests == {"day": "d1"}
    leave_for_analyst(tmp_path, wish(b"", picture_digest=""))
    assert again.take() and again.over(View()).references == ()
    assert not ApprovedView(tmp_path, "hall").take()


@pytest.mark.parametrize("picture", [b"", b"\xff\xd8 junk"])
def test_what_is_no_picture_is_named(picture: bytes) -> None:
    with pytest.raises(Corrupt):
        decode_picture(picture)


def test_a_damaged_order_is_put_aside_and_what_was_approved_stays(tmp_path: Path) -> None:
    leave_for_analyst(tmp_path, wish(seen(100)))
    approved = ApprovedView(tmp_path, "hall")
    approved.take()
    for bad in (wish(b"\xff\xd8 junk"), wish(seen(0), picture_digest="0" * 64)):
        leave_for_analyst(tmp_path, bad)
        assert not approved.take()
    assert approved.digests == {"day": "d1"}
    assert not list((tmp_path / "approved").glob("*.new"))


def test_stills_are_few_and_none_that_matters_is_forgotten() -> None:
    stills, bad = Stills(), frozenset({Fault.MOVED})
    assert stills.due(Verdict.OK, frozenset(), 0.0) and not stills.due(Verdict.UNKNOWN, frozenset(), 0.0)
    stills.took(frozenset(), 0.0)
    assert not stills.due(Verdict.OK, frozenset(), 10.0), "nothing is new"
    flutter = [(Verdict.BAD, bad), (Verdict.OK, frozenset())] * 5
    shown = 0
    for second, (verdict, faults) in enumerate(flutter):
        if stills.due(verdict, faults, float(second)):
            stills.took(faults, float(second))
            shown += 1
    assert shown == AT_ONCE - 1
    assert not stills.due(Verdict.BAD, bad, 20.0) or stills.shown == bad
    assert stills.due(Verdict.BAD, bad, 1_000.0) or stills.shown == bad
    stills.took(bad, 1_000.0)
    assert not stills.due(Verdict.BAD, bad, 5_000.0)
    assert stills.due(Verdict.BAD, bad, 1_000.0 + STILL_THERE_S), "it is still there"
