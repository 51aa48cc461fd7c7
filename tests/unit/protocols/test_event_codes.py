"""The tables of Contact ID and SIA DCS: complete, and of the right meaning where lives hang on it."""

import pytest
from siadc09 import dc03, dc05

from qorgan.domain.alarms import Level
from qorgan.domain.signals import WORDS, Judgement, Meaning, Nature, Phase, PointKind, judge, nature_of
from qorgan.kernel.errors import Invalid
from qorgan.protocols import contact_id, sia_dcs

RESTORE = "3"  # `siadc09` names 2, which does not exist


def judged(code: str) -> Judgement:
    return contact_id.parse_event(f"{code} 01 005").judgement


def test_every_code_of_the_standards_has_its_meaning() -> None:
    user_assigned = {str(code) for code in range(750, 790)}  # nobody can know them: they are alarms for a human
    assert set(dc05.EVENT) - user_assigned == set(contact_id.MEANING_OF)
    assert set(dc03.EVENT) == set(sia_dcs.MEANING_OF)


def test_every_meaning_has_its_words_and_is_used() -> None:
    assert set(Meaning) == set(WORDS)
    assert all(words.kk and words.ru and words.en for words in WORDS.values())
    others = {Meaning.POLICE, Meaning.ASSIST, Meaning.UNKNOWN}  # said by people, or by nobody
    used = {*contact_id.MEANING_OF.values(), *(meaning for meaning, _ in sia_dcs.MEANING_OF.values())}
    assert set(Meaning) - others == used


@pytest.mark.parametrize("code", ["120", "121", "122", "123", "124", "125", "126", "129", "646"])
def test_calls_for_the_police_are_p1(code: str) -> None:
    for qualifier in "16":
        judgement = judged(qualifier + code)
        assert (Nature.ALARM, Level.P1) == (judgement.nature, judgement.level)
    assert Nature.RESTORE is judged(RESTORE + code).nature


@pytest.mark.parametrize(
    ("code", "duress"), [("120", False), ("121", True), ("122", False), ("124", True), ("125", True)]
)
def test_duress_is_told_apart(code: str, duress: bool) -> None:
    assert duress is judged("1" + code).duress


def test_panic_silent_audible_and_duress_are_four_things() -> None:
    assert 4 == len({judged("1" + code).meaning for code in ("120", "121", "122", "123")})


@pytest.mark.parametrize("code", sorted(code for code in dc05.EVENT if code.startswith("1")))
def test_the_class_of_alarms_is_alarms(code: str) -> None:
    expected = Nature.FAULT if code == "156" else Nature.ALARM  # a day zone's trouble while disarmed
    assert expected is judged("1" + code).nature


@pytest.mark.parametrize(
    "code", ["375", "376", "354", "570", "571", "572", "573", "301", "302", "381", "384", "350", "925"]
)
def test_faults_are_faults_until_they_are_restored(code: str) -> None:
    began, ended = judged("1" + code), judged(RESTORE + code)
    assert (Nature.FAULT, True) == (began.nature, began.stands)
    assert (Nature.RESTORE, True) == (ended.nature, ended.stands)


@pytest.mark.parametrize("code", ["137", "144", "145", "147", "344", "383"])
def test_sabotage_is_an_alarm_and_a_fault(code: str) -> None:
    judgement = judged("1" + code)
    assert (Nature.ALARM, Level.P2, True) == (judgement.nature, judgement.level, judgement.stands)


@pytest.mark.parametrize("code", ["601", "602", "607", "611", "615"])
def test_tests_are_evidence(code: str) -> None:
    assert Nature.TEST is judged("1" + code).nature


def test_a_cancel_is_a_claim() -> None:
    assert Nature.CANCEL is judged("1406").nature
    assert Nature.CANCEL is sia_dcs.judge_code("OC").nature


@pytest.mark.parametrize(
    ("text", "level"),
    [("1199 01 005", Level.P1), ("1777 01 005", Level.P2), ("3777 01 005", Level.P2), ("1FFF 01 005", Level.P2)],
)
def test_an_unknown_code_is_an_alarm_for_a_human(text: str, level: Level) -> None:
    judgement = contact_id.parse_event(text).judgement
    assert (Nature.ALARM, Meaning.UNKNOWN, level) == (judgement.nature, judgement.meaning, judgement.level)


@pytest.mark.parametrize(("code", "level"), [("ÄA", None), ("IU", Level.P2), ("VA", Level.P1)])
def test_an_unknown_sia_code_is_an_alarm_for_a_human(code: str, level: Level | None) -> None:
    if level is None:
        with pytest.raises(Invalid):
            sia_dcs.parse_blocks("N" + code)
        return
    judgement = sia_dcs.judge_code(code)
    assert (Nature.ALARM, Meaning.UNKNOWN, level) == (judgement.nature, judgement.meaning, judgement.level)


@pytest.mark.parametrize("qualifier", list("0245789ABCDEFZ"))
def test_a_qualifier_that_does_not_exist_is_new(qualifier: str) -> None:
    judgement = judged(qualifier + "120")
    assert (Nature.ALARM, Level.P1) == (judgement.nature, judgement.level)


@pytest.mark.parametrize(
    ("text", "partition", "point", "kind"),
    [
        ("1120 01 005", "1", "5", PointKind.ZONE),
        ("1120 1 5", "1", "5", PointKind.ZONE),
        ("1120 001 0005", "1", "5", PointKind.ZONE),
        ("1120 00 000", "", "", PointKind.NONE),
        ("1120", "", "", PointKind.NONE),
        ("1121 02 010", "2", "10", PointKind.USER),
        ("e120 0A 00b", "A", "B", PointKind.ZONE),
    ],
)
def test_partitions_and_zones_are_written_in_many_ways(text: str, partition: str, point: str, kind: PointKind) -> None:
    event = contact_id.parse_event(text)
    assert (partition, point, kind) == (event.partition, event.point, event.point_kind)


@pytest.mark.parametrize("text", ["", "help", "112", "1 120 01 005"])
def test_what_is_no_event_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        contact_id.parse_event(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nri1/PA5^hall^", [("PA", "1", "5", "hall")]),
        ("Nri1PA005", [("PA", "1", "5", "")]),
        ('NPA5*"hall"NM', [("PA", "", "5", "hall")]),
        ("NPA5|Ahall door", [("PA", "", "5", "hall door")]),
        ("NPA5^hall", [("PA", "", "5", "hall")]),
        ("NPA1F", [("PA", "", "1F", "")]),
        ("Nti13:45/id12/ri2/OP", [("OP", "2", "12", "")]),
        ("NFA12/BA13", [("FA", "", "12", ""), ("BA", "", "13", "")]),
        ("NAT|NRP", [("AT", "", "", ""), ("RP", "", "", "")]),
    ],
)
def test_sia_blocks_are_written_in_many_ways(text: str, expected: list[tuple[str, str, str, str]]) -> None:
    found = sia_dcs.parse_blocks(text)
    assert expected == [(event.code, event.partition, event.point, event.text) for event in found]


def test_an_old_event_is_still_so() -> None:
    [event] = sia_dcs.parse_blocks("OPA5")
    assert (Nature.ALARM, Phase.STILL) == (event.judgement.nature, event.judgement.phase)


def test_no_meaning_is_lost_by_a_status_report() -> None:
    for meaning in Meaning:
        assert nature_of(meaning) is judge(meaning, Phase.STILL).nature
