"""One paper from its template, in one language: PDF/A-2b, fonts and all inside, nothing fetched from anywhere."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import typst
from django.utils import timezone

Language = Literal["kk", "ru", "en"]
_FOLDER = files("qorgan.centre.papers")


def render(paper: Literal["case", "handover", "report"], language: Language, data: Mapping[str, Any]) -> bytes:
    """The PDF. `data` is what the template shows, in JSON's own types; its texts are shown as they are."""
    said = {"words": words(language), "language": language} | dict(data)
    template = Path(str(_FOLDER / f"{paper}.typ"))
    document = typst.compile(
        template,
        root=template.parent,
        ignore_system_fonts=True,  # typst's own have all Kazakh letters; the same paper on every machine
        format="pdf",
        pdf_standards="a-2b",
        sys_inputs={"data": json.dumps(said, ensure_ascii=False)},
    )
    assert isinstance(document, bytes)
    return document


def words(language: Language) -> dict[str, str]:
    """Every fixed text of the papers, by its key."""
    return dict(_words()[language])


def word(language: Language, group: str, key: str) -> str:
    """One of them; the key itself where a newer part of the system has a word that we do not."""
    return _words()[language].get(f"{group}.{key}", key)


def clock(at: datetime | None) -> str:
    """A moment as people here read it: 22.11.2026 12:44:07, by the centre's zone; empty for none."""
    return "" if at is None else f"{timezone.localtime(at):%d.%m.%Y %H:%M:%S}"


def clock_ms(at: datetime | None) -> str:
    """With milliseconds."""
    return "" if at is None else f"{clock(at)}.{timezone.localtime(at).microsecond // 1000:03d}"


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType(json.loads((_FOLDER / "words.json").read_text(encoding="utf-8")))
