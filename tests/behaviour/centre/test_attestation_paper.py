"""What is published of an attestation: all that was decided, and nothing that helps to break in."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.behaviour.centre.conftest import Town
from tests.behaviour.centre.test_reports import text_of
from tests.support import centre as a

from qorgan.centre.access.models import AuditLine
from qorgan.centre.norms import judging
from qorgan.centre.papers.render import words
from qorgan.centre.reports.bundle import bundle
from qorgan.centre.reports.layout import Form
from qorgan.domain.access import Actor, Body, Role
from qorgan.domain.attestation.record import FORM, RecordedFinding, RecordedScore, Snapshot, digest_of, written
from qorgan.domain.norms.types import Verdict
from qorgan.kernel.errors import Corrupt

pytestmark = pytest.mark.django_db
PLACE = "солтүстік қақпадағы камера"
BORNE_UNTIL = date(2027, 3, 1)


@pytest.fixture
def inspector() -> Actor:
    return a.an_actor(Role.INSPECTOR, regions=(a.KOSTANAY,), body=Body.EDUCATION)


@pytest.fixture
def record(town: Town) -> Snapshot:
    """A gate that is not met, though the school said it was; borne by an exception for a while."""
    judging.keep_packs(timezone.now())
    asked = judging.inquiry(None, judging.Day(at=timezone.now()))
    gate = next(ref for ref, one in asked.requirements.items() if one.gate)
    other = next(ref for ref, one in asked.requirements.items() if not one.gate)
    found = (
        RecordedFinding(
            ref=gate,
            gate=True,
            own=Verdict.COMPLIANT,
            measured=Verdict.NOT,
            counts=Verdict.NOT,
            words=PLACE,
            excepted_until=BORNE_UNTIL,
        ),
        RecordedFinding(
            ref=other, gate=False, own=None, measured=Verdict.PARTLY, counts=Verdict.COMPLIANT, words=PLACE
        ),
    )
    return Snapshot(
        form=FORM,
        school=str(town.school.pk),
        site=town.school.site,
        campaign="2026 күз",
        norm_day=timezone.localdate(),
        measured_at=timezone.now() - timedelta(hours=2),
        recorded_at=timezone.now(),
        recorded_by="Ерлан Қасымов",
        packs={key: one.digest for key, one in judging.bench().packs.items()},
        facts="0" * 64,
        gates=Verdict.NOT,
        scores=(RecordedScore(ref="kz-attestation:KZ-ATT-34:1", grade=3, lowest=2, highest=4, words=PLACE),),
        findings=found,
    )


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_it_says_what_was_decided_and_no_place(town: Town, record: Snapshot, inspector: Actor, language: Any) -> None:
    text = written(record)
    paper = text_of(bundle(inspector, town.school, text, digest_of(text), Form(language=language)))
    said, squeezed = words(language), paper.replace(" ", "")

    asked = judging.inquiry(None, judging.Day(at=timezone.now()))
    for one in record.findings:
        assert asked.requirements[one.ref].title.in_language(language).replace(" ", "") in squeezed
    assert digest_of(text) in squeezed, "anybody can hold it against the record"
    assert "2…4" in paper and "2026 күз" in paper and "Ерлан Қасымов" in paper

    gates = paper[paper.index(said["report.excepted"]) : paper.index(said["report.rest"])]
    assert said["norm_verdict.not"] in gates and f"{BORNE_UNTIL:%d.%m.%Y}" in gates
    assert PLACE.replace(" ", "") not in squeezed, "free words may name a place"
    for secret in (town.hall.name_kk, town.hall.key, town.school.address_kk, town.school.phone):
        assert secret.replace(" ", "") not in squeezed, secret


def test_a_record_that_was_touched_gives_no_paper(town: Town, record: Snapshot, inspector: Actor) -> None:
    text = written(record)
    touched = text.replace(b'"gates":"not"', b'"gates":"compliant"')
    assert touched != text
    with pytest.raises(Corrupt) as refused:
        bundle(inspector, town.school, touched, digest_of(text), Form())
    assert refused.value.code == "attestation.record"
    assert not AuditLine.objects.filter(action="report.printed").exists()


def test_whoever_takes_it_stands_in_the_audit(town: Town, record: Snapshot, inspector: Actor) -> None:
    text = written(record)
    bundle(inspector, town.school, text, digest_of(text), Form())
    line = AuditLine.objects.get(action="report.printed", person_id=inspector.user)
    assert (line.data["report"], line.data["record"]) == ("bundle", digest_of(text))
