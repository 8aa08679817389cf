"""Sweep files: every fault at once, at its line; designs under a seed; points without anything read again."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from conftest import SMALL
from sweeping import WHOLE, swept, written

from sim.scenario import schema
from sim.scenario.factors import levels_factor, range_factor
from sim.scenario.faults import InvalidValueError, ScenarioError
from sim.scenario.json_schema import editor_schema
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.scenario.sweep import read_sweep
from sim.scenario.sweep_schema import SweepFile
from sim.study.design import number_of_points, sample_design
from sim.study.sweep import prepare_sweep
from sim.study.sweep_points import PointBuilder, node_changes, prepare_points

SHIPPED = sorted(Path("scenarios/sweeps").resolve().glob("*.yaml"))

WRONG = """\
titel: A sweep
scenario: nowhere.yaml
levers:
  rights.refusal.window: {from: 0 d, to: 60 d}
  rights.refusal.until: [2025-03-01, 2025-03-01]
  rights.refusal.appetite: {values: [10 %], from: 0 %}
  replications: [10, 20]
  both: {paths: [rights.refusal.window], values: [1 d]}
  none: {}
uncertainties:
  demand.chat.lead: {triangular: {low: 3 d, mode: 2 d, high: 9 d}}
  demand.chat.patience: {uniform: {low: 1 d, high: 2 d}, sauce: me}
design: gird
outcomes: requests
expect: [unserved_mw.meen < 3]
"""

SENTENCES = """\
whole.yaml:1: titel: "A sweep": is not a key of a sweep; did you mean title?
whole.yaml:2: scenario: "nowhere.yaml": is not a file; looked for nowhere.yaml
whole.yaml:6: levers.rights.refusal.appetite.from: "0 %": has no meaning beside values; remove it
whole.yaml:9: levers.none: says not which values it takes; write a list of values, or {from: 0 d, to: 180 d, steps: 7}
whole.yaml:11: uncertainties.demand.chat.lead.triangular: "{low: 3 d, mode: 2 d, high: 9 d}": has its low above its mode; write low <= mode
whole.yaml:12: uncertainties.demand.chat.patience: "{uniform: {low: 1 d, high: 2 d}, sauce: me}": has sauce beside uniform; write one law, and beside it only source, confidence or note
whole.yaml:13: design: "gird": is not a valid design; did you mean grid?
whole.yaml:14: outcomes: "requests": is not a list; write [requests]
whole.yaml:15: expect.0: "unserved_mw.meen < 3": does not end in a statistic, but in meen; did you mean mean?
"""  # noqa: E501


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as told:
        swept(tmp_path, WRONG)
    said = str(told.value).replace(f"{tmp_path}/", "")
    assert said == SENTENCES.rstrip()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("steps: 4}", "}", "whole.yaml:4: levers.rights.refusal.window: has no steps, which grid needs"),
        (
            "until: [2025-03-01, 2025-09-01]",
            "until: [2025-03-01, 2025-03-01]",
            'whole.yaml:5: levers.rights.refusal.until: "2025-03-01": is a duplicate; write it once',
        ),
        (
            "rights.refusal.until:",
            "replications:",
            'levers.replications: "replications": has no effect in a sweep; set it in the sweep itself',
        ),
        (
            "rights.refusal.until:",
            "rights.refusal.untl:",
            "whole.yaml:5: rights.refusal.untl: is not a path of this scenario: there is no untl in rights.refusal;"
            " did you mean rights.refusal.until?",
        ),
        (
            "until: [2025-03-01",
            "until: [2024-03-01, soon",
            'whole.yaml:5: rights.refusal.until: "soon": is not a date; write it as 2026-04-27, or never',
        ),
        (
            "from: 0 d, to: 60 d",
            "from: 0 d, to: 60 MW",
            'levers.rights.refusal.window: "60 MW": is a power, expected a duration; write it as 18 mo',
        ),
        (
            "uncertain.growth:",
            "rights.refusal.holder:",
            'rights.refusal.holder: "rights.refusal.holder": takes no law, but a provider; make it a lever',
        ),
        (
            "uncertain.growth:",
            "sites.East.buildings.Hall.count:",
            "takes no law, but a whole number from 1 to 10000; make it a lever, with a list of values",
        ),
        (
            "uncertain.growth: {triangular: {low: 1, mode: 2, high: 3}",
            "demand.chat.lead: {uniform: {low: -3 d, high: 3 d}",
            'whole.yaml:7: demand.chat.lead: "-3.0 d": must not be below 0',
        ),
        ("[unserved_mw.mean,", "[unserved_mw.meen,", "outcomes.0: there is no metric unserved_mw.meen; did you mean"),
        ("requests.mean > 10", "request.mean > 10", "whole.yaml:11: expect.0: there is no metric request"),
        ("{levels: 2}", "{levels: 20000}", 'design.grid.levels: "20000": must not be above 10000; write less'),
        ("replications: 5", "replications: 50000000", "makes for 16 points and 800,000,000 runs, more than"),
        ("grid: {levels: 2}", "sobol: {points: 100}", 'design.sobol: "100": must be a power of 2; write 64 or 128'),
        ("grid: {levels: 2}", "sobol: {}", "does not say how many points; write {sobol: {points: 128}}"),
        ("grid: {levels: 2}", "grid: {points: 2}", "design.grid: \"{points: 2}\": has no points"),
    ],
)  # fmt: skip
def test_a_fault_is_told_where_it_stands(old: str, new: str, sentence: str, tmp_path: Path) -> None:
    assert old in WHOLE
    with pytest.raises(ScenarioError) as told:
        prepare_sweep(swept(tmp_path, WHOLE.replace(old, new)))
    assert sentence in str(told.value)
    assert "--set" not in str(told.value)


def test_values_are_numbers_dates_or_texts() -> None:
    def shown(*values: object) -> list[object]:
        return [level.display_value for level in levels_factor("x", ("x",), values).levels]

    assert shown("7 d", "1 mo", "0 d") == [7.0, 30.4375, 0.0]
    assert levels_factor("x", ("x",), ["7 d", "1 mo"]).unit == "d"
    assert shown("2025-03-01", "2026-01-01") == [date(2025, 3, 1), date(2026, 1, 1)]
    assert shown("never", "7 d") == ["never", "7 d"]
    assert shown("7 d", {"uniform": {"low": "1 d", "high": "2 d"}}) == [
        "7 d",
        "{uniform: {low: 1 d, high: 2 d}}",
    ]
    assert shown("soonest", "cheapest") == ["soonest", "cheapest"]
    hundred = range_factor("x", ("x",), "0 %", "1 %", 4)
    assert [level.scenario_value for level in hundred.levels] == [
        "0 %",
        "0.333333333333 %",
        "0.666666666667 %",
        "1 %",
    ]
    counts = range_factor("x", ("x",), "2", "8", 4)
    assert [level.scenario_value for level in counts.levels] == ["2", "4", "6", "8"]
    dates = range_factor("x", ("x",), "2025-01-01", "2025-02-01", 3)
    assert [level.scenario_value for level in dates.levels] == ["2025-01-01", "2025-01-17", "2025-02-01"]
    with pytest.raises(InvalidValueError):
        range_factor("x", ("x",), "1 d", "2", 4)


FACTORS = """\
scenario: small.yaml
levers:
  rights.refusal.window: [0 d, 30 d, {uniform: {low: 1 d, high: 9 d}}]
  sites.East.buildings.Hall.count: {from: 2, to: 6, steps: 5}
  rights.refusal.until: [2025-03-01, never]
  demand.chat.size.lognormal.median: {from: 10 MW, to: 30 MW}
uncertainties:
  uncertain.growth: {triangular: {low: 1, mode: 2, high: 3}}
  waits: {paths: [demand.chat.patience, demand.own.lead], law: {lognormal: {median: 60 d, sigma: 0.4}}}
  sites.East.buildings.Hall.slip: {uniform: {low: -30 d, high: 0 d}}
  providers.Big.price: {exponential: {mean: 12 M$/MW/y}}
design: {latin hypercube: {points: 40}}
"""


def test_points_are_put_together_as_they_would_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a factor changes, the point equals the scenario read with all its values; and nothing is read."""
    read = swept(tmp_path, FACTORS)
    points = prepare_points(read)
    assert not points.rereads_points
    u = sample_design(read.design, read.factors, read.seed)
    careful = replace(points, rereads_points=True)
    told = [careful.scenario_at(row) for row in u]
    with monkeypatch.context() as patched:
        patched.setattr(schema, "validate_tree", forbidden)
        made = [points.scenario_at(row) for row in u]
        with pytest.raises(AssertionError, match="a point was read"):
            careful.scenario_at(u[0])
    for one, other in zip(made, told, strict=True):
        for (_, mine), (_, theirs) in zip(node_changes(one, other), node_changes(other, one), strict=True):
            assert mine == pytest.approx(theirs, rel=1e-15), "the last bit, of a number"
    assert made[0].demand["own"].arrivals is read.scenario.demand["own"].arrivals, "all else is shared"


def forbidden(*_: object, **__: object) -> None:
    raise AssertionError("a point was read")


def test_corners_that_contradict_make_it_careful(tmp_path: Path) -> None:
    """What two levers say together is looked at before the first point; where both change the same, it is refused."""

    def careful(levers: str) -> PointBuilder:
        return prepare_points(swept(tmp_path, f"scenario: small.yaml\nlevers: {{{levers}}}\ndesign: grid\n"))

    assert not careful(
        "rights.refusal.until: [2025-03-01, 2025-09-01], rights.refusal.from: [2025-01-15]"
    ).rereads_points
    assert careful(
        "rights.refusal.until: [2025-03-01, 2025-09-01], rights.refusal.from: [2025-04-01]"
    ).rereads_points
    size = "demand.chat.size: [20 MW, {lognormal: {median: 9 MW, sigma: 1}}]"
    with pytest.raises(ScenarioError, match=r"overlaps with demand\.chat\.size, "):
        careful(f"{size}, demand.chat.size.lognormal.sigma: [2, 3]")


def test_designs_are_of_their_size_and_seed(tmp_path: Path) -> None:
    for design, n in (
        ("grid: {levels: 3}", 4 * 2 * 3),
        ("one at a time: {levels: 3}", 1 + 4 + 2 + 3),
        ("latin hypercube: {points: 17}", 17),
        ("sobol: {points: 8}", 8 * 5),
        ("sobol: {points: 8, second_order: true}", 8 * 8),
        ("morris: {trajectories: 5, levels: 6}", 5 * 4),
    ):
        read = swept(tmp_path, WHOLE.replace("grid: {levels: 2}", design))
        u = sample_design(read.design, read.factors, 1)
        assert u.shape == (n, 3) == (number_of_points(read.design, read.factors), 3), design
        within = u[~np.isnan(u)]
        assert within.min() >= 0 and within.max() < 1, design  # noqa: PT018
        again, other = (sample_design(read.design, read.factors, seed) for seed in (1, 2))
        assert np.array_equal(u, again, equal_nan=True), design
        fixed = design.startswith(("grid", "one"))
        assert np.array_equal(u, other, equal_nan=True) == fixed, design


def test_one_at_a_time_begins_with_the_scenario_as_it_is(tmp_path: Path) -> None:
    read = swept(tmp_path, WHOLE.replace("grid: {levels: 2}", "one at a time: {levels: 2}"))
    points = prepare_points(read)
    u = sample_design(read.design, read.factors, 1)
    assert points.scenario_at(u[0]) == read.scenario
    assert (np.isnan(u[1:]).sum(axis=1) == 2).all()
    growth = [points.variations[2].table_value(x) for x in u[-2:, 2]]
    assert growth == pytest.approx([1 + 0.2**0.5, 3 - 0.2**0.5]), "p10 and p90 of the triangle"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_sweeps_can_be_played(path: Path) -> None:
    """Every value stands in its scenario, and every range has a source or is marked as assumed."""
    read = read_sweep(path)
    study, u = prepare_sweep(read)
    assert len(u)
    assert not study.points.rereads_points
    for each in (*read.file.levers.values(), *read.file.uncertainties.values()):
        assert each.source or (each.confidence == "assumed" and each.note) or each.confidence == "assumed", (
            each
        )
        assert each.confidence is not None


def test_there_are_three() -> None:
    assert [path.stem for path in SHIPPED] == ["abilene-slip", "what-matters", "window-and-appetite"]


def test_editors_know_the_keys_of_a_sweep() -> None:
    described = json.loads(json.dumps(editor_schema(SweepFile)))
    assert {"scenario", "levers", "uncertainties", "design", "outcomes", "expect"} <= set(
        described["properties"]
    )
    assert {"paths", "values", "from", "to", "steps", "source"} <= set(
        described["$defs"]["Lever"]["properties"]
    )
    assert "extends" not in described["properties"]
    assert "extends" in editor_schema()["properties"]


def test_a_scenario_is_no_sweep(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(ScenarioError, match="is a scenario, not a sweep; name a sweep file"):
        read_sweep(tmp_path / "small.yaml")
    assert "start: 2025-01-01" in SMALL


def test_a_sweep_is_no_scenario(tmp_path: Path) -> None:
    """Neither played as one, nor extended."""
    path = swept(tmp_path, WHOLE).path
    said = "whole.yaml: is a sweep, not a scenario; name a scenario file; sim sweep plays a sweep"
    extending = tmp_path / "extending.yaml"
    extending.write_text("extends: whole.yaml\n")
    for file in (path, extending):
        with pytest.raises(ScenarioError) as told:
            read_scenario(file)
        assert str(told.value) == str(tmp_path / said)


@pytest.mark.parametrize("order", [1, -1])
def test_levers_that_overlap_are_refused(tmp_path: Path, order: int) -> None:
    """A lever on a key, beside one on what holds it: one of the two would not be applied."""
    (tmp_path / "base.yaml").write_text(
        "start: 2026-01-01\nend: 2027-01-01\ndemand: {d: {customer: Lab, in_place: {S: 10 MW}, term: 2 y}}\n"
        "providers: {P: {sites: [S]}}\nsites: {S: {online: 100 MW}, South: {online: 1 MW}}\n"
    )
    levers = [
        "sites.S.online: [100 MW, 200 MW]",
        "sites.S: [{online: 300 MW}]",
        "sites.South: [{online: 2 MW}]",
    ][::order]
    text = "\n  ".join(levers)
    (tmp_path / "sweep.yaml").write_text(
        f"scenario: base.yaml\noutcomes: [requests]\ndesign: grid\nlevers:\n  {text}\n"
    )
    with pytest.raises(ScenarioError) as error:
        read_sweep(tmp_path / "sweep.yaml")
    (fault,) = error.value.faults
    assert fault.message.startswith("overlaps with sites.S")
    assert fault.remedy == "vary sites.S.online alone, or put its values into those of sites.S"


@pytest.mark.parametrize("paths", [("sites.West", "sites.West.online"), ("sites.West.online", "sites.West")])
def test_overrides_that_overlap_are_refused(paths: tuple[str, str], small: ScenarioFile) -> None:
    values = {"sites.West": {"online": "300 MW"}, "sites.West.online": "100 MW"}
    with pytest.raises(ScenarioError, match=r"set sites\.West alone, with all that it holds"):
        small.replace({path: values[path] for path in paths})


def test_two_keys_of_a_trace_change_one_part_and_are_both_applied(tmp_path: Path) -> None:
    """A trace is one part with its records, so that two of its keys cannot be changed apart."""
    (tmp_path / "t.csv").write_text("asked,size,term\n2025-02-01,5,365\n2025-03-01,7,365\n")
    columns = "columns: {asked: asked, size: size, term: term}"
    trace = f"{{trace: {{file: t.csv, format: csv, {columns}, kw_per_unit: 1000, time_unit: d}}}}"
    text = SMALL.replace("{poisson: {rate: 4 /mo, growth: $growth}}", trace)
    levers = """
  demand.chat.arrivals.trace.kw_per_unit: [1000, 2000]
  demand.chat.arrivals.trace.time_unit: [h, d]
"""
    points = prepare_points(
        swept(tmp_path, f"scenario: small.yaml\noutcomes: [requests]\ndesign: grid\nlevers:{levers}", text)
    )
    arrivals = points.scenario_at((0.75, 0.25)).demand["chat"].arrivals
    assert arrivals is not None
    assert arrivals.trace is not None
    assert (arrivals.trace.kw_per_unit.params, arrivals.trace.time_unit) == ({"value": 2000.0}, "h")
