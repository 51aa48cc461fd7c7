"""Documents lead where they say."""

import re
from pathlib import Path

from tests.house._repository import ROOT, tracked_files

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
MUST_EXIST = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "LICENSE",
    "NOTICE",
    "docs/architecture.md",
    "docs/glossary.md",
)


def documents() -> list[Path]:
    return [path for path in tracked_files() if path.suffix == ".md" and "node_modules" not in path.parts]


def anchors(text: str) -> set[str]:
    """Anchors of the headings, in the way Git hosts make them."""
    titles = re.findall(r"^#+ +(.+?)\s*$", FENCE.sub("", text), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", title)).strip().lower() for title in titles)
    return {title.replace(" ", "-") for title in plain}


def test_the_documents_everybody_looks_for_are_there() -> None:
    missing = [name for name in MUST_EXIST if not (ROOT / name).is_file()]
    assert not missing, f"missing: {missing}"


def test_every_link_in_a_document_leads_somewhere() -> None:
    broken = []
    for document in documents():
        for link in LINK.findall(FENCE.sub("", document.read_text(encoding="utf-8"))):
            if link.startswith(("http://", "https://", "mailto:")):
                continue
            name, _, anchor = link.partition("#")
            target = (document.parent / name).resolve() if name else document
            if not target.exists():
                broken.append(f"{document.relative_to(ROOT)} → {link}: no such file")
            elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8")):
                broken.append(f"{document.relative_to(ROOT)} → {link}: no such heading")
    assert not broken, "Links that lead nowhere:\n" + "\n".join(broken)


def test_decisions_are_numbered_without_holes() -> None:
    """docs/adr/NNNN-title.md: one decision, one page, in the order they were taken."""
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))]
    assert numbers == list(range(1, len(numbers) + 1)) and numbers, f"numbers found: {numbers}"
