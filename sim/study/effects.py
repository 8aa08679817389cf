"""Effects of factors on outcomes, and whether each is more than noise.

Where there are many factors, Morris's design screens them first; Sobol's then attributes the variance to those that
are left. What evaluates the points is an argument: a sweep of a scenario, or any function. d is the number of
factors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

import numpy as np

from sim.model.arrays import FloatArray
from sim.results.formatting import format_percent, join_words
from sim.results.metrics import has_unit, metric_unit
from sim.scenario.designs import Design
from sim.scenario.factors import Factor
from sim.scenario.faults import UserError
from sim.study.design import sample_design
from sim.study.missing_parts import MAX_MISSING_SHARE, PART_NAMES, MissingParts, find_missing_parts
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
"""The most factors that a screening leaves; of no more factors than that there is none."""
DEFAULT_TRAJECTORIES, DEFAULT_LEVELS, DEFAULT_POINTS = 10, 4, 64
"""Trajectories and levels of Morris's design, and base points of Sobol's."""
EffectVerdict = Literal[
    "more than noise", "too few points to tell", "not distinguishable from noise", "no effect at all"
]
EFFECT_VERDICTS: tuple[EffectVerdict, ...] = get_args(EffectVerdict)
"""From the strongest evidence to the weakest."""
MIN_BLOCKS = 4
"""The fewest trajectories, or base points of Sobol's, from which anything is estimated."""


class MissingPartsError(UserError, ValueError):
    """Too much of a design is missing to say anything of any outcome; the message says where, and what to do."""


@dataclass(frozen=True)
class FactorEffect:
    """The effect of a factor on an outcome."""

    factor: str
    swing: IndexEstimate
    """The mean change of the outcome while the factor alone goes from its 10 % to its 90 % quantile."""
    strength: IndexEstimate | None = None
    """Morris: the mean square of its change while the factor goes half its way, free of noise."""
    mu_star: float | None = None
    """Morris: the mean absolute value of that change, noise included."""
    sigma: float | None = None
    """Morris: the standard deviation of that change over the trajectories, noise included."""
    first: IndexEstimate | None = None
    """Sobol: the first-order index, the share of the variance that is due to the factor alone."""
    total: IndexEstimate | None = None
    """Sobol: the total-order index, the share that is due to it, alone and in interactions."""

    @property
    def importance(self) -> float:
        """The number by which factors of one outcome are ranked: the total-order index, or the strength."""
        measured = self.total or self.strength
        return 0.0 if measured is None else measured.value

    @property
    def verdict(self) -> EffectVerdict:
        """Whether it is more than noise: whether an interval of the swing, total index or strength excludes 0.

        Shares above 1 show that there are too few points to tell.
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
        """Whether it is more than noise."""
        return self.verdict == "more than noise"


@dataclass(frozen=True)
class OutcomeEffects:
    """The effects of the factors on one outcome, the most important first."""

    outcome: str
    unit: str
    mean: float
    sd: float
    """The standard deviation between the points, of the mean over futures."""
    noise: float | None
    """The share of the variance of single runs that is due to the futures, and to no factor."""
    blocks: int
    """The number of trajectories, or base points of Sobol's, all of whose runs have a value."""
    effects: tuple[FactorEffect, ...]


@dataclass(frozen=True)
class SensitivityStage:
    """The results of one design: its factors, points, futures at each, and the effects on each outcome."""

    design: Design
    factors: tuple[str, ...]
    points: int
    replications: int
    outcome_effects: tuple[OutcomeEffects, ...]
    omission_reasons: Mapping[str, str]
    """Outcomes of which nothing can be estimated, and why."""
    missing_parts: Mapping[str, MissingParts]
    """What is left out of the design for an outcome, of outcomes for which anything is."""

    def verdict(self, factor: str) -> EffectVerdict:
        """Return the verdict on a factor for the outcome on which its effect is the clearest."""
        verdicts = [
            effect.verdict
            for outcome in self.outcome_effects
            for effect in outcome.effects
            if effect.factor == factor
        ]
        return min(verdicts, key=EFFECT_VERDICTS.index)


DesignEvaluation = tuple[FloatArray, Mapping[str, FloatArray], Mapping[int, str]]
"""The points of a design `(n_points, d)`, each outcome there `(n_points, n_futures)`, NaN for none, and the errors of
runs that failed, by point."""
DesignEvaluator = Callable[[Design, Sequence[Factor]], DesignEvaluation]
"""Evaluates a design."""


def analyse_effects(
    factors: Sequence[Factor],
    evaluate: DesignEvaluator,
    method: SensitivityMethod = "both",
    keep: int = DEFAULT_KEEP,
    trajectories: int = DEFAULT_TRAJECTORIES,
    levels: int = DEFAULT_LEVELS,
    points: int = DEFAULT_POINTS,
) -> tuple[SensitivityStage, ...]:
    """Analyse which factors matter. With `both`, Morris's design screens where there are more than `keep` factors.

    Raises MissingPartsError where so much of a design is missing that nothing can be said of any outcome.
    """
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
    """Return the factors that are more than noise for some outcome; of more than `keep`, the most important.

    The importance of a factor is the largest share that it has of the importance of all factors for an outcome.
    """
    largest_share: dict[str, float] = {}
    for outcome in stage.outcome_effects:
        total = sum(max(0.0, effect.importance) for effect in outcome.effects)
        for effect in outcome.effects:
            if effect.distinguishable and total > 0:
                share = effect.importance / total
                largest_share[effect.factor] = max(largest_share.get(effect.factor, 0.0), share)
    kept = sorted(largest_share, key=lambda name: -largest_share[name])[:keep]
    return [factor for factor in factors if factor.name in kept]


def analyse_design(
    design: Design,
    factors: Sequence[Factor],
    u: FloatArray,
    outcomes: Mapping[str, FloatArray],
    failures: Mapping[int, str] = MappingProxyType({}),
) -> SensitivityStage:
    """Estimate the effects on each outcome `(n_points, n_futures)` from the points `(n_points, d)` of a design.

    `failures` are the errors of runs that failed, by point. Raises MissingPartsError.
    """
    rows = len(factors) + (2 if design.kind == "sobol" else 1)
    blocks = u.reshape(-1, rows, len(factors))
    names = tuple(factor.name for factor in factors)
    effects, omission_reasons, missing_parts = [], {}, {}
    for outcome, values in outcomes.items():
        y = values.reshape(len(blocks), rows, -1)
        # A trajectory, or a base point with its changes, is of use only where every run of it has a value.
        complete = ~np.isnan(y).any(axis=(1, 2))
        if not complete.all():
            missing_parts[outcome] = find_missing_parts(names, blocks, y, failures)
        reason = reason_for_omission(y[complete], design.kind, missing_parts.get(outcome))
        if reason:
            omission_reasons[outcome] = reason
        else:
            effects.append(outcome_effects(outcome, design.kind, names, blocks[complete], y[complete]))
    if missing_parts and not effects:
        raise MissingPartsError(_missing_parts_message(omission_reasons, missing_parts))
    n_futures = next(iter(outcomes.values())).shape[-1]
    return SensitivityStage(design, names, len(u), n_futures, tuple(effects), omission_reasons, missing_parts)


def reason_for_omission(y: FloatArray, design: str, missing: MissingParts | None) -> str | None:
    """Return why nothing can be estimated of an outcome, given its complete blocks; None if something can."""
    if missing is not None and missing.share > MAX_MISSING_SHARE:
        return f"{missing.to_text(design)}; more than {format_percent(MAX_MISSING_SHARE)} may not be"
    if len(y) < MIN_BLOCKS:
        return f"only {len(y)} {PART_NAMES[design]} have a value in every run; {MIN_BLOCKS} are needed"
    if np.ptp(y.mean(axis=-1)) == 0:
        return "it is the same at every point"
    return None


def _missing_parts_message(
    omission_reasons: Mapping[str, str], missing_parts: Mapping[str, MissingParts]
) -> str:
    """State why nothing can be said of any outcome, and what to write instead."""
    reasons = "; ".join(f"of {outcome}: {reason}" for outcome, reason in omission_reasons.items())
    ended = dict.fromkeys(factor for missing in missing_parts.values() for factor in missing.ends)
    where = f"the ranges of {join_words(ended)}" if ended else "the ranges of the factors"
    remedies = [f"narrow {where}, so that every run goes through"]
    if any(missing.points_without_value for missing in missing_parts.values()):
        remedies.append("name an outcome that has a value in every future, as --outcome unserved_mw.mean")
    return f"sensitivity: nothing can be said {reasons}; {join_words(remedies, 'or')}"


def outcome_effects(
    name: str, kind: str, factors: Sequence[str], u: FloatArray, y: FloatArray
) -> OutcomeEffects:
    """Estimate the effect of each factor on an outcome.

    `u` are the blocks of a design, `(n_blocks, n_rows, d)`, and `y` is the outcome, `(n_blocks, n_rows, n_futures)`.
    """
    swing = estimate_ratios(swing_terms(kind, u), y)
    extra: list[dict[str, Any]]
    if kind == "sobol":
        first, total = estimate_ratios(first_order_terms, y), estimate_ratios(total_order_terms, y)
        extra = [{"first": s1, "total": st} for s1, st in zip(first, total, strict=True)]
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
    factor_effects = [
        FactorEffect(*each, **more)
        for each, more in zip(zip(factors, swing, strict=True), extra, strict=True)
    ]
    return OutcomeEffects(
        outcome=name,
        unit=metric_unit(name) if has_unit(name) else "count",  # an evaluator may have outcomes of its own
        mean=float(y.mean()),
        sd=math.sqrt(variance_between_points(y)),
        noise=noise_share(y),
        blocks=len(y),
        effects=tuple(sorted(factor_effects, key=lambda effect: -effect.importance)),
    )


def function_evaluator(
    function: Callable[[FloatArray, int], FloatArray], factors: Sequence[Factor], n_futures: int, seed: int
) -> DesignEvaluator:
    """Return an evaluator of any function of the values of the factors, `(n_points, d)`, and the number of a future.

    Factors that are not varied stand at their medians.
    """

    def evaluate(design: Design, varied: Sequence[Factor]) -> DesignEvaluation:
        u = sample_design(design, varied, seed)
        points = np.full((len(u), len(factors)), 0.5)
        for k, factor in enumerate(factors):
            if factor in varied:
                points[:, k] = u[:, list(varied).index(factor)]
        x = np.array(
            [
                [value_at_probability(factor, p) for factor, p in zip(factors, row, strict=True)]
                for row in points
            ]
        )
        return u, {"value": np.stack([function(x, future) for future in range(n_futures)], axis=-1)}, {}

    return evaluate
