"""What a scenario says, in words: what `sim check` has understood."""

from collections.abc import Iterator
from datetime import datetime

from sim.model.time import DAY
from sim.scenario.dates import Date
from sim.scenario.demand import Arrivals
from sim.scenario.laws import Law, Ref
from sim.scenario.market import Right
from sim.scenario.schema import ScenarioFile
from sim.scenario.sources import quantities, unsourced
from sim.scenario.works import Building
from sim.study.said import listed

UNITS = {
    "power": (1000.0, "MW"),
    "share": (0.01, "%"),
    "price": (1e6 / 1000 / 365.25, "M$/MW/y"),
    "money": (1e9, "B$"),
    "rate": (12 / 365.25, "/mo"),
}
"""How large one of the units is in which a reader likes to see a dimension, in the canonical unit."""


def understood(scenario: ScenarioFile) -> Iterator[tuple[str, str]]:
    """Labels and sentences, in the order of the file."""
    yield "Time", _time(scenario)
    for name, stream in scenario.demand.items():
        customers = list(dict.fromkeys(each.customer for each in stream.askers() or ())) or [stream.customer]
        said = [f"{customers[0]} asks" if len(customers) == 1 else f"{len(customers)} customers ask"]
        if stream.arrivals is not None:
            said.append(_arrivals(stream.arrivals, stream.size))
        if stream.in_place:
            said.append(
                "in place: " + listed(f"{quantity(kw)} at {site}" for site, kw in stream.in_place.items())
            )
        if stream.only:
            said.append("only of " + listed(stream.only))
        if stream.term is not None:
            said.append(f"for {quantity(stream.term)}")
        gives_up = (
            "never gives up" if stream.patience is None else f"gives up after {quantity(stream.patience)}"
        )
        said.append(f"wanted {quantity(stream.lead)} after it is asked, {gives_up}")
        yield f"Demand {name}", "; ".join(said)
    for name, right in scenario.rights.items():
        yield f"Right {name}", _right(right)
    order = listed(scenario.overflow.order or scenario.providers)
    yield "Overflow", f"{scenario.overflow.policy}, among {order}"
    if not scenario.waiting.bypass:
        yield "Waiting", "strictly first come, first served"
    for name, provider in scenario.providers.items():
        price = "no price" if provider.price is None else quantity(provider.price)
        kept = provider.keeps_back.constant != 0
        own = f"; keeps back {quantity(provider.keeps_back)} for itself" if kept else ""
        yield (
            f"Provider {name}",
            f"sells from {listed(provider.sites)}, {quantity(provider.presells)} ahead, at {price}{own}",
        )
    for name, site in scenario.sites.items():
        coming = [_building(key, building) for key, building in site.buildings.items()]
        yield f"Site {name}", "; ".join([f"{quantity(site.online)} online", *coming])
    for name, supply in scenario.supplies.items():
        kind = "lent and given back" if supply.returned else "used up"
        yield f"Supply {name}", f"counted in {supply.unit}, {kind}"
    for name, contract in scenario.contracts.items():
        money = quantity(contract.take_or_pay)
        yield f"Contract {name}", f"{contract.customer} owes {contract.provider} {money}, used or not"
    bare, all_of_them = len(unsourced(scenario)), len(quantities(scenario))
    yield "Sources", f"{all_of_them - bare} of {all_of_them} quantities have a source; {bare} are assumptions"


def quantity(law: Law) -> str:
    """A quantity or a law in a few words."""
    p = law.params

    def number(value: object) -> str:
        if isinstance(value, Ref):
            return f"${value.name}"
        if law.dimension == "duration" and isinstance(value, float):
            return duration(value)
        scale, unit = UNITS.get(law.dimension, (1.0, ""))
        return f"{value / scale:,.4g} {unit}".strip() if isinstance(value, float) else str(value)

    if law.kind == "constant":
        return number(p["value"])
    if law.kind == "chance":
        return f"{float(p['chance']):.0%} chance of {quantity(p['then'])}, else {quantity(p['else'])}"
    if law.kind in ("discrete", "empirical"):
        return f"one of {len(p['values'])} values"
    if "low" in p:
        return f"{number(p['low'])} to {number(p['high'])} ({law.kind})"
    middle = next((f"{key} {number(p[key])}" for key in ("median", "mean", "scale") if key in p), "")
    return f"{middle} ({law.kind})"


def duration(microseconds: float) -> str:
    """A time in the unit in which people would say it."""
    days = microseconds / DAY
    for unit, length in (("y", 365.25), ("mo", 365.25 / 12)):
        if days >= 2 * length and abs(days / length - round(days / length, 1)) < 1e-6:
            return f"{days / length:g} {unit}"
    return f"{days:,.4g} d"


def _time(scenario: ScenarioFile) -> str:
    said = f"{_day(scenario.start)} to {_day(scenario.end)}"
    if scenario.measure_from != scenario.start:
        said += f", metrics from {_day(scenario.measure_from)}"
    if scenario.report_at:
        said += f", reported at {listed(_day(at) for at in scenario.report_at)}"
    return f"{said}; {scenario.replications} replications from seed {scenario.seed}"


def _arrivals(arrivals: Arrivals, size: Law | None) -> str:
    each = "" if size is None else f", {quantity(size)} each"
    if arrivals.poisson is not None:
        return f"at random, {quantity(arrivals.poisson.rate)}{each}"
    if arrivals.curve is not None:
        (first, low), (last, high) = arrivals.curve.points[0], arrivals.curve.points[-1]
        ends = f"{quantity(low)} on {_day(first)} to {quantity(high)} on {_day(last)}"
        growth = f", then times {quantity(arrivals.curve.growth)} a year"
        return f"as a curve of wanted power passes, from {ends}{growth}{each}"
    if arrivals.deals is not None:
        return f"by {len(arrivals.deals)} deals"
    assert arrivals.trace is not None
    records = arrivals.trace.records
    many = f"{len(records):,} requests, " if records else ""
    return f"{many}as recorded in {arrivals.trace.file}"


def _right(right: Right) -> str:
    whose = right.over.customer or "anyone"
    classes = f" of class {listed(right.over.classes, 'or')}" if right.over.classes else ""
    begins = "from the start" if right.from_ is None else f"from {_date(right.from_)}"
    ends = "for good" if right.until is None else f"until {_date(right.until)}"
    if right.kind == "exclusive":
        return f"only {right.holder} serves requests of {whose}{classes}, {begins} {ends}"
    appetite = right.appetite
    if isinstance(appetite, Law):
        taste = quantity(appetite)
    else:
        taste = listed(f"{quantity(law)} of {name}" for name, law in appetite.items())
    delay = right.max_delay
    limits = [f"wants {taste}", f"up to {quantity(right.max_utilization)} of its capacity"]
    if delay == "match":
        limits.append("no later than another would promise")
    elif isinstance(delay, Law):
        limits.append(f"at most {quantity(delay)} late")
    if not right.partial:
        limits.append("all or nothing")
    if right.holds_capacity:
        limits.append("holding the capacity meanwhile")
    return (
        f"{right.holder} answers first to {whose}{classes}, within {quantity(right.window)},"
        f" {begins} {ends}; {', '.join(limits)}"
    )


def _building(name: str, b: Building) -> str:
    law = b.it_power if b.it_power is not None else b.power
    assert law is not None
    power = quantity(law) + ("" if b.it_power is not None else " at the meter")
    many = f"{b.count} x {power}" if b.count > 1 else power
    if b.when is not None:
        start = "begun as the site fills up"
    elif b.begins is not None:
        start = f"begun on {_date(b.begins)}"
    elif b.after is not None:
        start = f"begun after {b.after}"
    else:
        start = ""
    if b.planned is not None:
        start = f"{start} and planned" if start else "planned"
        start += f" for {_date(b.planned)}"
    if b.every is not None:
        start += f", one every {quantity(b.every)}"
    if b.slip.constant != 0:
        start += f", late by {quantity(b.slip)}"
    ends = [f"{word} perhaps" for word in ("cancelled", "retired") if getattr(b, word) is not None]
    return ", ".join([f"{name}: {many} {start}", *ends])


def _date(date: Date) -> str:
    return _day(date.at) + ("" if date.plus is None else f" plus {quantity(date.plus)}")


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
