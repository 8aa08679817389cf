"""The schema of a sweep file: its levers, its uncertainties, and what is asked at every point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationError, ValidationInfo

from sim.scenario.description_keys import DESCRIPTION_KEYS, unwrap_value
from sim.scenario.designs import Design, Setting, read_design
from sim.scenario.distributions import Distribution
from sim.scenario.expectations import ExpectationText
from sim.scenario.faults import Complaint, ComplaintCollector, InvalidValueError, invalid_value
from sim.scenario.fields import SchemaObject, Text, complaints_of, field_reader, read_text
from sim.scenario.quantities import WrittenQuantity, read_uncertain_distribution
from sim.scenario.scalars import Count, RandomSeed, ReplicationCount, list_reader

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
        """A list of values is not a range."""
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
    """The values of a list. Raises InvalidValueError where there is none."""
    if not isinstance(written, list | tuple) or not written:
        raise invalid_value("is not a list of values", "write [..., ...]", written)
    return tuple(written)


def read_lever(written: object, info: ValidationInfo) -> Lever:
    """The lever that is written; a list is its values."""
    content = {"values": written} if isinstance(written, list | tuple) else written
    return Lever.model_validate(content, context=info.context)


def read_uncertainty(written: object, info: ValidationInfo) -> Uncertainty:
    """The uncertainty that is written; a distribution may stand for itself, with its source beside it."""
    if isinstance(written, Mapping) and "law" not in written and "paths" not in written:
        unwrap_value(written)  # raises where its confidence is none
        described = {key: part for key, part in written.items() if key in DESCRIPTION_KEYS}
        try:
            return Uncertainty.model_validate({"law": written, **described}, context=info.context)
        except ValidationError as error:
            # The key `law` is ours, and not in the file.
            raise InvalidValueError(
                *(Complaint(**{**vars(each), "path": each.path[1:]}) for each in complaints_of(error))
            ) from None
    return Uncertainty.model_validate(written, context=info.context)


def read_by_path(written: object, info: ValidationInfo, reader: Any) -> dict[str, Any]:
    """The entries of a map of paths or names, each by a reader. Raises InvalidValueError with all that is wrong."""
    if not isinstance(written, Mapping):
        raise invalid_value("is not a map of paths", "write PATH: ... for each", written)
    entries, collector = dict[str, Any](), ComplaintCollector()
    for name, part in written.items():
        with collector.under(name):
            try:
                entries[str(name)] = reader(part, info)
            except ValidationError as error:
                raise InvalidValueError(*complaints_of(error)) from None
    collector.raise_if_any()
    return entries


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
