"""The records of a table, cell by cell as text, be it a csv file, a Parquet file or a sheet of a workbook."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sim.scenario.csv_records import TableRecord, iterate_csv_records
from sim.scenario.faults import suggestion
from sim.scenario.file_content import decode_text, file_complaint, kind_of_file
from sim.scenario.table_layout import TableLayout

if TYPE_CHECKING:
    import polars as pl

ZIP_SIGNATURE = b"PK"
PARQUET_SIGNATURE = b"PAR1"


def iterate_records(data: bytes, path: str, file_format: str, layout: TableLayout) -> Iterator[TableRecord]:
    """The records of a table that hold something, the header first. Raises InvalidValueError."""
    if file_format == "csv":
        return iterate_csv_records(decode_text(data, path), path, layout.separator)
    if file_format == "xlsx":
        return iterate_sheet_records(data, layout.sheet)
    assert file_format == "parquet", file_format
    return iterate_parquet_records(data)


def iterate_sheet_records(data: bytes, sheet: str | None) -> Iterator[TableRecord]:
    """The records of a sheet of an Excel workbook, each with its row; numbers and dates as text."""
    try:
        import fastexcel
    except ImportError:
        message = "is an Excel workbook, and what reads one is not installed"
        raise file_complaint(message, "install rofr[excel], or save it as csv") from None
    if not data.startswith(ZIP_SIGNATURE):
        raise file_complaint(*(kind_of_file(data) or ("is not an Excel workbook", "write another format")))
    try:
        workbook = fastexcel.read_excel(data)
    except fastexcel.FastExcelError as error:
        message = f"is not an Excel workbook that can be read: {first_line(error)}"
        raise file_complaint(message, "save it as xlsx again") from None
    if sheet is not None and sheet not in workbook.sheet_names:
        raise file_complaint(f"has no sheet {sheet}", suggestion(sheet, workbook.sheet_names))
    rows = workbook.load_sheet(sheet or 0, header_row=None, skip_rows=0, dtypes="string").to_polars().rows()
    for row, values in enumerate(rows, 1):
        cells = ["" if value is None else str(value).strip() for value in values]
        if any(cells):
            yield TableRecord(row, cells)


def iterate_parquet_records(data: bytes) -> Iterator[TableRecord]:
    """The records of a Parquet file, whose rows count from 1; the header is row 0."""
    frame = read_parquet_frame(data)
    yield TableRecord(0, frame.columns)
    for row, values in enumerate(frame.iter_rows(), 1):
        cells = [cell_text(value) for value in values]
        if any(cells):
            yield TableRecord(row, cells)


def parquet_columns(data: bytes) -> list[str]:
    """The names of the columns of a Parquet file. Raises InvalidValueError for another kind of file."""
    import polars as pl

    with parquet_errors(data):
        return list(pl.read_parquet_schema(io.BytesIO(data)))


def read_parquet_frame(data: bytes, columns: list[str] | None = None) -> pl.DataFrame:
    """The frame of a Parquet file, or some of its columns. Raises InvalidValueError for another kind of file."""
    import polars as pl

    with parquet_errors(data):
        return pl.read_parquet(io.BytesIO(data), columns=columns)


@contextmanager
def parquet_errors(data: bytes) -> Iterator[None]:
    """Raise InvalidValueError where data are of another kind of file, or polars cannot read them as Parquet."""
    import polars as pl

    kind = kind_of_file(data)
    if kind and not data.startswith(PARQUET_SIGNATURE):
        raise file_complaint(*kind)
    try:
        yield
    except pl.exceptions.PolarsError as error:
        raise file_complaint(f"is not a Parquet file: {first_line(error)}", "name a Parquet file") from None


def cell_text(value: object) -> str:
    """A value of a typed cell as it would be written in a text one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value // timedelta(microseconds=1)} us"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def first_line(error: Exception) -> str:
    """The first line of the message of an error."""
    return str(error).partition("\n")[0]
