# ruff: noqa: E501  (a sentence stands in one line)
"""Deals and buildings that stand in a table: equal to those that are written out, with faults at row and column."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from test_office_tables import write_workbook

from sim.model.sampling import sample_inputs
from sim.scenario.faults import ScenarioError
from sim.scenario.json_schema import editor_schema
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile

BASE = """\
start: 2025-01-01
end: 2026-01-01
demand:
  d:
    customer: Lab
    term: 1 y
    arrivals: {{deals: {deals}}}
providers: {{P: {{sites: [S]}}}}
sites:
  S:
    buildings: {buildings}
"""
DEALS = {
    "First": "{asked: 2025-02-03, wanted: 2025-06-01, size: 12500 kW, source: press}",
    "Second": "{asked: 2025-03-01, size: 1.2 GW, term: {uniform: {low: 1 y, high: 2 y}}}",
    "Third": "{asked: 2025-04-01, ramp: {2025-05-01: 10 MW, 2025-07-01: 20 MW}}",
}
HALLS = {"Hall": "{it_power: 105.5 MW, planned: 2025-05-17, count: 2, every: 30 d, slip: 10 d}"}
WRITTEN = BASE.format(
    deals="{" + ", ".join(f"{name}: {deal}" for name, deal in DEALS.items()) + "}",
    buildings="{" + ", ".join(f"{name}: {hall}" for name, hall in HALLS.items()) + "}",
)
DEALS_CSV = """\
name;asked;wanted;size;term;ramp;source
First;03.02.2025;01.06.2025;12.500 kW;;;press
;;;;;;
Second;01.03.2025;;1,2 GW;{uniform: {low: 1 y, high: 2 y}};;
Third;2025-04-01;;;;{2025-05-01: 10 MW, 2025-07-01: 20 MW};
"""
HALLS_CSV = "name;it_power;planned;count;every;slip\nHall;105,5 MW;17.05.2025;2;30 d;10 d\n"
LAYOUT = "separator: ';', decimal: ',', thousands: '.', dates: '%d.%m.%Y'"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("deals.csv").write_text(DEALS_CSV, encoding="utf-8-sig")
    Path("halls.csv").write_text(HALLS_CSV)


def read(
    deals: str = f"{{table: deals.csv, {LAYOUT}}}", buildings: str = f"{{table: halls.csv, {LAYOUT}}}"
) -> ScenarioFile:
    Path("a.yaml").write_text(BASE.format(deals=deals, buildings=buildings))
    return read_scenario("a.yaml")


def written() -> ScenarioFile:
    Path("w.yaml").write_text(WRITTEN)
    return read_scenario("w.yaml")


def faults(**tables: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        read(**tables)
    return str(caught.value).replace(f"{Path.cwd()}/", "").split("\n")


def test_a_table_is_what_is_written_out() -> None:
    assert read() == written()
    assert sample_inputs(read(), 1, 0).requests.size_kw.tolist() == [12_500, 1_200_000, 10_000, 20_000]
    Path("resolved.yaml").write_text(read().resolved_yaml())
    Path("deals.csv").unlink()
    Path("halls.csv").unlink()
    assert read_scenario("resolved.yaml") == written(), "and needs its files no longer"


def test_a_workbook_and_parquet_hold_the_same() -> None:
    write_workbook(
        "deals.xlsx",
        [
            ["name", "asked", "wanted", "size", "term", "ramp", "source"],
            ["First", datetime(2025, 2, 3), datetime(2025, 6, 1), "12500 kW", None, None, "press"],
            ["Second", datetime(2025, 3, 1), None, "1.2 GW", "{uniform: {low: 1 y, high: 2 y}}"],
            [],
            ["Third", "2025-04-01", None, None, None, "{2025-05-01: 10 MW, 2025-07-01: 20 MW}"],
        ],
    )
    pl.DataFrame(
        {"name": ["Hall"], "it_power": ["105.5 MW"], "planned": [datetime(2025, 5, 17)], "count": [2.0],
         "every": pl.Series([30 * 86_400_000_000]).cast(pl.Duration("us")), "slip": ["10 d"]}
    ).write_parquet("halls.parquet")  # fmt: skip
    assert read("{table: deals.xlsx}", "{table: halls.parquet}") == written()


def test_paths_lead_to_rows_and_others_may_stand_beside() -> None:
    scenario = read(
        buildings=f"{{table: halls.csv, {LAYOUT}, Annex: {{it_power: 1 MW, planned: 2025-08-01}}}}"
    )
    assert list(scenario.sites["S"].buildings) == ["Hall", "Annex"]
    later = scenario.replace({"sites.S.buildings.Hall.planned": "2025-09-01"})
    assert f"{later.sites['S'].buildings['Hall'].planned.at:%m-%d}" == "09-01"  # type: ignore[union-attr]
    Path("b.yaml").write_text("extends: a.yaml\nsites: {S: {buildings: {Hall: {count: 3}}}}\n")
    assert read_scenario("b.yaml").sites["S"].buildings["Hall"].count == 3
    overridden = read_scenario(
        "a.yaml", {"sites.S.buildings.Hall.count": 4, "demand.d.arrivals.deals.First.size": "1 MW"}
    )
    assert overridden.sites["S"].buildings["Hall"].count == 4


SITES, STREAM = "sites.S.buildings", "demand.d.arrivals.deals"
WRONG = {
    HALLS_CSV.replace("105,5 MW", "105.5 MW"): f'halls.csv:2: {SITES}.Hall.it_power: "105.5 MW": is not a number in the signs of the table; write it as 1,5 MW',
    HALLS_CSV.replace("105,5 MW", "105,5"): f'halls.csv:2: {SITES}.Hall.it_power: "105.5": has no unit, expected a power; write its unit, as in 105 MW',
    HALLS_CSV.replace("17.05", "31.02"): f'halls.csv:2: {SITES}.Hall.planned: "31.02.2025": is not a date; write it as %d.%m.%Y',
    HALLS_CSV.replace("count", "conut"): f'halls.csv:1: {SITES}.table: "conut": is a column that is not a key of a building; did you mean count?',
    HALLS_CSV.replace("name", "hall"): f'halls.csv:1: {SITES}.table: "hall": is a column that is not a key of a building; choose one of ',
    HALLS_CSV.replace("every", "count"): f'halls.csv:1: {SITES}.table: "count": is a column twice; keep one',
    HALLS_CSV + "\nHall;1 MW;01.01.2025;;;\n": f'halls.csv:4: {SITES}.table: "Hall": is also the name of row 2; give each a name',
    HALLS_CSV + ";1 MW;01.01.2025;;;\n": f"halls.csv:3: {SITES}.table: has a row without a name; give each a name",
    HALLS_CSV + "More;1 MW\n": f"halls.csv:3: {SITES}.table: has 2 cells, where the header names 6; correct the line",
    HALLS_CSV.replace("10 d", "{uniform: [") : f'halls.csv:2: {SITES}.Hall.slip: "{{uniform: [": is not YAML; correct the cell',
    HALLS_CSV.replace("17.05.2025", ""): f"halls.csv:2: {SITES}.Hall: has neither planned nor phases; write planned: DATE, or phases and when they begin",
    "": f"a.yaml:11: {SITES}.table: is empty; name a file with a header and rows",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_a_fault_stands_at_its_row_and_column(text: str) -> None:
    Path("halls.csv").write_text(text)
    told = faults()
    assert told[0].startswith(WRONG[text])
    assert len(told) == (2 if "hall;" in text else 1), told


def test_a_table_at_fault_as_a_whole_is_told() -> None:
    assert faults(deals="{table: nowhere.csv}") == [
        f'a.yaml:7: {STREAM}.table: "nowhere.csv": is not a file; looked for nowhere.csv'
    ]
    Path("deals.doc").write_text("x")
    (fault,) = faults(deals="{table: deals.doc}")
    assert fault.startswith(
        f'a.yaml:7: {STREAM}.table: "deals.doc": is a file of no known format; save it with'
    )
    assert faults(deals="{table: deals.csv, sheet: A}") == [
        f'a.yaml:7: {STREAM}.sheet: "A": has no meaning in a file of csv; remove it'
    ]
    (fault,) = faults(deals="{table: deals.csv}")
    assert fault == f'deals.csv:1: {STREAM}.table: is separated by ;, not by commas; write separator: ";"'


def test_an_editor_knows_tables() -> None:
    buildings = editor_schema()["$defs"]["Site"]["properties"]["buildings"]
    assert {"table", "separator", "dates"} <= set(buildings["properties"])
