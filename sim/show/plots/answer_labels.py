"""The answers of holders of rights in words: which part of a request was taken, and why the rest was not."""

import polars as pl

from sim.scenario.schema import ScenarioFile

TOOK_LABEL = "took it"
DECLINE_LABELS = {
    "appetite": "did not want it",
    "room": "had no room",
    "utilization": "would be too full",
    "delay": "too late for it",
    "partial": "not the whole of it",
}
"""Why the holder of a first refusal left what it left, by the reason in the table of requests."""
PENDING_LABEL = "no answer by the end"
TOOK_EXCLUSIVE_LABEL = "took it (exclusive)"
NO_ROOM_EXCLUSIVE_LABEL = "had no room (exclusive)"
NO_RIGHT_LABEL = "no right applies"
ANSWER_LABELS = (
    TOOK_LABEL,
    TOOK_EXCLUSIVE_LABEL,
    NO_RIGHT_LABEL,
    *DECLINE_LABELS.values(),
    NO_ROOM_EXCLUSIVE_LABEL,
    PENDING_LABEL,
)
"""All answers, in the order in which they are shown."""


def holder_is_exclusive(scenario: ScenarioFile) -> pl.Expr:
    """Whether a request stands under a right by which nobody else may serve."""
    return pl.col("right").is_in([name for name, right in scenario.rights.items() if right.is_exclusive])


def holder_answers_first(scenario: ScenarioFile) -> pl.Expr:
    """Whether a request stands under a right by which the holder answers before others are asked."""
    return pl.col("right").is_in([name for name, right in scenario.rights.items() if right.answers_first])


def acceptance_label(scenario: ScenarioFile) -> pl.Expr:
    """The words for what the holder took, as an expression over the table of requests."""
    exclusive = holder_is_exclusive(scenario)
    words = pl.when(exclusive).then(pl.lit(TOOK_EXCLUSIVE_LABEL)).otherwise(pl.lit(TOOK_LABEL))
    return pl.when(pl.col("right").is_null()).then(pl.lit(NO_RIGHT_LABEL)).otherwise(words)


def refusal_label(scenario: ScenarioFile) -> pl.Expr:
    """The words for what the holder left, as an expression over the table of requests."""
    return (
        pl.when(pl.col("right").is_null())
        .then(pl.lit(NO_RIGHT_LABEL))
        .when(holder_is_exclusive(scenario))
        .then(pl.lit(NO_ROOM_EXCLUSIVE_LABEL))
        .when(pl.col("answered").is_null())
        .then(pl.lit(PENDING_LABEL))
        .otherwise(pl.col("reason").replace_strict(DECLINE_LABELS, default=""))
    )
