"""Standing and verdicts for other programs: tables, JSON for the education database, OSCAL. Each is audited."""

from typing import Any
from uuid import UUID, uuid5

from django.utils import timezone

from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.norms import reading
from qorgan.centre.norms import schemas as wire
from qorgan.centre.papers.render import Language, word
from qorgan.centre.reports.card import card_data
from qorgan.centre.reports.layout import digest_of, say
from qorgan.centre.reports.tables import Kind, written
from qorgan.centre.reports.territory import NUMBERS, territory_data
from qorgan.centre.wire import instant
from qorgan.domain.access import Actor
from qorgan.domain.norms.types import Verdict

NOBD_FORMAT, NOBD_VERSION = "qorgan.nobd", 1  # docs/design/nobd.md
OSCAL_VERSION = "1.2.1"
_OURS = UUID("6b1f7a52-5c0e-4c39-9a53-2f9f6d1d7c11")  # the namespace of the ids that OSCAL wants of us
_STANDING_HEAD = ("place", "organisations", *NUMBERS)
_VERDICT_HEAD = ("requirement", "clause", "status", "verdict", "since", "due", "owner", "gate", "what_to_do")


def standing_table(
    actor: Actor, language: Language, kind: Kind, *, level: wire.Level, of: str | None, pack: str
) -> bytes:
    """A row for each child of the territory. Raises as `standing`."""
    data = territory_data(actor, level=level, of=of, pack=pack)
    page = wire.StandingPage.model_validate(data["standing"])
    head = ["id", *(say(language, key) for key in _STANDING_HEAD), say(language, "registry"), say(language, "as_of")]
    days = [instant(one) if one else "" for one in (page.registry_as_of, page.as_of)]
    rows = [
        [one.id, getattr(one.name, language), one.organisations, *(getattr(one, name) for name in NUMBERS), *days]
        for one in page.children
    ]
    _audited(actor, f"standing.{kind}", data, {"level": level, "of": of or "", "pack": pack})
    return written(kind, head, rows)


def verdict_table(actor: Actor, school_id: UUID, language: Language, kind: Kind, *, pack: str | None) -> bytes:
    """A row for each requirement. Raises `NotFound`."""
    school = reading.find_school(actor, school_id)
    data = card_data(actor, school, pack=pack, at=None)
    items = wire.SchoolNorms.model_validate(data["norms"]).items
    head = ["id", *(say(language, key) for key in _VERDICT_HEAD)]
    _audited(actor, f"verdicts.{kind}", data, {"school": str(school.pk)})
    return written(kind, head, [_verdict_row(one, language) for one in items])


def _verdict_row(one: wire.NormItem, language: Language) -> list[str | int]:
    return [
        one.requirement,
        getattr(one.title, language),
        one.clause,
        word(language, "clause_status", one.status),
        word(language, "norm_verdict", one.verdict),
        instant(one.since) if one.since else "",
        one.due.isoformat() if one.due else "",
        word(language, "norm_owner", one.owner),
        int(one.gate),
        getattr(one.what_to_do, language),
    ]


def nobd(actor: Actor, *, level: wire.Level, of: str | None, pack: str) -> dict[str, Any]:
    """For the education database, in the format of `docs/design/nobd.md`. Raises as `standing`."""
    data = territory_data(actor, level=level, of=of, pack=pack)
    page = data["standing"]
    said = {
        "format": NOBD_FORMAT,
        "version": NOBD_VERSION,
        "pack": data["pack"],
        "territory": {"level": level, "code": of},
        "as_of": page["as_of"],
        "registry_as_of": page["registry_as_of"],
        "total": _numbers(page),
        "items": [{"id": one["id"], "name": one["name"], **_numbers(one)} for one in page["children"]],
    }
    _audited(actor, "nobd.json", data, {"level": level, "of": of or "", "pack": pack})
    return said | {"digest": digest_of(said)}


def _numbers(row: dict[str, Any]) -> dict[str, int]:
    return {name: row[name] for name in ("organisations", *NUMBERS)}


def oscal(actor: Actor, school_id: UUID, *, pack: str | None) -> dict[str, Any]:
    """Assessment results (NIST OSCAL). What does not concern the school is no finding. Raises `NotFound`."""
    school = reading.find_school(actor, school_id)
    data = card_data(actor, school, pack=pack, at=None)
    norms = wire.SchoolNorms.model_validate(data["norms"])
    digest, now = digest_of(data), instant(timezone.now())
    judged = [one for one in norms.items if one.verdict is not Verdict.NOT_APPLICABLE]
    plan = str(uuid5(_OURS, f"plan {digest}"))
    _audited(actor, "oscal.json", data, {"school": str(school.pk)})
    return {
        "assessment-results": {
            "uuid": str(uuid5(_OURS, f"results {digest}")),
            "metadata": {
                "title": f"Qorgan: {school.site}",
                "last-modified": now,
                "version": "1",
                "oscal-version": OSCAL_VERSION,
                "remarks": f"SHA-256 of the data: {digest}",
            },
            "import-ap": {"href": f"#{plan}"},
            "results": [
                {
                    "uuid": str(uuid5(_OURS, f"result {digest}")),
                    "title": school.name.in_language("en"),
                    "description": "Verdicts by the norm packs; requirements that do not apply are left out.",
                    "start": instant(norms.as_of),
                    "reviewed-controls": {"control-selections": [{"include-all": {}}]},
                    **({"findings": [_finding(one, digest) for one in judged]} if judged else {}),
                }
            ],
            "back-matter": {"resources": [{"uuid": plan, "title": _packs(data)}]},
        }
    }


def _finding(one: wire.NormItem, digest: str) -> dict[str, Any]:
    """OSCAL knows satisfied or not: whatever is not compliant is not, and the verdict stands in a property."""
    met = one.verdict is Verdict.COMPLIANT
    status = {"state": "satisfied", "reason": "pass"} if met else {"state": "not-satisfied", "reason": _reason(one)}
    said = {"verdict": one.verdict.value, "clause-status": one.status.value, "gate": str(one.gate).lower()}
    return {
        "uuid": str(uuid5(_OURS, f"{digest} {one.requirement}")),
        "title": one.title.en,
        "description": one.clause or one.title.en,
        "props": [{"name": name, "ns": "urn:qorgan:oscal", "value": value} for name, value in said.items()],
        "target": {
            "type": "objective-id",
            "target-id": one.requirement.replace(":", "."),  # a token has no colons
            "status": status,
        },
    }


def _reason(one: wire.NormItem) -> str:
    return "other" if one.verdict is Verdict.UNKNOWN else "fail"


def _packs(data: dict[str, Any]) -> str:
    return "; ".join(f"{one['key']} {one['version']} sha256:{one['digest']}" for one in data["packs"])


def _audited(actor: Actor, kind: str, data: dict[str, Any], about: dict[str, str]) -> None:
    line: dict[str, object] = {"report": kind, "digest": digest_of(data)}
    access.audit(User.objects.get(pk=actor.user), "report.exported", line | about)
