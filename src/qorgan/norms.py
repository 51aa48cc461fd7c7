"""`qorgan norms`: check packs with their examples, tell what changed between two releases, explain a verdict."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from qorgan.domain.norms.cases import Case, examples, failures, observations_of, site_of
from qorgan.domain.norms.diffing import Change, diff, same_version
from qorgan.domain.norms.engine import Engine, Inquiry, defined_facts, summary
from qorgan.domain.norms.knowledge import facts_of
from qorgan.domain.norms.loading import Library, Refused, load_library, shipped_folder
from qorgan.domain.norms.types import Question, SiteFacts
from qorgan.domain.norms.wording import LANGUAGES, Wording
from qorgan.kernel.errors import QorganError

MAX_FACTS_BYTES = 1_000_000
_MARKS = {"added": "+", "removed": "-", "changed": "~"}

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Norm packs: check them, compare two releases, explain a verdict.",
)
Language = Annotated[str, typer.Option("--language", help="kk, ru or en.")]


@app.command()
def check(folder: Annotated[Path | None, typer.Argument(help="Folder with facts.toml and the packs.")] = None) -> None:
    """Check packs and run their examples. Ends with 0 when all is well, with 1 otherwise."""
    loaded = _load(folder)
    try:
        rows = examples(loaded)
        wrong = list(failures(loaded, rows))
    except QorganError as error:
        raise _stop(error) from error
    for pack in loaded.packs.values():
        count = sum(row.pack == pack.key for row in rows)
        said = f"{len(pack.requirements)} requirements, {len(pack.provisions)} clauses, {count} examples"
        typer.echo(f"{pack.key} v{pack.version}: {said}, {pack.digest[:12]}")
    for problem in wrong:
        typer.echo(str(problem), err=True)
    raise typer.Exit(1 if wrong else 0)


@app.command(name="diff")
def compare(
    old: Annotated[Path, typer.Argument(help="Folder of the earlier release.")],
    new: Annotated[Path, typer.Argument(help="Folder of the later release.")],
    language: Language = "en",
) -> None:
    """What changed between two releases. Ends with 1 when something was edited that never changes, with 0 otherwise."""
    _require_language(language)
    before, after = _load(old), _load(new)
    changes = list(diff(before, after, language))
    for change in changes:
        _show(change)
    wrong = [f"{one.pack}: {one.entry} was released: leave it, write the next version" for one in changes if one.breaks]
    for key in same_version(before, after):
        wrong.append(f"{key}: the content changed, the version did not: raise it in pack.toml")
    for message in wrong:
        typer.echo(message, err=True)
    if not changes:
        typer.echo("nothing changed")
    raise typer.Exit(1 if wrong else 0)


@app.command()
def explain(
    pack: Annotated[str, typer.Argument(help="Key of a pack, for example kz.")],
    requirement: Annotated[str, typer.Argument(help="Key of a requirement, for example KZ-V-4.")],
    facts: Annotated[Path, typer.Option("--facts", help="TOML: what is known of a school, as in norms/README.md.")],
    at: Annotated[str, typer.Option("--at", help="The day asked for, 2026-11-23; today if not given.")] = "",
    norm_day: Annotated[str, typer.Option("--norm-day", help="The day whose norm counts; --at if not given.")] = "",
    folder: Annotated[Path | None, typer.Option("--norms", help="Folder with facts.toml and the packs.")] = None,
    language: Language = "en",
    as_json: Annotated[bool, typer.Option("--json", help="Print the explanation as JSON.")] = False,
) -> None:
    """Why a school has a verdict. Ends with 0 whatever the verdict is, with 1 when it cannot be asked."""
    _require_language(language)
    loaded = _load(folder)
    if pack not in loaded.packs:
        raise typer.BadParameter(f"there is no pack {pack}: {', '.join(loaded.packs)}")
    engine = Engine(loaded.vocabulary, loaded.with_used([pack]))
    try:
        inquiry, site = _asked(engine, loaded, facts, _day(at) or datetime.now(UTC).date(), _day(norm_day))
        refs = [ref for ref in inquiry.requirements if ref.startswith(f"{pack}:{requirement}:")]
        if not refs:
            raise typer.BadParameter(f"{requirement} is not in force on that day, or the pack {pack} has none")
        found = inquiry.explain(site, refs[0])
    except QorganError as error:
        raise _stop(error) from error
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found)))
        return
    words = Wording(loaded.vocabulary, defined_facts(loaded.packs.values()), language)
    typer.echo(inquiry.requirements[refs[0]].title.in_language(language))
    for line in words.story(found):
        typer.echo(line)
    typer.echo(f"{words.word('site_by_gates')}: {words.verdict(summary(inquiry, inquiry.verdicts(site)).status)}")


def _asked(engine: Engine, loaded: Library, path: Path, day: date, norm_day: date | None) -> tuple[Inquiry, SiteFacts]:
    """The question and what a file of facts says. Raises `Rejected` for what is wrong in it."""
    if not path.is_file() or path.stat().st_size > MAX_FACTS_BYTES:
        raise typer.BadParameter(f"{path}: no file of facts of at most {MAX_FACTS_BYTES} bytes")
    tables = site_of(path.read_text(encoding="utf-8"), path.name)
    observations = observations_of(tables, Case(name=path.stem, site=path.stem, at=day), loaded.vocabulary)
    at = datetime.combine(day, time(7, 0), UTC)
    known_at = max(at, datetime.combine(norm_day, time(7, 0), UTC)) if norm_day else at
    inquiry = engine.ask(Question(at=at, norm_day=norm_day, known_at=known_at))
    return inquiry, facts_of(path.stem, observations, loaded.vocabulary, at=at, known_at=at)


def _load(folder: Path | None) -> Library:
    try:
        return load_library(folder or shipped_folder())
    except Refused as error:
        raise _stop(error) from error


def _stop(error: QorganError) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(1)


def _show(change: Change) -> None:
    title = f": {change.title}" if change.title else ""
    typer.echo(f"{_MARKS[change.kind]} {change.pack} {change.section} {change.entry}{title}")
    for name, before, after in change.fields:
        typer.echo(f"    {name}: {before} → {after}")


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f'{text!r} is no day: write "2026-11-23"') from error


def _require_language(language: str) -> None:
    if language not in LANGUAGES:
        raise typer.BadParameter(f"{language!r} is none of {', '.join(LANGUAGES)}")
