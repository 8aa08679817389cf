"""The story of a request in words: what happened, when, and what it rested on."""

from collections.abc import Iterator
from datetime import datetime

from sim.show.answers import Facts, answered, buildings, offered
from sim.show.understood import duration
from sim.study.retold import Event
from sim.study.said import day, days, listed, power
from sim.study.story import Story

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
        f" for {_term(f['term_days'])}; {until}{blocks}{SPLITS[f['split']]}."
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


def _term(number: float) -> str:
    """In months and years where they are whole tenths, else in days or less."""
    said = duration(number * 86_400e6)
    return days(number) if said.endswith(" d") else said


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
    cause = f", as {buildings(came)} come{'s' * (len(came) == 1)} online" if came else ""
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
    if sum(p["kw"] for p in f["promised"]) == f["kw"]:
        return [f"{said}, all of it promised: {promised}."]
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
    "answered": answered,
    "offered": offered,
    "waits": _waits,
    "delivered": _delivered,
    "missed": _missed,
    "released": _released,
    "gave up": _gave_up,
    "ended": _ended,
    "outcome": _outcome,
}
"""How each kind of event is told."""
