"""Archives prove themselves: what goes behind a node's back is found within a day, and the verdict turns."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from django.conf import settings
from django.utils import timezone
from tests.behaviour.centre.conftest import Town, desk
from tests.support import centre as a
from tests.support.recorded_school import RecordedSchool

from qorgan.centre import keys
from qorgan.centre.access.models import WatchLine
from qorgan.centre.gateway.school import NodeSilent, Refused, SchoolLink
from qorgan.centre.ledger import verify
from qorgan.centre.norms import proving, service
from qorgan.centre.norms.models import ArchiveCheck, FactLine, SchoolNorms
from qorgan.centre.turning import DatabaseThread
from qorgan.domain.access import Role
from qorgan.edge.recorder.desk import RecorderDesk
from qorgan.kernel.clock import SystemClock, from_us, to_us
from qorgan.kernel.ids import LeaseId, SiteId
from qorgan.protocols.link import commands
from qorgan.protocols.link.media import MediaKind
from qorgan.protocols.link.messages import Message, encode

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
ARCHIVE = "kz:KZ-V-4:1"


class VirtualClock(SystemClock):
    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at


class Media:
    def __init__(self) -> None:
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue()

    async def next(self, within_s: float) -> bytes:
        return await asyncio.wait_for(self.waiting.get(), within_s)


class Outlet:
    """Where the school's own recorder puts its media."""

    def __init__(self) -> None:
        self.leases: dict[str, Media] = {}

    def put(self, subject: str, kind: MediaKind, message: bytes, *, urgent: bool = False) -> bool:
        self.leases[subject.rsplit(".", 1)[-1]].waiting.put_nowait(message)
        return True

    async def send(self, subject: str, kind: MediaKind, message: bytes, *, urgent: bool = False) -> None:
        self.put(subject, kind, message)


class School:
    """A real archive of 31 days and the real desk of its recorder; only the wire between it and the centre is short."""

    def __init__(self, root: Path, now: datetime) -> None:
        self.clock, self.outlet, self.silent = VirtualClock(now), Outlet(), False
        self.archive = root / "archive"
        self.asked: list[str] = []
        recorded_for_a_month(root, now)
        self.desk = RecorderDesk(
            site=SiteId("kst-012"),
            public_key=keys.grant_key(settings.QORGAN.data),
            archive=self.archive,
            sessions={},
            live=None,  # type: ignore[arg-type]
            outlet=self.outlet,  # type: ignore[arg-type]
            ledger=lambda use: None,
            clock=self.clock,
        )

    async def ask(self, site: SiteId, name: str, message: Message) -> commands.Reply:
        if self.silent:
            raise NodeSilent("the node does not answer")
        self.asked.append(name)
        reply = await self.desk.answer(name, encode(message))
        if reply.refusal is not None:
            raise Refused(reply.refusal.message, code=reply.refusal.code)
        return reply

    @asynccontextmanager
    async def range_media(self, site: SiteId, lease: LeaseId) -> AsyncIterator[Media]:
        yield self.outlet.leases.setdefault(lease, Media())

    def files(self, start: datetime, end: datetime) -> list[Path]:
        """Of what begins in [start, end)."""
        with sqlite3.connect(self.archive / "index.db") as index:
            rows = index.execute(
                "SELECT path FROM segments WHERE wall_start_us >= ? AND wall_start_us < ?", (to_us(start), to_us(end))
            ).fetchall()
        return [self.archive.parent / "a" / path for (path,) in rows]

    def forget(self, start: datetime, end: datetime) -> None:
        """The index knows nothing of it any more, as if it had never been."""
        with sqlite3.connect(self.archive / "index.db") as index:
            index.execute(
                "DELETE FROM segments WHERE wall_start_us >= ? AND wall_start_us < ?", (to_us(start), to_us(end))
            )


def recorded_for_a_month(root: Path, now: datetime) -> None:
    """Some minutes of real recording, and the same minute again and again until a day after `now`."""
    school = RecordedSchool(root, disks=("a",))
    school.record(130)
    school.stop()
    row = max(school.rows(), key=lambda one: one.duration)
    disk = school.disks.disks[0].path
    length_us = row.duration * 100 // 9
    with sqlite3.connect(root / "archive" / "index.db") as index:
        index.execute("DELETE FROM gaps")
        index.execute("DELETE FROM segments WHERE id <> ?", (row.id,))
        names = [one[1] for one in index.execute("PRAGMA table_info(segments)")]
        others = ", ".join(name for name in names if name not in ("id", "path", "wall_start_us"))
        copies = []
        begin, end = to_us(now - timedelta(days=31, hours=1)), to_us(now + DAY)
        for number, start in enumerate(range(begin, end, length_us)):
            path = f"hall/main/{from_us(start):%Y%m%d}/{from_us(start):%H%M%S}-{number + 1_000}.mp4"
            (disk / path).parent.mkdir(parents=True, exist_ok=True)
            os.link(disk / row.path, disk / path)
            copies.append((number + 1_000, path, start, row.id))
        index.executemany(
            f"INSERT INTO segments (id, path, wall_start_us, {others})"
            f" SELECT ?, ?, ?, {others} FROM segments WHERE id = ?",
            copies,
        )
        index.execute("DELETE FROM segments WHERE id = ?", (row.id,))


@pytest.fixture
def now() -> datetime:
    return timezone.now() - 2 * DAY


@pytest.fixture
def school(tmp_path: Path, now: datetime) -> School:
    return School(tmp_path / "school", now)


@pytest.fixture
def thread() -> Iterator[DatabaseThread]:
    made = DatabaseThread("test")
    yield made
    made.close()


def judged(town: Town, now: datetime, requirement: str) -> str:
    """By what is known when the node was heard just now."""
    town.school.node.state, town.school.node.last_pulse_at = "online", now
    town.school.node.save()
    service.enrol(now)
    service.look_at(town.school.pk, now)
    return str(SchoolNorms.objects.get(pk=town.school.pk).verdicts[requirement][0])


def turn(school: School, thread: DatabaseThread, now: datetime) -> None:
    """Every camera's check of a virtual day."""
    school.clock.at = now
    ArchiveCheck.objects.exclude(camera__school__site="kst-012").delete()
    asyncio.run(proving.Prover(cast(SchoolLink, school), thread).turn(now))


def enrolled(now: datetime) -> datetime:
    proving.enrol(now - DAY)  # a day ago: then all are due
    return now


def test_hours_that_go_behind_the_nodes_back_are_found_within_a_day_and_the_verdict_turns(
    town: Town, school: School, thread: DatabaseThread, now: datetime
) -> None:
    turn(school, thread, enrolled(now))
    check = ArchiveCheck.objects.get(camera=town.hall)
    assert (check.opened, check.path, check.lost_s, check.depth_days) == (True, True, 0.0, 31.0)
    assert check.share > 99.9 and sorted(check.days.values())[-20] == 86_400
    assert judged(town, now, ARCHIVE) == "compliant"

    lost_from = now - timedelta(days=12)
    gone = school.files(lost_from, lost_from + timedelta(hours=3))
    for file in gone:
        file.unlink()
    assert len(gone) > 100

    check.refresh_from_db()
    assert check.due_at <= now + DAY, "looked at again within a virtual day"
    turn(school, thread, now + DAY)
    check.refresh_from_db()
    assert check.opened is False and check.lost_s == pytest.approx(3 * 3600, abs=120)
    assert check.moment is not None and lost_from <= check.moment <= lost_from + timedelta(hours=3, minutes=1)
    assert judged(town, now + DAY, ARCHIVE) == "not"
    said = [one for line in FactLine.objects.filter(school=town.school) for one in line.facts]
    watches = {one["evidence"] for one in said if one["fact"] == "camera.archive_opened" and one["value"] is False}
    assert watches == {f"watch:{check.opened_watch}"}, "the verdict leads to the look that failed"


def test_what_index_and_disk_both_lost_is_missing_from_the_share(
    town: Town, school: School, thread: DatabaseThread, now: datetime
) -> None:
    school.forget(now - timedelta(days=20), now - timedelta(days=18))
    turn(school, thread, enrolled(now))
    check = ArchiveCheck.objects.get(camera=town.hall)
    assert check.share == pytest.approx(93.3, abs=0.2) and check.opened is True
    assert judged(town, now, ARCHIVE) == "not"


def test_files_that_hold_no_video_any_more_do_not_open(
    town: Town, school: School, thread: DatabaseThread, now: datetime
) -> None:
    school.files(now - timedelta(days=40), now)[0].write_bytes(b"")  # all are one file by their links
    turn(school, thread, enrolled(now))
    check = ArchiveCheck.objects.get(camera=town.hall)
    assert (check.opened, check.path, check.lost_s) == (False, False, 0.0)


def test_a_node_that_does_not_answer_proves_nothing(
    town: Town, school: School, thread: DatabaseThread, now: datetime
) -> None:
    school.silent = True
    turn(school, thread, enrolled(now))
    check = ArchiveCheck.objects.get(camera=town.hall)
    assert (check.told_at, check.opened, check.path) == (None, None, None)
    assert check.due_at == now + proving.AGAIN
    assert judged(town, now, ARCHIVE) == "unknown"


def test_while_the_school_has_an_alarm_nothing_is_asked(
    town: Town, school: School, thread: DatabaseThread, now: datetime
) -> None:
    a.an_alarm(town.school)
    turn(school, thread, enrolled(now))
    assert (school.asked, WatchLine.objects.count()) == ([], 0)


def test_an_alarm_ends_a_look_half_way(town: Town, school: School, thread: DatabaseThread, now: datetime) -> None:
    asked = school.desk.answer

    async def alarm_after_coverage(name: str, data: bytes) -> commands.Reply:
        if name == "coverage":
            await thread.call(lambda: a.an_alarm(town.school))
        return await asked(name, data)

    school.desk.answer = alarm_after_coverage  # type: ignore[method-assign]
    turn(school, thread, enrolled(now))
    assert school.asked == ["coverage"], "it stops half way"


def test_each_look_is_a_line_that_the_school_reads_and_no_picture_is_kept(
    town: Town, school: School, thread: DatabaseThread, now: datetime
) -> None:
    turn(school, thread, enrolled(now))
    lines = list(WatchLine.objects.filter(school=town.school).order_by("number"))
    assert verify(lines) == len(lines) == 7, "what is kept; two old moments and a recent one, begun and ended"
    head = desk(a.a_person(Role.HEAD, school=town.school))
    watches = head.get(f"/schools/{town.school.pk}/watches").json()["items"]
    assert {(one["viewer"]["role"], one["purpose"], one["action"]) for one in watches} == {
        ("machine", "archive_check", "archive")
    }
    assert len(watches) == 3 and not town.hall.frames.exists()
    judged(town, now, ARCHIVE)
    known = SchoolNorms.objects.get(pk=town.school.pk).known
    assert known["camera.centre_path"]["hall"]["value"] is True
