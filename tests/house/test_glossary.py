"""One word per thing: every noun of the code stands in docs/glossary.md, in Kazakh, Russian and English."""

import ast
import re

from tests.house._repository import ROOT

# Tables that serve a noun and are none themselves; the right side is the noun of the glossary they belong to.
PART_OF = {
    "AlarmLog": "alarm",
    "RoleGrant": "role",
    "WatchLine": "watch_ledger",
    "AuditLine": "audit_ledger",
    "ChecklistTick": "checklist",
    "HandoverItem": "handover",
    "PictureDay": "picture_state",
    "ViewSignature": "approved_view",
    "RemarkLine": "remark",
    "Review": "joint_review",
    "ReviewLine": "joint_review",
    "InspectionPhoto": "inspection",
    "DrillLine": "drill",
    "AssessmentLine": "assessment",
    "SchoolWaiver": "waiver",
    "FactLine": "observation",
    "JournalLine": "journal",
    "SchoolNorms": "norm_verdict",
    "VerdictLine": "norm_verdict",
    "StandingMonth": "standing",
}
PLUMBING = {
    "KeptAnswer",  # no domain in it: the API's memory of idempotency keys
    "NoticeMark",  # how far a log was read
    "Secret",
}


def rows() -> list[tuple[list[str], list[str]]]:
    """Codes and the cells after them, of every row of the glossary's table."""
    found = []
    for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        codes = re.findall(r"`([a-z0-9_]+)`", cells[0])
        if line.startswith("| `") and codes:
            found.append((codes, cells[1:]))
    return found


def nouns() -> set[str]:
    return {code for codes, _ in rows() for code in codes}


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def models() -> dict[str, str]:
    """Class name → file of every Django model: a class whose base is one (`models.Model`, `NamedRow`, `LedgerLine`)."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "src" / "qorgan" / "centre").rglob("models.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and any(_is_model(base) for base in node.bases):
                found[node.name] = str(path.relative_to(ROOT))
    return found


def _is_model(base: ast.expr) -> bool:
    name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    return name.endswith(("Model", "Row", "Line", "AbstractBaseUser"))


def test_every_noun_has_its_three_languages() -> None:
    poor = [codes for codes, cells in rows() if len(cells) < 3 or not all(cells[:3])]
    assert len(rows()) > 20
    assert not poor, f"rows of the glossary without English, Kazakh or Russian: {poor}"
    kazakh = " ".join(cells[1] for _, cells in rows())
    assert all(letter in kazakh for letter in "әіңғұүқөһ".replace("һ", "")), (
        "Kazakh letters are missing from the glossary"
    )


def test_every_table_of_the_centre_is_a_noun_of_the_glossary() -> None:
    known = nouns()
    strangers = {
        name: file
        for name, file in models().items()
        if name not in PLUMBING and PART_OF.get(name, snake(name)) not in known
    }
    assert models(), "no Django models found: has the centre moved?"
    assert not strangers, f"A new noun enters docs/glossary.md first (kk, ru, en): {strangers}"


def test_every_room_of_the_centre_is_explained() -> None:
    """A room is a Django app: a folder of the centre with a `models.py` or `api.py`."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    centre = ROOT / "src" / "qorgan" / "centre"
    rooms = {path.parent.name for name in ("models.py", "api.py") for path in centre.glob(f"*/{name}")}
    unexplained = sorted(room for room in rooms if f"`{room}`" not in text)
    assert rooms and not unexplained, f"rooms that docs/architecture.md does not name: {unexplained}"
