"""The selection of a request by its number, its stream and number, or its deal; and requests to begin with."""

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl

from sim.explain.record import DAY_LENGTH, ExplanationError, ReplicationRecord, TableRow
from sim.results.formatting import format_days, format_power


def find_request(record: ReplicationRecord, request: str | None) -> TableRow:
    """Find the request with a number, with `stream:number`, or the first of a deal; returns its row.

    Raises ExplanationError, which names some notable requests, where there is none, or none is given.
    """
    requests = record.frames["requests"]
    if request is None:
        raise ExplanationError(f"say which request: {_request_hints(record)}")
    matching = requests.clear()
    stream, colon, number = request.rpartition(":")
    if _is_number(request):
        matching = requests.filter(request=int(request))
    elif colon and _is_number(number):
        matching = requests.filter(stream=stream, number=int(number))
    if matching.is_empty():
        matching = requests.filter(deal=request)
    if matching.is_empty():
        raise ExplanationError(f'there is no request "{request}"; {_request_hints(record)}')
    return matching.row(0, named=True)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19  # with more digits it may not fit the column


def _request_hints(record: ReplicationRecord) -> str:
    """Write which requests there are, and which are notable."""
    requests, end = record.frames["requests"], record.scenario.end
    if requests.is_empty():
        return f"nothing is asked in replication {record.replication}"
    lines = [
        f"in replication {record.replication} they are numbered 0 to {requests.height - 1};"
        " write a number, STREAM:NUMBER, or the name of a deal. Worth a look:"
    ]
    for label, row in notable_requests(requests, end):
        name = f"{row['request']} ({row['stream']}:{row['number']})"
        lines.append(f"  {name}: {label}")
    return "\n".join(lines)


def notable_requests(requests: pl.DataFrame, end: datetime) -> list[tuple[str, TableRow]]:
    """Choose requests to begin with, each with a label.

    The largest, the one that waited longest, the one that lost most, and of each refusal reason the largest.
    """
    waited = requests.filter(pl.col("wanted") < end).with_columns(
        waited=pl.coalesce("full_delivery", pl.when(pl.col("lost_kw") > 0).then("gives_up"), pl.lit(end))
        - pl.col("wanted")
    )
    notable: list[tuple[str, TableRow]] = []

    def add(candidates: pl.DataFrame, by: str, label: Callable[[TableRow], str]) -> None:
        if candidates.height:
            row = candidates.sort(by, "request", descending=[True, False]).row(0, named=True)
            notable.append((label(row), row))

    add(requests, "size_kw", lambda row: f"the largest, {format_power(row['size_kw'])}")
    add(
        waited.filter(pl.col("waited") > timedelta()),
        "waited",
        lambda row: f"waited longest, {format_days(row['waited'] / DAY_LENGTH)}",
    )
    add(
        requests.filter(pl.col("lost_kw") > 0),
        "lost_kw",
        lambda row: f"lost the most, {format_power(row['lost_kw'])}",
    )
    for reason in ("appetite", "room", "utilization", "delay", "partial"):
        add(
            requests.filter(reason=reason),
            "size_kw",
            lambda row: f"its holder was limited by {row['reason']}, {format_power(row['size_kw'])}",
        )
    return notable
