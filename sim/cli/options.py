"""What the commands have in common: the app, their options, how they print, and how they end."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import completion

if TYPE_CHECKING:
    from sim.study.analysis import AnyAnalysis


EXIT_DONE, EXIT_FAILED, EXIT_USER_ERROR, EXIT_INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; an expectation failed; bad input or usage; stopped by Ctrl-C."""


class EngineKeyword(StrEnum):
    """On which clock the market is played."""

    auto = "auto"
    simpy = "simpy"
    compiled = "compiled"


class TablesKeyword(StrEnum):
    """Which tables a run leaves behind."""

    all = "all"
    summary = "summary"
    none = "none"


ScenarioArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO",
        help="A scenario file (YAML).",
        show_default=False,
        autocompletion=completion.complete_scenario_files,
    ),
]
SetFlag = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Set a key anew, e.g. 'rights.first refusal.window=90 d'.",
        autocompletion=completion.complete_override_paths,
    ),
]
PrecisionFlag = Annotated[
    list[str] | None,
    typer.Option(
        "--precision",
        metavar="METRIC:BOUND",
        help="Play until the 95 % interval of a metric's mean is this tight (half of it): a share of the mean,"
        " as unserved_mw.mean:5%, or in its unit, as unserved_mw.mean:20; may be given again.",
    ),
]
SeedFlag = Annotated[
    int | None, typer.Option(min=0, help="Seed of all draws (default: as the scenario says).")
]
SweepSeedFlag = Annotated[
    int | None, typer.Option(min=0, help="Seed of all draws (default: as the sweep says).")
]
WorkersFlag = Annotated[int | None, typer.Option(min=1, help="Processes (default: one a core).")]
EngineFlag = Annotated[EngineKeyword, typer.Option(help="The clock of the market.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")]
PlotsFlag = Annotated[bool, typer.Option("--plots/--no-plots", help="Draw the pictures.")]


def print_table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
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


def parse_overrides(overrides: list[str] | None) -> dict[str, object]:
    """The paths and values of `--set`."""
    found: dict[str, object] = {}
    for text in overrides or []:
        path, equals, value = text.partition("=")
        if not equals or not path.strip():
            raise typer.BadParameter(f'"{text}": write PATH=VALUE, e.g. "rights.first refusal.window=90 d"')
        found[path.strip()] = value.strip()
    return found


def safe_file_name(name: str) -> str:
    """A name as part of a path: letters, digits, dots and dashes."""
    return "".join(c if c.isalnum() or c in ".-_" else "-" for c in name).strip(".") or "run"


@contextmanager
def progress_bar(label: str) -> Iterator[Any]:
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
        task = bar.add_task(label, total=None, rate="")
        first: tuple[int, float] | None = None

        def told(done: int, total: int) -> None:
            nonlocal first
            first = first or (done, time.monotonic())
            since = max(time.monotonic() - first[1], 1e-9)
            rate = f"{(done - first[0]) / since:.1f}/s" if done > first[0] else ""
            bar.update(task, completed=done, total=total, rate=rate)

        yield told


ReplicationsFlag = Annotated[
    int | None, typer.Option(min=1, help="How many sampled futures (default: as the scenario says).")
]


def report_analysis(analysis: "AnyAnalysis", folder: Path, command: str, plots: bool, as_json: bool) -> None:
    """Print an answer, and put it and its pictures into its folder."""
    from rich.console import Console

    from sim.results.files import write_analysis
    from sim.show.pages.analysis import render_analysis
    from sim.show.plots.analysis import write_analysis_plots

    told = analysis.to_dict()
    if as_json:
        typer.echo(json.dumps(told, allow_nan=False))
    else:
        render_analysis(analysis, Console(highlight=False))
    write_analysis(folder, command, told)
    if plots:
        write_analysis_plots(analysis, folder)
    if not as_json:
        typer.echo(f"The answer{' and its pictures are' if plots else ' is'} in {folder}")


def parse_plot_names(plots: str, tables: TablesKeyword) -> list[str] | None:
    """Which plots are asked for? None for all."""
    if plots == "none" or (plots == "all" and tables is TablesKeyword.none):
        return []
    if tables is TablesKeyword.none:
        raise typer.BadParameter("with --tables none there is nothing to plot; use --tables summary")
    if plots == "all":
        return None
    names = [name.strip() for name in plots.split(",")]
    for name in names:
        if name not in completion.RUN_PLOT_NAMES:
            known = ", ".join(completion.RUN_PLOT_NAMES)
            raise typer.BadParameter(f"there is no plot {name}; there are {known}, all and none")
    return names
