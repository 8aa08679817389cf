"""What stands where over time, over the replications: a mean and three percentiles on a grid of times.

So a plot of thousands of replications needs neither their tables nor their memory.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from sim.model.metrics import party_of_delivery
from sim.model.rules import NEVER
from sim.model.run import Run
from sim.model.series import Changes, Series, joined
from sim.model.time import Calendar
from sim.model.world import ANNOUNCED
from sim.study.frames import timestamps

POINTS = 201
"""How many times the grid has, from the start to just before the end."""

Floats = npt.NDArray[np.float64]
Paths = dict[str, Floats]
"""One replication: by name, MW at each time of the grid, as `(POINTS,)`."""


def grid(calendar: Calendar) -> npt.NDArray[np.int64]:
    """The times at which paths are read, in microseconds since the start."""
    return np.linspace(0, calendar.end - 1, POINTS).astype(np.int64)


def _read(changes: Changes, n: int, times: npt.NDArray[np.int64]) -> Floats:
    """The MW of each of `n` at each time, as `(n, POINTS)`."""
    levels = np.zeros((n, len(times) + 1))
    np.add.at(levels, (changes.of, np.searchsorted(times, changes.at)), changes.kw)
    return np.cumsum(levels[:, :-1], axis=1) / 1000


def paths(run: Run, changes: Series) -> Paths:
    """What stands where over time in one replication.

    `wanted_mw` is what would be in service if all that is wanted were, lost or not: in service and shortfall.
    `site.NAME.announced_mw` is what would be online if every building came on the date first announced.
    """
    future, times = run.future, grid(run.future.calendar)
    found: Paths = {}
    requests, sites, sellers = len(future.requests), len(future.sites), len(future.providers)
    everything = np.zeros(max(requests, len(run.deliveries), 1), dtype=np.int64)
    served = _read(changes.in_service.of_whom(everything), 1, times)[0]
    shortfall = _read(changes.shortfall.of_whom(everything), 1, times)[0]
    found["in_service_mw"] = served
    found["unserved_mw"] = _read(changes.unserved.of_whom(everything), 1, times)[0]
    found["shortfall_mw"] = shortfall
    found["wanted_mw"] = served + shortfall
    by_seller = _read(changes.in_service.of_whom(run.deliveries["provider"]), sellers, times)
    for p, seller in enumerate(future.providers):
        found[f"provider.{seller.name}.in_service_mw"] = by_seller[p]
    parties = future.parties()
    theirs = _read(changes.in_service.of_whom(party_of_delivery(run)), len(parties), times)
    lacking = _read(changes.shortfall.of_whom(future.party_of_request()), len(parties), times)
    for k, party in enumerate(parties):
        customer = f"customer.{party}"
        found[f"{customer}.in_service_mw"] = theirs[k]
        found[f"{customer}.wanted_mw"] = theirs[k] + lacking[k]
    short = _read(changes.unserved.of_whom(future.stream_of_request()), len(future.streams), times)
    for k, stream in enumerate(future.streams):
        found[f"stream.{stream}.unserved_mw"] = short[k]
    at_site = _read(changes.in_service.of_whom(run.deliveries["site"]), sites, times)
    online = _read(changes.online, sites, times)
    committed = _read(changes.committed, sites, times)
    announced = _read(_announced(run), sites, times)
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
    first: dict[int, int] = {}
    for k in np.flatnonzero(table["event"] == ANNOUNCED).tolist():
        if table["date"][k] < NEVER:
            first.setdefault(int(table["project"][k]), k)
    rows = np.array(list(first.values()), dtype=np.int64)
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
