"""Plot of money by provider: what customers spend there, what they owe beyond it, and the margin after costs."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from sim.results.run import RunResult
from sim.results.summary import SampleStatistics
from sim.show.plots import style
from sim.show.plots.labels import shorten_names
from sim.show.plots.run_bands import has_spread, run_caption

MAX_MONEY_PROVIDERS = 20
MONEY_METRICS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "spend": ("spent there by customers", {"facecolor": style.PALETTE[0]}),
    "take_or_pay": ("owed beyond it, take or pay", {"facecolor": style.PALETTE[1], "hatch": "////"}),
    "margin": (
        "margin: spent and owed there, less its costs",
        {"facecolor": style.PALETTE[4], "hatch": "...."},
    ),
}
"""The metrics that are shown, with the words and the style of each."""


def no_money_reason(run: RunResult) -> str | None:
    """Say why there is nothing to show, or return None: there is neither a price nor a contract."""
    scenario = run.scenario
    priced = any(provider.price is not None for provider in scenario.providers.values())
    return None if priced or scenario.contracts else "no provider has a price, and there is no contract"


def plot_money(run: RunResult) -> Figure:
    """Draw spend, take-or-pay and margin by provider, in $ over the run; means, with the 10th to 90th percentile."""
    values = _statistics_by_provider(run)
    scenario, several = run.scenario, has_spread(run)
    kinds = [kind for kind in MONEY_METRICS if any(kind in by_kind for by_kind in values.values())]
    bounds = [
        bound for by_kind in values.values() for s in by_kind.values() for bound in _bar_bounds(s, several)
    ]
    largest = max(map(abs, bounds))
    unit = style.choose_unit(
        largest,
        ("billions of $", 1e9),
        ("millions of $", 1e6),
        ("$", 1.0),
        min_digits=1 if largest >= 2e9 else 0,
    )
    bars = sum(map(len, values.values()))
    with style.house_style():
        fig = style.new_figure(9.0, 0.25 * bars + 0.16 * len(values) + 1.9)
        axes = fig.subplots()
        y, middles = 0.0, []
        for by_kind in values.values():
            middles.append(y + (len(by_kind) - 1) / 2)
            for kind, s in by_kind.items():
                _draw_bar(axes, y, kind, s, unit, several)
                y += 1
            y += 0.7
        axes.axvline(0, color=style.INK, linewidth=0.8)
        low, high = min(0.0, *bounds), max(0.0, *bounds)
        axes.set_xlim(low - 0.03 * (high - low) if low < 0 else 0, high + 0.12 * (high - low) or 1)
        axes.set_yticks(middles, list(shorten_names(values, 28).values()))
        axes.set_ylim(y - 1.0, -0.7)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        style.set_round_ticks(axes.xaxis, 7)
        unit.format_axis(axes.xaxis)
        axes.set_xlabel(
            f"{unit.name.capitalize()}, {scenario.measure_from:%Y-%m-%d} to {scenario.end:%Y-%m-%d}"
        )
        axes.set_title("Money by provider" + (", mean" if several else ""))
        handles = [
            Patch(label=words, edgecolor="white", **colours)
            for words, colours in (MONEY_METRICS[kind] for kind in kinds)
        ]
        fig.legend(handles=handles, loc="outside upper center", ncols=len(kinds))
        notes = ["Whiskers: 10 to 90 % of replications."] if several else []
        if "margin" in kinds:
            notes.append(
                "Costs are of all that is online at the sites that the provider is the first to sell from."
            )
        style.add_caption(fig, run_caption(run), *notes)
    return fig


def _statistics_by_provider(run: RunResult) -> dict[str, dict[str, SampleStatistics]]:
    """By provider, the statistics of its kinds of money; of many providers the largest, in the order of the file."""
    summary = run.summary()
    values = {
        name: {
            kind: s
            for kind in MONEY_METRICS
            if (s := summary.get(f"provider.{name}.{kind}")) is not None and s["n"]
        }
        for name in run.scenario.providers
    }
    weights = {
        name: max(abs(s["mean"] or 0.0) for s in by_kind.values())
        for name, by_kind in values.items()
        if by_kind
    }
    return {name: values[name] for name in style.largest_names(weights, MAX_MONEY_PROVIDERS + 1)}


def _bar_bounds(s: SampleStatistics, several: bool) -> list[float]:
    """The ends of a bar and of its whisker."""
    return [bound or 0.0 for bound in ((s["mean"], s["p10"], s["p90"]) if several else (s["mean"],))]


def _draw_bar(
    axes: Axes, y: float, kind: str, s: SampleStatistics, unit: style.AxisUnit, several: bool
) -> None:
    """Draw a bar as long as the mean, its whisker, and its number."""
    words, colours = MONEY_METRICS[kind]
    bounds = _bar_bounds(s, several)
    axes.barh(y, bounds[0], height=0.84, label=words, edgecolor="white", linewidth=0.6, **colours)
    if several:
        axes.plot(bounds[1:], [y, y], color=style.INK, linewidth=1.1, marker="|", markersize=5)
    axes.annotate(
        unit.to_text(bounds[0]).removesuffix(f" {unit.name}"), (max(*bounds, 0.0), y), (5, 0),
        textcoords="offset points", va="center", fontsize=8,
    )  # fmt: skip
