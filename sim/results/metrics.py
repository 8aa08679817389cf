"""The metrics of one run, from its columns: what the design's table of metrics says, name by name.

Time means are integrals over [measure_from, end); `.end` is just before the end; `.at.DATE` is at a date of
`report_at`; request metrics are over the requests asked in the window. A metric without a denominator is None.
"""

from datetime import datetime

from sim.model.calendar import DAY_US
from sim.model.run import Run
from sim.results import cost_metrics, power_metrics
from sim.results.integrals import (
    MeasurementWindow,
    Metrics,
    RunIntegrals,
)
from sim.results.request_metrics import (
    add_breakdown_metrics,
    add_lateness_metrics,
    add_request_metrics,
    add_wait_metrics,
    delivery_rows,
)
from sim.results.time_series import Series


def metric_unit(metric: str) -> str:
    """In which unit does a metric stand?"""
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
    """How is a date called in the name of a metric?"""
    return (
        f"{at:%Y-%m-%d}"
        if (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0)
        else f"{at:%Y-%m-%dT%H:%M:%S}"
    )


def measurement_window(
    run: Run, measure_from: datetime, report_at: tuple[datetime, ...]
) -> MeasurementWindow:
    """Over which span are the metrics of a run taken?"""
    calendar = run.inputs.calendar
    dates = {metric_date(at): calendar.since_start(at) for at in report_at}
    return MeasurementWindow(calendar.since_start(measure_from), calendar.end, dates)


def compute_metrics(run: Run, changes: Series, window: MeasurementWindow) -> Metrics:
    """All metrics of a run."""
    found: Metrics = {}
    account = RunIntegrals(run, changes, window)
    rows = delivery_rows(account)
    waits = (run.deliveries["start"] - run.inputs.requests.wanted[run.deliveries["request"]]) / DAY_US
    add_request_metrics(found, account)
    add_wait_metrics(found, "wait_days", waits[rows], run.deliveries["kw"][rows])
    add_lateness_metrics(found, run, rows)
    power_metrics.add_power_metrics(found, account)
    cost_metrics.add_cost_metrics(found, account)
    for parties in (account.customers, account.streams):
        add_breakdown_metrics(found, account, parties, rows, waits)
    return found
