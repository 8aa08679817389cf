"""Reading of sweep files: the scenario, the factors that are varied, and whether they fit each other."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.scenario.designs import CONTINUOUS_DESIGNS, Design
from sim.scenario.distributions import Distribution
from sim.scenario.expectations import parse_expectation
from sim.scenario.factors import Factor, distribution_factor, levels_factor, range_factor
from sim.scenario.faults import (
    Complaint,
    ComplaintCollector,
    Fault,
    Place,
    ScenarioError,
    invalid_value,
    sort_faults,
)
from sim.scenario.fields import complaints_of
from sim.scenario.input_files import locate_file
from sim.scenario.merging import SchemaType, is_within, schema_type_of
from sim.scenario.reading import SWEEP_ONLY_KEYS, missing_file_error, read_scenario, read_yaml_file
from sim.scenario.schema import ScenarioFile
from sim.scenario.schema_objects import describe_syntax
from sim.scenario.sweep_schema import Lever, SweepFile, Uncertainty
from sim.scenario.yaml_reader import YamlNode, fault_at, file_error

STUDY_LEVEL_KEYS = ("title", "replications", "seed", "expect", "source", "note", "confidence")
"""Keys of a scenario that have no effect in a sweep, which has its own."""
MAX_RUNS = 100_000_000
"""The largest number of replications, over all points, that a run or a sweep may ask for."""


@dataclass(frozen=True)
class SweepExperiment:
    """A sweep that was read and found right, as far as can be told before its points are put together."""

    file: SweepFile
    path: Path
    root: YamlNode
    scenario: ScenarioFile
    factors: tuple[Factor, ...]
    replications: int
    seed: int

    @property
    def name(self) -> str:
        """The name of its file, without the ending."""
        return self.path.stem

    @property
    def design(self) -> Design:
        """The design, which says which points are played."""
        return self.file.design

    @property
    def outcomes(self) -> tuple[str, ...] | None:
        """The metrics that are kept, with those of the expectations; None for all."""
        if self.file.outcomes is None:
            return None
        expected = [parse_expectation(each).metric for each in self.file.expect]
        return tuple(dict.fromkeys([*self.file.outcomes, *expected]))

    def fault(
        self, path: tuple[str | int, ...], message: str, remedy: str, value: str | None = None
    ) -> Fault:
        """A fault at a place of the sweep file."""
        return fault_at(Complaint(message, remedy, value, path), self.root)


def read_sweep(path: Path, replications: int | None = None, seed: int | None = None) -> SweepExperiment:
    """The sweep of a file. Raises ScenarioError with all that is wrong in it, and in its scenario."""
    root = read_yaml_file(path, "a sweep file")
    if not isinstance(root.value, dict):
        raise file_error(root.place, "is not a sweep", "write keys, such as scenario: ../announced-2025.yaml")
    if not root.value.keys() & {"scenario", *SWEEP_ONLY_KEYS} and root.value.keys() & SCENARIO_ONLY_KEYS:
        remedy = f"name a sweep file, which says scenario: {path.name}; sim run plays a scenario"
        raise file_error(Place(str(path)), "is a scenario, not a sweep", remedy)
    faults: list[Fault] = []
    scenario: ScenarioFile | None = None
    file: SweepFile | None = None
    factors: tuple[Factor, ...] = ()
    try:
        file = SweepFile.model_validate(root.to_plain())
        factors, complaints = factors_of(file)
        faults += [fault_at(each, root) for each in complaints]
    except ValidationError as error:
        faults += [fault_at(each, root) for each in complaints_of(error)]
    node = root.value.get("scenario")
    if node is not None and isinstance(node.value, str):
        base = locate_file(path.parent, node.value)
        try:
            if base is None:
                raise missing_file_error(node, path.parent / node.value, "scenario")
            scenario = read_scenario(base)
        except ScenarioError as error:
            faults += error.faults
    if faults or file is None or scenario is None:
        raise ScenarioError(sort_faults(faults, path))
    return SweepExperiment(
        file=file,
        path=path,
        root=root,
        scenario=scenario,
        factors=factors,
        replications=first_stated(replications, file.replications, scenario.replications),
        seed=first_stated(seed, file.seed, scenario.seed),
    )


def first_stated(*numbers: int | None) -> int:
    """The first number that is stated."""
    return next(each for each in numbers if each is not None)


SCENARIO_ONLY_KEYS = {"extends", *ScenarioFile.field_by_key()} - SweepFile.field_by_key().keys()
"""Keys by which a scenario is known for one."""
RESERVED_NAMES = ("point", "replication", "error")
"""Columns of every table of a sweep, which no factor may be called."""


def factors_of(file: SweepFile) -> tuple[tuple[Factor, ...], list[Complaint]]:
    """The factors of a sweep, and the complaints about them."""
    factors: list[Factor] = []
    collector = ComplaintCollector()
    seen: dict[str, str] = {}
    for key, parts in (("levers", file.levers), ("uncertainties", file.uncertainties)):
        for name, each in parts.items():
            with collector.under(key, name):
                if name in RESERVED_NAMES:
                    raise invalid_value("is the name of a column of every sweep", "choose another", name)
                for path in each.paths or (name,):
                    if path.partition(".")[0] in STUDY_LEVEL_KEYS:
                        raise invalid_value("has no effect in a sweep", "set it in the sweep itself", path)
                    if path in seen:
                        raise invalid_value(f"is varied by {seen[path]} too", "vary it once", path)
                    for other, factor in seen.items():
                        if is_within(path, other) or is_within(other, path):
                            inner, outer = (path, other) if is_within(path, other) else (other, path)
                            remedy = f"vary {inner} alone, or put its values into those of {outer}"
                            raise invalid_value(f"overlaps with {other}, which {factor} varies", remedy, path)
                    seen[path] = name
                    if isinstance(each, Uncertainty) and (syntax := syntax_without_distribution(path)):
                        raise invalid_value(
                            f"takes no law, but {syntax}", "make it a lever, with a list of values", path
                        )
                factors.append(factor_of(name, each, file.design.kind))
    if not factors and not collector.complaints:
        collector.complaints.append(
            Complaint(
                "varies nothing", "write levers: {PATH: [..., ...]}, or uncertainties", None, ("levers",)
            )
        )
    return tuple(factors), collector.complaints


def syntax_without_distribution(path: str) -> str:
    """What may stand at a path where no distribution may; empty where one may, or where the schema does not tell."""
    schema_type: SchemaType = ScenarioFile
    syntax = ""
    for key in path.split("."):
        if not isinstance(schema_type, type):
            syntax, schema_type = "", schema_type.value_type if schema_type else None
        elif key in schema_type.field_by_key():
            field = schema_type.model_fields[schema_type.field_by_key()[key]]
            syntax = (
                ""
                if Distribution in annotation_types(field.annotation)
                else describe_syntax(field.annotation, field.metadata)
            )
            schema_type = schema_type_of(field.annotation)
        else:
            return ""
    return syntax


def annotation_types(annotation: Any) -> list[Any]:
    """All types in an annotation, itself first."""
    return [annotation, *(each for part in typing.get_args(annotation) for each in annotation_types(part))]


def factor_of(name: str, entry: Lever | Uncertainty, design: str) -> Factor:
    """The factor of a lever or an uncertainty. Raises InvalidValueError."""
    paths = entry.paths or (name,)
    if isinstance(entry, Uncertainty):
        return distribution_factor(name, paths, entry.law)
    if entry.values is not None:
        return levels_factor(name, paths, entry.values)
    assert entry.from_ is not None, "has been read"
    assert entry.to is not None, "has been read"
    if entry.steps is None and design not in CONTINUOUS_DESIGNS:
        raise invalid_value(
            f"has no steps, which {design} needs", "write how many values it takes, as steps: 7"
        )
    return range_factor(name, paths, entry.from_, entry.to, entry.steps)
