"""How powers, dates, shares and lists are said, in pages and messages, where every kW and minute counts."""

from collections.abc import Iterable
from datetime import datetime, time


def power(kw: int) -> str:
    """A power to the kW."""
    if 0 < abs(kw) < 1000:
        return f"{kw} kW"
    return f"{kw / 1000:,.3f}".rstrip("0").rstrip(".") + " MW"


def day(at: datetime) -> str:
    """A date in UTC, with the time where it is not midnight."""
    return f"{at:%Y-%m-%d}" if at.time() == time() else f"{at:%Y-%m-%d %H:%M}"


def days(number: float) -> str:
    """A number of days; a shorter time in hours, minutes or seconds."""
    for unit, length in (("day", 1.0), ("hour", 1 / 24), ("minute", 1 / 1440)):
        if number >= length:
            return _counted(number / length, unit)
    return _counted(number * 86_400, "second")


def _counted(number: float, unit: str) -> str:
    said = f"{number:,.1f}".removesuffix(".0")
    return f"{said} {unit}" if said == "1" else f"{said} {unit}s"


def share(number: float) -> str:
    """A share in percent, exactly."""
    return f"{number * 100:.10g} %"


def listed(words: Iterable[str], last: str = "and") -> str:
    """Words in a row."""
    *front, end = list(words) or ["nobody"]
    return f"{', '.join(front)} {last} {end}" if front else end
