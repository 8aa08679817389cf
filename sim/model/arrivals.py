"""The arrivals of every stream: when requests are asked, how large, and for how long."""

from bisect import bisect_right
from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf, log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.model import rules
from sim.model.arrays import FloatArray, IntArray
from sim.model.calendar import DAY_US, YEAR_US, Calendar
from sim.model.random_streams import DrawError, Sampler
from sim.model.rounding import round_array_half_up, round_half_up, round_up_to_blocks
from sim.model.sampled_inputs import SampledInPlace
from sim.scenario.demand import Curve, Deal, Poisson, Stream
from sim.scenario.distributions import Distribution
from sim.scenario.schema import MAX_REQUESTS
from sim.scenario.trace import Trace
from sim.scenario.trace_records import NOT_STATED
from sim.scenario.units import max_size

SPLIT_CODES = {"anywhere": rules.ANYWHERE, "one site": rules.ONE_SITE, "never": rules.NEVER_SPLIT}
"""The codes of the words that `split` may have."""
SPLIT_WORDS = {code: word for word, code in SPLIT_CODES.items()}
"""The words of these codes."""


@dataclass(frozen=True)
class StreamArrivals:
    """The requests of one stream, in the order of their numbers; every array is `(n,)`.

    Times are in microseconds since the start, powers in kW. `deal` names the deal of each, or is None; `asker`
    is the index of the request type of each among those of the stream, or None where there is one.
    """

    asked: IntArray
    wanted: IntArray
    gives_up: IntArray
    size_kw: IntArray
    block_kw: IntArray
    term: IntArray
    deal: list[str] | None = None
    asker: IntArray | None = None


def sample_in_place(
    draws: Sampler, name: str, stream: Stream, index: int, sites: dict[str, int]
) -> list[SampledInPlace]:
    """Sample the kW of a stream that are in place at the start, and for how long they stay."""
    in_place = []
    for site, distribution in stream.in_place.items():
        path = f"demand.{name}.in_place.{site}"
        assert stream.term is not None
        term = max(1, round_half_up(float(draws.variates(f"{path}.term", stream.term, 1)[0])))
        in_place.append(
            SampledInPlace(
                index, sites[site], max(0, round_half_up(draws.draw_once(path, distribution))), term
            )
        )
    return in_place


def sample_arrivals(
    draws: Sampler, name: str, stream: Stream, in_place: list[SampledInPlace], calendar: Calendar
) -> StreamArrivals:
    """Sample the requests of a stream up to the end of the run."""
    arrivals = stream.arrivals
    path = f"demand.{name}"
    if arrivals is None:
        return _complete_arrivals(draws, path, stream, np.empty(0), np.empty(0), np.empty(0))
    if arrivals.poisson is not None:
        days = _poisson_times(draws, path, arrivals.poisson, calendar.end / DAY_US)
        at = round_array_half_up(days * DAY_US)
        n = len(at)
        lead = draws.variates(f"{path}.lead", stream.lead, n)
        assert stream.size is not None
        return _complete_arrivals(
            draws,
            path,
            stream,
            at,
            at + round_array_half_up(lead),
            draws.variates(f"{path}.size", stream.size, n),
        )
    if arrivals.curve is not None:
        return _curve_arrivals(draws, path, stream, arrivals.curve, in_place, calendar)
    if arrivals.trace is not None:
        return _trace_arrivals(draws, path, stream, arrivals.trace, calendar)
    assert arrivals.deals is not None
    return _deal_arrivals(draws, path, stream, arrivals.deals, calendar)


def _complete_arrivals(
    draws: Sampler,
    path: str,
    stream: Stream,
    asked: npt.ArrayLike,
    wanted: npt.ArrayLike,
    sizes: npt.ArrayLike,
    terms: IntArray | None = None,
    deal: list[str] | None = None,
    asker: IntArray | None = None,
) -> StreamArrivals:
    """Complete the arrivals by the columns that follow the same way from every kind of them."""
    asked_at, wanted_at = np.asarray(asked, dtype=np.int64), np.asarray(wanted, dtype=np.int64)
    n = len(asked_at)
    block = np.maximum(round_array_half_up(draws.variates(f"{path}.block", stream.block, n)), 1)
    gives_up = np.full(n, rules.NEVER, dtype=np.int64)
    if stream.patience is not None:
        gives_up = wanted_at + np.maximum(
            round_array_half_up(draws.variates(f"{path}.patience", stream.patience, n)), 0
        )
    if terms is None:
        terms = _sample_terms(draws, path, stream.term, n)
    return StreamArrivals(
        asked=asked_at,
        wanted=wanted_at,
        gives_up=gives_up,
        size_kw=round_up_to_blocks(np.asarray(sizes, dtype=np.float64), block),
        block_kw=block,
        term=terms,
        deal=deal,
        asker=asker,
    )


def _sample_terms(draws: Sampler, path: str, distribution: Distribution | None, n: int) -> IntArray:
    """Sample the terms of the requests of a stream; at least a microsecond each."""
    if distribution is None:
        return np.ones(n, dtype=np.int64)
    return np.maximum(round_array_half_up(draws.variates(f"{path}.term", distribution, n)), 1)


def _poisson_times(draws: Sampler, path: str, poisson: Poisson, end_days: float) -> FloatArray:
    """The arrival times in days of a Poisson process of rate x growth^(years since start).

    The n-th arrival is where the cumulated rate passes the sum of n unit exponentials (Cinlar 1975).
    """
    rate = draws.draw_once(f"{path}.arrivals.poisson.rate", poisson.rate)
    growth = draws.draw_once(f"{path}.arrivals.poisson.growth", poisson.growth)
    if rate <= 0:
        return np.empty(0)
    years = end_days / (YEAR_US / DAY_US)
    steep = log(growth) / (YEAR_US / DAY_US)
    try:
        expected = rate * end_days if steep == 0 else rate * (growth**years - 1) / steep
    except OverflowError:
        expected = inf
    if expected > MAX_REQUESTS:
        raise DrawError(f"{path}.arrivals.poisson", f"{expected:.2g} requests", draws.replication)
    stream = draws.new_stream(f"{path}.arrivals")
    gaps = cumulated = np.empty(0)
    while not len(cumulated) or cumulated[-1] < expected:
        more = -np.log1p(-stream.uniforms(int(expected - cumulated[-1:].sum()) + 16))
        gaps = np.concatenate([gaps, more])
        # Anew from the first, so that no sum depends on how many are drawn at a time.
        cumulated = np.cumsum(gaps)
    cumulated = cumulated[cumulated < expected]
    return cumulated / rate if steep == 0 else np.log1p(cumulated * steep / rate) / steep


def _curve_arrivals(
    draws: Sampler,
    path: str,
    stream: Stream,
    curve: Curve,
    in_place: list[SampledInPlace],
    calendar: Calendar,
) -> StreamArrivals:
    """Sample the requests that follow a curve of the power wanted.

    The next is wanted when the curve passes what is in place and the sizes so far, less those whose terms have
    ended by then, plus half its own size; and is asked `lead` before, which may be before the start.
    """
    assert stream.size is not None
    wanted_power = WantedPower(draws, f"{path}.arrivals.curve", curve, calendar)
    # How many are needed is known only once they are followed; a longer sample begins with the shorter one.
    n = 64
    while True:
        lead = np.maximum(round_array_half_up(draws.variates(f"{path}.lead", stream.lead, n)), 0)
        block = np.maximum(round_array_half_up(draws.variates(f"{path}.block", stream.block, n)), 1)
        size = round_up_to_blocks(draws.variates(f"{path}.size", stream.size, n), block)
        term = _sample_terms(draws, path, stream.term, n)
        until = calendar.end + int(lead.max())
        wanted = _follow_curve(wanted_power, size.tolist(), term.tolist(), in_place, until)
        if len(wanted) < n:
            break
        if n > MAX_REQUESTS:
            raise DrawError(f"{path}.arrivals.curve", f"more than {n:.2g} requests", draws.replication)
        n *= 2
    at = np.array(wanted, dtype=np.int64) - lead[: len(wanted)]
    before_end = np.flatnonzero(at < calendar.end)
    n = int(before_end[-1]) + 1 if len(before_end) else 0
    return _complete_arrivals(draws, path, stream, at[:n], wanted[:n], size[:n].astype(np.float64), term[:n])


def _follow_curve(
    power: "WantedPower", sizes: list[int], terms: list[int], in_place: list[SampledInPlace], until: int
) -> list[int]:
    """The times at which requests are wanted, one after the other, so that their sum follows the curve."""
    ends: list[tuple[int, int]] = []
    level = 0
    for item in in_place:
        level += item.kw
        heappush(ends, (item.term, item.kw))
    wanted: list[int] = []
    t = 0
    for size, term in zip(sizes, terms, strict=True):
        while True:
            next_end = ends[0][0] if ends else inf
            crossing = power.crossing_time(level + size / 2, t)
            if crossing < next_end:
                break
            if next_end >= until:
                return wanted
            _, ended_kw = heappop(ends)
            t = int(next_end)
            level -= ended_kw
        if crossing >= until:
            return wanted
        t = int(crossing)
        wanted.append(t)
        level += size
        heappush(ends, (t + term, size))
    return wanted


class WantedPower:
    """The curve of the power wanted: constant growth between points, after the last by a factor a year.

    Nothing is wanted before the first point; between points of which one is 0 it runs straight.
    """

    def __init__(self, draws: Sampler, path: str, curve: Curve, calendar: Calendar) -> None:
        self.at = [calendar.since_start(at) for at, _ in curve.points]
        self.kw = [draws.draw_once(f"{path}.points.{at:%Y-%m-%d}", kw) for at, kw in curve.points]
        self.growth = draws.draw_once(f"{path}.growth", curve.growth)
        steps = zip(self.kw, self.kw[1:], strict=False)
        ratios = [after / before if before > 0 else inf for before, after in steps]
        self._ratio = [ratio if 0 < ratio < inf else None for ratio in ratios]
        """The factor by which it grows from each point to the next; None where it runs straight."""
        self._log_ratio = [None if ratio is None else log(ratio) for ratio in self._ratio]

    def kw_at(self, t: int, k: int) -> float:
        """The kW wanted at a time, where the k-th point is the last before it."""
        at, kw = self.at, self.kw
        if k == len(at) - 1:
            try:
                return float(kw[k] * self.growth ** ((t - at[k]) / YEAR_US))
            except OverflowError:
                return inf
        share, ratio = (t - at[k]) / (at[k + 1] - at[k]), self._ratio[k]
        return kw[k] + share * (kw[k + 1] - kw[k]) if ratio is None else float(kw[k] * ratio**share)

    def crossing_time(self, target: float, t: int) -> float:
        """The first time from `t` on at which `target` kW are wanted, in whole microseconds; or inf."""
        at, kw = self.at, self.kw
        t = max(t, at[0])
        last = bisect_right(at, t) - 1
        if self.kw_at(t, last) >= target:
            return t
        for k in range(last, len(at) - 1):
            if kw[k + 1] >= target:
                steep = self._log_ratio[k]
                if steep is None:
                    share = (target - kw[k]) / (kw[k + 1] - kw[k])
                else:
                    share = log(target / kw[k]) / steep
                return max(t, round_half_up(at[k] + share * (at[k + 1] - at[k])))
        if self.growth <= 1 or kw[-1] <= 0:
            return inf
        crossing = at[-1] + YEAR_US * log(target / kw[-1]) / log(self.growth)
        return max(t, round_half_up(crossing)) if crossing < inf else inf


class OverdueDealError(Exception):
    """A deal, or a step of its ramp, was asked before the start, and by then its patience is over."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class _DealRow(NamedTuple):
    """A request of a deal; None for what the deal does not state, and the stream's own distribution gives."""

    deal: str
    asked: int
    wanted: int | None
    size_kw: float | None
    term: int | None


def _deal_arrivals(
    draws: Sampler, path: str, stream: Stream, deals: dict[str, Deal], calendar: Calendar
) -> StreamArrivals:
    """Sample one request for each deal, or for each date of its ramp.

    Raises OverdueDealError for one that was asked before the start, and gives up before it.
    """
    rows: list[_DealRow] = []
    for name, deal in deals.items():
        deal_path = f"{path}.arrivals.deals.{name}"
        at = calendar.sample_date(draws, f"{deal_path}.asked", deal.asked)
        term = (
            None
            if deal.term is None
            else max(1, round_half_up(draws.draw_once(f"{deal_path}.term", deal.term)))
        )
        if deal.ramp is not None:
            for date, distribution in deal.ramp:
                size = draws.draw_once(f"{deal_path}.ramp.{date:%Y-%m-%d}", distribution)
                rows.append(_DealRow(name, at, calendar.since_start(date), size, term))
            continue
        wanted = (
            None if deal.wanted is None else calendar.sample_date(draws, f"{deal_path}.wanted", deal.wanted)
        )
        size_kw = None if deal.size is None else draws.draw_once(f"{deal_path}.size", deal.size)
        rows.append(_DealRow(name, at, wanted, size_kw, term))
    n = len(rows)
    lead = round_array_half_up(draws.variates(f"{path}.lead", stream.lead, n))
    drawn_size = draws.variates(f"{path}.size", stream.size, n) if stream.size is not None else np.zeros(n)
    drawn_term = _sample_terms(draws, path, stream.term, n)
    asked_at = [row.asked for row in rows]
    wanted_at = [
        max(row.asked, row.asked + int(lead[i]) if row.wanted is None else row.wanted)
        for i, row in enumerate(rows)
    ]
    sizes = [drawn_size[i] if row.size_kw is None else row.size_kw for i, row in enumerate(rows)]
    terms = np.array([row.term or drawn_term[i] for i, row in enumerate(rows)], dtype=np.int64)
    sampled = _complete_arrivals(
        draws, path, stream, asked_at, wanted_at, sizes, terms, [row.deal for row in rows]
    )
    overdue = np.flatnonzero((sampled.asked < 0) & (sampled.gives_up <= 0))
    if len(overdue):
        raise OverdueDealError(f"{path}.arrivals.deals.{rows[overdue[0]].deal}")
    return sampled


def _trace_arrivals(
    draws: Sampler, path: str, stream: Stream, trace: Trace, calendar: Calendar
) -> StreamArrivals:
    """Sample the requests that a file records; what a row does not state is drawn, its n-th variate for the n-th."""
    trace_path, records = f"{path}.arrivals.trace", trace.records
    if records is None:
        raise ValueError(
            f"{trace.file} was not read, since only a saved run was opened; load the scenario itself"
        )
    n = len(records)
    if trace.from_ is not None:
        first = calendar.sample_date(draws, f"{trace_path}.from", trace.from_)
    else:
        first = 0 if records.first_us is None else records.first_us - calendar.start_us
    at = first + records.asked
    lead = np.maximum(round_array_half_up(draws.variates(f"{path}.lead", stream.lead, n)), 0)
    # A row that states its end, but not when it was wanted, is wanted when it is asked.
    lead = np.where(records.ended == NOT_STATED, lead, 0)
    wanted = np.where(records.wanted == NOT_STATED, at + lead, first + records.wanted)
    factor = draws.draw_once(f"{trace_path}.kw_per_unit", trace.kw_per_unit)
    size = np.where(records.is_kw, records.size, records.size * factor)
    if (largest := float(np.fmax.reduce(size, initial=0.0))) > max_size("power"):
        raise DrawError(f"{trace_path}.kw_per_unit", f"a request of {largest:.3g} kW", draws.replication)
    if stream.size is not None:
        size = np.where(np.isnan(size), draws.variates(f"{path}.size", stream.size, n), size)
    term = np.where(records.ended == NOT_STATED, records.term, first + records.ended - wanted)
    if stream.term is not None:
        term = np.where(np.isnan(term), draws.variates(f"{path}.term", stream.term, n), term)
    # What was wanted before the start is left out: as if it were asked after the end.
    at = np.where((at < 0) & (wanted < 0), rules.NEVER, at)
    types = stream.request_types() or ()
    type_index = np.array(
        [types.index(stream.request_type(kind)) for kind in records.request_types], dtype=np.int64
    )
    terms = np.maximum(round_array_half_up(term), 1)
    return _complete_arrivals(
        draws, path, stream, at, wanted, size, terms, asker=type_index[records.request_type_index]
    )
