"""Two processes that watch one another, so that kill -9 of either does not end the town.

`qorgan demo` becomes the *keeper*: it does nothing but start the *runner*, which runs the town, and start it again when
it was killed. The runner starts a new keeper when its own was killed. They are joined by a socket pair: whoever dies,
the other reads the end of it. An orderly end is told before: then the other ends, too.

    python -m qorgan.demo.keeper <arguments of qorgan demo>                         begin: start a runner
    python -m qorgan.demo.keeper --adopt <fd> <pid> <arguments of qorgan demo>      keep a runner that runs already

Standard library only: the keeper is small.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

SOCKET_VARIABLE = "QORGAN_DEMO_KEEPER"  # the runner's end of the socket pair: a file descriptor
FOLDER_VARIABLE = "QORGAN_DEMO_FOLDER"  # in the environment of every process of a town: whose it is
CALM_AFTER_S = 30.0  # a runner that lived so long is started again at once
LONGEST_PAUSE_S = 30.0
ENDS_WITHIN_S = 60.0  # what a killed runner left: the kernel has told it to stop


# --- the keeper


@dataclass(frozen=True, kw_only=True)
class _Runner:
    """A runner that runs. `process` is None for one that another keeper has started."""

    line: socket.socket
    pidfd: int
    process: "subprocess.Popen[bytes] | None"

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGTERM)

    def wait(self) -> int | None:
        """Its exit code, when it has ended; None when it was killed."""
        told = b""
        while data := self.line.recv(64):
            told += data
        self.line.close()
        os.close(self.pidfd)
        code = self.process.wait() if self.process is not None else -signal.SIGKILL
        if told:
            return int(told)
        return code if code >= 0 else None


def become_keeper(folder: Path, arguments: Sequence[str]) -> None:
    """Replace this process by the keeper of a town in `folder`. Does not return."""
    sys.stdout.flush()
    sys.stderr.flush()
    environment = {**os.environ, FOLDER_VARIABLE: str(folder.absolute())}
    os.execve(sys.executable, [sys.executable, "-m", __name__, *arguments], environment)  # noqa: S606 - ourselves


def keep(arguments: Sequence[str], adopted: _Runner | None = None) -> int:
    """Run the demo with these arguments until it ends in an orderly way, or until SIGTERM or SIGINT; its exit code."""
    current: _Runner | None = None
    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        if current is not None:
            current.stop()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    pause_s = 0.0
    while not stopping:
        began = time.monotonic()
        current, adopted = adopted or _start_runner(arguments), None
        if stopping:  # asked while it was being started
            current.stop()
        code = current.wait()
        current = None
        if code is not None:
            return code
        if stopping:
            break
        arguments = ["--no-browser" if word == "--browser" else word for word in arguments]  # it is open already
        pause_s = 0.0 if time.monotonic() - began > CALM_AFTER_S else min(LONGEST_PAUSE_S, 2 * pause_s + 1)
        _say(f"the town's runner was killed; it is started again in {pause_s:.0f} s")
        until = time.monotonic() + pause_s
        while not stopping and time.monotonic() < until:
            time.sleep(0.1)
    return 128 + signal.SIGTERM


def _start_runner(arguments: Sequence[str]) -> _Runner:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "qorgan", "demo", *arguments],
            env={**os.environ, SOCKET_VARIABLE: str(theirs.fileno())},
            pass_fds=[theirs.fileno()],
        )
    return _Runner(line=ours, pidfd=os.pidfd_open(process.pid), process=process)


# --- the runner


@contextlib.contextmanager
def kept(arguments: Sequence[str]) -> Iterator[None]:
    """In the runner: have a keeper for as long as the context is open; then tell it that this end is meant."""
    keepers = _Keepers(arguments, socket.socket(fileno=int(os.environ.pop(SOCKET_VARIABLE))))
    # A keeper that was killed gives the terminal back to the shell: who then reads it or writes to it is stopped.
    for number in (signal.SIGTTIN, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=keepers.watch, daemon=True, name="keeper").start()
    code = 1
    try:
        yield
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        raise
    finally:
        keepers.tell(code)


def is_runner() -> bool:
    """Whether a keeper has started this process."""
    return SOCKET_VARIABLE in os.environ


def await_the_end_of_others(folder: Path) -> None:
    """Wait until nothing is left of a town whose runner was killed. Raises `TimeoutError`, naming what does not end."""
    until = time.monotonic() + ENDS_WITHIN_S
    while left := processes_of(folder) - {os.getpid(), os.getppid()}:
        if time.monotonic() > until:
            raise TimeoutError(f"processes of a demo that was killed still run: {sorted(left)}")
        time.sleep(0.1)


def processes_of(folder: Path) -> set[int]:
    """The processes of the town in `folder`, by what they were started with (/proc/<pid>/environ)."""
    wanted = f"{FOLDER_VARIABLE}={folder.absolute()}".encode()
    found = set()
    for file in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # ended meanwhile, or somebody else's
            if wanted in file.read_bytes().split(b"\0"):
                found.add(int(file.parent.name))
    return found


class _Keepers:
    """Owns the runner's end of the line to its keeper, one keeper after the other."""

    def __init__(self, arguments: Sequence[str], line: socket.socket) -> None:
        self._arguments, self._line = arguments, line
        self._lock = threading.Lock()
        self._ended = False

    def watch(self) -> None:
        """Start a new keeper whenever one was killed. For a thread of its own; never returns before the end."""
        while True:
            line = self._line
            with contextlib.suppress(OSError):
                while line.recv(64):
                    pass
            with self._lock:
                if self._ended:
                    return
                keeper = self._replace()
            _say(f"the town's keeper was killed; it is started again: `kill {keeper.pid}` stops the town")
            threading.Thread(target=keeper.wait, daemon=True, name="reap").start()

    def tell(self, code: int) -> None:
        """The end is meant."""
        with self._lock:
            self._ended = True
            with contextlib.suppress(OSError):  # it was killed just now
                self._line.sendall(str(code).encode())
                self._line.shutdown(socket.SHUT_RDWR)

    def _replace(self) -> "subprocess.Popen[bytes]":
        self._line.close()
        self._line, theirs = socket.socketpair()
        with theirs:
            arguments = ["--adopt", str(theirs.fileno()), str(os.getpid()), *self._arguments]
            return subprocess.Popen([sys.executable, "-m", __name__, *arguments], pass_fds=[theirs.fileno()])


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal has gone
        print(f"  {text}", flush=True)


def main() -> int:
    """As in the text above."""
    arguments = sys.argv[1:]
    if arguments[:1] != ["--adopt"]:
        return keep(arguments)
    line, pid = socket.socket(fileno=int(arguments[1])), int(arguments[2])
    return keep(arguments[3:], _Runner(line=line, pidfd=os.pidfd_open(pid), process=None))


if __name__ == "__main__":
    sys.exit(main())
