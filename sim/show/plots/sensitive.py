"""What matters: how far each factor swings an outcome, and how much of its variance goes with it."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from sim.show.plots import style
from sim.show.plots.labels import short, shorts
from sim.study.amounts import amount, scaled
from sim.study.effects import Effect, Findings
from sim.study.sensitivity import Sensitivity

MOST = 15
"""So many factors are shown, the strongest."""
UP, DOWN, OPEN = style.COLOURS[5], style.COLOURS[0], "#C4C4C4"


def tornado(found: Sensitivity) -> Figure:
    """For each outcome, what it does while each factor alone goes from its 10 % to its 90 % value."""
    every = found.last.findings
    with style.house():
        fig, panels = _panels(found)
        for axes, findings in zip(panels, every, strict=True):
            _swings(axes, found, findings)
        handles = [
            Patch(facecolor=UP, label="more of the factor, more of the outcome"),
            Patch(facecolor=DOWN, label="more of the factor, less of the outcome"),
            Patch(facecolor=OPEN, label=_open(found)),
        ]
        fig.legend(handles=handles, loc="outside upper left", ncols=3)
        style.source(
            fig, _foot(found),
            "Means over futures, while one factor alone goes from the value with a tenth below it to the one with a"
            " tenth above; whiskers: 95 % intervals.",
        )  # fmt: skip
    return fig


def indices(found: Sensitivity) -> Figure:
    """For each outcome, the part of its variance that goes with each factor, alone and in all; and the noise."""
    every = found.last.findings
    with style.house():
        fig, panels = _panels(found)
        for axes, findings in zip(panels, every, strict=True):
            _shares(axes, findings)
        handles = [
            Line2D([], [], color=style.COLOURS[0], marker="o", label="alone (first order)"),
            Line2D([], [], color=style.COLOURS[1], marker="s", label="with all it has a hand in (total)"),
            Line2D([], [], color=OPEN, marker="o", label=_open(found)),
        ]
        fig.legend(handles=handles, loc="outside upper left", ncols=3)
        style.source(
            fig, _foot(found),
            "Sobol's indices of the mean over futures, free of their luck, with 95 % intervals.",
        )  # fmt: skip
    return fig


def _open(found: Sensitivity) -> str:
    """What is said of what is not sure?"""
    few = any(
        effect.verdict == "too few points to tell"
        for findings in found.last.findings
        for effect in findings.effects
    )
    return "not distinguishable from noise" + ", or too few points to tell" * few


def _panels(found: Sensitivity) -> tuple[Figure, list[Axes]]:
    """A panel for each outcome, as high as it has factors."""
    rows = [min(MOST, len(findings.effects)) for findings in found.last.findings]
    fig = style.figure(9.4, sum(0.28 * n + 0.95 for n in rows) + 0.9)
    grid = fig.subplots(len(rows), 1, squeeze=False, height_ratios=[n + 1 for n in rows])
    return fig, list(grid[:, 0])


def _rows(axes: Axes, effects: Sequence[Effect]) -> list[Effect]:
    """The strongest factors, from above; their names stand at the side."""
    shown = list(effects)[:MOST]
    names = shorts([effect.factor for effect in shown], 40)
    style.in_rows(axes, [names[effect.factor] for effect in shown])
    return shown


def _swings(axes: Axes, found: Sensitivity, findings: Findings) -> None:
    """A bar for each factor, from what the outcome is at its low value to what it is at its high one."""
    ends = [end for each in findings.effects for end in (each.swing.low, each.swing.high)]
    most = max(map(abs, ends), default=0.0)
    size, unit = scaled(1.0, findings.unit, most)
    by_swing = sorted(findings.effects, key=lambda effect: -abs(effect.swing.value))
    for k, effect in enumerate(_rows(axes, by_swing)):
        swing = effect.swing
        colour = OPEN if not (swing.sure and effect.sure) else UP if swing.value > 0 else DOWN
        axes.barh(k, swing.value * size, height=0.7, color=colour)
        axes.plot([swing.low * size, swing.high * size], [k, k], color=style.INK, linewidth=1.0)
        low, high = found.ends[effect.factor]
        at = max(swing.high, swing.value, 0.0) * size
        axes.annotate(
            f"{short(low, 16)} to {short(high, 16)}", (at, k), (5, 0), textcoords="offset points", va="center",
            fontsize=7.5, color=style.FAINT,
        )  # fmt: skip
    left, right = min(0.0, *ends) * size, max(0.0, *ends) * size
    axes.set_xlim(left - 0.03 * (right - left), right + 0.3 * (right - left) or 1)
    axes.axvline(0, color=style.INK, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    change = unit.replace("%", "points")
    axes.set_xlabel(f"Change of the outcome ({change})" if unit else "Change of the outcome")
    axes.set_title(f"{short(findings.outcome, 60)}, mean {amount(findings.mean, findings.unit)}")


def _shares(axes: Axes, findings: Findings) -> None:
    """Two marks for each factor, and a line that says how much is noise."""
    for k, effect in enumerate(_rows(axes, findings.effects)):
        for index, colour, marker, shift in (
            (effect.first, style.COLOURS[0], "o", -0.16),
            (effect.total, style.COLOURS[1], "s", 0.16),
        ):
            assert index is not None
            tint = colour if index.sure and effect.sure else OPEN
            axes.plot([index.low, index.high], [k + shift] * 2, color=tint, linewidth=1.6)
            axes.plot([index.value], [k + shift], color=tint, marker=marker, markersize=4.5)
    axes.axvline(0, color=style.INK, linewidth=0.8)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.set_xlabel("Part of the variance between points")
    luck = (
        ""
        if findings.noise is None
        else f"; luck is {style.percent(findings.noise)} of the variance of a run"
    )
    axes.set_title(f"{short(findings.outcome, 60)}{luck}")


def _foot(found: Sensitivity) -> str:
    """What the picture is of."""
    return (
        f"{short(found.scenario, 70)}; {found.last.points:,} points, {found.replications:,} replications each,"
        f" seed {found.seed}"
    )
