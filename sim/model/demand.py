"""Which requests will be asked? The arrivals of every stream, drawn before the clock starts."""

from bisect import bisect_right
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf, log

import numpy as np
import numpy.typing as npt

from sim.model import rules
from sim.model.arrays import Floats, Ints
from sim.model.draws import Draws, half_up, whole
from sim.model.time import DAY, YEAR, Calendar
from sim.scenario.laws import Law
from sim.scenario.market import Curve, Deal, Poisson, Stream, Trace

SPLITS = {"anywhere": rules.ANYWHERE, "one site": rules.ONE_SITE, "never": rules.WHOLE}


@dataclass(frozen=True)
class Asked:
    """What one stream asks for, in the order of its numbers; every array is `(n,)`.

    Times are in microseconds since the start, powers in kW. `deal` names the deal of each, or is None; `asker`
    is which of the stream's askers asks each, or None where there is one.
    """

    asked: Ints
    wanted: Ints
    gives_up: Ints
    size_kw: Ints
    block_kw: Ints
    term: Ints
    draw: Floats
    deal: list[str] | None = None
    asker: Ints | None = None


@dataclass(frozen=True)
class InPlace:
    """kW of a stream that serve at a site when the scenario starts."""

    stream: int
    site: int
    kw: int
    term: int


def in_place(draws: Draws, name: str, stream: Stream, index: int, sites: dict[str, int]) -> list[InPlace]:
    """What of a stream is there already at the start, and for how long?"""
    there = []
    for site, law in stream.in_place.items():
        path = f"demand.{name}.in_place.{site}"
        assert stream.term is not None
        term = max(1, whole(float(draws.many(f"{path}.term", stream.term, 1)[0])))
        there.append(InPlace(index, sites[site], max(0, whole(draws.once(path, law))), term))
    return there


def asked(draws: Draws, name: str, stream: Stream, there: list[InPlace], calendar: Calendar) -> Asked:
    """What does a stream ask for before the end of the run?"""
    arrivals = stream.arrivals
    path = f"demand.{name}"
    if arrivals is None:
        return _rest(draws, path, stream, np.empty(0), np.empty(0), np.empty(0))
    if arrivals.poisson is not None:
        days = _poisson(draws, path, arrivals.poisson, calendar.end / DAY)
        at = half_up(days * DAY)
        n = len(at)
        lead = draws.many(f"{path}.lead", stream.lead, n)
        assert stream.size is not None
        return _rest(draws, path, stream, at, at + half_up(lead), draws.many(f"{path}.size", stream.size, n))
    if arrivals.curve is not None:
        return _curve(draws, path, stream, arrivals.curve, there, calendar)
    if arrivals.trace is not None:
        return _trace(draws, path, stream, arrivals.trace, calendar)
    assert arrivals.deals is not None
    return _deals(draws, path, stream, arrivals.deals, calendar)


def _rest(
    draws: Draws,
    path: str,
    stream: Stream,
    at: npt.ArrayLike,
    wanted: npt.ArrayLike,
    sizes: npt.ArrayLike,
    terms: Ints | None = None,
    deal: list[str] | None = None,
    asker: Ints | None = None,
) -> Asked:
    """The columns that follow the same way from every kind of arrivals."""
    asked_at, wanted_at = np.asarray(at, dtype=np.int64), np.asarray(wanted, dtype=np.int64)
    n = len(asked_at)
    block = np.maximum(half_up(draws.many(f"{path}.block", stream.block, n)), 1)
    gives_up = np.full(n, rules.NEVER, dtype=np.int64)
    if stream.patience is not None:
        gives_up = wanted_at + np.maximum(half_up(draws.many(f"{path}.patience", stream.patience, n)), 0)
    if terms is None:
        terms = _terms(draws, path, stream.term, n)
    return Asked(
        asked=asked_at,
        wanted=wanted_at,
        gives_up=gives_up,
        size_kw=whole_blocks(np.asarray(sizes, dtype=np.float64), block),
        block_kw=block,
        term=terms,
        draw=draws.uniforms(f"{path}.appetite_draw", n),
        deal=deal,
        asker=asker,
    )


def _terms(draws: Draws, path: str, law: Law | None, n: int) -> Ints:
    """The terms of the requests of a stream; at least a microsecond each."""
    if law is None:
        return np.ones(n, dtype=np.int64)
    return np.maximum(half_up(draws.many(f"{path}.term", law, n)), 1)


def whole_blocks(sizes: Floats, block: Ints) -> Ints:
    """A size up to whole blocks, at least one; a billionth of a block over is taken for noise of the float."""
    blocks = np.ceil(sizes / block - 1e-9).astype(np.int64)
    return np.maximum(blocks, 1) * block


def _poisson(draws: Draws, path: str, poisson: Poisson, end_days: float) -> Floats:
    """Arrival times in days, of a Poisson process of rate x growth^(years since start).

    The n-th arrival is where the cumulated rate passes the sum of n unit exponentials (Cinlar 1975).
    """
    rate = draws.once(f"{path}.arrivals.poisson.rate", poisson.rate)
    growth = draws.once(f"{path}.arrivals.poisson.growth", poisson.growth)
    if rate <= 0:
        return np.empty(0)
    years = end_days / (YEAR / DAY)
    steep = log(growth) / (YEAR / DAY)
    expected = rate * end_days if steep == 0 else rate * (growth**years - 1) / steep
    stream = draws.stream(f"{path}.arrivals")
    gaps = passed = np.empty(0)
    while not len(passed) or passed[-1] < expected:
        more = -np.log1p(-stream.uniforms(int(expected - passed[-1:].sum()) + 16))
        gaps = np.concatenate([gaps, more])
        passed = np.cumsum(
            gaps
        )  # anew from the first, so that no sum depends on how many are drawn at a time
    passed = passed[passed < expected]
    return passed / rate if steep == 0 else np.log1p(passed * steep / rate) / steep


def _curve(
    draws: Draws, path: str, stream: Stream, curve: Curve, there: list[InPlace], calendar: Calendar
) -> Asked:
    """The requests that follow a curve of the power wanted.

    The next is wanted when the curve passes what is in place and the sizes so far, less those whose terms have
    ended by then, plus half its own size; and is asked `lead` before, at the start at the earliest.
    """
    assert stream.size is not None
    wanted_power = WantedPower(draws, f"{path}.arrivals.curve", curve, calendar)
    n = 64
    while True:
        lead = np.maximum(half_up(draws.many(f"{path}.lead", stream.lead, n)), 0)
        block = np.maximum(half_up(draws.many(f"{path}.block", stream.block, n)), 1)
        size = whole_blocks(draws.many(f"{path}.size", stream.size, n), block)
        term = _terms(draws, path, stream.term, n)
        until = calendar.end + int(lead.max())
        wanted = _follow(wanted_power, size.tolist(), term.tolist(), there, until)
        if len(wanted) < n:
            break
        n *= 2
    at = np.maximum(np.array(wanted, dtype=np.int64) - lead[: len(wanted)], 0)
    inside = np.flatnonzero(at < calendar.end)
    m = int(inside[-1]) + 1 if len(inside) else 0
    return _rest(draws, path, stream, at[:m], wanted[:m], size[:m].astype(np.float64), term[:m])


def _follow(
    power: "WantedPower", sizes: list[int], terms: list[int], there: list[InPlace], until: int
) -> list[int]:
    """When are the requests wanted, one after the other, so that their sum follows the curve?"""
    ends: list[tuple[int, int]] = []
    level = 0
    for item in there:
        level += item.kw
        heappush(ends, (item.term, item.kw))
    wanted: list[int] = []
    t = 0
    for size, term in zip(sizes, terms, strict=True):
        while True:
            turn = ends[0][0] if ends else inf
            passes = power.passes(level + size / 2, t)
            if passes < turn:
                break
            if turn >= until:
                return wanted
            t = int(turn)
            level -= heappop(ends)[1]
        if passes >= until:
            return wanted
        t = int(passes)
        wanted.append(t)
        level += size
        heappush(ends, (t + term, size))
    return wanted


class WantedPower:
    """The power wanted at a date: constant growth between points, after the last by a factor a year.

    Nothing is wanted before the first point; between points of which one is 0 it runs straight.
    """

    def __init__(self, draws: Draws, path: str, curve: Curve, calendar: Calendar) -> None:
        self.at = [calendar.since_start(at) for at, _ in curve.points]
        self.kw = [draws.once(f"{path}.points.{at:%Y-%m-%d}", law) for at, law in curve.points]
        self.growth = draws.once(f"{path}.growth", curve.growth)
        steps = zip(self.kw, self.kw[1:], strict=False)
        self._ratio = [after / before if before > 0 and after > 0 else None for before, after in steps]
        """By which factor it grows from each point to the next; None where it runs straight."""
        self._steep = [None if ratio is None else log(ratio) for ratio in self._ratio]

    def kw_at(self, t: int, k: int) -> float:
        """How many kW are wanted at a time, where the k-th point is the last before it?"""
        at, kw = self.at, self.kw
        if k == len(at) - 1:
            return float(kw[k] * self.growth ** ((t - at[k]) / YEAR))
        share, ratio = (t - at[k]) / (at[k + 1] - at[k]), self._ratio[k]
        return kw[k] + share * (kw[k + 1] - kw[k]) if ratio is None else float(kw[k] * ratio**share)

    def passes(self, target: float, t: int) -> float:
        """At which time from `t` on are `target` kW wanted? In whole microseconds, or inf."""
        at, kw = self.at, self.kw
        t = max(t, at[0])
        last = bisect_right(at, t) - 1
        if self.kw_at(t, last) >= target:
            return t
        for k in range(last, len(at) - 1):
            if kw[k + 1] >= target:
                steep = self._steep[k]
                if steep is None:
                    share = (target - kw[k]) / (kw[k + 1] - kw[k])
                else:
                    share = log(target / kw[k]) / steep
                return max(t, whole(at[k] + share * (at[k + 1] - at[k])))
        if self.growth <= 1 or kw[-1] <= 0:
            return inf
        return max(t, whole(at[-1] + YEAR * log(target / kw[-1]) / log(self.growth)))


def _deals(draws: Draws, path: str, stream: Stream, deals: dict[str, Deal], calendar: Calendar) -> Asked:
    """One request for each deal, or for each date of its ramp; asked before the start counts as at the start."""
    rows: list[tuple[str, int, int | None, float | None, int | None]] = []
    for name, deal in deals.items():
        here = f"{path}.arrivals.deals.{name}"
        at = max(0, calendar.drawn(draws, f"{here}.asked", deal.asked))
        term = None if deal.term is None else max(1, whole(draws.once(f"{here}.term", deal.term)))
        if deal.ramp is not None:
            for date, law in deal.ramp:
                size = draws.once(f"{here}.ramp.{date:%Y-%m-%d}", law)
                rows.append((name, at, calendar.since_start(date), size, term))
            continue
        wanted = None if deal.wanted is None else calendar.drawn(draws, f"{here}.wanted", deal.wanted)
        given = None if deal.size is None else draws.once(f"{here}.size", deal.size)
        rows.append((name, at, wanted, given, term))
    n = len(rows)
    lead = half_up(draws.many(f"{path}.lead", stream.lead, n))
    drawn_size = draws.many(f"{path}.size", stream.size, n) if stream.size is not None else np.zeros(n)
    drawn_term = _terms(draws, path, stream.term, n)
    asked_at = [row[1] for row in rows]
    wanted_at = [
        max(row[1], row[2] if row[2] is not None else row[1] + int(lead[i])) for i, row in enumerate(rows)
    ]
    sizes = [row[3] if row[3] is not None else drawn_size[i] for i, row in enumerate(rows)]
    terms = np.array([row[4] or drawn_term[i] for i, row in enumerate(rows)], dtype=np.int64)
    return _rest(draws, path, stream, asked_at, wanted_at, sizes, terms, [row[0] for row in rows])


def _trace(draws: Draws, path: str, stream: Stream, trace: Trace, calendar: Calendar) -> Asked:
    """The requests that a file records; what a row does not state is drawn, its n-th for the n-th row."""
    here, records = f"{path}.arrivals.trace", trace.records
    if records is None:
        raise ValueError(
            f"{trace.file} was not read, since only a saved run was opened; load the scenario itself"
        )
    n = len(records)
    first = 0 if trace.from_ is None else calendar.drawn(draws, f"{here}.from", trace.from_)
    at = first + records.asked
    wanted = at + np.maximum(half_up(draws.many(f"{path}.lead", stream.lead, n)), 0)
    size = records.size * draws.once(f"{here}.kw_per_unit", trace.kw_per_unit)
    if stream.size is not None:
        size = np.where(np.isnan(size), draws.many(f"{path}.size", stream.size, n), size)
    term = records.term
    if stream.term is not None:
        term = np.where(np.isnan(term), draws.many(f"{path}.term", stream.term, n), term)
    askers = stream.askers() or ()
    of_kind = np.array([askers.index(stream.asker(kind)) for kind in records.kinds], dtype=np.int64)
    terms = np.maximum(half_up(term), 1)
    return _rest(draws, path, stream, at, wanted, size, terms, asker=of_kind[records.kind])
