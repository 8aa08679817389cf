"""What stands where over time, over the replications: a mean and three percentiles on a grid of times.

So a plot of thousands of replications needs neither their tables nor their memory.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from sim.model.account import MW
from sim.model.arrays import Floats
from sim.model.news import ANNOUNCED
from sim.model.rules import NEVER
from sim.model.run import Run
from sim.model.series import Changes, Series, Steps, joined
from sim.model.time import Calendar
from sim.study.frames import timestamps

POINTS = 201
"""How many times the grid has, from the start to just before the end."""

Paths = dict[str, Floats]
"""One replication: by name, MW at each time of the grid, as `(POINTS,)`."""


def grid(calendar: Calendar) -> npt.NDArray[np.int64]:
    """The times at which paths are read, in microseconds since the start."""
    return np.linspace(0, calendar.end - 1, POINTS).astype(np.int64)


def paths(run: Run, changes: Series) -> Paths:
    """What stands where over time in one replication.

    `wanted_mw` is what would be in service if all that is wanted were, lost or not: in service and shortfall.
    `site.NAME.announced_mw` is what would be online if every building came on the date first announced.
    """
    future, deliveries, times = run.future, run.deliveries, grid(run.future.calendar)
    sites, sellers, parties = len(future.sites), len(future.providers), future.parties()
    in_service = Steps(changes.in_service, times)
    unserved, shortfall = Steps(changes.unserved, times), Steps(changes.shortfall, times)
    found: Paths = {}
    served, lacking = in_service.together() / MW, shortfall.together() / MW
    found["in_service_mw"] = served
    found["unserved_mw"] = unserved.together() / MW
    found["shortfall_mw"] = lacking
    found["wanted_mw"] = served + lacking
    by_seller = in_service.of_each(sellers, deliveries["provider"]) / MW
    for p, seller in enumerate(future.providers):
        found[f"provider.{seller.name}.in_service_mw"] = by_seller[p]
    whose = future.party_of(deliveries["request"], deliveries["stream"])
    theirs = in_service.of_each(len(parties), whose) / MW
    lacked = shortfall.of_each(len(parties), future.party_of_request()) / MW
    for k, party in enumerate(parties):
        customer = f"customer.{party}"
        found[f"{customer}.in_service_mw"] = theirs[k]
        found[f"{customer}.wanted_mw"] = theirs[k] + lacked[k]
    short = unserved.of_each(len(future.streams), future.stream_of_request()) / MW
    for k, stream in enumerate(future.streams):
        found[f"stream.{stream}.unserved_mw"] = short[k]
    at_site = in_service.of_each(sites, deliveries["site"]) / MW
    online = Steps(changes.online, times).of_each(sites) / MW
    committed = Steps(changes.committed, times).of_each(sites) / MW
    announced = Steps(_announced(run), times).of_each(sites) / MW
    for s, campus in enumerate(future.sites):
        name = f"site.{campus.name}"
        found[f"{name}.in_service_mw"] = at_site[s]
        found[f"{name}.online_mw"] = online[s]
        found[f"{name}.committed_mw"] = committed[s]
        found[f"{name}.announced_mw"] = announced[s]
    found["online_mw"] = online.sum(axis=0)
    found["announced_mw"] = announced.sum(axis=0)
    return found


def _announced(run: Run) -> Changes:
    """What would be online if every building came on the date on which it was first announced."""
    table = run.buildings
    known = np.flatnonzero((table["event"] == ANNOUNCED) & (table["date"] < NEVER))
    rows = known[np.unique(table["project"][known], return_index=True)[1]]
    sites = np.arange(len(run.future.sites), dtype=np.int64)
    there = np.array([campus.online for campus in run.future.sites], dtype=np.int64)
    return joined(
        Changes(np.zeros(len(sites), dtype=np.int64), sites, there),
        Changes(table["date"][rows], table["site"][rows], table["kw"][rows]),
    )


def path_rows(replication: int, found: Paths) -> pl.DataFrame:
    """The paths of a replication as one row a path, with the MW at the times of the grid as an array."""
    return pl.DataFrame(
        {
            "replication": pl.repeat(replication, len(found), dtype=pl.Int32, eager=True),
            "series": pl.Series(list(found), dtype=pl.String),
            "mw": pl.Series(np.array(list(found.values()), dtype=np.float32)),
        }
    )


def bands(parts: pl.LazyFrame, calendar: Calendar) -> pl.DataFrame:
    """Mean, p10, p50 and p90 over the replications: a row for each series and time of the grid."""
    names: Iterable[str] = parts.select(pl.col("series").unique(maintain_order=True)).collect()["series"]
    times = timestamps(calendar, grid(calendar))
    frames = []
    for name in names:
        mw = parts.filter(pl.col("series") == name).select("mw").collect()["mw"].to_numpy().astype(np.float64)
        p10, p50, p90 = np.percentile(mw, [10, 50, 90], axis=0)
        frames.append(
            pl.DataFrame(
                {
                    "series": pl.repeat(name, POINTS, dtype=pl.String, eager=True),
                    "time": times,
                    "mean": mw.mean(axis=0),
                    "p10": p10,
                    "p50": p50,
                    "p90": p90,
                }
            )
        )
    return pl.concat(frames)
