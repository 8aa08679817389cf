"""Numbers and dates of a trace, read out of columns of text."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sim.scenario.faults import InvalidValueError
from sim.scenario.table_layout import TableLayout
from sim.scenario.units import Measure, conversion_factor

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

DATE_PATTERN = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ]+([0-9]{2}:[0-9]{2})(?::([0-9]{2}(?:\.[0-9]+)?))?)?"
    r"\s*(?:[Zz]|([+-][0-9]{2}):?([0-9]{2})?)?$"
)
ISO_PATTERN = r"^[0-9]{4}-[0-9]"
"""How a date in ISO 8601 begins."""
OTHER_DATE_PATTERN = r"^[0-9]{1,4}[./-][0-9]{1,2}[./-][0-9]{2,4}\b"
"""How dates of other forms begin."""
FIRST_COMPACT_DATE, LAST_COMPACT_DATE = 19_700_101, 20_991_231
FIRST_SERIAL, LAST_SERIAL = 36_526, 54_788
"""The days from 2000 to 2049, as spreadsheets count them from 1899-12-30."""


def parse_numbers(column: pl.Series, layout: TableLayout) -> tuple[pl.Series, pl.Series]:
    """The numbers of texts, and the units behind them; null where a text is no number, or has no unit."""
    import polars as pl

    parts = column.str.extract_groups(layout.number_pattern).struct.unnest()
    digits, unit = parts.to_series(0), parts.to_series(1)
    if layout.thousands:
        digits = digits.str.replace_all(layout.thousands_pattern, "")
    digits = digits.str.replace(layout.decimal, ".", literal=True)
    return digits.cast(pl.Float64, strict=False), unit


def unit_factors(units: pl.Series, measure: Measure) -> tuple[pl.Series, dict[str, InvalidValueError]]:
    """One of each unit in the canonical unit of a measure, null for none; and the errors of wrong ones."""
    import polars as pl

    factors: dict[str, float] = {}
    errors: dict[str, InvalidValueError] = {}
    for unit in units.drop_nulls().unique(maintain_order=True):
        try:
            factors[unit] = float(conversion_factor(unit.strip(), measure, f"1 {unit}"))
        except InvalidValueError as error:
            errors[unit] = error
    return units.replace_strict(factors, default=None, return_dtype=pl.Float64), errors


def parse_dates(column: pl.Series, date_format: str | None) -> pl.Series:
    """Texts as times in UTC; null for a text that is not a date. Without a format, they are in ISO 8601."""
    import polars as pl

    if date_format is not None:
        at = column.str.to_datetime(date_format, time_unit="us", strict=False)
        return (
            at.dt.convert_time_zone("UTC")
            if getattr(at.dtype, "time_zone", None)
            else at.dt.replace_time_zone("UTC")
        )
    parts = column.str.extract_groups(DATE_PATTERN).struct.unnest()
    defaults = {"2": "00:00", "3": "00", "4": "+00", "5": "00"}
    day, minute, second, hours, minutes = (
        pl.col(part).fill_null(defaults[part]) if part in defaults else pl.col(part) for part in parts.columns
    )
    text = parts.select(pl.format("{}T{}:{}{}:{}", day, minute, second, hours, minutes)).to_series()
    return text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False)


def are_mostly(column: pl.Series, pattern: str) -> bool:
    """Whether half of the texts of a column, or more, match a pattern."""
    texts = column.drop_nulls()
    return len(texts) > 0 and 2 * int(texts.str.contains(pattern).sum()) >= len(texts)


def are_compact_dates(numbers: npt.NDArray[np.float64]) -> bool:
    """Whether numbers look like dates that are written as YYYYMMDD."""
    import numpy as np

    years, months, days = numbers // 10_000, numbers // 100 % 100, numbers % 100
    is_day = (months >= 1) & (months <= 12) & (days >= 1) & (days <= 31) & (numbers == np.floor(numbers))
    within = (numbers >= FIRST_COMPACT_DATE) & (numbers <= LAST_COMPACT_DATE) & (years > 0)
    return len(numbers) > 0 and bool((is_day & within).all())


def are_serial_dates(numbers: npt.NDArray[np.float64]) -> bool:
    """Whether numbers look like dates as spreadsheets count them, in days since 1899-12-30."""
    return len(numbers) > 0 and bool(((numbers >= FIRST_SERIAL) & (numbers <= LAST_SERIAL)).all())


def serial_day(number: float) -> str:
    """The date that a spreadsheet means by a number of days."""
    return f"{datetime(1899, 12, 30) + timedelta(days=float(number)):%Y-%m-%d}"
