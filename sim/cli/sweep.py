"""The command that plays designed studies: sweep."""

import json
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
    EngineFlag,
    EngineKeyword,
    JsonFlag,
    SweepSeedFlag,
    WorkersFlag,
    progress_bar,
    safe_file_name,
)

if TYPE_CHECKING:
    from sim.scenario.sweep import SweepExperiment
    from sim.study.replications import ProgressCallback
    from sim.study.sweep_result import SweepResult

SHARD_PATTERN = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")
PROGRESS_INTERVAL_S = 30.0
"""So often progress is told where there is no terminal."""


def sweep_command(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="SWEEP",
            help="A sweep file (YAML).",
            show_default=False,
            autocompletion=completion.complete_scenario_files,
        ),
    ],
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="DIR", help="With --merge: the folders of the shards.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the results (default: runs/sweeps/NAME).")
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option(min=1, help="How many futures at each point (default: as the sweep says)."),
    ] = None,
    seed: SweepSeedFlag = None,
    engine: EngineFlag = EngineKeyword.auto,
    workers: WorkersFlag = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="A Dask scheduler, as tcp://HOST:8786, or local:8 for one here."
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(metavar="K/N", help="Play only the K-th of N parts, into a folder of its own."),
    ] = None,
    merge: Annotated[bool, typer.Option("--merge", help="Join the folders of shards.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw away what is in the folder.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 if an expectation or a run fails at any point.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what --check found as JUnit XML.")
    ] = None,
    plots: Annotated[bool, typer.Option(help="Draw heat maps, response curves and trade-offs.")] = True,
    as_json: JsonFlag = False,
) -> None:
    """Play a designed study of a scenario; start it again, and it does only what is missing."""
    from sim.scenario.sweep import read_sweep
    from sim.study import sweep as study

    part = parse_shard(shard)
    for wrong, said in (
        (part is not None and merge, "--shard plays a part and --merge joins them; use one of the two"),
        (
            part is not None and (check or junit is not None),
            "--check looks at all points; merge the shards first",
        ),
        (bool(folders) and not merge, "folders are named with --merge only"),
        (merge and not folders, "--merge: name the folders of the shards"),
        (merge and cluster is not None, "--merge plays nothing; leave --cluster out"),
        (merge and workers is not None, "--merge plays nothing; leave --workers out"),
        (merge and engine is not EngineKeyword.auto, "--merge plays nothing; leave --engine out"),
    ):
        if wrong:
            raise typer.BadParameter(said)
    read = read_sweep(file, replications, seed)
    folder = Path("runs") / "sweeps" / safe_file_name(read.name) if out is None else out
    if part is not None:
        if out is None:
            folder = folder.with_name(f"{folder.name}-{part[0]}-of-{part[1]}")
        done = run_sweep_with_progress(read, folder, part, engine.value, workers, cluster, fresh)
        print_sweep(done, as_json, part)
        raise typer.Exit(EXIT_INTERRUPTED if done.interrupted else EXIT_DONE)
    if merge:
        done = study.merge_shards(read, folders or [], folder, fresh=fresh)
    else:
        done = run_sweep_with_progress(read, folder, (1, 1), engine.value, workers, cluster, fresh)
    print_sweep(done, as_json)
    if done.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
    holds = True
    if check or junit is not None:
        from sim.show.pages.junit import report_sweep_check

        holds = report_sweep_check(done, junit)
    if plots:
        from sim.show.plots.sweep import write_sweep_plots

        write_sweep_plots(done, folder / "plots")
    if check and not holds:
        raise typer.Exit(EXIT_FAILED)


def run_sweep_with_progress(
    sweep: "SweepExperiment",
    folder: Path,
    shard: tuple[int, int],
    engine: str,
    workers: int | None,
    cluster: str | None,
    fresh: bool,
) -> "SweepResult":
    """Play what is missing, and tell how it goes."""
    from sim.study import sweep as study

    with progress_bar(sweep.name) as bar, progress_lines(bar) as shown:
        return study.run_sweep(
            sweep,
            out=folder,
            engine=engine,
            workers=workers,
            cluster=cluster,
            fresh=fresh,
            shard=shard,
            progress=shown,
        )


def parse_shard(shard: str | None) -> tuple[int, int] | None:
    """Which of how many parts?"""
    if shard is None:
        return None
    match = SHARD_PATTERN.fullmatch(shard)
    if match is None or int(match[1]) > int(match[2]):
        raise typer.BadParameter(f'--shard "{shard}": write K/N, from 1/8 to 8/8')
    return int(match[1]), int(match[2])


@contextmanager
def progress_lines(on_progress: "ProgressCallback | None") -> Iterator["ProgressCallback"]:
    """Progress as a bar where there is one; else, on standard error, a line now and then, for a log."""
    if on_progress is not None:
        yield on_progress
        return
    began, before, last = time.monotonic(), -1, time.monotonic()

    def shown(done: int, total: int) -> None:
        nonlocal before, last
        now = time.monotonic()
        if before < 0:
            before = done
        elif now - last >= PROGRESS_INTERVAL_S:
            last, rate = now, (done - before) / (now - began)
            left = (total - done) / rate if rate else 0.0
            typer.echo(f"{done} of {total} runs, {rate:.1f} a second, {left / 60:.1f} min left", err=True)

    yield shown


def print_sweep(sweep: "SweepResult", as_json: bool, shard: tuple[int, int] | None = None) -> None:
    """Say what came of it."""
    from sim.show.pages.sweep import render_sweep, sweep_to_dict

    if as_json:
        typer.echo(json.dumps(sweep_to_dict(sweep)))
    elif shard is not None or sweep.interrupted:
        finished, asked = sweep.n_finished, sweep.n_runs
        if sweep.interrupted:
            typer.echo(f"Interrupted: {finished} of {asked} runs are finished, and are kept in {sweep.folder};"
                       " the same command goes on from there", err=True)  # fmt: skip
        elif shard is not None:
            typer.echo(f"Part {shard[0]} of {shard[1]}: {finished} of {asked} runs are in {sweep.folder}; join all"
                       f" parts with: sim sweep SWEEP --merge DIR...")  # fmt: skip
    else:
        from rich.console import Console

        render_sweep(sweep, Console(highlight=False))
