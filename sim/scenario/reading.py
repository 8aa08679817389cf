"""Reading: which scenario does a file describe, once what it extends and what is overridden is merged?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from sim.scenario.checks import maps, misfits
from sim.scenario.columns import inlined
from sim.scenario.faults import Complaint, Fault, Gathering, Place, ScenarioError, Wrong, shown
from sim.scenario.fields import Declared
from sim.scenario.laws import Law
from sim.scenario.merging import empty_names, merged, overridden
from sim.scenario.quantities import uncertain_law
from sim.scenario.recorded import Trace
from sim.scenario.schema import ScenarioFile
from sim.scenario.units import counted_in
from sim.scenario.written import Node, as_written, read_yaml, refused

OVERRIDE = Place("--set")
T = TypeVar("T")


def load(path: str | Path, overrides: Mapping[str, object] | None = None, files: bool = True) -> ScenarioFile:
    """Which scenario does a file describe? Raises `ScenarioError` with all that is wrong in it.

    `overrides` has dotted paths, such as `rights.first refusal.window`, and for each a text of YAML or a value.
    Without `files`, traces are not read, so that a saved run opens where they are not.
    """
    return understood(read_merged(Path(path)), Path(path), overrides or {}, files)


def replaced(scenario: ScenarioFile, overrides: Mapping[str, object]) -> ScenarioFile:
    """Which scenario is it where something else stands at some paths?"""
    assert scenario._root is not None, "read by this module"
    return understood(scenario._root, scenario.path, overrides)


def read_merged(path: Path, extending: tuple[Path, ...] = ()) -> Node:
    """What is written in a file, and in the files that it extends?"""
    root = read_file(path)
    if not isinstance(root.value, dict):
        raise refused(root.place, "is no scenario", "write keys, such as start: 2025-01-21")
    if "scenario" in root.value and root.value.keys() & {"design", "levers", "uncertainties"}:
        raise refused(
            Place(str(path)), "is a sweep, not a scenario", "name a scenario file; sim sweep plays a sweep"
        )
    own = {key: part for key, part in root.value.items() if key != "extends"}
    base = Node({}, root.place)
    if named := root.value.get("extends"):
        base = read_merged(extended(path, named, (*extending, path)), (*extending, path))
    return merged(base, Node(own, root.place), ScenarioFile)


def extended(path: Path, named: Node, extending: tuple[Path, ...]) -> Path:
    """Which file does a file extend?"""
    if not isinstance(named.value, str):
        raise refused(named.place, "is no file", "name one scenario file", shown(named.plain()), "extends")
    base = path.parent / named.value
    if not base.is_file():
        raise refused(named.place, "is no file", f"looked for {base}", named.value, "extends")
    if base.resolve() in [each.resolve() for each in extending]:
        raise refused(named.place, "extends itself in the end", "extend another file", named.value, "extends")
    return base


def read_file(path: Path, what: str = "a scenario file") -> Node:
    """What is written in one file?"""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise refused(Place(str(path)), f"cannot be read: {error.strerror}", f"name {what}") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise refused(Place(str(path), line), "is not UTF-8", "save the file as UTF-8") from None
    return read_yaml(text, str(path))


def understood(root: Node, path: Path, overrides: Mapping[str, object], files: bool = True) -> ScenarioFile:
    """Which scenario is written, once overridden? Raises `ScenarioError` with all that is wrong."""
    faults: list[Fault] = []
    for dotted, value in overrides.items():
        try:
            root = overridden(root, dotted, override(dotted, value), ScenarioFile)
        except ScenarioError as error:
            faults += error.faults
    gathering = Gathering()
    root = inlined(root, gathering, files)
    tree = root.plain()
    declared = declarations(tree, files)
    complaints = [*empty_names(root, ScenarioFile), *misfits(tree, declared)]
    try:
        scenario = ScenarioFile.model_validate(tree, context=declared)
    except ValidationError as error:
        complaints += told(error)
    unread = {path for each in gathering.complaints for path in (each.path, each.path[:-1])}
    complaints = [*gathering.complaints, *(each for each in complaints if each.path not in unread)]
    faults += [placed(each, root) for each in complaints]
    if faults:
        faults.sort(key=lambda each: (each.file != str(path), each.file, each.line or 0))
        raise ScenarioError(faults)
    scenario._path, scenario._root = path, root
    return scenario


def override(dotted: str, value: object) -> Node:
    """What is to stand at a path: a text of YAML, or a value of Python's."""
    if not isinstance(value, str):
        return as_written(value, OVERRIDE)
    try:
        return as_written(read_yaml(value, OVERRIDE.file).plain(), OVERRIDE)
    except ScenarioError as error:
        raise ScenarioError(replace(each, line=None, key=dotted) for each in error.faults) from None


def told(error: ValidationError) -> Iterable[Complaint]:
    """What pydantic tells, in our words where they are its own."""
    for each in error.errors(include_url=False):
        path = tuple(part for part in each["loc"] if part != "[key]")
        match each["type"]:
            case "fault":
                message, remedy, place = (each["ctx"][word] for word in ("message", "remedy", "place"))
                yield Complaint(message, remedy, each["input"], path, place)
            case "missing":
                yield Complaint("is missing", f"write {path[-1]}: ...", None, path)
            case "dict_type":
                yield Complaint("is not a map of names", "write NAME: {...} for each", each["input"], path)
            case "tuple_type":
                yield Complaint("is not a list", f"write [{shown(each['input'])}]", each["input"], path)
            case "default_factory_not_called":
                pass
            case _:
                yield Complaint(each["msg"], "", each["input"], path)


def placed(complaint: Complaint, root: Node) -> Fault:
    """A complaint as a fault, at the line where the value stands."""
    place = complaint.place or root.at(complaint.path).place
    key = ".".join(map(str, complaint.path))
    return Fault(place.file, place.line, key, shown(complaint.value), complaint.message, complaint.remedy)


def declarations(tree: Any, files: bool) -> Declared:
    """What does a file declare by name, whatever else is wrong in it?"""
    read = {word: tree.get(word, {}) for word in ("sites", "providers", "hardware")}
    names = {word: frozenset(part) for word, part in read.items() if isinstance(part, dict)}
    asking = askers(tree, files)
    customers = objects_say(tree, "demand", "customer")
    if asking is not None and customers is not None and None not in customers:
        names["customers"] = frozenset(map(str, [*customers, *(customer for customer, _ in asking)]))
    lists = objects_say(tree, "providers", "sites")
    if lists is not None and all(isinstance(sites, list) for sites in lists):
        names["sold"] = frozenset(str(site) for sites in lists for site in sites)
    uncertain: dict[str, Law | None] = {}
    stated = tree.get("uncertain")
    for name, each in stated.items() if isinstance(stated, dict) else ():
        uncertain[name] = tolerant(uncertain_law, each, uncertain)
    supplies = {name: tolerant(counted_in, str(each.get("unit"))) for name, each in maps(tree, "supplies")}
    return Declared(names, supplies, uncertain, askers=asking, files=files)


def objects_say(tree: Any, word: str, key: str) -> list[Any] | None:
    """What the objects of a map say at a key; None where it is no map of objects."""
    parts = tree.get(word, {})
    if not isinstance(parts, dict) or not all(isinstance(each, dict) for each in parts.values()):
        return None
    return [each.get(key) for each in parts.values()]


def askers(tree: Any, files: bool) -> tuple[tuple[str | None, str | None], ...] | None:
    """Who asks for which class, as far as that is stated; None where a trace does not tell."""
    asking: list[tuple[str | None, str | None]] = []
    for _, stream in maps(tree, "demand"):
        own, arrivals = (stream.get("customer"), stream.get("class")), stream.get("arrivals")
        written = arrivals.get("trace") if isinstance(arrivals, dict) else None
        if written is None or "in_place" in stream:
            asking.append(own)
        if written is None:
            continue
        trace = tolerant(partial(Trace.model_validate, context=Declared(files=files)), written)
        if trace is None or trace.records is None:
            return None
        asking += [(customer or own[0], class_ or own[1]) for customer, class_, _ in trace.records.kinds]
    return tuple(asking)


def tolerant(read: Callable[..., T], *arguments: object) -> T | None:
    """What is read; None where it is faulty."""
    try:
        return read(*arguments)
    except (Wrong, ValidationError):
        return None
