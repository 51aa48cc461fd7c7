"""Action cards: every role has one for every scenario, and what cannot be used is refused with all that is wrong."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path

import pytest

from qorgan.domain.density.norms import Status
from qorgan.domain.readiness.cards import MAX_LETTERS, MAX_STEPS, PUPILS, STAFF, CardRole, CardScenario
from qorgan.domain.readiness.loading import LANGUAGES, CardsRefused, load_cards, make_cards, shipped_cards

FOLDER = Path(str(files("qorgan.domain.readiness") / "cards"))
EDITIONS = Path(__file__).with_name("editions.json")


def texts(**changed: str) -> dict[str, str]:
    """The shipped files, some of them changed: name of the scenario → text."""
    found = {one.name: one.read_text("utf-8") for one in FOLDER.glob("*.toml")}
    return found | {f"{name}.toml": text for name, text in changed.items()}


def shipped(scenario: str) -> str:
    return (FOLDER / f"{scenario}.toml").read_text("utf-8")


def complaints(**changed: str) -> str:
    with pytest.raises(CardsRefused) as refused:
        make_cards(texts(**changed))
    assert refused.value.problems
    return str(refused.value)


def test_each_role_has_a_short_card_in_three_languages_for_each_scenario() -> None:
    cards = shipped_cards()
    assert len(cards) == len(CardRole) * len(CardScenario)
    for card in cards.values():
        assert card.steps and len(card.steps) <= MAX_STEPS
        lengths = [len(getattr(step, language)) for step in card.steps for language in LANGUAGES]
        assert min(lengths) > 0 and max(lengths) <= MAX_LETTERS
        assert (card.quiz is not None) is (card.role in STAFF)


def test_children_are_never_told_to_fight_nor_frightened() -> None:
    frightening = ("оруж", "взорв", "убь", "қару", "жарыл", "өлтір", "weapon", "kill", "bomb", "defend", "заложник")
    for card in shipped_cards().values():
        if card.role in PUPILS:
            said = " ".join(getattr(step, language) for step in card.steps for language in LANGUAGES).casefold()
            assert [word for word in frightening if word in said] == []


def test_a_card_is_trusted_as_far_as_its_least_certain_step() -> None:
    cards = shipped_cards()
    cook = cards[CardRole.COOK, CardScenario.ARMED_ATTACK_INSIDE]
    assert {one.status for one in cook.sources} == {Status.STATEMENT, Status.DIGEST, Status.ASSUMED}
    assert cook.status is Status.ASSUMED
    assert all(one.source and one.paragraph for card in cards.values() for one in card.sources)


def test_whoever_changes_a_card_raises_its_version() -> None:
    """People are asked again by the version: a text that changes silently would be a text nobody has read."""
    kept = json.loads(EDITIONS.read_text("utf-8"))
    for scenario in CardScenario:
        cards = [card for card in shipped_cards().values() if card.scenario is scenario]
        digest = hashlib.sha256("".join(card.digest for card in cards).encode()).hexdigest()
        known = kept[scenario].get(str(cards[0].version))
        assert known == digest, f"{scenario}.toml: raise its version and write {digest} for it into editions.json"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('en = "Fire" }', 'en = "" }', "fire.toml: title: no en: give every text in kk, ru and en"),
        ('ru = "Пожар"', f'ru = "{"П" * 91}"', "title: longer than 90 letters in ru"),
        ('of = ["nurse"]', 'of = ["doctor"]', "of = doctor: none of staff, pupils"),
        ('source = "srp"', 'source = "law"', "source = law: none of own, srp"),
        ('of = ["cook"]', 'of = ["cook", "pupils"]\nlast_resort = true', "a last resort is never told to children"),
        ("pass_mark = 3", "pass_mark = 4", "pass_mark = 4: there are only 3 questions"),
        ('{ kk = "104", ru = "104", en = "104" }', '{ kk = "101", ru = "101", en = "1" }', "the same in kk"),
        ("valid_days = 180", "", "valid_days is missing"),
        ('status = "digest"', 'status = "law"', "is none of the words that may stand there"),
        ("version = 1", "version = ", "not TOML"),
        ('scenario = "fire"', 'scenario = "hostage"', "is about hostage: call it hostage.toml"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_to_do(old: str, new: str, complaint: str) -> None:
    text = shipped("fire")
    assert old in text
    assert complaint in complaints(fire=text.replace(old, new))


def test_a_card_with_too_many_steps_names_the_role() -> None:
    more = '\n[[steps]]\nof = ["guard"]\ntext = { kk = "Күтіңіз.", ru = "Ждите.", en = "Wait." }\n' * 5
    text = shipped("fire").replace("\n[quiz]\n", f"{more}\n[quiz]\n")
    assert "guard: 10 steps: a card has 2 to 7" in complaints(fire=text)


def test_all_that_is_wrong_is_said_at_once() -> None:
    fire = shipped("fire").replace("pass_mark = 3", "pass_mark = 5")
    said = complaints(fire=fire, hostage="version = 1")
    assert "fire.toml" in said and "hostage.toml" in said


def test_a_folder_with_a_missing_or_a_huge_or_a_foreign_file_is_refused(tmp_path: Path) -> None:
    for name, text in texts().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert load_cards(tmp_path) == shipped_cards()
    (tmp_path / "fire.toml").unlink()
    with pytest.raises(CardsRefused, match=r"fire\.toml: is missing"):
        load_cards(tmp_path)
    (tmp_path / "fire.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "hostage.toml").write_text("#" * 200_001, encoding="utf-8")
    with pytest.raises(CardsRefused, match=r"fire\.toml: not UTF-8") as refused:
        load_cards(tmp_path)
    assert "hostage.toml: longer than 200000 bytes" in str(refused.value)
