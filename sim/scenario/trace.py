"""The schema of recorded demand: which file is a trace, and how it is to be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, PrivateAttr, ValidationInfo, model_validator

from sim.scenario.faults import Complaint, InvalidValueError
from sim.scenario.fields import (
    SchemaObject,
    Text,
    declarations_of,
    field_reader,
    one_of,
    raise_complaints,
    read_text,
    text_default,
)
from sim.scenario.quantities import PositiveNumber, When
from sim.scenario.trace_formats import SWF_DEFAULT_COLUMNS, TRACE_FORMATS, TraceFormatName
from sim.scenario.trace_records import TraceRecords, read_trace
from sim.scenario.units import MEASURES, parse_quantity


class Columns(SchemaObject):
    """Which columns of a trace hold what.

    A csv or Parquet file needs `asked`. SWF has the columns `submit time`, `wait time`, `run time`, `requested
    time`, `allocated processors`, `requested processors`, `user`, `group`, `application`, `queue`, `partition`
    and the others of its definition, and here also `processors`: those requested, else those allocated. Its
    `submit time`, `processors` and `run time` are asked, size and term where nothing else is written.
    """

    phrase: ClassVar[str] = "columns"

    asked: Text | None = None
    """The column of the time of asking: numbers, or dates in UTC such as 2026-04-27T12:00:00Z."""
    size: Text | None = None
    """The column of the size."""
    term: Text | None = None
    """The column of the term."""
    class_: Text | None = Field(default=None, alias="class")
    """The column of the class."""
    customer: Text | None = None
    """The column of the customer."""
    priority: Text | None = None
    """The column of the priority."""


FIELD_BY_COLUMN = {"asked": "asked", "size": "size", "term": "term", "class": "class_", "customer": "customer",
           "priority": "priority"}  # fmt: skip
"""The field of each column."""


def read_time_unit(written: object, info: ValidationInfo) -> str:
    """A unit of time as it is written. Raises InvalidValueError for another unit."""
    parse_quantity(f"1 {read_text(written, info)}", "duration")
    return str(written)


class Trace(SchemaObject):
    """Requests that were recorded, in a file.

    A row is a request; rows may stand in any order. What a row does not state, since no column holds it or its
    cell is empty, comes from the stream. Times are moved so that the first is `from`; what is then asked before
    the start, or after the end, is left out. Of a log in SWF (Standard Workload Format, compressed by gzip or
    not), jobs whose size or term is unknown (-1) or 0 are left out, and lines that tell of a part of a job.
    `sim check` counts what is left out.
    """

    file: Text
    """The file, relative to the one that names it."""
    format: Annotated[TraceFormatName, one_of(*TRACE_FORMATS)]
    """How it is written: csv has commas and a header."""
    columns: Columns = Field(default_factory=Columns)
    """Which of its columns hold what."""
    from_: When | None = Field(default=None, alias="from")
    """The date at which its first request is asked; else the start."""
    kw_per_unit: PositiveNumber = text_default("1")
    """How many kW one unit of its sizes is."""
    time_unit: Annotated[str, field_reader(read_time_unit, str, "a unit of time")] = "s"
    """The unit of its times, where they are numbers."""
    sha256: Text | None = None
    """The SHA-256 that the file must have; a run notes that of the file which it has read."""

    _records: TraceRecords | None = PrivateAttr(default=None)

    @classmethod
    def combination_complaints(cls, given: Mapping[str, Any]) -> Iterator[Complaint]:
        """A csv or Parquet file must name the column of asking."""
        columns = given.get("columns", {})
        if (
            given.get("format") in ("csv", "parquet")
            and isinstance(columns, Mapping)
            and "asked" not in columns
        ):
            message = "do not say when a request is asked"
            yield Complaint(message, "write columns: {asked: COLUMN, ...}", None, ("columns",))

    @model_validator(mode="after")
    def read_records(self, info: ValidationInfo) -> Self:
        """Read the file, so that its records go with the scenario wherever that goes."""
        if not declarations_of(info).read_traces:
            return self
        unit = parse_quantity(f"1 {self.time_unit}", "duration")
        try:
            records = read_trace(self.file, self.format, self.column_by_key, unit)
        except InvalidValueError as error:
            raise_complaints(error.complaints)
        if self.sha256 and self.sha256.lower() != records.sha256:
            message = f"is not the SHA-256 of the file, which has {records.sha256}"
            raise_complaints(
                [Complaint(message, "bring back the file that had it", self.sha256, ("sha256",))]
            )
        factor = self.kw_per_unit.constant or 1.0
        if records.largest * factor > MEASURES["power"].max_size:
            message = f"makes a request of {records.largest * factor:.2g} kW, beyond what can be simulated"
            raise_complaints([Complaint(message, "write less", f"{factor:g}", ("kw_per_unit",))])
        self._records = records
        # The object is frozen for everyone else; a field set here is part of what it equals.
        self.__dict__["sha256"] = records.sha256
        return self

    @property
    def column_by_key(self) -> dict[str, str]:
        """The names of the columns by what they hold, as named here, else as SWF has them."""
        named = {key: getattr(self.columns, name) for key, name in FIELD_BY_COLUMN.items()}
        stated = {key: name for key, name in named.items() if name}
        return SWF_DEFAULT_COLUMNS | stated if self.format == "swf" else stated

    def count_outside(self, start: datetime, end: datetime) -> tuple[int, int]:
        """The numbers of requests that are asked before the start, and at the end or after; 0 if the date varies."""
        if self.records is None or (self.from_ and self.from_.plus):
            return 0, 0
        import numpy as np

        first = self.from_.at if self.from_ else start
        asked, micro = self.records.asked, timedelta(microseconds=1)
        before, until_end = np.searchsorted(asked, [(start - first) // micro, (end - first) // micro])
        return int(before), len(asked) - int(until_end)

    @property
    def records(self) -> TraceRecords | None:
        """The records of the file; None where it was not read, since only a saved run was opened."""
        return self._records
