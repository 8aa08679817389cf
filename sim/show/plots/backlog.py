"""Plot of the backlog: unserved power over time, by stream of demand."""

from matplotlib.figure import Figure

from sim.results.run import RunResult
from sim.show.plots import style
from sim.show.plots.date_axis import set_date_axis
from sim.show.plots.run_bands import NEVER_UNSERVED, RunBands, run_caption
from sim.show.plots.stacked_areas import draw_stack, label_layers, stack_layers

MAX_BACKLOG_STREAMS = 8


def no_backlog_reason(run: RunResult) -> str | None:
    """Say why there is nothing to show, or return None: all that is wanted is served at once."""
    return None if RunBands(run).maximum("unserved_mw") > 0 else NEVER_UNSERVED


def plot_backlog(run: RunResult) -> Figure:
    """Draw unserved power over time: the mean stacked by stream, and the percentiles of all of it."""
    bands = RunBands(run)
    parts = {name: bands(f"stream.{name}.unserved_mw") for name in run.scenario.demand}
    stack = stack_layers(parts, MAX_BACKLOG_STREAMS)
    max_mw = bands.maximum("unserved_mw")
    with style.house_style():
        fig = style.new_figure(9.0, 4.6)
        axes = fig.subplots()
        axes.set_title(bands.mean_label("Waiting to be served"))
        draw_stack(axes, bands.times, stack)
        if bands.has_spread:
            for percent, line in ((90, "--"), (10, ":")):
                axes.plot(
                    bands.times, bands("unserved_mw", f"p{percent}"), color=style.INK, linewidth=1.2,
                    linestyle=line, label=f"all together: {percent} % of replications are below",
                )  # fmt: skip
            lines = axes.get_lines()
            fig.legend(handles=lines, loc="outside upper center", ncols=2)
        set_date_axis(axes, bands.begin_datenum, bands.end_datenum)
        style.set_power_axis(axes, max_mw, "Unserved IT power")
        label_layers(axes, stack, style.choose_power_unit(max_mw), axes_height_inches=3.5)
        style.add_caption(
            fig,
            run_caption(run),
            "Wanted, not given up, and not yet delivered; the figures are those at the end.",
        )
    return fig
