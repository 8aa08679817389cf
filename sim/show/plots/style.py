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

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8C8C8C")
"""The palette of Okabe and Ito, which people with any common kind of colour-blindness can tell apart."""
INK = "#222222"
FAINT = "#666666"
REST = "#BDBDBD"
"""For all others together."""
GAP = "#B22222"
"""For what is wanted and not served."""

SETTINGS: dict[str, Any] = {
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
def house() -> Iterator[None]:
    """Draw in the house style, whatever the user's own settings."""
    settings: Any = {**mpl.rcParamsDefault, **SETTINGS}
    with mpl.rc_context(settings):
        yield


class Picture(Figure):
    """A figure that a notebook shows, although it was made without pyplot."""

    def _repr_png_(self) -> bytes:
        content = BytesIO()
        with house():
            self.savefig(content, format="png")
        return content.getvalue()


def figure(width: float = 8.6, height: float = 4.8) -> Figure:
    """An empty figure that lays itself out."""
    return Picture(figsize=(width, height), layout="constrained")


def colours(names: Sequence[str], shown: Sequence[str]) -> dict[str, str]:
    """A colour for each name: the same whatever is shown, where there are colours for all; else only for those.

    All that are left without one are of the colour of the rest.
    """
    known = names if len(names) <= len(COLOURS) else shown
    return dict.fromkeys(names, REST) | dict(zip(known, COLOURS, strict=False))


@dataclass(frozen=True)
class Unit:
    """In which unit a plot says a quantity: its name, how much of the base unit it is, and with how many digits."""

    name: str
    size: float
    digits: int

    def say(self, value: float) -> str:
        """A number of the base unit in this one, with the unit."""
        return f"{value / self.size:,.{self.digits}f} {self.name}".replace("-", "−")

    def along(self, axis: Axis) -> None:
        """Let an axis of the base unit show numbers of this one."""
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / self.size:,.10g}"))


def unit_of(most: float, *sizes: tuple[str, float], least: int = 0) -> Unit:
    """The first unit of which there are two or more in the most that is said, and else the last.

    It is said with three figures, or with `least` digits if these are more.
    """
    name, size = next(((name, size) for name, size in sizes if most >= 2 * size), sizes[-1])
    return Unit(name, size, max(least, 0 if most >= 100 * size else 1 if most >= 10 * size else 2))


def power_unit(most_mw: float) -> Unit:
    """In which unit is power said whose most is this? In GW from 2 GW on, and then with two digits."""
    if most_mw >= 2000:
        return Unit("GW", 1000.0, 2)
    return unit_of(most_mw, ("MW", 1.0), ("kW", 0.001)) if most_mw else Unit("MW", 1.0, 0)


def percent(share: float) -> str:
    """A share, in words."""
    return f"{share:,.0%}".replace("%", " %")


def in_power(axes: Axes, most_mw: float, what: str = "IT power", unit: Unit | None = None) -> None:
    """Power up the side, always from 0; without a label where `what` is empty, for panels that share one."""
    unit = unit or power_unit(most_mw)
    axes.set_ylim(0, most_mw * 1.05 or 1)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    unit.along(axes.yaxis)
    if what:
        axes.set_ylabel(f"{what} ({unit.name})")


def in_rows(axes: Axes, names: Sequence[str]) -> None:
    """Rows one below the other, from above, each with its name at the side; lines go down, not along."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)


def source(fig: Figure, text: str, *notes: str) -> None:
    """Small lines at the foot, which say what the picture is of, and what to know to read it."""
    fig.supxlabel("\n".join((*notes, text)), fontsize=7.5, color=FAINT, ha="left", x=0.01)


def leading(weights: dict[str, float], most: int) -> list[str]:
    """Which names stand for themselves, in their order? The heaviest, if there are more than `most`."""
    if len(weights) <= most:
        return list(weights)
    kept = sorted(weights, key=lambda name: -weights[name])[: most - 1]
    return [name for name in weights if name in kept]
