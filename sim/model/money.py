"""Metrics of money, and of those who earn it: what each provider promised, serves, leaves idle, earns and builds."""

import numpy as np

from sim.model.account import MW, Account, Metrics, added, ratio, settled
from sim.model.news import ONLINE
from sim.model.series import kw_days


def metrics(found: Metrics, account: Account) -> None:
    """What each provider promised, serves, leaves idle, earns and builds."""
    run, span = account.run, account.window
    future, deliveries, made = run.future, run.deliveries, run.commitments
    sellers = future.providers
    n = len(sellers)
    within = made["committed"] >= span.begin
    promised = np.bincount(made["provider"][within], weights=made["kw"][within], minlength=n)
    served = account.served.levels(n, deliveries["provider"])
    first = {s: p for p in reversed(range(n)) for s in sellers[p].sites}
    owner = np.array([first.get(s, n) for s in range(len(future.sites))], dtype=np.int64)
    online_days = account.online.days_of(n + 1, owner)
    served_days = account.served.days_of(n + 1, owner[deliveries["site"]])
    idle_days = settled(online_days - served_days, online_days)
    paid = added(account.paid, deliveries["provider"], n)
    total = 0.0
    for p, seller in enumerate(sellers):
        name = f"provider.{seller.name}"
        found[f"{name}.share"] = ratio(promised[p], promised.sum())
        served.into(found, f"{name}.in_service_mw", p)
        found[f"{name}.idle_mw"] = float(idle_days[p]) / span.days / MW
        spend = None if seller.price is None else float(paid[p])
        total += spend or 0.0
        found[f"spend.{seller.name}"] = spend
        margin = None
        if spend is not None and seller.cost is not None:
            margin = spend - seller.cost * float(online_days[p])
        found[f"margin.{seller.name}"] = margin
    found["spend.total"] = total
    for p in dict.fromkeys(c.provider for c in future.contracts):
        found[f"take_or_pay.{sellers[p].name}"] = _owed(account, p)
    buildings = run.buildings
    came = buildings["project"][(buildings["event"] == ONLINE) & (buildings["at"] >= span.begin)]
    found["capex.total"] = float(sum(future.projects[project].capex for project in came.tolist()))


def _owed(account: Account, provider: int) -> float:
    """What the contracts with a provider still owe, beyond what their customers spend there meanwhile."""
    run, customers, owed = account.run, account.customers, 0.0
    for contract in run.future.contracts:
        begin, until = max(contract.begins, 0), min(contract.ends, run.future.calendar.end)
        if contract.provider != provider or contract.ends <= contract.begins or until <= begin:
            continue
        due = contract.take_or_pay * ((until - begin) / (contract.ends - contract.begins))
        number = customers.names.index(contract.customer) if contract.customer in customers.names else -1
        theirs = (customers.of_delivery == number) & (run.deliveries["provider"] == provider)
        paid = account.paid_for(kw_days(account.changes.in_service, begin, until))
        owed += max(0.0, due - float(paid[theirs].sum()))
    return owed
