"""Plot of a plan: the share of futures in which a target holds along a lever, and where that is enough."""

from datetime import timedelta

from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from sim.results.formatting import format_count, format_percent, scale_to_unit
from sim.results.metrics import metric_unit
from sim.show.factor_labels import label_path
from sim.show.metric_labels import label_metric
from sim.show.plots import style
from sim.show.plots.date_axis import set_date_axis
from sim.show.plots.labels import caption_text, shorten
from sim.show.plots.plot import Plot, plots_by_name
from sim.study.plan import Plan


def plot_plan_response(plan: Plan) -> Figure:
    """Draw the share of futures in which the target holds over the values tried, with the answer and its interval."""
    positions = _axis_positions(plan)
    x = [positions[each.index] for each in plan.trials]
    shares = [each.share for each in plan.trials]
    below = [each.share - each.ci95[0] for each in plan.trials]
    above = [each.ci95[1] - each.share for each in plan.trials]
    colour = style.PALETTE[0]
    with style.house_style():
        fig = style.new_figure(8.6, 4.6)
        axes = fig.subplots()
        axes.axhline(
            plan.constraint.probability, color=style.INK, linewidth=1.0, linestyle=(0, (4, 3)),
            label=f"Asked for: {format_percent(plan.constraint.probability)}",
        )  # fmt: skip
        _draw_answer(axes, plan, positions)
        axes.plot(x, shares, color=colour, linewidth=0.9, alpha=0.5)
        axes.errorbar(
            x, shares, yerr=[below, above], fmt="o", markersize=4.5, color=colour, elinewidth=1.1, capsize=2.5,
            label="Share, with 95 % interval",
        )  # fmt: skip
        axes.set_ylim(-0.03, 1.08)
        margin = 0.03 * (positions[-1] - positions[0])
        if plan.lever.first_date is None:
            axes.set_xlim(positions[0] - margin, positions[-1] + margin)
        else:
            set_date_axis(axes, positions[0] - margin, positions[-1] + margin)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        axes.set_ylabel("Futures in which the target holds")
        axes.set_xlabel(_lever_label(plan))
        axes.set_title(f"How often: {_target_label(plan)}")
        fig.legend(loc="outside upper center", ncols=4)
        notes = ["Not monotone: the interval is no guide."] if plan.reversals else []
        replications = f"up to {format_count(plan.constraint.futures, 'replication')} a value"
        style.add_caption(fig, caption_text(plan.scenario, plan.sha256, replications, plan.seed, 80), *notes)
    return fig


def _axis_positions(plan: Plan) -> list[float]:
    """The positions of the values of the lever along the axis: numbers, or date numbers of matplotlib."""
    if plan.lever.first_date is None:
        return list(plan.lever.numbers)
    dates = [plan.lever.first_date + timedelta(days=days) for days in plan.lever.numbers]
    return [float(each) for each in date2num(dates)]  # type: ignore[no-untyped-call]


def _lever_label(plan: Plan) -> str:
    """Label the axis of the lever, with its unit."""
    unit = "" if plan.lever.first_date is not None or not plan.lever.unit else f" ({plan.lever.unit})"
    return f"{shorten(label_path(plan.lever.path), 70)}{unit}"


def _target_label(plan: Plan) -> str:
    """Label the target in words, with its unit."""
    target = plan.target
    unit = metric_unit(target.metric)
    # A share is written as such in a target, and shown in per cent.
    bound, name = scale_to_unit(target.bound, unit) if unit == "share" else (target.bound, unit)
    return (
        f"{label_metric(target.metric)} {target.op} {bound:,.15g} {'' if name == 'count' else name}".rstrip()
    )


def _draw_answer(axes: Axes, plan: Plan, positions: list[float]) -> None:
    """Mark the answer, and shade its interval, which is open at the far end where no value is confident."""
    far = len(positions) - 1 if plan.sought == "least" else 0
    if plan.answer is None or plan.first_open is None:
        return
    is_open = plan.first_confident is None
    ends = [
        positions[plan.first_open],
        positions[far if plan.first_confident is None else plan.first_confident],
    ]
    label = "95 % interval of the answer" + (", open at the far end" if is_open else "")
    axes.axvspan(min(ends), max(ends), color=style.PALETTE[1], alpha=0.22, linewidth=0, label=label)
    axes.axvline(
        positions[plan.answer],
        color=style.PALETTE[5],
        linewidth=1.4,
        label=f"Answer: {plan.lever_value(plan.answer)}",
    )


PLAN_PLOTS: dict[str, Plot[Plan]] = plots_by_name(
    Plot("response", (), plot_plan_response, lambda _: None),
)
"""The plots of a plan, by the names that users type; there is always something to show."""
