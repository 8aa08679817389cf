"""Metrics of money, and of those who earn it: what each provider promised, serves, leaves idle, earns and builds."""

import numpy as np

from sim.model.capacity_events import EventKind
from sim.results.integrals import (
    KW_PER_MW,
    Metrics,
    RunIntegrals,
    cancel_rounding,
    ratio_or_none,
    sum_by_index,
)
from sim.results.time_series import kw_days


def add_cost_metrics(metrics: Metrics, integrals: RunIntegrals) -> None:
    """What each provider promised, serves, leaves idle, earns and builds."""
    run, span = integrals.run, integrals.window
    future, deliveries, made = run.inputs, run.deliveries, run.commitments
    sellers = future.providers
    n = len(sellers)
    within = made["committed"] >= span.begin
    promised = np.bincount(made["provider"][within], weights=made["kw"][within], minlength=n)
    served = integrals.in_service.time_averages(n, deliveries["provider"])
    first = {s: p for p in reversed(range(n)) for s in sellers[p].sites}
    owner = np.array([first.get(s, n) for s in range(len(future.sites))], dtype=np.int64)
    online_days = integrals.online.kw_days_by(n + 1, owner)
    served_days = integrals.in_service.kw_days_by(n + 1, owner[deliveries["site"]])
    idle_days = cancel_rounding(online_days - served_days, online_days)
    paid = sum_by_index(integrals.paid_usd, deliveries["provider"], n)
    total = 0.0
    for p, seller in enumerate(sellers):
        name = f"provider.{seller.name}"
        metrics[f"{name}.share"] = ratio_or_none(promised[p], promised.sum())
        served.write_to(metrics, f"{name}.in_service_mw", p)
        metrics[f"{name}.idle_mw"] = float(idle_days[p]) / span.days / KW_PER_MW
        spend = None if seller.price is None else float(paid[p])
        total += spend or 0.0
        metrics[f"spend.{seller.name}"] = spend
        margin = None
        if spend is not None and seller.cost is not None:
            margin = spend - seller.cost * float(online_days[p])
        metrics[f"margin.{seller.name}"] = margin
    metrics["spend.total"] = total
    for p in dict.fromkeys(c.provider for c in future.contracts):
        metrics[f"take_or_pay.{sellers[p].name}"] = _take_or_pay_owed_usd(integrals, p)
    buildings = run.buildings
    came = buildings["project"][(buildings["event"] == EventKind.ONLINE) & (buildings["at"] >= span.begin)]
    metrics["capex.total"] = float(sum(future.buildings[project].capex for project in came.tolist()))


def _take_or_pay_owed_usd(integrals: RunIntegrals, provider: int) -> float:
    """What the contracts with a provider still owe, beyond what their customers spend there meanwhile."""
    run, customers, owed = integrals.run, integrals.customers, 0.0
    for contract in run.inputs.contracts:
        begin, until = max(contract.begins, 0), min(contract.ends, run.inputs.calendar.end)
        if contract.provider != provider or contract.ends <= contract.begins or until <= begin:
            continue
        due = contract.take_or_pay * ((until - begin) / (contract.ends - contract.begins))
        number = customers.names.index(contract.customer) if contract.customer in customers.names else -1
        theirs = (customers.of_delivery == number) & (run.deliveries["provider"] == provider)
        paid = integrals.payments_usd(kw_days(integrals.changes.in_service, begin, until))
        owed += max(0.0, due - float(paid[theirs].sum()))
    return owed
