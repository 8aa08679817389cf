"""What many replications say together: mean, spread, interval and percentiles of every metric."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt
from scipy import special

from sim.results.metrics import metric_unit


class SampleStatistics(TypedDict):
    """One metric over the replications, as in `summary.json`."""

    unit: str
    mean: float | None
    sd: float | None
    ci95: list[float] | None
    p10: float | None
    p50: float | None
    p90: float | None
    n: int


Summary = dict[str, SampleStatistics]


def to_floats(values: Sequence[float | None] | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Values as numbers, NaN where there is none."""
    return np.array([np.nan if v is None else v for v in values], dtype=np.float64)


def sample_statistics(
    unit: str, values: Sequence[float | None] | npt.NDArray[np.float64]
) -> SampleStatistics:
    """A metric over the replications that have it.

    The standard deviation has n - 1 below; the interval is that of the mean, by Student's t; percentiles are
    linear between the values in order (the seventh kind of Hyndman and Fan, 1996).
    """
    x = to_floats(values)
    x = x[~np.isnan(x)]
    n = len(x)
    if n == 0:
        return SampleStatistics(unit=unit, mean=None, sd=None, ci95=None, p10=None, p50=None, p90=None, n=0)
    mean = float(x.mean())
    sd = ci95 = None
    if n > 1:
        sd = float(x.std(ddof=1))
        half = float(special.stdtrit(n - 1, 0.975)) * sd / n**0.5
        ci95 = [mean - half, mean + half]
    p10, p50, p90 = (float(p) for p in np.percentile(x, [10, 50, 90]))
    return SampleStatistics(unit=unit, mean=mean, sd=sd, ci95=ci95, p10=p10, p50=p50, p90=p90, n=n)


def summarise_metrics(metrics: Mapping[str, Sequence[float | None]]) -> Summary:
    """Every metric over the replications."""
    return {name: sample_statistics(metric_unit(name), values) for name, values in metrics.items()}
