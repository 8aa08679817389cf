"""A lever: which values can a key of a scenario take, from the one end of a range to the other?"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sim.scenario.dates import INSTANT, instant
from sim.scenario.faults import UserError, Wrong, flow
from sim.scenario.schema import ScenarioFile
from sim.scenario.statements import undescribed
from sim.scenario.units import Measure, factor, measure_of_unit, parse_quantity, split

MOST = 100_000
"""So many values a lever may have."""
DAY = timedelta(days=1)
STEPS = {"duration": "1 d", "share": "1 %"}
"""By which step a lever is moved that measures such a thing, unless one is stated or the range is small."""


class LeverError(UserError, ValueError):
    """A range that is none; the message says why, and what to write."""


@dataclass(frozen=True)
class Lever:
    """The values of a key, from low to high, as they are written; and as numbers in `unit`, to compare and to draw.

    The unit of dates is the day, since the first of them.
    """

    path: str
    values: tuple[str, ...]
    numbers: tuple[float, ...]
    unit: str
    step: str
    first: datetime | None = None
    """The first of them, where they are dates."""


def lever(path: str, low: str, high: str, step: str | None = None) -> Lever:
    """Which values lie in a range? Dates and quantities go by `step`, whole numbers by 1.

    Raises LeverError for ends of different kinds, and for a range without a second value.
    """
    low, high = low.strip(), high.strip()
    try:
        if INSTANT.fullmatch(low) or INSTANT.fullmatch(high):
            return _dates(path, low, high, step or "1 d")
        return _quantities(path, low, high, step)
    except Wrong as error:
        raise LeverError(_in_words(error)) from None


def _in_words(error: Wrong) -> str:
    """What is wrong with an end or a step, in a line."""
    told = error.complaints[0]
    return f'"{flow(told.value)}": {told.message}; {told.remedy}'


def _dates(path: str, low: str, high: str, step: str) -> Lever:
    """Dates, of whole days where the step has no less."""
    first, last = instant(low), instant(high)
    every = timedelta(microseconds=parse_quantity(step, "duration"))
    _settle(path, (last - first) / DAY, every / DAY, f"{low} to {high}", step)
    days = [k * every for k in range(math.floor((last - first) / every) + 1)]
    if every >= DAY:
        days = [timedelta(days=math.floor(since / DAY + 0.5)) for since in days]
    if first + days[-1] != last:
        days.append(last - first)
    numbers = tuple(since / DAY for since in days)
    return Lever(path, tuple(flow(first + since) for since in days), numbers, "d", step, first)


def _quantities(path: str, low: str, high: str, step: str | None) -> Lever:
    """Quantities, in the unit of the step, else in that of an end; or whole numbers."""
    parts = {word: split(text) for word, text in (("from", low), ("to", high), ("step", step or "")) if text}
    units = [unit for _, unit in parts.values() if unit]
    measures = {word: measure_of_unit(unit) for word, (number, unit) in parts.items() if unit or number}
    measure = next(iter(measures.values()), None) or measure_of_unit("")
    if measure is None or any(other != measure for other in measures.values()):
        raise LeverError(f"{path}: {low} to {high}" + f" by {step}" * bool(step) + " are not of one kind")
    if step and not parts["step"][1] and measure.dimension != "number":
        raise LeverError(f"{path}: the step {step} has no unit; write it as {low} is written")
    unit = parts["step"][1] if step else units[-1] if units else ""
    least, most = (_in(parts[word], unit, measure) for word in ("from", "to"))
    by = _in(parts["step"], unit, measure) if step else _step(least, most, unit, measure, (low, high))
    written = step or f"{_number(by)} {unit}".strip()
    _settle(path, most - least, by, f"{low} to {high}", written)
    found = [least + k * by for k in range(math.floor((most - least) / by) + 1)]
    if found[-1] != most:
        found.append(most)
    values = tuple(f"{_number(each)} {unit}".strip() for each in found)
    return Lever(path, values, tuple(float(each) for each in found), unit, written)


def _in(part: tuple[Fraction, str], unit: str, measure: Measure) -> Fraction:
    """A number in another unit; a bare 0 is 0 in every unit."""
    number, own = part
    return number * factor(own, measure, f"{number} {own}") / factor(unit, measure) if own else number


def _step(least: Fraction, most: Fraction, unit: str, measure: Measure, ends: tuple[str, str]) -> Fraction:
    """By which step are values tried where none is stated?

    Whole numbers by 1; durations by days and shares by percents, where the range has ten of them; else by a
    round number of which the range has about a hundred.
    """
    if all(re.fullmatch(r"[+-]?\d+", end) for end in ends):
        return Fraction(1)
    if measure.dimension in STEPS:
        usual = _in(split(STEPS[measure.dimension]), unit or "", measure)
        if most - least >= 10 * usual:
            return usual
    if most <= least:
        return Fraction(1)
    power = math.floor(math.log10((most - least) / 100))
    return max(
        step
        for tens in (power - 1, power, power + 1)
        for digit in (1, 2, 5)
        if (step := digit * Fraction(10) ** tens) * 100 <= most - least
    )


def _number(value: Fraction) -> str:
    """A number as a scenario writes it."""
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.12g}"


def _settle(path: str, span: float | Fraction, step: float | Fraction, words: str, by: str) -> None:
    """Raises LeverError where a range has no second value, or too many."""
    if span <= 0:
        raise LeverError(f"{path}: {words} is no range; write the lower end first")
    if step <= 0:
        raise LeverError(f"{path}: the step {by} does not lead on; write one above 0")
    if span / step > MOST:
        raise LeverError(f"{path}: {words} by {by} are more than {MOST:,} values; write a larger step")


def settable(scenario: ScenarioFile, path: str) -> str:
    """The path at which a value is set: of a date with something added to it, the date alone."""
    keys = tuple(int(key) if key.isdecimal() else key for key in path.split("."))
    written = scenario.written_at(keys).value
    return f"{path}.date" if isinstance(written, dict) and {"date", "plus"} <= set(written) else path


def moved(scenario: ScenarioFile, path: str, value: str) -> ScenarioFile:
    """The scenario with a value at a path. Of a `count` of buildings, 0 removes them, and one needs no `every`."""
    parent, _, key = path.rpartition(".")
    changes: dict[str, object] = {path: value}
    if key == "count" and ".buildings." in path:
        if value == "0":
            changes = {parent: None}
        elif value == "1":
            changes[f"{parent}.every"] = None
    return scenario.replace(changes)


def standing(scenario: ScenarioFile, path: str) -> str:
    """What stands at a path of a scenario, defaults too?"""
    here: Any = scenario.resolved()
    for key in path.split("."):
        if isinstance(here, list):
            here = here[int(key)]
        else:
            inner = here if key in here or not isinstance(here.get("value"), dict) else here["value"]
            here = inner.get(key, {})
    return flow(undescribed(here)) if here != {} else "nothing"
