"""The columns of a trace that are asked for, checked and turned into arrays.

This room knows of frames only while it reads a trace: here and in `trace_formats`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sim.scenario.faults import Complaint, InvalidValueError, Place, suggestion
from sim.scenario.scalars import check_name
from sim.scenario.units import MEASURES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

DATE_PATTERN = (
    r"^(\d{4}-\d\d-\d\d)(?:[Tt ]+(\d\d:\d\d)(?::(\d\d(?:\.\d+)?))?)?\s*(?:[Zz]|([+-]\d\d):?(\d\d)?)?$"
)
MAX_REQUEST_TYPES = 10_000
ROW_COLUMN = "\0row"
"""The column that counts the rows of a file: a name that no file has."""

RecordedRequestType = tuple[str | None, str | None, int | None]
"""Customer, class and priority of a request; None for what a row does not say."""


@dataclass
class TraceTable:
    """The columns of a file that are asked for, under the words that a scenario has for them."""

    frame: pl.DataFrame
    """With a column `row`, the number of the row in the file, beside those that are asked for."""
    column_names: Mapping[str, str]
    """The names of the columns in the file, by the words of a scenario."""
    locate_row: Callable[[int], Place]
    """Gives the place of a row of the file."""
    n_omitted: int = 0
    complaints: list[Complaint] = field(default_factory=list)
    """All that is wrong in the columns, collected as they are read."""

    def place_of_row(self, row: int) -> Place:
        """The place in the file of a row of the frame."""
        return self.locate_row(int(self.frame["row"][row]))

    def add_complaint(self, key: str, message: str, remedy: str) -> None:
        """Complain about a column as a whole."""
        self.complaints.append(Complaint(message, remedy, self.column_names[key], ("columns", key)))

    def add_row_complaint(
        self, key: str, bad: pl.Series, message: str, remedy: str = "correct the row, or remove it"
    ) -> None:
        """Complain about the first bad row of a column, if there is one, and say how many there are."""
        rows = bad.fill_null(False).arg_true()
        if not len(rows):
            return
        more = f" (and in {len(rows) - 1} more)" if len(rows) > 1 else ""
        text, row = f"{message}, in the column {self.column_names[key]}{more}", int(rows[0])
        value = self.frame[key][row]
        self.complaints.append(Complaint(text, remedy, value, ("columns", key), self.place_of_row(row)))

    def numbers(
        self, key: str, unit: float = 1.0, least: float | None = None, most: float = 1e15
    ) -> npt.NDArray[np.float64]:
        """The numbers of a column times the unit, as `(n,)`; NaN where a row says none.

        Complains about those that are not above `least`, or beyond `most` once multiplied.
        """
        import numpy as np
        import polars as pl

        if key not in self.column_names:
            return np.full(len(self.frame), np.nan)
        column = self.frame[key]
        if isinstance(column.dtype, pl.Duration):
            column, unit = column.dt.total_microseconds(), 1.0
        numbers = column.cast(pl.Float64, strict=False)
        finite = numbers.is_finite().fill_null(False)
        self.add_row_complaint(key, column.is_not_null() & ~finite, "is not a finite number")
        if least is not None:
            self.add_row_complaint(key, finite & (numbers <= least), f"is not above {least:g}")
        self.add_row_complaint(key, finite & (numbers.abs() * unit > most), "is beyond what can be simulated")
        return np.asarray(numbers.fill_null(np.nan).to_numpy() * unit, dtype=np.float64)

    def times(self, key: str, unit: float) -> npt.NDArray[np.int64]:
        """The times of a column in microseconds since the first, as `(n,)`, be they numbers or dates."""
        import numpy as np
        import polars as pl

        column = self.frame[key]
        self.add_row_complaint(key, column.is_null(), "is empty")
        if isinstance(column.dtype, pl.Date | pl.Datetime):
            at = column.cast(pl.Datetime("us", getattr(column.dtype, "time_zone", None)))
        elif column.dtype == pl.String and column.drop_nulls().head(1).str.contains(r"^\d{4}-\d").any():
            at = parse_dates(column)
            bad = column.is_not_null() & at.is_null()
            self.add_row_complaint(key, bad, "is not a date", "write it as 2026-04-27T12:00:00Z")
        else:
            numbers = self.numbers(key, unit, most=MEASURES["duration"].max_size)
            since = numbers - np.min(numbers, where=np.isfinite(numbers), initial=np.inf)
            # Those that are not finite, or beyond the limit, have a complaint; what they become does not matter.
            since[~(since <= MEASURES["duration"].max_size * 2)] = 0
            return np.floor(since + 0.5).astype(np.int64)
        since_1970 = at.to_physical()
        return (since_1970 - since_1970.min()).fill_null(0).to_numpy().astype(np.int64)

    def request_types(self) -> tuple[npt.NDArray[np.int64], tuple[RecordedRequestType, ...]]:
        """The distinct triples of customer, class and priority, and the index of that of each row, as `(n,)`."""
        import numpy as np
        import polars as pl

        keys = [key for key in ("customer", "class", "priority") if key in self.column_names]
        columns: dict[str, pl.Series] = {}
        for key in keys:
            columns[key] = self.priorities() if key == "priority" else self.name_values(key)
        rows = pl.DataFrame(columns)
        distinct = rows.unique(maintain_order=True)
        if len(distinct) > MAX_REQUEST_TYPES:
            message = f"is of {len(distinct)} kinds of requests, each with metrics of its own"
            self.add_complaint(keys[0], message, f"name one of at most {MAX_REQUEST_TYPES}")
        if not keys or self.complaints:
            return np.zeros(len(self.frame), dtype=np.int64), ((None, None, None),)
        indexed = rows.join(
            distinct.with_row_index("request_type"),
            on=keys,
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        triples = [dict(zip(keys, row, strict=True)) for row in distinct.rows()]
        return indexed["request_type"].to_numpy().astype(np.int64), tuple(
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
                break
        return column

    def priorities(self) -> pl.Series:
        """The whole numbers in the column of priorities; null where a row has none."""
        import polars as pl

        numbers = pl.Series(self.numbers("priority", most=1e9), nan_to_null=True)
        self.add_row_complaint("priority", numbers != numbers.floor(), "is not a whole number")
        return numbers.cast(pl.Int64, strict=False)


def parse_dates(column: pl.Series) -> pl.Series:
    """Texts as times in UTC; null for a text that is not a date."""
    import polars as pl

    parts = column.str.extract_groups(DATE_PATTERN).struct.unnest()
    defaults = {"2": "00:00", "3": "00", "4": "+00", "5": "00"}
    day, minute, second, hours, minutes = (
        pl.col(part).fill_null(defaults[part]) if part in defaults else pl.col(part) for part in parts.columns
    )
    text = parts.select(pl.format("{}T{}:{}{}:{}", day, minute, second, hours, minutes)).to_series()
    return text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False)


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
    frame: pl.DataFrame, names: Mapping[str, str], locate_row: Callable[[int], Place]
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
    return TraceTable(pl.DataFrame(chosen), names, locate_row)


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
    "size": is_number_type,
    "term": is_duration_type,
    "class": is_name_type,
    "customer": is_name_type,
    "priority": is_number_type,
}
"""Of what types a column may be, by what it means; texts may hold anything."""
