"""TODO."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.study.plan import Plan
from sim.study.sensitivity import Sensitivity
from sim.study.value import ContractValue

if TYPE_CHECKING:
    pass


AnyAnalysis = Plan | ContractValue | Sensitivity
