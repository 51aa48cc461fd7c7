"""Reads the cards from a folder: one TOML file for each scenario. All that is wrong is said in one go."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import msgspec
from msgspec import Meta

from qorgan.domain.norms.loading import Problem, in_words
from qorgan.domain.places import LocalText
from qorgan.domain.readiness.cards import (
    MAX_LETTERS,
    MAX_STEPS,
    PUPILS,
    QUESTIONS,
    STAFF,
    Card,
    CardRole,
    CardScenario,
    Question,
    Quiz,
    Source,
    Step,
)
from qorgan.kernel.errors import Invalid

MAX_BYTES, MAX_LINES = 200_000, 60  # of a file; steps of a file
LANGUAGES = ("kk", "ru", "en")
GROUPS: Mapping[str, frozenset[CardRole]] = MappingProxyType(
    {"staff": STAFF, "pupils": PUPILS, "adults": STAFF | {CardRole.PARENT}}
    | {role.value: frozenset({role}) for role in CardRole}
)
Cards = Mapping[tuple[CardRole, CardScenario], Card]


class CardsRefused(Invalid):
    """Cards that cannot be used, with all that is wrong in them."""

    code = "cards.refused"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(one) for one in problems))
        self.problems = tuple(problems)


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    scenario: CardScenario
    version: Annotated[int, Meta(ge=1)]
    title: LocalText
    sources: Annotated[dict[str, Source], Meta(min_length=1)]  # the first is the file's own
    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=MAX_LINES)]
    quiz: Quiz


@cache
def shipped_cards() -> Cards:
    """The cards that are shipped. Raises `CardsRefused`."""
    return load_cards(Path(str(files("qorgan.domain.readiness") / "cards")))


def load_cards(folder: Path) -> Cards:
    """All cards of a folder, one of each role for each scenario. Raises `CardsRefused` with all that is wrong."""
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml"))[: len(CardScenario) + 1]:
        if path.stat().st_size > MAX_BYTES:
            problems.append(_at(path.name, f"longer than {MAX_BYTES} bytes"))
            continue
        try:
            texts[path.name] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            problems.append(_at(path.name, "not UTF-8: save it as UTF-8"))
    return make_cards(texts, problems)


def make_cards(texts: Mapping[str, str], known: Sequence[Problem] = ()) -> Cards:
    """Cards from the texts of their files (name → text). Raises `CardsRefused`, the `known` problems included."""
    problems = list(known)
    found: dict[CardScenario, _File] = {}
    for name, text in texts.items():
        read = _read(name, text, problems)
        if read is None:
            continue
        if name != f"{read.scenario}.toml":
            problems.append(_at(name, f"is about {read.scenario}: call it {read.scenario}.toml"))
        problems += _wrong(name, read)
        found[read.scenario] = read
    if not problems:
        problems += [
            _at(f"{one}.toml", "is missing: each scenario has its file") for one in CardScenario if one not in found
        ]
    if problems:
        raise CardsRefused(problems)
    return MappingProxyType(
        {(role, scenario): _card(found[scenario], role) for scenario in CardScenario for role in CardRole}
    )


def _read(name: str, text: str, problems: list[Problem]) -> _File | None:
    try:
        return msgspec.convert(tomllib.loads(text), _File)
    except tomllib.TOMLDecodeError as error:
        problems.append(_at(name, f"not TOML: {error}"))
    except msgspec.ValidationError as error:
        problems.append(_at(name, in_words(str(error))))
    return None


def _wrong(name: str, read: _File) -> Iterator[Problem]:
    for number, step in enumerate(read.steps, start=1):
        for complaint in _wrong_step(step, read.sources):
            yield _at(name, complaint, f"steps[{number}]")
    for entry, text in _texts(read):
        missing = [one for one in LANGUAGES if not getattr(text, one).strip()]
        if missing:
            yield _at(name, f"no {', '.join(missing)}: give every text in kk, ru and en", entry)
        long = [one for one in LANGUAGES if len(getattr(text, one)) > MAX_LETTERS]
        if long:
            yield _at(name, f"longer than {MAX_LETTERS} letters in {', '.join(long)}: shorten it", entry)
    for role in CardRole:
        count = len(_steps(read, role))
        if not 1 < count <= MAX_STEPS:
            yield _at(name, f"{count} steps: a card has 2 to {MAX_STEPS}", role)
    yield from _wrong_quiz(name, read.quiz)


def _wrong_step(step: Step, sources: Mapping[str, Source]) -> Iterator[str]:
    strange = [one for one in step.of if one not in GROUPS]
    if strange:
        yield f"of = {', '.join(strange)}: none of {', '.join(GROUPS)}"
    if step.source and step.source not in sources:
        yield f"source = {step.source}: none of {', '.join(sources)}"
    if step.last_resort and _roles(step) & PUPILS:
        yield "a last resort is never told to children: take the pupils out"


def _wrong_quiz(name: str, quiz: Quiz) -> Iterator[Problem]:
    count = len(quiz.questions)
    if count not in QUESTIONS:
        yield _at(name, f"{count} questions: a quiz has {QUESTIONS[0]} to {QUESTIONS[-1]}", "quiz")
    if quiz.pass_mark > count:
        yield _at(name, f"pass_mark = {quiz.pass_mark}: there are only {count} questions", "quiz")
    for number, question in enumerate(quiz.questions, start=1):
        for language in LANGUAGES:
            answers = [getattr(one, language) for one in (question.right, *question.wrong)]
            if len(set(answers)) < len(answers):
                yield _at(name, f"two answers are the same in {language}", f"quiz.questions[{number}]")


def _texts(read: _File) -> Iterator[tuple[str, LocalText]]:
    yield "title", read.title
    for number, step in enumerate(read.steps, start=1):
        yield f"steps[{number}]", step.text
    for number, question in enumerate(read.quiz.questions, start=1):
        for text in _of_question(question):
            yield f"quiz.questions[{number}]", text


def _of_question(question: Question) -> tuple[LocalText, ...]:
    return (question.ask, question.right, *question.wrong)


def _roles(step: Step) -> frozenset[CardRole]:
    return frozenset().union(*(GROUPS.get(one, frozenset()) for one in step.of))


def _steps(read: _File, role: CardRole) -> list[Step]:
    return [one for one in read.steps if role in _roles(one)]


def _card(read: _File, role: CardRole) -> Card:
    steps = _steps(read, role)
    own = next(iter(read.sources))
    return Card(
        role=role,
        scenario=read.scenario,
        version=read.version,
        title=read.title,
        steps=tuple(one.text for one in steps),
        sources=tuple(read.sources[key] for key in dict.fromkeys(one.source or own for one in steps)),
        quiz=read.quiz if role in STAFF else None,
    )


def _at(file: str, message: str, entry: str = "") -> Problem:
    return Problem(file=file, line=0, entry=entry, message=message)
