"""Names, captions and notes shortened to fit, and labels placed so that none covers another."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim.scenario.text import printable
from sim.show.plots.style import INK


def shorten(name: str, max_length: int = 26) -> str:
    """Shorten a name that is too long for a plot, by leaving out its middle; it is one line."""
    name = printable(name)
    if len(name) <= max_length:
        return name
    head = (max_length - 1) * 2 // 3
    return f"{name[:head].rstrip()}…{name[len(name) - (max_length - 1 - head) :].lstrip()}"


def legend_label(name: str) -> str:
    """A name as it stands in a legend, in which matplotlib leaves out names that begin with an underscore."""
    return f"\N{HAIR SPACE}{name}" if name.startswith("_") else name


def caption_text(title: str, sha256: str, sample: str, seed: int, max_length: int = 90) -> str:
    """Caption a figure: the scenario and its hash, what was sampled of it, and the seed of the same numbers."""
    return f"{shorten(title, max_length)} ({short_hash(sha256)}); {sample}, seed {seed}"


def short_hash(sha256: str) -> str:
    """Shorten the hash of a scenario: enough to tell it from any other one at hand."""
    return sha256[:12]


def omission_notes(n_omitted: int, noun: str, qualifier: str = "") -> list[str]:
    """Note how many of the smaller ones are not shown; no note where there are none."""
    return [f"{n_omitted} smaller {noun} are not shown{qualifier}."] if n_omitted else []


def shorten_names(names: Iterable[str], max_length: int = 26) -> dict[str, str]:
    """Shorten names so that no two become alike: without their middles, or their ends, or else numbered.

    The names that plots add to those of a scenario end in a dot, which those cannot hold; they are shown without it.
    """
    distinct = list(dict.fromkeys(names))
    max_length = max(max_length, *(len(name) for name in distinct if name.endswith(".")), 8)

    def without_start(name: str) -> str:
        name = printable(name)
        return name if len(name) <= max_length else f"…{name[1 - max_length :].lstrip()}"

    def without_end(name: str) -> str:
        name = printable(name)
        return name if len(name) <= max_length else f"{name[: max_length - 1].rstrip()}…"

    for cut in (lambda name: shorten(name, max_length), without_end, without_start):
        short = {name: cut(name) for name in distinct}
        if len(set(short.values())) == len(distinct):
            break
    else:
        short = {name: f"{shorten(name, max_length - 5)} ({k})" for k, name in enumerate(distinct, start=1)}
    return {name: text.removesuffix(".") for name, text in short.items()}


def separate_positions(
    targets: Sequence[float], gap: float, low: float = -np.inf, high: float = np.inf
) -> list[float]:
    """Place labels near their targets, between two bounds, with at least `gap` from one to the next.

    Labels that would overlap are merged into blocks, each centred on the mean of its targets (the pool-adjacent-
    violators algorithm). Equal targets keep the order in which they are given, since the sort is stable.
    """

    def block_centre(block: list[int]) -> float:
        n = len(block)
        half = gap * (n - 1) / 2
        centre = sum(targets[member] - gap * i + half for i, member in enumerate(block)) / n
        return float(max(min(centre, high - half), low + half))

    blocks: list[list[int]] = []
    for k in np.argsort(targets, kind="stable").tolist():
        blocks.append([k])
        while len(blocks) > 1:
            first, second = blocks[-2:]
            if block_centre(second) - block_centre(first) >= gap * (len(first) + len(second)) / 2:
                break
            blocks[-2:] = [first + second]
    positions = [0.0] * len(targets)
    for block in blocks:
        lowest = block_centre(block) - gap * (len(block) - 1) / 2
        for i, member in enumerate(block):
            positions[member] = lowest + gap * i
    return positions


def label_ends(
    axes: Axes,
    labels: Sequence[str],
    heights: Sequence[float],
    colours: Sequence[str],
    axes_height_inches: float,
) -> None:
    """Label curves or bands right of where they end, each with a dash in its colour, none on another.

    `heights` are in units of the axis; `axes_height_inches` is about how high the axes are, since the layout is not
    known yet.
    """
    low, high = axes.get_ylim()
    points = [(height - low) / (high - low) * axes_height_inches * 72 for height in heights]
    positions = separate_positions(points, 11.5, 4, axes_height_inches * 72 - 4)
    for label, height, point, position, colour in zip(
        labels, heights, points, positions, colours, strict=True
    ):
        axes.annotate(
            label, (1.0, height), (20, position - point), xycoords=axes.get_yaxis_transform(),
            textcoords="offset points", va="center", fontsize=8.5, color=INK, annotation_clip=False,
            arrowprops={
                "arrowstyle": "-", "color": colour, "linewidth": 2.2, "shrinkA": 2, "shrinkB": 0, "relpos": (0, 0.5)
            },
        )  # fmt: skip


def annotate_right_of_axes(axes: Axes, height: float, text: str, offset_points: float, **style: Any) -> None:
    """Put a text some points right of the axes (left-aligned, unless `ha` says other)."""
    axes.annotate(
        text, (1.0, height), (offset_points, 0), xycoords=axes.get_yaxis_transform(), textcoords="offset points",
        annotation_clip=False, **{"color": INK, "va": "center", **style},
    )  # fmt: skip
