"""The metrics of one run, from its columns; docs/results.md defines them.

Time means are integrals over [measure_from, end); `.end` is just before the end; `.at.DATE` is at a date of
`report_at`; request metrics are over the requests asked in the window. A metric without a denominator is None.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import numpy as np

from sim.model.calendar import DAY_US
from sim.model.run import Run
from sim.results.cost_metrics import add_cost_metrics
from sim.results.integrals import MeasurementWindow, Metrics, RunIntegrals
from sim.results.milestone_metrics import add_milestone_metrics
from sim.results.power_metrics import add_power_metrics
from sim.results.request_metrics import (
    add_breakdown_metrics,
    add_lateness_metrics,
    add_request_metrics,
    add_wait_metrics,
    delivery_rows,
)
from sim.results.time_series import Series
from sim.scenario.milestones import Milestone

UNIT_OF_ENDING = (
    ("_mw_days", "MW d"),
    ("_mw", "MW"),
    ("_days", "d"),
    ("days", "d"),
    ("share", "share"),
    ("utilization", "share"),
)
"""The unit of a metric by how one of the parts of its name ends; the last part that fits decides."""
UNIT_OF_NAME = {
    "spend": "$",
    "take_or_pay": "$",
    "revenue": "$",
    "margin": "$",
    "capex": "$",
    "h100e": "H100e",
    "requests": "count",
}
"""The unit of a metric by the first part of its name, that of what it is of left out."""
NAMED_KINDS = ("provider", "site", "customer", "stream", "milestone")
"""Kinds of things that have metrics of their own, as KIND.NAME.METRIC, where the name is the user's."""
NO_MILESTONES: Mapping[str, Milestone] = MappingProxyType({})
OLD_NAMES = (
    (re.compile(r"(spend|capex)\.total"), r"\1"),
    (re.compile(r"(spend|margin|take_or_pay)\.([^.]+)"), r"provider.\2.\1"),
)
"""Patterns of the names that metrics had before, with the present ones; the first that fits holds."""


def metric_unit(metric: str) -> str:
    """Return the unit of a metric, which follows from its name: MW, MW d, d, share, $, H100e or count.

    Raises KeyError for a name from which no unit follows, so that a new metric cannot be told in a wrong one.
    """
    unit = _unit_or_none(metric)
    if unit is None:
        raise KeyError(f"{metric}: no unit follows from its name; see UNIT_OF_ENDING and UNIT_OF_NAME")
    return unit


def has_unit(metric: str) -> bool:
    """Whether a unit follows from the name of a metric."""
    return _unit_or_none(metric) is not None


def _unit_or_none(metric: str) -> str | None:
    parts = metric.split(".")
    if parts[0] in NAMED_KINDS:
        parts = parts[2:]  # a provider may be called Holidays, or Timeshare
    for part in reversed(parts):
        for ending, unit in UNIT_OF_ENDING:
            if part.endswith(ending):
                return unit
    return UNIT_OF_NAME.get(parts[0]) if parts else None


def present_name(metric: str) -> str | None:
    """Return what a metric is called now that was called so before, or None: `spend.total` is `spend`."""
    for pattern, present in OLD_NAMES:
        if match := pattern.fullmatch(metric):
            return match.expand(present)
    return None


def metric_date(at: datetime) -> str:
    """Return a date as it stands in the name of a metric, with the time where it is not midnight."""
    return (
        f"{at:%Y-%m-%d}"
        if (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0)
        else f"{at:%Y-%m-%dT%H:%M:%S}"
    )


def measurement_window(
    run: Run, measure_from: datetime, report_at: tuple[datetime, ...]
) -> MeasurementWindow:
    """Return the span over which the metrics of a run are taken, from `measure_from` (the end of the warm-up) on."""
    calendar = run.inputs.calendar
    dates = {metric_date(at): calendar.since_start(at) for at in report_at}
    return MeasurementWindow(calendar.since_start(measure_from), calendar.end, dates)


def compute_metrics(
    run: Run, changes: Series, window: MeasurementWindow, milestones: Mapping[str, Milestone] = NO_MILESTONES
) -> Metrics:
    """Compute all metrics of a run. Their order is that of every table and page of them."""
    metrics: Metrics = {}
    integrals = RunIntegrals(run, changes, window)
    rows = delivery_rows(integrals)
    # what is in place has no request: its index -1 reads the 0 at the end, and no metric of requests counts its row
    wanted = np.append(run.inputs.requests.wanted, 0)[run.deliveries["request"]]
    waits = (run.deliveries["start"] - wanted) / DAY_US
    add_request_metrics(metrics, integrals)
    add_wait_metrics(metrics, "wait_days", waits[rows], run.deliveries["kw"][rows])
    add_lateness_metrics(metrics, run, rows)
    add_power_metrics(metrics, integrals)
    add_cost_metrics(metrics, integrals)
    for breakdown in (integrals.customers, integrals.streams):
        add_breakdown_metrics(metrics, integrals, breakdown, rows, waits)
    add_milestone_metrics(metrics, integrals, milestones)
    return metrics
