"""A sweep: which keys of a scenario are varied, over which values, and what is asked of it at every point?"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationError, ValidationInfo

from sim.scenario.designs import CONTINUOUS, Design, Setting, read_design
from sim.scenario.expectations import parse_expectation
from sim.scenario.factors import Factor, levels_of, of_law, range_of
from sim.scenario.faults import Complaint, Fault, Gathering, Place, ScenarioError, Wrong, wrong
from sim.scenario.fields import Described, Text, read_text, reads
from sim.scenario.laws import Law
from sim.scenario.merging import Kind, kind_of
from sim.scenario.objects import says
from sim.scenario.quantities import Quantity, uncertain_law
from sim.scenario.reading import load, placed, read_file, told
from sim.scenario.schema import Expected, ScenarioFile
from sim.scenario.statements import unwrapped
from sim.scenario.words import Count, Replications, Seed, several
from sim.scenario.written import Node, refused

__all__ = ["Design", "Lever", "Sweep", "SweepFile", "Uncertainty", "read_sweep"]

OWN = ("title", "replications", "seed", "expect", "source", "note", "confidence")
"""Keys of a scenario that have no effect in a sweep, which has its own."""
MOST_RUNS = 100_000_000

Texts = Annotated[tuple[str, ...], several(read_text, "a list of paths, as in `--set`")]


class Lever(Described):
    """What one can choose: the values that stand at one path, or at several together.

    It has `values`, or a range `from` one `to` another: in `steps`, or anywhere between.
    """

    paths: Texts | None = None
    """Where they stand; else the lever's name is the path."""
    values: Annotated[
        tuple[Any, ...] | None,
        reads(lambda written, info: listed(written), list[Quantity | bool | None], "a list of values"),
    ] = None
    """The values, each as it would be written there."""
    from_: Text | None = Field(default=None, alias="from")
    """The first value of a range: a quantity, a whole number or a date."""
    to: Text | None = None
    """Its last value."""
    steps: Count | None = None
    """How many values it has, both ends counted; else it is continuous, which a grid cannot cross."""

    @classmethod
    def idle(cls, given: Mapping[str, Any]) -> dict[str, str]:
        """A list of values is no range."""
        keys = ("from", "to", "steps") if "values" in given else ()
        return dict.fromkeys(keys, "has no meaning beside values")

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterator[Complaint]:
        """It has values, or both ends of a range."""
        if "values" not in given and not {"from", "to"} <= set(given):
            remedy = "write a list of values, or {from: 0 d, to: 180 d, steps: 7}"
            yield Complaint("says not which values it takes", remedy)


class Uncertainty(Described):
    """What nobody can choose: a law of what stands at one path, or at several together."""

    called: ClassVar[str] = "an uncertainty"

    paths: Texts | None = None
    """Where it stands; else the uncertainty's name is the path."""
    law: Annotated[
        Law, reads(lambda written, info: uncertain_law(written, {}), Quantity, "a law, of any dimension")
    ]
    """How it is distributed; each point has one value of it."""


def listed(written: object) -> tuple[Any, ...]:
    """Which values are in a list? Raises `Wrong` where there is none."""
    if not isinstance(written, list | tuple) or not written:
        raise wrong("is no list of values", "write [..., ...]", written)
    return tuple(written)


def read_lever(written: object, info: ValidationInfo) -> Lever:
    """Which lever is written? A list is its values."""
    stated = {"values": written} if isinstance(written, list | tuple) else written
    return Lever.model_validate(stated, context=info.context)


def read_uncertainty(written: object, info: ValidationInfo) -> Uncertainty:
    """Which uncertainty is written? A law may stand for itself, with its source beside it."""
    if isinstance(written, Mapping) and "law" not in written and "paths" not in written:
        unwrapped(written)
        described = {key: part for key, part in written.items() if key in ("source", "confidence", "note")}
        try:
            return Uncertainty.model_validate({"law": written, **described}, context=info.context)
        except ValidationError as error:
            raise Wrong(
                *(Complaint(**{**vars(each), "path": each.path[1:]}) for each in told(error))
            ) from None
    return Uncertainty.model_validate(written, context=info.context)


def named(written: object, info: ValidationInfo, reader: Any) -> dict[str, Any]:
    """What stands under each path or name?"""
    if not isinstance(written, Mapping):
        raise wrong("is not a map of paths", "write PATH: ... for each", written)
    found, gathering = {}, Gathering()
    for name, part in written.items():
        with gathering.under(name):
            try:
                found[str(name)] = reader(part, info)
            except ValidationError as error:
                raise Wrong(*told(error)) from None
    gathering.settle()
    return found


class SweepFile(Described):
    """A designed study of one scenario."""

    called: ClassVar[str] = "a sweep"

    title: Text | None = None
    """What this sweep asks, in a line."""
    scenario: Text
    """The scenario file, relative to this one."""
    levers: Annotated[
        dict[str, Lever],
        reads(
            lambda written, info: named(written, info, read_lever),
            dict[str, Lever | list[Any]],
            "for each path: values",
        ),
    ] = Field(default_factory=dict)
    """What one can choose, by its path in the scenario, or by any name with `paths`."""
    uncertainties: Annotated[
        dict[str, Uncertainty],
        reads(
            lambda written, info: named(written, info, read_uncertainty),
            dict[str, Uncertainty | Quantity],
            "for each path: a law",
        ),
    ] = Field(default_factory=dict)
    """What nobody can choose, by its path in the scenario, or by any name with `paths`."""
    design: Annotated[
        Design, reads(read_design, str | dict[str, Setting], "`grid`, `one at a time`, or one with settings")
    ]
    """Which points are played."""
    replications: Replications | None = None
    """How many futures are sampled at each point, the same at all; else as the scenario says."""
    seed: Seed | None = None
    """What all draws come from, and the design; else as the scenario says."""
    outcomes: Annotated[tuple[str, ...] | None, several(read_text, "a list of metrics")] = None
    """Which metrics are kept; else all."""
    expect: tuple[Expected, ...] = ()
    """What must hold at every point, as `unserved_mw.mean.p90 < 2000`."""


@dataclass(frozen=True)
class Sweep:
    """A sweep that was read and found right, as far as can be told before its points are put together."""

    written: SweepFile
    path: Path
    root: Node
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
        return self.written.design

    @property
    def outcomes(self) -> tuple[str, ...] | None:
        """Which metrics are kept, those that are expected something of included; None for all."""
        if self.written.outcomes is None:
            return None
        expected = [parse_expectation(each).metric for each in self.written.expect]
        return tuple(dict.fromkeys([*self.written.outcomes, *expected]))

    def fault(
        self, path: tuple[str | int, ...], message: str, remedy: str, value: str | None = None
    ) -> Fault:
        """Something wrong at a place of the file."""
        return placed(Complaint(message, remedy, value, path), self.root)


def read_sweep(path: Path, replications: int | None = None, seed: int | None = None) -> Sweep:
    """Which sweep does a file describe? Raises ScenarioError with all that is wrong in it, and in its scenario."""
    root = read_file(path, "a sweep file")
    if not isinstance(root.value, dict):
        raise refused(root.place, "is no sweep", "write keys, such as scenario: ../announced-2025.yaml")
    if (
        not root.value.keys() & {"scenario", "design", "levers", "uncertainties"}
        and root.value.keys() & SCENARIOS
    ):
        remedy = f"name a sweep file, which says scenario: {path.name}; sim run plays a scenario"
        raise refused(Place(str(path)), "is a scenario, not a sweep", remedy)
    faults: list[Fault] = []
    scenario: ScenarioFile | None = None
    written: SweepFile | None = None
    factors: tuple[Factor, ...] = ()
    try:
        written = SweepFile.model_validate(root.plain())
        factors, wrongs = factors_of(written)
        faults += [placed(each, root) for each in wrongs]
    except ValidationError as error:
        faults += [placed(each, root) for each in told(error)]
    stated = root.value.get("scenario")
    if stated is not None and isinstance(stated.value, str):
        base = path.parent / stated.value
        try:
            if not base.is_file():
                raise refused(stated.place, "is no file", f"looked for {base}", stated.value, "scenario")
            scenario = load(base)
        except ScenarioError as error:
            faults += error.faults
    if faults or written is None or scenario is None:
        raise ScenarioError(
            sorted(faults, key=lambda each: (each.file != str(path), each.file, each.line or 0))
        )
    return Sweep(
        written=written,
        path=path,
        root=root,
        scenario=scenario,
        factors=factors,
        replications=stated_first(replications, written.replications, scenario.replications),
        seed=stated_first(seed, written.seed, scenario.seed),
    )


def stated_first(*numbers: int | None) -> int:
    """The first number that is stated."""
    return next(each for each in numbers if each is not None)


SCENARIOS = {"extends", *ScenarioFile.fields()} - SweepFile.fields().keys()
"""Keys by which a scenario is known for one."""
TAKEN = ("point", "replication", "error")


def factors_of(written: SweepFile) -> tuple[tuple[Factor, ...], list[Complaint]]:
    """What is varied, and what is wrong with it?"""
    found: list[Factor] = []
    gathering = Gathering()
    seen: dict[str, str] = {}
    for key, parts in (("levers", written.levers), ("uncertainties", written.uncertainties)):
        for name, each in parts.items():
            with gathering.under(key, name):
                if name in TAKEN:
                    raise wrong("is the name of a column of every sweep", "choose another", name)
                for path in each.paths or (name,):
                    if path.partition(".")[0] in OWN:
                        raise wrong("has no effect in a sweep", "set it in the sweep itself", path)
                    if path in seen:
                        raise wrong(f"is varied by {seen[path]} too", "vary it once", path)
                    seen[path] = name
                    if isinstance(each, Uncertainty) and (what := no_law(path)):
                        raise wrong(
                            f"takes no law, but {what}", "make it a lever, with a list of values", path
                        )
                found.append(factor(name, each, written.design.kind))
    if not found and not gathering.complaints:
        gathering.complaints.append(
            Complaint(
                "varies nothing", "write levers: {PATH: [..., ...]}, or uncertainties", None, ("levers",)
            )
        )
    return tuple(found), gathering.complaints


def no_law(path: str) -> str:
    """What stands at a path where no law may? Empty where one may, or where the schema does not tell."""
    kind: Kind = ScenarioFile
    said = ""
    for key in path.split("."):
        if not isinstance(kind, type):
            said, kind = "", kind.of if kind else None
        elif key in kind.fields():
            field = kind.model_fields[kind.fields()[key]]
            said = "" if Law in members(field.annotation) else says(field.annotation, field.metadata)
            kind = kind_of(field.annotation)
        else:
            return ""
    return said


def members(annotation: Any) -> list[Any]:
    """All types that an annotation speaks of."""
    return [annotation, *(each for part in typing.get_args(annotation) for each in members(part))]


def factor(name: str, each: Lever | Uncertainty, design: str) -> Factor:
    """What is varied by a lever or an uncertainty?"""
    paths = each.paths or (name,)
    if isinstance(each, Uncertainty):
        return of_law(name, paths, each.law)
    if each.values is not None:
        return levels_of(name, paths, each.values)
    assert each.from_ is not None, "has been read"
    assert each.to is not None, "has been read"
    if each.steps is None and design not in CONTINUOUS:
        raise wrong(f"has no steps, which {design} needs", "write how many values it takes, as steps: 7")
    return range_of(name, paths, each.from_, each.to, each.steps)
