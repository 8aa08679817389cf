"""Advice as people see it: what a right is worth, what it would take, what matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from sim.scenario.faults import meant
from sim.show.notebook import as_html
from sim.show.planned import planned_page
from sim.show.report import NothingToShow, figures_to
from sim.show.sensitive import sensitive_page
from sim.show.worth import worth_page
from sim.study.planning import Plan
from sim.study.sensitivity import Sensitivity
from sim.study.worth import Worth

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Advice = Plan | Worth | Sensitivity


def page(found: Advice, console: Console) -> None:
    """Print it."""
    match found:
        case Plan():
            planned_page(found, console)
        case Worth():
            worth_page(found, console)
        case Sensitivity():
            sensitive_page(found, console)


def html(found: Advice) -> str:
    """The same for a notebook."""
    return as_html(lambda console: page(found, console))


def pictures(found: Advice) -> Mapping[str, Callable[[], Figure] | None]:
    """How its pictures are drawn, by name; None for one that has nothing to show."""
    from sim.show.plots import planned, sensitive, worth

    match found:
        case Plan():
            return {"response": lambda: planned.response(found)}
        case Worth():
            return {
                "stakes": lambda: worth.stakes(found),
                "windows": (lambda: worth.windows(found)) if found.windows else None,
            }
        case Sensitivity():
            some, sobol = bool(found.last.findings), found.last.design.kind == "sobol"
            return {
                "tornado": (lambda: sensitive.tornado(found)) if some else None,
                "indices": (lambda: sensitive.indices(found)) if some and sobol else None,
            }


def pictures_to(found: Advice, folder: Path) -> list[Path]:
    """Draw its pictures, each as PNG and SVG; what an earlier answer left of the others is removed."""
    return figures_to(((name, draw and draw()) for name, draw in pictures(found).items()), folder)


def picture(found: Advice, name: str | None = None) -> Figure:
    """One of the pictures, the first if none is named. Raises NothingToShow where there is none of the name."""
    known = {each: draw for each, draw in pictures(found).items() if draw is not None}
    if not known or name not in (None, *known):
        raise NothingToShow(f"there is no picture {name or 'of it'}; {meant(name or '', known)}")
    return known[name or next(iter(known))]()
