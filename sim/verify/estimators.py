"""Estimators that read tables: one value for each replication, where no metric is what a formula gives.

Each factory returns a `partial` of a function of this module, since cases are pickled and closures cannot be.
"""

from collections.abc import Callable, Sequence
from functools import partial

import polars as pl

from sim.model.calendar import DAY_US
from sim.results.tables import Frames
from sim.scenario.schema import ScenarioFile

Estimator = Callable[[ScenarioFile, Frames], Sequence[float]]
"""A function of a scenario and the tables of some replications; returns one value for each, in their order."""


def mean_square_about(mw: float, site: str) -> Estimator:
    """Estimate the mean square deviation over time of the MW in service at a site from a known mean.

    About the exact mean, not the mean of the replication, so that the estimate of the variance has no bias.
    """
    return partial(_mean_square_about, mw=mw, site=site)


def _mean_square_about(scenario: ScenarioFile, tables: Frames, mw: float, site: str) -> list[float]:
    begin, end = scenario.measure_from, scenario.end
    time = pl.col("time")
    # a row holds until the next row of the site; what lies outside the measured time weighs nothing
    until = time.shift(-1).over("replication").fill_null(end)
    lasts = (until.clip(begin, end) - time.clip(begin, end)).dt.total_microseconds()
    squares = (pl.col("in_service_kw") / 1000 - mw) ** 2
    rows = tables["capacity"].filter(pl.col("site") == site).with_columns(lasts=lasts)
    mean = ((squares * pl.col("lasts")).sum() / pl.col("lasts").sum()).alias("mean")
    return rows.group_by("replication", maintain_order=True).agg(mean)["mean"].to_list()


def share_waiting_longer(days: float) -> Estimator:
    """Estimate the share of requests that are not delivered within so many days after they are wanted."""
    return partial(_share_waiting_longer, days=days)


def _share_waiting_longer(scenario: ScenarioFile, tables: Frames, days: float) -> list[float]:
    begin, end = scenario.measure_from, scenario.end
    due = pl.col("wanted") + pl.duration(microseconds=round(days * DAY_US))
    # requests that fall due only after the end are left out, since how long they wait is not known
    rows = tables["requests"].filter(pl.col("asked") >= begin, due < end)
    share = (pl.col("first_delivery") > due).fill_null(True).mean().alias("share")
    return rows.group_by("replication", maintain_order=True).agg(share)["share"].to_list()
