"""How often a target holds along a lever, and where it holds often enough."""

from datetime import timedelta

from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from sim.show.plots import style
from sim.show.plots.date_axis import set_date_axis
from sim.show.plots.labels import shorten
from sim.study.plan import Plan


def plot_plan_response(plan: Plan) -> Figure:
    """The share of futures in which the target holds, over the values tried, with the answer and its interval."""
    places = _axis_positions(plan)
    tried = [each.index for each in plan.trials]
    x = [places[k] for k in tried]
    shares = [each.share for each in plan.trials]
    below = [each.share - each.ci95[0] for each in plan.trials]
    above = [each.ci95[1] - each.share for each in plan.trials]
    ink = style.PALETTE[0]
    with style.house_style():
        fig = style.new_figure(8.6, 4.6)
        axes = fig.subplots()
        asked = f"Asked for: {style.format_percent(plan.constraint.probability)}"
        axes.axhline(
            plan.constraint.probability, color=style.INK, linewidth=1.0, linestyle=(0, (4, 3)), label=asked
        )
        _draw_answer(axes, plan, places)
        axes.plot(x, shares, color=ink, linewidth=0.9, alpha=0.5)
        axes.errorbar(
            x, shares, yerr=[below, above], fmt="o", markersize=4.5, color=ink, elinewidth=1.1, capsize=2.5,
            label="Share, with 95 % interval",
        )  # fmt: skip
        axes.set_ylim(-0.03, 1.08)
        margin = 0.03 * (places[-1] - places[0])
        if plan.lever.first_date is None:
            axes.set_xlim(places[0] - margin, places[-1] + margin)
        else:
            set_date_axis(axes, places[0] - margin, places[-1] + margin)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        axes.set_ylabel("Futures in which the target holds")
        axes.set_xlabel(_lever_label(plan))
        axes.set_title(f"How often {plan.target} holds")
        fig.legend(loc="outside upper center", ncols=4)
        notes = ["Not monotone: the interval is no guide."] if plan.reversals else []
        foot = f"{shorten(plan.scenario, 80)}; up to {plan.constraint.futures:,} replications a value, seed {plan.seed}"
        style.add_caption(fig, foot, *notes)
    return fig


def _axis_positions(plan: Plan) -> list[float]:
    """Where the values of the lever stand along the axis."""
    if plan.lever.first_date is None:
        return list(plan.lever.numbers)
    dates = [plan.lever.first_date + timedelta(days=days) for days in plan.lever.numbers]
    return [float(each) for each in date2num(dates)]  # type: ignore[no-untyped-call]


def _lever_label(plan: Plan) -> str:
    """What is along the axis: the lever, and in which unit."""
    unit = "" if plan.lever.first_date is not None or not plan.lever.unit else f" ({plan.lever.unit})"
    return f"{shorten(plan.lever.path, 70)}{unit}"


def _draw_answer(axes: Axes, plan: Plan, places: list[float]) -> None:
    """Mark the answer, and shade its interval."""
    far = len(places) - 1 if plan.sought == "least" else 0
    if plan.answer is None or plan.first_open is None:
        return
    ends = [places[plan.first_open], places[far if plan.first_confident is None else plan.first_confident]]
    words = "95 % interval of the answer" + (", open at the far end" if plan.first_confident is None else "")
    axes.axvspan(min(ends), max(ends), color=style.PALETTE[1], alpha=0.22, linewidth=0, label=words)
    axes.axvline(
        places[plan.answer],
        color=style.PALETTE[5],
        linewidth=1.4,
        label=f"Answer: {plan.lever_value(plan.answer)}",
    )
