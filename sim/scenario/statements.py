"""Statements: how is a quantity, a law or a reference written?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from sim.scenario.faults import Complaint, Gathering, Wrong, meant, wrong
from sim.scenario.laws import KINDS, PARAMETERS, PLAIN, Known, Law, Number, Ref
from sim.scenario.units import MEASURES, Measure, measure_of_unit, parse_quantity, split

CONFIDENCES = ("reported", "estimated", "inferred", "assumed")
DESCRIPTION = frozenset({"source", "confidence", "note"})
"""The keys that only describe, allowed beside any quantity, law or date."""

REFERENCE = re.compile(r"\$([^\W\d].*)")
NUMBER = MEASURES["number"]
Params = dict[str, Any]


def wrapping(written: object) -> tuple[str, ...]:
    """Under which key of what is written does the quantity stand? None, or `value`."""
    wrapped = isinstance(written, Mapping) and set(written) - DESCRIPTION == {"value"}
    return ("value",) if wrapped else ()


def unwrapped(written: object) -> object:
    """What is stated, without the keys that only describe it? Raises `Wrong` for a confidence of no kind."""
    if isinstance(written, Mapping) and (said := written.get("confidence", "assumed")) not in CONFIDENCES:
        raise Wrong(Complaint("is no confidence", meant(str(said), CONFIDENCES), said, ("confidence",)))
    return undescribed(written)


def undescribed(written: object) -> object:
    """The same, whatever the confidence."""
    if not isinstance(written, Mapping):
        return written
    if wrapping(written):
        return written["value"]
    return {key: part for key, part in written.items() if key not in DESCRIPTION}


@dataclass(frozen=True)
class Reading:
    """How are the numbers of a law read: by which measure, and against which numbers of `uncertain`?"""

    measure: Measure
    uncertain: Known | None = None
    """None where references are not checked."""
    among: str = "of uncertain"

    def number(self, written: object) -> Number:
        """Which number or reference is written?"""
        if isinstance(written, Mapping | list | tuple):
            raise wrong(f"is not {self.measure.called}", f"write it as {self.measure.example}", written)
        if isinstance(written, str) and (match := REFERENCE.fullmatch(written.strip())):
            return self.reference(match[1])
        if isinstance(written, str) and written.strip() in (self.uncertain or {}):
            raise wrong(f"is not {self.measure.called}", f"write ${written.strip()}", written)
        return parse_quantity(written, self.measure)

    def reference(self, name: str) -> Ref:
        """Which uncertain number is meant? Raises `Wrong` for none, or one that measures something else."""
        ref = Ref(name, self.measure.dimension)
        if self.uncertain is None:
            return ref
        if name not in self.uncertain:
            raise wrong(f"names no number {self.among}", meant(name, self.uncertain), f"${name}")
        law = self.uncertain[name]
        if law is None or law.dimension == ref.dimension:
            return ref
        if law.dimension == "number" and self.measure.bare in ("", self.measure.unit):
            return ref
        found = MEASURES[law.dimension].called if law.dimension in MEASURES else law.dimension
        raise wrong(
            f"is {found}, expected {self.measure.called}",
            f"state {name} as {self.measure.example}",
            f"${name}",
        )

    def of(self, measure: Measure) -> Reading:
        """The same for a number of another measure."""
        return replace(self, measure=measure)


def read_law(written: object, reading: Reading) -> Law:
    """Which law is written? A number or a reference is a constant one."""
    stated = unwrapped(written)
    gathering = Gathering()
    with gathering.under(*wrapping(written)):
        if isinstance(stated, Law):
            return stated
        if isinstance(stated, Mapping):
            return stated_law(stated, reading)
        return Law("constant", {"value": reading.number(stated)}, reading.measure.dimension)
    raise gathering.error()


def stated_law(stated: Mapping[str, object], reading: Reading) -> Law:
    """Which law is stated by a map, such as `{uniform: {low: 1 d, high: 2 d}}`?"""
    kind = next((each for each in KINDS if each in stated), None)
    if kind is None and "value" in stated:
        key = next(str(each) for each in stated if each != "value" and each not in DESCRIPTION)
        raise wrong(f"has {key} beside its value", meant(key, sorted(DESCRIPTION)), stated)
    if kind is None:
        key = str(next(iter(stated), ""))
        remedy = meant(key, KINDS) if key else f"write {reading.measure.example}, or a law"
        raise wrong(f"has {key}, which is no law" if key else "is empty", remedy, stated)
    if kind == "chance":
        return Law(kind, read_chance(stated, reading), reading.measure.dimension)
    if beside := [str(key) for key in stated if key != kind]:
        remedy = "write one law, and beside it only source, confidence or note"
        raise wrong(f"has {beside[0]} beside {kind}", remedy, stated)
    gathering = Gathering()
    with gathering.under(kind):
        params = READERS.get(kind, read_parameters)(kind, stated[kind], reading)
        return Law(kind, params, reading.measure.dimension)
    raise gathering.error()


def read_constant(kind: str, written: object, reading: Reading) -> Params:
    """What does `{constant: 3 d}` say?"""
    return {"value": reading.number(written)}


def read_parameters(kind: str, written: object, reading: Reading) -> Params:
    """Which parameters does a law have that is stated by some numbers?"""
    ways = PARAMETERS[kind]
    if not isinstance(written, Mapping) or set(written) not in [set(way) for way in ways]:
        forms = (f"{{{kind}: {{{', '.join(f'{name}: ...' for name in way)}}}}}" for way in ways)
        raise wrong(f"does not state {kind}", f"write {' or '.join(forms)}", written)
    params: Params = {}
    gathering = Gathering()
    for name, part in written.items():
        with gathering.under(name):
            number = params[name] = reading.of(NUMBER if name in PLAIN else reading.measure).number(part)
            if name not in {"low", "mode", "high"} and isinstance(number, float) and number <= 0:
                raise wrong(f"must be above 0, since it is a {name}", "write a positive number", part)
    gathering.settle()
    in_order(params, written)
    return params


def in_order(params: Params, written: object) -> None:
    """Raises `Wrong` where low, mode and high are not in this order."""
    named = [(name, params[name]) for name in ("low", "mode", "high") if isinstance(params.get(name), float)]
    for (before, low), (after, high) in pairwise(named):
        if low > high:
            raise wrong(f"has its {before} above its {after}", f"write {before} <= {after}", written)


def read_discrete(kind: str, written: object, reading: Reading) -> Params:
    """Which values, and how likely? (Equally, where no weights are written.)"""
    if not isinstance(written, Mapping) or not {"values"} <= set(written) <= {"values", "weights"}:
        raise wrong("does not state discrete", "write {discrete: {values: [...], weights: [...]}}", written)
    gathering = Gathering()
    values: tuple[Number, ...] = ()
    weights: tuple[Number, ...] = ()
    with gathering.under("values"):
        values = numbers(written["values"], reading)
        weights = (1.0,) * len(values)
    with gathering.under("weights"):
        if "weights" in written:
            weights = numbers(written["weights"], reading.of(NUMBER))
    gathering.settle()
    if len(values) != len(weights):
        message = f"has {len(values)} values and {len(weights)} weights"
        raise wrong(message, "write a weight for each value", written)
    certain = [each for each in weights if isinstance(each, float)]
    if min(certain, default=1) < 0 or (len(certain) == len(weights) and not sum(certain) > 0):
        raise wrong("has weights that are no weights", "write none below 0, with a sum above 0", written)
    return {"values": values, "weights": weights}


def read_empirical(kind: str, written: object, reading: Reading) -> Params:
    """Which values were seen? (Those of a file have been put in place before, by `columns`.)"""
    if not isinstance(written, Mapping) or not {"values"} <= set(written) <= {"values", "unit"}:
        remedy = "write {empirical: {values: [...]}} or {empirical: {file: F, column: C, unit: U}}"
        raise wrong("does not state empirical", remedy, written)
    gathering = Gathering()
    if "unit" in written:
        unit = str(written["unit"])
        with gathering.under("unit"):
            parse_quantity(f"1 {unit}", reading.measure)
        gathering.settle()
        reading = reading.of(replace(reading.measure, bare=unit))
    with gathering.under("values"):
        return {"values": numbers(written["values"], reading)}
    raise gathering.error()


def numbers(written: object, reading: Reading) -> tuple[Number, ...]:
    """Which numbers are in a list? Raises `Wrong` with each that is none."""
    if not isinstance(written, list | tuple) or not written:
        raise wrong("is no list of numbers", "write [..., ...]", written)
    gathering = Gathering()
    found: list[Number] = []
    for position, part in enumerate(written):
        with gathering.under(position):
            found.append(reading.number(part))
    gathering.settle()
    return tuple(found)


def read_chance(stated: Mapping[str, object], reading: Reading) -> Params:
    """What does `{chance: 40 %, then: LAW, else: LAW}` say?"""
    if not {"chance", "then"} <= set(stated) <= {"chance", "then", "else"}:
        raise wrong("does not state a chance", "write {chance: 40 %, then: LAW, else: LAW}", stated)
    gathering = Gathering()
    params: Params = {"else": Law("constant", {"value": 0.0}, reading.measure.dimension)}
    with gathering.under("chance"):
        share = params["chance"] = reading.of(MEASURES["share"]).number(stated["chance"])
        if isinstance(share, float) and not 0 <= share <= 1:
            raise wrong("must be between 0 % and 100 %", "write a share, such as 40 %", stated["chance"])
    for name in ("then", "else"):
        with gathering.under(name):
            if name in stated:
                params[name] = read_law(stated[name], reading)
    gathering.settle()
    return {name: params[name] for name in ("chance", "then", "else")}


READERS: dict[str, Callable[[str, object, Reading], Params]] = {
    "constant": read_constant,
    "discrete": read_discrete,
    "empirical": read_empirical,
}


def measure_of(written: object, uncertain: Known | None = None) -> Measure:
    """What does a quantity or a law measure, seen from its units? A bare number is a number."""
    if isinstance(written, Mapping):
        stated = written.get("empirical")
        if isinstance(stated, Mapping) and "unit" in stated:
            return measure_of(f"1 {stated['unit']}")
        aside = DESCRIPTION | PLAIN | {"weights", "chance"}
        return measure_of([part for key, part in written.items() if key not in aside], uncertain)
    if isinstance(written, list | tuple):
        measures = (measure_of(part, uncertain) for part in written)
        return next((each for each in measures if each.dimension != "number"), NUMBER)
    if isinstance(written, str) and (match := REFERENCE.fullmatch(written.strip())):
        law = (uncertain or {}).get(match[1])
        return MEASURES.get(law.dimension, NUMBER) if law else NUMBER
    if measure := measure_of_unit(split(written)[1]):
        return measure
    raise wrong("measures nothing that a scenario knows", "write a power, a duration, ...", written)
