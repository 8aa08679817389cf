"""Checks of parts that stand in different places of a scenario against each other.

They look at the tree as it is written, and not at validated objects, so that they run even where parts are faulty.
References by name are checked where they are read, by the readers of `scalars`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sim.scenario.description_keys import strip_description, value_path
from sim.scenario.distribution_reader import is_distribution
from sim.scenario.event_counts import MAX_BUILDING_PARTS
from sim.scenario.faults import Complaint, KeyPath, suggestion
from sim.scenario.fields import Declarations
from sim.scenario.right_kinds import RIGHT_KINDS
from sim.scenario.text import safe_file_name

Tree = dict[str, Any]


def named_objects(tree: Any, *path: str) -> Iterator[tuple[str, Tree]]:
    """The objects of a map of names, those that are no objects left out."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    for name, part in tree.items() if isinstance(tree, dict) else ():
        if isinstance(part, dict):
            yield name, part


def iterate_buildings(tree: Tree) -> Iterator[tuple[str, str, Tree, Tree]]:
    """Each building, as its site's name, its own, the site, and itself."""
    for site_name, site in named_objects(tree, "sites"):
        for name, building in named_objects(site, "buildings"):
            yield site_name, name, site, building


def consistency_complaints(tree: Tree, declarations: Declarations) -> Iterator[Complaint]:
    """Complaints about everything that does not fit."""
    yield from bypass_complaints(tree)
    yield from appetite_complaints(tree, declarations)
    yield from building_order_complaints(tree)
    yield from fill_complaints(tree, declarations)
    yield from group_name_complaints(tree)
    yield from alike_name_complaints(tree)
    yield from counted_stream_complaints(tree)


def bypass_complaints(tree: Tree) -> Iterator[Complaint]:
    """A complaint for each right that answers first, where the waiting list may not be bypassed."""
    waiting = tree.get("waiting")
    if isinstance(waiting, dict) and str(waiting.get("bypass")).lower() == "false":
        for name, right in named_objects(tree, "rights"):
            kind = RIGHT_KINDS.get(str(right.get("kind")))
            if kind is not None and kind.answers_first:
                yield Complaint(
                    f"cannot be false where there is a first refusal ({name})",
                    "remove the right, or let others pass: bypass: true", "false", ("waiting", "bypass"),
                )  # fmt: skip


def appetite_complaints(tree: Tree, declarations: Declarations) -> Iterator[Complaint]:
    """Complaints about appetites by class: of a right one for each class that it covers, of a provider no others
    than those that are asked for (where anything is: a file to be extended may ask for nothing).
    """
    for name, provider in named_objects(tree, "providers"):
        appetite, classes = strip_description(provider.get("appetite")), covered_classes(declarations, {})
        if not isinstance(appetite, dict) or is_distribution(appetite) or not classes:
            continue
        path = ("providers", name, "appetite", *value_path(provider["appetite"]))
        for each in appetite:
            if each not in classes:
                yield Complaint(
                    "is not a class that is asked for", suggestion(each, classes), each, (*path, each)
                )
    for name, right in named_objects(tree, "rights"):
        appetite, over = strip_description(right.get("appetite")), right.get("over")
        if not isinstance(appetite, dict) or is_distribution(appetite):
            continue
        classes = covered_classes(declarations, over if isinstance(over, dict) else {})
        if classes is None:
            continue
        path = ("rights", name, "appetite", *value_path(right["appetite"]))
        for each in appetite:
            if each not in classes:
                yield Complaint(
                    "is not a class that the right covers", suggestion(each, classes), each, (*path, each)
                )
        for each in classes:
            if each not in appetite:
                yield Complaint(f"does not state the class {each}", f"write {each}: 80 %", None, path)


def covered_classes(declarations: Declarations, over: Tree) -> list[str] | None:
    """The classes that a right covers: those that it names, or else all that its customer asks for.

    None where a trace does not tell.
    """
    if isinstance(classes := over.get("classes"), list):
        return [str(each) for each in classes]
    if declarations.customer_classes is None:
        return None
    of_customer = [
        class_
        for customer, class_ in declarations.customer_classes
        if over.get("customer") in (None, customer)
    ]
    return list(dict.fromkeys(str(each) for each in of_customer if each is not None))


def group_members(tree: Tree) -> Iterator[tuple[str, str, str]]:
    """The buildings of each group, as its site's name, its own, and theirs; no more than can be simulated."""
    return islice(_all_group_members(tree), MAX_BUILDING_PARTS)


def _all_group_members(tree: Tree) -> Iterator[tuple[str, str, str]]:
    for site, name, _, building in iterate_buildings(tree):
        count = str(building.get("count", 1))
        for number in (
            range(1, int(count) + 1)
            if count.isascii() and count.isdecimal() and 1 < int(count) <= 10_000
            else ()
        ):
            yield site, name, f"{name} {number}"


def building_path(site: str, name: str) -> KeyPath:
    """The path of a building."""
    return ("sites", site, "buildings", name)


def building_order_complaints(tree: Tree) -> Iterator[Complaint]:
    """Complaints about buildings that begin after none, or in the end after themselves."""
    after_text = {(site, name): building.get("after") for site, name, _, building in iterate_buildings(tree)}
    group = {(site, each): (site, name) for site, name, each in group_members(tree)}
    predecessor: dict[tuple[str, str], tuple[str, str]] = {}
    for (site, name), written in after_text.items():
        if not isinstance(written, str):
            continue
        other_site, _, other = written.partition(".") if "." in written else (site, ".", written)
        if (other_site, other) in after_text or (other_site, other) in group:
            predecessor[site, name] = group.get((other_site, other), (other_site, other))
        else:
            of_site = [each for each_site, each in after_text if each_site == site]
            near = of_site + [f"{a}.{b}" for a, b in sorted(after_text)]
            yield Complaint(
                "names no building", suggestion(written, near), written, (*building_path(site, name), "after")
            )
    for start in predecessor:
        # Each cycle once, at its first building by name.
        if (cycle := building_cycle(start, predecessor)) and start == min(cycle):
            chain = " after ".join(f"{site}.{name}" for site, name in [*cycle, start])
            path = (*building_path(*start), "after")
            yield Complaint(f"never begins: {chain}", "let one begin on a date", after_text[start], path)


def building_cycle(
    start: tuple[str, str], predecessor: dict[tuple[str, str], tuple[str, str]]
) -> list[tuple[str, str]]:
    """The buildings that one begins after, if they come round to it; else none."""
    chain, building = [start], predecessor[start]
    while building in predecessor and building not in chain:
        chain.append(building)
        building = predecessor[building]
    return chain if building == start else []


def fill_complaints(tree: Tree, declarations: Declarations) -> Iterator[Complaint]:
    """Complaints about needs of `fill` where the supply counts no GPUs, or the hardware does not say how many fit."""
    hardware = dict(named_objects(tree, "hardware"))
    for site_name, name, site, building in iterate_buildings(tree):
        installed = building.get("hardware", site.get("hardware"))
        for phase, content in named_objects(building, "phases"):
            needs = content.get("needs")
            for supply, need in needs.items() if isinstance(needs, dict) else ():
                if need != "fill" and not (isinstance(need, dict) and need.get("value") == "fill"):
                    continue
                path = (*building_path(site_name, name), "phases", phase, "needs", supply)
                measure = declarations.supplies.get(supply)
                if measure is None:
                    continue
                if measure.dimension != "GPU":
                    message = f"asks for GPUs, but {supply} is counted in {measure.counted_word or measure.bare_unit}"
                    yield Complaint(message, "write an amount", "fill", path)
                elif installed is None:
                    message = "asks for the GPUs that fill the building, whose hardware is not stated"
                    yield Complaint(message, "write hardware for the building or its site", "fill", path)
                elif "it_kw_per_gpu" not in hardware.get(str(installed), {"it_kw_per_gpu"}):
                    message = f"asks for GPUs, but the hardware {installed} does not say what one draws"
                    yield Complaint(message, "write it_kw_per_gpu for it", "fill", path)


def group_name_complaints(tree: Tree) -> Iterator[Complaint]:
    """Complaints about other buildings that are called as those of a group, whose names get 1, 2, ..."""
    names = {(site, name) for site, name, _, _ in iterate_buildings(tree)}
    for site, name, each in group_members(tree):
        if (site, each) in names:
            message = f"is also the name of building {each.removeprefix(name).strip()} of {name}"
            yield Complaint(message, "write another name", None, building_path(site, each))


def alike_name_complaints(tree: Tree) -> Iterator[Complaint]:
    """Complaints about names of one map that are the same in the name of a file."""
    for key in tree:
        first_of: dict[str, str] = {}
        for name, _ in named_objects(tree, key):
            other = first_of.setdefault(safe_file_name(name), name)
            if other != name:
                message = f"is the same as {other} in the name of a file ({safe_file_name(name)})"
                yield Complaint(message, "write another name", name, (key, name))


def counted_stream_complaints(tree: Tree) -> Iterator[Complaint]:
    """Complaints about streams that a contract counts, and that are of another customer."""
    streams = dict(named_objects(tree, "demand"))
    for name, contract in named_objects(tree, "contracts"):
        counts, customer = contract.get("counts"), contract.get("customer")
        for k, each in enumerate(counts if isinstance(counts, list) else ()):
            stream = streams.get(str(each), {})
            arrivals = stream.get("arrivals")
            names_customers = (
                isinstance(arrivals, dict) and "trace" in arrivals
            )  # a row of it may be of anyone
            if "customer" in stream and stream["customer"] != customer and not names_customers:
                message = f"is a stream of {stream['customer']}, and the contract is one of {customer}"
                own = [other for other, content in streams.items() if content.get("customer") == customer]
                yield Complaint(message, suggestion(str(each), own), each, ("contracts", name, "counts", k))
