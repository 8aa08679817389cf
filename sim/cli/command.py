"""What the commands have in common: the app, their options, how they print, and how they end."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sim.show import completion

app = typer.Typer(
    name="sim",
    help="Who gets the next gigawatt of AI compute, when, and what a contract clause is worth.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; an expectation failed; bad input or usage; stopped by Ctrl-C."""


class Engine(StrEnum):
    """On which clock the market is played."""

    auto = "auto"
    simpy = "simpy"
    compiled = "compiled"


class Kept(StrEnum):
    """Which tables a run leaves behind."""

    all = "all"
    summary = "summary"
    none = "none"


ScenarioPath = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO",
        help="A scenario file (YAML).",
        show_default=False,
        autocompletion=completion.scenario_files,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Set a key anew, e.g. 'rights.first refusal.window=90 d'.",
        autocompletion=completion.paths,
    ),
]
Precise = Annotated[
    list[str] | None,
    typer.Option(
        "--precision",
        metavar="METRIC:BOUND",
        help="Play until the 95 % interval of a metric's mean is this tight (half of it): a share of the mean,"
        " as unserved_mw.mean:5%, or in its unit, as unserved_mw.mean:20; may be given again.",
    ),
]
Seed = Annotated[int | None, typer.Option(min=0, help="Seed of all draws (default: as the scenario says).")]
SweepSeed = Annotated[int | None, typer.Option(min=0, help="Seed of all draws (default: as the sweep says).")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes (default: one a core).")]
OnClock = Annotated[Engine, typer.Option(help="The clock of the market.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")]
Drawn = Annotated[bool, typer.Option("--plots/--no-plots", help="Draw the pictures.")]


def say_version(asked: bool) -> None:
    """Show the version, and stop."""
    if asked:
        from importlib.metadata import version as of

        typer.echo(f"sim {of('rofr')}")
        raise typer.Exit


@app.callback()
def common(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version, and stop.", is_eager=True, callback=say_version),
    ] = False,
) -> None:
    """Take the options that every command has; `main` looks for --debug, wherever it stands."""


def printed(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table; into a pipe, as columns with tabs between, so that nothing is cut."""
    if not sys.stdout.isatty():
        for row in (header, *rows):
            typer.echo("\t".join(str(cell) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*header, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    Console().print(table)


def parsed(overrides: list[str] | None) -> dict[str, object]:
    """The paths and values of `--set`."""
    found: dict[str, object] = {}
    for text in overrides or []:
        path, equals, value = text.partition("=")
        if not equals or not path.strip():
            raise typer.BadParameter(f'"{text}": write PATH=VALUE, e.g. "rights.first refusal.window=90 d"')
        found[path.strip()] = value.strip()
    return found


def safe(name: str) -> str:
    """A name as part of a path: letters, digits, dots and dashes."""
    return "".join(c if c.isalnum() or c in ".-_" else "-" for c in name).strip(".") or "run"


@contextmanager
def progress(what: str) -> Iterator[Any]:
    """A progress bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, rate="")
        first: tuple[int, float] | None = None

        def told(done: int, total: int) -> None:
            nonlocal first
            first = first or (done, time.monotonic())
            since = max(time.monotonic() - first[1], 1e-9)
            rate = f"{(done - first[0]) / since:.1f}/s" if done > first[0] else ""
            bar.update(task, completed=done, total=total, rate=rate)

        yield told


def main() -> None:
    """Run a command; one line for an error of the user's, and the exit code that says what happened."""
    debug = "--debug" in sys.argv
    sys.argv = [word for word in sys.argv if word != "--debug"]
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except Exception as error:
        from sim.scenario.faults import UserError

        if debug or not isinstance(error, UserError):
            raise
        typer.echo(str(error), err=True)
        sys.exit(WRONG)
