"""The formats of a trace (csv, Parquet and SWF), each read into the table of the columns that are asked for."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Literal, get_args

from sim.scenario.csv_records import CsvRecord, has_width, iterate_records, width_error
from sim.scenario.faults import Complaint, InvalidValueError, Place
from sim.scenario.file_content import decode_text, file_complaint, kind_of_file
from sim.scenario.trace_table import ROW_COLUMN, TraceTable, check_columns, select_columns

SWF_FIELDS = (
    *("job number", "submit time", "wait time", "run time", "allocated processors", "average cpu time"),
    *("used memory", "requested processors", "requested time", "requested memory", "status", "user", "group"),
    *("application", "queue", "partition", "preceding job", "think time"),
)
"""The fields of the Standard Workload Format 2.2, in order (Feitelson, Parallel Workloads Archive)."""
SWF_DEFAULT_COLUMNS = {"asked": "submit time", "size": "processors", "term": "run time"}
"""The columns of SWF where no others are named; `processors` are those requested, else allocated."""
PARTIAL_JOB_STATUSES = (2.0, 3.0, 4.0)
"""The status of a line of SWF that is about a part of a job, which has a line of its own."""


def read_csv_trace(data: bytes, path: str, names: Mapping[str, str]) -> TraceTable:
    """Read a file of comma-separated values with a header; empty lines are passed over."""
    import polars as pl

    records = iterate_records(decode_text(data, path), path)
    header = next(records, None)
    if header is None:
        raise file_complaint("is empty", "name a file with a header and rows")
    check_header(header, path, names)
    positions = {name: header.cells.index(name) for name in set(names.values()) & set(header.cells)}
    columns: dict[str, list[str]] = {name: [] for name in positions}
    lines: list[int] = []
    ragged: list[CsvRecord] = []
    for record in records:
        if not has_width(record, len(header.cells)):
            ragged.append(record)
            continue
        lines.append(record.line)
        for name, position in positions.items():
            columns[name].append(record.cells[position])
    if ragged:
        raise width_error(ragged[0], len(header.cells), path, len(ragged) - 1)
    frame = pl.DataFrame(
        {ROW_COLUMN: lines} | columns, {ROW_COLUMN: pl.Int64} | dict.fromkeys(columns, pl.String)
    )
    return select_columns(frame, names, lambda line: Place(path, line))


def check_header(header: CsvRecord, path: str, names: Mapping[str, str]) -> None:
    """Raise InvalidValueError where columns are not in the header, or stand in it more than once."""
    place = Place(path, header.line)
    other = next((sign for sign in ";\t|" if sign in header.cells[0]), None)
    if len(header.cells) == 1 and other:
        message = f"is separated by {'tabs' if other == chr(9) else other}, not by commas"
        raise file_complaint(message, "save it with commas", place)
    check_columns(header.cells, path, names)
    complaints = []
    for key, name in names.items():
        where = [str(k + 1) for k, cell in enumerate(header.cells) if cell == name]
        if len(where) > 1:
            message = f"stands {len(where)} times in the header, as the columns {' and '.join(where)}"
            complaints.append(
                Complaint(message, "give each a name of its own", name, ("columns", key), place)
            )
    if complaints:
        raise InvalidValueError(*complaints)


def read_parquet_trace(data: bytes, path: str, names: Mapping[str, str]) -> TraceTable:
    """Read a Parquet file, whose rows count from 1."""
    import polars as pl

    kind = kind_of_file(data)
    if kind and not data.startswith(b"PAR1"):
        raise file_complaint(*kind)
    try:
        check_columns(list(pl.read_parquet_schema(io.BytesIO(data))), path, names)
        frame = pl.read_parquet(io.BytesIO(data), columns=list(dict.fromkeys(names.values())))
    except pl.exceptions.PolarsError as error:
        raise file_complaint(f"is not a Parquet file: {first_line(error)}", "name a Parquet file") from None
    return select_columns(frame.with_row_index(ROW_COLUMN, 1), names, lambda row: Place(path, row))


def read_swf_trace(data: bytes, path: str, names: Mapping[str, str]) -> TraceTable:
    """Read a log in Standard Workload Format, compressed or not; -1 stands for what is not known.

    Left out are jobs whose asking, size or term is not known or 0, as of those that never ran, and lines
    about a part of a job.
    """
    import polars as pl

    text = decode_text(data, path, errors="replace")
    lines = pl.DataFrame({"line": text.split("\n")}).with_row_index(ROW_COLUMN, 1)
    lines = lines.filter(~pl.col("line").str.contains(r"^\s*(;|$)"))
    cells = lines["line"].str.extract_all(r"\S+")
    if (short := (cells.list.len() < len(SWF_FIELDS)).arg_true()).len():
        line, n_cells = int(lines[ROW_COLUMN][short[0]]), len(cells[int(short[0])])
        message = f"has {n_cells} of the {len(SWF_FIELDS)} fields of SWF"
        raise file_complaint(message, "correct the line", Place(path, line))
    fields = pl.DataFrame(
        [lines[ROW_COLUMN], *(cells.list.get(k).alias(name) for k, name in enumerate(SWF_FIELDS))]
    )
    known = pl.exclude(ROW_COLUMN).replace(["-1", "-1.0", "-1.00"], None)
    fields = fields.with_columns(known).with_columns(
        pl.coalesce("requested processors", "allocated processors").alias(SWF_DEFAULT_COLUMNS["size"])
    )
    check_columns([name for name in fields.columns if name != ROW_COLUMN], path, names)
    log = select_columns(fields, names, lambda row: Place(path, row))
    number = {key: pl.col(key).cast(pl.Float64, strict=False) for key in ("size", "term")}
    is_partial = fields["status"].cast(pl.Float64, strict=False).is_in(PARTIAL_JOB_STATUSES).fill_null(False)
    jobs = log.frame.filter(~is_partial).drop_nulls(["asked", *number])
    jobs = jobs.filter(*(number[key].fill_null(1) != 0 for key in number))
    return TraceTable(jobs, names, log.locate_row, len(fields) - len(jobs))


TraceFormatName = Literal["csv", "parquet", "swf"]
TRACE_FORMATS: Mapping[str, Callable[[bytes, str, Mapping[str, str]], TraceTable]] = {
    "csv": read_csv_trace,
    "parquet": read_parquet_trace,
    "swf": read_swf_trace,
}
"""By the word of the format; each takes the data of a file, its path, and the names of columns."""
assert get_args(TraceFormatName) == tuple(TRACE_FORMATS)


def first_line(error: Exception) -> str:
    """The first line of the message of an error."""
    return str(error).partition("\n")[0]
