"""Search for cameras: our probes on every interface, and to addresses that multicast does not reach."""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from uuid import uuid4

import psutil

from qorgan.kernel.errors import Invalid, Unavailable
from qorgan.protocols.onvif.discovery import GROUP, PORT, Finder, Found, probes

LISTEN_FOR_S = 4.0
REPEAT_AFTER_S = 0.7  # UDP loses; devices wait up to half a second before they answer (WS-Discovery §3.1.3)
TTL = 1  # cameras are looked for in the school's own network, never beyond a router
Target = tuple[str, int]


async def search(
    *, for_s: float = LISTEN_FOR_S, at: Sequence[Target] = (), multicast: bool = True
) -> tuple[list[Found], int]:
    """Cameras that answer within `for_s` seconds, and how many answers were ignored.

    `at` are addresses to ask directly. Raises `Unavailable` when this machine has no network to ask in.
    """
    finder = Finder(ids := (uuid4(), uuid4()))
    datagrams = probes(ids)
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as open_:
        asking: list[tuple[asyncio.DatagramTransport, Target]] = []
        sockets = [(sock, (GROUP, PORT)) for sock in (_multicast_sockets() if multicast else [])]
        if at:
            sockets += [(_socket(""), target) for target in at]
        for sock, target in sockets:
            transport, _ = await loop.create_datagram_endpoint(lambda: _Ear(finder), sock=sock)
            open_.callback(transport.close)
            asking.append((transport, target))
        if not asking:
            raise Unavailable("this machine has no network in which to search", code="onvif.no_network")
        for pause_s in (REPEAT_AFTER_S, max(0.0, for_s - REPEAT_AFTER_S)):
            for transport, target in asking:
                for datagram in datagrams:
                    transport.sendto(datagram, target)
            await asyncio.sleep(pause_s)
    return finder.found(), finder.ignored


def parse_target(text: str) -> Target:
    """`192.0.2.7` or `192.0.2.7:3702`. Raises `Invalid`; names are not looked up."""
    host, _, port = text.partition(":")
    try:
        socket.inet_pton(socket.AF_INET, host)
        number = int(port or PORT)
    except (OSError, ValueError):
        raise Invalid(f"{text[:60]!r} is no IPv4 address with a port, as in 192.0.2.7:3702") from None
    if not 1 <= number <= 65535:
        raise Invalid("a port is 1-65535")
    return host, number


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, finder: Finder) -> None:
        self._finder = finder

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._finder.receive(data, addr[0])


def _multicast_sockets() -> list[socket.socket]:
    """One for each IPv4 address of this machine that is up; one that cannot send there is left out."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    addresses = {
        entry.address
        for name, entries in psutil.net_if_addrs().items()
        if name in up
        for entry in entries
        if entry.family == socket.AF_INET
    }
    found: list[socket.socket] = []
    for address in sorted(addresses):
        with contextlib.suppress(OSError):
            found.append(_socket(address))
    return found


def _socket(address: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.bind((address, 0))
        if address:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, TTL)
    except OSError:
        sock.close()
        raise
    return sock
