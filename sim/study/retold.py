"""What is on record of one replication: its tables, and what a second look at one request adds to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

import polars as pl

from sim.model.future import Future
from sim.model.rules import NEVER
from sim.model.run import Run, play
from sim.model.series import backlog, capacity, series
from sim.model.time import MICROSECOND
from sim.model.witness import Look, witnessed
from sim.scenario.faults import ScenarioError, UserError
from sim.scenario.reading import load
from sim.scenario.schema import ScenarioFile
from sim.study.frames import Frames, events
from sim.study.outcome import Outcome
from sim.study.said import days, listed, power

NEEDED = ("requests", "commitments", "releases", "deliveries", "buildings", "capacity")
"""The tables that a story is told from."""
SAME_DRAWS = ("seed", "replications")
"""Keys that mean nothing where one replication is played again under the same draws."""

DAY = timedelta(days=1)

Row = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """One thing that happened: power in kW, times as dates, durations in days."""

    at: datetime
    kind: str
    facts: dict[str, Any]


class Unexplained(UserError):
    """There is no such request to tell of; the message says which there are."""


@dataclass
class Record:
    """One replication: its tables, and as far as it could be played again, what was seen.

    `notes` say what could not be had, and why.
    """

    scenario: ScenarioFile
    seed: int
    replication: int
    frames: Frames
    future: Future | None = None
    looks: list[Look] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    own: tuple[str, ...] = ()
    """Which functions of the user's it was played with: `policy`, `answer`."""

    def rows(self, table: str, **where: Any) -> list[Row]:
        """The rows of a table with these values."""
        return self.frames[table].filter(**where).rows(named=True)

    def date(self, microseconds: int) -> datetime | None:
        """A date of the model's as one of the tables'; None for one that never comes."""
        return None if microseconds >= NEVER else self.scenario.start + microseconds * MICROSECOND


def on_record(outcome: Outcome, replication: int) -> Record:
    """The tables of a replication of a run; played again where they were not kept."""
    told = outcome.provenance
    there = outcome.finished or range(told["finished"])
    if replication not in there:
        raise Unexplained(f"replication {replication} is not in this run; it has {there[0]} to {there[-1]}")
    record = Record(outcome.scenario, told["seed"], replication, {}, own=own_functions(outcome))
    if all(outcome.has(name) for name in NEEDED):
        for name in NEEDED:
            table = outcome.table(name)
            record.frames[name] = table.filter(pl.col("replication") == replication)
        return record
    if record.own:
        raise Unexplained(
            f"the run kept no tables, and cannot be played again without its own {listed(record.own)};"
            " run it with tables=all"
        )
    record.frames = tables(play(with_traces(outcome), record.seed, replication))
    record.notes.append(f"The run kept no tables; replication {replication} was played again")
    return record


def look_again(outcome: Outcome, record: Record, row: Row) -> None:
    """Add what stood behind the decisions over a request, if playing it again comes out as it is on record."""
    unknown = "who was asked in which order, and who had how much room, is not known"
    if record.own:
        record.notes.append(f"The run had its own {listed(record.own)}, not kept with it: {unknown}")
        return
    try:
        scenario = with_traces(outcome)
    except ScenarioError as error:
        fault = error.faults[0]
        record.notes.append(
            f'The trace "{fault.value}" cannot be read again, as it {fault.message}: {unknown}'
        )
        return
    again = seen(scenario, record.seed, record.replication, row["stream"], row["number"])
    if all(again.frames[name].equals(record.frames[name]) for name in NEEDED):
        record.future, record.looks = again.future, again.looks
        return
    made = outcome.provenance["versions"]["rofr"]
    record.notes.append(
        f"Played again by version {version('rofr')}, the replication comes out otherwise than version {made}"
        f" recorded it: {unknown}"
    )


def played_with(outcome: Outcome, record: Record, row: Row, overrides: Mapping[str, object]) -> Record:
    """The same replication under the same draws, with some keys set anew; looked at for the same request."""
    if idle := [name for name in SAME_DRAWS if name in overrides]:
        raise Unexplained(f"{idle[0]}: the same replication is played under the same draws; leave it out")
    if record.future is None:
        raise Unexplained(f"{record.notes[-1]}, nor what would come of another key")
    scenario = with_traces(outcome).replace(overrides)
    return seen(scenario, record.seed, record.replication, row["stream"], row["number"])


def seen(scenario: ScenarioFile, seed: int, replication: int, stream: str, number: int) -> Record:
    """A replication played, with an eye on one request."""
    run, looks = witnessed(scenario, seed, replication, stream, number)
    return Record(scenario, seed, replication, tables(run), run.future, looks)


def tables(run: Run) -> Frames:
    """The tables of a run that has been played."""
    changes = series(run)
    return events(run, capacity(run, changes), backlog(run, changes))


def own_functions(outcome: Outcome) -> tuple[str, ...]:
    """Which functions of the user's was the run made with?"""
    return tuple(word for word in ("policy", "answer") if outcome.provenance.get(word))


def with_traces(outcome: Outcome) -> ScenarioFile:
    """The scenario of a run with its traces, which are not read where a saved run is only opened."""
    arrivals = [stream.arrivals for stream in outcome.scenario.demand.values() if stream.arrivals]
    unread = any(each.trace is not None and each.trace.records is None for each in arrivals)
    if outcome.folder is None or not unread:
        return outcome.scenario
    return load(outcome.folder / "scenario.yaml")


# Which request is meant


def request_meant(record: Record, request: str | None) -> Row:
    """The request of a number, of `stream:number`, or the first of a deal.

    Raises Unexplained, with some that are worth a look, where there is none.
    """
    requests = record.frames["requests"]
    if request is None:
        raise Unexplained(f"say which request: {_there_are(record)}")
    found = requests.clear()
    stream, colon, number = request.rpartition(":")
    if _is_number(request):
        found = requests.filter(request=int(request))
    elif colon and _is_number(number):
        found = requests.filter(stream=stream, number=int(number))
    if found.is_empty():
        found = requests.filter(deal=request)
    if found.is_empty():
        raise Unexplained(f'there is no request "{request}"; {_there_are(record)}')
    return found.row(0, named=True)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _there_are(record: Record) -> str:
    """Which requests there are, and some that are worth a look."""
    requests, end = record.frames["requests"], record.scenario.end
    if requests.is_empty():
        return f"nothing is asked in replication {record.replication}"
    lines = [
        f"in replication {record.replication} they are numbered 0 to {requests.height - 1};"
        " write a number, STREAM:NUMBER, or the name of a deal. Worth a look:"
    ]
    for label, row in worth_a_look(requests, end):
        name = f"{row['request']} ({row['stream']}:{row['number']})"
        lines.append(f"  {name}: {label}")
    return "\n".join(lines)


def worth_a_look(requests: pl.DataFrame, end: datetime) -> list[tuple[str, Row]]:
    """Requests to begin with: the largest, the one that waited longest, what was lost, declined and limited."""
    waited = requests.filter(pl.col("wanted") < end).with_columns(
        waited=pl.coalesce("full_delivery", pl.when(pl.col("lost_kw") > 0).then("gives_up"), pl.lit(end))
        - pl.col("wanted")
    )
    found: list[tuple[str, Row]] = []

    def add(of: pl.DataFrame, by: str, say: Any) -> None:
        if of.height:
            row = of.sort(by, "request", descending=[True, False]).row(0, named=True)
            found.append((say(row), row))

    add(requests, "size_kw", lambda row: f"the largest, {power(row['size_kw'])}")
    add(
        waited.filter(pl.col("waited") > timedelta()),
        "waited",
        lambda row: f"waited longest, {days(row['waited'] / DAY)}",
    )
    add(
        requests.filter(pl.col("lost_kw") > 0),
        "lost_kw",
        lambda row: f"lost the most, {power(row['lost_kw'])}",
    )
    for reason in ("appetite", "room", "utilization", "delay", "partial"):
        add(
            requests.filter(reason=reason),
            "size_kw",
            lambda row: f"its holder was limited by {row['reason']}, {power(row['size_kw'])}",
        )
    return found
