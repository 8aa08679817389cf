"""Sentences about the decisions over a request: what the holder answered and why, and to whom the rest was offered.

In comprehensions b is a building, c a commitment and s a site, each as facts of an event.
"""

from collections.abc import Mapping, Sequence
from typing import Any, assert_never

from sim.explain.record import TimelineEvent
from sim.model.outcomes import REFUSAL_REASONS, RefusalReason
from sim.results.formatting import (
    DISPLAY_UNITS,
    format_date,
    format_days,
    format_power,
    format_share,
    format_significant,
    join_words,
)
from sim.scenario.overflow_policies import OVERFLOW_POLICIES
from sim.scenario.splits import SPLITS

EventFacts = Mapping[str, Any]
"""Facts of an event, a part of them, or the row of the request."""

MAX_NAMED_BUILDINGS = 3


def narrate_answer(event: TimelineEvent, row: EventFacts) -> list[str]:
    """Tell what the holder took, what limited it, and what it committed."""
    facts = event.facts
    asked_kw, taken_kw, holder = facts.get("asked_kw"), facts["taken_kw"], facts["holder"]
    prefix = "" if facts["first_round"] else f'Off the waiting list (the right "{facts["right"]}" counts): '
    if taken_kw == asked_kw:
        text = f"{prefix}{holder} takes all {format_power(taken_kw)}{_describe_appetite(facts, 'below')}."
    elif taken_kw:
        part = "" if asked_kw is None else f" of {format_power(asked_kw)}"
        text = f"{prefix}{holder} takes {format_power(taken_kw)}{part}{_describe_limit(facts, row)}."
    else:
        text = f"{prefix}{holder} takes nothing{_describe_limit(facts, row)}."
    held = (facts.get("terms") or {}).get("held")
    if held is not None:
        places = [f"{format_power(kw)} at {site}" for site, kw in held.items()]
        text += f" Held for it: {join_words(places) if places else 'nothing'}."
    return [text, *_commitment_lines(event, facts["promises"], row)]


def _describe_appetite(facts: EventFacts, relation: str) -> str:
    terms = facts.get("terms")
    return "" if terms is None or terms["appetite"] >= 1 else _describe_draw(terms, relation)


def _describe_draw(terms: EventFacts, relation: str) -> str:
    draw, appetite = format_significant(terms["draw"], 6), format_share(terms["appetite"])
    return f" (its draw {draw} is {relation} the appetite of {appetite})"


def _describe_limit(facts: EventFacts, row: EventFacts) -> str:
    """Say what limited the holder, with the numbers that are known."""
    if facts["reason"] is None:
        return ""
    if facts.get("own_answer"):
        return ", as its own answer says"
    terms, state = facts.get("terms"), facts.get("seen")
    reason = RefusalReason(REFUSAL_REASONS.index(facts["reason"]))
    match reason:
        case RefusalReason.NONE:
            return ""
        case RefusalReason.APPETITE:
            return f", for want of appetite{_describe_appetite(facts, 'not below')}"
        case RefusalReason.ROOM:
            return f", for want of room{'' if state is None else f': {_describe_room(state)}'}"
        case RefusalReason.UTILIZATION:
            if terms is None:
                return ", because of its utilization cap"
            return (
                f", because of its utilization cap: {format_share(terms['max_utilization'])} of what is online, and"
                f" planned within reach, leaves {format_power(terms['under_cap_kw'])}; {_describe_waiver(facts)}"
            )
        case RefusalReason.DELAY:
            return _describe_delay_limit(facts)
        case RefusalReason.PARTIAL:
            if terms is None:
                return ", because of all or nothing"
            return f", since it takes all or nothing; {_describe_waiver(facts)}"
    assert_never(reason)


def _describe_delay_limit(facts: EventFacts) -> str:
    terms = facts.get("terms")
    if terms is None:
        return ", because of its limit of delay"
    latest = format_date(terms["latest"])
    if terms["matches"]:
        return (
            f", since another would promise all of it for {latest}, which it cannot match;"
            f" {_describe_waiver(facts)}"
        )
    return (
        f", because of its limit of delay: it promises nothing after {latest},"
        f" {format_days(terms['max_delay_days'])} after it is wanted; {_describe_waiver(facts)}"
    )


def _describe_waiver(facts: EventFacts) -> str:
    """Say what the holder would take without the limit that is its reason."""
    return f"else it would take {format_power(facts['terms']['without'][facts['reason']])}"


def _commitment_lines(event: TimelineEvent, commitments: Sequence[EventFacts], row: EventFacts) -> list[str]:
    return [
        f"  {format_power(c['kw'])} at {c['site']}, {_describe_promise(event, c, row)}" for c in commitments
    ]


def _describe_promise(event: TimelineEvent, commitment: EventFacts, row: EventFacts) -> str:
    """Say for which date a commitment is, and on which planned buildings it rests."""
    date, planned = commitment["promised"], commitment["behind"]
    if date == event.at:
        return "at once"
    text = f"promised for {format_date(date)}"
    if not planned:
        return text + (", when it is wanted" if date == row["wanted"] else "")
    if planned[-1]["planned"] == date:
        last = [b for b in planned if b["planned"] == date]
        text += f", when {format_buildings(last)} {'is' if len(last) == 1 else 'are'} planned"
        earlier = [b for b in planned if b["planned"] < date]
        return text + (f"; {_describe_planned_buildings(earlier)}" if earlier else "")
    return f"{text}, when it is wanted; {_describe_planned_buildings(planned)}"


def _describe_planned_buildings(rows: Sequence[EventFacts]) -> str:
    verb = "is" if len(rows) == 1 else "are"
    return (
        f"by then {format_buildings(rows)} {verb} to be online, planned for {format_date(rows[-1]['planned'])}"
        + (" at the latest" if len(rows) > 1 else "")
    )


def format_buildings(rows: Sequence[EventFacts], max_named: int = MAX_NAMED_BUILDINGS) -> str:
    """Name buildings with their power; of many only the first, and the number of the others."""
    named = [f"{b['building']} ({format_power(b['kw'])})" for b in rows]
    if len(named) > max_named:
        named = [*named[: max_named - 1], f"{len(named) - max_named + 1} others"]
    return join_words(named)


# The overflow


def narrate_overflow(event: TimelineEvent, row: EventFacts) -> list[str]:
    """Tell to whom the rest was offered, in which order and why so, and what each took."""
    facts = event.facts
    ranking = facts["ranking"]
    text = "Overflow: " if facts["overflow"] else "" if facts["first_round"] else "Off the waiting list: "
    # without a decision, only who took what is known, from the commitments: neither order, nor who took nothing
    is_known = "left_kw" in facts
    text += format_power(facts["left_kw"]) if is_known else "what is left"
    if not ranking:
        return [f"{text}, and nobody to offer it to."]
    policy = facts["policy"]
    if is_known:
        lines = [f"{text} offered {OVERFLOW_POLICIES[policy].offered}:"]
    else:
        lines = [f"{text} is taken, in an order that is not known:"]
    for place, offer in enumerate(ranking, start=1):
        if is_known and offer["offered_kw"] == 0:
            break
        number = f"{place}. " if is_known else ""
        lines.append(f"  {number}{offer['provider']} {_describe_taking(offer, row, policy)}")
        lines += [f"  {line}" for line in _commitment_lines(event, offer["promises"], row)]
    not_asked = [offer for offer in ranking if is_known and offer["offered_kw"] == 0]
    if not_asked:
        named = join_words(_describe_provider_not_asked(offer, policy) for offer in not_asked)
        lines.append(f"  not asked any more: {named}")
    return lines


def _describe_taking(offer: EventFacts, row: EventFacts, policy: str) -> str:
    state = offer.get("seen")
    basis = _describe_basis(OVERFLOW_POLICIES[policy].basis, state) if state else ""
    if offer["taken_kw"]:
        is_part = 0 < offer["taken_kw"] < offer["offered_kw"]
        part = f" of {format_power(offer['offered_kw'])}" if is_part else ""
        return f"takes {format_power(offer['taken_kw'])}{part}{basis}"
    return f"takes nothing{basis}: {_reason_for_nothing(offer, row)}" if state else "takes nothing"


def _describe_provider_not_asked(offer: EventFacts, policy: str) -> str:
    return f"{offer['provider']}{_describe_basis(OVERFLOW_POLICIES[policy].basis_not_asked, offer['seen'])}"


def _describe_basis(phrase: str, state: EventFacts) -> str:
    """Fill the phrase of a policy with the facts of a provider that its place in the ranking rests on."""
    if not phrase:
        return ""
    scale, unit = DISPLAY_UNITS["price"]
    would_take = "nothing"
    if state["would_take_kw"]:
        would_take = f"{format_power(state['would_take_kw'])} for {format_date(state['promised'])}"
    ranking_facts = {
        "price": "no price" if state["price"] is None else f"{state['price'] / scale:,.4g} {unit}",
        "room": format_power(state["room_kw"]),
        "would_take": would_take,
    }
    return f" ({phrase.format(**ranking_facts)})"


def _reason_for_nothing(offer: EventFacts, row: EventFacts) -> str:
    """Say why a provider that was offered something took nothing."""
    state, offered_kw = offer["seen"], offer["offered_kw"]
    if state["draw"] is not None:
        return f"no appetite for it{_describe_draw(state, 'not below')}"
    room_kw, kept_kw = sum(s["room_kw"] for s in state["sites"]), state["keeps_back_kw"]
    if room_kw == 0:
        return f"no room, {_describe_room(state)}"
    if kept_kw >= room_kw:
        return (
            f"its room of {format_power(room_kw)} is within the {format_power(kept_kw)} that it keeps back"
            " for its own"
        )
    rooms = join_words(f"{format_power(s['room_kw'])} at {s['site']}" for s in state["sites"] if s["room_kw"])
    rooms += f", and {format_power(kept_kw)} are kept back" if kept_kw else ""
    if SPLITS[row["split"]].within_site:
        return f"no site has room for the whole {format_power(offered_kw)} (there are {rooms})"
    return f"less than a block of {format_power(row['block_kw'])} (there are {rooms})"


def _describe_room(state: EventFacts) -> str:
    """Add up the states of the sites of a provider: online, planned, committed, held and room."""
    sites = state["sites"]
    total = {name: sum(s[name] for s in sites) for name in sites[0] if name != "site"}
    where = sites[0]["site"] if len(sites) == 1 else f"{len(sites)} sites"
    text = f"{where}: {format_power(total['online_kw'])} online"
    if total["planned_kw"]:
        reach_kw = total["within_reach_kw"]
        reach = "all" if reach_kw == total["planned_kw"] else format_power(reach_kw) if reach_kw else "none"
        text += f", {format_power(total['planned_kw'])} planned ({reach} within reach)"
    text += f", {format_power(total['committed_kw'])} committed"
    if total["held_kw"]:
        text += f", {format_power(total['held_kw'])} held for others"
    if total["room_kw"]:
        text += f", room {format_power(total['room_kw'])}"
    if state["keeps_back_kw"]:
        text += f", of which {format_power(state['keeps_back_kw'])} are kept back"
    return text
