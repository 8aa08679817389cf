"""TODO."""

import hashlib
import inspect
import platform
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sim.model.calendar import Calendar
from sim.model.callbacks import UserAnswer, UserPolicy
from sim.results import store
from sim.results.bands import percentile_bands
from sim.results.files import write_json, write_text
from sim.results.run import RunResult
from sim.results.store import RunStore
from sim.results.tables import DERIVED_TABLES, TABLES_BY_SELECTION, TableSelection
from sim.scenario.expectations import parse_expectation
from sim.scenario.faults import Fault, ScenarioError, suggestion
from sim.scenario.schema import ScenarioFile
from sim.study.engines import EngineSelection, choose_engine
from sim.study.options import check_whole_numbers
from sim.study.precision import (
    MAX_REPLICATIONS,
    PrecisionSpec,
    StoppingRule,
    check_precision_metrics,
    parse_precision,
)
from sim.study.replications import ProgressCallback, RunTask, metric_names
from sim.study.run_in_progress import RunInProgress, play_until


def check_expected_metrics(scenario: ScenarioFile) -> None:
    """Does every statement name a metric that the scenario's runs will have? One replication is played to know.

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
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    tables: TableSelection = "all",
    policy: UserPolicy | None = None,
    answer: UserAnswer | None = None,
    out: Path | None = None,
    progress: ProgressCallback | None = None,
    engine: str = "auto",
    precision: PrecisionSpec = (),
) -> RunResult:
    """Play a scenario many times.

    With `precision`, as many times as it takes until the intervals are that tight, and `replications` is the most.
    With `out`, the results go to that folder as they come; else they stay in memory. A Ctrl-C ends the run and
    keeps what is finished (see `Outcome.interrupted`); if nothing is, KeyboardInterrupt is raised.
    Raises ScenarioError for numbers that cannot be, OutError for a folder that cannot be used, PrecisionError for
    a precision that cannot be asked for, ValueError for a function that cannot be sent to several workers.
    """
    sought = parse_precision(precision)
    check_whole_numbers(replications=(replications, 1), workers=(workers, 1), seed=(seed, 0))
    rule = (
        StoppingRule(sought, MAX_REPLICATIONS if replications is None else replications) if sought else None
    )
    if tables not in TABLES_BY_SELECTION:
        raise ValueError(f"tables={tables!r}: write one of {', '.join(TABLES_BY_SELECTION)}")
    if rule is not None:
        check_precision_metrics(sought, metric_names(scenario))
    n = scenario.replications if replications is None else replications
    own = policy is not None or answer is not None
    on = choose_engine(engine, [scenario], n if rule is None else rule.looks[0], own)
    task = RunTask(scenario, scenario.seed if seed is None else seed, tables, policy, answer, on.engine)
    this = RunInProgress(task, out)
    if rule is None:
        asked = play_until([this], n, n, lambda: None, workers, progress)
    else:
        asked = play_until(
            [this],
            rule.looks[0],
            rule.max_replications,
            lambda: rule.next_replications([this.metric_values()]),
            workers,
            progress,
        )
    if not this.finished_replications:
        raise KeyboardInterrupt
    told = (
        {}
        if rule is None
        else {"precision": rule.report([this.metric_values()], len(this.finished_replications))}
    )
    return finish_run(this, asked, on, told)


def finish_run(
    run: RunInProgress,
    n_replications: int,
    engine_choice: EngineSelection,
    extra_provenance: Mapping[str, Any],
) -> RunResult:
    """What a run that has been played leaves, in memory or in its folder; `told` is for its provenance."""
    scenario, tables, keep = run.task.scenario, run.task.tables, run.store
    outcome = RunResult(
        scenario=scenario,
        provenance={
            **run_provenance(run.task, n_replications, len(run.finished_replications), engine_choice),
            **extra_provenance,
        },
        finished_replications=run.finished_replications,
        metric_values=run.metric_values(),
        folder=None if keep is None else keep.folder,
    )
    calendar = Calendar.between(scenario.start, scenario.end)
    if keep is not None:
        _finish_store(keep, outcome, tables, calendar)
        return outcome
    for name in TABLES_BY_SELECTION[tables]:
        table = run.table(name)
        if table is not None:
            outcome.loaded_tables[name] = table
    paths = run.table("paths")
    if paths is not None:
        outcome.loaded_tables["bands"] = percentile_bands(paths.lazy(), calendar)
    return outcome


def _finish_store(
    run_store: RunStore, outcome: RunResult, tables: TableSelection, calendar: Calendar
) -> None:
    """Join what a run has written part by part, and write what is said over all of it."""
    run_store.join_parts(
        TABLES_BY_SELECTION[tables] if tables == "none" else (*TABLES_BY_SELECTION[tables], *DERIVED_TABLES)
    )
    paths = run_store.scan_parts("paths")
    if paths is not None:
        run_store.write_table("bands", percentile_bands(paths, calendar).lazy())
    write_text(run_store.folder / "scenario.yaml", outcome.scenario.resolved_yaml())
    write_json(run_store.folder / store.SUMMARY_FILE, {"metrics": outcome.summary()})
    write_json(run_store.folder / store.PROVENANCE_FILE, outcome.provenance)
    run_store.remove_parts()


def run_provenance(
    task: RunTask, n_replications: int, n_finished: int, engine_choice: EngineSelection
) -> dict[str, Any]:
    """Where the numbers of a run come from."""
    scenario = task.scenario
    return {
        "scenario": scenario.name,
        "file": str(scenario.path),
        "title": scenario.title,
        "sha256": scenario.fingerprint(),
        "seed": task.seed,
        "replications": n_replications,
        "finished": n_finished,
        "interrupted": n_finished < n_replications,
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
    """A user's own function, by its name and a hash of its source."""
    if function is None:
        return None
    try:
        source = inspect.getsource(function)
    except (OSError, TypeError):
        source = repr(getattr(function, "__code__", function))
    name = getattr(function, "__qualname__", type(function).__name__)
    return {"name": str(name), "sha256": hashlib.sha256(source.encode()).hexdigest()}
