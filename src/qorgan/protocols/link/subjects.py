"""NATS subjects of the link, version 1. A site id is one token (see `kernel.ids.is_key`)."""

from qorgan.kernel.ids import LeaseId, SiteId

ALL_ALARMS, ALL_URGENT_ALARMS = "q1.*.alarm", "q1.*.alarm.urgent"
ALL_EVENTS = "q1.*.event"
ALL_PULSES = "q1.*.pulse"
CORE_COMMANDS = frozenset({"progress", "action", "approve_view"})  # answered by core; all others by the recorder
CENTRE_EVENTS = "c1.events"  # inside the centre: what browsers should hear about


def alarm(site: SiteId, *, urgent: bool = False) -> str:
    """Request → ack after commit: one alarm or alarm update.

    Urgent ones (`messages.is_urgent`) come to the centre on a connection of their own, on which no storm stands before
    them. Where nobody listens there, the plain subject does: a school tries both in turn.
    """
    return f"q1.{site}.alarm.urgent" if urgent else f"q1.{site}.alarm"


def event(site: SiteId) -> str:
    """Request → ack after commit: a batch of everything else that must arrive."""
    return f"q1.{site}.event"


def pulse(site: SiteId) -> str:
    """Publish every 10 s: alive, with counters."""
    return f"q1.{site}.pulse"


def command(site: SiteId, name: str) -> str:
    """Request from the centre.

    Answered by the recorder: `open`, `renew`, `close`, `range`, `credit`, `coverage`, `contents`, `pieces`, `ptz`,
    `snapshot`, `discover`, `probe_camera`, `save_camera`, `remove_camera`, `hold`, `holds`. By core: `progress`,
    `action`, `approve_view`.
    """
    return f"q1.{site}.cmd.{name}"


def media(site: SiteId, lease: LeaseId) -> str:
    """Publish: the fragments of one lease."""
    return f"q1.{site}.media.{lease}"


def is_media(subject: str) -> bool:
    """Whether a subject is that of a lease."""
    return subject.split(".", 3)[2:3] == ["media"]


def site_of(subject: str) -> SiteId:
    """The site a subject speaks of; the carrier's permissions make it true."""
    return SiteId(subject.split(".", 2)[1])
