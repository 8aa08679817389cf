"""Validation of what is written against a schema, with overrides, named files and declarations: all faults at once.

It knows no schema by name, so that the schema of a scenario may validate a copy of itself (`ScenarioFile.replace`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
    sort_faults,
)
from sim.scenario.fields import Declarations, SchemaObject, complaints_of
from sim.scenario.merging import empty_name_complaints, is_within, override_node
from sim.scenario.named_tables import inline_tables
from sim.scenario.quantities import read_uncertain_distribution
from sim.scenario.trace import Trace
from sim.scenario.units import supply_measure
from sim.scenario.yaml_reader import YamlNode, fault_at, parse_yaml, to_node

OVERRIDE_PLACE = Place("--set")
_T = TypeVar("_T")
_S = TypeVar("_S", bound=SchemaObject)


def validate_tree(
    schema: type[_S], root: YamlNode, path: Path, overrides: Mapping[str, object], read_traces: bool = True
) -> tuple[_S, YamlNode]:
    """The object that is written once overridden, and the node that it was read from.

    `overrides` has dotted paths, and for each a text of YAML or a value. Raises ScenarioError with all that is wrong,
    that of the file at `path` first.
    """
    faults = list(_overlap_faults(list(overrides)))
    early = ComplaintCollector()
    inlined = inline_tables(root, schema, early)
    if not early.complaints:
        root = inlined  # so that paths lead to the rows of tables
    for dotted, value in overrides.items():
        try:
            root = override_node(root, dotted, _parse_override(dotted, value), schema)
        except ScenarioError as error:
            faults += error.faults
    collector = ComplaintCollector()
    root = inline_files(inline_tables(root, schema, collector), collector, read_traces)
    tree = root.to_plain()
    declarations = collect_declarations(tree, read_traces)
    complaints = [*empty_name_complaints(root, schema), *consistency_complaints(tree, declarations)]
    validated: _S | None = None
    try:
        validated = schema.model_validate(tree, context=declarations)
    except ValidationError as error:
        complaints += complaints_of(error)
    # Where a file, or a row of it, could not be read, the schema complains of what is not there: once is enough.
    unread = {each.path[: len(each.path) - k] for each in collector.complaints for k in range(3)}
    complaints = [*collector.complaints, *(each for each in complaints if each.path not in unread)]
    faults += [fault_at(each, root) for each in complaints]
    if faults or validated is None:
        raise ScenarioError(sort_faults(faults, path))
    return validated, root


def _overlap_faults(paths: list[str]) -> Iterator[Fault]:
    """A fault for each path that another one contains: which of the two would hold depends on their order."""
    for k, path in enumerate(paths):
        for other in paths[:k]:
            if is_within(path, other) or is_within(other, path):
                outer = other if is_within(path, other) else path
                message = f"overlaps with {other}, which is set too"
                yield Fault(
                    OVERRIDE_PLACE.file,
                    None,
                    path,
                    None,
                    message,
                    f"set {outer} alone, with all that it holds",
                )


def _parse_override(dotted: str, value: object) -> YamlNode:
    """The node of an override, which is a text of YAML or a value of Python's."""
    if not isinstance(value, str):
        return to_node(value, OVERRIDE_PLACE)
    try:
        return to_node(parse_yaml(value, OVERRIDE_PLACE.file).to_plain(), OVERRIDE_PLACE)
    except ScenarioError as error:
        raise ScenarioError(replace(each, line=None, key=dotted) for each in error.faults) from None


def collect_declarations(tree: Any, read_traces: bool) -> Declarations:
    """What a file declares by name, whatever else is wrong in it."""
    maps = {word: tree.get(word, {}) for word in ("sites", "providers", "hardware", "demand", "delays")}
    names = {word: frozenset(part) for word, part in maps.items() if isinstance(part, dict)}
    pairs = _customer_classes(tree, read_traces)
    customers = _values_at_key(tree, "demand", "customer")
    if pairs is not None and customers is not None and None not in customers:
        names["customers"] = frozenset(map(str, [*customers, *(customer for customer, _ in pairs)]))
    lists = _values_at_key(tree, "providers", "sites")
    if lists is not None and all(isinstance(sites, list) for sites in lists):
        names["sold"] = frozenset(str(site) for sites in lists for site in sites)
    uncertain: dict[str, Distribution | None] = {}
    content = tree.get("uncertain")
    for name, each in content.items() if isinstance(content, dict) else ():
        # Each may use those before it, and no other.
        uncertain[name] = _try_read(read_uncertain_distribution, each, uncertain)
    supplies = {
        name: _try_read(supply_measure, str(each.get("unit")))
        for name, each in named_objects(tree, "supplies")
    }
    return Declarations(names, supplies, uncertain, customer_classes=pairs, read_traces=read_traces)


def _values_at_key(tree: Any, word: str, key: str) -> list[Any] | None:
    """The values at a key of all objects of a map; None where it is not a map of objects."""
    parts = tree.get(word, {})
    if not isinstance(parts, dict) or not all(isinstance(each, dict) for each in parts.values()):
        return None
    return [each.get(key) for each in parts.values()]


def _customer_classes(tree: Any, read_traces: bool) -> tuple[tuple[str | None, str | None], ...] | None:
    """The pairs of customer and class of all requests, as far as stated; None where a trace does not tell."""
    pairs: list[tuple[str | None, str | None]] = []
    for _, stream in named_objects(tree, "demand"):
        of_stream, arrivals = (stream.get("customer"), stream.get("class")), stream.get("arrivals")
        content = arrivals.get("trace") if isinstance(arrivals, dict) else None
        if content is None or "in_place" in stream:
            pairs.append(of_stream)
        if content is None:
            continue
        trace = _try_read(
            partial(Trace.model_validate, context=Declarations(read_traces=read_traces)), content
        )
        if trace is None or trace.records is None:
            return None
        pairs += [
            (customer or of_stream[0], class_ or of_stream[1])
            for customer, class_, _ in trace.records.request_types
        ]
    return tuple(pairs)


def _try_read(read: Callable[..., _T], *arguments: object) -> _T | None:
    """What a reader gives; None where it raises, since the schema will complain of it at its place."""
    try:
        return read(*arguments)
    except (InvalidValueError, ValidationError):
        return None
