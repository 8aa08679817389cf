"""The story of a request in words: what happened, when, and what it rested on."""

from collections.abc import Iterator
from datetime import datetime

from sim.explain.record import TimelineEvent
from sim.explain.timeline import Timeline
from sim.results.formatting import format_date, format_days, format_power, join_words
from sim.show.describe import format_duration
from sim.show.pages.explain_decisions import EventFacts, format_buildings, narrate_answer, narrate_overflow

SPLIT_PHRASES = {"anywhere": "", "one site": ", each part in one site", "never": ", whole or not at all"}


def narrate_timeline(timeline: Timeline) -> Iterator[tuple[datetime, list[str]]]:
    """Each event with its time and its lines; those that belong under the first are indented."""
    for event in timeline.events:
        yield event.at, NARRATORS[event.kind](event, timeline.request)


# What was asked, and of whom first


def _narrate_request(event: TimelineEvent, _: EventFacts) -> list[str]:
    f = event.facts
    of = f" (class {f['class']})" if f["class"] else ""
    until = "never gives up" if f["gives_up"] is None else f"gives up on {format_date(f['gives_up'])}"
    blocks = f", in blocks of {format_power(f['block_kw'])}" if f["block_kw"] > 1 else ""
    lines = [
        f"{f['customer']} asks for {format_power(f['size_kw'])}{of}, wanted"
        f" {'at once' if f['wanted'] == event.at else 'from ' + format_date(f['wanted'])}"
        f" for {_format_term(f['term_days'])}; {until}{blocks}{SPLIT_PHRASES[f['split']]}."
    ]
    if f["priority"]:
        lines.append(f"Its priority is {f['priority']}.")
    if f["only"]:
        lines.append(f"Only {join_words(f['only'].split('|'), 'or')} may serve it.")
    if len(parts := f.get("parts", [])) > 1:
        others = join_words(str(part) for part in parts if part != f["request"])
        place = parts.index(f["request"]) + 1
        lines.append(
            f"It is part {place} of {len(parts)} of the deal {f['deal']}"
            f" (the other{'s are requests' if len(parts) > 2 else ' is request'} {others})."
        )
    elif f["deal"]:
        lines.append(f"It is the deal {f['deal']}.")
    return lines


def _format_term(number: float) -> str:
    """In months and years where they are whole tenths, else in days or less."""
    said = format_duration(number * 86_400e6)
    return format_days(number) if said.endswith(" d") else said


def _narrate_right(event: TimelineEvent, row: EventFacts) -> list[str]:
    f = event.facts
    if f["right"] is None:
        past = f["not_in_force"]
        if not past:
            return ["No right decides." if past is None else "No right covers it."]
        return [f"No right decides: {join_words(_describe_inactive(each, event.at) for each in past)}."]
    whose = f["customer"] or "all customers"
    classes = f", class {join_words(f['classes'], 'or')}" if f["classes"] else ""
    over = f"over {whose}{classes}{_describe_span(f)}"
    if f["exclusive"]:
        return [f'The right "{f["right"]}" decides ({over}): only {f["holder"]} may serve it.']
    if not f["window_days"]:
        return [
            f'The right "{f["right"]}" decides ({over}): {f["holder"]} is asked first, and answers at once.'
        ]
    holds = ", and what it could take is held meanwhile" if f["holds_capacity"] else ""
    return [
        f'The right "{f["right"]}" decides ({over}): {f["holder"]} is asked first, and has'
        f" {format_days(f['window_days'])} to answer, until {format_date(f['answer_due'])}{holds}."
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


# What became of it


def _narrate_waiting(event: TimelineEvent, _: EventFacts) -> list[str]:
    return [f"{format_power(event.facts['kw'])} wait, promised by nobody."]


def _narrate_delivery(event: TimelineEvent, _: EventFacts) -> list[str]:
    f = event.facts
    late = f["late_days"]
    when = (
        "as promised"
        if late == 0
        else f"{format_days(abs(late))} {'after' if late > 0 else 'before'} the promised date"
    )
    part = f" of {format_power(f['of_kw'])} promised" if f["kw"] < f["of_kw"] else ""
    came = [b for b in f["came"] if b["event"] == "online"]
    back = sum(b["kw"] for b in f["came"] if b["event"] == "restored")
    cause = f", as {format_buildings(came)} come{'s' * (len(came) == 1)} online" if came else ""
    cause += f", as an outage of {format_power(back)} ends" if back else ""
    return [f"{format_power(f['kw'])}{part} begin to serve at {f['site']} ({f['provider']}), {when}{cause}."]


def _narrate_miss(event: TimelineEvent, _: EventFacts) -> list[str]:
    f = event.facts
    part = format_power(f["kw"]) + (f" of the {format_power(f['of_kw'])}" if f["kw"] < f["of_kw"] else "")
    said = f"{part} promised for this day at {f['site']} ({f['provider']}) are not there"
    causes = [_describe_late_building(building) for building in f["late"][:MAX_LATE_BUILDINGS]]
    if len(f["late"]) > MAX_LATE_BUILDINGS:
        causes.append(f"and {len(f['late']) - MAX_LATE_BUILDINGS} more buildings")
    if f["outage_kw"]:
        causes.append(f"an outage takes {format_power(f['outage_kw'])}")
    if f["ahead_kw"]:
        causes.append(f"{format_power(f['ahead_kw'])} go first, promised there later but for earlier dates")
    if len(causes) < 2:
        return [said + (f": {causes[0]}." if causes else ".")]
    return [f"{said}:", *(f"  {cause}" for cause in causes)]


MAX_LATE_BUILDINGS = 5
"""So many late buildings are named."""


def _describe_late_building(b: EventFacts) -> str:
    said = f"{b['building']} ({format_power(b['kw'])}), planned for {format_date(b['planned'])}, "
    if b["now_planned"] is None:
        return said + "was cancelled"
    came = f"comes on {format_date(b['came'])}" if b["came"] else "does not come before the run ends"
    return f"{said}is now planned for {format_date(b['now_planned'])}, and {came}"


def _narrate_release(event: TimelineEvent, _: EventFacts) -> list[str]:
    f = event.facts
    gone = join_words(f"{b['building']} ({format_power(b['kw'])})" for b in f["buildings"])
    verb = "is" if len(f["buildings"]) == 1 else "are"
    return [
        f"{format_power(f['kw'])} promised at {f['site']} ({f['provider']}) are released and wait again: {gone} {verb}"
        f" {f['why']}."
    ]


def _narrate_reneging(event: TimelineEvent, _: EventFacts) -> list[str]:
    f = event.facts
    promised = join_words(f"{format_power(p['kw'])} at {p['site']} ({p['provider']})" for p in f["promised"])
    said = f"It gives up {format_power(f['kw'])}"
    if sum(p["kw"] for p in f["promised"]) == f["kw"]:
        return [f"{said}, all of it promised: {promised}."]
    return [said + (f", of which {promised} were promised." if f["promised"] else ".")]


def _narrate_end(event: TimelineEvent, _: EventFacts) -> list[str]:
    return [f"{format_power(event.facts['kw'])} end."]


def _narrate_outcome(event: TimelineEvent, row: EventFacts) -> list[str]:
    f = event.facts
    size = format_power(row["size_kw"])
    if f["status"] == "served":
        late = (f["full_delivery"] - f["wanted"]).total_seconds() / 86_400
        when = "when it was wanted" if late == 0 else f"{format_days(late)} after it was wanted"
        return [f"Outcome: served whole, all {size} by {format_date(f['full_delivery'])}, {when}."]
    if f["status"] == "lost":
        return [f"Outcome: lost, all {size}."]
    if f["status"] == "part served":
        return [
            f"Outcome: part served, {format_power(f['delivered_kw'])} of {size}; {format_power(f['lost_kw'])} were lost."
        ]
    if f["answered"] is None:
        return [f"Outcome: the answer of {row['holder']} is still to come when the run ends."]
    early = f"; it is wanted only from {format_date(f['wanted'])}" if f["wanted"] >= event.at else ""
    parts = (
        ("serve", f["delivered_kw"]),
        ("are promised and not yet delivered", f["promised_kw"]),
        ("are promised by nobody", f["uncommitted_kw"]),
    )
    said = [f"{format_power(kw)} {words}" for words, kw in parts if kw]
    of = f"all {said[0]}" if len(said) == 1 else f"of {size} {join_words(said)}"
    return [f"Outcome: when the run ends, {of}{early}."]


NARRATORS = {
    "asked": _narrate_request,
    "put": _narrate_right,
    "joined": _narrate_joining,
    "answered": narrate_answer,
    "offered": narrate_overflow,
    "waits": _narrate_waiting,
    "delivered": _narrate_delivery,
    "missed": _narrate_miss,
    "released": _narrate_release,
    "gave up": _narrate_reneging,
    "ended": _narrate_end,
    "outcome": _narrate_outcome,
}
"""How each kind of event is told."""
