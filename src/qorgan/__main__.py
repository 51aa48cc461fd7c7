"""`qorgan` on the command line. Each part is imported only when it is called: a school's PC never loads Django."""

import sys
from importlib import import_module

import typer

PARTS = {
    "demo": ("qorgan.demo.cli", "Run a small town on this machine: three schools, their cameras, a police centre."),
    "edge": ("qorgan.edge.cli", "The school node: run, check, add-camera."),
    "centre": ("qorgan.centre.cli", "The operations centre: run, migrate, create-user."),
    "sim": ("qorgan.sim.cli", "Cameras, buttons and towns that do not exist."),
    "norms": ("qorgan.norms", "Norm packs: check them, compare two releases, explain a verdict."),
    "cards": ("qorgan.cards", "Action cards of roles and scenarios: check them, show one."),
    "doctor": ("qorgan.doctor", "Check this machine: versions, ports, disk, clock, codecs."),
}

app = typer.Typer(
    help="Qorgan: school safety, from the camera and the button to the police operations centre.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _describe(name: str, sentence: str) -> None:
    """A line in `qorgan --help`; `main` hands the call itself to the part."""

    @app.command(name, help=sentence)
    def part() -> None:
        _call(name, [])


for _name, (_, _sentence) in PARTS.items():
    _describe(_name, _sentence)


def _call(name: str, arguments: list[str]) -> None:
    module = import_module(PARTS[name][0])
    module.app(args=arguments, prog_name=f"qorgan {name}")


def main() -> None:
    """The entry point: `qorgan <part> …` goes to the part, everything else is answered here."""
    if len(sys.argv) > 1 and sys.argv[1] in PARTS:
        _call(sys.argv[1], sys.argv[2:])
    else:
        app(prog_name="qorgan")


if __name__ == "__main__":
    main()
