"""`qorgan edge hold`, `disk` and `coverage`: evidence kept, disks accepted, and what was recorded of a day."""

import getpass
import json
import os
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4
from zoneinfo import ZoneInfo

import typer

from qorgan.domain.cameras import StreamName
from qorgan.domain.coverage import DayCoverage, day_coverage
from qorgan.domain.retention import Hold
from qorgan.edge import config as configuration
from qorgan.edge.commands import DEFAULT, ConfigOption, plainly
from qorgan.edge.config import EdgeConfig
from qorgan.kernel.clock import from_us, to_us
from qorgan.kernel.errors import Invalid, NotFound

if TYPE_CHECKING:
    from qorgan.edge.recorder.index import Index

ZONE = ZoneInfo("Asia/Almaty")
MAX_REASON = 500
hold_commands = typer.Typer(help="Evidence that retention may not delete.", no_args_is_help=True)
disk_commands = typer.Typer(help="The disks of the archive.", no_args_is_help=True)


@hold_commands.command("add")
def add_hold(
    camera: Annotated[str, typer.Argument(help="The camera's key.")],
    start: Annotated[datetime, typer.Argument(help="2026-11-22T14:30:00, in Kazakhstan's time.")],
    end: Annotated[datetime, typer.Argument(help="Up to, not including.")],
    reason: Annotated[str, typer.Option(help="Why it is kept: an incident's number, a request.")],
    stream: Annotated[StreamName | None, typer.Option(help="One of its streams; both if not given.")] = None,
    days: Annotated[int | None, typer.Option(help="Ends by itself after so many days.", min=1)] = None,
    config: ConfigOption = DEFAULT,
) -> None:
    """Keep what was recorded of a camera in [start, end) until the hold is released."""
    with plainly():
        loaded = configuration.load(config)
        now_us = to_us(datetime.now(UTC))
        hold = Hold(
            id=uuid4().hex[:12],
            camera=_known(loaded, camera),
            stream=stream or "",
            start_us=_instant_us(start),
            end_us=_instant_us(end),
            reason=_reason(reason),
            by=getpass.getuser(),
            at_us=now_us,
            until_us=None if days is None else now_us + days * 86_400_000_000,
        )
        if hold.end_us <= hold.start_us:
            raise Invalid("a hold ends after it begins")
        index = _writing(loaded)
        try:
            index.place_hold(hold)
            kept = [
                row for one in StreamName for row in index.overlapping(camera, one, hold.start_us, hold.end_us)
                if hold.stream in ("", one)
            ]  # fmt: skip
        finally:
            index.close()
    typer.echo(f"Hold {hold.id} keeps {len(kept)} files, {sum(row.size for row in kept) / 1e6:.1f} MB.")


@hold_commands.command("list")
def list_holds(
    released: Annotated[bool, typer.Option("--released", help="Those that were released, too.")] = False,
    config: ConfigOption = DEFAULT,
) -> None:
    """Which evidence is held, by whom, and why."""
    with plainly():
        index = _reading(configuration.load(config))
        try:
            holds = index.holds(released=released)
        finally:
            index.close()
    for hold in holds:
        until = "" if hold.until_us is None else f", until {_local(hold.until_us)}"
        period = f"{_local(hold.start_us)} - {_local(hold.end_us)}"
        typer.echo(f"{hold.id}  {hold.camera}/{hold.stream or 'both'}  {period}  {hold.by}: {hold.reason}{until}")
    typer.echo(f"{len(holds)} holds")


@hold_commands.command("release")
def release_hold(
    id: Annotated[str, typer.Argument(help="As `list` shows it.")], config: ConfigOption = DEFAULT
) -> None:
    """End a hold: from now on its files go when their time has come. The record of it stays."""
    with plainly():
        index = _writing(configuration.load(config))
        try:
            if not index.release_hold(id, getpass.getuser(), to_us(datetime.now(UTC))):
                raise NotFound(f"there is no hold {id!r} that is not released already")
        finally:
            index.close()
    typer.echo(f"Hold {id} is released.")


@disk_commands.command("list")
def list_disks(config: ConfigOption = DEFAULT) -> None:
    """Every disk, whether it is the one it should be, and how much of its budget is used. Changes nothing."""
    from qorgan.edge.recorder.disks import Disks

    with plainly():
        loaded = configuration.load(config)
        disks = Disks.of(loaded)
        disks.look(to_us(datetime.now(UTC)), change=False)
        used: dict[str, int] = {}
        if loaded.index_db.exists():
            index = _reading(loaded)
            used = index.used()
            index.close()
    for disk in disks.disks:
        why = "" if disk.reason == "none" else f" ({disk.reason})"
        amount = f"{used.get(disk.id, 0) / 1e9:.1f} of {disk.budget_bytes / 1e9:.1f} GB"
        typer.echo(f"{disk.state}{why}  {amount}  {disk.path}  {disk.id or 'no identity yet'}")


@disk_commands.command("accept")
def accept_disk(
    path: Annotated[Path, typer.Argument(help="The directory, as edge.toml names it.")], config: ConfigOption = DEFAULT
) -> None:
    """Say that what is at this path is right, after a disk was replaced. A running recorder notices by itself."""
    from qorgan.edge.recorder.disks import Disks

    with plainly():
        where = Path(os.path.normpath(path.absolute()))
        id = Disks.of(configuration.load(config)).accept(where, to_us(datetime.now(UTC)))
    typer.echo(f"{where} is accepted as {id}.")


def show_coverage(
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A day; yesterday if not given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    config: ConfigOption = DEFAULT,
) -> None:
    """Seconds kept of seconds expected, per camera and stream, for a day in Kazakhstan; each gap with its cause."""
    with plainly():
        loaded = configuration.load(config)
        found = _coverage(loaded, day or datetime.now(ZONE) - timedelta(days=1))
    if as_json:
        typer.echo(json.dumps([_as_json(*row) for row in found], ensure_ascii=False))
        return
    for camera, stream, one in found:
        typer.echo(f"{camera}/{stream}: {one.kept_s:.0f} of {one.expected_s:.0f} s")
        for gap in one.gaps:
            seconds = (gap.end_us - gap.start_us) / 1e6
            typer.echo(f"    {_local(gap.start_us)}  {seconds:.0f} s  {gap.cause}")


def _coverage(config: EdgeConfig, day: datetime) -> list[tuple[str, StreamName, DayCoverage]]:
    midnight = datetime.combine(day.date(), time(), ZONE)
    start_us, end_us = to_us(midnight), to_us(midnight + timedelta(days=1))
    now_us = to_us(datetime.now(UTC))
    index = _reading(config)
    try:
        return [
            (camera.key, stream, day_coverage(
                index.spans(camera.key, stream, start_us, end_us),
                index.gaps(camera.key, stream, start_us, end_us),
                start_us, end_us, now_us,
            ))
            for camera in config.cameras
            for stream in StreamName
            if stream is StreamName.MAIN or camera.sub
        ]  # fmt: skip
    finally:
        index.close()


def _as_json(camera: str, stream: StreamName, one: DayCoverage) -> dict[str, object]:
    gaps = [
        {"start": from_us(gap.start_us).isoformat(), "end": from_us(gap.end_us).isoformat(), "cause": gap.cause}
        for gap in one.gaps
    ]
    return {"camera": camera, "stream": stream, "kept_s": one.kept_s, "expected_s": one.expected_s, "gaps": gaps}


def _reading(config: EdgeConfig) -> "Index":
    from qorgan.edge.recorder.index import Index

    if not config.index_db.exists():
        raise NotFound("nothing is recorded here yet")
    return Index(config.index_db, readonly=True)


def _writing(config: EdgeConfig) -> "Index":
    from qorgan.edge.recorder.index import Index

    if not config.index_db.exists():
        raise NotFound("nothing is recorded here yet")
    return Index(config.index_db)


def _known(config: EdgeConfig, camera: str) -> str:
    """A camera of the configuration, or one that was there once: its recordings may still be."""
    if any(known.key == camera for known in config.cameras):
        return camera
    index = _reading(config)
    try:
        if any(known == camera for known, _ in index.streams()):
            return camera
    finally:
        index.close()
    raise NotFound(f"there is no camera {camera!r}, and nothing is recorded of one")


def _reason(text: str) -> str:
    if not text.strip() or len(text) > MAX_REASON:
        raise Invalid(f"a hold has a reason of 1-{MAX_REASON} characters")
    return text.strip()


def _instant_us(moment: datetime) -> int:
    return to_us(moment if moment.tzinfo else moment.replace(tzinfo=ZONE))


def _local(at_us: int) -> str:
    return f"{from_us(at_us).astimezone(ZONE):%Y-%m-%d %H:%M:%S}"
