"""The checklists of the package: one TOML file per scenario, read once.

An edition that has been released is never edited. A change is the same file with the next `version`: alarms opened
before keep the list they were opened with, for it is frozen into them.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from qorgan.domain.alarms import Level
from qorgan.domain.checklists import Checklist, Item, Scenario
from qorgan.domain.places import LocalText


def edition(scenario: Scenario, level: Level) -> Checklist:
    """The current list of a scenario, with the items that are for this level."""
    document = _read()[scenario]
    items = tuple(_item(row) for row in document["items"] if level in row.get("levels", tuple(Level)))
    title = LocalText(**document["title"])
    return Checklist(scenario=scenario, version=document["version"], title=title, items=items)


def _item(row: Mapping[str, Any]) -> Item:
    return Item(key=row["key"], text=LocalText(kk=row["kk"], ru=row["ru"], en=row["en"]), due_s=row["due_s"])


@cache
def _read() -> Mapping[Scenario, Mapping[str, Any]]:
    folder = files("qorgan.centre.dispatch") / "checklists"
    return MappingProxyType(
        {scenario: tomllib.loads((folder / f"{scenario}.toml").read_text(encoding="utf-8")) for scenario in Scenario}
    )
