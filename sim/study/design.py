"""Designs of experiments: the points of the unit cube at which a scenario is played.

A design is an array `(n_points, n_factors)` of probabilities in [0, 1), which each factor turns into its values by
inverse transform (see `sweep_points`). NaN leaves a key as the scenario has it. d is the number of factors.
"""

import math
from collections.abc import Sequence

import numpy as np

from sim.model.arrays import FloatArray
from sim.scenario.designs import Design
from sim.scenario.factors import Factor

LARGEST_BELOW_ONE = math.nextafter(1.0, 0.0)


def number_of_points(design: Design, factors: Sequence[Factor]) -> int:
    """Return the number of points of a design."""
    d, settings = len(factors), design.settings
    match design.kind:
        case "grid":
            return math.prod(level_counts(design, factors))
        case "one at a time":
            return 1 + sum(level_counts(design, factors))
        case "latin hypercube":
            return settings["points"]
        case "sobol":
            return settings["points"] * (2 * d + 2 if settings["second_order"] else d + 2)
        case _:
            return settings["trajectories"] * (d + 1)


def level_counts(design: Design, factors: Sequence[Factor]) -> list[int]:
    """Return the number of levels of each factor: its own, or those of the design where it is continuous."""
    return [len(factor.levels) or design.settings["levels"] for factor in factors]


def salib_problem(factors: Sequence[Factor]) -> dict[str, object]:
    """Return the factors in the form of SALib: each between 0 and 1."""
    names = [factor.name for factor in factors]
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def sample_design(design: Design, factors: Sequence[Factor], seed: int) -> FloatArray:
    """Return the points of a design, `(n_points, n_factors)` in [0, 1), the same for the same seed.

    A grid crosses all levels, the last factor fastest. One at a time begins with the scenario as it is. Sobol's
    design is that of Saltelli for first and total order indices, and Morris's that of his trajectories, both as
    SALib makes them (Morris on the midpoints of its levels, so that a law without ends has no infinite value).
    """
    counts = level_counts(design, factors) if "levels" in design.settings else []
    match design.kind:
        case "grid":
            axes = np.meshgrid(*(midpoints(n) for n in counts), indexing="ij")
            return np.column_stack([axis.ravel() for axis in axes])
        case "one at a time":
            u = np.full((1 + sum(counts), len(counts)), np.nan)
            row = 1
            for column, (n, factor) in enumerate(zip(counts, factors, strict=True)):
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
    """Return the midpoints of `n` equal parts of [0, 1)."""
    return (np.arange(n) + 0.5) / n


def central_probabilities(n: int) -> FloatArray:
    """Return `n` probabilities from 0.1 to 0.9, evenly."""
    return np.linspace(0.1, 0.9, n) if n > 1 else np.array([0.5])
