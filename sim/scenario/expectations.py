"""Expectations: bounds on a statistic of a metric, such as `unserved_mw.mean.p90 < 2000`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from pydantic import ValidationInfo

from sim.scenario.faults import invalid_value, suggestion
from sim.scenario.fields import field_reader, read_text
from sim.scenario.units import NUMBER_PATTERN

EXPECTATION_STATISTICS = ("mean", "sd", "p10", "p50", "p90", "ci_low", "ci_high", "n")
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
EXPECTATION_PATTERN = re.compile(rf"(?P<name>[^<>=]+?)\s*(?P<op><=|>=|==|<|>)\s*(?P<bound>{NUMBER_PATTERN})")


@dataclass(frozen=True)
class Expectation:
    """A bound that a statistic of a metric must keep."""

    metric: str
    statistic: str
    comparison: str
    bound: float

    def holds(self, value: float) -> bool:
        """Whether a value of the statistic keeps the bound."""
        return COMPARISONS[self.comparison](value, self.bound)


def parse_expectation(written: str) -> Expectation:
    """The expectation that is written. Raises InvalidValueError where it is none."""
    match = EXPECTATION_PATTERN.fullmatch(written.strip())
    metric, _, statistic = match["name"].rpartition(".") if match else ("", "", "")
    if match is None or not metric:
        raise invalid_value(
            "is not a valid expectation",
            "write METRIC.STATISTIC < NUMBER, as unserved_mw.mean.p90 < 2000",
            written,
        )
    if statistic not in EXPECTATION_STATISTICS:
        raise invalid_value(
            f"does not end in a statistic, but in {statistic}",
            suggestion(statistic, EXPECTATION_STATISTICS),
            written,
        )
    return Expectation(metric, statistic, match["op"], float(match["bound"]))


def read_expectation(written: object, info: ValidationInfo) -> str:
    """An expectation as it is written. Raises InvalidValueError where it does not parse."""
    text = read_text(written, info)
    parse_expectation(text)
    return text


ExpectationText = Annotated[str, field_reader(read_expectation, str, "`METRIC.STATISTIC < NUMBER`")]
