"""What the metrics of a run are taken from: its changes over a window, each looked at once for all of them."""

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
"""What is left of so small a part of what came and went is the rounding of their sum."""


def ratio_or_none(numerator: float | np.number[Any], denominator: float | np.number[Any]) -> float | None:
    """A share, or None where there is nothing that it could be a share of."""
    return float(numerator) / float(denominator) if denominator else None


def sum_by_index(values: FloatArray, index: IntArray, n: int) -> FloatArray:
    """The sums of some values for each of `n`, as `(n,)`, in the order of the rows."""
    return np.asarray(np.bincount(index, weights=values, minlength=n), dtype=np.float64)


def cancel_rounding(net: FloatArray, gross: FloatArray) -> FloatArray:
    """Sums of kW-days that come and go, less what rounding alone has left; `gross` is what came and went."""
    return np.where(np.abs(net) > CANCELLATION_TOLERANCE * gross, net, 0.0)


@dataclass(frozen=True)
class MeasurementWindow:
    """The span over which metrics are taken, in microseconds since the start, and the dates of `report_at`."""

    begin: int
    end: int
    report_at: dict[str, int]

    @property
    def days(self) -> float:
        """How long is it?"""
        return (self.end - self.begin) / DAY_US

    @cached_property
    def reading_times(self) -> IntArray:
        """The times at which levels are read, in order: just before the end, and the dates."""
        return np.unique(np.array([self.end - 1, *self.report_at.values()], dtype=np.int64))

    @cached_property
    def readings(self) -> list[tuple[str, int]]:
        """How levels are called in the names of metrics, and at which of the moments each is read."""
        named = {"end": self.end - 1, **{f"at.{date}": at for date, at in self.report_at.items()}}
        return [(name, int(np.searchsorted(self.reading_times, at))) for name, at in named.items()]


@dataclass(frozen=True)
class TimeAverage:
    """kW of some things over the window: kW-days `(n,)`, and kW at its moments `(n, moments)`."""

    kw_days: FloatArray
    kw: FloatArray
    window: MeasurementWindow

    @property
    def end_kw(self) -> FloatArray:
        """kW of each just before the end, as `(n,)`."""
        return self.kw[:, self.window.readings[0][1]]

    def total(self) -> "TimeAverage":
        """The sum of all, as the one of its kind."""
        return TimeAverage(self.kw_days.sum(keepdims=True), self.kw.sum(axis=0, keepdims=True), self.window)

    def write_to(self, metrics: Metrics, name: str, index: int = 0) -> None:
        """Write the mean, the end and the dates of the k-th, in MW."""
        metrics[f"{name}.mean"] = float(self.kw_days[index]) / self.window.days / KW_PER_MW
        kw = self.kw[index].tolist()
        for read, moment in self.window.readings:
            metrics[f"{name}.{read}"] = kw[moment] / KW_PER_MW


class StepFunction:
    """Changes over a window, of `n` whose numbers stand in them: the kW-days that each makes, and the levels."""

    def __init__(self, changes: KwChanges, n: int, window: MeasurementWindow) -> None:
        self.changes, self.window, self._n = changes, window, n
        self.kw_days = kw_days(changes, window.begin, window.end)

    @cached_property
    def _readings(self) -> StepReadings:
        return StepReadings(self.changes, self.window.reading_times)

    @cached_property
    def levels_over_time(self) -> tuple[IntArray, IntArray]:
        """The times at which something changes, in order, and the kW of all together after each."""
        return self.changes.total()

    @cached_property
    def total(self) -> TimeAverage:
        """What all come to together, added in their order."""
        return TimeAverage(
            self.kw_days_by().sum(keepdims=True), self._readings.total_levels()[None, :], self.window
        )

    def kw_days_by(self, n: int | None = None, index_map: IntArray | None = None) -> FloatArray:
        """The kW-days of each; with `whom`, of each of other `n`, who are `whom[k]` in place of k."""
        of = self.changes.entity if index_map is None else index_map[self.changes.entity]
        n = self._n if n is None else n
        return cancel_rounding(sum_by_index(self.kw_days, of, n), sum_by_index(np.abs(self.kw_days), of, n))

    def time_averages(self, n: int | None = None, index_map: IntArray | None = None) -> TimeAverage:
        """What each comes to over the window, and at its moments; with `whom` as for the kW-days."""
        n = self._n if n is None else n
        return TimeAverage(
            self.kw_days_by(n, index_map), self._readings.levels_by_entity(n, index_map), self.window
        )


@dataclass(frozen=True)
class Breakdown:
    """Those for whom there are metrics of their own: customers, or streams."""

    kind: str
    names: list[str]
    of_request: IntArray
    of_delivery: IntArray


@dataclass
class RunIntegrals:
    """A run and its changes, as far as several metrics need the same of them."""

    run: Run
    changes: Series
    window: MeasurementWindow

    def __post_init__(self) -> None:
        future, deliveries = self.run.inputs, self.run.deliveries
        self.is_asked_in_window = future.requests.asked >= self.window.begin
        """Which requests are asked in the window."""
        requests, rows, sites = len(future.requests), len(deliveries), len(future.sites)
        self.in_service = StepFunction(self.changes.in_service, rows, self.window)
        """By row of the deliveries."""
        self.unserved = StepFunction(self.changes.unserved, requests, self.window)
        same = self.changes.shortfall is self.changes.unserved
        self.shortfall = (
            self.unserved if same else StepFunction(self.changes.shortfall, requests, self.window)
        )
        self.online = StepFunction(self.changes.online, sites, self.window)
        of_request = future.customer_of_request()
        of_delivery = future.customer_of_row(deliveries["request"], deliveries["stream"])
        self.customers = Breakdown("customer", future.all_customers(), of_request, of_delivery)
        self.streams = Breakdown("stream", future.streams, future.stream_of_request(), deliveries["stream"])
        price = np.array([seller.price or 0.0 for seller in future.providers])
        self._price = price[deliveries["provider"]]
        numbers = {name: k for k, name in enumerate(self.customers.names)}
        itself = np.array([numbers.get(seller.name, -1) for seller in future.providers], dtype=np.int64)
        self._is_own_demand = itself[deliveries["provider"]] == of_delivery
        self.paid_usd = self.payments_usd(self.in_service.kw_days)
        """The $ for each delivery in the window."""

    def payments_usd(self, kw_days_of_change: FloatArray) -> FloatArray:
        """The $ that are paid for each delivery, as `(n_deliveries,)`.

        A provider pays nothing to itself, and nothing is paid where no price is stated.
        """
        of = self.changes.in_service.entity
        kw_days = sum_by_index(kw_days_of_change, of, len(self._price))
        return np.where(self._is_own_demand, 0.0, kw_days * self._price)
