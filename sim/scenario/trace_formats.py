"""The formats of a trace (csv, Parquet and SWF), each read into the table of the columns that are asked for."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import Literal, get_args

from sim.scenario.faults import InvalidValueError, Place
from sim.scenario.input_files import MAX_TABLE_BYTES, unpack_gzip
from sim.scenario.trace_table import ROW_COLUMN, TraceTable, select_columns, trace_error

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

    data = decompress(data)
    try:
        frame = pl.read_csv(io.BytesIO(data), infer_schema=False, row_index_name=ROW_COLUMN)
    except pl.exceptions.PolarsError as error:
        raise ragged_row_error(data, path) or trace_error(
            f"is not a CSV file: {first_line(error)}", "save it as csv in UTF-8"
        ) from None
    frame = frame.filter(~pl.all_horizontal(pl.exclude(ROW_COLUMN).is_null()))
    return select_columns(frame, names, path, partial(csv_row_place, data, path))


def csv_row_place(data: bytes, path: str, row: int) -> Place:
    """The line in which a row begins; the file is read again up to there, since a cell may hold several lines."""
    lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    for _ in range(row + 1):
        next(lines)
    return Place(path, lines.line_num + 1)


def ragged_row_error(data: bytes, path: str) -> InvalidValueError | None:
    """The error of the first line that has more cells than the header."""
    lines = csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""))
    header = next(lines, [])
    for cells in lines:
        if len(cells) > len(header):
            message = f"has {len(cells)} cells, where the header names {len(header)}"
            return trace_error(message, "correct the line", Place(path, lines.line_num))
    return None


def read_parquet_trace(data: bytes, path: str, names: Mapping[str, str]) -> TraceTable:
    """Read a Parquet file, whose rows count from 1."""
    import polars as pl

    try:
        known = pl.read_parquet_schema(io.BytesIO(data))
        wanted = [name for name in known if name in names.values()]
        frame = pl.read_parquet(io.BytesIO(data), columns=wanted)
    except pl.exceptions.PolarsError as error:
        raise trace_error(f"is not a Parquet file: {first_line(error)}", "name a Parquet file") from None
    if len(wanted) < len(set(names.values())):
        frame = pl.DataFrame(
            schema=known
        )  # so that those that are missing are named, beside all that there are
    return select_columns(frame.with_row_index(ROW_COLUMN), names, path, lambda row: Place(path, row + 1))


def read_swf_trace(data: bytes, path: str, names: Mapping[str, str]) -> TraceTable:
    """Read a log in Standard Workload Format, compressed or not; -1 stands for what is not known.

    Left out are jobs whose asking, size or term is not known or 0, as of those that never ran, and lines
    about a part of a job.
    """
    import polars as pl

    lines = pl.DataFrame({"line": decompress(data).decode("utf-8", "replace").split("\n")}).with_row_index(
        ROW_COLUMN
    )
    lines = lines.filter(~pl.col("line").str.contains(r"^\s*(;|$)"))
    cells = lines["line"].str.extract_all(r"\S+")
    if (short := (cells.list.len() < len(SWF_FIELDS)).arg_true()).len():
        line, n_cells = int(lines[ROW_COLUMN][short[0]]) + 1, len(cells[int(short[0])])
        raise trace_error(
            f"has {n_cells} of the {len(SWF_FIELDS)} fields of SWF", "correct the line", Place(path, line)
        )
    fields = pl.DataFrame(
        [lines[ROW_COLUMN], *(cells.list.get(k).alias(name) for k, name in enumerate(SWF_FIELDS))]
    )
    known = pl.exclude(ROW_COLUMN).replace(["-1", "-1.0", "-1.00"], None)
    fields = fields.with_columns(known).with_columns(
        pl.coalesce("requested processors", "allocated processors").alias(SWF_DEFAULT_COLUMNS["size"])
    )
    log = select_columns(fields, names, path, lambda row: Place(path, row + 1))
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


def decompress(data: bytes) -> bytes:
    """The content of a file, decompressed if it is compressed by gzip."""
    return unpack_gzip(data, MAX_TABLE_BYTES)


def first_line(error: Exception) -> str:
    """The first line of the message of an error."""
    return str(error).partition("\n")[0]
