"""How a simulated camera's packets travel: over UDP with all that a network does to them, and over TLS."""

import asyncio
import hashlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import av
import httpx
import pytest
from tests.support.rtsp_viewer import WITHIN_S, Viewer, decode, digest_answer, open_viewer
from tests.support.sim_cameras import SITE, a_camera, until

from qorgan.domain.cameras import StreamName
from qorgan.sim.cameras import Login
from qorgan.sim.codecs import AudioCodec
from qorgan.sim.faults import LOSS_EVERY, MISTREAT_EVERY, Fault
from qorgan.sim.server import RtspSimulator
from qorgan.sim.town import SimTown, TownPlan


@contextmanager
def two_ports() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Where a client listens for packets and reports."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reports,
    ):
        for one in (packets, reports):
            one.bind(("127.0.0.1", 0))
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        yield packets, reports


class UdpViewer:
    """A viewer whose packets come by UDP."""

    def __init__(self, talk: Viewer, packets: socket.socket, reports: socket.socket) -> None:
        self.talk, self.packets, self.reports = talk, packets, reports
        self.transport = ""

    async def set_up(self, track: int = 1) -> None:
        ports = [one.getsockname()[1] for one in (self.packets, self.reports)]
        way = f"RTP/AVP;unicast;client_port={ports[0]}-{ports[1]}"
        answer = await self.talk.ask("SETUP", f"{self.talk.url}/track{track}", Transport=way)
        assert answer.status == 200, answer
        self.transport = answer.headers["transport"]

    async def play(self) -> None:
        await self.set_up()
        assert (await self.talk.ask("PLAY")).status == 200

    async def packet(self) -> bytes:
        async with asyncio.timeout(WITHIN_S):
            return await asyncio.get_running_loop().sock_recv(self.packets, 4096)

    async def numbers(self, count: int) -> list[int]:
        """The sequence numbers of the next packets, as they come."""
        return [int.from_bytes((await self.packet())[2:4], "big") for _ in range(count)]


@asynccontextmanager
async def udp_viewer(url: str) -> AsyncIterator[UdpViewer]:
    with two_ports() as ports:
        async with open_viewer(url) as talk:
            yield UdpViewer(talk, *ports)


async def test_a_whole_session_by_udp(clip_cache: Path) -> None:
    """The same packets as elsewhere, each in a datagram, from the ports that were named; reports beside them."""
    async with (
        RtspSimulator([a_camera()], cache=clip_cache) as sim,
        udp_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await viewer.play()
        loop = asyncio.get_running_loop()
        first, sender = await loop.sock_recvfrom(viewer.packets, 4096)
        numbers = [int.from_bytes(first[2:4], "big"), *await viewer.numbers(200)]
        async with asyncio.timeout(WITHIN_S):
            report, reporter = await loop.sock_recvfrom(viewer.reports, 4096)
        await until(lambda: sim.sent(SITE, "hall")["main"].frames >= 10)

    assert numbers == [(numbers[0] + n) & 0xFFFF for n in range(201)]
    assert first[0] == 0x80 and len(first) <= 1400
    assert viewer.transport.split(";")[3] == f"server_port={sender[1]}-{reporter[1]}"
    assert sender[1] % 2 == 0 and reporter[1] == sender[1] + 1
    assert report[1] == 200 and report[4:8] == first[8:12], "a sender report of the same source"


async def test_sessions_by_udp_and_tcp_see_the_same_pictures(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera()], cache=clip_cache) as sim,
        udp_viewer(sim.url(SITE, "hall")) as by_udp,
        open_viewer(sim.url(SITE, "hall")) as by_tcp,
    ):
        await by_tcp.play()
        await by_udp.play()
        datagrams = [await by_udp.packet() for _ in range(20)]
        seen = [await by_tcp.packet()]
        while seen[-1] != (0, datagrams[-1]):
            seen.append(await by_tcp.packet())
    assert set(datagrams) <= {packet for channel, packet in seen if channel == 0}


async def test_teardown_and_a_lost_connection_end_the_packets_and_give_the_ports_back(clip_cache: Path) -> None:
    async with RtspSimulator([a_camera()], cache=clip_cache) as sim:
        stream = sim.stream(SITE, "hall", StreamName.MAIN)
        assert stream is not None
        for ends_by in ("teardown", "hangup"):
            async with udp_viewer(sim.url(SITE, "hall")) as viewer:
                await viewer.play()
                await viewer.packet()
                if ends_by == "teardown":
                    assert (await viewer.talk.ask("TEARDOWN")).status == 200
                    again = await viewer.talk.ask("PLAY")
                    assert again.status == 454
            await until(lambda: not stream.viewers)
            own = int(viewer.transport.split("server_port=")[1].split("-")[0])
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                await until(lambda probe=probe, own=own: _is_free(probe, own))


def _is_free(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


async def test_receiver_reports_by_udp_keep_a_session_alive(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera()], cache=clip_cache, session_timeout_s=6.0) as sim,
        udp_viewer(sim.url(SITE, "hall")) as living,
        udp_viewer(sim.url(SITE, "hall")) as silent,
    ):
        await living.play()
        await silent.play()
        to = "127.0.0.1", int(living.transport.split("server_port=")[1].split(";")[0].split("-")[1])
        gone = asyncio.create_task(silent.talk.is_closed())
        while not gone.done():
            living.reports.sendto(struct.pack(">BBHI", 0x80, 201, 1, 7), to)
            await living.numbers(5)
        assert (await living.talk.ask("OPTIONS")).status == 200


async def test_one_packet_in_fifty_is_lost_and_counted(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera()], cache=clip_cache) as sim,
        udp_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await sim.set_fault(SITE, "hall", Fault.LOSS)
        await viewer.play()
        seen = await viewer.numbers(300)
        lost = sim.sent(SITE, "hall")["main"].lost
    missing = [n for n in _between(seen) if n not in set(seen)]
    assert missing and missing == [n for n in _between(seen) if n % LOSS_EVERY == 0]
    assert lost >= len(missing)


async def test_packets_overtake_each_other(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera()], cache=clip_cache) as sim,
        udp_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await sim.set_fault(SITE, "hall", Fault.REORDER)
        await viewer.play()
        seen = await viewer.numbers(300)
        while (falls := [b for a, b in zip(seen, seen[1:], strict=False) if b == (a - 1) & 0xFFFF]) == []:
            seen += await viewer.numbers(50)
        sent = sim.sent(SITE, "hall")["main"]
    assert all(n % MISTREAT_EVERY == 0 for n in falls) and sent.swapped >= len(falls)
    assert sent.lost == 0, "what overtakes is not lost"


async def test_packets_come_twice(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera()], cache=clip_cache) as sim,
        udp_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await sim.set_fault(SITE, "hall", Fault.DUPLICATE)
        await viewer.play()
        seen = await viewer.numbers(300)
        doubled = sim.sent(SITE, "hall")["main"].doubled
    twice = {n for n in seen if seen.count(n) == 2}
    assert twice and all(n % MISTREAT_EVERY == 0 for n in twice) and doubled >= len(twice)


def _between(seen: list[int]) -> list[int]:
    """All numbers from the first to the last but one, around the end of 16 bits."""
    return [(seen[0] + n) & 0xFFFF for n in range((seen[-2] - seen[0]) & 0xFFFF)]


async def test_a_network_fault_does_nothing_to_tcp(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera()], cache=clip_cache) as sim,
        open_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await sim.set_fault(SITE, "hall", Fault.LOSS)
        await viewer.play()
        assert [picture.number for picture in await viewer.pictures(40)] == list(range(40))


async def test_a_stall_by_udp_stops_and_goes_on(clip_cache: Path) -> None:
    async with (
        RtspSimulator([a_camera(audio=AudioCodec.PCMA)], cache=clip_cache) as sim,
        udp_viewer(sim.url(SITE, "hall")) as viewer,
    ):
        await viewer.play()
        await viewer.numbers(5)
        await sim.set_fault(SITE, "hall", Fault.STALL)
        stream = sim.stream(SITE, "hall", StreamName.MAIN)
        assert stream is not None
        await until(lambda: stream.is_stalled)
        asked = asyncio.create_task(viewer.talk.ask("OPTIONS"))
        await sim.clear_fault(SITE, "hall")
        assert (await asked).status == 200
        before = stream.frames
        await until(lambda: stream.frames > before)
        await viewer.numbers(5)


@pytest.mark.ffmpeg
@pytest.mark.parametrize("by", ["udp", "tcp"])
async def test_ffmpegs_own_client_plays_pictures_and_sound(by: str, clip_cache: Path) -> None:
    def watch(url: str) -> tuple[list[str], set[str], int]:
        with av.logging.Capture() as said, av.open(url, options={"rtsp_transport": by}, timeout=20) as camera:
            kinds: list[str] = []
            while kinds.count("video") < 50 or kinds.count("audio") < 20:
                packet = next(camera.demux())
                kinds += [packet.stream.type for _ in packet.decode()]
            return [text for level, _, text in said if level <= av.logging.ERROR], set(kinds), len(kinds)

    async with RtspSimulator([a_camera(audio=AudioCodec.AAC)], cache=clip_cache) as sim:
        complaints, kinds, _ = await asyncio.to_thread(watch, sim.url(SITE, "hall"))
    assert kinds == {"video", "audio"}
    assert by == "udp" or complaints == [], "a machine under load may lose datagrams, never bytes"


# TLS


async def test_a_session_over_tls_is_trusted_by_its_fingerprint(clip_cache: Path) -> None:
    """The certificate is self-signed, as cameras' are: who pinned it is let in, who trusts only the world is not."""
    cameras = [a_camera(login=Login(user="qorgan", password="the right one"))]
    async with SimTown(TownPlan(cameras=cameras, tls_port=0), cache=clip_cache) as town:
        async with httpx.AsyncClient(base_url=town.control.url) as client:
            told = (await client.get("/tls")).json()
        url = town.simulator.url(SITE, "hall", secure=True)
        with pytest.raises(ssl.SSLCertVerificationError):
            async with open_viewer(url, ssl.create_default_context()):
                pass
        async with open_viewer(url, ssl.create_default_context(cadata=told["pem"])) as viewer:
            shown = viewer.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            assert (await viewer.log_in("qorgan", "the right one")).status == 200
            declined = await viewer.ask(
                "SETUP",
                f"{viewer.url}/track1",
                Transport="RTP/AVP;unicast;client_port=5000-5001",
                Authorization=await _authorization(viewer, "SETUP", f"{viewer.url}/track1"),
            )
            assert declined.status == 461, "beside the connection nothing would be encrypted"
            transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
            setup = await _authorization(viewer, "SETUP", f"{viewer.url}/track1")
            assert (
                await viewer.ask("SETUP", f"{viewer.url}/track1", Transport=transport, Authorization=setup)
            ).status == 200
            play = await _authorization(viewer, "PLAY", viewer.url)
            assert (await viewer.ask("PLAY", Authorization=play)).status == 200
            pictures = await viewer.pictures(30)
        ready = town.ready()

    assert hashlib.sha256(shown).hexdigest() == told["sha256"] == ready["tls_sha256"]
    assert told["port"] == ready["rtsps_port"]
    assert [picture.number for picture in pictures] == list(range(30))
    assert len(decode(pictures)) == 30


async def _authorization(viewer: Viewer, method: str, url: str) -> str:
    challenge = (await viewer.ask(method, url)).headers["www-authenticate"]
    return digest_answer(challenge, "qorgan", "the right one", method, url)


async def test_without_tls_there_is_no_certificate_to_tell(clip_cache: Path) -> None:
    async with SimTown(TownPlan(cameras=[a_camera()]), cache=clip_cache) as town:
        async with httpx.AsyncClient(base_url=town.control.url) as client:
            assert (await client.get("/tls")).status_code == 404
        assert "rtsps_port" not in town.ready()


# A camera that moved


async def test_a_camera_that_moved_says_where_and_serves_there(clip_cache: Path) -> None:
    async with RtspSimulator([a_camera()], cache=clip_cache) as sim:
        await sim.set_fault(SITE, "hall", Fault.REDIRECT)
        async with open_viewer(sim.url(SITE, "hall")) as viewer:
            told = await viewer.ask("DESCRIBE")
            viewer.url = told.headers["location"]
            described = await viewer.ask("DESCRIBE")
            await viewer.play()
            pictures = await viewer.pictures(3)
        await sim.clear_fault(SITE, "hall")
        async with open_viewer(sim.url(SITE, "hall")) as viewer:
            back = await viewer.ask("DESCRIBE")
    assert (told.status, described.status, back.status) == (301, 200, 200)
    assert told.headers["location"] == f"rtsp://127.0.0.1:{sim.port}/moved/{SITE}/hall/main"
    assert described.headers["content-base"].startswith(told.headers["location"])
    assert len(pictures) == 3
