"""The summary of a run: mean, standard deviation, interval and percentiles of every metric over the replications."""

from typing import TypedDict

import numpy as np

from sim.model.arrays import FloatArray
from sim.results.metrics import metric_unit
from sim.results.statistics import PERCENTILES, MetricSamples, Sample, row_statistics, t_half_width, to_floats


class SampleStatistics(TypedDict):
    """The statistics of a metric over the replications, as in `summary.json`."""

    unit: str
    mean: float | None
    sd: float | None
    ci95: list[float] | None
    p10: float | None
    p50: float | None
    p90: float | None
    n: int


Summary = dict[str, SampleStatistics]


def sample_statistics(unit: str, values: Sample | FloatArray) -> SampleStatistics:
    """Compute the statistics of a metric over the replications that have a value of it.

    The interval is that of the mean, by Student's t; with one value there is neither an interval nor a standard
    deviation.
    """
    x = to_floats(values)
    x = x[~np.isnan(x)]
    n = len(x)
    if n == 0:
        return SampleStatistics(unit=unit, mean=None, sd=None, ci95=None, p10=None, p50=None, p90=None, n=0)
    statistics = {name: float(column[0]) for name, column in row_statistics(x[None, :]).items()}
    mean = statistics["mean"]
    sd = ci95 = None
    if n > 1:
        sd = statistics["sd"]
        half_width = t_half_width(sd, n)
        ci95 = [mean - half_width, mean + half_width]
    p10, p50, p90 = (statistics[name] for name in PERCENTILES)
    return SampleStatistics(unit=unit, mean=mean, sd=sd, ci95=ci95, p10=p10, p50=p50, p90=p90, n=n)


def summarise_metrics(samples: MetricSamples) -> Summary:
    """Compute the statistics of every metric over the replications."""
    return {name: sample_statistics(metric_unit(name), values) for name, values in samples.items()}
