"""Metrics of power: what was wanted and not served, online, in service, committed and idle; in all and by site."""

import numpy as np

from sim.model.arrays import FloatArray, IntArray
from sim.model.calendar import DAY_US
from sim.model.capacity_events import EventKind
from sim.model.run import Run
from sim.results.integrals import (
    KW_PER_MW,
    MeasurementWindow,
    Metrics,
    RunIntegrals,
    StepFunction,
    TimeAverage,
    cancel_rounding,
    ratio_or_none,
)
from sim.results.time_series import KwChanges, Series, concatenate_changes


def add_power_metrics(metrics: Metrics, integrals: RunIntegrals) -> None:
    """What was wanted and not served, online, in service, committed and idle, over all sites and by site."""
    run, changes, span = integrals.run, integrals.changes, integrals.window
    future = run.inputs
    sites = len(future.sites)
    for name, part in (("unserved_mw", integrals.unserved), ("shortfall_mw", integrals.shortfall)):
        part.total.write_to(metrics, name)
        most, at = _peak(*part.levels_over_time, span)
        metrics[f"{name}.max"] = most / KW_PER_MW
        metrics[f"{name}.max_days"] = at / DAY_US if most else None
    metrics["short.first_days"], metrics["short.days"] = _time_short(
        *integrals.unserved.levels_over_time, span
    )
    at_site = run.deliveries["site"]
    online_at, served_at = (
        integrals.online.time_averages(),
        integrals.in_service.time_averages(sites, at_site),
    )
    online_at.total().write_to(metrics, "online_mw")
    served_at.total().write_to(metrics, "in_service_mw")
    StepFunction(changes.committed, sites, span).time_averages().total().write_to(metrics, "committed_mw")
    _idle_averages(integrals, online_at, served_at).total().write_to(metrics, "idle_mw")
    metrics["utilization"] = ratio_or_none(served_at.kw_days.sum(), online_at.kw_days.sum())
    slips = _slip_days(run, span)
    for s, site in enumerate(future.sites):
        name = f"site.{site.name}"
        served_at.write_to(metrics, f"{name}.in_service_mw", s)
        online_at.write_to(metrics, f"{name}.online_mw", s)
        metrics[f"{name}.slip_days"] = slips[s]
        metrics[f"{name}.utilization"] = ratio_or_none(served_at.kw_days[s], online_at.kw_days[s])
    served = changes.in_service.relabel(at_site)
    metrics["interrupted_mw_days"] = _interrupted_kw_days(changes, served, span) / KW_PER_MW
    metrics["h100e.in_service.end"] = _h100e_in_service(run, changes, served_at.end_kw)


def _idle_averages(integrals: RunIntegrals, online: TimeAverage, in_service: TimeAverage) -> TimeAverage:
    """What of each site is online and serves nobody."""
    days = cancel_rounding(online.kw_days - in_service.kw_days, online.kw_days)
    return TimeAverage(days, online.kw - in_service.kw, integrals.window)


def _peak(at: IntArray, kw: IntArray, window: MeasurementWindow) -> tuple[int, int]:
    """The most kW at any time of the window, and when it is first reached."""
    if not len(at):
        return 0, window.begin
    last = max(int(np.searchsorted(at, window.begin, side="right")) - 1, 0)
    k = last + int(np.argmax(kw[last:]))
    return max(int(kw[k]), 0), max(int(at[k]), window.begin)


def _time_short(at: IntArray, kw: IntArray, window: MeasurementWindow) -> tuple[float | None, float]:
    """When anything is first unserved in the window, in days from the start, and for how many days."""
    at = np.append(np.maximum(at, window.begin), window.end)
    lasts = np.diff(at)
    short = (kw > 0) & (lasts > 0)
    if not short.any():
        return None, 0.0
    return float(at[:-1][short][0]) / DAY_US, float(lasts[short].sum()) / DAY_US


def _interrupted_kw_days(changes: Series, in_service: KwChanges, window: MeasurementWindow) -> float:
    """kW-days in service that an outage kept from working."""
    total = 0.0
    for s in np.unique(changes.online.entity[changes.online.kw < 0]).tolist():
        mine = changes.online.entity == s
        theirs = in_service.entity == s
        over = concatenate_changes(
            KwChanges(in_service.at[theirs], in_service.entity[theirs], in_service.kw[theirs]),
            KwChanges(changes.online.at[mine], changes.online.entity[mine], -changes.online.kw[mine]),
        )
        at, kw = over.total()
        edges = np.clip(np.append(at, window.end), window.begin, window.end)
        total += float((np.maximum(kw, 0) * (np.diff(edges) / DAY_US)).sum())
    return total


def _slip_days(run: Run, window: MeasurementWindow) -> list[float | None]:
    """By site: how many days after the date first announced its buildings came online, weighted by kW.

    Below 0 where they came early; None where none came in the window.
    """
    table = run.buildings
    announced = table["event"] == EventKind.ANNOUNCED
    first = dict(zip(table["project"][announced].tolist(), table["date"][announced].tolist(), strict=True))
    slips: list[list[tuple[int, int]]] = [[] for _ in run.inputs.sites]
    came = (table["event"] == EventKind.ONLINE) & (table["at"] >= window.begin)
    columns = (table[name][came].tolist() for name in ("site", "project", "at", "kw"))
    for s, project, at, kw in zip(*columns, strict=True):
        if project in first:
            slips[s].append((kw, at - first[project]))
    return [
        ratio_or_none(sum(kw * late / DAY_US for kw, late in came), sum(kw for kw, _ in came))
        for came in slips
    ]


def _h100e_in_service(run: Run, changes: Series, in_service: FloatArray) -> float | None:
    """H100 equivalents in service at the end: each site's by the mean density of the hardware online there."""
    future = run.inputs
    kw = [{campus.hardware: campus.online_kw} if campus.online_kw else {} for campus in future.sites]
    for s, project, change in changes.building_changes:
        hardware = future.buildings[project].hardware
        kw[s][hardware] = kw[s].get(hardware, 0) + change
    total = 0.0
    for s, served in enumerate(in_service.tolist()):
        if not served:
            continue
        online = {hardware: power for hardware, power in kw[s].items() if power > 0}
        if not online or any(hardware not in future.h100e_per_it_mw for hardware in online):
            return None
        density = sum(
            power * future.h100e_per_it_mw[hardware] for hardware, power in online.items() if hardware
        )
        total += served / KW_PER_MW * density / sum(online.values())
    return total
