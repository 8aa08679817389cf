"""The page of an analysis: dispatch to the page of its kind."""

from __future__ import annotations

from typing import assert_never

from rich.console import Console

from sim.show.notebook import console_html
from sim.show.pages.plan import render_plan
from sim.show.pages.sensitivity import render_sensitivity
from sim.show.pages.value import render_value
from sim.study.analysis import AnyAnalysis
from sim.study.plan import Plan
from sim.study.sensitivity import Sensitivity
from sim.study.value import ContractValue


def render_analysis(analysis: AnyAnalysis, console: Console) -> None:
    """Print the page of an analysis."""
    match analysis:
        case Plan():
            render_plan(analysis, console)
        case ContractValue():
            render_value(analysis, console)
        case Sensitivity():
            render_sensitivity(analysis, console)
        case _:
            assert_never(analysis)


def analysis_html(analysis: AnyAnalysis) -> str:
    """Return the page as HTML for a notebook."""
    return console_html(lambda console: render_analysis(analysis, console))
