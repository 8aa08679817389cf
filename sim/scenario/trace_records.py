"""The requests that a trace records, as arrays.

A file is read whole, checked, and kept as a few arrays: once for all the scenarios that name it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sim.scenario.faults import InvalidValueError, Place
from sim.scenario.file_content import file_complaint
from sim.scenario.input_files import MAX_TABLE_BYTES, read_input_file
from sim.scenario.trace_formats import TRACE_FORMATS
from sim.scenario.trace_table import RecordedRequestType
from sim.scenario.units import MEASURES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class TraceRecords:
    """The requests of a trace, in the order of asking, else of the file; every array is `(n,)`."""

    sha256: str
    """Of the file."""
    n_omitted: int
    """The number of jobs of an SWF file that are left out."""
    asked: npt.NDArray[np.int64]
    """Microseconds since the first."""
    size: npt.NDArray[np.float64]
    """In units of the file; NaN where a row does not say."""
    term: npt.NDArray[np.float64]
    """In microseconds; NaN where a row does not say."""
    request_type_index: npt.NDArray[np.int64]
    """The index in `request_types` of each."""
    request_types: tuple[RecordedRequestType, ...]
    first_incomplete: Mapping[str, Place]
    """The first row that leaves its size empty, and its term, where there is one."""

    def __len__(self) -> int:
        return len(self.asked)

    @property
    def largest(self) -> float:
        """The largest size, in units of the file; 0 where none is stated."""
        import numpy as np

        return float(np.fmax.reduce(self.size, initial=0.0))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TraceRecords) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


def read_trace(path: str, file_format: str, columns: Mapping[str, str], time_unit_us: float) -> TraceRecords:
    """The requests that a file records; `columns` names the columns of asked, size, term, class, ...

    Raises InvalidValueError with the first bad row of each column.
    """
    try:
        stat = Path(path).stat()
        return _read_cached(
            path, file_format, tuple(columns.items()), time_unit_us, stat.st_mtime_ns, stat.st_size
        )
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise file_complaint(f"cannot be read: {reason}", "name a file that can be read") from None


@lru_cache(maxsize=8)
def _read_cached(
    path: str, file_format: str, columns: tuple[tuple[str, str], ...], time_unit_us: float, *_: int
) -> TraceRecords:
    """The requests of a file; `_` are its date and length, so that one that has changed is read anew."""
    import numpy as np

    data = read_input_file(path, MAX_TABLE_BYTES)
    table = TRACE_FORMATS[file_format](data, path, dict(columns))
    if table.frame.is_empty():
        raise file_complaint("records no request", "name a file that does")
    asked = table.times("asked", time_unit_us)
    size = table.numbers("size", least=0, most=MEASURES["power"].max_size)
    term = table.numbers("term", time_unit_us, least=0, most=MEASURES["duration"].max_size)
    request_type_index, request_types = table.request_types()
    if table.complaints:
        raise InvalidValueError(*table.complaints)
    order = np.argsort(asked, kind="stable")  # requests of one instant stay in the order of the file
    is_empty = {
        key: np.isnan(values) for key, values in (("size", size), ("term", term)) if key in table.column_names
    }
    return TraceRecords(
        sha256=hashlib.sha256(data).hexdigest(),
        n_omitted=table.n_omitted,
        asked=asked[order],
        size=size[order],
        term=term[order],
        request_type_index=request_type_index[order],
        request_types=request_types,
        first_incomplete={
            key: table.place_of_row(int(rows.argmax())) for key, rows in is_empty.items() if rows.any()
        },
    )
