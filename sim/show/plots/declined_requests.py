"""Plot of declined requests: what holders of a first refusal took and declined, and why, by when it was asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.results.formatting import format_percent
from sim.results.run import RunResult
from sim.scenario.schema import ScenarioFile
from sim.show.plots import style
from sim.show.plots.answer_labels import (
    DECLINE_LABELS,
    PENDING_LABEL,
    TOOK_LABEL,
    holder_answers_first,
    refusal_label,
)
from sim.show.plots.labels import shorten
from sim.show.plots.power_flows import requests_in_window
from sim.show.plots.run_bands import run_caption

MAX_HOLDERS = 4
MAX_SHARE_LABELS = 24
ASKING_PERIODS: tuple[tuple[timedelta, str, str], ...] = (
    (timedelta(days=6 * 365), "1y", "year"),
    (timedelta(days=400), "1q", "quarter"),
    (timedelta(days=150), "1mo", "month"),
    (timedelta(days=28), "1w", "week"),
    (timedelta(days=2), "1d", "day"),
    (timedelta(-1), "1h", "hour"),
)
"""The period by which a span longer than this is shown: its name in polars, and in words."""
ANSWER_STYLES: Mapping[str, dict[str, Any]] = {
    TOOK_LABEL: {"facecolor": style.PALETTE[0]},
    DECLINE_LABELS["appetite"]: {"facecolor": style.PALETTE[1]},
    DECLINE_LABELS["room"]: {"facecolor": style.PALETTE[5], "hatch": "////"},
    DECLINE_LABELS["utilization"]: {"facecolor": style.PALETTE[3], "hatch": "...."},
    DECLINE_LABELS["delay"]: {"facecolor": style.PALETTE[6], "hatch": "\\\\\\\\"},
    DECLINE_LABELS["partial"]: {"facecolor": style.PALETTE[2], "hatch": "xxxx"},
    PENDING_LABEL: {"facecolor": "#DDDDDD"},
}


def no_declined_requests_reason(run: RunResult) -> str | None:
    """Say why there is nothing to show, or return None: nothing is put to the holder of a first refusal."""
    if not any(right.answers_first for right in run.scenario.rights.values()):
        return "the scenario has no right of first refusal"
    return None if first_refusal_requests(run).height else "nothing was put to the holder of a first refusal"


def first_refusal_requests(run: RunResult) -> pl.DataFrame:
    """The requests asked in the window and put to the holder of a first refusal."""
    return requests_in_window(run).filter(holder_answers_first(run.scenario))


def choose_period(span: timedelta) -> tuple[str, str]:
    """Choose the period by which a span is shown: its name in polars, and in words."""
    return next((period, word) for longer_than, period, word in ASKING_PERIODS if span > longer_than)


def answers_by_period(requests: pl.DataFrame, scenario: ScenarioFile, period: str) -> pl.DataFrame:
    """Sum the kW put to first refusals, over all replications. Columns: holder, period (its begin), answer, kw."""
    took = pl.col("holder_kw").fill_null(0)
    begin = pl.col("asked").dt.truncate(period).alias("period")
    parts = [
        requests.select("holder", begin, pl.lit(TOOK_LABEL).alias("answer"), took.alias("kw")),
        requests.select(
            "holder",
            begin,
            refusal_label(scenario).alias("answer"),
            (pl.col("size_kw") - took).alias("kw"),
        ),
    ]
    answers = (
        pl.concat(parts).group_by("holder", "period", "answer", maintain_order=True).agg(pl.col("kw").sum())
    )
    return answers.filter(pl.col("kw") > 0).sort("holder", "period", "answer")


def plot_declined_requests(run: RunResult) -> Figure:
    """Draw the power put to each holder by period of asking, stacked by answer; the mean over replications."""
    requests = first_refusal_requests(run)
    first, last = requests["asked"].sort()[[0, -1]].to_list()
    period, word = choose_period(last - first)
    by_period = answers_by_period(requests, run.scenario, period)
    weights = dict(by_period.group_by("holder", maintain_order=True).agg(pl.col("kw").sum()).iter_rows())
    holders = [h for h in run.scenario.providers if h in style.largest_names(weights, MAX_HOLDERS + 1)]
    n = len(run.finished_replications)
    answers = [answer for answer in ANSWER_STYLES if answer in set(by_period["answer"])]
    begins = _period_begins(first, last, period)
    mw = {(h, answer): [0.0] * len(begins) for h in holders for answer in ANSWER_STYLES}
    for holder, begin, answer, kw in by_period.iter_rows():
        if holder in holders:
            mw[holder, answer][begins.index(begin)] = kw / 1000 / n
    max_mw = {h: max(map(sum, zip(*(mw[h, answer] for answer in answers), strict=True))) for h in holders}
    unit = style.choose_power_unit(max(max_mw.values()))
    with style.house_style():
        fig = style.new_figure(9.4, 2.6 * len(holders) + 2.0)
        panels = fig.subplots(len(holders), 1, sharex=True, squeeze=False).flat
        for axes, holder in zip(panels, holders, strict=True):
            _draw_holder(axes, {answer: mw[holder, answer] for answer in answers})
            style.set_power_axis(axes, max_mw[holder] * 1.04, "IT power put to it", unit)
            axes.set_title(f"What {shorten(holder, 40)} took of what was put to it, and why not the rest")
        step = -(-len(begins) // 16)
        axes.set_xticks(range(0, len(begins), step), [_period_label(at, period) for at in begins[::step]])
        axes.set_xlim(-0.6, len(begins) - 0.4)
        axes.set_xlabel(f"{word.capitalize()} of asking")
        handles, labels = axes.get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside upper center", ncols=min(4, len(answers)))
        mean = "the mean over replications of " if n > 1 else ""
        notes = [f"Right of first refusal: {mean}what was asked for in each {word}."]
        if len(begins) <= MAX_SHARE_LABELS:
            notes.append("On the bars: the share declined of what was answered.")
        if len(holders) < len(weights):
            notes.append(f"{len(weights) - len(holders)} holders to whom less was put are not shown.")
        style.add_caption(fig, run_caption(run), *notes)
    return fig


def _draw_holder(axes: Axes, mw: Mapping[str, Sequence[float]]) -> None:
    """Stack the answers of one holder; on each bar stands the share declined, if there are not many."""
    base = [0.0] * len(next(iter(mw.values())))
    x = range(len(base))
    for answer, parts in mw.items():
        colours = {"edgecolor": "white", "linewidth": 0.5, **ANSWER_STYLES[answer]}
        axes.bar(x, parts, bottom=base, width=0.8, label=answer, **colours)
        base = [a + b for a, b in zip(base, parts, strict=True)]
    if len(base) > MAX_SHARE_LABELS:
        return
    for k, top in enumerate(base):
        answered = top - (mw[PENDING_LABEL][k] if PENDING_LABEL in mw else 0.0)
        took = mw[TOOK_LABEL][k] if TOOK_LABEL in mw else 0.0
        if answered > 0:
            share = format_percent((answered - took) / answered)
            axes.annotate(share, (k, top), (0, 2), textcoords="offset points", ha="center", fontsize=8)


def _period_begins(first: datetime, last: datetime, period: str) -> list[datetime]:
    """The begin of each period, from the one that holds the first time to the one that holds the last."""
    begin = pl.Series([first]).dt.truncate(period).to_list()[0]
    return list(pl.datetime_range(begin, last, period, closed="both", eager=True))


def _period_label(begin: datetime, period: str) -> str:
    """Label a period by its begin."""
    if period == "1q":
        return f"Q{(begin.month + 2) // 3}\n{begin:%Y}"
    if period == "1h":
        return f"{begin:%H:%M}\n{begin.day} {begin:%b}"
    return f"{begin:%Y}" if period == "1y" else f"{begin:%Y-%m}" if period == "1mo" else f"{begin:%Y-%m-%d}"
