"""What the plots of a sweep have in common: estimates beside the factors, and how both are called."""

from typing import Any

import polars as pl
from matplotlib.figure import Figure

from sim.show.factor_labels import label_factors
from sim.show.plots.labels import shorten
from sim.show.plots.style import add_caption
from sim.study.sweep_result import SweepResult

MAX_OUTCOMES = 4
MAX_FACTOR_LEVELS = 16
"""A factor with more values than this is no axis of a heat map, and is looked at in parts."""
COLOUR_MAP = "cividis"
"""Even in print, and to the colour-blind."""


def estimates_with_factors(sweep: SweepResult, metric: str) -> pl.DataFrame:
    """The estimates of a metric, with the values of the factors; in the order of the points."""
    return (
        sweep.estimates.filter(pl.col("metric") == metric)
        .join(sweep.points, on="point", how="left")
        .sort("point")
    )


def factor_axis_label(sweep: SweepResult, factor: dict[str, Any]) -> str:
    """What stands along an axis of a factor: the end of its path, and its unit."""
    name = shorten(label_factors(sweep)[factor["name"]], 44)
    return f"{name} ({factor['unit']})" if factor["unit"] else name


def outcome_axis_label(sweep: SweepResult, metric: str, lines: bool = False) -> str:
    """What stands along an axis of an outcome; in lines, broken at the dot nearest its middle."""
    unit = next((each["unit"] for each in sweep.description["outcomes"] if each["name"] == metric), "")
    if not lines:
        return f"{shorten(metric, 40)} ({unit})" if unit else shorten(metric, 40)
    dots = [k for k, letter in enumerate(metric) if letter == "."]
    cut = min(dots, key=lambda k: abs(k - len(metric) / 2)) if dots and len(metric) > 22 else len(metric)
    said = "\n".join(shorten(part, 28) for part in (metric[:cut], metric[cut:]) if part)
    return f"{said} ({unit})" if unit else said


def factor_levels(sweep: SweepResult, factor: dict[str, Any]) -> list[Any]:
    """The values of a factor, numbers and dates in order, texts as in the sweep."""
    column = sweep.points[factor["name"]].drop_nulls().unique(maintain_order=True)
    found: list[Any] = (column if column.dtype == pl.String else column.sort()).to_list()
    return found


def add_sweep_caption(fig: Figure, sweep: SweepResult, *notes: str) -> None:
    """What the picture is of."""
    design = sweep.description["identity"]["design"]["kind"]
    add_caption(
        fig,
        f"sim sweep {sweep.name}: {sweep.description['scenario']}, {len(sweep.points)} points ({design}),"
        f" {sweep.replications} replications at each, the same futures at all",
        *notes,
    )
