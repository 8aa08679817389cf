"""What a family of distributions is: the row of a table, and the parts that several rows share.

`p` stands for the parameters by name, `u` for probabilities in [0, 1), each as `(n,)`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.scenario.distributions import Distribution
from sim.scenario.number_reader import NumberReader

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

Parameters = dict[str, Any]
Values = Mapping[str, Any]
"""Parameters, where references have been replaced by numbers, and tuples perhaps by arrays."""
Bounds = tuple[float, float]
ReadDistribution = Callable[[object, NumberReader], Distribution]
"""Reads a distribution that stands inside another."""
ToText = Callable[[Any], str]
"""Puts a number, a reference or a distribution into words."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a family that is stated by parameters alone."""

    name: str
    is_plain: bool
    """Whether it is a plain number, whatever the distribution is of."""
    is_positive: bool
    """Whether it must be above 0."""
    example: str
    """What may stand there, where the distribution is of a duration."""


@dataclass(frozen=True)
class DistributionFamily:
    """All that there is to say of a family.

    Raises ValueError where neither examples nor parameters show how the family is written.
    """

    name: str
    """The word of the format."""
    meaning: str
    """What it gives, in the words of the reference."""
    parametrizations: tuple[tuple[Parameter, ...], ...]
    """The parameters in the ways in which they may be stated; empty where the family has a form of its own."""
    own_plain_keys: frozenset[str]
    """Keys, beside plain parameters, that do not tell what the distribution measures."""
    own_examples: tuple[str, ...]
    """How it is written, of a duration; empty where the parameters are all."""
    read: Callable[[DistributionFamily, Mapping[str, object], NumberReader, ReadDistribution], Parameters]
    """Its parameters, read from the map that states it. Raises InvalidValueError."""
    quantile: Callable[[FloatArray, Values, Callable[[Distribution, FloatArray], FloatArray]], FloatArray]
    """Its values at probabilities; the function gives those of a distribution that is a parameter."""
    median: Callable[[Values, Callable[[FloatArray], FloatArray]], float]
    """The median, from the parameters or the quantile function."""
    mean: Callable[[Values], float]
    """The mean, where all parameters have been replaced by numbers (tuples of numbers)."""
    support: Callable[[Mapping[str, Any], Callable[[Any], Bounds]], Bounds]
    """The least and the largest value; the function gives the bounds of a number, reference or distribution."""
    atoms: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    """The numbers, references or distributions that it gives with a positive probability."""
    describe: Callable[[DistributionFamily, Mapping[str, Any], ToText, ToText], str]
    """It in a few words; the functions put a number and a distribution into words."""

    def __post_init__(self) -> None:
        if not self.parametrizations and not self.own_examples:
            raise ValueError(f"distribution family {self.name!r}: no example of how it is written")

    @property
    def plain_keys(self) -> frozenset[str]:
        """The keys whose numbers do not tell what the distribution measures."""
        plain = {each.name for way in self.parametrizations for each in way if each.is_plain}
        return self.own_plain_keys | plain

    @property
    def examples(self) -> tuple[str, ...]:
        """How it may be written, of a duration."""
        ways = (", ".join(f"{each.name}: {each.example}" for each in way) for way in self.parametrizations)
        return (*self.own_examples, *(f"{{{self.name}: {{{way}}}}}" for way in ways))


# Supports, atoms and descriptions that rows share


def span(parts: tuple[Any, ...], bounds: Callable[[Any], Bounds]) -> Bounds:
    """The least and the largest value of several parts."""
    ends = [bounds(each) for each in parts]
    return min(low for low, _ in ends), max(high for _, high in ends)


def low_to_high(p: Mapping[str, Any], bounds: Callable[[Any], Bounds]) -> Bounds:
    """The support from the lower bound of `low` to the upper bound of `high`."""
    return bounds(p["low"])[0], bounds(p["high"])[1]


def non_negative(p: Mapping[str, Any], bounds: Callable[[Any], Bounds]) -> Bounds:
    """The support of what may be any number from 0 up."""
    return 0.0, math.inf


def no_atoms(p: Mapping[str, Any]) -> tuple[Any, ...]:
    """No value has a positive probability."""
    return ()


def describe_value(_: Any, p: Mapping[str, Any], number: ToText, __: Any) -> str:
    """The value alone."""
    return number(p["value"])


def describe_range(family: DistributionFamily, p: Mapping[str, Any], number: ToText, _: Any) -> str:
    """The two ends, and the name of the family."""
    return f"{number(p['low'])} to {number(p['high'])} ({family.name})"


def describe_by(
    *names: str,
) -> Callable[[DistributionFamily, Mapping[str, Any], Callable[[Any], str], Any], str]:
    """A description by one of some parameters: the first of them that is stated."""

    def describe(family: DistributionFamily, p: Mapping[str, Any], number: ToText, _: Any) -> str:
        name = next(name for name in names if name in p)
        return f"{name} {number(p[name])} ({family.name})"

    return describe


MAX_DESCRIBED_VALUES = 6


def describe_values(_: Any, p: Mapping[str, Any], number: ToText, __: Any) -> str:
    """The values, with their shares where they have weights; of many the number and the ends."""
    values = [float(value) for value in p["values"]]
    if len(values) > MAX_DESCRIBED_VALUES:
        return f"one of {len(values):,} values from {number(min(values))} to {number(max(values))}"
    texts = [number(value) for value in values]
    if (weights := p.get("weights")) is not None:
        texts = [
            f"{text} ({100 * weight / sum(weights):.3g} %)"
            for text, weight in zip(texts, weights, strict=True)
        ]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"


def describe_chance(_: Any, p: Mapping[str, Any], number: ToText, distribution: ToText) -> str:
    """The chance, and both distributions."""
    chance = f"{p['chance']:.0%}" if isinstance(p["chance"], float) else number(p["chance"])
    return f"{chance} chance of {distribution(p['then'])}, else {distribution(p['else'])}"
