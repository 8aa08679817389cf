"""The tables of the design, as frames: names in place of numbers, timestamps in place of microseconds."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from sim.model.arrays import Ints
from sim.model.ledger import REASONS, WHY
from sim.model.metrics import Metrics
from sim.model.rules import NEVER
from sim.model.run import STATUSES, Columns, Run
from sim.model.time import DAY, MICROSECOND, Calendar
from sim.model.world import EVENTS
from sim.scenario.units import DIMENSIONS

Frames = dict[str, pl.DataFrame]

TABLES = (
    "requests",
    "commitments",
    "releases",
    "deliveries",
    "buildings",
    "drawn",
    "metrics",
    "capacity",
    "backlog",
)
"""All tables, in the order of the design."""


def named(names: Sequence[str | None], numbers: Ints) -> pl.Series:
    """Names for numbers; null for a number below 0."""
    words = pl.Series(list(names), dtype=pl.String)
    return words.gather(pl.Series(np.where(numbers < 0, len(names), numbers)), null_on_oob=True)


def timestamps(calendar: Calendar, microseconds: Ints) -> pl.Series:
    """UTC timestamps without a zone; null for NEVER."""
    start = (calendar.start - calendar.start.min.replace(year=1970)) // MICROSECOND
    known = microseconds < NEVER
    series = pl.Series(np.where(known, microseconds, 0) + start, dtype=pl.Int64).cast(pl.Datetime("us"))
    return series if known.all() else pl.select(pl.when(pl.Series(known)).then(series)).to_series()


def durations(microseconds: Ints, known: npt.NDArray[np.bool_] | None = None) -> pl.Series:
    """Durations; null where they are not known."""
    series = pl.Series(microseconds, dtype=pl.Int64).cast(pl.Duration("us"))
    return series if known is None else pl.select(pl.when(pl.Series(known)).then(series)).to_series()


def where(values: Ints, known: npt.NDArray[np.bool_]) -> pl.Series:
    """Whole numbers; null where they are not known."""
    return pl.select(pl.when(pl.Series(known)).then(pl.Series(values, dtype=pl.Int64))).to_series()


def requests(run: Run) -> pl.DataFrame:
    """What was asked, and what became of it: a row a request."""
    future, became = run.future, run.requests
    asked, groups = future.requests, future.groups
    calendar, of = future.calendar, asked.group
    sellers = [seller.name for seller in future.providers]
    rights = [right.name for right in future.rights]
    right = became["right"]
    holders = np.array([r.holder for r in future.rights] + [-1], dtype=np.int64)[right]
    refusal = np.array([not r.exclusive for r in future.rights] + [False])[right]
    windows = np.zeros(len(asked), dtype=np.int64)
    for k, window in enumerate(asked.windows):
        windows = np.where(right == k, window, windows)
    answered = became["answered"] < NEVER
    only = [None if g.only is None else "|".join(sellers[p] for p in g.only) for g in groups]
    split = ("anywhere", "one site", "never")
    return pl.DataFrame(
        {
            "replication": pl.repeat(run.replication, len(asked), dtype=pl.Int32, eager=True),
            "request": pl.Series(np.arange(len(asked)), dtype=pl.Int64),
            "stream": named(future.streams, future.stream_of_request()),
            "number": asked.number,
            "deal": pl.Series(asked.deal, dtype=pl.String),
            "customer": named([g.customer for g in groups], of),
            "class": named([g.class_ for g in groups], of),
            "only": named(only, of),
            "asked": timestamps(calendar, asked.asked),
            "wanted": timestamps(calendar, asked.wanted),
            "gives_up": timestamps(calendar, asked.gives_up),
            "size_kw": asked.size_kw,
            "block_kw": asked.block_kw,
            "split": named([split[g.split] for g in groups], of),
            "priority": np.array([g.priority for g in groups], dtype=np.int64)[of],
            "term": durations(asked.term),
            "right": named(rights, right),
            "holder": named(sellers, holders),
            "window": durations(windows, refusal),
            "appetite_draw": asked.draw,
            "asked_first": named(sellers, became["asked_first"]),
            "answered": timestamps(calendar, became["answered"]),
            "holder_kw": where(became["holder_kw"], (right >= 0) & answered),
            "first_kw": where(became["first_kw"], answered),
            "reason": named(REASONS, became["reason"]),
            "committed_kw": became["committed_kw"],
            "delivered_kw": became["delivered_kw"],
            "lost_kw": became["lost_kw"],
            "first_delivery": timestamps(calendar, became["first_delivery"]),
            "full_delivery": timestamps(calendar, became["full_delivery"]),
            "status": named(STATUSES, became["status"]),
        }
    )


def _frame(run: Run, table: Columns, *names: str) -> pl.DataFrame:
    """Some columns of a table of whole numbers, in the words of the scenario."""
    future = run.future
    words: dict[str, Sequence[str]] = {
        "stream": future.streams,
        "provider": [seller.name for seller in future.providers],
        "site": [campus.name for campus in future.sites],
        "project": [project.name for project in future.projects],
        "event": EVENTS,
        "why": WHY,
    }
    columns: dict[str, object] = {
        "replication": pl.repeat(run.replication, len(table), dtype=pl.Int32, eager=True)
    }
    for name in names:
        column = table[name]
        if name in words:
            columns["building" if name == "project" else name] = named(words[name], column)
        elif name in ("committed", "promised", "at", "start", "end", "date", "time"):
            columns[name] = timestamps(future.calendar, column)
        elif name == "request":
            columns[name] = where(column, column >= 0)
        else:
            columns[name] = column
    return pl.DataFrame(columns)


PLACE = ("request", "stream", "provider", "site", "kw")


def events(run: Run, capacity: Columns, backlog: Columns) -> Frames:
    """The tables of what happened in a run, and those that are derived from them."""
    return {
        "requests": requests(run),
        "commitments": _frame(run, run.commitments, *PLACE, "committed", "promised"),
        "releases": _frame(run, run.releases, *PLACE, "at", "why"),
        "deliveries": _frame(run, run.deliveries, *PLACE, "start", "end"),
        "buildings": _frame(run, run.buildings, "site", "project", "at", "event", "date", "kw"),
        "capacity": _frame(
            run,
            capacity,
            *("site", "time", "online_kw", "planned_kw", "committed_kw", "in_service_kw", "interrupted_kw"),
        ),
        "backlog": _frame(run, backlog, "time", "stream", "wanted_kw", "in_service_kw", "unserved_kw"),
    }


def drawn(run: Run) -> pl.DataFrame:
    """Every law drawn once in a run: its path, its value and the unit of that."""
    rows = [
        (
            name,
            value / DAY if dimension == "duration" else value,
            "d" if dimension == "duration" else dimension,
        )
        for name, value, dimension in run.future.drawn
    ]
    return pl.DataFrame(
        {
            "replication": pl.repeat(run.replication, len(rows), dtype=pl.Int32, eager=True),
            "name": pl.Series([row[0] for row in rows], dtype=pl.String),
            "value": pl.Series([row[1] for row in rows], dtype=pl.Float64),
            "unit": pl.Series([DIMENSIONS.get(row[2], row[2]) for row in rows], dtype=pl.String),
        }
    )


def metric_rows(replication: int, found: Metrics) -> pl.DataFrame:
    """The metrics of a run: a row each."""
    return pl.DataFrame(
        {
            "replication": pl.repeat(replication, len(found), dtype=pl.Int32, eager=True),
            "metric": pl.Series(list(found), dtype=pl.String),
            "value": pl.Series(list(found.values()), dtype=pl.Float64),
        }
    )
