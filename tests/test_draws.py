"""Distributions against scipy, random streams of their own, and Poisson arrivals at the rate that is stated."""

from hashlib import blake2b
from math import log, pi, sqrt
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from sim.model.arrays import FloatArray
from sim.model.calendar import DAY_US, YEAR_US
from sim.model.random_streams import RandomStream, Sampler
from sim.model.rounding import round_array_half_up, round_half_up
from sim.model.rules import NEVER
from sim.model.sampling import sample_inputs
from sim.scenario.distribution_families import FAMILIES
from sim.scenario.distribution_properties import mean, median, quantile
from sim.scenario.distribution_reader import read_distribution
from sim.scenario.distributions import Distribution, UncertainReference
from sim.scenario.number_reader import NumberReader
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.scenario.units import MEASURES

DURATION = NumberReader(MEASURES["duration"])
TINY = 2.0**-53
"""The smallest uniform above 0: they are whole multiples of it."""
GRID = np.concatenate([[TINY, 1e-12, 1e-6], np.linspace(0.001, 0.999, 999), [1 - 1e-6, 1 - 1e-12, 1 - TINY]])
"""Probabilities from one end to the other, the tails included."""


def law(kind: str, **params: object) -> Distribution:
    return read_distribution({kind: params}, DURATION)


SIGMA = sqrt(log(1 + 0.8**2))
"""The sigma of a lognormal law whose coefficient of variation is 0.8."""

LAWS = {
    "uniform": (law("uniform", low="2 d", high="5 d"), stats.uniform(2, 3)),
    "triangular": (law("triangular", low="9 d", mode="12 d", high="18 d"), stats.triang(1 / 3, 9, 9)),
    "triangular from its mode": (law("triangular", low="0 d", mode="0 d", high="4 d"), stats.triang(0, 0, 4)),
    "triangular to its mode": (law("triangular", low="0 d", mode="4 d", high="4 d"), stats.triang(1, 0, 4)),
    "pert": (law("pert", low="1 d", mode="2 d", high="6 d"), stats.beta(1.8, 4.2, 1, 5)),
    "exponential": (law("exponential", mean="90 d"), stats.expon(scale=90)),
    "lognormal": (law("lognormal", median="30 d", sigma=0.8), stats.lognorm(0.8, scale=30)),
    "lognormal by its mean": (
        law("lognormal", mean="30 d", cv=0.8),
        stats.lognorm(SIGMA, scale=30 / sqrt(1 + 0.8**2)),
    ),
    "gamma": (law("gamma", shape=2.5, scale="3 d"), stats.gamma(2.5, scale=3)),
    "gamma by its mean": (law("gamma", mean="30 d", cv=0.5), stats.gamma(4, scale=7.5)),
    "gamma below one": (law("gamma", shape=0.4, scale="3 d"), stats.gamma(0.4, scale=3)),
    "weibull": (law("weibull", shape=1.7, scale="20 d"), stats.weibull_min(1.7, scale=20)),
    "weibull below one": (law("weibull", shape=0.6, scale="20 d"), stats.weibull_min(0.6, scale=20)),
}
"""Each law as it is written, beside the same in days by scipy."""


@pytest.mark.parametrize("name", LAWS)
def test_each_law_is_that_of_scipy(name: str) -> None:
    written, exact = LAWS[name]
    days = quantile(written, GRID, {}) / DAY_US
    assert days == pytest.approx(exact.ppf(GRID), rel=1e-9)
    assert exact.cdf(days) == pytest.approx(GRID, rel=1e-9)
    assert median(written, {}) / DAY_US == pytest.approx(exact.median(), rel=1e-12)


@pytest.mark.parametrize("name", LAWS)
def test_each_law_has_the_mean_that_is_stated(name: str) -> None:
    written, exact = LAWS[name]
    assert mean(written, {}) / DAY_US == pytest.approx(exact.mean(), rel=1e-12)
    values = quantile(written, midpoints(200_000), {}) / DAY_US
    assert values.mean() == pytest.approx(exact.mean(), rel=3e-4)
    assert values.std() == pytest.approx(exact.std(), rel=1e-2)


def midpoints(n: int) -> FloatArray:
    return (np.arange(n) + 0.5) / n


CERTAIN = {
    "constant": read_distribution("3 d", DURATION),
    "uniform": law("uniform", low="3 d", high="3 d"),
    "triangular": law("triangular", low="3 d", mode="3 d", high="3 d"),
    "pert": law("pert", low="3 d", mode="3 d", high="3 d"),
    "discrete": law("discrete", values=["3 d"]),
    "empirical": law("empirical", values=["3 d", "3 d"]),
}


@pytest.mark.parametrize("name", CERTAIN)
def test_a_law_without_width_is_a_number(name: str) -> None:
    assert set(quantile(CERTAIN[name], np.append(GRID, 0.0), {})) == {3.0 * DAY_US}


EVERY = [written for written, _ in LAWS.values()] + list(CERTAIN.values())
assert {each.family for each in EVERY} | {"chance"} == set(FAMILIES), (
    "add the law to LAWS, beside SciPy's own"
)


@pytest.mark.parametrize("written", EVERY, ids=lambda each: each.family)
def test_no_uniform_gives_nonsense(written: Distribution) -> None:
    """Uniforms are in [0, 1): the first and the last of them included, nothing is infinite or below 0."""
    ends = quantile(written, np.array([0.0, TINY, 1 - TINY]), {})
    assert np.isfinite(ends).all()
    assert (ends >= 0).all()
    assert (np.diff(ends) >= 0).all()


def test_discrete_values_come_by_their_weights() -> None:
    """In the order written, each from where the one before it ends; what weighs nothing does not come."""
    written = law("discrete", values=["5 d", "1 d", "9 d", "2 d"], weights=[1, 2, 0, 5])
    u = np.array([0.0, 0.125 - TINY, 0.125, 0.375 - TINY, 0.375, 0.9, 1 - TINY])
    assert (quantile(written, u, {}) / DAY_US).tolist() == [5, 5, 1, 1, 2, 2, 2]
    counts = np.unique(quantile(written, midpoints(8000), {}) / DAY_US, return_counts=True)
    assert dict(zip(*(each.tolist() for each in counts), strict=True)) == {5.0: 1000, 1.0: 2000, 2.0: 5000}
    assert mean(written, {}) / DAY_US == (5 * 1 + 1 * 2 + 2 * 5) / 8


def test_empirical_values_come_alike() -> None:
    written = law("empirical", values=["4 d", "1 d", "1 d", "9 d"])
    u = np.array([0.0, 0.25, 0.5 - TINY, 0.5, 0.75 - TINY, 0.75, 1 - TINY])
    assert (quantile(written, u, {}) / DAY_US).tolist() == [1, 1, 1, 4, 4, 9, 9]


@pytest.mark.parametrize("chance", [0.0, 0.3, 1.0])
def test_a_chance_is_one_law_or_the_other(chance: float) -> None:
    """The share that the chance says, and within it the law whole: one uniform serves both."""
    then, other = {"exponential": {"mean": "10 d"}}, {"uniform": {"low": "100 d", "high": "200 d"}}
    written = read_distribution({"chance": chance, "then": then, "else": other}, DURATION)
    n = 200_000
    values = quantile(written, midpoints(n), {}) / DAY_US
    assert np.isfinite(quantile(written, np.array([0.0, 1 - TINY]), {})).all()
    hit = round(chance * n)
    if hit:
        assert stats.kstest(values[:hit], stats.expon(scale=10).cdf).statistic < 2 / hit
    if hit < n:
        assert stats.kstest(values[hit:], stats.uniform(100, 100).cdf).statistic < 2 / (n - hit)
    assert mean(written, {}) / DAY_US == pytest.approx(chance * 10 + (1 - chance) * 150)


def test_a_law_of_uncertain_numbers() -> None:
    """`$name` stands for the number of the replication, in a parameter as in a list of values."""
    spread = Distribution("uniform", {"low": 0.0, "high": UncertainReference("most", "duration")}, "duration")
    listed = Distribution(
        "discrete",
        {"values": (1.0, UncertainReference("most", "duration")), "weights": (1.0, 1.0)},
        "duration",
    )
    u = np.array([0.25, 0.75])
    for most in (4.0, 8.0):
        assert quantile(spread, u, {"most": most}).tolist() == [most / 4, 3 * most / 4]
        assert quantile(listed, u, {"most": most}).tolist() == [1.0, most]


def test_numbers_are_rounded_half_up() -> None:
    values = np.array([-1.5, -0.5, -0.4, 0.49, 0.5, 1.5, 2.5, 7.0])
    assert round_array_half_up(values).tolist() == [-1, 0, 0, 0, 1, 2, 3, 7]
    assert [round_half_up(v) for v in values.tolist()] == [-1, 0, 0, 0, 1, 2, 3, 7]


# Streams


def test_a_stream_is_what_its_name_says() -> None:
    """Another seed, replication or name is another stream; the same three are the same."""
    names = [(1, 0, "a"), (2, 0, "a"), (1, 1, "a"), (1, 0, "b"), (11, 0, "a"), (1, 10, "a"), (1, 0, "a ")]
    first = {RandomStream(*name).uniforms(3).tobytes() for name in names}
    assert len(first) == len(names)
    assert RandomStream(1, 0, "a").uniforms(3).tobytes() in first


def test_streams_are_those_of_numpy() -> None:
    """One generator begun anew for each name gives what one made for it would, in whatever order."""
    draws = Sampler(3, 7, {})
    for name, n in (("a", 5), ("b", 1), ("a", 5), ("", 0), ("demand.chat.size", 64), ("b", 3)):
        digest = blake2b(f"3/7/{name}".encode(), digest_size=16).digest()
        fresh = np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))
        assert draws.uniforms(name, n).tolist() == fresh.random(n).tolist()
        stream = draws.new_stream(name)
        assert [*stream.uniforms(2), *stream.uniforms(5)] == [*draws.uniforms(name, 7)]


def test_streams_are_uniform_and_independent() -> None:
    """Within a stream, across replications, and from one name to another."""
    within = RandomStream(1, 0, "a").uniforms(20_000)
    across = np.array([RandomStream(1, k, "a").uniforms(2) for k in range(4000)])
    named = np.array([RandomStream(1, 0, f"demand.{k}").uniforms(1)[0] for k in range(4000)])
    for u in (within, across[:, 0], across[:, 1], named):
        assert ((u >= 0) & (u < 1)).all()
        assert stats.kstest(u, "uniform").pvalue > 1e-3
    for one, other in (
        (within[:-1], within[1:]),
        (across[:, 0], across[:, 1]),
        (across[:-1, 0], across[1:, 0]),
        (across[:, 0], named),
        (named[:-1], named[1:]),
    ):
        assert stats.pearsonr(one, other).pvalue > 1e-3


@pytest.mark.parametrize("name", LAWS)
def test_the_nth_variate_does_not_depend_on_how_many_are_drawn(name: str) -> None:
    written, _ = LAWS[name]
    draws = Sampler(1, 0, {})
    many = draws.variates("slip", written, 100)
    assert draws.variates("slip", written, 7).tolist() == many[:7].tolist()
    assert draws.variates("slip", written, 100).tolist() == many.tolist()
    endless = draws.endless_variates("slip", written)
    assert [next(endless) for _ in range(100)] == many.tolist()


def test_what_is_drawn_once_is_drawn_once_and_recorded() -> None:
    written = law("exponential", mean="10 d")
    draws = Sampler(1, 3, {"late": written})
    late = draws.uncertain_values["late"]
    price = draws.draw_once("providers.Big.price", written)
    assert draws.draw_once("providers.Big.price", written) == price != late
    assert draws.draw_once("certain", read_distribution("3 d", DURATION)) == 3 * DAY_US
    assert draws.recorded_draws == [
        ("uncertain.late", late, "duration"),
        ("providers.Big.price", price, "duration"),
    ]
    assert Sampler(1, 3, {}).draw_once("uncertain.late", written) == late


# Arrivals

STREAM = """\
start: 2025-01-01
end: {end}
uncertain: {{steep: {{uniform: {{low: 1, high: 3}}}}}}
demand:
  calls:
    customer: Lab
    arrivals: {{poisson: {{rate: {rate}, growth: {growth}}}}}
    size: {{lognormal: {{median: 300 MW, sigma: 0.8}}}}
    term: {{exponential: {{mean: 90 d}}}}
    lead: {{uniform: {{low: 0 d, high: 60 d}}}}
    patience: {{exponential: {{mean: 30 d}}}}
    block: 10 MW
providers: {{One: {{sites: [A], appetite: 50 %}}}}
sites: {{A: {{online: 1 MW}}}}
"""


def asking(folder: Path, rate: str = "2 /d", growth: str = "1", end: str = "2027-01-01") -> ScenarioFile:
    path = folder / "asking.yaml"
    path.write_text(STREAM.format(rate=rate, growth=growth, end=end))
    return read_scenario(path)


def asked(scenario: ScenarioFile, replications: int, seed: int = 1) -> list[npt.NDArray[np.int64]]:
    return [sample_inputs(scenario, seed, k).requests.asked for k in range(replications)]


@pytest.mark.parametrize("growth", [1.0, 2.5, 8.0, 0.2])
def test_arrivals_are_poisson_at_the_rate_that_grows(growth: float, tmp_path: Path) -> None:
    """As many as the integrated rate says, with a variance as great, at times that it makes uniform."""
    rate, n = 0.5, 300
    scenario = asking(tmp_path, rate=f"{rate} /d", growth=str(growth))
    end = sample_inputs(scenario, 1, 0).calendar.end

    def passed(days: FloatArray) -> FloatArray:
        years = days * DAY_US / YEAR_US
        return rate * days if growth == 1 else rate * (YEAR_US / DAY_US) * (growth**years - 1) / log(growth)

    expected = float(passed(np.array([end / DAY_US]))[0])
    times = asked(scenario, n)
    counts = np.array([len(each) for each in times])
    assert counts.mean() == pytest.approx(expected, abs=3.3 * sqrt(expected / n))
    assert counts.var(ddof=1) / expected == pytest.approx(1, abs=3.3 * sqrt(2 / n))
    assert all((np.diff(each) >= 0).all() and each[0] >= 0 and each[-1] < end for each in times)
    reached = [passed(each / DAY_US) for each in times]
    assert stats.kstest(np.concatenate(reached) / expected, "uniform").pvalue > 1e-3
    gaps = np.concatenate([np.diff(each, prepend=0.0)[:50] for each in reached])
    assert stats.kstest(gaps, "expon").pvalue > 1e-3
    third = [np.count_nonzero(each < expected / 3) for each in reached]
    assert stats.pearsonr(third, counts - third).pvalue > 1e-3


def test_a_growth_near_one_is_no_growth(tmp_path: Path) -> None:
    """The same uniforms, so nearly the same times."""
    flat, rising = (asked(asking(tmp_path, growth=g), 1)[0] for g in ("1", "1.000000001"))
    assert flat == pytest.approx(rising[: len(flat)], rel=1e-6)


def test_no_rate_no_requests(tmp_path: Path) -> None:
    assert [len(each) for each in asked(asking(tmp_path, rate="0 /d"), 2)] == [0, 0]


@pytest.mark.parametrize("growth", ["1", "2.5"])
def test_arrivals_do_not_depend_on_where_the_run_ends(growth: str, tmp_path: Path) -> None:
    """A longer run begins with the same requests, to the microsecond, whatever else is drawn of them."""
    for k in range(40):
        short, long = (
            sample_inputs(asking(tmp_path, growth=growth, end=end), 1, k).requests
            for end in ("2027-01-01", "2033-01-01")
        )
        n = len(short)
        assert n < len(long)
        for name in ("asked", "wanted", "gives_up", "size_kw", "block_kw", "term"):
            assert getattr(short, name).tolist() == getattr(long, name)[:n].tolist(), (k, name)
        assert short.appetite_draws.keys() == long.appetite_draws.keys() == {0}
        assert short.appetite_draws[0].tolist() == long.appetite_draws[0][:n].tolist(), k


def test_what_is_drawn_of_each_request_is_what_is_stated(tmp_path: Path) -> None:
    """Sizes in whole blocks, leads, patiences, terms and appetites by their laws."""
    drawn = [sample_inputs(asking(tmp_path, rate="10 /d"), 1, k).requests for k in range(5)]
    lead, patience, term, size, appetite = (
        np.concatenate(parts)
        for parts in zip(
            *(
                (r.wanted - r.asked, r.gives_up - r.wanted, r.term, r.size_kw, r.appetite_draws[0])
                for r in drawn
            ),
            strict=True,
        )
    )
    assert (size % 10_000 == 0).all()
    assert (size > 0).all()
    assert (patience < NEVER).all()
    for values, exact in (
        (lead / DAY_US, stats.uniform(0, 60)),
        (patience / DAY_US, stats.expon(scale=30)),
        (term / DAY_US, stats.expon(scale=90)),
        (appetite, stats.uniform()),
    ):
        assert stats.kstest(values, exact.cdf).pvalue > 1e-3
    blocks = np.arange(1, 200)
    share = np.searchsorted(np.sort(size), blocks * 10_000, side="right") / len(size)
    assert share == pytest.approx(stats.lognorm(0.8, scale=30).cdf(blocks), abs=1.95 / sqrt(len(size)))
    columns = [lead, patience, term, size, appetite]
    for i, one in enumerate(columns):
        for other in columns[:i]:
            assert stats.spearmanr(one, other).pvalue > 1e-3


@pytest.mark.parametrize("growth", ["$steep"])
def test_an_uncertain_growth_is_that_of_its_replication(growth: str, tmp_path: Path) -> None:
    """The median arrival is where half the requests of that replication's own growth are asked."""
    scenario = asking(tmp_path, rate="20 /d", growth=growth)
    steep = []
    for k in range(10):
        drawn = sample_inputs(scenario, 1, k)
        found = {name: value for name, value, _ in drawn.recorded_draws}["uncertain.steep"]
        years = drawn.calendar.end / YEAR_US
        n = len(drawn.requests)
        expected = 20 * (YEAR_US / DAY_US) * (found**years - 1) / log(found)
        assert n == pytest.approx(expected, abs=4 * sqrt(expected))
        middle = log((1 + found**years) / 2) / log(found)
        error = sqrt(pi / 2) * sqrt(n) / (20 * (YEAR_US / DAY_US) * found**middle)
        assert drawn.requests.asked[n // 2] / YEAR_US == pytest.approx(middle, abs=4 * error)
        steep.append(found)
    assert len(set(steep)) == 10
