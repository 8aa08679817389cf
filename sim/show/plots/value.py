"""Plots of a contract's value: what a right is worth to each party, and how that varies with its window."""

from collections.abc import Sequence
from math import isnan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sim.results.formatting import format_count
from sim.show.plots import style
from sim.show.plots.forest import draw_interval
from sim.show.plots.labels import caption_text, legend_label, shorten, shorten_names
from sim.show.plots.plot import Plot, plots_by_name
from sim.study.payoffs import NOT_DISTINGUISHABLE, NOT_SURE, Payoff, PayoffMeasure
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
"""The title of the panel of each measure, in the order of the panels."""


def plot_payoffs(contract_value: ContractValue) -> Figure:
    """Draw what the right is worth to each party, with its 95 % interval: a panel for each measure."""
    panels = _panels_by_measure(contract_value.payoffs)
    sizes = [len(each) for each in panels.values()]
    rows = [max(sizes[k : k + PANEL_COLUMNS]) for k in range(0, len(sizes), PANEL_COLUMNS)]
    with style.house_style():
        fig = style.new_figure(9.6, sum(0.3 * n + 0.85 for n in rows) + 1.3)
        grid = fig.subplots(
            len(rows), PANEL_COLUMNS, squeeze=False, height_ratios=[0.3 * n + 0.4 for n in rows]
        )
        for axes, (measure, payoffs) in zip(grid.flat, panels.items(), strict=False):
            _draw_forest(axes, measure, payoffs)
        style.hide_unused_panels(grid.flat, len(panels))
        handles = [
            Line2D([], [], color=colour, marker="o", markersize=5, linewidth=1.6, label=label)
            for colour, label in (
                (BETTER_COLOUR, "surely better off (pays, owes less)"),
                (WORSE_COLOUR, "surely worse off (pays, owes more)"),
                (UNSURE_COLOUR, NOT_DISTINGUISHABLE),
            )
        ]
        if any(payoff.verdict == NOT_SURE for payoff in contract_value.payoffs):
            handles.append(
                Line2D(
                    [],
                    [],
                    color=UNSURE_COLOUR,
                    marker="o",
                    markerfacecolor="white",
                    linewidth=1.6,
                    label=NOT_SURE,
                )
            )
        right, holder = shorten(contract_value.right, 40), shorten(contract_value.holder, 30)
        _add_heading(fig, f'What the right "{right}" of {holder} is worth', handles, 2)
        style.add_caption(
            fig, _caption(contract_value),
            "With the clause less without, turned so that right of 0 the party is better off with it; 95 % intervals"
            " of paired differences,", f"colours corrected for the {len(contract_value.payoffs)} differences (Holm).",
        )  # fmt: skip
    return fig


def no_windows_reason(contract_value: ContractValue) -> str | None:
    """Say why there is nothing to show, or return None: no other window was valued."""
    return None if contract_value.other_windows else "no window was valued but the one as written"


def plot_windows(contract_value: ContractValue) -> Figure:
    """Draw what the right is worth to each party over the length of its window: a panel for each measure."""
    panels = _panels_by_measure(contract_value.payoffs)
    parties = list(dict.fromkeys(payoff.party for each in panels.values() for payoff in each))
    colours = style.assign_colours(parties, parties)
    names = shorten_names(parties, 24)
    variants = [each for each in contract_value.by_window() if not isnan(each.mean_days)]
    days = [each.mean_days for each in variants]
    curves = {  # the payoffs of all windows stand in the same order
        (payoff.party, payoff.measure): [each.payoffs[k] for each in variants]
        for k, payoff in enumerate(contract_value.payoffs)
    }
    rows = -(-len(panels) // PANEL_COLUMNS)
    with style.house_style():
        fig = style.new_figure(9.6, 2.35 * rows + 1.4)
        grid = fig.subplots(rows, PANEL_COLUMNS, squeeze=False, sharex=True)
        for axes, (measure, payoffs) in zip(grid.flat, panels.items(), strict=False):
            by_party = {payoff.party: curves[payoff.party, measure] for payoff in payoffs}
            size = _set_panel_unit(
                axes, measure, [each for curve in by_party.values() for each in curve], "y"
            )
            for party, curve in by_party.items():
                _draw_curve(axes, days, curve, size, colours[party], names[party])
            axes.axhline(0, color=style.INK, linewidth=0.8)
            axes.tick_params(labelbottom=True)
        style.hide_unused_panels(grid.flat, len(panels))
        for axes in grid[-1]:
            axes.set_xlabel("Window (days)")
        handles = [
            Line2D([], [], color=colours[party], marker="o", label=legend_label(names[party]))
            for party in parties
        ]
        right = shorten(contract_value.right, 40)
        _add_heading(fig, f'What the right "{right}" is worth, by its window', handles, 5)
        window = contract_value.as_written.window if contract_value.as_written else "none"
        style.add_caption(
            fig, _caption(contract_value),
            "Against the same market without the clause; above 0 the party is better off with it. Bands: 95 %"
            " intervals of paired differences.",
            f"As written the window is {window}; it stands at its mean.",
            "Each interval is of one difference: one that leaves out 0 need not be sure after Holm's correction.",
        )  # fmt: skip
    return fig


def _draw_curve(
    axes: Axes, days: Sequence[float], payoffs: Sequence[Payoff], size: float, colour: str, label: str
) -> None:
    """Draw the payoffs of a party over the windows, with their intervals."""
    low, high = ([(each.ci95 or (0.0, 0.0))[end] / size for each in payoffs] for end in (0, 1))
    worth = [(each.worth or 0.0) / size for each in payoffs]
    axes.fill_between(days, low, high, color=colour, alpha=0.15, linewidth=0)
    # Each narrower and dashed otherwise than the one before it, so that curves that are equal are seen to be several.
    n = sum(line.get_marker() == "o" for line in axes.get_lines())
    axes.plot(
        days, worth, color=colour, marker="o", markersize=3.5, linewidth=max(3.0 - 0.8 * n, 1.4),
        linestyle=("-", "--", "-.", ":")[n % 4], label=label,
    )  # fmt: skip


def _add_heading(fig: Figure, title: str, handles: list[Line2D], columns: int) -> None:
    """Add the title of all panels, and below it the legend of their colours."""
    fig.legend(
        handles=handles, loc="outside upper left", ncols=columns, title=title, alignment="left",
        title_fontproperties={"weight": "bold", "size": 12},
    )  # fmt: skip


def _panels_by_measure(payoffs: Sequence[Payoff]) -> dict[PayoffMeasure, list[Payoff]]:
    """Group payoffs by measure, in the order of the titles; of many parties those with the largest are kept."""
    by_measure: dict[PayoffMeasure, list[Payoff]] = {}
    for payoff in payoffs:
        by_measure.setdefault(payoff.measure, []).append(payoff)
    panels = {}
    for measure in sorted(by_measure, key=lambda each: list(PAYOFF_TITLES).index(each.name)):
        weights = {payoff.party: abs(payoff.worth or 0.0) for payoff in by_measure[measure]}
        shown = style.largest_names(weights, MAX_PARTIES)
        panels[measure] = [payoff for payoff in by_measure[measure] if payoff.party in shown]
    return panels


def _set_panel_unit(axes: Axes, measure: PayoffMeasure, payoffs: Sequence[Payoff], axis: str) -> float:
    """Title a panel and label its axis with a unit; returns the size of that unit in the one of the measure."""
    largest = max((abs(end) for payoff in payoffs for end in (payoff.ci95 or (0.0,))), default=0.0)
    unit, size = measure.unit, 1.0
    if unit == "$":
        unit, size = next(
            ((name, step) for name, step in MONEY_STEPS if largest >= 2 * step), MONEY_STEPS[-1]
        )
    label = f"{ {'d': 'days'}.get(unit, unit) } {'less' if measure.direction < 0 else 'more'}"
    (axes.set_xlabel if axis == "x" else axes.set_ylabel)(label)
    axes.set_title(PAYOFF_TITLES[measure.name], fontsize=9.5)
    return size


def _draw_forest(axes: Axes, measure: PayoffMeasure, payoffs: list[Payoff]) -> None:
    """Draw a row for each party: what the right is worth to it, and the interval."""
    size = _set_panel_unit(axes, measure, payoffs, "x")
    names = shorten_names([payoff.party for payoff in payoffs], 24)
    for y, payoff in enumerate(payoffs):
        worth = payoff.worth or 0.0
        low, high = payoff.ci95 or (worth, worth)
        colour = BETTER_COLOUR if worth > 0 else WORSE_COLOUR
        if not payoff.difference.significant:
            colour = UNSURE_COLOUR
        draw_interval(
            axes, y, worth / size, (low / size, high / size), colour, filled=payoff.verdict != NOT_SURE
        )
    axes.axvline(0, color=style.INK, linewidth=0.8)
    style.set_row_axis(axes, [names[payoff.party] for payoff in payoffs])
    style.set_round_ticks(axes.xaxis, 6)


def _caption(contract_value: ContractValue) -> str:
    """The caption of a plot of a contract's value: the scenario, the replications and the seed."""
    replications = format_count(contract_value.replications, "replication")
    return caption_text(contract_value.scenario, contract_value.sha256, replications, contract_value.seed, 80)


VALUE_PLOTS: dict[str, Plot[ContractValue]] = plots_by_name(
    Plot("stakes", (), plot_payoffs, lambda _: None),
    Plot("windows", (), plot_windows, no_windows_reason),
)
"""The plots of a contract's value, by the names that users type."""
