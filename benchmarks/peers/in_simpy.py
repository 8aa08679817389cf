"""The workload in SimPy: as its documentation would have it, and tuned by hand."""

from collections import deque
from collections.abc import Callable, Generator

import numpy as np
import simpy

from peers.workload import Frames, Workload, served

Process = Generator[simpy.Event, int, None]


def idiomatic(work: Workload) -> Frames:
    """A process for each request, which asks every pool and takes the first in order that serves it.

    A pool is a Container, since a Resource serves one unit at a time and cannot grow; where a request wants
    one unit, Resources take the same time.
    """
    env = simpy.Environment()
    pools = [simpy.Container(env, init=units) for units in work.pools]
    start, by = [0] * len(work), [0] * len(work)

    def request(i: int, term: int, size: int) -> Process:
        asks = [pool.get(size) for pool in pools]
        yield env.any_of(asks)
        mine = next(k for k, ask in enumerate(asks) if ask.triggered)
        for k, ask in enumerate(asks):
            if k != mine:
                pools[k].put(size) if ask.triggered else ask.cancel()
                pools[k]._trigger_get(
                    None
                )  # at once, so that who is next in line knows all before it chooses
        start[i], by[i] = env.now, mine
        yield env.timeout(term)
        pools[mine].put(size)

    _run(env, work, request, pools[-1].put)
    return served(work, np.array(start), np.array(by))


def by_hand(work: Workload) -> Frames:
    """A process for each request; counts in place of Containers, and one waiting list of events."""
    env = simpy.Environment()
    free = list(work.pools)
    waiting: deque[tuple[simpy.Event, int]] = deque()
    start, by = [0] * len(work), [0] * len(work)

    def room_for(size: int) -> int | None:
        for k, units in enumerate(free):
            if units >= size:
                return k
        return None

    def request(i: int, term: int, size: int) -> Process:
        mine = None if waiting else room_for(size)
        if mine is None:
            turn = env.event()
            waiting.append((turn, size))
            mine = yield turn
        else:
            free[mine] -= size
        start[i], by[i] = env.now, mine
        yield env.timeout(term)
        give(mine, size)

    def give(k: int, units: int) -> None:
        free[k] += units
        while waiting:
            turn, size = waiting[0]
            mine = room_for(size)
            if mine is None:
                break
            waiting.popleft()
            free[mine] -= size
            turn.succeed(mine)

    _run(env, work, request, lambda units: give(len(free) - 1, units))
    return served(work, np.array(start), np.array(by))


def _run(
    env: simpy.Environment,
    work: Workload,
    request: Callable[[int, int, int], Process],
    come_online: Callable[[int], object],
) -> None:
    """Let the requests come and the buildings come online."""

    def arrivals() -> Process:
        columns = (work.asked.tolist(), work.term.tolist(), work.size.tolist())
        for i, (at, term, size) in enumerate(zip(*columns, strict=True)):
            yield env.timeout(at - env.now)
            env.process(request(i, term, size))

    def buildings() -> Process:
        for at in work.online:
            yield env.timeout(at - env.now)
            come_online(work.building)

    env.process(arrivals())
    env.process(buildings())
    env.run()
