"""The house style: readable in print and by the colour-blind, units on every axis, dates on time axes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8C8C8C")
"""The palette of Okabe and Ito, which people with any common kind of colour-blindness can tell apart."""
INK = "#222222"
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
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.dpi": 110,
    "savefig.dpi": 160,
    "hatch.linewidth": 0.6,
    "svg.hashsalt": "rofr",
    "svg.fonttype": "none",
}


@contextmanager
def house() -> Iterator[None]:
    """Draw in the house style, whatever the user's own settings."""
    settings: Any = {**mpl.rcParamsDefault, **SETTINGS}
    with mpl.rc_context(settings):
        yield


def figure(width: float = 8.6, height: float = 4.8) -> Figure:
    """An empty figure that lays itself out."""
    return Figure(figsize=(width, height), layout="constrained")


def colours(names: Sequence[str]) -> dict[str, str]:
    """A colour for each name, in their order."""
    return {name: COLOURS[k % len(COLOURS)] for k, name in enumerate(names)}


def in_dates(axes: Axes) -> None:
    """Dates along the bottom."""
    locator = AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.margins(x=0)


def in_power(axes: Axes, most_mw: float, what: str = "IT power") -> None:
    """Power up the side: GW from 2 GW on, else MW; always from 0."""
    axes.set_ylim(0, most_mw * 1.05 or 1)
    if most_mw >= 2000:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda mw, _: f"{mw / 1000:g}"))
        axes.set_ylabel(f"{what} (GW)")
    else:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda mw, _: f"{mw:g}"))
        axes.set_ylabel(f"{what} (MW)")


def source(fig: Figure, text: str) -> None:
    """A small line at the foot, which says what the picture is of."""
    fig.supxlabel(text, fontsize=7.5, color="#666666", ha="left", x=0.01)
