"""What the plots of a sweep have in common: estimates beside the factors, and how both are called."""

from typing import Any

import polars as pl
from matplotlib.figure import Figure

from sim.show.plots.labels import short
from sim.show.plots.style import source
from sim.show.swept import callings
from sim.study.swept import Swept

MOST_OUTCOMES = 4
MOST_CELLS = 16
"""A factor with more values than this is no axis of a heat map, and is looked at in parts."""
COLOUR_MAP = "cividis"
"""Even in print, and to the colour-blind."""


def with_factors(done: Swept, metric: str) -> pl.DataFrame:
    """The estimates of a metric, with the values of the factors; in the order of the points."""
    return (
        done.estimates.filter(pl.col("metric") == metric)
        .join(done.points, on="point", how="left")
        .sort("point")
    )


def axis_of(done: Swept, each: dict[str, Any]) -> str:
    """What stands along an axis of a factor: the end of its path, and its unit."""
    name = short(callings(done)[each["name"]], 44)
    return f"{name} ({each['unit']})" if each["unit"] else name


def label_of(done: Swept, metric: str, lines: bool = False) -> str:
    """What stands along an axis of an outcome; in lines, broken at the dot nearest its middle."""
    unit = next((each["unit"] for each in done.told["outcomes"] if each["name"] == metric), "")
    if not lines:
        return f"{short(metric, 40)} ({unit})" if unit else short(metric, 40)
    dots = [k for k, letter in enumerate(metric) if letter == "."]
    cut = min(dots, key=lambda k: abs(k - len(metric) / 2)) if dots and len(metric) > 22 else len(metric)
    said = "\n".join(short(part, 28) for part in (metric[:cut], metric[cut:]) if part)
    return f"{said} ({unit})" if unit else said


def distinct(done: Swept, each: dict[str, Any]) -> list[Any]:
    """The values of a factor, numbers and dates in order, texts as in the sweep."""
    column = done.points[each["name"]].drop_nulls().unique(maintain_order=True)
    found: list[Any] = (column if column.dtype == pl.String else column.sort()).to_list()
    return found


def foot(fig: Figure, done: Swept, *notes: str) -> None:
    """What the picture is of."""
    design = done.told["identity"]["design"]["kind"]
    source(
        fig,
        f"sim sweep {done.name}: {done.told['scenario']}, {len(done.points)} points ({design}),"
        f" {done.replications} replications at each, the same futures at all",
        *notes,
    )
