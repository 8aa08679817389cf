"""What holders of a first refusal took, what they declined, and why, by when it was asked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.scenario.schema import ScenarioFile
from sim.show.plots import style
from sim.show.plots.answers import DECLINED, PENDING, TOOK, declined, of_kind
from sim.show.plots.bands import footing
from sim.show.plots.labels import short
from sim.show.plots.ways import asked
from sim.study.outcome import Outcome

MOST_HOLDERS = 4
MOST_SHARES = 24
PERIODS: tuple[tuple[timedelta, str, str], ...] = (
    (timedelta(days=6 * 365), "1y", "year"),
    (timedelta(days=400), "1q", "quarter"),
    (timedelta(days=150), "1mo", "month"),
    (timedelta(days=28), "1w", "week"),
    (timedelta(days=2), "1d", "day"),
    (timedelta(-1), "1h", "hour"),
)
"""By which periods is shown what was asked over a longer time than this: in the words of polars, and ours."""
LOOKS: Mapping[str, dict[str, Any]] = {
    TOOK: {"facecolor": style.COLOURS[0]},
    DECLINED["appetite"]: {"facecolor": style.COLOURS[1]},
    DECLINED["room"]: {"facecolor": style.COLOURS[5], "hatch": "////"},
    DECLINED["utilization"]: {"facecolor": style.COLOURS[3], "hatch": "...."},
    DECLINED["delay"]: {"facecolor": style.COLOURS[6], "hatch": "\\\\\\\\"},
    DECLINED["partial"]: {"facecolor": style.COLOURS[2], "hatch": "xxxx"},
    PENDING: {"facecolor": "#DDDDDD"},
}


def nothing_put(outcome: Outcome) -> str | None:
    """Is nothing put to the holder of a first refusal?"""
    if all(right.kind != "first refusal" for right in outcome.scenario.rights.values()):
        return "the scenario has no right of first refusal"
    return None if put_to_them(outcome).height else "nothing was put to the holder of a first refusal"


def put_to_them(outcome: Outcome) -> pl.DataFrame:
    """The requests asked in the window and put to the holder of a first refusal."""
    return asked(outcome).filter(of_kind(outcome.scenario, "first refusal"))


def period(span: timedelta) -> tuple[str, str]:
    """By which periods is shown what was asked over some time, in the words of polars and ours?"""
    return next((every, word) for least, every, word in PERIODS if span > least)


def refusals(put: pl.DataFrame, scenario: ScenarioFile, every: str) -> pl.DataFrame:
    """The kW put to first refusals over all replications. Columns: holder, period (its begin), answer, kw."""
    took = pl.col("holder_kw").fill_null(0)
    begin = pl.col("asked").dt.truncate(every).alias("period")
    parts = [
        put.select("holder", begin, pl.lit(TOOK).alias("answer"), took.alias("kw")),
        put.select(
            "holder",
            begin,
            declined(scenario).alias("answer"),
            (pl.col("size_kw") - took).alias("kw"),
        ),
    ]
    found = (
        pl.concat(parts).group_by("holder", "period", "answer", maintain_order=True).agg(pl.col("kw").sum())
    )
    return found.filter(pl.col("kw") > 0).sort("holder", "period", "answer")


def took_and_declined(outcome: Outcome) -> Figure:
    """Stacked by answer, the power put to each holder by period of asking; the mean over replications."""
    put = put_to_them(outcome)
    first, last = put["asked"].sort()[[0, -1]].to_list()
    every, word = period(last - first)
    found = refusals(put, outcome.scenario, every)
    weights = dict(found.group_by("holder", maintain_order=True).agg(pl.col("kw").sum()).iter_rows())
    holders = [h for h in outcome.scenario.providers if h in style.leading(weights, MOST_HOLDERS + 1)]
    n = len(outcome.finished)
    said = [answer for answer in LOOKS if answer in set(found["answer"])]
    begins = _begins(first, last, every)
    mw = {(h, answer): [0.0] * len(begins) for h in holders for answer in LOOKS}
    for holder, at, answer, kw in found.iter_rows():
        if holder in holders:
            mw[holder, answer][begins.index(at)] = kw / 1000 / n
    most = {h: max(map(sum, zip(*(mw[h, answer] for answer in said), strict=True))) for h in holders}
    unit = style.power_unit(max(most.values()))
    with style.house():
        fig = style.figure(9.4, 2.6 * len(holders) + 2.0)
        panels = fig.subplots(len(holders), 1, sharex=True, squeeze=False).flat
        for axes, holder in zip(panels, holders, strict=True):
            _panel(axes, {answer: mw[holder, answer] for answer in said})
            style.in_power(axes, most[holder] * 1.04, "IT power put to it", unit)
            axes.set_title(f"What {short(holder, 40)} took of what was put to it, and why not the rest")
        nth = -(-len(begins) // 16)
        axes.set_xticks(range(0, len(begins), nth), [_name(at, every) for at in begins[::nth]])
        axes.set_xlim(-0.6, len(begins) - 0.4)
        axes.set_xlabel(f"{word.capitalize()} of asking")
        handles, labels = axes.get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside upper center", ncols=min(4, len(said)))
        mean = "the mean over replications of " if n > 1 else ""
        notes = [f"Right of first refusal: {mean}what was asked for in each {word}."]
        if len(begins) <= MOST_SHARES:
            notes.append("On the bars: the share declined of what was answered.")
        if len(holders) < len(weights):
            notes.append(f"{len(weights) - len(holders)} holders to whom less was put are not shown.")
        style.source(fig, footing(outcome), *notes)
    return fig


def _panel(axes: Axes, mw: Mapping[str, Sequence[float]]) -> None:
    """The answers of one holder, one on the other; and on each bar the share declined, if there are not many."""
    base = [0.0] * len(next(iter(mw.values())))
    x = range(len(base))
    for answer, parts in mw.items():
        look = {"edgecolor": "white", "linewidth": 0.5, **LOOKS[answer]}
        axes.bar(x, parts, bottom=base, width=0.8, label=answer, **look)
        base = [a + b for a, b in zip(base, parts, strict=True)]
    if len(base) > MOST_SHARES:
        return
    for k, top in enumerate(base):
        answered = top - (mw[PENDING][k] if PENDING in mw else 0.0)
        took = mw[TOOK][k] if TOOK in mw else 0.0
        if answered > 0:
            share = style.percent((answered - took) / answered)
            axes.annotate(share, (k, top), (0, 2), textcoords="offset points", ha="center", fontsize=8)


def _begins(first: datetime, last: datetime, every: str) -> list[datetime]:
    """When each period begins, from the one with the first time to the one with the last."""
    begin = pl.Series([first]).dt.truncate(every).to_list()[0]
    return list(pl.datetime_range(begin, last, every, closed="both", eager=True))


def _name(at: datetime, every: str) -> str:
    """How a period is called."""
    if every == "1q":
        return f"Q{(at.month + 2) // 3}\n{at:%Y}"
    if every == "1h":
        return f"{at:%H:%M}\n{at.day} {at:%b}"
    return f"{at:%Y}" if every == "1y" else f"{at:%Y-%m}" if every == "1mo" else f"{at:%Y-%m-%d}"
