"""Flows of power: each kW that was asked for, from its stream over the answer to a provider and a site."""

import polars as pl

from sim.results.run import RunResult
from sim.show.plots.answer_labels import acceptance_label, refusal_label

NOT_PROMISED_NODE, WANTED_LATER_NODE, GAVE_UP_NODE = (
    "not yet promised.",
    "not promised, wanted only after the end.",
    "gave up.",
)
"""Provider and site of kW that are promised nowhere when the run ends. No name in a scenario holds a dot."""
UNPROMISED_NODES = (NOT_PROMISED_NODE, WANTED_LATER_NODE, GAVE_UP_NODE)
UNPROMISED_NEARNESS = {GAVE_UP_NODE: 1, NOT_PROMISED_NODE: 2, WANTED_LATER_NODE: 2}
"""How near to the holder of a right kW are that nobody promised; with the holder 0, with others 3."""
FLOW_COLUMNS = ("stream", "holder", "answer", "provider", "site")


def requests_in_window(run: RunResult) -> pl.DataFrame:
    """The requests over which metrics are taken: those asked in the measured window."""
    asked = pl.col("asked").clip(lower_bound=run.scenario.start)
    return run.table("requests").filter(asked >= run.scenario.measure_from)


def power_flows(run: RunResult) -> pl.DataFrame:
    """Sum the kW of all replications by stream, holder, answer, provider and site; none is lost on the way.

    `answer` is what the holder of the right (null: there is none) said of that part in the first round. `provider`
    and `site` are where it is promised when the run ends, without what was released; or else one of UNPROMISED_NODES.
    """
    requests = requests_in_window(run)
    key = ["replication", "request"]
    place = [*key, "provider", "site"]
    commitments = run.table("commitments").filter(pl.col("request").is_not_null())
    releases = run.table("releases").with_columns(-pl.col("kw"))
    promised = (
        pl.concat([commitments.select(*place, "kw"), releases.select(*place, "kw")])
        .group_by(place, maintain_order=True)
        .agg(pl.col("kw").sum())
        .join(requests.select(key), on=key, how="semi")
    )
    promised_kw = promised.group_by(key).agg(pl.col("kw").sum().alias("promised_kw"))
    state = (
        pl.when(pl.col("lost_kw") > 0)
        .then(pl.lit(GAVE_UP_NODE))
        .when(pl.col("wanted") >= run.scenario.end)
        .then(pl.lit(WANTED_LATER_NODE))
        .otherwise(pl.lit(NOT_PROMISED_NODE))
    )
    rest = requests.join(promised_kw, on=key, how="left").select(
        *key,
        state.alias("provider"),
        state.alias("site"),
        (pl.col("size_kw") - pl.col("promised_kw").fill_null(0)).alias("kw"),
    )
    flows = pl.concat([promised, rest]).filter(pl.col("kw") > 0).join(_first_answers(run, requests), on=key)
    parts = _split_by_answer(flows)
    return parts.group_by(FLOW_COLUMNS, maintain_order=True).agg(pl.col("kw").sum()).filter(pl.col("kw") > 0)


def _first_answers(run: RunResult, requests: pl.DataFrame) -> pl.DataFrame:
    """By request: who holds the right, how many kW it took, and the words for taking and for leaving them."""
    return requests.select(
        "replication",
        "request",
        "stream",
        "holder",
        pl.col("holder_kw").fill_null(0).alias("taken_kw"),
        acceptance_label(run.scenario).alias("acceptance"),
        refusal_label(run.scenario).alias("refusal"),
    )


def _split_by_answer(flows: pl.DataFrame) -> pl.DataFrame:
    """Split the kW at each place into what the holder took in the first round and what it left.

    The tables do not say which kW at a place were taken, so they are attributed: what the holder took is with the
    holder still, as far as that goes; else it gave up, or waits, or is with others.
    """
    nearness = (
        pl.when(pl.col("provider") == pl.col("holder"))
        .then(0)
        .otherwise(pl.col("provider").replace_strict(UNPROMISED_NEARNESS, default=3))
        .alias("nearness")
    )
    ordered = flows.with_columns(nearness).sort("replication", "request", "nearness", maintain_order=True)
    before = pl.col("kw").cum_sum().over("replication", "request") - pl.col("kw")
    accepted = (pl.col("taken_kw") - before).clip(0, pl.col("kw"))
    split = ordered.with_columns(accepted.alias("accepted"), (pl.col("kw") - accepted).alias("refused"))
    return pl.concat(
        [
            split.select(
                "stream", "holder", pl.col(label).alias("answer"), "provider", "site", pl.col(kw).alias("kw")
            )
            for label, kw in (("acceptance", "accepted"), ("refusal", "refused"))
        ]
    )
