"""The records of a file of separated values, each with the line in which it begins.

Python's reader is strict here: it stops where a quote is at fault, instead of taking what follows for one cell, so no
record is lost in another.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from sim.scenario.faults import InvalidValueError, Place
from sim.scenario.file_content import file_complaint

SIGN_NAMES = {"\t": "tabs", ",": "commas"}


@dataclass(frozen=True)
class TableRecord:
    """A line, or several where a quoted cell holds a line break."""

    line: int
    """The line in which it begins, from 1."""
    cells: list[str]
    """Without the blanks around each."""


@dataclass(frozen=True)
class CsvDialect:
    """How cells are separated, and how a quote within a quoted cell is written."""

    separator: str = ","
    escape: str | None = None
    """The sign before a quote within quotes, where it is not written twice."""

    def iterate(self, text: str, path: str) -> Iterator[TableRecord]:
        """The records of a text, blank ones included. Raises InvalidValueError where a quote is at fault."""
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=self.separator, escapechar=self.escape,
            strict=True, skipinitialspace=self.separator != " ",
        )  # fmt: skip
        line = 1
        try:
            for cells in reader:
                yield TableRecord(line, [cell.strip() for cell in cells])
                line = reader.line_num + 1
        except csv.Error as error:
            raise quote_error(str(error), Place(path, line)) from None


def iterate_csv_records(text: str, path: str, separator: str = ",") -> Iterator[TableRecord]:
    """The records that hold something, the header first. Raises InvalidValueError where a quote is at fault."""
    for record in detect_dialect(text, path, separator).iterate(text, path):
        if any(record.cells):
            yield record


def detect_dialect(text: str, path: str, separator: str) -> CsvDialect:
    """The dialect in which the whole text can be read: a quote within quotes stands twice, or after a backslash.

    Raises InvalidValueError, as the first of the two sees it, where neither will do.
    """
    standard = CsvDialect(separator)
    if '\\"' not in text:
        return standard
    first_error: InvalidValueError | None = None
    for dialect in (standard, CsvDialect(separator, "\\")):
        try:
            for _ in dialect.iterate(text, path):
                pass
        except InvalidValueError as error:
            first_error = first_error or error
        else:
            return dialect
    assert first_error is not None
    raise first_error


def quote_error(reason: str, place: Place) -> InvalidValueError:
    """The error of a record whose quotes are at fault, as the reader says."""
    if "expected after" in reason:
        message = "has text after a quote that ends a cell"
    else:  # the end of the file, or the limit of a cell
        message = "begins a quote that does not end"
    return file_complaint(message, 'write a quote within quotes twice: "a 24"" rack"', place)


def check_separator(header: TableRecord, path: str, separator: str) -> None:
    """Raise InvalidValueError where a header is one cell that another sign would separate."""
    other = next((sign for sign in ";\t|," if sign in header.cells[0] and sign != separator), None)
    if len(header.cells) == 1 and other is not None:
        message = (
            f"is separated by {SIGN_NAMES.get(other, other)}, not by {SIGN_NAMES.get(separator, separator)}"
        )
        remedy = "write separator: tab" if other == "\t" else f'write separator: "{other}"'
        raise file_complaint(message, remedy, Place(path, header.line))


def has_width(record: TableRecord, n_columns: int) -> bool:
    """Whether a record has a cell for each column, and beyond them only empty ones."""
    return len(record.cells) >= n_columns and not any(record.cells[n_columns:])


def width_error(record: TableRecord, n_columns: int, path: str, n_more: int = 0) -> InvalidValueError:
    """The error of a record that has fewer cells, or more, than the header; `n_more` others are like it."""
    n = len(record.cells)
    more = f" (and in {n_more} more)" if n_more else ""
    message = f"has {n} cell{'' if n == 1 else 's'}, where the header names {n_columns}{more}"
    return file_complaint(message, "correct the line", Place(path, record.line))


def check_width(record: TableRecord, n_columns: int, path: str) -> None:
    """Raise InvalidValueError for a record that has fewer cells, or more, than the header."""
    if not has_width(record, n_columns):
        raise width_error(record, n_columns, path)
