"""The capacity of each site, as the world has told it: kW online, out, and planned by date."""

from bisect import bisect_left

from sim.model.capacity_events import CapacityEvent, enters_plan, power_after
from sim.model.sampled_inputs import SampledInputs


class Sites:
    """The capacity of all sites, as lists by their numbers; and what is committed there, for the triggers."""

    def __init__(self, inputs: SampledInputs) -> None:
        n = len(inputs.sites)
        self.online = [site.online_kw for site in inputs.sites]
        self.outage_kw = [0] * n
        """kW that an outage takes."""
        self.committed = [0] * n
        """kW committed, which the market keeps."""
        self.plan_date: list[list[int]] = [[] for _ in range(n)]
        """The planned dates still to come, in order; the kW of each in `plan_kw`."""
        self.plan_kw: list[list[int]] = [[] for _ in range(n)]
        self._plan_of_building: dict[int, tuple[int, int]] = {}
        """By building: the (date, kW) that stands for it in the plan."""

    def apply(self, event: CapacityEvent) -> None:
        """Change a site by an event. The lists are changed in place, since the market's state holds them too."""
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
        """The kW that are planned at a site, whatever the date."""
        return sum(self.plan_kw[site])
