"""The style of all plots: readable in print and by the colour-blind, with a unit on every axis."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.results.formatting import typographic_minus
from sim.scenario.text import printable

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8C8C8C")
"""The palette of Okabe and Ito, which people with any common kind of colour-blindness can tell apart."""
INK = "#222222"
FAINT_INK = "#666666"
OTHERS_COLOUR = "#BDBDBD"
"""For all others together."""
SHORTFALL_COLOUR = "#B22222"
"""For what is wanted and not served."""
COLOUR_MAP = "cividis"
"""Even in print, and to the colour-blind."""

RC_PARAMS: dict[str, Any] = {
    "font.size": 9.5,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#666666",
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "figure.titlesize": 12,
    "figure.titleweight": "bold",
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.dpi": 110,
    "savefig.dpi": 160,
    "hatch.linewidth": 0.6,
    "text.parse_math": False,  # a name may hold a dollar sign
    "svg.hashsalt": "rofr",
    "svg.fonttype": "none",
}


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the style of all plots, whatever the user's own settings."""
    settings: Any = {**mpl.rcParamsDefault, **RC_PARAMS}
    with mpl.rc_context(settings):
        yield


class NotebookFigure(Figure):
    """A figure that a notebook shows, although it was made without pyplot.

    It is drawn in the style of all plots, also where a user saves it: labels of ticks are made only then, and what a
    user has named is text, and no formula. Characters that no font has are shown as boxes, without a warning.
    """

    def draw(self, renderer: RendererBase) -> None:
        """Draw it, as matplotlib does for every format."""
        with house_style(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from", UserWarning)
            self._replace_control_characters()
            super().draw(renderer)

    def _replace_control_characters(self) -> None:
        """Replace what XML, and so SVG, cannot hold; the ends of lines are those of the plots."""
        for text in self.findobj(Text):
            assert isinstance(text, Text)
            text.set_text("\n".join(map(printable, text.get_text().split("\n"))))

    def savefig(self, fname: Any, **settings: Any) -> None:
        """Write it to a file, as matplotlib does, in the style of all plots."""
        with house_style():
            super().savefig(fname, **settings)

    def _repr_png_(self) -> bytes:
        content = BytesIO()
        self.savefig(content, format="png")
        return content.getvalue()


def new_figure(width: float = 8.6, height: float = 4.8) -> Figure:
    """An empty figure that lays itself out."""
    return NotebookFigure(figsize=(width, height), layout="constrained")


def assign_colours(names: Sequence[str], shown: Sequence[str]) -> dict[str, str]:
    """Assign a colour to each name.

    Where there are colours for all, each has the same one whatever is shown; else only what is shown has colours of
    its own, and the colour of the others is left for the rest.
    """
    coloured = names if len(names) <= len(PALETTE) else shown
    return dict.fromkeys(names, OTHERS_COLOUR) | dict(zip(coloured, PALETTE, strict=False))


@dataclass(frozen=True)
class AxisUnit:
    """The unit in which a plot shows a quantity: its name, its size in the base unit, and the number of decimals."""

    name: str
    size: float
    digits: int

    def to_text(self, value: float) -> str:
        """Format a number of the base unit in this one, with the unit."""
        return typographic_minus(f"{value / self.size:,.{self.digits}f} {self.name}")

    def format_axis(self, axis: Axis) -> None:
        """Let an axis of the base unit show numbers of this one."""
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / self.size:,.10g}"))


def choose_unit(maximum: float, *sizes: tuple[str, float], min_digits: int = 0) -> AxisUnit:
    """Choose the first unit of which the maximum holds two or more, and else the last.

    Numbers have three figures, or `min_digits` decimals if these are more.
    """
    name, size = next(((name, size) for name, size in sizes if maximum >= 2 * size), sizes[-1])
    return AxisUnit(
        name, size, max(min_digits, 0 if maximum >= 100 * size else 1 if maximum >= 10 * size else 2)
    )


def choose_power_unit(max_mw: float) -> AxisUnit:
    """Choose the unit of power by the largest value, in MW: GW from 2 GW on, and then with two decimals."""
    if max_mw >= 2000:
        return AxisUnit("GW", 1000.0, 2)
    return choose_unit(max_mw, ("MW", 1.0), ("kW", 0.001)) if max_mw else AxisUnit("MW", 1.0, 0)


def set_round_ticks(axis: Axis, max_intervals: int) -> None:
    """Put ticks at round numbers, with no more intervals between them than given."""
    axis.set_major_locator(MaxNLocator(nbins=max_intervals, steps=[1, 2, 2.5, 5, 10]))


def set_power_axis(axes: Axes, max_mw: float, label: str = "IT power", unit: AxisUnit | None = None) -> None:
    """Show power up the side, always from 0; an empty label leaves it out, for panels that share one."""
    unit = unit or choose_power_unit(max_mw)
    axes.set_ylim(0, max_mw * 1.05 or 1)
    set_round_ticks(axes.yaxis, 6)
    unit.format_axis(axes.yaxis)
    if label:
        axes.set_ylabel(f"{label} ({unit.name})")


def set_row_axis(axes: Axes, names: Sequence[str]) -> None:
    """Show rows from the top down, each with its name at the side; grid lines go down, not along."""
    axes.set_yticks(range(len(names)), [printable(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)


def hide_unused_panels(panels: Iterable[Axes], n_used: int) -> None:
    """Hide the panels of a grid beyond those that are used."""
    for axes in list(panels)[n_used:]:
        axes.set_visible(False)


def add_caption(fig: Figure, caption: str, *notes: str) -> None:
    """Add small lines at the foot: what to know to read the figure, and last what it shows."""
    fig.supxlabel("\n".join((*notes, caption)), fontsize=7.5, color=FAINT_INK, ha="left", x=0.01)


def largest_names(weights: dict[str, float], max_names: int) -> list[str]:
    """Choose the names that are shown on their own, in their order: all, or the heaviest if there are too many.

    Of too many one less than `max_names` is chosen, which leaves a place for the others together. Of equal weights
    the first comes first, since the sort is stable.
    """
    if len(weights) <= max_names:
        return list(weights)
    largest = sorted(weights, key=lambda name: -weights[name])[: max_names - 1]
    return [name for name in weights if name in largest]
