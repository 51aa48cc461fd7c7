"""The evidence of an attestation, to be published: what a school said, what was measured, what was decided.

It is made of the signed record alone, by the packs of that day, and may hang on the school's own page. So it has no
layout, place or camera, no words that anybody wrote freely (they may name one), and no person but who recorded it.
"""

from typing import Any

import msgspec

from qorgan.centre.norms.models import NormPack
from qorgan.centre.norms.reading import clause_of
from qorgan.centre.papers.render import Language, clock, word
from qorgan.centre.reports.layout import Form, Report, Section, counted, day, printed, say
from qorgan.centre.schools.models import School
from qorgan.domain.access import Actor
from qorgan.domain.attestation.record import RecordedFinding, RecordedScore, Snapshot, read
from qorgan.domain.density.norms import Status
from qorgan.domain.norms.engine import provisions_of
from qorgan.domain.norms.types import Pack, Requirement, Score, Verdict, ref_of

_HEAD = ("requirement", "clause", "how_checked", "own", "measured", "decided", "excepted")
_WIDTHS = ("2", "1.2", "0.9", "auto", "auto", "auto", "auto")
_SCORE_HEAD = ("criterion", "measured_grade", "grade")
_SCORE_WIDTHS = ("3", "auto", "auto")


def bundle(actor: Actor, school: School, text: bytes, digest: str, form: Form) -> bytes:
    """The PDF of a record (`domain.attestation.record.written`), for a caller who may see the school.

    Raises `Corrupt` (`attestation.record`) when it is not what was recorded, `Unavailable` (`signature.…`).
    """
    snapshot = read(text, digest)
    report = _bundle(school, snapshot, digest, form.language)
    return printed(actor, report, form, {"school": str(school.pk), "record": digest})


def public(snapshot: Snapshot) -> dict[str, Any]:
    """What of a record is published, in JSON's own types: all but what people wrote freely."""
    said: dict[str, Any] = msgspec.to_builtins(snapshot)
    for part in ("findings", "scores"):
        said[part] = [{key: value for key, value in one.items() if key != "words"} for one in said[part]]
    return said


def _bundle(school: School, snapshot: Snapshot, digest: str, language: Language) -> Report:
    packs = _packs(snapshot)
    gates = [one for one in snapshot.findings if one.gate]
    rest = [one for one in snapshot.findings if not one.gate]
    return Report(
        kind="bundle",
        title=f"{say(language, 'bundle')}: {school.name.in_language(language)}",
        facts=_facts(school, snapshot, digest, language),
        sections=[
            _scores(snapshot.scores, packs, language),
            _findings("gate", gates, packs, language, note=say(language, "gate_note")),
            _findings("rest", rest, packs, language, note=say(language, "bundle_note")),
        ],
        data={"record": digest, "public": public(snapshot)},
        signatures=("sign_inspector", "sign_head"),
    )


def _packs(snapshot: Snapshot) -> dict[str, Pack]:
    """Those that judged, by key. One that the centre does not keep leaves its refs without titles."""
    rows = NormPack.objects.filter(pk__in=list(snapshot.packs.values())).exclude(key="")
    return {row.key: msgspec.json.decode(row.content, type=Pack) for row in rows}


def _facts(school: School, snapshot: Snapshot, digest: str, language: Language) -> list[tuple[str, str]]:
    district = school.district
    counts = ((word(language, "norm_verdict", each), _number(snapshot, each)) for each in Verdict)
    said = [
        ("school", f"{school.name.in_language(language)} ({school.site})"),
        ("district", f"{district.name.in_language(language)}, {district.region.name.in_language(language)}"),
        ("campaign", snapshot.campaign),
        ("norm_day", day(snapshot.norm_day)),
        ("measured_at", clock(snapshot.measured_at)),
        ("recorded", f"{clock(snapshot.recorded_at)}, {snapshot.recorded_by}"),
        ("gate", word(language, "norm_verdict", snapshot.gates)),
        ("counts", counted(counts)),
        ("packs", "; ".join(f"{key} ({one[:12]})" for key, one in snapshot.packs.items())),
        ("record_digest", digest),
    ]
    return [(say(language, key), value) for key, value in said]


def _number(snapshot: Snapshot, verdict: Verdict) -> int:
    return sum(one.counts is verdict for one in snapshot.findings)


def _scores(scores: tuple[RecordedScore, ...], packs: dict[str, Pack], language: Language) -> Section:
    titles = {ref_of(key, one): one for key, pack in packs.items() for one in pack.scores}
    rows = [[_title(titles.get(one.ref), one.ref, language), _range(one), str(one.grade)] for one in scores]
    return Section(title=say(language, "criteria"), head=_SCORE_HEAD, widths=_SCORE_WIDTHS, rows=rows)


def _range(one: RecordedScore) -> str:
    """The measured grade, or between which it lies; empty where nothing was measured."""
    if one.highest == 0:
        return ""
    return str(one.lowest) if one.lowest == one.highest else f"{one.lowest}…{one.highest}"


def _findings(
    title: str, findings: list[RecordedFinding], packs: dict[str, Pack], language: Language, note: str
) -> Section:
    asked = {ref_of(key, one): (pack, one) for key, pack in packs.items() for one in pack.requirements}
    rows = [_row(one, asked.get(one.ref), language) for one in findings]
    return Section(title=say(language, title), head=_HEAD, widths=_WIDTHS, rows=rows, note=note)


def _row(one: RecordedFinding, found: tuple[Pack, Requirement] | None, language: Language) -> list[str]:
    asked = None if found is None else found[1]
    return [
        _title(asked, one.ref, language),
        "" if found is None else _clause(*found, language),
        "" if asked is None else word(language, "norm_check", asked.kind),
        "" if one.own is None else word(language, "norm_verdict", one.own),
        word(language, "norm_verdict", one.measured),
        word(language, "norm_verdict", one.counts),
        day(one.excepted_until),
    ]


def _title(one: Requirement | Score | None, ref: str, language: Language) -> str:
    return ref if one is None else one.title.in_language(language)


def _clause(pack: Pack, one: Requirement, language: Language) -> str:
    """As people cite it, and how far its weakest clause can be trusted."""
    found = [each.status for each in provisions_of(pack, one.provisions)]
    weakest = max(found, key=list(Status).index, default=Status.ASSUMED)
    return f"{clause_of(pack, one)} ({word(language, 'clause_status', weakest)})"
