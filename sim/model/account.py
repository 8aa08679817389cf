"""What the metrics of a run are taken from: its changes over a window, each looked at once for all of them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sim.model.arrays import Floats, Ints
from sim.model.run import Run
from sim.model.series import Changes, Series, Steps, kw_days
from sim.model.time import DAY

Metrics = dict[str, float | None]
MW = 1000.0
ROUNDING = 1e-13
"""What is left of so small a part of what came and went is the rounding of their sum."""


def ratio(above: float | np.number[Any], below: float | np.number[Any]) -> float | None:
    """A share, or None where there is nothing that it could be a share of."""
    return float(above) / float(below) if below else None


def added(values: Floats, of: Ints, n: int) -> Floats:
    """The sums of some values for each of `n`, as `(n,)`, in the order of the rows."""
    return np.asarray(np.bincount(of, weights=values, minlength=n), dtype=np.float64)


def settled(net: Floats, gross: Floats) -> Floats:
    """Sums of kW-days that come and go, less what rounding alone has left; `gross` is what came and went."""
    return np.where(np.abs(net) > ROUNDING * gross, net, 0.0)


@dataclass(frozen=True)
class Window:
    """The span over which metrics are taken, in microseconds since the start, and the dates of `report_at`."""

    begin: int
    end: int
    report_at: dict[str, int]

    @property
    def days(self) -> float:
        """How long is it?"""
        return (self.end - self.begin) / DAY

    @cached_property
    def moments(self) -> Ints:
        """The times at which levels are read, in order: just before the end, and the dates."""
        return np.unique(np.array([self.end - 1, *self.report_at.values()], dtype=np.int64))

    @cached_property
    def read_at(self) -> list[tuple[str, int]]:
        """How levels are called in the names of metrics, and at which of the moments each is read."""
        named = {"end": self.end - 1, **{f"at.{date}": at for date, at in self.report_at.items()}}
        return [(name, int(np.searchsorted(self.moments, at))) for name, at in named.items()]


@dataclass(frozen=True)
class Levels:
    """kW of some things over the window: kW-days `(n,)`, and kW at its moments `(n, moments)`."""

    kw_days: Floats
    kw: Floats
    window: Window

    @property
    def end(self) -> Floats:
        """kW of each just before the end, as `(n,)`."""
        return self.kw[:, self.window.read_at[0][1]]

    def total(self) -> "Levels":
        """The sum of all, as the one of its kind."""
        return Levels(self.kw_days.sum(keepdims=True), self.kw.sum(axis=0, keepdims=True), self.window)

    def into(self, metrics: Metrics, name: str, k: int = 0) -> None:
        """Write the mean, the end and the dates of the k-th, in MW."""
        metrics[f"{name}.mean"] = float(self.kw_days[k]) / self.window.days / MW
        kw = self.kw[k].tolist()
        for read, moment in self.window.read_at:
            metrics[f"{name}.{read}"] = kw[moment] / MW


class Moves:
    """Changes over a window, of `n` whose numbers stand in them: the kW-days that each makes, and the levels."""

    def __init__(self, changes: Changes, n: int, window: Window) -> None:
        self.changes, self.window, self._n = changes, window, n
        self.kw_days = kw_days(changes, window.begin, window.end)

    @cached_property
    def _steps(self) -> Steps:
        return Steps(self.changes, self.window.moments)

    @cached_property
    def path(self) -> tuple[Ints, Ints]:
        """The times at which something changes, in order, and the kW of all together after each."""
        return self.changes.total()

    @cached_property
    def total(self) -> Levels:
        """What all come to together, added in their order."""
        return Levels(self.days_of().sum(keepdims=True), self._steps.together()[None, :], self.window)

    def days_of(self, n: int | None = None, whom: Ints | None = None) -> Floats:
        """The kW-days of each; with `whom`, of each of other `n`, who are `whom[k]` in place of k."""
        of = self.changes.of if whom is None else whom[self.changes.of]
        n = self._n if n is None else n
        return settled(added(self.kw_days, of, n), added(np.abs(self.kw_days), of, n))

    def levels(self, n: int | None = None, whom: Ints | None = None) -> Levels:
        """What each comes to over the window, and at its moments; with `whom` as for the kW-days."""
        n = self._n if n is None else n
        return Levels(self.days_of(n, whom), self._steps.of_each(n, whom), self.window)


@dataclass(frozen=True)
class Parties:
    """Those for whom there are metrics of their own: customers, or streams."""

    kind: str
    names: list[str]
    of_request: Ints
    of_delivery: Ints


@dataclass
class Account:
    """A run and its changes, as far as several metrics need the same of them."""

    run: Run
    changes: Series
    window: Window

    def __post_init__(self) -> None:
        future, deliveries = self.run.future, self.run.deliveries
        self.asked_within = future.requests.asked >= self.window.begin
        """Which requests are asked in the window."""
        requests, rows, sites = len(future.requests), len(deliveries), len(future.sites)
        self.served = Moves(self.changes.in_service, rows, self.window)
        """By row of the deliveries."""
        self.unserved = Moves(self.changes.unserved, requests, self.window)
        same = self.changes.shortfall is self.changes.unserved
        self.shortfall = self.unserved if same else Moves(self.changes.shortfall, requests, self.window)
        self.online = Moves(self.changes.online, sites, self.window)
        of_request = future.party_of_request()
        of_delivery = future.party_of(deliveries["request"], deliveries["stream"])
        self.customers = Parties("customer", future.parties(), of_request, of_delivery)
        self.streams = Parties("stream", future.streams, future.stream_of_request(), deliveries["stream"])
        price = np.array([seller.price or 0.0 for seller in future.providers])
        self._price = price[deliveries["provider"]]
        numbers = {name: k for k, name in enumerate(self.customers.names)}
        itself = np.array([numbers.get(seller.name, -1) for seller in future.providers], dtype=np.int64)
        self._own = itself[deliveries["provider"]] == of_delivery
        self.paid = self.paid_for(self.served.kw_days)
        """The $ for each delivery in the window."""

    def paid_for(self, kw_days_of_change: Floats) -> Floats:
        """The $ that are paid for each delivery, as `(n_deliveries,)`.

        A provider pays nothing to itself, and nothing is paid where no price is stated.
        """
        of = self.changes.in_service.of
        kw_days = added(kw_days_of_change, of, len(self._price))
        return np.where(self._own, 0.0, kw_days * self._price)
