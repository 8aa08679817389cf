"""The plots of a sweep: heat maps over two factors, response curves over each, and trade-offs between outcomes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sim.show.plots.labels import short
from sim.show.plots.style import COLOURS, FAINT, INK, figure, house, source
from sim.show.report import NothingToShow
from sim.show.swept import amount, callings, value
from sim.study.swept import Swept

Floats = npt.NDArray[np.float64]
MOST_OUTCOMES = 4
MOST_FACTORS = 4
MOST_CELLS = 16
"""A factor with more values than this along an axis is no axis of a heat map."""
ALONE = "Means, each with its own 95 % interval; as all face the same futures, differences are surer"
MOST_CROSSES = 200
"""With more points than this, intervals would hide them."""
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


def heat_maps(done: Swept) -> Figure | None:
    """How does each outcome lie over two factors? None where no two are crossed in a grid."""
    if done.told["identity"]["design"]["kind"] != "grid":
        return None
    crossed = [each for each in done.factors if 2 <= len(distinct(done, each)) <= MOST_CELLS]
    if len(crossed) < 2:
        return None
    down, along = crossed[0], crossed[1]
    ups, acrosses = distinct(done, down), distinct(done, along)
    shown = done.outcomes[:MOST_OUTCOMES]
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    with house():
        fig = figure(max(5.2, 0.62 * len(acrosses) + 1.8) * columns, (0.42 * len(ups) + 1.5) * rows + 0.5)
        fig.suptitle(done.told["title"] or done.name, x=0.01, ha="left")
        for k, metric in enumerate(shown):
            axes = fig.add_subplot(rows, columns, k + 1)
            cells = np.full((len(ups), len(acrosses)), np.nan)
            means = (
                with_factors(done, metric).group_by(down["name"], along["name"]).agg(pl.col("mean").mean())
            )
            for up, across, mean in means.iter_rows():
                cells[ups.index(up), acrosses.index(across)] = np.nan if mean is None else mean
            heat(fig, axes, cells)
            axes.set_title(label_of(done, metric), fontsize=9.5)
            axes.set_xticks(range(len(acrosses)), [value(x, "") for x in acrosses])
            axes.set_yticks(range(len(ups)), [value(x, "") for x in ups])
            axes.set_xlabel(axis_of(done, along))
            axes.set_ylabel(axis_of(done, down) if k % columns == 0 else "")
        others = [callings(done)[each["name"]] for each in done.factors if each not in (down, along)]
        notes = (
            [f"Means over all values of {', '.join(others)}"] if others else ["Means over the replications"]
        )
        foot(fig, done, *notes)
    return fig


def heat(fig: Figure, axes: Axes, cells: Floats) -> None:
    """Cells in colour, each with its number."""
    image = axes.imshow(cells, cmap=COLOUR_MAP, aspect="auto", origin="lower")
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    fig.colorbar(image, ax=axes, shrink=0.9, pad=0.02).outline.set_visible(False)
    low, high = np.nanmin(cells, initial=np.inf), np.nanmax(cells, initial=-np.inf)
    for (row, column), x in np.ndenumerate(cells):
        dark = not high > low or (x - low) / (high - low) < 0.55
        colour = FAINT if np.isnan(x) else "white" if dark else INK
        axes.text(column, row, amount(x), ha="center", va="center", fontsize=8, color=colour)


def responses(done: Swept) -> Figure | None:
    """How does each outcome answer to each factor? None where nothing varies."""
    factors = [each for each in done.factors if len(distinct(done, each)) > 1][:MOST_FACTORS]
    shown = done.outcomes[:MOST_OUTCOMES]
    if not factors:
        return None
    if len(factors) == 1:
        return response_of_one(done, factors[0], shown)
    with house():
        fig = figure(3.4 * len(factors) + 0.6, 2.3 * len(shown) + 0.9)
        fig.suptitle(done.told["title"] or done.name, x=0.01, ha="left")
        grid = fig.subplots(len(shown), len(factors), squeeze=False, sharex="col", sharey="row")
        note = ""
        for r, metric in enumerate(shown):
            frame = with_factors(done, metric)
            for c, each in enumerate(factors):
                axes = grid[r, c]
                note = response(done, axes, frame, each, factors)
                axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
                if c == 0:
                    axes.set_ylabel(label_of(done, metric, lines=True), fontsize=8.5)
                if r == len(shown) - 1:
                    axes.set_xlabel(axis_of(done, each))
                if r == 0 and axes.get_legend_handles_labels()[1]:
                    title = axis_of(done, other_of(each, factors) or each)
                    axes.legend(title=title, fontsize=7.5, title_fontsize=7.5, ncols=4, loc="lower left",
                                bbox_to_anchor=(0, 1), borderaxespad=0.2)  # fmt: skip
        foot(fig, done, note)
    return fig


def response_of_one(done: Swept, each: dict[str, Any], shown: tuple[str, ...]) -> Figure:
    """The panels of a single factor, an outcome each, two in a row."""
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    with house():
        fig = figure(4.6 * columns, 2.7 * rows + 0.8)
        fig.suptitle(done.told["title"] or done.name, x=0.01, ha="left")
        note = ""
        for k, metric in enumerate(shown):
            axes = fig.add_subplot(rows, columns, k + 1)
            note = response(done, axes, with_factors(done, metric), each, [each])
            axes.set_title(label_of(done, metric), fontsize=9)
            axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
            axes.set_xlabel(axis_of(done, each) if k + columns >= len(shown) else "")
        foot(fig, done, note)
    return fig


def other_of(each: dict[str, Any], factors: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The other of two factors."""
    return next((x for x in factors if x is not each), None) if len(factors) == 2 else None


def response(
    done: Swept, axes: Axes, frame: pl.DataFrame, each: dict[str, Any], factors: list[dict[str, Any]]
) -> str:
    """One panel: lines where values are crossed, points and their course where they lie anywhere. Says which."""
    kind = done.told["identity"]["design"]["kind"]
    name = each["name"]
    if frame[name].dtype == pl.String:
        order = {text: k for k, text in enumerate(distinct(done, each))}
        frame = frame.with_columns(pl.col(name).replace_strict(order, default=None, return_dtype=pl.Float64))
        axes.set_xticks(range(len(order)), [short(text, 18) for text in order])
    if kind == "one at a time":
        base = frame.row(0, named=True)["mean"]
        if base is not None:
            axes.axhline(base, color=FAINT, linewidth=0.8, linestyle="--")
        line(axes, frame.filter(pl.col(name).is_not_null()).sort(name), name, COLOURS[0])
        return "Each factor alone, with 95 % intervals; dashed: the scenario as it is"
    if kind != "grid":
        cloud(axes, frame, name)
        return "Each dot a point's mean over its replications; the line is the mean of neighbours"
    other = other_of(each, factors)
    if other is not None and len(done.factors) == 2 and len(distinct(done, other)) <= len(COLOURS):
        for k, x in enumerate(distinct(done, other)):
            part = frame.filter(pl.col(other["name"]) == x).sort(name)
            line(axes, part, name, COLOURS[k], value(x, ""), 0.07)
        return ALONE
    if len(done.factors) == 1:
        line(axes, frame.sort(name), name, COLOURS[0])
        return ALONE
    over = frame.group_by(name).agg(
        pl.col("mean").min().alias("low"), pl.col("mean").max().alias("high"), pl.col("mean").mean()
    )
    over = over.sort(name)
    axes.fill_between(
        over[name].to_numpy(), *over.select("low", "high").to_numpy().T, color=COLOURS[0], alpha=0.2
    )
    axes.plot(over[name].to_numpy(), over["mean"].to_numpy(), color=COLOURS[0], marker="o", markersize=3.5)
    return "Line: mean over all values of the other factors; band: from the least to the most of them"


def line(
    axes: Axes, part: pl.DataFrame, name: str, colour: str, label: str | None = None, alpha: float = 0.15
) -> None:
    """The means along a factor, and their intervals."""
    x, mean = part[name].to_numpy(), part["mean"].cast(pl.Float64).to_numpy()
    axes.plot(x, mean, color=colour, marker="o", markersize=3.5, linewidth=1.4, label=label)
    low, high = (part[each].cast(pl.Float64).to_numpy() for each in ("ci_low", "ci_high"))
    axes.fill_between(x, low, high, color=colour, alpha=alpha, linewidth=0)


def cloud(axes: Axes, frame: pl.DataFrame, name: str) -> None:
    """A dot for each point, and the mean of those near each other."""
    frame = frame.filter(pl.col("mean").is_not_null() & pl.col(name).is_not_null()).sort(name)
    x, mean = frame[name].to_numpy(), frame["mean"].to_numpy()
    axes.scatter(x, mean, s=9, color=COLOURS[0], alpha=0.45, linewidths=0)
    levels = np.unique(x)
    if len(levels) <= MOST_CELLS:
        parts = [np.flatnonzero(x == level) for level in levels]
    else:
        parts = np.array_split(np.arange(len(x)), min(12, max(1, len(x) // 8)))
    if len(parts) > 1 and frame[name].dtype == pl.Float64:
        centres = [float(x[part].mean()) for part in parts]
        means = [float(mean[part].mean()) for part in parts]
        axes.plot(centres, means, color=COLOURS[5], linewidth=1.8, marker="o", markersize=3)


def trade_offs(done: Swept) -> Figure | None:
    """What does one outcome cost in another? None where there are not two."""
    shown = [
        each
        for each in done.outcomes
        if done.estimates.filter(pl.col("metric") == each)["mean"].n_unique() > 1
    ]
    if len(shown) < 2 or len(done.points) < 3:
        return None
    against, others = shown[0], shown[1:4]
    factor = done.factors[0]
    with house():
        fig = figure(3.9 * len(others) + 1.2, 4.2)
        fig.suptitle(done.told["title"] or done.name, x=0.01, ha="left")
        across = with_factors(done, against)
        values = distinct(done, factor)
        codes = [values.index(x) if x is not None else -1 for x in across[factor["name"]].to_list()]
        few = len(values) <= len(COLOURS)
        grid = fig.subplots(1, len(others), squeeze=False)[0]
        for axes, metric in zip(grid, others, strict=True):
            up = with_factors(done, metric)
            x, y = across["mean"].cast(pl.Float64).to_numpy(), up["mean"].cast(pl.Float64).to_numpy()
            if len(x) <= MOST_CROSSES:
                wide, tall = (
                    np.nan_to_num((frame["ci_high"] - frame["mean"]).cast(pl.Float64).to_numpy())
                    for frame in (across, up)
                )
                axes.errorbar(
                    x, y, xerr=wide, yerr=tall, fmt="none", ecolor="#BBBBBB", elinewidth=0.6, zorder=1
                )
            if few:
                for k, each in enumerate(values):
                    at = np.array(codes) == k
                    axes.scatter(
                        x[at], y[at], s=22, color=COLOURS[k], zorder=2, label=value(each, factor["unit"])
                    )
            else:
                numbers = np.array(codes, dtype=np.float64)
                axes.scatter(x, y, s=16, c=numbers, cmap=COLOUR_MAP, zorder=2)
            axes.set_xlabel(label_of(done, against), fontsize=8.5)
            axes.set_ylabel(label_of(done, metric), fontsize=8.5)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
            axes.grid(visible=True, axis="both")
        if few:
            grid[0].legend(title=axis_of(done, factor), fontsize=7.5, title_fontsize=7.5)
        note = "Each dot a point's means" + (", with 95 % intervals" if len(across) <= MOST_CROSSES else "")
        foot(fig, done, note if few else f"{note}; the lighter, the more of {callings(done)[factor['name']]}")
    return fig


SWEPT: dict[str, Callable[[Swept], Figure | None]] = {
    "heat_maps": heat_maps,
    "responses": responses,
    "trade_offs": trade_offs,
}
"""All plots of a sweep by name."""


def drawn(done: Swept, name: str) -> Figure:
    """A plot by its name. Raises NothingToShow where it has nothing to show of this sweep."""
    if name not in SWEPT:
        raise NothingToShow(f"there is no plot {name}; there are {', '.join(SWEPT)}")
    found = SWEPT[name](done)
    if found is None:
        raise NothingToShow(f"the plot {name} is left out: this sweep has nothing to show in it")
    return found
