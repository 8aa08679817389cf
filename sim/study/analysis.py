"""The shape that all results of studies share, and the analyses that `plan`, `value` and `sensitivity` make."""

from __future__ import annotations

from typing import Any, Protocol

import polars as pl

from sim.study.plan import Plan
from sim.study.sensitivity import Sensitivity
from sim.study.value import ContractValue


class AnalysisResult(Protocol):
    """The common shape of the results of runs, comparisons, sweeps, plans, values and sensitivity analyses."""

    @property
    def frame(self) -> pl.DataFrame:
        """The rows of the result."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as one object, as `--json` prints it."""


AnyAnalysis = Plan | ContractValue | Sensitivity
"""The result of one of the commands that advise."""
