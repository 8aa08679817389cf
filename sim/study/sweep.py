"""Sweeps: a scenario played at every point of a design, over the same futures at each.

A sweep can be killed at any time: what is finished is on disk, and the same command plays only what is missing. `u`
are the points of the design, `(n_points, n_factors)`, as probabilities; see `design`.
"""

import pickle
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import closing, contextmanager
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import polars as pl

from sim.model.arrays import FloatArray
from sim.model.run import Engine
from sim.results.expectations import unknown_metric_remedy
from sim.results.files import OutputError, user_path
from sim.results.metrics import metric_unit
from sim.results.store import SCENARIO_FILE
from sim.scenario.description_keys import DESCRIPTION_KEYS
from sim.scenario.expectations import parse_expectation
from sim.scenario.factors import Factor
from sim.scenario.faults import ScenarioError
from sim.scenario.schema import ScenarioFile
from sim.scenario.source_code import code_fingerprint
from sim.scenario.sweep import MAX_RUNS, SweepExperiment
from sim.study.chunks import (
    ChunkResult,
    SweepChunk,
    SweepTask,
    chunk_count,
    chunk_runs,
    play_chunk,
    sweep_chunks,
)
from sim.study.design import number_of_points, sample_design
from sim.study.engines import choose_engine
from sim.study.executors import (
    ClusterError,
    available_cores,
    report_broken_pool,
    results_as_completed,
    worker_pool,
)
from sim.study.interrupts import StopRequest, stop_on_interrupt
from sim.study.options import SweepKeywords, SweepOptions, check_whole_numbers
from sim.study.replications import replication_metrics
from sim.study.sweep_estimates import estimate_points
from sim.study.sweep_files import POINTS_FILE, query_runs, read_sweep_description, table_bytes
from sim.study.sweep_points import PointBuilder, prepare_points
from sim.study.sweep_result import SweepResult
from sim.study.sweep_store import SweepStore, lock_sweep_folder

MAX_POOL_FAILURES = 3
"""The number of times that all workers may die before one more chunk is finished."""


class TemporaryFolder:
    """A folder that is removed with this object."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sweep-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


def run_sweep(
    sweep: SweepExperiment,
    *,
    shard: tuple[int, int] = (1, 1),
    **keywords: Unpack[SweepKeywords],
) -> SweepResult:
    """Play what is missing of a sweep, into a folder; the keywords are those of `SweepOptions`.

    A Ctrl-C ends it after what has begun (see `SweepResult.interrupted`). `shard` (2, 8) plays the second of eight
    parts. Raises ScenarioError for values that cannot stand in the scenario, OutputError for a folder that cannot be
    used, ValueError for numbers that cannot be.
    """
    check_whole_numbers(replications=(sweep.replications, 1), seed=(sweep.seed, 0))
    options = SweepOptions(**keywords)
    n_runs = number_of_points(sweep.design, sweep.factors) * sweep.replications
    engine_choice = choose_engine(options.engine, [sweep.scenario], n_runs)
    # A process that only gives out work has no need of the compiler, which takes a hundred MB.
    probes_apart = engine_choice.engine == "compiled" and (options.workers or available_cores()) > 1
    task, u = prepare_sweep(sweep, engine_choice.engine, probes_apart)
    temporary_folder = None
    folder = options.out
    if folder is None:
        temporary_folder = TemporaryFolder()
        folder = temporary_folder.folder
    folder = user_path(folder)
    with open_sweep_store(sweep, task, u, folder, options.fresh) as sweep_store, stop_on_interrupt() as stop:
        chunk_numbers = range(shard[0] - 1, chunk_count(len(u) * task.replications), shard[1])
        play_missing_chunks(sweep_store, task, u, chunk_numbers, stop, options)
        if not stop.requested and shard == (1, 1):
            finish_sweep(sweep_store, task, len(u))
    return SweepResult(
        folder,
        read_sweep_description(folder) or {},
        interrupted=stop.requested,
        engine_choice=engine_choice,
        temporary_folder=temporary_folder,
    )


def merge_shards(
    sweep: SweepExperiment, folders: Sequence[Path], out: Path, fresh: bool = False
) -> SweepResult:
    """Join the shards of a sweep. Raises OutputError where one is of another sweep, or runs are missing."""
    task, u = prepare_sweep(sweep)
    out = user_path(out)
    with open_sweep_store(sweep, task, u, out, fresh) as sweep_store:
        for folder in folders:
            sweep_store.import_chunks(user_path(folder))
        n_chunks = chunk_count(len(u) * task.replications)
        missing = set() if sweep_store.complete else set(range(n_chunks)) - sweep_store.finished_chunks()
        if missing:
            raise OutputError(
                f"{out}: {len(missing)} of {n_chunks} pieces are in none of these folders; name the folders of all"
                f" shards, or play what is missing with: sim sweep {sweep.path} --out {out}"
            )
        finish_sweep(sweep_store, task, len(u))
    return SweepResult(out, read_sweep_description(out) or {})


def prepare_sweep(
    sweep: SweepExperiment, engine: Engine = "simpy", probes_apart: bool = False
) -> tuple[SweepTask, FloatArray]:
    """Return what is to be played, and at which points. One run is played to know the metrics, if need be apart.

    Raises ScenarioError with all that cannot be: values, unknown metrics, names that clash, too many runs.
    """
    n = number_of_points(sweep.design, sweep.factors)
    if n * sweep.replications > MAX_RUNS:
        message = f"makes for {n:,} points and {n * sweep.replications:,} runs, more than {MAX_RUNS:,}"
        raise ScenarioError([sweep.fault(("design",), message, "ask for fewer points or replications")])
    points = prepare_points(sweep)
    known = probe_metrics(sweep, engine, probes_apart)
    outcomes = sweep.outcomes or tuple(known)
    faults = []
    for key, metrics in (
        ("outcomes", list(sweep.file.outcomes or ())),
        ("expect", [parse_expectation(each).metric for each in sweep.file.expect]),
    ):
        for k, metric in enumerate(metrics):
            if metric not in known:
                faults.append(
                    sweep.fault(
                        (key, k), f"there is no metric {metric}", unknown_metric_remedy(metric, known)
                    )
                )
    # Both are columns of one table.
    clashing = {factor.name for factor in sweep.factors} & set(outcomes)
    faults += [
        sweep.fault(("outcomes",), "is the name of a factor too", "name it otherwise", name)
        for name in clashing
    ]
    if faults:
        raise ScenarioError(faults)
    u = sample_design(sweep.design, sweep.factors, sweep.seed)
    return SweepTask(points, sweep.replications, sweep.seed, outcomes, engine), u


def probe_metrics(sweep: SweepExperiment, engine: Engine, apart: bool) -> list[str]:
    """Play one run of a sweep for the names of its metrics, in this process or in one of its own.

    It also compiles what is compiled, so that not each of several workers does.
    """
    probe = partial(play_probe, sweep.seed, engine)
    if not apart:
        return probe(sweep.scenario)
    with report_broken_pool(), worker_pool(2) as pool:  # of which one is started
        return next(names for _, names in results_as_completed(pool, probe, [sweep.scenario], StopRequest()))


def play_probe(seed: int, engine: Engine, scenario: ScenarioFile) -> list[str]:
    """Play one run, and return the names of its metrics."""
    return list(replication_metrics(scenario, seed, 0, engine))


@contextmanager
def open_sweep_store(
    sweep: SweepExperiment, task: SweepTask, u: FloatArray, folder: Path, fresh: bool
) -> Iterator[SweepStore]:
    """Lock the folder of a sweep, and write its description, points and scenario. Raises OutputError."""
    with lock_sweep_folder(folder, describe_sweep(sweep, task, len(u)), fresh) as sweep_store:
        table = pl.DataFrame({"point": range(len(u)), **factor_columns(task.points, u)})
        sweep_store.write_bytes(POINTS_FILE, bytes(table_bytes(table)))
        sweep_store.write_bytes(SCENARIO_FILE, sweep.scenario.resolved_yaml().encode())
        yield sweep_store


def describe_sweep(sweep: SweepExperiment, task: SweepTask, n_points: int) -> dict[str, Any]:
    """Return the description of a sweep, as in `sweep.json`; its `identity` is all that its numbers depend on."""
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
            "code": code_fingerprint(),
        },
    }


def without_descriptions(factors: Any) -> dict[str, Any]:
    """Return levers or uncertainties as they are written, without sources and notes."""
    return {
        name: {key: part for key, part in factor.items() if key not in DESCRIPTION_KEYS}
        if isinstance(factor, dict)
        else factor
        for name, factor in factors.items()
    }


def factor_columns(points: PointBuilder, u: FloatArray) -> dict[str, pl.Series]:
    """Return a column for each factor, with its value at each point."""
    return {
        each.factor.name: pl.Series(
            [each.table_value(float(x)) for x in u[:, k]], dtype=factor_dtype(each.factor)
        )
        for k, each in enumerate(points.variations)
    }


def factor_dtype(factor: Factor) -> pl.DataType:
    """Return the type of the column of a factor."""
    values = [level.display_value for level in factor.levels]
    if all(isinstance(each, float) for each in values):
        return pl.Float64()
    if any(isinstance(each, str) for each in values):
        return pl.String()
    return pl.Datetime("us") if any(isinstance(each, datetime) for each in values) else pl.Date()


def play_missing_chunks(
    sweep_store: SweepStore,
    task: SweepTask,
    u: FloatArray,
    chunk_numbers: range,
    stop: StopRequest,
    options: SweepOptions,
) -> None:
    """Play the chunks that are not finished. A worker that dies costs only the chunk that it was playing.

    A new pool is opened then, up to MAX_POOL_FAILURES times in a row. Raises OutputError, ClusterError.
    """
    n_runs = len(u) * task.replications
    missing = [] if sweep_store.complete else sorted(set(chunk_numbers) - sweep_store.finished_chunks())
    total = sum(len(chunk_runs(number, n_runs)) for number in chunk_numbers)
    done = total - sum(len(chunk_runs(number, n_runs)) for number in missing)
    if options.progress is not None:
        options.progress(done, total)
    n_workers = min(options.workers or available_cores(), max(1, len(missing)))
    is_local = n_workers == 1 and options.cluster is None
    sent_task = task if is_local else pickle.dumps(task)
    failures = 0
    while not stop.requested and missing:
        finished = set[int]()
        chunks = sweep_chunks(u, task.replications, missing)
        try:
            with (
                worker_pool(n_workers, cluster=options.cluster) as pool,
                closing(results_as_completed(pool, partial(play_chunk, sent_task), chunks, stop)) as results,
            ):
                for chunk, result in results:
                    sweep_store.write_chunk(chunk.number, chunk_table(task, chunk, result))
                    finished.add(chunk.number)
                    failures = 0
                    done += len(chunk.runs)
                    if options.progress is not None:
                        options.progress(done, total)
            return
        except ClusterError as error:
            if not failures:
                raise
            raise OutputError(f"the cluster was lost ({error}); {resume_hint(sweep_store)}") from None
        except BrokenExecutor as error:
            missing = [number for number in missing if number not in finished]
            failures += 1
            if failures >= MAX_POOL_FAILURES:
                raise OutputError(
                    f"the workers die again and again, perhaps for want of memory ({error}); try fewer workers;"
                    f" {resume_hint(sweep_store)}"
                ) from None


def resume_hint(sweep_store: SweepStore) -> str:
    """Return what to do after an interruption, in words."""
    return f"what was finished is kept in {sweep_store.folder}, and the same command goes on from there"


def chunk_table(task: SweepTask, chunk: SweepChunk, result: ChunkResult) -> pl.DataFrame:
    """Return the table of a chunk: a row for each run."""
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
    """Join all chunks of a sweep, and write the estimates over the replications."""
    sweep_store.join_chunks()
    if not sweep_store.has_estimates():
        query = partial(query_runs, sweep_store.folder)
        sweep_store.write_estimates(estimate_points(query, n_points, task.replications, task.outcomes))
