"""Common random numbers: what is added to a scenario disturbs no other draw."""

from pathlib import Path

import numpy as np
import pytest

from sim.model.sampled_inputs import SampledInputs
from sim.model.sampling import sample_inputs
from sim.scenario.reading import read_scenario

ANNOUNCED = Path("scenarios/announced-2025.yaml").resolve()

ADDED = {
    "a site": "sites: {New: {online: 10 MW, outages: {every: {exponential: {mean: 30 d}}, lasts: 2 d, takes: 5 %}}}",
    "a stream": """
demand:
  New:
    customer: Somebody
    arrivals: {poisson: {rate: 3 /mo}}
    size: {lognormal: {median: 30 MW, sigma: 1}}
    term: {exponential: {mean: 1 y}}
""",
    "a building": """
sites:
  Abilene:
    buildings:
      New: {count: 3, it_power: 20 MW, planned: 2026-03-01, slip: {exponential: {mean: 60 d}}}
""",
    "a right": """
rights:
  New: {holder: Oracle, kind: first refusal, over: {classes: [batch]}, window: {uniform: {low: 1 d, high: 9 d}}}
""",
    "a provider": "providers: {New: {sites: [Azure], appetite: {training: 20 %}}}",
    "an uncertain number": "uncertain: {unused: {uniform: {low: 0, high: 1}}}",
}


def by_stream(drawn: SampledInputs) -> dict[str, list[tuple[int, ...]]]:
    """All that is drawn of each request of each stream, and the windows of the rights by name."""
    r = drawn.requests
    windows = {right.name: window for right, window in zip(drawn.rights, r.windows, strict=True)}
    names = [provider.name for provider in drawn.providers]
    columns = [r.number, r.asked, r.wanted, r.gives_up, r.size_kw, r.block_kw, r.term]
    columns += [windows["first refusal"], r.appetite_draws[names.index("Microsoft")]]
    stream = drawn.stream_of_request()
    return {
        name: list(zip(*(c[stream == s].tolist() for c in columns), strict=True))
        for s, name in enumerate(drawn.streams)
    }


def by_building(drawn: SampledInputs) -> dict[tuple[str, str], tuple[object, ...]]:
    """All that is drawn of each building."""
    return {
        (drawn.sites[p.site].name, p.name): (
            p.kw, p.planned, p.review, p.comes_online, [s.takes for s in p.phases], p.begins, p.cancelled, p.retired,
        )
        for p in drawn.buildings
    }  # fmt: skip


@pytest.mark.parametrize("what", ADDED)
def test_an_addition_disturbs_no_other_draw(what: str, tmp_path: Path) -> None:
    more = tmp_path / "more.yaml"
    more.write_text(f"extends: {ANNOUNCED}\n{ADDED[what]}")
    before, after = sample_inputs(read_scenario(ANNOUNCED), 7, 3), sample_inputs(read_scenario(more), 7, 3)
    requests, buildings, drawn = (
        by_stream(before),
        by_building(before),
        {d[0]: d[1] for d in before.recorded_draws},
    )
    assert len(before.requests) > 50
    assert {k: v for k, v in by_stream(after).items() if k in requests} == requests
    assert {k: v for k, v in by_building(after).items() if k in buildings} == buildings
    assert {name: value for name, value, _ in after.recorded_draws if name in drawn} == drawn
    changed = (
        len(after.requests) > len(before.requests)
        or len(by_building(after)) > len(buildings)
        or len(after.sites) > len(before.sites)
        or len(after.rights) > len(before.rights)
        or len(after.requests.appetite_draws) > len(before.requests.appetite_draws)
        or len(after.recorded_draws) > len(before.recorded_draws)
    )
    assert changed, "the addition is there"


def test_replications_and_seeds_differ() -> None:
    scenario = read_scenario(ANNOUNCED)
    one, other, third = (
        sample_inputs(scenario, 1, 0),
        sample_inputs(scenario, 1, 1),
        sample_inputs(scenario, 2, 0),
    )
    assert by_stream(one) != by_stream(other) != by_stream(third) != by_stream(one)
    assert by_stream(one) == by_stream(sample_inputs(scenario, 1, 0))


def test_a_longer_run_begins_with_the_same_requests() -> None:
    """The n-th variate is for the n-th request, however many are drawn."""
    scenario = read_scenario(ANNOUNCED)
    longer = scenario.replace({"end": "2030-01-21"})
    short, long = by_stream(sample_inputs(scenario, 1, 0)), by_stream(sample_inputs(longer, 1, 0))
    for name, rows in short.items():
        assert np.array_equal(rows, long[name][: len(rows)]), name
