"""What came online, against what was announced."""

from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.show.plots import style
from sim.show.plots.bands import Bands, footing
from sim.show.plots.dates import in_dates
from sim.show.plots.labels import shorts
from sim.study.outcome import Outcome

MOST_SITES = 40


def nothing_built(outcome: Outcome) -> str | None:
    """Is there no building at all?"""
    built = any(site.buildings for site in outcome.scenario.sites.values())
    return None if built else "the scenario has no buildings, so what is online does not grow"


def online_by_site(outcome: Outcome) -> Figure:
    """A panel for each site that builds: what is online (mean and spread) against what was announced."""
    bands = Bands(outcome)
    building = [name for name, site in outcome.scenario.sites.items() if site.buildings]
    most = {
        name: max(bands.most(f"site.{name}.online_mw"), float(bands(f"site.{name}.announced_mw").max()))
        for name in building
    }
    sites = style.leading(most, MOST_SITES)
    columns = min(len(sites), 3 if len(sites) <= 12 else 4 if len(sites) <= 24 else 5)
    rows = ceil(len(sites) / columns)
    names = shorts(sites, 28 if columns <= 3 else 24)
    unit = style.power_unit(max(most.values()))
    width, height = (3.2, 2.1) if columns <= 3 else (2.5, 1.7)
    with style.house():
        fig = style.figure(max(width * columns, 5.2) + 0.5, height * rows + 1.0)
        grid = fig.subplots(rows, columns, sharex=True, squeeze=False)
        for axes, name in zip(grid.flat, sites, strict=False):
            _site(axes, bands, name)
            axes.set_title(names[name], fontsize=9.5)
            in_dates(axes, bands.begin, bands.end, most=5)
            style.in_power(axes, most[name], "", unit)
        for axes in grid.flat[len(sites) :]:
            axes.set_visible(False)
        for k in range(columns):
            grid[(len(sites) - 1 - k) // columns, k].tick_params(labelbottom=True)
        fig.supylabel(f"IT power ({unit.name})", fontsize=9.5)
        handles, labels = grid.flat[0].get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside upper center", ncols=3 if columns > 2 else 1)
        left_out = len(building) - len(sites)
        notes = [f"{left_out} smaller sites are not shown."] if left_out else []
        style.source(fig, footing(outcome), *notes)
    return fig


def _site(axes: Axes, bands: Bands, name: str) -> None:
    """One site."""
    bands.spread(axes, f"site.{name}.online_mw", style.COLOURS[0], "online", alpha=0.22, steps=True)
    axes.step(
        bands.times, bands(f"site.{name}.online_mw"), where="post", color=style.COLOURS[0],
        label=bands.mean_of("online"),
    )  # fmt: skip
    axes.step(
        bands.times, bands(f"site.{name}.announced_mw"), where="post", color=style.INK, linestyle="--",
        linewidth=1.1, label=bands.mean_of("if every building came when first announced"),
    )  # fmt: skip
