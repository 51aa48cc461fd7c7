"""`qorgan centre`: run it, prepare its database, make its people."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from qorgan.domain.access import Body, Role
from qorgan.kernel.errors import QorganError

if TYPE_CHECKING:
    from qorgan.centre.schools.models import School
    from qorgan.centre.territory.models import OperationsCentre

app = typer.Typer(
    help=(
        "The operations centre: web, gateway, intake and jobs. Configuration: the TOML file named in "
        "QORGAN_CENTRE_CONFIG, each value of which a variable may replace (QORGAN_DATA, QORGAN_DATABASE, "
        "QORGAN_PORT, …)."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables: passwords among them
)
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command()
def run(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    nats: Annotated[
        str | None, typer.Option(help="The carrier: nats://host:port (never with a password in it).")
    ] = None,
    roles: Annotated[str | None, typer.Option(help="Any of web,gateway,intake,jobs. All by default.")] = None,
    web: Annotated[Path | None, typer.Option(help="Folder of the built console.")] = None,
) -> None:
    """Run the centre until SIGTERM. The database must be migrated first."""
    _prepare()
    from qorgan.centre import app as program

    program.run(host=host, port=port, nats_url=nats, roles=roles, web=web)


@app.command()
def migrate() -> None:
    """Make the keys and the tables that are missing. Safe to repeat; run it after every update."""
    _start_django()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=1)


@app.command("create-user")
def create_user(
    email: Annotated[str, typer.Argument(help="E-mail address to sign in with.")],
    name: Annotated[str, typer.Option(help="First and last name, as the ledgers will show it.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")],
    centre: Annotated[str | None, typer.Option(help="duty_officer: the centre's name or id.")] = None,
    school: Annotated[str | None, typer.Option(help="head: the school's site id.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="inspector: a region's code, KZ39; may be repeated.")] = None,
    body: Annotated[Body | None, typer.Option(help="inspector: the admitted body they write remarks for.")] = None,
    language: Annotated[str, typer.Option(help="kk, ru or en.")] = "kk",
    password_stdin: PasswordStdin = False,
) -> None:
    """Make a person with one role. The password is asked for, read from standard input, or from QORGAN_PASSWORD."""
    _start_django()
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError
    from django.db import IntegrityError

    from qorgan.centre.access import service

    password = _password(password_stdin)
    try:
        validate_password(password)
        service.create_person(
            email=email,
            name=name,
            password=password,
            role=role,
            centre=_centre(centre),
            school=_school(school),
            regions=tuple(region or ()),
            body=body,
            language=language,
        )
    except ValidationError as error:
        _stop(" ".join(error.messages))
    except IntegrityError:
        _stop(f"there is somebody with the address {email} already")
    except QorganError as error:
        _stop(str(error))
    typer.echo(f"{email} may sign in as {role}")


@app.command("seed-demo")
def seed_demo(password_stdin: PasswordStdin = False) -> None:
    """Fill the registry with the demo's schools and people, who do not exist. Everybody gets the same password."""
    _start_django()
    from qorgan.centre import demo_data

    for email, role in demo_data.seed(_password(password_stdin)):
        typer.echo(f"{email}  {role}")


@app.command("set-secret")
def set_secret(
    name: Annotated[str, typer.Argument(help="mail, sms (whole value of its header), watcher (an address), signing.")],
    password_stdin: PasswordStdin = False,
) -> None:
    """Store a secret of the centre, encrypted. It is asked for, read from standard input, or from QORGAN_PASSWORD."""
    _start_django()
    from qorgan.centre.notices import vault

    try:
        vault.put(name, _password(password_stdin))
    except QorganError as error:
        _stop(str(error))
    typer.echo(f"the secret {name} is stored")


@app.command("notify-test")
def notify_test(
    subscription: Annotated[str, typer.Argument(help="Id or name of a subscription.")],
) -> None:
    """Send a test notice to a subscription now, past the outbox, and say what its receiver made of it."""
    _start_django()
    from qorgan.centre.notices import trial

    try:
        typer.echo(trial.send(subscription))
    except QorganError as error:
        _stop(f"{error.code}: {error}")


@app.command("public-key")
def public_key() -> None:
    """Print what every school keeps as `[centre] public_key`."""
    _prepare()
    from qorgan.centre import config, keys

    typer.echo(keys.public_key(config.load().data))


def _prepare() -> None:
    """Keys first: Django's settings read them."""
    from qorgan.centre import config, keys

    try:
        keys.prepare(config.load().data)
    except QorganError as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"the data directory cannot be prepared: {error}")


def _start_django() -> None:
    _prepare()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qorgan.centre.settings")
    import django

    django.setup()


def _password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = os.environ.get("QORGAN_PASSWORD", "")
        if not password and sys.stdin.isatty():
            password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    if not password:
        _stop("no password: type it, give it on standard input (--password-stdin), or in QORGAN_PASSWORD")
    return password


def _centre(said: str | None) -> "OperationsCentre | None":
    if said is None:
        return None
    from qorgan.centre.territory.models import OperationsCentre

    for centre in OperationsCentre.objects.all():
        if said in (str(centre.pk), centre.name_kk, centre.name_ru, centre.name_en):
            return centre
    return _stop(f"there is no operations centre {said!r}")


def _school(site: str | None) -> "School | None":
    if site is None:
        return None
    from qorgan.centre.schools.models import School

    found = School.objects.filter(site=site).first()
    if found is None:
        _stop(f"there is no school with the site id {site!r}")
    return found


def _stop(sentence: str) -> NoReturn:
    typer.echo(f"qorgan centre: {sentence}", err=True)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
