"""Shared parts of the commands: options, exit codes, and the printing of answers and of progress."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sim.cli import completion

if TYPE_CHECKING:
    from rich.console import Console

    from sim.results.folders import StagedFolder
    from sim.study.analysis import AnyAnalysis
    from sim.study.replications import ProgressCallback

EXIT_DONE, EXIT_FAILED, EXIT_USER_ERROR, EXIT_INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; an expectation failed; bad input or usage; stopped by Ctrl-C."""

# Help has to answer at once, so the closed lists of the model and the results are not imported here; a test compares.


class EngineKeyword(StrEnum):
    """The clock that the market is played on, or `auto`, by how many events are expected."""

    auto = "auto"
    simpy = "simpy"
    compiled = "compiled"


class TablesKeyword(StrEnum):
    """The tables that a run leaves behind."""

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
ReplicationsFlag = Annotated[
    int | None, typer.Option(min=1, help="How many sampled futures (default: as the scenario says).")
]
SweepReplicationsFlag = Annotated[
    int | None, typer.Option(min=1, help="How many futures at each point (default: as the sweep says).")
]
SeedFlag = Annotated[
    int | None, typer.Option(min=0, help="Seed of all draws (default: as the scenario says).")
]
SweepSeedFlag = Annotated[
    int | None, typer.Option(min=0, help="Seed of all draws (default: as the sweep says).")
]
WorkersFlag = Annotated[int | None, typer.Option(min=1, help="Processes (default: one a core).")]
EngineFlag = Annotated[EngineKeyword, typer.Option(help="The clock of the market.")]
JsonFlag = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON object, and nothing else; files are written with --out alone."
    ),
]
PlotsFlag = Annotated[bool, typer.Option("--plots/--no-plots", help="Draw the pictures.")]
ClusterFlag = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="A Dask scheduler, as tcp://HOST:8786, or local:8 for one here."),
]
FreshFlag = Annotated[bool, typer.Option("--fresh", help="Throw away the runs that are in the folder.")]
JUnitFlag = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write what --check found as JUnit XML.")
]


def out_option(default: str, content: str = "results") -> Any:
    """The option --out: a folder, by default the one that its help names."""
    return typer.Option(metavar="DIR", help=f"Folder of the {content} (default: {default}).")


def output_folder(out: Path | None, *default: str) -> Path:
    """The folder of --out, or else the default one below `runs`."""
    from sim.results.files import user_path

    return Path("runs", *default) if out is None else user_path(out)


def answer_folder(out: Path | None, as_json: bool, *default: str) -> Path | None:
    """As `output_folder`, but None where only JSON is asked for: a query writes no files."""
    return None if as_json and out is None else output_folder(out, *default)


def parse_overrides(overrides: list[str] | None) -> dict[str, object]:
    """Parse `--set` into values by path. Raises BadParameter for what is no PATH=VALUE."""
    values: dict[str, object] = {}
    for text in overrides or []:
        path, equals, value = text.partition("=")
        if not equals or not path.strip():
            raise typer.BadParameter(f'"{text}": write PATH=VALUE, e.g. "rights.first refusal.window=90 d"')
        values[path.strip()] = value.strip()
    return values


def parse_plot_names(plots: str, tables: TablesKeyword) -> list[str] | None:
    """Parse `--plots` into names of plots, None for all. Raises BadParameter for a plot that does not exist."""
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


def print_answer(
    as_json: bool, to_dict: Callable[[], Mapping[str, Any]], render: "Callable[[Console], None]"
) -> None:
    """Print an answer as one JSON object, or as its page; only the one that is asked for is made."""
    if as_json:
        typer.echo(json.dumps(to_dict()))
        return
    from sim.show.console import page_console

    render(page_console())


@contextmanager
def analysis_folder(
    folder: Path | None, command: Literal["plan", "value", "sensitivity"], resumable: tuple[str, ...] = ()
) -> "Iterator[StagedFolder | None]":
    """Open the folder of an analysis, before anything is played for it; None where it goes to no folder.

    The entries `resumable` are written in place, and stay when the analysis takes its place.
    """
    if folder is None:
        yield None
        return
    from sim.results.folders import stage_folder

    with stage_folder(folder, command, f"{command}.json", resumable=resumable) as staged:
        yield staged


def report_analysis(
    analysis: "AnyAnalysis", staged: "StagedFolder | None", command: str, plots: bool, as_json: bool
) -> None:
    """Print an analysis, and write it and its plots into its folder, if it has one."""
    from sim.results.files import MAKE_ROOM, report_os_errors, write_json
    from sim.scenario.source_code import code_fingerprint
    from sim.show.pages.analysis import render_analysis

    content = {**analysis.to_dict(), "code": code_fingerprint()}
    print_answer(as_json, lambda: content, lambda console: render_analysis(analysis, console))
    if staged is None:
        return
    with report_os_errors(staged.folder, MAKE_ROOM):
        staged.take_over_resumable()
        write_json(staged.path / f"{command}.json", content)
    if plots:
        from sim.show.plots.analysis import write_analysis_plots

        write_analysis_plots(analysis, staged.path)
    folder = staged.commit()
    if not as_json:
        typer.echo(f"The answer{' and its pictures are' if plots else ' is'} in {folder}")


@contextmanager
def progress_bar(label: str) -> "Iterator[ProgressCallback | None]":
    """Show progress as a bar on standard error; None where that is no terminal."""
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

        def on_progress(done: int, total: int) -> None:
            nonlocal first
            # the rate is that since the first report, as what an earlier try has finished took no time
            first = first or (done, time.monotonic())
            elapsed = max(time.monotonic() - first[1], 1e-9)
            rate = f"{(done - first[0]) / elapsed:.1f}/s" if done > first[0] else ""
            bar.update(task, completed=done, total=total, rate=rate)

        yield on_progress
