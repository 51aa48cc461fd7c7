"""Kazakh, Russian and English say the same things: equal keys, equal places for values, nothing empty."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.house._repository import ROOT

LANGUAGES = ("kk", "ru", "en")
PLURAL = re.compile(r"_(zero|one|two|few|many|other)$")  # languages have different plural forms
VALUE = re.compile(r"{{\s*-?\s*([\w.]+)[^}]*}}")


def locale_folders() -> list[Path]:
    """Every folder that holds locale files."""
    found = {path.parent for path in (ROOT / "web" / "src").rglob("kk.json")}
    return sorted(found) or [ROOT / "web" / "src" / "locales"]


def load(folder: Path, language: str) -> dict[str, str]:
    return dict(flatten(json.loads((folder / f"{language}.json").read_text(encoding="utf-8"))))


def flatten(node: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from flatten(value, f"{prefix}.{key}" if prefix else key)
    else:
        yield prefix, node


@pytest.mark.parametrize("folder", locale_folders(), ids=lambda folder: folder.name)
def test_three_languages_have_the_same_keys(folder: Path) -> None:
    keys = {language: {PLURAL.sub("", key) for key in load(folder, language)} for language in LANGUAGES}
    everything = set().union(*keys.values())
    missing = {language: sorted(everything - keys[language]) for language in LANGUAGES if everything - keys[language]}
    assert everything and not missing, f"keys that a language lacks: {missing}"


@pytest.mark.parametrize("folder", locale_folders(), ids=lambda folder: folder.name)
def test_no_text_is_empty_and_values_stand_in_every_language(folder: Path) -> None:
    texts = {language: load(folder, language) for language in LANGUAGES}
    empty = [
        f"{language}:{key}" for language, found in texts.items() for key, text in found.items() if not text.strip()
    ]
    assert not empty, f"empty texts: {empty}"
    english = {PLURAL.sub("", key): set(VALUE.findall(text)) for key, text in texts["en"].items()}
    astray = [
        f"{language}:{key}"
        for language in LANGUAGES
        for key, text in texts[language].items()
        if not set(VALUE.findall(text)) <= english[PLURAL.sub("", key)] | {"count"}
    ]
    assert not astray, f"texts with values that the English text does not have: {astray}"


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_kazakh_and_russian_are_not_english(language: str) -> None:
    """A text without one Cyrillic letter is a name, a unit, or was forgotten."""
    folder = locale_folders()[0]
    english = load(folder, "en")
    same = [
        key
        for key, text in load(folder, language).items()
        if text == english.get(key) and len(re.sub(VALUE, "", text).split()) > 2
    ]
    assert not same, f"texts of {language} that were left in English: {same}"
