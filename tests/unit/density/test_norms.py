"""Scales and packs are data with sources; what a pack can never say."""

import copy
import tomllib
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from qorgan.domain.density.norms import (
    ALWAYS_PRIVATE,
    Status,
    ZoneDuty,
    ZoneKind,
    parse_zone_pack,
    scales,
    zone_pack,
)
from qorgan.kernel.errors import Invalid


def document() -> dict[str, Any]:
    text = (files("qorgan.domain.density") / "norms" / "zones.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def test_the_scale_of_2014_has_six_classes() -> None:
    """80, 40, 16, 8, 4 and 1 mm of target per pixel."""
    classes = scales()["iec-62676-4-2014"].classes
    assert ["monitor", "detect", "observe", "recognise", "identify", "inspect"] == [one.key for one in classes]
    assert [80, 40, 16, 8, 4, 1] == [1000 / one.px_m for one in classes]


def test_the_scale_of_2025_has_seven_classes() -> None:
    classes = scales()["iec-62676-4-2025"].classes
    assert [20, 40, 80, 125, 250, 500, 1500] == [one.px_m for one in classes]
    assert ["validate", "scrutinise"] == [one.key for one in classes[-2:]]


def test_a_grid_is_classified_at_once_and_the_threshold_belongs_to_the_class() -> None:
    scale = scales()["iec-62676-4-2014"]
    grid = np.array([[0.0, 12.4, 12.5], [62.49, 62.5, 2000.0]])
    assert [[0, 0, 1], [2, 3, 6]] == scale.classify(grid).tolist()
    identify = scale.class_of(250.0)
    assert identify is not None and "identify" == identify.key
    assert scale.class_of(12.4) is None


def test_every_value_says_how_far_it_is_to_be_trusted_and_speaks_three_languages() -> None:
    for scale in scales().values():
        assert scale.sources and Status.VERIFIED is not scale.status, "nobody has read the standard itself"
        for title in (scale.title, *(one.title for one in scale.classes)):
            assert title.kk and title.ru and title.en
    pack = zone_pack()
    assert Status.ASSUMED is pack.classes_status and Status.ASSUMED is pack.needed_share_status
    assert all(rule.source.url for rule in pack.rules.values() if rule.status is not Status.ASSUMED)


def test_every_kind_of_zone_has_a_rule_and_where_cameras_must_be_a_class_in_each_scale() -> None:
    for kind, rule in zone_pack().rules.items():
        if rule.cameras is ZoneDuty.MUST:
            assert set(scales()) == set(rule.required), kind


@pytest.mark.parametrize("kind", sorted(ALWAYS_PRIVATE))
@pytest.mark.parametrize("duty", ["may", "must"])
def test_no_pack_can_put_a_camera_where_children_undress(kind: ZoneKind, duty: str) -> None:
    pack = document()
    for row in pack["kinds"]:
        if row["key"] == kind:
            row["cameras"] = duty
    with pytest.raises(Invalid) as refused:
        parse_zone_pack(pack, scales())
    assert "norm_pack.private" == refused.value.code


def test_a_pack_that_is_not_complete_is_refused() -> None:
    whole = document()
    without_kind, wrong_class, wrong_scale, no_share, no_source = (copy.deepcopy(whole) for _ in range(5))
    without_kind["kinds"].pop()
    wrong_class["kinds"][0]["required"]["iec-62676-4-2014"] = "guess"
    wrong_scale["kinds"][0]["required"] = {"iec-1": "identify"}
    no_share["needed_share"]["value"] = 0
    no_source["kinds"][0]["source"] = "rumour"
    codes = []
    for broken in (without_kind, wrong_class, wrong_scale, no_share, no_source):
        with pytest.raises(Invalid) as refused:
            parse_zone_pack(broken, scales())
        codes.append(refused.value.code)
    form = "norm_pack.form"
    assert [form, "scale.class", "norm_pack.scale", form, form] == codes
