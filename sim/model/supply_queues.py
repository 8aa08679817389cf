"""The queues for supplies: first come, first served, and the first in the queue blocks the others."""

from functools import partial

import simpy
from simpy.resources.base import BaseResource
from simpy.resources.container import Container, ContainerGet
from simpy.resources.resource import SortedQueue

from sim.model.sampled_inputs import SampledNeed, SampledSupply
from sim.model.scheduling import SUPPLY_PRIORITY, WORLD_PRIORITY, ProcessGenerator, schedule


class SupplyRequest(ContainerGet):
    """A request of a building for a supply; queued by the time of asking, then site, then building.

    Unlike one of SimPy's own it joins the queue only when it is told to, so that those who ask in one instant
    come in the order of their buildings, whoever was first to ask.
    """

    resource: "SupplyQueue"

    def __init__(self, supply: "SupplyQueue", amount: int, building: int) -> None:
        simpy.Event.__init__(self, supply._env)
        self.resource, self.amount, self.building = supply, amount, building
        self.key = (supply._env.now, building)

    def join_queue(self) -> None:
        """Join the queue."""
        self.resource.get_queue.append(self)
        self.resource.serve_queue()

    def withdraw(self) -> None:
        """Leave the queue, or give back what was served; and serve the next."""
        if self.triggered:
            self.resource.replenish(self.amount)
        else:
            self.cancel()
            self.resource.serve_queue()


class SupplyQueue(Container):
    """A supply: what is in stock serves the first in the queue, who blocks the others."""

    GetQueue = SortedQueue

    def replenish(self, amount: float) -> None:
        """Add to the stock, at once: it has no limit, so that nobody needs to wait for an event."""
        self._level += amount
        self.serve_queue()

    def serve_queue(self) -> None:
        """Serve the queue as far as the stock goes."""
        BaseResource._trigger_get(self, None)


class SupplyQueues:
    """All supplies of a replication: what arrives, and what buildings take and give back."""

    def __init__(self, env: simpy.Environment, supplies: list[SampledSupply]) -> None:
        self.env = env
        self._supplies = supplies
        self._queues = [SupplyQueue(env, init=max(0, supply.initial)) for supply in supplies]
        self._joining: list[SupplyRequest] = []
        now = int(env.now)
        for queue, supply in zip(self._queues, supplies, strict=True):
            for at, amount in supply.arrives:
                arrive = partial(self._arrive, queue, amount)
                schedule(env, max(at - now, 0), WORLD_PRIORITY, arrive)

    @staticmethod
    def _arrive(queue: SupplyQueue, amount: int, _: simpy.Event) -> None:
        queue.replenish(amount)

    def acquire(
        self, building: int, needs: tuple[SampledNeed, ...], to_return: list[SampledNeed]
    ) -> ProcessGenerator:
        """Queue for one supply after the other; what is lent is added to `to_return`, also if cancelled."""
        for need in needs:
            if need.amount == 0:
                continue
            request = SupplyRequest(self._queues[need.supply], need.amount, building)
            if not self._joining:
                schedule(self.env, 0, SUPPLY_PRIORITY, self._join_next)
            self._joining.append(request)
            try:
                yield request
            except simpy.Interrupt:
                request.withdraw()
                raise
            if self._supplies[need.supply].returned:
                to_return.append(need)

    def give_back(self, to_return: list[SampledNeed]) -> None:
        """Give back what was lent."""
        for need in to_return:
            self._queues[need.supply].replenish(need.amount)

    def _join_next(self, _: simpy.Event) -> None:
        """Have the first by site, then building, of those who ask now join its queue; then, after what follows from
        that, the next: so who asks again at once is not behind those of later sites.
        """
        request = min(self._joining, key=lambda request: request.building)
        self._joining.remove(request)
        if self._joining:
            schedule(self.env, 0, SUPPLY_PRIORITY, self._join_next)
        request.join_queue()
