"""The market on the compiled clock: between two events of the world it plays all instants as machine code.

It stands in the same place as the market on SimPy's clock: an instant comes after all that the world does at that
time, and the world hears of a trigger that fires in the instant in which it does.
"""

import numpy as np
import simpy

from sim.model.compiled.agenda import plan_to, stir
from sim.model.compiled.beginning import begun, whole
from sim.model.compiled.compiler import compiled
from sim.model.compiled.deliveries import write_delivery
from sim.model.compiled.instants import advance
from sim.model.compiled.lists import longer
from sim.model.compiled.names import LOOK, NOBODY, ZERO
from sim.model.compiled.own import own
from sim.model.compiled.promises import write_commitment
from sim.model.compiled.state import Ints, State, Table, lent
from sim.model.future import Future
from sim.model.ledger import BECAME, COMMITTED, DELIVERED, RELEASED, WHY, Written
from sim.model.market import NotOnline
from sim.model.own import Answer, Policy
from sim.model.sites import Sites
from sim.model.world import CANCELLED, EVENTS, MARKET, RETIRED, News, World, later


class Market:
    """One replication of the market. Sites, providers, rights and requests are numbered as in the future."""

    def __init__(
        self,
        env: simpy.Environment,
        future: Future,
        policy: Policy | None = None,
        answer: Answer | None = None,
    ) -> None:
        self.env, self.future = env, future
        self.end = future.calendar.end
        self._own = own(future, policy, answer)
        """Kept alive: the state holds their addresses alone."""
        self.state = begun(future, self._own)
        self.sites = Sites(future)
        """What the world has told of the sites; what is promised and serves there, the state knows."""
        self.world: World | None = None
        self.told: list[tuple[int, News]] = []
        """What the world told, and when."""
        self._taken_over = False
        self._news = False
        self._looking: list[tuple[int, int]] = []
        """The triggers that the state knows of: site and share."""
        self._due = 0
        """When the market has something to do."""
        self.wake()

    def wake(self) -> None:
        """Have an instant now, to take in what the world has done when it has done all at this time."""
        self._news = True
        self._due = min(self._due, max(0, int(self.env.now)))

    def play(self) -> None:
        """Play to the end: what the world does at a time comes before the instant of the market."""
        env, end = self.env, self.end
        while True:
            at = env.peek()
            if at <= self._due and at < end:
                env.step()
            elif self._due < end:
                self._play_on(self._due)
            else:
                return

    def _play_on(self, now: int) -> None:
        """Play the instant that is now, and those that follow before the world does anything.

        What the world will do next is known only once it has been heard: a plan that it tells it will review.
        """
        if self._news:
            self._hear(now)
        if self.world is not None and self.future.watches:
            self._watch(self.world.looking())
        until = int(min(self.end, self.env.peek()))
        self._due, played, fired = map(int, advance(self.state, now, until))  # NumPy's, with the compiler off
        if fired:
            self._fire(played)

    def written(self) -> Written:
        """What was written down."""
        made, delivered, released = tables(self.state)
        return Written(
            commitments=dict(zip(COMMITTED, made, strict=False)),
            deliveries=dict(zip(DELIVERED, delivered, strict=True)),
            releases=dict(zip(RELEASED, released, strict=True)),
            requests=dict(zip(BECAME, became(self.state), strict=True)),
        )

    # What the world changed

    def _hear(self, now: int) -> None:
        """Let the state know what the world has changed."""
        self._news = False
        fallen: dict[int, int] = {}
        told = self.world.news() if self.world is not None and self.world.has_news else []
        for news in told:
            self.told.append((now, news))
            self.sites.take_in(news)
            fallen.setdefault(news.site, NOBODY)
            if news.event in (CANCELLED, RETIRED) and fallen[news.site] == NOBODY:
                fallen[news.site] = WHY.index(EVENTS[news.event])
            for at in self.future.within_reach(news.site, news.date):
                if at > now:
                    look_at(self.state, at)
        for s, why in fallen.items():
            dates = np.array(self.sites.plan_date[s], dtype=np.int64)
            sizes = np.array(self.sites.plan_kw[s], dtype=np.int64)
            changed(self.state, s, self.sites.online[s], self.sites.out[s], dates, sizes, why)
        if not self._taken_over:
            self._take_over()

    def _take_over(self) -> None:
        """Begin with what is in place: delivered at the start, by the first that sells from the site."""
        self._taken_over = True
        for item in self.future.in_place:
            if item.kw:
                p = next(p for p, seller in enumerate(self.future.providers) if item.site in seller.sites)
                there = put_in_place(self.state, item.stream, p, item.site, item.kw, item.term)
                if there > self.sites.online[item.site]:
                    raise NotOnline(item.site, there, self.sites.online[item.site])

    # Triggers

    def _watch(self, looking: list[tuple[int, int]]) -> None:
        """Let the state know which triggers look."""
        if looking != self._looking:
            self._looking = looking
            watch(self.state, whole(s for s, _ in looking), whole(share for _, share in looking))

    def _fire(self, now: int) -> None:
        """Let the world look at what has been committed."""
        assert self.world is not None
        if now > self.env.now:
            later(self.env, now - int(self.env.now), MARKET, lambda _: None)
            self.env.step()
        self.sites.committed = promised_at(self.state).tolist()
        self.world.look(self.sites)


@compiled
def look_at(m: State, at: int) -> None:
    """Have the waiting list walked at some time."""
    plan_to(lent(m), at, LOOK, ZERO, ZERO)


@compiled
def changed(m: State, s: int, online: int, out: int, dates: Ints, sizes: Ints, why: int) -> None:
    """Let the state know what stands at a site; and `why` something has fallen away there, if it has."""
    n = len(dates)
    m.online[s], m.out[s], m.n_plan[s] = online, out, n
    while n > m.plan_date.shape[1]:
        m.plan_date, m.plan_kw = longer(m.plan_date), longer(m.plan_kw)
    for i in range(n):
        m.plan_date[s, i], m.plan_kw[s, i] = dates[i], sizes[i]
    m.grown, m.news = 1, 1
    stir(lent(m), s)
    if why != NOBODY:
        m.fallen[s], m.any_fallen = why, 1


@compiled
def put_in_place(m: State, stream: int, p: int, s: int, kw: int, term: int) -> int:
    """kW that serve at a site from the start; how much serves there now?"""
    write_commitment(lent(m), NOBODY, stream, p, s, kw, ZERO)
    m.committed[s] += kw
    write_delivery(lent(m), m.n_commitments - 1, kw, term)
    return m.in_service[s]


@compiled
def watch(m: State, sites: Ints, shares: Ints) -> None:
    """Let the state know which triggers look."""
    m.watch_site, m.watch_share = sites, shares


@compiled
def promised_at(m: State) -> Ints:
    """kW committed at each site."""
    return m.committed


@compiled
def tables(m: State) -> tuple[Table, Table, Table]:
    """The columns of commitments, deliveries and releases."""
    return (
        m.commitments[:, : m.n_commitments],
        m.deliveries[:, : m.n_deliveries],
        m.releases[:, : m.n_releases],
    )


@compiled
def became(m: State) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints, Ints]:
    """What became of each request: the columns of `sim.model.ledger.BECAME`."""
    return (
        m.uncommitted,
        m.undelivered,
        m.lost,
        m.right,
        m.asked_first,
        m.answered,
        m.holder_kw,
        m.first_kw,
        m.reason,
    )
