"""What matters: how far each factor swings an outcome, and how much of its variance goes with it."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from sim.results.formatting import format_amount, scale_to_unit
from sim.show.plots import style
from sim.show.plots.labels import shorten, shorten_names
from sim.study.effects import FactorEffect, OutcomeEffects
from sim.study.sensitivity import Sensitivity

MAX_TORNADO_FACTORS = 15
"""So many factors are shown, the strongest."""
INCREASE_COLOUR, DECREASE_COLOUR, NOISE_COLOUR = style.PALETTE[5], style.PALETTE[0], "#C4C4C4"


def plot_tornado(sensitivity: Sensitivity) -> Figure:
    """For each outcome, what it does while each factor alone goes from its 10 % to its 90 % value."""
    every = sensitivity.last_stage.outcome_effects
    with style.house_style():
        fig, panels = _outcome_panels(sensitivity)
        for axes, findings in zip(panels, every, strict=True):
            _draw_swings(axes, sensitivity, findings)
        handles = [
            Patch(facecolor=INCREASE_COLOUR, label="more of the factor, more of the outcome"),
            Patch(facecolor=DECREASE_COLOUR, label="more of the factor, less of the outcome"),
            Patch(facecolor=NOISE_COLOUR, label=_noise_label(sensitivity)),
        ]
        fig.legend(handles=handles, loc="outside upper left", ncols=3)
        style.add_caption(
            fig, _caption(sensitivity),
            "Means over futures, while one factor alone goes from the value with a tenth below it to the one with a"
            " tenth above; whiskers: 95 % intervals.",
        )  # fmt: skip
    return fig


def plot_sobol_indices(sensitivity: Sensitivity) -> Figure:
    """For each outcome, the part of its variance that goes with each factor, alone and in all; and the noise."""
    every = sensitivity.last_stage.outcome_effects
    with style.house_style():
        fig, panels = _outcome_panels(sensitivity)
        for axes, findings in zip(panels, every, strict=True):
            _draw_indices(axes, findings)
        handles = [
            Line2D([], [], color=style.PALETTE[0], marker="o", label="alone (first order)"),
            Line2D([], [], color=style.PALETTE[1], marker="s", label="with all it has a hand in (total)"),
            Line2D([], [], color=NOISE_COLOUR, marker="o", label=_noise_label(sensitivity)),
        ]
        fig.legend(handles=handles, loc="outside upper left", ncols=3)
        style.add_caption(
            fig, _caption(sensitivity),
            "Sobol's indices of the mean over futures, free of their luck, with 95 % intervals.",
        )  # fmt: skip
    return fig


def _noise_label(sensitivity: Sensitivity) -> str:
    """What is said of what is not sure?"""
    few = any(
        effect.verdict == "too few points to tell"
        for findings in sensitivity.last_stage.outcome_effects
        for effect in findings.effects
    )
    return "not distinguishable from noise" + ", or too few points to tell" * few


def _outcome_panels(sensitivity: Sensitivity) -> tuple[Figure, list[Axes]]:
    """A panel for each outcome, as high as it has factors."""
    rows = [
        min(MAX_TORNADO_FACTORS, len(findings.effects)) for findings in sensitivity.last_stage.outcome_effects
    ]
    fig = style.new_figure(9.4, sum(0.28 * n + 0.95 for n in rows) + 0.9)
    grid = fig.subplots(len(rows), 1, squeeze=False, height_ratios=[n + 1 for n in rows])
    return fig, list(grid[:, 0])


def _set_factor_rows(axes: Axes, effects: Sequence[FactorEffect]) -> list[FactorEffect]:
    """The strongest factors, from above; their names stand at the side."""
    shown = list(effects)[:MAX_TORNADO_FACTORS]
    names = shorten_names([effect.factor for effect in shown], 40)
    style.set_row_axis(axes, [names[effect.factor] for effect in shown])
    return shown


def _draw_swings(axes: Axes, sensitivity: Sensitivity, findings: OutcomeEffects) -> None:
    """A bar for each factor, from what the outcome is at its low value to what it is at its high one."""
    ends = [end for each in findings.effects for end in (each.swing.low, each.swing.high)]
    most = max(map(abs, ends), default=0.0)
    size, unit = scale_to_unit(1.0, findings.unit, most)
    by_swing = sorted(findings.effects, key=lambda effect: -abs(effect.swing.value))
    for k, effect in enumerate(_set_factor_rows(axes, by_swing)):
        swing = effect.swing
        colour = (
            NOISE_COLOUR
            if not (swing.excludes_zero and effect.distinguishable)
            else INCREASE_COLOUR
            if swing.value > 0
            else DECREASE_COLOUR
        )
        axes.barh(k, swing.value * size, height=0.7, color=colour)
        axes.plot([swing.low * size, swing.high * size], [k, k], color=style.INK, linewidth=1.0)
        low, high = sensitivity.factor_ranges[effect.factor]
        at = max(swing.high, swing.value, 0.0) * size
        axes.annotate(
            f"{shorten(low, 16)} to {shorten(high, 16)}", (at, k), (5, 0), textcoords="offset points", va="center",
            fontsize=7.5, color=style.FAINT_INK,
        )  # fmt: skip
    left, right = min(0.0, *ends) * size, max(0.0, *ends) * size
    axes.set_xlim(left - 0.03 * (right - left), right + 0.3 * (right - left) or 1)
    axes.axvline(0, color=style.INK, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    change = unit.replace("%", "points")
    axes.set_xlabel(f"Change of the outcome ({change})" if unit else "Change of the outcome")
    axes.set_title(f"{shorten(findings.outcome, 60)}, mean {format_amount(findings.mean, findings.unit)}")


def _draw_indices(axes: Axes, findings: OutcomeEffects) -> None:
    """Two marks for each factor, and a line that says how much is noise."""
    for k, effect in enumerate(_set_factor_rows(axes, findings.effects)):
        for index, colour, marker, shift in (
            (effect.first, style.PALETTE[0], "o", -0.16),
            (effect.total, style.PALETTE[1], "s", 0.16),
        ):
            assert index is not None
            tint = colour if index.excludes_zero and effect.distinguishable else NOISE_COLOUR
            axes.plot([index.low, index.high], [k + shift] * 2, color=tint, linewidth=1.6)
            axes.plot([index.value], [k + shift], color=tint, marker=marker, markersize=4.5)
    axes.axvline(0, color=style.INK, linewidth=0.8)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_xlabel("Part of the variance between points")
    luck = (
        ""
        if findings.noise is None
        else f"; luck is {style.format_percent(findings.noise)} of the variance of a run"
    )
    axes.set_title(f"{shorten(findings.outcome, 60)}{luck}")


def _caption(sensitivity: Sensitivity) -> str:
    """What the picture is of."""
    return (
        f"{shorten(sensitivity.scenario, 70)}; {sensitivity.last_stage.points:,} points, {sensitivity.replications:,} replications each,"
        f" seed {sensitivity.seed}"
    )
