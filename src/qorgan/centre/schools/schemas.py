"""A school on the wire."""

from typing import Literal
from uuid import UUID

from ninja import Schema

from qorgan.centre.wire import Instant, Name, Page
from qorgan.domain.alarms import Level

Kind = Literal["school", "kindergarten", "college"]
NodeState = Literal["online", "silent", "never"]


class Node(Schema):
    """The school's node. `never`: not connected yet. `last_pulse_at` is exact for a silent node.

    `faults`: codes of what it said last is wrong with itself; none of a silent one. `clock_offset_s`: ahead of ours.
    """

    state: NodeState
    last_pulse_at: Instant | None
    faults: list[str]
    clock_offset_s: float | None


class School(Schema):
    id: UUID
    site: str
    kind: Kind
    name: Name
    address: Name
    head: str
    phone: str
    region: str
    district: str
    lat: float
    lon: float
    node: Node
    cameras_total: int
    cameras_live: int
    alarm_level: Level | None


class SchoolPage(Page[School]):
    """Schools, newest in the registry first."""
