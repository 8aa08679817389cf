"""Tellings: the dates that published vintages gave for buildings, and what became of them by a day.

A telling says, on the day `told`, that a building comes on a `date`. What was seen to be there came on its date; what
was only told is known not to have been there at the last look, and no more. Nothing told after the as-of day enters.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from sim.model.arrays import FloatArray, IntArray
from sim.scenario.csv_records import TableRecord, check_separator, check_width, iterate_csv_records
from sim.scenario.faults import Fault, InvalidValueError, Place, ScenarioError, suggestion
from sim.scenario.file_content import decode_text
from sim.scenario.input_files import read_input_file

UnseenReading = Literal["censored", "interval", "believed"]
"""How a date that passed unseen is read: not before the last look; between that and the telling; as it was told."""
UNSEEN_READINGS: tuple[UnseenReading, ...] = get_args(UnseenReading)
REQUIRED_COLUMNS = ("told", "site", "building", "date", "looked", "seen")
OPTIONAL_COLUMNS = ("mw", "note")
SEEN_WORDS = {"yes": True, "no": False, "": False}
MAX_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Telling:
    """A row of a vintage; days are ordinals of the calendar."""

    site: str
    building: str
    told: int
    date: int
    looked: int
    """The last day on which someone looked at the site."""
    is_seen: bool
    is_redefined: bool


@dataclass(frozen=True)
class TellingCounts:
    """How many tellings and milestones there are by the as-of day, and why some say nothing of a delay."""

    sites: int
    milestones: int
    tellings: int
    redefined: int
    """Milestones whose definition changed, which are not one milestone."""
    past: int
    """Tellings of a date that was not after the day of the telling."""
    came_before: int
    """Tellings of a later date of what had come by then."""
    no_look: int
    """Tellings since which nobody looked."""
    used_sites: int
    used_milestones: int
    used_tellings: int
    seen: int
    """Milestones used that were seen."""
    seen_sites: int
    told_only: int
    """Milestones used of which no more is known than that they had not come at the last look, or as --unseen says."""
    longest_seen_lead: float
    """In days, among what was seen; 0 where nothing was."""


@dataclass(frozen=True)
class DelayObservations:
    """What became of tellings, `(n,)` each, in days since the telling: exact where `low` is `high`, else between.

    `high` is infinite where a time is right-censored.
    """

    lead: FloatArray
    low: FloatArray
    high: FloatArray
    weight: FloatArray
    """1/n for each of the n tellings of a milestone."""
    site: IntArray
    milestone: IntArray

    @classmethod
    def from_rows(cls, rows: Sequence[tuple[float, ...]]) -> DelayObservations:
        """Those of rows of lead, low, high, weight, site and milestone."""
        parts = np.array(rows, dtype=np.float64).reshape(-1, 6).T
        lead, low, high, weight = parts[:4]
        return cls(lead, low, high, weight, parts[4].astype(np.int64), parts[5].astype(np.int64))

    @property
    def n_sites(self) -> int:
        """The number of sites."""
        return len(np.unique(self.site))

    def subset(self, mask: npt.NDArray[np.bool_]) -> DelayObservations:
        """Those of a mask, `(n,)`."""
        return DelayObservations(
            self.lead[mask],
            self.low[mask],
            self.high[mask],
            self.weight[mask],
            self.site[mask],
            self.milestone[mask],
        )


def read_tellings(paths: Sequence[Path]) -> list[Telling]:
    """Read vintages in the tidy form, all files together. Raises ScenarioError with every fault of them."""
    tellings: list[Telling] = []
    faults: list[Fault] = []
    places: dict[tuple[int, str, str], Place] = {}
    for path in paths:
        try:
            records = list(
                iterate_csv_records(decode_text(read_input_file(path, MAX_BYTES), str(path)), str(path))
            )
            if not records:
                raise ScenarioError(
                    [Fault(str(path), None, "", None, "is empty", "name a file with a header")]
                )
            check_separator(records[0], str(path), ",")
            tellings += _read_rows(records, str(path), places, faults)
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or error
            faults.append(
                Fault(str(path), None, "", None, f"cannot be read: {reason}", "name a file of tellings")
            )
        except InvalidValueError as error:
            for each in error.complaints:
                line = each.place.line if each.place else None
                faults.append(Fault(str(path), line, "", None, each.message, each.remedy))
        except ScenarioError as error:
            faults += error.faults
    if faults:
        raise ScenarioError(faults)
    return tellings


def _read_rows(
    records: Sequence[TableRecord], path: str, places: dict[tuple[int, str, str], Place], faults: list[Fault]
) -> list[Telling]:
    """The tellings of a file; what is wrong in its rows is added to the faults, and where each stands to the places.

    Raises ScenarioError for a column that is missing, InvalidValueError for a row of another width.
    """
    header, *rows = records
    names = header.cells
    if missing := [name for name in REQUIRED_COLUMNS if name not in names]:
        remedy = f"a table of tellings has {', '.join(REQUIRED_COLUMNS)}; {suggestion(missing[0], names)}"
        raise ScenarioError(
            [Fault(path, header.line, missing[0], None, "is a column that is missing", remedy)]
        )
    tellings = []
    for row in rows:
        check_width(row, len(names), path)
        cells = dict(zip(names, row.cells, strict=False))
        row_faults: list[Fault] = []
        days = {key: _read_day(cells, key, path, row.line, row_faults) for key in ("told", "date", "looked")}
        if cells["seen"] not in SEEN_WORDS:
            remedy = "write yes, no, or nothing"
            row_faults.append(
                Fault(path, row.line, "seen", cells["seen"], "does not say whether it was seen", remedy)
            )
        row_faults += [
            Fault(path, row.line, key, None, "is empty", "write a name")
            for key in ("site", "building")
            if not cells[key]
        ]
        if not row_faults:
            row_faults += _order_faults(cells, days, path, row.line)
            first = places.setdefault((days["told"], cells["site"], cells["building"]), Place(path, row.line))
            if first != Place(path, row.line):
                message = f"is told twice on {cells['told']}: first in {first}"
                row_faults.append(
                    Fault(path, row.line, "building", cells["building"], message, "leave one of them out")
                )
        faults += row_faults
        if not row_faults:
            is_redefined = cells.get("note", "") == "redefined"
            seen = SEEN_WORDS[cells["seen"]]
            tellings.append(
                Telling(cells["site"], cells["building"], **days, is_seen=seen, is_redefined=is_redefined)
            )
    return tellings


def _read_day(cells: Mapping[str, str], key: str, path: str, line: int, faults: list[Fault]) -> int:
    """The day in a cell; 0, and a fault more, where there is none."""
    try:
        return date.fromisoformat(cells[key]).toordinal()
    except ValueError:
        faults.append(Fault(path, line, key, cells[key], "is not a date", "write it as 2026-04-03"))
        return 0


def _order_faults(cells: Mapping[str, str], days: Mapping[str, int], path: str, line: int) -> list[Fault]:
    """What cannot be of the days of a row."""
    if days["looked"] > days["told"]:
        remedy = f"write a day up to {cells['told']}, on which it was told"
        return [Fault(path, line, "looked", cells["looked"], "lies after the day of the telling", remedy)]
    if cells["seen"] == "yes" and days["date"] > days["looked"]:
        remedy = f"what was seen has a date up to the look, {cells['looked']}"
        return [Fault(path, line, "date", cells["date"], "lies after the look at which it was seen", remedy)]
    return []


def observe_delays(
    tellings: Sequence[Telling], as_of: int, unseen: UnseenReading = "censored"
) -> tuple[DelayObservations, TellingCounts]:
    """What became of each telling of a future date, from tellings up to the as-of day alone, and the counts.

    The latest telling of a milestone says whether it came. What is conditioned on is the sampling's: it had not come
    on the day of the telling, so that a telling since which nobody looked says nothing, and is counted as such.
    """
    groups: dict[tuple[str, str], list[Telling]] = defaultdict(list)
    for each in sorted(tellings, key=lambda each: (each.site, each.building, each.told)):
        if each.told <= as_of:
            groups[each.site, each.building].append(each)
    sites = {site: k for k, site in enumerate(dict.fromkeys(site for site, _ in groups))}
    rows: list[tuple[float, ...]] = []
    seen_sites: set[str] = set()
    n = dict.fromkeys(("redefined", "past", "came_before", "no_look", "seen"), 0)
    for k, ((site, _), group) in enumerate(groups.items()):
        if any(each.is_redefined for each in group):
            n["redefined"] += 1
            continue
        low, high = _outcome(group, unseen)
        said = [each for each in group if each.date > each.told]
        n["past"] += len(group) - len(said)
        is_over = [high <= each.told for each in said]
        n["came_before"] += sum(is_over)
        is_silent = [max(low, each.told) == each.told and high == np.inf for each in said]
        n["no_look"] += sum(is_silent)
        useful = [each for each, *no in zip(said, is_over, is_silent, strict=True) if not any(no)]
        if useful and group[-1].is_seen:
            n["seen"] += 1
            seen_sites.add(site)
        for each in useful:
            at = (max(low, each.told) - each.told, high - each.told)
            rows.append((each.date - each.told, *at, 1 / len(useful), sites[site], k))
    observations = DelayObservations.from_rows(rows)
    is_seen = observations.low == observations.high
    used_milestones = len(np.unique(observations.milestone))
    return observations, TellingCounts(
        sites=len(sites),
        milestones=len(groups),
        tellings=sum(map(len, groups.values())),
        used_sites=observations.n_sites,
        used_milestones=used_milestones,
        used_tellings=len(rows),
        seen_sites=len(seen_sites),
        told_only=used_milestones - n["seen"],
        longest_seen_lead=float(observations.lead[is_seen].max(initial=0.0)),
        **n,
    )


def _outcome(group: Sequence[Telling], unseen: UnseenReading) -> tuple[float, float]:
    """Between which days a milestone came, by its tellings in order: equal where it was seen, infinite if not yet."""
    last = group[-1]
    if last.is_seen:
        return last.date, last.date
    looks = [each.looked for each in group if not each.is_seen]
    is_past = last.date <= last.told
    if is_past and unseen == "believed":
        return last.date, last.date
    if is_past and unseen == "interval":
        return max(looks), max(last.told, max(looks) + 1)
    return max(looks), np.inf
