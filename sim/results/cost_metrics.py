"""Metrics of providers and of money: shares of commitments, power in service and idle, revenue, margin, capex.

In loops, p is a provider and s a site.
"""

import numpy as np

from sim.model.arrays import FloatArray
from sim.model.capacity_events import EventKind
from sim.model.outcomes import ReleaseReason
from sim.model.run import Run
from sim.results.integrals import (
    KW_PER_MW,
    Metrics,
    RunIntegrals,
    cancel_rounding,
    ratio_or_none,
    sum_by_index,
)
from sim.results.settlements import settlements


def add_cost_metrics(metrics: Metrics, integrals: RunIntegrals) -> None:
    """Add the metrics of each provider, and what is spent and built in all."""
    run, window = integrals.run, integrals.window
    inputs, deliveries = run.inputs, run.deliveries
    providers = inputs.providers
    n = len(providers)
    committed_kw = _committed_kw(run, window.begin)
    served = integrals.in_service.time_averages(n, deliveries["provider"])
    # A site that several providers sell belongs to the first of them; one that none sells, to an extra row n.
    owners = {s: p for p in reversed(range(n)) for s in providers[p].sites}
    owner = np.array([owners.get(s, n) for s in range(len(inputs.sites))], dtype=np.int64)
    online_days = integrals.online.kw_days_by(n + 1, owner)
    served_days = integrals.in_service.kw_days_by(n + 1, owner[deliveries["site"]])
    idle_days = cancel_rounding(online_days - served_days, online_days)
    spend_usd = sum_by_index(integrals.paid_usd, deliveries["provider"], n)
    buildings = run.buildings
    completed = buildings["project"][
        (buildings["event"] == EventKind.ONLINE) & (buildings["at"] >= window.begin)
    ]
    capex_usd = np.array([building.capex for building in inputs.buildings], dtype=np.float64)[completed]
    capex_site = np.array([building.site for building in inputs.buildings], dtype=np.int64)[completed]
    owner_capex_usd = sum_by_index(capex_usd, owner[capex_site], n + 1)
    owed_usd: dict[int, float] = {contract.provider: 0.0 for contract in inputs.contracts}
    for settlement in settlements(integrals):
        if window.begin < settlement.at <= window.end:  # a settlement ends what it settles
            owed_usd[settlement.contract.provider] += settlement.owed_usd
    total_spend, margins = 0.0, []
    for p, provider in enumerate(providers):
        name = f"provider.{provider.name}"
        metrics[f"{name}.share"] = ratio_or_none(committed_kw[p], committed_kw.sum())
        metrics[f"{name}.served_share"] = ratio_or_none(served.kw_days[p], served.kw_days.sum())
        served.write_to(metrics, f"{name}.in_service_mw", p)
        metrics[f"{name}.idle_mw"] = float(idle_days[p]) / window.days / KW_PER_MW
        spend = None if provider.price is None else float(spend_usd[p])
        total_spend += spend or 0.0
        metrics[f"{name}.spend"] = spend
        if p in owed_usd:
            metrics[f"{name}.take_or_pay"] = owed_usd[p]
        revenue = None if spend is None else spend + owed_usd.get(p, 0.0)
        metrics[f"{name}.revenue"] = revenue
        margin = None
        if revenue is not None and provider.cost is not None:
            margin = revenue - provider.cost * float(online_days[p])
        metrics[f"{name}.margin"] = margin
        margins.append(margin)
        metrics[f"{name}.capex"] = float(owner_capex_usd[p])
    metrics["spend"] = total_spend
    metrics["take_or_pay"] = sum(owed_usd.values())
    metrics["revenue"] = total_spend + sum(owed_usd.values())
    metrics["margin"] = None if None in margins else float(sum(each or 0.0 for each in margins))
    metrics["capex"] = float(capex_usd.sum())


def _committed_kw(run: Run, begin: int) -> FloatArray:
    """Return the kW committed by each provider from a time on, as `(n_providers,)`; what moves counts once."""
    commitments, releases, n = run.commitments, run.releases, len(run.inputs.providers)
    made = commitments["committed"] >= begin
    moved = (releases["why"] == ReleaseReason.MOVED) & (releases["at"] >= begin)
    provider = np.concatenate([commitments["provider"][made], releases["provider"][moved]])
    kw = np.concatenate([commitments["kw"][made], -releases["kw"][moved]])
    return sum_by_index(kw, provider, n)
