"""Metrics of power: unserved demand and shortfall, online, in service, committed and idle power; in all and by site.

In loops, s is a site.
"""

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
    """Add the metrics of power, over all sites and by site."""
    run, changes, window = integrals.run, integrals.changes, integrals.window
    inputs = run.inputs
    n_sites = len(inputs.sites)
    for name, steps in (("unserved_mw", integrals.unserved), ("shortfall_mw", integrals.shortfall)):
        steps.total.write_to(metrics, name)
        peak_kw, at = _peak(*steps.levels_over_time, window)
        metrics[f"{name}.max"] = peak_kw / KW_PER_MW
        metrics[f"{name}.max_days"] = at / DAY_US if peak_kw else None
    # What was asked before the start came with a notice of before; that it waits is no news of this run.
    asked_in_run = changes.unserved.select(inputs.requests.asked >= 0)
    metrics["short.first_days"], metrics["short.days"] = _time_short(*asked_in_run.total(), window)
    site_of_delivery = run.deliveries["site"]
    online = integrals.online.time_averages()
    in_service = integrals.in_service.time_averages(n_sites, site_of_delivery)
    committed = StepFunction(changes.committed, n_sites, window).time_averages()
    online.total().write_to(metrics, "online_mw")
    in_service.total().write_to(metrics, "in_service_mw")
    committed.total().write_to(metrics, "committed_mw")
    _idle_averages(integrals, online, in_service).total().write_to(metrics, "idle_mw")
    metrics["utilization"] = ratio_or_none(in_service.kw_days.sum(), online.kw_days.sum())
    slips = _slip_days(run, window)
    for s, site in enumerate(inputs.sites):
        name = f"site.{site.name}"
        in_service.write_to(metrics, f"{name}.in_service_mw", s)
        online.write_to(metrics, f"{name}.online_mw", s)
        metrics[f"{name}.slip_days"] = slips[s]
        metrics[f"{name}.utilization"] = ratio_or_none(in_service.kw_days[s], online.kw_days[s])
    in_service_changes = changes.in_service.relabel(site_of_delivery)
    metrics["interrupted_mw_days"] = _interrupted_kw_days(changes, in_service_changes, window) / KW_PER_MW
    metrics["h100e.in_service.end"] = _h100e_in_service(run, changes, in_service.end_kw)


def _idle_averages(integrals: RunIntegrals, online: TimeAverage, in_service: TimeAverage) -> TimeAverage:
    """Return the time averages of what is online at each site and not in service."""
    days = cancel_rounding(online.kw_days - in_service.kw_days, online.kw_days)
    return TimeAverage(days, online.kw - in_service.kw, integrals.window)


def _peak(at: IntArray, kw: IntArray, window: MeasurementWindow) -> tuple[int, int]:
    """Return the maximum in kW over the window, and the time at which it is first reached."""
    if not len(at):
        return 0, window.begin
    # The level at the begin of the window is that after the last change up to then.
    last = max(int(np.searchsorted(at, window.begin, side="right")) - 1, 0)
    k = last + int(np.argmax(kw[last:]))
    return max(int(kw[k]), 0), max(int(at[k]), window.begin)


def _time_short(at: IntArray, kw: IntArray, window: MeasurementWindow) -> tuple[float | None, float]:
    """Return when demand is first unserved in the window, in days from the start (or None), and for how many days."""
    at = np.append(np.maximum(at, window.begin), window.end)
    durations = np.diff(at)
    short = (kw > 0) & (durations > 0)
    if not short.any():
        return None, 0.0
    return float(at[:-1][short][0]) / DAY_US, float(durations[short].sum()) / DAY_US


def _interrupted_kw_days(changes: Series, in_service: KwChanges, window: MeasurementWindow) -> float:
    """Return the kW-days in service beyond what is online, which an outage interrupts.

    Only at sites where online power ever falls can there be any, so that the others are not looked at.
    """
    total = 0.0
    for s in np.unique(changes.online.entity[changes.online.kw < 0]).tolist():
        online, served = changes.online.entity == s, in_service.entity == s
        excess = concatenate_changes(
            KwChanges(in_service.at[served], in_service.entity[served], in_service.kw[served]),
            KwChanges(changes.online.at[online], changes.online.entity[online], -changes.online.kw[online]),
        )
        at, kw = excess.total()
        edges = np.clip(np.append(at, window.end), window.begin, window.end)
        total += float((np.maximum(kw, 0) * (np.diff(edges) / DAY_US)).sum())
    return total


def _slip_days(run: Run, window: MeasurementWindow) -> list[float | None]:
    """Return by site how many days after the date first announced its buildings came online, weighted by kW.

    Below 0 where they came early; None where none came online in the window.
    """
    table = run.buildings
    announced = table["event"] == EventKind.ANNOUNCED
    first = dict(zip(table["project"][announced].tolist(), table["date"][announced].tolist(), strict=True))
    slips: list[list[tuple[int, int]]] = [[] for _ in run.inputs.sites]
    in_window = (table["event"] == EventKind.ONLINE) & (table["at"] >= window.begin)
    columns = (table[name][in_window].tolist() for name in ("site", "project", "at", "kw"))
    for s, building, at, kw in zip(*columns, strict=True):
        if building in first:
            slips[s].append((kw, at - first[building]))
    return [
        ratio_or_none(sum(kw * late / DAY_US for kw, late in at_site), sum(kw for kw, _ in at_site))
        for at_site in slips
    ]


def _h100e_in_service(run: Run, changes: Series, in_service: FloatArray) -> float | None:
    """Return the H100 equivalents in service at the end: of each site, by the mean density of what is online there.

    `in_service` is in kW, `(n_sites,)`. None where hardware of unknown density is online at a site in use.
    """
    inputs = run.inputs
    kw = [{site.hardware: site.online_kw} if site.online_kw else {} for site in inputs.sites]
    for s, building, change in changes.building_changes:
        hardware = inputs.buildings[building].hardware
        kw[s][hardware] = kw[s].get(hardware, 0) + change
    total = 0.0
    for s, served in enumerate(in_service.tolist()):
        if not served:
            continue
        online = {hardware: power for hardware, power in kw[s].items() if power > 0}
        if not online or any(hardware not in inputs.h100e_per_it_mw for hardware in online):
            return None
        density = sum(
            power * inputs.h100e_per_it_mw[hardware] for hardware, power in online.items() if hardware
        )
        total += served / KW_PER_MW * density / sum(online.values())
    return total
