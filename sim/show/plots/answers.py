"""What holders of rights said, in words: which part of a request was taken, and why the rest was not."""

import polars as pl

from sim.scenario.schema import ScenarioFile

TOOK = "took it"
DECLINED = {
    "appetite": "did not want it",
    "room": "had no room",
    "utilization": "would be too full",
    "delay": "too late for it",
    "partial": "not the whole of it",
}
"""Why the holder of a first refusal did not take what it did not take, by the reason in the table of requests."""
PENDING = "no answer by the end"
TOOK_EXCLUSIVE = "took it (exclusive)"
NO_ROOM_EXCLUSIVE = "had no room (exclusive)"
NO_RIGHT = "no right applies"
ANSWERS = (TOOK, TOOK_EXCLUSIVE, NO_RIGHT, *DECLINED.values(), NO_ROOM_EXCLUSIVE, PENDING)
"""All that can have been said, in the order in which it is shown."""


def of_kind(scenario: ScenarioFile, kind: str) -> pl.Expr:
    """Does a request stand under a right of this kind?"""
    return pl.col("right").is_in([name for name, right in scenario.rights.items() if right.kind == kind])


def taken(scenario: ScenarioFile) -> pl.Expr:
    """In which words did the holder take what it took?"""
    exclusive = of_kind(scenario, "exclusive")
    words = pl.when(exclusive).then(pl.lit(TOOK_EXCLUSIVE)).otherwise(pl.lit(TOOK))
    return pl.when(pl.col("right").is_null()).then(pl.lit(NO_RIGHT)).otherwise(words)


def declined(scenario: ScenarioFile) -> pl.Expr:
    """In which words did the holder leave what it left?"""
    return (
        pl.when(pl.col("right").is_null())
        .then(pl.lit(NO_RIGHT))
        .when(of_kind(scenario, "exclusive"))
        .then(pl.lit(NO_ROOM_EXCLUSIVE))
        .when(pl.col("answered").is_null())
        .then(pl.lit(PENDING))
        .otherwise(pl.col("reason").replace_strict(DECLINED, default=""))
    )
