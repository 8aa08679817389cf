"""The dates of buildings over replications: first planned for, come online, cancelled, retired."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, inf

import polars as pl

from sim.model.calendar import DAY_US
from sim.results.run import RunResult

Percentiles = tuple[float, float, float]
"""The 10th, 50th and 90th percentile."""
ScheduleKey = tuple[str, str]
"""A site, and a building, a counted group of them, or the site again."""


def percentile_with_infinite(values: Sequence[float], share: float) -> float:
    """The percentile by linear interpolation; `share` is from 0 to 1.

    Values may be infinite, as times of events after the end of the run; between two of them NumPy's gives NaN.
    """
    ordered = sorted(values)
    rank = share * (len(ordered) - 1)
    low, high = ordered[floor(rank)], ordered[ceil(rank)]
    return low if low == high else low + (high - low) * (rank - floor(rank))  # equal ends may be infinite


def p10_p50_p90(values: Sequence[float]) -> Percentiles:
    """The 10th, 50th and 90th percentile. Raises IndexError where there are no values."""
    return (
        percentile_with_infinite(values, 0.1),
        percentile_with_infinite(values, 0.5),
        percentile_with_infinite(values, 0.9),
    )


@dataclass(frozen=True)
class ScheduleRow:
    """A row of the schedule: a building, a counted group of them, or all of a site.

    Times are in days since the start. `planned_days` and `online_days` hold the percentiles over all replications for
    the first of the row's buildings, the second, ...; what was not announced, or did not come online, is infinite.
    `slip_days` holds a value for each replication in which any came online: the mean of their days after the date
    first announced, weighted by kW. The counts are means over replications. `cancelled_day` and `retired_day` are
    medians, None where it never happened.
    """

    site: str
    name: str
    count: int
    planned_days: list[Percentiles]
    online_days: list[Percentiles]
    slip_days: list[float]
    online_count: float
    cancelled_count: float
    retired_count: float
    cancelled_day: float | None
    retired_day: float | None


def building_dates(run: RunResult) -> pl.DataFrame:
    """The table of building dates: a row for each replication and building that was announced.

    Columns: replication, site, building, kw; planned (the first), online, cancelled, retired, in days since the
    start, null where it did not happen.
    """
    start = pl.lit(run.scenario.start)
    events = run.table("buildings").filter(pl.col("building").is_not_null())

    def first(event: str, column: str) -> pl.Expr:
        days = (pl.col(column) - start).dt.total_microseconds() / DAY_US
        return days.filter(pl.col("event") == event).first()

    return events.group_by("replication", "site", "building", maintain_order=True).agg(
        pl.col("kw").first(),
        first("planned", "date").alias("planned"),
        *(first(event, "at").alias(event) for event in ("online", "cancelled", "retired")),
    )


def schedule_rows(run: RunResult, max_rows: int) -> list[ScheduleRow]:
    """The rows of the schedule, in the order of the file: as fine as may be in not more than `max_rows` rows.

    Buildings one by one, else counted groups as one, each with a row for its site, else sites.
    """
    names = [
        (site, group, building)
        for site, its in run.scenario.sites.items()
        for group, b in its.buildings.items()
        for building in ([group] if b.count == 1 else [f"{group} {k + 1}" for k in range(b.count)])
    ]
    n_sites = len({site for site, *_ in names})
    fine: list[list[ScheduleKey]] = [
        [(site, b) for site, _, b in names],
        [(site, group) for site, group, _ in names],
    ]
    coarse: list[ScheduleKey] = [(site, site) for site, *_ in names]
    keys = next((each for each in fine if len(set(each)) + n_sites <= max_rows), coarse)
    key_of_building = dict(zip([(site, building) for site, _, building in names], keys, strict=True))
    count = {key: keys.count(key) for key in keys}
    dates = building_dates(run)
    rows = pl.Series(
        [key_of_building[key][1] for key in dates.select("site", "building").iter_rows()], dtype=pl.String
    )
    parts = dates.with_columns(rows.alias("row")).partition_by("site", "row", as_dict=True)
    no_dates = dates.clear()
    return [
        _schedule_row(key, n, parts.get(key, no_dates), len(run.finished_replications))
        for key, n in count.items()
    ]


def _schedule_row(key: ScheduleKey, count: int, part: pl.DataFrame, replications: int) -> ScheduleRow:
    """Summarise the dates of the buildings of a row, `part` of the table of building dates."""
    slip, kw = pl.col("online") - pl.col("planned"), pl.col("kw")
    by_replication = part.filter(slip.is_not_null()).group_by("replication", maintain_order=True)
    days = {event: part[event].drop_nulls().to_list() for event in ("cancelled", "retired")}
    return ScheduleRow(
        site=key[0],
        name=key[1],
        count=count,
        planned_days=_percentiles_by_order(part, "planned", count, replications),
        online_days=_percentiles_by_order(part, "online", count, replications),
        slip_days=by_replication.agg(((slip * kw).sum() / kw.sum()).alias("days"))["days"].to_list(),
        online_count=part["online"].count() / replications,
        cancelled_count=part["cancelled"].count() / replications,
        retired_count=part["retired"].count() / replications,
        cancelled_day=percentile_with_infinite(days["cancelled"], 0.5) if days["cancelled"] else None,
        retired_day=percentile_with_infinite(days["retired"], 0.5) if days["retired"] else None,
    )


def _percentiles_by_order(part: pl.DataFrame, event: str, count: int, replications: int) -> list[Percentiles]:
    """The percentiles over replications of the day of an event for the first building, the second, and so on."""
    samples = part.group_by("replication").agg(pl.col(event).drop_nulls().sort())[event].to_list()
    samples += [[] for _ in range(replications - len(samples))]  # where none was announced there are no rows
    return [p10_p50_p90([days[k] if k < len(days) else inf for days in samples]) for k in range(count)]
