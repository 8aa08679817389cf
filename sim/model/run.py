"""One run: a replication of a scenario, played to its end, as tables of whole numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import simpy

from sim.model.arrays import IntArray
from sim.model.arrivals import OverdueDealError
from sim.model.callbacks import UserAnswer, UserPolicy
from sim.model.capacity_events import CapacityEvent
from sim.model.ledger import (
    ANSWER_COLUMNS,
    COMMITMENT_COLUMNS,
    DELIVERY_PLACE_COLUMNS,
    LedgerTables,
    to_columns,
)
from sim.model.market import ExceedsOnlineError, Market
from sim.model.outcomes import RequestStatus
from sim.model.random_streams import DrawError
from sim.model.rules import NEVER
from sim.model.sampled_inputs import SampledInputs
from sim.model.sampling import sample_inputs
from sim.model.world import World
from sim.scenario.demand import OVERDUE_MESSAGE, OVERDUE_REMEDY
from sim.scenario.faults import Complaint, Fault, ScenarioError
from sim.scenario.schema import ScenarioFile
from sim.scenario.yaml_reader import fault_at

if TYPE_CHECKING:
    from sim.model.compiled.market import Market as Compiled

Engine = Literal["simpy", "compiled"]
"""The clock of the market."""


@dataclass
class ColumnTable:
    """One table as columns of equal length; -1 stands for no number of a request, NEVER for no time."""

    columns: dict[str, IntArray] = field(default_factory=dict)

    def __getitem__(self, name: str) -> IntArray:
        return self.columns[name]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


@dataclass
class Run:
    """The outcome of one replication.

    `requests` holds what became of each request, beside what `inputs.requests` says that was asked; the other
    tables are in the order of the design: by time, request, order made. Times are in microseconds since the
    start, powers in kW; streams, providers, sites, rights and buildings are numbered as in the inputs.
    """

    replication: int
    inputs: SampledInputs
    requests: ColumnTable
    commitments: ColumnTable
    releases: ColumnTable
    deliveries: ColumnTable
    buildings: ColumnTable


def play(
    scenario: ScenarioFile,
    seed: int,
    replication: int,
    policy: UserPolicy | None = None,
    answer: UserAnswer | None = None,
    engine: Engine = "simpy",
    observe: Callable[[Market], None] | None = None,
) -> Run:
    """Play a replication of a scenario.

    `observe` is given the market on SimPy's clock before it begins, to look on while it plays.
    Raises ScenarioError where the drawn numbers cannot be: beyond what can be simulated, a deal that had given up
    before the start, or more in place at a site than is online there.
    """
    try:
        inputs = sample_inputs(scenario, seed, replication)
        return play_inputs(inputs, replication, policy, answer, engine, observe)
    except DrawError as error:
        raise _draw_fault(scenario, error) from None
    except OverdueDealError as error:
        message = f"{OVERDUE_MESSAGE} (replication {replication})"
        complaint = Complaint(message, OVERDUE_REMEDY, None, tuple(error.path.split(".")))
        raise ScenarioError([fault_at(complaint, scenario.node_at(()))]) from None
    except ExceedsOnlineError as error:
        site = inputs.sites[error.site].name
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


def _draw_fault(scenario: ScenarioFile, error: DrawError) -> ScenarioError:
    """The error of a draw beyond what can be simulated, at the line of its law."""
    path = tuple(error.path.split("."))
    match path:
        # Windows have draws for each stream of requests, and what is in place has its own of the term of its stream.
        case ("rights", name, last):
            path = ("rights", name, last.partition("/")[0])
        case ("demand", name, "in_place", _, "term"):
            path = ("demand", name, "term")
    message = f"{error.reason} in replication {error.replication}, beyond what can be simulated"
    complaint = Complaint(message, "write a narrower law, or smaller numbers", error.value, path)
    return ScenarioError([fault_at(complaint, scenario.node_at(()))])


def play_inputs(
    inputs: SampledInputs,
    replication: int = 0,
    policy: UserPolicy | None = None,
    answer: UserAnswer | None = None,
    engine: Engine = "simpy",
    observe: Callable[[Market], None] | None = None,
) -> Run:
    """Play sampled inputs to their end. Raises NotCompilableError for a function that cannot be compiled."""
    dates = [(b.begins, b.comes_online, b.cancelled, b.retired) for b in inputs.buildings]
    # Buildings may begin before the start, so that the clock begins with the first of them.
    first = min([0, *(at for each in dates for at in each if at is not None)])
    env = simpy.Environment(initial_time=first)
    market = _market_class(engine)(env, inputs, policy, answer)
    market.world = World(env, inputs, market.wake)
    if observe is not None:
        assert isinstance(market, Market), "only the market on SimPy's clock can be looked on at"
        observe(market)
    market.play()
    return collect_run(market, replication)


def _compiled_market() -> "type[Compiled]":
    # Imported only here, so that numba is loaded only where the compiled clock plays.
    from sim.model.compiled.market import Market as Compiled

    return Compiled


_MARKETS: Mapping[Engine, Callable[[], "type[Market] | type[Compiled]"]] = {
    "simpy": lambda: Market,
    "compiled": _compiled_market,
}


def _market_class(engine: Engine) -> "type[Market] | type[Compiled]":
    """The market on a clock. Raises ValueError for a clock that there is not."""
    if engine not in _MARKETS:
        raise ValueError(f"there is no engine {engine!r}; write one of {', '.join(_MARKETS)}")
    return _MARKETS[engine]()


class PlayedMarket(Protocol):
    """A market that has been played, on either clock."""

    inputs: SampledInputs
    events: list[tuple[int, CapacityEvent]]

    def ledger_tables(self) -> LedgerTables:
        """The rows that it has written, as columns."""


def collect_run(market: PlayedMarket, replication: int) -> Run:
    """The tables of a market that has been played."""
    tables, inputs = market.ledger_tables(), market.inputs
    commitments, delivered = tables.commitments, tables.deliveries
    by_start = row_order(delivered["start"], delivered["request"], delivered["commitment"])
    deliveries = ColumnTable({name: delivered[name][by_start] for name in DELIVERY_PLACE_COLUMNS})
    by_committed = row_order(commitments["committed"], commitments["request"])
    released = tables.releases
    releases = {
        name: commitments[name][released["commitment"]]
        for name in ("request", "stream", "provider", "site", "promised")
    }
    releases |= {name: released[name] for name in ("kw", "at", "why")}
    by_release = row_order(releases["at"], releases["request"])
    events = [(e.site, e.building, at, e.kind, e.date, e.kw) for at, e in market.events]
    return Run(
        replication=replication,
        inputs=inputs,
        requests=_request_outcomes(tables.requests, inputs, deliveries),
        commitments=ColumnTable({name: commitments[name][by_committed] for name in COMMITMENT_COLUMNS}),
        releases=ColumnTable({name: column[by_release] for name, column in releases.items()}),
        deliveries=deliveries,
        buildings=ColumnTable(to_columns(events, "site", "project", "at", "event", "date", "kw")),
    )


def row_order(*keys: IntArray) -> IntArray | slice:
    """The order of rows by their keys, then as they stand; a slice of all where they are in order, which is cheap."""
    ahead = np.zeros(max(len(keys[0]) - 1, 0), dtype=bool)
    for key in reversed(keys):
        ahead = (key[1:] < key[:-1]) | ((key[1:] == key[:-1]) & ahead)
    return np.lexsort(keys[::-1]) if ahead.any() else slice(None)


def _request_outcomes(
    outcomes: dict[str, IntArray], inputs: SampledInputs, deliveries: ColumnTable
) -> ColumnTable:
    """What became of each request."""
    size, lost = inputs.requests.size_kw, outcomes["lost"]
    delivered = size - outcomes["undelivered"] - lost
    first = np.full(len(size), NEVER, dtype=np.int64)
    last = first.copy()
    asked = deliveries["request"] >= 0
    request, start = deliveries["request"], deliveries["start"]
    if not asked.all():
        request, start = request[asked], start[asked]
    first[request[::-1]] = start[::-1]
    last[request] = start
    last[delivered < size] = NEVER
    status = np.select(
        [delivered == size, lost == 0, delivered > 0],
        [RequestStatus.SERVED, RequestStatus.WAITING, RequestStatus.PART_SERVED],
        RequestStatus.LOST,
    )
    return ColumnTable(
        {
            **{name: outcomes[name] for name in ANSWER_COLUMNS},
            "committed_kw": np.where(lost > 0, delivered, size - outcomes["uncommitted"]),
            "delivered_kw": delivered,
            "lost_kw": lost,
            "first_delivery": first,
            "full_delivery": last,
            "status": status,
        }
    )
