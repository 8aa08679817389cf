"""Who got what was asked for, and what the holder of the right left to others."""

from collections.abc import Iterable, Mapping

import polars as pl
from matplotlib.figure import Figure

from sim.results.run import RunResult
from sim.scenario.schema import ScenarioFile
from sim.show.plots import style
from sim.show.plots.answer_labels import ANSWER_LABELS, NO_RIGHT_LABEL
from sim.show.plots.labels import shorten, shorten_names
from sim.show.plots.power_flows import GAVE_UP_NODE, NOT_PROMISED_NODE, power_flows, requests_in_window
from sim.show.plots.run_bands import run_caption
from sim.show.plots.sankey import PowerFlow, draw_sankey

MAX_NODES = {"stream": 12, "provider": 8, "site": 16}
"""How many of each stand for themselves."""
OTHER_NODES = {"stream": "other streams.", "provider": "other providers.", "site": "other sites."}


def no_overflow_reason(run: RunResult) -> str | None:
    """Is nothing asked for in the window, or is there but one way that it can go?"""
    if not requests_in_window(run).height:
        return "nothing is asked for"
    return None if power_flows(run).height > 1 else "all that is asked for goes the same way"


def plot_overflow(run: RunResult) -> Figure:
    """A flow: who asked, what the holder of the right answered, who promised it, and where; in power."""
    scenario, n = run.scenario, len(run.finished_replications)
    holders = list(dict.fromkeys(right.holder for right in scenario.rights.values()))
    called = shorten_names(holders, 16) if len(holders) > 1 else {}
    found = _merge_small_nodes(power_flows(run), called)
    through = ["stream", "answer", "provider", "site"]
    headings = ["asked for by", "answered by its holder", "promised by", "at"]
    if len(holders) == 1:
        headings[1] = f"answered by {shorten(holders[0], 22)}"
    if set(found["answer"]) == {NO_RIGHT_LABEL}:
        del through[1], headings[1]
    columns = [_node_order(scenario, called.values(), c, set(found[c])) for c in through]
    drawn = [
        PowerFlow(tuple(row[c] for c in through), row["kw"] / 1000 / n, row["provider"])
        for row in found.iter_rows(named=True)
    ]
    total = sum(way.amount for way in drawn)
    least = min(min(found.group_by(c).agg(pl.col("kw").sum())["kw"].to_list()) for c in through)
    unit = style.choose_power_unit(total if least / 1000 / n >= total / 100 else total / 10)
    shown = [name for name in scenario.providers if name in set(found["provider"])]
    tints = style.assign_colours(list(scenario.providers), shown) | {
        OTHER_NODES["provider"]: style.OTHERS_COLOUR,
        NOT_PROMISED_NODE: "#A6A6A6",
        GAVE_UP_NODE: style.SHORTFALL_COLOUR,
    }
    with style.house_style():
        fig = style.new_figure()
        draw_sankey(fig, columns, headings, drawn, tints, unit)
        fig.suptitle("Where the power that was asked for went", x=0.01, ha="left")
        style.add_caption(fig, run_caption(run), *_notes(run, n))
    return fig


def _merge_small_nodes(flows: pl.DataFrame, holders: Mapping[str, str]) -> pl.DataFrame:
    """The same kW with small streams, providers and sites as one each, and with the names of holders, if given."""
    for column, most in MAX_NODES.items():
        weights = dict(flows.group_by(column, maintain_order=True).agg(pl.col("kw").sum()).iter_rows())
        ends = {
            name: weights.pop(name)
            for name in (NOT_PROMISED_NODE, GAVE_UP_NODE)
            if column != "stream" and name in weights
        }
        kept = pl.col(column).is_in([*style.largest_names(weights, most), *ends])
        flows = flows.with_columns(
            pl.when(kept).then(column).otherwise(pl.lit(OTHER_NODES[column])).alias(column)
        )
    if holders:
        with_holder = pl.concat_str(pl.col("holder").replace(holders), "answer", separator=" ")
        flows = flows.with_columns(pl.coalesce(with_holder, "answer").alias("answer"))
    key = ["stream", "answer", "provider", "site"]
    return flows.group_by(key, maintain_order=True).agg(pl.col("kw").sum())


def _node_order(scenario: ScenarioFile, holders: Iterable[str], column: str, names: set[str]) -> list[str]:
    """The nodes of a column from the top down."""
    if column == "stream":
        known = list(scenario.demand)
    elif column == "answer":
        known = [said for words in ANSWER_LABELS for said in (words, *(f"{h} {words}" for h in holders))]
    elif column == "provider":
        known = list(scenario.providers)
    else:
        known = list(dict.fromkeys(site for seller in scenario.providers.values() for site in seller.sites))
    return [
        name
        for name in (*known, OTHER_NODES.get(column, ""), NOT_PROMISED_NODE, GAVE_UP_NODE)
        if name in names
    ]


def _notes(run: RunResult, n: int) -> list[str]:
    """What to know to read it."""
    mean = "Mean over the replications of all" if n > 1 else "All"
    notes = [
        f"{mean} that was asked for during the run, by where it is promised when the run ends; without what was in"
        " place at the start."
    ]
    if run.scenario.rights:
        notes.append(
            "The answer is the first one: what the holder left may have come to it later, off the waiting list."
        )
    return notes
