"""A scenario in words, as `sim check` prints it."""

from collections.abc import Iterator

from sim.results.formatting import DISPLAY_UNITS, format_count, format_day, format_duration, join_words
from sim.scenario.construction import Building
from sim.scenario.contracts import Contract
from sim.scenario.dates import Date
from sim.scenario.delays import DelayReference
from sim.scenario.demand import Arrivals, Stream
from sim.scenario.distribution_families import FAMILIES
from sim.scenario.distributions import Distribution, UncertainReference
from sim.scenario.market import Provider, Right
from sim.scenario.schema import ScenarioFile
from sim.scenario.site_policies import SITE_POLICIES
from sim.scenario.sources import list_assumptions, list_quantities
from sim.scenario.trace import Trace


def describe_scenario(scenario: ScenarioFile) -> Iterator[tuple[str, str]]:
    """Labels and sentences, in the order of the file."""
    yield "Time", _describe_time(scenario)
    for name, stream in scenario.demand.items():
        yield f"Demand {name}", _describe_stream(stream, scenario)
    for name, right in scenario.rights.items():
        yield f"Right {name}", _describe_right(right)
    order = join_words(scenario.overflow.order or scenario.providers)
    yield "Overflow", f"{scenario.overflow.policy}, among {order}"
    if not scenario.waiting.bypass:
        yield "Waiting", "strictly first come, first served"
    if not scenario.waiting.moves:
        yield "Moves", "what is late at one site stays there, though another of its provider be idle"
    for name, provider in scenario.providers.items():
        price = "no price" if provider.price is None else describe_quantity(provider.price)
        keeps_back = ""
        if provider.keeps_back.constant != 0:
            keeps_back = f"; keeps back {describe_quantity(provider.keeps_back)} for itself"
        yield (
            f"Provider {name}",
            f"sells from {join_words(provider.sites)}{_describe_site_policy(provider)},"
            f" {describe_quantity(provider.presells)} ahead, at {price}{keeps_back}"
            f"{'' if provider.appetite is None else f'; wants {_describe_appetite(provider.appetite)}'}",
        )
    for name, site in scenario.sites.items():
        buildings = [_describe_building(scenario, key, building) for key, building in site.buildings.items()]
        yield f"Site {name}", "; ".join([f"{describe_quantity(site.online)} online", *buildings])
    for name, supply in scenario.supplies.items():
        use = "lent and given back" if supply.returned else "used up"
        yield f"Supply {name}", f"counted in {supply.unit}, {use}"
    for name, contract in scenario.contracts.items():
        yield f"Contract {name}", _describe_contract(contract)
    for name, milestone in scenario.milestones.items():
        yield f"Milestone {name}", f"the first day on which {milestone.text}"
    assumed, n = len(list_assumptions(scenario)), len(list_quantities(scenario))
    noun, verb = "quantity" if n == 1 else "quantities", "has" if n - assumed == 1 else "have"
    assumptions = "is an assumption" if assumed == 1 else "are assumptions"
    yield "Sources", f"{n - assumed} of {n} {noun} {verb} a source; {assumed} {assumptions}"


def _describe_site_policy(provider: Provider) -> str:
    """How it ranks its sites, where it has several."""
    phrase = SITE_POLICIES[provider.site_policy].phrase
    return f" ({phrase})" if len(provider.sites) > 1 else ""


def _describe_appetite(appetite: Distribution | dict[str, Distribution]) -> str:
    """Which share of the requests a provider wants, or of each class."""
    if isinstance(appetite, Distribution):
        return f"{describe_quantity(appetite)} of the requests"
    return join_words(f"{describe_quantity(share)} of {name}" for name, share in appetite.items())


def describe_quantity(distribution: Distribution) -> str:
    """A quantity or a distribution in a few words."""

    def number(value: object) -> str:
        if isinstance(value, UncertainReference):
            return f"${value.name}"
        if distribution.dimension == "duration" and isinstance(value, float):
            return format_duration(value)
        scale, unit = DISPLAY_UNITS.get(distribution.dimension, (1.0, ""))
        return f"{value / scale:,.4g} {unit}".strip() if isinstance(value, float) else str(value)

    family = FAMILIES[distribution.family]
    return family.describe(family, distribution.params, number, describe_quantity)


def _describe_contract(contract: Contract) -> str:
    span = "from the start" if contract.from_ is None else f"from {_describe_date(contract.from_)}"
    if contract.take_or_pay is not None:
        money = describe_quantity(contract.take_or_pay)
    else:
        due = contract.schedule or ()
        money = join_words(f"{describe_quantity(usd)} from {format_day(at)}" for at, usd in due)
        span = "each amount until the next"
    until = "the end" if contract.until is None else _describe_date(contract.until)
    use = (
        "all its use there" if contract.counts is None else f"its use there by {join_words(contract.counts)}"
    )
    parts = [f"{contract.customer} owes {contract.provider} {money}, used or not, {span} until {until}"]
    parts.append(f"{use} counts towards it" + (", and what comes late" if contract.late_counts else ""))
    parts.append(f"settled {contract.settled}")
    return "; ".join(parts)


def _describe_time(scenario: ScenarioFile) -> str:
    text = f"{format_day(scenario.start)} to {format_day(scenario.end)}"
    if scenario.measure_from != scenario.start:
        text += f", metrics from {format_day(scenario.measure_from)}"
    if scenario.report_at:
        text += f", reported at {join_words(format_day(at) for at in scenario.report_at)}"
    replications = format_count(scenario.replications, "replication", grouping=False)
    return f"{text}; {replications} from seed {scenario.seed}"


def _describe_stream(stream: Stream, scenario: ScenarioFile) -> str:
    types = stream.request_types() or ()  # none where its trace has not been read
    customers = list(dict.fromkeys(each.customer for each in types)) or [stream.customer]
    parts = [f"{customers[0]} asks" if len(customers) == 1 else f"{len(customers)} customers ask"]
    if stream.arrivals is not None:
        parts.append(_describe_arrivals(stream.arrivals, stream, scenario))
    if stream.in_place:
        in_place = (f"{describe_quantity(kw)} at {site}" for site, kw in stream.in_place.items())
        parts.append("in place: " + join_words(in_place))
    if stream.only:
        parts.append("only of " + join_words(stream.only))
    if stream.term is not None:
        parts.append(f"for {describe_quantity(stream.term)}")
    patience = stream.patience
    gives_up = "never gives up" if patience is None else f"gives up after {describe_quantity(patience)}"
    parts.append(f"{_describe_wanted(stream)}, {gives_up}" if stream.arrivals is not None else gives_up)
    return "; ".join(parts)


def _describe_wanted(stream: Stream) -> str:
    """Say when what is asked for is wanted: on dates of its own, where these are stated, else after its lead."""
    arrivals = stream.arrivals
    assert arrivals is not None
    after_lead = f"wanted {describe_quantity(stream.lead)} after it is asked"
    if arrivals.trace is not None and "wanted" in arrivals.trace.column_by_key:
        return "wanted as recorded"
    if arrivals.deals is not None:
        dated = [deal.wanted is not None or deal.ramp is not None for deal in arrivals.deals.values()]
        if all(dated):
            return "wanted on the dates of each"
        if any(dated):
            return f"wanted on the dates of each; where none is stated, {describe_quantity(stream.lead)} after asking"
    return after_lead


def _describe_arrivals(arrivals: Arrivals, stream: Stream, scenario: ScenarioFile) -> str:
    size = stream.size
    each = "" if size is None else f", {describe_quantity(size)} each"
    if arrivals.poisson is not None:
        rate = describe_quantity(arrivals.poisson.rate)
        return f"at random, {rate}{_describe_growth(arrivals.poisson.growth, ', times')}{each}"
    if arrivals.curve is not None:
        (first, low), (last, high) = arrivals.curve.points[0], arrivals.curve.points[-1]
        ends = f"{describe_quantity(low)} on {format_day(first)} to {describe_quantity(high)} on {format_day(last)}"
        growth = _describe_growth(arrivals.curve.growth, ", then times")
        return f"as a curve of wanted power passes, from {ends}{growth}{each}"
    if arrivals.deals is not None:
        return f"by {format_count(len(arrivals.deals), 'deal')}"
    assert arrivals.trace is not None
    return _describe_trace(arrivals.trace, stream, scenario)


def _describe_trace(trace: Trace, stream: Stream, scenario: ScenarioFile) -> str:
    records = trace.records
    if records is None:
        return f"as recorded in {trace.file}"
    before, after = trace.count_outside(scenario.start, scenario.end, stream.lead.constant)
    n_played = len(records) - before - after
    first, last = trace.asked_dates(scenario.start)
    count = f"{n_played:,} request{'' if n_played == 1 else 's'}"
    dates = f"whose first is asked on {format_day(first)} and last on {format_day(last)}"
    text = f"{count} as recorded in {trace.file}, {dates}"
    left_out = {"asked and wanted before the start": before, "asked at the end or after": after} | dict(
        records.omitted
    )
    reasons = "; ".join(f"{n:,}: {reason}" for reason, n in left_out.items() if n)
    return f"{text}; {sum(left_out.values()):,} left out ({reasons})" if reasons else text


def _describe_growth(growth: Distribution, words: str) -> str:
    """By what a rate or a curve grows; nothing where it does not."""
    return "" if growth.constant == 1 else f"{words} {describe_quantity(growth)} a year"


def _describe_right(right: Right) -> str:
    customer = right.over.customer or "anyone"
    classes = f" of class {join_words(right.over.classes, 'or')}" if right.over.classes else ""
    begins = "from the start" if right.from_ is None else f"from {_describe_date(right.from_)}"
    ends = "for good" if right.until is None else f"until {_describe_date(right.until)}"
    if right.is_exclusive:
        return f"only {right.holder} serves requests of {customer}{classes}, {begins} {ends}"
    delay = right.max_delay
    limits = [] if right.appetite is None else [f"wants {_describe_appetite(right.appetite)}"]
    limits.append(f"up to {describe_quantity(right.max_utilization)} of its capacity")
    if delay == "match":
        limits.append("no later than another would promise")
    elif isinstance(delay, Distribution):
        limits.append(f"at most {describe_quantity(delay)} late")
    if not right.partial:
        limits.append("all or nothing")
    if right.holds_capacity:
        limits.append("holding the capacity meanwhile")
    return (
        f"{right.holder} answers first to {customer}{classes}, within {describe_quantity(right.window)},"
        f" {begins} {ends}; {', '.join(limits)}"
    )


def _describe_building(scenario: ScenarioFile, name: str, building: Building) -> str:
    quantity = building.it_power if building.it_power is not None else building.power
    assert quantity is not None
    power = describe_quantity(quantity) + ("" if building.it_power is not None else " at the meter")
    block = f"{building.count} x {power}" if building.count > 1 else power
    if building.when is not None:
        start = "begun as the site fills up"
    elif building.begins is not None:
        start = f"begun on {_describe_date(building.begins)}"
    elif building.after is not None:
        start = f"begun after {building.after}"
    else:
        start = ""
    if building.planned is not None:
        start = f"{start} and planned" if start else "planned"
        start += f" for {_describe_date(building.planned)}"
    if building.every is not None:
        start += f", one every {describe_quantity(building.every)}"
    if isinstance(building.slip, DelayReference):
        from sim.show.describe_delays import describe_delay  # loads numpy and scipy

        start += f", late by {building.slip.name} ({describe_delay(scenario, building)})"
    elif building.slip.constant != 0:
        start += f", late by {describe_quantity(building.slip)}"
    ends = [f"{word} perhaps" for word in ("cancelled", "retired") if getattr(building, word) is not None]
    return ", ".join([f"{name}: {block} {start}", *ends])


def _describe_date(date: Date) -> str:
    return format_day(date.at) + ("" if date.plus is None else f" plus {describe_quantity(date.plus)}")
