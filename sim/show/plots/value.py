"""What a right is worth to each party, and how that goes with its window."""

from collections.abc import Sequence
from math import isnan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from sim.show.plots import style
from sim.show.plots.labels import shorten, shorten_names
from sim.study.payoffs import Payoff, PayoffMeasure
from sim.study.value import ContractValue

BETTER_COLOUR, WORSE_COLOUR, UNSURE_COLOUR = style.PALETTE[0], style.PALETTE[5], "#8C8C8C"
MAX_PARTIES = 8
PANEL_COLUMNS = 2
MONEY_STEPS = (("B$", 1e9), ("M$", 1e6), ("k$", 1e3), ("$", 1.0))
PAYOFF_TITLES = {
    "served": "In service for the customer", "waited for": "Wanted and not served", "wait": "Days of waiting",
    "paid": "Paid by the customer", "owed beyond it": "Owed by the customer beyond it, by contract",
    "sold": "In service from the provider", "earned": "Earned from customers",
    "take or pay": "Owed to the provider beyond it, by contract", "margin": "Margin",
    "idle": "Idle at its sites",
}  # fmt: skip
"""What each panel shows."""


def plot_payoffs(contract_value: ContractValue) -> Figure:
    """A panel for each thing at stake: what the clause is worth to each party, with its 95 % interval."""
    panels = _panels_by_measure(contract_value.payoffs)
    sizes = [len(each) for each in panels.values()]
    rows = [max(sizes[k : k + PANEL_COLUMNS]) for k in range(0, len(sizes), PANEL_COLUMNS)]
    with style.house_style():
        fig = style.new_figure(9.6, sum(0.3 * most + 0.85 for most in rows) + 1.3)
        grid = fig.subplots(
            len(rows), PANEL_COLUMNS, squeeze=False, height_ratios=[0.3 * most + 0.4 for most in rows]
        )
        for axes, (gauge, known) in zip(grid.flat, panels.items(), strict=False):
            _draw_forest(axes, gauge, known)
        for axes in list(grid.flat)[len(panels) :]:
            axes.set_visible(False)
        handles = [
            Line2D([], [], color=colour, marker="o", markersize=5, linewidth=1.6, label=label)
            for colour, label in (
                (BETTER_COLOUR, "surely better off (pays, owes less)"), (WORSE_COLOUR, "surely worse off (pays, owes more)"),
                (UNSURE_COLOUR, "not distinguishable from 0"),
            )
        ]  # fmt: skip
        title = f'What the right "{shorten(contract_value.right, 40)}" of {shorten(contract_value.holder, 30)} is worth'
        _add_heading(fig, title, handles, 3)
        style.add_caption(
            fig, _caption(contract_value),
            "With the clause less without, turned so that right of 0 the party is better off with it; 95 % intervals"
            " of paired differences,", f"colours corrected for the {len(contract_value.payoffs)} differences (Holm).",
        )  # fmt: skip
    return fig


def plot_windows(contract_value: ContractValue) -> Figure:
    """A panel for each thing at stake: what the clause is worth to each party, over its window."""
    panels = _panels_by_measure(contract_value.payoffs)
    parties = list(dict.fromkeys(stake.party for each in panels.values() for stake in each))
    tints = style.assign_colours(parties, parties)
    names = shorten_names(parties, 24)
    variants = [each for each in contract_value.by_window() if not isnan(each.mean_days)]
    days = [each.mean_days for each in variants]
    of = {
        (stake.party, stake.measure): [each.payoffs[k] for each in variants]
        for k, stake in enumerate(contract_value.payoffs)
    }
    rows = -(-len(panels) // PANEL_COLUMNS)
    with style.house_style():
        fig = style.new_figure(9.6, 2.35 * rows + 1.4)
        grid = fig.subplots(rows, PANEL_COLUMNS, squeeze=False, sharex=True)
        for axes, (gauge, known) in zip(grid.flat, panels.items(), strict=False):
            size = _set_panel_unit(
                axes, gauge, [each for stake in known for each in of[stake.party, stake.measure]], "y"
            )
            for stake in known:
                points = of[stake.party, stake.measure]
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
        _add_heading(
            fig, f'What the right "{shorten(contract_value.right, 40)}" is worth, by its window', handles, 5
        )
        style.add_caption(
            fig, _caption(contract_value),
            "Against the same market without the clause; above 0 the party is better off with it. Bands: 95 %"
            " intervals of paired differences.",
            f"As written the window is {contract_value.as_written.window if contract_value.as_written else 'none'}; it stands at its mean.",
        )  # fmt: skip
    return fig


def _add_heading(fig: Figure, title: str, handles: list[Line2D], columns: int) -> None:
    """The title of all panels, and below it what their colours mean."""
    fig.legend(
        handles=handles, loc="outside upper left", ncols=columns, title=title, alignment="left",
        title_fontproperties={"weight": "bold", "size": 12},
    )  # fmt: skip


def _panels_by_measure(payoffs: Sequence[Payoff]) -> dict[PayoffMeasure, list[Payoff]]:
    """By what is at stake, the parties that have some; those with the most, if there are many."""
    found: dict[PayoffMeasure, list[Payoff]] = {}
    for stake in payoffs:
        found.setdefault(stake.measure, []).append(stake)
    found = {
        gauge: found[gauge] for gauge in sorted(found, key=lambda each: list(PAYOFF_TITLES).index(each.name))
    }
    for gauge, each in found.items():
        weights = {stake.party: abs(stake.worth or 0.0) for stake in each}
        kept = style.largest_names(weights, MAX_PARTIES)
        found[gauge] = [stake for stake in each if stake.party in kept]
    return found


def _set_panel_unit(axes: Axes, measure: PayoffMeasure, payoffs: Sequence[Payoff], axis: str) -> float:
    """Name a panel and the unit of its numbers; how much of the gauge's unit is one of it?"""
    most = max((abs(end) for stake in payoffs for end in (stake.ci95 or (0.0,))), default=0.0)
    unit, size = measure.unit, 1.0
    if unit == "$":
        unit, size = next(((name, step) for name, step in MONEY_STEPS if most >= 2 * step), MONEY_STEPS[-1])
    label = f"{ {'d': 'days'}.get(unit, unit) } {'less' if measure.direction < 0 else 'more'}"
    (axes.set_xlabel if axis == "x" else axes.set_ylabel)(label)
    axes.set_title(PAYOFF_TITLES[measure.name], fontsize=9.5)
    return size


def _draw_forest(axes: Axes, measure: PayoffMeasure, payoffs: list[Payoff]) -> None:
    """A row for each party: the worth, and its interval."""
    size = _set_panel_unit(axes, measure, payoffs, "x")
    names = shorten_names([stake.party for stake in payoffs], 24)
    for k, stake in enumerate(payoffs):
        x, (low, high) = (stake.worth or 0.0) / size, stake.ci95 or (stake.worth or 0.0,) * 2
        sure = stake.difference.significant
        colour = (BETTER_COLOUR if x > 0 else WORSE_COLOUR) if sure else UNSURE_COLOUR
        axes.plot([low / size, high / size], [k, k], color=colour, linewidth=1.8, solid_capstyle="butt")
        axes.plot([x], [k], color=colour, marker="o", markersize=5)
    axes.axvline(0, color=style.INK, linewidth=0.8)
    style.set_row_axis(axes, [names[stake.party] for stake in payoffs])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))


def _caption(contract_value: ContractValue) -> str:
    """What the picture is of."""
    return f"{shorten(contract_value.scenario, 80)}; {contract_value.replications:,} replications, seed {contract_value.seed}"
