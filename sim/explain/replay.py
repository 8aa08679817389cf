"""Replay: one replication from the tables of a run, or simulated again with the decisions over a request traced."""

from collections.abc import Mapping
from importlib.metadata import version

import polars as pl

from sim.explain.decision_trace import trace_decisions
from sim.explain.record import ExplanationError, ReplicationRecord, TableRow
from sim.model.run import Run, play
from sim.results.formatting import join_words
from sim.results.run import RunResult, scenario_with_traces
from sim.results.tables import Frames, event_tables
from sim.results.time_series import backlog_table, capacity_table, series
from sim.scenario.faults import ScenarioError
from sim.scenario.schema import ScenarioFile

REQUIRED_TABLES = ("requests", "commitments", "releases", "deliveries", "buildings", "capacity")
"""The tables that a timeline is built from."""
KEYS_WITHOUT_EFFECT = ("seed", "replications")
"""Keys that cannot be set where one replication is simulated again with the same random draws."""


def read_record(run: RunResult, replication: int) -> ReplicationRecord:
    """Read the tables of a replication; simulate it again where the run kept none.

    Raises ExplanationError where the run has no such replication, or cannot be simulated again.
    """
    provenance = run.provenance
    finished = run.finished_replications or range(provenance["finished"])
    if replication not in finished:
        raise ExplanationError(
            f"replication {replication} is not in this run; it has {finished[0]} to {finished[-1]}"
        )
    record = ReplicationRecord(
        run.scenario, provenance["seed"], replication, {}, user_functions=user_function_names(run)
    )
    if all(run.has_table(name) for name in REQUIRED_TABLES):
        for name in REQUIRED_TABLES:
            table = run.table(name)
            record.frames[name] = table.filter(pl.col("replication") == replication)
        return record
    if record.user_functions:
        raise ExplanationError(
            f"the run kept no tables, and cannot be played again without its own {join_words(record.user_functions)};"
            " run it with tables=all"
        )
    record.frames = frames_of_run(play(scenario_with_traces(run), record.seed, replication))
    record.notes.append(f"The run kept no tables; replication {replication} was played again")
    return record


def add_decisions(run: RunResult, record: ReplicationRecord, row: TableRow) -> None:
    """Add the decisions over a request to a record, by simulating its replication again.

    They are added only if the tables come out equal to those recorded; else a note says why they are missing. Another
    version of the program, or a function of the user's, could have decided otherwise.
    """
    unknown = "who was asked in which order, and who had how much room, is not known"
    if record.user_functions:
        record.notes.append(
            f"The run had its own {join_words(record.user_functions)}, not kept with it: {unknown}"
        )
        return
    try:
        scenario = scenario_with_traces(run)
    except ScenarioError as error:
        fault = error.faults[0]
        record.notes.append(
            f'The trace "{fault.value}" cannot be read again, as it {fault.message}: {unknown}'
        )
        return
    replay = replay_request(scenario, record.seed, record.replication, row["stream"], row["number"])
    if all(replay.frames[name].equals(record.frames[name]) for name in REQUIRED_TABLES):
        record.inputs, record.decisions = replay.inputs, replay.decisions
        return
    recorded_version = run.provenance["versions"]["rofr"]
    record.notes.append(
        f"Played again by version {version('rofr')}, the replication comes out otherwise than version"
        f" {recorded_version} recorded it: {unknown}"
    )


def replay_with_overrides(
    run: RunResult, record: ReplicationRecord, row: TableRow, overrides: Mapping[str, object]
) -> ReplicationRecord:
    """Simulate a replication again with the same random draws and other values of some keys; trace the same request.

    Raises ExplanationError where it cannot be simulated again, ScenarioError for values that the format rejects.
    """
    if ineffective := [name for name in KEYS_WITHOUT_EFFECT if name in overrides]:
        raise ExplanationError(
            f"{ineffective[0]}: the same replication is played under the same draws; leave it out"
        )
    if record.inputs is None:
        raise ExplanationError(f"{record.notes[-1]}, nor what would come of another key")
    scenario = scenario_with_traces(run).replace(overrides)
    return replay_request(scenario, record.seed, record.replication, row["stream"], row["number"])


def replay_request(
    scenario: ScenarioFile, seed: int, replication: int, stream: str, number: int
) -> ReplicationRecord:
    """Simulate a replication, tracing the decisions over one request."""
    run, decisions = trace_decisions(scenario, seed, replication, stream, number)
    return ReplicationRecord(scenario, seed, replication, frames_of_run(run), run.inputs, decisions)


def frames_of_run(run: Run) -> Frames:
    """Build the event tables of a simulated run."""
    changes = series(run)
    return event_tables(run, capacity_table(run, changes), backlog_table(run, changes))


def user_function_names(run: RunResult) -> tuple[str, ...]:
    """List the functions of the user's that a run was made with: `policy`, `answer`."""
    return tuple(name for name in ("policy", "answer") if run.provenance.get(name))
