"""The state of the market on SimPy's clock: one object, on which the functions of this room work.

The fields are those of the compiled market's `State`, under the same names and in the same order where both have
them. Letters that stand for numbers throughout this room: request `r`, site `s`, provider `p`, right `k`,
commitment `c`, and `m` for the state itself.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from sim.model.callbacks import UserAnswer, UserPolicy
from sim.model.outcomes import ReleaseReason
from sim.model.sampled_inputs import RequestGroup, SampledInputs
from sim.model.sites import Sites

Allocation = list[tuple[int, int]]
"""What a provider takes: (site, kW) in the order of its sites."""
HeldCapacity = dict[int, int]
"""What was held for a request: kW by site."""

AT = 0
"""The place of the time in an item of `delivery_ends` or `agenda`."""


class QueuedCommitment(NamedTuple):
    """A commitment with undelivered kW. The order of the fields is the order of delivery."""

    promised: int
    committed: int
    request: int
    commitment: int


class MarketObserver(Protocol):
    """One who looks on at the decisions of a market, and changes nothing."""

    def on_right_in_force(self, r: int, k: int) -> None:
        """Note which right counts for a request, or NOBODY."""

    def on_holder_answer(self, r: int, k: int, held: HeldCapacity | None, allocation: Allocation) -> None:
        """Note what the holder of a right takes of a request."""

    def on_has_taker(self, r: int, without: int, has_taker: bool) -> None:
        """Note whether anyone would take anything of a request."""

    def on_ranking(self, r: int, ranking: Sequence[int]) -> None:
        """Note in which order the providers are asked."""


@dataclass(slots=True, eq=False, kw_only=True)
class MarketState:
    """One replication of the market. Requests, sites, providers and rights by their numbers in the inputs.

    With slots, since a read of an attribute is what the market does most.
    """

    inputs: SampledInputs
    observer: MarketObserver | None = None

    # The clock
    now: int = 0
    end: int
    next_request: int = 0
    """The first request that has not been asked."""
    capacity_increased: bool = False
    """Whether there is room, or a right, that the waiting list has not seen."""
    world_changed: bool = True
    """Whether there is something to process that stands in no agenda."""
    bypass: bool
    moves: bool
    """Whether anything may move: only where some provider has several sites."""

    # What was asked, by request
    asked: list[int]
    """With NEVER twice after the last, so that the next one can be looked at without asking whether there is one."""
    wanted: list[int]
    gives_up: list[int]
    size_kw: list[int]
    block_kw: list[int]
    term: list[int]
    appetite_draws: dict[int, list[float]]
    """By provider and request."""
    group: list[RequestGroup]
    windows: list[list[int]]
    """By right and request."""

    # What became of it, by request
    is_waiting: bytearray
    """Whether it stands in the waiting list."""
    uncommitted: list[int]
    undelivered: list[int]
    """kW neither delivered nor lost."""
    lost: "array[int]"
    right: "array[int]"
    """The right that decided in the first round."""
    asked_first: "array[int]"
    answered: "array[int]"
    """When the first round of answers was over."""
    holder_kw: "array[int]"
    first_kw: "array[int]"
    reason: "array[int]"

    # Groups of requests that the rules treat alike, here by request
    priority_rank: list[int]
    """Less the priority, so that the highest comes first."""
    split: list[int]

    # Providers
    sites_of: list[tuple[int, ...]]
    ranks_sites: list[bool]
    """Whether the sites of a provider are ranked for each placing: only where it has several."""
    may_decline: list[bool]
    """Whether a provider has an appetite below 100 %."""
    presells: list[int]
    keeps_back: list[int]
    price: list[float]
    """Infinite where a provider has none, so that it comes last."""
    overflow_policy: int
    user_policy: UserPolicy | None
    user_answer: UserAnswer | None
    has_user_functions: bool
    """Whether something can be placed although no room has grown."""

    # Sites: the first four are the lists of `site_capacity`, which the world's events change
    site_capacity: Sites
    online: list[int]
    outage_kw: list[int]
    plan_date: list[list[int]]
    plan_kw: list[list[int]]
    committed: list[int]
    held: list[int]
    in_service: list[int]
    longest_presale: list[int]
    """The longest time ahead that anyone sells there."""
    sites_to_move_to: list[int]
    """The sites of all providers that have several."""
    sites_to_deliver: set[int] = field(default_factory=set)
    """Sites where a delivery may be possible that was not before."""
    sites_to_release: dict[int, ReleaseReason] = field(default_factory=dict)
    """Sites where a building fell away in this instant, and how the first of them did."""

    # What is due
    delivery_ends: list[tuple[int, int, int]] = field(default_factory=list)
    """Deliveries that end, as a heap of (time, site, kW)."""
    agenda: list[tuple[int, int, int, int]] = field(default_factory=list)
    """The rest, as a heap of (time, step, rank of the priority or 0, request or site)."""
    due_answers: list[int] = field(default_factory=list)
    """Requests whose holder answers in this instant."""
    give_ups: list[int] = field(default_factory=list)
    """Requests that may give up in this instant."""

    waiting: list[tuple[int, int]] = field(default_factory=list)
    """The waiting list, as (rank of the priority, request): who has uncommitted kW, or may move."""
    newly_wanted: list[int] = field(default_factory=list)
    """Requests that are wanted from this instant on, and may move."""
    movable: dict[int, list[int]] = field(default_factory=dict)
    """By request: its commitments at providers with several sites that had undelivered kW, in the order made."""
    vacated: list[tuple[int, int]] = field(default_factory=list)
    """(site, kW) that moved away in this walk of the waiting list, and counts as committed there until its end."""
    queue: list[list[QueuedCommitment]]
    """By site: the commitments with undelivered kW, in the order of delivery."""
    undelivered_rows: int = 0
    """How many commitments stand in the queues."""
    holds: dict[int, HeldCapacity] = field(default_factory=dict)
    """By request whose answer is pending: what is held for it."""

    # The ledger
    commitments: "array[int]" = field(default_factory=lambda: array("q"))
    """Rows of `ledger.COMMITMENT_ROW`, one after the other."""
    stream_in_place: dict[int, int] = field(default_factory=dict)
    """The stream of each commitment that has no request."""
    undelivered_of_commitment: list[int] = field(default_factory=list)
    """By commitment: its undelivered kW."""
    deliveries: "array[int]" = field(default_factory=lambda: array("q"))
    """Rows of `ledger.DELIVERY_ROW`, one after the other.

    Without what is delivered in the instant of its promise: that is every commitment of a request whose promised
    date is the date on which it was made, and `to_tables` adds them.
    """
    releases: list[tuple[int, int, int, ReleaseReason]] = field(default_factory=list)
    """Rows of `ledger.RELEASE_COLUMNS`."""
