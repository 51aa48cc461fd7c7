"""The way to a camera: a connection, inside TLS where its address says rtsps, and sockets for datagrams beside it.

A sealed connection is never unchecked: a camera's certificate is the one that is pinned, or is signed by the authority
named for it, or by one that this machine trusts. Nothing of RTSP is sent before that is known.
"""

import asyncio
import contextlib
import dataclasses
import functools
import hashlib
import hmac
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qorgan.domain.cameras import CameraReason
from qorgan.edge.config import Camera
from qorgan.protocols.rtsp import messages
from qorgan.protocols.rtsp.client import CameraRefused, Lane, UdpPorts

CONNECT_WITHIN_S = 5.0
_BUFFER_BYTES = 4 * 1024 * 1024  # asked for; the system may give less (net.core.rmem_max)
_ROOMY_BYTES = 2 * 1024 * 1024  # holds a few ticks of a stream, a large keyframe among them
_PACKETS_PER_TURN = 4_000  # one busy camera does not hold up the others
_REPORTS_PER_TURN = 50
_PORT_TRIES = 50


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe behind an rtsps address. `pin`: SHA-256 of the certificate in hex; `authority`: a PEM file.

    With neither, the authorities of this machine decide, and the name in the address must be the certificate's.
    """

    pin: str = ""
    authority: Path | None = None


def trust_of(camera: Camera) -> Trust:
    """Whom to believe behind this camera's addresses, as its configuration says."""
    return Trust(pin=camera.tls_pin or "", authority=camera.tls_ca)


@functools.lru_cache(maxsize=64)
def _context(trust: Trust) -> ssl.SSLContext:
    """How a certificate is checked: chain and name by OpenSSL, or a pin by us after the handshake."""
    if not trust.pin:
        return ssl.create_default_context(cafile=trust.authority)
    return _unchecked_context()  # `_check_pin` compares the whole certificate before anything is sent


def _unchecked_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def connect(
    loop: asyncio.AbstractEventLoop, address: messages.Address, trust: Trust | None = None
) -> socket.socket:
    """A connected, non-blocking socket, checked and encrypted for an rtsps address.

    Raises `CameraRefused` with the reason.
    """
    try:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            try:
                found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
            except (socket.gaierror, UnicodeError) as error:
                raise CameraRefused(CameraReason.NO_SUCH_HOST, f"there is no host {address.host[:80]!r}") from error
            family, kind, protocol, _, where = found[0]
            sock = socket.socket(family, kind, protocol)
            try:
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                await loop.sock_connect(sock, where)
                return await _sealed(loop, sock, address.host, trust or Trust()) if address.secure else sock
            except BaseException:
                sock.close()
                raise
    except TimeoutError as error:
        raise CameraRefused(CameraReason.TIMEOUT, f"no connection in {CONNECT_WITHIN_S:.0f} s") from error
    except ConnectionRefusedError as error:
        raise CameraRefused(CameraReason.REFUSED, f"nothing listens on port {address.port}") from error


async def shown_certificate(loop: asyncio.AbstractEventLoop, address: messages.Address) -> str:
    """SHA-256 of the certificate that is shown at an address, in hex, for a person to compare.

    Nothing is sent there, and nothing is believed. Raises `CameraRefused` with the reason.
    """
    sock = await connect(loop, dataclasses.replace(address, secure=False))
    try:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            context = _unchecked_context()
            sock = sealed = context.wrap_socket(sock, server_hostname=address.host, do_handshake_on_connect=False)
            await _shake_hands(loop, sealed)
            return _fingerprint(sealed)
    except TimeoutError as error:
        raise CameraRefused(CameraReason.TIMEOUT, f"no encrypted connection in {CONNECT_WITHIN_S:.0f} s") from error
    finally:
        sock.close()


async def _sealed(loop: asyncio.AbstractEventLoop, sock: socket.socket, host: str, trust: Trust) -> ssl.SSLSocket:
    """The same connection inside TLS. Raises `CameraRefused` when the camera is not who it should be."""
    try:
        sealed = _context(trust).wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    except (ssl.SSLError, OSError) as error:
        raise CameraRefused(CameraReason.UNTRUSTED, "the file of the authority (tls_ca) cannot be used") from error
    try:
        await _shake_hands(loop, sealed)
        if trust.pin:
            _check_pin(sealed, trust.pin)
    except BaseException:
        sealed.close()
        raise
    return sealed


async def _shake_hands(loop: asyncio.AbstractEventLoop, sock: ssl.SSLSocket) -> None:
    while True:
        try:
            sock.do_handshake()
            return
        except ssl.SSLWantReadError:
            await _until_ready(sock, loop.add_reader, loop.remove_reader)
        except ssl.SSLWantWriteError:
            await _until_ready(sock, loop.add_writer, loop.remove_writer)
        except ssl.SSLCertVerificationError as error:
            said = f"its certificate is not trusted: {error.verify_message}"
            raise CameraRefused(CameraReason.UNTRUSTED, said) from error
        except ssl.SSLError as error:
            said = f"no encrypted connection: {error.reason or 'it speaks no TLS'}"
            raise CameraRefused(CameraReason.PROTOCOL_ERROR, said) from error


async def _until_ready(
    sock: socket.socket, add: Callable[..., object], remove: Callable[[socket.socket], object]
) -> None:
    ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    add(sock, functools.partial(_resolve, ready))
    try:
        await ready
    finally:
        remove(sock)


def _resolve(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def _check_pin(sock: ssl.SSLSocket, pin: str) -> None:
    if not hmac.compare_digest(_fingerprint(sock), pin.replace(":", "").lower()):
        raise CameraRefused(CameraReason.UNTRUSTED, "its certificate is not the one that is pinned (tls_pin)")


def _fingerprint(sock: ssl.SSLSocket) -> str:
    return hashlib.sha256(sock.getpeercert(binary_form=True) or b"").hexdigest()


def receive_into(sock: socket.socket, view: memoryview) -> int:
    """What has arrived, up to the length of `view`; 0 when the other side has closed.

    Raises `BlockingIOError` when nothing is there, `OSError` when the connection broke.
    """
    if not isinstance(sock, ssl.SSLSocket):
        return sock.recv_into(view)
    total = 0  # TLS hands out a record of 16 KB at a time, and what it keeps back wakes nobody: take all
    try:
        while total < len(view):
            count = sock.recv_into(view[total:])
            if count == 0:
                break
            total += count
    except ssl.SSLWantReadError:
        if not total:
            raise BlockingIOError from None
    return total


def send_now(sock: socket.socket, data: bytes) -> None:
    """Write a few hundred bytes. Raises `CameraRefused` when the camera does not even take those."""
    try:
        sent = sock.send(data)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        sent = 0
    if sent < len(data):
        raise CameraRefused(CameraReason.CLOSED, "the camera does not read what it is asked")


class DatagramSockets:
    """Pairs of sockets, RTP on an even port and RTCP on the next, for the media of one session. Owner of both.

    Bound to the address from which the camera was reached; what comes from anybody else is passed over.
    """

    def __init__(self, local: str, peer: str, family: int, *, with_audio: bool) -> None:
        self._peers = {peer}
        self._family = family
        self.video = _open_pair(local, family)
        try:
            self.audio = _open_pair(local, family) if with_audio else None
        except BaseException:
            _close(self.video)
            raise

    @property
    def ports(self) -> UdpPorts:
        """What the client asks the camera to send to."""
        audio = self.audio[0].getsockname()[1] if self.audio else None
        return UdpPorts(self.video[0].getsockname()[1], audio)

    @property
    def is_roomy(self) -> bool:
        """Whether the system keeps enough for a stream that is read only a few times a second."""
        return self.video[0].getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= _ROOMY_BYTES

    def expect(self, source: str) -> None:
        """The camera says that it sends from another address of its own."""
        if source:
            self._peers.add(source)

    def packets(self, pair: tuple[socket.socket, socket.socket], buffer: memoryview) -> list[bytes]:
        """RTP that has arrived, copied out of `buffer`, which is only borrowed."""
        return self._read(pair[0], buffer, _PACKETS_PER_TURN)

    def reports(self, pair: tuple[socket.socket, socket.socket], buffer: memoryview) -> list[bytes]:
        """RTCP that has arrived."""
        return self._read(pair[1], buffer, _REPORTS_PER_TURN)

    def send_report(self, pair: tuple[socket.socket, socket.socket], lane: Lane, peer: str, data: bytes) -> None:
        """Our own report; whether it arrives is not our concern (RFC 3550 §6)."""
        if data and lane.server_ports[1]:
            with contextlib.suppress(OSError):
                pair[1].sendto(data, (peer, lane.server_ports[1]))

    def close(self) -> None:
        for pair in (self.video, self.audio):
            if pair is not None:
                _close(pair)

    def _read(self, sock: socket.socket, buffer: memoryview, most: int) -> list[bytes]:
        taken: list[bytes] = []
        for _ in range(most):
            try:
                count, where = sock.recvfrom_into(buffer)
            except BlockingIOError:
                break
            except ConnectionRefusedError:  # the answer to a report that nobody wanted
                continue
            if where[0] in self._peers:
                taken.append(bytes(buffer[:count]))
        return taken


def _open_pair(local: str, family: int) -> tuple[socket.socket, socket.socket]:
    """Two sockets on neighbouring ports, the first even (RFC 3550 §11). Raises `OSError` when there are none."""
    for _ in range(_PORT_TRIES):
        rtp = _bound(local, 0, family, _BUFFER_BYTES)
        port = rtp.getsockname()[1]
        if port % 2 == 0:
            try:
                return rtp, _bound(local, port + 1, family, 64 * 1024)
            except OSError:
                pass
        rtp.close()
    raise OSError("no free pair of ports for datagrams")


def _bound(local: str, port: int, family: int, buffer_bytes: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        sock.bind((local, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _close(pair: tuple[socket.socket, socket.socket]) -> None:
    for sock in pair:
        sock.close()
