"""The lines for supplies: who asks stands in line, and the first in line blocks the others."""

import simpy
from simpy.resources.base import BaseResource
from simpy.resources.container import Container, ContainerGet
from simpy.resources.resource import SortedQueue

from sim.model.clock import LINE_UP, Process, later
from sim.model.future import Needed, Store


class Ask(ContainerGet):
    """What a building asks of a supply, and its place in line: by the time of asking, then site, then building.

    Unlike one of SimPy's own it stands in line only once it is told to, so that those who ask in one instant
    come in the order of their buildings, whoever was first to ask.
    """

    resource: "SupplyLine"

    def __init__(self, supply: "SupplyLine", amount: int, project: int) -> None:
        simpy.Event.__init__(self, supply._env)
        self.resource, self.amount, self.project = supply, amount, project
        self.key = (supply._env.now, project)

    def line_up(self) -> None:
        """Stand in line from now on."""
        self.resource.get_queue.append(self)
        self.resource.serve()

    def call_off(self) -> None:
        """Leave the line, or give back what was served; and let the next be served."""
        if self.triggered:
            self.resource.fill(self.amount)
        else:
            self.cancel()
            self.resource.serve()


class SupplyLine(Container):
    """A supply: what is there serves the first in line, who blocks the others."""

    GetQueue = SortedQueue

    def fill(self, amount: float) -> None:
        """Have more of it, at once: there is always room, so that nobody needs to wait for an event."""
        self._level += amount
        self.serve()

    def serve(self) -> None:
        """Serve those in line as far as it goes."""
        BaseResource._trigger_get(self, None)


class Supplies:
    """All supplies of a replication: what arrives, and what buildings take and give back."""

    def __init__(self, env: simpy.Environment, stores: list[Store]) -> None:
        self.env = env
        self._stores = stores
        self._lines = [SupplyLine(env, init=max(0, store.initial)) for store in stores]
        self._asking: list[Ask] = []
        now = int(env.now)
        for line, store in zip(self._lines, stores, strict=True):
            for at, amount in store.arrives:
                later(env, max(at - now, 0), 1, lambda _, line=line, amount=amount: line.fill(amount))  # type: ignore[misc]

    def take(self, project: int, needs: tuple[Needed, ...], lent: list[Needed]) -> Process:
        """Stand in line for one supply after the other; what is lent is to be given back, also if called off."""
        for need in needs:
            if need.amount == 0:
                continue
            ask = Ask(self._lines[need.supply], need.amount, project)
            if not self._asking:
                later(self.env, 0, LINE_UP, self._line_up)
            self._asking.append(ask)
            try:
                yield ask
            except simpy.Interrupt:
                ask.call_off()
                raise
            if self._stores[need.supply].returned:
                lent.append(need)

    def give_back(self, lent: list[Needed]) -> None:
        """Take back what was lent."""
        for need in lent:
            self._lines[need.supply].fill(need.amount)

    def _line_up(self, _: simpy.Event) -> None:
        """Let the first by site, then building, of those who ask now stand in line; then, after what that brings,
        the next: so who asks again at once is not behind those of later sites.
        """
        ask = min(self._asking, key=lambda ask: ask.project)
        self._asking.remove(ask)
        if self._asking:
            later(self.env, 0, LINE_UP, self._line_up)
        ask.line_up()
