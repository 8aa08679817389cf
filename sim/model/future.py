"""One replication of a scenario, drawn whole before the clock starts: the numbers that a market is played with."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.model.arrays import Ints
from sim.model.demand import InPlace
from sim.model.rules import NEVER
from sim.model.time import Calendar


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


class Needed(NamedTuple):
    """What a phase takes of a supply, in whole units of it."""

    supply: int
    amount: int


class Stage(NamedTuple):
    """A phase of a building in one replication; all the returned supplies come first in `needs`."""

    takes: int
    needs: tuple[Needed, ...]


class Project(NamedTuple):
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

    def within_reach(self, site: int, date: int) -> list[int]:
        """From when on may each that sells from a site sell what is planned there for a date?"""
        if date == NEVER:
            return []
        return [date - seller.presells for seller in self.providers if site in seller.sites]

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
