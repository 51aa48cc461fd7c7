"""`qorgan norms`: what people of a ministry see of packs."""

import shutil
from pathlib import Path

from typer.testing import CliRunner

from qorgan.domain.norms.loading import shipped_folder
from qorgan.norms import app

RUN = CliRunner()
SCHOOL = shipped_folder() / "example-school.toml"


def test_check_tells_of_each_pack_and_runs_its_examples(tmp_path: Path) -> None:
    done = RUN.invoke(app, ["check"])
    assert done.exit_code == 0 and "kz v1: " in done.output and "123 examples" in done.output
    shutil.copytree(shipped_folder(), tmp_path / "norms")
    cases = tmp_path / "norms" / "ua-2026" / "cases.toml"
    cases.write_text(cases.read_text("utf-8").replace('UA-PAY = "unknown"', 'UA-PAY = "compliant"'), encoding="utf-8")
    wrong = RUN.invoke(app, ["check", str(tmp_path / "norms")])
    assert wrong.exit_code == 1
    assert "nobody knows who pays: UA-PAY is unknown, and compliant was expected" in wrong.output


def test_diff_speaks_of_what_changed_in_the_readers_language(tmp_path: Path) -> None:
    shutil.copytree(shipped_folder(), tmp_path / "norms")
    cameras = tmp_path / "norms" / "kz" / "cameras.toml"
    cameras.write_text(cameras.read_text("utf-8").replace('value = "30 d"', 'value = "60 d"'), encoding="utf-8")
    done = RUN.invoke(app, ["diff", str(shipped_folder()), str(tmp_path / "norms"), "--language", "kk"])
    assert "archive_days_min: Мұрағаттың ең аз тереңдігі" in done.output and "30 d → 60 d" in done.output
    assert done.exit_code == 1, "a released number was edited in place"
    same = RUN.invoke(app, ["diff", str(shipped_folder()), str(shipped_folder())])
    assert same.exit_code == 0 and "nothing changed" in same.output


def test_explain_names_clause_fact_and_camera() -> None:
    asked = ["explain", "kz", "KZ-V-4", "--facts", str(SCHOOL), "--at", "2026-11-23"]
    done = RUN.invoke(app, [*asked, "--language", "ru"])
    assert done.exit_code == 0
    assert "не соответствует" in done.output and "12 d" in done.output and "[2]" in done.output
    assert '"verdict": "not"' in RUN.invoke(app, [*asked, "--json"]).output


def test_explain_says_what_it_cannot_do(tmp_path: Path) -> None:
    facts = tmp_path / "facts.toml"
    facts.write_text('[site]\nkind = "castle"\n', encoding="utf-8")
    wrong = RUN.invoke(app, ["explain", "kz", "KZ-V-4", "--facts", str(facts)])
    assert wrong.exit_code == 1 and "site.kind is a choice" in wrong.output
    unknown = RUN.invoke(app, ["explain", "kz", "KZ-V-99", "--facts", str(SCHOOL)])
    assert unknown.exit_code == 2 and "is not in force on that day" in unknown.output
