"""Use cases of `schools`: finding and reading what the actor may see."""

from typing import Any, cast
from uuid import UUID

from qorgan.centre.schools.models import School
from qorgan.centre.schools.schemas import Kind, Node, NodeState, SchoolPage
from qorgan.centre.schools.schemas import School as SchoolOnTheWire
from qorgan.centre.wire import Name, page_in_order
from qorgan.domain.access import Actor
from qorgan.domain.alarms import Level
from qorgan.kernel.errors import NotFound

_NEVER = Node(state="never", last_pulse_at=None, faults=[], clock_offset_s=None)


def find(
    actor: Actor, *, text: str, district: str | None, state: NodeState | None, cursor: str | None, limit: int
) -> SchoolPage:
    """A page of schools: by kind, then by number, then by name."""
    rows = School.objects.visible_to(actor).with_status().saying(text)
    if district is not None:
        rows = rows.filter(district_id=district)
    if state == "never":
        rows = rows.filter(node__isnull=True)
    elif state is not None:
        rows = rows.filter(node__state=state)
    found, following = page_in_order(rows, by="list_key", cursor=cursor, limit=limit)
    return SchoolPage(items=[on_the_wire(row) for row in found], next=following)


def get(actor: Actor, school_id: UUID) -> SchoolOnTheWire:
    """Raises `NotFound` for a school that the actor may not see, as for one that is not there."""
    row = School.objects.visible_to(actor).with_status().filter(pk=school_id).first()
    if row is None:
        raise NotFound("there is no such school in your territory")
    return on_the_wire(row)


def on_the_wire(row: School) -> SchoolOnTheWire:
    """A row read `with_status()`."""
    node = getattr(row, "node", None)
    return SchoolOnTheWire(
        id=row.pk,
        site=row.site,
        kind=cast(Kind, row.kind),
        name=Name.of(row.name),
        address=Name.of(row.address),
        head=row.head_name,
        phone=row.phone,
        region=row.district.region_id,
        district=row.district_id,
        lat=row.lat,
        lon=row.lon,
        node=_node(node) if node else _NEVER,
        cameras_total=row.cameras_total,
        cameras_live=row.cameras_live,
        alarm_level=Level(row.alarm_level) if row.alarm_level else None,
    )


def _node(row: Any) -> Node:
    heard = row.state == "online"
    return Node(
        state=row.state,
        last_pulse_at=row.last_pulse_at,
        faults=list(row.faults) if heard else [],
        clock_offset_s=None if row.clock_offset_s is None or not heard else round(row.clock_offset_s, 1),
    )
