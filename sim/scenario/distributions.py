"""Distributions as data: which family, with which parameters, in which dimension.

A number that is certain is a constant distribution. Parameters are held in the canonical unit of the dimension.
What a family means stands in its row of `distribution_families`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CONSTANT = "constant"
"""The family of a number that is certain: the one with a part of its own in a scenario."""


@dataclass(frozen=True)
class UncertainReference:
    """A reference to a number of `uncertain`, and the dimension in which it is read."""

    name: str
    dimension: str


NumberOrReference = float | UncertainReference


@dataclass(frozen=True)
class Distribution:
    """How a quantity is distributed.

    `params` hold numbers or references in the canonical unit; `values` and `weights` are tuples of them, and
    the `then` and `else` of a chance are distributions. They are not checked against the family: the study
    replaces one field at a time, so a distribution that no reader would make exists for a moment.
    """

    family: str
    params: Mapping[str, Any]
    dimension: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", dict(self.params))

    def __hash__(self) -> int:
        return hash((self.family, tuple(self.params.items()), self.dimension))

    @staticmethod
    def certain(value: NumberOrReference, dimension: str) -> Distribution:
        """The distribution of a quantity that is always `value`."""
        return Distribution(CONSTANT, {"value": value}, dimension)

    @property
    def is_constant(self) -> bool:
        """Whether it gives one number, which may be a reference."""
        return self.family == CONSTANT

    @property
    def constant(self) -> float | None:
        """Its value, where it is a number that is certain."""
        value = self.params["value"] if self.is_constant else None
        return None if value is None or isinstance(value, UncertainReference) else float(value)

    @property
    def reference(self) -> UncertainReference | None:
        """The reference that stands in place of a number, as in `growth: $growth`."""
        value = self.params["value"] if self.is_constant else None
        return value if isinstance(value, UncertainReference) else None

    def references(self) -> set[str]:
        """The names of the numbers of `uncertain` that it uses."""
        return {part.name for part in self._numbers() if isinstance(part, UncertainReference)}

    def _numbers(self) -> Iterator[object]:
        """Its numbers and references, one by one."""
        for part in self.params.values():
            if isinstance(part, Distribution):
                yield from part._numbers()
            elif isinstance(part, tuple):
                yield from part
            else:
                yield part


UncertainNumbers = Mapping[str, "Distribution | None"]
"""The distributions of `uncertain` by name; None for one that is declared, but faulty."""
