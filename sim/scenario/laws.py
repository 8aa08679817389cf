"""Laws: what is stated about a quantity that may vary, and how is it written?

A number that is certain is a constant law. Parameters are held in the canonical unit of the law's dimension.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sim.scenario.faults import Gathering, meant, wrong
from sim.scenario.units import MEASURES, Measure, measure_of_unit, parse_quantity, split

DESCRIPTION = frozenset({"source", "confidence", "note"})
"""The keys that only describe, allowed beside any quantity or law."""

PARAMETERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "uniform": (("low", "high"),),
    "triangular": (("low", "mode", "high"),),
    "pert": (("low", "mode", "high"),),
    "exponential": (("mean",),),
    "lognormal": (("median", "sigma"), ("mean", "cv")),
    "gamma": (("shape", "scale"), ("mean", "cv")),
    "weibull": (("shape", "scale"),),
}
"""The parameters of each law, in the ways in which they may be stated."""

KINDS = ("constant", *PARAMETERS, "discrete", "empirical", "chance")
PLAIN = frozenset({"sigma", "cv", "shape"})
"""Parameters that are plain numbers, whatever the law is a law of."""

REFERENCE = re.compile(r"\$([^\W\d].*)")


@dataclass(frozen=True)
class Ref:
    """Which number of `uncertain` stands here, and in which dimension is it read?"""

    name: str
    dimension: str


Number = float | Ref


@dataclass(frozen=True)
class Law:
    """How is a quantity distributed?

    `params` hold numbers or references in the canonical unit; `values` and `weights` are tuples of them, and
    the `then` and `else` of a chance are laws.
    """

    kind: str
    params: Mapping[str, Any]
    dimension: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", dict(self.params))

    def __hash__(self) -> int:
        return hash((self.kind, tuple(self.params.items()), self.dimension))

    @property
    def constant(self) -> float | None:
        """Its value, where it is a number that is certain."""
        value = self.params["value"] if self.kind == "constant" else None
        return value if isinstance(value, float) else None

    def refs(self) -> set[str]:
        """Which numbers of `uncertain` does it use?"""
        return {ref.name for ref in self.references()}

    def references(self) -> Iterator[Ref]:
        """Its references, one by one."""
        for part in self.params.values():
            if isinstance(part, Law):
                yield from part.references()
            else:
                yield from (
                    each for each in (part if isinstance(part, tuple) else (part,)) if isinstance(each, Ref)
                )


@dataclass(frozen=True)
class Reading:
    """How are the numbers of a law read? By their measure, and against what `uncertain` declares."""

    measure: Measure
    uncertain: Mapping[str, Law | None] | None = field(default=None)
    """None: references are not checked; a value of None: declared, but faulty."""

    def number(self, written: object) -> Number:
        """Which number or reference is written?"""
        if isinstance(written, Mapping | list | tuple):
            raise wrong("is not a number", f"write it as {self.measure.example}", written)
        if isinstance(written, str) and (match := REFERENCE.fullmatch(written.strip())):
            return self.reference(match[1])
        return parse_quantity(written, self.measure)

    def reference(self, name: str) -> Ref:
        """Which uncertain number is meant? Raises `Wrong` where there is none, or it measures something else."""
        ref = Ref(name, self.measure.dimension)
        if self.uncertain is None:
            return ref
        if name not in self.uncertain:
            raise wrong("names no number of uncertain", meant(name, self.uncertain), f"${name}")
        law = self.uncertain[name]
        if law is None or law.dimension == ref.dimension:
            return ref
        if law.dimension == "number" and self.measure.bare in ("", self.measure.unit):
            return ref
        measure = MEASURES.get(law.dimension)
        found = measure.called if measure else law.dimension
        raise wrong(f"is {found}, expected {self.measure.called}", f"write ${name} where it fits", f"${name}")

    def plain(self) -> Reading:
        """The same for a parameter that is a plain number."""
        return replace(self, measure=MEASURES["number"])

    def law(self, written: object) -> Law:
        """Which law is written? Raises `Wrong` with all that is wrong in it."""
        return read_law(written, self)


def unwrapped(written: object) -> object:
    """What is stated, without the keys that only describe it?"""
    if not isinstance(written, Mapping):
        return written
    bare = {key: part for key, part in written.items() if key not in DESCRIPTION}
    return bare["value"] if set(bare) == {"value"} else bare


def read_law(written: object, reading: Reading) -> Law:
    """Which law is written? A number or a reference is a constant one."""
    stated = unwrapped(written)
    if isinstance(stated, Law):
        return stated
    if stated is not written and isinstance(written, Mapping) and "value" in written:
        gathering = Gathering()
        with gathering.under("value"):
            return read_law(stated, reading)
        gathering.settle()
    dimension = reading.measure.dimension
    if not isinstance(stated, Mapping):
        return Law("constant", {"value": reading.number(stated)}, dimension)
    kind = next((each for each in KINDS if each in stated), None)
    if kind is None:
        key = str(next(iter(stated), ""))
        remedy = meant(key, KINDS) if key else f"write {reading.measure.example}, or a law"
        raise wrong(f"is no law that is known: {key}" if key else "is empty", remedy, written)
    if kind == "chance":
        return Law(kind, read_chance(stated, reading), dimension)
    if extra := [str(key) for key in stated if key != kind]:
        raise wrong(f"has the unknown key {extra[0]} beside {kind}", "write one law", written)
    gathering = Gathering()
    params: dict[str, Any] = {}
    with gathering.under(kind):
        params = READERS.get(kind, read_parameters)(kind, stated[kind], reading)
    gathering.settle()
    return Law(kind, params, dimension)


def read_constant(kind: str, written: object, reading: Reading) -> dict[str, Any]:
    """What does `{constant: 3 d}` say?"""
    return {"value": reading.number(written)}


def read_parameters(kind: str, written: object, reading: Reading) -> dict[str, Any]:
    """Which parameters does a law have that is stated by some numbers?"""
    ways = PARAMETERS[kind]
    form = " or ".join("{" + ", ".join(f"{name}: ..." for name in way) + "}" for way in ways)
    if not isinstance(written, Mapping):
        raise wrong(f"is not how {kind} is stated", f"write {{{kind}: {form}}}", written)
    if set(written) not in [set(way) for way in ways]:
        raise wrong(f"does not state {kind}", f"write {{{kind}: {form}}}", written)
    params: dict[str, Any] = {}
    gathering = Gathering()
    for name, part in written.items():
        with gathering.under(name):
            params[name] = (reading.plain() if name in PLAIN else reading).number(part)
            if name in PLAIN or kind in {"exponential", "gamma", "lognormal", "weibull"}:
                above_zero(name, params[name], part)
    gathering.settle()
    in_order(params, written)
    return params


def above_zero(name: str, number: Number, written: object) -> None:
    """Raises `Wrong` where a parameter is not above 0."""
    if isinstance(number, float) and number <= 0:
        raise wrong(f"must be above 0, since it is a {name}", "write a positive number", written)


def in_order(params: Mapping[str, Any], written: object) -> None:
    """Raises `Wrong` where low, mode and high are not in this order."""
    named = [(name, params[name]) for name in ("low", "mode", "high") if isinstance(params.get(name), float)]
    for (lesser, low), (greater, high) in zip(named, named[1:], strict=False):
        if low > high:
            raise wrong(f"has its {lesser} above its {greater}", f"write {lesser} <= {greater}", written)


def read_discrete(kind: str, written: object, reading: Reading) -> dict[str, Any]:
    """Which values, and how likely?"""
    if not isinstance(written, Mapping) or not {"values"} <= set(written) <= {"values", "weights"}:
        raise wrong("does not state discrete", "write {discrete: {values: [...], weights: [...]}}", written)
    values = numbers(written["values"], reading, "values")
    weights = numbers(written.get("weights", [1] * len(values)), reading.plain(), "weights")
    certain = [each for each in weights if isinstance(each, float)]
    if len(values) != len(weights):
        raise wrong(
            f"has {len(values)} values, but {len(weights)} weights", "write a weight for each", written
        )
    if any(each < 0 for each in certain) or (len(certain) == len(weights) and not sum(certain) > 0):
        raise wrong("has weights that are no weights", "write none below 0, with a sum above 0", written)
    return {"values": values, "weights": weights}


def read_empirical(kind: str, written: object, reading: Reading) -> dict[str, Any]:
    """Which values were seen? (A file of them has been read before, see `columns`.)"""
    if not isinstance(written, Mapping) or not {"values"} <= set(written) <= {"values", "unit"}:
        raise wrong(
            "does not state empirical",
            "write {empirical: {values: [...]}} or {empirical: {file: F, column: C, unit: d}}",
            written,
        )
    if "unit" in written:
        reading = replace(reading, measure=replace(reading.measure, bare=str(written["unit"])))
    return {"values": numbers(written["values"], reading, "values")}


def numbers(written: object, reading: Reading, name: str) -> tuple[Number, ...]:
    """Which numbers are in a list? Raises `Wrong` for each that is none."""
    gathering = Gathering()
    found: list[Number] = []
    with gathering.under(name):
        if not isinstance(written, list | tuple) or not written:
            raise wrong("is no list of numbers", "write [..., ...]", written)
        for position, part in enumerate(written):
            with gathering.under(position):
                found.append(reading.number(part))
    gathering.settle()
    return tuple(found)


def read_chance(stated: Mapping[str, object], reading: Reading) -> dict[str, Any]:
    """What does `{chance: 40 %, then: LAW, else: LAW}` say?"""
    if not {"chance", "then"} <= set(stated) <= {"chance", "then", "else"}:
        raise wrong("does not state a chance", "write {chance: 40 %, then: LAW, else: LAW}", dict(stated))
    params: dict[str, Any] = {"else": Law("constant", {"value": 0.0}, reading.measure.dimension)}
    gathering = Gathering()
    with gathering.under("chance"):
        share = params["chance"] = replace(reading, measure=MEASURES["share"]).number(stated["chance"])
        if isinstance(share, float) and not 0 <= share <= 1:
            raise wrong("must be between 0 % and 100 %", "write a share, as 40 %", stated["chance"])
    for name in ("then", "else"):
        with gathering.under(name):
            if name in stated:
                params[name] = read_law(stated[name], reading)
    gathering.settle()
    return {name: params[name] for name in ("chance", "then", "else")}


READERS: dict[str, Callable[[str, object, Reading], dict[str, Any]]] = {
    "constant": read_constant,
    "discrete": read_discrete,
    "empirical": read_empirical,
}


def measure_of(written: object) -> Measure:
    """What does a law measure, seen from the units that it is written with? A bare number is a number."""
    if isinstance(written, Mapping):
        if (
            "empirical" in written
            and isinstance(written["empirical"], Mapping)
            and "unit" in written["empirical"]
        ):
            return measure_of(f"1 {written['empirical']['unit']}")
        aside = DESCRIPTION | PLAIN | {"weights", "chance"}
        return measure_of([part for key, part in written.items() if key not in aside])
    if isinstance(written, list | tuple):
        return next((each for part in written if (each := measure_of(part)).dimension != "number"), NUMBER)
    if not (isinstance(written, str) and REFERENCE.fullmatch(written.strip())):
        _, unit = split(written)
        measure = measure_of_unit(unit)
        if measure is None:
            raise wrong(
                f"is in {unit}, which is no quantity of a scenario", "write a power, a duration, ...", written
            )
        return measure
    return NUMBER


NUMBER = MEASURES["number"]


def bounds(law: Law, uncertain: Mapping[str, Law | None] | None = None) -> tuple[float, float]:
    """Between which numbers, ends included, does a law lie? Infinite where that is not known."""
    known = uncertain or {}

    def of(number: Number) -> tuple[float, float]:
        if isinstance(number, float):
            return number, number
        referred = known.get(number.name)
        return bounds(referred, known) if referred else (-math.inf, math.inf)

    params = law.params
    if law.kind == "chance":
        then, other = bounds(params["then"], known), bounds(params["else"], known)
        return min(then[0], other[0]), max(then[1], other[1])
    if law.kind in {"uniform", "triangular", "pert"}:
        return of(params["low"])[0], of(params["high"])[1]
    if law.kind in {"constant", "discrete", "empirical"}:
        ends = [of(each) for each in params.get("values", (params.get("value"),))]
        return min(low for low, _ in ends), max(high for _, high in ends)
    return 0.0, math.inf


def can_be_zero(law: Law) -> bool:
    """Does a law that is never below 0 yield exactly 0 with some chance?"""
    if law.kind == "chance":
        return can_be_zero(law.params["then"]) or can_be_zero(law.params["else"])
    return 0.0 in law.params.get("values", (law.params.get("value"),))
