"""What the commands of the school node share: the configuration's option, and mistakes told in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from qorgan.kernel import logs
from qorgan.kernel.errors import QorganError

DEFAULT = Path("edge.toml")
ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="The node's configuration.")]


@contextmanager
def plainly() -> Iterator[None]:
    """A mistake that a person can mend is one sentence and exit code 2, not a traceback."""
    try:
        yield
    except QorganError as error:
        _fail(logs.redact_text(str(error)))
    except BaseExceptionGroup as several:
        known = several.subgroup(QorganError)
        if known is None:
            raise
        _fail("; ".join(logs.redact_text(str(error)) for error in known.exceptions))


def _fail(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(2) from None
