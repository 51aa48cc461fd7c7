"""A school's year of drills, and how they went, one after the other."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from qorgan.centre.drills import schemas as wire
from qorgan.centre.drills.models import Drill, DrillLine
from qorgan.centre.norms.judging import ZONE
from qorgan.centre.schools.models import School
from qorgan.domain.access import Actor
from qorgan.domain.drills.case import DrillDeed, DrillState
from qorgan.domain.drills.plan import DrillForm, DrillScenario
from qorgan.domain.drills.year import DrillDay, standings
from qorgan.kernel.errors import NotFound

SHOWN = 50  # drills of the trend
AHEAD = (DrillState.PLANNED, DrillState.APPROVED)
BROKEN = (DrillDeed.STOP, DrillDeed.PIERCE)


def of_school(actor: Actor, school_id: UUID) -> wire.DrillYear:
    """Raises `NotFound`."""
    if not School.objects.visible_to(actor).filter(pk=school_id).exists():
        raise NotFound("there is no such school in your territory")
    rows = Drill.objects.visible_to(actor).filter(school=school_id)
    broken = DrillLine.objects.filter(drill__school=school_id, deed__in=BROKEN).values("drill")
    held = list(rows.filter(state=DrillState.RECORDED).exclude(pk__in=broken).order_by("-at")[:SHOWN])
    ahead = list(rows.filter(state__in=AHEAD).order_by("at")[:SHOWN])
    today = timezone.localdate(None, ZONE)
    found = standings(map(_day, held), map(_day, ahead), today)
    return wire.DrillYear(
        today=today,
        demands=[
            wire.DrillDemandStanding(
                demand=one.demand, state=one.state, last=one.last, due=one.due, planned=one.planned
            )
            for one in found
        ],
        trend=[_point(row) for row in reversed(held)],
    )


def _day(row: Drill) -> DrillDay:
    on = timezone.localdate(row.started_at or row.at, ZONE)
    return DrillDay(on=on, scenario=DrillScenario(row.scenario), form=DrillForm(row.form))


def _point(row: Drill) -> wire.DrillTrendPoint:
    report: dict[str, Any] = row.report or {"handling": [], "taps": []}
    parts = {(one["start"], one["end"]): one["seconds"] for one in report["handling"]}
    return wire.DrillTrendPoint(
        drill=row.pk,
        at=row.started_at or row.at,
        scenario=DrillScenario(row.scenario),
        owned_s=parts.get(("presented", "owned")),
        taps=[wire.DrillTapTime.model_validate(one) for one in report["taps"]],
        findings=len((row.review or {}).get("findings", ())),
    )
