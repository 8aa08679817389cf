"""The columns of a trace that are asked for, checked and turned into arrays.

This room knows of frames only while it reads a trace: here and in `trace_formats`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sim.scenario.faults import Complaint, InvalidValueError, Place, suggestion
from sim.scenario.scalars import check_name
from sim.scenario.table_layout import TableLayout
from sim.scenario.trace_values import (
    ISO_PATTERN,
    OTHER_DATE_PATTERN,
    are_compact_dates,
    are_mostly,
    are_serial_dates,
    parse_dates,
    parse_numbers,
    serial_day,
    unit_factors,
)
from sim.scenario.units import MEASURES, Measure

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

MAX_REQUEST_TYPES = 10_000
TIME_KEYS = frozenset({"asked", "wanted", "ended"})
PRIORITY_MEASURE = replace(MEASURES["number"], max_size=1e9)
FIRST_INSTANT_US = (datetime(1, 1, 1) - datetime(1970, 1, 1)) // timedelta(microseconds=1)
LAST_INSTANT_US = (datetime(9000, 1, 1) - datetime(1970, 1, 1)) // timedelta(microseconds=1)
ROW_COLUMN = "\0row"
"""The column that counts the rows of a file: a name that no file has."""

RecordedRequestType = tuple[str | None, str | None, int | None]
"""Customer, class and priority of a request; None for what a row does not say."""


@dataclass(frozen=True)
class TraceReading:
    """How a trace is read: everything about it but its file."""

    file_format: str
    columns: tuple[tuple[str, str], ...]
    """What each column holds, in the words of a scenario, and its name in the file."""
    time_unit_us: float
    layout: TableLayout = field(default_factory=TableLayout)
    leaves_out: bool = False
    """Whether rows that no one can play are left out."""
    may_count_days: bool = False
    """Whether numbers of days, as spreadsheets count them, are meant to be days."""

    @property
    def column_names(self) -> dict[str, str]:
        """The names of the columns in the file, by the words of a scenario."""
        return dict(self.columns)


@dataclass(frozen=True)
class TraceTimes:
    """A column of times; every array is `(n,)`."""

    us: npt.NDArray[np.int64]
    """In microseconds since 1970, or since whatever the numbers of the file are counted from; 0 where not stated."""
    is_stated: npt.NDArray[np.bool_]
    is_dated: bool
    """Whether they are dates, and not numbers."""


@dataclass
class TraceTable:
    """The columns of a file that are asked for, under the words that a scenario has for them."""

    frame: pl.DataFrame
    """With a column `row`, the number of the row in the file, beside those that are asked for."""
    column_names: Mapping[str, str]
    """The names of the columns in the file, by the words of a scenario."""
    locate_row: Callable[[int], Place]
    """Gives the place of a row of the file."""
    layout: TableLayout = field(default_factory=TableLayout)
    leaves_out: bool = False
    """Whether rows that no one can play are left out, instead of being complained of."""
    omitted: dict[str, int] = field(default_factory=dict)
    """How many rows are left out, by the reason."""
    complaints: list[Complaint] = field(default_factory=list)
    """All that is wrong in the columns, collected as they are read."""
    _unusable: pl.Series | None = None
    """Which rows of the frame are to be left out; None for none."""

    def place_of_row(self, row: int) -> Place:
        """The place in the file of a row of the frame."""
        return self.locate_row(int(self.frame["row"][row]))

    def add_complaint(self, key: str, message: str, remedy: str, value: object = None) -> None:
        """Complain about a column as a whole."""
        value = self.column_names[key] if value is None else value
        self.complaints.append(Complaint(message, remedy, value, ("columns", key)))

    def add_row_complaint(
        self,
        key: str,
        bad: pl.Series,
        message: str,
        remedy: str = "correct the row, or remove it",
        is_of_row: bool = False,
    ) -> None:
        """Complain about the first bad row of a column, if there is one, and say how many there are.

        `is_of_row`: whether the message is about the row as a whole, and not about the cell.

        Where rows that no one can play are left out, count them instead, each under its first reason.
        """
        bad = bad.fill_null(False)
        rows = bad.arg_true()
        if not len(rows):
            return
        if self.leaves_out:
            n = int((bad & ~self._unusable).sum()) if self._unusable is not None else len(rows)
            self._unusable = bad if self._unusable is None else bad | self._unusable
            reason = message if is_of_row else f"{key} {message}"
            self.omitted[reason] = self.omitted.get(reason, 0) + n
            return
        more = f" (and in {len(rows) - 1} more)" if len(rows) > 1 else ""
        text, row = f"{message}, in the column {self.column_names[key]}{more}", int(rows[0])
        value = self.frame[key][row]
        self.complaints.append(Complaint(text, remedy, value, ("columns", key), self.place_of_row(row)))

    def is_empty(self, key: str) -> npt.NDArray[np.bool_]:
        """Which cells of a column hold nothing, as `(n,)`."""
        return self.frame[key].is_null().to_numpy()

    def rows_where(self, mask: npt.NDArray[np.bool_]) -> pl.Series:
        """A mask of rows, `(n,)`, as complaints take it."""
        import polars as pl

        return pl.Series(mask)

    def usable_rows(self) -> npt.NDArray[np.int64]:
        """The indices of the rows that are not left out."""
        import numpy as np

        if self._unusable is None:
            return np.arange(len(self.frame))
        return np.flatnonzero(~self._unusable.to_numpy())

    def quantities(
        self, key: str, measure: Measure, unit: float = 1.0, least: float | None = None
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """The quantities of a column as `(n,)`, NaN where a row says none, and which of them state a unit.

        Those that do are in the canonical unit of the measure, the others are multiplied by `unit`. Complains about
        those that are not above `least`, or beyond what the measure allows.
        """
        import numpy as np
        import polars as pl

        if key not in self.column_names:
            return np.full(len(self.frame), np.nan), np.zeros(len(self.frame), dtype=np.bool_)
        column = self.frame[key]
        has_unit = pl.Series([False]).new_from_index(0, len(column))
        factors = pl.Series([unit]).new_from_index(0, len(column))
        if isinstance(column.dtype, pl.Duration):
            numbers = column.dt.total_microseconds().cast(pl.Float64)
            has_unit, factors = column.is_not_null(), factors * 0 + 1
        elif column.dtype == pl.String:
            numbers, units = parse_numbers(column, self.layout)
            has_unit = units.is_not_null()
            of_units, errors = unit_factors(units, measure)
            factors = pl.select(pl.when(has_unit).then(of_units).otherwise(factors)).to_series()
            for word, error in errors.items():
                fault = error.complaints[0]
                self.add_row_complaint(key, units == word, fault.message, fault.remedy)
        else:
            numbers = column.cast(pl.Float64, strict=False)
        finite = numbers.is_finite().fill_null(False)
        bad = column.is_not_null() & ~finite
        remedy = self._remedy(key) if bad.any() else ""
        self.add_row_complaint(key, bad, "is not a finite number", remedy)
        if least is not None:
            self.add_row_complaint(key, finite & (numbers <= least), f"is not above {least:g}")
        beyond = finite & ((numbers * factors).abs() > measure.max_size)
        self.add_row_complaint(key, beyond, "is beyond what can be simulated")
        values = (numbers * factors).fill_null(np.nan).to_numpy()
        return np.asarray(values, dtype=np.float64), has_unit.to_numpy()

    def _remedy(self, key: str) -> str:
        """What to do about the texts of a column that are no numbers, by the first of them."""
        import polars as pl

        column = self.frame[key]
        if column.dtype != pl.String:
            return "correct the row, or remove it"
        numbers, _ = parse_numbers(column, self.layout)
        texts = column.filter(column.is_not_null() & numbers.is_null())
        if key in TIME_KEYS and texts.head(1).str.contains(OTHER_DATE_PATTERN).any():
            return 'say how dates are written, as dates: "%d/%m/%Y"'
        if texts.head(1).str.contains(r"^[+-]?[0-9][0-9.,\' \x{a0}\x{202f}]*[0-9]").any():
            return 'say how numbers are written, as decimal: "," or thousands: "."'
        return "correct the row, or remove it"

    def times(self, key: str, unit: float, may_count_days: bool = False) -> TraceTimes:
        """The times of a column: dates in UTC, or numbers of a unit since whatever they are counted from.

        `may_count_days`: whether days as spreadsheets count them are meant, and not mistaken for something else.
        """
        import numpy as np
        import polars as pl

        column, date_format = self.frame[key], self.layout.dates
        if date_format is not None and column.dtype.is_numeric():
            column = column.cast(pl.Int64, strict=False).cast(pl.String)
        if isinstance(column.dtype, pl.Date | pl.Datetime):
            at = column.cast(pl.Datetime("us", getattr(column.dtype, "time_zone", None)))
        elif column.dtype == pl.String and (date_format is not None or are_mostly(column, ISO_PATTERN)):
            at = parse_dates(column, None)
            if date_format is not None:  # a workbook has dates that are no text, and come in ISO 8601
                at = pl.select(pl.coalesce(parse_dates(column, date_format), at)).to_series()
            remedy = f"write it as {date_format or '2026-04-27T12:00:00Z'}"
            self.add_row_complaint(key, column.is_not_null() & at.is_null(), "is not a date", remedy)
        else:
            numbers, has_unit = self.quantities(key, MEASURES["duration"], unit)
            # Those that are not finite, or beyond the limit, have a complaint; what they become does not matter.
            is_stated = np.abs(numbers) <= MEASURES["duration"].max_size
            self._complain_of_numbers_as_dates(key, numbers[is_stated & ~has_unit] / unit, may_count_days)
            whole = np.floor(np.where(is_stated, numbers, 0) + 0.5)
            return TraceTimes(whole.astype(np.int64), is_stated, is_dated=False)
        since_1970 = at.to_physical()
        beyond = (since_1970 < FIRST_INSTANT_US) | (since_1970 > LAST_INSTANT_US)
        self.add_row_complaint(key, beyond, "is beyond what can be simulated")
        is_within = ~beyond.fill_null(True)
        values = pl.select(pl.when(is_within).then(since_1970).otherwise(0)).to_series()
        return TraceTimes(values.to_numpy().astype(np.int64), is_within.to_numpy(), is_dated=True)

    def _complain_of_numbers_as_dates(
        self, key: str, numbers: npt.NDArray[np.float64], may_count_days: bool
    ) -> None:
        """Complain where all numbers of a column of times are dates that are written without their signs."""
        if self.layout.dates is None and are_compact_dates(numbers):
            message = f"holds dates written as YYYYMMDD, such as {numbers[0]:.0f}"
            self.add_complaint(key, message, 'write dates: "%Y%m%d"')
        elif self.layout.dates is None and are_serial_dates(numbers) and not may_count_days:
            example = f"{numbers[0]:g}, which is {serial_day(numbers[0])}"
            message = f"holds dates as a spreadsheet counts days, such as {example}"
            remedy = (
                "format the column as dates there and save it again, or write time_unit: d and from: DATE"
            )
            self.add_complaint(key, message, remedy)

    def request_types(self) -> tuple[npt.NDArray[np.int64], tuple[RecordedRequestType, ...]]:
        """The distinct triples of customer, class and priority, and the index of that of each row, as `(n,)`.

        They are those of the rows that are not left out; the index of a row that is left out is 0.
        """
        import numpy as np
        import polars as pl

        keys = [key for key in ("customer", "class", "priority") if key in self.column_names]
        if not keys:
            return np.zeros(len(self.frame), dtype=np.int64), ((None, None, None),)
        columns: dict[str, pl.Series] = {}
        for key in keys:
            columns[key] = self.priorities() if key == "priority" else self.name_values(key)
        rows = pl.DataFrame(columns)
        distinct = rows[self.usable_rows()].unique(maintain_order=True)
        if len(distinct) > MAX_REQUEST_TYPES:
            message = f"is of {len(distinct)} kinds of requests, each with metrics of its own"
            self.add_complaint(keys[0], message, f"name one of at most {MAX_REQUEST_TYPES}")
        if self.complaints:
            return np.zeros(len(self.frame), dtype=np.int64), ((None, None, None),)
        indexed = rows.join(
            distinct.with_row_index("request_type"),
            on=keys,
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        triples = [dict(zip(keys, row, strict=True)) for row in distinct.rows()]
        return indexed["request_type"].fill_null(0).to_numpy().astype(np.int64), tuple(
            (each.get("customer"), each.get("class"), each.get("priority")) for each in triples
        )

    def name_values(self, key: str) -> pl.Series:
        """The names in a column; null where a row has none."""
        column = self.frame[key]
        for word in column.drop_nulls().unique(maintain_order=True):
            try:
                check_name(word)
            except InvalidValueError as error:
                fault = error.complaints[0]
                self.add_row_complaint(key, column == word, fault.message, fault.remedy)
                if not self.leaves_out:
                    break
        return column

    def priorities(self) -> pl.Series:
        """The whole numbers in the column of priorities; null where a row has none."""
        import polars as pl

        values, _ = self.quantities("priority", PRIORITY_MEASURE)
        numbers = pl.Series(values, nan_to_null=True)
        self.add_row_complaint("priority", numbers != numbers.floor(), "is not a whole number")
        return numbers.cast(pl.Int64, strict=False)


def check_columns(known: Sequence[str], path: str, names: Mapping[str, str]) -> None:
    """Raise InvalidValueError for columns that are asked for and that a file does not have."""
    missing = [
        Complaint(f"is not a column of {Path(path).name}", suggestion(name, known), name, ("columns", key))
        for key, name in names.items()
        if name not in known
    ]
    if missing:
        raise InvalidValueError(*missing)


def select_columns(
    frame: pl.DataFrame, names: Mapping[str, str], locate_row: Callable[[int], Place], reading: TraceReading
) -> TraceTable:
    """The columns of a frame that are asked for, under their words. Raises InvalidValueError for a wrong type."""
    import polars as pl

    chosen = {"row": frame[ROW_COLUMN]}
    wrong = []
    for key, name in names.items():
        column = frame[name]
        if not (is_suitable := COLUMN_TYPES[key])(column.dtype) and column.dtype not in (pl.String, pl.Null):
            remedy = f"name one of {TYPE_PHRASES[is_suitable]}"
            wrong.append(Complaint(f"is a column of {column.dtype}", remedy, name, ("columns", key)))
            continue
        if key in ("customer", "class"):
            column = column.cast(pl.String)
        if column.dtype == pl.String:
            column = column.str.strip_chars().replace("", None)
        chosen[key] = column
    if wrong:
        raise InvalidValueError(*wrong)
    return TraceTable(pl.DataFrame(chosen), names, locate_row, reading.layout, reading.leaves_out)


def is_number_type(dtype: pl.DataType) -> bool:
    """Whether a column of a type holds numbers."""
    return dtype.is_numeric()


def is_duration_type(dtype: pl.DataType) -> bool:
    """Whether a column of a type holds numbers, or durations with their unit."""
    return dtype.is_numeric() or dtype.base_type().__name__ == "Duration"


def is_time_type(dtype: pl.DataType) -> bool:
    """Whether a column of a type holds dates, or numbers or durations since some date."""
    return is_duration_type(dtype) or dtype.base_type().__name__ in ("Date", "Datetime")


def is_name_type(dtype: pl.DataType) -> bool:
    """Whether a column of a type holds words, or whole numbers that are names."""
    return dtype.is_integer() or dtype.base_type().__name__ in ("Boolean", "Categorical", "Enum")


TYPE_PHRASES: Mapping[Callable[[pl.DataType], bool], str] = {
    is_number_type: "numbers",
    is_duration_type: "numbers or durations",
    is_time_type: "numbers or dates",
    is_name_type: "words",
}
"""What a column of each kind of types holds."""
COLUMN_TYPES: Mapping[str, Callable[[pl.DataType], bool]] = {
    "asked": is_time_type,
    "wanted": is_time_type,
    "ended": is_time_type,
    "size": is_number_type,
    "term": is_duration_type,
    "class": is_name_type,
    "customer": is_name_type,
    "priority": is_number_type,
}
"""Of what types a column may be, by what it means; texts may hold anything."""
