"""Reading: what does a scenario file say, once what it extends and what is overridden is merged?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.scenario.faults import Fault, Place, ScenarioError, Wrong, shown
from sim.scenario.fields import Declared
from sim.scenario.laws import Law, Reading, measure_of, read_law, unwrapped
from sim.scenario.schema import ScenarioFile
from sim.scenario.units import Measure, counted_in
from sim.scenario.written import Node, read_yaml, refused


def load(path: str | Path, overrides: Mapping[str, object] | None = None) -> ScenarioFile:
    """Which scenario does a file describe? Raises `ScenarioError` with all that is wrong in it."""
    return validated(read_file(Path(path)), Path(path))


def read_file(path: Path) -> Node:
    """What is written in a file?"""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise refused(Place(str(path)), f"cannot be read: {error.strerror}", "name a scenario file") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise refused(Place(str(path), line), "is not UTF-8", "save the file as UTF-8") from None
    return read_yaml(text, str(path))


def validated(root: Node, path: Path) -> ScenarioFile:
    """The scenario that is written, once merged."""
    tree = root.plain()
    try:
        scenario = ScenarioFile.model_validate(tree, context=declarations(tree))
    except ValidationError as error:
        raise ScenarioError(faults(error, root)) from None
    scenario._path, scenario._root = path, root
    return scenario


def faults(error: ValidationError, root: Node) -> list[Fault]:
    """What pydantic tells, as faults with their places."""
    found = []
    for each in error.errors():
        path = tuple(part for part in each["loc"] if part != "[key]")
        place = root.at(path).place
        context = each.get("ctx", {})
        key = ".".join(map(str, path))
        found.append(
            Fault(
                place.file,
                place.line,
                key,
                shown(each["input"]),
                context.get("message", each["msg"]),
                context.get("remedy", ""),
            )
        )
    return found


def declarations(tree: Any) -> Declared:
    """What does a file declare by name, whatever else is wrong in it?"""

    def entries(word: str) -> dict[str, dict[str, Any]]:
        part = tree.get(word) if isinstance(tree, dict) else None
        return (
            {name: each for name, each in part.items() if isinstance(each, dict)}
            if isinstance(part, dict)
            else {}
        )

    names = {word: frozenset(entries(word)) for word in ("sites", "providers", "supplies", "hardware")}
    names["customers"] = frozenset(str(each.get("customer")) for each in entries("demand").values())
    sold = [each.get("sites") for each in entries("providers").values()]
    names["sold"] = frozenset(str(site) for sites in sold if isinstance(sites, list) for site in sites)
    uncertain = tree.get("uncertain") if isinstance(tree, dict) else None
    return Declared(
        names,
        {name: unit(each.get("unit")) for name, each in entries("supplies").items()},
        {name: uncertainty(each) for name, each in uncertain.items()} if isinstance(uncertain, dict) else {},
    )


def unit(written: object) -> Measure | None:
    """How are the amounts of a supply read? None where its unit is faulty."""
    try:
        return counted_in(str(written))
    except Wrong:
        return None


def uncertainty(written: object) -> Law | None:
    """Which law does an uncertain number follow? None where it is faulty."""
    try:
        return read_law(written, Reading(measure_of(unwrapped(written))))
    except Wrong:
        return None
