# ruff: noqa: E501  (a sentence stands in one line)
"""Traces: what a file records is what is asked, job for job; and what is wrong in one is reported at its row."""

import gzip
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from pathlib import Path

import conserving
import numpy as np
import polars as pl
import pytest

from sim.model.run import Engine, Run, play
from sim.model.sampled_inputs import SampledInputs
from sim.model.sampling import sample_inputs
from sim.results.metrics import compute_metrics, measurement_window
from sim.results.run import read_run
from sim.results.time_series import series
from sim.scenario import trace_records
from sim.scenario.faults import ScenarioError
from sim.scenario.reading import read_scenario
from sim.scenario.schema import ScenarioFile
from sim.scenario.warnings import scenario_warnings
from sim.study.run import run_scenario

SECOND, HOUR = 1_000_000, 3_600_000_000
SHARED = Path(__file__).parents[2] / "shared" / "data"

Made = Callable[..., ScenarioFile]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """Loads a scenario with one trace, in whose folder one is."""

    def of(trace: str, stream: str = "size: 3 kW, term: 2 h", more: str = "") -> ScenarioFile:
        (tmp_path / "a.yaml").write_text(
            "start: 2025-01-01\nend: 2025-03-01\ndemand:\n  jobs:\n    customer: Lab\n"
            + "".join(f"    {each}\n" for each in stream.split(", ") if each)
            + f"    arrivals:\n      trace: {{{trace}}}\n"
            + "providers: {P: {sites: [S], price: 1 M$/MW/y}}\nsites: {S: {online: 100 kW}}\n"
            + more
        )
        return read_scenario(Path("a.yaml"))

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        yield of


def faults(made: Made, *how: str) -> list[str]:
    """What is wrong, without the folder, and without what the library says of a file that it cannot read."""
    with pytest.raises(ScenarioError) as caught:
        made(*how)
    told = str(caught.value).replace(f"{Path.cwd()}/", "")
    return re.sub(r"(is not a Parquet file): [^;]*;", r"\1: ...;", told).split("\n")


def asked(scenario: ScenarioFile, replication: int = 0) -> SampledInputs:
    return sample_inputs(scenario, 1, replication)


CSV = "file: t.csv, format: csv, time_unit: h, columns: {asked: t, size: kw, term: h}"


def test_a_csv_is_asked_row_for_row(made: Made) -> None:
    Path("t.csv").write_text("id,t,kw,h\na,12,5,3\nb,10,7.2,0.5\n\nc,10,1,1e1\n")
    jobs = asked(made(f"{CSV}, from: 2025-01-02, kw_per_unit: 2", "lead: 1 h, patience: 2 h, block: 4 kW"))
    requests = jobs.requests
    assert (requests.asked // HOUR).tolist() == [24, 24, 26], "sorted, and the first stands at from"
    assert (requests.wanted // HOUR).tolist() == [25, 25, 27]
    assert (requests.gives_up // HOUR).tolist() == [27, 27, 29]
    assert requests.size_kw.tolist() == [16, 4, 12], "up to whole blocks"
    assert (requests.term / HOUR).tolist() == [0.5, 10, 3]
    assert requests.number.tolist() == [0, 1, 2]
    assert len(jobs.groups) == 1


def test_what_a_row_leaves_open_comes_from_the_stream(made: Made) -> None:
    Path("t.csv").write_text("t,kw,h,c,u,p\n0,5,,x,Bank,2\n1,,4,, ,\n2,6,7,x,Lab,1\n")
    trace = f"{CSV[:-1]}, class: c, customer: u, priority: p}}"
    Path("law.csv").write_text("kw\n8.5 kW\n")
    stream = "size: {empirical: {file: law.csv}}, term: 2 h, class: y, priority: 5, split: never"
    jobs = asked(made(trace, stream))
    assert jobs.requests.size_kw.tolist() == [5, 9, 6], "8.5 kW in whole kW, up"
    assert (jobs.requests.term // HOUR).tolist() == [2, 4, 7]
    groups = [jobs.groups[k] for k in jobs.requests.group.tolist()]
    assert [(g.customer, g.class_, g.priority, g.split) for g in groups] == [
        ("Bank", "x", 2, 2), ("Lab", "y", 5, 2), ("Lab", "x", 1, 2),
    ]  # fmt: skip


def test_a_whole_column_may_come_from_the_stream(made: Made) -> None:
    Path("t.csv").write_text("t\n0\n3\n")
    scenario = made(
        "file: t.csv, format: csv, columns: {asked: t}", "size: 3 kW, term: {exponential: {mean: 2 h}}"
    )
    first, second = asked(scenario), asked(scenario, 1)
    assert first.requests.size_kw.tolist() == [3, 3]
    assert (first.requests.term != second.requests.term).all(), "drawn anew in each replication"
    assert (first.requests.asked == second.requests.asked).all()


@pytest.mark.parametrize(
    "times",
    [
        ["2017-10-03 10:00:00", "2017-10-03T11:30:00Z", "2017-10-03 14:00:00.5+02:00", "2017-10-04"],
        [1507024800, 1507030200, 1507032000.5, 1507075200],
        [-3.5, 5396.5, 7197, 50396.5],
    ],
    ids=["dates", "since 1970", "since anything"],
)
def test_from_moves_the_first_time_there(made: Made, times: list[object]) -> None:
    Path("t.csv").write_text("t\n" + "\n".join(map(str, times[::-1])) + "\n")
    jobs = asked(made("file: t.csv, format: csv, columns: {asked: t}, from: 2025-01-01"))
    assert jobs.requests.asked.tolist() == [0, 5400 * SECOND, 7200 * SECOND + SECOND // 2, 50400 * SECOND]


def test_parquet_knows_its_times(made: Made) -> None:
    hours = pl.Series([3, 0, 1])
    at = pl.datetime(2017, 10, 3, time_zone="America/New_York") + pl.duration(hours=hours)
    frame = pl.DataFrame({"kw": [3, 1, 2], "user": [7, 8, None]}, schema_overrides={"kw": pl.Int16})
    frame = frame.with_columns(at.alias("at"), pl.duration(minutes=hours + 1).alias("lasts"))
    frame.write_parquet("t.parquet")
    columns = "{asked: at, size: kw, term: lasts, customer: user}, from: 2025-01-01"
    jobs = asked(made(f"file: t.parquet, format: parquet, columns: {columns}", ""))
    assert (jobs.requests.asked // HOUR).tolist() == [0, 1, 3]
    assert (jobs.requests.term // (60 * SECOND)).tolist() == [1, 2, 4]
    assert jobs.requests.size_kw.tolist() == [1, 2, 3]
    assert [jobs.groups[k].customer for k in jobs.requests.group.tolist()] == ["8", "Lab", "7"]


def test_parquet_may_hold_days_and_decimals(made: Made) -> None:
    days = pl.Series(["2020-02-28", "2020-03-01"]).str.to_date()
    frame = pl.DataFrame({"day": days, "kw": ["1.5", "2"], "of": ["x", "y"]})
    frame = frame.with_columns(pl.col("kw").cast(pl.Decimal(10, 2)), pl.col("of").cast(pl.Categorical))
    frame.write_parquet("t.parquet")
    columns = "{asked: day, size: kw, class: of}, from: 2025-01-01"
    jobs = asked(made(f"file: t.parquet, format: parquet, kw_per_unit: 2, columns: {columns}", "term: 1 h"))
    assert (jobs.requests.asked // HOUR).tolist() == [0, 48], "a leap year"
    assert jobs.requests.size_kw.tolist() == [3, 4]
    assert [group.class_ for group in jobs.groups] == ["x", "y"]


def test_parquet_may_hold_what_is_no_column_of_a_trace(made: Made) -> None:
    frame = pl.DataFrame({"t": [True], "kw": [[1]], "u": [[1]]})
    frame.write_parquet("t.parquet")
    trace = "file: t.parquet, format: parquet, columns"
    assert faults(made, f"{trace}: {{asked: t, size: kw}}", "term: 1 h") == [
        'a.yaml:8: demand.jobs.arrivals.trace.columns.asked: "t": is a column of Boolean; name one of numbers or dates',
        'a.yaml:8: demand.jobs.arrivals.trace.columns.size: "kw": is a column of List(Int64); name one of numbers',
    ]
    assert faults(made, f"{trace}: {{asked: t, customer: u}}") == [
        'a.yaml:9: demand.jobs.arrivals.trace.columns.asked: "t": is a column of Boolean; name one of numbers or dates',
        'a.yaml:9: demand.jobs.arrivals.trace.columns.customer: "u": is a column of List(Int64); name one of words',
    ]


def swf(*jobs: tuple[int, ...]) -> str:
    """A log of (number, submit, wait, run, allocated, requested, status, user)."""
    lines = [
        f" {n} {submit} {wait}  {run} {allocated} -1 -1 {requested} -1 -1 {status} {user} 1 -1 -1 -1 -1 -1"
        for n, submit, wait, run, allocated, requested, status, user in jobs
    ]
    return "\n".join(["; Version: 2.2", ";", *lines, ""])


JOBS = swf(
    (1, 50, 0, 100, 4, -1, 1, 3),
    (2, 60, 9, 200, 8, 16, 1, -1),
    (3, 70, 0, -1, 8, 8, 5, 4),  # never ran
    (4, 80, 0, 0, 8, 8, 5, 4),  # nor did this
    (5, 90, 0, 300, -1, -1, 1, 4),  # nobody knows how large
    (6, 95, 0, 300, 2, 2, 3, 4),  # a part of a job
    (7, 99, 0, 300, 2, 2, 0, 4),
)


@pytest.mark.parametrize("packed", [False, True])
def test_swf_is_read_as_it_is_defined(made: Made, packed: bool) -> None:
    Path("log.swf").write_bytes(gzip.compress(JOBS.encode()) if packed else JOBS.encode())
    scenario = made("file: log.swf, format: swf", "split: never")
    requests = asked(scenario).requests
    assert (requests.asked // SECOND).tolist() == [0, 10, 49]
    assert requests.size_kw.tolist() == [4, 16, 2], "requested, else allocated"
    assert (requests.term // SECOND).tolist() == [100, 200, 300]
    folder = f"{Path.cwd()}/"
    assert [str(each).replace(folder, "") for each in scenario_warnings(scenario)] == [
        'a.yaml:8: demand.jobs.arrivals.trace.file: "log.swf": has 4 of 7 rows that no one can play; they are left out (3: size or term is unknown or 0; 1: is a part of another)'
    ]


def test_columns_of_swf_go_by_their_names(made: Made) -> None:
    Path("log.swf").write_text(JOBS)
    columns = "{size: allocated processors, term: wait time, customer: user}"
    jobs = asked(made(f"file: log.swf, format: swf, columns: {columns}", ""))
    assert jobs.requests.size_kw.tolist() == [8]
    assert [group.customer for group in jobs.groups] == ["Lab"], "-1 is nobody"


def test_what_is_outside_the_run_is_left_out_and_said(made: Made) -> None:
    Path("t.csv").write_text("t\n0\n10\n20\n30\n2000\n")
    scenario = made("file: t.csv, format: csv, time_unit: h, columns: {asked: t}, from: 2024-12-31T12:00:00Z")
    requests = asked(scenario).requests
    assert (requests.asked // HOUR).tolist() == [8, 18]
    assert requests.number.tolist() == [2, 3]
    assert [str(each) for each in scenario_warnings(scenario)] == [
        "a.yaml:9: demand.jobs.arrivals.trace.from: has 2 of 5 requests before the start, wanted before it, and 1 at the end or after; they are left out"
    ]


def test_what_a_stream_states_in_vain_is_said(made: Made) -> None:
    Path("t.csv").write_text("t,kw,h\n0,5,3\n1,5,\n")
    assert [str(each) for each in scenario_warnings(made(CSV))] == [
        "a.yaml:6: demand.jobs.size: has no effect, since the trace states each; remove it"
    ]


# What is wrong in a file.

TRACE = "demand.jobs.arrivals.trace"
WRONG = {
    "t,kw,h\n0,5,3\n1,nan,3\n2,-5,x\n3,,3\n\n4,-6,3\n": [
        't.csv:3: {0}.columns.size: "nan": is not a finite number, in the column kw; correct the row, or remove it',
        't.csv:4: {0}.columns.size: "-5": is not above 0, in the column kw (and in 1 more); correct the row, or remove it',
        't.csv:4: {0}.columns.term: "x": is not a finite number, in the column h; correct the row, or remove it',
    ],
    't,kw,h\n0,5,"1\n"\n1,5,0\n': [
        't.csv:4: {0}.columns.term: "0": is not above 0, in the column h; correct the row, or remove it',
    ],
    "t,kw,h\n0,5,1\n,5,1\ninf,5,1\n": [
        "t.csv:3: {0}.columns.asked: is empty, in the column t; correct the row, or remove it",
        't.csv:4: {0}.columns.asked: "inf": is not a finite number, in the column t; correct the row, or remove it',
    ],
    "t,kw,h\n2025-01-01,5,1\n12,5,1\n2025-02-30,5,1\n": [
        't.csv:3: {0}.columns.asked: "12": is not a date, in the column t (and in 1 more); write it as 2026-04-27T12:00:00Z',
    ],
    "t,kw,h\n0,1e13,1\n0,1,1e9\n": [
        't.csv:2: {0}.columns.size: "1e13": is beyond what can be simulated, in the column kw; correct the row, or remove it',
        't.csv:3: {0}.columns.term: "1e9": is beyond what can be simulated, in the column h; correct the row, or remove it',
    ],
    "t,kws,hours\n0,5,1\n": [
        'a.yaml:9: {0}.columns.size: "kw": is not a column of t.csv; did you mean kws?',
        'a.yaml:9: {0}.columns.term: "h": is not a column of t.csv; choose one of t, kws, hours',
    ],
    "t,kw,h\n0,5,1,7\n": ["t.csv:2: {0}.file: has 4 cells, where the header names 3; correct the line"],
    "t,kw,h\n0,5,\xff\n": ["t.csv:2: {0}.file: is not UTF-8; save the file in UTF-8"],
    "t,kw,h\n": ["a.yaml:9: {0}.file: records no request; name a file that does"],
    "": ["a.yaml:9: {0}.file: is empty; name a file with a header and rows"],
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_a_bad_row_is_told_at_its_line(made: Made, text: str) -> None:
    Path("t.csv").write_bytes(text.encode("latin-1"))
    assert faults(made, CSV) == [each.format(TRACE) for each in WRONG[text]]


def test_an_empty_cell_needs_the_stream(made: Made) -> None:
    Path("t.csv").write_text("t,kw,h\n0,5,1\n1,,\n")
    assert faults(made, CSV, "size: 1 kW") == [
        f"t.csv:3: {TRACE}.columns.term: is empty, and the stream states no term; fill it in, or write the term of the stream"
    ]


@pytest.mark.parametrize(
    ("trace", "stream", "expected"),
    [
        ("file: t.csv, format: csv", "size: 1 kW, term: 1 h",
         f"a.yaml:9: {TRACE}.columns: do not say when a request is asked; write columns: {{asked: COLUMN, ...}}"),
        ("file: t.csv, format: csv, columns: {asked: t, size: kw}", "",
         "a.yaml:4: demand.jobs.term: is missing, and no column of its trace states it; write term: 5 y, or columns: {term: COLUMN}"),
        ("file: t.csv, format: csv, columns: {asked: t, customer: u}", "size: 1 kW, term: 1 h",
         f't.csv:2: {TRACE}.columns.customer: "a.b": is a name with a dot, which separates the parts of a path, in the column u; write a b'),
        ("file: t.csv, format: csv, columns: {asked: t, priority: kw}", "size: 1 kW, term: 1 h",
         f't.csv:2: {TRACE}.columns.priority: "1.5": is not a whole number, in the column kw; correct the row, or remove it'),
        (f"{CSV}, kw_per_unit: 1e12", "",
         f'a.yaml:7: {TRACE}.kw_per_unit: "1e+12": makes a request of 1.5e+12 kW, beyond what can be simulated; write less'),
        (f"{CSV}, sha256: 12ab", "",
         f'a.yaml:7: {TRACE}.sha256: "12ab": is not the SHA-256 of the file, which has 2b5a8c2eebbcce855891275fc560c0b0ffad587354c751ade8a3174937f2e133; bring back the file that had it'),
        ("file: t.csv, format: parquet, columns: {asked: t}", "size: 1 kW, term: 1 h",
         f"a.yaml:9: {TRACE}.file: is not a Parquet file: ...; name a Parquet file"),
        ("file: t.csv, format: swf", "",
         "t.csv:1: demand.jobs.arrivals.trace.file: has 1 of the 18 fields of SWF; correct the line"),
        ("file: u.csv, format: csv, columns: {asked: t}", "size: 1 kW, term: 1 h",
         f'a.yaml:9: {TRACE}.file: "u.csv": is not a file; looked for u.csv'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_trace(made: Made, trace: str, stream: str, expected: str) -> None:
    Path("t.csv").write_text("t,kw,h,u\n0,1.5,1,a.b\n")
    assert faults(made, trace, stream) == [expected]


# Where a trace goes.


def test_a_trace_is_read_once_and_travels(made: Made, tmp_path: Path) -> None:
    Path("t.csv").write_text("t,kw,h\n0,5,1\n1,6,1\n")
    scenario = made(CSV, "")
    before = trace_records._read_cached.cache_info().misses
    longer = scenario.replace({"end": "2025-02-01"})
    assert made(CSV, "") == scenario != longer
    asked(longer, 1)
    assert trace_records._read_cached.cache_info().misses == before
    travelled = pickle.loads(pickle.dumps(scenario))
    assert travelled == scenario
    assert asked(travelled).requests.size_kw.tolist() == [5, 6]
    Path("resolved.yaml").write_text(scenario.resolved_yaml())
    assert read_scenario("resolved.yaml") == scenario
    assert read_scenario("resolved.yaml").fingerprint() == scenario.fingerprint()


def test_the_fingerprint_covers_what_a_trace_holds_wherever_it_is(made: Made) -> None:
    Path("t.csv").write_text("t,kw,h\n0,5,1\n")
    Path("elsewhere").mkdir()
    Path("elsewhere/u.csv").write_text("t,kw,h\n0,5,1\n")
    first = made(CSV, "")
    assert made(CSV.replace("t.csv", "elsewhere/u.csv"), "").fingerprint() == first.fingerprint()
    Path("t.csv").write_text("t,kw,h\n0,6,1\n")
    os.utime("t.csv", (0, 0))
    changed = made(CSV, "")
    assert changed.fingerprint() != first.fingerprint()
    assert changed != first
    Path("resolved.yaml").write_text(first.resolved_yaml())
    with pytest.raises(ScenarioError, match="is not the SHA-256 of the file"):
        read_scenario("resolved.yaml")


def test_a_saved_run_opens_where_its_trace_is_not(made: Made) -> None:
    Path("t.csv").write_text("t,kw,h,u\n0,5,1,Bank\n1,6,1,Lab\n")
    right = "rights: {r: {holder: P, kind: exclusive, over: {customer: Bank}}}\n"
    scenario = made(f"{CSV[:-1]}, customer: u}}", "", right)
    run = run_scenario(scenario, replications=2, workers=2, out=Path("run"))
    Path("t.csv").unlink()
    opened = read_run(Path("run"))
    assert opened.summary() == run.summary()
    assert opened.provenance["sha256"] == scenario.fingerprint()
    with pytest.raises(ValueError, match=r"t\.csv was not read"):
        asked(opened.scenario)


def test_the_command_tells_a_bad_row_in_one_line(made: Made) -> None:
    Path("t.csv").write_text("t,kw,h\n0,5,1\n1,-5,1\n")
    with pytest.raises(ScenarioError):
        made(CSV, "")
    words = [sys.executable, "-m", "sim", "run", "a.yaml"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        f'{Path.cwd()}/t.csv:3: {TRACE}.columns.size: "-5": is not above 0, in the column kw;'
        " correct the row, or remove it\n"
    )


# Whose requests they are.

MIXED = """\
t,kw,h,u,c
0,4,24,Bank,x
0,2,24,P,x
0,1,24,,y
24,3,24,Bank,y
"""


def test_each_customer_has_its_own_metrics(made: Made) -> None:
    """Each row serves for a day at 1 M$ a MW and year; a provider pays nothing to itself."""
    Path("t.csv").write_text(MIXED)
    scenario = made(
        f"{CSV[:-1]}, customer: u, class: c}}",
        "in_place: {S: 8 kW}, term: 1 d",
        "contracts: {c: {customer: Bank, provider: P, take_or_pay: 1 M$, from: 2025-01-01, until: 2025-03-01}}\n",
    )
    run = play(scenario, 1, 0)
    conserving.check(run)
    found = compute_metrics(run, series(run), measurement_window(run, scenario.measure_from, ()))
    day = 1e6 / 1000 / 365.25
    names = {name.split(".")[1] for name in found if name.startswith("customer.")}
    assert names == {"Bank", "P", "Lab"}
    for name, asked_kw, served_kw, paid_kw in (
        ("customer.Bank", 7, 7, 7), ("customer.P", 2, 2, 0), ("customer.Lab", 1, 9, 9), ("stream.jobs", 10, 18, 16),
    ):  # fmt: skip
        assert found[f"{name}.asked_mw"] == pytest.approx(asked_kw / 1000)
        assert found[f"{name}.in_service_mw.mean"] == pytest.approx(served_kw / 1000 / 59)
        assert found[f"{name}.spend"] == pytest.approx(paid_kw * day)
        assert found[f"{name}.wait_days.mean"] == 0
    assert found["spend"] == pytest.approx(16 * day)
    assert found["provider.P.take_or_pay"] == pytest.approx(1e6 - 7 * day)
    done = run_scenario(scenario, replications=1, workers=1)
    asking = done.table("requests")["customer", "class", "stream"].rows()
    assert asking == [("Bank", "x", "jobs"), ("P", "x", "jobs"), ("Lab", "y", "jobs"), ("Bank", "y", "jobs")]
    bands = done.table("bands").filter(pl.col("series") == "customer.Bank.in_service_mw")
    assert bands["mean"].max() == pytest.approx(0.004)


def test_rights_cover_rows_by_their_customer_and_class(made: Made) -> None:
    Path("t.csv").write_text(MIXED)
    right = "rights: {r: {holder: P, kind: first refusal, over: {customer: Bank}, window: 1 h, appetite: {x: 0 %, y: 100 %}}}\n"
    trace = f"{CSV[:-1]}, customer: u, class: c}}"
    run = play(made(trace, "", right), 1, 0)
    assert run.requests["right"].tolist() == [0, -1, -1, 0]
    assert run.requests["holder_kw"].tolist() == [0, 0, 0, 3]
    assert run.inputs.requests.windows[0].tolist() == [HOUR, 0, 0, HOUR]
    assert faults(made, trace, "", right.replace("x: 0 %, ", "")) == [
        "a.yaml:10: rights.r.appetite: does not state the class x; write x: 80 %"
    ]
    right = (
        right.replace("Bank", "Bnak")
        .replace("appetite", "max_utilization")
        .replace("{x: 0 %, y: 100 %}", "90 %")
    )
    assert faults(made, trace, "", right) == [
        'a.yaml:10: rights.r.over.customer: "Bnak": is not a customer of any stream; did you mean Bank?'
    ]


def test_priority_is_of_each_row(made: Made) -> None:
    Path("t.csv").write_text("t,kw,h,p\n0,100,2,0\n1,60,1,0\n1,60,1,7\n")
    run = play(made(f"{CSV[:-1]}, priority: p}}", "split: never"), 1, 0)
    assert (run.requests["first_delivery"] // HOUR).tolist() == [0, 3, 2]


# Recorded logs, replayed.

LOGS = {
    "philly": (
        "file: {0}/philly/philly_jobs.parquet, format: parquet,"
        " columns: {{asked: submit_s, size: num_gpus, term: duration_s, customer: vc}}",
        82_247, 500,
    ),
    "NASA": ("file: {0}/swf/NASA-iPSC-1993-3.1-cln.swf.gz, format: swf", 18_066, 128),
    "kalos": (
        "file: {0}/kalos/kalos_completed_training_jobs_319.csv, format: csv,"
        " columns: {{asked: submit_s, size: num_gpus, term: duration_s, class: kind_hint}}",
        319, 1024,
    ),
    "KTH": ("file: {0}/swf/KTH-SP2.swf.gz, format: swf", 28_467, 100),
}  # fmt: skip
"""What is written of each trace, how many requests it has, and the size of a site in its units."""

shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the recorded logs are not there: {SHARED}")


def replay(folder: Path, log: str, sites: str, more: str, engine: Engine = "simpy") -> Run:
    """A log, replayed at some sites, each with a provider; a job is served whole at one of them."""
    names = [each.split(":")[0] for each in sites.split(", ")]
    sellers = ", ".join(f"{name}: {{sites: [{name}]}}" for name in names)
    online = ", ".join(
        f"{each.split(':')[0]}: {{online: {each.split(':')[1]} kW}}" for each in sites.split(", ")
    )
    path = folder / f"{log}.yaml"
    path.write_text(
        "start: 2017-10-01\nend: 2021-10-01\n"
        f"demand: {{jobs: {{customer: All, split: never, arrivals: {{trace: {{{LOGS[log][0].format(SHARED)}}}}}}}}}\n"
        f"providers: {{{sellers}}}\nsites: {{{online}}}\n{more}\n"
    )
    return play(read_scenario(path), 1, 0, engine=engine)


def starts_first_come(asked: list[int], size: list[int], term: list[int], capacity: int) -> list[int]:
    """When does each job start on one machine, strictly in the order of asking? Written from nothing."""
    running: list[tuple[int, int]] = []
    free, now, starts = capacity, 0, []
    for at, wants, lasts in zip(asked, size, term, strict=True):
        now = max(now, at)
        while running and (running[0][0] <= now or free < wants):
            over, gives_back = heappop(running)
            now, free = max(now, over), free + gives_back
        free -= wants
        starts.append(now)
        heappush(running, (now + lasts, wants))
    return starts


@shared
@pytest.mark.parametrize("log", LOGS)
def test_a_log_first_come_first_served_waits_as_in_a_plain_queue(tmp_path: Path, log: str) -> None:
    _, jobs, units = LOGS[log]
    run = replay(tmp_path, log, f"S:{units}", "waiting: {bypass: false}")
    requests = run.inputs.requests
    assert len(requests) == jobs
    columns = (requests.asked, requests.size_kw, requests.term)
    starts = starts_first_come(*(column.tolist() for column in columns), units)
    assert run.requests["first_delivery"].tolist() == starts
    waits = np.array(starts) - requests.asked
    assert waits.any() == (log != "kalos"), "some wait, but for those of Kalos"
    conserving.check(run)


def sites_in_order(asked: list[int], size: list[int], term: list[int], units: list[int]) -> list[int]:
    """Which is the first machine with room for each job, if nobody waits? Written from nothing."""
    running: list[tuple[int, int, int]] = []
    free, chosen = list(units), []
    for at, wants, lasts in zip(asked, size, term, strict=True):
        while running and running[0][0] <= at:
            _, site, gives_back = heappop(running)
            free[site] += gives_back
        site = next(k for k, room in enumerate(free) if room >= wants)
        free[site] -= wants
        chosen.append(site)
        heappush(running, (at + lasts, site, wants))
    return chosen


def in_full(run: Run) -> np.ndarray:
    """The rows of the deliveries in the order of the requests, each of which is served whole, for its term."""
    requests, deliveries = run.inputs.requests, run.deliveries
    conserving.check(run)
    order = np.argsort(deliveries["request"])
    assert deliveries["request"][order].tolist() == list(range(len(requests)))
    assert deliveries["kw"][order].tolist() == requests.size_kw.tolist()
    assert (deliveries["end"] - deliveries["start"])[order].tolist() == requests.term.tolist()
    return order


@shared
@pytest.mark.parametrize("log", LOGS)
def test_a_log_overflows_from_site_to_site(tmp_path: Path, log: str) -> None:
    units = {
        "philly": [200, 170, 900],
        "NASA": [64, 32, 300],
        "KTH": [40, 20, 5000],
        "kalos": [256, 256, 9999],
    }[log]
    sites = ", ".join(f"{name}:{size}" for name, size in zip("ABC", units, strict=True))
    run = replay(tmp_path, log, sites, "overflow: {policy: in order}")
    requests = run.inputs.requests
    order = in_full(run)
    assert run.deliveries["start"][order].tolist() == requests.asked.tolist(), "nobody waits"
    columns = (requests.asked, requests.size_kw, requests.term)
    chosen = sites_in_order(*(column.tolist() for column in columns), units)
    assert run.deliveries["site"][order].tolist() == chosen
    assert set(chosen) == {0, 1, 2}


@shared
@pytest.mark.parametrize(("log", "sites"), [("philly", "A:640, B:40, C:20"), ("KTH", "A:100, B:12, C:6")])
def test_a_log_waits_and_overflows_and_nothing_is_lost(tmp_path: Path, log: str, sites: str) -> None:
    run = replay(tmp_path, log, sites, "")
    order = in_full(run)
    waits = run.deliveries["start"][order] - run.inputs.requests.asked
    assert (waits >= 0).all()
    assert (waits > 0).sum() > 50
    assert set(run.deliveries["site"].tolist()) == {0, 1, 2}
