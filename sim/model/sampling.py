"""What is drawn once the seed and the replication are known: a scenario as numbers, the future of one run."""

from collections.abc import Sequence

import numpy as np

from sim.model import demand, rules
from sim.model.arrays import Ints
from sim.model.construction import construction
from sim.model.demand import InPlace
from sim.model.draws import Draws, half_up, whole
from sim.model.future import Campus, Clause, Failures, Future, Group, Promise, Requests, Seller, Store
from sim.model.time import Calendar
from sim.scenario.demand import Asker
from sim.scenario.laws import Law
from sim.scenario.market import Provider, Right, Stream
from sim.scenario.schema import ScenarioFile
from sim.scenario.works import DatedArrivals, Site, Supply


def future(scenario: ScenarioFile, seed: int, replication: int) -> Future:
    """What happens in this replication, as far as it does not depend on the market?"""
    draws = Draws(seed, replication, scenario.uncertain)
    calendar = Calendar.between(scenario.start, scenario.end)
    site_index = {name: i for i, name in enumerate(scenario.sites)}
    provider_index = {name: i for i, name in enumerate(scenario.providers)}
    providers = [_seller(draws, name, p, site_index) for name, p in scenario.providers.items()]
    rights = [_clause(draws, name, r, provider_index, calendar) for name, r in scenario.rights.items()]
    order = [provider_index[name] for name in scenario.overflow.order or scenario.providers]
    groups, requests, there = _requests(draws, scenario, calendar, site_index, provider_index, rights, order)
    supplies = [_store(draws, name, s, calendar) for name, s in scenario.supplies.items()]
    projects, watches = construction(draws, scenario, calendar)
    return Future(
        calendar=calendar,
        streams=list(scenario.demand),
        customers=[stream.customer for stream in scenario.demand.values()],
        groups=groups,
        requests=requests,
        in_place=there,
        providers=providers,
        rights=rights,
        policy=scenario.overflow.policy,
        bypass=scenario.waiting.bypass,
        sites=[_campus(draws, name, s) for name, s in scenario.sites.items()],
        projects=projects,
        watches=watches,
        supplies=supplies,
        contracts=_contracts(draws, scenario, calendar, provider_index),
        density={
            name: draws.once(f"hardware.{name}.h100e_per_it_mw", h.h100e_per_it_mw)
            for name, h in scenario.hardware.items()
            if h.h100e_per_it_mw is not None
        },
        drawn=draws.drawn,
    )


def _duration(draws: Draws, path: str, law: Law) -> int:
    """A time that is not below 0, drawn once."""
    return max(0, whole(draws.once(path, law)))


def _share(draws: Draws, path: str, law: Law) -> int:
    """A share in millionths, drawn once; kept within 0 and 1."""
    return min(rules.MILLION, max(0, whole(draws.once(path, law) * rules.MILLION)))


def _seller(draws: Draws, name: str, p: Provider, sites: dict[str, int]) -> Seller:
    path = f"providers.{name}"
    return Seller(
        name=name,
        sites=tuple(sites[s] for s in p.sites),
        presells=_duration(draws, f"{path}.presells", p.presells),
        keeps_back=max(0, whole(draws.once(f"{path}.keeps_back", p.keeps_back))),
        price=None if p.price is None else draws.once(f"{path}.price", p.price),
        cost=None if p.cost is None else draws.once(f"{path}.cost", p.cost),
    )


def _clause(draws: Draws, name: str, r: Right, providers: dict[str, int], calendar: Calendar) -> Clause:
    path = f"rights.{name}"
    appetite: dict[str | None, int] = {}
    if isinstance(r.appetite, Law):
        appetite[None] = _share(draws, f"{path}.appetite", r.appetite)
    else:
        for class_, law in r.appetite.items():
            appetite[class_] = _share(draws, f"{path}.appetite.{class_}", law)
    if r.max_delay == "match":
        max_delay = rules.MATCH
    elif isinstance(r.max_delay, Law):
        max_delay = _duration(draws, f"{path}.max_delay", r.max_delay)
    else:
        max_delay = rules.NEVER
    return Clause(
        name=name,
        holder=providers[r.holder],
        exclusive=r.kind == "exclusive",
        customer=r.over.customer,
        classes=None if r.over.classes is None else frozenset(r.over.classes),
        begins=0 if r.from_ is None else calendar.drawn(draws, f"{path}.from", r.from_),
        ends=rules.NEVER if r.until is None else calendar.drawn(draws, f"{path}.until", r.until),
        appetite=appetite,
        max_utilization=_share(draws, f"{path}.max_utilization", r.max_utilization),
        max_delay=max_delay,
        partial=r.partial,
        holds=r.holds_capacity,
    )


def _requests(
    draws: Draws,
    scenario: ScenarioFile,
    calendar: Calendar,
    sites: dict[str, int],
    providers: dict[str, int],
    rights: list[Clause],
    order: list[int],
) -> tuple[list[Group], Requests, list[InPlace]]:
    """The requests of all streams in the order of asked, stream in file order, number in the stream."""
    groups: list[Group] = []
    group_of: list[Ints] = []
    there: list[InPlace] = []
    parts: list[demand.Asked] = []
    for index, (name, stream) in enumerate(scenario.demand.items()):
        here = demand.in_place(draws, name, stream, index, sites)
        there += here
        part = demand.asked(draws, name, stream, here, calendar)
        parts.append(part)
        asker = np.zeros(len(part.asked), dtype=np.int64) if part.asker is None else part.asker
        group_of.append(len(groups) + asker)
        groups += [_asking(index, stream, each, providers, rights, order) for each in stream.askers() or ()]
    sizes = [len(part.asked) for part in parts]

    def joined(column: str) -> Ints:
        return np.concatenate([np.empty(0, dtype=np.int64), *(getattr(part, column) for part in parts)])

    asked = joined("asked")
    rank = np.argsort(asked, kind="stable")
    rank = rank[(asked[rank] >= 0) & (asked[rank] < calendar.end)]
    deals: list[str | None] = [None] * len(rank)
    if any(part.deal for part in parts):
        named: list[Sequence[str | None]] = [part.deal or [None] * len(part.asked) for part in parts]
        deals = [name for names in named for name in names]
        deals = [deals[i] for i in rank.tolist()]
    number = np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(n, dtype=np.int64) for n in sizes)])
    group = np.concatenate([np.empty(0, dtype=np.int64), *group_of])
    requests = Requests(
        group=group[rank],
        number=number[rank],
        deal=deals,
        asked=asked[rank],
        wanted=joined("wanted")[rank],
        gives_up=joined("gives_up")[rank],
        size_kw=joined("size_kw")[rank],
        block_kw=joined("block_kw")[rank],
        term=joined("term")[rank],
        draw=np.concatenate([np.empty(0), *(part.draw for part in parts)])[rank],
        windows=[
            _windows(draws, scenario, k, right, groups, group_of)[rank] for k, right in enumerate(rights)
        ],
    )
    return groups, requests, there


def _asking(
    index: int,
    stream: Stream,
    asker: Asker,
    providers: dict[str, int],
    rights: list[Clause],
    order: list[int],
) -> Group:
    """What one asks for in a stream."""
    customer, class_, priority = asker
    only = None if stream.only is None else tuple(providers[p] for p in stream.only)
    allowed = None if only is None else frozenset(only)
    covering = tuple(k for k, right in enumerate(rights) if right.covers(customer, class_, allowed))
    return Group(
        stream=index,
        customer=customer,
        class_=class_,
        only=only,
        split=demand.SPLITS[stream.split],
        priority=priority,
        own=providers.get(customer, -1),
        rights=covering,
        appetite=tuple(_appetite(rights[k], class_) for k in covering),
        order=tuple(p for p in order if allowed is None or p in allowed),
    )


def _appetite(right: Clause, class_: str | None) -> int:
    """A holder's appetite for a class; for one that the right does not name, whole."""
    return right.appetite.get(class_, right.appetite.get(None, rules.MILLION))


def _windows(
    draws: Draws, scenario: ScenarioFile, index: int, right: Clause, groups: list[Group], group_of: list[Ints]
) -> Ints:
    """How long the holder takes to answer each request, before they are put in order; 0 if it is not asked."""
    law = scenario.rights[right.name].window
    covered = np.array([index in group.rights and not right.exclusive for group in groups], dtype=bool)
    parts = [np.empty(0, dtype=np.int64)]
    for name, group in zip(scenario.demand, group_of, strict=True):
        asked = covered[group]
        if asked.any():
            drawn = draws.many(f"rights.{right.name}.window/{name}", law, len(group))
            parts.append(np.where(asked, np.maximum(half_up(drawn), 0), 0))
        else:
            parts.append(np.zeros(len(group), dtype=np.int64))
    return np.concatenate(parts)


def _store(draws: Draws, name: str, s: Supply, calendar: Calendar) -> Store:
    path = f"supplies.{name}"
    arrives: list[tuple[int, int]] = []
    if isinstance(s.arrives, DatedArrivals):
        for date, law in s.arrives.at:
            amount = draws.once(f"{path}.arrives.{date:%Y-%m-%d}", law)
            arrives.append((calendar.since_start(date), max(0, whole(amount))))
    elif s.arrives is not None:
        gaps = draws.endless(f"{path}.arrives.every", s.arrives.every)
        amounts = draws.endless(f"{path}.arrives.amount", s.arrives.amount)
        at = calendar.drawn(draws, f"{path}.arrives.from", s.arrives.from_)
        while at < calendar.end:
            arrives.append((at, max(0, whole(next(amounts)))))
            at += max(1, whole(next(gaps)))
    initial = max(0, whole(draws.once(f"{path}.initial", s.initial)))
    return Store(name, s.returned, initial, tuple(arrives))


def _campus(draws: Draws, name: str, s: Site) -> Campus:
    failures = None
    if s.outages is not None:
        path = f"sites.{name}.outages"
        failures = Failures(
            every=draws.endless(f"{path}.every", s.outages.every),
            lasts=draws.endless(f"{path}.lasts", s.outages.lasts),
            takes=draws.endless(f"{path}.takes", s.outages.takes),
            share=s.outages.takes.dimension == "share",
        )
    return Campus(name, max(0, whole(draws.once(f"sites.{name}.online", s.online))), s.hardware, failures)


def _contracts(
    draws: Draws, scenario: ScenarioFile, calendar: Calendar, providers: dict[str, int]
) -> list[Promise]:
    promises = []
    for name, c in scenario.contracts.items():
        path = f"contracts.{name}"
        begins = 0 if c.from_ is None else calendar.drawn(draws, f"{path}.from", c.from_)
        ends = calendar.end if c.until is None else calendar.drawn(draws, f"{path}.until", c.until)
        money = draws.once(f"{path}.take_or_pay", c.take_or_pay)
        promises.append(Promise(name, c.customer, providers[c.provider], money, begins, ends))
    return promises
