"""The range of a lever: the values that a key of a scenario can take, from one end to the other."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from sim.scenario.dates import INSTANT_PATTERN, parse_instant
from sim.scenario.description_keys import strip_description
from sim.scenario.faults import InvalidValueError, UserError, to_flow_style
from sim.scenario.schema import ScenarioFile
from sim.scenario.units import Measure, conversion_factor, measure_of_unit, parse_quantity, split_quantity

MAX_LEVER_VALUES = 100_000
"""The most values of a lever."""
LEVER_DAY = timedelta(days=1)
USUAL_STEPS = {"duration": "1 d", "share": "1 %"}
"""The step of a lever by its dimension, unless one is stated or the range is small."""


class LeverError(UserError, ValueError):
    """A range or step that cannot be; the message says why, and what to write."""


@dataclass(frozen=True)
class LeverRange:
    """The values of a key, from low to high, as they are written; and as numbers in `unit`, to compare and to draw.

    Dates are numbers of days since the first of them.
    """

    path: str
    values: tuple[str, ...]
    numbers: tuple[float, ...]
    unit: str
    step: str
    first_date: datetime | None = None
    """The first value, where they are dates."""


def parse_lever_range(path: str, low: str, high: str, step: str | None = None) -> LeverRange:
    """Return the values of a range: dates and quantities by `step`, whole numbers by 1.

    Raises LeverError for ends of different kinds, and for a range without a second value.
    """
    low, high = low.strip(), high.strip()
    try:
        if INSTANT_PATTERN.fullmatch(low) or INSTANT_PATTERN.fullmatch(high):
            return _date_range(path, low, high, step or "1 d")
        return _quantity_range(path, low, high, step)
    except InvalidValueError as error:
        raise LeverError(_complaint_text(error)) from None


def _complaint_text(error: InvalidValueError) -> str:
    """Return what is wrong with an end or a step, in a line."""
    complaint = error.complaints[0]
    return f'"{to_flow_style(complaint.value)}": {complaint.message}; {complaint.remedy}'


def _date_range(path: str, low: str, high: str, step: str) -> LeverRange:
    """Return the dates of a range; whole days where the step is a day or more."""
    first, last = parse_instant(low), parse_instant(high)
    every = timedelta(microseconds=parse_quantity(step, "duration"))
    _check_range(path, (last - first) / LEVER_DAY, every / LEVER_DAY, f"{low} to {high}", step)
    days = [k * every for k in range(math.floor((last - first) / every) + 1)]
    if every >= LEVER_DAY:
        days = [timedelta(days=math.floor(since / LEVER_DAY + 0.5)) for since in days]
    if first + days[-1] != last:
        days.append(last - first)
    numbers = tuple(since / LEVER_DAY for since in days)
    return LeverRange(path, tuple(to_flow_style(first + since) for since in days), numbers, "d", step, first)


def _quantity_range(path: str, low: str, high: str, step: str | None) -> LeverRange:
    """Return the quantities of a range, in the unit of the step, else in that of an end; or whole numbers."""
    parts = {
        word: split_quantity(text)
        for word, text in (("from", low), ("to", high), ("step", step or ""))
        if text
    }
    units = [unit for _, unit in parts.values() if unit]
    measures = {word: measure_of_unit(unit) for word, (number, unit) in parts.items() if unit or number}
    measure = next(iter(measures.values()), None) or measure_of_unit("")
    if measure is None or any(other != measure for other in measures.values()):
        raise LeverError(f"{path}: {low} to {high}" + f" by {step}" * bool(step) + " are not of one kind")
    if step and not parts["step"][1] and measure.dimension != "number":
        raise LeverError(f"{path}: the step {step} has no unit; write it as {low} is written")
    unit = parts["step"][1] if step else units[-1] if units else ""
    least, most = (_convert(parts[word], unit, measure) for word in ("from", "to"))
    size = (
        _convert(parts["step"], unit, measure)
        if step
        else _default_step(least, most, unit, measure, (low, high))
    )
    step_text = step or f"{_number_text(size)} {unit}".strip()
    _check_range(path, most - least, size, f"{low} to {high}", step_text)
    numbers = [least + k * size for k in range(math.floor((most - least) / size) + 1)]
    if numbers[-1] != most:
        numbers.append(most)
    values = tuple(f"{_number_text(each)} {unit}".strip() for each in numbers)
    return LeverRange(path, values, tuple(float(each) for each in numbers), unit, step_text)


def _convert(part: tuple[Fraction, str], unit: str, measure: Measure) -> Fraction:
    """Convert a number to another unit, exactly; a bare 0 is 0 in every unit."""
    number, from_unit = part
    if not from_unit:
        return number
    factor = conversion_factor(from_unit, measure, f"{number} {from_unit}")
    return number * factor / conversion_factor(unit, measure)


def _default_step(
    least: Fraction, most: Fraction, unit: str, measure: Measure, ends: tuple[str, str]
) -> Fraction:
    """Return the step where none is stated.

    Whole numbers by 1; durations by days and shares by percents, where the range has ten of them; else by a
    round number of which the range has about a hundred.
    """
    if all(re.fullmatch(r"[+-]?[0-9]+", end) for end in ends):
        return Fraction(1)
    if measure.dimension in USUAL_STEPS:
        usual = _convert(split_quantity(USUAL_STEPS[measure.dimension]), unit or "", measure)
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


def _number_text(value: Fraction) -> str:
    """Return a number as a scenario writes it."""
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.12g}"


def _check_range(
    path: str, span: float | Fraction, step: float | Fraction, range_text: str, step_text: str
) -> None:
    """Check a range. Raises LeverError where it has no second value, or too many values."""
    if span <= 0:
        raise LeverError(f"{path}: {range_text} is not a range; write the lower end first")
    if step <= 0:
        raise LeverError(f"{path}: the step {step_text} does not lead on; write one above 0")
    if span / step > MAX_LEVER_VALUES:
        raise LeverError(
            f"{path}: {range_text} by {step_text} are more than {MAX_LEVER_VALUES:,} values; write a larger step"
        )


def settable_path(scenario: ScenarioFile, path: str) -> str:
    """Return the path at which a value is set: of a date with something added to it, the date alone."""
    keys = tuple(int(key) if key.isdecimal() else key for key in path.split("."))
    value = scenario.node_at(keys).value
    return f"{path}.date" if isinstance(value, dict) and {"date", "plus"} <= set(value) else path


def set_lever(scenario: ScenarioFile, path: str, value: str) -> ScenarioFile:
    """Return the scenario with a value at a path.

    Of a `count` of buildings, 0 removes them, and one needs no `every`. Raises ScenarioError.
    """
    parent, _, key = path.rpartition(".")
    changes: dict[str, object] = {path: value}
    if key == "count" and ".buildings." in path:
        if value == "0":
            changes = {parent: None}
        elif value == "1":
            changes[f"{parent}.every"] = None
    return scenario.replace(changes)


def value_at_path(scenario: ScenarioFile, path: str) -> str:
    """Return the value at a path of a scenario as it is written, defaults included; `nothing` where there is none."""
    node: Any = scenario.resolved_tree()
    for key in path.split("."):
        if isinstance(node, list):
            node = node[int(key)]
        else:
            # A quantity with a source stands under `value`, and a path leaves that out.
            mapping = node if key in node or not isinstance(node.get("value"), dict) else node["value"]
            node = mapping.get(key, {})
    return to_flow_style(strip_description(node)) if node != {} else "nothing"
