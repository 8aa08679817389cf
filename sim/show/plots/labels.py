"""Where labels stand, and how long names become short."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim.show.plots.style import INK


def shorten(name: str, max_length: int = 26) -> str:
    """A name, with its middle left out where it is too long to stand on a plot."""
    if len(name) <= max_length:
        return name
    ahead = (max_length - 1) * 2 // 3
    return f"{name[:ahead].rstrip()}…{name[len(name) - (max_length - 1 - ahead) :].lstrip()}"


def shorten_names(names: Iterable[str], max_length: int = 26) -> dict[str, str]:
    """Names as they stand on a plot, no two alike: their middles left out, or their ends, or numbered.

    A name of ours among those of a scenario ends in a dot, which theirs cannot hold; it is shown without.
    """
    known = list(dict.fromkeys(names))
    max_length = max(max_length, *(len(name) for name in known if name.endswith(".")), 8)

    def ends(name: str) -> str:
        return name if len(name) <= max_length else f"…{name[1 - max_length :].lstrip()}"

    def head(name: str) -> str:
        return name if len(name) <= max_length else f"{name[: max_length - 1].rstrip()}…"

    for cut in (lambda name: shorten(name, max_length), head, ends):
        found = {name: cut(name) for name in known}
        if len(set(found.values())) == len(known):
            break
    else:
        found = {name: f"{shorten(name, max_length - 5)} ({k})" for k, name in enumerate(known, start=1)}
    return {name: said.removesuffix(".") for name, said in found.items()}


def separate_positions(
    targets: Sequence[float], gap: float, low: float = -np.inf, high: float = np.inf
) -> list[float]:
    """Where do labels stand, that none is nearer to the next than `gap`, and each near where it is wanted?"""

    def middle(members: list[int]) -> float:
        """Where the middle of labels that touch each other comes to stand."""
        n = len(members)
        half = gap * (n - 1) / 2
        centre = sum(targets[m] - gap * i + half for i, m in enumerate(members)) / n
        return float(max(min(centre, high - half), low + half))

    blocks: list[list[int]] = []
    for k in np.argsort(targets, kind="stable").tolist():
        blocks.append([k])
        while len(blocks) > 1:
            first, second = blocks[-2:]
            if middle(second) - middle(first) >= gap * (len(first) + len(second)) / 2:
                break
            blocks[-2:] = [first + second]
    places = [0.0] * len(targets)
    for members in blocks:
        lowest = middle(members) - gap * (len(members) - 1) / 2
        for i, m in enumerate(members):
            places[m] = lowest + gap * i
    return places


def label_ends(
    axes: Axes,
    labels: Sequence[str],
    heights: Sequence[float],
    colours: Sequence[str],
    axes_height_inches: float,
) -> None:
    """Labels right of where curves or bands end, each with a dash in its colour, none on another.

    `inches` is about how high the axes are.
    """
    low, high = axes.get_ylim()
    points = [(height - low) / (high - low) * axes_height_inches * 72 for height in heights]
    places = separate_positions(points, 11.5, 4, axes_height_inches * 72 - 4)
    for label, height, point, place, tint in zip(labels, heights, points, places, colours, strict=True):
        axes.annotate(
            label, (1.0, height), (20, place - point), xycoords=axes.get_yaxis_transform(),
            textcoords="offset points", va="center", fontsize=8.5, color=INK, annotation_clip=False,
            arrowprops={
                "arrowstyle": "-", "color": tint, "linewidth": 2.2, "shrinkA": 2, "shrinkB": 0, "relpos": (0, 0.5)
            },
        )  # fmt: skip


def annotate_right_of_axes(axes: Axes, height: float, text: str, offset_points: float, **style: Any) -> None:
    """A text that stands some points right of the axes (left-aligned, unless `ha` says other)."""
    axes.annotate(
        text, (1.0, height), (offset_points, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points",
        annotation_clip=False, **{"color": INK, "va": "center", **style},
    )  # fmt: skip
