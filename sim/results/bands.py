"""What stands where over time, over the replications: a mean and three percentiles on a grid of times.

So a plot of thousands of replications needs neither their tables nor their memory.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from sim.model.arrays import FloatArray
from sim.model.calendar import Calendar
from sim.model.capacity_events import EventKind
from sim.model.rules import NEVER
from sim.model.run import Run
from sim.results.integrals import KW_PER_MW
from sim.results.tables import timestamp_column
from sim.results.time_series import KwChanges, Series, StepReadings, concatenate_changes

GRID_POINTS = 201
"""How many times the grid has, from the start to just before the end."""

SamplePaths = dict[str, FloatArray]
"""One replication: by name, MW at each time of the grid, as `(POINTS,)`."""


def time_grid(calendar: Calendar) -> npt.NDArray[np.int64]:
    """The times at which paths are read, in microseconds since the start."""
    return np.linspace(0, calendar.end - 1, GRID_POINTS).astype(np.int64)


def sample_paths(run: Run, changes: Series) -> SamplePaths:
    """What stands where over time in one replication.

    `wanted_mw` is what would be in service if all that is wanted were, lost or not: in service and shortfall.
    `site.NAME.announced_mw` is what would be online if every building came on the date first announced.
    """
    future, deliveries, times = run.inputs, run.deliveries, time_grid(run.inputs.calendar)
    sites, sellers, parties = len(future.sites), len(future.providers), future.all_customers()
    in_service = StepReadings(changes.in_service, times)
    unserved, shortfall = StepReadings(changes.unserved, times), StepReadings(changes.shortfall, times)
    found: SamplePaths = {}
    served, lacking = in_service.total_levels() / KW_PER_MW, shortfall.total_levels() / KW_PER_MW
    found["in_service_mw"] = served
    found["unserved_mw"] = unserved.total_levels() / KW_PER_MW
    found["shortfall_mw"] = lacking
    found["wanted_mw"] = served + lacking
    by_seller = in_service.levels_by_entity(sellers, deliveries["provider"]) / KW_PER_MW
    for p, seller in enumerate(future.providers):
        found[f"provider.{seller.name}.in_service_mw"] = by_seller[p]
    whose = future.customer_of_row(deliveries["request"], deliveries["stream"])
    theirs = in_service.levels_by_entity(len(parties), whose) / KW_PER_MW
    lacked = shortfall.levels_by_entity(len(parties), future.customer_of_request()) / KW_PER_MW
    for k, party in enumerate(parties):
        customer = f"customer.{party}"
        found[f"{customer}.in_service_mw"] = theirs[k]
        found[f"{customer}.wanted_mw"] = theirs[k] + lacked[k]
    short = unserved.levels_by_entity(len(future.streams), future.stream_of_request()) / KW_PER_MW
    for k, stream in enumerate(future.streams):
        found[f"stream.{stream}.unserved_mw"] = short[k]
    at_site = in_service.levels_by_entity(sites, deliveries["site"]) / KW_PER_MW
    online = StepReadings(changes.online, times).levels_by_entity(sites) / KW_PER_MW
    committed = StepReadings(changes.committed, times).levels_by_entity(sites) / KW_PER_MW
    announced = StepReadings(_announced_online(run), times).levels_by_entity(sites) / KW_PER_MW
    for s, campus in enumerate(future.sites):
        name = f"site.{campus.name}"
        found[f"{name}.in_service_mw"] = at_site[s]
        found[f"{name}.online_mw"] = online[s]
        found[f"{name}.committed_mw"] = committed[s]
        found[f"{name}.announced_mw"] = announced[s]
    found["online_mw"] = online.sum(axis=0)
    found["announced_mw"] = announced.sum(axis=0)
    return found


def _announced_online(run: Run) -> KwChanges:
    """What would be online if every building came on the date on which it was first announced."""
    table = run.buildings
    known = np.flatnonzero((table["event"] == EventKind.ANNOUNCED) & (table["date"] < NEVER))
    rows = known[np.unique(table["project"][known], return_index=True)[1]]
    sites = np.arange(len(run.inputs.sites), dtype=np.int64)
    there = np.array([campus.online_kw for campus in run.inputs.sites], dtype=np.int64)
    return concatenate_changes(
        KwChanges(np.zeros(len(sites), dtype=np.int64), sites, there),
        KwChanges(table["date"][rows], table["site"][rows], table["kw"][rows]),
    )


def sample_path_rows(replication: int, paths: SamplePaths) -> pl.DataFrame:
    """The paths of a replication as one row a path, with the MW at the times of the grid as an array."""
    return pl.DataFrame(
        {
            "replication": pl.repeat(replication, len(paths), dtype=pl.Int32, eager=True),
            "series": pl.Series(list(paths), dtype=pl.String),
            "mw": pl.Series(np.array(list(paths.values()), dtype=np.float32)),
        }
    )


def percentile_bands(parts: pl.LazyFrame, calendar: Calendar) -> pl.DataFrame:
    """Mean, p10, p50 and p90 over the replications: a row for each series and time of the grid."""
    names: Iterable[str] = parts.select(pl.col("series").unique(maintain_order=True)).collect()["series"]
    times = timestamp_column(calendar, time_grid(calendar))
    frames = []
    for name in names:
        mw = parts.filter(pl.col("series") == name).select("mw").collect()["mw"].to_numpy().astype(np.float64)
        p10, p50, p90 = np.percentile(mw, [10, 50, 90], axis=0)
        frames.append(
            pl.DataFrame(
                {
                    "series": pl.repeat(name, GRID_POINTS, dtype=pl.String, eager=True),
                    "time": times,
                    "mean": mw.mean(axis=0),
                    "p10": p10,
                    "p50": p50,
                    "p90": p90,
                }
            )
        )
    return pl.concat(frames)
