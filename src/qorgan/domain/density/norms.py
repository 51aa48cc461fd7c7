"""What is asked of cameras, as data: scales of pixel density, and which zones need which class of them.

The packs lie in `norms/*.toml` with their sources. Each value says how far it can be trusted (`Status`).
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qorgan.domain.places import LocalText
from qorgan.kernel.errors import Invalid


class Status(StrEnum):
    """How far a value can be trusted."""

    VERIFIED = "verified"  # read in the act or standard itself
    DIGEST = "digest"  # read in what others write about it
    STATEMENT = "statement"  # an official said so
    ASSUMED = "assumed"  # the project's own, where the sources leave it open


class ZoneKind(StrEnum):
    """What a part of a school is used for."""

    ENTRANCE = "entrance"
    CORRIDOR = "corridor"
    STAIRS = "stairs"
    HALL = "hall"
    LOBBY = "lobby"
    DINING_ROOM = "dining_room"
    CLOAKROOM = "cloakroom"  # where coats hang, not where children change
    PLAYGROUND = "playground"
    YARD = "yard"
    PERIMETER = "perimeter"
    CLASSROOM = "classroom"
    GYM = "gym"
    ASSEMBLY_HALL = "assembly_hall"
    TOILET = "toilet"
    CHANGING_ROOM = "changing_room"
    OTHER = "other"


ALWAYS_PRIVATE = frozenset({ZoneKind.TOILET, ZoneKind.CHANGING_ROOM})  # no pack can allow a camera there


class ZoneDuty(StrEnum):
    """Whether a zone has cameras."""

    MUST = "must"
    MAY = "may"
    MUST_NOT = "must_not"


@dataclass(frozen=True, slots=True, kw_only=True)
class DensityClass:
    """A step of a scale: what can be done from `px_m` pixels per metre on."""

    key: str
    px_m: float
    title: LocalText


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Classes in rising order, and where they come from. The words name what a person can do who looks."""

    key: str
    title: LocalText
    standard: str
    clause: str
    status: Status
    sources: tuple[str, ...]
    checked_on: date
    classes: tuple[DensityClass, ...]

    def needs(self, class_key: str) -> float:
        """px/m of a class. Raises Invalid (`scale.class`) for one that this scale does not have."""
        for one in self.classes:
            if one.key == class_key:
                return one.px_m
        raise Invalid(f"{self.key} has no class {class_key!r}", code="scale.class")

    def classify(self, px_m: ArrayLike) -> NDArray[np.uint8]:
        """For each density the number of classes it reaches: 0 for none, n for the n-th of `classes`."""
        reached = np.searchsorted([one.px_m for one in self.classes], np.asarray(px_m, float), side="right")
        return np.asarray(reached, np.uint8)

    def class_of(self, px_m: float) -> DensityClass | None:
        """The highest class that a density reaches."""
        reached = int(self.classify(px_m))
        return self.classes[reached - 1] if reached else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An act, statement or choice that a rule rests on."""

    act: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRule:
    """What a pack says of one kind of zone. `required`: key of a scale → key of its class; without: no class asked."""

    kind: ZoneKind
    title: LocalText
    cameras: ZoneDuty
    status: Status
    source: Source
    clause: str
    required: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePack:
    """An edition of the rules for zones. The classes and the share have a status of their own."""

    key: str
    version: int
    title: LocalText
    checked_on: date
    classes_status: Status
    needed_share: float
    needed_share_status: Status
    rules: Mapping[ZoneKind, ZoneRule]


@cache
def scales() -> Mapping[str, Scale]:
    """The scales of the package, by key."""
    return MappingProxyType({scale.key: scale for scale in map(_scale, _read("scales.toml")["scales"])})


@cache
def zone_pack() -> ZonePack:
    """The rules for zones in force."""
    return parse_zone_pack(_read("zones.toml"), scales())


def parse_zone_pack(document: Mapping[str, Any], known: Mapping[str, Scale]) -> ZonePack:
    """A pack from its document. Raises Invalid (`norm_pack.…`) when it misses a kind, names an unknown class, or
    allows a camera where children are never filmed.
    """
    try:
        pack = _zone_pack(document)
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid(f"the pack of zones is not complete: {error!r}", code="norm_pack.form") from error
    missing = [kind for kind in ZoneKind if kind not in pack.rules]
    if missing or not 0 < pack.needed_share <= 1:
        raise Invalid(f"the pack says nothing of {', '.join(missing) or 'a possible share'}", code="norm_pack.form")
    for rule in pack.rules.values():
        if rule.kind in ALWAYS_PRIVATE and rule.cameras is not ZoneDuty.MUST_NOT:
            raise Invalid(f"no pack allows cameras in: {rule.kind}", code="norm_pack.private")
        for scale, class_key in rule.required.items():
            if scale not in known:
                raise Invalid(f"there is no scale {scale!r}", code="norm_pack.scale")
            known[scale].needs(class_key)
    return pack


def _zone_pack(document: Mapping[str, Any]) -> ZonePack:
    sources = {key: Source(**row) for key, row in document["sources"].items()}
    rules = {ZoneKind(row["key"]): _rule(row, sources) for row in document["kinds"]}
    return ZonePack(
        key=document["key"],
        version=document["version"],
        title=LocalText(**document["title"]),
        checked_on=document["checked_on"],
        classes_status=Status(document["classes"]["status"]),
        needed_share=document["needed_share"]["value"],
        needed_share_status=Status(document["needed_share"]["status"]),
        rules=MappingProxyType(rules),
    )


def _rule(row: Mapping[str, Any], sources: Mapping[str, Source]) -> ZoneRule:
    return ZoneRule(
        kind=ZoneKind(row["key"]),
        title=LocalText(**row["title"]),
        cameras=ZoneDuty(row["cameras"]),
        status=Status(row["status"]),
        source=sources[row["source"]],
        clause=row["clause"],
        required=MappingProxyType(dict(row["required"])),
    )


def _scale(row: Mapping[str, Any]) -> Scale:
    return Scale(
        key=row["key"],
        title=LocalText(**row["title"]),
        standard=row["standard"],
        clause=row["clause"],
        status=Status(row["status"]),
        sources=tuple(row["sources"]),
        checked_on=row["checked_on"],
        classes=_rising([_class(one) for one in row["classes"]]),
    )


def _class(row: Mapping[str, Any]) -> DensityClass:
    return DensityClass(key=row["key"], px_m=row["px_m"], title=LocalText(**row["title"]))


def _rising(classes: Sequence[DensityClass]) -> tuple[DensityClass, ...]:
    return tuple(sorted(classes, key=lambda one: one.px_m))


def _read(name: str) -> Mapping[str, Any]:
    return tomllib.loads((files("qorgan.domain.density") / "norms" / name).read_text(encoding="utf-8"))
