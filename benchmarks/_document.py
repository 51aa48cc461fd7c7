"""Puts the figures of `benchmarks/results/*.json` into docs/benchmarks.md, between the marks that carry their names.

    python -m benchmarks._document

A results file is the last line that a benchmark printed, as it was. The words around the tables are written by hand.
"""

import json
from typing import Any

from benchmarks._measure import REPOSITORY

RESULTS, DOCUMENT = REPOSITORY / "benchmarks" / "results", REPOSITORY / "docs" / "benchmarks.md"
_HEAD = (
    "| metric | value | unit | goal | met | rounds | min | max | context |\n|---|---:|---|---:|---|---:|---:|---:|---|"
)


def table(report: dict[str, Any]) -> str:
    """One report as a Markdown table with its machine and commit."""
    machine = report["machine"]
    rows = [_row(result) for result in report["results"]]
    measured = "; ".join(
        f"{part}: commit `{of['commit']}`, {of['date']}" for part, of in report.get("parts", {}).items()
    )
    about = (
        f"Commit `{report['commit']}`, {machine['cores']} cores ({machine['cpu']}), {machine['memory_gib']} GiB, "
        f"Python {machine['python']}, {report['date']}." + f" {measured}." * bool(measured)
    )
    return "\n".join([about, "", _HEAD, *rows])


def _row(result: dict[str, Any]) -> str:
    met = {True: "yes", False: "**no**", None: ""}[result["met"]]
    goal = "" if result["goal"] is None else f"{'≤' if result['better'] == 'lower' else '≥'} {result['goal']}"
    context = ", ".join(f"{name} {value}" for name, value in result["context"].items())
    cells = [result["metric"], result["value"], result["unit"], goal, met]
    cells += [result["rounds"], result["min"], result["max"], context]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def main() -> None:
    text = DOCUMENT.read_text("utf-8")
    for path in sorted(RESULTS.glob("*.json")):
        report = json.loads(path.read_text("utf-8"))
        name = path.stem
        if f"<!-- {name} -->\n" not in text or f"<!-- /{name} -->" not in text:
            raise SystemExit(f"docs/benchmarks.md has no place for {name}: add <!-- {name} --> and <!-- /{name} -->")
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        text = text[: text.index(begin)] + f"{begin}\n{table(report)}\n\n" + text[text.index(end) :]
    DOCUMENT.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
