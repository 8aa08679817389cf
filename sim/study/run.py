"""Runs: a scenario played many times, its results, and the provenance of these."""

import hashlib
import inspect
import platform
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Unpack

from sim.model.calendar import Calendar
from sim.model.callbacks import UserAnswer, UserPolicy
from sim.results.bands import percentile_bands
from sim.results.folders import stage_folder
from sim.results.run import RunResult, write_run_documents
from sim.results.store import PROVENANCE_FILE, RunStore
from sim.results.tables import DERIVED_TABLES, TABLES_BY_SELECTION, TableSelection
from sim.scenario.expectations import parse_expectation
from sim.scenario.faults import Fault, ScenarioError, suggestion
from sim.scenario.reading import base_files
from sim.scenario.schema import ScenarioFile
from sim.scenario.source_code import code_fingerprint
from sim.study.engines import EngineSelection, choose_engine
from sim.study.executors import WorkerDiedError
from sim.study.options import RunKeywords, RunOptions
from sim.study.precision import (
    PrecisionSpec,
    StoppingRule,
    check_precision_metrics,
    parse_precision,
    stopping_rule,
)
from sim.study.replications import RunTask, metric_names
from sim.study.run_in_progress import RunInProgress, play_until


def check_expected_metrics(scenario: ScenarioFile) -> None:
    """Check that every expectation names a metric that the scenario's runs have. One replication is played to know.

    Raises ScenarioError with those that do not, where they are written.
    """
    if not scenario.expect:
        return
    names, faults = metric_names(scenario), []
    for k, statement in enumerate(scenario.expect):
        metric = parse_expectation(statement).metric
        if metric not in names:
            place = scenario.node_at(("expect", k)).place
            message = f"there is no metric {metric}"
            faults.append(
                Fault(place.file, place.line, f"expect.{k}", statement, message, suggestion(metric, names))
            )
    if faults:
        raise ScenarioError(faults)


def run_scenario(
    scenario: ScenarioFile,
    *,
    tables: TableSelection = "all",
    policy: UserPolicy | None = None,
    answer: UserAnswer | None = None,
    precision: PrecisionSpec = (),
    out: Path | None = None,
    add_files: Callable[[RunResult], None] | None = None,
    **keywords: Unpack[RunKeywords],
) -> RunResult:
    """Play a scenario many times; the keywords are those of `RunOptions`.

    With `precision`, as many times as it takes until the intervals are that tight, and `replications` is the most.
    With `out`, the results go to a folder beside that one as they come, which takes its place when it is whole
    (`add_files` puts pictures into it before); else they stay in memory. A Ctrl-C ends the run and keeps what is
    finished (see `RunResult.interrupted`); if nothing is, KeyboardInterrupt is raised.
    Raises ValueError for numbers that cannot be, and for a function that cannot be sent to several workers,
    OutputError for a folder that cannot be used, PrecisionError for a precision that cannot be asked for.
    """
    targets = parse_precision(precision)
    options = RunOptions(**keywords)
    rule = stopping_rule(targets, options.replications)
    if tables not in TABLES_BY_SELECTION:
        raise ValueError(f"tables={tables!r}: write one of {', '.join(TABLES_BY_SELECTION)}")
    if rule is not None:
        check_precision_metrics(targets, metric_names(scenario))
    n = options.replications_of(scenario)
    first, most = (n, n) if rule is None else (rule.looks[0], rule.max_replications)
    has_user_function = policy is not None or answer is not None
    engine_choice = choose_engine(options.engine, [scenario], first, has_user_function)
    seed = options.seed_of(scenario)
    task = RunTask(scenario, seed, tables, policy, answer, engine_choice.engine)
    if out is None:
        return _play_run(RunInProgress(task), (first, most), rule, engine_choice, options)
    with stage_folder(out, "run", PROVENANCE_FILE) as staged:
        run = RunInProgress(task, RunStore(staged.path, staged.folder))
        try:
            result = _play_run(run, (first, most), rule, engine_choice, options)
        except WorkerDiedError as error:
            if not run.finished_replications:
                raise
            cut_short = finish_run(run, most, engine_choice, {})
            kept = staged.commit(True, cut_short.manifest)
            raise WorkerDiedError(f"{error}; what was finished is in {kept}") from None
        try:
            if add_files is not None and not result.interrupted:
                add_files(result)
        finally:
            result.folder = staged.commit(result.interrupted, result.manifest)
    return result


def _play_run(
    run: RunInProgress,
    first_and_most: tuple[int, int],
    rule: StoppingRule | None,
    engine_choice: EngineSelection,
    options: RunOptions,
) -> RunResult:
    """Play a run, in memory or into a folder. Raises KeyboardInterrupt where nothing of it is finished."""
    first, most = first_and_most

    def next_replications() -> int | None:
        return None if rule is None else rule.next_replications([run.metric_values()])

    n_replications = play_until([run], first, most, next_replications, options.workers, options.progress)
    if not run.finished_replications:
        raise KeyboardInterrupt
    extra = {}
    if rule is not None:
        extra["precision"] = rule.report([run.metric_values()], len(run.finished_replications))
    return finish_run(run, n_replications, engine_choice, extra)


def finish_run(
    run: RunInProgress,
    n_replications: int,
    engine_choice: EngineSelection,
    extra_provenance: Mapping[str, Any],
) -> RunResult:
    """Make the result of a run that has been played, in memory or in its folder."""
    scenario, tables, run_store = run.task.scenario, run.task.tables, run.store
    n_finished = len(run.finished_replications)
    result = RunResult(
        scenario=scenario,
        provenance={
            **run_provenance(run.task, n_replications, n_finished, engine_choice),
            **extra_provenance,
        },
        finished_replications=run.finished_replications,
        metric_values=run.metric_values(),
        folder=None if run_store is None else run_store.folder,
    )
    calendar = Calendar.between(scenario.start, scenario.end)
    if run_store is not None:
        _join_tables(run_store, tables, calendar)
        result.manifest = write_run_documents(run_store, result)
        return result
    for name in TABLES_BY_SELECTION[tables]:
        table = run.table(name)
        if table is not None:
            result.loaded_tables[name] = table
    paths = run.table("paths")
    if paths is not None:
        result.loaded_tables["bands"] = percentile_bands(paths.lazy(), calendar)
    return result


def _join_tables(run_store: RunStore, tables: TableSelection, calendar: Calendar) -> None:
    """Join the parts of the tables that a run leaves in its folder, and write those over all its replications."""
    names = TABLES_BY_SELECTION[tables]
    run_store.join_parts(names if tables == "none" else (*names, *DERIVED_TABLES))
    paths = run_store.scan_parts("paths")
    if paths is not None:
        run_store.write_table("bands", percentile_bands(paths, calendar).lazy())


def run_provenance(
    task: RunTask, n_replications: int, n_finished: int, engine_choice: EngineSelection
) -> dict[str, Any]:
    """Return the provenance of a run: all that its numbers depend on, and how far it came."""
    scenario = task.scenario
    return {
        "scenario": scenario.name,
        "file": str(scenario.path),
        "extends": [str(file) for file in base_files(scenario.path)],
        "title": scenario.title,
        "sha256": scenario.fingerprint(),
        "seed": task.seed,
        "replications": n_replications,
        "finished": n_finished,
        "interrupted": n_finished < n_replications,
        "code": code_fingerprint(),
        "engine": engine_choice.engine,
        "engine_asked": engine_choice.requested,
        "engine_why": engine_choice.reason,
        "tables": task.tables,
        "policy": function_identity(task.policy),
        "answer": function_identity(task.answer),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("rofr", "simpy", "numba", "numpy", "scipy", "polars")},
        },
    }


def function_identity(function: Callable[..., Any] | None) -> dict[str, str] | None:
    """Identify a user's own function by its name and a hash of its source (of its code, where there is none)."""
    if function is None:
        return None
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        source = repr(getattr(function, "__code__", function))
    name = getattr(function, "__qualname__", type(function).__name__)
    return {"name": str(name), "sha256": hashlib.sha256(source.encode()).hexdigest()}
