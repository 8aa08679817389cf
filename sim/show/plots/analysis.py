"""The plots of an analysis, whichever it is: a plan, the value of a contract, or a sensitivity."""

from pathlib import Path
from typing import assert_never

from sim.show.plots.figure_files import write_plots
from sim.show.plots.plan import PLAN_PLOTS
from sim.show.plots.sensitivity import SENSITIVITY_PLOTS
from sim.show.plots.value import VALUE_PLOTS
from sim.study.analysis import AnyAnalysis
from sim.study.plan import Plan
from sim.study.sensitivity import Sensitivity
from sim.study.value import ContractValue


def write_analysis_plots(analysis: AnyAnalysis, folder: Path) -> list[Path]:
    """Draw its plots, each as PNG and SVG; what an earlier answer left of the others is removed."""
    match analysis:
        case Plan():
            return write_plots(PLAN_PLOTS, analysis, folder)
        case ContractValue():
            return write_plots(VALUE_PLOTS, analysis, folder)
        case Sensitivity():
            return write_plots(SENSITIVITY_PLOTS, analysis, folder)
        case _:
            assert_never(analysis)
