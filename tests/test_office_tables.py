# ruff: noqa: E501  (a sentence stands in one line)
"""Traces as offices write them: dates that stay, other signs, units in cells, workbooks, and rows that no one can play."""

import random
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from test_traces import HOUR, TRACE, Made, asked, faults, made, starts_first_come  # noqa: F401

from sim.model.run import play
from sim.scenario.warnings import scenario_warnings
from sim.show.describe import describe_scenario

xlsxwriter = pytest.importorskip("xlsxwriter")
pytest.importorskip("fastexcel")

DAY = 24 * HOUR
OFFICE = (
    "separator: ';', decimal: ',', thousands: '.', dates: '%d/%m/%Y %H:%M',"
    " columns: {asked: Asked for, size: Power, ended: Until}"
)


def office_csv(rows: list[list[str]]) -> bytes:
    """With a byte order mark, Windows line ends, a title row left blank, and a blank row after every third."""
    lines = ["", "No;Asked for;Power;Until;Remark"]
    for k, row in enumerate(rows):
        lines += [";".join([str(k), *row, '"said; ""soon"""'])] + [";;;;"] * (k % 3 == 2)
    return ("\r\n".join(lines) + "\r\n").encode("utf-8-sig")


def european(number: float) -> str:
    return f"{number:,.1f}".translate(str.maketrans(",.", ".,"))


def test_an_office_file_waits_as_in_a_plain_queue(made: Made) -> None:  # noqa: F811
    """Some 300 requests on one site of 20 MW, strictly first come, first served."""
    dice = random.Random(7)
    at = datetime(2025, 1, 3)
    rows, times, sizes, terms = [], [], [], []
    for _ in range(300):
        at += timedelta(minutes=dice.randrange(0, 300))
        term = timedelta(minutes=dice.randrange(60, 3000))
        kw = dice.randrange(1000, 90_000) / 10 * 2
        power = european(kw / 1000) + " MW" if dice.random() < 0.3 else european(kw)
        kw = round(kw / 1000, 1) * 1000 if "MW" in power else kw
        rows.append([f"{at:%d/%m/%Y %H:%M}", power, f"{at + term:%d/%m/%Y %H:%M}"])
        times.append((at - datetime(2025, 1, 1)) // timedelta(microseconds=1))
        sizes.append(int(np.ceil(round(kw, 6))))
        terms.append(term // timedelta(microseconds=1))
    shuffled = dice.sample(rows, len(rows))
    order = sorted(range(len(rows)), key=lambda k: (times[k], shuffled.index(rows[k])))
    times, sizes, terms = ([column[k] for k in order] for column in (times, sizes, terms))
    Path("t.csv").write_bytes(office_csv(shuffled))
    scenario = made(f"file: t.csv, format: csv, {OFFICE}", "split: never", "waiting: {bypass: false}\n")
    scenario = scenario.replace({"sites.S.online": "20 MW", "end": "2026-01-01"})
    run = play(scenario, 1, 0)
    assert run.inputs.requests.asked.tolist() == times
    assert run.inputs.requests.size_kw.tolist() == sizes
    assert run.inputs.requests.term.tolist() == terms
    starts = starts_first_come(times, sizes, terms, 20_000)
    assert run.requests["first_delivery"].tolist() == starts
    assert sum(start > at for start, at in zip(starts, times, strict=True)) > 50, "some wait"


# Times.


def test_dates_stay_where_they_are(made: Made) -> None:  # noqa: F811
    Path("t.csv").write_text("t\n2025-01-15\n2025-01-15T06:00:00+02:00\n2024-12-31T23:59:59Z\n2025-03-01\n")
    scenario = made("file: t.csv, format: csv, columns: {asked: t}")
    assert asked(scenario).requests.asked.tolist() == [14 * DAY, 14 * DAY + 4 * HOUR]
    assert [str(each) for each in scenario_warnings(scenario)] == [
        "a.yaml:9: demand.jobs.arrivals.trace: has 1 of 4 requests before the start, wanted before it, and 1 at the end or after; they are left out"
    ]
    told = dict(describe_scenario(scenario))["Demand jobs"]
    assert (
        f"2 requests as recorded in {Path('t.csv').absolute()}, whose first is asked on 2024-12-31 and last on 2025-03-01; 2 left out (1: asked and wanted before the start; 1: asked at the end or after)"
        in told
    )
    moved = made("file: t.csv, format: csv, columns: {asked: t}, from: 2025-01-01")
    assert len(asked(moved).requests) == 3, "and 60 days on is the end"


def test_a_trace_of_other_years_is_told(made: Made) -> None:  # noqa: F811
    Path("t.csv").write_text("t\n2017-10-03\n2017-12-01\n")
    assert faults(made, "file: t.csv, format: csv, columns: {asked: t}") == [
        f"a.yaml:9: {TRACE}: asks from 2017-10-03 to 2017-12-01, and so for nothing within the run; write other dates, or from: 2025-01-01, which moves it"
    ]


WANTED = "t,w,e\n2025-01-02,2025-01-05,2025-01-09\n2025-01-03,,2025-01-04\n2025-01-04,2025-01-04,\n"
WANTED_COLUMNS = "file: t.csv, format: csv, columns: {asked: t, wanted: w, ended: e}"


def test_wanted_and_ended_are_columns(made: Made) -> None:  # noqa: F811
    Path("t.csv").write_text(WANTED)
    requests = asked(made(WANTED_COLUMNS, "size: 1 kW, term: 2 h")).requests
    assert (requests.wanted // DAY).tolist() == [4, 2, 3]
    assert (requests.term // HOUR).tolist() == [4 * 24, 24, 2]
    numbers = "t,w,e\n100,101,105\n110,,111\n"
    Path("t.csv").write_text(numbers)
    requests = asked(made(f"{WANTED_COLUMNS}, time_unit: h", "size: 1 kW")).requests
    assert (requests.asked // HOUR).tolist() == [0, 10], "numbers move, all alike"
    assert (requests.wanted // HOUR).tolist() == [1, 10]
    assert (requests.term // HOUR).tolist() == [4, 1]


def test_what_was_asked_before_the_start_is_played_if_it_is_wanted_after(made: Made) -> None:  # noqa: F811
    Path("t.csv").write_text("t,w\n2024-11-01,2024-12-01\n2024-11-02,2025-01-01\n2024-12-31,\n2025-01-02,\n")
    trace = "file: t.csv, format: csv, columns: {asked: t, wanted: w}"
    assert (asked(made(trace)).requests.asked // DAY).tolist() == [-60, 1]
    assert "2 left out (2: asked and wanted before" in dict(describe_scenario(made(trace)))["Demand jobs"]
    ahead = made(trace, "size: 1 kW, term: 1 h, lead: 2 d")
    assert (asked(ahead).requests.asked // DAY).tolist() == [-60, -1, 1]
    assert "1 left out (1: asked and wanted before" in dict(describe_scenario(ahead))["Demand jobs"]


def test_an_end_needs_to_know_when_it_was_wanted(made: Made) -> None:  # noqa: F811
    Path("t.csv").write_text(WANTED)
    no_wanted = WANTED_COLUMNS.replace("wanted: w, ", "")
    assert faults(made, no_wanted, "size: 1 kW, term: 2 h, lead: 3 d") == [
        "a.yaml:8: demand.jobs.lead: has no meaning where a trace says when each ended, but not when it was wanted; remove it, or write columns: {wanted: COLUMN}"
    ]
    assert faults(made, no_wanted.replace("ended: e", "ended: e, term: e"), "size: 1 kW") == [
        f'a.yaml:8: {TRACE}.columns.term: "e": has no meaning beside ended, which states the same; remove it'
    ]


LOG = """\
t,w,e,kw
2025-01-02,2025-01-01,2025-01-09,5
2025-01-03,2025-01-05,2025-01-04,5
2025-01-03,,2025-01-03,5
2025-01-04,,2025-01-06,0
soon,,2025-01-06,7
2025-01-05,,2025-01-06,lots
2025-01-06,,2025-01-07,6
2025-01-07,,2025-01-08
2025-01-08,,2025-01-09,
2025-01-09,,,3
"""
LOG_COLUMNS = "file: t.csv, format: csv, columns: {asked: t, wanted: w, ended: e, size: kw}"


def test_rows_that_no_one_can_play_are_told(made: Made) -> None:  # noqa: F811
    Path("t.csv").write_text(LOG.replace("2025-01-08\n", "2025-01-08,1\n"))
    assert faults(made, LOG_COLUMNS, "term: 1 h") == [
        f't.csv:2: {TRACE}.columns.wanted: "2025-01-01": is wanted before it is asked, in the column w; correct the row, or remove it',
        f't.csv:3: {TRACE}.columns.ended: "2025-01-04": ended before it was wanted, or then, in the column e (and in 1 more); correct the row, or remove it',
        f't.csv:5: {TRACE}.columns.size: "0": is not above 0, in the column kw; correct the row, or remove it',
        f't.csv:6: {TRACE}.columns.asked: "soon": is not a date, in the column t; write it as 2026-04-27T12:00:00Z',
        f't.csv:7: {TRACE}.columns.size: "lots": is not a finite number, in the column kw; correct the row, or remove it',
    ]


def test_or_left_out_and_counted_by_reason(made: Made) -> None:  # noqa: F811
    Path("t.csv").write_text(LOG)
    scenario = made(f"{LOG_COLUMNS}, unusable: leave out", "")
    assert asked(scenario).requests.size_kw.tolist() == [6]
    records = scenario.demand["jobs"].arrivals.trace.records  # type: ignore[union-attr]
    assert records.omitted == {  # type: ignore[union-attr]
        "has fewer or more cells than the header": 1,
        "asked is not a date": 1,
        "is wanted before it is asked": 1,
        "ended before it was wanted, or then": 2,
        "size is not a finite number": 1,
        "size is not above 0": 1,
        "size is empty": 1,
        "term is empty": 1,
    }
    told = dict(describe_scenario(scenario))["Demand jobs"]
    assert "9 left out (1: has fewer or more cells than the header; 1: asked is not a date; " in told
    Path("t.csv").write_text("t,kw\n0,0\n1,-1\n")
    columns = "file: t.csv, format: csv, columns: {asked: t, size: kw}, unusable: leave out"
    assert faults(made, columns, "term: 1 h") == [
        f"a.yaml:8: {TRACE}.file: records no request that can be played: 2 whose size is not above 0; correct the rows"
    ]


def test_names_that_are_none_are_all_left_out(made: Made) -> None:  # noqa: F811
    """Rows of the second such name were played under it; and who was left out had metrics of its own."""
    Path("t.csv").write_text("t,kw,who\n0,1,Lab\n1,2,a.b\n2,3,c.d\n3,4,Fab\n4,0,Gone\n")
    columns = "file: t.csv, format: csv, columns: {asked: t, size: kw, customer: who}, unusable: leave out"
    scenario = made(columns, "term: 1 h")
    requests = asked(scenario).requests
    assert requests.size_kw.tolist() == [1, 4]
    assert [each.customer for each in scenario.demand["jobs"].request_types() or ()] == ["Lab", "Fab"]
    assert [play(scenario, 1, 0).inputs.groups[k].customer for k in requests.group.tolist()] == ["Lab", "Fab"]


# Numbers and dates in other signs.


def test_a_cell_may_state_its_unit(made: Made) -> None:  # noqa: F811
    Path("t.csv").write_text("t,kw,h\n0,12 MW,2 wk\n1,7,36\n2,1.5GW,3 days\n")
    trace = "file: t.csv, format: csv, columns: {asked: t, size: kw, term: h}, time_unit: h, kw_per_unit: 2"
    requests = asked(made(trace, "")).requests
    assert requests.size_kw.tolist() == [12_000, 14, 1_500_000], "kw_per_unit is of bare numbers"
    assert (requests.term // HOUR).tolist() == [336, 36, 72]
    Path("t.csv").write_text("t,kw,h\n0,12 mo,2\n1,7 Mw,3 kW\n")
    assert faults(made, trace, "") == [
        f't.csv:2: {TRACE}.columns.size: "12 mo": is a duration, expected a power, in the column kw; write it as 105 MW',
        f't.csv:3: {TRACE}.columns.size: "7 Mw": has the unknown unit Mw, in the column kw; did you mean MW?',
        f't.csv:3: {TRACE}.columns.term: "3 kW": is a power, expected a duration, in the column h; write it as 18 mo',
    ]


SIGNS = {
    ("1,5", "decimal: ','"): 1.5,
    ("1.234,5", "decimal: ',', thousands: '.'"): 1234.5,
    ("1,234,567.25", "thousands: ','"): 1_234_567.25,
    ("1 234", "thousands: ' '"): 1234,
    ("1\u00a0234,5", "decimal: ',', thousands: ' '"): 1234.5,
    ("1’234.5", "thousands: ''''"): 1234.5,
    ("2,5e1", "decimal: ','"): 25,
    ("1,5", "decimal: '.'"): None,
    ("1.5", "decimal: ',', thousands: '.'"): None,
    ("12.34.5", "decimal: ',', thousands: '.'"): None,
    ("١٢", "decimal: '.'"): None,
}
"""A cell, what is written of it, and the number; None where it is refused, and never another number."""


@pytest.mark.parametrize(("cell", "keys"), SIGNS)
def test_a_number_is_read_by_its_signs_or_not_at_all(made: Made, cell: str, keys: str) -> None:  # noqa: F811
    Path("t.csv").write_text(f"t;kw\n0;{cell}\n")
    trace = (
        f"file: t.csv, format: csv, separator: ';', {keys}, columns: {{asked: t, size: kw}}, kw_per_unit: 100"
    )
    expected = SIGNS[cell, keys]
    if expected is None:
        (fault,) = faults(made, trace, "term: 1 h")
        assert fault.startswith(f't.csv:2: {TRACE}.columns.size: "{cell}": is not a finite number')
    else:
        assert asked(made(trace, "term: 1 h")).requests.size_kw.tolist() == [expected * 100]


DATES = {
    ("15/01/2025", "%d/%m/%Y"): 14 * DAY,
    ("5.1.25 6:00", "%d.%m.%y %H:%M"): 4 * DAY + 6 * HOUR,
    ("20250115", "%Y%m%d"): 14 * DAY,
    ("01/15/2025 18:00 -0600", "%m/%d/%Y %H:%M %z"): 15 * DAY,
    ("2025-01-15", "%d/%m/%Y"): 14 * DAY,
    ("31/02/2025", "%d/%m/%Y"): None,
    ("15/01/2025", "%m/%d/%Y"): None,
}


@pytest.mark.parametrize(("cell", "form"), DATES)
def test_a_date_is_read_by_its_format_or_not_at_all(made: Made, cell: str, form: str) -> None:  # noqa: F811
    Path("t.csv").write_text(f"t\n{cell}\n")
    trace = f"file: t.csv, format: csv, dates: '{form}', columns: {{asked: t}}"
    if (expected := DATES[cell, form]) is None:
        assert faults(made, trace) == [
            f't.csv:2: {TRACE}.columns.asked: "{cell}": is not a date, in the column t; write it as {form}'
        ]
    else:
        assert asked(made(trace)).requests.asked.tolist() == [expected]


CALLED = {
    "20250116\n20250117\n": f'a.yaml:9: {TRACE}.columns.asked: "t": holds dates written as YYYYMMDD, such as 20250116; write dates: "%Y%m%d"',
    "45673\n45674.5\n": f'a.yaml:9: {TRACE}.columns.asked: "t": holds dates as a spreadsheet counts days, such as 45673, which is 2025-01-16; format the column as dates there and save it again, or write time_unit: d and from: DATE',
    "16/01/2025\n17/01/2025\n": f't.csv:2: {TRACE}.columns.asked: "16/01/2025": is not a finite number, in the column t (and in 1 more); say how dates are written, as dates: "%d/%m/%Y"',
}


@pytest.mark.parametrize("cells", CALLED)
def test_dates_in_disguise_are_called_by_what_they_are(made: Made, cells: str) -> None:  # noqa: F811
    Path("t.csv").write_text(f"t\n{cells}")
    assert faults(made, "file: t.csv, format: csv, columns: {asked: t}") == [CALLED[cells]]


def test_days_of_a_spreadsheet_may_be_meant(made: Made) -> None:  # noqa: F811
    Path("t.csv").write_text("t\n45673\n45674.5\n")
    trace = "file: t.csv, format: csv, columns: {asked: t}, time_unit: d, from: 2025-01-16"
    assert asked(made(trace)).requests.asked.tolist() == [15 * DAY, 16 * DAY + DAY // 2]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("decimal: ',', thousands: ','", 'thousands: ",": is also the sign before the decimals; write decimal: ".", or another sign'),
        ("separator: ab", 'separator: "ab": is not a sign between cells; write one, such as ";", or tab'),
        ("dates: dd/mm/yyyy", 'dates: "dd/mm/yyyy": is not a format of dates; write one such as "%d/%m/%Y"'),
        ("dates: '%d/%m'", 'dates: "%d/%m": is a format of dates without the year; write one such as "%d/%m/%Y"'),
        ("sheet: Jobs", 'sheet: "Jobs": has no meaning in a file of csv; remove it'),
    ],
)  # fmt: skip
def test_a_layout_at_fault_is_told(made: Made, keys: str, expected: str) -> None:  # noqa: F811
    Path("t.csv").write_text("t\n0\n")
    (fault,) = faults(made, f"file: t.csv, format: csv, columns: {{asked: t}}, {keys}")
    assert fault == f"a.yaml:9: {TRACE}.{expected}"


# Workbooks.


def write_workbook(path: str, rows: list[list[object]], sheet: str = "Jobs", first_row: int = 2) -> None:
    book = xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy hh:mm"})
    book.add_worksheet("Notes").write(0, 0, "nothing here") if sheet != "Jobs" else None
    page = book.add_worksheet(sheet)
    for k, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is not None:
                page.write(k + first_row, column + 1, value)
    book.close()


BOOK: list[list[object]] = [
    ["asked", "kw", "until", "who"],
    [datetime(2025, 1, 15), 10, datetime(2025, 1, 16), "Bank"],
    [],
    [datetime(2025, 1, 15, 12, 30), "12 MW", datetime(2025, 1, 17), None],
    ["18/01/2025", 2.5, datetime(2025, 1, 19), "Lab"],
]
IN_BOOK = "file: t.xlsx, format: xlsx, columns: {asked: asked, size: kw, ended: until, customer: who}"


def test_a_workbook_is_read_as_a_csv(made: Made) -> None:  # noqa: F811
    write_workbook("t.xlsx", BOOK)
    jobs = asked(made(f"{IN_BOOK}, dates: '%d/%m/%Y'", ""))
    assert jobs.requests.asked.tolist() == [14 * DAY, 14 * DAY + 12 * HOUR + HOUR // 2, 17 * DAY]
    assert jobs.requests.size_kw.tolist() == [10, 12_000, 3]
    assert jobs.requests.term.tolist() == [DAY, DAY + 11 * HOUR + HOUR // 2, DAY]
    assert [jobs.groups[k].customer for k in jobs.requests.group.tolist()] == ["Bank", "Lab", "Lab"]


def test_a_workbook_at_fault_is_told_at_its_row(made: Made) -> None:  # noqa: F811
    write_workbook("t.xlsx", [*BOOK, [datetime(2025, 1, 20), -1, datetime(2025, 1, 21)]], sheet="Q1")
    assert faults(made, f"{IN_BOOK}, dates: '%d/%m/%Y', sheet: Q1", "") == [
        f't.xlsx:8: {TRACE}.columns.size: "-1": is not above 0, in the column kw; correct the row, or remove it'
    ]
    assert faults(made, f"{IN_BOOK}, sheet: Q2", "") == [
        f"a.yaml:7: {TRACE}.file: has no sheet Q2; choose one of Notes, Q1"
    ]
    fault = faults(made, IN_BOOK, "")[0]
    assert fault.startswith(f'a.yaml:7: {TRACE}.columns.asked: "asked": is not a column of t.xlsx; ')
    told = faults(made, f"{IN_BOOK}, decimal: ','", "")
    assert any(each.endswith("has no meaning in a file of xlsx; remove it") for each in told)


def test_what_is_no_workbook_is_told(made: Made) -> None:  # noqa: F811
    Path("t.xlsx").write_text("asked,kw\n")
    assert faults(made, IN_BOOK, "") == [
        f"a.yaml:7: {TRACE}.file: is not an Excel workbook; write another format"
    ]
    Path("t.xlsx").write_bytes(b"PK\3\4 nothing")
    (fault,) = faults(made, IN_BOOK, "")
    assert fault.startswith(f"a.yaml:7: {TRACE}.file: is not an Excel workbook that can be read: ")
