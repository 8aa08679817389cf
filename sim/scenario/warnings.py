"""Warnings about what is written, but has no effect because of something else that is written.

These are no faults: the scenario runs. `sim check` prints them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sim.scenario.dates import Date
from sim.scenario.delays import Delay
from sim.scenario.distributions import Distribution
from sim.scenario.faults import Complaint, Fault
from sim.scenario.schema import ScenarioFile
from sim.scenario.supplies import Need
from sim.scenario.tails import tail_warnings
from sim.scenario.yaml_reader import fault_at


def scenario_warnings(scenario: ScenarioFile) -> list[Fault]:
    """Everything that is written without an effect, where it is written."""
    parts = (
        right_warnings,
        span_warnings,
        trace_warnings,
        provider_warnings,
        supply_warnings,
        delay_warnings,
        uncertain_warnings,
        tail_warnings,
    )
    root = scenario.node_at(())
    return [fault_at(each, root) for part in parts for each in part(scenario)]


def right_warnings(scenario: ScenarioFile) -> Iterator[Complaint]:
    """Rights, or parts of them, that never matter."""
    for name, right in scenario.rights.items():
        path = ("rights", name)
        if right.holds_capacity and right.window.constant == 0:
            message = "has no effect, since the window is 0: the holder answers at once"
            yield Complaint(message, "write a window, or remove it", "true", (*path, "holds_capacity"))
        customer = right.over.customer
        request_types = [each for stream in scenario.demand.values() for each in stream.request_types() or ()]
        classes = {each.class_ for each in request_types if customer in (None, each.customer)}
        for position, class_ in enumerate(right.over.classes or ()):
            if class_ not in classes:
                message = "is a class that no stream of the customer has"
                yield Complaint(
                    message, "check the classes of demand", class_, (*path, "over", "classes", position)
                )


def span_warnings(scenario: ScenarioFile) -> Iterator[Complaint]:
    """Rights and contracts that end before the start, or begin after the end."""
    for word, noun, agreements in (
        ("rights", "right", scenario.rights),
        ("contracts", "contract", scenario.contracts),
    ):
        for name, each in agreements.items():
            for key, date, is_end in (("from", each.from_, False), ("until", each.until, True)):
                if (
                    date
                    and not date.plus
                    and (date.at <= scenario.start if is_end else date.at >= scenario.end)
                ):
                    reason = "ends before the start" if is_end else "begins after the end"
                    yield Complaint(f"has no effect: the {noun} {reason}", "", date.at, (word, name, key))


def trace_warnings(scenario: ScenarioFile) -> Iterator[Complaint]:
    """Rows of a trace that are left out, and what a stream states although its trace does."""
    for name, stream in scenario.demand.items():
        trace = stream.arrivals and stream.arrivals.trace
        if not trace or not (records := trace.records):
            continue
        path = ("demand", name, "arrivals", "trace")
        if records.n_omitted:
            message = (
                f"has {records.n_omitted:,} of {records.n_omitted + len(records):,} rows that no one can play"
            )
            reasons = "; ".join(f"{n:,}: {reason}" for reason, n in records.omitted.items())
            remedy = f"they are left out ({reasons})"
            yield Complaint(message, remedy, Path(trace.file).name, (*path, "file"))
        before, after = trace.count_outside(scenario.start, scenario.end, stream.lead.constant)
        if before or after:
            count = f"has {before:,} of {len(records):,} requests before the start, wanted before it"
            message = f"{count}, and {after:,} at the end or after"
            yield Complaint(message, "they are left out", None, (*path, "from") if trace.from_ else path)
        columns = {"term" if key == "ended" else key for key in trace.column_by_key}
        for key in ("size", "term"):
            is_recorded = key in columns and key not in records.first_incomplete
            if is_recorded and getattr(stream, key) and not (key == "term" and stream.in_place):
                yield Complaint(
                    "has no effect, since the trace states each", "remove it", None, ("demand", name, key)
                )


def provider_warnings(scenario: ScenarioFile) -> Iterator[Complaint]:
    """Providers that are never asked, or keep back for nobody, and sites that nobody sells from."""
    order = scenario.overflow.order
    holders = {right.holder for right in scenario.rights.values()}
    for name in scenario.providers if order is not None else ():
        if name not in holders and name not in (order or ()):
            yield Complaint("is never asked", "name it in the order of overflow", None, ("providers", name))
    request_types = [stream.request_types() for stream in scenario.demand.values()]
    customers = {each.customer for types in request_types for each in types or ()}
    for name, provider in scenario.providers.items():
        # Of a trace that has not been read nobody knows the customers.
        if provider.keeps_back.constant != 0 and name not in customers and None not in request_types:
            message = "is kept back for its own demand, and there is none: nobody ever gets it"
            remedy = f"write a stream of demand with customer: {name}, or remove it"
            yield Complaint(message, remedy, None, ("providers", name, "keeps_back"))
    sold = {site for provider in scenario.providers.values() for site in provider.sites}
    for name in scenario.sites:
        if name not in sold:
            message = "is a site that no provider sells from"
            yield Complaint(message, "name it in the sites of a provider", None, ("sites", name))


def supply_warnings(scenario: ScenarioFile) -> Iterator[Complaint]:
    """Supplies that no phase needs."""
    needed = {
        name
        for site in scenario.sites.values()
        for building in site.buildings.values()
        for phase in (building.phases or {}).values()
        for name in phase.needs
    }
    for name in scenario.supplies:
        if name not in needed:
            yield Complaint("is a supply that no phase needs", "name it in needs", None, ("supplies", name))


def delay_warnings(scenario: ScenarioFile) -> Iterator[Complaint]:
    """Delays that no building names."""
    named = {building.delay for site in scenario.sites.values() for building in site.buildings.values()}
    for name in scenario.delays:
        if name not in named:
            message = "is a delay that no building names"
            yield Complaint(message, f"write slip: {{delay: {name}}}", None, ("delays", name))


def uncertain_warnings(scenario: ScenarioFile) -> Iterator[Complaint]:
    """Uncertain numbers that nothing uses."""
    used = used_uncertain_names(scenario)
    for name in scenario.uncertain:
        if name not in used:
            yield Complaint("is used nowhere", f"write ${name} where it counts", None, ("uncertain", name))


def used_uncertain_names(part: object) -> set[str]:
    """The uncertain numbers that a part of a scenario uses."""
    if isinstance(part, Distribution | Date | Delay | Need):
        return part.references()
    if isinstance(part, dict):
        return set().union(*map(used_uncertain_names, part.values()))
    if isinstance(part, tuple):
        return set().union(*map(used_uncertain_names, part))
    return used_uncertain_names(dict(vars(part))) if hasattr(part, "__dict__") else set()
