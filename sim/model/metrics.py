"""The metrics of one run, from its columns: what the design's table of metrics says, name by name.

Time means are integrals over [measure_from, end); `.end` is just before the end; `.at.DATE` is at a date of
`report_at`; request metrics are over the requests asked in the window. A metric without a denominator is None.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.model.ledger import REASONS
from sim.model.rules import NEVER
from sim.model.run import Run
from sim.model.series import Changes, Floats, Ints, Series, integral, joined
from sim.model.time import DAY
from sim.model.world import ANNOUNCED, ONLINE

Metrics = dict[str, float | None]
MW = 1000.0


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


@dataclass
class Window:
    """The span over which metrics are taken, in microseconds since the start, and the dates of `report_at`."""

    begin: int
    end: int
    report_at: dict[str, int]

    @property
    def days(self) -> float:
        """How long is it?"""
        return (self.end - self.begin) / DAY

    def of(self, changes: Changes, n: int) -> "Levels":
        """What each of `n` comes to in the window."""
        return Levels(
            integral(changes, n, self.begin, self.end),
            self.days,
            changes.level(n, self.end - 1),
            {date: changes.level(n, at) for date, at in self.report_at.items()},
        )


@dataclass
class Levels:
    """kW of some things over the window: kW-days, kW just before the end, and kW at the dates reported."""

    kw_days: Floats
    days: float
    end: Ints
    at: dict[str, Ints]

    def total(self) -> "Levels":
        """The sum of all, as the one of its kind."""
        return Levels(
            self.kw_days.sum(keepdims=True),
            self.days,
            self.end.sum(keepdims=True),
            {date: kw.sum(keepdims=True) for date, kw in self.at.items()},
        )

    def into(self, metrics: Metrics, name: str, k: int = 0) -> None:
        """Write the mean, the end and the dates of the k-th, in MW."""
        metrics[f"{name}.mean"] = float(self.kw_days[k]) / self.days / MW
        metrics[f"{name}.end"] = int(self.end[k]) / MW
        for date, kw in self.at.items():
            metrics[f"{name}.at.{date}"] = int(kw[k]) / MW


def ratio(above: float | np.integer[Any], below: float | np.integer[Any]) -> float | None:
    """A share, or None where there is nothing that it could be a share of."""
    return float(above) / float(below) if below else None


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
    _requests(found, run, span)
    _power(found, run, changes, span)
    _providers(found, run, changes, span)
    _parties(found, run, changes, span)
    return found


def _requests(found: Metrics, run: Run, span: Window) -> None:
    """What was asked, declined, spilled, lost and late, over the requests asked in the window."""
    asked, became = run.future.requests, run.requests
    within = asked.asked >= span.begin
    size = asked.size_kw
    found["requests"] = float(np.count_nonzero(within))
    found["asked_mw"] = int(size[within].sum()) / MW
    refusals = np.array([not right.exclusive for right in run.future.rights] + [False])
    answered = within & (became["answered"] < NEVER)
    put = answered & refusals[became["right"]]
    declined = int(size[put].sum() - became["holder_kw"][put].sum())
    found["declined_share"] = ratio(declined, int(size[put].sum()))
    for code, reason in enumerate(REASONS[1:], start=1):
        so = put & (became["reason"] == code)
        refused = int(size[so].sum() - became["holder_kw"][so].sum())
        found[f"declined_share.{reason}"] = ratio(refused, int(size[put].sum()))
    spilled = np.count_nonzero(became["first_kw"][answered] < size[answered])
    found["spilled_share"] = ratio(spilled, np.count_nonzero(answered))
    found["lost_share"] = _lost_share(run, within)
    found["lost_requests_share"] = ratio(
        np.count_nonzero(became["lost_kw"][within]), np.count_nonzero(within)
    )
    waits = within & (asked.wanted < span.end)
    waiting = size[waits] - became["delivered_kw"][waits] - became["lost_kw"][waits]
    found["waiting_share"] = ratio(int(waiting.sum()), int(size[within].sum()))
    rows = _rows_of(run, within)
    _waits(found, "wait_days", run, rows)
    late = np.maximum(run.deliveries["start"][rows] - run.deliveries["promised"][rows], 0) / DAY
    kw = run.deliveries["kw"][rows]
    found["late_days.mean"] = ratio(float((late * kw).sum()), int(kw.sum()))


def _lost_share(run: Run, which: Ints | npt.NDArray[np.bool_]) -> float | None:
    size = run.future.requests.size_kw[which]
    return ratio(int(run.requests["lost_kw"][which].sum()), int(size.sum()))


def _rows_of(run: Run, which: npt.NDArray[np.bool_]) -> Ints:
    """The rows of the deliveries of some requests."""
    request = run.deliveries["request"]
    return np.flatnonzero((request >= 0) & np.append(which, False)[request])


def _parted(rows: Ints, of: Ints, n: int) -> list[Ints]:
    """Some rows, parted by of which of `n` each is."""
    order = rows[np.argsort(of[rows], kind="stable")]
    return np.split(order, np.cumsum(np.bincount(of[rows], minlength=n)))[:n]


def _waits(found: Metrics, name: str, run: Run, rows: Ints) -> None:
    """How long what was delivered had been wanted: the mean and the quantiles, weighted by kW."""
    deliveries = run.deliveries
    wait = (deliveries["start"][rows] - run.future.requests.wanted[deliveries["request"][rows]]) / DAY
    kw = deliveries["kw"][rows]
    found[f"{name}.mean"] = ratio(float((wait * kw).sum()), int(kw.sum()))
    order = np.argsort(wait, kind="stable")
    upto = np.cumsum(kw[order])
    for percent in (50, 95):
        value = None
        if len(upto):
            value = float(wait[order[np.searchsorted(upto, percent / 100 * upto[-1])]])
        found[f"{name}.p{percent}"] = value


def _power(found: Metrics, run: Run, changes: Series, span: Window) -> None:
    """What was wanted and not served, online, in service, committed and idle, over all sites and by site."""
    future = run.future
    sites, requests = len(future.sites), len(future.requests)
    for name, part in (("unserved_mw", changes.unserved), ("shortfall_mw", changes.shortfall)):
        span.of(part, requests).total().into(found, name)
        most, at = _highest(part, span)
        found[f"{name}.max"] = most / MW
        found[f"{name}.max_days"] = at / DAY if most else None
    found["short.first_days"], found["short.days"] = _short(changes.unserved, span)
    served = changes.in_service.of_whom(run.deliveries["site"])
    idle = joined(changes.online, Changes(served.at, served.of, -served.kw))
    online_at, served_at = span.of(changes.online, sites), span.of(served, sites)
    online_at.total().into(found, "online_mw")
    served_at.total().into(found, "in_service_mw")
    span.of(changes.committed, sites).total().into(found, "committed_mw")
    span.of(idle, sites).total().into(found, "idle_mw")
    found["utilization"] = ratio(float(served_at.kw_days.sum()), float(online_at.kw_days.sum()))
    slips = _slips(run, span)
    for s, site in enumerate(future.sites):
        served_at.into(found, f"site.{site.name}.in_service_mw", s)
        online_at.into(found, f"site.{site.name}.online_mw", s)
        found[f"site.{site.name}.slip_days"] = slips[s]
        found[f"site.{site.name}.utilization"] = ratio(
            float(served_at.kw_days[s]), float(online_at.kw_days[s])
        )
    found["interrupted_mw_days"] = _interrupted(changes, served, sites, span) / MW
    found["h100e.in_service.end"] = _h100e(run, changes, served_at.end)


def _highest(changes: Changes, span: Window) -> tuple[int, int]:
    """The most kW at any time of the window, and when it is first reached."""
    at, kw = changes.total()
    if not len(at):
        return 0, span.begin
    last = max(int(np.searchsorted(at, span.begin, side="right")) - 1, 0)
    k = last + int(np.argmax(kw[last:]))
    return max(int(kw[k]), 0), max(int(at[k]), span.begin)


def _short(unserved: Changes, span: Window) -> tuple[float | None, float]:
    """When anything is first unserved in the window, in days from the start, and for how many days."""
    at, kw = unserved.total()
    at = np.append(np.maximum(at, span.begin), span.end)
    lasts = np.diff(at)
    short = (kw > 0) & (lasts > 0)
    if not short.any():
        return None, 0.0
    return float(at[:-1][short][0]) / DAY, float(lasts[short].sum()) / DAY


def _interrupted(changes: Series, served: Changes, sites: int, span: Window) -> float:
    """kW-days in service that an outage kept from working."""
    total = 0.0
    for s in range(sites):
        mine = changes.online.of == s
        if not np.any(changes.online.kw[mine] < 0):
            continue
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
    first: dict[int, int] = {}
    slips: list[list[tuple[int, int]]] = [[] for _ in run.future.sites]
    table = run.buildings
    columns = ("site", "project", "at", "event", "date", "kw")
    for s, project, at, event, date, kw in zip(*(table[c].tolist() for c in columns), strict=True):
        if event == ANNOUNCED:
            first[project] = date
        elif event == ONLINE and at >= span.begin and project in first:
            slips[s].append((kw, at - first[project]))
    return [ratio(sum(kw * late / DAY for kw, late in came), sum(kw for kw, _ in came)) for came in slips]


def _h100e(run: Run, changes: Series, in_service: Ints) -> float | None:
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


def _providers(found: Metrics, run: Run, changes: Series, span: Window) -> None:
    """What each provider promised, serves, leaves idle, earns and builds."""
    future, deliveries = run.future, run.deliveries
    sellers = future.providers
    n = len(sellers)
    made = run.commitments
    within = made["committed"] >= span.begin
    promised = np.bincount(made["provider"][within], weights=made["kw"][within], minlength=n)
    served = span.of(changes.in_service.of_whom(deliveries["provider"]), n)
    first = {s: p for p in reversed(range(n)) for s in sellers[p].sites}
    owner = np.array([first.get(s, n) for s in range(len(future.sites))], dtype=np.int64)
    online = span.of(changes.online.of_whom(owner), n + 1)
    at_home = span.of(changes.in_service.of_whom(owner[deliveries["site"]]), n + 1)
    paid = np.bincount(deliveries["provider"], weights=_paid(run, changes, span), minlength=n)
    total = 0.0
    for p, seller in enumerate(sellers):
        name = f"provider.{seller.name}"
        found[f"{name}.share"] = ratio(float(promised[p]), float(promised.sum()))
        served.into(found, f"{name}.in_service_mw", p)
        found[f"{name}.idle_mw"] = float(online.kw_days[p] - at_home.kw_days[p]) / span.days / MW
        spend = None if seller.price is None else float(paid[p])
        total += spend or 0.0
        found[f"spend.{seller.name}"] = spend
        margin = None
        if spend is not None and seller.cost is not None:
            margin = spend - seller.cost * float(online.kw_days[p])
        found[f"margin.{seller.name}"] = margin
    found["spend.total"] = total
    for p in dict.fromkeys(c.provider for c in future.contracts):
        found[f"take_or_pay.{sellers[p].name}"] = _owed(run, changes, p)
    capex = sum(
        future.projects[project].capex
        for project, at in zip(
            *(run.buildings[name][run.buildings["event"] == ONLINE].tolist() for name in ("project", "at")),
            strict=True,
        )
        if at >= span.begin
    )
    found["capex.total"] = float(capex)


def _paid(run: Run, changes: Series, span: Window) -> Floats:
    """The $ that are paid for each delivery in the window, as `(n_deliveries,)`.

    A provider pays nothing to itself, and nothing is paid where no price is stated.
    """
    future, deliveries = run.future, run.deliveries
    kw_days = integral(changes.in_service, len(deliveries), span.begin, span.end)
    price = np.array([seller.price or 0.0 for seller in future.providers])
    parties = future.parties()
    itself = [parties.index(each.name) if each.name in parties else -1 for each in future.providers]
    own = np.array(itself, dtype=np.int64)[deliveries["provider"]] == party_of_delivery(run)
    return np.where(own, 0.0, kw_days * price[deliveries["provider"]])


def party_of_delivery(run: Run) -> Ints:
    """For which of the customers is each delivery, as `(n_deliveries,)`?"""
    return run.future.party_of(run.deliveries["request"], run.deliveries["stream"])


def _owed(run: Run, changes: Series, provider: int) -> float:
    """What the contracts with a provider still owe, beyond what their customers spend there meanwhile."""
    end, owed = run.future.calendar.end, 0.0
    parties, whose = run.future.parties(), party_of_delivery(run)
    for contract in run.future.contracts:
        begin, until = max(contract.begins, 0), min(contract.ends, end)
        if contract.provider != provider or contract.ends <= contract.begins or until <= begin:
            continue
        due = contract.take_or_pay * ((until - begin) / (contract.ends - contract.begins))
        number = parties.index(contract.customer) if contract.customer in parties else -1
        theirs = (whose == number) & (run.deliveries["provider"] == provider)
        owed += max(0.0, due - float(_paid(run, changes, Window(begin, until, {}))[theirs].sum()))
    return owed


def _parties(found: Metrics, run: Run, changes: Series, span: Window) -> None:
    """The metrics of each customer and stream alone."""
    future, deliveries = run.future, run.deliveries
    paid = _paid(run, changes, span)
    within = future.requests.asked >= span.begin
    for kind, parties, of_request, of_delivery in (
        ("customer", future.parties(), future.party_of_request(), party_of_delivery(run)),
        ("stream", future.streams, future.stream_of_request(), deliveries["stream"]),
    ):
        n = len(parties)
        unserved = span.of(changes.unserved.of_whom(of_request), n)
        shortfall = span.of(changes.shortfall.of_whom(of_request), n)
        served = span.of(changes.in_service.of_whom(of_delivery), n)
        spend = np.bincount(of_delivery, weights=paid, minlength=n)
        asked = _parted(np.flatnonzero(within), of_request, n)
        delivered = _parted(_rows_of(run, within), of_delivery, n)
        for k, (party, theirs) in enumerate(zip(parties, asked, strict=True)):
            name = f"{kind}.{party}"
            found[f"{name}.asked_mw"] = int(future.requests.size_kw[theirs].sum()) / MW
            unserved.into(found, f"{name}.unserved_mw", k)
            shortfall.into(found, f"{name}.shortfall_mw", k)
            served.into(found, f"{name}.in_service_mw", k)
            found[f"{name}.lost_share"] = _lost_share(run, theirs)
            _waits(found, f"{name}.wait_days", run, delivered[k])
            found[f"{name}.spend"] = float(spend[k])
