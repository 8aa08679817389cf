"""The lines for supplies: who asks stands in line, and the first in line blocks the others."""

import simpy
from simpy.resources.base import BaseResource
from simpy.resources.container import Container, ContainerGet
from simpy.resources.resource import SortedQueue

from sim.model.sampled_inputs import SampledNeed, SampledSupply
from sim.model.scheduling import SUPPLY_PRIORITY, ProcessGenerator, schedule


class SupplyRequest(ContainerGet):
    """What a building asks of a supply, and its place in line: by the time of asking, then site, then building.

    Unlike one of SimPy's own it stands in line only once it is told to, so that those who ask in one instant
    come in the order of their buildings, whoever was first to ask.
    """

    resource: "SupplyQueue"

    def __init__(self, supply: "SupplyQueue", amount: int, building: int) -> None:
        simpy.Event.__init__(self, supply._env)
        self.resource, self.amount, self.building = supply, amount, building
        self.key = (supply._env.now, building)

    def join_queue(self) -> None:
        """Stand in line from now on."""
        self.resource.get_queue.append(self)
        self.resource.serve_queue()

    def withdraw(self) -> None:
        """Leave the line, or give back what was served; and let the next be served."""
        if self.triggered:
            self.resource.replenish(self.amount)
        else:
            self.cancel()
            self.resource.serve_queue()


class SupplyQueue(Container):
    """A supply: what is there serves the first in line, who blocks the others."""

    GetQueue = SortedQueue

    def replenish(self, amount: float) -> None:
        """Have more of it, at once: there is always room, so that nobody needs to wait for an event."""
        self._level += amount
        self.serve_queue()

    def serve_queue(self) -> None:
        """Serve those in line as far as it goes."""
        BaseResource._trigger_get(self, None)


class SupplyQueues:
    """All supplies of a replication: what arrives, and what buildings take and give back."""

    def __init__(self, env: simpy.Environment, supplies: list[SampledSupply]) -> None:
        self.env = env
        self._supplies = supplies
        self._queues = [SupplyQueue(env, init=max(0, store.initial)) for store in supplies]
        self._joining: list[SupplyRequest] = []
        now = int(env.now)
        for line, store in zip(self._queues, supplies, strict=True):
            for at, amount in store.arrives:
                schedule(env, max(at - now, 0), 1, lambda _, line=line, amount=amount: line.replenish(amount))  # type: ignore[misc]

    def acquire(
        self, building: int, needs: tuple[SampledNeed, ...], to_return: list[SampledNeed]
    ) -> ProcessGenerator:
        """Stand in line for one supply after the other; what is lent is to be given back, also if called off."""
        for need in needs:
            if need.amount == 0:
                continue
            ask = SupplyRequest(self._queues[need.supply], need.amount, building)
            if not self._joining:
                schedule(self.env, 0, SUPPLY_PRIORITY, self._join_next)
            self._joining.append(ask)
            try:
                yield ask
            except simpy.Interrupt:
                ask.withdraw()
                raise
            if self._supplies[need.supply].returned:
                to_return.append(need)

    def give_back(self, to_return: list[SampledNeed]) -> None:
        """Take back what was lent."""
        for need in to_return:
            self._queues[need.supply].replenish(need.amount)

    def _join_next(self, _: simpy.Event) -> None:
        """Let the first by site, then building, of those who ask now stand in line; then, after what that brings,
        the next: so who asks again at once is not behind those of later sites.
        """
        ask = min(self._joining, key=lambda ask: ask.building)
        self._joining.remove(ask)
        if self._joining:
            schedule(self.env, 0, SUPPLY_PRIORITY, self._join_next)
        ask.join_queue()
