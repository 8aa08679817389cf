"""Remarks: what is written, but has no effect because of something else that is written?

These are no faults: the scenario runs. `sim check` tells them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sim.scenario.faults import Complaint, Fault, one_line
from sim.scenario.schema import ScenarioFile


def scenario_warnings(scenario: ScenarioFile) -> list[Fault]:
    """Everything that is written without an effect, where it is written."""
    parts = (right_warnings, trace_warnings, provider_warnings, supply_warnings, uncertain_warnings)
    told = [each for part in parts for each in part(scenario)]
    found = []
    for each in told:
        node = scenario.node_at(each.path)
        key = ".".join(map(str, each.path))
        found.append(
            Fault(node.place.file, node.place.line, key, one_line(each.value), each.message, each.remedy)
        )
    return found


def right_warnings(scenario: ScenarioFile) -> Iterator[Complaint]:
    """Which rights, or parts of them, never matter?"""
    for name, right in scenario.rights.items():
        path = ("rights", name)
        if right.holds_capacity and right.window.constant == 0:
            message = "has no effect, since the window is 0: the holder answers at once"
            yield Complaint(message, "write a window, or remove it", "true", (*path, "holds_capacity"))
        for key, date, over in (("from", right.from_, False), ("until", right.until, True)):
            if date and not date.plus and (date.at <= scenario.start if over else date.at >= scenario.end):
                said = "ends before the start" if over else "begins after the end"
                yield Complaint(f"has no effect: the right {said}", "", date.at, (*path, key))
        customer = right.over.customer
        askers = [each for stream in scenario.demand.values() for each in stream.request_types() or ()]
        asked = {each.class_ for each in askers if customer in (None, each.customer)}
        for position, class_ in enumerate(right.over.classes or ()):
            if class_ not in asked:
                message = "is a class that no stream of the customer has"
                yield Complaint(
                    message, "check the classes of demand", class_, (*path, "over", "classes", position)
                )


def trace_warnings(scenario: ScenarioFile) -> Iterator[Complaint]:
    """Which rows of a trace are left out, and what does a stream state that its trace states as well?"""
    for name, stream in scenario.demand.items():
        trace = stream.arrivals and stream.arrivals.trace
        if not trace or not (records := trace.records):
            continue
        path = ("demand", name, "arrivals", "trace")
        if records.n_omitted:
            message = f"has {records.n_omitted} of {records.n_omitted + len(records)} jobs left out"
            remedy = "their size or term is unknown or 0, or they are parts of others"
            yield Complaint(message, remedy, Path(trace.file).name, (*path, "file"))
        before, after = trace.count_outside(scenario.start, scenario.end)
        if before or after:
            message = (
                f"moves {before} of {len(records)} requests before the start, and {after} to the end or after"
            )
            yield Complaint(message, "these are left out", None, (*path, "from") if trace.from_ else path)
        for key in ("size", "term"):
            idle = key in trace.column_by_key and key not in records.first_incomplete
            if idle and getattr(stream, key) and not (key == "term" and stream.in_place):
                yield Complaint(
                    "has no effect, since the trace states each", "remove it", None, ("demand", name, key)
                )


def provider_warnings(scenario: ScenarioFile) -> Iterator[Complaint]:
    """Who is never asked, and what is never sold?"""
    order = scenario.overflow.order
    holders = {right.holder for right in scenario.rights.values()}
    for name in scenario.providers if order is not None else ():
        if name not in holders and name not in (order or ()):
            yield Complaint("is never asked", "name it in the order of overflow", None, ("providers", name))
    sold = {site for provider in scenario.providers.values() for site in provider.sites}
    for name in scenario.sites:
        if name not in sold:
            message = "is a site that no provider sells from"
            yield Complaint(message, "name it in the sites of a provider", None, ("sites", name))


def supply_warnings(scenario: ScenarioFile) -> Iterator[Complaint]:
    """Which supplies does no phase need?"""
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


def uncertain_warnings(scenario: ScenarioFile) -> Iterator[Complaint]:
    """Which uncertain numbers does nothing use?"""
    used = used_uncertain_names(scenario)
    for name in scenario.uncertain:
        if name not in used:
            yield Complaint("is used nowhere", f"write ${name} where it counts", None, ("uncertain", name))


def used_uncertain_names(part: object) -> set[str]:
    """Which uncertain numbers does a part of a scenario use?"""
    if hasattr(part, "references"):
        return set(part.references())
    if isinstance(part, dict):
        return set().union(*map(used_uncertain_names, part.values()))
    if isinstance(part, tuple):
        return set().union(*map(used_uncertain_names, part))
    return used_uncertain_names(dict(vars(part))) if hasattr(part, "__dict__") else set()
