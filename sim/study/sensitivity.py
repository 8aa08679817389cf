"""Sensitivity analysis: which factors of a sweep matter, by Morris's screening and Sobol's indices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Unpack, get_args

import numpy as np
import polars as pl

from sim.model.arrays import FloatArray
from sim.results.expectations import UnknownMetricError, unknown_metric_remedy
from sim.results.formatting import format_figures, format_percent_3, join_words
from sim.scenario.designs import Design
from sim.scenario.factors import Factor
from sim.scenario.sweep import SweepExperiment
from sim.study.design import sample_design
from sim.study.effects import (
    DEFAULT_KEEP,
    DEFAULT_LEVELS,
    DEFAULT_POINTS,
    DEFAULT_TRAJECTORIES,
    DesignEvaluation,
    EffectVerdict,
    FactorEffect,
    OutcomeEffects,
    SensitivityMethod,
    SensitivityStage,
    analyse_effects,
)
from sim.study.options import SweepKeywords
from sim.study.replications import metric_names
from sim.study.sensitivity_indices import MIN_FUTURES
from sim.study.sweep import run_sweep
from sim.study.sweep_files import read_sweep_description
from sim.study.sweep_points import FactorVariation, prepare_points
from sim.study.sweep_result import SweepResult

DEFAULT_OUTCOMES = ("unserved_mw.mean",)
"""The outcomes that are analysed where neither the sweep nor the user names any."""


@dataclass(frozen=True)
class Sensitivity:
    """The results of a screening, if there was one, and of Sobol's design for the factors that it left."""

    name: str
    scenario: str
    sha256: str
    """The hash of the resolved scenario."""
    seed: int
    replications: int
    """The number of futures played at each point."""
    factor_ranges: Mapping[str, tuple[str, str]]
    """By factor, the values at its 10 % and 90 % quantiles, as text."""
    stages: tuple[SensitivityStage, ...]

    @property
    def last_stage(self) -> SensitivityStage:
        """The last design that was played: Sobol's, unless only a screening was."""
        return self.stages[-1]

    @property
    def dropped_factors(self) -> dict[str, EffectVerdict]:
        """The factors that the screening left out, with its verdict on each.

        One that is more than noise was left out because only `keep` are kept.
        """
        kept, screening = self.last_stage.factors, self.stages[0]
        return {name: screening.verdict(name) for name in screening.factors if name not in kept}

    def notes(self) -> Iterator[str]:
        """Yield the reservations under which the results are to be read."""
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
        yield from self._missing_parts_notes()
        for outcome, reason in self.last_stage.omission_reasons.items():
            yield f"Of {outcome} nothing can be said: {reason}."

    def _missing_parts_notes(self) -> Iterator[str]:
        """Yield what is left out of the designs, in one sentence for all outcomes for which it is the same."""
        for stage in self.stages:
            outcomes_by_text: dict[str, list[str]] = {}
            for findings in stage.outcome_effects:
                if (missing := stage.missing_parts.get(findings.outcome)) is not None:
                    text = missing.to_text(stage.design.kind)
                    outcomes_by_text.setdefault(text, []).append(findings.outcome)
            for text, outcomes in outcomes_by_text.items():
                yield f"Of {join_words(outcomes)} all is said of a part of the design alone: {text}."

    @property
    def frame(self) -> pl.DataFrame:
        """A row for each factor, outcome and design; of each index the value and the ends of its interval."""
        rows = []
        for stage in self.stages:
            for findings in stage.outcome_effects:
                for row in map(_effect_row, findings.effects):
                    missing = stage.missing_parts.get(findings.outcome)
                    flat: dict[str, Any] = {"design": stage.design.kind, "outcome": findings.outcome}
                    for key, value in row.items():
                        if isinstance(value, dict):
                            low, high = value["ci95"]
                            flat |= {key: value["value"], f"{key}_low": low, f"{key}_high": high}
                        else:
                            flat[key] = value
                    flat |= {"blocks": findings.blocks, "blocks_left_out": missing.parts if missing else 0}
                    rows.append(flat)
        return pl.DataFrame(rows, infer_schema_length=None)

    def to_dict(self) -> dict[str, Any]:
        """Return the analysis as one object, as `--json` prints it."""
        return {
            "sweep": self.name,
            "scenario": self.scenario,
            "sha256": self.sha256,
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
                    "left_out": {
                        outcome: missing.to_dict() for outcome, missing in each.missing_parts.items()
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
    """Return an effect as one object, each index with its value and interval; those that it has not are left out."""
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
    **keywords: Unpack[SweepKeywords],
) -> Sensitivity:
    """Analyse which of the factors of a sweep matter for some outcomes; Morris's and Sobol's designs replace its own.

    Settings that are not given are those of the sweep's design, if it has them. The keywords are those of
    `SweepOptions`; with `out` the runs are kept there, and only missing ones played. Raises UnknownMetricError for an
    outcome that no run has, ScenarioError for values that cannot stand in the scenario, ValueError for a method that
    is none, MissingPartsError where too many runs failed, or have no value, to say anything, KeyboardInterrupt where
    the user stops it.
    """
    if method not in get_args(SensitivityMethod):
        raise ValueError(f"method={method!r}: write one of {', '.join(get_args(SensitivityMethod))}")
    analysed = _outcomes_to_analyse(sweep, outcomes)
    settings = sweep.design.settings
    factor_ranges = {
        each.factor.name: (factor_value_text(each, 0.1), factor_value_text(each, 0.9))
        for each in prepare_points(sweep).variations
    }
    with ExitStack() as resources:
        base = keywords.get("out")
        if base is None:
            base = Path(resources.enter_context(TemporaryDirectory(prefix="sensitivity-")))
        stages = analyse_effects(
            sweep.factors,
            SweepEvaluator(sweep, analysed, base, keywords),
            method,
            keep,
            trajectories or settings.get("trajectories", DEFAULT_TRAJECTORIES),
            settings["levels"] if sweep.design.kind == "morris" else DEFAULT_LEVELS,
            points or (settings["points"] if sweep.design.kind == "sobol" else DEFAULT_POINTS),
        )
    return Sensitivity(
        name=sweep.file.title or sweep.name,
        scenario=sweep.scenario.title or sweep.scenario.name,
        sha256=sweep.scenario.fingerprint(),
        seed=sweep.seed,
        replications=sweep.replications,
        factor_ranges=factor_ranges,
        stages=stages,
    )


def _outcomes_to_analyse(sweep: SweepExperiment, outcomes: Sequence[str] | None) -> tuple[str, ...]:
    """Return the outcomes asked for, or those of the sweep. Raises UnknownMetricError for one that no run has."""
    analysed = tuple(outcomes or sweep.outcomes or DEFAULT_OUTCOMES)
    known = metric_names(sweep.scenario)
    for name in analysed:
        if name not in known:
            raise UnknownMetricError(
                f'outcome "{name}": there is no such metric; {unknown_metric_remedy(name, known)}'
            )
    return analysed


@dataclass(frozen=True)
class SweepEvaluator:
    """Evaluates the points of a design by playing the sweep with it, in a folder of its own within `base`."""

    sweep: SweepExperiment
    outcomes: tuple[str, ...]
    base: Path
    keywords: SweepKeywords

    def __call__(self, design: Design, factors: Sequence[Factor]) -> DesignEvaluation:
        """Return the points of a design, each outcome there, and the failures."""
        folder = self.base / design.kind
        fresh = self.keywords.get("fresh", False)
        before = None if fresh else read_sweep_description(folder)
        before = before or {"factors": [], "identity": {"outcomes": []}}
        kept_outcomes = before["identity"]["outcomes"]
        changes = {
            "design": design,
            # Runs that have these outcomes and more are not played again for fewer.
            "outcomes": tuple(kept_outcomes) if set(self.outcomes) <= set(kept_outcomes) else self.outcomes,
            "expect": (),
        }
        file = self.sweep.file.model_copy(update=changes)
        kept_factors = [each["name"] for each in before["factors"]]
        # The screening may leave other factors than before, which makes this another sweep.
        factors_differ = kept_factors not in ([], [each.name for each in factors])
        keywords: SweepKeywords = {
            **self.keywords,
            "out": folder,
            "fresh": fresh or factors_differ,
        }
        result = run_sweep(replace(self.sweep, file=file, factors=tuple(factors)), **keywords)
        if result.interrupted:
            raise KeyboardInterrupt
        u = sample_design(design, factors, self.sweep.seed)
        failures = result.failures
        errors = dict(zip(failures["point"].to_list(), failures["error"].to_list(), strict=True))
        return u, outcome_arrays(result, self.outcomes), errors


def factor_value_text(variation: FactorVariation, u: float) -> str:
    """Return the value of a factor at a probability, as text with its unit."""
    value, factor = variation.table_value(u), variation.factor
    if (
        isinstance(value, float)
        and factor.distribution is not None
        and factor.distribution.dimension == "share"
    ):
        return format_percent_3(value)
    text = format_figures(value) if isinstance(value, float) else str(value)
    return f"{text} {factor.unit}".strip()


def outcome_arrays(result: SweepResult, outcomes: Sequence[str]) -> dict[str, FloatArray]:
    """Return each outcome as `(n_points, n_futures)`; NaN where it has no value, or the run failed."""
    runs = result.runs.sort("point", "replication")
    return {
        name: runs[name].fill_null(np.nan).to_numpy().reshape(-1, result.replications) for name in outcomes
    }
