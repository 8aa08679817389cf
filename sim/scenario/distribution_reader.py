"""Statements: how is a quantity, a law or a reference written?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from sim.scenario.distributions import (
    FAMILY_NAMES,
    PARAMETRIZATIONS,
    PLAIN_PARAMETERS,
    Distribution,
    NumberOrReference,
    UncertainNumbers,
    UncertainReference,
)
from sim.scenario.faults import Complaint, ComplaintCollector, InvalidValueError, invalid_value, suggestion
from sim.scenario.units import MEASURES, Measure, measure_of_unit, parse_quantity, split_quantity

CONFIDENCES = ("reported", "estimated", "inferred", "assumed")
DESCRIPTION_KEYS = frozenset({"source", "confidence", "note"})
"""The keys that only describe, allowed beside any quantity, law or date."""

REFERENCE_PATTERN = re.compile(r"\$([^\W\d].*)")
NUMBER_MEASURE = MEASURES["number"]
Parameters = dict[str, Any]


def value_path(written: object) -> tuple[str, ...]:
    """Under which key of what is written does the quantity stand? None, or `value`."""
    wrapped = isinstance(written, Mapping) and set(written) - DESCRIPTION_KEYS == {"value"}
    return ("value",) if wrapped else ()


def unwrap_value(written: object) -> object:
    """What is stated, without the keys that only describe it? Raises `Wrong` for a confidence of no kind."""
    if isinstance(written, Mapping) and (said := written.get("confidence", "assumed")) not in CONFIDENCES:
        raise InvalidValueError(
            Complaint("is no confidence", suggestion(str(said), CONFIDENCES), said, ("confidence",))
        )
    return strip_description(written)


def strip_description(written: object) -> object:
    """The same, whatever the confidence."""
    if not isinstance(written, Mapping):
        return written
    if value_path(written):
        return written["value"]
    return {key: part for key, part in written.items() if key not in DESCRIPTION_KEYS}


@dataclass(frozen=True)
class NumberReader:
    """How are the numbers of a law read: by which measure, and against which numbers of `uncertain`?"""

    measure: Measure
    uncertain: UncertainNumbers | None = None
    """None where references are not checked."""
    scope: str = "of uncertain"

    def read(self, written: object) -> NumberOrReference:
        """Which number or reference is written?"""
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
        """Which uncertain number is meant? Raises `Wrong` for none, or one that measures something else."""
        ref = UncertainReference(name, self.measure.dimension)
        if self.uncertain is None:
            return ref
        if name not in self.uncertain:
            raise invalid_value(f"names no number {self.scope}", suggestion(name, self.uncertain), f"${name}")
        law = self.uncertain[name]
        if law is None or law.dimension == ref.dimension:
            return ref
        if law.dimension == "number" and self.measure.bare_unit in ("", self.measure.unit):
            return ref
        found = MEASURES[law.dimension].phrase if law.dimension in MEASURES else law.dimension
        raise invalid_value(
            f"is {found}, expected {self.measure.phrase}",
            f"state {name} as {self.measure.example}",
            f"${name}",
        )

    def with_measure(self, measure: Measure) -> NumberReader:
        """The same for a number of another measure."""
        return replace(self, measure=measure)


def read_distribution(written: object, number_reader: NumberReader) -> Distribution:
    """Which law is written? A number or a reference is a constant one."""
    stated = unwrap_value(written)
    gathering = ComplaintCollector()
    with gathering.under(*value_path(written)):
        if isinstance(stated, Distribution):
            return stated
        if isinstance(stated, Mapping):
            return read_distribution_map(stated, number_reader)
        return Distribution(
            "constant", {"value": number_reader.read(stated)}, number_reader.measure.dimension
        )
    raise gathering.error()


def read_distribution_map(content: Mapping[str, object], number_reader: NumberReader) -> Distribution:
    """Which law is stated by a map, such as `{uniform: {low: 1 d, high: 2 d}}`?"""
    kind = next((each for each in FAMILY_NAMES if each in content), None)
    if kind is None and "value" in content:
        key = next(str(each) for each in content if each != "value" and each not in DESCRIPTION_KEYS)
        raise invalid_value(f"has {key} beside its value", suggestion(key, sorted(DESCRIPTION_KEYS)), content)
    if kind is None:
        key = str(next(iter(content), ""))
        remedy = suggestion(key, FAMILY_NAMES) if key else f"write {number_reader.measure.example}, or a law"
        raise invalid_value(f"has {key}, which is no law" if key else "is empty", remedy, content)
    if kind == "chance":
        return Distribution(kind, read_chance(content, number_reader), number_reader.measure.dimension)
    if beside := [str(key) for key in content if key != kind]:
        remedy = "write one law, and beside it only source, confidence or note"
        raise invalid_value(f"has {beside[0]} beside {kind}", remedy, content)
    gathering = ComplaintCollector()
    with gathering.under(kind):
        params = FAMILY_READERS.get(kind, read_parameters)(kind, content[kind], number_reader)
        return Distribution(kind, params, number_reader.measure.dimension)
    raise gathering.error()


def read_constant(family: str, written: object, number_reader: NumberReader) -> Parameters:
    """What does `{constant: 3 d}` say?"""
    return {"value": number_reader.read(written)}


def read_parameters(family: str, written: object, number_reader: NumberReader) -> Parameters:
    """Which parameters does a law have that is stated by some numbers?"""
    ways = PARAMETRIZATIONS[family]
    if not isinstance(written, Mapping) or set(written) not in [set(way) for way in ways]:
        forms = (f"{{{family}: {{{', '.join(f'{name}: ...' for name in way)}}}}}" for way in ways)
        raise invalid_value(f"does not state {family}", f"write {' or '.join(forms)}", written)
    params: Parameters = {}
    gathering = ComplaintCollector()
    for name, part in written.items():
        with gathering.under(name):
            number = params[name] = number_reader.with_measure(
                NUMBER_MEASURE if name in PLAIN_PARAMETERS else number_reader.measure
            ).read(part)
            if name not in {"low", "mode", "high"} and isinstance(number, float) and number <= 0:
                raise invalid_value(f"must be above 0, since it is a {name}", "write a positive number", part)
    gathering.raise_if_any()
    check_parameter_order(params, written)
    return params


def check_parameter_order(params: Parameters, written: object) -> None:
    """Raises `Wrong` where low, mode and high are not in this order."""
    named = [(name, params[name]) for name in ("low", "mode", "high") if isinstance(params.get(name), float)]
    for (before, low), (after, high) in pairwise(named):
        if low > high:
            raise invalid_value(f"has its {before} above its {after}", f"write {before} <= {after}", written)


def read_discrete(family: str, written: object, number_reader: NumberReader) -> Parameters:
    """Which values, and how likely? (Equally, where no weights are written.)"""
    if not isinstance(written, Mapping) or not {"values"} <= set(written) <= {"values", "weights"}:
        raise invalid_value(
            "does not state discrete", "write {discrete: {values: [...], weights: [...]}}", written
        )
    gathering = ComplaintCollector()
    values: tuple[NumberOrReference, ...] = ()
    weights: tuple[NumberOrReference, ...] = ()
    with gathering.under("values"):
        values = read_numbers(written["values"], number_reader)
        weights = (1.0,) * len(values)
    with gathering.under("weights"):
        if "weights" in written:
            weights = read_numbers(written["weights"], number_reader.with_measure(NUMBER_MEASURE))
    gathering.raise_if_any()
    if len(values) != len(weights):
        message = f"has {len(values)} values and {len(weights)} weights"
        raise invalid_value(message, "write a weight for each value", written)
    certain = [each for each in weights if isinstance(each, float)]
    if min(certain, default=1) < 0 or (len(certain) == len(weights) and not sum(certain) > 0):
        raise invalid_value(
            "has weights that are no weights", "write none below 0, with a sum above 0", written
        )
    return {"values": values, "weights": weights}


def read_empirical(family: str, written: object, number_reader: NumberReader) -> Parameters:
    """Which values were seen? (Those of a file have been put in place before, by `columns`.)"""
    if not isinstance(written, Mapping) or not {"values"} <= set(written) <= {"values", "unit"}:
        remedy = "write {empirical: {values: [...]}} or {empirical: {file: F, column: C, unit: U}}"
        raise invalid_value("does not state empirical", remedy, written)
    gathering = ComplaintCollector()
    if "unit" in written:
        unit = str(written["unit"])
        with gathering.under("unit"):
            parse_quantity(f"1 {unit}", number_reader.measure)
        gathering.raise_if_any()
        number_reader = number_reader.with_measure(replace(number_reader.measure, bare_unit=unit))
    with gathering.under("values"):
        return {"values": read_numbers(written["values"], number_reader)}
    raise gathering.error()


def read_numbers(written: object, number_reader: NumberReader) -> tuple[NumberOrReference, ...]:
    """Which numbers are in a list? Raises `Wrong` with each that is none."""
    if not isinstance(written, list | tuple) or not written:
        raise invalid_value("is no list of numbers", "write [..., ...]", written)
    gathering = ComplaintCollector()
    found: list[NumberOrReference] = []
    for position, part in enumerate(written):
        with gathering.under(position):
            found.append(number_reader.read(part))
    gathering.raise_if_any()
    return tuple(found)


def read_chance(content: Mapping[str, object], number_reader: NumberReader) -> Parameters:
    """What does `{chance: 40 %, then: LAW, else: LAW}` say?"""
    if not {"chance", "then"} <= set(content) <= {"chance", "then", "else"}:
        raise invalid_value("does not state a chance", "write {chance: 40 %, then: LAW, else: LAW}", content)
    gathering = ComplaintCollector()
    params: Parameters = {"else": Distribution("constant", {"value": 0.0}, number_reader.measure.dimension)}
    with gathering.under("chance"):
        share = params["chance"] = number_reader.with_measure(MEASURES["share"]).read(content["chance"])
        if isinstance(share, float) and not 0 <= share <= 1:
            raise invalid_value(
                "must be between 0 % and 100 %", "write a share, such as 40 %", content["chance"]
            )
    for name in ("then", "else"):
        with gathering.under(name):
            if name in content:
                params[name] = read_distribution(content[name], number_reader)
    gathering.raise_if_any()
    return {name: params[name] for name in ("chance", "then", "else")}


FAMILY_READERS: dict[str, Callable[[str, object, NumberReader], Parameters]] = {
    "constant": read_constant,
    "discrete": read_discrete,
    "empirical": read_empirical,
}


def measure_of(written: object, uncertain: UncertainNumbers | None = None) -> Measure:
    """What does a quantity or a law measure, seen from its units? A bare number is a number."""
    if isinstance(written, Mapping):
        stated = written.get("empirical")
        if isinstance(stated, Mapping) and "unit" in stated:
            return measure_of(f"1 {stated['unit']}")
        aside = DESCRIPTION_KEYS | PLAIN_PARAMETERS | {"weights", "chance"}
        return measure_of([part for key, part in written.items() if key not in aside], uncertain)
    if isinstance(written, list | tuple):
        measures = (measure_of(part, uncertain) for part in written)
        return next((each for each in measures if each.dimension != "number"), NUMBER_MEASURE)
    if isinstance(written, str) and (match := REFERENCE_PATTERN.fullmatch(written.strip())):
        law = (uncertain or {}).get(match[1])
        return MEASURES.get(law.dimension, NUMBER_MEASURE) if law else NUMBER_MEASURE
    if measure := measure_of_unit(split_quantity(written)[1]):
        return measure
    raise invalid_value("measures nothing that a scenario knows", "write a power, a duration, ...", written)
