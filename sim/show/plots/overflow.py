"""Plot of the overflow: who got what was asked for, and what the holder of the right left to others."""

from collections.abc import Iterable, Mapping

import polars as pl
from matplotlib.figure import Figure

from sim.results.run import RunResult
from sim.scenario.schema import ScenarioFile
from sim.show.plots import style
from sim.show.plots.answer_labels import ANSWER_LABELS, NO_RIGHT_LABEL
from sim.show.plots.labels import shorten, shorten_names
from sim.show.plots.power_flows import (
    GAVE_UP_NODE,
    NOT_PROMISED_NODE,
    UNPROMISED_NODES,
    WANTED_LATER_NODE,
    power_flows,
    requests_in_window,
)
from sim.show.plots.run_bands import run_caption
from sim.show.plots.sankey import PowerFlow, draw_sankey

MAX_NODES = {"stream": 12, "provider": 8, "site": 16}
"""How many of each are shown on their own; the smaller ones are merged."""
OTHER_NODES = {"stream": "other streams.", "provider": "other providers.", "site": "other sites."}


def no_overflow_reason(run: RunResult) -> str | None:
    """Say why there is nothing to show, or return None: nothing is asked for, or all goes one way."""
    if not requests_in_window(run).height:
        return "nothing is asked for"
    return None if power_flows(run).height > 1 else "all that is asked for goes the same way"


def plot_overflow(run: RunResult) -> Figure:
    """Draw as a flow of power who asked, what the holder of the right answered, who promised it, and where."""
    scenario, n = run.scenario, len(run.finished_replications)
    holders = list(dict.fromkeys(right.holder for right in scenario.rights.values()))
    holder_labels = shorten_names(holders, 16) if len(holders) > 1 else {}
    flows = _merge_small_nodes(power_flows(run), holder_labels)
    levels = ["stream", "answer", "provider", "site"]
    headings = ["asked for by", "answered by its holder", "promised by", "at"]
    if len(holders) == 1:
        headings[1] = f"answered by {shorten(holders[0], 22)}"
    if set(flows["answer"]) == {NO_RIGHT_LABEL}:
        del levels[1], headings[1]
    columns = [_node_order(scenario, holder_labels.values(), c, set(flows[c])) for c in levels]
    mean_flows = [
        PowerFlow(tuple(row[c] for c in levels), row["kw"] / 1000 / n, row["provider"])
        for row in flows.iter_rows(named=True)
    ]
    total_mw = sum(flow.amount for flow in mean_flows)
    smallest_kw = min(min(flows.group_by(c).agg(pl.col("kw").sum())["kw"].to_list()) for c in levels)
    # in a smaller unit where the smallest node would have no figures left
    unit = style.choose_power_unit(total_mw if smallest_kw / 1000 / n >= total_mw / 100 else total_mw / 10)
    shown = [name for name in scenario.providers if name in set(flows["provider"])]
    colours = style.assign_colours(list(scenario.providers), shown) | {
        OTHER_NODES["provider"]: style.OTHERS_COLOUR,
        NOT_PROMISED_NODE: "#A6A6A6",
        WANTED_LATER_NODE: "#DDDDDD",
        GAVE_UP_NODE: style.SHORTFALL_COLOUR,
    }
    with style.house_style():
        fig = style.new_figure()
        draw_sankey(fig, columns, headings, mean_flows, colours, unit)
        fig.suptitle("Where the power that was asked for went", x=0.01, ha="left")
        style.add_caption(fig, run_caption(run), *_notes(run, n))
    return fig


def _merge_small_nodes(flows: pl.DataFrame, holders: Mapping[str, str]) -> pl.DataFrame:
    """Merge the small streams, providers and sites into one each; put the holders, if given, before the answers."""
    for column, max_nodes in MAX_NODES.items():
        weights = dict(flows.group_by(column, maintain_order=True).agg(pl.col("kw").sum()).iter_rows())
        ends = {
            name: weights.pop(name) for name in UNPROMISED_NODES if column != "stream" and name in weights
        }
        on_its_own = pl.col(column).is_in([*style.largest_names(weights, max_nodes), *ends])
        flows = flows.with_columns(
            pl.when(on_its_own).then(column).otherwise(pl.lit(OTHER_NODES[column])).alias(column)
        )
    if holders:
        with_holder = pl.concat_str(pl.col("holder").replace(holders), "answer", separator=" ")
        flows = flows.with_columns(pl.coalesce(with_holder, "answer").alias("answer"))
    key = ["stream", "answer", "provider", "site"]
    return flows.group_by(key, maintain_order=True).agg(pl.col("kw").sum())


def _node_order(scenario: ScenarioFile, holders: Iterable[str], column: str, names: set[str]) -> list[str]:
    """Sort the nodes of a column from the top down."""
    if column == "stream":
        order = list(scenario.demand)
    elif column == "answer":
        order = [label for words in ANSWER_LABELS for label in (words, *(f"{h} {words}" for h in holders))]
    elif column == "provider":
        order = list(scenario.providers)
    else:
        order = list(dict.fromkeys(site for p in scenario.providers.values() for site in p.sites))
    return [name for name in (*order, OTHER_NODES.get(column, ""), *UNPROMISED_NODES) if name in names]


def _notes(run: RunResult, n: int) -> list[str]:
    """The notes below the plot, on how to read it; `n` is the number of replications."""
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
