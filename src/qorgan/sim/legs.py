"""How packets travel from a simulated camera to a client: inside the RTSP connection or as UDP (RFC 2326 12.39).

What a client offers is read here, and the better-known ways of a network to mistreat packets are played here.
"""

import asyncio
import contextlib
import re
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from qorgan.sim import rtp
from qorgan.sim.cameras import Transport
from qorgan.sim.faults import LOSS_EVERY, MISTREAT_EVERY, Fault
from qorgan.sim.streams import Frame, Stream

BURST_PACKETS = 32  # sent at once; with the pause some 70 Mbit/s, as a camera's own port paces a key picture
PAUSE_S = 0.005
RECEIVE_BYTES = 2048
_MAX_OFFERS = 16
_PORTS = re.compile(r"client_port=(\d{1,5})(?:-(\d{1,5}))?$")
_CHANNELS = re.compile(r"interleaved=(\d{1,3})(?:-(\d{1,3}))?$")


@dataclass(frozen=True, slots=True)
class Offer:
    """One way in which a client would take packets. `first` is a channel or a port; None where it named none."""

    transport: Transport
    first: int | None
    second: int | None


def offers(header: str) -> Iterator[Offer]:
    """The ways a `Transport` header names that a camera could go, in the client's order. No multicast, no recording."""
    for text in header.split(",")[:_MAX_OFFERS]:
        name, *fields = [field.strip() for field in text.split(";")]
        if "multicast" in fields:
            continue
        if name.upper() == "RTP/AVP/TCP":
            found = next(filter(None, map(_CHANNELS.match, fields)), None)
            first = int(found[1]) if found else None
            if first is None or first < 255:
                yield Offer(Transport.TCP, first, None)
        elif name.upper() in ("RTP/AVP", "RTP/AVP/UDP"):
            found = next(filter(None, map(_PORTS.match, fields)), None)
            if found and 0 < int(found[1]) < 65535:
                yield Offer(Transport.UDP, int(found[1]), int(found[2] or int(found[1]) + 1))


@dataclass(frozen=True, slots=True)
class Interleaved:
    """Packets on a channel of the RTSP connection; their reports on the next one."""

    channel: int

    @property
    def answer(self) -> str:
        """Its part of the `Transport` header of the answer."""
        return f"RTP/AVP/TCP;unicast;interleaved={self.channel}-{self.channel + 1}"

    def data(self, data: bytearray, starts: Iterable[int]) -> bytearray:
        """Packets laid out for channel 0, for this one."""
        return rtp.on_channel(data, starts, self.channel) if self.channel else data

    def close(self) -> None:
        """Nothing of its own to give back."""


class Datagrams:
    """RTP and RTCP in UDP packets to one client, from two sockets of its own. Owns the packets that wait to be sent.

    `on_heard` is called when the client reports, `on_sent` when the operating system took the last packet of a
    picture. Raises `OSError` when there are no ports left.
    """

    def __init__(
        self,
        own_host: str,
        peer_host: str,
        ports: tuple[int, int],
        *,
        on_heard: Callable[[], None],
        on_sent: Callable[[Frame], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_heard, self._on_sent = on_heard, on_sent
        self._sockets = _socket_pair(own_host)
        self._waiting: deque[tuple[bytes, Frame | None]] = deque()
        self._pause: asyncio.TimerHandle | None = None
        self.waiting_bytes = 0
        self._client_ports = ports
        for own, port in zip(self._sockets, ports, strict=True):
            own.connect((peer_host, port))
            self._loop.add_reader(own, self._hear, own)

    @property
    def answer(self) -> str:
        """Its part of the `Transport` header of the answer."""
        client, own = self._client_ports, [one.getsockname()[1] for one in self._sockets]
        return f"RTP/AVP;unicast;client_port={client[0]}-{client[1]};server_port={own[0]}-{own[1]}"

    def send(self, data: bytes | bytearray, starts: Sequence[int], stream: Stream, frame: Frame | None = None) -> None:
        """Send packets laid out with interleaved headers, mistreated as the stream's fault has it."""
        packets = [bytes(data[at + 4 : end]) for at, end in zip(starts, [*starts[1:], len(data)], strict=True)]
        packets = _mistreated(packets, stream)
        self.waiting_bytes += sum(map(len, packets))
        self._waiting.extend((packet, None) for packet in packets)
        if frame is not None:
            self._waiting.append((b"", frame))
        if self._pause is None:
            self._go_on()

    def report(self, report: bytes) -> None:
        """Send an RTCP packet laid out with its interleaved header."""
        self._put(self._sockets[1], report[4:])

    def close(self) -> None:
        """Give the ports back; what waits is lost."""
        if self._pause is not None:
            self._pause.cancel()
        self._waiting.clear()
        for own in self._sockets:
            self._loop.remove_reader(own)
            own.close()

    def _go_on(self) -> None:
        """Send some packets, and come back after a pause if more wait."""
        self._pause = None
        for _ in range(BURST_PACKETS):
            if not self._waiting:
                return
            packet, frame = self._waiting[0]
            if packet and not self._put(self._sockets[0], packet):
                break  # the system has no room: try the same packet again
            self._waiting.popleft()
            self.waiting_bytes -= len(packet)
            if frame is not None:
                self._on_sent(frame)
        self._pause = self._loop.call_later(PAUSE_S, self._go_on)

    def _put(self, own: socket.socket, packet: bytes) -> bool:
        try:
            own.send(packet)
        except BlockingIOError:
            return False
        except OSError:
            return True  # nobody listens there (any more): UDP loses what is sent, and so does this camera
        return True

    def _hear(self, own: socket.socket) -> None:
        """Receiver reports are proof of life and nothing more; so is what clients send to open a way through NAT."""
        with contextlib.suppress(OSError):  # an earlier packet found nobody: that is told here
            own.recv(RECEIVE_BYTES)
            self._on_heard()


Leg = Interleaved | Datagrams


def _socket_pair(host: str) -> tuple[socket.socket, socket.socket]:
    """Two sockets with ports that follow each other, the first one even (RFC 3550 11)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(64):
        first, second = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_DGRAM)
        try:
            first.bind((host, 0))
            port = first.getsockname()[1]
            if port % 2 == 0:
                second.bind((host, port + 1))
                first.setblocking(False)
                second.setblocking(False)
                return first, second
        except OSError:
            pass  # the next port is taken: another pair
        first.close()
        second.close()
    raise OSError("no two UDP ports that follow each other are free")


def _mistreated(packets: list[bytes], stream: Stream) -> list[bytes]:
    """The packets as a bad network delivers them, by their numbers: the same ones each time."""
    fault = stream.fault
    if fault is Fault.LOSS:
        kept = [packet for packet in packets if _number(packet) % LOSS_EVERY]
        stream.lost += len(packets) - len(kept)
        return kept
    if fault is Fault.DUPLICATE:
        doubled = [packet for packet in packets for _ in range(1 if _number(packet) % MISTREAT_EVERY else 2)]
        stream.doubled += len(doubled) - len(packets)
        return doubled
    if fault is Fault.REORDER:
        for n in range(len(packets) - 1):
            if not _number(packets[n]) % MISTREAT_EVERY:
                packets[n], packets[n + 1] = packets[n + 1], packets[n]
                stream.swapped += 1
    return packets


def _number(packet: bytes) -> int:
    return int.from_bytes(packet[2:4], "big")
