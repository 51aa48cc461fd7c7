"""What a process did to the files below a folder, in order, with its bytes: read from a trace of strace.

Nothing is left out quietly: a call that would change a file in a way that is not understood here raises `ValueError`.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

_CALLS = (
    "open,openat,creat,close,dup,dup2,dup3,write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,fallocate,lseek,mmap,"
    "rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,"
    "fsync,fdatasync,sync_file_range,syncfs,sync,sendfile,copy_file_range"
)
_LINE = re.compile(r"(\d+) +(\d+)\.(\d{6}) (.*)", re.DOTALL)
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+|\?|0x[0-9a-f]+)[^<]*(?:<([\d.]+)>)?", re.DOTALL)
_TEXT = re.compile(r'"([^"]*)"')


class Kind(StrEnum):
    """What was done."""

    CREATE = "create"
    WRITE = "write"
    TRUNCATE = "truncate"
    RENAME = "rename"
    UNLINK = "unlink"
    MKDIR = "mkdir"
    RMDIR = "rmdir"
    SYNC_FILE = "sync_file"
    SYNC_FOLDER = "sync_folder"
    SYNC_DISK = "sync_disk"


NAMING = (Kind.CREATE, Kind.RENAME, Kind.UNLINK, Kind.MKDIR, Kind.RMDIR)
SYNCS = (Kind.SYNC_FILE, Kind.SYNC_FOLDER, Kind.SYNC_DISK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One call that succeeded. Paths are relative to the traced folder; `node` is a file, whatever its name is.

    `begun_us`, `done_us`: wall clock. `offset` is a write's place or the length after a truncation.
    """

    kind: Kind
    path: str
    begun_us: int
    done_us: int
    node: int = 0
    offset: int = 0
    data: bytes = b""
    to: str = ""


def can_trace() -> str:
    """An empty string where strace can trace a process, else why not."""
    try:
        done = subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], capture_output=True, text=True, timeout=30)
    except FileNotFoundError:
        return "strace is not installed"
    return "" if done.returncode == 0 else f"strace cannot trace here: {done.stderr.strip()}"


def traced(command: Sequence[str], trace: Path) -> list[str]:
    """The command that runs `command` and writes what it does to files into `trace`."""
    return [
        *("strace", "-f", "--seccomp-bpf", "-qq", "-ttt", "-T", "-xx", "-s", str(2**26)),
        *("-e", f"trace={_CALLS}", "-e", "signal=none", "-o", str(trace), *command),
    ]


def read_operations(trace: Path, root: Path) -> list[Operation]:
    """Everything that changed or synced something below `root`, in the order in which it was done."""
    reader = _Reader(root)
    operations = [operation for call in _calls(trace) for operation in reader.take(call)]
    return sorted(operations, key=lambda operation: operation.done_us)


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    arguments: str
    result: int
    begun_us: int
    done_us: int

    @property
    def texts(self) -> list[bytes]:
        return [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(self.arguments)]

    def number(self, position: int) -> int:
        """A numeric argument, counted from the end when negative."""
        return int(_TEXT.sub("", self.arguments).split(",")[position], 0)


def _calls(trace: Path) -> Iterator[_Call]:
    """Calls that succeeded. One that another thread interrupted stands on two lines."""
    begun: dict[str, tuple[int, str]] = {}
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            if (match := _LINE.match(line)) is None:
                raise ValueError(f"a line of a trace that is none: {line[:200]}")
            thread, seconds, fraction, text = match.groups()
            at = int(seconds) * 1_000_000 + int(fraction)
            if text.startswith(("+++", "---")):
                continue
            if "<unfinished ...>" in text[-24:]:
                begun[thread] = at, text.rstrip().removesuffix("<unfinished ...>")
                continue
            if text.startswith("<... "):
                at, head = begun.pop(thread)
                text = head + text[text.index("resumed>") + len("resumed>") :]
            if (call := _CALL.match(text)) is None:
                raise ValueError(f"a call that cannot be read: {text[:200]}")
            name, arguments, result, took = call.groups()
            if result != "?" and not result.startswith("-"):
                yield _Call(name, arguments, int(result, 0), at, at + int(float(took or 0) * 1e6))


@dataclass(slots=True)
class _Handle:
    """An open file or folder of ours. Only writers that know where they are: `read` moves no position here."""

    path: str
    node: int
    position: int = 0
    appends: bool = False


@dataclass(slots=True)
class _Reader:
    root: Path
    handles: dict[int, _Handle] = field(default_factory=dict)
    nodes: dict[str, int] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    made: int = 0

    def take(self, call: _Call) -> list[Operation]:
        """What a call means."""
        handler = getattr(self, f"_{call.name}", None)
        if handler is not None:
            found: list[Operation] = handler(call)
            return found
        if call.name in ("link", "linkat", "symlink", "symlinkat", "truncate", "creat", "sync", "open"):
            touched = any(self._below(os.fsdecode(text)) for text in call.texts) or call.name == "sync"
        elif call.name == "mmap":  # SQLite's -shm is made anew after a crash
            handle = self.handles.get(call.number(4)) if "MAP_ANONYMOUS" not in call.arguments else None
            shared = "MAP_SHARED" in call.arguments and "PROT_WRITE" in call.arguments
            touched = shared and handle is not None and not handle.path.endswith("-shm")
        else:
            touched = call.number(0) in self.handles
        if touched:
            raise ValueError(f"{call.name} is not understood here: {call.arguments[:200]}")
        return []

    # Opening and closing

    def _openat(self, call: _Call) -> list[Operation]:
        path = self._at(call, 0)
        if path is None:
            return []
        flags = call.arguments.rsplit('",', 1)[1]
        if path not in self.nodes and "O_CREAT" not in flags:
            self.handles[call.result] = _Handle(path, 0)  # a folder
            return []
        found = []
        if path not in self.nodes:
            self.made += 1
            self.nodes[path], self.sizes[self.made] = self.made, 0
            found = [self._operation(call, Kind.CREATE, path, node=self.made)]
        elif "O_TRUNC" in flags and self.sizes[self.nodes[path]]:
            self.sizes[self.nodes[path]] = 0
            found = [self._operation(call, Kind.TRUNCATE, path, node=self.nodes[path])]
        self.handles[call.result] = _Handle(path, self.nodes[path], appends="O_APPEND" in flags)
        return found

    def _close(self, call: _Call) -> list[Operation]:
        self.handles.pop(call.number(0), None)
        return []

    # Bytes

    def _write(self, call: _Call) -> list[Operation]:
        handle = self.handles.get(call.number(0))
        if handle is None:
            return []
        if handle.appends:
            handle.position = self.sizes[handle.node]
        at = handle.position
        handle.position += call.result
        return self._wrote(call, handle, at)

    _writev = _write

    def _pwrite64(self, call: _Call) -> list[Operation]:
        handle = self.handles.get(call.number(0))
        return [] if handle is None else self._wrote(call, handle, call.number(-1))

    def _wrote(self, call: _Call, handle: _Handle, at: int) -> list[Operation]:
        data = b"".join(call.texts)[: call.result]
        assert len(data) == call.result, "strace wrote down less than was written"
        self.sizes[handle.node] = max(self.sizes[handle.node], at + len(data))
        return [self._operation(call, Kind.WRITE, handle.path, node=handle.node, offset=at, data=data)]

    def _lseek(self, call: _Call) -> list[Operation]:
        if handle := self.handles.get(call.number(0)):
            handle.position = call.result
        return []

    def _ftruncate(self, call: _Call) -> list[Operation]:
        handle = self.handles.get(call.number(0))
        if handle is None or handle.path.endswith("-shm"):
            return []
        self.sizes[handle.node] = call.number(1)
        return [self._operation(call, Kind.TRUNCATE, handle.path, node=handle.node, offset=call.number(1))]

    # Names

    def _mkdirat(self, call: _Call) -> list[Operation]:
        path = self._at(call, 0)
        return [] if path is None else [self._operation(call, Kind.MKDIR, path)]

    def _unlinkat(self, call: _Call) -> list[Operation]:
        path = self._at(call, 0)
        if path is None:
            return []
        if "AT_REMOVEDIR" in call.arguments:
            return [self._operation(call, Kind.RMDIR, path)]
        return [self._operation(call, Kind.UNLINK, path, node=self.nodes.pop(path))]

    def _mkdir(self, call: _Call) -> list[Operation]:
        path = self._below(os.fsdecode(call.texts[0]))
        return [] if path is None else [self._operation(call, Kind.MKDIR, path)]

    def _rmdir(self, call: _Call) -> list[Operation]:
        path = self._below(os.fsdecode(call.texts[0]))
        return [] if path is None else [self._operation(call, Kind.RMDIR, path)]

    def _unlink(self, call: _Call) -> list[Operation]:
        path = self._below(os.fsdecode(call.texts[0]))
        return [] if path is None else [self._operation(call, Kind.UNLINK, path, node=self.nodes.pop(path))]

    def _rename(self, call: _Call) -> list[Operation]:
        path, to = (self._below(os.fsdecode(text)) for text in call.texts)
        if path is None and to is None:
            return []
        if path is None or to is None or path not in self.nodes:
            raise ValueError(f"only files are renamed, and within the folder: {call.arguments[:200]}")
        node = self.nodes[to] = self.nodes.pop(path)
        return [self._operation(call, Kind.RENAME, path, node=node, to=to)]

    # Syncs

    def _fsync(self, call: _Call) -> list[Operation]:
        handle = self.handles.get(call.number(0))
        if handle is None:
            return []
        kind = Kind.SYNC_FILE if handle.node else Kind.SYNC_FOLDER
        return [self._operation(call, kind, handle.path, node=handle.node)]

    _fdatasync = _fsync

    def _syncfs(self, call: _Call) -> list[Operation]:
        handle = self.handles.get(call.number(0))
        return [] if handle is None else [self._operation(call, Kind.SYNC_DISK, handle.path.split("/")[0])]

    def _at(self, call: _Call, position: int) -> str | None:
        """The path of a call that takes one relative to an open folder."""
        text = os.fsdecode(call.texts[position])
        folder = call.arguments.split(",")[0]
        if text.startswith("/") or folder == "AT_FDCWD":
            return self._below(text)
        handle = self.handles.get(int(folder))
        return None if handle is None else os.path.normpath(f"{handle.path}/{text}")

    def _below(self, path: str) -> str | None:
        prefix = f"{self.root}/"
        return os.path.normpath(path[len(prefix) :]) if path.startswith(prefix) else None

    @staticmethod
    def _operation(
        call: _Call, kind: Kind, path: str, *, node: int = 0, offset: int = 0, data: bytes = b"", to: str = ""
    ) -> Operation:
        times = {"begun_us": call.begun_us, "done_us": call.done_us}
        return Operation(kind=kind, path=path, node=node, offset=offset, data=data, to=to, **times)
