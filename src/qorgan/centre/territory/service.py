"""Use cases of `territory`: filling in the country."""

import json
from importlib.resources import files
from typing import Any

from django.db import transaction

from qorgan.centre.territory.models import District, Region


@transaction.atomic
def fill_in() -> None:
    """All regions and districts as of 2024. Filling in again changes only what differs."""
    regions = [
        Region(code=row["code"], kato=row["kato"], iso=row["iso"], **_names(row)) for row in _read("regions.json")
    ]
    districts = [
        District(code=row["code"], kato=row["kato"], region_id=row["region"], **_names(row))
        for row in _read("districts.json")
    ]
    names = ["name_kk", "name_ru", "name_en", "kato"]
    Region.objects.bulk_create(regions, update_conflicts=True, unique_fields=["code"], update_fields=[*names, "iso"])
    District.objects.bulk_create(
        districts, update_conflicts=True, unique_fields=["code"], update_fields=[*names, "region"]
    )


def _names(row: dict[str, str]) -> dict[str, str]:
    return {"name_kk": row["kk"], "name_ru": row["ru"], "name_en": row["en"]}


def _read(name: str) -> list[dict[str, Any]]:
    text = (files("qorgan.centre.territory") / "data" / name).read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)
    return rows
