"""Debian's mosquitto on a free port, with a password for each button and rights to its own topics alone."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.nats import free_port

START_WITHIN_S = 60.0
CORE_PASSWORD = "broker-hunter2"
RADIO_PASSWORD = "radio-hunter2"
_RIGHTS = """\
user core
topic readwrite qorgan/#

pattern write qorgan/+/button/%u/press
pattern write qorgan/+/button/%u/state
pattern read qorgan/+/button/%u/lamp
"""


@dataclass(frozen=True)
class Broker:
    port: int
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """kill -9: it has no time for anybody's last will."""
        self.process.kill()
        self.process.wait(30)


@contextlib.contextmanager
def mosquitto(directory: Path, *names: str, tls: tuple[Path, Path] | None = None) -> Iterator[Broker]:
    """A broker that knows core and these buttons. `tls`: its certificate and key; it speaks nothing else then."""
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    passwords, rights, config = (directory / name for name in ("mqtt.passwords", "mqtt.rights", "mosquitto.conf"))
    lines = [f"core:{CORE_PASSWORD}", *(f"{name}:{RADIO_PASSWORD}" for name in names)]
    passwords.write_text("\n".join(lines) + "\n")
    subprocess.run(["mosquitto_passwd", "-U", passwords], check=True, timeout=60)
    rights.write_text(_RIGHTS)
    port = free_port()
    sealed = "" if tls is None else f"certfile {tls[0]}\nkeyfile {tls[1]}\n"
    config.write_text(
        f"listener {port} 127.0.0.1\n{sealed}"
        f"allow_anonymous false\npassword_file {passwords}\nacl_file {rights}\nuser root\n"
    )
    for file in (passwords, rights):
        file.chmod(0o600)
    process = subprocess.Popen([program, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield Broker(port, process)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None, f"mosquitto ended at once with {process.returncode}"
        assert time.monotonic() < deadline, "mosquitto did not open its port"
