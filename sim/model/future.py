"""One replication of a scenario, drawn whole before the clock starts: the numbers that a market is played with."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.model import demand, rules
from sim.model.demand import InPlace, Ints
from sim.model.draws import Draws, half_up, whole
from sim.model.time import Calendar
from sim.scenario.dates import Date
from sim.scenario.demand import Asker
from sim.scenario.laws import Law
from sim.scenario.market import Provider, Right, Stream
from sim.scenario.schema import ScenarioFile
from sim.scenario.works import Building, Chance, DatedArrivals, Site, Supply


@dataclass(frozen=True)
class Seller:
    """A provider in one replication. Prices in $ per kW and day; `own` demand is that whose customer it is."""

    name: str
    sites: tuple[int, ...]
    presells: int
    keeps_back: int
    price: float | None
    cost: float | None


@dataclass(frozen=True)
class Clause:
    """A right in one replication. Times in microseconds, shares in millionths; `appetite` by class."""

    name: str
    holder: int
    exclusive: bool
    customer: str | None
    classes: frozenset[str] | None
    begins: int
    ends: int
    appetite: dict[str | None, int]
    max_utilization: int
    max_delay: int
    partial: bool
    holds: bool

    def covers(self, customer: str, class_: str | None, only: frozenset[int] | None) -> bool:
        """Is a request of this customer and class under the right, in force or not?"""
        return (
            (self.customer is None or self.customer == customer)
            and (self.classes is None or class_ in self.classes)
            and (only is None or self.holder in only)
        )


@dataclass(frozen=True)
class Group:
    """Requests that the rules treat alike: one stream, customer, class and priority.

    `rights` and `order` are indices of the clauses that cover it and of the providers that it may overflow to;
    `appetite` is of each of `rights`; `own` is the provider whose own demand it is, or -1.
    """

    stream: int
    customer: str
    class_: str | None
    only: tuple[int, ...] | None
    split: int
    priority: int
    own: int
    rights: tuple[int, ...]
    appetite: tuple[int, ...]
    order: tuple[int, ...]


@dataclass(frozen=True)
class Requests:
    """All requests of a replication in the order of their numbers; every array is `(n_requests,)`.

    `windows` holds for each clause the time that its holder takes to answer each request.
    """

    group: Ints
    number: Ints
    deal: list[str | None]
    asked: Ints
    wanted: Ints
    gives_up: Ints
    size_kw: Ints
    block_kw: Ints
    term: Ints
    draw: npt.NDArray[np.float64]
    windows: list[Ints]

    def __len__(self) -> int:
        return len(self.asked)


@dataclass(frozen=True)
class Needed:
    """What a phase takes of a supply, in whole units of it."""

    supply: int
    amount: int


@dataclass(frozen=True)
class Stage:
    """A phase of a building in one replication; all the returned supplies come first in `needs`."""

    takes: int
    needs: tuple[Needed, ...]


@dataclass(frozen=True)
class Project:
    """A building in one replication. Times in microseconds since the start.

    Either `online` states when it comes online, or it runs through `stages` from its begin: on the date
    `begins`, some time (`later`) after all of `after` are online, or on the `trigger` of its group.
    """

    site: int
    name: str
    kw: int
    planned: int | None
    review: int
    online: int | None
    stages: tuple[Stage, ...]
    medians: int
    begins: int | None
    after: tuple[int, ...]
    later: int
    trigger: int | None
    cancelled: int | None
    retired: int | None
    capex: float
    hardware: str | None


@dataclass(frozen=True)
class Watch:
    """A trigger: the buildings that begin, one by one, when more than `share` of a site is committed."""

    site: int
    share: int
    projects: tuple[int, ...]


@dataclass(frozen=True)
class Store:
    """A supply in one replication: what is there at first, and what arrives as (time, amount)."""

    name: str
    returned: bool
    initial: int
    arrives: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Failures:
    """The outages of a site: the time to the next, how long it lasts, and what it takes (kW, or millionths)."""

    every: Iterator[float]
    lasts: Iterator[float]
    takes: Iterator[float]
    share: bool


@dataclass(frozen=True)
class Campus:
    """A site in one replication."""

    name: str
    online: int
    hardware: str | None
    failures: Failures | None


@dataclass(frozen=True)
class Promise:
    """A contract in one replication: money promised whatever is used, from a time to a time."""

    name: str
    customer: str
    provider: int
    take_or_pay: float
    begins: int
    ends: int


@dataclass
class Future:
    """All that one replication is played with."""

    calendar: Calendar
    streams: list[str]
    customers: list[str]
    """The customer of each stream, for whom what it has in place serves."""
    groups: list[Group]
    requests: Requests
    in_place: list[InPlace]
    providers: list[Seller]
    rights: list[Clause]
    policy: str
    bypass: bool
    sites: list[Campus]
    projects: list[Project]
    watches: list[Watch]
    supplies: list[Store]
    contracts: list[Promise]
    density: dict[str, float]
    """H100 equivalents per MW of each hardware that states it."""
    drawn: list[tuple[str, float, str]] = field(default_factory=list)

    def stream_of_request(self) -> Ints:
        """The stream of each request, as `(n_requests,)`."""
        return np.array([group.stream for group in self.groups], dtype=np.int64)[self.requests.group]

    def parties(self) -> list[str]:
        """All customers: those who ask, and those for whom something is in place."""
        there = [self.customers[item.stream] for item in self.in_place]
        return list(dict.fromkeys([*(group.customer for group in self.groups), *there]))

    def party_of_request(self) -> Ints:
        """Which of the parties asks each request, as `(n_requests,)`."""
        parties = {name: k for k, name in enumerate(self.parties())}
        of_group = np.array([parties[group.customer] for group in self.groups], dtype=np.int64)
        return of_group[self.requests.group]

    def party_of(self, request: Ints, stream: Ints) -> Ints:
        """For which of the parties is kW of a request, or where that is below 0, kW in place of a stream?"""
        parties = {name: k for k, name in enumerate(self.parties())}
        of_stream = np.array([parties.get(name, -1) for name in self.customers], dtype=np.int64)
        return np.where(request < 0, of_stream[stream], np.append(self.party_of_request(), -1)[request])


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
    projects, watches = _projects(draws, scenario, calendar)
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
    stream_of = np.repeat(np.arange(len(parts), dtype=np.int64), sizes)
    group = np.concatenate(group_of or [np.empty(0, dtype=np.int64)])
    number = np.concatenate([np.arange(n, dtype=np.int64) for n in sizes] or [np.empty(0, dtype=np.int64)])

    def joined(column: str) -> Ints:
        arrays = [getattr(part, column) for part in parts]
        return np.concatenate(arrays)[rank] if arrays else np.empty(0, dtype=np.int64)

    asked = np.concatenate([part.asked for part in parts]) if parts else np.empty(0, dtype=np.int64)
    rank = np.lexsort((number, stream_of, asked))
    rank = rank[(asked[rank] >= 0) & (asked[rank] < calendar.end)]
    deals: list[str | None] = []
    for part, n in zip(parts, sizes, strict=True):
        deals += part.deal if part.deal is not None else [None] * n
    requests = Requests(
        group=group[rank],
        number=number[rank],
        deal=[deals[i] for i in rank.tolist()],
        asked=joined("asked"),
        wanted=joined("wanted"),
        gives_up=joined("gives_up"),
        size_kw=joined("size_kw"),
        block_kw=joined("block_kw"),
        term=joined("term"),
        draw=joined("draw").astype(np.float64),
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


def _projects(draws: Draws, scenario: ScenarioFile, calendar: Calendar) -> tuple[list[Project], list[Watch]]:
    """All buildings, site by site in file order, each of a counted group on its own; and their triggers."""
    numbers: dict[str, list[int]] = {}
    n = 0
    for site_name, site in scenario.sites.items():
        for name, building in site.buildings.items():
            members = list(range(n, n + building.count))
            numbers[f"{site_name}.{name}"] = members
            if building.count > 1:
                for k, member in enumerate(members):
                    numbers[f"{site_name}.{name} {k + 1}"] = [member]
            n += building.count
    projects: list[Project] = []
    watches: list[Watch] = []
    for s, (site_name, site) in enumerate(scenario.sites.items()):
        pue = draws.once(f"sites.{site_name}.pue", site.pue)
        for name, building in site.buildings.items():
            after: tuple[int, ...] = ()
            if building.after is not None:
                known = building.after if building.after in numbers else f"{site_name}.{building.after}"
                after = tuple(numbers[known])
            trigger = len(watches) if building.when is not None else None
            members = numbers[f"{site_name}.{name}"]
            if building.when is not None:
                watches.append(Watch(s, whole(building.when.share * rules.MILLION), tuple(members)))
            path = f"sites.{site_name}.buildings.{name}"
            projects += _group(draws, scenario, path, s, site, name, building, pue, after, trigger, calendar)
    return projects, watches


def _group(
    draws: Draws,
    scenario: ScenarioFile,
    path: str,
    s: int,
    site: Site,
    name: str,
    b: Building,
    pue: float,
    after: tuple[int, ...],
    trigger: int | None,
    calendar: Calendar,
) -> list[Project]:
    """The buildings of one entry: one, or `count` of them with the n-th variate for the n-th."""
    if b.it_power is not None:
        kw = whole(draws.once(f"{path}.it_power", b.it_power))
    else:
        assert b.power is not None
        kw = whole(draws.once(f"{path}.power", b.power) / pue)
    kw = max(1, kw)
    n = b.count
    hardware = b.hardware or site.hardware
    every = 0 if b.every is None else max(1, whole(draws.once(f"{path}.every", b.every)))
    planned = None if b.planned is None else calendar.drawn(draws, f"{path}.planned", b.planned)
    begins = None if b.begins is None else calendar.drawn(draws, f"{path}.begins", b.begins)
    slip = half_up(draws.many(f"{path}.slip", b.slip, n)).tolist()
    review = np.maximum(half_up(draws.many(f"{path}.review", b.review, n)), 1).tolist()
    capex = 0.0 if b.capex is None else draws.once(f"{path}.capex", b.capex) * kw
    cancelled = _ended(draws, f"{path}.cancelled", b.cancelled, n, calendar)
    retired = _ended(draws, f"{path}.retired", b.retired, n, calendar)
    stages, medians = _stages(draws, scenario, path, b, kw, hardware)
    projects = []
    for k in range(n):
        at = None if planned is None else planned + k * every
        projects.append(
            Project(
                site=s,
                name=name if n == 1 else f"{name} {k + 1}",
                kw=kw,
                planned=at,
                review=review[k],
                online=None if b.phases is not None or at is None else at + slip[k],
                stages=stages[k],
                medians=medians,
                begins=None if begins is None else begins + k * every,
                after=after,
                later=k * every,
                trigger=trigger,
                cancelled=cancelled[k],
                retired=retired[k],
                capex=capex,
                hardware=hardware,
            )
        )
    return projects


def _ended(
    draws: Draws, path: str, what: Date | Chance | None, n: int, calendar: Calendar
) -> list[int | None]:
    """When each building of a group is cancelled or retired: on a date, or with a chance of its own."""
    if what is None:
        return [None] * n
    if isinstance(what, Date):
        return [calendar.drawn(draws, path, what)] * n
    on = calendar.drawn(draws, f"{path}.on", what.on)
    chance = draws.once(f"{path}.chance", what.chance)
    return [on if u < chance else None for u in draws.stream(path).uniforms(n).tolist()]


def _stages(
    draws: Draws, scenario: ScenarioFile, path: str, b: Building, kw: int, hardware: str | None
) -> tuple[list[tuple[Stage, ...]], int]:
    """The phases of each building of a group, and the sum of their medians."""
    if b.phases is None:
        return [()] * b.count, 0
    supplies = {name: i for i, name in enumerate(scenario.supplies)}
    columns: list[list[Stage]] = []
    medians = 0
    for name, phase in b.phases.items():
        here = f"{path}.phases.{name}"
        takes = np.maximum(half_up(draws.many(f"{here}.takes", phase.takes, b.count)), 0).tolist()
        medians += max(0, whole(draws.median(phase.takes)))
        needs = []
        for supply, need in phase.needs.items():
            if need.fill:
                assert hardware is not None
                per_gpu = scenario.hardware[hardware].it_kw_per_gpu
                assert per_gpu is not None
                amount = kw / draws.once(f"hardware.{hardware}.it_kw_per_gpu", per_gpu)
            else:
                assert need.amount is not None
                amount = draws.once(f"{here}.needs.{supply}", need.amount) * (kw / 1000 if need.per_mw else 1)
            needs.append(Needed(supplies[supply], max(0, whole(amount))))
        first = [need for need in needs if scenario.supplies[list(supplies)[need.supply]].returned]
        last = [need for need in needs if not scenario.supplies[list(supplies)[need.supply]].returned]
        columns.append([Stage(t, tuple(first + last)) for t in takes])
    return [tuple(column[k] for column in columns) for k in range(b.count)], medians
