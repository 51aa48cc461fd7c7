"""A school's core that receives panels, in this process and on a real SQLite outbox; and many panels at once."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qorgan.edge.config import EdgeConfig, parse
from qorgan.edge.core import outbox
from qorgan.edge.core.cameras import CameraBoard
from qorgan.edge.core.node import Node
from qorgan.edge.core.store import Store
from qorgan.edge.panels.app import Panels
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.clock import Clock, SystemClock
from qorgan.protocols.dc09.frames import FrameReader
from qorgan.protocols.dc09.messages import Message, write_message
from qorgan.protocols.link.messages import AlarmClaim, AlarmRaised, SourceHealth
from qorgan.sim.panel import SimPanel, SimSurgard
from tests.support.nats import free_port

KEY_16 = "0123456789abcde!"  # as an installer types it: sixteen characters
KEY_HEX = "00112233445566778899aabbccddeeff" * 2  # 32 bytes in hexadecimal
CONFIG = """\
[site]
id = "kst-012"
name = {{ kk = "№12 мектеп" }}

[storage]
data = "var"
archive = "var/archive"

[http]
port = {http}

[receivers.dc09]
tcp = {dc09}
udp = {dc09}

[receivers.surgard]
tcp = {surgard}
interval_s = 60

[[panels]]
key = "gym"
protocol = "dc09"
account = "1234"
encrypted = false
place = {{ kk = "Спортзал", ru = "Спортзал" }}
interval_s = {interval}
[[panels.zones]]
key = "gym-button"
zone = "005"
partition = "01"
place = {{ kk = "Спортзал түймесі" }}
panic = true

[[panels]]
key = "safe"
protocol = "dc09"
account = "AB01"
place = {{ kk = "Касса" }}

[[panels]]
key = "safest"
protocol = "dc09"
account = "AB02"
place = {{ kk = "Мұрағат" }}

[[panels]]
key = "old"
protocol = "surgard"
account = "7777"
place = {{ kk = "Ескі корпус" }}
"""


@dataclass
class PanelSchool:
    """A node that receives panels. `alarms` and `claims` are what stands in its outbox, on disk."""

    directory: Path
    dc09_port: int
    surgard_port: int
    http_port: int
    config: EdgeConfig
    clock: Clock
    node: Node = field(init=False)
    store: Store = field(init=False)
    panels: Panels = field(init=False)

    async def bodies(self, kind: type[Any]) -> list[Any]:
        def read(db: Any) -> list[outbox.Envelope]:
            rows = db.execute("SELECT id, seq, type, body FROM outbox ORDER BY seq").fetchall()
            return [outbox._envelope(row, self.config.site.id, datetime.now(UTC)) for row in rows]

        found = [envelope.decode_body() for envelope in await self.store.read(read)]
        return [body for body in found if isinstance(body, kind)]

    async def alarms(self) -> list[AlarmRaised]:
        return await self.bodies(AlarmRaised)

    async def claims(self) -> list[AlarmClaim]:
        return await self.bodies(AlarmClaim)

    async def healths(self, key: str) -> list[SourceHealth]:
        return [one for one in await self.bodies(SourceHealth) if one.key == key]

    def counts(self) -> dict[str, int]:
        found: Any = self.panels.status()["counts"]
        return found

    def connections(self) -> int:
        found: Any = self.panels.status()["connections"]
        return int(found["dc09"])

    def panel(self, account: str = "1234", **options: Any) -> SimPanel:
        return SimPanel(account=account, host="127.0.0.1", port=self.dc09_port, **options)

    def surgard(self) -> contextlib.AbstractAsyncContextManager[SimSurgard]:
        return SimSurgard.calling("127.0.0.1", self.surgard_port)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["PanelSchool"]:
        """Up, until the end of the block; then down, as a restart would. May be opened again."""
        secrets = SecretStore(self.config.storage.data)
        self.store = await asyncio.to_thread(Store, self.config.core_db, self.config.site.id, ballast_bytes=100_000)
        try:
            self.node = Node(self.config, self.store, CameraBoard((), self.clock), self.clock)
            self.panels = Panels(self.config, self.node, secrets, self.clock)
            task = asyncio.create_task(self.panels.run())
            try:
                await _listening(self.dc09_port)
                await _listening(self.surgard_port)
                yield self
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        finally:
            await asyncio.to_thread(self.store.close)


def a_school(directory: Path, *, clock: Clock | None = None, interval_s: float = 3_600) -> PanelSchool:
    """A school with four panels: one in clear with a panic button, two with keys, one behind a Sur-Gard receiver."""
    dc09, surgard, http = free_port(), free_port(), free_port()
    text = CONFIG.format(dc09=dc09, surgard=surgard, http=http, interval=interval_s)
    (directory / "edge.toml").write_text(text, encoding="utf-8")
    config = parse(text, directory / "edge.toml")
    secrets = SecretStore(config.storage.data)
    secrets.put("panel/safe", KEY_16)
    secrets.put("panel/safest", KEY_HEX)
    return PanelSchool(directory, dc09, surgard, http, config, clock or SystemClock())


@asynccontextmanager
async def panel_core(school: PanelSchool) -> AsyncIterator[asyncio.subprocess.Process]:
    """The school's core as a process of its own that takes calls; killed at the end of the block, if not before."""
    with (school.directory / "core.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "qorgan.edge.core",
            "--config",
            str(school.directory / "edge.toml"),
            stdout=log,
            stderr=log,
        )
    try:
        await school.panel(answer_within_s=2.0).null(give_up_after_s=100)
        yield process
    finally:
        if process.returncode is None:
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(100):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in sockets
            await asyncio.sleep(0.01)
    assert condition(), what


async def _listening(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            await writer.wait_closed()
            return


class Crowd:
    """Many open panel connections from this process. Each speaks for `account` and has its link test acknowledged.

    For tests and benchmarks: `async with panel_core(school)`, in it `async with Crowd.gather(port, 10_000) as crowd`
    and `await crowd.press(n)`. Both ends in one process would need twice the file descriptors.
    Addresses of 127.1.0.0/16 are used, a thousand connections each, as panels of many schools would have their own.
    """

    PER_ADDRESS = 1_000
    AT_ONCE = 200

    def __init__(self, port: int, account: str) -> None:
        self._port, self._account = port, account
        self._members: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    @classmethod
    @asynccontextmanager
    async def gather(cls, port: int, number: int, *, account: str = "1234") -> AsyncIterator["Crowd"]:
        """All connected and acknowledged once. The process needs file descriptors for them (`RLIMIT_NOFILE`)."""
        crowd, turn = cls(port, account), asyncio.Semaphore(cls.AT_ONCE)

        async def join(index: int) -> None:
            async with turn:
                await crowd._join(index)

        try:
            async with asyncio.TaskGroup() as group:
                for index in range(number):
                    group.create_task(join(index))
            yield crowd
        finally:
            for _, writer in crowd._members:
                writer.transport.abort()
            await asyncio.sleep(0)

    def __len__(self) -> int:
        return len(self._members)

    async def press(self, index: int, data: str = "1120 01 005", *, seq: int = 2) -> float:
        """Report an event over the connection with this index; seconds until it was acknowledged."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        message = Message(id="ADM-CID", seq=seq, account=self._account, data=f"#{self._account}|{data}")
        assert "ACK" in await self._ask(index, message)
        return loop.time() - began

    async def _join(self, index: int) -> None:
        host = f"127.1.{index // self.PER_ADDRESS // 250}.{index // self.PER_ADDRESS % 250 + 1}"
        member = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(host, 0), limit=8_192)
        self._members.append(member)
        answer = await self._ask(len(self._members) - 1, Message(id="NULL", seq=1, account=self._account))
        assert "ACK" in answer, answer

    async def _ask(self, index: int, message: Message) -> str:
        reader, writer = self._members[index]
        writer.write(write_message(message))
        async with asyncio.timeout(100):
            for unit in FrameReader().feed(await reader.readuntil(b"\r")):
                assert isinstance(unit, bytes)
                return unit.decode("ascii")
        raise AssertionError("no answer")
