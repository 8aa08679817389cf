"""One run: a replication of a scenario, played to its end, as columns of whole numbers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import simpy

from sim.model.future import Future
from sim.model.market import Market, NotOnline
from sim.model.own import Answer, Policy
from sim.model.rules import NEVER
from sim.model.sampling import future
from sim.model.world import World
from sim.scenario.faults import Fault, ScenarioError
from sim.scenario.schema import ScenarioFile

Ints = npt.NDArray[np.int64]
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


WHY = ("gave up", "cancelled", "retired")


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
    """Play a future to its end."""
    dates = [(p.begins, p.online, p.cancelled, p.retired) for p in drawn.projects]
    env = simpy.Environment(initial_time=min([0, *(at for of in dates for at in of if at is not None)]))
    market = Market(env, drawn, policy, answer)
    market.world = World(env, drawn, market.wake)
    if watch is not None:
        watch(market)
    env.run(until=drawn.calendar.end)
    return gathered(market, replication)


def _table(rows: Any, *names: str) -> dict[str, Ints]:
    """Rows of whole numbers as named columns."""
    columns = np.array(rows, dtype=np.int64).reshape(-1, len(names)).T
    return {name: np.ascontiguousarray(column) for name, column in zip(names, columns, strict=True)}


def gathered(market: Market, replication: int) -> Run:
    """The tables of a market that has been played."""
    drawn = market.future
    stream_of = drawn.stream_of_request()
    made = _table(market.ledger.commitments, "request", "provider", "site", "kw", "committed", "promised")
    asked = made["request"] >= 0
    stream = np.zeros(len(asked), dtype=np.int64)
    stream[asked] = stream_of[made["request"][asked]]
    for c, s in market.ledger.stream_in_place.items():
        stream[c] = s
    made["stream"] = stream

    def of(rows: dict[str, Ints], time: str) -> Columns:
        """Rows about commitments, with what is known of each; by time, request, order made."""
        c = rows.pop("commitment")
        columns = {name: made[name][c] for name in ("request", "stream", "provider", "site")} | rows
        made_as = c if time == "start" else np.arange(len(c))
        order = np.lexsort((made_as, columns["request"], columns[time]))
        columns["promised"] = made["promised"][c]
        return Columns({name: column[order] for name, column in columns.items()})

    releases = _table(
        [(c, kw, at, WHY.index(why)) for c, kw, at, why in market.ledger.releases],
        "commitment",
        "kw",
        "at",
        "why",
    )
    deliveries = _deliveries(market, made)
    order = np.lexsort((np.arange(len(made["kw"])), made["request"], made["committed"]))
    names = ("request", "stream", "provider", "site", "kw", "committed", "promised")
    delivered = of(deliveries, "start")
    return Run(
        replication=replication,
        future=drawn,
        requests=_requests(market, delivered),
        commitments=Columns({name: made[name][order] for name in names}),
        releases=of(releases, "at"),
        deliveries=delivered,
        buildings=Columns(
            _table(
                [(n.site, n.project, at, n.event, n.date, n.kw) for at, n in market.told],
                "site",
                "project",
                "at",
                "event",
                "date",
                "kw",
            )
        ),
    )


def _deliveries(market: Market, made: dict[str, Ints]) -> dict[str, Ints]:
    """All deliveries: those that the market wrote down, and what was delivered in the instant of its promise."""
    later = _table(market.ledger.deliveries, "commitment", "kw", "start", "end")
    at_once = np.flatnonzero((made["request"] >= 0) & (made["promised"] == made["committed"]))
    start = made["committed"][at_once]
    term = market.future.requests.term[made["request"][at_once]]
    now = {"commitment": at_once, "kw": made["kw"][at_once], "start": start, "end": start + term}
    return {name: np.concatenate([later[name], now[name]]) for name in later}


def _requests(market: Market, deliveries: Columns) -> Columns:
    """What became of each request."""
    ledger, n = market.ledger, len(market.future.requests)
    size = market.future.requests.size_kw
    uncommitted = np.array(ledger.uncommitted, dtype=np.int64)
    lost = np.array(ledger.lost, dtype=np.int64)
    delivered = size - np.array(ledger.undelivered, dtype=np.int64) - lost
    first = np.full(n, NO_TIME, dtype=np.int64)
    last = np.full(n, NO_TIME, dtype=np.int64)
    asked = deliveries["request"] >= 0
    request, start = deliveries["request"][asked], deliveries["start"][asked]
    np.minimum.at(first, request, start)
    if len(request):
        latest = np.full(n, -1, dtype=np.int64)
        np.maximum.at(latest, request, start)
        full = delivered == size
        last[full] = latest[full]
    right = np.array(ledger.right, dtype=np.int64)
    gave_up = lost > 0
    status = np.where(delivered == size, 0, np.where(~gave_up, 1, np.where(delivered > 0, 2, 3)))
    return Columns(
        {
            "right": right,
            "asked_first": np.array(ledger.asked_first, dtype=np.int64),
            "answered": np.array(ledger.answered, dtype=np.int64),
            "holder_kw": np.array(ledger.holder_kw, dtype=np.int64),
            "first_kw": np.array(ledger.first_kw, dtype=np.int64),
            "reason": np.array(ledger.reason, dtype=np.int64),
            "committed_kw": np.where(gave_up, delivered, size - uncommitted),
            "delivered_kw": delivered,
            "lost_kw": lost,
            "first_delivery": first,
            "full_delivery": last,
            "status": status,
        }
    )


STATUSES = ("served", "waiting", "part served", "lost")
