"""The command line: parses, calls, prints. What a command needs is imported inside it, so that help is quick."""

import json
import os
import sys
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


@app.command()
def run(
    scenario: ScenarioPath,
    replications: Annotated[
        int | None, typer.Option(min=1, help="How many sampled futures (default: as the scenario says).")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of all draws (default: as the scenario says).")
    ] = None,
    engine: Annotated[Engine, typer.Option(help="The clock of the market.")] = Engine.auto,
    overrides: Set = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes (default: one a core).")] = None,
    tables: Annotated[Kept, typer.Option(help="Which tables are kept.")] = Kept.all,
    plots: Annotated[
        str,
        typer.Option(help="all, none, or names with commas between.", autocompletion=completion.plots),
    ] = "all",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the results (default: runs/NAME).")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 if an expectation fails.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
) -> None:
    """Play a scenario many times: tables, a summary, page one and plots."""
    from sim.scenario.reading import load
    from sim.study import outcome as study
    from sim.study.expect import expected

    chosen = plot_names(plots, tables)
    read = load(scenario, parsed(overrides))
    expected(read)
    folder = Path("runs") / safe(read.name) if out is None else out
    if before := study.told_of(folder):
        replaced = (
            f"{before['scenario']}, {before['finished']} replications, scenario {before['sha256'][:12]}"
        )
        typer.echo(f"Replaces the run in {folder} ({replaced})", err=True)
    with progress(f"{read.name}") as told:
        done = study.run(
            read,
            replications=replications,
            seed=seed,
            workers=workers,
            tables=tables.value,
            out=folder,
            progress=told,
            engine=engine.value,
        )
    verdicts = done.verdicts()
    if as_json:
        shown = {
            "scenario": read.name,
            "out": str(folder),
            **{
                key: done.provenance[key]
                for key in ("seed", "replications", "finished", "interrupted", "sha256")
            },
            "metrics": done.summary(),
            "expect": [{"statement": v.statement, "found": v.found, "holds": v.holds} for v in verdicts],
        }
        typer.echo(json.dumps(shown))
    else:
        from rich.console import Console

        from sim.show.page import page

        page(done, Console(highlight=False))
    if done.interrupted:
        typer.echo(f"Plots are left out; draw them with: sim plot {folder}", err=True)
    elif chosen is None or chosen:
        from sim.show.report import note, plots_to

        plots_to(done, folder / "plots", chosen)
        if chosen is None and (line := note(done)):
            typer.echo(line, err=True)
    if done.interrupted:
        raise typer.Exit(INTERRUPTED)
    if check and not all(verdict.holds for verdict in verdicts):
        raise typer.Exit(FAILED)


@app.command()
def check(
    scenario: ScenarioPath,
    overrides: Set = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
) -> None:
    """Read and validate a scenario; say in words what was understood, and what has no effect."""
    from sim.scenario.reading import load
    from sim.scenario.remarks import remarks
    from sim.show.understood import understood
    from sim.study.expect import expected

    read = load(scenario, parsed(overrides))
    expected(read)
    said, idle = list(understood(read)), [str(remark) for remark in remarks(read)]
    if as_json:
        typer.echo(json.dumps({"scenario": read.name, "understood": dict(said), "warnings": idle}))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(f"[bold]{read.title or read.name}[/bold]")
    table = Table.grid(padding=(0, 2))
    for label, text in said:
        table.add_row(label, text)
    console.print(table)
    for remark in idle:
        console.print(f"warning: {remark}", style="yellow", markup=False)
    console.print(
        f"{read.path} is right" + (f", with {len(idle)} warning{'s' * (len(idle) > 1)}" if idle else "")
    )


@app.command()
def show(
    scenario: ScenarioPath,
    diff: Annotated[
        Path | None,
        typer.Option(
            metavar="OTHER",
            help="Show what differs from this file.",
            autocompletion=completion.scenario_files,
        ),
    ] = None,
    overrides: Set = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
) -> None:
    """Show the resolved scenario, with every default; or what differs from another, key by key."""
    from sim.scenario.differing import differences
    from sim.scenario.reading import load

    read = load(scenario, parsed(overrides))
    if diff is not None:
        found = differences(read, load(diff))
        if as_json:
            typer.echo(json.dumps({key: [mine, theirs] for key, mine, theirs in found}))
            return
        printed(("key", str(scenario), str(diff)), found)
        typer.echo("nothing differs" if not found else f"{len(found)} keys differ")
    elif as_json:
        typer.echo(json.dumps(read.resolved()))
    else:
        typer.echo(read.resolved_yaml(), nl=False)


@app.command()
def sources(
    scenario: ScenarioPath,
    missing: Annotated[bool, typer.Option("--missing", help="Only what has no source.")] = False,
    overrides: Set = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else.")] = False,
) -> None:
    """List every quantity with its value, source and confidence; mark what has none."""
    from collections import Counter
    from dataclasses import asdict

    from sim.scenario import sources as of
    from sim.scenario.reading import load

    read = load(scenario, parsed(overrides))
    everything = of.quantities(read)
    listed = of.unsourced(read) if missing else everything
    counts = Counter(each.confidence or "none" for each in everything)
    if as_json:
        typer.echo(json.dumps({"quantities": [asdict(each) for each in listed], "by_confidence": counts}))
        return
    rows = [
        (q.path, q.value, q.confidence or "-", q.source or f"NO SOURCE {q.note or ''}".strip())
        for q in listed
    ]
    printed(("quantity", "value", "confidence", "source"), rows)
    told = ", ".join(f"{n} {word}" for word, n in counts.most_common())
    typer.echo(f"{len(everything)} quantities: {told}; {len(of.unsourced(read))} have no source")


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for completion in editors."""
    from sim.scenario.schema import editor_schema

    typer.echo(json.dumps(editor_schema(), indent=1))


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What the scenario is called.", show_default=False)
    ],
) -> None:
    """Write a commented scenario to start from, as NAME.yaml; an existing file is never overwritten."""
    from sim.show.starter import starter
    from sim.study.store import OutError

    path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starter(path.stem, str(path)))
    except FileExistsError:
        raise OutError(f"{path}: is there already; choose another name") from None
    except OSError as error:
        raise OutError(f"{path}: cannot be written ({error.strerror}); choose another place") from None
    typer.echo(f"Wrote {path}. Next: sim check {path}; sim run {path}")


@app.command()
def plot(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that sim run has written.")],
    plots: Annotated[
        str, typer.Option(help="all, or names with commas between.", autocompletion=completion.plots)
    ] = "all",
) -> None:
    """Draw the plots of a saved run."""
    from sim.show.report import plots_to
    from sim.study.outcome import opened

    for path in plots_to(opened(folder), folder / "plots", plot_names(plots, Kept.all)):
        typer.echo(path)


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


def plot_names(plots: str, tables: Kept) -> list[str] | None:
    """Which plots are asked for? None for all."""
    if plots == "none" or (plots == "all" and tables is Kept.none):
        return []
    if tables is Kept.none:
        raise typer.BadParameter("with --tables none there is nothing to plot; use --tables summary")
    if plots == "all":
        return None
    names = [name.strip() for name in plots.split(",")]
    for name in names:
        if name not in completion.PLOT_NAMES:
            known = ", ".join(completion.PLOT_NAMES)
            raise typer.BadParameter(f"there is no plot {name}; there are {known}, all and none")
    return names


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

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

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
        if debug or not of_the_user(error):
            raise
        typer.echo(str(error), err=True)
        sys.exit(WRONG)


def of_the_user(error: Exception) -> bool:
    """Is this an error that the user can mend?"""
    from sim.scenario.faults import ScenarioError
    from sim.show.report import NothingToShow
    from sim.study.expect import NoMetric
    from sim.study.store import OutError

    return isinstance(error, ScenarioError | OutError | NoMetric | NothingToShow)
