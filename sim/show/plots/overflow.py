"""Who got what was asked for, and what the holder of the right left to others."""

from collections.abc import Iterable, Mapping

import polars as pl
from matplotlib.figure import Figure

from sim.scenario.schema import ScenarioFile
from sim.show.plots import style
from sim.show.plots.answers import ANSWERS, NO_RIGHT
from sim.show.plots.bands import footing
from sim.show.plots.labels import short, shorts
from sim.show.plots.ribbons import Way, flow
from sim.show.plots.ways import LOST, WAITING, asked, ways
from sim.study.outcome import Outcome

MOST = {"stream": 12, "provider": 8, "site": 16}
"""How many of each stand for themselves."""
OTHERS = {"stream": "other streams.", "provider": "other providers.", "site": "other sites."}


def nothing_asked(outcome: Outcome) -> str | None:
    """Is nothing asked for in the window, or is there but one way that it can go?"""
    if not asked(outcome).height:
        return "nothing is asked for"
    return None if ways(outcome).height > 1 else "all that is asked for goes the same way"


def overflow(outcome: Outcome) -> Figure:
    """A flow: who asked, what the holder of the right answered, who promised it, and where; in power."""
    scenario, n = outcome.scenario, len(outcome.finished)
    holders = list(dict.fromkeys(right.holder for right in scenario.rights.values()))
    called = shorts(holders, 16) if len(holders) > 1 else {}
    found = _gathered(ways(outcome), called)
    through = ["stream", "answer", "provider", "site"]
    headings = ["asked for by", "answered by its holder", "promised by", "at"]
    if len(holders) == 1:
        headings[1] = f"answered by {short(holders[0], 22)}"
    if set(found["answer"]) == {NO_RIGHT}:
        del through[1], headings[1]
    columns = [_in_order(scenario, called.values(), c, set(found[c])) for c in through]
    drawn = [
        Way(tuple(row[c] for c in through), row["kw"] / 1000 / n, row["provider"])
        for row in found.iter_rows(named=True)
    ]
    total = sum(way.amount for way in drawn)
    least = min(min(found.group_by(c).agg(pl.col("kw").sum())["kw"].to_list()) for c in through)
    unit = style.power_unit(total if least / 1000 / n >= total / 100 else total / 10)
    shown = [name for name in scenario.providers if name in set(found["provider"])]
    tints = style.colours(list(scenario.providers), shown) | {
        OTHERS["provider"]: style.REST,
        WAITING: "#A6A6A6",
        LOST: style.GAP,
    }
    with style.house():
        fig = style.figure()
        flow(fig, columns, headings, drawn, tints, unit)
        fig.suptitle("Where the power that was asked for went", x=0.01, ha="left")
        style.source(fig, footing(outcome), *_notes(outcome, n))
    return fig


def _gathered(found: pl.DataFrame, holders: Mapping[str, str]) -> pl.DataFrame:
    """The same kW with small streams, providers and sites as one each, and with the names of holders, if given."""
    for column, most in MOST.items():
        weights = dict(found.group_by(column, maintain_order=True).agg(pl.col("kw").sum()).iter_rows())
        ends = {name: weights.pop(name) for name in (WAITING, LOST) if column != "stream" and name in weights}
        kept = pl.col(column).is_in([*style.leading(weights, most), *ends])
        found = found.with_columns(pl.when(kept).then(column).otherwise(pl.lit(OTHERS[column])).alias(column))
    if holders:
        with_holder = pl.concat_str(pl.col("holder").replace(holders), "answer", separator=" ")
        found = found.with_columns(pl.coalesce(with_holder, "answer").alias("answer"))
    key = ["stream", "answer", "provider", "site"]
    return found.group_by(key, maintain_order=True).agg(pl.col("kw").sum())


def _in_order(scenario: ScenarioFile, holders: Iterable[str], column: str, names: set[str]) -> list[str]:
    """The nodes of a column from the top down."""
    if column == "stream":
        known = list(scenario.demand)
    elif column == "answer":
        known = [said for words in ANSWERS for said in (words, *(f"{h} {words}" for h in holders))]
    elif column == "provider":
        known = list(scenario.providers)
    else:
        known = list(dict.fromkeys(site for seller in scenario.providers.values() for site in seller.sites))
    return [name for name in (*known, OTHERS.get(column, ""), WAITING, LOST) if name in names]


def _notes(outcome: Outcome, n: int) -> list[str]:
    """What to know to read it."""
    mean = "Mean over the replications of all" if n > 1 else "All"
    notes = [
        f"{mean} that was asked for during the run, by where it is promised when the run ends; without what was in"
        " place at the start."
    ]
    if outcome.scenario.rights:
        notes.append(
            "The answer is the first one: what the holder left may have come to it later, off the waiting list."
        )
    return notes
