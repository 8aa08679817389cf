"""The sampled inputs of one replication: all numbers that a market is played with, drawn before the clock starts.

Times are in microseconds since the start, powers in kW, shares in millionths, if nothing else is said; sites,
providers, rights, streams and buildings go by their numbers in file order.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sim.model.arrays import FloatArray, IntArray
from sim.model.calendar import Calendar
from sim.model.rules import MILLION, NEVER, SITE_POLICY_CODES, SOONEST


@dataclass(frozen=True)
class SampledProvider:
    """A provider in one replication. Prices and costs in $ per kW and day.

    `appetite` is in millionths, by class (None: of every other class), or None where the provider states none.
    """

    name: str
    sites: tuple[int, ...]
    presells: int
    keeps_back: int
    price: float | None
    cost: float | None
    site_policy: str = "soonest"
    appetite: Mapping[str | None, int] | None = None


@dataclass(frozen=True)
class SampledRight:
    """A right in one replication. Times in microseconds, shares in millionths.

    `appetite` is by class, or None where the holder's own counts.
    """

    name: str
    holder: int
    is_exclusive: bool
    answers_first: bool
    customer: str | None
    classes: frozenset[str] | None
    begins: int
    ends: int
    appetite: Mapping[str | None, int] | None
    max_utilization: int
    max_delay: int
    partial: bool
    holds_capacity: bool

    def covers(self, customer: str, class_: str | None, only: frozenset[int] | None) -> bool:
        """Whether a request of this customer and class is under the right, in force or not."""
        return (
            (self.customer is None or self.customer == customer)
            and (self.classes is None or class_ in self.classes)
            and (only is None or self.holder in only)
        )


def appetite_for(appetite: Mapping[str | None, int] | None, class_: str | None) -> int:
    """The appetite for a class, in millionths; the whole for a class that is left out, or where none is stated."""
    return MILLION if appetite is None else appetite.get(class_, appetite.get(None, MILLION))


def right_appetite(
    right: SampledRight, providers: Sequence[SampledProvider], class_: str | None, own_provider: int
) -> int:
    """The appetite of a holder while its right decides, in millionths: the right's, else its own; its own demand
    it always wants.
    """
    if right.holder == own_provider:
        return MILLION
    own = providers[right.holder].appetite
    return appetite_for(own if right.appetite is None else right.appetite, class_)


def provider_appetites(
    providers: Sequence[SampledProvider], class_: str | None, own_provider: int
) -> tuple[int, ...]:
    """The appetite of each provider, in millionths; its own demand it always wants."""
    return tuple(
        MILLION if p == own_provider else appetite_for(provider.appetite, class_)
        for p, provider in enumerate(providers)
    )


@dataclass(frozen=True)
class RequestGroup:
    """Requests that the rules treat alike: one stream, customer, class and priority.

    `rights` are those that cover it, and `appetite` is that of the holder of each while it decides;
    `provider_appetite` is that of every provider else; `overflow_order` are the providers that may be asked, in
    their order; `own_provider` is the one whose own demand it is, or -1.
    """

    stream: int
    customer: str
    class_: str | None
    only: tuple[int, ...] | None
    split: int
    priority: int
    own_provider: int
    rights: tuple[int, ...]
    appetite: tuple[int, ...]
    provider_appetite: tuple[int, ...]
    overflow_order: tuple[int, ...]


@dataclass(frozen=True)
class SampledRequests:
    """All requests of a replication in the order of their numbers; every array is `(n_requests,)`.

    `appetite_draws` holds, by provider, the draw for each request of those whose appetite may be asked for;
    `windows` for each right the time that its holder takes to answer each request.
    """

    group: IntArray
    number: IntArray
    deal: list[str | None]
    asked: IntArray
    wanted: IntArray
    gives_up: IntArray
    size_kw: IntArray
    block_kw: IntArray
    term: IntArray
    appetite_draws: dict[int, FloatArray]
    windows: list[IntArray]

    def __len__(self) -> int:
        return len(self.asked)


class SampledNeed(NamedTuple):
    """What a phase takes of a supply, in whole units of it."""

    supply: int
    amount: int


class SampledPhase(NamedTuple):
    """A phase of a building in one replication; all the returned supplies come first in `needs`."""

    takes: int
    needs: tuple[SampledNeed, ...]


class SampledBuilding(NamedTuple):
    """A building in one replication. Times in microseconds since the start.

    Either `comes_online` states when it comes online, or it runs through `phases` from its begin: on the date
    `begins`, some time (`begin_delay`) after all of `after` are online, or on the `trigger` of its group.
    """

    site: int
    name: str
    kw: int
    planned: int | None
    review: int
    comes_online: int | None
    phases: tuple[SampledPhase, ...]
    median_work: int
    begins: int | None
    after: tuple[int, ...]
    begin_delay: int
    trigger: int | None
    cancelled: int | None
    retired: int | None
    capex: float
    hardware: str | None


@dataclass(frozen=True)
class SampledTrigger:
    """A trigger: the buildings that begin, one by one, when more than `share` of a site is committed."""

    site: int
    share: int
    buildings: tuple[int, ...]


@dataclass(frozen=True)
class SampledSupply:
    """A supply in one replication: what is there at first, and what arrives as (time, amount)."""

    name: str
    returned: bool
    initial: int
    arrives: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class SampledOutages:
    """The outages of a site: the time to the next, how long it lasts, and what it takes (kW, or millionths)."""

    every: Iterable[float]
    lasts: Iterable[float]
    takes: Iterable[float]
    takes_share: bool


@dataclass(frozen=True)
class SampledSite:
    """A site in one replication."""

    name: str
    online_kw: int
    hardware: str | None
    outages: SampledOutages | None


@dataclass(frozen=True)
class SampledContract:
    """A contract in one replication: money promised whatever is used.

    `dues` are (begin, end, $) in order, each of which falls due evenly; `streams` are those whose use counts.
    """

    name: str
    customer: str
    provider: int
    dues: tuple[tuple[int, int, float], ...]
    streams: tuple[int, ...]
    late_counts: bool
    settled_yearly: bool


@dataclass(frozen=True)
class SampledInPlace:
    """kW of a stream that serve at a site when the scenario starts."""

    stream: int
    site: int
    kw: int
    term: int


@dataclass
class SampledInputs:
    """All that one replication is played with."""

    calendar: Calendar
    streams: list[str]
    customers: list[str]
    """The customer of each stream, for whom what it has in place serves."""
    groups: list[RequestGroup]
    requests: SampledRequests
    in_place: list[SampledInPlace]
    providers: list[SampledProvider]
    rights: list[SampledRight]
    overflow_policy: str
    bypass: bool
    moves: bool
    sites: list[SampledSite]
    buildings: list[SampledBuilding]
    triggers: list[SampledTrigger]
    supplies: list[SampledSupply]
    contracts: list[SampledContract]
    h100e_per_it_mw: dict[str, float]
    """H100 equivalents per MW of each hardware that states it."""
    recorded_draws: list[tuple[str, float, str]] = field(default_factory=list)

    def stream_of_request(self) -> IntArray:
        """The stream of each request, as `(n_requests,)`."""
        return np.array([group.stream for group in self.groups], dtype=np.int64)[self.requests.group]

    def presale_openings(self, site: int, date: int) -> list[int]:
        """The times from which on each provider of a site may sell what is planned there for a date."""
        if date == NEVER:
            return []
        return [date - provider.presells for provider in self.providers if site in provider.sites]

    def longest_presales(self) -> list[int]:
        """By site: the longest time ahead that any provider sells there, 0 where none does."""
        return [
            max((provider.presells for provider in self.providers if s in provider.sites), default=0)
            for s in range(len(self.sites))
        ]

    def providers_with_appetite(self) -> list[int]:
        """The providers that state an appetite, or hold a right that states one."""
        by_right = {right.holder for right in self.rights if right.appetite is not None}
        return [
            p for p, provider in enumerate(self.providers) if provider.appetite is not None or p in by_right
        ]

    def ranking_prices(self) -> list[float]:
        """The price of each provider, infinite where it has none, so that it is the dearest."""
        return [math.inf if provider.price is None else provider.price for provider in self.providers]

    def ranks_sites(self) -> list[bool]:
        """By provider: whether its sites are ranked for each placing. Raises KeyError for a policy without a rule."""
        return [
            SITE_POLICY_CODES[provider.site_policy] == SOONEST and len(provider.sites) > 1
            for provider in self.providers
        ]

    def may_decline(self) -> list[bool]:
        """By provider: whether it has an appetite below 100 %."""
        return [min((provider.appetite or {None: MILLION}).values()) < MILLION for provider in self.providers]

    def sites_of_several(self) -> list[int]:
        """The sites of all providers that have several, in their order."""
        return sorted({s for provider in self.providers if len(provider.sites) > 1 for s in provider.sites})

    def may_move(self) -> bool:
        """Whether anything may move: only where some provider has several sites."""
        return self.moves and bool(self.sites_of_several())

    def first_seller(self, site: int) -> int:
        """The first provider in file order that sells from a site."""
        return next(p for p, provider in enumerate(self.providers) if site in provider.sites)

    def all_customers(self) -> list[str]:
        """All customers: those who ask, and those for whom something is in place."""
        in_place = [self.customers[item.stream] for item in self.in_place]
        return list(dict.fromkeys([*(group.customer for group in self.groups), *in_place]))

    def customer_of_request(self) -> IntArray:
        """The number of the customer of each request among `all_customers`, as `(n_requests,)`."""
        numbers = {name: k for k, name in enumerate(self.all_customers())}
        of_group = np.array([numbers[group.customer] for group in self.groups], dtype=np.int64)
        return of_group[self.requests.group]

    def customer_of_row(self, request: IntArray, stream: IntArray) -> IntArray:
        """The number of the customer of rows of kW: of a request, or where that is below 0, in place of a stream."""
        numbers = {name: k for k, name in enumerate(self.all_customers())}
        of_stream = np.array([numbers.get(name, -1) for name in self.customers], dtype=np.int64)
        return np.where(request < 0, of_stream[stream], np.append(self.customer_of_request(), -1)[request])
