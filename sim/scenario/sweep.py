"""A sweep: which keys of a scenario are varied, over which values, and what is asked of it at every point?"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationError, ValidationInfo

from sim.scenario.description_keys import unwrap_value
from sim.scenario.designs import CONTINUOUS_DESIGNS, Design, Setting, read_design
from sim.scenario.distributions import Distribution
from sim.scenario.expectations import parse_expectation
from sim.scenario.factors import Factor, distribution_factor, levels_factor, range_factor
from sim.scenario.faults import (
    Complaint,
    ComplaintCollector,
    Fault,
    InvalidValueError,
    Place,
    ScenarioError,
    invalid_value,
)
from sim.scenario.fields import SchemaObject, Text, complaints_of, field_reader, read_text
from sim.scenario.merging import SchemaType, schema_type_of
from sim.scenario.quantities import WrittenQuantity, read_uncertain_distribution
from sim.scenario.reading import read_scenario, read_yaml_file
from sim.scenario.scalars import Count, RandomSeed, ReplicationCount, list_reader
from sim.scenario.schema import ExpectationText, ScenarioFile
from sim.scenario.schema_objects import describe_syntax
from sim.scenario.yaml_reader import YamlNode, fault_at, file_error

STUDY_LEVEL_KEYS = ("title", "replications", "seed", "expect", "source", "note", "confidence")
"""Keys of a scenario that have no effect in a sweep, which has its own."""
MAX_RUNS = 100_000_000

PathList = Annotated[tuple[str, ...], list_reader(read_text, "a list of paths, as in `--set`")]


class Lever(SchemaObject):
    """What one can choose: the values that stand at one path, or at several together.

    It has `values`, or a range `from` one `to` another: in `steps`, or anywhere between.
    """

    paths: PathList | None = None
    """Where they stand; else the lever's name is the path."""
    values: Annotated[
        tuple[Any, ...] | None,
        field_reader(
            lambda written, info: read_values(written),
            list[WrittenQuantity | bool | None],
            "a list of values",
        ),
    ] = None
    """The values, each as it would be written there."""
    from_: Text | None = Field(default=None, alias="from")
    """The first value of a range: a quantity, a whole number or a date."""
    to: Text | None = None
    """Its last value."""
    steps: Count | None = None
    """How many values it has, both ends counted; else it is continuous, which a grid cannot cross."""

    @classmethod
    def ineffective_keys(cls, given: Mapping[str, Any]) -> dict[str, str]:
        """A list of values is no range."""
        keys = ("from", "to", "steps") if "values" in given else ()
        return dict.fromkeys(keys, "has no meaning beside values")

    @classmethod
    def combination_complaints(cls, given: Mapping[str, Any]) -> Iterator[Complaint]:
        """It has values, or both ends of a range."""
        if "values" not in given and not {"from", "to"} <= set(given):
            remedy = "write a list of values, or {from: 0 d, to: 180 d, steps: 7}"
            yield Complaint("says not which values it takes", remedy)


class Uncertainty(SchemaObject):
    """What nobody can choose: a law of what stands at one path, or at several together."""

    phrase: ClassVar[str] = "an uncertainty"

    paths: PathList | None = None
    """Where it stands; else the uncertainty's name is the path."""
    law: Annotated[
        Distribution,
        field_reader(
            lambda written, info: read_uncertain_distribution(written, {}),
            WrittenQuantity,
            "a law, of any dimension",
        ),
    ]
    """How it is distributed; each point has one value of it."""


def read_values(written: object) -> tuple[Any, ...]:
    """Which values are in a list? Raises `Wrong` where there is none."""
    if not isinstance(written, list | tuple) or not written:
        raise invalid_value("is no list of values", "write [..., ...]", written)
    return tuple(written)


def read_lever(written: object, info: ValidationInfo) -> Lever:
    """Which lever is written? A list is its values."""
    stated = {"values": written} if isinstance(written, list | tuple) else written
    return Lever.model_validate(stated, context=info.context)


def read_uncertainty(written: object, info: ValidationInfo) -> Uncertainty:
    """Which uncertainty is written? A law may stand for itself, with its source beside it."""
    if isinstance(written, Mapping) and "law" not in written and "paths" not in written:
        unwrap_value(written)
        described = {key: part for key, part in written.items() if key in ("source", "confidence", "note")}
        try:
            return Uncertainty.model_validate({"law": written, **described}, context=info.context)
        except ValidationError as error:
            raise InvalidValueError(
                *(Complaint(**{**vars(each), "path": each.path[1:]}) for each in complaints_of(error))
            ) from None
    return Uncertainty.model_validate(written, context=info.context)


def read_by_path(written: object, info: ValidationInfo, reader: Any) -> dict[str, Any]:
    """What stands under each path or name?"""
    if not isinstance(written, Mapping):
        raise invalid_value("is not a map of paths", "write PATH: ... for each", written)
    found, gathering = {}, ComplaintCollector()
    for name, part in written.items():
        with gathering.under(name):
            try:
                found[str(name)] = reader(part, info)
            except ValidationError as error:
                raise InvalidValueError(*complaints_of(error)) from None
    gathering.raise_if_any()
    return found


class SweepFile(SchemaObject):
    """A designed study of one scenario."""

    phrase: ClassVar[str] = "a sweep"

    title: Text | None = None
    """What this sweep asks, in a line."""
    scenario: Text
    """The scenario file, relative to this one."""
    levers: Annotated[
        dict[str, Lever],
        field_reader(
            lambda written, info: read_by_path(written, info, read_lever),
            dict[str, Lever | list[Any]],
            "for each path: values",
        ),
    ] = Field(default_factory=dict)
    """What one can choose, by its path in the scenario, or by any name with `paths`."""
    uncertainties: Annotated[
        dict[str, Uncertainty],
        field_reader(
            lambda written, info: read_by_path(written, info, read_uncertainty),
            dict[str, Uncertainty | WrittenQuantity],
            "for each path: a law",
        ),
    ] = Field(default_factory=dict)
    """What nobody can choose, by its path in the scenario, or by any name with `paths`."""
    design: Annotated[
        Design,
        field_reader(read_design, str | dict[str, Setting], "`grid`, `one at a time`, or one with settings"),
    ]
    """Which points are played."""
    replications: ReplicationCount | None = None
    """How many futures are sampled at each point, the same at all; else as the scenario says."""
    seed: RandomSeed | None = None
    """What all draws come from, and the design; else as the scenario says."""
    outcomes: Annotated[tuple[str, ...] | None, list_reader(read_text, "a list of metrics")] = None
    """Which metrics are kept; else all."""
    expect: tuple[ExpectationText, ...] = ()
    """What must hold at every point, as `unserved_mw.mean.p90 < 2000`."""


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
        """What it is called: its file without the ending."""
        return self.path.stem

    @property
    def design(self) -> Design:
        """Which points are played."""
        return self.file.design

    @property
    def outcomes(self) -> tuple[str, ...] | None:
        """Which metrics are kept, those that are expected something of included; None for all."""
        if self.file.outcomes is None:
            return None
        expected = [parse_expectation(each).metric for each in self.file.expect]
        return tuple(dict.fromkeys([*self.file.outcomes, *expected]))

    def fault(
        self, path: tuple[str | int, ...], message: str, remedy: str, value: str | None = None
    ) -> Fault:
        """Something wrong at a place of the file."""
        return fault_at(Complaint(message, remedy, value, path), self.root)


def read_sweep(path: Path, replications: int | None = None, seed: int | None = None) -> SweepExperiment:
    """Which sweep does a file describe? Raises ScenarioError with all that is wrong in it, and in its scenario."""
    root = read_yaml_file(path, "a sweep file")
    if not isinstance(root.value, dict):
        raise file_error(root.place, "is no sweep", "write keys, such as scenario: ../announced-2025.yaml")
    if (
        not root.value.keys() & {"scenario", "design", "levers", "uncertainties"}
        and root.value.keys() & SCENARIO_ONLY_KEYS
    ):
        remedy = f"name a sweep file, which says scenario: {path.name}; sim run plays a scenario"
        raise file_error(Place(str(path)), "is a scenario, not a sweep", remedy)
    faults: list[Fault] = []
    scenario: ScenarioFile | None = None
    written: SweepFile | None = None
    factors: tuple[Factor, ...] = ()
    try:
        written = SweepFile.model_validate(root.to_plain())
        factors, wrongs = factors_of(written)
        faults += [fault_at(each, root) for each in wrongs]
    except ValidationError as error:
        faults += [fault_at(each, root) for each in complaints_of(error)]
    stated = root.value.get("scenario")
    if stated is not None and isinstance(stated.value, str):
        base = path.parent / stated.value
        try:
            if not base.is_file():
                raise file_error(stated.place, "is no file", f"looked for {base}", stated.value, "scenario")
            scenario = read_scenario(base)
        except ScenarioError as error:
            faults += error.faults
    if faults or written is None or scenario is None:
        raise ScenarioError(
            sorted(faults, key=lambda each: (each.file != str(path), each.file, each.line or 0))
        )
    return SweepExperiment(
        file=written,
        path=path,
        root=root,
        scenario=scenario,
        factors=factors,
        replications=first_stated(replications, written.replications, scenario.replications),
        seed=first_stated(seed, written.seed, scenario.seed),
    )


def first_stated(*numbers: int | None) -> int:
    """The first number that is stated."""
    return next(each for each in numbers if each is not None)


SCENARIO_ONLY_KEYS = {"extends", *ScenarioFile.field_by_key()} - SweepFile.field_by_key().keys()
"""Keys by which a scenario is known for one."""
RESERVED_NAMES = ("point", "replication", "error")


def factors_of(written: SweepFile) -> tuple[tuple[Factor, ...], list[Complaint]]:
    """What is varied, and what is wrong with it?"""
    found: list[Factor] = []
    gathering = ComplaintCollector()
    seen: dict[str, str] = {}
    for key, parts in (("levers", written.levers), ("uncertainties", written.uncertainties)):
        for name, each in parts.items():
            with gathering.under(key, name):
                if name in RESERVED_NAMES:
                    raise invalid_value("is the name of a column of every sweep", "choose another", name)
                for path in each.paths or (name,):
                    if path.partition(".")[0] in STUDY_LEVEL_KEYS:
                        raise invalid_value("has no effect in a sweep", "set it in the sweep itself", path)
                    if path in seen:
                        raise invalid_value(f"is varied by {seen[path]} too", "vary it once", path)
                    seen[path] = name
                    if isinstance(each, Uncertainty) and (what := syntax_without_distribution(path)):
                        raise invalid_value(
                            f"takes no law, but {what}", "make it a lever, with a list of values", path
                        )
                found.append(factor_of(name, each, written.design.kind))
    if not found and not gathering.complaints:
        gathering.complaints.append(
            Complaint(
                "varies nothing", "write levers: {PATH: [..., ...]}, or uncertainties", None, ("levers",)
            )
        )
    return tuple(found), gathering.complaints


def syntax_without_distribution(path: str) -> str:
    """What stands at a path where no law may? Empty where one may, or where the schema does not tell."""
    kind: SchemaType = ScenarioFile
    said = ""
    for key in path.split("."):
        if not isinstance(kind, type):
            said, kind = "", kind.value_type if kind else None
        elif key in kind.field_by_key():
            field = kind.model_fields[kind.field_by_key()[key]]
            said = (
                ""
                if Distribution in annotation_types(field.annotation)
                else describe_syntax(field.annotation, field.metadata)
            )
            kind = schema_type_of(field.annotation)
        else:
            return ""
    return said


def annotation_types(annotation: Any) -> list[Any]:
    """All types that an annotation speaks of."""
    return [annotation, *(each for part in typing.get_args(annotation) for each in annotation_types(part))]


def factor_of(name: str, entry: Lever | Uncertainty, design: str) -> Factor:
    """What is varied by a lever or an uncertainty?"""
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
