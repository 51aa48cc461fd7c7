"""The local screen says everything in three languages, and believes nobody."""

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from qorgan.domain.alarms import Kind
from qorgan.domain.cameras import CameraReason, CameraState, StreamName
from qorgan.edge.config import EdgeConfig, parse
from qorgan.edge.core import screen
from qorgan.edge.core.link import LinkProblem, LinkState
from qorgan.edge.core.node import NodeFault, NodeStatus
from qorgan.edge.core.outbox import Counts, Parked, RecentAlarm
from qorgan.edge.core.texts import LANGUAGES, TEXTS
from qorgan.protocols.link.messages import CameraHealth, SourceHealth, StreamHealth

NOW = datetime(2026, 11, 22, 8, 5, tzinfo=UTC)
EVIL = "<script>alert('1')</script>\\\"&"


def a_config(name: str = "№12 мектеп") -> EdgeConfig:
    text = f"""
        [site]
        id = "kst-012"
        name = {{ kk = "{name}" }}
        [storage]
        data = "d"
        archive = "a"
        [[cameras]]
        key = "hall"
        name = {{ kk = "{name}" }}
        main = "rtsp://h/"
        [[buttons]]
        key = "hall"
        place = {{ kk = "{name}" }}
    """
    return parse(text, Path("/x/edge.toml"))


def a_status(state: str = "live", reason: str = "none", **changes: object) -> NodeStatus:
    stream = StreamHealth(stream="main", state=state, reason=reason, width=1920, height=1080, frames_per_s=25.0)
    fields: dict[str, object] = {
        "at": NOW,
        "counts": Counts(alarms=3, events=7),
        "parked": [],
        "recent": [],
        "cameras": (CameraHealth(key="hall", streams=(stream,)),),
        "faults": (),
        "writable": True,
    }
    return NodeStatus(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_way_in_that_is_broken_is_named_by_its_place_and_its_fault() -> None:
    broken = SourceHealth(key="hall", kind="panel.dc09", state="fault", since=NOW, faults=("battery_low", "no_key"))
    silent = SourceHealth(key="gym", kind="panel.dc09", state="silent", since=NOW)
    well = SourceHealth(key="lab", kind="panel.dc09", state="ok", since=NOW)
    page = screen.render(a_config(), a_status(sources=(broken, silent, well)), UP, "ru")
    assert "№12 мектеп" in page and "Разряд батареи, не введён ключ шифрования" in page
    assert "gym" in page and "молчит" in page and "lab" not in page


UP = LinkState(up=True, problem=LinkProblem.NONE, since=NOW)


def test_every_state_reason_and_fault_has_words_in_each_language() -> None:
    keys = [f"camera.{state}" for state in CameraState]
    keys += [f"camera.reason.{reason}" for reason in CameraReason]
    keys += [f"link.{problem}" for problem in LinkProblem]
    keys += [f"kind.{kind}" for kind in Kind] + [f"stream.{name}" for name in StreamName]
    keys += [f"fault.{fault}" for fault in NodeFault]
    assert [key for key in keys if key not in TEXTS] == []
    for key, row in TEXTS.items():
        assert len(row) == len(LANGUAGES)
        assert all(row) or key == "camera.reason.none", key


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_others_have_written_is_escaped(language: str) -> None:
    name = EVIL.replace("\\", "\\\\").replace('"', '\\"')
    status = a_status(
        state=EVIL,
        reason=EVIL,
        faults=(EVIL,),
        recent=[RecentAlarm(source_key=EVIL, place=None, kind=EVIL, level="P1", at=NOW, received=False)],
        parked=[Parked(id=uuid4(), seq=1, type=EVIL, code=EVIL, at=NOW)],
    )
    page = screen.render(a_config(name), status, UP, language)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 6


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = screen.render(a_config(), a_status(), UP, "ru")
    assert not re.search(r"https?://|src=|@import|url\(", page)
    assert 'http-equiv="refresh" content="5"' in page
    assert "default-src 'none'" in screen.HEADERS["content-security-policy"]
    assert f"<style>{screen.STYLE}</style>" in page


def test_times_are_almatys_and_states_have_words() -> None:
    page = screen.render(a_config(), a_status("failed", "wrong_password"), UP, "ru")
    assert "22.11.2026 13:05:00" in page
    assert "не работает, неверный логин или пароль" in page


def test_a_school_without_link_is_told_that_its_buttons_work() -> None:
    down = LinkState(up=False, problem=LinkProblem.UNREACHABLE, since=NOW)
    page = screen.render(a_config(), a_status(), down, "kk")
    assert "Байланыс жоқ: орталық жауап бермейді" in page
    assert "Түймелер жұмыс істейді" in page


@pytest.mark.parametrize(
    ("wished", "accepted", "language"),
    [
        ("ru", "", "ru"),
        ("xx", "en-US,en;q=0.9", "en"),
        (None, "de, ru;q=0.5", "ru"),
        (None, "", "kk"),
        ("../etc", "q=;;,,", "kk"),
    ],
)
def test_the_language_is_the_one_asked_for_or_kazakh(wished: str | None, accepted: str, language: str) -> None:
    assert screen.language_of(wished, accepted) == language
