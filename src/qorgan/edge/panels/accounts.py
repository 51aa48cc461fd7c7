"""Which panel speaks, and which place its event is about."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from qorgan.domain.alarms import Level
from qorgan.domain.places import LocalText
from qorgan.domain.signals import PanelEvent, PointKind
from qorgan.edge.panels.config import Panel, Zone
from qorgan.protocols.dc09.messages import same_account
from qorgan.protocols.link.messages import SourceInfo

RECEIVER_KEY = "receiver.surgard"  # the Sur-Gard receiver itself is a way in, too
_RECEIVER = LocalText(kk="Sur-Gard қабылдағышы", ru="Приёмник Sur-Gard", en="Sur-Gard receiver")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """The way in that an event is about. `configured`: it stands in `edge.toml`, as a zone or as the panel itself."""

    source_key: str
    place: LocalText
    cameras: tuple[str, ...] = ()
    panic: bool = False
    configured: bool = False

    def level(self, judged: Level) -> Level:
        """How urgent an alarm of here is: that of a panic button is never less than P1."""
        return Level.P1 if self.panic else judged


@dataclass(frozen=True, slots=True)
class Account:
    """A panel that reports here. `key` is None when it speaks in clear, or when its key is missing."""

    panel: Panel
    key: bytes | None = field(default=None, repr=False)

    @property
    def kind(self) -> str:
        return f"panel.{self.panel.protocol}"

    def spot_of(self, event: PanelEvent) -> Spot:
        """The zone that is configured for an event; otherwise a place made of the panel's and the number."""
        if event.point_kind is PointKind.NONE:
            return self.own_spot
        zone = self._zone_of(event) if event.point_kind is PointKind.ZONE else None
        if zone is not None:
            return Spot(source_key=zone.key, place=zone.place, cameras=zone.cameras, panic=zone.panic, configured=True)
        of_user = event.point_kind is PointKind.USER
        return Spot(
            source_key=f"{self.panel.key}.{'user' if of_user else event.partition or '0'}.{event.point}",
            place=_numbered(self.panel.place, event.point, of_user=of_user),
            cameras=self.panel.cameras,
        )

    @property
    def own_spot(self) -> Spot:
        return Spot(source_key=self.panel.key, place=self.panel.place, cameras=self.panel.cameras, configured=True)

    def _zone_of(self, event: PanelEvent) -> Zone | None:
        fitting = [zone for zone in self.panel.zones if _same(zone.zone, event.point)]
        exact = [zone for zone in fitting if zone.partition and _same(zone.partition, event.partition)]
        return next(iter(exact), None) or next((zone for zone in fitting if not zone.partition), None)


class Accounts:
    """All panels of the configuration, by protocol and account."""

    def __init__(self, accounts: Mapping[str, Account]) -> None:
        self._all = tuple(accounts.values())
        self._found: dict[tuple[str, str], Account] = {
            (one.panel.protocol, same_account(one.panel.account)): one for one in self._all
        }

    def __iter__(self) -> Iterator[Account]:
        return iter(self._all)

    def find(self, protocol: str, account: str) -> Account | None:
        return self._found.get((protocol, same_account(account))) if account else None


def sources_of(panels: tuple[Panel, ...], *, surgard_interval_s: float | None) -> tuple[SourceInfo, ...]:
    """The ways in for the inventory. `surgard_interval_s`: of the receiver, None where none is."""
    found = []
    for panel in panels:
        kind = f"panel.{panel.protocol}"
        found.append(SourceInfo(key=panel.key, kind=kind, place=panel.place, interval_s=panel.interval_s))
        found += [SourceInfo(key=zone.key, kind=kind, place=zone.place) for zone in panel.zones]
    if surgard_interval_s is not None:
        info = SourceInfo(key=RECEIVER_KEY, kind="panel.surgard", place=_RECEIVER, interval_s=surgard_interval_s)
        found.append(info)
    return tuple(found)


def stranger(account: str, event: PanelEvent) -> Spot:
    """A place for an event of an account that nobody configured, told by a receiver that we trust."""
    place = LocalText(
        kk=f"Белгісіз нысан № {account}", ru=f"Неизвестный объект № {account}", en=f"Unknown account {account}"
    )
    return Spot(source_key=f"surgard.{account}.{event.partition or '0'}.{event.point or '0'}", place=place)


def _numbered(place: LocalText, number: str, *, of_user: bool) -> LocalText:
    kk, ru, en = ("пайдаланушы", "пользователь", "user") if of_user else ("аймақ", "зона", "zone")
    return LocalText(
        kk=f"{place.kk}: {number}-{kk}",
        ru=f"{place.ru or place.kk}: {ru} {number}",
        en=f"{place.en or place.kk}: {en} {number}",
    )


def _same(one: str, other: str) -> bool:
    return one.lstrip("0").upper() == other.lstrip("0").upper()
