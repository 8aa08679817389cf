"""Designs: which points of a unit cube are played, to learn of a scenario where some of its keys vary?

A design is an array `(n_points, n_factors)` in [0, 1); what a number of it means, the factor says by inverse
transform (see `points`). NaN leaves a key as the scenario has it.
"""

import math
from collections.abc import Sequence

import numpy as np

from sim.model.arrays import FloatArray
from sim.scenario.designs import Design
from sim.scenario.factors import Factor

LARGEST_BELOW_ONE = math.nextafter(1.0, 0.0)


def number_of_points(design: Design, factors: Sequence[Factor]) -> int:
    """How many points does a design have?"""
    d, s = len(factors), design.settings
    match design.kind:
        case "grid":
            return math.prod(level_counts(design, factors))
        case "one at a time":
            return 1 + sum(level_counts(design, factors))
        case "latin hypercube":
            return s["points"]
        case "sobol":
            return s["points"] * (2 * d + 2 if s["second_order"] else d + 2)
        case _:
            return s["trajectories"] * (d + 1)


def level_counts(design: Design, factors: Sequence[Factor]) -> list[int]:
    """Into how many values is each factor cut? Its own, or those of the design for what is continuous."""
    return [len(factor.levels) or design.settings["levels"] for factor in factors]


def salib_problem(factors: Sequence[Factor]) -> dict[str, object]:
    """The factors as SALib calls them: numbers between 0 and 1."""
    names = [factor.name for factor in factors]
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def sample_design(design: Design, factors: Sequence[Factor], seed: int) -> FloatArray:
    """The points of a design, `(n_points, n_factors)` in [0, 1), the same for the same seed.

    A grid crosses all levels, the last factor fastest. One at a time begins with the scenario as it is. Sobol's
    design is that of Saltelli for first and total order indices, and Morris's that of his trajectories, both as
    SALib makes them (Morris on the midpoints of its levels, so that a law without ends has no infinite value).
    """
    cut = level_counts(design, factors) if "levels" in design.settings else []
    match design.kind:
        case "grid":
            ways = np.meshgrid(*(midpoints(n) for n in cut), indexing="ij")
            return np.column_stack([each.ravel() for each in ways])
        case "one at a time":
            u = np.full((1 + sum(cut), len(cut)), np.nan)
            row = 1
            for column, (n, factor) in enumerate(zip(cut, factors, strict=True)):
                u[row : row + n, column] = midpoints(n) if factor.levels else central_probabilities(n)
                row += n
            return u
        case "latin hypercube":
            from scipy.stats import qmc

            rng = np.random.default_rng(seed)
            return np.minimum(
                qmc.LatinHypercube(len(factors), rng=rng).random(design.settings["points"]), LARGEST_BELOW_ONE
            )
        case "sobol":
            from SALib.sample import sobol  # type: ignore[import-untyped]

            u = sobol.sample(
                salib_problem(factors),
                design.settings["points"],
                calc_second_order=bool(design.settings["second_order"]),
                seed=seed,
            )
            return np.minimum(np.asarray(u, dtype=np.float64), LARGEST_BELOW_ONE)
        case _:
            from SALib.sample import morris

            n = design.settings["levels"]
            u = np.asarray(
                morris.sample(
                    salib_problem(factors), design.settings["trajectories"], num_levels=n, seed=seed
                )
            )
            return (np.round(u * (n - 1)) + 0.5) / n


def midpoints(n: int) -> FloatArray:
    """The middles of `n` equal parts of [0, 1)."""
    return (np.arange(n) + 0.5) / n


def central_probabilities(n: int) -> FloatArray:
    """`n` probabilities from a tenth to nine tenths."""
    return np.linspace(0.1, 0.9, n) if n > 1 else np.array([0.5])
