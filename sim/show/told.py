"""The story of a request in words: what happened, when, and what it rested on."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sim.show.said import day, days, listed, power, share
from sim.show.understood import UNITS, duration
from sim.study.story import Event, Story

Facts = Mapping[str, Any]
SPLITS = {"anywhere": "", "one site": ", each part in one site", "never": ", whole or not at all"}


def told(story: Story) -> Iterator[tuple[datetime, list[str]]]:
    """Each event with its time and its lines; those that belong under the first are indented."""
    for event in story.events:
        yield event.at, WORDS[event.kind](event, story.request)


# What was asked, and of whom first


def _asked(event: Event, _: Facts) -> list[str]:
    f = event.facts
    of = f" (class {f['class']})" if f["class"] else ""
    until = "never gives up" if f["gives_up"] is None else f"gives up on {day(f['gives_up'])}"
    blocks = f", in blocks of {power(f['block_kw'])}" if f["block_kw"] > 1 else ""
    lines = [
        f"{f['customer']} asks for {power(f['size_kw'])}{of}, wanted"
        f" {'at once' if f['wanted'] == event.at else 'from ' + day(f['wanted'])}"
        f" for {duration(f['term_days'] * 86_400e6)}; {until}{blocks}{SPLITS[f['split']]}."
    ]
    if f["priority"]:
        lines.append(f"Its priority is {f['priority']}.")
    if f["only"]:
        lines.append(f"Only {listed(f['only'].split('|'), 'or')} may serve it.")
    if len(parts := f.get("parts", [])) > 1:
        others = listed(str(part) for part in parts if part != f["request"])
        place = parts.index(f["request"]) + 1
        lines.append(
            f"It is part {place} of {len(parts)} of the deal {f['deal']}"
            f" (the other{'s are requests' if len(parts) > 2 else ' is request'} {others})."
        )
    elif f["deal"]:
        lines.append(f"It is the deal {f['deal']}.")
    return lines


def _put(event: Event, row: Facts) -> list[str]:
    f = event.facts
    if f["right"] is None:
        past = f["not_in_force"]
        if not past:
            return ["No right decides." if past is None else "No right covers it."]
        return [f"No right decides: {listed(_not_in_force(each, event.at) for each in past)}."]
    whose = f["customer"] or "all customers"
    classes = f", class {listed(f['classes'], 'or')}" if f["classes"] else ""
    over = f"over {whose}{classes}{_in_force(f)}"
    if f["exclusive"]:
        return [f'The right "{f["right"]}" decides ({over}): only {f["holder"]} may serve it.']
    if not f["window_days"]:
        return [
            f'The right "{f["right"]}" decides ({over}): {f["holder"]} is asked first, and answers at once.'
        ]
    holds = ", and what it could take is held meanwhile" if f["holds_capacity"] else ""
    return [
        f'The right "{f["right"]}" decides ({over}): {f["holder"]} is asked first, and has'
        f" {days(f['window_days'])} to answer, until {day(f['answer_due'])}{holds}."
    ]


def _in_force(right: Facts) -> str:
    if "from" not in right:
        return ""
    until = "for good" if right["until"] is None else f"until {day(right['until'])}"
    return f", from {day(right['from'])} {until}"


def _not_in_force(right: Facts, at: datetime) -> str:
    name = f'"{right["right"]}"'
    if right["until"] is not None and right["until"] <= at:
        return f"{name} ended on {day(right['until'])}"
    return f"{name} begins only on {day(right['from'])}"


def _joined(event: Event, _: Facts) -> list[str]:
    return ["Others wait, and it is strictly first come, first served: it joins the waiting list untouched."]


# The answer


def _answered(event: Event, row: Facts) -> list[str]:
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
    terms, seen, reason = f.get("terms"), f.get("seen"), f.get("reason")
    if terms is not None and terms["draw"] >= terms["appetite"]:
        reason = "appetite"
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
        said += f", when {_buildings(last)} {'is' if len(last) == 1 else 'are'} planned"
        before = [b for b in behind if b["planned"] < date]
        return said + (f"; {_by(before)}" if before else "")
    return f"{said}, when it is wanted; {_by(behind)}"


def _by(behind: Sequence[Facts]) -> str:
    verb = "is" if len(behind) == 1 else "are"
    return f"by then {_buildings(behind)} {verb} to be online, planned for {day(behind[-1]['planned'])}" + (
        " at the latest" if len(behind) > 1 else ""
    )


def _buildings(buildings: Sequence[Facts], most: int = 3) -> str:
    named = [f"{b['building']} ({power(b['kw'])})" for b in buildings]
    if len(named) > most:
        named = [*named[: most - 1], f"{len(named) - most + 1} others"]
    return listed(named)


# The overflow


def _offered(event: Event, row: Facts) -> list[str]:
    f = event.facts
    policy, ranking = f["policy"], f["ranking"]
    left = power(f["left_kw"]) if "left_kw" in f else "what is left"
    known = "left_kw" in f
    said = "Overflow: " if f["overflow"] else "" if f["first_round"] else "Off the waiting list: "
    said += left
    if not ranking:
        return [f"{said}, and nobody to offer it to."]
    lines = [f"{said} offered {BY[policy] if known else 'to others'}:"]
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
    if seen["room_kw"] == 0:
        return f"no room, {_rooms(seen)}"
    if seen["keeps_back_kw"] >= seen["room_kw"]:
        room, kept = power(seen["room_kw"]), power(seen["keeps_back_kw"])
        return f"its room of {room} is within the {kept} that it keeps back for its own"
    rooms = listed(f"{power(s['room_kw'])} at {s['site']}" for s in seen["sites"] if s["room_kw"])
    kept = f", and {power(seen['keeps_back_kw'])} are kept back" if seen["keeps_back_kw"] else ""
    if row["split"] != "anywhere":
        return f"no site has room for the whole {power(left)} (there are {rooms}{kept})"
    return f"less than a block of {power(row['block_kw'])} (there are {rooms}{kept})"


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


# What became of it


def _waits(event: Event, _: Facts) -> list[str]:
    return [f"{power(event.facts['kw'])} wait, promised by nobody."]


def _delivered(event: Event, _: Facts) -> list[str]:
    f = event.facts
    late = f["late_days"]
    when = (
        "as promised"
        if late == 0
        else f"{days(abs(late))} {'after' if late > 0 else 'before'} the promised date"
    )
    part = f" of {power(f['of_kw'])} promised" if f["kw"] < f["of_kw"] else ""
    came = [b for b in f["came"] if b["event"] == "online"]
    back = sum(b["kw"] for b in f["came"] if b["event"] == "restored")
    cause = f", as {_buildings(came)} come{'s' * (len(came) == 1)} online" if came else ""
    cause += f", as an outage of {power(back)} ends" if back else ""
    return [f"{power(f['kw'])}{part} begin to serve at {f['site']} ({f['provider']}), {when}{cause}."]


def _missed(event: Event, _: Facts) -> list[str]:
    f = event.facts
    part = power(f["kw"]) + (f" of the {power(f['of_kw'])}" if f["kw"] < f["of_kw"] else "")
    said = f"{part} promised for this day at {f['site']} ({f['provider']}) are not there"
    causes = [_late(building) for building in f["late"][:MOST_LATE]]
    if len(f["late"]) > MOST_LATE:
        causes.append(f"and {len(f['late']) - MOST_LATE} more buildings")
    if f["outage_kw"]:
        causes.append(f"an outage takes {power(f['outage_kw'])}")
    if f["ahead_kw"]:
        causes.append(f"{power(f['ahead_kw'])} go first, promised there later but for earlier dates")
    if len(causes) < 2:
        return [said + (f": {causes[0]}." if causes else ".")]
    return [f"{said}:", *(f"  {cause}" for cause in causes)]


MOST_LATE = 5
"""So many late buildings are named."""


def _late(b: Facts) -> str:
    said = f"{b['building']} ({power(b['kw'])}), planned for {day(b['planned'])}, "
    if b["now_planned"] is None:
        return said + "was cancelled"
    came = f"comes on {day(b['came'])}" if b["came"] else "does not come before the run ends"
    return f"{said}is now planned for {day(b['now_planned'])}, and {came}"


def _released(event: Event, _: Facts) -> list[str]:
    f = event.facts
    gone = listed(f"{b['building']} ({power(b['kw'])})" for b in f["buildings"])
    verb = "is" if len(f["buildings"]) == 1 else "are"
    return [
        f"{power(f['kw'])} promised at {f['site']} ({f['provider']}) are released and wait again: {gone} {verb}"
        f" {f['why']}."
    ]


def _gave_up(event: Event, _: Facts) -> list[str]:
    f = event.facts
    promised = listed(f"{power(p['kw'])} at {p['site']} ({p['provider']})" for p in f["promised"])
    said = f"It gives up {power(f['kw'])}"
    return [said + (f", of which {promised} were promised." if f["promised"] else ".")]


def _ended(event: Event, _: Facts) -> list[str]:
    return [f"{power(event.facts['kw'])} end."]


def _outcome(event: Event, row: Facts) -> list[str]:
    f = event.facts
    size = power(row["size_kw"])
    if f["status"] == "served":
        late = (f["full_delivery"] - f["wanted"]).total_seconds() / 86_400
        when = "when it was wanted" if late == 0 else f"{days(late)} after it was wanted"
        return [f"Outcome: served whole, all {size} by {day(f['full_delivery'])}, {when}."]
    if f["status"] == "lost":
        return [f"Outcome: lost, all {size}."]
    if f["status"] == "part served":
        return [
            f"Outcome: part served, {power(f['delivered_kw'])} of {size}; {power(f['lost_kw'])} were lost."
        ]
    if f["answered"] is None:
        return [f"Outcome: the answer of {row['holder']} is still to come when the run ends."]
    early = f"; it is wanted only from {day(f['wanted'])}" if f["wanted"] >= event.at else ""
    parts = (
        ("serve", f["delivered_kw"]),
        ("are promised and not yet delivered", f["promised_kw"]),
        ("are promised by nobody", f["uncommitted_kw"]),
    )
    said = [f"{power(kw)} {words}" for words, kw in parts if kw]
    of = f"all {said[0]}" if len(said) == 1 else f"of {size} {listed(said)}"
    return [f"Outcome: when the run ends, {of}{early}."]


WORDS = {
    "asked": _asked,
    "put": _put,
    "joined": _joined,
    "answered": _answered,
    "offered": _offered,
    "waits": _waits,
    "delivered": _delivered,
    "missed": _missed,
    "released": _released,
    "gave up": _gave_up,
    "ended": _ended,
    "outcome": _outcome,
}
"""How each kind of event is told."""
