"""The buildings of a scenario in one replication, and the triggers that begin them."""

from sim.model import rules
from sim.model.calendar import YEAR_US, Calendar
from sim.model.delays import sample_delayed_dates
from sim.model.random_streams import DrawError, Sampler
from sim.model.rounding import round_half_up
from sim.model.sampled_inputs import SampledBuilding, SampledNeed, SampledPhase, SampledTrigger
from sim.scenario.construction import Building, Chance, Site
from sim.scenario.dates import Date
from sim.scenario.distributions import Distribution
from sim.scenario.schema import ScenarioFile
from sim.scenario.units import max_size


def sample_construction(
    draws: Sampler, scenario: ScenarioFile, calendar: Calendar
) -> tuple[list[SampledBuilding], list[SampledTrigger]]:
    """Sample all buildings, site by site in file order, each of a counted group on its own; and their triggers."""
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
    buildings: list[SampledBuilding] = []
    triggers: list[SampledTrigger] = []
    for s, (site_name, site) in enumerate(scenario.sites.items()):
        pue = draws.draw_once(f"sites.{site_name}.pue", site.pue)
        for name, building in site.buildings.items():
            after: tuple[int, ...] = ()
            if building.after is not None:
                known = building.after if building.after in numbers else f"{site_name}.{building.after}"
                after = tuple(numbers[known])
            trigger = len(triggers) if building.when is not None else None
            members = numbers[f"{site_name}.{name}"]
            if building.when is not None:
                triggers.append(
                    SampledTrigger(s, round_half_up(building.when.share * rules.MILLION), tuple(members))
                )
            path = f"sites.{site_name}.buildings.{name}"
            buildings += _sample_buildings(
                draws, scenario, path, s, site, name, building, pue, after, trigger, calendar
            )
    return buildings, triggers


def _sample_buildings(
    draws: Sampler,
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
) -> list[SampledBuilding]:
    """Sample the buildings of one entry: one, or `count` of them with the n-th variate for the n-th."""
    if b.it_power is not None:
        kw = round_half_up(draws.draw_once(f"{path}.it_power", b.it_power))
    else:
        assert b.power is not None
        kw = round_half_up(draws.draw_once(f"{path}.power", b.power) / pue)
    kw = max(1, kw)
    n = b.count
    hardware = b.hardware or site.hardware
    every = 0 if b.every is None else max(1, round_half_up(draws.draw_once(f"{path}.every", b.every)))
    _check_duration(draws, f"{path}.every", every * (n - 1))
    planned = None if b.planned is None else calendar.sample_date(draws, f"{path}.planned", b.planned)
    begins = None if b.begins is None else calendar.sample_date(draws, f"{path}.begins", b.begins)
    review = draws.integer_variates(f"{path}.review", b.review, n)
    capex = 0.0 if b.capex is None else draws.draw_once(f"{path}.capex", b.capex) * kw
    plans = [None if planned is None else planned + k * every for k in range(n)]
    comes_online = _sample_dates_online(draws, scenario, path, b, plans, calendar)
    cancelled = _sample_endings(draws, f"{path}.cancelled", b.cancelled, n, calendar)
    retired = _sample_endings(draws, f"{path}.retired", b.retired, n, calendar)
    if b.delay is not None:
        cancelled = list(map(_cancel_what_never_comes, cancelled, plans, comes_online))
    phases, median_work = _sample_phases(draws, scenario, path, b, kw, hardware)
    _check_duration(draws, f"{path}.phases", median_work)
    buildings = []
    for k in range(n):
        buildings.append(
            SampledBuilding(
                site=s,
                name=name if n == 1 else f"{name} {k + 1}",
                kw=kw,
                planned=plans[k],
                review=max(1, review[k]),
                comes_online=comes_online[k],
                phases=phases[k],
                median_work=median_work,
                begins=None if begins is None else begins + k * every,
                after=after,
                begin_delay=k * every,
                trigger=trigger,
                cancelled=cancelled[k],
                retired=retired[k],
                capex=capex,
                hardware=hardware,
            )
        )
    return buildings


def _check_duration(draws: Sampler, path: str, total_us: int) -> None:
    """Raise DrawError where durations add up to more than can be simulated."""
    if total_us > max_size("duration"):
        raise DrawError(
            path, f"{total_us / YEAR_US:.3g} y", draws.replication, "is the sum of what was drawn"
        )


def _cancel_what_never_comes(
    cancelled: int | None, planned: int | None, comes_online: int | None
) -> int | None:
    """The date of a building's cancelling: of one that never comes its planned date, if not before."""
    if comes_online is not None:
        return cancelled
    return min((at for at in (cancelled, planned) if at is not None), default=None)


def _sample_dates_online(
    draws: Sampler,
    scenario: ScenarioFile,
    path: str,
    b: Building,
    plans: list[int | None],
    calendar: Calendar,
) -> list[int | None]:
    """Sample when each building of a group comes online; None where its phases say it, or where it never does."""
    if b.phases is not None:
        return [None] * len(plans)
    planned = [at for at in plans if at is not None]
    assert len(planned) == len(plans), "the schema asks for a planned date where there are no phases"
    if isinstance(b.slip, Distribution):
        slips = draws.integer_variates(f"{path}.slip", b.slip, len(plans))
        return [at + slip for at, slip in zip(planned, slips, strict=True)]
    # What was told of a group is told of each; at the latest on its planned date.
    day = 0 if b.told is None else calendar.sample_date(draws, f"{path}.told", b.told)
    told = [min(day, at) for at in planned]
    return sample_delayed_dates(draws, b.slip.name, scenario.delays[b.slip.name], path, planned, told)


def _sample_endings(
    draws: Sampler, path: str, ending: Date | Chance | None, n: int, calendar: Calendar
) -> list[int | None]:
    """Sample when each building of a group is cancelled or retired: on a date, or with a chance of its own."""
    if ending is None:
        return [None] * n
    if isinstance(ending, Date):
        return [calendar.sample_date(draws, path, ending)] * n
    on = calendar.sample_date(draws, f"{path}.on", ending.on)
    chance = draws.draw_once(f"{path}.chance", ending.chance)
    return [on if u < chance else None for u in draws.uniforms(path, n).tolist()]


def _sample_phases(
    draws: Sampler, scenario: ScenarioFile, path: str, b: Building, kw: int, hardware: str | None
) -> tuple[list[tuple[SampledPhase, ...]], int]:
    """Sample the phases of each building of a group; and the sum of their medians."""
    if b.phases is None:
        return [()] * b.count, 0
    supplies = {name: i for i, name in enumerate(scenario.supplies)}
    returned = [supply.returned for supply in scenario.supplies.values()]
    columns: list[list[SampledPhase]] = []
    median_work = 0
    for name, phase in b.phases.items():
        phase_path = f"{path}.phases.{name}"
        takes = draws.integer_variates(f"{phase_path}.takes", phase.takes, b.count)
        median_work += max(0, round_half_up(draws.median(phase.takes)))
        needs = []
        for supply, need in phase.needs.items():
            if need.fill:
                assert hardware is not None
                per_gpu = scenario.hardware[hardware].it_kw_per_gpu
                assert per_gpu is not None
                amount = kw / draws.draw_once(f"hardware.{hardware}.it_kw_per_gpu", per_gpu)
            else:
                assert need.amount is not None
                amount = draws.draw_once(f"{phase_path}.needs.{supply}", need.amount) * (
                    kw / 1000 if need.per_mw else 1
                )
            needs.append(SampledNeed(supplies[supply], max(0, round_half_up(amount))))
        # What is lent comes first: nobody waits for it with something in hand that is used up.
        needs.sort(key=lambda need: not returned[need.supply])
        columns.append([SampledPhase(max(0, t), tuple(needs)) for t in takes])
    return list(zip(*columns, strict=True)) or [()] * b.count, median_work
