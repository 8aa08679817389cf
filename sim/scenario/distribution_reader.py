"""Reading of a distribution as it is written in a scenario."""

from __future__ import annotations

from collections.abc import Mapping

from sim.scenario.description_keys import DESCRIPTION_KEYS, unwrap_value, value_path
from sim.scenario.distribution_families import FAMILIES
from sim.scenario.distributions import Distribution, UncertainNumbers
from sim.scenario.faults import ComplaintCollector, invalid_value, suggestion
from sim.scenario.number_reader import NUMBER_MEASURE, REFERENCE_PATTERN, NumberReader
from sim.scenario.units import MEASURES, Measure, known_measure, split_quantity


def read_distribution(written: object, number_reader: NumberReader) -> Distribution:
    """The distribution that is written; a number or a reference is a constant one.

    Raises InvalidValueError with all that is wrong in it.
    """
    content = unwrap_value(written)
    collector = ComplaintCollector()
    with collector.under(*value_path(written)):
        if isinstance(content, Distribution):
            return content
        if isinstance(content, Mapping):
            return _read_distribution_map(content, number_reader)
        return Distribution.certain(number_reader.read(content), number_reader.measure.dimension)
    raise collector.error()


def is_distribution(content: Mapping[str, object]) -> bool:
    """Whether a map states a distribution (rightly or not), since the name of a family is among its keys."""
    return not FAMILIES.keys().isdisjoint(content)


def _read_distribution_map(content: Mapping[str, object], number_reader: NumberReader) -> Distribution:
    """The distribution that a map states, such as `{uniform: {low: 1 d, high: 2 d}}`."""
    family = next((each for name, each in FAMILIES.items() if name in content), None)
    if family is not None:
        params = family.read(family, content, number_reader, read_distribution)
        return Distribution(family.name, params, number_reader.measure.dimension)
    if "value" in content:
        key = next((str(each) for each in content if each != "value" and each not in DESCRIPTION_KEYS), None)
        if key is None:
            raise invalid_value("is a value within a value", "write value once", content)
        raise invalid_value(f"has {key} beside its value", suggestion(key, sorted(DESCRIPTION_KEYS)), content)
    key = str(next(iter(content), ""))
    remedy = suggestion(key, FAMILIES) if key else f"write {number_reader.measure.example}, or a law"
    raise invalid_value(f"has {key}, which is not a law" if key else "is empty", remedy, content)


def measure_of(written: object, uncertain: UncertainNumbers | None = None) -> Measure:
    """The measure of a quantity or a distribution, seen from its units; a bare number is a number.

    Raises InvalidValueError for a unit of no measure.
    """
    if isinstance(written, Mapping):
        values = written.get("empirical")
        if isinstance(values, Mapping) and "unit" in values:
            return measure_of(f"1 {values['unit']}")
        aside = DESCRIPTION_KEYS.union(*(family.plain_keys for family in FAMILIES.values()))
        return measure_of([part for key, part in written.items() if key not in aside], uncertain)
    if isinstance(written, list | tuple):
        measures = (measure_of(part, uncertain) for part in written)
        return next((each for each in measures if each.dimension != "number"), NUMBER_MEASURE)
    if isinstance(written, str) and (match := REFERENCE_PATTERN.fullmatch(written.strip())):
        distribution = (uncertain or {}).get(match[1])
        return MEASURES.get(distribution.dimension, NUMBER_MEASURE) if distribution else NUMBER_MEASURE
    return known_measure(split_quantity(written)[1], written)
