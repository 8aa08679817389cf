"""Plot of waiting times: how long after it was wanted power was delivered, by stream of demand."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from sim.model.arrays import IntArray
from sim.results.formatting import format_percent
from sim.results.run import RunResult
from sim.show.plots import style
from sim.show.plots.labels import omission_notes, shorten_names
from sim.show.plots.power_flows import requests_in_window
from sim.show.plots.run_bands import run_caption

MAX_WAITING_STREAMS = 24
ALL_STREAMS_ROW = "all together."
WAIT_CLASSES: tuple[tuple[tuple[timedelta, str], ...], ...] = (
    (
        (timedelta(days=30), "30 days"),
        (timedelta(days=90), "90 days"),
        (timedelta(days=180), "180 days"),
        (timedelta(days=365), "a year"),
    ),
    (
        (timedelta(days=1), "a day"),
        (timedelta(days=3), "3 days"),
        (timedelta(days=7), "a week"),
        (timedelta(days=30), "30 days"),
    ),
    (
        (timedelta(hours=1), "an hour"),
        (timedelta(hours=3), "3 hours"),
        (timedelta(hours=8), "8 hours"),
        (timedelta(days=1), "a day"),
    ),
    (
        (timedelta(minutes=1), "a minute"),
        (timedelta(minutes=5), "5 minutes"),
        (timedelta(minutes=15), "15 minutes"),
        (timedelta(hours=1), "an hour"),
    ),
)
"""The upper bounds of the classes of waiting times, from coarse to fine.

Those are taken whose shortest bound is passed by a tenth of what was late."""
WAIT_COLOURS = ("#E3EEF8", "#B9D6EC", "#7FB3DC", "#4285BF", "#205A93", "#0B2F5B")
"""From what was delivered on time to what was delivered last."""
STILL_WAITING_CLASS, GAVE_UP_CLASS = "still waiting at the end", "gave up"


def no_waiting_times_reason(run: RunResult) -> str | None:
    """Say why there is nothing to show, or return None: nothing asked for in the window is wanted before the end."""
    return None if requests_due(run).height else "nothing that is asked for is wanted before the end"


def requests_due(run: RunResult) -> pl.DataFrame:
    """The requests asked in the window that were wanted before the end."""
    return requests_in_window(run).filter(pl.col("wanted") < run.scenario.end)


def power_by_wait_class(run: RunResult) -> tuple[list[str], pl.DataFrame]:
    """Sum the kW of each stream by class of waiting time, over all replications; returns the classes, and the sums.

    Columns: stream, class, kw. What was delivered is classed by the time from wanted to delivery.
    """
    key = ["replication", "request"]
    requests = requests_due(run)
    deliveries = run.table("deliveries").join(requests.select(*key, "wanted"), on=key)
    delay = (pl.col("start") - pl.col("wanted")).dt.total_microseconds()
    waits_us = deliveries.select(delay).to_series().to_numpy()
    bounds = _choose_wait_bounds(waits_us[waits_us > 0])
    names = ["on time", *(f"within {text}" for _, text in bounds), f"after more than {bounds[-1][1]}"]
    bounds_us = [0.0, *(bound / timedelta.resolution for bound, _ in bounds)]
    # side "left": a wait of exactly a bound is within it, and one of 0 is on time
    classes = [names[k] for k in np.searchsorted(bounds_us, waits_us).tolist()]
    waiting_kw = pl.col("size_kw") - pl.col("delivered_kw") - pl.col("lost_kw")
    parts = [
        deliveries.select("stream", pl.Series("class", classes, dtype=pl.String), "kw"),
        requests.select("stream", pl.lit(STILL_WAITING_CLASS).alias("class"), waiting_kw.alias("kw")),
        requests.select("stream", pl.lit(GAVE_UP_CLASS).alias("class"), pl.col("lost_kw").alias("kw")),
    ]
    sums = pl.concat(parts).group_by("stream", "class", maintain_order=True).agg(pl.col("kw").sum())
    return [*names, STILL_WAITING_CLASS, GAVE_UP_CLASS], sums.filter(pl.col("kw") > 0)


def _choose_wait_bounds(late_us: IntArray) -> tuple[tuple[timedelta, str], ...]:
    """Choose the bounds of the classes by what was late, in microseconds; the coarsest where nothing was."""
    if not len(late_us):
        return WAIT_CLASSES[0]
    upper_decile_us = np.quantile(late_us, 0.9)
    return next(
        (bounds for bounds in WAIT_CLASSES if upper_decile_us > bounds[0][0] / timedelta.resolution),
        WAIT_CLASSES[-1],
    )


def plot_waiting_times(run: RunResult) -> Figure:
    """Draw for each stream the shares that were delivered on time, by how late, and not at all."""
    classes, sums = power_by_wait_class(run)
    totals_kw = dict(sums.group_by("stream", maintain_order=True).agg(pl.col("kw").sum()).iter_rows())
    weights = {name: totals_kw[name] for name in run.scenario.demand if name in totals_kw}
    shown = style.largest_names(weights, MAX_WAITING_STREAMS)
    rows = [ALL_STREAMS_ROW, *shown] if len(weights) > 1 else shown
    kw = {(stream, name): kw for stream, name, kw in sums.iter_rows()}
    for name in classes:
        kw[ALL_STREAMS_ROW, name] = sum(kw.get((stream, name), 0) for stream in weights)
    totals_kw[ALL_STREAMS_ROW] = sum(weights.values())
    n = len(run.finished_replications)
    unit = style.choose_power_unit(totals_kw[ALL_STREAMS_ROW] / 1000 / n)
    present = [name for name in classes if kw[ALL_STREAMS_ROW, name]]
    shares = {name: [kw.get((stream, name), 0) / totals_kw[stream] for stream in rows] for name in present}
    class_styles = _class_styles(classes)
    with style.house_style():
        fig = style.new_figure(9.6, 0.42 * len(rows) + 2.1)
        axes = fig.subplots()
        _draw_shares(axes, shares, class_styles, white_text=classes[3:6])
        axes.set_xlim(0, 1)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        names = shorten_names(rows, 30)
        axes.set_yticks(
            range(len(rows)), [f"{names[row]}  {unit.to_text(totals_kw[row] / 1000 / n)}" for row in rows]
        )
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: format_percent(share)))
        axes.set_xlabel("Share of the power wanted before the end of the run")
        axes.set_title("How long what was wanted waited")
        handles = [Patch(label=name, **class_styles[name]) for name in present]
        fig.legend(handles=handles, loc="outside upper center", ncols=min(4, len(present)))
        notes = omission_notes(len(weights) - len(shown), "streams", " on their own")
        notes.append(
            f"From the day from which it was wanted to delivery{', over all replications' if n > 1 else ''}."
        )
        style.add_caption(fig, run_caption(run), *notes)
    return fig


def _draw_shares(
    axes: Axes,
    shares: Mapping[str, Sequence[float]],
    class_styles: Mapping[str, dict[str, Any]],
    white_text: Sequence[str],
) -> None:
    """Draw the shares of each row one after the other, by class; the larger ones with their number."""
    left = [0.0] * len(next(iter(shares.values())))
    for name, widths in shares.items():
        axes.barh(range(len(left)), widths, left=left, height=0.68, label=name, **class_styles[name])
        for y, share in enumerate(widths):
            if share >= 0.045:
                text = axes.text(
                    left[y] + share / 2, y, format_percent(share), ha="center", va="center", fontsize=8
                )
                text.set_color("white" if name in white_text else style.INK)
                if name in (STILL_WAITING_CLASS, GAVE_UP_CLASS):
                    text.set_bbox({"facecolor": "white", "linewidth": 0, "pad": 1})
        left = [a + b for a, b in zip(left, widths, strict=True)]


def _class_styles(classes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The style of each class: the later the darker; hatched what was not delivered."""
    styles: dict[str, dict[str, Any]] = {
        name: {"facecolor": blue, "edgecolor": "white", "linewidth": 0.6}
        for name, blue in zip(classes, WAIT_COLOURS, strict=False)
    }
    styles[STILL_WAITING_CLASS] = {
        "facecolor": "white",
        "edgecolor": style.SHORTFALL_COLOUR,
        "hatch": "////",
        "linewidth": 0.6,
    }
    styles[GAVE_UP_CLASS] = {"facecolor": "white", "edgecolor": style.INK, "hatch": "xxxx", "linewidth": 0.6}
    return styles
