"""How the parameters of a family are read from the map that states it.

Each reader raises InvalidValueError with all that is wrong in what is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise

from sim.scenario.distribution_family import DistributionFamily, Parameters, ReadDistribution
from sim.scenario.distributions import Distribution, NumberOrReference
from sim.scenario.faults import ComplaintCollector, invalid_value
from sim.scenario.number_reader import NUMBER_MEASURE, NumberReader, read_numbers
from sim.scenario.units import MEASURES, parse_quantity


def read_sole_key(
    read_value: Callable[[DistributionFamily, object, NumberReader], Parameters],
) -> Callable[[DistributionFamily, Mapping[str, object], NumberReader, ReadDistribution], Parameters]:
    """A reader of `{NAME: VALUE}`, where nothing stands beside the name of the family."""

    def read(
        family: DistributionFamily,
        content: Mapping[str, object],
        number_reader: NumberReader,
        read_distribution: ReadDistribution,
    ) -> Parameters:
        if others := [str(key) for key in content if key != family.name]:
            remedy = "write one law, and beside it only source, confidence or note"
            raise invalid_value(f"has {others[0]} beside {family.name}", remedy, content)
        collector = ComplaintCollector()
        with collector.under(family.name):
            return read_value(family, content[family.name], number_reader)
        raise collector.error()

    return read


def read_constant(family: DistributionFamily, written: object, number_reader: NumberReader) -> Parameters:
    """The value of a constant."""
    return {"value": number_reader.read(written)}


def read_parameters(family: DistributionFamily, written: object, number_reader: NumberReader) -> Parameters:
    """The parameters of a family that is stated by them alone, in one of its ways."""
    ways = {frozenset(each.name for each in way): way for way in family.parametrizations}
    if not isinstance(written, Mapping) or frozenset(written) not in ways:
        forms = (f"{{{', '.join(f'{each.name}: ...' for each in way)}}}" for way in ways.values())
        remedy = " or ".join(f"{{{family.name}: {form}}}" for form in forms)
        raise invalid_value(f"does not state {family.name}", f"write {remedy}", written)
    parameter_by_name = {each.name: each for each in ways[frozenset(written)]}
    params: Parameters = {}
    collector = ComplaintCollector()
    for name, part in written.items():
        with collector.under(name):
            parameter = parameter_by_name[name]
            measure = NUMBER_MEASURE if parameter.is_plain else number_reader.measure
            number = params[name] = number_reader.with_measure(measure).read(part)
            if parameter.is_positive and isinstance(number, float) and number <= 0:
                raise invalid_value(f"must be above 0, since it is a {name}", "write a positive number", part)
    collector.raise_if_any()
    _check_parameter_order(params, written)
    return params


def _check_parameter_order(params: Parameters, written: object) -> None:
    """Raises InvalidValueError where low, mode and high, as far as they are certain, are not in this order."""
    named = [(name, params[name]) for name in ("low", "mode", "high") if isinstance(params.get(name), float)]
    for (before, low), (after, high) in pairwise(named):
        if low > high:
            raise invalid_value(f"has its {before} above its {after}", f"write {before} <= {after}", written)


def read_discrete(family: DistributionFamily, written: object, number_reader: NumberReader) -> Parameters:
    """Values and their weights, which are equal where none are written."""
    if not isinstance(written, Mapping) or not {"values"} <= set(written) <= {"values", "weights"}:
        raise invalid_value(
            "does not state discrete", "write {discrete: {values: [...], weights: [...]}}", written
        )
    collector = ComplaintCollector()
    values: tuple[NumberOrReference, ...] = ()
    weights: tuple[NumberOrReference, ...] = ()
    with collector.under("values"):
        values = read_numbers(written["values"], number_reader)
        weights = (1.0,) * len(values)
    with collector.under("weights"):
        if "weights" in written:
            weights = read_numbers(written["weights"], number_reader.with_measure(NUMBER_MEASURE))
    collector.raise_if_any()
    if len(values) != len(weights):
        message = f"has {len(values)} values and {len(weights)} weights"
        raise invalid_value(message, "write a weight for each value", written)
    certain = [each for each in weights if isinstance(each, float)]
    if min(certain, default=1) < 0 or (len(certain) == len(weights) and not sum(certain) > 0):
        raise invalid_value(
            "has weights that are not weights", "write none below 0, with a sum above 0", written
        )
    return {"values": values, "weights": weights}


def read_empirical(family: DistributionFamily, written: object, number_reader: NumberReader) -> Parameters:
    """Values that were observed; those of a file have been put in place before, by `csv_columns`."""
    if not isinstance(written, Mapping) or not {"values"} <= set(written) <= {"values", "unit"}:
        remedy = "write {empirical: {values: [...]}} or {empirical: {file: F, column: C, unit: U}}"
        raise invalid_value("does not state empirical", remedy, written)
    collector = ComplaintCollector()
    if "unit" in written:
        unit = str(written["unit"])
        with collector.under("unit"):
            parse_quantity(f"1 {unit}", number_reader.measure)
        collector.raise_if_any()
        number_reader = number_reader.with_measure(replace(number_reader.measure, bare_unit=unit))
    with collector.under("values"):
        return {"values": read_numbers(written["values"], number_reader)}
    raise collector.error()


def read_chance(
    family: DistributionFamily,
    content: Mapping[str, object],
    number_reader: NumberReader,
    read_distribution: ReadDistribution,
) -> Parameters:
    """The chance, and the two distributions, which stand beside its name and not under it."""
    if not {"chance", "then"} <= set(content) <= {"chance", "then", "else"}:
        raise invalid_value("does not state a chance", "write {chance: 40 %, then: LAW, else: LAW}", content)
    collector = ComplaintCollector()
    params: Parameters = {"else": Distribution.certain(0.0, number_reader.measure.dimension)}
    with collector.under("chance"):
        share = params["chance"] = number_reader.with_measure(MEASURES["share"]).read(content["chance"])
        if isinstance(share, float) and not 0 <= share <= 1:
            raise invalid_value(
                "must be between 0 % and 100 %", "write a share, such as 40 %", content["chance"]
            )
    for name in ("then", "else"):
        with collector.under(name):
            if name in content:
                params[name] = read_distribution(content[name], number_reader)
    collector.raise_if_any()
    return {name: params[name] for name in ("chance", "then", "else")}
