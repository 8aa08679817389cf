"""What a right is worth to each party, and how that goes with its window."""

from collections.abc import Sequence
from math import isnan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from sim.show.plots import style
from sim.show.plots.labels import short, shorts
from sim.study.stakes import Gauge, Stake
from sim.study.worth import Worth

BETTER, WORSE, OPEN = style.COLOURS[0], style.COLOURS[5], "#8C8C8C"
MOST_PARTIES = 8
COLUMNS = 2
MONEY = (("B$", 1e9), ("M$", 1e6), ("k$", 1e3), ("$", 1.0))
STAKES = {
    "served": "In service for the customer", "waited for": "Wanted and not served", "wait": "Days of waiting",
    "paid": "Paid by the customer", "owed beyond it": "Owed by the customer beyond it, by contract",
    "sold": "In service from the provider", "earned": "Earned from customers",
    "take or pay": "Owed to the provider beyond it, by contract", "margin": "Margin",
    "idle": "Idle at its sites",
}  # fmt: skip
"""What each panel shows."""


def stakes(worth: Worth) -> Figure:
    """A panel for each thing at stake: what the clause is worth to each party, with its 95 % interval."""
    panels = _panels(worth.stakes)
    sizes = [len(each) for each in panels.values()]
    rows = [max(sizes[k : k + COLUMNS]) for k in range(0, len(sizes), COLUMNS)]
    with style.house():
        fig = style.figure(9.6, sum(0.3 * most + 0.85 for most in rows) + 1.3)
        grid = fig.subplots(
            len(rows), COLUMNS, squeeze=False, height_ratios=[0.3 * most + 0.4 for most in rows]
        )
        for axes, (gauge, known) in zip(grid.flat, panels.items(), strict=False):
            _forest(axes, gauge, known)
        for axes in list(grid.flat)[len(panels) :]:
            axes.set_visible(False)
        handles = [
            Line2D([], [], color=colour, marker="o", markersize=5, linewidth=1.6, label=label)
            for colour, label in (
                (BETTER, "surely better off (pays, owes less)"), (WORSE, "surely worse off (pays, owes more)"),
                (OPEN, "not distinguishable from 0"),
            )
        ]  # fmt: skip
        title = f'What the right "{short(worth.right, 40)}" of {short(worth.holder, 30)} is worth'
        _heading(fig, title, handles, 3)
        style.source(
            fig, _foot(worth),
            "With the clause less without, turned so that right of 0 the party is better off with it; 95 % intervals"
            " of paired differences,", f"colours corrected for the {len(worth.stakes)} differences (Holm).",
        )  # fmt: skip
    return fig


def windows(worth: Worth) -> Figure:
    """A panel for each thing at stake: what the clause is worth to each party, over its window."""
    panels = _panels(worth.stakes)
    parties = list(dict.fromkeys(stake.party for each in panels.values() for stake in each))
    tints = style.colours(parties, parties)
    names = shorts(parties, 24)
    variants = [each for each in worth.by_window() if not isnan(each.days)]
    days = [each.days for each in variants]
    of = {
        (stake.party, stake.gauge): [each.stakes[k] for each in variants]
        for k, stake in enumerate(worth.stakes)
    }
    rows = -(-len(panels) // COLUMNS)
    with style.house():
        fig = style.figure(9.6, 2.35 * rows + 1.4)
        grid = fig.subplots(rows, COLUMNS, squeeze=False, sharex=True)
        for axes, (gauge, known) in zip(grid.flat, panels.items(), strict=False):
            size = _in(axes, gauge, [each for stake in known for each in of[stake.party, stake.gauge]], "y")
            for stake in known:
                points = of[stake.party, stake.gauge]
                y = [(each.worth or 0.0) / size for each in points]
                low, high = ([(each.ci95 or (0.0, 0.0))[k] / size for each in points] for k in (0, 1))
                tint = tints[stake.party]
                axes.fill_between(days, low, high, color=tint, alpha=0.15, linewidth=0)
                axes.plot(
                    days, y, color=tint, marker="o", markersize=3.5, linewidth=1.4, label=names[stake.party]
                )
            axes.axhline(0, color=style.INK, linewidth=0.8)
            axes.tick_params(labelbottom=True)
        for axes in list(grid.flat)[len(panels) :]:
            axes.set_visible(False)
        for axes in grid[-1]:
            axes.set_xlabel("Window (days)")
        handles = [Line2D([], [], color=tints[party], marker="o", label=names[party]) for party in parties]
        _heading(fig, f'What the right "{short(worth.right, 40)}" is worth, by its window', handles, 5)
        style.source(
            fig, _foot(worth),
            "Against the same market without the clause; above 0 the party is better off with it. Bands: 95 %"
            " intervals of paired differences.",
            f"As written the window is {worth.written.window if worth.written else 'none'}; it stands at its mean.",
        )  # fmt: skip
    return fig


def _heading(fig: Figure, title: str, handles: list[Line2D], columns: int) -> None:
    """The title of all panels, and below it what their colours mean."""
    fig.legend(
        handles=handles, loc="outside upper left", ncols=columns, title=title, alignment="left",
        title_fontproperties={"weight": "bold", "size": 12},
    )  # fmt: skip


def _panels(known: Sequence[Stake]) -> dict[Gauge, list[Stake]]:
    """By what is at stake, the parties that have some; those with the most, if there are many."""
    found: dict[Gauge, list[Stake]] = {}
    for stake in known:
        found.setdefault(stake.gauge, []).append(stake)
    found = {gauge: found[gauge] for gauge in sorted(found, key=lambda each: list(STAKES).index(each.name))}
    for gauge, each in found.items():
        weights = {stake.party: abs(stake.worth or 0.0) for stake in each}
        kept = style.leading(weights, MOST_PARTIES)
        found[gauge] = [stake for stake in each if stake.party in kept]
    return found


def _in(axes: Axes, gauge: Gauge, known: Sequence[Stake], side: str) -> float:
    """Name a panel and the unit of its numbers; how much of the gauge's unit is one of it?"""
    most = max((abs(end) for stake in known for end in (stake.ci95 or (0.0,))), default=0.0)
    unit, size = gauge.unit, 1.0
    if unit == "$":
        unit, size = next(((name, step) for name, step in MONEY if most >= 2 * step), MONEY[-1])
    label = f"{ {'d': 'days'}.get(unit, unit) } {'less' if gauge.sense < 0 else 'more'}"
    (axes.set_xlabel if side == "x" else axes.set_ylabel)(label)
    axes.set_title(STAKES[gauge.name], fontsize=9.5)
    return size


def _forest(axes: Axes, gauge: Gauge, known: list[Stake]) -> None:
    """A row for each party: the worth, and its interval."""
    size = _in(axes, gauge, known, "x")
    names = shorts([stake.party for stake in known], 24)
    for k, stake in enumerate(known):
        x, (low, high) = (stake.worth or 0.0) / size, stake.ci95 or (stake.worth or 0.0,) * 2
        sure = stake.difference.sure
        colour = (BETTER if x > 0 else WORSE) if sure else OPEN
        axes.plot([low / size, high / size], [k, k], color=colour, linewidth=1.8, solid_capstyle="butt")
        axes.plot([x], [k], color=colour, marker="o", markersize=5)
    axes.axvline(0, color=style.INK, linewidth=0.8)
    style.in_rows(axes, [names[stake.party] for stake in known])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))


def _foot(worth: Worth) -> str:
    """What the picture is of."""
    return f"{short(worth.scenario, 80)}; {worth.replications:,} replications, seed {worth.seed}"
