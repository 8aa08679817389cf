"""The layout of a table in a file: how its cells are separated, and how it writes numbers and dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import ValidationInfo

from sim.scenario.description_keys import DESCRIPTION_KEYS
from sim.scenario.faults import Complaint, invalid_value
from sim.scenario.fields import SchemaObject, Text, field_reader, one_of, read_text


@dataclass(frozen=True)
class TableLayout:
    """How a table is laid out, as a reader of cells needs it."""

    separator: str = ","
    decimal: str = "."
    thousands: str | None = None
    """The sign between groups of three digits, where one is written."""
    dates: str | None = None
    """The format of dates, in the signs of strftime; None for ISO 8601."""
    sheet: str | None = None
    """The sheet of a workbook; None for the first."""

    @property
    def number_pattern(self) -> str:
        """A pattern of a number, and of the unit that may follow it, as groups 1 and 2."""
        group = (
            r"(?:[0-9]{1,3}(?:" + self.thousands_pattern + r"[0-9]{3})+|[0-9]+)"
            if self.thousands
            else "[0-9]+"
        )
        point = re.escape(self.decimal)
        number = rf"[+-]?(?:{group}(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?"
        return rf"^({number})\s*([^0-9\s.,'+/-].*)?$"

    @property
    def thousands_pattern(self) -> str:
        """A pattern of the sign between groups of digits; a blank may be one that does not break the line."""
        alike = {" ": "[ \u00a0\u202f]", "'": "['\u2019]"}
        return alike.get(self.thousands or "", re.escape(self.thousands or ""))


def read_separator(written: object, info: ValidationInfo) -> str:
    """The sign between cells. Raises InvalidValueError for more than one, or one that cells are made of."""
    text = str(written)
    sign = "\t" if text in ("tab", "\\t") else text
    if len(sign) != 1 or sign.isalnum() or sign in '"\r\n':
        raise invalid_value("is not a sign between cells", 'write one, such as ";", or tab', written)
    return sign


def read_thousands(written: object, info: ValidationInfo) -> str:
    """The sign between groups of three digits. Raises InvalidValueError for more than one, or a letter."""
    sign = str(written)
    if len(sign) != 1 or sign.isalnum() or sign in "+-":
        raise invalid_value("is not a sign between groups of digits", 'write one, such as "."', written)
    return sign


DATE_PARTS = {"year": "%[YyFDc]", "month": "%[mbBhjFDc]", "day": "%[dejFDc]"}
"""What a format must hold of a date, as patterns."""


def read_date_format(written: object, info: ValidationInfo) -> str:
    """A format of dates in the signs of strftime. Raises InvalidValueError where year, month or day is missing."""
    text = read_text(written, info)
    missing = [part for part, pattern in DATE_PARTS.items() if not re.search(pattern, text)]
    if missing:
        message = (
            f"is a format of dates without the {missing[0]}" if "%" in text else "is not a format of dates"
        )
        raise invalid_value(message, 'write one such as "%d/%m/%Y"', written)
    return text


TABLE_LAYOUT_KEYS = ("separator", "decimal", "thousands", "dates", "sheet")


class TableKeys(SchemaObject):
    """The keys by which a table says how it is laid out."""

    layout_keys: ClassVar[Mapping[str, frozenset[str]]] = {
        "csv": frozenset({"separator", "decimal", "thousands", "dates"}),
        "parquet": frozenset({"decimal", "thousands", "dates"}),
        "xlsx": frozenset({"dates", "sheet"}),
        "swf": frozenset(),
    }
    """Which of these keys have a meaning, by the format of the file."""

    separator: Annotated[str, field_reader(read_separator, str, "a sign, or `tab`")] = ","
    """What stands between the cells of a csv file."""
    decimal: Annotated[str, one_of(".", ",")] = "."
    """What stands before the decimals of numbers that are text."""
    thousands: Annotated[str, field_reader(read_thousands, str, "a sign")] | None = None
    """What stands between groups of three digits of numbers that are text; else nothing does."""
    dates: Annotated[str, field_reader(read_date_format, str, "a format, as `%d/%m/%Y`")] | None = None
    """How dates are written that are text, in the signs of strftime; else as 2026-04-27T12:00:00Z (ISO 8601)."""
    sheet: Text | None = None
    """The sheet of a workbook; else the first."""

    @classmethod
    def field_by_key(cls) -> dict[str, str]:
        """The names of fields by key, with the keys of the layout after those of the table."""
        fields = super().field_by_key()
        own = {
            key: name for key, name in fields.items() if key not in (*TABLE_LAYOUT_KEYS, *DESCRIPTION_KEYS)
        }
        return own | fields

    @property
    def layout(self) -> TableLayout:
        """The same, as a reader of cells needs it."""
        return TableLayout(self.separator, self.decimal, self.thousands, self.dates, self.sheet)


def ineffective_layout_keys(file_format: object) -> dict[str, str]:
    """The keys of a layout that have no meaning for a file of some format, each with the reason."""
    known = TableKeys.layout_keys.get(str(file_format))
    every = frozenset[str]().union(*TableKeys.layout_keys.values())
    return {} if known is None else dict.fromkeys(every - known, f"has no meaning in a file of {file_format}")


def layout_complaints(given: Mapping[str, Any]) -> Iterator[Complaint]:
    """A complaint where the sign between groups of digits is that before the decimals."""
    thousands, decimal = given.get("thousands"), given.get("decimal", ".")
    if thousands is not None and str(thousands) == str(decimal):
        remedy = f'write decimal: "{"," if decimal == "." else "."}", or another sign'
        yield Complaint("is also the sign before the decimals", remedy, thousands, ("thousands",))
