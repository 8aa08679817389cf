"""Why did it come so for one request, and how would it have come with some keys set anew?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.explain.replay import add_decisions, read_record, replay_with_overrides
from sim.explain.request_selection import find_request
from sim.explain.timeline import Timeline, build_timeline
from sim.results.run import RunResult


@dataclass(frozen=True)
class TimelineDifference:
    """Something that is otherwise in two stories."""

    what: str
    here: Any
    there: Any


@dataclass
class RequestExplanation:
    """The story of a request; and, where keys were set anew, the same request in that other world.

    `other` is None where there is no such request; `another` names what shows that it is not the same one.
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
    """What happened to a request, and what would have happened with some keys set anew?

    Raises Unexplained where there is no such request or replication, ScenarioError for keys that cannot be.
    """
    record = read_record(run, replication)
    row = find_request(record, request)
    add_decisions(run, record, row)
    found = RequestExplanation(
        scenario=run.scenario.title or run.provenance["scenario"],
        seed=record.seed,
        replication=replication,
        timeline=build_timeline(record, row),
        overrides=dict(overrides or {}),
        notes=record.notes,
    )
    if overrides:
        there = replay_with_overrides(run, record, row, overrides)
        same = there.rows("requests", stream=row["stream"], number=row["number"])
        if same:
            found.other_timeline = build_timeline(there, same[0])
            found.identity_differences = [name for name in IDENTITY_COLUMNS if row[name] != same[0][name]]
            found.differences = list(compare_timelines(found.timeline, found.other_timeline))
    return found


IDENTITY_COLUMNS = ("customer", "class", "deal", "asked", "size_kw", "term")
"""What makes a request the one that it is, beside its stream and number in it."""
OUTCOME_COLUMNS = (
    "wanted", "gives_up", "right", "asked_first", "answered", "holder_kw", "reason", "committed_kw",
    "delivered_kw", "lost_kw", "first_delivery", "full_delivery", "status",
)  # fmt: skip
"""What may become of one and the same request."""


def compare_timelines(here: Timeline, there: Timeline) -> Iterator[TimelineDifference]:
    """What is otherwise in another story?"""
    for name in (*IDENTITY_COLUMNS, *OUTCOME_COLUMNS):
        if here.request[name] != there.request[name]:
            yield TimelineDifference(name, here.request[name], there.request[name])
    for kind, facts in (("promised", "commitments"), ("delivered", "deliveries")):
        mine, theirs = getattr(here, facts), getattr(there, facts)
        if mine != theirs:
            yield TimelineDifference(kind, mine, theirs)
