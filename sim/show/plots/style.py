"""The house style: readable in print and by the colour-blind, units on every axis, dates on time axes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8C8C8C")
"""The palette of Okabe and Ito, which people with any common kind of colour-blindness can tell apart."""
INK = "#222222"
FAINT_INK = "#666666"
OTHERS_COLOUR = "#BDBDBD"
"""For all others together."""
SHORTFALL_COLOUR = "#B22222"
"""For what is wanted and not served."""

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
    """Draw in the house style, whatever the user's own settings."""
    settings: Any = {**mpl.rcParamsDefault, **RC_PARAMS}
    with mpl.rc_context(settings):
        yield


class NotebookFigure(Figure):
    """A figure that a notebook shows, although it was made without pyplot."""

    def _repr_png_(self) -> bytes:
        content = BytesIO()
        with house_style():
            self.savefig(content, format="png")
        return content.getvalue()


def new_figure(width: float = 8.6, height: float = 4.8) -> Figure:
    """An empty figure that lays itself out."""
    return NotebookFigure(figsize=(width, height), layout="constrained")


def assign_colours(names: Sequence[str], shown: Sequence[str]) -> dict[str, str]:
    """A colour for each name: the same whatever is shown, where there are colours for all; else only for those.

    All that are left without one are of the colour of the rest.
    """
    known = names if len(names) <= len(PALETTE) else shown
    return dict.fromkeys(names, OTHERS_COLOUR) | dict(zip(known, PALETTE, strict=False))


@dataclass(frozen=True)
class AxisUnit:
    """In which unit a plot says a quantity: its name, how much of the base unit it is, and with how many digits."""

    name: str
    size: float
    digits: int

    def to_text(self, value: float) -> str:
        """A number of the base unit in this one, with the unit."""
        return f"{value / self.size:,.{self.digits}f} {self.name}".replace("-", "−")

    def format_axis(self, axis: Axis) -> None:
        """Let an axis of the base unit show numbers of this one."""
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / self.size:,.10g}"))


def choose_unit(maximum: float, *sizes: tuple[str, float], min_digits: int = 0) -> AxisUnit:
    """The first unit of which there are two or more in the most that is said, and else the last.

    It is said with three figures, or with `least` digits if these are more.
    """
    name, size = next(((name, size) for name, size in sizes if maximum >= 2 * size), sizes[-1])
    return AxisUnit(
        name, size, max(min_digits, 0 if maximum >= 100 * size else 1 if maximum >= 10 * size else 2)
    )


def choose_power_unit(max_mw: float) -> AxisUnit:
    """In which unit is power said whose most is this? In GW from 2 GW on, and then with two digits."""
    if max_mw >= 2000:
        return AxisUnit("GW", 1000.0, 2)
    return choose_unit(max_mw, ("MW", 1.0), ("kW", 0.001)) if max_mw else AxisUnit("MW", 1.0, 0)


def format_percent(share: float) -> str:
    """A share, in words."""
    return f"{share:,.0%}".replace("%", " %")


def set_power_axis(axes: Axes, max_mw: float, label: str = "IT power", unit: AxisUnit | None = None) -> None:
    """Power up the side, always from 0; without a label where `what` is empty, for panels that share one."""
    unit = unit or choose_power_unit(max_mw)
    axes.set_ylim(0, max_mw * 1.05 or 1)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    unit.format_axis(axes.yaxis)
    if label:
        axes.set_ylabel(f"{label} ({unit.name})")


def set_row_axis(axes: Axes, names: Sequence[str]) -> None:
    """Rows one below the other, from above, each with its name at the side; lines go down, not along."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)


def add_caption(fig: Figure, caption: str, *notes: str) -> None:
    """Small lines at the foot, which say what the picture is of, and what to know to read it."""
    fig.supxlabel("\n".join((*notes, caption)), fontsize=7.5, color=FAINT_INK, ha="left", x=0.01)


def largest_names(weights: dict[str, float], max_names: int) -> list[str]:
    """Which names stand for themselves, in their order? The heaviest, if there are more than `most`."""
    if len(weights) <= max_names:
        return list(weights)
    kept = sorted(weights, key=lambda name: -weights[name])[: max_names - 1]
    return [name for name in weights if name in kept]
