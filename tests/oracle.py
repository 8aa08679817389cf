"""A naive reference model of the market: section 3 of the design, said as literally and slowly as it can be.

It is a judge for the real implementation and shares nothing with it. `play(case)` goes from instant to
instant and through the steps (1) to (6) with full scans; above each piece of code stands the sentence that it
obeys. All times are ints, all powers ints (kW), all shares ints in millionths. `python tests/oracle.py`
checks a number of cases that were worked by hand.
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
    hold: dict | None = None  # site -> kW held for this request (None: nothing is ever held by this right)
    answered_by: tuple | None = None  # (right, instant) of an answer that was due
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


# ---------------------------------------------------------------------------------------------------- room


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


def would_take(market, provider, request, latest, at_most=math.inf, per_site=None):
    """What the provider would take of what is uncommitted, as [(site, kw)], without taking it."""
    spec = request.spec
    left = request.uncommitted
    allowance = at_most
    # A provider that `keeps_back` kW for its own (requests whose customer is the provider itself) places no
    # more of anyone else's than the room of all its sites less that.
    if spec["customer"] != provider:
        kept = market.providers[provider]["keeps_back"]
        allowance = min(allowance, room_of_all(market, provider, latest) - kept)
    allowance = max(0, allowance)
    takes = []
    # Placing with a provider: its sites in its order;
    for site in sites_of(market, provider):
        # at each, the room, rounded down to the request's `block`.
        there = min(room(market, provider, site, latest), allowance)
        if per_site is not None:
            there = min(there, per_site.get(site.name, 0))
        there = there // spec["block"] * spec["block"]
        # `split: one site` and `split: never` take a site only if it has room for the whole remainder.
        if spec["split"] != "anywhere" and there < left:
            continue
        # `split: anywhere` (default) takes what there is and goes on;
        kw = min(there, left)
        if kw > 0:
            takes.append((site, kw))
            left -= kw
            allowance -= kw
    return takes


def total(takes):
    return sum(kw for _, kw in takes)


def promise(market, request, site, kw):
    # Promised is the first time, never before now nor `wanted`, at which online and planned kW cover all that
    # is committed and held at the site, this commitment included.
    soonest = max(market.now, request.spec["wanted"])
    needed = site.committed + site.held + kw
    dates = [soonest, *sorted(date for date, _ in site.plan.values() if date > soonest)]
    for when in dates:
        if site.online + sum(more for date, more in site.plan.values() if date <= when) >= needed:
            return when
    raise AssertionError("a sale beyond what is online and planned")


def latest_promise(market, request, takes):
    return max(promise(market, request, site, kw) for site, kw in takes)


def commit(market, request, provider, takes):
    spec = request.spec
    for site, kw in takes:
        # It never changes.
        promised = promise(market, request, site, kw)
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
        request.uncommitted -= kw
        assert request.uncommitted >= 0
    return total(takes)


# ------------------------------------------------------------------------------------------------ overflow


def allowed(market, request):
    # The providers of `order` (default: all, as in the file), less those that the request's `only` leaves out
    only = request.spec["only"]
    return [name for name in market.order if only is None or name in only]


def ranking(market, request, without=None):
    # ... are ranked once, when a request is placed, ties in the order of `order` (Python's sort is stable)
    names = [name for name in allowed(market, request) if name != without]
    policy = market.case["overflow"]["policy"]
    latest = last_date(request)

    def soonest(name):
        # `soonest` (default: those that can take the whole remainder first, then by the latest date that they
        # would promise; who would take nothing comes last)
        takes = would_take(market, name, request, latest)
        if not takes:
            return (2, 0)
        rank = 0 if total(takes) == request.uncommitted else 1
        return (rank, latest_promise(market, request, takes))

    def cheapest(name):
        # `cheapest`; a price of None ranks last
        price = market.providers[name]["price"]
        return (1, 0) if price is None else (0, price)

    def most_room(name):
        # `most room` (with what is kept back)
        return -room_of_all(market, name, latest)

    if policy == "in order":
        return names
    return sorted(names, key={"soonest": soonest, "cheapest": cheapest, "most room": most_room}[policy])


def overflow(market, request, without=None):
    """Place by the overflow policy; returns (the first in the ranking, what it took, what all took)."""
    names = ranking(market, request, without)
    first_kw = 0
    everything = 0
    # Each is offered what is left.
    for place, name in enumerate(names):
        kw = commit(market, request, name, would_take(market, name, request, last_date(request)))
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
    # An answer that was asked for is given and counts even where the right has ended meanwhile, and no other
    # right looks at its overflow in that instant. (Convention: that right decides throughout that instant.)
    if request.answered_by is not None and request.answered_by[1] == market.now:
        return request.answered_by[0]
    # The first right in file order that is in force and covers the request's customer and class decides
    for right in market.case["rights"]:
        if in_force(right, market.now) and covers(right, request):
            return right
    return None


def has_appetite(right, request):
    # The holder takes nothing if the request's appetite draw (uniform, one per request) is at or above its
    # `appetite` (a share, or one for each class covered). The appetite draw is a float64 in [0, 1), compared
    # with the appetite.
    appetite = right["appetite"]
    if isinstance(appetite, dict):
        appetite = appetite.get(request.spec["class"], MILLION)
    return not request.spec["draw"] >= appetite / MILLION


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
        takes = would_take(market, name, request, patience_ends)
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
    # where `holds_capacity` is true the holder takes no more than was held for this request, site by site.
    takes = would_take(market, holder, request, latest, at_most, held)
    # With `partial: false` it takes all of the size, or nothing, so nothing once part went elsewhere.
    if not right["partial"] and lift != "partial" and total(takes) < request.spec["size"]:
        return []
    return takes


def reason_of_holder(market, request, right, held):
    # why the holder did not take all in the first round: "appetite" if the draw declined; "none" if it took
    # everything; otherwise the limit whose removal alone would have let it take more, tried in the order
    # partial, utilization, delay, and "room" if none of these alone
    if not has_appetite(right, request):
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
    if not has_appetite(right, request):
        return 0
    return commit(market, request, right["holder"], holder_would_take(market, request, right, held))


def first_answer(market, request, right, held):
    """The first round of a first refusal: the answer, and its overflow in the same instant."""
    request.reason = reason_of_holder(market, request, right, held)
    request.holder_kw = holder_answers(market, request, right, held)
    request.first_kw = request.holder_kw
    request.over = market.now
    # What it does not take is overflow, placed in the same instant by the overflow policy without the holder.
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
    if request.window == 0:
        return first_answer(market, request, right, None)
    request.due = market.now + request.window
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


def place_again(market, request):
    """One that waits comes up; returns the kW committed."""
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


# -------------------------------------------------------------------------------------------- waiting list


def list_order(request):
    # Ordered by priority (higher first), then asked, then request number
    return (-request.spec["priority"], request.spec["asked"], request.number)


def waits(request):
    # waiting list: requests not yet fully committed. A request whose answer is pending is not on the list.
    return request.over is not None and not request.gave_up and request.uncommitted > 0


def waiting_list(market):
    return sorted((request for request in market.requests if waits(request)), key=list_order)


# ---------------------------------------------------------------------------------------- (1) to (6)


def delivery_order(commitment):
    # (promised, committed, request, order made)
    request = -1 if commitment.request is None else commitment.request
    return (commitment.promised, commitment.committed, request, commitment.made)


def open_commitments(market, site):
    found = [one for one in market.commitments if one.site == site.name and one.undelivered() > 0]
    return sorted(found, key=delivery_order)


def release(market, commitment, why):
    kw = commitment.undelivered()
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
            market.requests[last.request].uncommitted += release(market, last, lowered[site.name])


def step_2_answers(market):
    # (2) answers due; requests in (2), (3) and (4) go in the order of the waiting list.
    for request in sorted(market.requests, key=list_order):
        if request.due is None or request.due != market.now:
            continue
        right, held = request.pending, request.hold
        # What was held is released first
        for name, kw in (held or {}).items():
            market.sites[name].held -= kw
        request.due = request.pending = request.hold = None
        request.answered_by = (right, market.now)
        first_answer(market, request, right, held)


def step_3_waiting_list(market):
    # (3) the waiting list. In step (3) below the whole list is walked in each pass.
    committed = 0
    for request in waiting_list(market):
        committed += place_again(market, request)
        # With `bypass: false` (strict first come, first served) ... walking stops at the first that keeps any
        # uncommitted kW.
        if not market.case["bypass"] and request.uncommitted > 0:
            break
    return committed > 0


def step_4_new_requests(market):
    # (4) new requests
    something = False
    for request in sorted(market.requests, key=list_order):
        if request.asked or request.spec["asked"] != market.now:
            continue
        request.asked = True
        # With `bypass: false` a request that comes up while another waits joins the list untouched (its first
        # round is then over, nothing taken, and another pass follows)
        if not market.case["bypass"] and waiting_list(market):
            request.over = market.now
            something = True
        elif ask(market, request) > 0:
            something = True
    return something


def step_5_deliveries(market):
    # (5) deliveries
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


def step_6_give_ups(market):
    # (6) give-ups. All give-ups due give up together.
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
                request.lost += release(market, commitment, "gave up")
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
        # and again from (3) until a pass commits, delivers and gives up nothing.
        while True:
            something = [
                step_3_waiting_list(market),
                step_4_new_requests(market),
                step_5_deliveries(market),
                step_6_give_ups(market),
            ]
            if not any(something):
                break
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


# -------------------------------------------------------------------------------------- worked by hand


def a_case(**changes):
    case = {
        "end": 1000,
        "sites": {"h": 100, "o": 100},
        "told": [],
        "providers": {"H": a_provider("h"), "O": a_provider("o")},
        "overflow": {"policy": "in order", "order": ["H", "O"]},
        "bypass": True,
        "rights": [],
        "requests": [],
        "in_place": [],
    }
    return case | changes


def a_provider(*sites, presells=0, price=None, keeps_back=0):
    return {"sites": list(sites), "presells": presells, "price": price, "keeps_back": keeps_back}


def a_request(size, asked=0, **changes):
    request = {
        "stream": "s",
        "customer": "C",
        "class": "k",
        "only": None,
        "asked": asked,
        "wanted": asked,
        "gives_up": None,
        "size": size,
        "block": 1,
        "split": "anywhere",
        "priority": 0,
        "term": 500,
        "draw": 0.5,
        "windows": {},
    }
    request |= changes
    request["wanted"] = max(request["asked"], request["wanted"])
    return request


def a_right(**changes):
    right = {
        "name": "R",
        "holder": "H",
        "kind": "first refusal",
        "customer": None,
        "classes": None,
        "from": 0,
        "until": None,
        "appetite": MILLION,
        "max_utilization": MILLION,
        "max_delay": None,
        "partial": True,
        "holds_capacity": False,
    }
    return right | changes


def tell(at, site, event, kw, building=None, date=None):
    return {"at": at, "site": site, "building": building, "event": event, "kw": kw, "date": date}


def check_overflow_in_order():
    # 150 = 100 from H and 50 from O; the next gets 50 of its 80 at once, 30 when the first ends at 500
    told = play(a_case(requests=[a_request(150), a_request(80, asked=10, term=1000)]))
    assert told["commitments"] == [
        (0, "s", "H", "h", 100, 0, 0),
        (0, "s", "O", "o", 50, 0, 0),
        (1, "s", "O", "o", 50, 10, 10),
        (1, "s", "H", "h", 30, 500, 500),
    ]
    assert told["deliveries"] == [
        (0, "s", "H", "h", 100, 0, 500),
        (0, "s", "O", "o", 50, 0, 500),
        (1, "s", "O", "o", 50, 10, 1010),
        (1, "s", "H", "h", 30, 500, 1500),
    ]
    assert told["capacity"] == [
        (0, "h", 100, 0, 100, 100, 0),
        (0, "o", 100, 0, 50, 50, 0),
        (10, "o", 100, 0, 100, 100, 0),
        (500, "h", 100, 0, 30, 30, 0),
        (500, "o", 100, 0, 50, 50, 0),
    ]
    assert told["requests"][1] == {
        "right": None,
        "holder": None,
        "window": None,
        "asked_first": "H",
        "answered": 10,
        "holder_kw": None,
        "first_kw": 0,
        "reason": "none",
        "committed_kw": 80,
        "delivered_kw": 80,
        "lost_kw": 0,
        "first_delivery": 10,
        "full_delivery": 500,
        "status": "served",
    }


def check_policies():
    def sellers(policy, size, **changes):
        case = a_case(overflow={"policy": policy, "order": ["H", "O"]}, requests=[a_request(size)], **changes)
        return [row[2] for row in play(case)["commitments"]]

    # only O can take 120 whole
    assert sellers("soonest", 120, sites={"h": 100, "o": 150}) == ["O"]
    # both can take 50 whole, H from a plan for 20, O at once
    later = {
        "sites": {"h": 0, "o": 60},
        "told": [tell(0, "h", "planned", 80, "b", 20)],
        "providers": {"H": a_provider("h", presells=50), "O": a_provider("o")},
    }
    assert sellers("soonest", 50, **later) == ["O"]
    # only H can take 80 whole, though later
    assert sellers("soonest", 80, **later) == ["H"]
    # neither can take 140 whole; O is sooner
    assert sellers("soonest", 140, **later) == ["O", "H"]
    # H has no price; O has one
    priced = {"providers": {"H": a_provider("h"), "O": a_provider("o", price=5)}}
    assert sellers("cheapest", 50, **priced) == ["O"]
    # what is kept back ranks O first, but is not sold: 120 - 90 = 30
    kept = {
        "sites": {"h": 100, "o": 120},
        "providers": {"H": a_provider("h"), "O": a_provider("o", keeps_back=90)},
    }
    rows = play(
        a_case(overflow={"policy": "most room", "order": ["H", "O"]}, requests=[a_request(50)], **kept)
    )
    assert [(row[2], row[4]) for row in rows["commitments"]] == [("O", 30), ("H", 20)]
    # blocks of 40: two at H, one at O; the site of O has room for 100, H for 100
    rows = play(a_case(requests=[a_request(120, block=40)]))
    assert [(row[2], row[4]) for row in rows["commitments"]] == [("H", 80), ("O", 40)]
    # `only`, and an order in which H does not stand
    assert play(a_case(requests=[a_request(10, only=["O"])]))["requests"][0]["asked_first"] == "O"
    rows = play(a_case(overflow={"policy": "soonest", "order": ["O"]}, requests=[a_request(10, only=["H"])]))
    assert rows["requests"][0]["asked_first"] is None
    assert rows["requests"][0]["status"] == "waiting"


def check_first_refusal_with_a_window():
    asked = a_request(150, windows={"R": 5})
    told = play(a_case(rights=[a_right(until=3)], requests=[asked]))
    # the answer counts though the right ended at 3
    assert told["commitments"] == [(0, "s", "H", "h", 100, 5, 5), (0, "s", "O", "o", 50, 5, 5)]
    row = told["requests"][0]
    assert (row["right"], row["holder"], row["window"], row["asked_first"]) == ("R", "H", 5, "H")
    assert (row["answered"], row["holder_kw"], row["first_kw"], row["reason"]) == (5, 100, 100, "room")
    # at or above the appetite it takes nothing, and its overflow goes past it, even where O has not enough
    told = play(a_case(rights=[a_right(appetite={"k": 500_000}, until=6)], requests=[asked]))
    assert told["commitments"] == [(0, "s", "O", "o", 100, 5, 5), (0, "s", "H", "h", 50, 6, 6)]
    assert told["requests"][0]["reason"] == "appetite"
    # a class that the appetite does not name has all of it
    told = play(a_case(rights=[a_right(appetite={"other": 0})], requests=[asked]))
    assert told["requests"][0]["holder_kw"] == 100
    # pending at the end
    told = play(a_case(end=5, rights=[a_right()], requests=[asked]))
    assert told["commitments"] == []
    assert told["requests"][0]["answered"] is None
    assert told["requests"][0]["status"] == "waiting"


def check_limits_of_the_holder():
    def answer(size, told=(), presells=0, **limits):
        case = a_case(
            told=list(told),
            providers={"H": a_provider("h", presells=presells), "O": a_provider("o", presells=1000)},
            rights=[a_right(**limits)],
            requests=[a_request(size)],
        )
        row = play(case)["requests"][0]
        return row["holder_kw"], row["reason"]

    assert answer(100) == (100, "none")
    assert answer(120) == (100, "room")
    # floor(0.955 x 100)
    assert answer(100, max_utilization=955_000) == (95, "utilization")
    assert answer(120, partial=False) == (0, "partial")
    more = [tell(0, "h", "planned", 100, "b", 50)]
    assert answer(120, more, presells=50, max_delay=50) == (120, "none")
    assert answer(120, more, presells=50, max_delay=49) == (100, "delay")
    assert answer(120, more, presells=49, max_delay=50) == (100, "room")
    # without the one 100, without the other floor(0.5 x 200): each alone would let it take more
    assert answer(120, more, presells=50, max_delay=0, max_utilization=500_000) == (50, "utilization")
    # match: O would promise all of 90 at once, so H may not use its plan; of 120 nobody else could at once
    assert answer(110, [*more, tell(0, "o", "planned", 50, "c", 40)], 50, max_delay="match") == (100, "delay")
    assert answer(110, [*more, tell(0, "o", "planned", 50, "c", 60)], 50, max_delay="match") == (110, "none")
    assert answer(160, more, 50, max_delay="match") == (160, "none")


def check_hold():
    def served(holds, draw):
        case = a_case(
            rights=[a_right(customer="C", appetite=600_000, holds_capacity=holds)],
            requests=[
                a_request(80, windows={"R": 10}, draw=draw),
                a_request(50, asked=1, customer="D", only=["H"]),
            ],
        )
        return [(row[0], row[2], row[4], row[5]) for row in play(case)["commitments"]]

    # held: D gets 20 at once, 20 more when its own first 20 end, 10 when C ends
    assert served(True, 0.5) == [(1, "H", 20, 1), (0, "H", 80, 10), (1, "H", 20, 501), (1, "H", 10, 510)]
    # the holder declines: what was held is free for D in the same instant
    assert served(True, 0.7) == [(1, "H", 20, 1), (0, "O", 80, 10), (1, "H", 30, 10)]
    # not held: D is first
    assert served(False, 0.5) == [(1, "H", 50, 1), (0, "H", 50, 10), (0, "O", 30, 10)]
    # the holder takes no more than was held, even where more is there at the answer
    case = a_case(
        told=[tell(5, "h", "online", 100)],
        rights=[a_right(holds_capacity=True)],
        requests=[a_request(150, windows={"R": 10})],
    )
    told = play(case)
    assert [(row[2], row[4]) for row in told["commitments"]] == [("H", 100), ("O", 50)]
    assert told["requests"][0]["reason"] == "room"


def check_exclusive():
    right = a_right(kind="exclusive", classes=["k"], until=30)
    told = play(a_case(rights=[right], requests=[a_request(150), a_request(20, **{"class": "other"})]))
    assert told["commitments"] == [
        (0, "s", "H", "h", 100, 0, 0),
        (1, "s", "O", "o", 20, 0, 0),
        (0, "s", "O", "o", 50, 30, 30),
    ]
    row = told["requests"][0]
    assert (row["right"], row["holder_kw"], row["reason"], row["window"]) == ("R", 100, "room", None)
    # a right does not cover a request whose `only` leaves out the holder
    told = play(a_case(rights=[right], requests=[a_request(10, only=["O"])]))
    assert told["requests"][0]["right"] is None


def check_giving_up():
    # wanted at 20, patience 30: 100 from H and O until 100; what is left gives up at 50, and frees what the
    # third takes
    told = play(
        a_case(
            providers={"H": a_provider("h"), "O": a_provider("o", presells=1000)},
            told=[tell(0, "o", "planned", 60, "b", 45), tell(45, "o", "planned", 60, "b", 300)],
            requests=[
                a_request(100, term=60, only=["O"]),
                a_request(170, wanted=20, gives_up=50),
                a_request(30, asked=25, only=["O"]),
            ],
        )
    )
    assert told["commitments"] == [
        (0, "s", "O", "o", 100, 0, 0),
        (1, "s", "H", "h", 100, 0, 20),
        (1, "s", "O", "o", 60, 0, 45),
        (2, "s", "O", "o", 30, 50, 300),
    ]
    assert told["releases"] == [(1, "s", "O", "o", 60, 50, "gave up")]
    assert told["deliveries"] == [
        (0, "s", "O", "o", 100, 0, 60),
        (1, "s", "H", "h", 100, 20, 520),
        (2, "s", "O", "o", 30, 60, 560),
    ]
    row = told["requests"][1]
    assert (row["committed_kw"], row["delivered_kw"], row["lost_kw"]) == (100, 100, 70)
    assert row["status"] == "part served"
    # never before its first round is over; and a loss system
    told = play(
        a_case(
            rights=[a_right(customer="C")],
            requests=[
                a_request(300, gives_up=2, windows={"R": 5}),
                a_request(150, asked=1, gives_up=1, customer="D", only=["O"]),
            ],
        )
    )
    assert told["commitments"] == [(1, "s", "O", "o", 100, 1, 1), (0, "s", "H", "h", 100, 5, 5)]
    assert [(row["lost_kw"], row["status"]) for row in told["requests"]] == [
        (200, "part served"),
        (50, "part served"),
    ]


def check_outage():
    told = play(
        a_case(
            sites={"o": 100},
            providers={"O": a_provider("o")},
            overflow={"policy": "soonest", "order": ["O"]},
            in_place=[{"stream": "old", "customer": "C", "site": "o", "kw": 70, "term": 40}],
            told=[tell(10, "o", "outage", 50), tell(30, "o", "restored", 50)],
            requests=[a_request(30, wanted=20), a_request(10, asked=35)],
        )
    )
    assert told["commitments"] == [
        (None, "old", "O", "o", 70, 0, 0),
        (0, "s", "O", "o", 30, 0, 20),
        (1, "s", "O", "o", 10, 40, 40),
    ]
    assert told["deliveries"] == [
        (None, "old", "O", "o", 70, 0, 40),
        (0, "s", "O", "o", 30, 30, 530),
        (1, "s", "O", "o", 10, 40, 540),
    ]
    assert told["capacity"] == [
        (0, "o", 100, 0, 100, 70, 0),
        (10, "o", 50, 0, 100, 70, 20),
        (30, "o", 100, 0, 100, 100, 0),
        (40, "o", 100, 0, 40, 40, 0),
        (530, "o", 100, 0, 10, 10, 0),
        (540, "o", 100, 0, 0, 0, 0),
    ]


def check_cancelled_and_retired():
    # three sales out of two plans of 50; the plan for 20 is cancelled: 80 committed, 50 to come
    case = a_case(
        sites={"o": 0},
        providers={"O": a_provider("o", presells=1000)},
        overflow={"policy": "soonest", "order": ["O"]},
        told=[
            tell(0, "o", "planned", 50, "a", 20),
            tell(0, "o", "planned", 50, "b", 40),
            tell(10, "o", "cancelled", 50, "a"),
            tell(15, "o", "planned", 25, "c", 60),
            tell(40, "o", "online", 50, "b"),
            tell(60, "o", "online", 25, "c"),
            tell(70, "o", "retired", 25, "c"),
        ],
        requests=[a_request(40), a_request(25), a_request(15)],
    )
    told = play(case)
    # promised 20 (request 0), 40 (1) and 40 (2, the later number): 2 goes first, then 1, all of it (65 > 50)
    assert told["releases"] == [
        (2, "s", "O", "o", 15, 10, "cancelled"),
        (1, "s", "O", "o", 25, 10, "cancelled"),
    ]
    # in the same instant 10 fit again, for the older of the two; at 15 its rest, and 10 of request 2; at 540
    # the first 50 end, and the last 5 fit in the 50 that did not retire
    assert told["commitments"] == [
        (0, "s", "O", "o", 40, 0, 20),
        (1, "s", "O", "o", 25, 0, 40),
        (2, "s", "O", "o", 15, 0, 40),
        (1, "s", "O", "o", 10, 10, 40),
        (1, "s", "O", "o", 15, 15, 60),
        (2, "s", "O", "o", 10, 15, 60),
        (2, "s", "O", "o", 5, 540, 540),
    ]
    assert [row[:1] + row[4:6] for row in told["deliveries"]] == [
        (0, 40, 40),
        (1, 10, 40),
        (1, 15, 60),
        (2, 10, 60),
        (2, 5, 540),
    ]
    # what is in service stays when 25 retire
    assert told["capacity"][-3] == (70, "o", 50, 0, 75, 75, 25)
    # what an outage took counts as online here
    case = a_case(
        sites={"o": 100},
        providers={"O": a_provider("o", presells=1000)},
        overflow={"policy": "soonest", "order": ["O"]},
        told=[
            tell(0, "o", "planned", 50, "a", 50),
            tell(5, "o", "outage", 100),
            tell(10, "o", "cancelled", 50, "a"),
        ],
        requests=[a_request(60, wanted=20), a_request(40, wanted=30), a_request(20, wanted=60)],
    )
    assert play(case)["releases"] == [(2, "s", "O", "o", 20, 10, "cancelled")]


def check_bypass():
    def commitments(bypass, priority=0):
        case = a_case(
            sites={"o": 100},
            providers={"O": a_provider("o")},
            overflow={"policy": "soonest", "order": ["O"]},
            bypass=bypass,
            requests=[
                a_request(60, term=50),
                a_request(50, asked=1, split="one site"),
                a_request(20, asked=2, priority=priority),
            ],
        )
        told = play(case)
        return [(row[0], row[5]) for row in told["commitments"]], told["requests"][2]

    assert commitments(True)[0] == [(0, 0), (2, 2), (1, 50)]
    rows, last = commitments(False)
    assert rows == [(0, 0), (1, 50), (2, 50)]
    assert (last["asked_first"], last["first_kw"], last["answered"]) == (None, 0, 2)
    # of higher priority it joins untouched as well, but is the first that the next pass walks to
    rows, last = commitments(False, priority=1)
    assert rows == [(0, 0), (2, 2), (1, 50)]
    assert (last["asked_first"], last["first_kw"], last["full_delivery"]) == (None, 0, 2)


def check_split_never():
    # 80 planned in two halves; the whole is set aside, and later ones wait behind it
    def deliveries(split):
        case = a_case(
            sites={"o": 0},
            providers={"O": a_provider("o", presells=1000)},
            overflow={"policy": "soonest", "order": ["O"]},
            told=[
                tell(0, "o", "planned", 40, "a", 20),
                tell(0, "o", "planned", 60, "b", 40),
                tell(20, "o", "online", 40, "a"),
                tell(40, "o", "online", 60, "b"),
            ],
            requests=[a_request(80, split=split), a_request(20)],
        )
        return [row[:1] + row[4:6] for row in play(case)["deliveries"]]

    assert deliveries("never") == [(0, 80, 40), (1, 20, 40)]
    # instalments
    assert deliveries("one site") == [(0, 40, 20), (0, 40, 40), (1, 20, 40)]
    # not over two sites
    for split in ("one site", "never"):
        told = play(
            a_case(
                sites={"h": 70, "o": 70, "x": 90},
                providers={"H": a_provider("h", "o", "x")},
                overflow={"policy": "in order", "order": ["H"]},
                requests=[a_request(80, split=split)],
            )
        )
        assert [row[3:5] for row in told["commitments"]] == [("x", 80)]


def check_presells():
    # a plan for 100 comes within reach at 40; wanted at 120
    case = a_case(
        sites={"o": 10},
        providers={"O": a_provider("o", presells=60)},
        overflow={"policy": "soonest", "order": ["O"]},
        told=[tell(0, "o", "planned", 50, "a", 100), tell(100, "o", "online", 50, "a")],
        requests=[a_request(30, wanted=5), a_request(30, wanted=120), a_request(5, wanted=6, gives_up=99)],
    )
    told = play(case)
    assert told["commitments"] == [
        (0, "s", "O", "o", 10, 0, 5),
        (0, "s", "O", "o", 20, 40, 100),
        (1, "s", "O", "o", 30, 40, 120),
    ]
    assert told["deliveries"] == [
        (0, "s", "O", "o", 10, 5, 505),
        (0, "s", "O", "o", 20, 100, 600),
        (1, "s", "O", "o", 30, 120, 620),
    ]
    # the plan is later than the third would take
    assert told["requests"][2]["status"] == "lost"


def check_instalments():
    # three buildings of 40, one of them late: told anew at 30 for 50
    case = a_case(
        sites={"o": 0},
        providers={"O": a_provider("o", presells=1000)},
        overflow={"policy": "soonest", "order": ["O"]},
        told=[
            tell(0, "o", "planned", 40, "a", 20),
            tell(0, "o", "planned", 40, "b", 30),
            tell(0, "o", "planned", 40, "c", 40),
            tell(20, "o", "online", 40, "a"),
            tell(30, "o", "planned", 40, "b", 50),
            tell(40, "o", "online", 40, "c"),
            tell(45, "o", "online", 40, "b"),
        ],
        requests=[a_request(100, wanted=25), a_request(20, wanted=10)],
    )
    told = play(case)
    # both are promised 40; the first has the lower number; what is set aside for it at 20 is not yet wanted
    assert told["commitments"] == [(0, "s", "O", "o", 100, 0, 40), (1, "s", "O", "o", 20, 0, 40)]
    assert told["deliveries"] == [
        (0, "s", "O", "o", 40, 25, 525),
        (0, "s", "O", "o", 40, 40, 540),
        (0, "s", "O", "o", 20, 45, 545),
        (1, "s", "O", "o", 20, 45, 545),
    ]
    assert told["requests"][0]["first_delivery"] == 25
    assert told["requests"][0]["full_delivery"] == 45


if __name__ == "__main__":
    checks = [one for name, one in list(globals().items()) if name.startswith("check_")]
    for one in checks:
        one()
    print(f"{len(checks)} cases worked by hand agree")
