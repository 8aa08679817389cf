"""Plot of online power by site, against what was announced."""

from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.results.run import RunResult
from sim.show.plots import style
from sim.show.plots.date_axis import set_date_axis
from sim.show.plots.labels import omission_notes, shorten_names
from sim.show.plots.run_bands import RunBands, run_caption

MAX_SITE_PANELS = 40


def no_buildings_reason(run: RunResult) -> str | None:
    """Say why there is nothing to show, or return None: there is no building at all."""
    has_buildings = any(site.buildings for site in run.scenario.sites.values())
    return None if has_buildings else "the scenario has no buildings, so what is online does not grow"


def plot_online_by_site(run: RunResult) -> Figure:
    """Draw a panel for each site that builds: what is online (mean and spread) against what was announced.

    All panels have one axis, so that sites are compared by the height of their curves.
    """
    bands = RunBands(run)
    building = [name for name, site in run.scenario.sites.items() if site.buildings]
    max_mw = {
        name: max(bands.maximum(f"site.{name}.online_mw"), float(bands(f"site.{name}.announced_mw").max()))
        for name in building
    }
    sites = style.largest_names(max_mw, MAX_SITE_PANELS)
    columns = min(len(sites), 3 if len(sites) <= 12 else 4 if len(sites) <= 24 else 5)
    rows = ceil(len(sites) / columns)
    names = shorten_names(sites, 28 if columns <= 3 else 24)
    unit = style.choose_power_unit(max(max_mw.values()))
    width, height = (3.2, 2.1) if columns <= 3 else (2.5, 1.7)
    with style.house_style():
        fig = style.new_figure(max(width * columns, 5.2) + 0.5, height * rows + 1.0)
        grid = fig.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        for axes, name in zip(grid.flat, sites, strict=False):
            _draw_site(axes, bands, name)
            axes.set_title(names[name], fontsize=9.5)
            set_date_axis(axes, bands.begin_datenum, bands.end_datenum, max_ticks=5)
            style.set_power_axis(axes, max(max_mw[name] for name in sites), "", unit)
        style.hide_unused_panels(grid.flat, len(sites))
        for k in range(columns):  # the lowest panel of each column, which need not be in the last row
            grid[(len(sites) - 1 - k) // columns, k].tick_params(labelbottom=True)
        fig.supylabel(f"IT power ({unit.name})", fontsize=9.5)
        handles, labels = grid.flat[0].get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside upper center", ncols=3 if columns > 2 else 1)
        style.add_caption(fig, run_caption(run), *omission_notes(len(building) - len(sites), "sites"))
    return fig


def _draw_site(axes: Axes, bands: RunBands, name: str) -> None:
    """Draw the panel of one site."""
    bands.shade_spread(axes, f"site.{name}.online_mw", style.PALETTE[0], "online", alpha=0.22, steps=True)
    axes.step(
        bands.times, bands(f"site.{name}.online_mw"), where="post", color=style.PALETTE[0],
        label=bands.mean_label("online"),
    )  # fmt: skip
    axes.step(
        bands.times, bands(f"site.{name}.announced_mw"), where="post", color=style.INK, linestyle="--",
        linewidth=1.1, label=bands.mean_label("if every building came when first announced"),
    )  # fmt: skip
