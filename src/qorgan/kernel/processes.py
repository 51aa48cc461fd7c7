"""Processes: starting and restarting children, dying with one's parent, stopping in good time.

For one who supervises (`qorgan edge run`, `qorgan demo`):

    nats = Child(name="nats", argv=["nats-server", "-p", "4222"], ready=partial(port_is_open, "127.0.0.1", 4222))
    edge = Child(name="edge", argv=[sys.executable, "-m", "qorgan", "edge", "run", "--config", file], stop_within_s=8)
    supervisor = Supervisor([nats, edge])
    await until_stopped(supervisor.run())          # until SIGTERM or SIGINT; then the children are stopped

Children start in the order given; one with a `ready` check must pass it before the next starts. Each is restarted by
itself: the first time at once, then with backoff. Whatever ends the supervisor, kill -9 included, its children are told
by SIGTERM (PR_SET_PDEATHSIG, prctl(2)). `await supervisor.ready()` waits for all; `supervisor.status()` tells.

For one who is supervised: `asyncio.run(until_stopped(main()))` finishes cleanly on SIGTERM, and in any case within 5 s.
"""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from qorgan.kernel.backoff import Backoff
from qorgan.kernel.clock import Clock, SystemClock
from qorgan.kernel.errors import Unavailable

STOP_WITHIN_S = 5.0
FIRST_RESTART_S = 0.1  # a process that ran well until now comes back at once
CALM_AFTER_S = 30.0  # having lived this long, a process is trusted again
MAX_LINE_BYTES = 16_384
LAST_LINES_WITHIN_S = 2.0  # of a child that has ended
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)  # loaded here: nothing may be loaded between fork and exec
log = logging.getLogger(__name__)


class Restart(StrEnum):
    """What to do when a child has ended by itself."""

    ALWAYS = "always"
    ON_FAILURE = "on_failure"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process to be kept. `env` is added to ours. Secrets belong into neither `argv` nor `env`."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    ready: Callable[[], Awaitable[bool]] | None = None  # asked again and again until it says yes
    ready_within_s: float = 30.0
    restart: Restart = Restart.ALWAYS
    stop_within_s: float = STOP_WITHIN_S  # from SIGTERM to SIGKILL


@dataclass(slots=True, kw_only=True)
class ChildStatus:
    """How a child is. `last_exit` is its exit code, or minus the signal that ended it."""

    pid: int | None = None
    started_at: datetime | None = None
    ready: bool = False
    restarts: int = 0
    last_exit: int | None = None


class Supervisor:
    """Owner of its children's processes. One `run` in its life.

    With `output`, each line that a child prints is handed over with the child's name; without, they print where we do.
    """

    def __init__(
        self,
        children: Iterable[Child],
        *,
        output: Callable[[str, str], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._children = tuple(children)
        self._output, self._clock = output, clock or SystemClock()
        self._status = {child.name: ChildStatus() for child in self._children}
        if len(self._status) != len(self._children):
            raise ValueError("two children have one name")
        self._ready = {child.name: asyncio.Event() for child in self._children}
        self._asked_to_restart: set[str] = set()
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    def status(self) -> Mapping[str, ChildStatus]:
        """How each child is at this moment, by name."""
        return self._status

    async def ready(self) -> None:
        """Wait until every child has been ready once. A child without a check is ready when started."""
        for event in self._ready.values():
            await event.wait()

    async def restart(self, name: str) -> None:
        """Stop one child, with its usual patience, and start it again at once, whatever its policy says."""
        process, child = self._processes.get(name), next(child for child in self._children if child.name == name)
        if process is not None:  # otherwise it is on its way already
            self._asked_to_restart.add(name)
            await _stop(child, process)

    async def run(self) -> None:
        """Start the children, keep them, and on cancellation stop them.

        Returns when all have ended and none is to be restarted. Raises `Unavailable` when a child is not ready in time.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for child in self._children:
                    group.create_task(self._keep(child), name=f"child:{child.name}")
                    await self._wait_ready(child)
        except ExceptionGroup as several:
            for error in several.exceptions:
                if isinstance(error, Unavailable):
                    raise error from None
            raise

    async def _wait_ready(self, child: Child) -> None:
        try:
            async with asyncio.timeout(child.ready_within_s):
                await self._ready[child.name].wait()
        except TimeoutError:
            message = f"{child.name} was not ready within {child.ready_within_s:g} s"
            raise Unavailable(message, code="process.not_ready") from None

    async def _keep(self, child: Child) -> None:
        status = self._status[child.name]
        backoff = Backoff(first=0.5, limit=10.0, floor=0.3)
        calm = True
        while True:
            started = self._clock.monotonic()
            status.last_exit = await self._run_once(child, status)
            if child.name in self._asked_to_restart:
                self._asked_to_restart.discard(child.name)
                continue
            if child.restart is Restart.NEVER or (child.restart is Restart.ON_FAILURE and status.last_exit == 0):
                return
            if self._clock.monotonic() - started >= CALM_AFTER_S:
                backoff.reset()
                calm = True
            delay = FIRST_RESTART_S if calm else backoff.next()
            calm = False
            status.restarts += 1
            log.warning(
                "child.restarting",
                extra={"child": child.name, "exit": status.last_exit, "in_s": round(delay, 2)},
            )
            await self._clock.sleep(delay)

    async def _run_once(self, child: Child, status: ChildStatus) -> int:
        """Start the child and wait for its end; stop it when cancelled. Returns as `ChildStatus.last_exit`."""
        try:
            process = await self._start(child)
        except OSError as error:
            log.error("child.cannot_start", extra={"child": child.name, "reason": error.strerror})
            return 127
        self._processes[child.name] = process
        status.pid, status.started_at = process.pid, datetime.now(UTC)
        log.info("child.started", extra={"child": child.name, "pid": process.pid})
        aside = [asyncio.create_task(self._await_ready(child, status), name=f"ready:{child.name}")]
        if self._output is not None:
            aside.append(asyncio.create_task(self._pass_output(child, process), name=f"output:{child.name}"))
        try:
            code = await process.wait()
            if self._output is not None:
                with contextlib.suppress(TimeoutError):  # a grandchild may hold the pipe open
                    async with asyncio.timeout(LAST_LINES_WITHIN_S):
                        await aside[-1]
            return code
        finally:
            await _stop(child, process)
            for task in aside:
                task.cancel()
            await asyncio.gather(*aside, return_exceptions=True)
            del self._processes[child.name]
            status.pid, status.ready = None, False

    async def _start(self, child: Child) -> asyncio.subprocess.Process:
        parent, output = os.getpid(), asyncio.subprocess.PIPE if self._output else None
        return await asyncio.create_subprocess_exec(
            *child.argv,
            env={**os.environ, **child.env},
            cwd=child.cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT if output else None,
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which then stops its children
            preexec_fn=lambda: die_with_parent(parent),
        )

    async def _await_ready(self, child: Child, status: ChildStatus) -> None:
        while child.ready is not None:
            try:
                async with asyncio.timeout(5.0):
                    if await child.ready():
                        break
            except (OSError, TimeoutError):
                pass  # not yet: the check could not reach the child
            await self._clock.sleep(0.05)
        status.ready = True
        self._ready[child.name].set()

    async def _pass_output(self, child: Child, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None and self._output is not None
        rest = b""
        while data := await process.stdout.read(65_536):
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > MAX_LINE_BYTES:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._output(child.name, line[:MAX_LINE_BYTES].decode("utf-8", "replace"))
        if rest:
            self._output(child.name, rest.decode("utf-8", "replace"))


_SAY_IT_AGAIN = 0.4  # of the time for cleaning up


def die_with_parent(parent: int) -> None:
    """Ask the kernel for SIGTERM when our parent dies. Safe between fork and exec; the wish survives exec.

    `parent` is who we believe our parent to be: had it died before we asked, nobody would tell us, so we leave.
    """
    if _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0 or os.getppid() != parent:
        os._exit(1)


async def until_stopped(main: Coroutine[Any, Any, None], *, within_s: float = STOP_WITHIN_S) -> None:
    """Run `main` until it ends, or until SIGTERM or SIGINT; then cancel it and return when it has cleaned up.

    Cleaning up that takes longer than `within_s` ends the process with exit code 1, whatever hangs.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(main, name="main")
    asked = False

    def stop() -> None:
        nonlocal asked
        if asked:
            return
        asked = True
        guard = threading.Timer(within_s, _give_up)
        guard.daemon = True
        guard.start()
        task.add_done_callback(lambda _: guard.cancel())
        task.cancel()
        loop.call_later(within_s * _SAY_IT_AGAIN, cancel_the_deaf)

    def cancel_the_deaf() -> None:
        """`asyncio.wait_for` of Python 3.11 can lose a cancellation that meets its result, in a library's task too."""
        if not task.done():
            log.warning(
                "process.stops_slowly", extra={"tasks": sorted(each.get_name() for each in asyncio.all_tasks(loop))}
            )
            for each in asyncio.all_tasks(loop):
                each.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not asked:
            task.cancel()
            raise
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def port_is_open(host: str, port: int) -> bool:
    """Whether something accepts TCP connections there: a `ready` check."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def _stop(child: Child, process: asyncio.subprocess.Process) -> None:
    """SIGTERM, patience, SIGKILL to the child's whole session. Nothing to do for one that has ended."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(child.stop_within_s):
            await process.wait()
    except TimeoutError:
        log.error("child.killed", extra={"child": child.name, "after_s": child.stop_within_s})
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    log.info("child.stopped", extra={"child": child.name, "exit": process.returncode})


def _give_up() -> None:
    log.error("process.would_not_stop")
    os._exit(1)
