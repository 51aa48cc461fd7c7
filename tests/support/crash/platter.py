"""What may stand on the disks after the power went: the model that crash states are drawn from.

The rules are those of POSIX, not of one kind of file system: `fsync` makes a file's bytes durable and not its name, the
`fsync` of a folder makes its names durable, `syncfs` everything on its disk. Of what was not synced anything may be
there: writes in any order; of each sector or page any version that it had, with nulls where nothing arrived; each new
name, and each name taken away. A sector of 512 bytes is written whole or not at all, and what was synced is not harmed
by a later write beside it.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from tests.support.crash.operations import NAMING, Kind, Operation

SECTOR, PAGE = 512, 4096


class Fate(StrEnum):
    """What happened to that which was not yet synced."""

    ALL = "all"  # it got there in time: also what a killed process leaves
    NONE = "none"
    FILES = "files"  # of each file all or nothing
    WRITES = "writes"  # any of the writes, in any order
    IN_ORDER = "in_order"  # of each file the first writes, the last one torn
    SECTORS = "sectors"
    PAGES = "pages"


@dataclass(slots=True)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    pending: list[Operation] = field(default_factory=list)

    def settle(self, before_us: int) -> None:
        for operation in self.pending:
            if operation.done_us <= before_us:
                _put(self.durable, operation)
        self.pending = [operation for operation in self.pending if operation.done_us > before_us]


@dataclass(slots=True)
class Leftover:
    """What the next start finds. Paths are relative."""

    folders: list[str]
    files: dict[str, bytes]


class Platter:
    """Some disks, one per name in `disks`, along a list of operations. Owner of what is durable and what is not."""

    def __init__(self, disks: list[str]) -> None:
        self._disks = disks
        self._files: dict[int, _File] = {}
        self._names: dict[str, int] = {}
        self._folders: set[str] = set(disks)
        self._naming: list[Operation] = []

    def apply(self, operation: Operation) -> None:
        """One more operation was completed."""
        if operation.kind in NAMING:
            self._naming.append(operation)
            if operation.kind is Kind.CREATE:
                self._files[operation.node] = _File()
        elif operation.kind in (Kind.WRITE, Kind.TRUNCATE):
            self._files[operation.node].pending.append(operation)
        elif operation.kind is Kind.SYNC_FILE:
            self._files[operation.node].settle(operation.begun_us)
        elif operation.kind is Kind.SYNC_FOLDER:
            self._settle_names(operation.begun_us, {operation.path})
        else:
            self._sync_disk(operation)

    def crash(self, chance: random.Random, fate: Fate, underway: Operation | None = None) -> Leftover:
        """One of the states that a power cut at this moment may leave. `underway`: a call that had begun."""
        names, folders = dict(self._names), set(self._folders)
        pending = [*self._naming]
        if underway is not None and underway.kind in NAMING:
            pending.append(underway)
        for operation in _some_names(pending, chance, fate):
            _rename(names, folders, operation)
        files = {}
        keep = {path for path in folders if _reachable(path, folders)}
        for path, node in names.items():
            if _parent(path) in keep:
                file = self._files.get(node, _File())
                late = [one for one in (underway,) if one is not None and (one.kind, one.node) == (Kind.WRITE, node)]
                files[path] = _survive(file, [*file.pending, *late], chance, fate)
        return Leftover(sorted(keep), files)

    def _sync_disk(self, operation: Operation) -> None:
        disk = operation.path
        where = {self._names[path]: path for path in self._names}
        where |= {one.node: one.to or one.path for one in self._naming if one.node}
        for node, path in where.items():
            if path.split("/")[0] == disk and node in self._files:
                self._files[node].settle(operation.begun_us)
        self._settle_names(operation.begun_us, None, disk)

    def _settle_names(self, before_us: int, parents: set[str] | None, disk: str = "") -> None:
        left = []
        for operation in self._naming:
            inside = operation.path.split("/")[0] == disk if parents is None else _parent(operation.path) in parents
            if inside and operation.done_us <= before_us:
                _rename(self._names, self._folders, operation)
            else:
                left.append(operation)
        self._naming = left


def _put(content: bytearray, operation: Operation) -> None:
    if operation.kind is Kind.TRUNCATE:
        del content[operation.offset :]
        content.extend(bytes(operation.offset - len(content)))
    else:
        _lay(content, operation.offset, operation.data)


def _lay(content: bytearray, at: int, piece: bytes) -> None:
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    content[at : at + len(piece)] = piece


def _rename(names: dict[str, int], folders: set[str], operation: Operation) -> None:
    """Carry out one change of a name, as far as what came before it is there."""
    match operation.kind:
        case Kind.CREATE:
            names[operation.path] = operation.node
        case Kind.UNLINK:
            if names.get(operation.path) == operation.node:
                del names[operation.path]
        case Kind.RENAME:
            if names.get(operation.path) == operation.node:
                del names[operation.path]
                names[operation.to] = operation.node
        case Kind.MKDIR:
            folders.add(operation.path)
        case _:
            if not any(name.startswith(f"{operation.path}/") for name in names):
                folders.discard(operation.path)


def _some_names(pending: list[Operation], chance: random.Random, fate: Fate) -> Iterator[Operation]:
    """A journal keeps their order; where there is none, any of them may be there."""
    if fate is Fate.ALL:
        yield from pending
    elif fate is not Fate.NONE:
        journal = chance.random() < 0.5
        upto, likely = chance.randint(0, len(pending)), chance.random()
        for number, operation in enumerate(pending):
            if (number < upto) if journal else (chance.random() < likely):
                yield operation


def _survive(file: _File, pending: list[Operation], chance: random.Random, fate: Fate) -> bytes:
    """The bytes of a file, of which `pending` was not yet synced."""
    content = bytearray(file.durable)
    if fate in (Fate.SECTORS, Fate.PAGES):
        _scatter(content, pending, chance, SECTOR if fate is Fate.SECTORS else PAGE)
        if chance.random() < 0.5:  # the new length got there, though not all bytes did
            full = bytearray(file.durable)
            for operation in pending:
                _put(full, operation)
            content.extend(bytes(max(0, len(full) - len(content))))
        return bytes(content)
    for operation in _some_whole(pending, chance, fate):
        _put(content, operation)
    return bytes(content)


def _some_whole(pending: list[Operation], chance: random.Random, fate: Fate) -> Iterator[Operation]:
    match fate:
        case Fate.ALL:
            yield from pending
        case Fate.FILES:
            if chance.random() < 0.5:
                yield from pending
        case Fate.WRITES:
            likely = chance.random()
            yield from (operation for operation in pending if chance.random() < likely)
        case Fate.IN_ORDER if pending:
            upto = chance.randrange(len(pending))
            yield from pending[:upto]
            torn = pending[upto]
            if torn.kind is Kind.WRITE:
                reached = torn.offset + chance.randint(0, len(torn.data))
                end = min(torn.offset + len(torn.data), reached // SECTOR * SECTOR)
                yield replace(torn, data=torn.data[: max(0, end - torn.offset)])


def _scatter(content: bytearray, pending: list[Operation], chance: random.Random, size: int) -> None:
    """Of each piece of `size` bytes one of the versions it had: from the durable one to the last that was written."""
    likely, versions = chance.random(), Counter[int]()
    for operation in pending:
        versions.update(block for block, _, _ in _blocks(operation, size))
    kept = {block: count if chance.random() < likely else chance.randrange(count) for block, count in versions.items()}
    seen = Counter[int]()
    for operation in pending:
        if operation.kind is Kind.TRUNCATE and chance.random() < likely:
            _put(content, operation)
        for block, at, stop in _blocks(operation, size):
            seen[block] += 1
            if seen[block] <= kept[block]:
                _lay(content, at, operation.data[at - operation.offset : stop - operation.offset])


def _blocks(operation: Operation, size: int) -> Iterator[tuple[int, int, int]]:
    """Number, beginning and end of each part of a write that lies in one block of the disk."""
    at, end = operation.offset, operation.offset + len(operation.data)
    while at < end:
        stop = min(end, (at // size + 1) * size)
        yield at // size, at, stop
        at = stop


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _reachable(path: str, folders: set[str]) -> bool:
    while "/" in path:
        if path not in folders:
            return False
        path = _parent(path)
    return path in folders
