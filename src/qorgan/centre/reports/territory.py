"""The report of a country, region or district: its numbers, each of one denominator, with the registry's date."""

from typing import Any

from qorgan.centre.norms import judging, standing
from qorgan.centre.norms import schemas as wire
from qorgan.centre.papers.render import Language, clock
from qorgan.centre.reports.layout import Form, Report, Section, printed, say
from qorgan.centre.territory.models import District, Region
from qorgan.domain.access import Actor
from qorgan.kernel.errors import NotFound

NUMBERS = ("connected", "working", "compliant", "unknown", "drilled")


def territory(actor: Actor, form: Form, *, level: wire.Level, of: str | None, pack: str) -> bytes:
    """The PDF, of what lies in the actor's own territory. Raises as `standing`."""
    data = territory_data(actor, level=level, of=of, pack=pack)
    return printed(actor, _report(data, form.language), form, {"level": level, "of": of or "", "pack": pack})


def territory_data(actor: Actor, *, level: wire.Level, of: str | None, pack: str) -> dict[str, Any]:
    """All that the report says, in JSON's own types. Raises as `standing`."""
    page = standing.standing(actor, level=level, of=of, pack=pack)
    judged = judging.bench(pack).packs[pack]
    return {
        "level": level,
        "of": of,
        "pack": {"key": pack, "version": judged.version, "digest": judged.digest},
        "standing": page.model_dump(mode="json"),
    }


def _report(data: dict[str, Any], language: Language) -> Report:
    page = wire.StandingPage.model_validate(data["standing"])
    place = _place(data["level"], data["of"], language)
    pack = data["pack"]
    facts = [
        ("place", place),
        ("packs", f"{pack['key']} {pack['version']} ({pack['digest'][:12]})"),
        ("as_of", clock(page.as_of) or "—"),
        ("registry", clock(page.registry_as_of) or say(language, "no_registry")),
        ("organisations", str(page.organisations)),
    ]
    return Report(
        kind="territory",
        title=f"{say(language, 'territory')}: {place}",
        facts=[(say(language, key), value) for key, value in facts],
        sections=[_summary(page, language), _children(page, language)],
        data=data,
        signatures=("sign_author",),
    )


def _place(level: wire.Level, of: str | None, language: Language) -> str:
    if level == "country":
        return say(language, "country")
    model: Any = {"region": Region, "district": District}[level]
    row = model.objects.filter(pk=of).first()
    if row is None:
        raise NotFound("there is no such territory")
    return str(row.name.in_language(language))


def _summary(page: wire.StandingPage, language: Language) -> Section:
    rows = [
        [say(language, name), f"{getattr(page, name)} / {page.organisations}", share(getattr(page, name), page)]
        for name in NUMBERS
    ]
    note = say(language, "denominator")
    head = ("summary", "count", "share")
    return Section(title=say(language, "summary"), head=head, widths=("1", "auto", "auto"), rows=rows, note=note)


def _children(page: wire.StandingPage, language: Language) -> Section:
    rows = [
        [
            getattr(one.name, language),
            str(one.organisations),
            *(f"{getattr(one, name)} ({share(getattr(one, name), one)})" for name in NUMBERS),
        ]
        for one in page.children
    ]
    head, widths = ("place", "organisations", *NUMBERS), ("2", *["1"] * (len(NUMBERS) + 1))
    return Section(title=say(language, "children"), head=head, widths=widths, rows=rows)


def share(part: int, whole: wire.Numbers) -> str:
    """In percent, cut and not rounded: 100 % are all of them."""
    return f"{100 * part // whole.organisations} %" if whole.organisations else "—"
