"""The archive of a school's node on the wire."""

from ninja import Schema

from qorgan.centre.wire import Instant


class Disk(Schema):
    """A disk of a school's archive. `days_kept` is what it keeps in the long run, null until that is measured.

    `breaks_at`: when something younger than `min_days`, the norm's minimum, would have to go; `broken`: it had to in
    the last 24 hours. `state`: ready, absent, refused or failed.
    """

    id: str
    name: str
    state: str
    reason: str
    used_bytes: int
    budget_bytes: int
    held_bytes: int
    days_kept: float | None
    min_days: float | None
    bytes_per_day: int | None
    breaks_at: Instant | None
    broken: bool


class Storage(Schema):
    """`heard` is false while the node is silent: then this is what it told last."""

    items: list[Disk]
    heard: bool
