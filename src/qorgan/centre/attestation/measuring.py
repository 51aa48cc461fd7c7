"""What is measured of a school by the norm that a campaign pinned, whatever the packs of today say."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from qorgan.centre.attestation.models import Campaign
from qorgan.centre.ledger import moment
from qorgan.centre.norms import judging, ledgering
from qorgan.centre.norms.judging import end_of
from qorgan.centre.norms.models import FactLine, NormPack, SchoolNorms
from qorgan.centre.schools.models import School
from qorgan.domain.norms.engine import Engine, Inquiry
from qorgan.domain.norms.types import Pack, Question, SiteFacts, Verdict, Vocabulary
from qorgan.kernel.errors import Corrupt


def pins() -> tuple[dict[str, str], str]:
    """Digests of the packs that judge every school now, by key, and of their words."""
    bench = judging.bench()
    return {key: pack.digest for key, pack in bench.packs.items()}, judging.digest_of_words(bench.vocabulary)


def asked(campaign: Campaign, at: datetime) -> Inquiry:
    """The campaign's question at an instant. Raises `Corrupt` (`norm_pack.lost`)."""
    engine, _ = _pinned(tuple(campaign.packs.values()), campaign.words)
    known_at = max(at, end_of(campaign.norm_day))
    return engine.ask(Question(at=at, norm_day=campaign.norm_day, known_at=known_at))


def facts(campaign: Campaign, school: School, at: datetime) -> SiteFacts:
    """All that is known of the school now, in the words of the campaign."""
    _, vocabulary = _pinned(tuple(campaign.packs.values()), campaign.words)
    row = SchoolNorms.objects.filter(pk=school.pk).first() or SchoolNorms(school=school, due_at=at)
    return ledgering.site_facts(row, vocabulary, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """`facts`: digest of the last line of facts it rests on, "" where there is none."""

    verdicts: dict[str, Verdict]
    scores: dict[str, tuple[int, int]]
    facts: str

    def kept(self, at: datetime) -> dict[str, Any]:
        """As it stands in the assessment."""
        verdicts = {ref: verdict.value for ref, verdict in self.verdicts.items()}
        scores = {ref: list(span) for ref, span in self.scores.items()}
        return {"at": moment(at), "facts": self.facts, "verdicts": verdicts, "scores": scores}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Measured":
        verdicts = {ref: Verdict(verdict) for ref, verdict in kept["verdicts"].items()}
        scores = {ref: (span[0], span[1]) for ref, span in kept["scores"].items()}
        return cls(verdicts=verdicts, scores=scores, facts=kept["facts"])


def measure(campaign: Campaign, school: School, at: datetime) -> Measured:
    """Every requirement in force for the campaign, and the range of each criterion that is graded."""
    question, known = asked(campaign, at), facts(campaign, school, at)
    spans = {ref: question.score(known, ref) for ref in question.scores}
    last = FactLine.objects.filter(school=school).order_by("-number").values_list("digest", flat=True).first()
    return Measured(
        verdicts=question.verdicts(known),
        scores={ref: (one.lowest, one.highest) for ref, one in spans.items() if one.highest > 0},
        facts=last or "",
    )


@lru_cache(maxsize=4)
def _pinned(packs: tuple[str, ...], words: str) -> tuple[Engine, Vocabulary]:
    kept = NormPack.objects.in_bulk([*packs, words])
    if set(kept) != {*packs, words}:
        raise Corrupt("a pack that a campaign pinned is not kept any more", code="norm_pack.lost")
    vocabulary = msgspec.json.decode(kept[words].content, type=Vocabulary)
    return Engine(vocabulary, [msgspec.json.decode(kept[one].content, type=Pack) for one in packs]), vocabulary
