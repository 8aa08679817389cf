"""How long what was wanted waited."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from sim.results.run import RunResult
from sim.show.plots import style
from sim.show.plots.labels import shorten_names
from sim.show.plots.power_flows import requests_in_window
from sim.show.plots.run_bands import run_caption

MAX_WAITING_STREAMS = 24
ALL_STREAMS_ROW = "all together."
MICROSECOND_DELTA, MINUTE_DELTA, HOUR_DELTA, DAY_DELTA = (
    timedelta.resolution,
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(1),
)
WAIT_CLASSES: tuple[tuple[tuple[timedelta, str], ...], ...] = (
    (
        (30 * DAY_DELTA, "30 days"),
        (90 * DAY_DELTA, "90 days"),
        (180 * DAY_DELTA, "180 days"),
        (365 * DAY_DELTA, "a year"),
    ),
    ((DAY_DELTA, "a day"), (3 * DAY_DELTA, "3 days"), (7 * DAY_DELTA, "a week"), (30 * DAY_DELTA, "30 days")),
    ((HOUR_DELTA, "an hour"), (3 * HOUR_DELTA, "3 hours"), (8 * HOUR_DELTA, "8 hours"), (DAY_DELTA, "a day")),
    (
        (MINUTE_DELTA, "a minute"),
        (5 * MINUTE_DELTA, "5 minutes"),
        (15 * MINUTE_DELTA, "15 minutes"),
        (HOUR_DELTA, "an hour"),
    ),
)
"""Into which classes waits are put: the first whose shortest is passed by a tenth of those that were late."""
WAIT_COLOURS = ("#E3EEF8", "#B9D6EC", "#7FB3DC", "#4285BF", "#205A93", "#0B2F5B")
"""From what came on time to what came last."""
STILL_WAITING_CLASS, GAVE_UP_CLASS = "still waiting at the end", "gave up"


def no_waiting_times_reason(run: RunResult) -> str | None:
    """Is nothing wanted before the end of what was asked in the window?"""
    return None if requests_due(run).height else "nothing that is asked for is wanted before the end"


def requests_due(run: RunResult) -> pl.DataFrame:
    """The requests asked in the window, as far as they were wanted before the end."""
    return requests_in_window(run).filter(pl.col("wanted") < run.scenario.end)


def power_by_wait_class(run: RunResult) -> tuple[list[str], pl.DataFrame]:
    """The classes of waits, and the kW of each stream in each, over all replications.

    Columns: stream, class, kw. What was delivered is classed by the time from wanted to delivery.
    """
    key = ["replication", "request"]
    requests = requests_due(run)
    came = run.table("deliveries").join(requests.select(*key, "wanted"), on=key)
    waited = came.select((pl.col("start") - pl.col("wanted")).dt.total_microseconds()).to_series().to_numpy()
    late = waited[waited > 0]
    fits = [
        each
        for each in WAIT_CLASSES
        if not len(late) or np.quantile(late, 0.9) > each[0][0] / MICROSECOND_DELTA
    ]
    steps = fits[0] if fits else WAIT_CLASSES[-1]
    names = ["on time", *(f"within {text}" for _, text in steps), f"after more than {steps[-1][1]}"]
    upto = [0.0, *(most / MICROSECOND_DELTA for most, _ in steps)]
    classes = [names[k] for k in np.searchsorted(upto, waited).tolist()]
    left = pl.col("size_kw") - pl.col("delivered_kw") - pl.col("lost_kw")
    parts = [
        came.select("stream", pl.Series("class", classes, dtype=pl.String), "kw"),
        requests.select("stream", pl.lit(STILL_WAITING_CLASS).alias("class"), left.alias("kw")),
        requests.select("stream", pl.lit(GAVE_UP_CLASS).alias("class"), pl.col("lost_kw").alias("kw")),
    ]
    found = pl.concat(parts).group_by("stream", "class", maintain_order=True).agg(pl.col("kw").sum())
    return [*names, STILL_WAITING_CLASS, GAVE_UP_CLASS], found.filter(pl.col("kw") > 0)


def plot_waiting_times(run: RunResult) -> Figure:
    """For each stream, which share of what was wanted came on time, how late the rest came, and what did not."""
    classes, found = power_by_wait_class(run)
    whole = dict(found.group_by("stream", maintain_order=True).agg(pl.col("kw").sum()).iter_rows())
    weights = {name: whole[name] for name in run.scenario.demand if name in whole}
    shown = style.largest_names(weights, MAX_WAITING_STREAMS)
    rows = [ALL_STREAMS_ROW, *shown] if len(weights) > 1 else shown
    kw = {(stream, name): kw for stream, name, kw in found.iter_rows()}
    for name in classes:
        kw[ALL_STREAMS_ROW, name] = sum(kw.get((stream, name), 0) for stream in weights)
    whole[ALL_STREAMS_ROW] = sum(weights.values())
    n = len(run.finished_replications)
    unit = style.choose_power_unit(whole[ALL_STREAMS_ROW] / 1000 / n)
    there = [name for name in classes if kw[ALL_STREAMS_ROW, name]]
    looks = _class_styles(classes)
    with style.house_style():
        fig = style.new_figure(9.6, 0.42 * len(rows) + 2.1)
        axes = fig.subplots()
        left = [0.0] * len(rows)
        for name in there:
            shares = [kw.get((stream, name), 0) / whole[stream] for stream in rows]
            axes.barh(range(len(rows)), shares, left=left, height=0.68, label=name, **looks[name])
            for y, share in enumerate(shares):
                if share >= 0.045:
                    text = axes.text(
                        left[y] + share / 2,
                        y,
                        style.format_percent(share),
                        ha="center",
                        va="center",
                        fontsize=8,
                    )
                    text.set_color("white" if name in classes[3:6] else style.INK)
                    if name in (STILL_WAITING_CLASS, GAVE_UP_CLASS):
                        text.set_bbox({"facecolor": "white", "linewidth": 0, "pad": 1})
            left = [a + b for a, b in zip(left, shares, strict=True)]
        axes.set_xlim(0, 1)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        names = shorten_names(rows, 30)
        axes.set_yticks(
            range(len(rows)), [f"{names[row]}  {unit.to_text(whole[row] / 1000 / n)}" for row in rows]
        )
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: style.format_percent(share)))
        axes.set_xlabel("Share of the power wanted before the end of the run")
        axes.set_title("How long what was wanted waited")
        handles = [Patch(label=name, **looks[name]) for name in there]
        fig.legend(handles=handles, loc="outside upper center", ncols=min(4, len(there)))
        left_out = len(weights) - len(shown)
        notes = [f"{left_out} smaller streams are not shown on their own."] if left_out else []
        notes.append(
            f"From the day from which it was wanted to delivery{', over all replications' if n > 1 else ''}."
        )
        style.add_caption(fig, run_caption(run), *notes)
    return fig


def _class_styles(classes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """How each class is drawn: the later the darker; hatched what did not come."""
    looks: dict[str, dict[str, Any]] = {
        name: {"facecolor": blue, "edgecolor": "white", "linewidth": 0.6}
        for name, blue in zip(classes, WAIT_COLOURS, strict=False)
    }
    looks[STILL_WAITING_CLASS] = {
        "facecolor": "white",
        "edgecolor": style.SHORTFALL_COLOUR,
        "hatch": "////",
        "linewidth": 0.6,
    }
    looks[GAVE_UP_CLASS] = {"facecolor": "white", "edgecolor": style.INK, "hatch": "xxxx", "linewidth": 0.6}
    return looks
