"""The factors of a sweep: what is varied, over which values, and in which unit they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from sim.scenario.dates import INSTANT_PATTERN, parse_instant
from sim.scenario.distributions import Distribution
from sim.scenario.faults import InvalidValueError, invalid_value, to_flow_style
from sim.scenario.units import (
    MEASURES,
    Measure,
    conversion_factor,
    known_measure,
    parse_quantity,
    split_quantity,
)

DISPLAY_UNIT_BY_DIMENSION = {
    "power": "MW", "duration": "d", "rate": "/mo", "price": "M$/MW/y", "capex": "M$/MW", "money": "B$",
    "area": "sqft", "GPU": "GPU", "crew": "crew", "each": "each",
}  # fmt: skip
"""The unit in which the values of a distribution are shown and stored, by its dimension."""

DisplayValue = float | date | str


@dataclass(frozen=True)
class Level:
    """One value of a factor: as it is shown (a number in its unit, a date or a text), and as it is written."""

    display_value: DisplayValue
    scenario_value: Any


@dataclass(frozen=True)
class Factor:
    """What is varied, at which paths of the scenario.

    It has `levels`; or a `distribution`; or else it lies anywhere from `low` to `high`, in `unit`.
    """

    name: str
    paths: tuple[str, ...]
    unit: str = ""
    levels: tuple[Level, ...] = ()
    low: float = 0.0
    high: float = 0.0
    distribution: Distribution | None = None

    @property
    def is_uncertain(self) -> bool:
        """Whether nobody can choose it."""
        return self.distribution is not None

    def to_scenario_value(self, number: float) -> str:
        """A number of its unit, as it is written in a scenario."""
        return f"{number!r} {self.unit}".strip()


def distribution_factor(name: str, paths: tuple[str, ...], distribution: Distribution) -> Factor:
    """The factor of an uncertainty."""
    return Factor(
        name, paths, unit=DISPLAY_UNIT_BY_DIMENSION.get(distribution.dimension, ""), distribution=distribution
    )


def canonical_scale(distribution: Distribution) -> float:
    """The unit in which a distribution is shown, in canonical units of its dimension."""
    unit = DISPLAY_UNIT_BY_DIMENSION.get(distribution.dimension)
    return 1.0 if unit is None else float(conversion_factor(unit, MEASURES[distribution.dimension]))


def levels_factor(name: str, paths: tuple[str, ...], values: Iterable[Any]) -> Factor:
    """The factor of a list: numbers where all are quantities of a kind, dates where all are dates, else texts."""
    values = list(values)
    texts = [to_flow_style(each) for each in values]
    for position, text in enumerate(texts):
        if text in texts[:position]:
            raise invalid_value("is a duplicate", "write it once", text)
    if all(isinstance(each, str) and INSTANT_PATTERN.fullmatch(each) for each in values):
        dates = [to_date(parse_instant(each)) for each in values]
        return Factor(name, paths, levels=tuple(map(Level, dates, values)))
    try:
        unit, measure = common_unit([each for each in values if isinstance(each, str)], texts[0])
        if not all(isinstance(each, str) for each in values):
            raise invalid_value("is not a quantity")
        scale = conversion_factor(unit, measure) if unit else Fraction(1)
        numbers = [float(Fraction(parse_quantity(each, measure)) / scale) for each in values]
    except InvalidValueError:
        return Factor(name, paths, levels=tuple(map(Level, texts, values)))
    return Factor(name, paths, unit=unit, levels=tuple(map(Level, map(round_to_12_digits, numbers), values)))


def range_factor(name: str, paths: tuple[str, ...], low: str, high: str, steps: int | None) -> Factor:
    """The factor of a range: `steps` values from one end to the other, or any between.

    Values that are equal to twelve digits count once.
    """
    if INSTANT_PATTERN.fullmatch(low) and INSTANT_PATTERN.fullmatch(high):
        return date_range_factor(name, paths, parse_instant(low), parse_instant(high), steps)
    unit, measure = common_unit([low, high], high)
    scale = conversion_factor(unit, measure) if unit else Fraction(1)
    first, last = (
        round_to_12_digits(float(Fraction(parse_quantity(each, measure)) / scale)) for each in (low, high)
    )
    if steps is None:
        return Factor(name, paths, unit=unit, low=first, high=last)
    numbers = [round_to_12_digits(first + (last - first) * k / max(1, steps - 1)) for k in range(steps)]
    texts = [f"{each:.12g} {unit}".strip() for each in numbers]
    return Factor(
        name, paths, unit=unit, levels=tuple(map(Level, dict.fromkeys(numbers), dict.fromkeys(texts)))
    )


def date_range_factor(
    name: str, paths: tuple[str, ...], first: datetime, last: datetime, steps: int | None
) -> Factor:
    """The factor of a range of dates, which are whole days."""
    if steps is None:
        raise invalid_value("is a range of dates, which has no steps", "write how many dates, as steps: 7")
    days = [(last - first) / timedelta(days=1) * k / max(1, steps - 1) for k in range(steps)]
    dates = dict.fromkeys(to_date(first + timedelta(days=int(day + 0.5))) for day in days)
    return Factor(name, paths, levels=tuple(Level(each, each.isoformat()) for each in dates))


def common_unit(values: list[str], blamed_value: str) -> tuple[str, Measure]:
    """The unit of the first quantity that has one, and its measure. Raises InvalidValueError if others differ."""
    unit = next((unit for each in values if (unit := split_quantity(each)[1])), "")
    measure = known_measure(unit, blamed_value)
    for each in values:
        parse_quantity(each, measure)
    return unit, measure


def to_date(at: datetime) -> date:
    """The day of an instant, if it is midnight; else the instant."""
    return at.date() if at.time() == time() else at


def round_to_12_digits(number: float) -> float:
    """A number rounded to twelve significant digits."""
    return float(f"{number:.12g}")
