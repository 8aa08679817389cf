"""Metrics of power: what was wanted and not served, online, in service, committed and idle; in all and by site."""

import numpy as np

from sim.model.account import MW, Account, Levels, Metrics, Moves, Window, ratio, settled
from sim.model.arrays import Floats, Ints
from sim.model.news import ANNOUNCED, ONLINE
from sim.model.run import Run
from sim.model.series import Changes, Series, joined
from sim.model.time import DAY


def metrics(found: Metrics, account: Account) -> None:
    """What was wanted and not served, online, in service, committed and idle, over all sites and by site."""
    run, changes, span = account.run, account.changes, account.window
    future = run.future
    sites = len(future.sites)
    for name, part in (("unserved_mw", account.unserved), ("shortfall_mw", account.shortfall)):
        part.total.into(found, name)
        most, at = _highest(*part.path, span)
        found[f"{name}.max"] = most / MW
        found[f"{name}.max_days"] = at / DAY if most else None
    found["short.first_days"], found["short.days"] = _short(*account.unserved.path, span)
    at_site = run.deliveries["site"]
    online_at, served_at = account.online.levels(), account.served.levels(sites, at_site)
    online_at.total().into(found, "online_mw")
    served_at.total().into(found, "in_service_mw")
    Moves(changes.committed, sites, span).levels().total().into(found, "committed_mw")
    _idle(account, online_at, served_at).total().into(found, "idle_mw")
    found["utilization"] = ratio(served_at.kw_days.sum(), online_at.kw_days.sum())
    slips = _slips(run, span)
    for s, site in enumerate(future.sites):
        name = f"site.{site.name}"
        served_at.into(found, f"{name}.in_service_mw", s)
        online_at.into(found, f"{name}.online_mw", s)
        found[f"{name}.slip_days"] = slips[s]
        found[f"{name}.utilization"] = ratio(served_at.kw_days[s], online_at.kw_days[s])
    served = changes.in_service.of_whom(at_site)
    found["interrupted_mw_days"] = _interrupted(changes, served, span) / MW
    found["h100e.in_service.end"] = _h100e(run, changes, served_at.end)


def _idle(account: Account, online: Levels, served: Levels) -> Levels:
    """What of each site is online and serves nobody."""
    days = settled(online.kw_days - served.kw_days, online.kw_days)
    return Levels(days, online.kw - served.kw, account.window)


def _highest(at: Ints, kw: Ints, span: Window) -> tuple[int, int]:
    """The most kW at any time of the window, and when it is first reached."""
    if not len(at):
        return 0, span.begin
    last = max(int(np.searchsorted(at, span.begin, side="right")) - 1, 0)
    k = last + int(np.argmax(kw[last:]))
    return max(int(kw[k]), 0), max(int(at[k]), span.begin)


def _short(at: Ints, kw: Ints, span: Window) -> tuple[float | None, float]:
    """When anything is first unserved in the window, in days from the start, and for how many days."""
    at = np.append(np.maximum(at, span.begin), span.end)
    lasts = np.diff(at)
    short = (kw > 0) & (lasts > 0)
    if not short.any():
        return None, 0.0
    return float(at[:-1][short][0]) / DAY, float(lasts[short].sum()) / DAY


def _interrupted(changes: Series, served: Changes, span: Window) -> float:
    """kW-days in service that an outage kept from working."""
    total = 0.0
    for s in np.unique(changes.online.of[changes.online.kw < 0]).tolist():
        mine = changes.online.of == s
        theirs = served.of == s
        over = joined(
            Changes(served.at[theirs], served.of[theirs], served.kw[theirs]),
            Changes(changes.online.at[mine], changes.online.of[mine], -changes.online.kw[mine]),
        )
        at, kw = over.total()
        edges = np.clip(np.append(at, span.end), span.begin, span.end)
        total += float((np.maximum(kw, 0) * (np.diff(edges) / DAY)).sum())
    return total


def _slips(run: Run, span: Window) -> list[float | None]:
    """By site: how many days after the date first announced its buildings came online, weighted by kW.

    Below 0 where they came early; None where none came in the window.
    """
    table = run.buildings
    announced = table["event"] == ANNOUNCED
    first = dict(zip(table["project"][announced].tolist(), table["date"][announced].tolist(), strict=True))
    slips: list[list[tuple[int, int]]] = [[] for _ in run.future.sites]
    came = (table["event"] == ONLINE) & (table["at"] >= span.begin)
    columns = (table[name][came].tolist() for name in ("site", "project", "at", "kw"))
    for s, project, at, kw in zip(*columns, strict=True):
        if project in first:
            slips[s].append((kw, at - first[project]))
    return [ratio(sum(kw * late / DAY for kw, late in came), sum(kw for kw, _ in came)) for came in slips]


def _h100e(run: Run, changes: Series, in_service: Floats) -> float | None:
    """H100 equivalents in service at the end: each site's by the mean density of the hardware online there."""
    future = run.future
    kw = [{campus.hardware: campus.online} if campus.online else {} for campus in future.sites]
    for s, project, change in changes.came:
        hardware = future.projects[project].hardware
        kw[s][hardware] = kw[s].get(hardware, 0) + change
    total = 0.0
    for s, served in enumerate(in_service.tolist()):
        if not served:
            continue
        online = {hardware: power for hardware, power in kw[s].items() if power > 0}
        if not online or any(hardware not in future.density for hardware in online):
            return None
        density = sum(power * future.density[hardware] for hardware, power in online.items() if hardware)
        total += served / MW * density / sum(online.values())
    return total
