"""`qorgan demo`: run the town for a person, or (`--check`) for a program."""

import asyncio
import json
import os
import sys
import tempfile
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from qorgan.demo import folder, keeper, ports
from qorgan.demo.check import CHIEF, HEAD, NEIGHBOUR, OFFICER, SECOND_OFFICER, play
from qorgan.demo.folder import School, Settled
from qorgan.demo.run import Say, Town, open_town
from qorgan.demo.town import TOWN, SchoolPlan
from qorgan.kernel.errors import QorganError
from qorgan.kernel.processes import until_stopped

USUAL_PORT = 8000
STOP_WITHIN_S = 20.0  # schools finish their files, the centre its requests

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,  # it shows values, and some are passwords
    help="Run a small town on this machine.",
)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the console.", min=1, max=65535)] = USUAL_PORT,
    data: Annotated[Path, typer.Option(help="Folder of the town: recordings, databases, logs.")] = Path("var/demo"),
    schools: Annotated[int, typer.Option(help="How many schools to run.", min=1, max=len(TOWN))] = len(TOWN),
    browser: Annotated[bool, typer.Option(help="Open the console in a browser, when there is a screen.")] = True,
    check: Annotated[
        bool, typer.Option("--check", help="Play the main story without a screen; print one JSON object.")
    ] = False,
) -> None:
    """Run three schools with simulated cameras and buttons, a police centre, and the carrier between them.

    Everything lives in one folder and goes on from there at the next start. Ctrl-C stops it cleanly.
    With --check: free ports, a folder of its own, the main story through the public interfaces, one JSON object
    on stdout, exit code 0 only if every promise held.
    """
    plans = TOWN[:schools]
    arguments = [f"--port={port}", f"--data={data}", f"--schools={schools}", "--browser" if browser else "--no-browser"]
    try:
        if check:
            raise typer.Exit(asyncio.run(_check(plans)))
        if not keeper.is_runner():
            with folder.occupied(data):  # first: the port of a demo that runs already is no news
                ports.require(port)
            keeper.become_keeper(data, arguments)
        with keeper.kept(arguments), folder.occupied(data):
            keeper.await_the_end_of_others(data)
            ports.require(port)
            settled = folder.settle(data, plans, {"centre": port})
            asyncio.run(until_stopped(_show(settled, browser=browser), within_s=STOP_WITHIN_S))
    except (QorganError, TimeoutError) as error:
        typer.echo(f"qorgan demo: {error}", err=True)
        raise typer.Exit(1) from error


async def _check(plans: Sequence[SchoolPlan]) -> int:
    """Play the story in a folder that vanishes afterwards."""
    with tempfile.TemporaryDirectory(prefix="qorgan-check-", ignore_cleanup_errors=True) as name:
        wished: dict[str, int] = {}
        of_schools = (f"{part}/{plan.site}" for plan in plans for part in ("node", "panel"))
        for part in ("centre", *folder.USUAL_PORTS, *of_schools):
            wished[part] = ports.choose(0, wished.values())
        settled = folder.settle(Path(name), plans, wished)
        async with open_town(settled, _say_aside) as town:
            report = await play(town, _say_aside)
    typer.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=1))
    for promise, kept in report.held.items():
        if not kept:
            _say_aside(f"NOT HELD: {promise}")
    if report.problem:
        _say_aside(f"the story broke off: {report.problem}")
    return 0 if report.ok else 1


async def _show(settled: Settled, *, browser: bool) -> None:
    typer.echo("Qorgan demo: starting the town")
    async with open_town(settled, _say) as town:
        _welcome(settled)
        if browser and sys.stdout.isatty() and _has_screen():
            webbrowser.open(settled.url)
        await _press_on_key(town, _say)


def _welcome(settled: Settled) -> None:
    school = settled.schools[0]
    button = school.plan.buttons[0].key
    token = os.path.relpath(school.token_file(button))
    lines = (
        "",
        f"  ready:     {settled.url}",
        "",
        f"  officer    {OFFICER}; {SECOND_OFFICER} signs closures, too; {CHIEF} is the supervisor",
        f"  neighbour  {NEIGHBOUR}, in another browser: sees an alarm, and its cameras, that nobody took for 45 s",
        f"  head       {HEAD}",
        f"  password   {settled.user_password}     (of every demo user; kept in {settled.folder / 'demo.json'})",
        "",
        f"  school     {school.plan.name.ru}, its own screen: {school.url}/",
        f"  logs       {settled.logs}",
        "",
        *(
            ["  press      Enter in this terminal: the button in the hall of school No. 12"]
            if sys.stdin.isatty()
            else []
        ),
        f"  press      .venv/bin/qorgan sim button {school.url} {button} < {token}",
        *_panel_line(school),
        "  stop       Ctrl-C",
        "",
    )
    for line in lines:
        typer.echo(line)


def _panel_line(school: School) -> list[str]:
    """How to press the button on its panel. A folder that is older than the panel knows none."""
    panel = school.plan.panel
    if panel is None or "[receivers.dc09]" not in school.config.read_text(encoding="utf-8"):
        return []
    key = os.path.relpath(school.panel_key_file)
    call = f'{ports.HOST} {school.panel_port} {panel.account} "{panel.press}"'
    return [f"  panel      .venv/bin/qorgan sim panel {call} --encrypted < {key}"]


async def _press_on_key(town: Town, say: Say) -> None:
    """Wait for ever; each line typed by a person presses the hall's button."""
    loop = asyncio.get_running_loop()
    typed: asyncio.Queue[str] = asyncio.Queue(8)
    if sys.stdin.isatty():
        loop.add_reader(sys.stdin.fileno(), _take_line, typed)
    try:
        while True:
            await typed.get()
            school = town.settled.schools[0]
            try:
                alarm = await town.press(school, school.plan.buttons[0].key)
            except QorganError as error:
                say(str(error))
            else:
                say(f"pressed; alarm {alarm} is on the school's disk")
    finally:
        if sys.stdin.isatty():
            loop.remove_reader(sys.stdin.fileno())


def _take_line(typed: "asyncio.Queue[str]") -> None:
    try:
        line = sys.stdin.readline()
    except OSError:  # it belongs to somebody else now: the process that had it was killed
        line = ""
    if not line:  # the terminal has gone: nobody will type again
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        return
    with suppress(asyncio.QueueFull):
        typed.put_nowait(line)


def _has_screen() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _say(text: str) -> None:
    typer.echo(f"  {text}")


def _say_aside(text: str) -> None:
    typer.echo(f"  {text}", err=True)
