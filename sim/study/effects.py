"""Effects: which factors matter for an outcome, how much, and is it more than noise?

Where there are many factors, Morris's design screens them first; Sobol's then says of those that are left how much
of the variance goes with each. What evaluates the points is given: a sweep of a scenario, or any function.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from sim.model.arrays import FloatArray
from sim.results.metrics import metric_unit
from sim.scenario.designs import Design
from sim.scenario.factors import Factor
from sim.study.design import sample_design
from sim.study.sensitivity_indices import (
    IndexEstimate,
    elementary_changes,
    estimate_ratios,
    first_order_terms,
    noise_share,
    strength_terms,
    swing_terms,
    total_order_terms,
    variance_between_points,
)
from sim.study.sweep_points import value_at_probability

SensitivityMethod = Literal["both", "morris", "sobol"]
DEFAULT_KEEP = 8
"""So many factors are left by the screening, if nothing else is said; of no more there is none."""
DEFAULT_TRAJECTORIES, DEFAULT_LEVELS, DEFAULT_POINTS = 10, 4, 64
EffectVerdict = Literal[
    "more than noise", "too few points to tell", "not distinguishable from noise", "no effect at all"
]
EFFECT_VERDICTS: tuple[EffectVerdict, ...] = get_args(EffectVerdict)
MIN_BLOCKS = 4
"""Of fewer trajectories, or points of Sobol's, nothing is said."""


@dataclass(frozen=True)
class FactorEffect:
    """What a factor does to an outcome."""

    factor: str
    swing: IndexEstimate
    """What the outcome does in the mean while the factor alone goes from its 10 % to its 90 % value."""
    strength: IndexEstimate | None = None
    """Morris: the mean square of what it does while the factor goes half its way, free of noise."""
    mu_star: float | None = None
    """Morris: the mean size of that, noise and all."""
    sigma: float | None = None
    """Morris: how much that differs from place to place, noise and all."""
    first: IndexEstimate | None = None
    """Sobol: the part of the variance that goes with the factor alone."""
    total: IndexEstimate | None = None
    """Sobol: the part that is there only because of it, alone and with others."""

    @property
    def importance(self) -> float:
        """How much it matters: to rank factors of one outcome."""
        measured = self.total or self.strength
        return 0.0 if measured is None else measured.value

    @property
    def verdict(self) -> EffectVerdict:
        """What is to be said of it: is it more than noise, in that one of the intervals that say so leaves 0 out?

        Shares that lie above 1 come of too few points, of which nothing is sure.
        """
        shares = [index for index in (self.first, self.total) if index is not None]
        if all(index.is_zero for index in (self.swing, self.strength, *shares) if index is not None):
            return "no effect at all"
        if any(share.exceeds_one for share in shares):
            return "too few points to tell"
        if any(
            index is not None and index.excludes_zero for index in (self.swing, self.total, self.strength)
        ):
            return "more than noise"
        return "not distinguishable from noise"

    @property
    def distinguishable(self) -> bool:
        """Is it more than noise?"""
        return self.verdict == "more than noise"


@dataclass(frozen=True)
class OutcomeEffects:
    """What the factors do to one outcome, the strongest first."""

    outcome: str
    unit: str
    mean: float
    sd: float
    """Of the mean over futures, between the points."""
    noise: float | None
    """Which part of the variance of single runs is the luck of the futures, and no factor's."""
    blocks: int
    """How many trajectories, or points of Sobol's, are whole."""
    effects: tuple[FactorEffect, ...]


@dataclass(frozen=True)
class SensitivityStage:
    """What one design found: of which factors, by how many points, over how many futures each."""

    design: Design
    factors: tuple[str, ...]
    points: int
    replications: int
    outcome_effects: tuple[OutcomeEffects, ...]
    omission_reasons: Mapping[str, str]
    """Outcomes of which nothing can be said, and why."""

    def verdict(self, factor: str) -> EffectVerdict:
        """What is to be said of a factor, for the outcome for which most can be said?"""
        said = [
            each.verdict for found in self.outcome_effects for each in found.effects if each.factor == factor
        ]
        return min(said, key=EFFECT_VERDICTS.index)


DesignEvaluator = Callable[[Design, Sequence[Factor]], tuple[FloatArray, Mapping[str, FloatArray]]]
"""The points of a design, `(n_points, n_factors)`, and each outcome there, `(n_points, n_futures)`, NaN for none."""


def analyse_effects(
    factors: Sequence[Factor],
    evaluate: DesignEvaluator,
    method: SensitivityMethod = "both",
    keep: int = DEFAULT_KEEP,
    trajectories: int = DEFAULT_TRAJECTORIES,
    levels: int = DEFAULT_LEVELS,
    points: int = DEFAULT_POINTS,
) -> tuple[SensitivityStage, ...]:
    """What matters, of what is evaluated. With `both`, Morris's design screens more than `keep` factors."""
    stages: list[SensitivityStage] = []
    if method == "morris" or (method == "both" and len(factors) > keep):
        design = Design("morris", {"trajectories": trajectories, "levels": levels})
        stages.append(analyse_design(design, factors, *evaluate(design, factors)))
        if method == "morris":
            return tuple(stages)
        factors = screen_factors(stages[0], factors, keep)
    if factors:
        design = Design("sobol", {"points": points, "second_order": 0})
        stages.append(analyse_design(design, factors, *evaluate(design, factors)))
    return tuple(stages)


def screen_factors(stage: SensitivityStage, factors: Sequence[Factor], keep: int) -> list[Factor]:
    """Which factors are left: those that are more than noise for some outcome, and the strongest of them?"""
    rank: dict[str, float] = {}
    for findings in stage.outcome_effects:
        whole = sum(max(0.0, effect.importance) for effect in findings.effects)
        for effect in findings.effects:
            if effect.distinguishable and whole > 0:
                rank[effect.factor] = max(rank.get(effect.factor, 0.0), effect.importance / whole)
    left = sorted(rank, key=lambda name: -rank[name])[:keep]
    return [factor for factor in factors if factor.name in left]


def analyse_design(
    design: Design, factors: Sequence[Factor], u: FloatArray, outcomes: Mapping[str, FloatArray]
) -> SensitivityStage:
    """What a design found of each outcome."""
    rows = len(factors) + (2 if design.kind == "sobol" else 1)
    blocks = u.reshape(-1, rows, len(factors))
    names = tuple(factor.name for factor in factors)
    findings, silent = [], {}
    for outcome, values in outcomes.items():
        y = values.reshape(len(blocks), rows, -1)
        there = ~np.isnan(y).any(axis=(1, 2))
        told = reason_for_omission(y[there], len(blocks))
        if told:
            silent[outcome] = told
        else:
            findings.append(outcome_effects(outcome, design.kind, names, blocks[there], y[there]))
    futures = next(iter(outcomes.values())).shape[-1]
    return SensitivityStage(design, names, len(u), futures, tuple(findings), silent)


def reason_for_omission(y: FloatArray, blocks: int) -> str | None:
    """Why can nothing be said of an outcome? None if something can."""
    if len(y) < MIN_BLOCKS:
        return f"it has no value, or failed, somewhere in {blocks - len(y)} of {blocks} parts of the design"
    if np.ptp(y.mean(axis=-1)) == 0:
        return "it is the same at every point"
    return None


def outcome_effects(
    name: str, kind: str, factors: Sequence[str], u: FloatArray, y: FloatArray
) -> OutcomeEffects:
    """What each factor does to an outcome."""
    swing = estimate_ratios(swing_terms(kind, u), y)
    extra: list[dict[str, Any]]
    if kind == "sobol":
        first, total = estimate_ratios(first_order_terms, y), estimate_ratios(total_order_terms, y)
        extra = [{"first": a, "total": b} for a, b in zip(first, total, strict=True)]
    else:
        moved, changed = elementary_changes(kind, u, y)
        effects = np.sign(moved) * changed.mean(-1)
        extra = [
            {"strength": strength, "mu_star": float(mu), "sigma": float(sigma)}
            for strength, mu, sigma in zip(
                estimate_ratios(strength_terms(u), y),
                np.abs(effects).mean(0),
                effects.std(0, ddof=1),
                strict=True,
            )
        ]
    found = [
        FactorEffect(*each, **more)
        for each, more in zip(zip(factors, swing, strict=True), extra, strict=True)
    ]
    return OutcomeEffects(
        outcome=name,
        unit=metric_unit(name),
        mean=float(y.mean()),
        sd=math.sqrt(variance_between_points(y)),
        noise=noise_share(y),
        blocks=len(y),
        effects=tuple(sorted(found, key=lambda effect: -effect.importance)),
    )


def function_evaluator(
    function: Callable[[FloatArray, int], FloatArray], factors: Sequence[Factor], n_futures: int, seed: int
) -> DesignEvaluator:
    """Evaluates any function of the values of the factors, `(n_points, n_factors)`, and of the number of a future."""

    def evaluate(design: Design, some: Sequence[Factor]) -> tuple[FloatArray, Mapping[str, FloatArray]]:
        u = sample_design(design, some, seed)
        middle = np.full((len(u), len(factors)), 0.5)
        for k, factor in enumerate(factors):
            if factor in some:
                middle[:, k] = u[:, list(some).index(factor)]
        x = np.array(
            [
                [value_at_probability(factor, p) for factor, p in zip(factors, row, strict=True)]
                for row in middle
            ]
        )
        return u, {"value": np.stack([function(x, future) for future in range(n_futures)], axis=-1)}

    return evaluate
