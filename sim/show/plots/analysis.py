"""TODO."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sim.scenario.faults import suggestion
from sim.show.plots.figure_files import NothingToShow, write_figures
from sim.study.analysis import AnyAnalysis
from sim.study.plan import Plan
from sim.study.sensitivity import Sensitivity
from sim.study.value import ContractValue

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def analysis_plots(analysis: AnyAnalysis) -> Mapping[str, Callable[[], Figure] | None]:
    """How its pictures are drawn, by name; None for one that has nothing to show."""
    from sim.show.plots import plan, sensitivity, value

    match analysis:
        case Plan():
            return {"response": lambda: plan.plot_plan_response(analysis)}
        case ContractValue():
            return {
                "stakes": lambda: value.plot_payoffs(analysis),
                "windows": (lambda: value.plot_windows(analysis)) if analysis.other_windows else None,
            }
        case Sensitivity():
            some, sobol = (
                bool(analysis.last_stage.outcome_effects),
                analysis.last_stage.design.kind == "sobol",
            )
            return {
                "tornado": (lambda: sensitivity.plot_tornado(analysis)) if some else None,
                "indices": (lambda: sensitivity.plot_sobol_indices(analysis)) if some and sobol else None,
            }


def write_analysis_plots(analysis: AnyAnalysis, folder: Path) -> list[Path]:
    """Draw its pictures, each as PNG and SVG; what an earlier answer left of the others is removed."""
    return write_figures(((name, draw and draw()) for name, draw in analysis_plots(analysis).items()), folder)


def plot_analysis(analysis: AnyAnalysis, name: str | None = None) -> Figure:
    """One of the pictures, the first if none is named. Raises NothingToShow where there is none of the name."""
    known = {each: draw for each, draw in analysis_plots(analysis).items() if draw is not None}
    if not known or name not in (None, *known):
        raise NothingToShow(f"there is no picture {name or 'of it'}; {suggestion(name or '', known)}")
    return known[name or next(iter(known))]()
