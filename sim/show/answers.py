"""In words: what the holder of a right answered and why, and to whom the rest was offered."""

from collections.abc import Mapping, Sequence
from typing import Any

from sim.show.understood import UNITS
from sim.study.retold import Event
from sim.study.said import day, days, listed, power, share

Facts = Mapping[str, Any]


def answered(event: Event, row: Facts) -> list[str]:
    """What the holder took, what limited it, and what it promised."""
    f = event.facts
    asked, taken, holder = f.get("asked_kw"), f["taken_kw"], f["holder"]
    again = "" if f["first_round"] else f'Off the waiting list (the right "{f["right"]}" counts): '
    if taken == asked:
        said = f"{again}{holder} takes all {power(taken)}{_appetite(f, 'below')}."
    elif taken:
        said = f"{again}{holder} takes {power(taken)}{'' if asked is None else ' of ' + power(asked)}"
        said += _limit(f, row) + "."
    else:
        said = f"{again}{holder} takes nothing{_limit(f, row)}."
    held = (f.get("terms") or {}).get("held")
    if held is not None:
        kept = listed(f"{power(kw)} at {site}" for site, kw in held.items()) if held else "nothing"
        said += f" Held for it: {kept}."
    return [said, *_promises(event, f["promises"], row)]


def _appetite(f: Facts, how: str) -> str:
    if "terms" not in f or f["terms"]["appetite"] >= 1:
        return ""
    return f" (its draw {f['terms']['draw']:.6g} is {how} the appetite of {share(f['terms']['appetite'])})"


def _limit(f: Facts, row: Facts) -> str:
    """What limited the holder, with the numbers that are known."""
    terms, seen, reason = f.get("terms"), f.get("seen"), f["reason"]
    if reason is None:
        return ""
    if f.get("own_answer"):
        return ", as its own answer says"
    if reason == "appetite":
        return ", for want of appetite" + _appetite(f, "not below")
    if reason == "room":
        return ", for want of room" + ("" if seen is None else f": {_rooms(seen)}")
    if terms is None:
        why = {
            "utilization": "its utilization cap",
            "delay": "its limit of delay",
            "partial": "all or nothing",
        }
        return f", because of {why[reason]}"
    more = f"else it would take {power(terms['without'][reason])}"
    if reason == "utilization":
        return (
            f", because of its utilization cap: {share(terms['max_utilization'])} of what is online, and planned"
            f" within reach, leaves {power(terms['under_cap_kw'])}; {more}"
        )
    if reason == "partial":
        return f", since it takes all or nothing; {more}"
    if terms["matches"]:
        return f", since another would promise all of it for {day(terms['latest'])}, which it cannot match; {more}"
    return (
        f", because of its limit of delay: it promises nothing after {day(terms['latest'])},"
        f" {days(terms['max_delay_days'])} after it is wanted; {more}"
    )


def _promises(event: Event, promises: Sequence[Facts], row: Facts) -> list[str]:
    return [f"  {power(p['kw'])} at {p['site']}, {_promised(event, p, row)}" for p in promises]


def _promised(event: Event, promise: Facts, row: Facts) -> str:
    """For when, and on what that rests."""
    date, behind = promise["promised"], promise["behind"]
    if date == event.at:
        return "at once"
    said = f"promised for {day(date)}"
    if not behind:
        return said + (", when it is wanted" if date == row["wanted"] else "")
    if behind[-1]["planned"] == date:
        last = [b for b in behind if b["planned"] == date]
        said += f", when {buildings(last)} {'is' if len(last) == 1 else 'are'} planned"
        before = [b for b in behind if b["planned"] < date]
        return said + (f"; {_by(before)}" if before else "")
    return f"{said}, when it is wanted; {_by(behind)}"


def _by(behind: Sequence[Facts]) -> str:
    verb = "is" if len(behind) == 1 else "are"
    return f"by then {buildings(behind)} {verb} to be online, planned for {day(behind[-1]['planned'])}" + (
        " at the latest" if len(behind) > 1 else ""
    )


def buildings(these: Sequence[Facts], most: int = 3) -> str:
    """Buildings by name and power; of many only the first."""
    named = [f"{b['building']} ({power(b['kw'])})" for b in these]
    if len(named) > most:
        named = [*named[: most - 1], f"{len(named) - most + 1} others"]
    return listed(named)


# The overflow


def offered(event: Event, row: Facts) -> list[str]:
    """Who was offered the rest, in which order and why so, and what each took."""
    f = event.facts
    policy, ranking = f["policy"], f["ranking"]
    left = power(f["left_kw"]) if "left_kw" in f else "what is left"
    known = "left_kw" in f
    said = "Overflow: " if f["overflow"] else "" if f["first_round"] else "Off the waiting list: "
    said += left
    if not ranking:
        return [f"{said}, and nobody to offer it to."]
    lines = [f"{said} offered {BY[policy]}:" if known else f"{said} is taken, in an order that is not known:"]
    for place, offer in enumerate(ranking, start=1):
        number = f"{place}. " if known else ""
        if known and offer["offered_kw"] == 0:
            break
        lines.append(f"  {number}{offer['provider']} {_took(offer, row, policy)}")
        lines += [f"  {line}" for line in _promises(event, offer["promises"], row)]
    rest = [offer for offer in ranking if known and offer["offered_kw"] == 0]
    if rest:
        lines.append(f"  not asked any more: {listed(_could(offer, policy) for offer in rest)}")
    return lines


BY = {
    "soonest": "to who can take all of it, then to who promises it soonest",
    "cheapest": "to the cheapest first",
    "most room": "to who has most room first",
    "in order": "in the order of the scenario",
}


def _took(offer: Facts, row: Facts, policy: str) -> str:
    seen = offer.get("seen")
    if offer["taken_kw"]:
        part = f" of {power(offer['offered_kw'])}" if 0 < offer["taken_kw"] < offer["offered_kw"] else ""
        return f"takes {power(offer['taken_kw'])}{part}" + (_ground(seen, policy) if seen else "")
    return f"takes nothing{_ground(seen, policy)}: {_why_nothing(offer, row)}" if seen else "takes nothing"


def _ground(seen: Facts, policy: str) -> str:
    """What its place in the ranking rests on."""
    if policy == "cheapest":
        if seen["price"] is None:
            return " (no price)"
        scale, unit = UNITS["price"]
        return f" ({seen['price'] / scale:,.4g} {unit})"
    return f" (room {power(seen['room_kw'])})" if policy == "most room" else ""


def _could(offer: Facts, policy: str) -> str:
    seen = offer["seen"]
    could = ""
    if policy == "soonest":
        could = " (would take nothing)"
        if seen["would_take_kw"]:
            could = f" (would take {power(seen['would_take_kw'])} for {day(seen['promised'])})"
    return f"{offer['provider']}{could or _ground(seen, policy)}"


def _why_nothing(offer: Facts, row: Facts) -> str:
    seen, left = offer["seen"], offer["offered_kw"]
    room, kept = sum(site["room_kw"] for site in seen["sites"]), seen["keeps_back_kw"]
    if room == 0:
        return f"no room, {_rooms(seen)}"
    if kept >= room:
        return f"its room of {power(room)} is within the {power(kept)} that it keeps back for its own"
    rooms = listed(f"{power(s['room_kw'])} at {s['site']}" for s in seen["sites"] if s["room_kw"])
    rooms += f", and {power(kept)} are kept back" if kept else ""
    if row["split"] != "anywhere":
        return f"no site has room for the whole {power(left)} (there are {rooms})"
    return f"less than a block of {power(row['block_kw'])} (there are {rooms})"


def _rooms(seen: Facts) -> str:
    """What stands at the sites of a provider, all together."""
    sites = seen["sites"]
    total = {name: sum(s[name] for s in sites) for name in sites[0] if name != "site"}
    where = sites[0]["site"] if len(sites) == 1 else f"{len(sites)} sites"
    said = f"{where}: {power(total['online_kw'])} online"
    if total["planned_kw"]:
        reach = total["within_reach_kw"]
        said += f", {power(total['planned_kw'])} planned"
        said += (
            f" ({'all' if reach == total['planned_kw'] else power(reach) if reach else 'none'} within reach)"
        )
    said += f", {power(total['committed_kw'])} committed"
    if total["held_kw"]:
        said += f", {power(total['held_kw'])} held for others"
    said += f", room {power(total['room_kw'])}" if total["room_kw"] else ""
    return said + (
        f", of which {power(seen['keeps_back_kw'])} are kept back" if seen["keeps_back_kw"] else ""
    )
