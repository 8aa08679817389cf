"""The plot of laws of delay: what was seen of dates, by how far ahead they were told, with the laws over it."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy import stats

from sim.results.formatting import format_count, join_words
from sim.show.plots import style
from sim.show.plots.plot import Plot, plots_by_name
from sim.study.delay_likelihood import DELAY_MODELS
from sim.study.fit import FittedDelays
from sim.study.tellings import DelayObservations

LEAD_CLASSES = ((0, 90), (90, 300), (300, np.inf))
"""In days, after the first and up to the second."""
MAX_LATE_DAYS = 730


def plot_lateness(delays: FittedDelays) -> Figure:
    """Draw the share that has not come against days late, as seen and by each law: a panel a class of leads."""
    seen = first_tellings(delays.observations)
    classes = [each for each in LEAD_CLASSES if _of_class(seen, each).any()]
    with style.house_style():
        fig = style.new_figure(3.2 * len(classes) + 1.4, 4.2)
        panels = fig.subplots(1, len(classes), squeeze=False, sharey=True)[0]
        for axes, limits in zip(panels, classes, strict=True):
            _draw_class(axes, seen.subset(_of_class(seen, limits)), limits, delays)
        panels[0].set_ylabel("share that has not come")
        panels[0].set_ylim(0, 1.03)
        panels[-1].legend(loc="lower left", fontsize=8)
        fig.suptitle(f"How late buildings come, by how far ahead the date was told, as of {delays.as_of}")
        c = delays.counts
        style.add_caption(
            fig, f"{join_words(list(delays.vintages))}: {c.used_sites} sites, {c.seen} milestones seen to have come"
            f" at {c.seen_sites} of them, {c.told_only} told only; prior: {'yes' if delays.prior else 'none'}",
            "Steps: Kaplan and Meier, of the first telling of each milestone that says something; marks: what had"
            " not come at the last look.",
        )  # fmt: skip
    return fig


def first_tellings(seen: DelayObservations) -> DelayObservations:
    """The first telling of each milestone."""
    mask = np.zeros(len(seen.lead), dtype=bool)
    mask[np.unique(seen.milestone, return_index=True)[1]] = True
    return seen.subset(mask)


def _of_class(seen: DelayObservations, limits: tuple[float, float]) -> npt.NDArray[np.bool_]:
    return np.asarray((seen.lead > limits[0]) & (seen.lead <= limits[1]))


def _draw_class(
    axes: Axes, seen: DelayObservations, limits: tuple[float, float], delays: FittedDelays
) -> None:
    """Draw the panel of a class of leads; a law's line is its mean over the leads of the class."""
    is_exact, late = seen.low == seen.high, seen.low - seen.lead
    curve = stats.ecdf(stats.CensoredData(uncensored=late[is_exact], right=late[~is_exact])).sf
    begin = float(min(late.min(), -30.0))
    at = np.concatenate([[begin], curve.quantiles])
    heights = np.concatenate([[1.0], curve.probabilities])
    axes.step(at, heights, where="post", color=style.INK, linewidth=1.4, label="as seen")
    marks = np.unique(late[~is_exact])
    shares = heights[np.searchsorted(at, marks, side="right") - 1]
    axes.plot(marks, shares, "|", color=style.INK, markersize=6)
    days = np.linspace(begin, float(np.clip(late.max() * 1.5, 180, MAX_LATE_DAYS)), 160)
    for colour, estimate in zip(style.PALETTE, delays.estimates, strict=False):
        if not estimate.is_bounded:
            continue
        t = np.maximum(seen.lead[None, :] + days[:, None], 0.0)
        leads = np.broadcast_to(seen.lead, t.shape)
        survival = DELAY_MODELS[estimate.law].log_survival(estimate.values, t.ravel(), leads.ravel())
        mean = np.exp(survival).reshape(t.shape).mean(axis=1)
        axes.plot(days, mean, color=colour, linewidth=1.3, label=estimate.law)
    words = f"over {limits[0]:g} days" if np.isinf(limits[1]) else f"{limits[0]:g} to {limits[1]:g} days"
    sites = format_count(seen.n_sites, "site")
    axes.set_title(f"told {words} ahead: {sites}, {is_exact.sum()} of {len(late)} seen", fontsize=9)
    axes.set_xlabel("days later than told")
    style.set_round_ticks(axes.xaxis, 5)


def no_lateness_reason(delays: FittedDelays) -> str | None:
    """Say why there is nothing to show, or return None: no telling says anything of a delay."""
    return None if len(delays.observations.lead) else "no telling says anything of a delay"


FIT_PLOTS: dict[str, Plot[FittedDelays]] = plots_by_name(
    Plot("lateness", (), plot_lateness, no_lateness_reason)
)
"""The plots of laws of delay, by the names that users type."""
