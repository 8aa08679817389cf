"""Metrics of milestones: when a level of power is first reached."""

from collections.abc import Mapping

import numpy as np

from sim.model.arrays import IntArray
from sim.model.calendar import DAY_US
from sim.results.integrals import Metrics, RunIntegrals
from sim.results.time_series import KwChanges, concatenate_changes
from sim.scenario.milestones import Milestone


def add_milestone_metrics(
    metrics: Metrics, integrals: RunIntegrals, milestones: Mapping[str, Milestone]
) -> None:
    """Add the days from the start to the first instant at which each milestone is reached; None where it never is."""
    for name, milestone in milestones.items():
        at, kw = level_changes(integrals, milestone.metric).total()
        end = integrals.run.inputs.calendar.end
        # Before its first change a level is 0; what changed before the start is there at it.
        at, kw = np.append(0, np.maximum(at, 0)), np.append(0, kw)
        lasts = np.append(at[1:], end) > at
        levels = zip(at[lasts].tolist(), kw[lasts].tolist(), strict=True)
        days = next((t / DAY_US for t, level in levels if milestone.is_reached(level)), None)
        metrics[f"milestone.{name}.days"] = days


def level_changes(integrals: RunIntegrals, metric: str) -> KwChanges:
    """Return the changes of the level that a metric has at a time (see `LEVEL_METRICS`)."""
    *owner, quantity = metric.split(".")
    changes = _changes(integrals, quantity)
    if not owner:
        return changes
    kind, name = owner
    names, of_entity = _entities(integrals, kind, quantity)
    # A customer may ask for nothing in one replication: no change is its own, and its level is 0.
    return changes.select(of_entity == (names.index(name) if name in names else len(names)))


def _changes(integrals: RunIntegrals, quantity: str) -> KwChanges:
    """Return the changes of a quantity of power: by row of the deliveries, by request, or by site."""
    changes = integrals.changes
    by_quantity = {
        "unserved_mw": changes.unserved,
        "shortfall_mw": changes.shortfall,
        "online_mw": changes.online,
        "in_service_mw": changes.in_service,
        "committed_mw": changes.committed,
    }
    if quantity == "idle_mw":
        return concatenate_changes(changes.online, changes.in_service.negate())
    return by_quantity[quantity]


def _entities(integrals: RunIntegrals, kind: str, quantity: str) -> tuple[list[str], IntArray]:
    """Return the names of a kind, and the index among them of what each change of a quantity is of."""
    inputs, deliveries = integrals.run.inputs, integrals.run.deliveries
    if kind == "provider":
        return [provider.name for provider in inputs.providers], deliveries["provider"]
    if kind == "site":
        sites = [site.name for site in inputs.sites]
        return sites, deliveries["site"] if quantity == "in_service_mw" else np.arange(len(sites))
    breakdown = {"customer": integrals.customers, "stream": integrals.streams}[kind]
    of_entity = breakdown.of_delivery if quantity == "in_service_mw" else breakdown.of_request
    return breakdown.names, of_entity
