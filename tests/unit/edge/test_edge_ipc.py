"""What recorder and analyst tell core arrives, once durable, whatever dies in between; and it costs bounded memory."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from tests.support.fake_centre import until

from qorgan.edge.ipc import ACK, MAX_PACKET_BYTES, CoreSender, CoreServer, GrantUse, StorageHealth, Telling
from qorgan.kernel.errors import Exhausted, Invalid
from qorgan.protocols.link.messages import CameraHealth, DiskHealth, PictureResult, StorageForecast, StreamHealth

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def a_picture(number: int) -> PictureResult:
    return PictureResult(camera=f"c{number}", at=NOW, verdict="ok")


def health(state: str) -> list[CameraHealth]:
    return [CameraHealth(key="hall", streams=(StreamHealth(stream="main", state=state),))]


@asynccontextmanager
async def running(work: Awaitable[None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def a_core(path: Path, told: list[tuple[Telling, UUID | None]]) -> CoreServer:
    async def handle(telling: Telling, id: UUID | None) -> None:
        told.append((telling, id))

    return CoreServer(path, handle)


async def test_everything_arrives_in_order_with_an_id_of_its_own(tmp_path: Path) -> None:
    told: list[tuple[Telling, UUID | None]] = []
    use = GrantUse(id="g", camera="hall", stream="sub", action="live", viewer="v", purpose="duty", at=NOW)
    sender = CoreSender(tmp_path / "core.sock")
    sender.send(a_picture(1))
    sender.send(use)
    sender.send_health(health("live"))
    async with running(sender.run()), running(a_core(tmp_path / "core.sock", told).run()):
        await until(lambda: len(told) == 3 and not sender.waiting, "three messages")
    assert [body for body, id in told if id] == [a_picture(1), use]
    assert [body for body, id in told if id is None] == [tuple(health("live"))]
    assert len({id for _, id in told}) == 3
    assert (tmp_path / "core.sock").exists() is False


async def test_while_core_is_away_the_newest_health_and_the_newest_thousand_are_kept(tmp_path: Path) -> None:
    told: list[tuple[Telling, UUID | None]] = []
    sender = CoreSender(tmp_path / "core.sock", queue_length=10)
    async with running(sender.run()):
        for number in range(25):
            sender.send(a_picture(number))
            sender.send_health(health("live" if number == 24 else "failed"))
        assert (sender.waiting, sender.dropped, sender.connected) == (10, 15, False)
        async with running(a_core(tmp_path / "core.sock", told).run()):
            await until(lambda: not sender.waiting, "the queue")
    assert [body for body, id in told if id] == [a_picture(number) for number in range(15, 25)]
    assert [body for body, id in told if id is None] == [tuple(health("live"))]


async def test_what_a_dying_core_did_not_answer_is_told_again_under_the_same_id(tmp_path: Path) -> None:
    heard: list[tuple[Telling, UUID | None]] = []
    told: list[tuple[Telling, UUID | None]] = []

    async def die_before_the_answer(telling: Telling, id: UUID | None) -> None:
        heard.append((telling, id))
        if len(heard) == 2:
            raise Exhausted("no room")

    sender = CoreSender(tmp_path / "core.sock")
    for number in range(3):
        sender.send(a_picture(number))
    async with running(sender.run()):
        async with running(CoreServer(tmp_path / "core.sock", die_before_the_answer).run()):
            await until(lambda: len(heard) >= 2, "the second message")
        async with running(a_core(tmp_path / "core.sock", told).run()):
            await until(lambda: not sender.waiting, "the queue")
    assert told[-1][0] == a_picture(2)
    ids = {body.camera: id for body, id in heard if isinstance(body, PictureResult)}
    again = {body.camera: id for body, id in told if isinstance(body, PictureResult)}
    assert again["c1"] == ids["c1"]


async def test_dropping_what_is_already_on_its_way_keeps_answers_and_messages_together(tmp_path: Path) -> None:
    """Core is slow, the queue overflows, then core answers: each answer is counted for the message it belongs to."""
    may_pass = asyncio.Event()
    told: list[Telling] = []

    async def slow(telling: Telling, _: UUID | None) -> None:
        await may_pass.wait()
        told.append(telling)

    sender = CoreSender(tmp_path / "core.sock", queue_length=3)
    async with running(sender.run()), running(CoreServer(tmp_path / "core.sock", slow).run()):
        for number in range(3):
            sender.send(a_picture(number))
        await until(lambda: sender._sent == 3, "three written messages")
        sender.send(a_picture(3))
        sender.send(a_picture(4))
        may_pass.set()
        await until(lambda: not sender.waiting, "the queue")
    assert told == [a_picture(number) for number in range(5)]
    assert sender.dropped == 2


@pytest.mark.parametrize(
    "junk",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">I", MAX_PACKET_BYTES + 1),
        struct.pack(">I", 3) + b"\xff\xff\xff",
        struct.pack(">I", 100) + b"cut short",
        b"\0\0",
        b"",
    ],
)
async def test_junk_ends_its_own_connection_alone(tmp_path: Path, junk: bytes) -> None:
    told: list[tuple[Telling, UUID | None]] = []
    async with running(a_core(tmp_path / "core.sock", told).run()):
        await until((tmp_path / "core.sock").exists, "the socket")
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "core.sock"))
        writer.write(junk)
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        await writer.wait_closed()

        sender = CoreSender(tmp_path / "core.sock")
        sender.send(a_picture(1))
        async with running(sender.run()):
            await until(lambda: not sender.waiting, "the message")
    assert [body for body, _ in told] == [a_picture(1)]


async def test_a_message_without_its_form_is_answered_and_does_not_block_the_next(tmp_path: Path) -> None:
    told: list[tuple[Telling, UUID | None]] = []
    wrong = b"\x83\xa4type\xaepicture.result\xa4body\x80\xa2id\xc0"
    unknown = b"\x82\xa4type\xa5alarm\xa4body\x80"
    async with running(a_core(tmp_path / "core.sock", told).run()):
        await until((tmp_path / "core.sock").exists, "the socket")
        reader, writer = await asyncio.open_unix_connection(str(tmp_path / "core.sock"))
        for packet in (wrong, unknown):
            writer.write(struct.pack(">I", len(packet)) + packet)
        assert await asyncio.wait_for(reader.readexactly(2), 10) == ACK * 2
        writer.close()
        await writer.wait_closed()
    assert told == []


async def test_a_message_that_is_too_big_is_the_senders_mistake(tmp_path: Path) -> None:
    sender = CoreSender(tmp_path / "core.sock")
    with pytest.raises(Invalid, match="over the limit"):
        sender.send(PictureResult(camera="x" * (MAX_PACKET_BYTES + 1), at=NOW, verdict="ok"))


async def test_the_socket_works_however_deep_the_data_lies(tmp_path: Path) -> None:
    """A Unix socket's name has at most 107 bytes (unix(7)); a clone may stand deeper than that."""
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    told: list[tuple[Telling, UUID | None]] = []
    sender = CoreSender(deep / "core.sock")
    sender.send(a_picture(1))
    async with running(sender.run()), running(a_core(deep / "core.sock", told).run()):
        await until(lambda: not sender.waiting, "the message")
    assert len(told) == 1


async def test_core_hears_how_the_disks_are_and_keeps_the_newest(tmp_path: Path) -> None:
    told: list[tuple[Telling, UUID | None]] = []
    sender = CoreSender(tmp_path / "core.sock")
    sender.send_storage(StorageHealth(disks=(DiskHealth(id="d", name="a", state="failed"),)))
    sender.send_storage(newest := StorageHealth(disks=(DiskHealth(id="d", name="a", state="ready"),)))
    sender.send_health(health("live"))
    sender.send(forecast := StorageForecast(disk="d", at=NOW, min_days=30, days_kept=9, bytes_per_day=1, room_bytes=9))
    async with running(sender.run()), running(a_core(tmp_path / "core.sock", told).run()):
        await until(lambda: len(told) == 3 and not sender.waiting, "three messages")
    assert {type(body): body for body, _ in told}[StorageHealth] == newest
    assert [body for body, id in told if id] == [forecast]
