"""Amounts: how is a number of a metric said in words, with its unit?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass

DOLLAR_UNITS = ((1e9, "B$"), (1e6, "M$"), (1e3, "k$"))


def format_figures(value: float, most: int = 3) -> str:
    """A number with three figures that count, and no fewer than stand before the point."""
    if value == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    digits = most - 1 - math.floor(math.log10(abs(value)))
    return f"{value:.{most}g}" if digits > 8 else f"{value:,.{max(digits, 0)}f}"


def scale_to_unit(value: float, unit: str, most: float | None = None) -> tuple[float, str]:
    """A number and its unit as people say them, in the step that suits `most` (the number itself, if not given)."""
    if unit == "share":
        return 100 * value, "%"
    if unit == "$":
        size, name = next((step for step in DOLLAR_UNITS if abs(most or value) >= step[0]), (1.0, "$"))
        return value / size, name
    if unit == "H100e" and abs(most or value) >= 1e6:
        return value / 1e6, "M H100e"
    return value, {"d": "days", "MW d": "MW days", "count": ""}.get(unit, unit)


def format_amount(value: float, unit: str) -> str:
    """A level: `1,066 MW`, `2.1 %`, `193 B$`."""
    number, name = scale_to_unit(value, unit)
    return f"{format_figures(number)} {name}".rstrip()


def format_difference(value: float, unit: str) -> str:
    """A difference of two levels: that of two shares is in points."""
    return format_amount(value, unit).replace("%", "points")


def format_factor_value(value: Any, unit: str) -> str:
    """A value of a factor, with its unit."""
    if value is None:
        return "as it is"
    text = str(value)
    if isinstance(value, float):
        text = f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
    return f"{text} {unit}".strip()


def format_compact(x: float | None) -> str:
    """A number in few digits."""
    if x is None or math.isnan(x):
        return "-"
    for size, word in ((1e9, " B"), (1e6, " M")):
        if abs(x) >= size:
            return f"{x / size:,.3g}{word}"
    return f"{x:,.0f}" if abs(x) >= 100 or x == 0 else f"{x:.3g}"


def format_found(value: float | None) -> str:
    """What was found where something was expected."""
    return "no value" if value is None else f"found {value:,.6g}"


def format_power(kw: int) -> str:
    """A power to the kW."""
    if 0 < abs(kw) < 1000:
        return f"{kw} kW"
    return f"{kw / 1000:,.3f}".rstrip("0").rstrip(".") + " MW"


def format_date(at: datetime) -> str:
    """A date in UTC, with the time where it is not midnight."""
    return f"{at:%Y-%m-%d}" if at.time() == time() else f"{at:%Y-%m-%d %H:%M}"


def format_days(number: float) -> str:
    """A number of days; a shorter time in hours, minutes or seconds."""
    for unit, length in (("day", 1.0), ("hour", 1 / 24), ("minute", 1 / 1440)):
        if number >= length:
            return _format_count(number / length, unit)
    return _format_count(number * 86_400, "second")


def _format_count(number: float, unit: str) -> str:
    said = f"{number:,.1f}".removesuffix(".0")
    return f"{said} {unit}" if said == "1" else f"{said} {unit}s"


def format_share(number: float) -> str:
    """A share in percent, exactly."""
    return f"{number * 100:.10g} %"


def join_words(words: Iterable[str], last: str = "and") -> str:
    """Words in a row."""
    *front, end = list(words) or ["nobody"]
    return f"{', '.join(front)} {last} {end}" if front else end
