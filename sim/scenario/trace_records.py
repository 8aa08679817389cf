"""The requests that a trace records, as arrays.

A file is read whole, checked, and kept as a few arrays: once for all the scenarios that name it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sim.scenario.faults import InvalidValueError, Place
from sim.scenario.file_content import file_complaint
from sim.scenario.input_files import MAX_TABLE_BYTES, read_input_file
from sim.scenario.trace_formats import TRACE_FORMATS
from sim.scenario.trace_table import RecordedRequestType, TraceReading, TraceTable, TraceTimes
from sim.scenario.units import MEASURES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class TraceRecords:
    """The requests of a trace, in the order of asking, else of the file; every array is `(n,)`.

    Times are in microseconds since the first asking.
    """

    sha256: str
    """Of the file."""
    reading: TraceReading
    omitted: Mapping[str, int]
    """How many rows are left out since no one can play them, by the reason."""
    first_us: int | None
    """The first asking, in microseconds since 1970 in UTC; None where times are numbers."""
    asked: npt.NDArray[np.int64]
    wanted: npt.NDArray[np.int64]
    """`NOT_STATED` where a row does not say."""
    ended: npt.NDArray[np.int64]
    """`NOT_STATED` where a row does not say."""
    size: npt.NDArray[np.float64]
    """In units of the file, or in kW where it `is_kw`; NaN where a row does not say."""
    is_kw: npt.NDArray[np.bool_]
    """Whether a row states a unit of power behind its size."""
    term: npt.NDArray[np.float64]
    """In microseconds; NaN where a row does not say."""
    request_type_index: npt.NDArray[np.int64]
    """The index in `request_types` of each."""
    request_types: tuple[RecordedRequestType, ...]
    first_incomplete: Mapping[str, Place]
    """The first row that leaves its size empty, and the first without a term (or an end), where there is one."""

    def __len__(self) -> int:
        return len(self.asked)

    @property
    def n_omitted(self) -> int:
        """The number of rows that are left out since no one can play them."""
        return sum(self.omitted.values())

    @property
    def largest(self) -> float:
        """The largest size in units of the file; 0 where none is stated."""
        import numpy as np

        return float(np.fmax.reduce(np.where(self.is_kw, np.nan, self.size), initial=0.0))

    def without_incomplete(self, keys: Collection[str]) -> TraceRecords:
        """The records without those that leave their size, or their term, empty."""
        import numpy as np

        is_empty = {"size": np.isnan(self.size), "term": np.isnan(self.term) & (self.ended == NOT_STATED)}
        keep, omitted = np.ones(len(self), dtype=np.bool_), dict(self.omitted)
        for key in sorted(keys):
            omitted[f"{key} is empty"] = int((keep & is_empty[key]).sum())
            keep &= ~is_empty[key]
        return replace(
            self,
            omitted=omitted,
            asked=self.asked[keep],
            wanted=self.wanted[keep],
            ended=self.ended[keep],
            size=self.size[keep],
            is_kw=self.is_kw[keep],
            term=self.term[keep],
            request_type_index=self.request_type_index[keep],
            first_incomplete={key: place for key, place in self.first_incomplete.items() if key not in keys},
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TraceRecords)
            and (self.sha256, self.reading) == (other.sha256, other.reading)
            and self.omitted == other.omitted
        )

    def __hash__(self) -> int:
        return hash(self.sha256)


NOT_STATED = -(2**63)
"""Stands for a time that a row does not state."""


def read_trace(path: str, reading: TraceReading) -> TraceRecords:
    """The requests that a file records. Raises InvalidValueError with the first bad row of each column."""
    try:
        stat = Path(path).stat()
        return _read_cached(path, reading, stat.st_mtime_ns, stat.st_size)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise file_complaint(f"cannot be read: {reason}", "name a file that can be read") from None


@lru_cache(maxsize=8)
def _read_cached(path: str, reading: TraceReading, *_: int) -> TraceRecords:
    """The requests of a file; `_` are its date and length, so that one that has changed is read anew."""
    import numpy as np

    data = read_input_file(path, MAX_TABLE_BYTES)
    table = TRACE_FORMATS[reading.file_format](data, path, reading)
    if table.frame.is_empty():
        raise file_complaint("records no request", "name a file that does")
    asked, wanted, ended = read_times(table, reading)
    size, is_kw = table.quantities("size", MEASURES["power"], least=0)
    term, _has_unit = table.quantities("term", MEASURES["duration"], reading.time_unit_us, least=0)
    request_type_index, request_types = table.request_types()
    if table.complaints:
        raise InvalidValueError(*table.complaints)
    rows = table.usable_rows()
    if not len(rows):
        reasons = ", ".join(f"{n} whose {reason}" for reason, n in table.omitted.items())
        raise file_complaint(f"records no request that can be played: {reasons}", "correct the rows")
    order = rows[
        np.argsort(asked.us[rows], kind="stable")
    ]  # those of one instant stay in the order of the file
    first = int(asked.us[order[0]])
    ends = since_first(ended, first)[order]
    size, term = size[order], term[order]
    is_missing = {"size": np.isnan(size), "term": np.isnan(term) & (ends == NOT_STATED)}
    columns = set(table.column_names)
    is_stated = {"size": "size" in columns, "term": bool({"term", "ended"} & columns)}
    return TraceRecords(
        sha256=hashlib.sha256(data).hexdigest(),
        reading=reading,
        omitted=table.omitted,
        first_us=first if asked.is_dated else None,
        asked=asked.us[order] - first,
        wanted=since_first(wanted, first)[order],
        ended=ends,
        size=size,
        is_kw=is_kw[order],
        term=term,
        request_type_index=request_type_index[order],
        request_types=request_types,
        first_incomplete={
            key: table.place_of_row(int(order[missing].min()))
            for key, missing in is_missing.items()
            if is_stated[key] and missing.any()
        },
    )


def read_times(table: TraceTable, reading: TraceReading) -> tuple[TraceTimes, TraceTimes, TraceTimes]:
    """The columns of asked, wanted and ended, those that are not asked for without a time.

    Complains of rows that are wanted before they are asked, or that ended before they were wanted.
    """
    import numpy as np

    n = len(table.frame)
    nothing = TraceTimes(np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.bool_), is_dated=False)
    times = {
        key: table.times(key, reading.time_unit_us, reading.may_count_days)
        if key in table.column_names
        else nothing
        for key in ("asked", "wanted", "ended")
    }
    asked, wanted, ended = times["asked"], times["wanted"], times["ended"]
    table.add_row_complaint("asked", table.rows_where(~asked.is_stated & table.is_empty("asked")), "is empty")
    for key in ("wanted", "ended"):
        if times[key].is_stated.any() and times[key].is_dated != asked.is_dated:
            kinds = ("dates", "numbers") if times[key].is_dated else ("numbers", "dates")
            message = f"is a column of {kinds[0]}, where asked is one of {kinds[1]}"
            table.add_complaint(key, message, f"name one of {kinds[1]}")
            return asked, nothing, nothing
    is_early = asked.is_stated & wanted.is_stated & (wanted.us < asked.us)
    table.add_row_complaint(
        "wanted", table.rows_where(is_early), "is wanted before it is asked", is_of_row=True
    )
    from_us = np.where(wanted.is_stated, wanted.us, asked.us)
    is_over = asked.is_stated & ended.is_stated & (ended.us <= from_us) & ~is_early
    table.add_row_complaint(
        "ended", table.rows_where(is_over), "ended before it was wanted, or then", is_of_row=True
    )
    return asked, wanted, ended


def since_first(times: TraceTimes, first: int) -> npt.NDArray[np.int64]:
    """Times since the first asking, in microseconds; `NOT_STATED` where a row has none."""
    import numpy as np

    return np.where(times.is_stated, times.us - first, NOT_STATED)
