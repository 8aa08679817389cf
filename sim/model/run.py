"""One run: a replication of a scenario, played to its end, as columns of whole numbers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import simpy

from sim.model.arrays import Ints
from sim.model.future import Future
from sim.model.ledger import BECAME, COMMITTED, DELIVERED, Written, table
from sim.model.market import Market, NotOnline
from sim.model.own import Answer, Policy
from sim.model.rules import NEVER
from sim.model.sampling import future
from sim.model.world import News, World
from sim.scenario.faults import Fault, ScenarioError
from sim.scenario.schema import ScenarioFile

if TYPE_CHECKING:
    from sim.model.compiled.market import Market as Compiled

Engine = Literal["simpy", "compiled"]
"""The clock of the market."""
NO_TIME = NEVER
"""Stands in a column of times for a time that there is not."""


@dataclass
class Columns:
    """One table as columns of equal length; -1 stands for no number of a request, NEVER for no time."""

    columns: dict[str, Ints] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Ints:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


@dataclass
class Run:
    """What came of one replication.

    `requests` holds what became of each request, beside what `future.requests` says that was asked; the other
    tables are in the order of the design: by time, request, order made. Times are in microseconds since the
    start, powers in kW; streams, providers, sites, rights and buildings are numbered as in the future.
    """

    replication: int
    future: Future
    requests: Columns
    commitments: Columns
    releases: Columns
    deliveries: Columns
    buildings: Columns


def play(
    scenario: ScenarioFile,
    seed: int,
    replication: int,
    policy: Policy | None = None,
    answer: Answer | None = None,
    engine: Engine = "simpy",
    watch: Callable[[Market], None] | None = None,
) -> Run:
    """What happens in this replication of a scenario?

    `watch` is shown the market on SimPy's clock before it begins, to look on while it plays.
    Raises ScenarioError where the drawn numbers cannot be: more in place at a site than is online there.
    """
    drawn = future(scenario, seed, replication)
    try:
        return played(drawn, replication, policy, answer, engine, watch)
    except NotOnline as error:
        site = drawn.sites[error.site].name
        raise ScenarioError(
            [
                Fault(
                    file=str(scenario.path),
                    line=0,
                    key=f"sites.{site}.online",
                    value=f"{error.online_kw / 1000:g} MW",
                    message=f"is less than the {error.in_place_kw / 1000:g} MW that are in place there"
                    f" at the start (replication {replication})",
                    remedy="write more, or less in place",
                )
            ]
        ) from None


def played(
    drawn: Future,
    replication: int = 0,
    policy: Policy | None = None,
    answer: Answer | None = None,
    engine: Engine = "simpy",
    watch: Callable[[Market], None] | None = None,
) -> Run:
    """Play a future to its end. Raises NotCompiled for a function that the compiled clock cannot take."""
    dates = [(p.begins, p.online, p.cancelled, p.retired) for p in drawn.projects]
    env = simpy.Environment(initial_time=min([0, *(at for of in dates for at in of if at is not None)]))
    market = _market(engine)(env, drawn, policy, answer)
    market.world = World(env, drawn, market.wake)
    if watch is not None:
        assert isinstance(market, Market), "only the market on SimPy's clock can be looked on at"
        watch(market)
    market.play()
    return gathered(market, replication)


def _market(engine: Engine) -> "type[Market] | type[Compiled]":
    """The market on a clock."""
    if engine == "simpy":
        return Market
    from sim.model.compiled.market import Market as Compiled

    return Compiled


class Played(Protocol):
    """A market that has been played, on either clock."""

    future: Future
    told: list[tuple[int, News]]

    def written(self) -> Written:
        """What it has written down."""


def gathered(market: Played, replication: int) -> Run:
    """The tables of a market that has been played."""
    written, future = market.written(), market.future
    made, delivered = written.commitments, written.deliveries
    by_start = in_order(delivered["start"], delivered["request"], delivered["commitment"])
    deliveries = Columns({name: delivered[name][by_start] for name in DELIVERED[1:]})
    by_committed = in_order(made["committed"], made["request"])
    released = written.releases
    releases = {
        name: made[name][released["commitment"]] for name in ("request", "stream", "provider", "site")
    }
    releases |= {name: released[name] for name in ("kw", "at", "why")}
    by_release = in_order(releases["at"], releases["request"])
    told = [(n.site, n.project, at, n.event, n.date, n.kw) for at, n in market.told]
    return Run(
        replication=replication,
        future=future,
        requests=_requests(written.requests, future, deliveries),
        commitments=Columns({name: made[name][by_committed] for name in COMMITTED}),
        releases=Columns({name: column[by_release] for name, column in releases.items()}),
        deliveries=deliveries,
        buildings=Columns(table(told, "site", "project", "at", "event", "date", "kw")),
    )


def in_order(*keys: Ints) -> Ints | slice:
    """The order of rows by their keys, then as made: all of them as they stand, if they are in order."""
    ahead = np.zeros(max(len(keys[0]) - 1, 0), dtype=bool)
    for key in reversed(keys):
        ahead = (key[1:] < key[:-1]) | ((key[1:] == key[:-1]) & ahead)
    return np.lexsort(keys[::-1]) if ahead.any() else slice(None)


def _requests(became: dict[str, Ints], future: Future, deliveries: Columns) -> Columns:
    """What became of each request."""
    size, lost = future.requests.size_kw, became["lost"]
    delivered = size - became["undelivered"] - lost
    first = np.full(len(size), NO_TIME, dtype=np.int64)
    last = first.copy()
    asked = deliveries["request"] >= 0
    request, start = deliveries["request"], deliveries["start"]
    if not asked.all():
        request, start = request[asked], start[asked]
    first[request[::-1]] = start[::-1]
    last[request] = start
    last[delivered < size] = NO_TIME
    gave_up, whole = lost > 0, delivered == size
    status = np.where(whole, 0, np.where(~gave_up, 1, np.where(delivered > 0, 2, 3)))
    return Columns(
        {
            **{name: became[name] for name in BECAME[3:]},
            "committed_kw": np.where(gave_up, delivered, size - became["uncommitted"]),
            "delivered_kw": delivered,
            "lost_kw": lost,
            "first_delivery": first,
            "full_delivery": last,
            "status": status,
        }
    )


STATUSES = ("served", "waiting", "part served", "lost")
