"""The explanation of one request: its timeline; and, where keys are overridden, how its timeline differs then."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.explain.replay import add_decisions, read_record, replay_with_overrides
from sim.explain.request_selection import find_request
from sim.explain.timeline import Timeline, build_timeline
from sim.results.run import RunResult

IDENTITY_COLUMNS = ("customer", "class", "deal", "asked", "size_kw", "term")
"""The columns of `requests` that identify a request, beside its stream and its number there."""
OUTCOME_COLUMNS = (
    "wanted", "gives_up", "right", "asked_first", "answered", "holder_kw", "reason", "committed_kw",
    "delivered_kw", "lost_kw", "first_delivery", "full_delivery", "status",
)  # fmt: skip
"""The columns of `requests` that may differ for one and the same request."""


@dataclass(frozen=True)
class TimelineDifference:
    """A difference of two timelines: the value in the run, and with the overrides."""

    what: str
    here: Any
    there: Any


@dataclass
class RequestExplanation:
    """The timeline of a request; and, where keys were overridden, that of the same request under the overrides.

    `other_timeline` is None where there is no such request; `identity_differences` are the columns that show that it
    is not the same request.
    """

    scenario: str
    seed: int
    replication: int
    timeline: Timeline
    overrides: dict[str, object] = field(default_factory=dict)
    other_timeline: Timeline | None = None
    identity_differences: list[str] = field(default_factory=list)
    differences: list[TimelineDifference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def explain_request(
    run: RunResult,
    request: str | None,
    replication: int = 0,
    overrides: Mapping[str, object] | None = None,
) -> RequestExplanation:
    """Explain what happened to a request of a run, and what would have happened with other values of some keys.

    Raises ExplanationError where there is no such request or replication, ScenarioError for keys or values that the
    format does not allow.
    """
    record = read_record(run, replication)
    row = find_request(record, request)
    add_decisions(run, record, row)
    explanation = RequestExplanation(
        scenario=run.scenario.title or run.provenance["scenario"],
        seed=record.seed,
        replication=replication,
        timeline=build_timeline(record, row),
        overrides=dict(overrides or {}),
        notes=record.notes,
    )
    if overrides:
        other = replay_with_overrides(run, record, row, overrides)
        # the number in its stream, not of all requests: an override may change how many other streams ask
        matching = other.rows("requests", stream=row["stream"], number=row["number"])
        if matching:
            explanation.other_timeline = build_timeline(other, matching[0])
            explanation.identity_differences = [
                name for name in IDENTITY_COLUMNS if row[name] != matching[0][name]
            ]
            explanation.differences = list(
                compare_timelines(explanation.timeline, explanation.other_timeline)
            )
    return explanation


def compare_timelines(here: Timeline, there: Timeline) -> Iterator[TimelineDifference]:
    """List the differences of two timelines: of their columns, their commitments and their deliveries."""
    for name in (*IDENTITY_COLUMNS, *OUTCOME_COLUMNS):
        if here.request[name] != there.request[name]:
            yield TimelineDifference(name, here.request[name], there.request[name])
    for kind, mine, theirs in (
        ("promised", here.commitments, there.commitments),
        ("delivered", here.deliveries, there.deliveries),
    ):
        if mine != theirs:
            yield TimelineDifference(kind, mine, theirs)
