"""What is wanted and not yet served, by who waits for it."""

from matplotlib.figure import Figure

from sim.show.plots import style
from sim.show.plots.bands import Bands, footing
from sim.show.plots.dates import in_dates
from sim.show.plots.stack import layers, named_at_the_end, stacked
from sim.study.outcome import Outcome

MOST_STREAMS = 8


def never_short(outcome: Outcome) -> str | None:
    """Is all that is wanted always served at once?"""
    short = Bands(outcome).most("unserved_mw") > 0
    return None if short else "nothing is ever unserved: all that is wanted is served at once"


def backlog(outcome: Outcome) -> Figure:
    """Unserved power over time, the mean stacked by stream, and how far all of it is spread."""
    bands = Bands(outcome)
    parts = {name: bands(f"stream.{name}.unserved_mw") for name in outcome.scenario.demand}
    stack = layers(parts, MOST_STREAMS)
    most = bands.most("unserved_mw")
    with style.house():
        fig = style.figure(9.0, 4.6)
        axes = fig.subplots()
        axes.set_title(bands.mean_of("Waiting to be served"))
        stacked(axes, bands.times, stack)
        if bands.several:
            for percent, line in ((90, "--"), (10, ":")):
                axes.plot(
                    bands.times, bands("unserved_mw", f"p{percent}"), color=style.INK, linewidth=1.2,
                    linestyle=line, label=f"all together: {percent} % of replications are below",
                )  # fmt: skip
            lines = axes.get_lines()
            fig.legend(handles=lines, loc="outside upper center", ncols=2)
        in_dates(axes, bands.begin, bands.end)
        style.in_power(axes, most, "Unserved IT power")
        named_at_the_end(axes, stack, style.power_unit(most), inches=3.5)
        style.source(
            fig,
            footing(outcome),
            "Wanted, not given up, and not yet delivered; the figures are those at the end.",
        )
    return fig
