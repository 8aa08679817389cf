"""Plots of a sensitivity: how far each factor swings an outcome, and its share of the variance (Sobol's indices)."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from sim.results.formatting import (
    difference_unit,
    format_amount,
    format_count,
    format_percent,
    scale_to_unit,
)
from sim.show.factor_labels import label_path
from sim.show.metric_labels import label_metric
from sim.show.plots import style
from sim.show.plots.forest import draw_interval
from sim.show.plots.labels import caption_text, shorten, shorten_names
from sim.show.plots.plot import Plot, plots_by_name
from sim.study.effects import FactorEffect, OutcomeEffects
from sim.study.missing_parts import PART_NAMES
from sim.study.sensitivity import Sensitivity

MAX_TORNADO_FACTORS = 15
"""How many factors are shown, the strongest ones."""
INCREASE_COLOUR, DECREASE_COLOUR, NOISE_COLOUR = style.PALETTE[5], style.PALETTE[0], "#C4C4C4"


def no_tornado_reason(sensitivity: Sensitivity) -> str | None:
    """Say why there is nothing to show, or return None: of no outcome anything can be said."""
    if sensitivity.last_stage.outcome_effects:
        return None
    reasons = sensitivity.last_stage.omission_reasons.items()
    return "; ".join(f"of {outcome} nothing can be said: {reason}" for outcome, reason in reasons)


def plot_tornado(sensitivity: Sensitivity) -> Figure:
    """Draw for each outcome how it changes while each factor alone goes from its 10 % to its 90 % value."""
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
            *_missing_parts_notes(sensitivity),
        )  # fmt: skip
    return fig


def no_indices_reason(sensitivity: Sensitivity) -> str | None:
    """Say why there is nothing to show, or return None: not Sobol's design, or nothing to be said."""
    kind = sensitivity.last_stage.design.kind
    return no_tornado_reason(sensitivity) or (
        None if kind == "sobol" else f"it needs a design by Sobol, and the last one is: {kind}"
    )


def plot_sobol_indices(sensitivity: Sensitivity) -> Figure:
    """Draw for each outcome the first-order and total Sobol index of each factor: its share of the variance."""
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
            *_missing_parts_notes(sensitivity),
        )  # fmt: skip
    return fig


def _missing_parts_notes(sensitivity: Sensitivity) -> list[str]:
    """Note of which outcomes a part of the design is left out."""
    stage = sensitivity.last_stage
    return [
        f"{shorten(label_metric(outcome), 60)}: {missing.parts} of {missing.of} {PART_NAMES[stage.design.kind]} are"
        " left out, in which runs failed or have no value."
        for outcome, missing in stage.missing_parts.items()
        if outcome not in stage.omission_reasons
    ]


def _noise_label(sensitivity: Sensitivity) -> str:
    """The label of effects that are not significant."""
    few = any(
        effect.verdict == "too few points to tell"
        for findings in sensitivity.last_stage.outcome_effects
        for effect in findings.effects
    )
    return "not distinguishable from noise" + ", or too few points to tell" * few


def _outcome_panels(sensitivity: Sensitivity) -> tuple[Figure, list[Axes]]:
    """Make a panel for each outcome, as high as it has factors."""
    rows = [
        min(MAX_TORNADO_FACTORS, len(findings.effects)) for findings in sensitivity.last_stage.outcome_effects
    ]
    fig = style.new_figure(9.4, sum(0.28 * n + 0.95 for n in rows) + 0.9)
    grid = fig.subplots(len(rows), 1, squeeze=False, height_ratios=[n + 1 for n in rows])
    return fig, list(grid[:, 0])


def _set_factor_rows(axes: Axes, effects: Sequence[FactorEffect]) -> list[FactorEffect]:
    """Show the names of the first factors at the side, from the top down; returns the effects that have a row."""
    shown = list(effects)[:MAX_TORNADO_FACTORS]
    names = shorten_names([label_path(effect.factor) for effect in shown], 40)
    style.set_row_axis(axes, [names[label_path(effect.factor)] for effect in shown])
    return shown


def _draw_swings(axes: Axes, sensitivity: Sensitivity, findings: OutcomeEffects) -> None:
    """Draw a bar for each factor: the change of the outcome from its low value to its high one, with the interval."""
    ends = [end for each in findings.effects for end in (each.swing.low, each.swing.high)]
    largest = max(map(abs, ends), default=0.0)
    size, unit = scale_to_unit(1.0, findings.unit, largest)
    by_swing = sorted(findings.effects, key=lambda effect: -abs(effect.swing.value))
    for k, effect in enumerate(_set_factor_rows(axes, by_swing)):
        swing = effect.swing
        colour = INCREASE_COLOUR if swing.value > 0 else DECREASE_COLOUR
        if not (swing.excludes_zero and effect.distinguishable):
            colour = NOISE_COLOUR
        axes.barh(k, swing.value * size, height=0.7, color=colour)
        axes.plot([swing.low * size, swing.high * size], [k, k], color=style.INK, linewidth=1.0)
        low, high = sensitivity.factor_ranges[effect.factor]
        end = max(swing.high, swing.value, 0.0) * size
        axes.annotate(
            f"{shorten(low, 16)} to {shorten(high, 16)}", (end, k), (5, 0), textcoords="offset points", va="center",
            fontsize=7.5, color=style.FAINT_INK,
        )  # fmt: skip
    left, right = min(0.0, *ends) * size, max(0.0, *ends) * size
    axes.set_xlim(left - 0.03 * (right - left), right + 0.3 * (right - left) or 1)
    axes.axvline(0, color=style.INK, linewidth=0.8)
    style.set_round_ticks(axes.xaxis, 7)
    axes.set_xlabel(f"Change of the outcome ({difference_unit(unit)})" if unit else "Change of the outcome")
    axes.set_title(
        f"{shorten(label_metric(findings.outcome), 60)}; mean {format_amount(findings.mean, findings.unit)}"
    )


def _draw_indices(axes: Axes, findings: OutcomeEffects) -> None:
    """Draw the two indices of each factor with their intervals; the title says how much of the variance is noise."""
    for k, effect in enumerate(_set_factor_rows(axes, findings.effects)):
        for index, colour, marker, shift in (
            (effect.first, style.PALETTE[0], "o", -0.16),
            (effect.total, style.PALETTE[1], "s", 0.16),
        ):
            assert index is not None, "Sobol's design gives both indices of every factor"
            draw_interval(
                axes, k + shift, index.value, (index.low, index.high),
                colour if index.excludes_zero and effect.distinguishable else NOISE_COLOUR,
                marker=marker, marker_size=4.5, line_width=1.6,
            )  # fmt: skip
    axes.axvline(0, color=style.INK, linewidth=0.8)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_xlabel("Part of the variance between points")
    title = shorten(label_metric(findings.outcome), 60)
    if findings.noise is not None:
        title += f"; luck is {format_percent(findings.noise)} of the variance of a run"
    axes.set_title(title)


def _caption(sensitivity: Sensitivity) -> str:
    """The caption of a plot of a sensitivity: the scenario, the points, the replications and the seed."""
    points = format_count(sensitivity.last_stage.points, "point")
    replications = format_count(sensitivity.replications, "replication")
    sample = f"{points}, {replications} each"
    return caption_text(sensitivity.scenario, sensitivity.sha256, sample, sensitivity.seed, 70)


SENSITIVITY_PLOTS: dict[str, Plot[Sensitivity]] = plots_by_name(
    Plot("tornado", (), plot_tornado, no_tornado_reason),
    Plot("indices", (), plot_sobol_indices, no_indices_reason),
)
"""The plots of a sensitivity, by the names that users type."""
