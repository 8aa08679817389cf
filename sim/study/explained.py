"""Why did it come so for one request, and how would it have come with some keys set anew?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.study.outcome import Outcome
from sim.study.retold import look_again, on_record, played_with, request_meant
from sim.study.story import Story, story


@dataclass(frozen=True)
class Difference:
    """Something that is otherwise in two stories."""

    what: str
    here: Any
    there: Any


@dataclass
class Explained:
    """The story of a request; and, where keys were set anew, the same request in that other world.

    `other` is None where there is no such request; `another` names what shows that it is not the same one.
    """

    scenario: str
    seed: int
    replication: int
    story: Story
    overrides: dict[str, object] = field(default_factory=dict)
    other: Story | None = None
    another: list[str] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def explained(
    outcome: Outcome,
    request: str | None,
    replication: int = 0,
    overrides: Mapping[str, object] | None = None,
) -> Explained:
    """What happened to a request, and what would have happened with some keys set anew?

    Raises Unexplained where there is no such request or replication, ScenarioError for keys that cannot be.
    """
    record = on_record(outcome, replication)
    row = request_meant(record, request)
    look_again(outcome, record, row)
    found = Explained(
        scenario=outcome.scenario.title or outcome.provenance["scenario"],
        seed=record.seed,
        replication=replication,
        story=story(record, row),
        overrides=dict(overrides or {}),
        notes=record.notes,
    )
    if overrides:
        there = played_with(outcome, record, row, overrides)
        same = there.rows("requests", stream=row["stream"], number=row["number"])
        if same:
            found.other = story(there, same[0])
            found.another = [name for name in WHO if row[name] != same[0][name]]
            found.differences = list(differences(found.story, found.other))
    return found


WHO = ("customer", "class", "deal", "asked", "size_kw", "term")
"""What makes a request the one that it is, beside its stream and number in it."""
BECAME = (
    "wanted", "gives_up", "right", "asked_first", "answered", "holder_kw", "reason", "committed_kw",
    "delivered_kw", "lost_kw", "first_delivery", "full_delivery", "status",
)  # fmt: skip
"""What may become of one and the same request."""


def differences(here: Story, there: Story) -> Iterator[Difference]:
    """What is otherwise in another story?"""
    for name in (*WHO, *BECAME):
        if here.request[name] != there.request[name]:
            yield Difference(name, here.request[name], there.request[name])
    for kind, facts in (("promised", "promises"), ("delivered", "deliveries")):
        mine, theirs = getattr(here, facts), getattr(there, facts)
        if mine != theirs:
            yield Difference(kind, mine, theirs)
