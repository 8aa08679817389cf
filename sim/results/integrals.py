"""Integrals and time averages of a run over its measurement window, each computed once for all metrics.

Entities are sites, requests, or rows of the deliveries, by their index; k is one of them.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sim.model.arrays import FloatArray, IntArray
from sim.model.calendar import DAY_US
from sim.model.run import Run
from sim.results.time_series import KwChanges, Series, StepReadings, kw_days

Metrics = dict[str, float | None]
KW_PER_MW = 1000.0
CANCELLATION_TOLERANCE = 1e-13
"""A net sum below this share of the gross sum is the rounding of the additions."""


def ratio_or_none(numerator: float | np.number[Any], denominator: float | np.number[Any]) -> float | None:
    """Divide, or return None where the denominator is 0."""
    return float(numerator) / float(denominator) if denominator else None


def sum_by_index(values: FloatArray, index: IntArray, n: int) -> FloatArray:
    """Sum values by index, as `(n,)`, in the order of the rows."""
    return np.asarray(np.bincount(index, weights=values, minlength=n), dtype=np.float64)


def cancel_rounding(net: FloatArray, gross: FloatArray) -> FloatArray:
    """Set net sums that are rounding alone to 0; `gross` is the sum of the absolute values."""
    return np.where(np.abs(net) > CANCELLATION_TOLERANCE * gross, net, 0.0)


@dataclass(frozen=True)
class MeasurementWindow:
    """The span over which metrics are taken, in microseconds since the start, and the dates of `report_at`."""

    begin: int
    end: int
    report_at: dict[str, int]

    @property
    def days(self) -> float:
        """The length of the window in days."""
        return (self.end - self.begin) / DAY_US

    @cached_property
    def reading_times(self) -> IntArray:
        """The times at which levels are read, in order: just before the end, and the dates."""
        return np.unique(np.array([self.end - 1, *self.report_at.values()], dtype=np.int64))

    @cached_property
    def readings(self) -> list[tuple[str, int]]:
        """By suffix of a metric (`end`, `at.DATE`), the index in `reading_times` at which its level is read."""
        times = {"end": self.end - 1, **{f"at.{date}": at for date, at in self.report_at.items()}}
        return [(suffix, int(np.searchsorted(self.reading_times, at))) for suffix, at in times.items()]


@dataclass(frozen=True)
class TimeAverage:
    """Power of n entities over the window: kW-days `(n,)`, and kW at the reading times `(n, n_times)`."""

    kw_days: FloatArray
    kw: FloatArray
    window: MeasurementWindow

    @property
    def end_kw(self) -> FloatArray:
        """The kW of each entity just before the end, as `(n,)`."""
        return self.kw[:, self.window.readings[0][1]]

    def total(self) -> "TimeAverage":
        """Return the sum over the entities, as a time average of one."""
        return TimeAverage(self.kw_days.sum(keepdims=True), self.kw.sum(axis=0, keepdims=True), self.window)

    def write_to(self, metrics: Metrics, name: str, index: int = 0) -> None:
        """Add the metrics `name.mean`, `name.end` and `name.at.DATE` of one entity, in MW."""
        metrics[f"{name}.mean"] = float(self.kw_days[index]) / self.window.days / KW_PER_MW
        kw = self.kw[index].tolist()
        for suffix, k in self.window.readings:
            metrics[f"{name}.{suffix}"] = kw[k] / KW_PER_MW


class StepFunction:
    """Step functions of `n` entities over a window: the kW-days that each change contributes, and the levels."""

    def __init__(self, changes: KwChanges, n: int, window: MeasurementWindow) -> None:
        self.changes, self.window, self._n = changes, window, n
        self.kw_days = kw_days(changes, window.begin, window.end)

    @cached_property
    def _readings(self) -> StepReadings:
        return StepReadings(self.changes, self.window.reading_times)

    @cached_property
    def levels_over_time(self) -> tuple[IntArray, IntArray]:
        """The step function of all entities together: the times of its steps, in order, and the kW after each."""
        return self.changes.total()

    @cached_property
    def total(self) -> TimeAverage:
        """The time average of all entities together, added in their order."""
        return TimeAverage(
            self.kw_days_by().sum(keepdims=True), self._readings.total_levels()[None, :], self.window
        )

    def kw_days_by(self, n: int | None = None, index_map: IntArray | None = None) -> FloatArray:
        """Return the kW-days of each entity, or of each of `n` others that are `index_map[k]` in place of k."""
        of = self.changes.entity if index_map is None else index_map[self.changes.entity]
        n = self._n if n is None else n
        return cancel_rounding(sum_by_index(self.kw_days, of, n), sum_by_index(np.abs(self.kw_days), of, n))

    def time_averages(self, n: int | None = None, index_map: IntArray | None = None) -> TimeAverage:
        """Return the time averages of each entity, or of `n` others, as for the kW-days."""
        n = self._n if n is None else n
        return TimeAverage(
            self.kw_days_by(n, index_map), self._readings.levels_by_entity(n, index_map), self.window
        )


@dataclass(frozen=True)
class Breakdown:
    """A division of requests and deliveries with metrics of each part: by customer, or by stream."""

    kind: str
    names: list[str]
    of_request: IntArray
    of_delivery: IntArray


@dataclass
class RunIntegrals:
    """The integrals of a run that several metrics need, and its divisions by customer and by stream."""

    run: Run
    changes: Series
    window: MeasurementWindow

    def __post_init__(self) -> None:
        inputs, deliveries = self.run.inputs, self.run.deliveries
        self.is_asked_in_window = np.maximum(inputs.requests.asked, 0) >= self.window.begin
        """Mask of the requests asked in the window, `(n_requests,)`; before the start counts as at the start."""
        requests, rows, sites = len(inputs.requests), len(deliveries), len(inputs.sites)
        self.in_service = StepFunction(self.changes.in_service, rows, self.window)
        """By row of the deliveries."""
        self.unserved = StepFunction(self.changes.unserved, requests, self.window)
        # Where nothing is lost the two are one object, and their integrals need not be taken twice.
        same = self.changes.shortfall is self.changes.unserved
        self.shortfall = (
            self.unserved if same else StepFunction(self.changes.shortfall, requests, self.window)
        )
        self.online = StepFunction(self.changes.online, sites, self.window)
        of_request = inputs.customer_of_request()
        of_delivery = inputs.customer_of_row(deliveries["request"], deliveries["stream"])
        self.customers = Breakdown("customer", inputs.all_customers(), of_request, of_delivery)
        self.streams = Breakdown("stream", inputs.streams, inputs.stream_of_request(), deliveries["stream"])
        price = np.array([provider.price or 0.0 for provider in inputs.providers])
        self._price = price[deliveries["provider"]]
        numbers = {name: k for k, name in enumerate(self.customers.names)}
        itself = np.array([numbers.get(provider.name, -1) for provider in inputs.providers], dtype=np.int64)
        self._is_own_demand = itself[deliveries["provider"]] == of_delivery
        self.paid_usd = self.payments_usd(self.in_service.kw_days)
        """The $ paid for each delivery in the window, `(n_deliveries,)`."""

    def usd_at_price(self, provider: int, changes: KwChanges, begin: int, end: int) -> float:
        """Return the price of a provider for power from one time to another, in $; 0 where it states none."""
        return float(kw_days(changes, begin, end).sum()) * (self.run.inputs.providers[provider].price or 0.0)

    def payments_usd(self, kw_days_of_change: FloatArray) -> FloatArray:
        """Return the $ paid for each delivery, as `(n_deliveries,)`.

        A provider pays nothing to itself, and nothing is paid where no price is stated.
        """
        of = self.changes.in_service.entity
        kw_days = sum_by_index(kw_days_of_change, of, len(self._price))
        return np.where(self._is_own_demand, 0.0, kw_days * self._price)
