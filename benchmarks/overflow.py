"""How fast is the market on SimPy's clock? Against idiomatic SimPy, in one alternating run.

The workload: ordered overflow over four pools of 40, 20, 20 and 0 units, ten buildings of 4 units that come
online in the last, one waiting list, first come first served; 100 arrivals per mean term. Every peer gets the
same arrivals, and must serve each request at the same time from the same pool before a time is printed.

`uv run python benchmarks/overflow.py [REQUESTS] [ROUNDS]` prints the table.
"""

import sys
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime

import numpy as np
import numpy.typing as npt
import simpy

from sim.model.future import Campus, Future, Group, Project, Requests, Seller
from sim.model.rules import ANYWHERE, NEVER
from sim.model.run import played
from sim.model.time import Calendar

POOLS = (40, 20, 20, 0)
BUILDINGS, UNITS = 10, 4
MEAN_TERM = 1_000_000
Served = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""When each request begins to be served, and by which pool."""


class Workload:
    """Arrivals and terms, and when the buildings come online."""

    def __init__(self, n: int, seed: int = 1) -> None:
        draw = np.random.default_rng(seed)
        self.asked = np.cumsum(draw.exponential(MEAN_TERM / 100, n)).astype(np.int64) + np.arange(n)
        self.term = draw.exponential(MEAN_TERM, n).astype(np.int64) + 1
        self.online = [2 * MEAN_TERM * (k + 1) + 1 for k in range(BUILDINGS)]
        self.end = int(self.asked[-1] + 60 * MEAN_TERM)


def idiomatic(work: Workload) -> Served:
    """A process for each request, which asks every pool (a Resource) and takes the first that is free."""
    env = simpy.Environment()
    pools = [simpy.Resource(env, max(units, 1)) for units in POOLS]
    for pool, units in zip(pools, POOLS, strict=True):
        pool._capacity = units
    start, by = np.zeros(len(work.asked), np.int64), np.zeros(len(work.asked), np.int64)

    def request(i: int, term: int):
        asks = [pool.request() for pool in pools]
        yield env.any_of(asks)
        mine = next(k for k, ask in enumerate(asks) if ask.triggered)
        for k, ask in enumerate(asks):
            if k != mine:
                pools[k].release(ask) if ask.triggered else ask.cancel()
        start[i], by[i] = env.now, mine
        yield env.timeout(term)
        pools[mine].release(asks[mine])

    def arrivals():
        for i, (at, term) in enumerate(zip(work.asked.tolist(), work.term.tolist(), strict=True)):
            yield env.timeout(at - env.now)
            env.process(request(i, term))

    def buildings():
        for at in work.online:
            yield env.timeout(at - env.now)
            pools[-1]._capacity += UNITS
            for _ in range(UNITS):  # SimPy serves one of the waiting at a time
                pools[-1]._trigger_put(None)

    env.process(arrivals())
    env.process(buildings())
    env.run()
    return start, by


def with_one_list(work: Workload) -> Served:
    """A process for each request; counts in place of Resources, and one waiting list of events (hand-tuned)."""
    env = simpy.Environment()
    free = list(POOLS)
    waiting: deque[simpy.Event] = deque()
    start, by = np.zeros(len(work.asked), np.int64), np.zeros(len(work.asked), np.int64)

    def request(i: int, term: int):
        mine = next((k for k, units in enumerate(free) if units), None)
        if mine is None:
            turn = env.event()
            waiting.append(turn)
            mine = yield turn
        else:
            free[mine] -= 1
        start[i], by[i] = env.now, mine
        yield env.timeout(term)
        give(mine)

    def give(k: int) -> None:
        if waiting:
            waiting.popleft().succeed(k)
        else:
            free[k] += 1

    def arrivals():
        for i, (at, term) in enumerate(zip(work.asked.tolist(), work.term.tolist(), strict=True)):
            yield env.timeout(at - env.now)
            env.process(request(i, term))

    def buildings():
        for at in work.online:
            yield env.timeout(at - env.now)
            for _ in range(UNITS):
                give(len(POOLS) - 1)

    env.process(arrivals())
    env.process(buildings())
    env.run()
    return start, by


def future(work: Workload) -> Future:
    """The workload as a future of ours."""
    n = len(work.asked)
    ones = np.ones(n, dtype=np.int64)
    return Future(
        calendar=Calendar(datetime(2025, 1, 1), work.end),
        streams=["all"],
        customers=["everybody"],
        groups=[Group(0, "everybody", None, None, ANYWHERE, 0, -1, (), (), tuple(range(len(POOLS))))],
        requests=Requests(
            group=0 * ones,
            number=np.arange(n),
            deal=[None] * n,
            asked=work.asked,
            wanted=work.asked,
            gives_up=NEVER * ones,
            size_kw=ones,
            block_kw=ones,
            term=work.term,
            draw=np.zeros(n),
            windows=[],
        ),
        in_place=[],
        providers=[Seller(f"pool {k}", (k,), 0, 0, None, None) for k in range(len(POOLS))],
        rights=[],
        policy="in order",
        bypass=True,
        sites=[Campus(f"pool {k}", units, None, None) for k, units in enumerate(POOLS)],
        projects=[
            Project(
                site=len(POOLS) - 1,
                name=f"building {k}",
                kw=UNITS,
                planned=at,
                review=MEAN_TERM,
                online=at,
                stages=(),
                medians=0,
                begins=None,
                after=(),
                later=0,
                trigger=None,
                cancelled=None,
                retired=None,
                capex=0.0,
                hardware=None,
            )
            for k, at in enumerate(work.online)
        ],
        watches=[],
        supplies=[],
        contracts=[],
        density={},
    )


def ours(work: Workload) -> Served:
    """The market on SimPy's clock, with all its rules, to tables in columns."""
    run = played(future(work))
    order = np.argsort(run.deliveries["request"])
    return run.deliveries["start"][order], run.deliveries["provider"][order]


PEERS: dict[str, Callable[[Workload], Served]] = {
    "idiomatic SimPy (a process and a Resource per request)": idiomatic,
    "hand-tuned SimPy (a process per request, one list)": with_one_list,
    "rofr on SimPy's clock": ours,
}


def main(requests: int = 100_000, rounds: int = 5) -> None:
    """Print the table: the best of some rounds, the peers one after the other in each."""
    work = Workload(requests)
    results = {name: peer(work) for name, peer in PEERS.items()}
    first = results["rofr on SimPy's clock"]
    for name, found in results.items():
        for mine, theirs in zip(first, found, strict=True):
            differ = np.flatnonzero(mine != theirs)
            assert not len(differ), f"{name} serves request {differ[0]} and {len(differ) - 1} more otherwise"
    best = dict.fromkeys(PEERS, float("inf"))
    for _ in range(rounds):
        for name, peer in PEERS.items():
            began = time.process_time()
            peer(work)
            best[name] = min(best[name], time.process_time() - began)
    slowest = best["idiomatic SimPy (a process and a Resource per request)"]
    print(f"{requests:,} requests, best of {rounds} alternating rounds, processor time\n")
    print(f"| {'peer':55} | us a request | times idiomatic |\n|{'-' * 57}|-------------:|----------------:|")
    for name, seconds in best.items():
        print(f"| {name:55} | {seconds / requests * 1e6:12.2f} | {slowest / seconds:15.1f} |")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
