"""A volume on paper: its two parts in the columns of the form, with boxes for the signatures of those briefed."""

from uuid import UUID

from qorgan.centre.journals import schemas as wire
from qorgan.centre.journals import service
from qorgan.centre.journals.words import TEXTS
from qorgan.centre.papers.render import Language, clock
from qorgan.centre.reports.layout import Form, Report, Section, day, printed
from qorgan.domain.access import Actor
from qorgan.domain.journals import COLUMNS, EntryKind

_WIDTHS = {
    EntryKind.BRIEFING: ("auto", "auto", "3", "1.2", "2", "1.2", "1.2"),
    EntryKind.DRILL: ("auto", "auto", "2", "4", "auto", "1.2"),
}


def journal(actor: Actor, journal_id: UUID, form: Form) -> bytes:
    """A line in the audit of whoever took it. Raises `NotFound`, and as `reports.layout.printed`."""
    row, said = service.find(actor, journal_id), service.get(actor, journal_id)
    report = _report(said, row.school.name.in_language(form.language), form.language)
    return printed(actor, report, form, {"journal": str(row.pk)})


def _report(said: wire.Journal, school: str, language: Language) -> Report:
    facts = [
        (_say(language, "school"), school),
        (_say(language, "volume"), str(said.number)),
        (_say(language, "opened"), clock(said.opened_at)),
        (_say(language, "closed"), clock(said.closed_at)),
        (_say(language, "form"), _say(language, "form_status")),
    ]
    return Report(
        kind="journal",
        title=_say(language, "title"),
        facts=facts,
        sections=[
            _section(said, EntryKind.BRIEFING, "part1", language),
            _section(said, EntryKind.DRILL, "part2", language),
        ],
        data=said.model_dump(mode="json"),
        signatures=[_say(language, "head"), _say(language, "responsible")],
    )


def _section(said: wire.Journal, kind: EntryKind, title: str, language: Language) -> Section:
    columns = COLUMNS[kind]
    row = _briefing if kind is EntryKind.BRIEFING else _drill
    return Section(
        title=_say(language, title),
        head=[_say(language, key) for key in columns],
        widths=_WIDTHS[kind],
        rows=[row(line, language) for line in said.lines if line.kind is kind],
    )


def _briefing(line: wire.JournalLine, language: Language) -> list[str]:
    one = line.briefing
    assert one is not None
    people = "\n".join(f"{person.name}, {person.post}" for person in one.people)
    protocol = f"\n{_say(language, 'protocol')} {one.protocol}" if one.protocol else ""
    instructor = f"{one.instructor.name}, {one.instructor.post}"
    kind = _say(language, one.kind.value)
    return [_number(line, language), day(line.day), people + protocol, kind, instructor, "", line.by.name]


def _drill(line: wire.JournalLine, language: Language) -> list[str]:
    one = line.drill
    assert one is not None
    protocol = f"\n{_say(language, 'protocol')} {one.protocol}" if one.protocol else ""
    topic = _say(language, one.scenario)
    return [_number(line, language), day(line.day), topic, one.questions + protocol, str(one.present), line.by.name]


def _number(line: wire.JournalLine, language: Language) -> str:
    return f"{line.number} {_say(language, 'struck')}" if line.struck else str(line.number)


def _say(language: Language, key: str) -> str:
    text = TEXTS.get(key)
    return key if text is None else text.in_language(language)
