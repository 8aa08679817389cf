"""The scenario as a whole: which keys does a file have, and what do they mean?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator

from sim.scenario.construction import Hardware, Site
from sim.scenario.demand import Stream, expected_requests
from sim.scenario.expectations import parse_expectation
from sim.scenario.faults import Complaint, ComplaintCollector, invalid_value
from sim.scenario.fields import SchemaObject, Text, declarations_of, field_reader, raise_complaints, read_text
from sim.scenario.market import Contract, Overflow, Provider, Right, Waiting
from sim.scenario.quantities import Instant, UncertainDistributions
from sim.scenario.resolution import resolve_tree, tree_fingerprint
from sim.scenario.scalars import Name, RandomSeed, ReplicationCount
from sim.scenario.schema_objects import describe_objects
from sim.scenario.supplies import Supply
from sim.scenario.yaml_reader import YamlNode


def read_expectation(written: object, info: ValidationInfo) -> str:
    """Which expectation is written? As it is written, once it reads as one."""
    text = read_text(written, info)
    parse_expectation(text)
    return text


ExpectationText = Annotated[str, field_reader(read_expectation, str, "`METRIC.STATISTIC < NUMBER`")]


def check_within_run(at: datetime, info: ValidationInfo) -> None:
    """Raises `Wrong` where a date is not between start and end."""
    start, end = info.data.get("start"), info.data.get("end")
    if start and end and not start <= at < end:
        raise invalid_value(
            "is not between start and end", f"write a date from {start:%Y-%m-%d} to {end:%Y-%m-%d}", at
        )


MAX_REQUESTS = 1e8


class ScenarioFile(SchemaObject):
    """Everything that is assumed about one future, and how it is to be run."""

    phrase: ClassVar[str] = "a scenario"

    title: Text | None = None
    """What this scenario is, in a line."""
    start: Instant
    """When the simulation begins, in UTC."""
    end: Instant
    """When it ends: nothing happens at it or after."""
    measure_from: Instant = Field(default_factory=lambda data: data["start"])
    """Metrics leave out what is before; else they take in all from the start."""
    report_at: tuple[Instant, ...] = ()
    """Dates for which metrics tell the state, as `unserved_mw.at.2026-12-31`."""
    seed: RandomSeed = 1
    """What all draws come from; `sim run --seed` goes before it."""
    replications: ReplicationCount = 100
    """How many futures a run samples; `sim run --replications` goes before it."""
    uncertain: UncertainDistributions = Field(default_factory=dict)
    """Numbers that are not known: drawn once a replication, used as `$name`."""
    hardware: dict[Name, Hardware] = Field(default_factory=dict)
    """Kinds of computers."""
    demand: dict[Name, Stream] = Field(default_factory=dict)
    """Who asks for what: streams of requests."""
    providers: dict[Name, Provider] = Field(default_factory=dict)
    """Who sells."""
    rights: dict[Name, Right] = Field(default_factory=dict)
    """Who has the first word; the first in force that covers a request decides."""
    overflow: Overflow = Field(default_factory=Overflow)
    """Who is asked for what the holder did not take."""
    waiting: Waiting = Field(default_factory=Waiting)
    """How the waiting list is walked."""
    supplies: dict[Name, Supply] = Field(default_factory=dict)
    """What buildings need."""
    sites: dict[Name, Site] = Field(default_factory=dict)
    """Where capacity is, and is to come."""
    contracts: dict[Name, Contract] = Field(default_factory=dict)
    """Money promised whatever is used."""
    expect: tuple[ExpectationText, ...] = ()
    """What must hold, as `unserved_mw.mean.p90 < 2000`; `sim run --check` exits 1 where one does not."""

    _path: Path = PrivateAttr(default=Path("scenario.yaml"))
    _root: YamlNode | None = PrivateAttr(default=None)

    @property
    def path(self) -> Path:
        """The file that it was read from."""
        return self._path

    @property
    def name(self) -> str:
        """What it is called: its file without the ending."""
        return self._path.stem

    @property
    def tree(self) -> dict[str, Any]:
        """What is written, after extends and overrides: texts in maps and lists."""
        assert self._root is not None, "read by sim.scenario.reading"
        return dict(self._root.to_plain())

    def node_at(self, path: tuple[str | int, ...]) -> YamlNode:
        """What is written at a path, or else what it would stand in."""
        assert self._root is not None, "read by sim.scenario.reading"
        return self._root.at(path)

    def replace(self, overrides: Mapping[str, object]) -> ScenarioFile:
        """A validated copy in which something else stands at some dotted paths."""
        from sim.scenario.reading import override_scenario

        return override_scenario(self, overrides)

    def resolved_tree(self) -> dict[str, Any]:
        """What is written, with every default written out."""
        return dict(resolve_tree(self, self.tree))

    def resolved_yaml(self) -> str:
        """The same as a scenario file, which reads as an equal scenario."""
        from sim.scenario.yaml_writer import dump_yaml

        return dump_yaml(self.resolved_tree())

    def fingerprint(self) -> str:
        """A hash of the resolved scenario."""
        return tree_fingerprint(self.resolved_tree())

    def __eq__(self, other: object) -> bool:
        """Is the same assumed, wherever it was written?"""
        return isinstance(other, ScenarioFile) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(self.fingerprint())

    @field_validator("end")
    @classmethod
    def check_end_after_start(cls, end: datetime, info: ValidationInfo) -> datetime:
        """Time goes on."""
        if (start := info.data.get("start")) and end <= start:
            raise_complaints([Complaint("is not after start", f"write a date after {start:%Y-%m-%d}", end)])
        return end

    @field_validator("measure_from")
    @classmethod
    def check_measure_from(cls, at: datetime, info: ValidationInfo) -> datetime:
        """What is measured is simulated."""
        gathering = ComplaintCollector()
        with gathering.under():
            check_within_run(at, info)
        if gathering.complaints:
            raise_complaints(gathering.complaints)
        return at

    @field_validator("report_at")
    @classmethod
    def check_report_at(cls, dates: tuple[datetime, ...], info: ValidationInfo) -> tuple[datetime, ...]:
        """What is told is simulated."""
        gathering = ComplaintCollector()
        for position, at in enumerate(dates):
            with gathering.under(position):
                check_within_run(at, info)
        if gathering.complaints:
            raise_complaints(gathering.complaints)
        return dates

    @field_validator("sites")
    @classmethod
    def check_in_place_fits(cls, sites: dict[str, Site], info: ValidationInfo) -> dict[str, Site]:
        """What is in place stands in what is online, as far as that is certain."""
        complaints = []
        for name, site in sites.items():
            in_place_kw = sum(
                each.in_place[name].constant or 0.0
                for each in info.data.get("demand", {}).values()
                if name in each.in_place
            )
            online_kw = site.online.constant
            if online_kw is not None and online_kw < in_place_kw:
                message = f"is less than the {in_place_kw / 1000:g} MW that are in place there"
                complaints.append(
                    Complaint(
                        message, "write more, or less in place", f"{online_kw / 1000:g} MW", (name, "online")
                    )
                )
        if complaints:
            raise_complaints(complaints)
        return sites

    @field_validator("demand")
    @classmethod
    def check_request_count(cls, demand: dict[str, Stream], info: ValidationInfo) -> dict[str, Stream]:
        """The requests can be simulated."""
        start, end = info.data.get("start"), info.data.get("end")
        if start and end:
            known = declarations_of(info).uncertain or {}
            counts = {name: expected_requests(stream, end - start, known) for name, stream in demand.items()}
            if sum(counts.values()) > MAX_REQUESTS:
                name = max(counts, key=counts.__getitem__)
                message = f"makes for {sum(counts.values()):.2g} requests, more than {MAX_REQUESTS:.0e}"
                raise_complaints([Complaint(message, "ask for fewer and larger ones", None, (name,))])
        return demand


def nullable_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of what may also be null, as may what stands under names in it; another schema says it of objects."""
    null: dict[str, Any] = {"type": "null"}
    found = dict(schema)
    if isinstance(found.get("additionalProperties"), dict):
        found["additionalProperties"] = nullable_schema(found["additionalProperties"])
    if "enum" in found:
        found["enum"] = [*found["enum"], None]
    if isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
    if null not in found.get("anyOf", [null]):
        found["anyOf"] = [*found["anyOf"], null]
    return found


EXTENDS_DESCRIPTION = "A scenario file, relative to this one, that this one changes."


def editor_schema(root: type[SchemaObject] | None = None) -> dict[str, Any]:
    """The JSON Schema by which an editor completes a file, a scenario's if no other, in which nothing stands twice.

    No key is required, since a file may extend another that has it; and null may stand anywhere, since it removes
    what that one says.
    """
    root = root or ScenarioFile
    schema = root.model_json_schema()
    for each in describe_objects(root):
        part = schema["$defs"].get(each.object_type.__name__, schema)
        part.pop("required", None)
        part["type"] = ["object", "null"]
        for key in each.keys:
            part["properties"][key.name] = nullable_schema(part["properties"][key.name])
            part["properties"][key.name]["description"] = f"{key.meaning} Write {key.syntax}."
    if root is not ScenarioFile:
        return schema
    extends = {"type": "string", "description": EXTENDS_DESCRIPTION}
    schema["properties"] = {"extends": extends, **schema["properties"]}
    return schema
