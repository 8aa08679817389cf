"""The plots of an analysis, whichever it is: a plan, the value of a contract, or a sensitivity."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, assert_never

from sim.scenario.faults import suggestion
from sim.show.plots.figure_files import draw_plot, unavailable_plots, write_plots
from sim.show.plots.plan import PLAN_PLOTS
from sim.show.plots.plot import NothingToShow, Plot
from sim.show.plots.sensitivity import SENSITIVITY_PLOTS
from sim.show.plots.value import VALUE_PLOTS
from sim.study.analysis import AnyAnalysis
from sim.study.plan import Plan
from sim.study.sensitivity import Sensitivity
from sim.study.value import ContractValue

if TYPE_CHECKING:
    from matplotlib.figure import Figure

T = TypeVar("T")


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


def plot_analysis(analysis: AnyAnalysis, name: str | None = None) -> Figure:
    """Draw one of its plots, the first that there is if none is named. Raises NothingToShow if there is none."""
    match analysis:
        case Plan():
            return _draw_first_or_named(PLAN_PLOTS, analysis, name)
        case ContractValue():
            return _draw_first_or_named(VALUE_PLOTS, analysis, name)
        case Sensitivity():
            return _draw_first_or_named(SENSITIVITY_PLOTS, analysis, name)
        case _:
            assert_never(analysis)


def _draw_first_or_named(plots: Mapping[str, Plot[T]], analysis: T, name: str | None) -> Figure:
    unavailable = unavailable_plots(plots, analysis)
    available = [each for each in plots if each not in unavailable]
    if name is None:
        if not available:
            raise NothingToShow(f"there is no picture of it; {suggestion('', available)}")
        name = available[0]
    if name not in plots:
        raise NothingToShow(f"there is no picture {name}; {suggestion(name, available)}")
    return draw_plot(plots, analysis, name)
