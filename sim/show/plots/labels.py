"""Where labels stand, and how long names become short."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim.show.plots.style import INK


def short(name: str, most: int = 26) -> str:
    """A name, with its middle left out where it is too long to stand on a plot."""
    if len(name) <= most:
        return name
    ahead = (most - 1) * 2 // 3
    return f"{name[:ahead].rstrip()}…{name[len(name) - (most - 1 - ahead) :].lstrip()}"


def shorts(names: Iterable[str], most: int = 26) -> dict[str, str]:
    """Names as they stand on a plot, no two alike: their middles left out, or their ends, or numbered.

    A name of ours among those of a scenario ends in a dot, which theirs cannot hold; it is shown without.
    """
    known = list(dict.fromkeys(names))
    most = max(most, *(len(name) for name in known if name.endswith(".")), 8)

    def ends(name: str) -> str:
        return name if len(name) <= most else f"…{name[1 - most :].lstrip()}"

    def head(name: str) -> str:
        return name if len(name) <= most else f"{name[: most - 1].rstrip()}…"

    for cut in (lambda name: short(name, most), head, ends):
        found = {name: cut(name) for name in known}
        if len(set(found.values())) == len(known):
            break
    else:
        found = {name: f"{short(name, most - 5)} ({k})" for k, name in enumerate(known, start=1)}
    return {name: said.removesuffix(".") for name, said in found.items()}


def spread_out(
    wanted: Sequence[float], gap: float, low: float = -np.inf, high: float = np.inf
) -> list[float]:
    """Where do labels stand, that none is nearer to the next than `gap`, and each near where it is wanted?"""

    def middle(members: list[int]) -> float:
        """Where the middle of labels that touch each other comes to stand."""
        n = len(members)
        half = gap * (n - 1) / 2
        centre = sum(wanted[m] - gap * i + half for i, m in enumerate(members)) / n
        return float(max(min(centre, high - half), low + half))

    blocks: list[list[int]] = []
    for k in np.argsort(wanted, kind="stable").tolist():
        blocks.append([k])
        while len(blocks) > 1:
            first, second = blocks[-2:]
            if middle(second) - middle(first) >= gap * (len(first) + len(second)) / 2:
                break
            blocks[-2:] = [first + second]
    places = [0.0] * len(wanted)
    for members in blocks:
        lowest = middle(members) - gap * (len(members) - 1) / 2
        for i, m in enumerate(members):
            places[m] = lowest + gap * i
    return places


def at_the_end(
    axes: Axes, labels: Sequence[str], heights: Sequence[float], tints: Sequence[str], inches: float
) -> None:
    """Labels right of where curves or bands end, each with a dash in its colour, none on another.

    `inches` is about how high the axes are.
    """
    low, high = axes.get_ylim()
    points = [(height - low) / (high - low) * inches * 72 for height in heights]
    places = spread_out(points, 11.5, 4, inches * 72 - 4)
    for label, height, point, place, tint in zip(labels, heights, points, places, tints, strict=True):
        axes.annotate(
            label, (1.0, height), (20, place - point), xycoords=axes.get_yaxis_transform(),
            textcoords="offset points", va="center", fontsize=8.5, color=INK, annotation_clip=False,
            arrowprops={
                "arrowstyle": "-", "color": tint, "linewidth": 2.2, "shrinkA": 2, "shrinkB": 0, "relpos": (0, 0.5)
            },
        )  # fmt: skip


def beside(axes: Axes, height: float, text: str, points: float, **style: Any) -> None:
    """A text that stands some points right of the axes (left-aligned, unless `ha` says other)."""
    axes.annotate(
        text, (1.0, height), (points, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points",
        annotation_clip=False, **{"color": INK, "va": "center", **style},
    )  # fmt: skip
