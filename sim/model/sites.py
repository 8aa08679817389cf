"""What stands at each site: kW online, planned, committed, held and in service."""

from bisect import bisect_left

from sim.model import rules
from sim.model.capacity_events import CapacityEvent, enters_plan, power_after
from sim.model.sampled_inputs import SampledInputs


class Sites:
    """The state of all sites, as lists by their numbers."""

    def __init__(self, future: SampledInputs) -> None:
        n = len(future.sites)
        self.online = [campus.online_kw for campus in future.sites]
        self.outage_kw = [0] * n
        """kW that an outage takes."""
        self.committed = [0] * n
        self.held = [0] * n
        self.in_service = [0] * n
        self.plan_date: list[list[int]] = [[] for _ in range(n)]
        """The planned dates still to come, in order; the kW of each in `plan_kw`."""
        self.plan_kw: list[list[int]] = [[] for _ in range(n)]
        self._plan_of_building: dict[int, tuple[int, int]] = {}
        """By project: the (date, kW) that stands for it in the plan."""

    def apply(self, event: CapacityEvent) -> None:
        """Change a site as the world says."""
        s, kw = event.site, event.kw
        if event.building in self._plan_of_building:
            self._remove_from_plan(s, *self._plan_of_building.pop(event.building))
        self.online[s], self.outage_kw[s] = power_after(event.kind, kw, self.online[s], self.outage_kw[s])
        if enters_plan(event.kind):
            self._plan_of_building[event.building] = (event.date, kw)
            self._add_to_plan(s, event.date, kw)

    def _add_to_plan(self, s: int, date: int, kw: int) -> None:
        dates, sizes = self.plan_date[s], self.plan_kw[s]
        k = bisect_left(dates, date)
        if k < len(dates) and dates[k] == date:
            sizes[k] += kw
        else:
            dates.insert(k, date)
            sizes.insert(k, kw)

    def _remove_from_plan(self, s: int, date: int, kw: int) -> None:
        dates, sizes = self.plan_date[s], self.plan_kw[s]
        k = bisect_left(dates, date)
        sizes[k] -= kw
        if sizes[k] == 0:
            del dates[k], sizes[k]

    def planned_kw(self, site: int) -> int:
        """How many kW are planned at a site, whatever the date?"""
        return sum(self.plan_kw[site])

    def site_room(self, s: int, horizon: int) -> int:
        """How many kW can still be promised at a site, of what is online and planned by a date?"""
        dates = self.plan_date[s]
        planned = rules.planned_by(dates, self.plan_kw[s], horizon) if dates else 0
        return rules.room(self.online[s], planned, self.committed[s], self.held[s])

    def is_overcommitted(self, s: int) -> bool:
        """Is more promised than the site will have?"""
        return rules.is_overcommitted(
            self.committed[s], self.online[s], self.outage_kw[s], self.planned_kw(s)
        )
