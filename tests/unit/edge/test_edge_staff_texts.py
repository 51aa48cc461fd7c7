"""The words of the staff page and of the school's actions: all three languages, nothing missing."""

import json
import re
from importlib.resources import files

from qorgan.domain.actions import DUTIES, NAMES, Audience, SchoolAction, Standing, after
from qorgan.domain.alarms import Kind
from qorgan.edge.staff.files import staff_files
from qorgan.kernel.errors import Conflict

WEB = files("qorgan.edge.staff").joinpath("web")
TEXTS = json.loads(WEB.joinpath("texts.json").read_text("utf-8"))


def test_every_text_of_the_page_is_there_in_three_languages() -> None:
    assert ["kk", "ru", "en"] == list(TEXTS)
    assert set(TEXTS["kk"]) == set(TEXTS["ru"]) == set(TEXTS["en"])
    assert all(words.strip() for language in TEXTS.values() for words in language.values())
    used = re.findall(r'data-text="([^"]+)"', WEB.joinpath("index.html").read_text("utf-8"))
    used += [f"action.{action}" for action in SchoolAction]
    assert used and set(used) <= set(TEXTS["kk"])


def test_every_action_says_something_to_adults_and_to_pupils_in_three_languages() -> None:
    for action in SchoolAction:
        words = [NAMES[action], *(DUTIES[action, audience] for audience in Audience)]
        assert all(text.kk and text.ru and text.en for text in words), action


def test_the_page_fetches_only_files_that_the_worker_keeps() -> None:
    shell = re.findall(r"'([\w.]+\.\w+)'", WEB.joinpath("worker.js").read_text("utf-8"))
    assert set(shell) | {"", "worker.js"} == set(staff_files())


def test_a_drill_or_test_never_replaces_or_ends_what_is_real() -> None:
    real = Standing(action=SchoolAction.LOCKDOWN)
    for kind in (Kind.DRILL, Kind.TEST):
        for action in SchoolAction:
            try:
                after(real, Standing(action=action, kind=kind))
            except Conflict as refused:
                assert "action.real_stands" == refused.code
            else:
                raise AssertionError((kind, action))
    drill = Standing(action=SchoolAction.EVACUATE, kind=Kind.DRILL)
    assert real == after(drill, real), "what is real pierces a drill"
