"""System calls of a process that fail for a while, as those of a broken or full disk do: strace injects errors."""

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Failing:
    """Calls that fail at the moment, and which of them did so far."""

    trace: Path

    @property
    def failed(self) -> list[str]:
        """Names of the calls that were made to fail, in order."""
        lines = self.trace.read_text("ascii", errors="replace").splitlines() if self.trace.exists() else []
        return [line.split(maxsplit=1)[1].split("(")[0] for line in lines if line.rstrip().endswith("(INJECTED)")]


def inject(calls: str, error: str, trace: Path, *, files: Sequence[Path] = ()) -> list[str]:
    """strace under which these calls fail, in all threads; with `files` only where they are about one of those."""
    options = ["-e", f"trace={calls}", "-e", "signal=none", "-e", f"inject={calls}:error={error}"]
    return ["strace", "-f", "-qq", *options, *(f"--trace-path={file}" for file in files), "-o", str(trace)]


@contextlib.contextmanager
def failing(pid: int, calls: str, error: str, trace: Path) -> Iterator[Failing]:
    """While this is open, `calls` (names with commas between) of all threads of a process fail with `error`."""
    command = [*inject(calls, error, trace), "-p", str(pid)]
    strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield Failing(trace)
        assert strace.poll() is None, f"strace ended: {strace.stderr.read() if strace.stderr else ''}"
    finally:
        strace.terminate()  # it lets go of the process, which goes on
        strace.communicate(timeout=60)
