"""What the gateway counts: for tests, `qorgan demo --check` and operators."""

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Counters:
    """Totals since the process started, and what is open now. Written by the gateway's own loop alone."""

    streams: int = 0  # live leases open at schools now
    viewers: int = 0  # tiles open now
    video_sockets: int = 0
    event_sockets: int = 0
    ranges: int = 0  # recorded ranges being sent now
    messages: int = 0  # media messages received from schools
    bytes: int = 0
    lost: int = 0  # jumps in `seq`: messages lost between school and gateway
    malformed: int = 0
    sent_messages: int = 0  # media messages handed to browsers
    sent_bytes: int = 0
    skipped: int = 0  # frames not shown because a viewer was too slow
    wishes: int = 0  # to open or to close a tile, read from browsers
    opened: int = 0  # leases opened
    refused: int = 0  # tiles refused
    events: int = 0  # event messages sent to browsers
    reads: int = 0  # objects read from the database for events
    coding: int = 0  # streams of sound being coded anew for browsers now
    coded: int = 0  # messages of live sound coded anew
    overflows: int = 0  # event sockets closed because the browser was too slow

    def snapshot(self) -> dict[str, int]:
        return asdict(self)
