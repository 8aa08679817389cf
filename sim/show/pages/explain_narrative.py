"""The timeline of a request as sentences: what happened, when, and what it rested on.

In comprehensions b is a building and c a commitment, each as facts of an event.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import assert_never

from sim.explain.record import DAY_LENGTH, TimelineEvent
from sim.explain.timeline import Timeline
from sim.model.outcomes import REQUEST_STATUSES, RequestStatus
from sim.results.formatting import format_date, format_days, format_power, format_term, join_words
from sim.scenario.splits import SPLITS
from sim.show.pages.explain_decisions import EventFacts, format_buildings, narrate_answer, narrate_overflow

MAX_LATE_BUILDINGS = 5
"""The number of late buildings that are named as causes of a missed promise."""


def narrate_timeline(timeline: Timeline) -> Iterator[tuple[datetime, list[str]]]:
    """Yield the time and the lines of each event; lines that belong under the first are indented."""
    for event in timeline.events:
        yield event.at, NARRATORS[event.kind](event, timeline.request)


# The request and its right


def _narrate_request(event: TimelineEvent, _: EventFacts) -> list[str]:
    facts = event.facts
    class_ = f" (class {facts['class']})" if facts["class"] else ""
    start = "at once" if facts["wanted"] == event.at else f"from {format_date(facts['wanted'])}"
    patience = "never gives up"
    if facts["gives_up"] is not None:
        patience = f"gives up on {format_date(facts['gives_up'])}"
    blocks = f", in blocks of {format_power(facts['block_kw'])}" if facts["block_kw"] > 1 else ""
    lines = [
        f"{facts['customer']} asks for {format_power(facts['size_kw'])}{class_}, wanted {start}"
        f" for {format_term(facts['term_days'])}; {patience}{blocks}{SPLITS[facts['split']].phrase}."
    ]
    if facts["priority"]:
        lines.append(f"Its priority is {facts['priority']}.")
    if facts["only"]:
        lines.append(f"Only {join_words(facts['only'], 'or')} may serve it.")
    if len(parts := facts.get("parts", [])) > 1:
        others = join_words(str(part) for part in parts if part != facts["request"])
        place = parts.index(facts["request"]) + 1
        lines.append(
            f"It is part {place} of {len(parts)} of the deal {facts['deal']}"
            f" (the other{'s are requests' if len(parts) > 2 else ' is request'} {others})."
        )
    elif facts["deal"]:
        lines.append(f"It is the deal {facts['deal']}.")
    return lines


def _narrate_right(event: TimelineEvent, row: EventFacts) -> list[str]:
    facts = event.facts
    if facts["right"] is None:
        inactive = facts["not_in_force"]
        if not inactive:
            return ["No right decides." if inactive is None else "No right covers it."]
        reasons = join_words(_describe_inactive(right, event.at) for right in inactive)
        return [f"No right decides: {reasons}."]
    customers = facts["customer"] or "all customers"
    classes = f", class {join_words(facts['classes'], 'or')}" if facts["classes"] else ""
    decides = f'The right "{facts["right"]}" decides (over {customers}{classes}{_describe_span(facts)})'
    holder = facts["holder"]
    if facts["exclusive"]:
        return [f"{decides}: only {holder} may serve it."]
    if not facts["window_days"]:
        return [f"{decides}: {holder} is asked first, and answers at once."]
    hold = ", and what it could take is held meanwhile" if facts["holds_capacity"] else ""
    return [
        f"{decides}: {holder} is asked first, and has"
        f" {format_days(facts['window_days'])} to answer, until {format_date(facts['answer_due'])}{hold}."
    ]


def _describe_span(right: EventFacts) -> str:
    if "from" not in right:
        return ""
    until = "for good" if right["until"] is None else f"until {format_date(right['until'])}"
    return f", from {format_date(right['from'])} {until}"


def _describe_inactive(right: EventFacts, at: datetime) -> str:
    name = f'"{right["right"]}"'
    if right["until"] is not None and right["until"] <= at:
        return f"{name} ended on {format_date(right['until'])}"
    return f"{name} begins only on {format_date(right['from'])}"


def _narrate_joining(event: TimelineEvent, _: EventFacts) -> list[str]:
    return ["Others wait, and it is strictly first come, first served: it joins the waiting list untouched."]


# Service and waiting


def _narrate_waiting(event: TimelineEvent, _: EventFacts) -> list[str]:
    return [f"{format_power(event.facts['kw'])} wait, promised by nobody."]


def _narrate_delivery(event: TimelineEvent, _: EventFacts) -> list[str]:
    facts = event.facts
    late_days = facts["late_days"]
    when = "as promised"
    if late_days != 0:
        when = f"{format_days(abs(late_days))} {'after' if late_days > 0 else 'before'} the promised date"
    part = f" of {format_power(facts['of_kw'])} promised" if facts["kw"] < facts["of_kw"] else ""
    online = [b for b in facts["came"] if b["event"] == "online"]
    restored_kw = sum(b["kw"] for b in facts["came"] if b["event"] == "restored")
    cause = f", as {format_buildings(online)} come{'s' * (len(online) == 1)} online" if online else ""
    cause += f", as an outage of {format_power(restored_kw)} ends" if restored_kw else ""
    place = f"{facts['site']} ({facts['provider']})"
    return [f"{format_power(facts['kw'])}{part} begin to serve at {place}, {when}{cause}."]


def _narrate_miss(event: TimelineEvent, _: EventFacts) -> list[str]:
    facts = event.facts
    part = f" of the {format_power(facts['of_kw'])}" if facts["kw"] < facts["of_kw"] else ""
    place = f"{facts['site']} ({facts['provider']})"
    text = f"{format_power(facts['kw'])}{part} promised for this day at {place} are not there"
    causes = [_describe_late_building(b) for b in facts["late"][:MAX_LATE_BUILDINGS]]
    if len(facts["late"]) > MAX_LATE_BUILDINGS:
        causes.append(f"and {len(facts['late']) - MAX_LATE_BUILDINGS} more buildings")
    if facts["outage_kw"]:
        causes.append(f"an outage takes {format_power(facts['outage_kw'])}")
    if facts["ahead_kw"]:
        causes.append(
            f"{format_power(facts['ahead_kw'])} go first, promised there later but for earlier dates"
        )
    if len(causes) < 2:
        return [text + (f": {causes[0]}." if causes else ".")]
    return [f"{text}:", *(f"  {cause}" for cause in causes)]


def _describe_late_building(building: EventFacts) -> str:
    name = f"{building['building']} ({format_power(building['kw'])})"
    text = f"{name}, planned for {format_date(building['planned'])}, "
    if building["now_planned"] is None:
        return text + "was cancelled"
    arrival = "does not come before the run ends"
    if building["came"]:
        arrival = f"comes on {format_date(building['came'])}"
    return f"{text}is now planned for {format_date(building['now_planned'])}, and {arrival}"


def _narrate_release(event: TimelineEvent, _: EventFacts) -> list[str]:
    facts = event.facts
    withdrawn = join_words(f"{b['building']} ({format_power(b['kw'])})" for b in facts["buildings"])
    verb = "is" if len(facts["buildings"]) == 1 else "are"
    return [
        f"{format_power(facts['kw'])} promised at {facts['site']} ({facts['provider']}) are released and wait"
        f" again: {withdrawn} {verb} {facts['why']}."
    ]


def _narrate_move(event: TimelineEvent, _: EventFacts) -> list[str]:
    facts = event.facts
    (promise,) = facts["promises"]
    return [
        f"{format_power(promise['kw'])} promised at {facts['from']} ({facts['provider']}) move to {promise['site']},"
        " which stands idle, and are served there."
    ]


def _narrate_reneging(event: TimelineEvent, _: EventFacts) -> list[str]:
    facts = event.facts
    promised = join_words(
        f"{format_power(c['kw'])} at {c['site']} ({c['provider']})" for c in facts["promised"]
    )
    text = f"It gives up {format_power(facts['kw'])}"
    if sum(c["kw"] for c in facts["promised"]) == facts["kw"]:
        return [f"{text}, all of it promised: {promised}."]
    return [text + (f", of which {promised} were promised." if facts["promised"] else ".")]


def _narrate_end(event: TimelineEvent, _: EventFacts) -> list[str]:
    return [f"{format_power(event.facts['kw'])} end."]


# The outcome


def _narrate_outcome(event: TimelineEvent, row: EventFacts) -> list[str]:
    facts = event.facts
    size = format_power(row["size_kw"])
    status = RequestStatus(REQUEST_STATUSES.index(facts["status"]))
    match status:
        case RequestStatus.SERVED:
            delay: timedelta = facts["full_delivery"] - facts["wanted"]
            when = "when it was wanted"
            if delay:
                when = f"{format_days(delay / DAY_LENGTH)} after it was wanted"
            text = f"served whole, all {size} by {format_date(facts['full_delivery'])}, {when}"
        case RequestStatus.LOST:
            text = f"lost, all {size}"
        case RequestStatus.PART_SERVED:
            delivered, lost = format_power(facts["delivered_kw"]), format_power(facts["lost_kw"])
            text = f"part served, {delivered} of {size}; {lost} were lost"
        case RequestStatus.WAITING:
            text = _describe_waiting_outcome(event, row)
        case _:
            assert_never(status)
    return [f"Outcome: {text}."]


def _describe_waiting_outcome(event: TimelineEvent, row: EventFacts) -> str:
    facts = event.facts
    if facts["answered"] is None:
        return f"the answer of {row['holder']} is still to come when the run ends"
    early = f"; it is wanted only from {format_date(facts['wanted'])}" if facts["wanted"] >= event.at else ""
    parts = [
        f"{format_power(kw)} {state}"
        for state, kw in (
            ("serve", facts["delivered_kw"]),
            ("are promised and not yet delivered", facts["promised_kw"]),
            ("are promised by nobody", facts["uncommitted_kw"]),
        )
        if kw
    ]
    amounts = (
        f"all {parts[0]}" if len(parts) == 1 else f"of {format_power(row['size_kw'])} {join_words(parts)}"
    )
    return f"when the run ends, {amounts}{early}"


NARRATORS: dict[str, Callable[[TimelineEvent, EventFacts], list[str]]] = {
    "asked": _narrate_request,
    "put": _narrate_right,
    "joined": _narrate_joining,
    "answered": narrate_answer,
    "offered": narrate_overflow,
    "waits": _narrate_waiting,
    "delivered": _narrate_delivery,
    "missed": _narrate_miss,
    "released": _narrate_release,
    "moved": _narrate_move,
    "gave up": _narrate_reneging,
    "ended": _narrate_end,
    "outcome": _narrate_outcome,
}
"""By kind of event, the function that tells it, given the event and the row of the request."""
