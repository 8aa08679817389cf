"""The schema of a scenario file: its keys, and what holds between them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator

from sim.scenario.construction import Hardware, Site
from sim.scenario.contracts import Contract
from sim.scenario.delays import Delay, DelayLaw, Stretch
from sim.scenario.demand import Stream, expected_requests, overdue_deals
from sim.scenario.distribution_properties import support
from sim.scenario.distributions import Distribution
from sim.scenario.event_counts import building_complaints, supply_complaints
from sim.scenario.expectations import ExpectationText
from sim.scenario.faults import Complaint, KeyPath
from sim.scenario.fields import SchemaObject, Text, declarations_of, raise_complaints
from sim.scenario.market import Overflow, Provider, Right, Waiting
from sim.scenario.milestones import MilestoneText
from sim.scenario.quantities import Instant, UncertainDistributions
from sim.scenario.resolution import resolve_tree, tree_fingerprint
from sim.scenario.scalars import Name, RandomSeed, ReplicationCount
from sim.scenario.supplies import Supply
from sim.scenario.validation import validate_tree
from sim.scenario.yaml_reader import YamlNode


def check_within_run(dates: Mapping[KeyPath, datetime], info: ValidationInfo) -> None:
    """Raise pydantic's errors for dates, by their paths, that are not between start and end."""
    start, end = info.data.get("start"), info.data.get("end")
    if not start or not end:
        return
    remedy = f"write a date from {start:%Y-%m-%d} to {end:%Y-%m-%d}"
    complaints = [
        Complaint("is not between start and end", remedy, at, path)
        for path, at in dates.items()
        if not start <= at < end
    ]
    if complaints:
        raise_complaints(complaints)


def check_traces_within_run(demand: Mapping[str, Stream], start: datetime, end: datetime) -> None:
    """Raise pydantic's errors for traces of which no request is asked within the run."""
    complaints = []
    for name, stream in demand.items():
        trace = stream.arrivals and stream.arrivals.trace
        if (
            trace
            and trace.records
            and sum(trace.count_outside(start, end, stream.lead.constant)) == len(trace.records)
        ):
            first, last = trace.asked_dates(start)
            message = f"asks from {first:%Y-%m-%d} to {last:%Y-%m-%d}, and so for nothing within the run"
            remedy = f"write other dates, or from: {start:%Y-%m-%d}, which moves it"
            complaints.append(Complaint(message, remedy, None, (name, "arrivals", "trace")))
    if complaints:
        raise_complaints(complaints)


MAX_REQUESTS = 1e8
"""The largest expected number of requests in one replication."""


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
    delays: dict[Name, DelayLaw] = Field(default_factory=dict)
    """Laws of delay, which buildings name in place of a slip."""
    contracts: dict[Name, Contract] = Field(default_factory=dict)
    """Money promised whatever is used."""
    milestones: dict[Name, MilestoneText] = Field(default_factory=dict)
    """Levels of power to be reached: of a metric that has `.at.DATE`; page one tells when each first is."""
    expect: tuple[ExpectationText, ...] = ()
    """What must hold, as `unserved_mw.mean.p90 < 2000`; `sim run --check` exits 1 where one does not."""

    _path: Path = PrivateAttr(default=Path("scenario.yaml"))
    _root: YamlNode | None = PrivateAttr(default=None)

    @classmethod
    def from_node(
        cls, root: YamlNode, path: Path, overrides: Mapping[str, object], read_traces: bool = True
    ) -> ScenarioFile:
        """The scenario that is written in a node, once overridden.

        Raises ScenarioError with all that is wrong. Without `read_traces`, the traces that it names are not read.
        """
        scenario, overridden = validate_tree(ScenarioFile, root, path, overrides, read_traces)
        scenario._path, scenario._root = path, overridden
        return scenario

    @property
    def path(self) -> Path:
        """The file that it was read from."""
        return self._path

    @property
    def name(self) -> str:
        """The name of its file, without the ending."""
        return self._path.stem

    @property
    def tree(self) -> dict[str, Any]:
        """What is written, after extends and overrides, as texts in maps and lists."""
        assert self._root is not None, "read by sim.scenario.reading"
        return dict(self._root.to_plain())

    def node_at(self, path: tuple[str | int, ...]) -> YamlNode:
        """The node at a path, or else the last one on the way there."""
        assert self._root is not None, "read by sim.scenario.reading"
        return self._root.at(path)

    def replace(self, overrides: Mapping[str, object]) -> ScenarioFile:
        """A validated copy in which something else stands at some dotted paths."""
        assert self._root is not None, "read by sim.scenario.reading"
        return self.from_node(self._root, self.path, overrides)

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
        """Whether the same is assumed, wherever it was written."""
        return isinstance(other, ScenarioFile) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(self.fingerprint())

    @field_validator("end")
    @classmethod
    def check_end_after_start(cls, end: datetime, info: ValidationInfo) -> datetime:
        """Check that the end comes after the start."""
        if (start := info.data.get("start")) and end <= start:
            raise_complaints([Complaint("is not after start", f"write a date after {start:%Y-%m-%d}", end)])
        return end

    @field_validator("measure_from")
    @classmethod
    def check_measure_from(cls, at: datetime, info: ValidationInfo) -> datetime:
        """Check that the measuring begins within the run."""
        check_within_run({(): at}, info)
        return at

    @field_validator("report_at")
    @classmethod
    def check_report_at(cls, dates: tuple[datetime, ...], info: ValidationInfo) -> tuple[datetime, ...]:
        """Check that the dates of reports are within the run."""
        check_within_run({(position,): at for position, at in enumerate(dates)}, info)
        # Metrics are called by the second, as `unserved_mw.at.2026-12-31T12:00:00`.
        seconds = [at.replace(microsecond=0) for at in dates]
        complaints = [
            Complaint("is in the same second as one before it", "write it once", at, (position,))
            for position, at in enumerate(dates)
            if seconds[position] in seconds[:position]
        ]
        if complaints:
            raise_complaints(complaints)
        return dates

    @field_validator("sites")
    @classmethod
    def check_sites(cls, sites: dict[str, Site], info: ValidationInfo) -> dict[str, Site]:
        """Check what is in place and how much happens.

        What is in place stands in what is online, as far as both are certain; and no more is built, or goes out,
        than can be simulated.
        """
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
        if (start := info.data.get("start")) and (end := info.data.get("end")):
            complaints += building_complaints(sites, start, end, declarations_of(info).uncertain or {})
        if complaints:
            raise_complaints(complaints)
        return sites

    @field_validator("supplies")
    @classmethod
    def check_arrival_count(cls, supplies: dict[str, Supply], info: ValidationInfo) -> dict[str, Supply]:
        """Check that what arrives comes seldom enough to be simulated."""
        end = info.data.get("end")
        complaints = supply_complaints(supplies, end, declarations_of(info).uncertain or {}) if end else []
        if complaints:
            raise_complaints(complaints)
        return supplies

    @field_validator("delays")
    @classmethod
    def check_leads(cls, delays: dict[str, Delay], info: ValidationInfo) -> dict[str, Delay]:
        """Check that a stretch has a lead to stretch, as far as grace and dates are certain."""
        start, complaints = info.data.get("start"), []
        for site_name, site in info.data.get("sites", {}).items() if start else ():
            for building_name, building in site.buildings.items():
                law = delays[building.delay].law if building.delay in delays else None
                if not isinstance(law, Stretch) or law.grace.constant != 0 or building.planned is None:
                    continue
                told = start if building.told is None else building.told.at
                if building.planned.at <= told and not building.planned.plus:
                    which = f"{building_name} of {site_name}"
                    message = f"has no grace, and {which} is not planned for later than it was told"
                    remedy = "write stretch.grace, as 30 d, or an earlier told"
                    complaints.append(Complaint(message, remedy, None, (building.delay, "stretch")))
        if complaints:
            raise_complaints(complaints)
        return delays

    @field_validator("waiting")
    @classmethod
    def check_appetites_without_bypass(cls, waiting: Waiting, info: ValidationInfo) -> Waiting:
        """Check that whoever is asked wants all, where nobody may pass who waits longer."""
        uncertain = declarations_of(info).uncertain or {}
        for name, provider in info.data.get("providers", {}).items() if not waiting.bypass else ():
            appetite = provider.appetite
            shares = [appetite] if isinstance(appetite, Distribution) else list((appetite or {}).values())
            if any(support(share, uncertain)[0] < 1 for share in shares):
                message = (
                    f"cannot be false where a provider may want less than 100 % of the requests ({name})"
                )
                remedy = "remove its appetite, or let others pass: bypass: true"
                raise_complaints([Complaint(message, remedy, "false", ("bypass",))])
        return waiting

    @field_validator("demand")
    @classmethod
    def check_deals_not_overdue(cls, demand: dict[str, Stream], info: ValidationInfo) -> dict[str, Stream]:
        """Check that no deal was asked, and has given up, before the start, as far as its dates are certain."""
        start = info.data.get("start")
        complaints = [
            Complaint(each.message, each.remedy, each.value, (name, *each.path))
            for name, stream in demand.items()
            if start
            for each in overdue_deals(stream, start, declarations_of(info).uncertain or {})
        ]
        if complaints:
            raise_complaints(complaints)
        return demand

    @field_validator("demand")
    @classmethod
    def check_request_count(cls, demand: dict[str, Stream], info: ValidationInfo) -> dict[str, Stream]:
        """Check that the requests are few enough to be simulated, and that those of a trace are within the run."""
        start, end = info.data.get("start"), info.data.get("end")
        if start and end:
            check_traces_within_run(demand, start, end)
            uncertain = declarations_of(info).uncertain or {}
            counts = {
                name: expected_requests(stream, end - start, uncertain) for name, stream in demand.items()
            }
            if sum(counts.values()) > MAX_REQUESTS:
                name = max(counts, key=counts.__getitem__)
                message = f"makes for {sum(counts.values()):.2g} requests, more than {MAX_REQUESTS:.0e}"
                raise_complaints([Complaint(message, "ask for fewer and larger ones", None, (name,))])
        return demand
