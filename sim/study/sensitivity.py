"""Sensitivity: what matters in a scenario, of all that a sweep varies?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
import polars as pl

from sim.model.arrays import FloatArray
from sim.results.expectations import UnknownMetricError, suggest_metric
from sim.results.formatting import format_figures, join_words
from sim.scenario.designs import Design
from sim.scenario.factors import Factor
from sim.scenario.sweep import SweepExperiment
from sim.study.design import sample_design
from sim.study.effects import (
    DEFAULT_KEEP,
    DEFAULT_LEVELS,
    DEFAULT_POINTS,
    DEFAULT_TRAJECTORIES,
    EffectVerdict,
    FactorEffect,
    OutcomeEffects,
    SensitivityMethod,
    SensitivityStage,
    analyse_effects,
)
from sim.study.replications import ProgressCallback, metric_names
from sim.study.sensitivity_indices import MIN_FUTURES
from sim.study.sweep import run_sweep
from sim.study.sweep_points import FactorVariation, prepare_points
from sim.study.sweep_result import SweepResult
from sim.study.sweep_store import read_sweep_description

DEFAULT_OUTCOMES = ("unserved_mw.mean",)
"""What is asked about where neither the sweep nor the user names an outcome."""


@dataclass(frozen=True)
class Sensitivity:
    """What matters: what the screening found, if there was one, and what Sobol's indices say of what it left."""

    name: str
    scenario: str
    seed: int
    replications: int
    """How many futures were played at each point."""
    factor_ranges: Mapping[str, tuple[str, str]]
    """By factor, its values with a tenth below and a tenth above."""
    stages: tuple[SensitivityStage, ...]

    @property
    def last_stage(self) -> SensitivityStage:
        """The design that says most: Sobol's, if it was played."""
        return self.stages[-1]

    @property
    def dropped_factors(self) -> dict[str, EffectVerdict]:
        """What the screening left out, and what it said of each; what was more than noise fell to `keep`."""
        left, first = self.last_stage.factors, self.stages[0]
        return {name: first.verdict(name) for name in first.factors if name not in left}

    def notes(self) -> Iterator[str]:
        """What a reader should know before believing it."""
        if self.replications < MIN_FUTURES:
            yield (
                f"With {self.replications} future{'s' * (self.replications > 1)} at each point the luck of the"
                f" futures cannot be told from the effects; take {MIN_FUTURES} replications or more, better 10."
            )
        if crowded := [
            findings.outcome
            for findings in self.last_stage.outcome_effects
            if any(effect.verdict == "too few points to tell" for effect in findings.effects)
        ]:
            points = self.last_stage.design.settings["points"]
            yield (
                f"Too few points: {points} base points give shares above 1 (of {join_words(crowded)}); take --points"
                f" {2 * points} or more."
            )
        for outcome, told in self.last_stage.omission_reasons.items():
            yield f"Of {outcome} nothing can be said: {told}."

    def frame(self) -> pl.DataFrame:
        """A row for each factor, outcome and design; of each index its value and the ends of its interval."""
        rows = []
        for stage in self.stages:
            for findings in stage.outcome_effects:
                for row in map(_effect_row, findings.effects):
                    flat: dict[str, Any] = {"design": stage.design.kind, "outcome": findings.outcome}
                    for key, value in row.items():
                        if isinstance(value, dict):
                            low, high = value["ci95"]
                            flat |= {key: value["value"], f"{key}_low": low, f"{key}_high": high}
                        else:
                            flat[key] = value
                    rows.append(flat)
        return pl.DataFrame(rows, infer_schema_length=None)

    def to_dict(self) -> dict[str, Any]:
        """All of it as one object, as `--json` prints it."""
        return {
            "sweep": self.name,
            "scenario": self.scenario,
            "seed": self.seed,
            "replications": self.replications,
            "dropped": list(self.dropped_factors),
            "dropped_as": self.dropped_factors,
            "factors": {name: {"low": low, "high": high} for name, (low, high) in self.factor_ranges.items()},
            "stages": [
                {
                    "design": {each.design.kind: dict(each.design.settings)},
                    "points": each.points,
                    "outcomes": {
                        findings.outcome: _outcome_object(findings) for findings in each.outcome_effects
                    },
                }
                for each in self.stages
            ],
            "notes": list(self.notes()),
        }


def _outcome_object(findings: OutcomeEffects) -> dict[str, Any]:
    numbers = {key: getattr(findings, key) for key in ("unit", "mean", "sd", "noise", "blocks")}
    return {**numbers, "factors": [_effect_row(effect) for effect in findings.effects]}


def _effect_row(effect: FactorEffect) -> dict[str, Any]:
    """An effect as one object: an index as its value and interval."""
    row: dict[str, Any] = {
        "factor": effect.factor,
        "distinguishable": effect.distinguishable,
        "verdict": effect.verdict,
    }
    for key, value in asdict(effect).items():
        if isinstance(value, dict):
            row[key] = {"value": value["value"], "ci95": [value["low"], value["high"]]}
        elif value is not None:
            row[key] = value
    return row


def analyse_sensitivity(
    sweep: SweepExperiment,
    *,
    method: SensitivityMethod = "both",
    outcomes: Sequence[str] | None = None,
    keep: int = DEFAULT_KEEP,
    trajectories: int | None = None,
    points: int | None = None,
    out: Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    engine: str = "auto",
    fresh: bool = False,
    progress: ProgressCallback | None = None,
) -> Sensitivity:
    """What matters for some outcomes, of all that a sweep varies; its own design gives way to Morris's and Sobol's.

    Settings that are not given are those of the sweep's design, if it has them. With `out` the runs are kept there,
    and only missing ones played. Raises NoMetric for an outcome that no run has, ScenarioError for values that
    cannot stand in the scenario, ValueError for a method that is none, KeyboardInterrupt where the user stops it.
    """
    if method not in get_args(SensitivityMethod):
        raise ValueError(f"method={method!r}: write one of {', '.join(get_args(SensitivityMethod))}")
    asked = tuple(outcomes or sweep.outcomes or DEFAULT_OUTCOMES)
    there = metric_names(sweep.scenario)
    for name in asked:
        if name not in there:
            raise UnknownMetricError(
                f'outcome "{name}": there is no such metric{suggest_metric(name, there)}'
            )
    own = sweep.design.settings
    ends = {
        each.factor.name: (factor_value_text(each, 0.1), factor_value_text(each, 0.9))
        for each in prepare_points(sweep).variations
    }

    def evaluate(design: Design, factors: Sequence[Factor]) -> tuple[FloatArray, Mapping[str, FloatArray]]:
        """Play the points of a design."""
        folder = base / design.kind
        before = read_sweep_description(folder) or {"factors": [], "identity": {"outcomes": []}}
        there = before["identity"]["outcomes"]
        keys = {
            "design": design,
            "outcomes": tuple(there) if set(asked) <= set(there) else asked,
            "expect": (),
        }
        this = replace(sweep, file=sweep.file.model_copy(update=keys), factors=tuple(factors))
        others = [each["name"] for each in before["factors"]] not in ([], [each.name for each in factors])
        swept = run_sweep(
            this,
            out=folder,
            engine=engine,
            workers=workers,
            cluster=cluster,
            fresh=fresh or others,
            progress=progress,
        )
        if swept.interrupted:
            raise KeyboardInterrupt
        return sample_design(design, factors, sweep.seed), outcome_arrays(swept, asked)

    with ExitStack() as held:
        base = Path(held.enter_context(TemporaryDirectory(prefix="sensitivity-"))) if out is None else out
        stages = analyse_effects(
            sweep.factors,
            evaluate,
            method,
            keep,
            trajectories or own.get("trajectories", DEFAULT_TRAJECTORIES),
            own["levels"] if sweep.design.kind == "morris" else DEFAULT_LEVELS,
            points or (own["points"] if sweep.design.kind == "sobol" else DEFAULT_POINTS),
        )
    return Sensitivity(
        name=sweep.file.title or sweep.name,
        scenario=sweep.scenario.title or sweep.scenario.name,
        seed=sweep.seed,
        replications=sweep.replications,
        factor_ranges=ends,
        stages=stages,
    )


def factor_value_text(variation: FactorVariation, u: float) -> str:
    """The value of a factor at a probability, in words."""
    value, factor = variation.table_value(u), variation.factor
    if (
        isinstance(value, float)
        and factor.distribution is not None
        and factor.distribution.dimension == "share"
    ):
        return f"{100 * value:.3g} %"
    said = format_figures(value) if isinstance(value, float) else str(value)
    return f"{said} {factor.unit}".strip()


def outcome_arrays(result: SweepResult, outcomes: Sequence[str]) -> dict[str, FloatArray]:
    """Each outcome at each point in each future, `(n_points, n_futures)`; NaN where it has no value, or failed."""
    runs = result.runs.sort("point", "replication")
    return {
        name: runs[name].fill_null(np.nan).to_numpy().reshape(-1, result.replications) for name in outcomes
    }
