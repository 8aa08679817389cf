"""TODO."""

from collections.abc import Callable, Sequence
from functools import partial

import polars as pl

from sim.model.calendar import DAY_US
from sim.results.tables import Frames
from sim.scenario.schema import ScenarioFile

Estimator = Callable[[ScenarioFile, Frames], Sequence[float]]
"""What the tables of some replications say: one value each."""


def mean_square_about(mw: float, site: str) -> Estimator:
    """The mean over time of the square of the distance of what is in service at a site from some MW."""
    return partial(_mean_square_about, mw=mw, site=site)


def _mean_square_about(scenario: ScenarioFile, tables: Frames, mw: float, site: str) -> list[float]:
    begin, end = scenario.measure_from, scenario.end
    time = pl.col("time")
    until = time.shift(-1).over("replication").fill_null(end)
    lasts = (until.clip(begin, end) - time.clip(begin, end)).dt.total_microseconds()
    squares = (pl.col("in_service_kw") / 1000 - mw) ** 2
    rows = tables["capacity"].filter(pl.col("site") == site).with_columns(lasts=lasts)
    mean = ((squares * pl.col("lasts")).sum() / pl.col("lasts").sum()).alias("mean")
    return rows.group_by("replication", maintain_order=True).agg(mean)["mean"].to_list()


def share_waiting_longer(days: float) -> Estimator:
    """The share of the requests that are not delivered within so many days from when they are wanted."""
    return partial(_share_waiting_longer, days=days)


def _share_waiting_longer(scenario: ScenarioFile, tables: Frames, days: float) -> list[float]:
    begin, end = scenario.measure_from, scenario.end
    due = pl.col("wanted") + pl.duration(microseconds=round(days * DAY_US))
    rows = tables["requests"].filter(pl.col("asked") >= begin, due < end)
    share = (pl.col("first_delivery") > due).fill_null(True).mean().alias("share")
    return rows.group_by("replication", maintain_order=True).agg(share)["share"].to_list()
