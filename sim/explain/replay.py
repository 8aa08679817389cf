"""What is on record of one replication: its tables, and what a second look at one request adds to them."""

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
"""The tables that a story is told from."""
KEYS_WITHOUT_EFFECT = ("seed", "replications")
"""Keys that mean nothing where one replication is played again under the same draws."""


def read_record(run: RunResult, replication: int) -> ReplicationRecord:
    """The tables of a replication of a run; played again where they were not kept."""
    told = run.provenance
    there = run.finished_replications or range(told["finished"])
    if replication not in there:
        raise ExplanationError(
            f"replication {replication} is not in this run; it has {there[0]} to {there[-1]}"
        )
    record = ReplicationRecord(
        run.scenario, told["seed"], replication, {}, user_functions=user_function_names(run)
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
    """Add what stood behind the decisions over a request, if playing it again comes out as it is on record."""
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
    again = replay_request(scenario, record.seed, record.replication, row["stream"], row["number"])
    if all(again.frames[name].equals(record.frames[name]) for name in REQUIRED_TABLES):
        record.inputs, record.decisions = again.inputs, again.decisions
        return
    made = run.provenance["versions"]["rofr"]
    record.notes.append(
        f"Played again by version {version('rofr')}, the replication comes out otherwise than version {made}"
        f" recorded it: {unknown}"
    )


def replay_with_overrides(
    run: RunResult, record: ReplicationRecord, row: TableRow, overrides: Mapping[str, object]
) -> ReplicationRecord:
    """The same replication under the same draws, with some keys set anew; looked at for the same request."""
    if idle := [name for name in KEYS_WITHOUT_EFFECT if name in overrides]:
        raise ExplanationError(
            f"{idle[0]}: the same replication is played under the same draws; leave it out"
        )
    if record.inputs is None:
        raise ExplanationError(f"{record.notes[-1]}, nor what would come of another key")
    scenario = scenario_with_traces(run).replace(overrides)
    return replay_request(scenario, record.seed, record.replication, row["stream"], row["number"])


def replay_request(
    scenario: ScenarioFile, seed: int, replication: int, stream: str, number: int
) -> ReplicationRecord:
    """A replication played, with an eye on one request."""
    run, looks = trace_decisions(scenario, seed, replication, stream, number)
    return ReplicationRecord(scenario, seed, replication, frames_of_run(run), run.inputs, looks)


def frames_of_run(run: Run) -> Frames:
    """The tables of a run that has been played."""
    changes = series(run)
    return event_tables(run, capacity_table(run, changes), backlog_table(run, changes))


def user_function_names(run: RunResult) -> tuple[str, ...]:
    """Which functions of the user's was the run made with?"""
    return tuple(word for word in ("policy", "answer") if run.provenance.get(word))


# Which request is meant
