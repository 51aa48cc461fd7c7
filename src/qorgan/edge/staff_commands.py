"""`qorgan edge staff …`: who may press on a phone."""

import sys
from typing import Annotated

import segno
import typer

from qorgan.domain.actions import Role
from qorgan.domain.places import LocalText
from qorgan.edge import config as configuration
from qorgan.edge.commands import DEFAULT, ConfigOption, plainly
from qorgan.edge.config import EdgeConfig
from qorgan.edge.staff.people import StaffBook
from qorgan.kernel.clock import SystemClock
from qorgan.kernel.errors import Invalid

staff_commands = typer.Typer(help="Who of the staff may press on a phone.", no_args_is_help=True)
Key = Annotated[str, typer.Argument(help="A short name for this person: a-z, 0-9, hyphen.")]


@staff_commands.command("enrol")
def enrol(
    key: Key,
    name: Annotated[str, typer.Option(help="As the police shall read it.")],
    place_kk: Annotated[str, typer.Option("--place-kk", help="Where they mostly are, in Kazakh.")],
    place_ru: Annotated[str, typer.Option("--place-ru", help="The same in Russian.")] = "",
    place_en: Annotated[str, typer.Option("--place-en", help="The same in English.")] = "",
    cameras: Annotated[list[str] | None, typer.Option("--camera", help="Cameras there, nearest first.")] = None,
    leader: Annotated[bool, typer.Option("--leader", help="May end an action and call drills.")] = False,
    config: ConfigOption = DEFAULT,
) -> None:
    """Enrol somebody, or give them a new link: the old one stops working at once.

    Prints the personal link, the same as a QR code, and two codes of four digits. They are shown this once; the node
    keeps hashes alone.
    """
    with plainly():
        loaded = configuration.load(config)
        unknown = set(cameras or ()) - {camera.key for camera in loaded.cameras}
        if unknown:
            raise Invalid(f"there is no camera {sorted(unknown)[0]!r} here")
        made = StaffBook(loaded.storage.data).enrol(
            key=key,
            name=name,
            role=Role.LEADER if leader else Role.STAFF,
            place=LocalText(kk=place_kk, ru=place_ru, en=place_en),
            cameras=tuple(cameras or ()),
            now=SystemClock().now(),
        )
    link = f"{_address(loaded)}/staff/#{made.token}"
    typer.echo(f"Link:        {link}")
    typer.echo(f"Code:        {made.safe_code}  (ends an action, confirms a cancel)")
    typer.echo(f"Duress code: {made.duress_code}  (looks the same, and says that somebody is forced)")
    if sys.stdout.isatty():
        segno.make(link, micro=False).terminal(compact=True)


@staff_commands.command("revoke")
def revoke(key: Key, config: ConfigOption = DEFAULT) -> None:
    """Take somebody's token back: a lost phone, somebody who has left. It works at once."""
    with plainly():
        StaffBook(configuration.load(config).storage.data).revoke(key)
    typer.echo(f"{key} can no longer press.")


@staff_commands.command("list")
def show(config: ConfigOption = DEFAULT) -> None:
    """Who is enrolled."""
    with plainly():
        people = StaffBook(configuration.load(config).storage.data).people()
    for person in people:
        typer.echo(f"{person.key}\t{person.role}\t{person.name}\t{person.place.kk}")


def _address(config: EdgeConfig) -> str:
    """How phones reach the node; without a door for them, how this machine does."""
    if config.staff is not None:
        return config.staff.address.rstrip("/")
    host = f"[{config.http.host}]" if ":" in config.http.host else config.http.host
    return f"http://{host}:{config.http.port}"
