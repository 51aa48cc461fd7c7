"""WS-Discovery (April 2005 draft, as ONVIF Core §7 wants it): the probe, and what answers, hostile or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit
from uuid import UUID

from qorgan.kernel.errors import QorganError
from qorgan.protocols.addresses import device_mistake
from qorgan.protocols.onvif.soap import quote
from qorgan.protocols.onvif.tree import anywhere, clean, find, local, parse, text

GROUP = "239.255.255.250"
PORT = 3702
MAX_DATAGRAM_BYTES = 65_507
MAX_DEVICES = 512
MAX_FROM_ONE_SENDER = 32  # a recorder may answer for the cameras behind it
MAX_MATCHES = 32  # in one datagram
MAX_SCOPES = 64
MAX_XADDRS = 16
_ONVIF = "onvif://www.onvif.org/"
_PROBE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
    ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:{prefix}="{namespace}"><s:Header>'
    "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
    "<a:MessageID>urn:uuid:{id}</a:MessageID>"
    "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
    "</s:Header><s:Body><d:Probe><d:Types>{prefix}:{type}</d:Types></d:Probe></s:Body></s:Envelope>"
)
_TYPES = (
    ("dn", "http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter"),
    ("tds", "http://www.onvif.org/ver10/device/wsdl", "Device"),  # some answer to one of the two only
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A device that answered. `endpoint` stays the same when its address changes (WS-Discovery §2.6)."""

    endpoint: str
    url: str  # of its device service, at the address from which it answered
    host: str
    name: str = ""
    model: str = ""
    location: str = ""


def probes(ids: Sequence[UUID]) -> list[bytes]:
    """The datagrams of one round; each needs an id of its own."""
    return [
        _PROBE.format(prefix=prefix, namespace=namespace, type=kind, id=quote(id)).encode()
        for (prefix, namespace, kind), id in zip(_TYPES, ids, strict=True)
    ]


class Finder:
    """Collects answers to the probes with the given ids: each endpoint once, and never more than `MAX_DEVICES`.

    `ignored` counts what was no answer to us, malformed, or one too many.
    """

    def __init__(self, ids: Sequence[UUID]) -> None:
        self._ids = frozenset(str(id) for id in ids)
        self._found: dict[str, Found] = {}
        self._by_sender: dict[str, int] = {}
        self.ignored = 0

    def receive(self, data: bytes, sender: str) -> None:
        """Take a datagram that came from the address `sender`. Never raises what it contains."""
        try:
            matches = self._matches(data, sender)
        except QorganError:
            self.ignored += 1
            return
        for found in matches:
            known = found.endpoint in self._found
            if known:
                continue
            number = self._by_sender.get(sender, 0)
            if len(self._found) >= MAX_DEVICES or number >= MAX_FROM_ONE_SENDER:
                self.ignored += 1
                continue
            self._by_sender[sender] = number + 1
            self._found[found.endpoint] = found

    def found(self) -> list[Found]:
        """What answered so far, ordered by address."""
        return sorted(self._found.values(), key=lambda found: (_sortable(found.host), found.url, found.endpoint))

    def _matches(self, data: bytes, sender: str) -> list[Found]:
        if len(data) > MAX_DATAGRAM_BYTES:
            self.ignored += 1
            return []
        root = parse(data)
        if local(root) != "Envelope" or not self._answers_us(text(root, "Header", "RelatesTo")):
            self.ignored += 1
            return []
        body = find(root, "Body")
        found: list[Found] = []
        for match in list(anywhere(body, "ProbeMatch"))[:MAX_MATCHES] if body is not None else ():
            endpoint = text(match, "EndpointReference", "Address")
            url = _best_address(text(match, "XAddrs"), sender)
            if not endpoint or url is None:
                self.ignored += 1
                continue
            scopes = _scopes(text(match, "Scopes"))
            found.append(
                Found(
                    endpoint=endpoint[:200],
                    url=url,
                    host=sender,
                    name=scopes.get("name", ""),
                    model=scopes.get("hardware", ""),
                    location=scopes.get("location", ""),
                )
            )
        return found

    def _answers_us(self, relates_to: str) -> bool:
        return relates_to.lower().removeprefix("urn:").removeprefix("uuid:") in self._ids


def _best_address(xaddrs: str, sender: str) -> str | None:
    """The device service at the host that answered: nobody can send us, and a password, to another host."""
    known = [given for given in xaddrs.split()[:MAX_XADDRS] if device_mistake(given) is None]
    here = [given for given in known if urlsplit(given).hostname == sender]
    if here:
        return here[0]
    if not known:
        return None
    parts = urlsplit(known[0])
    host = f"[{sender}]" if ":" in sender else sender
    netloc = f"{host}:{parts.port}" if parts.port else host
    return urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))


def _scopes(listed: str) -> dict[str, str]:
    """`name`, `hardware` and `location` of the ONVIF scopes (ONVIF Core §7.3.2.2)."""
    values: dict[str, str] = {}
    for scope in listed.split()[:MAX_SCOPES]:
        if scope.startswith(_ONVIF):
            kind, _, value = scope.removeprefix(_ONVIF).partition("/")
            values.setdefault(kind.lower(), clean(unquote(value))[:100])
    return values


def _sortable(host: str) -> tuple[tuple[int, str], ...]:
    """192.0.2.9 before 192.0.2.10."""
    return tuple((int(part), "") if part.isdecimal() else (0, part) for part in host.split(".")[:8])
