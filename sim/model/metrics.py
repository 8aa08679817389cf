"""The metrics of one run, from its columns: what the design's table of metrics says, name by name.

Time means are integrals over [measure_from, end); `.end` is just before the end; `.at.DATE` is at a date of
`report_at`; request metrics are over the requests asked in the window. A metric without a denominator is None.
"""

from datetime import datetime

import numpy as np

from sim.model import money, powers
from sim.model.account import MW, Account, Metrics, Parties, Window, added, ratio
from sim.model.arrays import Floats, Ints
from sim.model.ledger import REASONS
from sim.model.rules import NEVER
from sim.model.run import Run
from sim.model.series import Series
from sim.model.time import DAY

__all__ = ["Metrics", "date_name", "metrics", "unit_of", "window"]


def unit_of(metric: str) -> str:
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


def date_name(at: datetime) -> str:
    """How is a date called in the name of a metric?"""
    return (
        f"{at:%Y-%m-%d}"
        if (at.hour, at.minute, at.second, at.microsecond) == (0, 0, 0, 0)
        else f"{at:%Y-%m-%dT%H:%M:%S}"
    )


def window(run: Run, measure_from: datetime, report_at: tuple[datetime, ...]) -> Window:
    """Over which span are the metrics of a run taken?"""
    calendar = run.future.calendar
    dates = {date_name(at): calendar.since_start(at) for at in report_at}
    return Window(calendar.since_start(measure_from), calendar.end, dates)


def metrics(run: Run, changes: Series, span: Window) -> Metrics:
    """All metrics of a run."""
    found: Metrics = {}
    account = Account(run, changes, span)
    rows = _delivered(account)
    waits = (run.deliveries["start"] - run.future.requests.wanted[run.deliveries["request"]]) / DAY
    _requests(found, account)
    _waits(found, "wait_days", waits[rows], run.deliveries["kw"][rows])
    _late(found, run, rows)
    powers.metrics(found, account)
    money.metrics(found, account)
    for parties in (account.customers, account.streams):
        _parties(found, account, parties, rows, waits)
    return found


def _requests(found: Metrics, account: Account) -> None:
    """What was asked, declined, spilled and lost, over the requests asked in the window."""
    asked, became, rights = account.run.future.requests, account.run.requests, account.run.future.rights
    within, size = account.asked_within, asked.size_kw
    n, kw = np.count_nonzero(within), int(size[within].sum())
    found["requests"] = float(n)
    found["asked_mw"] = kw / MW
    refusals = np.array([not right.exclusive for right in rights] + [False])
    answered = within & (became["answered"] < NEVER)
    put = np.flatnonzero(answered & refusals[became["right"]])
    put_kw = int(size[put].sum())
    not_taken = size[put] - became["holder_kw"][put]
    found["declined_share"] = ratio(int(not_taken.sum()), put_kw)
    refused = np.bincount(became["reason"][put], weights=not_taken, minlength=len(REASONS))
    for code, reason in enumerate(REASONS[1:], start=1):
        found[f"declined_share.{reason}"] = ratio(refused[code], put_kw)
    spilled = np.count_nonzero(answered & (became["first_kw"] < size))
    found["spilled_share"] = ratio(spilled, np.count_nonzero(answered))
    lost = became["lost_kw"][within]
    found["lost_share"] = ratio(int(lost.sum()), kw)
    found["lost_requests_share"] = ratio(np.count_nonzero(lost), n)
    waiting = (size - became["delivered_kw"] - became["lost_kw"])[
        within & (asked.wanted < account.window.end)
    ]
    found["waiting_share"] = ratio(int(waiting.sum()), kw)


def _delivered(account: Account) -> Ints:
    """The rows of the deliveries of the requests asked in the window."""
    request = account.run.deliveries["request"]
    return np.flatnonzero((request >= 0) & np.append(account.asked_within, False)[request])


def _parted(rows: Ints, of: Ints, n: int) -> list[Ints]:
    """Some rows, parted by of which of `n` each is."""
    if n == 1:
        return [rows]
    of = of[rows]
    return np.split(rows[np.argsort(of, kind="stable")], np.bincount(of, minlength=n)[:-1].cumsum())


def _waits(found: Metrics, name: str, wait: Floats, kw: Ints) -> None:
    """How long what was delivered had been wanted: the mean and the quantiles, weighted by kW."""
    total = int(kw.sum())
    found[f"{name}.mean"] = ratio(float((wait * kw).sum()), total)
    order = np.argsort(wait, kind="stable")
    upto = kw[order].cumsum()
    for percent in (50, 95):
        value = None
        if len(upto):
            value = float(wait[order[upto.searchsorted(percent / 100 * total)]])
        found[f"{name}.p{percent}"] = value


def _late(found: Metrics, run: Run, rows: Ints) -> None:
    """How much later than promised what was delivered came, weighted by kW."""
    deliveries = run.deliveries
    late = np.maximum(deliveries["start"][rows] - deliveries["promised"][rows], 0) / DAY
    kw = deliveries["kw"][rows]
    found["late_days.mean"] = ratio(float((late * kw).sum()), int(kw.sum()))


def _parties(found: Metrics, account: Account, parties: Parties, rows: Ints, waits: Floats) -> None:
    """The metrics of each customer or stream alone."""
    run, n = account.run, len(parties.names)
    size, lost, kw = run.future.requests.size_kw, run.requests["lost_kw"], run.deliveries["kw"]
    unserved = account.unserved.levels(n, parties.of_request)
    same = account.shortfall is account.unserved
    shortfall = unserved if same else account.shortfall.levels(n, parties.of_request)
    served = account.served.levels(n, parties.of_delivery)
    spend = added(account.paid, parties.of_delivery, n)
    asked = _parted(np.flatnonzero(account.asked_within), parties.of_request, n)
    delivered = _parted(rows, parties.of_delivery, n)
    for k, party in enumerate(parties.names):
        name, theirs, mine = f"{parties.kind}.{party}", asked[k], delivered[k]
        asked_kw = int(size[theirs].sum())
        found[f"{name}.asked_mw"] = asked_kw / MW
        unserved.into(found, f"{name}.unserved_mw", k)
        shortfall.into(found, f"{name}.shortfall_mw", k)
        served.into(found, f"{name}.in_service_mw", k)
        found[f"{name}.lost_share"] = ratio(int(lost[theirs].sum()), asked_kw)
        _waits(found, f"{name}.wait_days", waits[mine], kw[mine])
        found[f"{name}.spend"] = float(spend[k])
