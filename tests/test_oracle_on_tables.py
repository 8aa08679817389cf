"""The tables of a run hold all that the oracle needs to play it again: a world of every key, and those shipped."""

from pathlib import Path
from typing import Any

import oracle
import polars as pl
import pytest
from conftest import written
from test_market import in_order

from sim.explain.replay import frames_of_run
from sim.model.outcomes import ReleaseReason
from sim.model.rules import MATCH, NEVER
from sim.model.run import Run, play
from sim.scenario.reading import read_scenario
from sim.scenario.right_kinds import RIGHT_KINDS
from sim.scenario.schema import ScenarioFile

SCENARIOS = sorted(Path("scenarios").resolve().glob("*.yaml"))
Case = dict[str, Any]


def microseconds(run: Run, frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, with whole microseconds since the start in place of timestamps and durations."""
    start = run.inputs.calendar.start
    columns = [
        ((column - start) if column.dtype == pl.Datetime else column).dt.total_microseconds()
        if column.dtype in (pl.Datetime, pl.Duration)
        else column
        for column in frame
    ]
    return pl.DataFrame(columns).to_dicts()


def by_class(appetite: Any) -> Any:
    """A sampled appetite, as cases state it: one for all classes, or one for each."""
    return appetite[None] if appetite is not None and set(appetite) == {None} else appetite


def case_of(scenario: ScenarioFile, run: Run) -> Case:
    """The case that a run played: requests, draws and the world from its tables, the rest from its inputs."""
    inputs, tables = run.inputs, frames_of_run(run)
    names = [provider.name for provider in inputs.providers]
    draws: dict[int, dict[str, float]] = {}
    for row in tables["appetite_draws"].to_dicts():
        draws.setdefault(row["request"], {})[row["provider"]] = row["draw"]
    requests = [
        {key: row[key] for key in ("stream", "customer", "class", "only", "asked", "wanted", "gives_up")}
        | {key: row[key] for key in ("split", "priority", "term")}
        | {"size": row["size_kw"], "block": row["block_kw"], "draws": draws.get(row["request"], {})}
        | {"windows": {row["right"]: row["window"] or 0}}
        for row in microseconds(run, tables["requests"])
    ]
    served = microseconds(run, tables["deliveries"])
    in_place = [
        {"stream": row["stream"], "customer": None, "site": row["site"], "kw": row["kw"], "term": row["end"]}
        for row in served
        if row["request"] is None
    ]
    return {
        "end": inputs.calendar.end,
        "sites": {site.name: site.online_kw for site in inputs.sites},
        "told": microseconds(run, tables["buildings"]),
        "providers": {
            provider.name: {
                "sites": [inputs.sites[s].name for s in provider.sites],
                "presells": provider.presells,
                "keeps_back": provider.keeps_back,
                "price": provider.price,
                "site_policy": provider.site_policy,
                "appetite": by_class(provider.appetite),
            }
            for provider in inputs.providers
        },
        "overflow": {
            "policy": inputs.overflow_policy,
            "order": list(scenario.overflow.order or scenario.providers),
        },
        "bypass": inputs.bypass,
        "moves": inputs.moves,
        "rights": [
            {
                "name": right.name,
                "holder": names[right.holder],
                "kind": next(
                    name for name, kind in RIGHT_KINDS.items() if kind.is_exclusive == right.is_exclusive
                ),
                "customer": right.customer,
                "classes": right.classes,
                "from": right.begins,
                "until": None if right.ends == NEVER else right.ends,
                "appetite": by_class(right.appetite),
                "max_utilization": right.max_utilization,
                "max_delay": {NEVER: None, MATCH: "match"}.get(right.max_delay, right.max_delay),
                "partial": right.partial,
                "holds_capacity": right.holds_capacity,
            }
            for right in inputs.rights
        ],
        "requests": requests,
        "in_place": in_place,
    }


COLUMNS = (
    *("right", "holder", "window", "asked_first", "answered", "holder_kw", "first_kw", "reason"),
    *("committed_kw", "delivered_kw", "lost_kw", "first_delivery", "full_delivery", "status"),
)


def check(scenario: ScenarioFile, replication: int) -> Run:
    """Fail unless the oracle, given the tables of a replication, comes to what the tables say."""
    run = play(scenario, 1, replication, engine="simpy")
    tables = {name: microseconds(run, frame) for name, frame in frames_of_run(run).items()}
    judged = oracle.play(case_of(scenario, run))
    place = ("request", "stream", "provider", "site", "kw")
    for name, times in (
        ("commitments", ("committed", "promised")),
        ("releases", ("at", "why")),
        ("deliveries", ("start", "end")),
    ):
        ours = [tuple(row[column] for column in place + times) for row in tables[name]]
        theirs = judged[name] if name == "deliveries" else in_order(judged[name])
        assert ours == theirs, name
    # Not known in the tables before the first round is over; nothing, as the oracle counts.
    requests = [row | {"first_kw": row["first_kw"] or 0} for row in tables["requests"]]
    ours_of_requests = [{column: row[column] for column in COLUMNS} for row in requests]
    assert ours_of_requests == judged["requests"]
    return run


EVERYTHING = """\
title: Every key of the market
start: 2025-01-01
end: 2026-07-01
demand:
  chat:
    customer: Lab
    class: inference
    arrivals: {poisson: {rate: 5 /mo}}
    in_place: {West: 50 MW}
    size: {lognormal: {median: 20 MW, sigma: 0.7}}
    term: {exponential: {mean: 6 mo}}
    lead: {uniform: {low: 0 d, high: 60 d}}
    patience: 120 d
    block: 4 MW
  train: {customer: Lab, class: training, arrivals: {poisson: {rate: 2 /mo}}, size: 40 MW, term: 8 mo, split: never}
  own: {customer: Big, arrivals: {poisson: {rate: 2 /mo}}, size: 8 MW, term: 1 y, split: one site, priority: 1}
  before:
    customer: Lab
    class: inference
    size: 30 MW
    term: 1 y
    arrivals:
      deals:
        one: {asked: 2024-11-01, wanted: 2025-02-01}
        two: {asked: 2024-12-20, wanted: 2024-12-28, size: 60 MW}
        three: {asked: 2024-12-29, wanted: 2025-01-01}
providers:
  Big: {sites: [South, West], presells: 3 mo, keeps_back: 10 MW, appetite: {inference: 70 %, training: 30 %}}
  Neo: {sites: [East, West, North], presells: 12 mo, appetite: 80 %}
  Old: {sites: [North, East], site_policy: in order, presells: 6 mo}
rights:
  refusal:
    holder: Big
    kind: first refusal
    over: {customer: Lab, classes: [inference, training]}
    until: 2025-09-01
    window: {uniform: {low: 1 d, high: 20 d}}
    max_utilization: 90 %
    max_delay: match
    holds_capacity: true
  second:
    holder: Neo
    kind: first refusal
    over: {customer: Lab}
    from: 2025-09-01
    until: 2026-03-01
    window: 9 d
    appetite: {inference: 60 %, training: 100 %}
    max_delay: 60 d
sites:
  West: {online: 120 MW, outages: {every: {exponential: {mean: 60 d}}, lasts: 3 d, takes: 40 %}}
  South: {buildings: {Hall: {it_power: 60 MW, planned: 2025-04-01, slip: {exponential: {mean: 60 d}}}}}
  East:
    buildings:
      Hall: {count: 4, it_power: 50 MW, planned: 2025-03-01, every: 60 d, slip: {exponential: {mean: 60 d}},
             review: 20 d}
  North:
    online: 20 MW
    buildings:
      Wing: {count: 4, it_power: 30 MW, planned: 2025-04-01, every: 90 d, slip: {exponential: {mean: 40 d}},
             cancelled: {chance: 30 %, on: 2025-05-01}, retired: {chance: 40 %, on: 2026-05-01}}
"""


@pytest.mark.parametrize("policy", ["soonest", "cheapest", "most room", "in order"])
def test_the_oracle_comes_to_what_the_tables_say(tmp_path: Path, policy: str) -> None:
    """Every key of the market, with dates to the microsecond, as users have them."""
    scenario = written(tmp_path)(EVERYTHING).replace({"overflow.policy": policy})
    moved = sum((check(scenario, k).releases["why"] == ReleaseReason.MOVED).sum() for k in range(2))
    assert moved > 5


@pytest.mark.slow
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_the_oracle_comes_to_what_the_tables_of_shipped_scenarios_say(path: Path) -> None:
    check(read_scenario(path), 0)
