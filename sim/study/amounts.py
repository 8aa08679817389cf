"""Amounts: how is a number of a metric said in words, with its unit?"""

import math

DOLLARS = ((1e9, "B$"), (1e6, "M$"), (1e3, "k$"))


def figures(value: float, most: int = 3) -> str:
    """A number with three figures that count, and no fewer than stand before the point."""
    if value == 0 or not math.isfinite(value):
        return f"{value:.0f}"
    digits = most - 1 - math.floor(math.log10(abs(value)))
    return f"{value:.{most}g}" if digits > 8 else f"{value:,.{max(digits, 0)}f}"


def scaled(value: float, unit: str, most: float | None = None) -> tuple[float, str]:
    """A number and its unit as people say them, in the step that suits `most` (the number itself, if not given)."""
    if unit == "share":
        return 100 * value, "%"
    if unit == "$":
        size, name = next((step for step in DOLLARS if abs(most or value) >= step[0]), (1.0, "$"))
        return value / size, name
    if unit == "H100e" and abs(most or value) >= 1e6:
        return value / 1e6, "M H100e"
    return value, {"d": "days", "MW d": "MW days", "count": ""}.get(unit, unit)


def amount(value: float, unit: str) -> str:
    """A level: `1,066 MW`, `2.1 %`, `193 B$`."""
    number, name = scaled(value, unit)
    return f"{figures(number)} {name}".rstrip()


def gap(value: float, unit: str) -> str:
    """A difference of two levels: that of two shares is in points."""
    return amount(value, unit).replace("%", "points")
