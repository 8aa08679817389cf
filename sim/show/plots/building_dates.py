"""What became of the buildings, replication by replication: when each was first planned for, and when it came."""

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
    """The linear percentile of values of which some may be infinite: what has not come when the run ends."""
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low, high = ordered[floor(at)], ordered[ceil(at)]
    return low if low == high else low + (high - low) * (at - floor(at))


def p10_p50_p90(values: Sequence[float]) -> Percentiles:
    """What a tenth, half and nine tenths of the values do not pass. Raises IndexError where there are none."""
    return (
        percentile_with_infinite(values, 0.1),
        percentile_with_infinite(values, 0.5),
        percentile_with_infinite(values, 0.9),
    )


@dataclass(frozen=True)
class ScheduleRow:
    """A line of the schedule: a building, a counted group of them, or all of a site.

    Times are in days since the start. `planned` and `online` hold the quantiles for the first of the row's
    buildings, the second, ..., over all replications; what was not announced, or did not come, is infinite.
    `slips` holds a value for each replication in which any came: the mean of their days after the date first
    announced, weighted by kW. `came`, `cancelled` and `retired` say how many, in the mean; the days after these
    are medians, None where it never happened.
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
    """A row for each replication and building that was announced.

    Columns: replication, site, building, kw; planned (the first), online, cancelled, retired, in days since the
    start, null where it did not happen.
    """
    start = pl.lit(run.scenario.start)
    told = run.table("buildings").filter(pl.col("building").is_not_null())

    def first(event: str, column: str) -> pl.Expr:
        days = (pl.col(column) - start).dt.total_microseconds() / DAY_US
        return days.filter(pl.col("event") == event).first()

    return told.group_by("replication", "site", "building", maintain_order=True).agg(
        pl.col("kw").first(),
        first("planned", "date").alias("planned"),
        *(first(event, "at").alias(event) for event in ("online", "cancelled", "retired")),
    )


def schedule_rows(run: RunResult, max_rows: int) -> list[ScheduleRow]:
    """The lines of the schedule, in the order of the file: as fine as may be in not more than `most` lines.

    Buildings one by one, else counted groups as one, each with a line for its site, else sites.
    """
    names = [
        (site, group, building)
        for site, of in run.scenario.sites.items()
        for group, b in of.buildings.items()
        for building in ([group] if b.count == 1 else [f"{group} {k + 1}" for k in range(b.count)])
    ]
    sites = len({site for site, *_ in names})
    fine: list[list[ScheduleKey]] = [
        [(site, b) for site, _, b in names],
        [(site, group) for site, group, _ in names],
    ]
    whole: list[ScheduleKey] = [(site, site) for site, *_ in names]
    keys = next((each for each in fine if len(set(each)) + sites <= max_rows), whole)
    line_of = dict(zip([(site, building) for site, _, building in names], keys, strict=True))
    count = {key: keys.count(key) for key in keys}
    told = building_dates(run)
    lines = pl.Series(
        [line_of[key][1] for key in told.select("site", "building").iter_rows()], dtype=pl.String
    )
    parts = told.with_columns(lines.alias("line")).partition_by("site", "line", as_dict=True)
    nothing = told.clear()
    return [
        _schedule_row(key, n, parts.get(key, nothing), len(run.finished_replications))
        for key, n in count.items()
    ]


def _schedule_row(key: ScheduleKey, count: int, part: pl.DataFrame, replications: int) -> ScheduleRow:
    """One line, of what became of its buildings."""
    late, kw = pl.col("online") - pl.col("planned"), pl.col("kw")
    came = part.filter(late.is_not_null()).group_by("replication", maintain_order=True)
    medians = {event: part[event].drop_nulls().to_list() for event in ("cancelled", "retired")}
    return ScheduleRow(
        site=key[0],
        name=key[1],
        count=count,
        planned_days=_percentiles_by_order(part, "planned", count, replications),
        online_days=_percentiles_by_order(part, "online", count, replications),
        slip_days=came.agg(((late * kw).sum() / kw.sum()).alias("days"))["days"].to_list(),
        online_count=part["online"].count() / replications,
        cancelled_count=part["cancelled"].count() / replications,
        retired_count=part["retired"].count() / replications,
        cancelled_day=percentile_with_infinite(medians["cancelled"], 0.5) if medians["cancelled"] else None,
        retired_day=percentile_with_infinite(medians["retired"], 0.5) if medians["retired"] else None,
    )


def _percentiles_by_order(part: pl.DataFrame, event: str, count: int, replications: int) -> list[Percentiles]:
    """When it happened to the first of some buildings, to the second, ...; over all replications."""
    found = part.group_by("replication").agg(pl.col(event).drop_nulls().sort())[event].to_list()
    found += [[] for _ in range(replications - len(found))]
    return [p10_p50_p90([days[k] if k < len(days) else inf for days in found]) for k in range(count)]
