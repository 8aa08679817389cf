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

from sim.model.arrays import Floats
from sim.scenario.factors import Factor
from sim.scenario.sweep import Design, Sweep
from sim.study.amounts import figures
from sim.study.dataset import told_of
from sim.study.design import sampled
from sim.study.effects import (
    KEPT,
    LEVELS,
    POINTS,
    TRAJECTORIES,
    Effect,
    Findings,
    Method,
    Stage,
    Verdict,
    studied,
)
from sim.study.expect import NoMetric, known, near
from sim.study.indices import LEAST_FUTURES
from sim.study.points import Variation, prepared
from sim.study.replications import Progress
from sim.study.said import listed
from sim.study.sweep import run
from sim.study.swept import Swept

USUAL = ("unserved_mw.mean",)
"""What is asked about where neither the sweep nor the user names an outcome."""


@dataclass(frozen=True)
class Sensitivity:
    """What matters: what the screening found, if there was one, and what Sobol's indices say of what it left."""

    name: str
    scenario: str
    seed: int
    replications: int
    """How many futures were played at each point."""
    ends: Mapping[str, tuple[str, str]]
    """By factor, its values with a tenth below and a tenth above."""
    stages: tuple[Stage, ...]

    @property
    def last(self) -> Stage:
        """The design that says most: Sobol's, if it was played."""
        return self.stages[-1]

    @property
    def dropped(self) -> dict[str, Verdict]:
        """What the screening left out, and what it said of each; what was more than noise fell to `keep`."""
        left, first = self.last.factors, self.stages[0]
        return {name: first.verdict(name) for name in first.factors if name not in left}

    def notes(self) -> Iterator[str]:
        """What a reader should know before believing it."""
        if self.replications < LEAST_FUTURES:
            yield (
                f"With {self.replications} future{'s' * (self.replications > 1)} at each point the luck of the"
                f" futures cannot be told from the effects; take {LEAST_FUTURES} replications or more, better 10."
            )
        if crowded := [
            findings.outcome
            for findings in self.last.findings
            if any(effect.verdict == "too few points to tell" for effect in findings.effects)
        ]:
            points = self.last.design.settings["points"]
            yield (
                f"Too few points: {points} base points give shares above 1 (of {listed(crowded)}); take --points"
                f" {2 * points} or more."
            )
        for outcome, told in self.last.silent.items():
            yield f"Of {outcome} nothing can be said: {told}."

    def frame(self) -> pl.DataFrame:
        """A row for each factor, outcome and design; of each index its value and the ends of its interval."""
        rows = []
        for stage in self.stages:
            for findings in stage.findings:
                for row in map(_row, findings.effects):
                    flat: dict[str, Any] = {"design": stage.design.kind, "outcome": findings.outcome}
                    for key, value in row.items():
                        if isinstance(value, dict):
                            low, high = value["ci95"]
                            flat |= {key: value["value"], f"{key}_low": low, f"{key}_high": high}
                        else:
                            flat[key] = value
                    rows.append(flat)
        return pl.DataFrame(rows, infer_schema_length=None)

    def told(self) -> dict[str, Any]:
        """All of it as one object, as `--json` prints it."""
        return {
            "sweep": self.name,
            "scenario": self.scenario,
            "seed": self.seed,
            "replications": self.replications,
            "dropped": list(self.dropped),
            "dropped_as": self.dropped,
            "factors": {name: {"low": low, "high": high} for name, (low, high) in self.ends.items()},
            "stages": [
                {
                    "design": {each.design.kind: dict(each.design.settings)},
                    "points": each.points,
                    "outcomes": {findings.outcome: _object(findings) for findings in each.findings},
                }
                for each in self.stages
            ],
            "notes": list(self.notes()),
        }


def _object(findings: Findings) -> dict[str, Any]:
    numbers = {key: getattr(findings, key) for key in ("unit", "mean", "sd", "noise", "blocks")}
    return {**numbers, "factors": [_row(effect) for effect in findings.effects]}


def _row(effect: Effect) -> dict[str, Any]:
    """An effect as one object: an index as its value and interval."""
    row: dict[str, Any] = {"factor": effect.factor, "distinguishable": effect.sure, "verdict": effect.verdict}
    for key, value in asdict(effect).items():
        if isinstance(value, dict):
            row[key] = {"value": value["value"], "ci95": [value["low"], value["high"]]}
        elif value is not None:
            row[key] = value
    return row


def sensitivity(
    sweep: Sweep,
    *,
    method: Method = "both",
    outcomes: Sequence[str] | None = None,
    keep: int = KEPT,
    trajectories: int | None = None,
    points: int | None = None,
    out: Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    engine: str = "auto",
    fresh: bool = False,
    progress: Progress | None = None,
) -> Sensitivity:
    """What matters for some outcomes, of all that a sweep varies; its own design gives way to Morris's and Sobol's.

    Settings that are not given are those of the sweep's design, if it has them. With `out` the runs are kept there,
    and only missing ones played. Raises NoMetric for an outcome that no run has, ScenarioError for values that
    cannot stand in the scenario, ValueError for a method that is none, KeyboardInterrupt where the user stops it.
    """
    if method not in get_args(Method):
        raise ValueError(f"method={method!r}: write one of {', '.join(get_args(Method))}")
    asked = tuple(outcomes or sweep.outcomes or USUAL)
    there = known(sweep.scenario)
    for name in asked:
        if name not in there:
            raise NoMetric(f'outcome "{name}": there is no such metric{near(name, there)}')
    own = sweep.design.settings
    ends = {each.factor.name: (told_at(each, 0.1), told_at(each, 0.9)) for each in prepared(sweep).variations}

    def evaluate(design: Design, factors: Sequence[Factor]) -> tuple[Floats, Mapping[str, Floats]]:
        """Play the points of a design."""
        folder = base / design.kind
        before = told_of(folder) or {"factors": [], "identity": {"outcomes": []}}
        there = before["identity"]["outcomes"]
        keys = {
            "design": design,
            "outcomes": tuple(there) if set(asked) <= set(there) else asked,
            "expect": (),
        }
        this = replace(sweep, written=sweep.written.model_copy(update=keys), factors=tuple(factors))
        others = [each["name"] for each in before["factors"]] not in ([], [each.name for each in factors])
        swept = run(
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
        return sampled(design, factors, sweep.seed), values(swept, asked)

    with ExitStack() as held:
        base = Path(held.enter_context(TemporaryDirectory(prefix="sensitivity-"))) if out is None else out
        stages = studied(
            sweep.factors,
            evaluate,
            method,
            keep,
            trajectories or own.get("trajectories", TRAJECTORIES),
            own["levels"] if sweep.design.kind == "morris" else LEVELS,
            points or (own["points"] if sweep.design.kind == "sobol" else POINTS),
        )
    return Sensitivity(
        name=sweep.written.title or sweep.name,
        scenario=sweep.scenario.title or sweep.scenario.name,
        seed=sweep.seed,
        replications=sweep.replications,
        ends=ends,
        stages=stages,
    )


def told_at(variation: Variation, u: float) -> str:
    """The value of a factor at a probability, in words."""
    value, factor = variation.shown(u), variation.factor
    if isinstance(value, float) and factor.law is not None and factor.law.dimension == "share":
        return f"{100 * value:.3g} %"
    said = figures(value) if isinstance(value, float) else str(value)
    return f"{said} {factor.unit}".strip()


def values(swept: Swept, outcomes: Sequence[str]) -> dict[str, Floats]:
    """Each outcome at each point in each future, `(n_points, n_futures)`; NaN where it has no value, or failed."""
    runs = swept.runs.sort("point", "replication")
    return {
        name: runs[name].fill_null(np.nan).to_numpy().reshape(-1, swept.replications) for name in outcomes
    }
