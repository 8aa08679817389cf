"""The rules of the market, as questions on plain numbers and sequences.

Both clocks call these same functions: the SimPy market as plain Python on lists, the compiled market after
the compiler has been told of them. So this file imports nothing, and every function takes and gives whole
numbers: power in kW, times in microseconds since the scenario's start, shares in millionths.
"""

NEVER = 1 << 62
"""A time that does not come."""

MILLION = 1_000_000
"""Millionths in a whole share."""

MATCH = -1
"""Stands for `max_delay: match`, the right to match."""

ANYWHERE, ONE_SITE, NEVER_SPLIT = 0, 1, 2
"""How a request may be split: `anywhere`, `one site`, `never`."""

IN_ORDER, SOONEST, CHEAPEST, MOST_ROOM = 0, 1, 2, 3
OVERFLOW_POLICY_CODES = {
    "in order": IN_ORDER,
    "soonest": SOONEST,
    "cheapest": CHEAPEST,
    "most room": MOST_ROOM,
}
"""The codes of the overflow policies of `sim.scenario.overflow_policies`, for `ranking_key`."""
SITE_POLICY_CODES = {"in order": IN_ORDER, "soonest": SOONEST}
"""The codes of the site policies of `sim.scenario.site_policies`, for `ranking_key` too."""

STEP_WORLD, STEP_ANSWERS, STEP_DELIVERIES, STEP_WAITING_LIST, STEP_NEW_REQUESTS = 1, 2, 3, 4, 5
STEP_GIVE_UPS = 7
"""The order within an instant: what the world changed, answers due, deliveries, the waiting list, new requests,
deliveries once more (6), give-ups; and again from (3) until a pass changes nothing."""


def in_force(now: int, begins: int, ends: int) -> bool:
    """Does a right count at this time? From its begin on, and no longer at its end."""
    return begins <= now < ends


def horizon(now: int, presells: int, latest: int) -> int:
    """Up to which planned date may a provider sell now, to a customer who would take `latest` at the most?"""
    early = now + presells
    return early if early < latest else latest


def planned_by(dates: list[int], sizes_kw: list[int], date: int) -> int:
    """How many kW are planned to be online by a date? `dates` and `sizes_kw` in the order of the dates."""
    total = 0
    for k in range(len(dates)):
        if dates[k] > date:
            break
        total += sizes_kw[k]
    return total


def room(online: int, planned: int, committed: int, held: int) -> int:
    """How many kW can still be promised at a site? Never below 0: an outage may take what was promised."""
    free = online + planned - committed - held
    return free if free > 0 else 0


def room_for_others(room: int, keeps_back: int) -> int:
    """How many kW may a provider place for others, of the room of all its sites?"""
    free = room - keeps_back
    return free if free > 0 else 0


def headroom_below_cap(max_utilization: int, capacity: int, committed: int, held: int) -> int:
    """How many kW may a holder still take under its utilization cap, over all its sites?"""
    free = max_utilization * capacity // MILLION - committed - held
    return free if free > 0 else 0


def allocate_at_site(split: int, block: int, left: int, free: int) -> int:
    """How many of the `left` kW does a site with `free` kW take? All, else whole blocks of them, or nothing."""
    if free >= left:
        return left
    return free - free % block if may_take_part(split) else 0


def may_take_part(split: int) -> bool:
    """May a site take a part of what is uncommitted?"""
    if split == ANYWHERE:
        return True
    if split in (ONE_SITE, NEVER_SPLIT):
        return False
    raise ValueError("an unknown split")


def starts_whole(split: int) -> bool:
    """Must all that is committed at a site begin to serve at once?"""
    if split == NEVER_SPLIT:
        return True
    if split in (ANYWHERE, ONE_SITE):
        return False
    raise ValueError("an unknown split")


def declines(draw: float, appetite: int) -> bool:
    """Does a provider turn a request down for want of appetite?"""
    return draw >= appetite / MILLION


def all_or_nothing(partial: bool, allocated: int, size: int) -> int:
    """What remains of the holder's taking where it takes the whole size or nothing?"""
    return allocated if partial or allocated == size else 0


def earliest_promise(now: int, wanted: int) -> int:
    """The first time that a promise may name."""
    return now if now > wanted else wanted


def cover_date(now: int, wanted: int, need: int, online: int, dates: list[int], sizes_kw: list[int]) -> int:
    """When do online and planned kW cover what a site needs? Never before now, nor before it is wanted.

    `need` is all that is committed and held at the site, the new commitment included. NEVER if no plan does.
    """
    first = now if now > wanted else wanted
    if online >= need:
        return first
    for k in range(len(dates)):
        online += sizes_kw[k]
        if online >= need:
            return dates[k] if dates[k] > first else first
    return NEVER


def ranks_by_promise(policy: int) -> bool:
    """Does the place of a provider rest on what it would take, and on the date that it would promise?"""
    if policy == SOONEST:
        return True
    if policy in (IN_ORDER, CHEAPEST, MOST_ROOM):
        return False
    raise ValueError("an unknown overflow policy")


def ranks_by_room(policy: int) -> bool:
    """Does the place of a provider rest on the room of its sites?"""
    if policy == MOST_ROOM:
        return True
    if policy in (IN_ORDER, SOONEST, CHEAPEST):
        return False
    raise ValueError("an unknown overflow policy")


def ranking_key(policy: int, allocated: int, promise: int, room: int, price: float) -> tuple[int, int, float]:
    """By what is a provider, or a site, ranked? The least comes first, and equal ones as they are listed.

    `soonest`: by the latest date that it would promise for what it would take, then who would take more; who would
    take nothing, last. What a policy does not rest on (`ranks_by_promise`, `ranks_by_room`) may be given as 0.
    """
    if policy == IN_ORDER:
        return 0, 0, 0.0
    if policy == SOONEST:
        return 1 if allocated == 0 else 0, promise, -float(allocated)
    if policy == CHEAPEST:
        return 0, 0, price
    if policy == MOST_ROOM:
        return 0, -room, 0.0
    raise ValueError("an unknown overflow policy")


def idle(online: int, committed: int, held: int) -> int:
    """How many kW are online at a site, promised to nobody and held for nobody?"""
    free = online - committed - held
    return free if free > 0 else 0


def movable_kw(
    split: int, block: int, undelivered: int, free: int, size: int, undelivered_of_request: int
) -> int:
    """How many of the undelivered kW of a commitment may move to a site that has `free` kW idle?

    All, else whole blocks of them; what must stand at one site moves whole, and only if nothing serves yet.
    """
    if not may_take_part(split) and undelivered_of_request < size:
        return 0
    return allocate_at_site(split, block, undelivered, free)


def moved_promise(now: int, promised: int) -> int:
    """For when is promised what moves now? For now, or for its old date where that has passed."""
    return promised if promised < now else now


def available(online: int, in_service: int) -> int:
    """How many kW could start to serve at a site now? None during an outage that took what serves."""
    free = online - in_service
    return free if free > 0 else 0


def set_aside(free: int, undelivered: int) -> int:
    """How many kW of what is free are set aside for a commitment?"""
    return undelivered if undelivered < free else free


def deliverable_kw(reserved: int, undelivered: int, split: int, wanted: int, now: int) -> int:
    """How many of the kW set aside begin to serve now? All that is wanted; a `never` split whole or not at all."""
    if wanted > now or (reserved < undelivered and starts_whole(split)):
        return 0
    return reserved


def is_overcommitted(committed: int, online: int, outage: int, planned: int) -> bool:
    """Is more promised at a site than it will ever have? What an outage took counts as online."""
    return committed > online + outage + planned


def trigger_fires(committed: int, share: int, online: int, planned: int) -> bool:
    """Has so much been committed at a site that the next building begins?"""
    return committed * MILLION > share * (online + planned)


def next_planned_date(date: int, review: int, now: int) -> int:
    """On which date is a building planned that was not online on `date`? `review` later, as often as needed."""
    return date if date > now else date + ((now - date) // review + 1) * review


def share_of_kw(share: int, kw: int) -> int:
    """How many whole kW are a share of some? Rounded half up."""
    return (2 * share * kw + MILLION) // (2 * MILLION)
