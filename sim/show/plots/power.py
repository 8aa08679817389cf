"""What was wanted, and who served it."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from matplotlib.figure import Figure

from sim.show.plots import style
from sim.study.outcome import Outcome

Floats = npt.NDArray[np.float64]


class Bands:
    """The bands of an outcome, by series and statistic."""

    def __init__(self, outcome: Outcome) -> None:
        frame = outcome.table("bands")
        self._parts: dict[Any, pl.DataFrame] = {
            key[0]: part for key, part in frame.partition_by("series", as_dict=True).items()
        }
        self.times = next(iter(self._parts.values()))["time"].to_numpy()

    def __call__(self, series: str, statistic: str = "mean") -> Floats:
        """A series at the times of the grid, in MW."""
        values: Floats = self._parts[series][statistic].to_numpy()
        return values


def footing(outcome: Outcome) -> str:
    """What a picture is of."""
    n = len(outcome.finished)
    return (
        f"{outcome.scenario.title or outcome.scenario.name}; {n} replication{'s' if n != 1 else ''},"
        f" seed {outcome.provenance['seed']}"
    )


def supply_and_demand(outcome: Outcome) -> Figure:
    """Wanted against in service, stacked by provider, with the gap between; means and the band of wanted."""
    bands = Bands(outcome)
    with style.house():
        fig = style.figure()
        axes = fig.subplots()
        providers = [
            name for name in outcome.scenario.providers if bands(f"provider.{name}.in_service_mw").max() > 0
        ]
        served = [bands(f"provider.{name}.in_service_mw") for name in providers]
        wanted = bands("wanted_mw")
        total = bands("in_service_mw")
        colour = style.colours(list(outcome.scenario.providers))
        axes.stackplot(
            bands.times,
            *served,
            labels=[f"served by {name}" for name in providers],
            colors=[colour[name] for name in providers],
            edgecolor="white",
            linewidth=0.3,
        )
        axes.fill_between(
            bands.times,
            total,
            wanted,
            where=(wanted > total + 1e-6).tolist(),
            facecolor="none",
            edgecolor=style.GAP,
            hatch="////",
            linewidth=0,
            label="wanted, not served",
        )
        low, high = bands("wanted_mw", "p10"), bands("wanted_mw", "p90")
        axes.fill_between(
            bands.times,
            low,
            high,
            color=style.INK,
            alpha=0.10,
            linewidth=0,
            label="wanted, 10 to 90 % of runs",
        )
        axes.plot(bands.times, wanted, color=style.INK, linewidth=1.6, label="wanted, mean")
        online = bands("online_mw")
        axes.plot(bands.times, online, color=style.INK, linewidth=1.2, linestyle=":", label="online, mean")
        style.in_dates(axes)
        style.in_power(axes, max(float(high.max()), float(online.max())))
        axes.set_title("Power wanted, and who serves it")
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(handles[::-1], labels[::-1], loc="upper left", fontsize=8.5)
        style.source(fig, footing(outcome))
    return fig
