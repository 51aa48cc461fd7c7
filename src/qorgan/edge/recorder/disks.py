"""The disks of the archive: which ones are ours, which can be written, and which one a camera's next file goes to.

Each disk carries an identity file, made at its first use; `<data>/disks.json` remembers which identity belongs at which
path. A mount point whose disk is not there looks like an empty directory: without this, the node would fill the system
disk and retention would take the missing files for deleted ones. A disk whose identity is missing or another's is
therefore refused until it is back, or until somebody says `qorgan edge disk accept`.
"""

import errno
import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import msgspec
import structlog

from qorgan.edge.config import DiskPlace, EdgeConfig
from qorgan.edge.files import one_writer, replace_file
from qorgan.kernel.clock import from_us
from qorgan.kernel.errors import Conflict, Corrupt, Invalid
from qorgan.kernel.ids import SiteId, is_key

log = structlog.get_logger()

IDENTITY = "qorgan-disk.json"
PROBE = ".qorgan-probe"
MAX_IDENTITY_BYTES = 4_096
MOVE_WHEN_FULLER_BY = 0.25  # of its budget: only then does a camera leave the disk it is on
KEEP_FREE_BYTES = 512_000_000  # of each file system; a small one keeps a twentieth
# What says that the disk is gone or broken. A full one (ENOSPC, EDQUOT) is retention's business
BROKEN = {errno.EIO, errno.EROFS, errno.ENODEV, errno.ENXIO, errno.ENOENT, errno.ESTALE, errno.ENOTCONN, errno.EACCES}


class DiskState(StrEnum):
    """What a disk is good for at the moment."""

    READY = "ready"
    ABSENT = "absent"  # its directory is not there
    REFUSED = "refused"  # its identity is in doubt: neither written nor cleaned
    FAILED = "failed"  # it is ours, and cannot be written


class DiskReason(StrEnum):
    """Why a disk is not ready. Each is a translation key `disk.reason.<value>`."""

    NONE = "none"
    MISSING = "missing"
    NO_IDENTITY = "no_identity"  # the mount point is there, the disk is not
    OTHER_DISK = "other_disk"
    OTHER_SITE = "other_site"
    TWICE = "twice"  # the same disk under two paths
    READ_ONLY = "read_only"
    IO_ERROR = "io_error"


_ABSENT = (DiskState.ABSENT, DiskReason.MISSING)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a disk's identity file."""

    id: str
    site: str
    made_at: str = ""


@dataclass(slots=True)
class Disk:
    """One place for files. `id` is empty until its identity was seen."""

    path: Path
    budget_bytes: int
    id: str = ""
    state: DiskState = DiskState.ABSENT
    reason: DiskReason = DiskReason.MISSING
    cameras: set[str] = field(default_factory=set)

    @property
    def trusted(self) -> bool:
        """Whether it is the disk it should be. What is on it may then be read and deleted."""
        return self.state in (DiskState.READY, DiskState.FAILED) and bool(self.id)

    @property
    def free_bytes(self) -> int | None:
        """Free room of its file system, or None when it does not say."""
        try:
            return shutil.disk_usage(self.path).free
        except OSError:
            return None

    @property
    def keep_free_bytes(self) -> int:
        """What stays free of its file system whatever the budget says."""
        try:
            return min(KEEP_FREE_BYTES, shutil.disk_usage(self.path).total // 20)
        except OSError:
            return 0


class KnownDisks:
    """`<data>/disks.json`: which identity belongs at which path. Reads what is on disk at each call."""

    def __init__(self, data: Path) -> None:
        self._data, self._file = data, data / "disks.json"

    def read(self) -> dict[str, str]:
        """Path → identity. Raises `Corrupt` when the file cannot be read: then nobody may guess."""
        try:
            data = self._file.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            return msgspec.json.decode(data, type=dict[str, str])
        except msgspec.MsgspecError as error:
            raise Corrupt(f"{self._file}: is not a table of disks", code="disks.damaged") from error

    def put(self, path: Path, id: str) -> None:
        """From now on this disk belongs at this path. Durable when it returns."""
        with one_writer(self._data / "disks.lock"):
            known = self.read() | {str(path): id}
            replace_file(self._file, json.dumps(known, indent=1, sort_keys=True).encode("utf-8"), mode=0o640)


class Disks:
    """Owner of what is known about each disk. Used by one thread at a time; `look` and `accept` touch the disks."""

    def __init__(self, places: Sequence[DiskPlace], known: KnownDisks, site: SiteId) -> None:
        self.disks = [Disk(path=place.path, budget_bytes=place.budget_bytes) for place in places]
        self._known, self._site = known, site

    @classmethod
    def of(cls, config: EdgeConfig) -> "Disks":
        """The disks of a node."""
        return cls(config.storage.places, KnownDisks(config.storage.data), config.site.id)

    @classmethod
    def alone(cls, root: Path) -> "Disks":
        """One directory without an identity or a budget, for whoever needs an archive and no disks."""
        disks = cls([], KnownDisks(root), SiteId("none"))
        disks.disks = [Disk(path=root, budget_bytes=2**62, state=DiskState.READY, reason=DiskReason.NONE)]
        return disks

    def look(self, now_us: int, *, change: bool = True) -> list[Disk]:
        """Examine every disk; returns those whose state has changed. Broken and absent ones come back by themselves.

        A place that nobody knows yet gets its directory and its identity, and a word in the log. Without `change`
        nothing is written anywhere: a new place is absent, and whether a disk can be written is not tried.
        """
        known, seen, changed = self._known.read(), set[str](), []
        ours = set(known.values())  # two of our disks may have changed places
        for disk in self.disks:
            before = (disk.state, disk.reason)
            disk.state, disk.reason = self._examine(disk, known.get(str(disk.path)), ours, now_us, change=change)
            if disk.trusted and disk.id in seen:
                disk.state, disk.reason = DiskState.REFUSED, DiskReason.TWICE
            seen.add(disk.id)
            if (disk.state, disk.reason) != before:
                changed.append(disk)
        return changed

    def choose(self, camera: str, used: Mapping[str, int]) -> Disk | None:
        """The disk for a camera's next file, or None when there is none that can be written.

        Where most of the budget is free. A camera stays where it is unless that disk is out or much fuller.
        """
        ready = [disk for disk in self.disks if disk.state is DiskState.READY and disk.budget_bytes > 0]
        if not ready:
            return None

        def load(disk: Disk) -> tuple[float, float]:
            filled = used.get(disk.id, 0) / disk.budget_bytes
            return round(min(1.0, filled), 1), (len(disk.cameras - {camera}) + 1) / disk.budget_bytes

        best, here = min(ready, key=load), next((disk for disk in ready if camera in disk.cameras), None)
        if here is not None and load(here)[0] - load(best)[0] <= MOVE_WHEN_FULLER_BY:
            return here
        for disk in self.disks:
            disk.cameras.discard(camera)
        best.cameras.add(camera)
        return best

    def failed(self, id: str, code: int) -> bool:
        """A write to a disk was refused with this errno; whether the disk is out because of it."""
        disk = self.get(id)
        if disk is None or code not in BROKEN or disk.state is not DiskState.READY:
            return False
        disk.state = DiskState.FAILED
        disk.reason = DiskReason.READ_ONLY if code == errno.EROFS else DiskReason.IO_ERROR
        return True

    def get(self, id: str) -> Disk | None:
        return next((disk for disk in self.disks if disk.id == id), None)

    def accept(self, path: Path, now_us: int) -> str:
        """Somebody says that what is at this path is right: take its identity, or give it one. Returns it.

        Raises `Conflict` for a disk of another site, `Invalid` for a place that is not in the configuration.
        """
        if all(disk.path != path for disk in self.disks):
            raise Invalid(f"{path} is not among the disks of this node; name it in edge.toml first")
        identity = read_identity(path)
        if identity is not None and identity.site != self._site:
            raise Conflict(f"{path} belongs to site {identity.site!r}; empty it before you use it here")
        id = identity.id if identity else _give_identity(path, self._site, now_us)
        self._known.put(path, id)
        return id

    def _examine(
        self, disk: Disk, expected: str | None, ours: set[str], now_us: int, *, change: bool
    ) -> tuple[DiskState, DiskReason]:
        try:
            identity = read_identity(disk.path)
            if identity is None and expected is None and change:
                disk.path.mkdir(parents=True, exist_ok=True)
                identity = Identity(id=_give_identity(disk.path, self._site, now_us), site=self._site)
            if identity is None:
                disk.id = disk.id or expected or ""
                mistaken = expected is not None and disk.path.is_dir()
                return (DiskState.REFUSED, DiskReason.NO_IDENTITY) if mistaken else _ABSENT
            if identity.site != self._site:
                return DiskState.REFUSED, DiskReason.OTHER_SITE
            if expected is not None and identity.id != expected and identity.id not in ours:
                return DiskState.REFUSED, DiskReason.OTHER_DISK
            if expected != identity.id and change:
                self._known.put(disk.path, identity.id)
                log.warning("disk.taken_into_use", path=str(disk.path), id=identity.id)
            disk.id = identity.id
            return self._writable(disk, change=change)
        except Corrupt:
            return DiskState.REFUSED, DiskReason.NO_IDENTITY
        except OSError as error:
            return DiskState.FAILED, DiskReason.READ_ONLY if error.errno == errno.EROFS else DiskReason.IO_ERROR

    def _writable(self, disk: Disk, *, change: bool) -> tuple[DiskState, DiskReason]:
        if os.statvfs(disk.path).f_flag & os.ST_RDONLY:
            return DiskState.FAILED, DiskReason.READ_ONLY
        if change and disk.state is not DiskState.READY:  # one that writes well shows it with every file
            prove_writable(disk.path)
        return DiskState.READY, DiskReason.NONE


def archive_lock(archive: Path) -> int:
    """Hold the archive for as long as the returned handle is open: one recorder, or one repair, at a time (I8).

    Raises `Conflict` when somebody else holds it.
    """
    archive.mkdir(parents=True, exist_ok=True)
    handle = os.open(archive / "recorder.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise Conflict(f"{archive} is in use by a running recorder", code="archive.in_use") from error
    return handle


def read_identity(path: Path) -> Identity | None:
    """The identity of the disk at `path`, or None when there is none. Raises `Corrupt` and `OSError`."""
    try:
        with (path / IDENTITY).open("rb") as file:
            data = file.read(MAX_IDENTITY_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        identity = msgspec.json.decode(data, type=Identity)
    except msgspec.MsgspecError as error:
        raise Corrupt(f"{path / IDENTITY} is damaged", code="disk.identity_damaged") from error
    if not is_key(identity.id):
        raise Corrupt(f"{path / IDENTITY} is damaged", code="disk.identity_damaged")
    return identity


def prove_writable(path: Path) -> None:
    """Write a few bytes through to the disk and take them away again. Raises `OSError`. A full disk passes."""
    probe = path / PROBE
    try:
        handle = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, b"qorgan")
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
    finally:
        probe.unlink(missing_ok=True)


def _give_identity(path: Path, site: SiteId, now_us: int) -> str:
    identity = Identity(id=str(uuid.uuid4()), site=site, made_at=from_us(now_us).isoformat())
    replace_file(path / IDENTITY, msgspec.json.format(msgspec.json.encode(identity)) + b"\n", mode=0o640)
    log.warning("disk.identity_made", path=str(path), id=identity.id)
    return identity.id
