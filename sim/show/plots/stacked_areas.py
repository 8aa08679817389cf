"""Stacked areas, labelled where they end."""

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
    """A layer of a stack: its name, its MW at each time of the grid as `(n_times,)`, and its colour."""

    name: str
    mw: FloatArray
    colour: str


def stack_layers(parts: Mapping[str, FloatArray], max_layers: int) -> list[Layer]:
    """The parts that are ever above 0 as layers, in their order; the smallest as one, if there are too many.

    Each part has the same colour whatever else is drawn.
    """
    present = {name: mw for name, mw in parts.items() if float(mw.max(initial=0)) > 0}
    shown = style.largest_names({name: float(mw.sum()) for name, mw in present.items()}, max_layers)
    colours = style.assign_colours(list(parts), shown)
    others = [mw for name, mw in present.items() if name not in shown]
    layers = [Layer(name, present[name], colours[name]) for name in shown]
    if not others:
        return layers
    return [*layers, Layer(f"{len(others)} others", np.sum(others, axis=0), style.OTHERS_COLOUR)]


def draw_stack(axes: Axes, times: npt.NDArray[Any], stack: Sequence[Layer]) -> None:
    """Draw layers one on the other, the first lowest."""
    if stack:
        axes.stackplot(
            times, *(layer.mw for layer in stack), colors=[layer.colour for layer in stack],
            labels=[layer.name for layer in stack], edgecolor="white", linewidth=0.4,
        )  # fmt: skip


def label_layers(axes: Axes, stack: Sequence[Layer], unit: style.AxisUnit, axes_height_inches: float) -> None:
    """Label each layer with its name and its last value, right of where it ends."""
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
