"""The workload in Cimba Python, whose models numba compiles for an engine in C.

Once as its documentation would have it, a process for each request; and once in events and counts, the fastest
model found. Both record when each request is served, and by which pool, in datasets, which requests enter in
the order of their numbers, since they are served in it.
"""

from functools import cache

import cimba as cb
import numpy as np
from cimba import inputs

from peers.workload import Frames, Ints, Workload, served


class Hall(cb.Model):
    """What both models are given, and what they record."""

    gap: cb.Input[float]
    term: cb.Input[float]
    opens: cb.Input[float]
    n: int = 0
    buildings: int = 0
    building: int = 0
    starts: cb.Dataset
    by: cb.Dataset


class Visit(cb.Model):
    """A request that waits for whichever pool serves it first, and stays for its term."""

    desk: cb.Ref["Desk"]
    term: cb.Param[float]

    @cb.process
    def stay(self) -> None:
        pool = cb.acquire_any(self.desk.pools)
        self.desk.starts.record(cb.now())
        self.desk.by.record(float(pool))
        cb.hold(self.term)
        self.desk.pools[pool].release()


class Desk(Hall):
    """Pools that are Resources; a request takes one unit, which is all that `acquire_any` can take."""

    pools: list[cb.Ref[cb.Resource]]
    first: cb.Resource
    second: cb.Resource
    third: cb.Resource
    last: cb.Resource

    @cb.process
    def arrivals(self) -> None:
        for _ in range(self.n):
            cb.hold(self.gap.next())
            cb.spawn(Visit, desk=self, term=self.term.next())

    @cb.process
    def grow(self) -> None:
        for _ in range(self.buildings):
            cb.hold(self.opens.next())
            self.last.set_capacity(self.last.capacity() + self.building)


class Worker(cb.Model):
    """Whoever serves a request: what it took, and an event to give that back."""

    floor: cb.Ref["Floor"]
    me: int = 0
    pool: cb.Param[int] = 0
    kw: cb.Param[int] = 0

    @cb.event
    def finish(self) -> None:
        floor = self.floor
        floor.room[self.pool] += self.kw
        floor.idle[floor.idlers] = self.me
        floor.idlers += 1
        floor.place()


class Floor(Hall):
    """Pools that are counts; who waits are the requests from `turn` on, of which the first wants `wants`."""

    size: cb.Input[int]
    room: cb.Array[int]
    idle: cb.Array[int]
    workers: list[Worker]
    idlers: cb.Param[int] = 0
    asked: cb.Param[int] = 0
    turn: cb.Param[int] = 0
    wants: cb.Param[int] = 0
    online: cb.Param[int] = 0

    @cb.function
    def place(self) -> None:
        while self.turn < self.asked:
            if self.wants == 0:
                self.wants = self.size.next()
            pool = 0
            while pool < len(self.room) and self.room[pool] < self.wants:
                pool += 1
            if pool == len(self.room):
                return
            self.room[pool] -= self.wants
            self.starts.record(cb.now())
            self.by.record(float(pool))
            self.idlers -= 1
            worker = self.workers[self.idle[self.idlers]]
            worker.pool = pool
            worker.kw = self.wants
            cb.schedule(worker.finish, self.term.next())
            self.wants = 0
            self.turn += 1

    @cb.event
    def arrive(self) -> None:
        self.asked += 1
        self.place()
        if self.asked < self.n:
            cb.schedule(self.arrive, self.gap.next())

    @cb.event
    def grow(self) -> None:
        self.room[len(self.room) - 1] += self.building
        self.place()
        self.online += 1
        if self.online < self.buildings:
            cb.schedule(self.grow, self.opens.next())

    @cb.on_start
    def begin(self) -> None:
        cb.schedule(self.arrive, self.gap.next())
        cb.schedule(self.grow, self.opens.next())


@cache
def desk(pools: tuple[int, ...]) -> Desk:
    """A hall of Resources; made once, since making a model is slow and not what is measured."""
    made = Desk()
    made.first, made.second, made.third, made.last = (cb.Resource(capacity=units) for units in pools)
    made.pools = [made.first, made.second, made.third, made.last]
    return made


@cache
def floor(pools: tuple[int, ...], most: int) -> Floor:
    """A hall of counts, with a worker for each unit that there will ever be; made once."""
    made = Floor()
    made.room = cb.Array(list(pools))
    made.idle, made.idlers = cb.Array(list(range(most))), most
    made.workers = [Worker() for _ in range(most)]
    for k, worker in enumerate(made.workers):
        worker.floor, worker.me = made, k
    return made


def processes(work: Workload) -> Frames:
    """A process for each request, which waits for any of the pools."""
    return _run(desk(work.pools), work)


def events(work: Workload) -> Frames:
    """Events and counts in place of processes and Resources."""
    model = floor(work.pools, sum(work.pools) + work.building * len(work.online))
    model.size = inputs.trace(work.size)
    return _run(model, work)


def _run(hall: Hall, work: Workload) -> Frames:
    """Play a model once, on one core, until nothing is left to happen."""

    def gaps(times: Ints) -> inputs.Source:
        return inputs.trace(np.diff(times, prepend=0).astype(float))

    hall.n, hall.buildings, hall.building = len(work), len(work.online), work.building
    hall.gap, hall.opens = gaps(work.asked), gaps(np.array(work.online))
    hall.term = inputs.trace(work.term.astype(float))
    hall.starts, hall.by = cb.Dataset(), cb.Dataset()
    hall.starts.capture()
    hall.by.capture()
    results = cb.Experiment(hall, window=cb.Window.until_idle()).run(workers=1)
    assert not results.failed.any(), results.failure_reasons
    start, by = (signal.trial(0, 0)[1] for signal in (results[hall].starts, results[hall].by))
    return served(work, start.astype(np.int64), by.astype(np.int64))
