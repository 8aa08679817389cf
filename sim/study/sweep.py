"""A sweep: what comes of a scenario at every point of a design, under the same futures at each?

It can be killed at any time: what is finished is on disk, and the same command does only what is missing.
"""

import pickle
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sim.model.arrays import FloatArray
from sim.model.run import Engine
from sim.results.files import OutputError, write_text
from sim.results.metrics import metric_unit
from sim.scenario.description_keys import DESCRIPTION_KEYS
from sim.scenario.expectations import parse_expectation
from sim.scenario.factors import Factor
from sim.scenario.faults import ScenarioError, suggestion
from sim.scenario.sweep import MAX_RUNS, SweepExperiment
from sim.study.chunks import (
    ChunkResult,
    SweepChunk,
    SweepTask,
    chunk_count,
    chunk_runs,
    play_chunk,
    play_chunk_remotely,
    sweep_chunks,
)
from sim.study.design import number_of_points, sample_design
from sim.study.engines import choose_engine
from sim.study.executors import (
    ClusterError,
    StopRequest,
    available_cores,
    results_as_completed,
    stop_on_interrupt,
    worker_pool,
)
from sim.study.options import check_whole_numbers
from sim.study.replications import ProgressCallback, replication_metrics
from sim.study.sweep_estimates import estimate_points
from sim.study.sweep_points import PointBuilder, prepare_points
from sim.study.sweep_result import SweepResult
from sim.study.sweep_store import ESTIMATES_FILE, POINTS_FILE, SweepStore, query_runs, read_sweep_description

MAX_POOL_FAILURES = 3
"""So often all workers may die before one more piece is finished."""


class TemporaryFolder:
    """A folder that is there for as long as this object."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sweep-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


def run_sweep(
    sweep: SweepExperiment,
    *,
    out: Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    engine: str = "auto",
    fresh: bool = False,
    shard: tuple[int, int] = (1, 1),
    progress: ProgressCallback | None = None,
) -> SweepResult:
    """Play what is missing of a sweep, into a folder (one that goes with the result, where none is named).

    A Ctrl-C ends it after what has begun (see `Swept.interrupted`). `shard` (2, 8) plays the second of eight parts.
    Raises ScenarioError for values that cannot stand in the scenario, OutError for a folder that cannot be used,
    ValueError for numbers that cannot be.
    """
    check_whole_numbers(replications=(sweep.replications, 1), workers=(workers, 1), seed=(sweep.seed, 0))
    on = choose_engine(
        engine, [sweep.scenario], number_of_points(sweep.design, sweep.factors) * sweep.replications
    )
    study, u = prepare_sweep(sweep, on.engine)
    aside = TemporaryFolder() if out is None else None
    folder = aside.folder if aside is not None else out
    assert folder is not None, "one of the two"
    dataset = open_sweep_store(sweep, study, u, folder, fresh)
    with dataset.lock(), stop_on_interrupt() as stop:
        mine = range(shard[0] - 1, chunk_count(len(u) * study.replications), shard[1])
        play_missing_chunks(dataset, study, u, mine, stop, workers, cluster, progress)
        if not stop.requested and shard == (1, 1):
            finish_sweep(dataset, study, len(u))
    return SweepResult(
        folder,
        read_sweep_description(folder) or {},
        interrupted=stop.requested,
        engine_choice=on,
        temporary_folder=aside,
    )


def merge_shards(
    sweep: SweepExperiment, folders: Sequence[Path], out: Path, fresh: bool = False
) -> SweepResult:
    """Join the shards of a sweep. Raises OutError where one is of another sweep, or runs are missing."""
    study, u = prepare_sweep(sweep)
    dataset = open_sweep_store(sweep, study, u, out, fresh)
    with dataset.lock():
        for each in folders:
            dataset.import_chunks(each)
        runs = len(u) * study.replications
        missing = set() if dataset.complete else set(range(chunk_count(runs))) - dataset.finished_chunks()
        if missing:
            raise OutputError(
                f"{out}: {len(missing)} of {chunk_count(runs)} pieces are in none of these folders; name the folders of all"
                f" shards, or play what is missing with: sim sweep {sweep.path} --out {out}"
            )
        finish_sweep(dataset, study, len(u))
    return SweepResult(out, read_sweep_description(out) or {})


def prepare_sweep(sweep: SweepExperiment, engine: Engine = "simpy") -> tuple[SweepTask, FloatArray]:
    """What is to be played. Raises ScenarioError with what cannot: values, metrics that there are not, too much."""
    n = number_of_points(sweep.design, sweep.factors)
    if n * sweep.replications > MAX_RUNS:
        message = f"makes for {n:,} points and {n * sweep.replications:,} runs, more than {MAX_RUNS:,}"
        raise ScenarioError([sweep.fault(("design",), message, "ask for fewer points or replications")])
    points = prepare_points(sweep)
    known = list(replication_metrics(sweep.scenario, sweep.seed, 0, engine))
    chosen = sweep.outcomes or tuple(known)
    faults = []
    for key, named in (
        ("outcomes", list(sweep.file.outcomes or ())),
        ("expect", [parse_expectation(each).metric for each in sweep.file.expect]),
    ):
        for k, metric in enumerate(named):
            if metric not in known:
                faults.append(
                    sweep.fault((key, k), f"there is no metric {metric}", suggestion(metric, known))
                )
    taken = {factor.name for factor in sweep.factors} & set(chosen)
    faults += [
        sweep.fault(("outcomes",), "is the name of a factor too", "name it otherwise", x) for x in taken
    ]
    if faults:
        raise ScenarioError(faults)
    u = sample_design(sweep.design, sweep.factors, sweep.seed)
    return SweepTask(points, sweep.replications, sweep.seed, chosen, engine), u


def open_sweep_store(
    sweep: SweepExperiment, task: SweepTask, u: FloatArray, folder: Path, fresh: bool
) -> SweepStore:
    """The folder of a sweep, with what it is written in it."""
    dataset = SweepStore(folder, describe_sweep(sweep, task, len(u)), fresh)
    if not (folder / POINTS_FILE).is_file():
        table = {"point": range(len(u)), **factor_columns(task.points, u)}
        dataset.write_table(pl.DataFrame(table), folder / POINTS_FILE)
        write_text(folder / "scenario.yaml", sweep.scenario.resolved_yaml())
    return dataset


def describe_sweep(sweep: SweepExperiment, task: SweepTask, n_points: int) -> dict[str, Any]:
    """What a sweep is; its `identity` is all that its numbers depend on."""
    tree = sweep.root.to_plain()
    return {
        "name": sweep.name,
        "title": sweep.file.title,
        "scenario": sweep.scenario.name,
        "points": n_points,
        "pieces": chunk_count(n_points * task.replications),
        "factors": [
            {
                "name": factor.name,
                "kind": "uncertainty" if factor.is_uncertain else "lever",
                "unit": factor.unit,
                "paths": list(factor.paths),
            }
            for factor in sweep.factors
        ],
        "outcomes": [{"name": name, "unit": metric_unit(name)} for name in task.outcomes],
        "expect": list(sweep.file.expect),
        "identity": {
            "scenario": sweep.scenario.fingerprint(),
            "levers": without_descriptions(tree.get("levers", {})),
            "uncertainties": without_descriptions(tree.get("uncertainties", {})),
            "design": {"kind": sweep.design.kind, **sweep.design.settings},
            "replications": task.replications,
            "seed": task.seed,
            "outcomes": list(task.outcomes),
            "version": version("rofr"),
        },
    }


def without_descriptions(factors: Any) -> dict[str, Any]:
    """What is varied as it is written, without sources and notes."""
    return {
        name: {key: part for key, part in each.items() if key not in DESCRIPTION_KEYS}
        if isinstance(each, dict)
        else each
        for name, each in factors.items()
    }


def factor_columns(points: PointBuilder, u: FloatArray) -> dict[str, pl.Series]:
    """The values of the factors at some points of the unit cube."""
    return {
        each.factor.name: pl.Series(
            [each.table_value(float(x)) for x in u[:, k]], dtype=factor_dtype(each.factor)
        )
        for k, each in enumerate(points.variations)
    }


def factor_dtype(factor: Factor) -> pl.DataType:
    """What stands in the column of a factor?"""
    shown = [level.display_value for level in factor.levels]
    if all(isinstance(each, float) for each in shown):
        return pl.Float64()
    if any(isinstance(each, str) for each in shown):
        return pl.String()
    return pl.Datetime("us") if any(isinstance(each, datetime) for each in shown) else pl.Date()


def play_missing_chunks(
    sweep_store: SweepStore,
    task: SweepTask,
    u: FloatArray,
    chunk_numbers: range,
    stop: StopRequest,
    workers: int | None,
    cluster: str | None,
    progress: ProgressCallback | None,
) -> None:
    """Play the pieces that are not there. Workers that die cost only what they were playing."""
    runs = len(u) * task.replications
    todo = [] if sweep_store.complete else sorted(set(chunk_numbers) - sweep_store.finished_chunks())
    total = sum(len(chunk_runs(number, runs)) for number in chunk_numbers)
    done = total - sum(len(chunk_runs(number, runs)) for number in todo)
    if progress is not None:
        progress(done, total)
    hands = min(workers or available_cores(), max(1, len(todo)))
    alone = hands == 1 and cluster is None
    play = partial(play_chunk, task) if alone else partial(play_chunk_remotely, pickle.dumps(task))
    breaks, kept = 0, set[int]()
    while not stop.requested and (todo := [number for number in todo if number not in kept]):
        try:
            with (
                worker_pool(hands, cluster=cluster) as found,
                closing(
                    results_as_completed(found, play, sweep_chunks(u, task.replications, todo), stop)
                ) as coming,
            ):
                for piece, played in coming:
                    sweep_store.write_chunk(piece.number, chunk_table(task, piece, played))
                    kept.add(piece.number)
                    breaks = 0
                    done += len(piece.runs)
                    if progress is not None:
                        progress(done, total)
            return
        except ClusterError as error:
            if not breaks:
                raise
            raise OutputError(f"the cluster was lost ({error}); {resume_hint(sweep_store)}") from None
        except BrokenExecutor as error:
            breaks += 1
            if breaks >= MAX_POOL_FAILURES:
                raise OutputError(
                    f"the workers die again and again, perhaps for want of memory ({error}); try fewer workers;"
                    f" {resume_hint(sweep_store)}"
                ) from None


def resume_hint(sweep_store: SweepStore) -> str:
    """What to do after a break, in words."""
    return f"what was finished is kept in {sweep_store.folder}, and the same command goes on from there"


def chunk_table(task: SweepTask, chunk: SweepChunk, result: ChunkResult) -> pl.DataFrame:
    """The rows of a piece."""
    point, replication = np.divmod(np.array(chunk.runs), task.replications)
    factors = pl.DataFrame({"point": np.arange(len(chunk.u)), **factor_columns(task.points, chunk.u)})
    return pl.DataFrame(
        {
            "point": point,
            "replication": replication,
            **factors[point - point[0]].drop("point").to_dict(),
            "error": pl.Series(result.errors, dtype=pl.String),
            **{name: pl.Series(result.values[:, k]).fill_nan(None) for k, name in enumerate(task.outcomes)},
        }
    )


def finish_sweep(sweep_store: SweepStore, task: SweepTask, n_points: int) -> None:
    """Join what is whole, and write what its runs say together."""
    sweep_store.join_chunks()
    if not (sweep_store.folder / ESTIMATES_FILE).is_file():
        found = estimate_points(
            partial(query_runs, sweep_store.folder), n_points, task.replications, task.outcomes
        )
        sweep_store.write_table(found, sweep_store.folder / ESTIMATES_FILE)
