"""The packs that are shipped: whole, honest about what nobody could read, and right in every example."""

import re
from dataclasses import dataclass

import msgspec
import pytest

from qorgan.domain.density.norms import Status, scales, zone_pack
from qorgan.domain.norms.cases import Example, ask, examples, failures
from qorgan.domain.norms.engine import Engine, summary
from qorgan.domain.norms.loading import Library, digest_of, library
from qorgan.domain.norms.types import Nature, Pack, Severity, Verdict

# Every row of the table of norms of Kazakhstan, by series: each is a requirement, several (D-2.1…), or a clause alone.
ROWS = {"A0": 4, "V": 12, "B": 5, "P": 10, "D": 16, "X": 5, "C": 7}


@dataclass(frozen=True)
class Shipped:
    library: Library
    rows: list[Example]

    @property
    def kz(self) -> Pack:
        return self.library.packs["kz"]


@pytest.fixture(scope="module")
def shipped() -> Shipped:
    made = library()
    return Shipped(made, examples(made))


def test_every_example_of_every_pack_gets_the_verdict_written_from_the_sources(shipped: Shipped) -> None:
    assert [] == [str(problem) for problem in failures(shipped.library, shipped.rows)]


def test_there_are_enough_examples_and_each_pack_has_its_own(shipped: Shipped) -> None:
    assert len(shipped.rows) >= 120
    assert {row.pack for row in shipped.rows} == set(shipped.library.packs)


def test_every_requirement_of_every_pack_has_an_example(shipped: Shipped) -> None:
    asked = {(row.pack, key) for row in shipped.rows for key in row.case.expect}
    missing = {
        (pack.key, one.key)
        for pack in shipped.library.packs.values()
        for one in pack.requirements
        if (pack.key, one.key) not in asked
    }
    assert missing == set(), "write an example for each of them"


def test_every_row_of_the_norms_of_kazakhstan_is_in_the_pack(shipped: Shipped) -> None:
    keys = {one.key for one in shipped.kz.requirements} | {one.key for one in shipped.kz.provisions}
    wanted = {f"KZ-{series}-{number}" for series, count in ROWS.items() for number in range(1, count + 1)}
    found = {re.sub(r"\.[0-9]+$", "", key) for key in keys}
    assert wanted <= found, sorted(wanted - found)


def test_what_no_act_gives_says_so(shipped: Shipped) -> None:
    """Numbers without a legal value are parameters, marked as ours or as not known; what is ours is no law."""
    parameters = {one.key: one for one in shipped.kz.parameters}
    unread = {key for key, one in parameters.items() if one.value is None}
    assert unread == {"width_px_min", "frame_rate_min", "night_lux_max", "arrival_max"}
    assert not parameters["button_test_every"].legal
    assert parameters["archive_days_min"].legal and parameters["archive_days_min"].status is Status.DIGEST
    ours = [one for one in shipped.kz.definitions if "qorgan" in " ".join(one.provisions)]
    assert ours and all(one.engineering for one in ours)
    contested = [one for one in shipped.kz.requirements if one.nature is Nature.DISPUTED]
    assert contested and not any(one.gate or one.severity is Severity.CRITICAL for one in contested)


def test_the_numbers_of_picture_quality_have_one_source(shipped: Shipped) -> None:
    parameters = {one.key: one.value for one in shipped.library.packs["iec-62676-4"].parameters}
    for scale, year in (("iec-62676-4-2014", "2014"), ("iec-62676-4-2025", "2025")):
        for kind, rule in zone_pack().rules.items():
            if f"{kind}_{year}" in parameters:
                assert parameters[f"{kind}_{year}"] == f"{scales()[scale].needs(rule.required[scale]):g} px/m"
    assert "entrance_2014" in parameters and "perimeter_2025" in parameters


def test_one_school_stands_well_in_kazakhstan_and_badly_in_france(shipped: Shipped) -> None:
    """Thirty days and a camera in the dining room: demanded here, forbidden there. One engine, the same facts."""
    row = next(row for row in shipped.rows if row.pack == "kz" and row.case.gates is Verdict.COMPLIANT)
    changed = dict(row.case.set) | {"camera.zone_kind": "dining_room", "camera.lesson_hours": True}
    row = Example(pack="kz", file=row.file, case=msgspec.structs.replace(row.case, set=changed), sites=row.sites)
    engine = Engine(shipped.library.vocabulary, shipped.library.with_used(["kz", "fr-cnil"]))
    inquiry, site = ask(row, engine, shipped.library.vocabulary)
    verdicts = inquiry.verdicts(site)
    assert verdicts["kz:KZ-V-4:1"] is Verdict.COMPLIANT
    assert verdicts["fr-cnil:FR-KEEP:1"] is Verdict.NOT and verdicts["fr-cnil:FR-PLACES:1"] is Verdict.NOT


def test_a_good_grade_hides_no_gate(shipped: Shipped) -> None:
    name = "good by its grade while a gate fails: the grade hides nothing"
    row = next(row for row in shipped.rows if row.case.name == name)
    engine = Engine(shipped.library.vocabulary, shipped.library.with_used(["kz-attestation"]))
    inquiry, site = ask(row, engine, shipped.library.vocabulary)
    said = summary(inquiry, inquiry.verdicts(site))
    assert inquiry.score(site, "kz-attestation:KZ-ATT-34:1").grade == 4
    assert said.status is Verdict.NOT and said.failing_gates == ("kz:KZ-B-5:1",)


def test_a_pack_is_named_by_what_it_says(shipped: Shipped) -> None:
    assert all(digest_of(pack) == pack.digest for pack in shipped.library.packs.values())
    assert len({pack.digest for pack in shipped.library.packs.values()}) == len(shipped.library.packs)
