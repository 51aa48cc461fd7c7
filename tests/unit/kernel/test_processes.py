"""Children are kept alive, are told when their parent dies, and are gone when they are asked to go."""

import asyncio
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from qorgan.kernel.errors import Unavailable
from qorgan.kernel.processes import Child, Restart, Supervisor

SLEEPER = "import time; time.sleep(600)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code)]


async def until(condition: Callable[[], bool], within_s: float = 60.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what we wait for lives in another process
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(supervisor: Supervisor) -> AsyncIterator[Supervisor]:
    task = asyncio.create_task(supervisor.run())
    try:
        await asyncio.wait_for(supervisor.ready(), 20)
        yield supervisor
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_killed_child_comes_back_and_its_sibling_is_left_alone() -> None:
    children = [Child(name=name, argv=python(SLEEPER)) for name in ("one", "two")]
    async with running(Supervisor(children)) as supervisor:
        first, sibling = supervisor.status()["one"].pid, supervisor.status()["two"].pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor.status()["one"].pid not in (None, first))

        assert (supervisor.status()["one"].restarts, supervisor.status()["one"].last_exit) == (1, -signal.SIGKILL)
        assert supervisor.status()["two"].pid == sibling


async def test_children_are_gone_when_the_supervisor_has_stopped() -> None:
    supervisor = Supervisor([Child(name="one", argv=python(SLEEPER))])
    async with running(supervisor):
        pid = supervisor.status()["one"].pid
        assert pid is not None and alive(pid)
    assert not alive(pid)


async def test_a_child_that_ignores_sigterm_is_killed_with_what_it_started(tmp_path: Path) -> None:
    stubborn = f"""
        import pathlib, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        pathlib.Path({str(tmp_path / "pid")!r}).write_text(str(grandchild.pid) + "\\n")
        time.sleep(600)
    """
    written = tmp_path / "pid"
    child = Child(name="stubborn", argv=python(stubborn), stop_within_s=0.3)
    async with running(Supervisor([child])):
        await until(lambda: written.exists() and written.read_text().endswith("\n"))
    await until(lambda: not alive(int(written.read_text())))


async def test_children_are_told_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    supervising = f"""
        import asyncio, sys
        from qorgan.kernel.processes import Child, Supervisor
        asyncio.run(Supervisor([Child(name="one", argv=[sys.executable, "-c", '''{SLEEPER}'''])]).run())
    """
    parent = await asyncio.create_subprocess_exec(*python(supervising))
    children: list[psutil.Process] = []

    def has_child() -> bool:
        children[:] = psutil.Process(parent.pid).children()
        return bool(children) and SLEEPER in children[0].cmdline()

    await until(has_child)
    parent.kill()
    await parent.wait()
    await until(lambda: not alive(children[0].pid))


async def test_the_next_child_starts_only_when_the_one_before_is_ready(tmp_path: Path) -> None:
    async def first_is_ready() -> bool:
        return (tmp_path / "ready").exists()

    first = Child(name="first", argv=python(SLEEPER), ready=first_is_ready)
    second = Child(name="second", argv=python(SLEEPER))
    supervisor = Supervisor([first, second])
    task = asyncio.create_task(supervisor.run())
    try:
        await until(lambda: supervisor.status()["first"].pid is not None)
        assert supervisor.status()["second"].pid is None
        (tmp_path / "ready").touch()
        await until(lambda: supervisor.status()["second"].pid is not None)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_child_that_never_gets_ready_ends_the_start_with_its_name() -> None:
    async def never() -> bool:
        return False

    child = Child(name="lazy", argv=python(SLEEPER), ready=never, ready_within_s=0.2)
    with pytest.raises(Unavailable, match="lazy was not ready within"):
        await Supervisor([child]).run()


async def test_a_program_that_does_not_exist_is_tried_again_and_stops_nobody() -> None:
    children = [
        Child(name="missing", argv=["/nonexistent/program"]),
        Child(name="one", argv=python(SLEEPER)),
    ]
    supervisor = Supervisor(children)
    task = asyncio.create_task(supervisor.run())
    try:
        await until(lambda: supervisor.status()["missing"].restarts >= 2)
        assert supervisor.status()["one"].pid is None  # it waits for its elder, which has never stood
        assert supervisor.status()["missing"].last_exit == 127
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_output_comes_line_by_line_with_the_name_of_the_child() -> None:
    lines: list[tuple[str, str]] = []
    chatty = Child(
        name="chatty",
        argv=python("print('сәлем'); print('x' * 40000); import sys; sys.stderr.write('no end')"),
        restart=Restart.NEVER,
    )
    await Supervisor([chatty], output=lambda name, line: lines.append((name, line))).run()

    assert ("chatty", "сәлем") in lines
    assert ("chatty", "no end") in lines
    assert max(len(line) for _, line in lines) <= 16_384


async def test_a_supervised_process_cleans_up_on_sigterm_and_leaves_even_if_cleaning_hangs(tmp_path: Path) -> None:
    program = """
        import asyncio, pathlib, sys, time
        from qorgan.kernel.processes import until_stopped

        async def main(folder):
            (folder / "up").touch()
            try:
                await asyncio.sleep(600)
            finally:
                (folder / "cleaned").touch()
                if (folder / "hang").exists():
                    time.sleep(600)

        asyncio.run(until_stopped(main(pathlib.Path(sys.argv[1])), within_s=float(sys.argv[2])))
    """
    for folder, within_s, expected in ((tmp_path / "well", 60, 0), (tmp_path / "badly", 0.5, 1)):
        folder.mkdir()
        if expected:
            (folder / "hang").touch()
        process = await asyncio.create_subprocess_exec(*python(program), str(folder), str(within_s))
        await until((folder / "up").exists)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == expected
        assert (folder / "cleaned").exists()
