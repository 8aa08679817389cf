"""Layers that stand one on the other, and are named where they end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from sim.model.arrays import Floats
from sim.show.plots import style
from sim.show.plots.labels import at_the_end, shorts


@dataclass(frozen=True)
class Layer:
    """One layer: its name, its MW at each time, and its colour."""

    name: str
    mw: Floats
    colour: str


def layers(parts: Mapping[str, Floats], most: int) -> list[Layer]:
    """The parts that are ever above 0 as layers, in their order; the lightest as one, if there are too many.

    Each part has the same colour whatever else is drawn.
    """
    there = {name: mw for name, mw in parts.items() if float(mw.max(initial=0)) > 0}
    shown = style.leading({name: float(mw.sum()) for name, mw in there.items()}, most)
    tints = style.colours(list(parts), shown)
    rest = [mw for name, mw in there.items() if name not in shown]
    found = [Layer(name, there[name], tints[name]) for name in shown]
    return [*found, Layer(f"{len(rest)} others", np.sum(rest, axis=0), style.REST)] if rest else found


def stacked(axes: Axes, times: npt.NDArray[Any], stack: Sequence[Layer]) -> None:
    """Draw layers, the first lowest."""
    if stack:
        axes.stackplot(
            times, *(layer.mw for layer in stack), colors=[layer.colour for layer in stack],
            labels=[layer.name for layer in stack], edgecolor="white", linewidth=0.4,
        )  # fmt: skip


def named_at_the_end(axes: Axes, stack: Sequence[Layer], unit: style.Unit, inches: float) -> None:
    """Write the name of each layer, and what it comes to, right of where it ends; `inches` high are the axes."""
    ends = [float(layer.mw[-1]) for layer in stack]
    tops = np.cumsum(ends)
    names = shorts(layer.name for layer in stack)
    at_the_end(
        axes,
        [f"{names[layer.name]}  {unit.say(end)}" for layer, end in zip(stack, ends, strict=True)],
        [top - end / 2 for top, end in zip(tops.tolist(), ends, strict=True)],
        [layer.colour for layer in stack],
        inches,
    )
