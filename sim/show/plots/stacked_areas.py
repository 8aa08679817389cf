"""Layers that stand one on the other, and are named where they end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from sim.model.arrays import FloatArray
from sim.show.plots import style
from sim.show.plots.labels import label_ends, shorten_names


@dataclass(frozen=True)
class Layer:
    """One layer: its name, its MW at each time, and its colour."""

    name: str
    mw: FloatArray
    colour: str


def stack_layers(parts: Mapping[str, FloatArray], max_layers: int) -> list[Layer]:
    """The parts that are ever above 0 as layers, in their order; the lightest as one, if there are too many.

    Each part has the same colour whatever else is drawn.
    """
    there = {name: mw for name, mw in parts.items() if float(mw.max(initial=0)) > 0}
    shown = style.largest_names({name: float(mw.sum()) for name, mw in there.items()}, max_layers)
    tints = style.assign_colours(list(parts), shown)
    rest = [mw for name, mw in there.items() if name not in shown]
    found = [Layer(name, there[name], tints[name]) for name in shown]
    return (
        [*found, Layer(f"{len(rest)} others", np.sum(rest, axis=0), style.OTHERS_COLOUR)] if rest else found
    )


def draw_stack(axes: Axes, times: npt.NDArray[Any], stack: Sequence[Layer]) -> None:
    """Draw layers, the first lowest."""
    if stack:
        axes.stackplot(
            times, *(layer.mw for layer in stack), colors=[layer.colour for layer in stack],
            labels=[layer.name for layer in stack], edgecolor="white", linewidth=0.4,
        )  # fmt: skip


def label_layers(axes: Axes, stack: Sequence[Layer], unit: style.AxisUnit, axes_height_inches: float) -> None:
    """Write the name of each layer, and what it comes to, right of where it ends; `inches` high are the axes."""
    ends = [float(layer.mw[-1]) for layer in stack]
    tops = np.cumsum(ends)
    names = shorten_names(layer.name for layer in stack)
    label_ends(
        axes,
        [f"{names[layer.name]}  {unit.to_text(end)}" for layer, end in zip(stack, ends, strict=True)],
        [top - end / 2 for top, end in zip(tops.tolist(), ends, strict=True)],
        [layer.colour for layer in stack],
        axes_height_inches,
    )
