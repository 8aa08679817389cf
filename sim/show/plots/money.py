"""What customers pay to each provider, what they owe beyond it, and what is left after its costs."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from sim.show.plots import style
from sim.show.plots.bands import footing
from sim.show.plots.labels import shorts
from sim.study.outcome import Outcome
from sim.study.summary import Statistics

MOST_PROVIDERS = 20
KINDS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "spend": ("spent there by customers", {"facecolor": style.COLOURS[0]}),
    "take_or_pay": ("owed beyond it, take or pay", {"facecolor": style.COLOURS[1], "hatch": "////"}),
    "margin": ("margin: spent there, less its costs", {"facecolor": style.COLOURS[4], "hatch": "...."}),
}
"""The metrics that are shown, with the words and the look of each."""


def no_money(outcome: Outcome) -> str | None:
    """Is there neither a price nor a contract?"""
    scenario = outcome.scenario
    priced = any(provider.price is not None for provider in scenario.providers.values())
    return None if priced or scenario.contracts else "no provider has a price, and there is no contract"


def money(outcome: Outcome) -> Figure:
    """Spend, take-or-pay and margin by provider, in $ over the run; means, with what lies from 10 to 90 %."""
    values = _values(outcome)
    scenario, several = outcome.scenario, len(outcome.finished) > 1
    kinds = [kind for kind in KINDS if any(kind in of for of in values.values())]
    bounds = [bound for of in values.values() for s in of.values() for bound in _bounds(s, several)]
    unit = style.unit_of(
        max(map(abs, bounds)),
        ("billions of $", 1e9),
        ("millions of $", 1e6),
        ("$", 1.0),
        least=1 if max(map(abs, bounds)) >= 2e9 else 0,
    )
    bars = sum(map(len, values.values()))
    with style.house():
        fig = style.figure(9.0, 0.25 * bars + 0.16 * len(values) + 1.9)
        axes = fig.subplots()
        y, places = 0.0, []
        for of in values.values():
            places.append(y + (len(of) - 1) / 2)
            for kind, s in of.items():
                _bar(axes, y, kind, s, unit, several)
                y += 1
            y += 0.7
        axes.axvline(0, color=style.INK, linewidth=0.8)
        low, high = min(0.0, *bounds), max(0.0, *bounds)
        axes.set_xlim(low - 0.03 * (high - low) if low < 0 else 0, high + 0.12 * (high - low) or 1)
        axes.set_yticks(places, list(shorts(values, 28).values()))
        axes.set_ylim(y - 1.0, -0.7)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=True)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
        unit.along(axes.xaxis)
        axes.set_xlabel(
            f"{unit.name.capitalize()}, {scenario.measure_from:%Y-%m-%d} to {scenario.end:%Y-%m-%d}"
        )
        axes.set_title("Money by provider" + (", mean" if several else ""))
        handles = [Patch(label=words, edgecolor="white", **look) for words, look in (KINDS[k] for k in kinds)]
        fig.legend(handles=handles, loc="outside upper center", ncols=len(kinds))
        notes = ["Whiskers: 10 to 90 % of replications."] if several else []
        if "margin" in kinds:
            notes.append(
                "Costs are of all that is online at the sites that the provider is the first to sell from."
            )
        style.source(fig, footing(outcome), *notes)
    return fig


def _values(outcome: Outcome) -> dict[str, dict[str, Statistics]]:
    """By provider, the kinds of money that it has; the providers with the most, in the order of the file."""
    found = outcome.summary()
    values = {
        name: {kind: s for kind in KINDS if (s := found.get(f"{kind}.{name}")) is not None and s["n"]}
        for name in outcome.scenario.providers
    }
    weights = {name: max(abs(s["mean"] or 0.0) for s in of.values()) for name, of in values.items() if of}
    return {name: values[name] for name in style.leading(weights, MOST_PROVIDERS + 1)}


def _bounds(s: Statistics, several: bool) -> list[float]:
    """What a bar and its whisker reach."""
    return [bound or 0.0 for bound in ((s["mean"], s["p10"], s["p90"]) if several else (s["mean"],))]


def _bar(axes: Axes, y: float, kind: str, s: Statistics, unit: style.Unit, several: bool) -> None:
    """A bar as long as the mean, its whisker, and its number."""
    words, look = KINDS[kind]
    bounds = _bounds(s, several)
    axes.barh(y, bounds[0], height=0.84, label=words, edgecolor="white", linewidth=0.6, **look)
    if several:
        axes.plot(bounds[1:], [y, y], color=style.INK, linewidth=1.1, marker="|", markersize=5)
    axes.annotate(
        unit.say(bounds[0]).removesuffix(f" {unit.name}"), (max(*bounds, 0.0), y), (5, 0),
        textcoords="offset points", va="center", fontsize=8,
    )  # fmt: skip
