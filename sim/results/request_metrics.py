"""Metrics of requests: declined, spilled, lost and waiting shares, waits, lateness; by customer and stream too.

They are over the requests asked in the measurement window; `rows` are rows of the deliveries of these.
"""

import numpy as np

from sim.model.arrays import FloatArray, IntArray
from sim.model.calendar import DAY_US
from sim.model.outcomes import REFUSAL_REASONS
from sim.model.rules import NEVER
from sim.model.run import Run
from sim.results.integrals import (
    KW_PER_MW,
    Breakdown,
    Metrics,
    RunIntegrals,
    ratio_or_none,
    sum_by_index,
)


def add_request_metrics(metrics: Metrics, integrals: RunIntegrals) -> None:
    """Add the number and size of the requests, and the shares declined, spilled, lost and waiting."""
    asked, became, rights = integrals.run.inputs.requests, integrals.run.requests, integrals.run.inputs.rights
    in_window, size = integrals.is_asked_in_window, asked.size_kw
    n, kw = np.count_nonzero(in_window), int(size[in_window].sum())
    metrics["requests"] = float(n)
    metrics["asked_mw"] = kw / KW_PER_MW
    # A request under no right has the index -1, which reads the False at the end.
    is_first_refusal = np.array([right.answers_first for right in rights] + [False])
    answered = in_window & (became["answered"] < NEVER)
    offered = np.flatnonzero(answered & is_first_refusal[became["right"]])
    offered_kw = int(size[offered].sum())
    declined = size[offered] - became["holder_kw"][offered]
    metrics["declined_share"] = ratio_or_none(int(declined.sum()), offered_kw)
    by_reason = np.bincount(became["reason"][offered], weights=declined, minlength=len(REFUSAL_REASONS))
    for code, reason in enumerate(REFUSAL_REASONS[1:], start=1):
        metrics[f"declined_share.{reason}"] = ratio_or_none(by_reason[code], offered_kw)
    spilled = np.count_nonzero(answered & (became["first_kw"] < size))
    metrics["spilled_share"] = ratio_or_none(spilled, np.count_nonzero(answered))
    lost = became["lost_kw"][in_window]
    metrics["lost_share"] = ratio_or_none(int(lost.sum()), kw)
    metrics["lost_requests_share"] = ratio_or_none(np.count_nonzero(lost), n)
    waiting = (size - became["delivered_kw"] - became["lost_kw"])[
        in_window & (asked.wanted < integrals.window.end)
    ]
    metrics["waiting_share"] = ratio_or_none(int(waiting.sum()), kw)


def delivery_rows(integrals: RunIntegrals) -> IntArray:
    """Return the rows of the deliveries of the requests asked in the window, leaving out those of no request."""
    request = integrals.run.deliveries["request"]
    return np.flatnonzero((request >= 0) & np.append(integrals.is_asked_in_window, False)[request])


def _split_rows(rows: IntArray, index: IntArray, n: int) -> list[IntArray]:
    """Split rows into `n` arrays, each in the order of the rows, by the index that `index` has for each row."""
    if n == 1:
        return [rows]
    index = index[rows]
    return np.split(rows[np.argsort(index, kind="stable")], np.bincount(index, minlength=n)[:-1].cumsum())


def add_wait_metrics(metrics: Metrics, name: str, wait: FloatArray, kw: IntArray) -> None:
    """Add the mean and the quantiles of the days from wanted to delivered, weighted by kW."""
    total = int(kw.sum())
    metrics[f"{name}.mean"] = ratio_or_none(float((wait * kw).sum()), total)
    order = np.argsort(wait, kind="stable")
    cumulative_kw = kw[order].cumsum()
    for percent in (50, 95):
        value = None
        if len(cumulative_kw):
            value = float(wait[order[cumulative_kw.searchsorted(percent / 100 * total)]])
        metrics[f"{name}.p{percent}"] = value


def add_lateness_metrics(metrics: Metrics, run: Run, rows: IntArray) -> None:
    """Add the mean of the days by which deliveries came later than promised, weighted by kW."""
    deliveries = run.deliveries
    late = np.maximum(deliveries["start"][rows] - deliveries["promised"][rows], 0) / DAY_US
    kw = deliveries["kw"][rows]
    metrics["late_days.mean"] = ratio_or_none(float((late * kw).sum()), int(kw.sum()))


def add_breakdown_metrics(
    metrics: Metrics, integrals: RunIntegrals, breakdown: Breakdown, rows: IntArray, waits: FloatArray
) -> None:
    """Add the metrics of each customer, or of each stream."""
    run, n = integrals.run, len(breakdown.names)
    size, lost, kw = run.inputs.requests.size_kw, run.requests["lost_kw"], run.deliveries["kw"]
    unserved = integrals.unserved.time_averages(n, breakdown.of_request)
    same = integrals.shortfall is integrals.unserved
    shortfall = unserved if same else integrals.shortfall.time_averages(n, breakdown.of_request)
    served = integrals.in_service.time_averages(n, breakdown.of_delivery)
    spend = sum_by_index(integrals.paid_usd, breakdown.of_delivery, n)
    asked = _split_rows(np.flatnonzero(integrals.is_asked_in_window), breakdown.of_request, n)
    delivered = _split_rows(rows, breakdown.of_delivery, n)
    for k, part in enumerate(breakdown.names):
        name, requests, deliveries = f"{breakdown.kind}.{part}", asked[k], delivered[k]
        asked_kw = int(size[requests].sum())
        metrics[f"{name}.asked_mw"] = asked_kw / KW_PER_MW
        unserved.write_to(metrics, f"{name}.unserved_mw", k)
        shortfall.write_to(metrics, f"{name}.shortfall_mw", k)
        served.write_to(metrics, f"{name}.in_service_mw", k)
        metrics[f"{name}.lost_share"] = ratio_or_none(int(lost[requests].sum()), asked_kw)
        add_wait_metrics(metrics, f"{name}.wait_days", waits[deliveries], kw[deliveries])
        metrics[f"{name}.spend"] = float(spend[k])
