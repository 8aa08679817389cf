"""The command `sim sweep`: play a designed study, whole or in shards, and go on where it was stopped."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import completion
from sim.cli.options import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    ClusterFlag,
    EngineFlag,
    EngineKeyword,
    FreshFlag,
    JsonFlag,
    JUnitFlag,
    SweepReplicationsFlag,
    SweepSeedFlag,
    WorkersFlag,
    out_option,
    output_folder,
    print_answer,
    progress_bar,
)
from sim.scenario.text import safe_file_name

if TYPE_CHECKING:
    from sim.scenario.sweep import SweepExperiment
    from sim.study.replications import ProgressCallback
    from sim.study.sweep_result import SweepResult

Shard = tuple[int, int]
"""A part of a sweep: its number, from 1 on, and how many parts there are."""
SHARD_PATTERN = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")
PROGRESS_INTERVAL_S = 30.0
"""The time between two lines of progress, where there is no terminal."""


SweepArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SWEEP",
        help="A sweep file (YAML).",
        show_default=False,
        autocompletion=completion.complete_scenario_files,
    ),
]


def sweep_command(
    file: SweepArgument,
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="DIR", help="With --merge: the folders of the shards.")
    ] = None,
    out: Annotated[Path | None, out_option("runs/sweeps/NAME")] = None,
    replications: SweepReplicationsFlag = None,
    seed: SweepSeedFlag = None,
    engine: EngineFlag = EngineKeyword.auto,
    workers: WorkersFlag = None,
    cluster: ClusterFlag = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="K/N", help="Play only the K-th of N parts, into a folder of its own."),
    ] = None,
    merge: Annotated[bool, typer.Option("--merge", help="Join the folders of shards.")] = False,
    fresh: FreshFlag = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 if an expectation or a run fails at any point.")
    ] = False,
    junit: JUnitFlag = None,
    plots: Annotated[bool, typer.Option(help="Draw heat maps, response curves and trade-offs.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Play a designed study of a scenario; start it again, and it does only what is missing."""
    from sim.scenario.sweep import read_sweep
    from sim.study.sweep import merge_shards

    part = parse_shard(shard)
    _check_options(part, merge, folders, cluster, workers, engine, checks=check or junit is not None)
    experiment = read_sweep(file, replications, seed)
    folder = _sweep_folder(experiment.name, out, part)
    if merge:
        sweep = merge_shards(experiment, folders or [], folder, fresh=fresh)
    else:
        sweep = run_sweep_with_progress(
            experiment, folder, part or (1, 1), engine.value, workers, cluster, fresh
        )
    print_sweep(sweep, as_json, part)
    if sweep.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    if part is not None:
        raise typer.Exit(EXIT_DONE)
    holds = True
    if check or junit is not None:
        from sim.show.pages.junit import report_sweep_check

        holds = report_sweep_check(sweep, junit)
    if plots:
        from sim.show.plots.figure_files import write_plots
        from sim.show.plots.sweep import SWEEP_PLOTS
        from sim.study.sweep_files import PLOTS_FOLDER
        from sim.study.sweep_store import record_files

        record_files(folder, write_plots(SWEEP_PLOTS, sweep, folder / PLOTS_FOLDER), below=PLOTS_FOLDER)
    if check and not holds:
        raise typer.Exit(EXIT_FAILED)


def _check_options(
    part: Shard | None,
    merge: bool,
    folders: list[Path] | None,
    cluster: str | None,
    workers: int | None,
    engine: EngineKeyword,
    checks: bool,
) -> None:
    """Raise BadParameter where two options contradict each other."""
    for contradiction, message in (
        (part is not None and merge, "--shard plays a part and --merge joins them; use one of the two"),
        (part is not None and checks, "--check looks at all points; merge the shards first"),
        (bool(folders) and not merge, "folders are named with --merge only"),
        (merge and not folders, "--merge: name the folders of the shards"),
        (merge and cluster is not None, "--merge plays nothing; leave --cluster out"),
        (merge and workers is not None, "--merge plays nothing; leave --workers out"),
        (merge and engine is not EngineKeyword.auto, "--merge plays nothing; leave --engine out"),
    ):
        if contradiction:
            raise typer.BadParameter(message)


def _sweep_folder(name: str, out: Path | None, part: Shard | None) -> Path:
    """The folder of the results; by default a shard has one of its own beside that of the whole sweep."""
    suffix = "" if part is None else f"-{part[0]}-of-{part[1]}"
    return output_folder(out, "sweeps", f"{safe_file_name(name)}{suffix}")


def run_sweep_with_progress(
    experiment: "SweepExperiment",
    folder: Path,
    shard: Shard,
    engine: str,
    workers: int | None,
    cluster: str | None,
    fresh: bool,
) -> "SweepResult":
    """Play what is missing of a shard, and show the progress."""
    from sim.study.sweep import run_sweep

    with progress_bar(experiment.name) as bar, progress_lines(bar) as on_progress:
        return run_sweep(
            experiment,
            out=folder,
            engine=engine,
            workers=workers,
            cluster=cluster,
            fresh=fresh,
            shard=shard,
            progress=on_progress,
        )


def parse_shard(shard: str | None) -> Shard | None:
    """Parse `--shard`. Raises BadParameter for what is no K/N with K from 1 to N."""
    if shard is None:
        return None
    match = SHARD_PATTERN.fullmatch(shard)
    if match is None or int(match[1]) > int(match[2]):
        raise typer.BadParameter(f'--shard "{shard}": write K/N, from 1/8 to 8/8')
    return int(match[1]), int(match[2])


@contextmanager
def progress_lines(bar: "ProgressCallback | None") -> Iterator["ProgressCallback"]:
    """Show progress as a bar where there is one; else as a line now and then on standard error, for a log."""
    if bar is not None:
        yield bar
        return
    start = last_line = time.monotonic()
    done_before = -1  # what an earlier try has finished, which took no time now; -1 until the first report

    def on_progress(done: int, total: int) -> None:
        nonlocal done_before, last_line
        now = time.monotonic()
        if done_before < 0:
            done_before = done
        elif now - last_line >= PROGRESS_INTERVAL_S:
            last_line, rate = now, (done - done_before) / (now - start)
            left = (total - done) / rate if rate else 0.0
            typer.echo(f"{done} of {total} runs, {rate:.1f} a second, {left / 60:.1f} min left", err=True)

    yield on_progress


def print_sweep(sweep: "SweepResult", as_json: bool, part: Shard | None = None) -> None:
    """Print a sweep; of one that is not whole, on the terminal only how far it has come and how to go on."""
    from sim.show.pages.sweep import render_sweep

    progress = f"{sweep.n_finished} of {sweep.n_runs} runs"
    if sweep.interrupted and not as_json:
        typer.echo(
            f"Interrupted: {progress} are finished, and are kept in {sweep.folder};"
            " the same command goes on from there",
            err=True,
        )
    elif part is not None and not as_json:
        typer.echo(
            f"Part {part[0]} of {part[1]}: {progress} are in {sweep.folder}; join all parts with:"
            " sim sweep SWEEP --merge DIR..."
        )
    else:
        print_answer(as_json, sweep.to_dict, lambda console: render_sweep(sweep, console))
