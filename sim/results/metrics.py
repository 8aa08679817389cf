"""The metrics of one run, from its columns; docs/results.md defines them.

Time means are integrals over [measure_from, end); `.end` is just before the end; `.at.DATE` is at a date of
`report_at`; request metrics are over the requests asked in the window. A metric without a denominator is None.
"""

from datetime import datetime

import numpy as np

from sim.model.calendar import DAY_US
from sim.model.run import Run
from sim.results.cost_metrics import add_cost_metrics
from sim.results.integrals import MeasurementWindow, Metrics, RunIntegrals
from sim.results.power_metrics import add_power_metrics
from sim.results.request_metrics import (
    add_breakdown_metrics,
    add_lateness_metrics,
    add_request_metrics,
    add_wait_metrics,
    delivery_rows,
)
from sim.results.time_series import Series


def metric_unit(metric: str) -> str:
    """Return the unit of a metric, which follows from its name: MW, MW d, d, share, $, H100e or count."""
    parts = metric.split(".")
    for part in reversed(parts):
        if part.endswith("_mw"):
            return "MW"
        if part.endswith("_mw_days"):
            return "MW d"
        if part.endswith("_days") or part == "days":
            return "d"
        if part.endswith(("_share", "share", "utilization")):
            return "share"
    if parts[0] in ("spend", "take_or_pay", "margin", "capex") or parts[-1] == "spend":
        return "$"
    return "H100e" if parts[0] == "h100e" else "count"


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


def compute_metrics(run: Run, changes: Series, window: MeasurementWindow) -> Metrics:
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
    return metrics
