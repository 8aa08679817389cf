"""What is to be built: the buildings of a scenario in one replication, and the triggers that begin them."""

from sim.model import rules
from sim.model.draws import Draws, whole
from sim.model.future import Needed, Project, Stage, Watch
from sim.model.time import Calendar
from sim.scenario.dates import Date
from sim.scenario.schema import ScenarioFile
from sim.scenario.works import Building, Chance, Site


def construction(
    draws: Draws, scenario: ScenarioFile, calendar: Calendar
) -> tuple[list[Project], list[Watch]]:
    """All buildings, site by site in file order, each of a counted group on its own; and their triggers."""
    numbers: dict[str, list[int]] = {}
    n = 0
    for site_name, site in scenario.sites.items():
        for name, building in site.buildings.items():
            members = list(range(n, n + building.count))
            numbers[f"{site_name}.{name}"] = members
            if building.count > 1:
                for k, member in enumerate(members):
                    numbers[f"{site_name}.{name} {k + 1}"] = [member]
            n += building.count
    projects: list[Project] = []
    watches: list[Watch] = []
    for s, (site_name, site) in enumerate(scenario.sites.items()):
        pue = draws.once(f"sites.{site_name}.pue", site.pue)
        for name, building in site.buildings.items():
            after: tuple[int, ...] = ()
            if building.after is not None:
                known = building.after if building.after in numbers else f"{site_name}.{building.after}"
                after = tuple(numbers[known])
            trigger = len(watches) if building.when is not None else None
            members = numbers[f"{site_name}.{name}"]
            if building.when is not None:
                watches.append(Watch(s, whole(building.when.share * rules.MILLION), tuple(members)))
            path = f"sites.{site_name}.buildings.{name}"
            projects += _group(draws, scenario, path, s, site, name, building, pue, after, trigger, calendar)
    return projects, watches


def _group(
    draws: Draws,
    scenario: ScenarioFile,
    path: str,
    s: int,
    site: Site,
    name: str,
    b: Building,
    pue: float,
    after: tuple[int, ...],
    trigger: int | None,
    calendar: Calendar,
) -> list[Project]:
    """The buildings of one entry: one, or `count` of them with the n-th variate for the n-th."""
    if b.it_power is not None:
        kw = whole(draws.once(f"{path}.it_power", b.it_power))
    else:
        assert b.power is not None
        kw = whole(draws.once(f"{path}.power", b.power) / pue)
    kw = max(1, kw)
    n = b.count
    hardware = b.hardware or site.hardware
    every = 0 if b.every is None else max(1, whole(draws.once(f"{path}.every", b.every)))
    planned = None if b.planned is None else calendar.drawn(draws, f"{path}.planned", b.planned)
    begins = None if b.begins is None else calendar.drawn(draws, f"{path}.begins", b.begins)
    slip = draws.wholes(f"{path}.slip", b.slip, n)
    review = draws.wholes(f"{path}.review", b.review, n)
    capex = 0.0 if b.capex is None else draws.once(f"{path}.capex", b.capex) * kw
    cancelled = _ended(draws, f"{path}.cancelled", b.cancelled, n, calendar)
    retired = _ended(draws, f"{path}.retired", b.retired, n, calendar)
    stages, medians = _stages(draws, scenario, path, b, kw, hardware)
    projects = []
    for k in range(n):
        at = None if planned is None else planned + k * every
        projects.append(
            Project(
                site=s,
                name=name if n == 1 else f"{name} {k + 1}",
                kw=kw,
                planned=at,
                review=max(1, review[k]),
                online=None if b.phases is not None or at is None else at + slip[k],
                stages=stages[k],
                medians=medians,
                begins=None if begins is None else begins + k * every,
                after=after,
                later=k * every,
                trigger=trigger,
                cancelled=cancelled[k],
                retired=retired[k],
                capex=capex,
                hardware=hardware,
            )
        )
    return projects


def _ended(
    draws: Draws, path: str, what: Date | Chance | None, n: int, calendar: Calendar
) -> list[int | None]:
    """When each building of a group is cancelled or retired: on a date, or with a chance of its own."""
    if what is None:
        return [None] * n
    if isinstance(what, Date):
        return [calendar.drawn(draws, path, what)] * n
    on = calendar.drawn(draws, f"{path}.on", what.on)
    chance = draws.once(f"{path}.chance", what.chance)
    return [on if u < chance else None for u in draws.uniforms(path, n).tolist()]


def _stages(
    draws: Draws, scenario: ScenarioFile, path: str, b: Building, kw: int, hardware: str | None
) -> tuple[list[tuple[Stage, ...]], int]:
    """The phases of each building of a group, and the sum of their medians."""
    if b.phases is None:
        return [()] * b.count, 0
    supplies = {name: i for i, name in enumerate(scenario.supplies)}
    returned = [supply.returned for supply in scenario.supplies.values()]
    columns: list[list[Stage]] = []
    medians = 0
    for name, phase in b.phases.items():
        here = f"{path}.phases.{name}"
        takes = draws.wholes(f"{here}.takes", phase.takes, b.count)
        medians += max(0, whole(draws.median(phase.takes)))
        needs = []
        for supply, need in phase.needs.items():
            if need.fill:
                assert hardware is not None
                per_gpu = scenario.hardware[hardware].it_kw_per_gpu
                assert per_gpu is not None
                amount = kw / draws.once(f"hardware.{hardware}.it_kw_per_gpu", per_gpu)
            else:
                assert need.amount is not None
                amount = draws.once(f"{here}.needs.{supply}", need.amount) * (kw / 1000 if need.per_mw else 1)
            needs.append(Needed(supplies[supply], max(0, whole(amount))))
        needs.sort(key=lambda need: not returned[need.supply])
        columns.append([Stage(max(0, t), tuple(needs)) for t in takes])
    return list(zip(*columns, strict=True)) or [()] * b.count, medians
