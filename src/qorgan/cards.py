"""`qorgan cards`: check the action cards, show one as a person reads it."""

from pathlib import Path
from typing import Annotated

import typer

from qorgan.domain.readiness.cards import CardRole, CardScenario
from qorgan.domain.readiness.loading import LANGUAGES, Cards, CardsRefused, load_cards, shipped_cards

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Action cards: check them, show one.",
)


@app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="Folder with one TOML for each scenario.")] = None,
) -> None:
    """Check the cards. Ends with 0 when all is well, with 1 otherwise."""
    cards = _load(folder)
    for scenario in CardScenario:
        card = cards[CardRole.TEACHER, scenario]
        count = sum(one.scenario is scenario for one in cards.values())
        typer.echo(f"{scenario} v{card.version}: {count} cards, {card.status}")


@app.command()
def show(
    role: CardRole, scenario: CardScenario, language: Annotated[str, typer.Option(help="kk, ru or en.")] = "kk"
) -> None:
    """One card as a person reads it, with how far it can be trusted."""
    if language not in LANGUAGES:
        typer.echo(f"{language}: kk, ru or en", err=True)
        raise typer.Exit(1)
    card = _load(None)[role, scenario]
    typer.echo(card.title.in_language(language))
    for number, step in enumerate(card.steps, start=1):
        typer.echo(f"{number}. {step.in_language(language)}")
    typer.echo(f"v{card.version}, {card.status}: {'; '.join(one.source for one in card.sources)}")


def _load(folder: Path | None) -> Cards:
    try:
        return load_cards(folder) if folder else shipped_cards()
    except CardsRefused as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from refused
