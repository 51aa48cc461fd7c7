"""`qorgan cards`: what a person who keeps the texts sees of them."""

from pathlib import Path

from typer.testing import CliRunner

from qorgan.cards import app

RUN = CliRunner()


def test_check_counts_the_cards_and_refuses_an_empty_folder(tmp_path: Path) -> None:
    done = RUN.invoke(app, ["check"])
    assert done.exit_code == 0 and "fire v1: 12 cards" in done.output
    wrong = RUN.invoke(app, ["check", str(tmp_path)])
    assert wrong.exit_code == 1 and "fire.toml: is missing: each scenario has its file" in wrong.output


def test_show_reads_a_card_in_a_language_and_says_how_far_it_is_to_be_trusted() -> None:
    done = RUN.invoke(app, ["show", "cook", "fire", "--language", "ru"])
    assert done.exit_code == 0
    assert "Выключите плиты и газ и выходите из столовой." in done.output and "v1, assumed" in done.output
    assert RUN.invoke(app, ["show", "cook", "fire", "--language", "de"]).exit_code == 1
