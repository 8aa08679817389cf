"""Bands over time: the mean and three percentiles over the replications of each series, on a grid of times.

So a plot of thousands of replications needs neither their tables nor their memory. Indices: p is a provider, s a
site, k a customer, a stream or a request.
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
"""The number of times of the grid, from the start to just before the end."""

SamplePaths = dict[str, FloatArray]
"""Sample paths of one replication: by series, MW at each time of the grid, as `(GRID_POINTS,)`."""


def time_grid(calendar: Calendar) -> npt.NDArray[np.int64]:
    """Return the times at which paths are read, in microseconds since the start, as `(GRID_POINTS,)`."""
    return np.linspace(0, calendar.end - 1, GRID_POINTS).astype(np.int64)


def sample_paths(run: Run, changes: Series) -> SamplePaths:
    """Read the sample paths of one replication: MW over time, in total and by provider, customer, stream and site.

    `wanted_mw` is the demand served and unserved, lost demand included: in service and shortfall together.
    `site.NAME.announced_mw` is what would be online if every building came on the date first announced.
    """
    inputs, deliveries, times = run.inputs, run.deliveries, time_grid(run.inputs.calendar)
    n_sites, n_providers, customers = len(inputs.sites), len(inputs.providers), inputs.all_customers()
    in_service = StepReadings(changes.in_service, times)
    unserved, shortfall = StepReadings(changes.unserved, times), StepReadings(changes.shortfall, times)
    paths: SamplePaths = {}
    total_served, total_shortfall = (
        in_service.total_levels() / KW_PER_MW,
        shortfall.total_levels() / KW_PER_MW,
    )
    paths["in_service_mw"] = total_served
    paths["unserved_mw"] = unserved.total_levels() / KW_PER_MW
    paths["shortfall_mw"] = total_shortfall
    paths["wanted_mw"] = total_served + total_shortfall
    by_provider = in_service.levels_by_entity(n_providers, deliveries["provider"]) / KW_PER_MW
    for p, provider in enumerate(inputs.providers):
        paths[f"provider.{provider.name}.in_service_mw"] = by_provider[p]
    customer_of_delivery = inputs.customer_of_row(deliveries["request"], deliveries["stream"])
    served = in_service.levels_by_entity(len(customers), customer_of_delivery) / KW_PER_MW
    lacking = shortfall.levels_by_entity(len(customers), inputs.customer_of_request()) / KW_PER_MW
    for k, customer in enumerate(customers):
        paths[f"customer.{customer}.in_service_mw"] = served[k]
        paths[f"customer.{customer}.wanted_mw"] = served[k] + lacking[k]
    by_stream = unserved.levels_by_entity(len(inputs.streams), inputs.stream_of_request()) / KW_PER_MW
    for k, stream in enumerate(inputs.streams):
        paths[f"stream.{stream}.unserved_mw"] = by_stream[k]
    at_site = in_service.levels_by_entity(n_sites, deliveries["site"]) / KW_PER_MW
    online = StepReadings(changes.online, times).levels_by_entity(n_sites) / KW_PER_MW
    committed = StepReadings(changes.committed, times).levels_by_entity(n_sites) / KW_PER_MW
    announced = StepReadings(_announced_online(run), times).levels_by_entity(n_sites) / KW_PER_MW
    for s, site in enumerate(inputs.sites):
        name = f"site.{site.name}"
        paths[f"{name}.in_service_mw"] = at_site[s]
        paths[f"{name}.online_mw"] = online[s]
        paths[f"{name}.committed_mw"] = committed[s]
        paths[f"{name}.announced_mw"] = announced[s]
    paths["online_mw"] = online.sum(axis=0)
    paths["announced_mw"] = announced.sum(axis=0)
    return paths


def _announced_online(run: Run) -> KwChanges:
    """Return what would be online if every building came on the date on which it was first announced, by site."""
    table = run.buildings
    known = np.flatnonzero((table["event"] == EventKind.ANNOUNCED) & (table["date"] < NEVER))
    rows = known[np.unique(table["project"][known], return_index=True)[1]]  # the first row of each building
    sites = np.arange(len(run.inputs.sites), dtype=np.int64)
    online_kw = np.array([site.online_kw for site in run.inputs.sites], dtype=np.int64)
    return concatenate_changes(
        KwChanges(np.zeros(len(sites), dtype=np.int64), sites, online_kw),
        KwChanges(table["date"][rows], table["site"][rows], table["kw"][rows]),
    )


def sample_path_rows(replication: int, paths: SamplePaths) -> pl.DataFrame:
    """Return the paths of a replication, a row each, with the MW at the times of the grid as an array of float32."""
    return pl.DataFrame(
        {
            "replication": pl.repeat(replication, len(paths), dtype=pl.Int32, eager=True),
            "series": pl.Series(list(paths), dtype=pl.String),
            "mw": pl.Series(np.array(list(paths.values()), dtype=np.float32)),
        }
    )


def percentile_bands(parts: pl.LazyFrame, calendar: Calendar) -> pl.DataFrame:
    """Compute mean, p10, p50 and p90 over the replications: a row for each series and time of the grid.

    One series is read at a time, so that memory holds no more than one. `parts` are rows of `sample_path_rows`.
    """
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
