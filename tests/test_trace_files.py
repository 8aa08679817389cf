# ruff: noqa: E501  (a sentence stands in one line)
"""The files of traces and laws: no row is lost, whatever its quotes; and what cannot be read is called by what it is."""

import bz2
import csv
import gzip
import io
import lzma
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_traces import CSV, TRACE, Made, asked, faults, made  # noqa: F401

from sim.scenario.csv_records import iterate_csv_records
from sim.scenario.faults import InvalidValueError
from sim.scenario.file_content import decode_text

NOTED = "file: t.csv, format: csv, time_unit: h, columns: {asked: t, size: kw, term: h, class: note}"


def as_bytes(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode("utf-8-sig")


# Quotes.

QUOTES = {
    '0,1,1,"a \\" b"\n1,2,1,plain\n2,3,1,"c \\" d"\n3,4,1,plain\n': ['a " b', "plain", 'c " d', "plain"],
    '0,1,1,24" rack\n1,2,1,x\n': ['24" rack', "x"],
    '0,1,1,"24"" rack"\n1,2,1,"x, y"\n2,3,1, "z"\n': ['24" rack', "x, y", "z"],
    '0,1,1,"two\\"\n1,2,1,"x"\n': ["two\\", "x"],
    "0,1,1,d'or\n1,2,1,'x'\n": ["d'or", "'x'"],
    '0,1,1,"5 ""\n1,2,1,""7"\n2,3,1,y\n': None,
}
"""Rows, and the last cell of each where all can be read."""


@pytest.mark.parametrize("rows", [rows for rows, cells in QUOTES.items() if cells])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_quote_takes_no_row_away(made: Made, rows: str, ending: str) -> None:  # noqa: F811
    Path("t.csv").write_bytes(f"t,kw,h,note\n{rows}".replace("\n", ending).encode())
    jobs = asked(made(NOTED.replace("class: note", "customer: note")))
    assert [jobs.groups[k].customer for k in jobs.requests.group.tolist()] == QUOTES[rows]
    assert jobs.requests.size_kw.tolist() == list(range(1, len(QUOTES[rows] or ()) + 1))


def test_of_thousands_of_quoted_rows_each_is_there(made: Made) -> None:  # noqa: F811
    rows = "".join(f'{k},1,1,"rack \\" {k % 7}"\n' if k % 5 else f"{k},1,1,ok\n" for k in range(5000))
    Path("t.csv").write_text(f"t,kw,h,note\n{rows}")
    scenario = made(CSV.replace("time_unit: h", "time_unit: s"), "")
    assert len(asked(scenario).requests) == 5000


FAULTY_QUOTES = {
    '0,1,1,x\n1,2,1,"a\nb"\n2,3,1,"open\n3,4,1,y\n': "t.csv:5: {0}.file: begins a quote that does not end",
    '0,1,1,x\n1,2,1,"a" b\n2,3,1,y\n': "t.csv:3: {0}.file: has text after a quote that ends a cell",
    '0,1,1,"24" rack"\n1,2,1,y\n': "t.csv:2: {0}.file: has text after a quote that ends a cell",
    '0,1,1,"a \\" b"\n1,2,1,"24" rack"\n': "t.csv:2: {0}.file: has text after a quote that ends a cell",
}


@pytest.mark.parametrize("rows", FAULTY_QUOTES)
def test_a_quote_at_fault_is_told_at_its_line(made: Made, rows: str) -> None:  # noqa: F811
    Path("t.csv").write_text(f"t,kw,h,note\n{rows}")
    remedy = '; write a quote within quotes twice: "a 24"" rack"'
    assert faults(made, NOTED) == [FAULTY_QUOTES[rows].format(TRACE) + remedy]


CELLS = st.text(st.sampled_from('ab,;"\\\n\t é|0'), max_size=6)
"""Cells of the signs that mean something to readers."""


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=8), st.sampled_from(",;\t"),
       st.sampled_from(["\n", "\r\n"]), st.booleans())  # fmt: skip
def test_what_is_written_is_read_cell_for_cell(
    rows: list[list[str]], separator: str, ending: str, all_quoted: bool
) -> None:
    file = io.StringIO()
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    csv.writer(file, delimiter=separator, lineterminator=ending, quoting=quoting).writerows(rows)
    text = decode_text(file.getvalue().encode("utf-8-sig"), "t.csv")
    try:
        cells = [record.cells for record in iterate_csv_records(text, "t.csv", separator)]
    except InvalidValueError:
        # The one thing that a reader cannot know: blanks before a quote are blanks around a quoted cell.
        assert any(cell.lstrip(" ").startswith('"') for row in rows for cell in row if cell.startswith(" "))
        return
    expected = [[cell.strip() for cell in row] for row in rows]
    assert cells == [row for row in expected if any(row)]


# Headers and the lengths of rows.

SHAPES = {
    "t,kw,kw,h\n0,1,2,3\n": 't.csv:1: {0}.columns.size: "kw": stands 2 times in the header, as the columns 2 and 3; give each a name of its own',
    "t,kw,h\n0,1,2\n1,2\n2,3\n": "t.csv:3: {0}.file: has 2 cells, where the header names 3 (and in 1 more); correct the line",
    "\n\nt,kw,h\n0,1,2\n1\n": "t.csv:5: {0}.file: has 1 cell, where the header names 3; correct the line",
    "t;kw;h\n0;1;2\n": 't.csv:1: {0}.file: is separated by ;, not by commas; write separator: ";"',
    "t\tkw\th\n0\t1\t2\n": "t.csv:1: {0}.file: is separated by tabs, not by commas; write separator: tab",
    "\n \n": "a.yaml:9: {0}.file: is empty; name a file with a header and rows",
}  # fmt: skip


@pytest.mark.parametrize("text", SHAPES)
def test_a_header_or_row_at_fault_is_told_at_its_line(made: Made, text: str) -> None:  # noqa: F811
    Path("t.csv").write_bytes(as_bytes(text))
    assert faults(made, CSV, "term: 1 d, size: 1 kW") == [SHAPES[text].format(TRACE)]


def test_blank_rows_and_empty_columns_beyond_are_passed_over(made: Made) -> None:  # noqa: F811
    Path("t.csv").write_bytes(as_bytes('\n t ,kw,h,,\n0,1,2,,,\n,,,\n\n1,2,2,,"",\n'))
    assert asked(made(CSV, "")).requests.size_kw.tolist() == [1, 2]


# Types.


@pytest.mark.parametrize(
    ("key", "kind"),
    [("size", pl.Duration("us")), ("size", pl.Date), ("term", pl.Date), ("priority", pl.Duration("ms")),
     ("customer", pl.Duration("us")), ("class", pl.Datetime("us")), ("asked", pl.Time), ("customer", pl.Float64)],
)  # fmt: skip
def test_a_column_is_of_the_type_that_it_means(made: Made, key: str, kind: pl.DataType) -> None:  # noqa: F811
    pl.DataFrame({"x": pl.Series([1, 2]).cast(kind), "t": [1, 2]}).write_parquet("t.parquet")
    columns = ", ".join(f"{each}: {name}" for each, name in ({"asked": "t"} | {key: "x"}).items())
    (fault,) = faults(made, f"file: t.parquet, format: parquet, columns: {{{columns}}}")
    assert fault.startswith(f'a.yaml:9: {TRACE}.columns.{key}: "x": is a column of ')
    assert "; name one of " in fault


# What a file is.

TEXT = "t,kw,h\n0,1,2\n"
KINDS = {
    "bz2": (bz2.compress(TEXT.encode()), "is compressed by bzip2; decompress it"),
    "xz": (lzma.compress(TEXT.encode()), "is compressed by xz; decompress it"),
    "UTF-16": (TEXT.encode("utf-16"), "is UTF-16; save it as text in UTF-8"),
    "UTF-16 without a mark": (TEXT.encode("utf-16-be"), "is UTF-16; save it as text in UTF-8"),
    "CR alone": (
        TEXT.replace("\n", "\r").encode(),
        "ends its lines with carriage returns alone, as old Macs did; save it with line feeds (LF)",
    ),
    "zip": (
        b"PK\x03\x04\x14",
        "is a zip archive (or a workbook); write format: xlsx for a workbook, else unpack it",
    ),
    "bz2 in gzip": (gzip.compress(bz2.compress(TEXT.encode())), "is compressed by bzip2; decompress it"),
    "no text": (b"\0\1\2" * 9, "is no text; name a text file"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file_format", ["csv", "swf"])
def test_a_file_is_called_by_what_it_is(made: Made, kind: str, file_format: str) -> None:  # noqa: F811
    data, expected = KINDS[kind]
    Path("t.csv").write_bytes(data)
    columns = "columns: {asked: t, size: kw, term: h}" if file_format == "csv" else "kw_per_unit: 1"
    assert faults(made, f"file: t.csv, format: {file_format}, {columns}", "") == [
        f"a.yaml:7: {TRACE}.file: {expected}"
    ]


def test_a_law_is_read_as_strictly(made: Made) -> None:  # noqa: F811
    Path("t.csv").write_text(TEXT)
    law = "size: {empirical: {file: law.csv,column: kw}}, term: 1 h"
    path = "demand.jobs.size.empirical"
    for text, expected in {
        'kw,note\n1 kW,"open\n2 kW,x\n': f'law.csv:2: {path}.file: begins a quote that does not end; write a quote within quotes twice: "a 24"" rack"',
        "kw,note\n1 kW,x\n2 kW\n": f"law.csv:3: {path}.file: has 1 cell, where the header names 2; correct the line",
        "kw,kw\n1 kW,2 kW\n": f'law.csv:1: {path}.column: "kw": stands 2 times in the header; give each a name of its own',
    }.items():
        Path("law.csv").write_text(text)
        assert faults(made, "file: t.csv, format: csv, columns: {asked: t}", law) == [expected]


# Paths.


def test_a_path_is_no_pattern(made: Made) -> None:  # noqa: F811
    Path("t1.csv").write_text("t\n0\n")
    assert faults(made, "file: 't[1].csv', format: csv, columns: {asked: t}") == [
        f'a.yaml:9: {TRACE}.file: "t[1].csv": is not a file; looked for t[1].csv'
    ]
    Path("t[1].csv").write_text("t\n0\n1\n")
    pl.DataFrame({"t": [1, 2, 3]}).write_parquet("*.parquet")
    assert len(asked(made("file: 't[1].csv', format: csv, columns: {asked: t}")).requests) == 2
    assert len(asked(made("file: '*.parquet', format: parquet, columns: {asked: t}")).requests) == 3


def test_a_home_is_found(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("HOME", str(Path("home").absolute()))
    Path("home").mkdir()
    Path("home/t.csv").write_text("t\n0\n")
    assert len(asked(made("file: ~/t.csv, format: csv, columns: {asked: t}")).requests) == 1
    assert faults(made, "file: ~nobody-of-that-name/t.csv, format: csv, columns: {asked: t}") == [
        f'a.yaml:9: {TRACE}.file: "~nobody-of-that-name/t.csv": is not a file; looked for ~nobody-of-that-name/t.csv'
    ]


def test_a_sha256_may_be_in_capitals(made: Made) -> None:  # noqa: F811
    Path("t.csv").write_text(TEXT)
    sha256 = made(CSV, "").demand["jobs"].arrivals.trace.sha256  # type: ignore[union-attr]
    assert made(f"{CSV}, sha256: {sha256.upper()}", "") == made(CSV, "")
