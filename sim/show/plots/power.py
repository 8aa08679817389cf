"""What was wanted, what was online, and who served."""

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.show.plots import style
from sim.show.plots.bands import Bands, footing
from sim.show.plots.dates import in_dates
from sim.show.plots.stack import layers, named_at_the_end, stacked
from sim.study.outcome import Outcome

MOST_PROVIDERS = 8


def nothing_powered(outcome: Outcome) -> str | None:
    """Is there neither demand nor supply?"""
    bands = Bands(outcome)
    empty = bands.most("wanted_mw") == 0 and bands.most("online_mw") == 0
    return "nothing is ever wanted or online" if empty else None


def supply_and_demand(outcome: Outcome) -> Figure:
    """What is wanted, in service and online, side by side with who serves it; power over time."""
    bands = Bands(outcome)
    most = max(bands.most(name) for name in ("wanted_mw", "in_service_mw", "online_mw"))
    served = {name: bands(f"provider.{name}.in_service_mw") for name in outcome.scenario.providers}
    stack = layers(served, MOST_PROVIDERS)
    with style.house():
        fig = style.figure(11, 4.8)
        left, right = fig.subplots(1, 2, sharey=True)
        _totals(left, bands)
        in_dates(left, bands.begin, bands.end)
        style.in_power(left, most)
        right.set_title("Who serves it, mean" if bands.several else "Who serves it")
        stacked(right, bands.times, stack)
        lacking = _lacking(right, bands)
        in_dates(right, bands.begin, bands.end)
        right.tick_params(labelleft=False)
        named_at_the_end(right, stack, style.power_unit(most), inches=3.7)
        handles = left.get_legend_handles_labels()[0] + lacking
        fig.legend(handles=handles, loc="outside upper center", ncols=3)
        style.source(
            fig, footing(outcome), "Wanted, not served: waiting, or given up within the term asked for."
        )
    return fig


def _totals(axes: Axes, bands: Bands) -> None:
    """Wanted, in service and online, two of them with their spread."""
    axes.set_title("Wanted, in service and online")
    bands.spread(axes, "wanted_mw", style.INK, "wanted", alpha=0.13)
    bands.spread(axes, "in_service_mw", style.COLOURS[0], "in service", alpha=0.3)
    for series, what, colour, line in (
        ("wanted_mw", "wanted", style.INK, "-"),
        ("online_mw", "online", style.COLOURS[5], ":"),
        ("in_service_mw", "in service", style.COLOURS[0], "--"),
    ):
        axes.plot(
            bands.times, bands(series), color=colour, linestyle=line, linewidth=1.7,
            label=bands.mean_of(what),
        )  # fmt: skip


def _lacking(axes: Axes, bands: Bands) -> list[Artist]:
    """Draw what is wanted beyond what is served; its area, if there is any."""
    total, wanted = bands("in_service_mw"), bands("wanted_mw")
    short = wanted - total > 1e-6 * max(float(wanted.max()), 1.0)
    axes.plot(bands.times, wanted, color=style.INK, linewidth=1.7)
    if not short.any():
        return []
    area = axes.fill_between(
        bands.times, total, wanted, where=short.tolist(), facecolor="none", edgecolor=style.GAP,
        hatch="////", linewidth=0, label="wanted, not served",
    )  # fmt: skip
    return [area]
