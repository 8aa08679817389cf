"""The simulation against what is known exactly, and the formulas themselves against slower ways to the same."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise, product
from math import exp, factorial
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import integrate

from sim.model.run import Engine
from sim.results.run import RunResult
from sim.scenario.reading import read_scenario
from sim.study.run import run_scenario
from sim.verify import formulas, markov
from sim.verify.catalogue import all_cases
from sim.verify.verification import (
    CaseResult,
    ReferenceCase,
    bonferroni_confidence_level,
    differing_metrics,
    verify_cases,
)

# The simulation

SURE = bonferroni_confidence_level(all_cases())
"""As in `sim verify`; the seeds are fixed, so that nothing flickers."""
FEW = 5


def case_result(case: ReferenceCase, clock: Engine, replications: int) -> CaseResult:
    (result,) = verify_cases([case], [clock], SURE, replications=replications, workers=1)
    return result


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_the_exact_value_lies_in_a_tight_interval(case: ReferenceCase) -> None:
    """On the compiled clock, and well off every rival, so that other seeds hold too; SimPy's says the same."""
    compiled = case_result(case, "compiled", case.scenario["replications"])
    findings = compiled.check_results
    assert [f.verdict for f in findings] == ["exact"] * len(findings), "\n".join(map(str, findings))
    for f in findings:
        assert f.half_width < 0.9 * f.check.tolerance * f.check.exact or f.half_width < 1e-9, str(f)
        assert all(abs(f.check.exact - rival) > 1.8 * f.half_width for rival in f.check.rivals.values()), str(
            f
        )
    assert differing_metrics([case_result(case, "simpy", FEW), compiled]) == {}


WRONG: dict[str, tuple[str, dict[str, Any]]] = {
    "one server less": ("loss, lognormal terms", {"sites.One site.online": "5 MW"}),
    "some patience": ("loss, exponential terms", {"demand.calls.patience": "1 d"}),
    "the other order": (
        "ordered overflow",
        {"overflow.order": ["Second", "First"], "sites.First site.online": "5 MW"},
    ),
    "a hold": ("first refusal, a window", {"rights.first refusal.holds_capacity": True}),
    "no hold": ("first refusal, a window with a hold", {"rights.first refusal.holds_capacity": False}),
    "no window": ("first refusal, a hold and nobody else", {"rights.first refusal.window": "0 d"}),
    "more appetite": ("first refusal, appetite, a cap and a hold", {"rights.first refusal.appetite": "65 %"}),
    "less kept back": ("keeps back", {"providers.One.keeps_back": "1 MW"}),
    "split": ("two sizes", {"demand.large.split": "anywhere"}),
    "no priorities": ("two priorities", {"demand.high.priority": 0}),
    "more patience": ("patience", {"demand.calls.patience": {"exponential": {"mean": "0.8 d"}}}),
    "constant patience": ("patience", {"demand.calls.patience": "0.5 d"}),
    "one is not shared": ("shared overflow", {"demand.North.only": ["North"]}),
    "the shared first": ("shared overflow", {"overflow.order": ["Shared", "North", "South"]}),
    "retired a week late": (
        "capacity steps",
        {f"sites.Place {k} site.buildings.Hall.retired": "2025-03-19" for k in range(1, 11)},
    ),
    "online four days late": (
        "capacity steps",
        {f"sites.Place {k} site.buildings.Hall.planned": "2025-02-04" for k in range(1, 11)},
    ),
    "no growth": ("room for all, growing", {"demand.calls.arrivals.poisson.growth": 1}),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_rule_would_be_seen(what: str) -> None:
    """A part of the replications is enough to tell another rule, or another number, from that of the case."""
    name, changes = WRONG[what]
    case = next(case for case in all_cases() if case.name == name)
    findings = case_result(
        replace(case, scenario=changed(case.scenario, changes)), "compiled", 50
    ).check_results
    assert not all(f.contains_exact for f in findings), "\n".join(map(str, findings))


def changed(scenario: Any, changes: dict[str, Any]) -> dict[str, Any]:
    """A scenario with something else at some dotted paths."""
    keys = dict(scenario)
    for path, value in changes.items():
        *parts, last = path.split(".")
        part = keys
        for key in parts:
            part[key] = dict(part.get(key, {}))
            part = part[key]
        part[last] = value
    return keys


# Little's law: what stood there over time is what each brought

MESSY = """\
start: 2025-01-01
end: 2026-01-01
demand:
  chat:
    customer: Lab
    arrivals: {poisson: {rate: 20 /mo, growth: 3}}
    in_place: {West: 50 MW}
    size: {lognormal: {median: 20 MW, sigma: 0.5}}
    term: {exponential: {mean: 3 mo}}
    lead: {uniform: {low: 0 d, high: 60 d}}
    patience: {exponential: {mean: 30 d}}
  own: {customer: Big, arrivals: {poisson: {rate: 5 /mo}}, size: 5 MW, term: 6 mo, split: never, priority: 1}
providers:
  Big: {sites: [West], presells: 3 mo, keeps_back: 10 MW}
  Neo: {sites: [East, West], presells: 1 mo}
rights:
  refusal: {holder: Big, kind: first refusal, over: {customer: Lab}, window: {uniform: {low: 1 d, high: 50 d}}}
sites:
  West: {online: 200 MW, outages: {every: {exponential: {mean: 60 d}}, lasts: 3 d, takes: 20 %}}
  East:
    buildings:
      Hall: {count: 3, it_power: 50 MW, planned: 2025-03-01, every: 60 d, slip: {exponential: {mean: 30 d}}}
"""


@pytest.fixture(scope="module")
def messy(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    path = tmp_path_factory.mktemp("messy") / "messy.yaml"
    path.write_text(MESSY)
    return run_scenario(read_scenario(path), replications=3, workers=1)


def integral(rows: pl.DataFrame, by: list[str], kw: str, end: int) -> int:
    """The sum of kW x microseconds of a table of levels after each instant, in whole numbers."""
    total = 0
    for part in rows.partition_by(by):
        times = [*part["time"].dt.epoch("us").to_list(), end]
        total += sum(
            level * (after - at)
            for level, (at, after) in zip(part[kw].to_list(), pairwise(times), strict=True)
        )
    return total


def the_end(outcome: RunResult) -> int:
    return pl.Series([outcome.scenario.end]).dt.epoch("us")[0]


def test_littles_law_of_what_is_wanted_and_not_served(messy: RunResult) -> None:
    """The integral of the backlog is the sum of kW x time waited: exactly, over every request and its end."""
    end = the_end(messy)
    requests, deliveries = messy.table("requests"), messy.table("deliveries")
    keys = ["replication", "request"]
    of_requests = deliveries.join(requests.select(*keys, "wanted"), on=keys)
    waited = sum(
        kw * (start - wanted)
        for kw, start, wanted in of_requests.select(
            "kw", pl.col("start").dt.epoch("us"), pl.col("wanted").dt.epoch("us")
        ).iter_rows()
    )
    for size, delivered, lost, wanted, gives_up, answered in requests.select(
        "size_kw",
        "delivered_kw",
        "lost_kw",
        *(pl.col(c).dt.epoch("us") for c in ("wanted", "gives_up", "answered")),
    ).iter_rows():
        if lost:
            waited += lost * (max(gives_up, answered) - wanted)
        waited += (size - delivered - lost) * max(0, end - wanted)
    backlog = messy.table("backlog")
    assert waited == integral(backlog, ["replication", "stream"], "unserved_kw", end)
    assert {"served", "waiting", "part served", "lost"} == set(requests["status"].unique())
    days = (messy.scenario.end - messy.scenario.start).days
    mean = sum(v for v in messy.metric_values["unserved_mw.mean"] if v is not None)
    assert mean == pytest.approx(waited / 1000 / 86_400e6 / days, rel=1e-12)


def test_littles_law_of_what_is_in_service(messy: RunResult) -> None:
    """The integral of what is in service is the sum of kW x time served, by sites as by streams."""
    end = the_end(messy)
    served = sum(
        kw * (min(until, end) - start)
        for kw, start, until in messy.table("deliveries")
        .select("kw", pl.col("start").dt.epoch("us"), pl.col("end").dt.epoch("us"))
        .iter_rows()
    )
    assert served == integral(messy.table("capacity"), ["replication", "site"], "in_service_kw", end)
    assert served == integral(messy.table("backlog"), ["replication", "stream"], "in_service_kw", end)


# The formulas

LOADS = (0.3, 2.0, 7.2, 25.0)


@pytest.mark.parametrize(("servers", "load"), list(product((1, 2, 6, 20), LOADS)))
def test_erlang_b_is_the_truncated_poisson(servers: int, load: float) -> None:
    weights = [load**n / factorial(n) for n in range(servers + 1)]
    assert formulas.erlang_b(servers, load) == pytest.approx(weights[-1] / sum(weights), rel=1e-12)
    assert formulas.kaufman_roberts(servers, [(load, 1)])[0] == pytest.approx(
        formulas.erlang_b(servers, load)
    )
    kept_nothing = formulas.trunk_reservation(servers, 0, load / 3, 2 * load / 3)
    assert kept_nothing == pytest.approx((formulas.erlang_b(servers, load),) * 2)


def test_values_that_stand_in_tables() -> None:
    """Erlang B as printed in every table (20 servers, 12.03 erlangs: 1 %); M/M/1; M/D/1."""
    assert formulas.erlang_b(20, 12.03) == pytest.approx(0.01, abs=2e-5)
    assert formulas.erlang_c(1, 0.7) == pytest.approx(0.7)
    assert formulas.mmc_mean_wait(1, 0.5) == pytest.approx(1.0)
    assert formulas.md1_mean_wait(0.5) == 0.5
    assert formulas.mmc_wait_tail(1, 0.5, 2.0) == pytest.approx(0.5 * exp(-1))
    assert formulas.littles_law(3.0, 0.5) == 1.5


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (4, 6.0), (5, 2.5)])
def test_riordan_by_the_balance_equations(servers: int, load: float) -> None:
    """The chain of (busy in the first group, busy in the second), the second with 40 servers."""

    def moves(state: tuple[int, int]) -> Iterable[tuple[tuple[int, int], float]]:
        first, second = state
        if first < servers:
            yield (first + 1, second), load
        elif second < 40:
            yield (first, second + 1), load
        if first:
            yield (first - 1, second), float(first)
        if second:
            yield (first, second - 1), float(second)

    chances = markov.stationary_distribution((0, 0), moves)
    mean = sum(p * second for (_, second), p in chances.items())
    variance = sum(p * (second - mean) ** 2 for (_, second), p in chances.items())
    over = formulas.riordan_moments(servers, load)
    assert (over.mean, over.variance) == pytest.approx((mean, variance), rel=1e-9)
    assert over.peakedness == pytest.approx(variance / mean, rel=1e-9)


def test_kaufman_roberts_by_the_product_form() -> None:
    servers, groups = 10, [(3.0, 1), (1.5, 3)]
    chances = {
        (a, b): groups[0][0] ** a / factorial(a) * groups[1][0] ** b / factorial(b)
        for a in range(11)
        for b in range(4)
        if a + 3 * b <= servers
    }
    total = sum(chances.values())
    lost = [
        sum(p for (a, b), p in chances.items() if a + 3 * b + size > servers) / total for _, size in groups
    ]
    assert formulas.kaufman_roberts(servers, groups) == pytest.approx(lost, rel=1e-12)


def test_waits_by_priority_keep_the_work() -> None:
    """One priority waits as Erlang says; and the waits by load add up to the same, whatever the order."""
    assert formulas.mmc_priority_mean_waits(3, [1.8]) == pytest.approx([formulas.mmc_mean_wait(3, 1.8)])
    loads = [0.4, 0.9, 0.5]
    together = sum(
        load * wait for load, wait in zip(loads, formulas.mmc_priority_mean_waits(3, loads), strict=True)
    )
    assert together == pytest.approx(1.8 * formulas.mmc_mean_wait(3, 1.8))


def test_patience_lies_between_none_and_all() -> None:
    assert formulas.erlang_a(3, 3.0, 1e-9).reneging_probability == pytest.approx(
        formulas.erlang_b(3, 3.0), rel=1e-6
    )
    endless = formulas.erlang_a(3, 1.8, 1e9)
    assert endless.delay_probability == pytest.approx(formulas.erlang_c(3, 1.8), rel=1e-6)
    assert endless.mean_queue_length == pytest.approx(
        formulas.littles_law(1.8, formulas.mmc_mean_wait(3, 1.8)), rel=1e-6
    )
    assert formulas.erlang_a(3, 3.0, 1.0).mean_queue_length == pytest.approx(endless_poisson(3, 3.0))


def endless_poisson(servers: int, load: float) -> float:
    """With a patience of a mean term all leave alike, so the number there is Poisson."""
    return sum((n - servers) * exp(-load) * load**n / factorial(n) for n in range(servers, 60))


def test_growing_load_without_growth() -> None:
    assert formulas.growing_mean_in_service(3.0, 1.0, 10.0, 1e4) == pytest.approx(30.0)
    steps = 200_000
    day = 50.0 / steps
    slow = sum(3.0 * 1.02 ** (k * day) * exp(-(50.0 - k * day) / 10.0) * day for k in midpoints(steps))
    assert formulas.growing_mean_in_service(3.0, 1.02, 10.0, 50.0) == pytest.approx(slow, rel=1e-8)


def midpoints(n: int) -> Iterator[float]:
    return (k + 0.5 for k in range(n))


def test_a_second_look_at_a_short_window_is_the_first() -> None:
    """Without a window there is one look; with a long one the second finds room as any arrival would."""
    at_once = markov.solve_sole_holder(3, 2.4, 1e-6, max_unanswered=3)
    assert at_once == pytest.approx((formulas.erlang_b(3, 2.4),) * 2, rel=1e-4)
    some = markov.solve_sole_holder(3, 2.4, 0.4)
    assert some.lost < formulas.erlang_b(3, 2.4 * 1.4) < some.declined
    assert markov.solve_sole_holder(3, 2.4, 0.4, max_unanswered=25) == pytest.approx(some, rel=1e-9)


# Shared overflow, and capacity in steps


@pytest.mark.parametrize(("primary", "load", "servers"), [(3, 2.0, 2), (5, 6.5, 4), (1, 0.4, 1)])
def test_overflow_shared_with_nobody(primary: int, load: float, servers: int) -> None:
    """Of one stream the two groups in order are one group, and what overflows is as Riordan says."""
    alone = markov.solve_shared_overflow((primary, 2), (load, 1e-12), servers)
    assert alone.lost[0] == pytest.approx(formulas.erlang_b(primary + servers, load), rel=1e-9)
    past = formulas.erlang_b(primary, load) - formulas.erlang_b(primary + servers, load)
    assert alone.in_service == pytest.approx(load * past, rel=1e-9)
    assert formulas.wilkinson_lost_load([formulas.riordan_moments(primary, load)], servers) == pytest.approx(
        load * formulas.erlang_b(primary + servers, load)
    )


def test_overflow_of_streams_without_a_group_of_their_own() -> None:
    """Then the shared group has all, and both lose alike; and one's endless group leaves the other alone."""
    both = formulas.erlang_b(4, 3.5)
    assert markov.solve_shared_overflow((0, 0), (1.5, 2.0), 4).lost == pytest.approx((both, both))
    apart = markov.solve_shared_overflow((3, 30), (2.5, 1.0), 2).lost
    assert apart == pytest.approx((formulas.erlang_b(5, 2.5), 0.0), abs=1e-12)


@pytest.mark.parametrize(
    ("primaries", "loads", "servers"),
    [((4, 3), (3.0, 4.5), 4), ((6, 6), (6.0, 6.0), 5), ((2, 8), (2.0, 9.0), 6)],
)
def test_shared_overflow_is_near_wilkinson(
    primaries: tuple[int, int], loads: tuple[float, float], servers: int
) -> None:
    """The equivalent random method is an approximation: of the load lost, good to a few in a hundred."""
    exact = markov.solve_shared_overflow(primaries, loads, servers)
    lost = sum(load * share for load, share in zip(loads, exact.lost, strict=True))
    overflows = [formulas.riordan_moments(n, load) for n, load in zip(primaries, loads, strict=True)]
    assert formulas.wilkinson_lost_load(overflows, servers) == pytest.approx(lost, rel=0.03)
    as_poisson = sum(over.mean for over in overflows)
    assert abs(as_poisson * formulas.erlang_b(servers, as_poisson) / lost - 1) > 0.05
    carried = sum(over.mean for over in overflows) - lost
    assert exact.in_service == pytest.approx(carried, rel=1e-9)


@pytest.mark.parametrize(("servers", "load"), list(product((1, 2, 6, 20), LOADS)))
def test_erlang_b_continued_is_erlang_b(servers: int, load: float) -> None:
    assert formulas.continued_erlang_b(servers, load) == pytest.approx(
        formulas.erlang_b(servers, load), rel=1e-9
    )
    between = formulas.continued_erlang_b(servers + 0.5, load)
    assert formulas.erlang_b(servers + 1, load) < between < formulas.erlang_b(servers, load)


def test_the_equivalent_group_is_the_one_that_it_came_from() -> None:
    assert formulas.equivalent_random_group(formulas.riordan_moments(5, 4.0)) == pytest.approx((5, 4.0))
    assert formulas.equivalent_random_group(formulas.riordan_moments(7.5, 9.0)) == pytest.approx((7.5, 9.0))


def test_one_server_from_empty() -> None:
    """The chain of two states is solved by hand: A / (1 + A) (1 - exp(-(1 + A) t))."""
    load, terms = 1.7, 0.6
    solution = markov.solve_capacity_steps(load, [(1, terms)])
    rest, rate = load / (1 + load), 1 + load
    assert solution.in_service == pytest.approx([rest * (1 - exp(-rate * terms))])
    assert solution.lost == pytest.approx(rest * (1 - (1 - exp(-rate * terms)) / rate / terms))
    assert solution.interrupted == 0


def test_capacity_that_is_ample_or_stays() -> None:
    """With room for all the mean is A (1 - exp(-t)); in the long run it is A (1 - B)."""
    assert markov.solve_capacity_steps(3.0, [(40, 0.8)]).in_service == pytest.approx([3 * (1 - exp(-0.8))])
    settled = markov.solve_capacity_steps(8.0, [(4, 50.0), (8, 50.0)])
    assert settled.in_service == pytest.approx([8 * (1 - formulas.erlang_b(n, 8.0)) for n in (4, 8)])
    both = (formulas.erlang_b(4, 8.0) + formulas.erlang_b(8, 8.0)) / 2
    assert settled.lost == pytest.approx(both, rel=0.02)
    assert settled.interrupted == 0


def test_capacity_that_is_taken_away_drains() -> None:
    """Without servers nobody comes, and each that is there goes after an exponential term."""
    full, drained = markov.solve_capacity_steps(5.0, [(6, 30.0), (0, 1.5)]).in_service
    assert drained == pytest.approx(full * exp(-1.5))
    steps = markov.solve_capacity_steps(5.0, [(6, 30.0), (0, 1.5)])
    assert steps.interrupted == pytest.approx(full * (1 - exp(-1.5)))


def test_capacity_in_steps_by_a_solver_of_differential_equations() -> None:
    """Kolmogorov's equations once more, written out state by state and integrated numerically."""
    load, steps = 3.0, [(2, 0.7), (5, 0.9), (3, 0.4)]
    chances, mean, lost, above = np.eye(6)[0], [], 0.0, 0.0
    for servers, terms in steps:

        def slope(_: float, p: np.ndarray, servers: int = servers) -> list[float]:
            flow = [0.0] * 6
            for n in range(6):
                up, down = (load if n < servers else 0.0), float(n)
                flow[n] -= (up + down) * p[n]
                if up:
                    flow[n + 1] += up * p[n]
                if n:
                    flow[n - 1] += down * p[n]
            return [*flow, sum(p[servers:6]), sum((n - servers) * p[n] for n in range(servers, 6))]

        solved = integrate.solve_ivp(slope, (0, terms), [*chances, 0, 0], rtol=1e-11, atol=1e-13).y[:, -1]
        chances = solved[:6]
        mean.append(sum(n * p for n, p in enumerate(chances)))
        lost, above = lost + solved[6], above + solved[7]
    solution = markov.solve_capacity_steps(load, steps)
    assert solution.in_service == pytest.approx(mean, rel=1e-8)
    assert (solution.lost, solution.interrupted) == pytest.approx((lost / 2.0, above), rel=1e-8)
