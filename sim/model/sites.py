"""What stands at each site: kW online, planned, committed, held and in service."""

from bisect import bisect_left

from sim.model import rules
from sim.model.future import Future
from sim.model.world import CANCELLED, ONLINE, OUTAGE, RESTORED, RETIRED, News


class Sites:
    """The state of all sites, as lists by their numbers."""

    def __init__(self, future: Future) -> None:
        n = len(future.sites)
        self.online = [campus.online for campus in future.sites]
        self.out = [0] * n
        """kW that an outage takes."""
        self.committed = [0] * n
        self.held = [0] * n
        self.in_service = [0] * n
        self.plan_date: list[list[int]] = [[] for _ in range(n)]
        """The planned dates still to come, in order; the kW of each in `plan_kw`."""
        self.plan_kw: list[list[int]] = [[] for _ in range(n)]
        self._planned: dict[int, tuple[int, int]] = {}
        """By project: the (date, kW) that stands for it in the plan."""

    def take_in(self, news: News) -> None:
        """Change a site as the world says."""
        s, kw = news.site, news.kw
        if news.project in self._planned:
            self._strike(s, *self._planned.pop(news.project))
        if news.event == ONLINE:
            self.online[s] += kw
        elif news.event == RETIRED:
            built = self.online[s] + self.out[s] - kw
            self.out[s] = min(self.out[s], built)
            self.online[s] = built - self.out[s]
        elif news.event == OUTAGE:
            self.out[s] = kw
            self.online[s] -= kw
        elif news.event == RESTORED:
            self.out[s] = 0
            self.online[s] += kw
        elif news.event != CANCELLED:
            self._planned[news.project] = (news.date, kw)
            self._enter(s, news.date, kw)

    def _enter(self, s: int, date: int, kw: int) -> None:
        dates, sizes = self.plan_date[s], self.plan_kw[s]
        k = bisect_left(dates, date)
        if k < len(dates) and dates[k] == date:
            sizes[k] += kw
        else:
            dates.insert(k, date)
            sizes.insert(k, kw)

    def _strike(self, s: int, date: int, kw: int) -> None:
        dates, sizes = self.plan_date[s], self.plan_kw[s]
        k = bisect_left(dates, date)
        sizes[k] -= kw
        if sizes[k] == 0:
            del dates[k], sizes[k]

    def planned_kw(self, site: int) -> int:
        """How many kW are planned at a site, whatever the date?"""
        return sum(self.plan_kw[site])

    def room(self, s: int, horizon: int) -> int:
        """How many kW can still be promised at a site, of what is online and planned by a date?"""
        dates = self.plan_date[s]
        planned = rules.planned_by(dates, self.plan_kw[s], horizon) if dates else 0
        return rules.room(self.online[s], planned, self.committed[s], self.held[s])

    def overpromised(self, s: int) -> bool:
        """Is more promised than the site will have?"""
        return rules.overpromised(self.committed[s], self.online[s], self.out[s], self.planned_kw(s))
