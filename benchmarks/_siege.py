"""The other side of `panels`: thousands of quiet panels, and callers who mean no good. A program of its own.

    python -m benchmarks._siege crowd --dc09 PORT --surgard PORT --number 10000
    python -m benchmarks._siege attack --dc09 PORT --surgard PORT

Says `{"ready": …}` on a line when it has begun, goes on until its standard input ends, then says what it saw. Callers
have loopback addresses of their own, as those of many schools and of several attackers would.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import resource
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial

from qorgan.protocols.dc09.messages import Message, write_message
from qorgan.protocols.surgard import ACK, write_heartbeat

NULL = write_message(Message(id="NULL", seq=1, account="1234"))
BEAT = write_heartbeat()
STRANGER = write_message(Message(id="ADM-CID", seq=1, account="9999", data="#9999|1120 01 005"))
IN_CLEAR = write_message(Message(id="ADM-CID", seq=1, account="AB01", data="#AB01|1120 01 005"))
OVERSIZE = b"\n" + b"7CB80027" + b'"' * 20_000
NOISE = b"x" * 20_000 + b"\x14"
PER_ADDRESS = 1_000
BEAT_EVERY_S = 60.0  # a quiet panel shows that it lives
LORIS_EVERY_S = 0.5  # a byte
FLOODERS, SLOW, SLOW_SURGARD = 16, 1_000, 200
Caller = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def calling(port: int, address: str) -> AsyncIterator[Caller]:
    """A connection from this address of ours; hung up at the end, without a word."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0), limit=8_192)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def address_of(net: int, number: int) -> str:
    return f"127.{net}.{number // 250}.{number % 250 + 1}"


# --- the crowd -----------------------------------------------------------------------------------------------------


class Crowd:
    """Panels that are connected and quiet. One in twenty is a Sur-Gard receiver."""

    def __init__(self, dc09: int, surgard: int) -> None:
        self._dc09, self._surgard = dc09, surgard
        self._members: list[tuple[Caller, bytes, bytes]] = []
        self.unanswered = 0

    async def join(self, number: int) -> None:
        """So many, two hundred at a time."""
        turn = asyncio.Semaphore(200)

        async def one(index: int) -> None:
            async with turn:
                port, says, hears = (self._surgard, BEAT, ACK) if index % 20 == 0 else (self._dc09, NULL, b"\r")
                caller = await asyncio.open_connection(
                    "127.0.0.1", port, local_addr=(address_of(1, index // PER_ADDRESS), 0), limit=2_048
                )
                self._members.append((caller, says, hears))
                await self._ask(self._members[-1])

        async with asyncio.TaskGroup() as group:
            for index in range(number):
                group.create_task(one(index))

    async def beat(self) -> None:
        """Each says once a minute that it lives, spread over the minute, until cancelled."""
        while True:
            for member in self._members:
                await self._ask(member)
                await asyncio.sleep(BEAT_EVERY_S / len(self._members))

    async def count(self) -> int:
        """How many are still connected and answered."""
        before = self.unanswered
        for first in range(0, len(self._members), 200):
            await asyncio.gather(*map(self._ask, self._members[first : first + 200]))
        return len(self._members) - (self.unanswered - before)

    async def _ask(self, member: tuple[Caller, bytes, bytes]) -> None:
        (reader, writer), says, hears = member
        try:
            async with asyncio.timeout(30):
                writer.write(says)
                await reader.readuntil(hears)
        except (OSError, EOFError):  # TimeoutError is an OSError
            self.unanswered += 1


async def be_crowd(dc09: int, surgard: int, number: int, until: Callable[[], Awaitable[None]]) -> dict[str, int]:
    crowd = Crowd(dc09, surgard)
    await crowd.join(number)
    say(ready=number)
    beating = asyncio.create_task(crowd.beat())
    await until()
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    return {"connected": await crowd.count(), "unanswered": crowd.unanswered}


# --- the attack ----------------------------------------------------------------------------------------------------


class Attack:
    """All of it at once, until cancelled. Whoever is hung up on calls again."""

    def __init__(self, dc09: int, surgard: int) -> None:
        self._dc09, self._surgard = dc09, surgard
        self.seen = Counter[str]()

    def works(self) -> Iterator[Callable[[], Awaitable[None]]]:
        for number in range(SLOW):
            yield partial(self._drip, self._dc09, address_of(3, number // 50), NULL)
        for number in range(SLOW_SURGARD):
            yield partial(self._drip, self._surgard, address_of(3, number // 50), BEAT)
        for number in range(FLOODERS):
            at = address_of(4, number)
            yield partial(self._ask_on, at, (STRANGER, IN_CLEAR)[number % 2])
            yield partial(self._pour, self._dc09, at, OVERSIZE, "oversize")
            yield partial(self._pour, self._surgard, at, NOISE, "noise")
        yield self._knock
        yield self._datagrams

    async def run(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            with contextlib.suppress(OSError, EOFError):
                await work()
            self.seen["hung_up"] += 1
            await asyncio.sleep(0.1)

    async def _drip(self, port: int, address: str, words: bytes) -> None:
        """A byte at a time, and never the last one."""
        async with calling(port, address) as (_, writer):
            for byte in itertools.chain(words[:-1], itertools.repeat(words[1])):
                writer.write(bytes([byte]))
                await writer.drain()
                self.seen["slow_bytes"] += 1
                await asyncio.sleep(LORIS_EVERY_S)

    async def _ask_on(self, address: str, frame: bytes) -> None:
        """Messages of an account that nobody knows, or in clear for one with a key, as fast as they are answered."""
        async with calling(self._dc09, address) as (reader, writer):
            while True:
                writer.write(frame * 50)
                for _ in range(50):
                    await reader.readuntil(b"\r")
                self.seen["strangers_refused"] += 50

    async def _pour(self, port: int, address: str, junk: bytes, name: str) -> None:
        async with calling(port, address) as (reader, writer):
            while not reader.at_eof():
                writer.write(junk)
                await writer.drain()
                self.seen[f"{name}_sent"] += 1

    async def _knock(self) -> None:
        """Connect and say nothing, two hundred times a second."""
        while True:
            async with calling(self._dc09, "127.5.0.1"):
                self.seen["knocks"] += 1
            await asyncio.sleep(0.005)

    async def _datagrams(self) -> None:
        """Two thousand datagrams a second from one address."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.bind(("127.6.0.1", 0))
            while True:
                for _ in range(20):
                    with contextlib.suppress(BlockingIOError):
                        out.sendto(STRANGER, ("127.0.0.1", self._dc09))
                        self.seen["datagrams"] += 1
                await asyncio.sleep(0.01)


async def be_attack(dc09: int, surgard: int, until: Callable[[], Awaitable[None]]) -> dict[str, int]:
    attack = Attack(dc09, surgard)
    tasks = [asyncio.create_task(attack.run(work)) for work in attack.works()]
    say(ready=len(tasks))
    await until()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return dict(sorted(attack.seen.items()))


def say(**what: object) -> None:
    print(json.dumps(what), flush=True)


async def told_to_stop() -> None:
    """Returns when standard input ends: whoever started us wants no more, or is gone."""
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("crowd", "attack"))
    parser.add_argument("--dc09", type=int, required=True)
    parser.add_argument("--surgard", type=int, required=True)
    parser.add_argument("--number", type=int, default=10_000)
    asked = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if asked.what == "crowd":
        say(**asyncio.run(be_crowd(asked.dc09, asked.surgard, asked.number, told_to_stop)))
    else:
        say(**asyncio.run(be_attack(asked.dc09, asked.surgard, told_to_stop)))


if __name__ == "__main__":
    main()
