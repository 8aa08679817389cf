"""A naive reference model of the market: section 3 of the design, said as literally and slowly as it can be.

It is a judge for the real implementation and shares nothing with it. `play(case)` goes from instant to
instant and through the steps (1) to (7) with full scans; above each piece of code stands the sentence that it
obeys. All times are ints, all powers ints (kW), all shares ints in millionths. Cases: `cases.py`, and by hand
the timelines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

MILLION = 1_000_000


# State of a site: `online`; `plan`, the (date, kW) still to come; `committed`, the kW promised and not yet
# ended; `held`; `in_service`.
@dataclass
class Site:
    name: str
    online: int
    plan: dict = field(default_factory=dict)  # building -> (date, kw)
    committed: int = 0
    held: int = 0
    in_service: int = 0
    out: int = 0  # what outages took and have not given back


@dataclass
class Commitment:
    request: int | None
    stream: str
    provider: str
    site: str
    kw: int
    committed: int
    promised: int
    wanted: int
    term: int
    whole: bool  # split: never
    made: int  # order made
    delivered: int = 0
    released: int = 0

    def undelivered(self):
        return self.kw - self.delivered - self.released


@dataclass
class Delivery:
    commitment: Commitment
    kw: int
    start: int
    end: int
    ended: bool = False


@dataclass
class Request:
    number: int
    spec: dict
    uncommitted: int
    asked: bool = False
    due: int | None = None  # when the answer that is pending will be given
    pending: dict | None = None  # the right whose answer is pending
    hold: dict | None = None  # site -> kW held for this request (None: nothing was to be held)
    over: int | None = None  # when the first round was over
    gave_up: bool = False
    right: str | None = None
    holder: str | None = None
    window: int | None = None
    asked_first: str | None = None
    holder_kw: int | None = None
    first_kw: int = 0
    reason: str = "none"
    delivered: int = 0
    lost: int = 0
    first_delivery: int | None = None
    full_delivery: int | None = None


@dataclass
class Market:
    case: dict
    sites: dict
    providers: dict
    order: list
    requests: list
    now: int = 0
    commitments: list = field(default_factory=list)
    releases: list = field(default_factory=list)
    deliveries: list = field(default_factory=list)
    left: list = field(
        default_factory=list
    )  # (site, kW) that moved away from it in the walk that is not over


# ---------------------------------------------------------------------------------------------------- room


def is_own(request, provider):
    # requests whose customer is the provider itself
    return request.spec["customer"] == provider


def last_date(request):
    # The latest date that the customer would take is `wanted + patience`.
    return math.inf if request.spec["gives_up"] is None else request.spec["gives_up"]


def plan_within_reach(market, provider, site, latest):
    # At time t a plan date is within reach of a sale if `date - presells <= t` and `date <=` the latest date
    # that the customer would take.
    presells = market.providers[provider]["presells"]
    return sum(kw for date, kw in site.plan.values() if date - presells <= market.now and date <= latest)


def room(market, provider, site, latest):
    # `room = online + plan within reach - committed - held`, never below 0; what is online counts whatever
    # the dates. kW in service, or committed for a later date, is not room before it ends.
    reach = plan_within_reach(market, provider, site, latest)
    return max(0, site.online + reach - site.committed - site.held)


def sites_of(market, provider):
    return [market.sites[name] for name in market.providers[provider]["sites"]]


def room_of_all(market, provider, latest):
    return sum(room(market, provider, site, latest) for site in sites_of(market, provider))


# ------------------------------------------------------------------------------------------------- placing


def would_take(market, provider, request, latest, at_most=math.inf, held=None):
    """What the provider would take of what is uncommitted, as [(site, kw)], without taking it.

    `at_most` is what the provider as a whole may take for another reason than `keeps_back`, `held` what was
    held for the request by site, where something was to be held.
    """
    spec = request.spec
    left = request.uncommitted
    allowance = at_most
    # A provider that `keeps_back` kW for its own (requests whose customer is the provider itself) places no
    # more of anyone else's than the room of all its sites less that.
    if not is_own(request, provider):
        kept = market.providers[provider]["keeps_back"]
        allowance = min(allowance, room_of_all(market, provider, latest) - kept)
    allowance = max(0, allowance)

    def there(site):
        # A site would take its room, up to what is uncommitted and to what the provider as a whole may still
        # take (`keeps_back`, `max_utilization`),
        kw = min(room(market, provider, site, latest), left, allowance)
        # where capacity was to be held for the request, no more than was held there.
        if held is not None:
            kw = min(kw, held.get(site.name, 0))
        # rounded down to the request's `block` unless it is all that is uncommitted;
        if kw < left:
            kw = kw // spec["block"] * spec["block"]
        # `split: anywhere` (default) takes what there is and goes on; `split: one site` and `split: never`
        # take a site only for the whole of what is uncommitted.
        if spec["split"] != "anywhere" and kw < left:
            return 0
        return kw

    # its sites are ranked once for each placing, by its `site_policy`: `soonest` (default) by the rule of that
    # name below, ties as listed, or `in order`, as listed. (Python's sort is stable.)
    sites = sites_of(market, provider)
    if market.providers[provider]["site_policy"] == "soonest":
        offers = {site.name: [(site, there(site))] for site in sites}
        sites = sorted(sites, key=lambda site: soonest(market, request, offers[site.name]))
    takes = []
    for site in sites:
        kw = there(site)
        if kw > 0:
            takes.append((site, kw))
            left -= kw
            allowance -= kw
    return takes


def soonest(market, request, takes):
    # Soonest, of sites and of providers: by the (latest) date that each would promise for what it would take
    # (for `one site` and `never` the whole or nothing), the earliest first, of equal dates who would take
    # more; who would take nothing comes last.
    if total(takes) == 0:
        return (1, 0, 0)
    return (0, latest_promise(market, request, takes), -total(takes))


def total(takes):
    return sum(kw for _, kw in takes)


def promise(market, request, site, kw):
    # Promised is the first time, never before now nor `wanted`, at which online and planned kW cover all that
    # is committed and held at the site, this commitment included.
    earliest = max(market.now, request.spec["wanted"])
    needed = site.committed + site.held + kw
    dates = [earliest, *sorted(date for date, _ in site.plan.values() if date > earliest)]
    for when in dates:
        if site.online + sum(more for date, more in site.plan.values() if date <= when) >= needed:
            return when
    raise AssertionError("a sale beyond what is online and planned")


def latest_promise(market, request, takes):
    return max(promise(market, request, site, kw) for site, kw in takes)


def commit(market, request, provider, takes):
    for site, kw in takes:
        # It never changes (what moves keeps an earlier date).
        write_commitment(market, request, provider, site, kw, promise(market, request, site, kw))
        request.uncommitted -= kw
        assert request.uncommitted >= 0
    return total(takes)


def write_commitment(market, request, provider, site, kw, promised):
    spec = request.spec
    market.commitments.append(
        Commitment(
            request=request.number,
            stream=spec["stream"],
            provider=provider,
            site=site.name,
            kw=kw,
            committed=market.now,
            promised=promised,
            wanted=spec["wanted"],
            term=spec["term"],
            whole=spec["split"] == "never",
            made=len(market.commitments),
        )
    )
    site.committed += kw


# ------------------------------------------------------------------------------------------------ appetite


def share_for(appetite, request):
    # (a share, or one for each class; a class left out: 100 %)
    return appetite.get(request.spec["class"], MILLION) if isinstance(appetite, dict) else appetite


def has_appetite(market, provider, request, right=None):
    """Whether the provider takes anything of a request; `right` is the one by which it is put to it."""
    # Exempt, by either, is a provider's own demand; and an exclusive right knows no appetite: who alone may
    # serve, has to.
    if is_own(request, provider) or (right is not None and right["kind"] == "exclusive"):
        return True
    appetite = market.providers[provider]["appetite"]
    # A first refusal may state an `appetite` of its own, which replaces its holder's while the right decides
    # over the request (same draw).
    if right is not None and right["appetite"] is not None:
        appetite = right["appetite"]
    if appetite is None:
        return True
    # it takes nothing of a request whose draw for it (uniform in [0, 1), one for each request and provider,
    # float64) is at or above the appetite for its class, whoever puts the request to it and how often.
    return not request.spec["draws"].get(provider, 0.0) >= share_for(appetite, request) / MILLION


def offer(market, provider, request):
    """What a provider would take where no right has it asked first, as [(site, kw)]."""
    # Who declines counts as without room
    if not has_appetite(market, provider, request):
        return []
    return would_take(market, provider, request, last_date(request))


# ------------------------------------------------------------------------------------------------ overflow


def allowed(market, request):
    # The providers of `order` (default: all, as in the file), less those that the request's `only` leaves out
    only = request.spec["only"]
    return [name for name in market.order if only is None or name in only]


def ranking(market, request, without=None):
    # ... are ranked once, when a request is placed, ties in the order of `order` (Python's sort is stable)
    names = [name for name in allowed(market, request) if name != without]
    policy = market.case["overflow"]["policy"]

    # Who declines counts as without room: last in `soonest`, 0 in `most room`, nobody's promise in `match`;
    # `cheapest` and `in order` do not look.
    def by_promise(name):
        # `soonest` (default)
        return soonest(market, request, offer(market, name, request))

    def by_price(name):
        # `cheapest`; a price of None ranks last
        price = market.providers[name]["price"]
        return (1, 0) if price is None else (0, price)

    def by_room(name):
        # `most room` (with what is kept back)
        if not has_appetite(market, name, request):
            return 0
        return -room_of_all(market, name, last_date(request))

    if policy == "in order":
        return names
    return sorted(names, key={"soonest": by_promise, "cheapest": by_price, "most room": by_room}[policy])


def overflow(market, request, without=None):
    """Place by the overflow policy; returns (the first in the ranking, what it took, what all took)."""
    names = ranking(market, request, without)
    first_kw = 0
    everything = 0
    # Each is offered what is left.
    for place, name in enumerate(names):
        kw = commit(market, request, name, offer(market, name, request))
        everything += kw
        if place == 0:
            first_kw = kw
    return (names[0] if names else None, first_kw, everything)


# -------------------------------------------------------------------------------------------------- rights


def in_force(right, now):
    # Intervals are half-open. Rights begin and end on dates.
    return right["from"] <= now and (right["until"] is None or now < right["until"])


def covers(right, request):
    # covers the request's customer and class (a right does not cover a request whose `only` leaves out the
    # holder)
    spec = request.spec
    if right["customer"] is not None and right["customer"] != spec["customer"]:
        return False
    if right["classes"] is not None and spec["class"] not in right["classes"]:
        return False
    return spec["only"] is None or right["holder"] in spec["only"]


def deciding_right(market, request):
    # The first right in file order that is in force and covers the request's customer and class decides
    for right in market.case["rights"]:
        if in_force(right, market.now) and covers(right, request):
            return right
    return None


def latest_of_holder(market, request, right):
    # with `wanted + min(max_delay, patience)` as the latest date
    patience_ends = last_date(request)
    if right["max_delay"] is None:
        return patience_ends
    if right["max_delay"] != "match":
        return min(request.spec["wanted"] + right["max_delay"], patience_ends)
    # `max_delay: match` is the right to match: no later than the earliest date on which another provider of
    # the order, at that moment, would promise the whole of what is uncommitted (where none would, patience
    # alone counts).
    earliest = math.inf
    for name in allowed(market, request):
        if name == right["holder"]:
            continue
        takes = offer(market, name, request)
        if takes and total(takes) == request.uncommitted:
            earliest = min(earliest, latest_promise(market, request, takes))
    return min(earliest, patience_ends)


def holder_would_take(market, request, right, held=None, lift=None):
    """What the holder would take, its appetite apart; `lift` names one limit that is thought away."""
    holder = right["holder"]
    # Otherwise it places by the same rule as any provider, with `wanted + min(max_delay, patience)` as the
    # latest date,
    latest = last_date(request) if lift == "delay" else latest_of_holder(market, request, right)
    # and no more in all than `floor(max_utilization x (online + plan within reach)) - committed - held` over
    # its sites.
    at_most = math.inf
    if lift != "utilization":
        sites = sites_of(market, holder)
        supply = sum(site.online + plan_within_reach(market, holder, site, latest) for site in sites)
        taken = sum(site.committed + site.held for site in sites)
        at_most = right["max_utilization"] * supply // MILLION - taken
    # where it was to be held (`holds_capacity`, and a window that was not over), the holder takes no more than
    # was held, site by site, also where that was nothing.
    takes = would_take(market, holder, request, latest, at_most, held)
    # With `partial: false` it takes all of the size, or nothing, so nothing once part went elsewhere.
    if not right["partial"] and lift != "partial" and total(takes) < request.spec["size"]:
        return []
    return takes


def reason_of_holder(market, request, right, held):
    # why the holder did not take all in the first round: "appetite" if the draw declined; "none" if it took
    # everything; otherwise the limit whose removal alone would have let it take more, tried in the order
    # partial, utilization, delay, and "room" if none of these alone
    if not has_appetite(market, right["holder"], request, right):
        return "appetite"
    took = total(holder_would_take(market, request, right, held))
    if took == request.spec["size"]:
        return "none"
    for limit in ("partial", "utilization", "delay"):
        if total(holder_would_take(market, request, right, held, lift=limit)) > took:
            return limit
    return "room"


def holder_answers(market, request, right, held=None):
    """The holder of a first refusal takes what it takes; returns the kW."""
    # The holder takes nothing if it has no appetite for the request.
    if not has_appetite(market, right["holder"], request, right):
        return 0
    return commit(market, request, right["holder"], holder_would_take(market, request, right, held))


def first_answer(market, request, right, held):
    """The first round of a first refusal: the answer, and its overflow in the same instant."""
    request.reason = reason_of_holder(market, request, right, held)
    request.holder_kw = holder_answers(market, request, right, held)
    request.first_kw = request.holder_kw
    request.over = market.now
    # What it does not take is overflow, placed at once by the overflow policy without the holder; no right looks
    # at it there. An answer that was asked for is given and counts even where the right has ended meanwhile.
    return request.holder_kw + overflow(market, request, without=right["holder"])[2]


def ask(market, request):
    """A request is asked; returns the kW committed at once."""
    right = deciding_right(market, request)
    if right is None:
        # none: it is placed at once, by the overflow policy.
        request.over = market.now
        request.asked_first, request.first_kw, kw = overflow(market, request)
        return kw
    request.right = right["name"]
    request.holder = right["holder"]
    request.asked_first = right["holder"]
    if right["kind"] == "exclusive":
        # exclusive: only the holder may serve it, by the placing rule alone, for as long as the right lasts.
        takes = would_take(market, right["holder"], request, last_date(request))
        request.over = market.now
        request.holder_kw = commit(market, request, right["holder"], takes)
        request.first_kw = request.holder_kw
        request.reason = "room" if request.uncommitted > 0 else "none"
        return request.holder_kw
    # first refusal: the holder answers after `window` (0: at once).
    request.window = request.spec["windows"].get(right["name"], 0)
    # its answer is due when its window is over (one that is over by the start is no window). For who asks at or
    # after the start, asked is now.
    due = request.spec["asked"] + request.window
    if due <= market.now:
        return first_answer(market, request, right, None)
    request.due = due
    request.pending = right
    # Where `holds_capacity` is true, what it would take if it answered now, its appetite apart, is held at
    # those sites until then.
    if right["holds_capacity"]:
        request.hold = {}
        for site, kw in holder_would_take(market, request, right):
            request.hold[site.name] = request.hold.get(site.name, 0) + kw
        for name, kw in request.hold.items():
            market.sites[name].held += kw
    return 0


# -------------------------------------------------------------------------------------------- waiting list


def list_order(request):
    # Ordered by priority (higher first), then asked, then request number
    return (-request.spec["priority"], request.spec["asked"], request.number)


def is_open(request):
    # A request whose answer is pending is not on the list.
    return request.over is not None and not request.gave_up


def lacks(request):
    # requests not yet fully committed.
    return is_open(request) and request.uncommitted > 0


def moves(market, request):
    # (`waiting: {moves: true}`, the default.) In the waiting list stand, beside requests not fully committed,
    # those that are wanted and have undelivered kW.
    if not market.case["moves"] or not is_open(request):
        return False
    return request.spec["wanted"] <= market.now and bool(undelivered_of(market, request))


def undelivered_of(market, request):
    # those commitments that it has then, in the order made
    return [one for one in market.commitments if one.request == request.number and one.undelivered() > 0]


def waiting_list(market):
    listed = [request for request in market.requests if lacks(request) or moves(market, request)]
    return sorted(listed, key=list_order)


def come_up(market, request):
    """One on the list comes up; returns the kW that move or are committed."""
    # At its turn such a request first moves, those commitments that it has then, in the order made, each to the
    # other sites of its provider as listed, then places what is uncommitted.
    kw = 0
    if moves(market, request):
        for commitment in undelivered_of(market, request):
            kw += move(market, request, commitment)
    if lacks(request):
        kw += place_again(market, request)
    return kw


def place_again(market, request):
    # A right in force still counts: the holder goes first, by the same answer rule, draw and limits, without
    # a window or a hold.
    right = deciding_right(market, request)
    if right is None:
        return overflow(market, request)[2]
    if right["kind"] == "exclusive":
        takes = would_take(market, right["holder"], request, last_date(request))
        return commit(market, request, right["holder"], takes)
    kw = holder_answers(market, request, right)
    return kw + overflow(market, request, without=right["holder"])[2]


def unpromised(site):
    # What a site has online and promised to nobody, `max(0, online - committed - held)`
    return max(0, site.online - site.committed - site.held)


def move(market, request, commitment):
    """Moves a commitment to other sites of its provider; returns the kW.

    It stays with its seller, so rights, appetite and utilization caps do not enter.
    """
    moved = 0
    spec, provider = request.spec, commitment.provider
    for site in sites_of(market, provider):
        undelivered = commitment.undelivered()
        if site.name == commitment.site or undelivered == 0:
            continue
        # takes what is undelivered,
        kw = min(unpromised(site), undelivered)
        # though for others than the provider itself no more than the sum of this over all the provider's sites
        # less what it keeps back;
        if not is_own(request, provider):
            idle = sum(unpromised(one) for one in sites_of(market, provider))
            kw = max(0, min(kw, idle - market.providers[provider]["keeps_back"]))
        # rounded down to the block unless it is all that is undelivered.
        if kw < undelivered:
            kw = kw // spec["block"] * spec["block"]
        # `split: never` and `one site` move only a request of which nothing was delivered yet, and only whole.
        if spec["split"] != "anywhere" and (request.delivered > 0 or kw < undelivered):
            continue
        if kw == 0:
            continue
        # What moves is released at the old site (why: moved) and committed at the new one (promised: the
        # earlier of now and its old date), a row in each table for each site it moves to;
        release(market, commitment, "moved", kw)
        write_commitment(market, request, provider, site, kw, min(market.now, commitment.promised))
        # What it leaves at the old site counts as committed there until the walk is over, in every sense
        old = market.sites[commitment.site]
        old.committed += kw
        market.left.append((old, kw))
        moved += kw
    return moved


# ---------------------------------------------------------------------------------------- (1) to (7)


def delivery_order(commitment):
    # (promised, committed, request, order made)
    request = -1 if commitment.request is None else commitment.request
    return (commitment.promised, commitment.committed, request, commitment.made)


def open_commitments(market, site):
    found = [one for one in market.commitments if one.site == site.name and one.undelivered() > 0]
    return sorted(found, key=delivery_order)


def release(market, commitment, why, kw):
    commitment.released += kw
    market.sites[commitment.site].committed -= kw
    market.releases.append(
        (commitment.request, commitment.stream, commitment.provider, commitment.site, kw, market.now, why)
    )
    return kw


def deliver(market, commitment, kw):
    """Puts kW into service, and in one row for each commitment and instant."""
    commitment.delivered += kw
    market.sites[commitment.site].in_service += kw
    # One row for each commitment and instant.
    for delivery in market.deliveries:
        if delivery.commitment is commitment and delivery.start == market.now:
            delivery.kw += kw
            break
    else:
        # A delivery ends `term` after it began
        market.deliveries.append(Delivery(commitment, kw, market.now, market.now + commitment.term))
    if commitment.request is not None:
        request = market.requests[commitment.request]
        request.delivered += kw
        if request.first_delivery is None:
            request.first_delivery = market.now
        if request.delivered == request.spec["size"]:
            request.full_delivery = market.now


def step_1_the_world(market):
    # (1) what the world changed: buildings, outages, plans, rights, deliveries that end
    lowered = {}  # site -> cancelled or retired: the one told first
    for told in market.case["told"]:
        if told["at"] != market.now:
            continue
        site, building, event, kw = market.sites[told["site"]], told["building"], told["event"], told["kw"]
        if event == "planned":
            site.plan[building] = (told["date"], kw)
        elif event == "online":
            site.plan.pop(building, None)
            site.online += kw
        elif event == "cancelled":
            # Cancelling has no effect once a building is online
            if building in site.plan:
                del site.plan[building]
                lowered.setdefault(site.name, "cancelled")
        elif event == "retired":
            site.online -= kw
            lowered.setdefault(site.name, "retired")
        elif event == "outage":
            # In an outage nothing is evicted
            site.online -= kw
            site.out += kw
        elif event == "restored":
            site.online += kw
            site.out -= kw
        else:
            raise ValueError(f"the world cannot tell of {event!r}")

    # Already there. A stream may have kW `in_place` at sites when the scenario starts: commitments delivered
    # at `start`, with a drawn term per stream and site, by the first provider in the file that sells from the
    # site. They have no request (null).
    if market.now == 0:
        for there in market.case["in_place"]:
            sellers = [name for name, one in market.providers.items() if there["site"] in one["sites"]]
            commitment = Commitment(
                request=None,
                stream=there["stream"],
                provider=sellers[0],
                site=there["site"],
                kw=there["kw"],
                committed=0,
                promised=0,
                wanted=0,
                term=there["term"],
                whole=False,
                made=len(market.commitments),
            )
            market.commitments.append(commitment)
            market.sites[there["site"]].committed += there["kw"]
            deliver(market, commitment, there["kw"])

    # A delivery ends `term` after it began and frees its kW.
    for delivery in market.deliveries:
        if not delivery.ended and delivery.end <= market.now:
            delivery.ended = True
            site = market.sites[delivery.commitment.site]
            site.in_service -= delivery.kw
            site.committed -= delivery.kw

    # When a building is cancelled or retired, undelivered commitments at its site are released from the last
    # in delivery order, each with all of it that is undelivered, until `committed <= online + plan` (what an
    # outage took counts as online here); this comes last in step (1), and what is released waits again at its
    # old place.
    for site in market.sites.values():
        if site.name not in lowered:
            continue
        while True:
            covered = site.online + site.out + sum(kw for _, kw in site.plan.values())
            undelivered = open_commitments(market, site)
            if site.committed <= covered or not undelivered:
                break
            last = undelivered[-1]
            kw = release(market, last, lowered[site.name], last.undelivered())
            market.requests[last.request].uncommitted += kw


def step_2_answers(market):
    # (2) answers due; Requests in (2), (4) and (5) go in the order of the waiting list.
    for request in sorted(market.requests, key=list_order):
        if request.due is None or request.due != market.now:
            continue
        right, held = request.pending, request.hold
        # What was held is released first
        for name, kw in (held or {}).items():
            market.sites[name].held -= kw
        request.due = request.pending = request.hold = None
        first_answer(market, request, right, held)


def step_4_waiting_list(market):
    # (4) the waiting list, with moves. In step (4) below the whole list is walked in each pass.
    something = 0
    for request in waiting_list(market):
        something += come_up(market, request)
        # With `bypass: false` (strict first come, first served) ... walking stops at the first that keeps any
        # uncommitted kW (who stands behind it does not move either).
        if not market.case["bypass"] and lacks(request):
            break
    # until the walk is over
    for site, kw in market.left:
        site.committed -= kw
    market.left.clear()
    return something > 0


def step_5_new_requests(market):
    # (5) new requests
    something = False
    for request in sorted(market.requests, key=list_order):
        # a request whose asking lies before the start is put to the market at the start, with its own `asked`
        if request.asked or max(0, request.spec["asked"]) != market.now:
            continue
        request.asked = True
        # With `bypass: false` a request that comes up while one not fully committed waits joins the list
        # untouched (its first round is then over, nothing taken, and another pass follows)
        if not market.case["bypass"] and any(lacks(one) for one in market.requests):
            request.over = market.now
            something = True
        elif ask(market, request) > 0:
            something = True
    return something


def steps_3_and_6_deliveries(market):
    # (3) deliveries; (6) deliveries
    delivered = False
    for site in market.sites.values():
        # each one's undelivered kW is set aside for it out of `online - in_service`, and is not available to
        # later ones (nothing new is delivered until there is capacity again)
        left = max(0, site.online - site.in_service)
        # At each site, walk the commitments in order of (promised, committed, request, order made)
        for commitment in open_commitments(market, site):
            aside = min(commitment.undelivered(), left)
            left -= aside
            # `split: never` is delivered whole or not at all.
            if commitment.whole and aside < commitment.undelivered():
                continue
            # what is set aside and already wanted is delivered.
            if aside > 0 and commitment.wanted <= market.now:
                deliver(market, commitment, aside)
                delivered = True
    return delivered


def step_7_give_ups(market):
    # (7) give-ups. All give-ups due give up together.
    gave_up = False
    for request in market.requests:
        # At `wanted + patience` (default: never), though never before its first round of answers is over
        if request.spec["gives_up"] is None or market.now < request.spec["gives_up"]:
            continue
        if request.over is None or request.gave_up or request.delivered == request.spec["size"]:
            continue
        # what is uncommitted and what is committed but undelivered is lost
        request.gave_up = gave_up = True
        request.lost = request.uncommitted
        request.uncommitted = 0
        for commitment in market.commitments:
            if commitment.request == request.number and commitment.undelivered() > 0:
                request.lost += release(market, commitment, "gave up", commitment.undelivered())
        assert request.lost == request.spec["size"] - request.delivered
    return gave_up


def next_instant(market):
    # An instant is any time at which the world changes something,
    times = [told["at"] for told in market.case["told"]]
    # a plan date comes within a provider's `presells`,
    for provider in market.providers.values():
        for name in provider["sites"]:
            times += [date - provider["presells"] for date, _ in market.sites[name].plan.values()]
    for request in market.requests:
        # a request is asked, an answer is due, a `wanted` or a give-up date arrives,
        times += [request.spec["asked"], request.spec["wanted"]]
        times += [time for time in (request.due, request.spec["gives_up"]) if time is not None]
    # a delivery ends,
    times += [delivery.end for delivery in market.deliveries]
    # or a right begins or ends.
    for right in market.case["rights"]:
        times += [time for time in (right["from"], right["until"]) if time is not None]
    return min((time for time in times if time > market.now), default=None)


def capacity_now(site):
    # `interrupted = max(0, in_service - online)`
    planned = sum(kw for _, kw in site.plan.values())
    interrupted = max(0, site.in_service - site.online)
    return (site.online, planned, site.committed, site.in_service, interrupted)


def play(case):
    """Play one case from 0 to its end, and say what happened."""
    # an error in a scenario with a first refusal
    if not case["bypass"] and any(right["kind"] == "first refusal" for right in case["rights"]):
        raise ValueError("bypass: false is an error in a scenario with a first refusal")
    # An appetite that can be below 100 % is an error in a scenario with `bypass: false`.
    for provider in case["providers"].values():
        shares = (
            provider["appetite"] if isinstance(provider["appetite"], dict) else {None: provider["appetite"]}
        )
        if not case["bypass"] and any(share not in (None, MILLION) for share in shares.values()):
            raise ValueError("bypass: false is an error in a scenario with an appetite below 100 %")
    # Nothing happens at or after `end`.
    end = case["end"]
    order = case["overflow"]["order"]
    market = Market(
        case=case,
        sites={name: Site(name, online) for name, online in case["sites"].items()},
        providers=case["providers"],
        order=list(case["providers"]) if order is None else list(order),
        requests=[
            Request(number, spec, uncommitted=spec["size"])
            for number, spec in enumerate(case["requests"])
            if spec["asked"] < end
        ],
    )
    capacity = []
    shown = {}
    while market.now is not None and market.now < end:
        # In this order:
        step_1_the_world(market)
        step_2_answers(market)
        # and again from (3) until a pass commits, delivers, moves and gives up nothing.
        for _ in range(1000):
            something = [
                steps_3_and_6_deliveries(market),
                step_4_waiting_list(market),
                step_5_new_requests(market),
                steps_3_and_6_deliveries(market),
                step_7_give_ups(market),
            ]
            if not any(something):
                break
        else:
            raise AssertionError("an instant without an end")
        check(market)
        for site in market.sites.values():
            if shown.get(site.name) != capacity_now(site):
                shown[site.name] = capacity_now(site)
                capacity.append((market.now, site.name, *shown[site.name]))
        market.now = next_instant(market)

    deliveries = sorted(
        market.deliveries,
        key=lambda one: (
            one.start,
            -1 if one.commitment.request is None else one.commitment.request,
            one.commitment.made,
        ),
    )
    return {
        "commitments": [
            (one.request, one.stream, one.provider, one.site, one.kw, one.committed, one.promised)
            for one in market.commitments
        ],
        "releases": market.releases,
        "deliveries": [
            (
                one.commitment.request,
                one.commitment.stream,
                one.commitment.provider,
                one.commitment.site,
                one.kw,
                one.start,
                one.end,
            )
            for one in deliveries
        ],
        "requests": [row_of(market, request) for request in market.requests],
        "capacity": capacity,
    }


def row_of(market, request):
    # served: all was delivered; waiting: not given up; part served and lost: gave up with and without
    # something delivered
    if request.delivered == request.spec["size"]:
        status = "served"
    elif request.gave_up:
        status = "part served" if request.delivered > 0 else "lost"
    else:
        status = "waiting"
    mine = [one for one in market.commitments if one.request == request.number]
    return {
        "right": request.right,
        "holder": request.holder,
        "window": request.window,
        "asked_first": request.asked_first,
        "answered": request.over,
        "holder_kw": request.holder_kw,
        "first_kw": request.first_kw,
        "reason": request.reason,
        # committed_kw (promised and not released)
        "committed_kw": sum(one.kw - one.released for one in mine),
        "delivered_kw": request.delivered,
        "lost_kw": request.lost,
        "first_delivery": request.first_delivery,
        "full_delivery": request.full_delivery,
        "status": status,
    }


def check(market):
    """What must be true after every instant, whatever the case."""
    for site in market.sites.values():
        here = [one for one in market.commitments if one.site == site.name]
        running = sum(
            one.kw for one in market.deliveries if one.commitment.site == site.name and not one.ended
        )
        assert site.in_service == running
        assert site.committed == running + sum(one.undelivered() for one in here)
        assert site.held == sum((request.hold or {}).get(site.name, 0) for request in market.requests)
        assert site.held >= 0
    for request in market.requests:
        mine = [one for one in market.commitments if one.request == request.number]
        undelivered = sum(one.undelivered() for one in mine)
        assert request.uncommitted >= 0
        assert request.spec["size"] == request.uncommitted + undelivered + request.delivered + request.lost
