"""Sampling: a scenario, a seed and a replication as the numbers that one run is played with."""

from collections.abc import Sequence

import numpy as np

from sim.model import arrivals, rules
from sim.model.arrays import FloatArray, IntArray
from sim.model.calendar import Calendar
from sim.model.construction import sample_construction
from sim.model.random_streams import DrawError, EndlessVariates, Sampler
from sim.model.rounding import round_array_half_up, round_half_up
from sim.model.sampled_inputs import (
    RequestGroup,
    SampledContract,
    SampledInPlace,
    SampledInputs,
    SampledOutages,
    SampledProvider,
    SampledRequests,
    SampledRight,
    SampledSite,
    SampledSupply,
    provider_appetites,
    right_appetite,
)
from sim.scenario.construction import Site
from sim.scenario.demand import RequestType, Stream
from sim.scenario.distributions import Distribution
from sim.scenario.market import Provider, Right
from sim.scenario.schema import ScenarioFile
from sim.scenario.supplies import DatedArrivals, Supply

MAX_SITES_KW = 4e12
"""The most kW online and to come at all sites: twice a millionth share of it is counted in 64 bits."""
MAX_ASKED_KW = 4e18
"""The most kW of all requests together."""


def sample_inputs(scenario: ScenarioFile, seed: int, replication: int) -> SampledInputs:
    """Sample the inputs of a replication: all that does not depend on the market."""
    draws = Sampler(seed, replication, scenario.uncertain)
    calendar = Calendar.between(scenario.start, scenario.end)
    site_index = {name: i for i, name in enumerate(scenario.sites)}
    provider_index = {name: i for i, name in enumerate(scenario.providers)}
    providers = [_sample_provider(draws, name, p, site_index) for name, p in scenario.providers.items()]
    rights = [_sample_right(draws, name, r, provider_index, calendar) for name, r in scenario.rights.items()]
    order = [provider_index[name] for name in scenario.overflow.order or scenario.providers]
    groups, requests, in_place = _sample_requests(
        draws, scenario, calendar, site_index, provider_index, providers, rights, order
    )
    supplies = [_sample_supply(draws, name, s, calendar) for name, s in scenario.supplies.items()]
    buildings, triggers = sample_construction(draws, scenario, calendar)
    sites = [_sample_site(draws, name, s) for name, s in scenario.sites.items()]
    _check_power(draws, "demand", requests.size_kw.sum(dtype=np.float64), MAX_ASKED_KW)
    _check_power(
        draws,
        "sites",
        float(sum(each.online_kw for each in sites) + sum(each.kw for each in buildings)),
        MAX_SITES_KW,
    )
    return SampledInputs(
        calendar=calendar,
        streams=list(scenario.demand),
        customers=[stream.customer for stream in scenario.demand.values()],
        groups=groups,
        requests=requests,
        in_place=in_place,
        providers=providers,
        rights=rights,
        overflow_policy=scenario.overflow.policy,
        bypass=scenario.waiting.bypass,
        moves=scenario.waiting.moves,
        sites=sites,
        buildings=buildings,
        triggers=triggers,
        supplies=supplies,
        contracts=_sample_contracts(draws, scenario, calendar, provider_index),
        h100e_per_it_mw={
            name: draws.draw_once(f"hardware.{name}.h100e_per_it_mw", h.h100e_per_it_mw)
            for name, h in scenario.hardware.items()
            if h.h100e_per_it_mw is not None
        },
        recorded_draws=draws.recorded_draws,
    )


def _check_power(draws: Sampler, path: str, total_kw: float, most_kw: float) -> None:
    """Raise DrawError where powers add up to more than can be simulated."""
    if total_kw > most_kw:
        value = f"{total_kw / 1e6:.3g} GW"
        raise DrawError(path, value, draws.replication, "is the sum of what was drawn")


def _draw_duration(draws: Sampler, path: str, distribution: Distribution) -> int:
    """Draw a time once; not below 0."""
    return max(0, round_half_up(draws.draw_once(path, distribution)))


def _draw_share(draws: Sampler, path: str, distribution: Distribution) -> int:
    """Draw a share in millionths once; kept within 0 and 1."""
    return min(rules.MILLION, max(0, round_half_up(draws.draw_once(path, distribution) * rules.MILLION)))


def _sample_provider(draws: Sampler, name: str, p: Provider, sites: dict[str, int]) -> SampledProvider:
    path = f"providers.{name}"
    return SampledProvider(
        name=name,
        sites=tuple(sites[s] for s in p.sites),
        presells=_draw_duration(draws, f"{path}.presells", p.presells),
        keeps_back=max(0, round_half_up(draws.draw_once(f"{path}.keeps_back", p.keeps_back))),
        price=None if p.price is None else draws.draw_once(f"{path}.price", p.price),
        cost=None if p.cost is None else draws.draw_once(f"{path}.cost", p.cost),
        site_policy=p.site_policy,
        appetite=_sample_appetite(draws, path, p.appetite),
    )


def _sample_appetite(
    draws: Sampler, path: str, appetite: Distribution | dict[str, Distribution] | None
) -> dict[str | None, int] | None:
    """Sample an appetite by class, in millionths; None where none is stated."""
    if appetite is None:
        return None
    if isinstance(appetite, Distribution):
        return {None: _draw_share(draws, f"{path}.appetite", appetite)}
    return {
        class_: _draw_share(draws, f"{path}.appetite.{class_}", distribution)
        for class_, distribution in appetite.items()
    }


def _sample_right(
    draws: Sampler, name: str, r: Right, providers: dict[str, int], calendar: Calendar
) -> SampledRight:
    path = f"rights.{name}"
    if r.max_delay == "match":
        max_delay = rules.MATCH
    elif isinstance(r.max_delay, Distribution):
        max_delay = _draw_duration(draws, f"{path}.max_delay", r.max_delay)
    else:
        max_delay = rules.NEVER
    return SampledRight(
        name=name,
        holder=providers[r.holder],
        is_exclusive=r.is_exclusive,
        answers_first=r.answers_first,
        customer=r.over.customer,
        classes=None if r.over.classes is None else frozenset(r.over.classes),
        begins=0 if r.from_ is None else calendar.sample_date(draws, f"{path}.from", r.from_),
        ends=rules.NEVER if r.until is None else calendar.sample_date(draws, f"{path}.until", r.until),
        appetite=_sample_appetite(draws, path, r.appetite),
        max_utilization=_draw_share(draws, f"{path}.max_utilization", r.max_utilization),
        max_delay=max_delay,
        partial=r.partial,
        holds_capacity=r.holds_capacity,
    )


def _sample_requests(
    draws: Sampler,
    scenario: ScenarioFile,
    calendar: Calendar,
    sites: dict[str, int],
    provider_index: dict[str, int],
    providers: list[SampledProvider],
    rights: list[SampledRight],
    order: list[int],
) -> tuple[list[RequestGroup], SampledRequests, list[SampledInPlace]]:
    """Sample the requests of all streams, in the order of asked, then stream in file order, then number in it."""
    groups: list[RequestGroup] = []
    group_of: list[IntArray] = []
    in_place: list[SampledInPlace] = []
    parts: list[arrivals.StreamArrivals] = []
    for index, (name, stream) in enumerate(scenario.demand.items()):
        in_place_here = arrivals.sample_in_place(draws, name, stream, index, sites)
        in_place += in_place_here
        part = arrivals.sample_arrivals(draws, name, stream, in_place_here, calendar)
        parts.append(part)
        asker = np.zeros(len(part.asked), dtype=np.int64) if part.asker is None else part.asker
        group_of.append(len(groups) + asker)
        groups += [
            _request_group(index, stream, each, provider_index, providers, rights, order)
            for each in stream.request_types() or ()
        ]
    sizes = {name: len(part.asked) for name, part in zip(scenario.demand, parts, strict=True)}
    appetite_draws = _sample_appetite_draws(draws, sizes, providers, rights)

    def concatenate(column: str) -> IntArray:
        return np.concatenate([np.empty(0, dtype=np.int64), *(getattr(part, column) for part in parts)])

    asked = concatenate("asked")
    rank = np.argsort(asked, kind="stable")
    rank = rank[asked[rank] < calendar.end]
    deals: list[str | None] = [None] * len(rank)
    if any(part.deal for part in parts):
        named: list[Sequence[str | None]] = [part.deal or [None] * len(part.asked) for part in parts]
        all_deals = [name for names in named for name in names]
        deals = [all_deals[i] for i in rank.tolist()]
    number = np.concatenate([np.empty(0, dtype=np.int64), *map(np.arange, sizes.values())])
    group = np.concatenate([np.empty(0, dtype=np.int64), *group_of])
    requests = SampledRequests(
        group=group[rank],
        number=number[rank],
        deal=deals,
        asked=asked[rank],
        wanted=concatenate("wanted")[rank],
        gives_up=concatenate("gives_up")[rank],
        size_kw=concatenate("size_kw")[rank],
        block_kw=concatenate("block_kw")[rank],
        term=concatenate("term")[rank],
        appetite_draws={p: of_requests[rank] for p, of_requests in appetite_draws.items()},
        windows=[
            _sample_windows(draws, scenario, k, right, groups, group_of)[rank]
            for k, right in enumerate(rights)
        ],
    )
    return groups, requests, in_place


def _sample_appetite_draws(
    draws: Sampler,
    sizes: dict[str, int],
    providers: list[SampledProvider],
    rights: list[SampledRight],
) -> dict[int, FloatArray]:
    """Sample, by provider, the draw for each request, before they are put in order; `sizes` is by stream.

    For providers that state an appetite, or answer first: a user's own answer may go by their draws.
    """
    first = {right.holder for right in rights if right.answers_first}
    return {
        p: np.concatenate(
            [
                np.empty(0),
                *(
                    draws.uniforms(f"demand.{stream}.appetite_draw/{provider.name}", n)
                    for stream, n in sizes.items()
                ),
            ]
        )
        for p, provider in enumerate(providers)
        if provider.appetite is not None or p in first
    }


def _request_group(
    index: int,
    stream: Stream,
    asker: RequestType,
    provider_index: dict[str, int],
    providers: list[SampledProvider],
    rights: list[SampledRight],
    order: list[int],
) -> RequestGroup:
    """The group of the requests of one type in a stream."""
    customer, class_, priority = asker
    only = None if stream.only is None else tuple(provider_index[p] for p in stream.only)
    allowed = None if only is None else frozenset(only)
    covering = tuple(k for k, right in enumerate(rights) if right.covers(customer, class_, allowed))
    own = provider_index.get(customer, -1)
    return RequestGroup(
        stream=index,
        customer=customer,
        class_=class_,
        only=only,
        split=arrivals.SPLIT_CODES[stream.split],
        priority=priority,
        own_provider=own,
        rights=covering,
        appetite=tuple(right_appetite(rights[k], providers, class_, own) for k in covering),
        provider_appetite=provider_appetites(providers, class_, own),
        overflow_order=tuple(p for p in order if allowed is None or p in allowed),
    )


def _sample_windows(
    draws: Sampler,
    scenario: ScenarioFile,
    index: int,
    right: SampledRight,
    groups: list[RequestGroup],
    group_of: list[IntArray],
) -> IntArray:
    """Sample how long the holder takes to answer each request, before they are put in order; 0 if it is not asked."""
    window = scenario.rights[right.name].window
    covered = np.array([index in group.rights and right.answers_first for group in groups], dtype=bool)
    parts = [np.empty(0, dtype=np.int64)]
    for name, group in zip(scenario.demand, group_of, strict=True):
        asked = covered[group]
        if asked.any():
            drawn = draws.variates(f"rights.{right.name}.window/{name}", window, len(group))
            parts.append(np.where(asked, np.maximum(round_array_half_up(drawn), 0), 0))
        else:
            parts.append(np.zeros(len(group), dtype=np.int64))
    return np.concatenate(parts)


def _sample_supply(draws: Sampler, name: str, s: Supply, calendar: Calendar) -> SampledSupply:
    path = f"supplies.{name}"
    arrives: list[tuple[int, int]] = []
    if isinstance(s.arrives, DatedArrivals):
        for date, distribution in s.arrives.amounts:
            amount = draws.draw_once(f"{path}.arrives.{date:%Y-%m-%d}", distribution)
            arrives.append((calendar.since_start(date), max(0, round_half_up(amount))))
    elif s.arrives is not None:
        gaps = draws.endless_variates(f"{path}.arrives.every", s.arrives.every)
        amounts = draws.endless_variates(f"{path}.arrives.amount", s.arrives.amount)
        at = calendar.sample_date(draws, f"{path}.arrives.from", s.arrives.from_)
        while at < calendar.end:
            arrives.append((at, max(0, round_half_up(next(amounts)))))
            at += max(1, round_half_up(next(gaps)))
    initial = max(0, round_half_up(draws.draw_once(f"{path}.initial", s.initial)))
    return SampledSupply(name, s.returned, initial, tuple(arrives))


def _sample_site(draws: Sampler, name: str, s: Site) -> SampledSite:
    outages = None
    if s.outages is not None:
        path = f"sites.{name}.outages"
        outages = SampledOutages(
            every=EndlessVariates(draws, f"{path}.every", s.outages.every),
            lasts=EndlessVariates(draws, f"{path}.lasts", s.outages.lasts),
            takes=EndlessVariates(draws, f"{path}.takes", s.outages.takes),
            takes_share=s.outages.takes.dimension == "share",
        )
    return SampledSite(
        name, max(0, round_half_up(draws.draw_once(f"sites.{name}.online", s.online))), s.hardware, outages
    )


def _sample_contracts(
    draws: Sampler, scenario: ScenarioFile, calendar: Calendar, providers: dict[str, int]
) -> list[SampledContract]:
    contracts, streams = [], list(scenario.demand)
    for name, c in scenario.contracts.items():
        path = f"contracts.{name}"
        begins = 0 if c.from_ is None else calendar.sample_date(draws, f"{path}.from", c.from_)
        ends = calendar.end if c.until is None else calendar.sample_date(draws, f"{path}.until", c.until)
        if c.take_or_pay is not None:
            amounts = [(begins, draws.draw_once(f"{path}.take_or_pay", c.take_or_pay))]
        else:
            amounts = [
                (calendar.since_start(at), draws.draw_once(f"{path}.schedule.{at:%Y-%m-%d}", money))
                for at, money in c.schedule or ()
            ]
        next_dates = [*(at for at, _ in amounts[1:]), ends]
        contracts.append(
            SampledContract(
                name=name,
                customer=c.customer,
                provider=providers[c.provider],
                dues=tuple((at, until, usd) for (at, usd), until in zip(amounts, next_dates, strict=True)),
                streams=tuple(map(streams.index, c.counts or streams)),
                late_counts=c.late_counts,
                settled_yearly=c.settled == "yearly",
            )
        )
    return contracts
