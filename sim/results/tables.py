"""The tables of a run as frames: names in place of indices, UTC timestamps in place of microseconds."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from sim.model.arrays import FloatArray, IntArray
from sim.model.arrivals import SPLIT_WORDS
from sim.model.calendar import DAY_US, MICROSECOND, Calendar
from sim.model.capacity_events import EVENT_NAMES
from sim.model.outcomes import REFUSAL_REASONS, RELEASE_REASONS, REQUEST_STATUSES
from sim.model.rules import NEVER
from sim.model.run import ColumnTable, Run
from sim.results.integrals import Metrics
from sim.scenario.units import CANONICAL_UNITS

Frames = dict[str, pl.DataFrame]

RUN_TABLES = (
    "requests",
    "appetite_draws",
    "commitments",
    "releases",
    "deliveries",
    "buildings",
    "drawn",
    "metrics",
    "capacity",
    "backlog",
)
"""The tables of a run, in the order of the documentation."""


def name_column(names: Sequence[str | None], indices: IntArray) -> pl.Series:
    """Names for numbers; null for a number below 0. Raises ValueError for a number that has no name."""
    if len(indices) and indices.max() >= len(names):
        raise ValueError(f"no name for {indices.max()}: there are {len(names)}, counted from 0")
    words = pl.Series(list(names), dtype=pl.String)
    return words.gather(pl.Series(np.where(indices < 0, len(names), indices)), null_on_oob=True)


def timestamp_column(calendar: Calendar, microseconds: IntArray) -> pl.Series:
    """Return UTC timestamps without a zone, from microseconds since the start; null for NEVER."""
    start = (calendar.start - calendar.start.min.replace(year=1970)) // MICROSECOND
    known = microseconds < NEVER
    series = pl.Series(np.where(known, microseconds, 0) + start, dtype=pl.Int64).cast(pl.Datetime("us"))
    return series if known.all() else pl.select(pl.when(pl.Series(known)).then(series)).to_series()


def duration_column(microseconds: IntArray, known: npt.NDArray[np.bool_] | None = None) -> pl.Series:
    """Return durations, from microseconds; null where they are not known."""
    series = pl.Series(microseconds, dtype=pl.Int64).cast(pl.Duration("us"))
    return series if known is None else pl.select(pl.when(pl.Series(known)).then(series)).to_series()


def integer_column(values: IntArray, known: npt.NDArray[np.bool_]) -> pl.Series:
    """Return whole numbers; null where they are not known."""
    return pl.select(pl.when(pl.Series(known)).then(pl.Series(values, dtype=pl.Int64))).to_series()


def requests_table(run: Run) -> pl.DataFrame:
    """Return the table `requests`: a row for each request, with what it asks for and what became of it."""
    future, became = run.inputs, run.requests
    asked, groups = future.requests, future.groups
    calendar, of = future.calendar, asked.group
    sellers = [seller.name for seller in future.providers]
    rights = [right.name for right in future.rights]
    right = became["right"]
    holders = np.array([r.holder for r in future.rights] + [-1], dtype=np.int64)[right]
    refusal = np.array([r.answers_first for r in future.rights] + [False])[right]
    windows = np.zeros(len(asked), dtype=np.int64)
    for k, window in enumerate(asked.windows):
        windows = np.where(right == k, window, windows)
    answered = became["answered"] < NEVER
    only = [None if g.only is None else [sellers[p] for p in g.only] for g in groups]
    return pl.DataFrame(
        {
            "replication": pl.repeat(run.replication, len(asked), dtype=pl.Int32, eager=True),
            "request": pl.Series(np.arange(len(asked)), dtype=pl.Int64),
            "stream": name_column(future.streams, future.stream_of_request()),
            "number": asked.number,
            "deal": pl.Series(asked.deal, dtype=pl.String),
            "customer": name_column([g.customer for g in groups], of),
            "class": name_column([g.class_ for g in groups], of),
            "only": pl.Series(only, dtype=pl.List(pl.String)).gather(pl.Series(of)),
            "asked": timestamp_column(calendar, asked.asked),
            "wanted": timestamp_column(calendar, asked.wanted),
            "gives_up": timestamp_column(calendar, asked.gives_up),
            "size_kw": asked.size_kw,
            "block_kw": asked.block_kw,
            "split": name_column([SPLIT_WORDS[g.split] for g in groups], of),
            "priority": np.array([g.priority for g in groups], dtype=np.int64)[of],
            "term": duration_column(asked.term),
            "right": name_column(rights, right),
            "holder": name_column(sellers, holders),
            "window": duration_column(windows, refusal),
            "appetite_draw": pl.Series(holder_draws(run, holders), dtype=pl.Float64, nan_to_null=True),
            "asked_first": name_column(sellers, became["asked_first"]),
            "answered": timestamp_column(calendar, became["answered"]),
            "holder_kw": integer_column(became["holder_kw"], (right >= 0) & answered),
            "first_kw": integer_column(became["first_kw"], answered),
            "reason": name_column(REFUSAL_REASONS, became["reason"]),
            "committed_kw": became["committed_kw"],
            "delivered_kw": became["delivered_kw"],
            "lost_kw": became["lost_kw"],
            "first_delivery": timestamp_column(calendar, became["first_delivery"]),
            "full_delivery": timestamp_column(calendar, became["full_delivery"]),
            "status": name_column(REQUEST_STATUSES, became["status"]),
        }
    )


def holder_draws(run: Run, holders: IntArray) -> FloatArray:
    """The appetite draw of the holder of the right of each request, `(n_requests,)`; NaN where there is none."""
    draws = np.full(len(holders), np.nan)
    for p in run.inputs.providers_with_appetite():
        draws = np.where(holders == p, run.inputs.requests.appetite_draws[p], draws)
    return draws


def appetite_draws_table(run: Run) -> pl.DataFrame:
    """Return the table `appetite_draws`: a row for each request and each provider whose appetite may be asked for."""
    inputs, providers = run.inputs, run.inputs.providers_with_appetite()
    n, k = len(inputs.requests), len(providers)
    draws = np.array([inputs.requests.appetite_draws[p] for p in providers], dtype=np.float64).reshape(k, n)
    return pl.DataFrame(
        {
            "replication": pl.repeat(run.replication, n * k, dtype=pl.Int32, eager=True),
            "request": pl.Series(np.repeat(np.arange(n), k), dtype=pl.Int64),
            "provider": name_column(
                [provider.name for provider in inputs.providers],
                np.tile(np.array(providers, dtype=np.int64), n),
            ),
            "draw": pl.Series(draws.T.ravel(), dtype=pl.Float64),
        }
    )


def _event_table(run: Run, table: ColumnTable, *names: str) -> pl.DataFrame:
    """Return some columns of a table of whole numbers, with the names of the scenario for its indices."""
    future = run.inputs
    words: dict[str, Sequence[str]] = {
        "stream": future.streams,
        "provider": [seller.name for seller in future.providers],
        "site": [campus.name for campus in future.sites],
        "project": [project.name for project in future.buildings],
        "event": EVENT_NAMES,
        "why": RELEASE_REASONS,
    }
    columns: dict[str, object] = {
        "replication": pl.repeat(run.replication, len(table), dtype=pl.Int32, eager=True)
    }
    for name in names:
        column = table[name]
        if name in words:
            columns["building" if name == "project" else name] = name_column(words[name], column)
        elif name in ("committed", "promised", "at", "start", "end", "date", "time"):
            columns[name] = timestamp_column(future.calendar, column)
        elif name == "request":
            columns[name] = integer_column(column, column >= 0)
        else:
            columns[name] = column
    return pl.DataFrame(columns)


PLACE_COLUMNS = ("request", "stream", "provider", "site", "kw")
"""Columns of every table of kW that a request has at a site."""


def event_tables(run: Run, capacity: ColumnTable, backlog: ColumnTable) -> Frames:
    """Return the tables of the events of a run, and the step functions `capacity` and `backlog` made of them."""
    return {
        "requests": requests_table(run),
        "appetite_draws": appetite_draws_table(run),
        "commitments": _event_table(run, run.commitments, *PLACE_COLUMNS, "committed", "promised"),
        "releases": _event_table(run, run.releases, *PLACE_COLUMNS, "at", "why"),
        "deliveries": _event_table(run, run.deliveries, *PLACE_COLUMNS, "start", "end"),
        "buildings": _event_table(run, run.buildings, "site", "project", "at", "event", "date", "kw"),
        "capacity": _event_table(
            run,
            capacity,
            *("site", "time", "online_kw", "planned_kw", "committed_kw", "in_service_kw", "interrupted_kw"),
        ),
        "backlog": _event_table(run, backlog, "time", "stream", "wanted_kw", "in_service_kw", "unserved_kw"),
    }


def drawn_table(run: Run) -> pl.DataFrame:
    """Return the table `drawn`: every distribution sampled once in a run, with its path, value and unit."""
    rows = [
        (
            name,
            value / DAY_US if dimension == "duration" else value,
            "d" if dimension == "duration" else dimension,
        )
        for name, value, dimension in run.inputs.recorded_draws
    ]
    return pl.DataFrame(
        {
            "replication": pl.repeat(run.replication, len(rows), dtype=pl.Int32, eager=True),
            "name": pl.Series([row[0] for row in rows], dtype=pl.String),
            "value": pl.Series([row[1] for row in rows], dtype=pl.Float64),
            "unit": pl.Series([CANONICAL_UNITS.get(row[2], row[2]) for row in rows], dtype=pl.String),
        }
    )


def metrics_table(replication: int, metrics: Metrics) -> pl.DataFrame:
    """Return the table `metrics`: a row for each metric of a run."""
    return pl.DataFrame(
        {
            "replication": pl.repeat(replication, len(metrics), dtype=pl.Int32, eager=True),
            "metric": pl.Series(list(metrics), dtype=pl.String),
            "value": pl.Series(list(metrics.values()), dtype=pl.Float64),
        }
    )


DERIVED_TABLES = ("bands",)
"""Tables over all replications."""

TableSelection = Literal["all", "summary", "none"]
TABLES_BY_SELECTION: dict[TableSelection, tuple[str, ...]] = {
    "all": RUN_TABLES,
    "summary": ("drawn", "metrics"),
    "none": (),
}
"""The tables that each choice of `--tables` keeps, beside the bands."""
