"""Reading of one number, or of a reference `$name` to a number of `uncertain`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sim.scenario.distributions import NumberOrReference, UncertainNumbers, UncertainReference
from sim.scenario.faults import ComplaintCollector, invalid_value, suggestion
from sim.scenario.units import MEASURES, Measure, parse_quantity

REFERENCE_PATTERN = re.compile(r"\$([^\W\d].*)")
NUMBER_MEASURE = MEASURES["number"]


@dataclass(frozen=True)
class NumberReader:
    """How the numbers of a distribution are read: by which measure, and against which numbers of `uncertain`."""

    measure: Measure
    uncertain: UncertainNumbers | None = None
    """None where references are not checked."""
    scope: str = "of uncertain"

    def read(self, written: object) -> NumberOrReference:
        """The number that is written, in the canonical unit of the measure, or the reference.

        Raises InvalidValueError for what is neither.
        """
        if isinstance(written, Mapping | list | tuple):
            raise invalid_value(
                f"is not {self.measure.phrase}", f"write it as {self.measure.example}", written
            )
        if isinstance(written, str) and (match := REFERENCE_PATTERN.fullmatch(written.strip())):
            return self.read_reference(match[1])
        if isinstance(written, str) and written.strip() in (self.uncertain or {}):
            raise invalid_value(f"is not {self.measure.phrase}", f"write ${written.strip()}", written)
        return parse_quantity(written, self.measure)

    def read_reference(self, name: str) -> UncertainReference:
        """The reference to an uncertain number.

        Raises InvalidValueError where none has this name, or where it measures something else.
        """
        reference = UncertainReference(name, self.measure.dimension)
        if self.uncertain is None:
            return reference
        if name not in self.uncertain:
            raise invalid_value(f"names no number {self.scope}", suggestion(name, self.uncertain), f"${name}")
        distribution = self.uncertain[name]
        # A faulty one (None) is complained about where it stands, and fits everywhere else.
        if distribution is None or distribution.dimension == reference.dimension:
            return reference
        if distribution.dimension == "number" and self.measure.bare_unit in ("", self.measure.unit):
            return reference
        dimension = distribution.dimension
        phrase = MEASURES[dimension].phrase if dimension in MEASURES else dimension
        raise invalid_value(
            f"is {phrase}, expected {self.measure.phrase}",
            f"state {name} as {self.measure.example}",
            f"${name}",
        )

    def with_measure(self, measure: Measure) -> NumberReader:
        """A reader of numbers of another measure, with the same references."""
        return replace(self, measure=measure)


def read_numbers(written: object, number_reader: NumberReader) -> tuple[NumberOrReference, ...]:
    """The numbers of a list. Raises InvalidValueError with each that is none."""
    if not isinstance(written, list | tuple) or not written:
        raise invalid_value("is not a list of numbers", "write [..., ...]", written)
    collector = ComplaintCollector()
    numbers: list[NumberOrReference] = []
    for position, part in enumerate(written):
        with collector.under(position):
            numbers.append(number_reader.read(part))
    collector.raise_if_any()
    return tuple(numbers)
