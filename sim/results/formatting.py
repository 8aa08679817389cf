"""Numbers, shares, dates, durations, power and dollars as text: every page, plot title and verdict uses these.

Functions that look alike differ in their digits, and so in what is printed: take the one whose example fits. This
module stands below the pages, since verdicts of studies, which are stored in JSON and tables, are sentences too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from sim.model.calendar import DAY_US
from sim.scenario.text import printable
from sim.scenario.units import DAYS_PER_YEAR

MINUS = "\N{MINUS SIGN}"
DOLLAR_UNITS = ((1e9, "B$"), (1e6, "M$"), (1e3, "k$"))
"""The larger units of dollars, in dollars, the largest first."""
DISPLAY_UNITS = {
    "power": (1000.0, "MW"),
    "share": (0.01, "%"),
    "price": (1e6 / 1000 / DAYS_PER_YEAR, "M$/MW/y"),
    "money": (1e9, "B$"),
    "rate": (12 / DAYS_PER_YEAR, "/mo"),
}
"""By dimension of the format, the unit in which a quantity is displayed: its size in canonical units, and its name.

Canonical units: kW, shares of 1, $ per kW and day, $, and per day.
"""

# Numbers


def format_figures(value: float, digits: int = 3) -> str:
    """Format a number with some significant figures, and with all that stand before the point: `1,066`, `0.0213`."""
    if value == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{value:.{digits}g}" if decimals > 8 else f"{value:,.{max(decimals, 0)}f}"


def format_significant(value: float, digits: int) -> str:
    """Format a number with at most so many significant figures, without trailing zeros or separators: `0.34821`."""
    return f"{value:.{digits}g}"


def format_compact(value: float | None) -> str:
    """Format a number in few characters: `1.23 B`, `45 M`, `1,066`, `0.0213`; a hyphen for none."""
    if value is None or math.isnan(value):
        return "-"
    for size, word in ((1e9, " B"), (1e6, " M")):
        if abs(value) >= size:
            return f"{value / size:,.3g}{word}"
    return f"{value:,.0f}" if abs(value) >= 100 or value == 0 else f"{value:.3g}"


def format_statistic(value: float | None) -> str:
    """Format a statistic of replications: `1,066`, `12`, `2.1`; a hyphen for none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 10 or value == 0 else f"{value:.2g}"


def format_exact(value: float | None) -> str:
    """Format a number with six significant figures: `1,066.25`; `no value` for none."""
    return "no value" if value is None else f"{value:,.6g}"


def format_found(value: float | None) -> str:
    """Format the value that an expectation was checked against: `found 1,066.25`, `no value`."""
    return "no value" if value is None else f"found {format_exact(value)}"


def format_count(n: int, noun: str, grouping: bool = True) -> str:
    """Format a number of things: `1 replication`, `1,234 replications`; `1234 replications` without grouping."""
    number = f"{n:,}" if grouping else f"{n}"
    return f"{number} {noun}" if n == 1 else f"{number} {noun}s"


# Signs and intervals


def with_sign(text: str, value: float) -> str:
    """Put a plus before the text of a value above 0."""
    return f"+{text}" if value > 0 else text


def typographic_minus(text: str) -> str:
    """Replace hyphens by minus signs (U+2212)."""
    return text.replace("-", MINUS)


def with_half_width(text: str, half_width: str) -> str:
    """Append the half-width of an interval: `1,066 ± 12`."""
    return f"{text} ± {half_width}"


def format_mean_interval(mean: float | None, ci_high: float | None) -> str:
    """Format a mean and the half-width of its interval, given by the upper end; the mean alone without one.

    Where the interval has no width: `1,066 always`, which is the same in every future.
    """
    if mean is None or ci_high is None:
        return format_compact(mean)
    if ci_high == mean:
        return f"{format_compact(mean)} always"
    return with_half_width(format_compact(mean), format_compact(ci_high - mean))


# Quantities with their units


def scale_to_unit(value: float, unit: str, largest: float | None = None) -> tuple[float, str]:
    """Scale a value to the unit in which it is displayed; returns the number and the name of the unit.

    The unit suits `largest`, so that all numbers of a row or an axis share one; it suits the value itself without it.
    """
    if unit == "share":
        return 100 * value, "%"
    if unit == "$":
        size, name = next((step for step in DOLLAR_UNITS if abs(largest or value) >= step[0]), (1.0, "$"))
        return value / size, name
    if unit == "H100e" and abs(largest or value) >= 1e6:
        return value / 1e6, "M H100e"
    return value, {"d": "days", "MW d": "MW days", "count": ""}.get(unit, unit)


def format_amount(value: float, unit: str) -> str:
    """Format a level of a metric: `1,066 MW`, `2.1 %`, `193 B$`."""
    number, name = scale_to_unit(value, unit)
    return f"{format_figures(number)} {name}".rstrip()


def format_difference(value: float, unit: str) -> str:
    """Format a difference of two levels of a metric: that of two shares is in points."""
    return difference_unit(format_amount(value, unit))


def difference_unit(name: str) -> str:
    """Name the unit of a difference: of percentages it is points."""
    return name.replace("%", "points")


def format_factor_value(value: Any, unit: str) -> str:
    """Format a value of a factor with its unit: `25,000 kW`, `0.35`; `as it is` for none."""
    if value is None:
        return "as it is"
    text = printable(str(value))
    if isinstance(value, float):
        text = f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
    return f"{text} {unit}".strip()


def format_power(kw: int) -> str:
    """Format a power, exactly to the kW: `1,066.5 MW`, `250 kW`."""
    if 0 < abs(kw) < 1000:
        return f"{kw} kW"
    return f"{kw / 1000:,.3f}".rstrip("0").rstrip(".") + " MW"


# Shares


def format_share(share: float) -> str:
    """Format a share in percent, exactly: `12.345 %`."""
    return f"{share * 100:.10g} %"


def format_percent(share: float) -> str:
    """Format a share in whole percent: `12 %`."""
    return f"{share:,.0%}".replace("%", " %")


def format_percent_2(share: float | None) -> str:
    """Format a share in percent with two significant figures: `1.2 %`; a hyphen for none."""
    return "-" if share is None else f"{format_figures(100 * share, 2)} %"


def format_percent_3(share: float) -> str:
    """Format a share in percent with at most three significant figures, without trailing zeros: `12.3 %`, `5 %`."""
    return f"{100 * share:.3g} %"


def format_percent_coarse(share: float | None) -> str:
    """Format a share as page one prints it: `12%`, with a decimal below 10 %: `1.2%`; a hyphen for none."""
    return "-" if share is None else f"{share:.0%}" if share >= 0.1 or share == 0 else f"{share:.1%}"


# Dates and durations


def format_date(at: datetime) -> str:
    """Format a date in UTC, with the time where it is not midnight: `2025-07-01`, `2025-07-01 14:30`."""
    return format_day(at) if at.time() == time() else f"{at:%Y-%m-%d %H:%M}"


def format_day(at: datetime) -> str:
    """Format the day of a date: `2025-07-01`, whatever the time."""
    return f"{at:%Y-%m-%d}"


def format_long_date(at: datetime) -> str:
    """Format a day with the month as a word: `01 Jul 2025`."""
    return f"{at:%d %b %Y}"


def format_days(days: float) -> str:
    """Format a duration given in days; less than a day in hours, minutes or seconds: `30 days`, `1.5 hours`."""
    for unit, length in (("day", 1.0), ("hour", 1 / 24), ("minute", 1 / 1440)):
        if days >= length:
            return _format_decimal_count(days / length, unit)
    return _format_decimal_count(days * 86_400, "second")


def _format_decimal_count(number: float, unit: str) -> str:
    text = f"{number:,.1f}".removesuffix(".0")
    return f"{text} {unit}" if text == "1" else f"{text} {unit}s"


def format_duration(microseconds: float) -> str:
    """Format a duration in years or months where they are whole tenths, else in days: `2.5 y`, `18 mo`, `90 d`."""
    days = microseconds / DAY_US
    for unit, length in (("y", DAYS_PER_YEAR), ("mo", DAYS_PER_YEAR / 12)):
        if days >= 2 * length and abs(days / length - round(days / length, 1)) < 1e-6:
            return f"{days / length:g} {unit}"
    return f"{days:,.4g} d"


def format_term(days: float) -> str:
    """Format a term given in days: in years or months where they are whole tenths, else as `format_days`."""
    text = format_duration(days * DAY_US)
    return format_days(days) if text.endswith(" d") else text


# Lists


def join_words(words: Iterable[str], last: str = "and") -> str:
    """Join words to a list in a sentence: `a, b and c`; `nobody` for none."""
    *front, end = list(words) or ["nobody"]
    return f"{', '.join(front)} {last} {end}" if front else end
