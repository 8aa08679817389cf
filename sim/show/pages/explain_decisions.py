"""In words: what the holder of a right answered and why, and to whom the rest was offered."""

from collections.abc import Mapping, Sequence
from typing import Any

from sim.explain.record import TimelineEvent
from sim.results.formatting import format_date, format_days, format_power, format_share, join_words
from sim.show.describe import DISPLAY_UNITS

EventFacts = Mapping[str, Any]


def narrate_answer(event: TimelineEvent, row: EventFacts) -> list[str]:
    """What the holder took, what limited it, and what it promised."""
    f = event.facts
    asked, taken, holder = f.get("asked_kw"), f["taken_kw"], f["holder"]
    again = "" if f["first_round"] else f'Off the waiting list (the right "{f["right"]}" counts): '
    if taken == asked:
        said = f"{again}{holder} takes all {format_power(taken)}{_describe_appetite(f, 'below')}."
    elif taken:
        said = f"{again}{holder} takes {format_power(taken)}{'' if asked is None else ' of ' + format_power(asked)}"
        said += _describe_limit(f, row) + "."
    else:
        said = f"{again}{holder} takes nothing{_describe_limit(f, row)}."
    held = (f.get("terms") or {}).get("held")
    if held is not None:
        kept = join_words(f"{format_power(kw)} at {site}" for site, kw in held.items()) if held else "nothing"
        said += f" Held for it: {kept}."
    return [said, *_commitment_lines(event, f["promises"], row)]


def _describe_appetite(f: EventFacts, relation: str) -> str:
    if "terms" not in f or f["terms"]["appetite"] >= 1:
        return ""
    return f" (its draw {f['terms']['draw']:.6g} is {relation} the appetite of {format_share(f['terms']['appetite'])})"


def _describe_limit(f: EventFacts, row: EventFacts) -> str:
    """What limited the holder, with the numbers that are known."""
    terms, seen, reason = f.get("terms"), f.get("seen"), f["reason"]
    if reason is None:
        return ""
    if f.get("own_answer"):
        return ", as its own answer says"
    if reason == "appetite":
        return ", for want of appetite" + _describe_appetite(f, "not below")
    if reason == "room":
        return ", for want of room" + ("" if seen is None else f": {_describe_room(seen)}")
    if terms is None:
        why = {
            "utilization": "its utilization cap",
            "delay": "its limit of delay",
            "partial": "all or nothing",
        }
        return f", because of {why[reason]}"
    more = f"else it would take {format_power(terms['without'][reason])}"
    if reason == "utilization":
        return (
            f", because of its utilization cap: {format_share(terms['max_utilization'])} of what is online, and planned"
            f" within reach, leaves {format_power(terms['under_cap_kw'])}; {more}"
        )
    if reason == "partial":
        return f", since it takes all or nothing; {more}"
    if terms["matches"]:
        return f", since another would promise all of it for {format_date(terms['latest'])}, which it cannot match; {more}"
    return (
        f", because of its limit of delay: it promises nothing after {format_date(terms['latest'])},"
        f" {format_days(terms['max_delay_days'])} after it is wanted; {more}"
    )


def _commitment_lines(event: TimelineEvent, promises: Sequence[EventFacts], row: EventFacts) -> list[str]:
    return [f"  {format_power(p['kw'])} at {p['site']}, {_describe_promise(event, p, row)}" for p in promises]


def _describe_promise(event: TimelineEvent, promise: EventFacts, row: EventFacts) -> str:
    """For when, and on what that rests."""
    date, behind = promise["promised"], promise["behind"]
    if date == event.at:
        return "at once"
    said = f"promised for {format_date(date)}"
    if not behind:
        return said + (", when it is wanted" if date == row["wanted"] else "")
    if behind[-1]["planned"] == date:
        last = [b for b in behind if b["planned"] == date]
        said += f", when {format_buildings(last)} {'is' if len(last) == 1 else 'are'} planned"
        before = [b for b in behind if b["planned"] < date]
        return said + (f"; {_describe_planned_buildings(before)}" if before else "")
    return f"{said}, when it is wanted; {_describe_planned_buildings(behind)}"


def _describe_planned_buildings(rows: Sequence[EventFacts]) -> str:
    verb = "is" if len(rows) == 1 else "are"
    return (
        f"by then {format_buildings(rows)} {verb} to be online, planned for {format_date(rows[-1]['planned'])}"
        + (" at the latest" if len(rows) > 1 else "")
    )


def format_buildings(rows: Sequence[EventFacts], max_named: int = 3) -> str:
    """Buildings by name and power; of many only the first."""
    named = [f"{b['building']} ({format_power(b['kw'])})" for b in rows]
    if len(named) > max_named:
        named = [*named[: max_named - 1], f"{len(named) - max_named + 1} others"]
    return join_words(named)


# The overflow


def narrate_overflow(event: TimelineEvent, row: EventFacts) -> list[str]:
    """Who was offered the rest, in which order and why so, and what each took."""
    f = event.facts
    policy, ranking = f["policy"], f["ranking"]
    left = format_power(f["left_kw"]) if "left_kw" in f else "what is left"
    known = "left_kw" in f
    said = "Overflow: " if f["overflow"] else "" if f["first_round"] else "Off the waiting list: "
    said += left
    if not ranking:
        return [f"{said}, and nobody to offer it to."]
    lines = [
        f"{said} offered {POLICY_PHRASES[policy]}:"
        if known
        else f"{said} is taken, in an order that is not known:"
    ]
    for place, offer in enumerate(ranking, start=1):
        number = f"{place}. " if known else ""
        if known and offer["offered_kw"] == 0:
            break
        lines.append(f"  {number}{offer['provider']} {_describe_taking(offer, row, policy)}")
        lines += [f"  {line}" for line in _commitment_lines(event, offer["promises"], row)]
    rest = [offer for offer in ranking if known and offer["offered_kw"] == 0]
    if rest:
        lines.append(
            f"  not asked any more: {join_words(_describe_provider_not_asked(offer, policy) for offer in rest)}"
        )
    return lines


POLICY_PHRASES = {
    "soonest": "to who can take all of it, then to who promises it soonest",
    "cheapest": "to the cheapest first",
    "most room": "to who has most room first",
    "in order": "in the order of the scenario",
}


def _describe_taking(offer: EventFacts, row: EventFacts, policy: str) -> str:
    seen = offer.get("seen")
    if offer["taken_kw"]:
        part = (
            f" of {format_power(offer['offered_kw'])}" if 0 < offer["taken_kw"] < offer["offered_kw"] else ""
        )
        return f"takes {format_power(offer['taken_kw'])}{part}" + (
            _describe_ranking_basis(seen, policy) if seen else ""
        )
    return (
        f"takes nothing{_describe_ranking_basis(seen, policy)}: {_reason_for_nothing(offer, row)}"
        if seen
        else "takes nothing"
    )


def _describe_ranking_basis(seen: EventFacts, policy: str) -> str:
    """What its place in the ranking rests on."""
    if policy == "cheapest":
        if seen["price"] is None:
            return " (no price)"
        scale, unit = DISPLAY_UNITS["price"]
        return f" ({seen['price'] / scale:,.4g} {unit})"
    return f" (room {format_power(seen['room_kw'])})" if policy == "most room" else ""


def _describe_provider_not_asked(offer: EventFacts, policy: str) -> str:
    seen = offer["seen"]
    could = ""
    if policy == "soonest":
        could = " (would take nothing)"
        if seen["would_take_kw"]:
            could = f" (would take {format_power(seen['would_take_kw'])} for {format_date(seen['promised'])})"
    return f"{offer['provider']}{could or _describe_ranking_basis(seen, policy)}"


def _reason_for_nothing(offer: EventFacts, row: EventFacts) -> str:
    seen, left = offer["seen"], offer["offered_kw"]
    room, kept = sum(site["room_kw"] for site in seen["sites"]), seen["keeps_back_kw"]
    if room == 0:
        return f"no room, {_describe_room(seen)}"
    if kept >= room:
        return f"its room of {format_power(room)} is within the {format_power(kept)} that it keeps back for its own"
    rooms = join_words(f"{format_power(s['room_kw'])} at {s['site']}" for s in seen["sites"] if s["room_kw"])
    rooms += f", and {format_power(kept)} are kept back" if kept else ""
    if row["split"] != "anywhere":
        return f"no site has room for the whole {format_power(left)} (there are {rooms})"
    return f"less than a block of {format_power(row['block_kw'])} (there are {rooms})"


def _describe_room(seen: EventFacts) -> str:
    """What stands at the sites of a provider, all together."""
    sites = seen["sites"]
    total = {name: sum(s[name] for s in sites) for name in sites[0] if name != "site"}
    where = sites[0]["site"] if len(sites) == 1 else f"{len(sites)} sites"
    said = f"{where}: {format_power(total['online_kw'])} online"
    if total["planned_kw"]:
        reach = total["within_reach_kw"]
        said += f", {format_power(total['planned_kw'])} planned"
        said += f" ({'all' if reach == total['planned_kw'] else format_power(reach) if reach else 'none'} within reach)"
    said += f", {format_power(total['committed_kw'])} committed"
    if total["held_kw"]:
        said += f", {format_power(total['held_kw'])} held for others"
    said += f", room {format_power(total['room_kw'])}" if total["room_kw"] else ""
    return said + (
        f", of which {format_power(seen['keeps_back_kw'])} are kept back" if seen["keeps_back_kw"] else ""
    )
