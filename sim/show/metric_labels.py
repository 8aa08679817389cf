"""Labels of metrics in words, for pictures; the unit stands beside them."""

from __future__ import annotations

import re

from sim.results.metrics import NAMED_KINDS

METRIC_WORDS = {
    "requests": "requests",
    "asked_mw": "power asked for",
    "unserved_mw": "unserved power",
    "shortfall_mw": "shortfall",
    "online_mw": "power online",
    "in_service_mw": "power in service",
    "committed_mw": "power committed",
    "idle_mw": "idle power",
    "interrupted_mw_days": "power interrupted",
    "utilization": "utilization",
    "short.first_days": "first short, after the start",
    "short.days": "time short",
    "declined_share": "declined by the holder",
    "spilled_share": "not taken whole by the first asked",
    "served_share": "share of what is in service",
    "lost_share": "power given up",
    "lost_requests_share": "requests that gave up",
    "waiting_share": "still waiting at the end",
    "wait_days": "wait",
    "late_days": "delivered after the promise",
    "slip_days": "buildings late",
    "days": "reached, after the start",
    "share": "share of what is committed",
    "spend": "paid",
    "take_or_pay": "owed beyond what is paid",
    "revenue": "revenue",
    "margin": "margin",
    "capex": "capital of what came online",
    "h100e.in_service": "H100 equivalents in service",
}
"""The words for the metrics of docs/results.md, without the statistic at the end of their names."""
STATISTIC_WORDS = {
    "mean": "mean",
    "max": "peak",
    "max_days": "date of the peak, after the start",
    "end": "at the end",
    "p50": "median",
    "p95": "95 % quantile",
}


def label_metric(metric: str) -> str:
    """Label a metric in words: `provider.Neo.in_service_mw.end` is `provider Neo: power in service, at the end`.

    What has no words yet is its name, without underscores.
    """
    parts = metric.split(".")
    subject = ""
    if parts[0] in NAMED_KINDS and len(parts) > 2:
        subject, parts = f"{parts[0]} {parts[1]}: ", parts[2:]
    for n in range(len(parts), 0, -1):
        if (words := METRIC_WORDS.get(".".join(parts[:n]))) is not None:
            rest = parts[n:]
            break
    else:
        words, rest = re.sub(r"_mw\b|_days\b", "", parts[0]).replace("_", " "), parts[1:]
    if parts[0] == "declined_share" and rest:
        return f"{subject}{words}, for {rest[0]}"
    if rest[:1] == ["at"]:
        return f"{subject}{words}, on {'.'.join(rest[1:])}"
    statistics = (STATISTIC_WORDS.get(each, each.replace("_", " ")) for each in rest)
    return subject + ", ".join((words, *statistics))
