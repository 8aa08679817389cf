"""Traces: which requests does a file record?

A file is read whole, checked, and kept as a few arrays: once for all the scenarios that name it. Only here does
this room know of frames, and only while it reads.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from sim.scenario.faults import Complaint, InvalidValueError, Place, suggestion
from sim.scenario.scalars import check_name
from sim.scenario.units import MEASURES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

SWF_FIELDS = (
    *("job number", "submit time", "wait time", "run time", "allocated processors", "average cpu time"),
    *("used memory", "requested processors", "requested time", "requested memory", "status", "user", "group"),
    *("application", "queue", "partition", "preceding job", "think time"),
)
"""The fields of the Standard Workload Format 2.2, in order (Feitelson, Parallel Workloads Archive)."""
SWF_DEFAULT_COLUMNS = {"asked": "submit time", "size": "processors", "term": "run time"}
"""What is read of SWF where no other columns are named; `processors` are those requested, else allocated."""
PARTIAL_JOB_STATUSES = (2.0, 3.0, 4.0)
"""The status of a line of SWF that tells of a part of a job, which has a line of its own."""
DATE_PATTERN = (
    r"^(\d{4}-\d\d-\d\d)(?:[Tt ]+(\d\d:\d\d)(?::(\d\d(?:\.\d+)?))?)?\s*(?:[Zz]|([+-]\d\d):?(\d\d)?)?$"
)
MAX_REQUEST_TYPES = 10_000

RecordedRequestType = tuple[str | None, str | None, int | None]
"""Whose request, of which class, with which priority; None where a row does not say."""


@dataclass(frozen=True, eq=False)
class TraceRecords:
    """The requests of a trace, in the order of asking, else of the file; every array is `(n,)`."""

    sha256: str
    """Of the file."""
    n_omitted: int
    """How many jobs of an SWF file are left out."""
    asked: npt.NDArray[np.int64]
    """Microseconds since the first."""
    size: npt.NDArray[np.float64]
    """In units of the file; NaN where a row does not say."""
    term: npt.NDArray[np.float64]
    """In microseconds; NaN where a row does not say."""
    request_type_index: npt.NDArray[np.int64]
    """Which of `kinds` each is."""
    request_types: tuple[RecordedRequestType, ...]
    first_incomplete: Mapping[str, Place]
    """The first row that leaves its size empty, and its term, where there is one."""

    def __len__(self) -> int:
        return len(self.asked)

    @property
    def largest(self) -> float:
        """The largest size, in units of the file; 0 where none is stated."""
        import numpy as np

        return float(np.fmax.reduce(self.size, initial=0.0))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TraceRecords) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


def read_trace(path: str, file_format: str, columns: Mapping[str, str], time_unit_us: float) -> TraceRecords:
    """Which requests does a file record? `columns` names the columns of asked, size, term, class, ...

    Raises `Wrong` with the first bad row of each column.
    """
    try:
        stat = Path(path).stat()
        return _read_cached(
            path, file_format, tuple(columns.items()), time_unit_us, stat.st_mtime_ns, stat.st_size
        )
    except (OSError, EOFError, zlib.error) as error:
        said = getattr(error, "strerror", None) or error
        raise trace_error(f"cannot be read: {said}", "name a file that can be read") from None


@lru_cache(maxsize=8)
def _read_cached(
    path: str, file_format: str, columns: tuple[tuple[str, str], ...], unit: float, *_: int
) -> TraceRecords:
    """The same, and kept as long as neither the date nor the length of the file changes."""
    import numpy as np

    data = Path(path).read_bytes()
    table = TRACE_FORMATS[file_format](data, path, dict(columns))
    if table.frame.is_empty():
        raise trace_error("records no request", "name a file that does")
    asked = table.times("asked", unit)
    size = table.numbers("size", least=0, most=MEASURES["power"].max_size)
    term = table.numbers("term", unit, least=0, most=MEASURES["duration"].max_size)
    kind, kinds = table.request_types()
    if table.complaints:
        raise InvalidValueError(*table.complaints)
    order = np.argsort(asked, kind="stable")
    empty = {
        key: np.isnan(values) for key, values in (("size", size), ("term", term)) if key in table.column_names
    }
    return TraceRecords(
        sha256=hashlib.sha256(data).hexdigest(),
        n_omitted=table.n_omitted,
        asked=asked[order],
        size=size[order],
        term=term[order],
        request_type_index=kind[order],
        request_types=kinds,
        first_incomplete={
            key: table.place_of_row(int(rows.argmax())) for key, rows in empty.items() if rows.any()
        },
    )


def trace_error(message: str, remedy: str, place: Place | None = None) -> InvalidValueError:
    """The error of a file that is no trace."""
    return InvalidValueError(Complaint(message, remedy, None, ("file",), place))


@dataclass
class TraceTable:
    """The columns of a file that are asked for, under the words that a scenario has for them."""

    frame: pl.DataFrame
    """With a column `row`: which row of the file each is."""
    column_names: Mapping[str, str]
    """What the file calls each column."""
    locate_row: Callable[[int], Place]
    """Where does a row of the file stand?"""
    n_omitted: int = 0
    complaints: list[Complaint] = field(default_factory=list)
    """All that is wrong in them."""

    def place_of_row(self, row: int) -> Place:
        """Where does a row of the frame stand?"""
        return self.locate_row(int(self.frame["row"][row]))

    def add_complaint(self, key: str, message: str, remedy: str) -> None:
        """Complain of a column as a whole."""
        self.complaints.append(Complaint(message, remedy, self.column_names[key], ("columns", key)))

    def add_row_complaint(
        self, key: str, bad: pl.Series, message: str, remedy: str = "mend the row, or remove it"
    ) -> None:
        """Complain of the first bad row of a column, if there is one, and say how many there are."""
        rows = bad.fill_null(False).arg_true()
        if not len(rows):
            return
        more = f" (and in {len(rows) - 1} more)" if len(rows) > 1 else ""
        told, row = f"{message}, in the column {self.column_names[key]}{more}", int(rows[0])
        value = self.frame[key][row]
        self.complaints.append(Complaint(told, remedy, value, ("columns", key), self.place_of_row(row)))

    def numbers(
        self, key: str, unit: float = 1.0, least: float | None = None, most: float = 1e15
    ) -> npt.NDArray[np.float64]:
        """The numbers of a column, times the unit, all above the least; NaN where a row says none."""
        import numpy as np
        import polars as pl

        if key not in self.column_names:
            return np.full(len(self.frame), np.nan)
        column = self.frame[key]
        if isinstance(column.dtype, pl.Duration):
            column, unit = column.dt.total_microseconds(), 1.0
        elif not column.dtype.is_numeric() and column.dtype not in (pl.String, pl.Null):
            remedy = "name one of numbers" + (" or dates" if key == "asked" else "")
            self.add_complaint(key, f"is a column of {column.dtype}", remedy)
            return np.full(len(self.frame), np.nan)
        found = column.cast(pl.Float64, strict=False)
        finite = found.is_finite().fill_null(False)
        self.add_row_complaint(key, column.is_not_null() & ~finite, "is not a finite number")
        if least is not None:
            self.add_row_complaint(key, finite & (found <= least), f"is not above {least:g}")
        self.add_row_complaint(key, finite & (found.abs() * unit > most), "is beyond what can be simulated")
        return np.asarray(found.fill_null(np.nan).to_numpy() * unit, dtype=np.float64)

    def times(self, key: str, unit: float) -> npt.NDArray[np.int64]:
        """The times of a column in microseconds since the first, be they numbers or dates."""
        import numpy as np
        import polars as pl

        column = self.frame[key]
        self.add_row_complaint(key, column.is_null(), "is empty")
        if isinstance(column.dtype, pl.Date | pl.Datetime):
            at = column.cast(pl.Datetime("us", getattr(column.dtype, "time_zone", None)))
        elif column.dtype == pl.String and column.drop_nulls().head(1).str.contains(r"^\d{4}-\d").any():
            at = parse_dates(column)
            bad = column.is_not_null() & at.is_null()
            self.add_row_complaint(key, bad, "is no date", "write it as 2026-04-27T12:00:00Z")
        else:
            found = self.numbers(key, unit, most=MEASURES["duration"].max_size)
            since = found - np.min(found, where=np.isfinite(found), initial=np.inf)
            return np.floor(np.nan_to_num(since, posinf=0, neginf=0) + 0.5).astype(np.int64)
        since_1970 = at.to_physical()
        return (since_1970 - since_1970.min()).fill_null(0).to_numpy().astype(np.int64)

    def request_types(self) -> tuple[npt.NDArray[np.int64], tuple[RecordedRequestType, ...]]:
        """Which customers, classes and priorities stand together, and which of them in each row?"""
        import numpy as np
        import polars as pl

        keys = [key for key in ("customer", "class", "priority") if key in self.column_names]
        said: dict[str, pl.Series] = {}
        for key in keys:
            said[key] = self.priorities() if key == "priority" else self.name_values(key)
        rows = pl.DataFrame(said)
        distinct = rows.unique(maintain_order=True)
        if len(distinct) > MAX_REQUEST_TYPES:
            message = f"is of {len(distinct)} kinds of requests, each with metrics of its own"
            self.add_complaint(keys[0], message, f"name one of at most {MAX_REQUEST_TYPES}")
        if not keys or self.complaints:
            return np.zeros(len(self.frame), dtype=np.int64), ((None, None, None),)
        kind = rows.join(
            distinct.with_row_index("kind"), on=keys, how="left", nulls_equal=True, maintain_order="left"
        )
        kinds = [dict(zip(keys, row, strict=True)) for row in distinct.rows()]
        return kind["kind"].to_numpy().astype(np.int64), tuple(
            (each.get("customer"), each.get("class"), each.get("priority")) for each in kinds
        )

    def name_values(self, key: str) -> pl.Series:
        """The names in a column."""
        column = self.frame[key]
        for word in column.drop_nulls().unique(maintain_order=True):
            try:
                check_name(word)
            except InvalidValueError as error:
                fault = error.complaints[0]
                self.add_row_complaint(key, column == word, fault.message, fault.remedy)
                break
        return column

    def priorities(self) -> pl.Series:
        """The whole numbers in the column of priorities."""
        import polars as pl

        found = pl.Series(self.numbers("priority", most=1e9), nan_to_null=True)
        self.add_row_complaint("priority", found != found.floor(), "is not a whole number")
        return found.cast(pl.Int64)


def parse_dates(column: pl.Series) -> pl.Series:
    """Texts as times in UTC; null where one is no date."""
    import polars as pl

    parts = column.str.extract_groups(DATE_PATTERN).struct.unnest()
    defaults = {"2": "00:00", "3": "00", "4": "+00", "5": "00"}
    day, minute, second, hours, minutes = (
        pl.col(part).fill_null(defaults[part]) if part in defaults else pl.col(part) for part in parts.columns
    )
    text = parts.select(pl.format("{}T{}:{}{}:{}", day, minute, second, hours, minutes)).to_series()
    return text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False)


def select_columns(
    frame: pl.DataFrame,
    names: Mapping[str, str],
    path: str,
    place_of: Callable[[int], Place],
    left_out: int = 0,
) -> TraceTable:
    """The columns of a frame that are asked for. Raises `Wrong` for those that it does not have."""
    import polars as pl

    known = [name for name in frame.columns if name != ROW_COLUMN]
    missing = [
        Complaint(f"is no column of {Path(path).name}", suggestion(name, known), name, ("columns", key))
        for key, name in names.items()
        if name not in known
    ]
    if missing:
        raise InvalidValueError(*missing)
    chosen = {"row": frame[ROW_COLUMN]}
    for key, name in names.items():
        column = frame[name]
        if key in ("customer", "class"):
            if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
                message = f"is a column of {column.dtype}"
                raise InvalidValueError(Complaint(message, "name one of words", name, ("columns", key)))
            column = column.cast(pl.String)
        if column.dtype == pl.String:
            column = column.str.strip_chars().replace("", None)
        chosen[key] = column
    return TraceTable(pl.DataFrame(chosen), names, place_of, left_out)


ROW_COLUMN = "\0row"
"""The column that counts the rows of a file: a name that no file has."""


def read_csv_trace(data: bytes, path: str, names: Mapping[str, str]) -> TraceTable:
    """A file of values with commas between, and a header; empty lines are nothing."""
    import polars as pl

    data = decompress(data)
    try:
        frame = pl.read_csv(io.BytesIO(data), infer_schema=False, row_index_name=ROW_COLUMN)
    except pl.exceptions.PolarsError as error:
        raise ragged_row_error(data, path) or trace_error(
            f"is no csv: {first_line(error)}", "save it as csv in UTF-8"
        ) from None
    frame = frame.filter(~pl.all_horizontal(pl.exclude(ROW_COLUMN).is_null()))
    return select_columns(frame, names, path, partial(csv_row_place, data, path))


def csv_row_place(data: bytes, path: str, row: int) -> Place:
    """In which line does a row begin? (Its cells may hold several lines.)"""
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
            said = f"has {len(cells)} cells, where the header names {len(header)}"
            return trace_error(said, "mend the line", Place(path, lines.line_num))
    return None


def read_parquet_trace(data: bytes, path: str, names: Mapping[str, str]) -> TraceTable:
    """A Parquet file, whose rows count from 1."""
    import polars as pl

    try:
        known = pl.read_parquet_schema(io.BytesIO(data))
        wanted = [name for name in known if name in names.values()]
        frame = pl.read_parquet(io.BytesIO(data), columns=wanted)
    except pl.exceptions.PolarsError as error:
        raise trace_error(f"is no Parquet: {first_line(error)}", "name a Parquet file") from None
    if len(wanted) < len(set(names.values())):
        frame = pl.DataFrame(schema=known)
    return select_columns(frame.with_row_index(ROW_COLUMN), names, path, lambda row: Place(path, row + 1))


def read_swf_trace(data: bytes, path: str, names: Mapping[str, str]) -> TraceTable:
    """A log in Standard Workload Format, compressed or not; -1 stands for what is not known.

    Left out are jobs whose asking, size or term is not known or 0, as of those that never ran, and lines that
    tell of a part of a job.
    """
    import polars as pl

    lines = pl.DataFrame({"line": decompress(data).decode("utf-8", "replace").split("\n")}).with_row_index(
        ROW_COLUMN
    )
    lines = lines.filter(~pl.col("line").str.contains(r"^\s*(;|$)"))
    cells = lines["line"].str.extract_all(r"\S+")
    if (short := (cells.list.len() < len(SWF_FIELDS)).arg_true()).len():
        line, found = int(lines[ROW_COLUMN][short[0]]) + 1, len(cells[int(short[0])])
        raise trace_error(
            f"has {found} of the {len(SWF_FIELDS)} fields of SWF", "mend the line", Place(path, line)
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
    of_parts = fields["status"].cast(pl.Float64, strict=False).is_in(PARTIAL_JOB_STATUSES).fill_null(False)
    jobs = log.frame.filter(~of_parts).drop_nulls(["asked", *number])
    jobs = jobs.filter(*(number[key].fill_null(1) != 0 for key in number))
    return TraceTable(jobs, names, log.locate_row, len(fields) - len(jobs))


TRACE_FORMATS: Mapping[str, Callable[[bytes, str, Mapping[str, str]], TraceTable]] = {
    "csv": read_csv_trace,
    "parquet": read_parquet_trace,
    "swf": read_swf_trace,
}


def decompress(data: bytes) -> bytes:
    """What a file holds, decompressed if need be."""
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def first_line(error: Exception) -> str:
    """What is said of a file, in short."""
    return str(error).partition("\n")[0]
