"""Milestones: levels of power that are to be reached, such as `customer.OpenAI.in_service_mw >= 10 GW`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import ValidationInfo

from sim.scenario.faults import invalid_value, suggestion
from sim.scenario.fields import declarations_of, field_reader, read_text
from sim.scenario.units import MEASURES, parse_quantity

LEVEL_METRICS = {
    "": ("unserved_mw", "shortfall_mw", "online_mw", "in_service_mw", "committed_mw", "idle_mw"),
    "provider": ("in_service_mw",),
    "site": ("in_service_mw", "online_mw"),
    "customer": ("unserved_mw", "shortfall_mw", "in_service_mw"),
    "stream": ("unserved_mw", "shortfall_mw", "in_service_mw"),
}
"""The metrics that are levels of power at a time, and have `.at.DATE`: in all, and by kind of what they are of."""
NAMES_BY_KIND = {"provider": "providers", "site": "sites", "customer": "customers", "stream": "demand"}
"""Under which word a file declares the names of each kind."""
LEVEL_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {">=": operator.ge, "<=": operator.le}
MILESTONE_PATTERN = re.compile(r"(?P<metric>.+?)\s*(?P<comparison>>=|<=)\s*(?P<level>.+)")
LEVEL_MEASURE = replace(MEASURES["power"], bare_unit="MW", example="10 GW")


@dataclass(frozen=True)
class Milestone:
    """A level of power that is to be reached, from below (`>=`) or from above (`<=`)."""

    metric: str
    comparison: str
    level_kw: float
    text: str
    """As it is written."""

    def is_reached(self, kw: int) -> bool:
        """Whether a level reaches it."""
        return LEVEL_COMPARISONS[self.comparison](kw, self.level_kw)


def read_milestone(written: object, info: ValidationInfo) -> Milestone:
    """The milestone that is written. Raises InvalidValueError for none, or for a metric that is no level."""
    if isinstance(written, Milestone):
        return written
    text = " ".join(read_text(written, info).split())
    match = MILESTONE_PATTERN.fullmatch(text)
    if match is None:
        remedy = "write METRIC >= NUMBER UNIT, as in_service_mw >= 10 GW, or METRIC <= NUMBER UNIT"
        raise invalid_value("is not a milestone", remedy, written)
    metric, known = match["metric"], known_level_metrics(declarations_of(info).names)
    kind, _, rest = metric.partition(".")
    # Names that a trace alone tells are not known here.
    is_level = metric in known or (
        kind in LEVEL_METRICS
        and declarations_of(info).names.get(NAMES_BY_KIND.get(kind, "")) is None
        and rest.count(".") == 1
        and rest.partition(".")[2] in LEVEL_METRICS[kind]
    )
    if not is_level:
        raise invalid_value(f"is of {metric}, which is no level of power", suggestion(metric, known), written)
    return Milestone(metric, match["comparison"], parse_quantity(match["level"], LEVEL_MEASURE), text)


def known_level_metrics(names: Mapping[str, frozenset[str]]) -> list[str]:
    """The metrics that a milestone may be of, with the names that a file declares."""
    of_names = [
        f"{kind}.{name}.{metric}"
        for kind, word in NAMES_BY_KIND.items()
        for name in sorted(names.get(word, ()))
        for metric in LEVEL_METRICS[kind]
    ]
    return [*LEVEL_METRICS[""], *of_names]


MilestoneText = Annotated[
    Milestone,
    field_reader(read_milestone, str, "`METRIC >= NUMBER UNIT`, as `in_service_mw >= 10 GW`, or with `<=`"),
]
