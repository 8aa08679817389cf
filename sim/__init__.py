"""A simulator of compute capacity: who is asked first, who says no, and who serves the overflow.

import sim

scenario = sim.load("scenarios/announced-2025.yaml")
result = scenario.run(replications=100)
result.summary()["unserved_mw.mean"]
result.plot.supply_and_demand()
"""

from sim.api import (
    Comparison,
    DelayFit,
    Explanation,
    PlanAnalysis,
    Result,
    Scenario,
    SensitivityAnalysis,
    Sweep,
    ValueAnalysis,
    compare,
    fit,
    load,
    open,
    open_run,
    open_sweep,
    plan,
    sensitivity,
    sweep,
    value,
)

__all__ = [
    "Comparison",
    "DelayFit",
    "Explanation",
    "PlanAnalysis",
    "Result",
    "Scenario",
    "SensitivityAnalysis",
    "Sweep",
    "ValueAnalysis",
    "compare",
    "fit",
    "load",
    "open",
    "open_run",
    "open_sweep",
    "plan",
    "sensitivity",
    "sweep",
    "value",
]
