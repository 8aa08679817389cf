"""Reading: which scenario does a file describe, once what it extends and what is overridden is merged?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from sim.scenario.checks import consistency_complaints, named_objects
from sim.scenario.csv_columns import inline_files
from sim.scenario.distributions import Distribution
from sim.scenario.faults import (
    ComplaintCollector,
    Fault,
    InvalidValueError,
    Place,
    ScenarioError,
    one_line,
)
from sim.scenario.fields import Declarations, complaints_of
from sim.scenario.merging import empty_name_complaints, merge_nodes, override_node
from sim.scenario.quantities import read_uncertain_distribution
from sim.scenario.schema import ScenarioFile
from sim.scenario.trace import Trace
from sim.scenario.units import supply_measure
from sim.scenario.yaml_reader import YamlNode, fault_at, file_error, parse_yaml, to_node

OVERRIDE_PLACE = Place("--set")
_T = TypeVar("_T")


def read_scenario(
    path: str | Path, overrides: Mapping[str, object] | None = None, read_traces: bool = True
) -> ScenarioFile:
    """Which scenario does a file describe? Raises `ScenarioError` with all that is wrong in it.

    `overrides` has dotted paths, such as `rights.first refusal.window`, and for each a text of YAML or a value.
    Without `files`, traces are not read, so that a saved run opens where they are not.
    """
    return validate_scenario(read_merged(Path(path)), Path(path), overrides or {}, read_traces)


def override_scenario(scenario: ScenarioFile, overrides: Mapping[str, object]) -> ScenarioFile:
    """Which scenario is it where something else stands at some paths?"""
    assert scenario._root is not None, "read by this module"
    return validate_scenario(scenario._root, scenario.path, overrides)


def read_merged(path: Path, extending: tuple[Path, ...] = ()) -> YamlNode:
    """What is written in a file, and in the files that it extends?"""
    root = read_yaml_file(path)
    if not isinstance(root.value, dict):
        raise file_error(root.place, "is no scenario", "write keys, such as start: 2025-01-21")
    if "scenario" in root.value and root.value.keys() & {"design", "levers", "uncertainties"}:
        raise file_error(
            Place(str(path)), "is a sweep, not a scenario", "name a scenario file; sim sweep plays a sweep"
        )
    own = {key: part for key, part in root.value.items() if key != "extends"}
    base = YamlNode({}, root.place)
    if named := root.value.get("extends"):
        base = read_merged(extended_file(path, named, (*extending, path)), (*extending, path))
    return merge_nodes(base, YamlNode(own, root.place), ScenarioFile)


def extended_file(path: Path, extends_node: YamlNode, extending: tuple[Path, ...]) -> Path:
    """Which file does a file extend?"""
    if not isinstance(extends_node.value, str):
        raise file_error(
            extends_node.place,
            "is no file",
            "name one scenario file",
            one_line(extends_node.to_plain()),
            "extends",
        )
    base = path.parent / extends_node.value
    if not base.is_file():
        raise file_error(
            extends_node.place, "is no file", f"looked for {base}", extends_node.value, "extends"
        )
    if base.resolve() in [each.resolve() for each in extending]:
        raise file_error(
            extends_node.place,
            "extends itself in the end",
            "extend another file",
            extends_node.value,
            "extends",
        )
    return base


def read_yaml_file(path: Path, description: str = "a scenario file") -> YamlNode:
    """What is written in one file?"""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise file_error(
            Place(str(path)), f"cannot be read: {error.strerror}", f"name {description}"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise file_error(Place(str(path), line), "is not UTF-8", "save the file as UTF-8") from None
    return parse_yaml(text, str(path))


def validate_scenario(
    root: YamlNode, path: Path, overrides: Mapping[str, object], read_traces: bool = True
) -> ScenarioFile:
    """Which scenario is written, once overridden? Raises `ScenarioError` with all that is wrong."""
    faults: list[Fault] = []
    for dotted, value in overrides.items():
        try:
            root = override_node(root, dotted, parse_override(dotted, value), ScenarioFile)
        except ScenarioError as error:
            faults += error.faults
    gathering = ComplaintCollector()
    root = inline_files(root, gathering, read_traces)
    tree = root.to_plain()
    declared = collect_declarations(tree, read_traces)
    complaints = [*empty_name_complaints(root, ScenarioFile), *consistency_complaints(tree, declared)]
    try:
        scenario = ScenarioFile.model_validate(tree, context=declared)
    except ValidationError as error:
        complaints += complaints_of(error)
    unread = {path for each in gathering.complaints for path in (each.path, each.path[:-1])}
    complaints = [*gathering.complaints, *(each for each in complaints if each.path not in unread)]
    faults += [fault_at(each, root) for each in complaints]
    if faults:
        faults.sort(key=lambda each: (each.file != str(path), each.file, each.line or 0))
        raise ScenarioError(faults)
    scenario._path, scenario._root = path, root
    return scenario


def parse_override(dotted: str, value: object) -> YamlNode:
    """What is to stand at a path: a text of YAML, or a value of Python's."""
    if not isinstance(value, str):
        return to_node(value, OVERRIDE_PLACE)
    try:
        return to_node(parse_yaml(value, OVERRIDE_PLACE.file).to_plain(), OVERRIDE_PLACE)
    except ScenarioError as error:
        raise ScenarioError(replace(each, line=None, key=dotted) for each in error.faults) from None


def collect_declarations(tree: Any, read_traces: bool) -> Declarations:
    """What does a file declare by name, whatever else is wrong in it?"""
    read = {word: tree.get(word, {}) for word in ("sites", "providers", "hardware")}
    names = {word: frozenset(part) for word, part in read.items() if isinstance(part, dict)}
    asking = customer_classes(tree, read_traces)
    customers = values_at_key(tree, "demand", "customer")
    if asking is not None and customers is not None and None not in customers:
        names["customers"] = frozenset(map(str, [*customers, *(customer for customer, _ in asking)]))
    lists = values_at_key(tree, "providers", "sites")
    if lists is not None and all(isinstance(sites, list) for sites in lists):
        names["sold"] = frozenset(str(site) for sites in lists for site in sites)
    uncertain: dict[str, Distribution | None] = {}
    stated = tree.get("uncertain")
    for name, each in stated.items() if isinstance(stated, dict) else ():
        uncertain[name] = try_read(read_uncertain_distribution, each, uncertain)
    supplies = {
        name: try_read(supply_measure, str(each.get("unit")))
        for name, each in named_objects(tree, "supplies")
    }
    return Declarations(names, supplies, uncertain, customer_classes=asking, read_traces=read_traces)


def values_at_key(tree: Any, word: str, key: str) -> list[Any] | None:
    """What the objects of a map say at a key; None where it is no map of objects."""
    parts = tree.get(word, {})
    if not isinstance(parts, dict) or not all(isinstance(each, dict) for each in parts.values()):
        return None
    return [each.get(key) for each in parts.values()]


def customer_classes(tree: Any, read_traces: bool) -> tuple[tuple[str | None, str | None], ...] | None:
    """Who asks for which class, as far as that is stated; None where a trace does not tell."""
    asking: list[tuple[str | None, str | None]] = []
    for _, stream in named_objects(tree, "demand"):
        own, arrivals = (stream.get("customer"), stream.get("class")), stream.get("arrivals")
        written = arrivals.get("trace") if isinstance(arrivals, dict) else None
        if written is None or "in_place" in stream:
            asking.append(own)
        if written is None:
            continue
        trace = try_read(
            partial(Trace.model_validate, context=Declarations(read_traces=read_traces)), written
        )
        if trace is None or trace.records is None:
            return None
        asking += [
            (customer or own[0], class_ or own[1]) for customer, class_, _ in trace.records.request_types
        ]
    return tuple(asking)


def try_read(read: Callable[..., _T], *arguments: object) -> _T | None:
    """What is read; None where it is faulty."""
    try:
        return read(*arguments)
    except (InvalidValueError, ValidationError):
        return None
