"""A PostgreSQL of one command's own: `python -m tests.support.postgres -- pytest tests/behaviour/centre`.

The cluster lies in a temporary directory, listens on a free port of the loopback and is gone at the end. It runs as the
user `postgres` when we are root, because PostgreSQL refuses to be root. The command finds it in QORGAN_TEST_DATABASE.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.support.nats import free_port

CLUSTERS = Path("/usr/lib/postgresql")
# Throw-away: a crash of this machine may lose it, so nothing is synced.
FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=50"


def programs() -> Path | None:
    """The newest PostgreSQL that Debian installed; None without one."""
    found = sorted(CLUSTERS.glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    return found[-1].parent if found else None


@contextlib.contextmanager
def postgres(settings: str = FAST) -> Iterator[str]:
    """The address of a new cluster with an empty database, stopped and removed at the end."""
    bin_ = programs()
    assert bin_ is not None, "PostgreSQL is missing: apt-get install postgresql-15"
    folder = Path(tempfile.mkdtemp(prefix="qorgan-pg-"))
    password, port = secrets.token_urlsafe(12), free_port()
    try:
        _give_away(folder)
        secret = folder / "password"
        secret.write_text(password)
        _give_away(secret)
        data = folder / "data"
        _run(bin_ / "initdb", "-D", data, "-U", "qorgan", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} {settings}"
        _run(bin_ / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql://qorgan:{password}@127.0.0.1:{port}/postgres"
        finally:
            _run(bin_ / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: object) -> None:
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*as_postgres, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/")
    assert done.returncode == 0, done.stdout.decode(errors="replace")


def _give_away(path: Path) -> None:
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(path, user.pw_uid, user.pw_gid)


def main(arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        print(__doc__)
        return 2
    with postgres() as address:
        return subprocess.run(command, env={**os.environ, "QORGAN_TEST_DATABASE": address}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
