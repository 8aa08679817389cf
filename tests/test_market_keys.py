"""What is checked of appetites and of deals asked before the start; what is sampled of them."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from sim.model.run import play
from sim.model.sampling import sample_inputs
from sim.results.tables import appetite_draws_table, requests_table
from sim.scenario.faults import ScenarioError
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile

BASE = """
start: 2025-01-01
end: 2026-01-01
demand:
  s:
    customer: Lab
    class: chat
    term: 60 d
    patience: 30 d
    arrivals:
      deals:
        Old: {asked: 2024-11-01, wanted: 2024-12-20, size: 10 MW}
        New: {asked: 2025-02-01, size: 20 MW}
  own: {customer: O, class: chat, term: 60 d, arrivals: {deals: {Self: {asked: 2025-03-01, size: 1 MW}}}}
providers: {H: {sites: [West]}, O: {sites: [East]}, P: {sites: [East]}}
sites: {West: {online: 40 MW}, East: {online: 30 MW}}
"""


def scenario(folder: Path, **overrides: object) -> ScenarioFile:
    path = folder / "case.yaml"
    path.write_text(BASE)
    return read_scenario(path).replace({path.replace("__", "."): value for path, value in overrides.items()})


def faults(folder: Path, **overrides: object) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        scenario(folder, **overrides)
    return [f"{fault.key}: {fault.message}; {fault.remedy}" for fault in error.value.faults]


def test_an_appetite_below_the_whole_needs_the_bypass(tmp_path: Path) -> None:
    told = [
        "waiting.bypass: cannot be false where a provider may want less than 100 % of the requests (O); remove its"
        " appetite, or let others pass: bypass: true"
    ]
    strict = {"waiting__bypass": False}
    assert faults(tmp_path, providers__O__appetite="{chat: 99 %}", **strict) == told
    assert faults(tmp_path, providers__O__appetite="{uniform: {low: 50 %, high: 100 %}}", **strict) == told
    assert not scenario(tmp_path, providers__O__appetite="100 %", **strict).waiting.bypass


def test_a_deal_that_had_given_up_before_the_start(tmp_path: Path) -> None:
    """30 days after 2024-12-20 is after the start, 12 days are over by it to the day."""
    message = "was asked before the start, and by then its patience is over"
    remedy = "leave it out, or write a later date or a longer patience"
    deal = "demand.s.arrivals.deals.Old"
    assert faults(tmp_path, demand__s__patience="12 d") == [f"{deal}: {message}; {remedy}"]
    steps = {"demand.s.arrivals.deals.Old": "{asked: 2024-11-01, ramp: {2024-11-20: 1 MW, 2024-12-20: 2 MW}}"}
    assert faults(tmp_path, **steps) == [f"{deal}.ramp.2024-11-20: {message}; {remedy}"]
    drawn = scenario(tmp_path, demand__s__patience="{uniform: {low: 1 d, high: 20 d}}")
    seen = set()
    for replication in range(20):
        try:
            play(drawn, 1, replication)
        except ScenarioError as error:
            (fault,) = error.faults
            assert (fault.key, fault.message) == (deal, f"{message} (replication {replication})")
            seen.add("given up")
        else:
            seen.add("waits")
    assert seen == {"given up", "waits"}


def test_what_is_asked_before_the_start_keeps_its_dates(tmp_path: Path) -> None:
    rows = requests_table(play(scenario(tmp_path), 1, 0)).select("deal", "asked", "wanted", "first_delivery")
    assert [row[0] for row in rows.rows()] == ["Old", "New", "Self"]
    assert [str(at)[:10] for at in rows.row(0)[1:]] == ["2024-11-01", "2024-12-20", "2025-01-01"]


def test_draws_of_appetite(tmp_path: Path) -> None:
    """A row for each request and each provider that states one, or holds a right that does."""
    refusal = {"rights": "{R: {holder: H, kind: first refusal, appetite: 50 %}}"}
    run = play(scenario(tmp_path, providers__P__appetite="20 %", **refusal), 1, 0)
    table, requests = appetite_draws_table(run), requests_table(run)
    assert table.select("request", "provider").rows() == [(r, p) for r in range(3) for p in "HP"]
    of_holder = table.filter(pl.col("provider") == "H")["draw"].to_list()
    assert requests["appetite_draw"].to_list() == of_holder
    assert len(set(table["draw"].to_list())) == 6
    # A right that states none leaves its holder without a row, though a user's own answer may go by its draw.
    silent = play(scenario(tmp_path, rights="{R: {holder: H, kind: first refusal}}"), 1, 0)
    assert appetite_draws_table(silent).is_empty()
    assert requests_table(silent)["appetite_draw"].to_list() == [None] * 3
    assert silent.inputs.requests.appetite_draws[0].tolist() == of_holder


def test_a_provider_always_wants_its_own_demand(tmp_path: Path) -> None:
    """Whatever its appetite, and whatever a right of its says."""
    never = scenario(
        tmp_path, providers__O__appetite="0 %", rights="{R: {holder: O, kind: first refusal, appetite: 0 %}}"
    )
    (of_lab, of_own) = (group for group in sample_inputs(never, 1, 0).groups)
    assert (of_lab.appetite, of_own.appetite) == ((0,), (1_000_000,))
    assert (of_lab.provider_appetite[1], of_own.provider_appetite[1]) == (0, 1_000_000)
    run = play(never, 1, 0)
    assert np.flatnonzero(run.requests["holder_kw"]).tolist() == [2]
