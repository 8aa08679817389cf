"""The overflow policies: one row is all that there is to say of a policy, but how each market ranks by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Literal, get_args

RANKING_FACTS = frozenset({"price", "room", "would_take"})
"""What is known of a provider when it is ranked, by the names that the phrases of a policy may use in braces."""


@dataclass(frozen=True)
class OverflowPolicy:
    """A way to rank the providers that are asked for what the holder did not take, and how it is explained.

    Raises ValueError for a phrase that uses a fact which nobody could fill in.
    """

    name: str
    offered: str
    """To whom the rest is offered, as it follows "3 MW offered"."""
    basis: str
    """On what the place of a provider in the ranking rests; empty where its answer says so, or nothing does."""
    basis_not_asked: str
    """The same for a provider whose turn did not come, since nothing was left."""

    def __post_init__(self) -> None:
        for phrase in (self.basis, self.basis_not_asked):
            unknown = {
                name for _, name, _, _ in Formatter().parse(phrase) if name is not None
            } - RANKING_FACTS
            if unknown:
                raise ValueError(f"overflow policy {self.name!r}: unknown facts {sorted(unknown)}")


OverflowPolicyName = Literal["soonest", "cheapest", "most room", "in order"]
OVERFLOW_POLICIES: Mapping[str, OverflowPolicy] = {
    policy.name: policy
    for policy in (
        OverflowPolicy(
            name="soonest",
            offered="to who promises it soonest, then to who takes most",
            basis="",
            basis_not_asked="would take {would_take}",
        ),
        OverflowPolicy(
            name="cheapest",
            offered="to the cheapest first",
            basis="{price}",
            basis_not_asked="{price}",
        ),
        OverflowPolicy(
            name="most room",
            offered="to who has most room first",
            basis="room {room}",
            basis_not_asked="room {room}",
        ),
        OverflowPolicy(
            name="in order",
            offered="in the order of the scenario",
            basis="",
            basis_not_asked="",
        ),
    )
}
"""By the word of the format, and looked up with `OVERFLOW_POLICIES[name]`, so that an unknown one is a KeyError."""
assert get_args(OverflowPolicyName) == tuple(OVERFLOW_POLICIES), "name each policy in OverflowPolicyName too"
