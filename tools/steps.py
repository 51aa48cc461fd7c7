"""Steps of the set-up: each has a name, shows its progress, writes a log, and leaves a stamp on success.

Standard library only. A stamp is written after success and never before: a step that was broken off is done
again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "setup"
_TAIL_LINES = 25
_NO_NETWORK = re.compile(
    r"Temporary failure (in name resolution|resolving)|Could not resolve|Name or service not known|dns error"
    r"|Connection refused|Network is unreachable|Connection timed out|Read timed out|Max retries exceeded"
    r"|from versions: none"
    r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|Failed to fetch|error sending request",
    re.IGNORECASE,
)
_BAD_CERTIFICATE = re.compile(
    r"CERTIFICATE_VERIFY_FAILED|certificate verify|UnknownIssuer|unable to get local issuer"
    r"|SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER",
    re.IGNORECASE,
)
_NO_SPACE = re.compile(r"No space left on device|ENOSPC|Disk quota exceeded", re.IGNORECASE)


class SetupFailed(Exception):
    """A step did not succeed; the message says what happened and what to do."""


def fingerprint(*parts: object) -> str:
    """One hash over values and the contents of files (and of all files below a folder)."""
    digest = hashlib.sha256()
    for part in parts:
        for data in _contents(part):
            digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _contents(part: object) -> list[bytes]:
    if not isinstance(part, Path):
        return [str(part).encode()]
    if part.is_dir():
        files = sorted(path for path in part.rglob("*") if path.is_file())
        return [data for path in files for data in (str(path.relative_to(part)).encode(), path.read_bytes())]
    return [part.read_bytes() if part.is_file() else b"absent"]


def read_stamp(step: str) -> dict[str, Any]:
    """What the last success of a step wrote down; empty when there was none or it cannot be read."""
    try:
        stamp = json.loads((CACHE / f"{step}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(step: str, **facts: object) -> None:
    """The step succeeded: say so, in one atomic rename."""
    draft = CACHE / f"{step}.json.new"
    draft.write_text(json.dumps(facts, indent=1, sort_keys=True), encoding="utf-8")
    draft.replace(CACHE / f"{step}.json")


def clear_stamp(step: str) -> None:
    """The step is about to change something: until it succeeds, it has not."""
    (CACHE / f"{step}.json").unlink(missing_ok=True)


def say(text: str) -> None:
    """One line for the person who waits."""
    print(text, flush=True)


class Runner:
    """Runs the commands of one step, shows that time passes, keeps their output in the step's log."""

    def __init__(self, step: str, title: str) -> None:
        self.step, self.title = step, title
        self.log = CACHE / f"{step}.log"
        self._started = time.monotonic()
        self.log.write_bytes(b"")
        say(f"  {title} …")

    def run(self, command: Sequence[str], *, cwd: Path = ROOT, environment: dict[str, str] | None = None) -> None:
        """Run to the end. Raises `SetupFailed` with the tail of the output and what to do."""
        code = self.attempt(command, cwd=cwd, environment=environment)
        if code != 0:
            raise SetupFailed(self.explain(command, code))

    def attempt(self, command: Sequence[str], *, cwd: Path = ROOT, environment: dict[str, str] | None = None) -> int:
        """Run to the end and return the exit code."""
        done = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(done,), daemon=True)
        ticker.start()
        try:
            with self.log.open("ab") as log:
                log.write(f"$ {' '.join(command)}\n".encode())
                log.flush()
                return subprocess.call(
                    list(command),
                    cwd=cwd,
                    env={**os.environ, **(environment or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        except OSError as error:
            raise SetupFailed(f"{self.title}: cannot start {command[0]}: {error}") from error
        finally:
            done.set()
            ticker.join()

    def finish(self, note: str = "") -> None:
        """Say how long it took."""
        self._wipe()
        say(f"  {self.title}: done in {time.monotonic() - self._started:.0f} s{'. ' + note if note else ''}")

    def explain(self, command: Sequence[str], code: int) -> str:
        """The end of the log, and the sentence that helps."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        tail = "\n".join(f"    | {line[:200]}" for line in lines[-_TAIL_LINES:])
        program = Path(command[0]).name
        return f"{self.title}: {program} ended with code {code}.\n{tail}\n{mend(chr(10).join(lines), self.log)}"

    def _tick(self, done: threading.Event) -> None:
        every = 1.0 if sys.stdout.isatty() else 15.0
        while not done.wait(every):
            elapsed = f"    … {time.monotonic() - self._started:.0f} s  {self._last_line()}"
            if sys.stdout.isatty():
                sys.stdout.write(f"\r\x1b[K{elapsed[:100]}")
                sys.stdout.flush()
            else:
                say(elapsed)

    def _last_line(self) -> str:
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - 400))
            lines = log.read().decode("utf-8", "replace").replace("\r", "\n").split("\n")
        return next((line.strip()[:80] for line in reversed(lines) if line.strip()), "")

    def _wipe(self) -> None:
        if sys.stdout.isatty():
            sys.stdout.write("\r\x1b[K")


def mend(output: str, log: Path) -> str:
    """What a person can do about a failed command, from what it printed."""
    where = f"The whole output is in {log.relative_to(ROOT)}."
    if _BAD_CERTIFICATE.search(output):
        return (
            "The other side's certificate is not trusted on this machine. Behind an inspecting proxy, name its\n"
            "authority in SSL_CERT_FILE, PIP_CERT and NODE_EXTRA_CA_CERTS, then run the same command again.\n"
            f"{where}"
        )
    if _NO_NETWORK.search(output):
        return (
            "The network did not answer. Check that this machine reaches the package registries: the proxy\n"
            "(HTTPS_PROXY), a mirror (PIP_INDEX_URL for Python, `npm config get registry` for the web), the\n"
            "certificates (SSL_CERT_FILE). Then run the same command again: it goes on where it stopped.\n"
            f"{where}"
        )
    if _NO_SPACE.search(output):
        return f"The disk is full: the set-up needs about 2 GB. Make room and run it again. {where}"
    return f"Run the same command again; if it fails in the same way, `make clean` starts anew. {where}"
