"""What became of the buildings, replication by replication: when each was first planned for, and when it came."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, inf

import polars as pl

from sim.model.time import DAY
from sim.study.outcome import Outcome

Quantiles = tuple[float, float, float]
"""The 10th, 50th and 90th percentile."""
Key = tuple[str, str]
"""A site, and a building, a counted group of them, or the site again."""


def percentile(values: Sequence[float], share: float) -> float:
    """The linear percentile of values of which some may be infinite: what has not come when the run ends."""
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low, high = ordered[floor(at)], ordered[ceil(at)]
    return low if low == high else low + (high - low) * (at - floor(at))


def quantiles(values: Sequence[float]) -> Quantiles:
    """What a tenth, half and nine tenths of the values do not pass. Raises IndexError where there are none."""
    return percentile(values, 0.1), percentile(values, 0.5), percentile(values, 0.9)


@dataclass(frozen=True)
class Row:
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
    planned: list[Quantiles]
    online: list[Quantiles]
    slips: list[float]
    came: float
    cancelled: float
    retired: float
    cancelled_day: float | None
    retired_day: float | None


def lives(outcome: Outcome) -> pl.DataFrame:
    """A row for each replication and building that was announced.

    Columns: replication, site, building, kw; planned (the first), online, cancelled, retired, in days since the
    start, null where it did not happen.
    """
    start = pl.lit(outcome.scenario.start)
    told = outcome.table("buildings").filter(pl.col("building").is_not_null())

    def first(event: str, column: str) -> pl.Expr:
        days = (pl.col(column) - start).dt.total_microseconds() / DAY
        return days.filter(pl.col("event") == event).first()

    return told.group_by("replication", "site", "building", maintain_order=True).agg(
        pl.col("kw").first(),
        first("planned", "date").alias("planned"),
        *(first(event, "at").alias(event) for event in ("online", "cancelled", "retired")),
    )


def rows(outcome: Outcome, most: int) -> list[Row]:
    """The lines of the schedule, in the order of the file: as fine as may be in not more than `most` lines.

    Buildings one by one, else counted groups as one, each with a line for its site, else sites.
    """
    names = [
        (site, group, building)
        for site, of in outcome.scenario.sites.items()
        for group, b in of.buildings.items()
        for building in ([group] if b.count == 1 else [f"{group} {k + 1}" for k in range(b.count)])
    ]
    sites = len({site for site, *_ in names})
    fine: list[list[Key]] = [[(site, b) for site, _, b in names], [(site, group) for site, group, _ in names]]
    whole: list[Key] = [(site, site) for site, *_ in names]
    keys = next((each for each in fine if len(set(each)) + sites <= most), whole)
    line_of = dict(zip([(site, building) for site, _, building in names], keys, strict=True))
    count = {key: keys.count(key) for key in keys}
    told = lives(outcome)
    lines = pl.Series(
        [line_of[key][1] for key in told.select("site", "building").iter_rows()], dtype=pl.String
    )
    parts = told.with_columns(lines.alias("line")).partition_by("site", "line", as_dict=True)
    nothing = told.clear()
    return [_row(key, n, parts.get(key, nothing), len(outcome.finished)) for key, n in count.items()]


def _row(key: Key, count: int, part: pl.DataFrame, replications: int) -> Row:
    """One line, of what became of its buildings."""
    late, kw = pl.col("online") - pl.col("planned"), pl.col("kw")
    came = part.filter(late.is_not_null()).group_by("replication", maintain_order=True)
    medians = {event: part[event].drop_nulls().to_list() for event in ("cancelled", "retired")}
    return Row(
        site=key[0],
        name=key[1],
        count=count,
        planned=_in_turn(part, "planned", count, replications),
        online=_in_turn(part, "online", count, replications),
        slips=came.agg(((late * kw).sum() / kw.sum()).alias("days"))["days"].to_list(),
        came=part["online"].count() / replications,
        cancelled=part["cancelled"].count() / replications,
        retired=part["retired"].count() / replications,
        cancelled_day=percentile(medians["cancelled"], 0.5) if medians["cancelled"] else None,
        retired_day=percentile(medians["retired"], 0.5) if medians["retired"] else None,
    )


def _in_turn(part: pl.DataFrame, event: str, count: int, replications: int) -> list[Quantiles]:
    """When it happened to the first of some buildings, to the second, ...; over all replications."""
    found = part.group_by("replication").agg(pl.col(event).drop_nulls().sort())[event].to_list()
    found += [[] for _ in range(replications - len(found))]
    return [quantiles([days[k] if k < len(days) else inf for days in found]) for k in range(count)]
