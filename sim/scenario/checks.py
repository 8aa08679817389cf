"""Checks: do the parts of a scenario fit each other, that stand in different places?

They look at what is written, not at what was understood, so they run even where parts are faulty. (References
by name are checked where they are read, see `words`.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.scenario.faults import Complaint, Path, meant
from sim.scenario.fields import Declared
from sim.scenario.laws import KINDS
from sim.scenario.statements import undescribed, wrapping

Tree = dict[str, Any]


def maps(tree: Any, *path: str) -> Iterator[tuple[str, Tree]]:
    """The objects of a map of names, those that are no objects left out."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, dict) else None
    for name, part in tree.items() if isinstance(tree, dict) else ():
        if isinstance(part, dict):
            yield name, part


def buildings(tree: Tree) -> Iterator[tuple[str, str, Tree, Tree]]:
    """Each building, as its site's name, its own, the site, and itself."""
    for site_name, site in maps(tree, "sites"):
        for name, building in maps(site, "buildings"):
            yield site_name, name, site, building


def misfits(tree: Tree, declared: Declared) -> Iterator[Complaint]:
    """Everything that does not fit."""
    yield from first_come(tree)
    yield from appetites(tree, declared)
    yield from orders_of_building(tree)
    yield from fillings(tree, declared)
    yield from names_of_groups(tree)


def first_come(tree: Tree) -> Iterator[Complaint]:
    """Strict first come, first served, knows no first refusal."""
    waiting = tree.get("waiting")
    if isinstance(waiting, dict) and str(waiting.get("bypass")).lower() == "false":
        for name, right in maps(tree, "rights"):
            if right.get("kind") == "first refusal":
                yield Complaint(
                    f"cannot be false where there is a first refusal ({name})",
                    "remove the right, or let others pass: bypass: true", "false", ("waiting", "bypass"),
                )  # fmt: skip


def appetites(tree: Tree, declared: Declared) -> Iterator[Complaint]:
    """An appetite by class is stated for each class that a right covers, and for no other."""
    for name, right in maps(tree, "rights"):
        appetite, over = undescribed(right.get("appetite")), right.get("over")
        if not isinstance(appetite, dict) or set(appetite) & set(KINDS):
            continue
        classes = covered(declared, over if isinstance(over, dict) else {})
        if classes is None:
            continue
        path = ("rights", name, "appetite", *wrapping(right["appetite"]))
        for each in appetite:
            if each not in classes:
                yield Complaint(
                    "is no class that the right covers", meant(each, classes), each, (*path, each)
                )
        for each in classes:
            if each not in appetite:
                yield Complaint(f"says nothing of the class {each}", f"write {each}: 80 %", None, path)


def covered(declared: Declared, over: Tree) -> list[str] | None:
    """Which classes does a right cover: those that it names, or else all that its customer asks for?

    None where a trace does not tell.
    """
    if isinstance(named := over.get("classes"), list):
        return [str(each) for each in named]
    if declared.askers is None:
        return None
    classes = [class_ for customer, class_ in declared.askers if over.get("customer") in (None, customer)]
    return list(dict.fromkeys(str(each) for each in classes if each is not None))


def members(tree: Tree) -> Iterator[tuple[str, str, str]]:
    """The buildings of each group, as its site's name, its own, and theirs."""
    for site, name, _, building in buildings(tree):
        count = str(building.get("count", 1))
        for number in range(1, int(count) + 1) if count.isdecimal() and 1 < int(count) <= 10_000 else ():
            yield site, name, f"{name} {number}"


def place_of(site: str, name: str) -> Path:
    """The path of a building."""
    return ("sites", site, "buildings", name)


def orders_of_building(tree: Tree) -> Iterator[Complaint]:
    """What a building begins after is a building, and not in the end itself."""
    known = {(site, name): building.get("after") for site, name, _, building in buildings(tree)}
    group = {(site, each): (site, name) for site, name, each in members(tree)}
    after: dict[tuple[str, str], tuple[str, str]] = {}
    for (site, name), written in known.items():
        if not isinstance(written, str):
            continue
        where, _, other = written.partition(".") if "." in written else (site, ".", written)
        if (where, other) in known or (where, other) in group:
            after[site, name] = group.get((where, other), (where, other))
        else:
            near = [each for where, each in known if where == site] + [f"{a}.{b}" for a, b in sorted(known)]
            yield Complaint(
                "names no building", meant(written, near), written, (*place_of(site, name), "after")
            )
    for start in after:
        if (round_trip := cycle(start, after)) and start == min(round_trip):
            told = " after ".join(f"{site}.{name}" for site, name in [*round_trip, start])
            path = (*place_of(*start), "after")
            yield Complaint(f"never begins: {told}", "let one begin on a date", known[start], path)


def cycle(start: tuple[str, str], after: dict[tuple[str, str], tuple[str, str]]) -> list[tuple[str, str]]:
    """The buildings that one begins after, if they come round to it; else none."""
    chain, here = [start], after[start]
    while here in after and here not in chain:
        chain.append(here)
        here = after[here]
    return chain if here == start else []


def fillings(tree: Tree, declared: Declared) -> Iterator[Complaint]:
    """Where GPUs fill a building, the supply counts them, and its hardware says how many."""
    hardware = dict(maps(tree, "hardware"))
    for site, name, at, building in buildings(tree):
        stands = building.get("hardware", at.get("hardware"))
        for phase, stated in maps(building, "phases"):
            needs = stated.get("needs")
            for supply, need in needs.items() if isinstance(needs, dict) else ():
                if need != "fill" and not (isinstance(need, dict) and need.get("value") == "fill"):
                    continue
                path = (*place_of(site, name), "phases", phase, "needs", supply)
                measure = declared.supplies.get(supply)
                if measure is None:
                    continue
                if measure.dimension != "GPU":
                    message = f"asks for GPUs, but {supply} is counted in {measure.word or measure.bare}"
                    yield Complaint(message, "write an amount", "fill", path)
                elif stands is None:
                    message = "asks for the GPUs that fill the building, whose hardware is not stated"
                    yield Complaint(message, "write hardware for the building or its site", "fill", path)
                elif "it_kw_per_gpu" not in hardware.get(str(stands), {"it_kw_per_gpu"}):
                    message = f"asks for GPUs, but the hardware {stands} does not say what one draws"
                    yield Complaint(message, "write it_kw_per_gpu for it", "fill", path)


def names_of_groups(tree: Tree) -> Iterator[Complaint]:
    """The names of a group's buildings, which get 1, 2, ..., are no others' names."""
    known = {(site, name) for site, name, _, _ in buildings(tree)}
    for site, name, each in members(tree):
        if (site, each) in known:
            message = f"is also the name of building {each.removeprefix(name).strip()} of {name}"
            yield Complaint(message, "write another name", None, place_of(site, each))
