"""Missing parts of a design: where runs failed, or an outcome has no value, and at which ends of the factors.

Indices need whole parts of a design: a trajectory of Morris's, or a base point of Sobol's with its changes. A part in
which one run is missing is left out whole, and the indices are of the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from sim.model.arrays import FloatArray
from sim.results.formatting import format_count, join_words

MAX_MISSING_SHARE = 0.25
"""The largest share of a design that may be left out; beyond it no index is given, since they would be of a region of
the factors that nobody chose."""
MIN_END_PROBABILITY, MIN_END_SCORE = 0.7, 2.0
"""Missing points lie at an end of a factor where one of them lies beyond another point with this probability, and
this many standard deviations from chance (the statistic of Mann and Whitney, 1947)."""
PART_NAMES = {"morris": "trajectories", "sobol": "base points"}
"""The parts of each design, looked up strictly."""

FactorEnd = Literal["lower", "upper"]


@dataclass(frozen=True)
class MissingParts:
    """The parts of a design that are left out for an outcome."""

    parts: int
    """The number of trajectories, or base points of Sobol's, that are left out."""
    of: int
    """The number of these in the design."""
    failed_points: tuple[int, ...]
    """The points at which a run failed, numbered as in the sweep."""
    points_without_value: tuple[int, ...]
    """The points at which every run went through, but the outcome has no value in some."""
    ends: Mapping[str, FactorEnd]
    """The factors at whose lower or upper end these points lie."""
    first_error: str | None
    """The error of the first run that failed."""

    @property
    def share(self) -> float:
        """The share of the design that is left out."""
        return self.parts / self.of

    def to_dict(self) -> dict[str, Any]:
        """Return it as one object."""
        numbers = asdict(self)
        return {**numbers, **{key: list(numbers[key]) for key in ("failed_points", "points_without_value")}}

    def to_text(self, design: str) -> str:
        """Return how many parts are left out, why, and where the missing points lie, in words."""
        reasons = []
        if self.failed_points:
            reasons.append(f"a run failed at {format_count(len(self.failed_points), 'point')}")
        if self.points_without_value:
            reasons.append(f"it has no value at {format_count(len(self.points_without_value), 'point')}")
        where = join_words(f"the {end} end of {factor}" for factor, end in self.ends.items())
        text = f"{self.parts} of {self.of} {PART_NAMES[design]} are left out: {join_words(reasons)}"
        text += f", at {where}" if self.ends else ", at the end of no factor in particular"
        return text + (f" (the first failure: {self.first_error})" if self.first_error else "")


def find_missing_parts(
    names: Sequence[str],
    u: FloatArray,
    y: FloatArray,
    failures: Mapping[int, str],
) -> MissingParts:
    """Find what an outcome lacks; `failures` are the errors by point.

    `u` are the blocks of a design, `(n_blocks, n_rows, d)`, and `y` is the outcome, `(n_blocks, n_rows, n_futures)`.
    """
    is_missing: npt.NDArray[np.bool_] = np.logical_or.reduce(np.isnan(y), axis=2)
    points = np.flatnonzero(is_missing).tolist()
    failed = tuple(k for k in points if k in failures)
    return MissingParts(
        parts=int(np.logical_or.reduce(is_missing, axis=1).sum()),
        of=len(y),
        failed_points=failed,
        points_without_value=tuple(k for k in points if k not in failures),
        ends=_factor_ends(names, u.reshape(-1, u.shape[-1]), is_missing.ravel()),
        first_error=failures[failed[0]] if failed else None,
    )


def _factor_ends(
    names: Sequence[str], u: FloatArray, is_missing: npt.NDArray[np.bool_]
) -> dict[str, FactorEnd]:
    """Return the factors at whose ends the missing ones of points `(n_points, d)` lie."""
    ends: dict[str, FactorEnd] = {}
    n, m = int(is_missing.sum()), int((~is_missing).sum())
    if n == 0 or m == 0:
        return ends
    for name, values in zip(names, u.T, strict=True):
        missing, others = values[is_missing], np.sort(values[~is_missing])
        below = np.searchsorted(others, missing, "left") + np.searchsorted(others, missing, "right")
        probability = float(below.mean()) / (2 * m)
        score = abs(probability - 0.5) / math.sqrt((n + m + 1) / (12 * n * m))
        if max(probability, 1 - probability) >= MIN_END_PROBABILITY and score >= MIN_END_SCORE:
            ends[name] = "upper" if probability > 0.5 else "lower"
    return ends
