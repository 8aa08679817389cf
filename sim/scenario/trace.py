"""The schema of recorded demand: which file is a trace, and how it is to be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

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
from sim.scenario.table_layout import TableKeys, ineffective_layout_keys, layout_complaints
from sim.scenario.trace_formats import SWF_DEFAULT_COLUMNS, TRACE_FORMATS, TraceFormatName
from sim.scenario.trace_records import NOT_STATED, TraceRecords, read_trace
from sim.scenario.trace_table import TraceReading
from sim.scenario.units import MEASURES, parse_quantity

EPOCH = datetime(1970, 1, 1)
ONE_DAY_US = 86_400e6


class Columns(SchemaObject):
    """Which columns of a trace hold what.

    `asked` is needed, but for a log in SWF, which has the columns `submit time`, `wait time`, `run time`, `requested
    time`, `allocated processors`, `requested processors`, `user`, `group`, `application`, `queue`, `partition`
    and the others of its definition, and here also `processors`: those requested, else those allocated. Its
    `submit time`, `processors` and `run time` are asked, size and term where nothing else is written.
    """

    phrase: ClassVar[str] = "columns"

    @classmethod
    def ineffective_keys(cls, given: Mapping[str, Any]) -> dict[str, str]:
        """A term says nothing beside an end."""
        return {"term": "has no meaning beside ended, which states the same"} if "ended" in given else {}

    asked: Text | None = None
    """The column of the time of asking: dates, or numbers."""
    wanted: Text | None = None
    """The column of the time from which it is wanted; else asked and the lead of the stream."""
    size: Text | None = None
    """The column of the size; a cell may state its unit, as `12 MW`."""
    term: Text | None = None
    """The column of the term; a cell may state its unit, as `18 mo`."""
    ended: Text | None = None
    """The column of the time of its end, in place of the term: ended - wanted."""
    class_: Text | None = Field(default=None, alias="class")
    """The column of the class."""
    customer: Text | None = None
    """The column of the customer."""
    priority: Text | None = None
    """The column of the priority."""


FIELD_BY_COLUMN = {"asked": "asked", "wanted": "wanted", "size": "size", "term": "term", "ended": "ended",
           "class": "class_", "customer": "customer", "priority": "priority"}  # fmt: skip
"""The field of each column."""


def read_time_unit(written: object, info: ValidationInfo) -> str:
    """A unit of time as it is written. Raises InvalidValueError for another unit."""
    parse_quantity(f"1 {read_text(written, info)}", "duration")
    return str(written)


class Trace(TableKeys):
    """Requests that were recorded, in a file.

    A row is a request; rows may stand in any order. What a row does not state, since no column holds it or its
    cell is empty, comes from the stream. Dates stay where they are: without a zone they are in UTC, with one they
    are converted. Times that are numbers are moved so that the first is at the start; with `from`, both are moved so
    that the first is there. What is asked before the start is left out, unless it is wanted at the start
    or after; so is what is asked at the end or after. A row that states
    its end, but not when it was wanted, is wanted when it is asked. No one can play a row that ended before it was
    wanted, or is wanted before it is asked.
    Of a log in SWF (Standard Workload Format, compressed by gzip or not), jobs whose size or term is unknown (-1)
    or 0 are left out, and lines that tell of a part of a job. `sim check` says the first and the last date, and how
    many rows are left out.
    """

    phrase: ClassVar[str] = "a trace"

    file: Text
    """The file, relative to the one that names it."""
    format: Annotated[TraceFormatName, one_of(*TRACE_FORMATS)]
    """How it is written: csv and xlsx (an Excel workbook, for which `rofr[excel]` is installed) have a header."""
    columns: Columns = Field(default_factory=Columns)
    """Which of its columns hold what."""
    from_: When | None = Field(default=None, alias="from")
    """The date to which its first asking is moved, and all others with it."""
    kw_per_unit: PositiveNumber = text_default("1")
    """How many kW one unit of its sizes is."""
    time_unit: Annotated[str, field_reader(read_time_unit, str, "a unit of time")] = "s"
    """The unit of its times, where they are numbers."""
    unusable: Annotated[Literal["error", "leave out"], one_of("error", "leave out")] = "error"
    """What becomes of rows that no one can play: a size of 0, a date that is none, ..."""
    sha256: Text | None = None
    """The SHA-256 that the file must have; a run notes that of the file which it has read."""

    _records: TraceRecords | None = PrivateAttr(default=None)

    @classmethod
    def ineffective_keys(cls, given: Mapping[str, Any]) -> dict[str, str]:
        """The keys of a layout that files of its format do not have."""
        return ineffective_layout_keys(given.get("format"))

    @classmethod
    def combination_complaints(cls, given: Mapping[str, Any]) -> Iterator[Complaint]:
        """A file must name the column of asking, unless it is in SWF; signs that mean two things are refused."""
        yield from layout_complaints(given)
        columns = given.get("columns", {})
        if (
            given.get("format") in set(TRACE_FORMATS) - {"swf"}
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
        try:
            records = read_trace(self.file, self.reading)
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
        if self.format != "swf":
            return stated
        columns = SWF_DEFAULT_COLUMNS | stated
        return {key: name for key, name in columns.items() if key != "term" or "ended" not in columns}

    @property
    def reading(self) -> TraceReading:
        """How its file is read."""
        unit = parse_quantity(f"1 {self.time_unit}", "duration")
        return TraceReading(
            file_format=self.format,
            columns=tuple(self.column_by_key.items()),
            time_unit_us=unit,
            layout=self.layout,
            leaves_out=self.unusable == "leave out",
            may_count_days=self.from_ is not None and unit == ONE_DAY_US,
        )

    def asked_dates(self, start: datetime) -> tuple[datetime, datetime]:
        """When its first and its last request is asked, where nothing is added to `from`."""
        records = self.records
        if records is None:
            return start, start
        first = start if records.first_us is None else EPOCH + timedelta(microseconds=records.first_us)
        if self.from_ is not None:
            first = self.from_.at
        # A date beyond the calendar can only be told as its last day.
        span = min(timedelta(microseconds=int(records.asked[-1])), datetime.max - first)
        return first, first + span

    def count_outside(self, start: datetime, end: datetime, lead_us: float | None) -> tuple[int, int]:
        """The numbers of requests that are asked and wanted before the start, and that are asked at the end or after.

        0 if `from` varies. `lead_us` is that of the stream, None where it varies: whether a row without `wanted` is
        wanted before the start is not known then.
        """
        records = self.records
        if records is None or (self.from_ and self.from_.plus):
            return 0, 0
        import numpy as np

        first, _ = self.asked_dates(start)
        micro = timedelta(microseconds=1)
        start_us, end_us = (start - first) // micro, (end - first) // micro
        lead = np.where(records.ended == NOT_STATED, np.inf if lead_us is None else lead_us, 0)
        wanted = np.where(records.wanted == NOT_STATED, records.asked + lead, records.wanted)
        before = (records.asked < start_us) & (wanted < start_us)
        return int(before.sum()), int((records.asked >= end_us).sum())

    @property
    def records(self) -> TraceRecords | None:
        """The records of the file; None where it was not read, since only a saved run was opened."""
        return self._records

    def leave_out_incomplete(self, keys: Collection[str]) -> None:
        """Leave out the records whose size, or term, is empty, since the stream does not state it either."""
        if self._records is not None:
            self._records = self._records.without_incomplete(keys)
            if not len(self._records):
                message = f"records no request that can be played: every {' or '.join(sorted(keys))} is empty"
                raise_complaints([Complaint(message, "fill them in", None, ("arrivals", "trace", "file"))])
