"""The core of a school as a real process that is killed while panels report to it."""

import asyncio
import os
import random
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from tests.support.panels import PanelSchool, a_school, panel_core

from qorgan.protocols.surgard import ACK, write_heartbeat


def raised(school: PanelSchool) -> list[str]:
    """The sources of all alarms in the outbox, as they stand on disk."""
    with closing(sqlite3.connect(school.config.core_db)) as db:
        return [source for (source,) in db.execute("SELECT source_key FROM alarm ORDER BY source_key")]


async def told_health(school: PanelSchool) -> dict[str, Any]:
    """What a core tells of its panels after a Sur-Gard receiver has called."""
    async with school.surgard() as receiver, httpx.AsyncClient(trust_env=False) as http:
        assert ACK == await receiver.tell(write_heartbeat())
        found: dict[str, Any] = (await http.get(f"http://127.0.0.1:{school.http_port}/health")).json()["panels"]
        return found


async def test_whenever_core_is_killed_every_acknowledged_event_is_one_alarm(tmp_path: Path) -> None:
    """Between commit and acknowledgement, too: the panel says it again, and it is the same alarm."""
    school, chance, acknowledged = a_school(tmp_path), random.Random(9), list[str]()

    async def report(number: int) -> None:
        panel = school.panel(udp=number % 2 == 0, answer_within_s=1.0, next_seq=number + 1)
        await panel.report(f"1130 02 {number:03d}")
        acknowledged.append(f"gym.2.{number}")

    async with asyncio.TaskGroup() as group:
        for start in range(1, 81, 40):
            async with panel_core(school) as process:
                for number in range(start, start + 40):
                    group.create_task(report(number))
                    await asyncio.sleep(0)
                while len(acknowledged) < start + chance.randint(0, 30):  # noqa: ASYNC110 - the core is a process
                    await asyncio.sleep(0.001)
                os.kill(process.pid, signal.SIGKILL)
        async with panel_core(school), asyncio.timeout(100):
            while len(acknowledged) < 80:  # noqa: ASYNC110 - the core is a process
                await asyncio.sleep(0.01)
            health = await told_health(school)
    assert sorted(acknowledged) == raised(school)
    assert 80 == len(set(acknowledged))
    assert "surgard" in health["connections"] and health["counts"]["dc09.ack"] >= 1
    states = {source["key"]: source["state"] for source in health["sources"]}
    assert ("ok", "ok") == (states["gym"], states["receiver.surgard"])
