# ruff: noqa: E501  (a sentence stands in one line)
"""Reading of files that extend each other, of overrides, and of a resolved scenario."""

import pickle
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from sim.scenario.dates import Date
from sim.scenario.faults import ScenarioError
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile

DATA = Path(__file__).parent / "data"
DAY = 86_400_000_000.0


@pytest.fixture(scope="module")
def small() -> ScenarioFile:
    return read_scenario(DATA / "small.yaml")


def write(folder: Path, **texts: str) -> Path:
    """Writes files by name, and tells the first."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder / f"{next(iter(texts))}.yaml"


def faults(path: Path, overrides: dict[str, object] | None = None) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path, overrides)
    return str(caught.value).replace(f"{path.parent}/", "").splitlines()


# One file, and what it extends.

BASE = """\
start: 2025-01-01
end: 2026-01-01
demand:
  chat:
    customer: Lab
    arrivals: {curve: {points: {2025-01-01: 1 MW}, growth: 2}}
    in_place: {West: 1 MW, East: 1 MW}
    size: {value: {lognormal: {median: 3 MW, sigma: 1}}, source: a}
    term: 1 y
providers:
  Big: {sites: [West, East], presells: 6 mo, price: 3 $/kW/y}
  Neo: {sites: [East]}
sites:
  West: {online: 10 MW}
  East: {online: 20 MW, pue: 1.2, owner: Neo}
"""


def test_named_maps_and_fields_merge_in_the_order_of_the_base(tmp_path: Path) -> None:
    top = "extends: base.yaml\nproviders: {New: {sites: [East]}, Big: {price: 4 $/kW/y}}\nsites: {East: {pue: 1.5}}\n"
    scenario = read_scenario(write(tmp_path, top=top, base=BASE))
    assert list(scenario.providers) == ["Big", "Neo", "New"]
    assert scenario.tree["providers"]["Big"] == {
        "sites": ["West", "East"],
        "presells": "6 mo",
        "price": "4 $/kW/y",
    }
    assert scenario.tree["sites"]["East"] == {"online": "20 MW", "pue": "1.5", "owner": "Neo"}
    assert "extends" not in scenario.tree


@pytest.mark.parametrize(
    ("written", "path", "found"),
    [
        (
            "demand: {chat: {size: {exponential: {mean: 2 MW}}}}",
            "demand.chat.size",
            {"exponential": {"mean": "2 MW"}},
        ),
        ("demand: {chat: {size: {value: 2 MW}}}", "demand.chat.size", {"value": "2 MW"}),
        ("demand: {chat: {in_place: {West: 2 MW}}}", "demand.chat.in_place", {"West": "2 MW"}),
        (
            "demand: {chat: {arrivals: {curve: {points: {2025-06-01: 2 MW}}}}}",
            "demand.chat.arrivals",
            {"curve": {"points": {"2025-06-01": "2 MW"}}},
        ),
        ("providers: {Big: {sites: [East, West]}}", "providers.Big.sites", ["East", "West"]),
    ],
)
def test_values_are_replaced_whole(tmp_path: Path, written: str, path: str, found: object) -> None:
    part: object = read_scenario(write(tmp_path, top=f"extends: base.yaml\n{written}\n", base=BASE)).tree
    for key in path.split("."):
        part = part[key]  # type: ignore[index]
    assert part == found


def test_arrivals_of_supplies_are_replaced_whole_and_needs_merge(tmp_path: Path) -> None:
    supplies = (
        "supplies: {fund: {unit: $, arrives: {2025-03-01: 3 $, 2025-04-01: 4 $}}, crews: {unit: crew}}\n"
    )
    needs = "phases: {shell: {takes: 1 mo, needs: {fund: 1 $, crews: 1}}}"
    site = f"  North: {{buildings: {{Hall: {{it_power: 1 MW, begins: 2025-01-01, {needs}}}}}}}\n"
    top = (
        "extends: base.yaml\nsupplies: {fund: {arrives: {2025-05-01: 5 $}}}\n"
        "sites: {North: {buildings: {Hall: {phases: {shell: {needs: {crews: 2}}}}}}}\n"
    )
    tree = read_scenario(write(tmp_path, top=top, base=BASE + site + supplies)).tree
    assert tree["supplies"]["fund"] == {"unit": "$", "arrives": {"2025-05-01": "5 $"}}
    assert tree["sites"]["North"]["buildings"]["Hall"]["phases"]["shell"]["needs"] == {
        "fund": "1 $",
        "crews": "2",
    }


def test_null_removes(tmp_path: Path) -> None:
    top = "extends: base.yaml\nproviders: {Neo: null, Big: {presells: ~}}\ndemand: {chat: {in_place: }}\n"
    scenario = read_scenario(write(tmp_path, top=top, base=BASE))
    assert list(scenario.providers) == ["Big"]
    assert scenario.tree["providers"]["Big"] == {"sites": ["West", "East"], "price": "3 $/kW/y"}
    assert scenario.providers["Big"].presells.constant == 0
    assert scenario.demand["chat"].in_place == {}


def test_extends_goes_on_and_each_file_finds_its_own(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    write(tmp_path / "far", middle="extends: ../base.yaml\nseed: 2\nreplications: 3\n")
    top = write(tmp_path, top="extends: far/middle.yaml\nseed: 4\n", base=BASE)
    assert (read_scenario(top).seed, read_scenario(top).replications, read_scenario(top).name) == (
        4,
        3,
        "top",
    )


def test_a_byte_order_mark_and_other_letters_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("\ufefftitle: größer\nstart: 2025-01-01\nend: 2026-01-01\n".encode())
    assert read_scenario(path).title == "größer"


def test_yaml_1_2_has_no_other_words_for_truth_and_numbers_stay_texts(tmp_path: Path) -> None:
    text = "title: 1.10\nstart: 2025-01-01\nend: 2026-01-01\nsites: {on: {owner: no}, 007: {owner: 1e3}}\n"
    scenario = read_scenario(write(tmp_path, a=text))
    assert scenario.title == "1.10"
    assert [(name, site.owner) for name, site in scenario.sites.items()] == [("on", "no"), ("007", "1e3")]


# Overrides.


def test_an_override_replaces_what_is_written(small: ScenarioFile) -> None:
    changed = small.replace(
        {
            "rights.first refusal.window": "90 d",
            "sites.West.online": {"value": "1 GW", "source": "a talk"},
            "demand.chat.arrivals.poisson.rate": "{exponential: {mean: 3 /mo}}",
            "supplies.grid.arrives.2025-06-01": 300,
            "sites.East.buildings.Hall.planned": date(2026, 1, 1),
            "overflow.order": ["Neo"],
            "replications": np.int64(7),
            "demand.chat.patience": "12 mo",
        }
    )
    assert changed.rights["first refusal"].window.constant == 90 * DAY
    assert changed.sites["West"].online.constant == 1e6
    assert changed.tree["demand"]["chat"]["arrivals"]["poisson"]["rate"] == {"exponential": {"mean": "3 /mo"}}
    assert changed.tree["supplies"]["grid"]["arrives"] == {"2025-06-01": "300"}
    assert changed.sites["East"].buildings["Hall"].planned == Date(datetime(2026, 1, 1))
    assert changed.overflow.order == ("Neo",)
    assert changed.replications == 7
    assert changed.demand["chat"].patience is not None
    assert small.replications == 100
    assert small.rights["first refusal"].window.constant == 30 * DAY


def test_an_override_reaches_through_a_value_and_its_source(small: ScenarioFile) -> None:
    law = "{value: {lognormal: {median: 3 MW, sigma: 1}}, source: a}"
    changed = small.replace({"demand.chat.size": law}).replace({"demand.chat.size.lognormal.sigma": 0.5})
    assert changed.tree["demand"]["chat"]["size"] == {
        "value": {"lognormal": {"median": "3 MW", "sigma": "0.5"}},
        "source": "a",
    }


def test_an_override_adds_and_removes_names(small: ScenarioFile) -> None:
    changed = small.replace({"sites.North": "{online: 5 MW}", "rights.first refusal": None, "expect": None})
    assert list(changed.sites) == ["West", "East", "North"]
    assert (changed.rights, changed.expect) == ({}, ())
    assert small.replace({"demand.chat.in_place": ""}).demand["chat"].in_place == {}


def test_an_override_reaches_a_part_of_a_list(small: ScenarioFile) -> None:
    assert small.replace({"providers.Neo.sites.1": "East", "providers.Neo.sites.0": "West"}).providers[
        "Neo"
    ].sites == (
        "West",
        "East",
    )


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (
            "rights.first refusal.windw",
            "90 d",
            "is not a path of this scenario: there is no windw in rights.first refusal; did you mean rights.first refusal.window?",
        ),
        (
            "rights.frist refusal.window",
            "90 d",
            "is not a path of this scenario: there is no frist refusal in rights; did you mean rights.first refusal.window?",
        ),
        ("Sites.West.online", "1 GW", "is not a path of this scenario: there is no Sites; did you mean sites.West.online?"),
        (
            "sites.West.online.low",
            "1 GW",
            "is not a path of this scenario: there is no low in sites.West.online; set sites.West.online itself",
        ),
        ("providers.Neo.sites.2", "West", "is not a path of this scenario: there is no 2 in providers.Neo.sites; choose one of 0, 1"),
        ("sites.North", None, "is not a path of this scenario: there is no North in sites; choose one of West, East"),
        ("sites.West.online", "[1", "is not YAML: while parsing a flow sequence, expected ',' or ']', but got '<stream end>'; correct the line, or quote the text"),
        ("sites.West.online", "2 GWh", '"2 GWh": is an energy, expected a power; write it as 105 MW'),
        ("sites.North", "5 MW", '"5 MW": does not state a site; write {online: ..., ...}'),
    ],
)  # fmt: skip
def test_an_override_that_leads_nowhere(path: str, value: object, expected: str) -> None:
    assert faults(DATA / "small.yaml", {path: value}) == [f"--set: {path}: {expected}"]


def test_overrides_and_files_tell_their_faults_together(tmp_path: Path) -> None:
    path = write(tmp_path, a=BASE.replace("1 y", "1 MW"))
    assert faults(path, {"nowhere.x": 1, "sites.West.pue": "0", "seed": "x"}) == [
        'a.yaml:9: demand.chat.term: "1 MW": is a power, expected a duration; write it as 18 mo',
        "--set: nowhere.x: is not a path of this scenario: there is no nowhere; "
        "choose one of start, end, demand, providers, sites, title, measure_from, report_at, seed, replications, uncertain, hardware, ...",
        '--set: seed: "x": is not a whole number; write a number such as 8',
        '--set: sites.West.pue: "0": must not be below 1; write a number such as 1.4',
    ]  # fmt: skip


def test_only_what_can_be_written_can_be_set(small: ScenarioFile) -> None:
    with pytest.raises(TypeError, match="cannot stand in a scenario"):
        small.replace({"sites.West.online": object()})


# Files of values.


def test_an_empirical_law_reads_a_column(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "delays.csv").write_text("site,days\nA,10\nB,\nC,30.5\n")
    (tmp_path / "data" / "one.csv").write_text("delay\n3 d\n2 wk\n")
    law = "{empirical: {file: data/delays.csv, column: days, unit: d}}"
    text = f"{BASE}rights: {{r: {{holder: Big, kind: first refusal, window: {law}}}}}\n"
    path = write(tmp_path, a=text)
    scenario = read_scenario(path)
    assert scenario.rights["r"].window.params == {"values": (10 * DAY, 30.5 * DAY)}
    assert scenario.tree["rights"]["r"]["window"] == {"empirical": {"values": ["10", "30.5"], "unit": "d"}}
    path.write_text(text.replace("file: data/delays.csv, column: days, unit: d", "file: data/one.csv"))
    assert read_scenario(path).rights["r"].window.params == {"values": (3 * DAY, 14 * DAY)}


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        ("file: none.csv", '.file: "none.csv": is not a file; looked for none.csv'),
        ("file: a.parquet", '.file: "a.parquet": is not a CSV file, and laws are read from no other kind; save it as csv'),
        ("file: d.csv", '.file: "d.csv": has several columns; write column: site or days'),
        ("file: d.csv, column: day", '.column: "day": has no such column; did you mean days?'),
        ("file: d.csv, values: [1 d]", '.values: "[1 d]": has no meaning beside a file; remove it'),
    ],
)  # fmt: skip
def test_a_file_of_values_that_cannot_be_read(tmp_path: Path, law: str, expected: str) -> None:
    (tmp_path / "d.csv").write_text("site,days\nA,10 d\n")
    (tmp_path / "a.parquet").write_text("")
    text = f"{BASE}rights: {{r: {{holder: Big, kind: first refusal, window: {{empirical: {{{law}}}}}}}}}\n"
    assert faults(write(tmp_path, a=text)) == [f"a.yaml:16: rights.r.window.empirical{expected}"]


def test_a_wrong_value_in_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("days\n10 d\n\n5 MW\n")
    text = (
        f"{BASE}rights: {{r: {{holder: Big, kind: first refusal, window: {{empirical: {{file: d.csv}}}}}}}}\n"
    )
    assert faults(write(tmp_path, a=text)) == [
        'd.csv:4: rights.r.window.empirical.values.1: "5 MW": is a power, expected a duration; write it as 18 mo'
    ]


def test_a_trace_is_found_from_the_file_that_names_it(tmp_path: Path) -> None:
    trace = "{trace: {file: t.csv, format: csv, columns: {asked: t, size: s, term: d}, from: 2025-02-01, kw_per_unit: 2}}"
    text = BASE.replace("{curve: {points: {2025-01-01: 1 MW}, growth: 2}}", trace)
    path = write(tmp_path, a=text)
    assert faults(path) == [
        'a.yaml:6: demand.chat.arrivals.trace.file: "t.csv": is not a file; looked for t.csv'
    ]
    (tmp_path / "t.csv").write_text("t,s,d\n0,1,2\n")
    arrivals = read_scenario(path).demand["chat"].arrivals
    assert arrivals is not None
    assert arrivals.trace is not None
    assert arrivals.trace.file == str(tmp_path / "t.csv")
    assert (arrivals.trace.time_unit, arrivals.trace.kw_per_unit.constant) == ("s", 2)


# Resolved, copied, compared.


@pytest.mark.parametrize("name", ["announced", "small"])
def test_a_resolved_scenario_reads_as_an_equal_one(tmp_path: Path, name: str) -> None:
    scenario = read_scenario(DATA / f"{name}.yaml")
    path = tmp_path / "resolved.yaml"
    path.write_text(scenario.resolved_yaml())
    again = read_scenario(path)
    assert again == scenario
    assert again.resolved_yaml() == scenario.resolved_yaml()
    assert again.fingerprint() == scenario.fingerprint()


def test_a_resolved_scenario_states_every_default(small: ScenarioFile) -> None:
    tree = small.resolved_tree()
    assert tree["measure_from"] == "2025-01-01T00:00:00"
    assert (tree["seed"], tree["replications"]) == ("1", "100")
    assert tree["overflow"] == {"policy": "soonest"}
    assert tree["waiting"] == {"bypass": "true", "moves": "true"}
    assert tree["demand"]["chat"] == {
        "customer": "Lab",
        "class": "inference",
        "arrivals": {"poisson": {"rate": "2 /mo", "growth": "$growth"}},
        "in_place": {"West": "100 MW"},
        "size": "10 MW",
        "term": "5 y",
        "lead": "0 d",
        "patience": "never",
        "split": "anywhere",
        "block": "1 kW",
        "priority": "0",
    }
    assert tree["rights"]["first refusal"]["until"] == "never"
    assert "review" in tree["sites"]["East"]["buildings"]["Annex"]
    assert "slip" not in tree["sites"]["East"]["buildings"]["Annex"]


def test_a_resolved_scenario_needs_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("days\n10\n20\n")
    law = "{empirical: {file: d.csv, unit: d}}"
    text = f"{BASE}rights: {{r: {{holder: Big, kind: first refusal, window: {law}}}}}\n"
    scenario = read_scenario(write(tmp_path, a=text))
    (tmp_path / "elsewhere").mkdir()
    path = write(tmp_path / "elsewhere", b=scenario.resolved_yaml())
    (tmp_path / "d.csv").unlink()
    assert read_scenario(path) == scenario
    assert scenario.replace({"seed": 3}).rights == scenario.rights


def test_awkward_texts_survive(tmp_path: Path) -> None:
    texts = [
        "null",
        "~",
        "a: b",
        "# no",
        "- x",
        "it's",
        '"q"',
        " 1 ",
        "yes",
        "@",
        "größe 😀",
        "a\nb",
        "1_000",
        "{",
        "%",
    ]
    small = read_scenario(DATA / "small.yaml")
    for text in texts:
        scenario = small.replace({"sites.West": {"online": "1 GW", "owner": text}})
        assert scenario.sites["West"].owner == text
        again = read_scenario(write(tmp_path, again=scenario.resolved_yaml()))
        assert again.sites["West"].owner == text


def test_a_scenario_goes_to_other_processes(small: ScenarioFile) -> None:
    again = pickle.loads(pickle.dumps(small))
    assert again == small
    assert (again.path, again.name, again.tree) == (small.path, small.name, small.tree)
    assert again.replace({"seed": 2}) == small.replace({"seed": 2})
    assert again.replace({"seed": 2}) != small


def test_faults_go_to_other_processes() -> None:
    with pytest.raises(ScenarioError) as caught:
        read_scenario(DATA / "small.yaml", {"seed": "x", "sites.West.pue": 0})
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.faults == caught.value.faults
    assert str(again) == str(caught.value)


def test_a_fingerprint_tells_scenarios_apart(small: ScenarioFile) -> None:
    prints = {
        small.replace(each).fingerprint() for each in ({}, {"seed": 2}, {"sites.West.pue": 1.1}, {"seed": 1})
    }
    assert len(prints) == 3
    assert hash(small) == hash(read_scenario(DATA / "small.yaml"))


def test_reading_imports_nothing_heavy() -> None:
    code = (
        "import sys, sim.scenario.reading, sim.scenario.sources;"
        "heavy = {'pint', 'numpy', 'scipy', 'polars', 'matplotlib', 'typer', 'simpy', 'numba', 'sim.model'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
