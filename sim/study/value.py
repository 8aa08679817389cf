"""The value of a right to each party: paired differences over the same futures with the right and without it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import compress, islice
from typing import Any, Unpack

import polars as pl

from sim.model.calendar import DAY_US
from sim.results.formatting import join_words
from sim.results.integrals import Metrics
from sim.scenario.distribution_properties import mean
from sim.scenario.distributions import Distribution
from sim.scenario.faults import UserError, suggestion
from sim.scenario.market import Right
from sim.scenario.schema import ScenarioFile
from sim.study.engines import EngineSelection
from sim.study.lever_range import value_at_path
from sim.study.options import RunKeywords, RunOptions
from sim.study.payoffs import (
    MEASURE_EARNED,
    MEASURE_SOLD,
    ROLE_HOLDER,
    MeasuresByMetrics,
    Payoff,
    adjust_payoffs,
    contract_customers,
    is_ever_nonzero,
    measures_by_party,
    payoffs,
)
from sim.study.value_sentence import LimitsCost, others_together, value_sentence
from sim.study.variants import variant_player

USUAL_WINDOW_DAYS = (1, 2, 3, 5, 7, 10, 14, 20, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730)
"""Windows that are usual in contracts."""
WITH_RIGHT, WITHOUT_RIGHT, WITHOUT_LIMITS = "with", "without", "without limits"
"""The variants of the scenario beside those with other windows, which are named by these."""
LIMIT_KEYS = ("max_delay", "max_utilization", "partial", "appetite")
"""Keys of a first refusal that limit what its holder takes, beyond what the holder has room and appetite for."""


class UnknownRightError(UserError, KeyError):
    """A scenario has no right of this name; the message says which it has."""

    def __str__(self) -> str:
        return str(self.args[0])


class NoWindowError(UserError, ValueError):
    """Other windows are asked for of a right that has none."""


@dataclass(frozen=True)
class ValueAtWindow:
    """The payoffs of a right with some window, against the same market without the right."""

    window: str
    mean_days: float
    """The mean of the window; NaN where it is not known."""
    payoffs: tuple[Payoff, ...]


@dataclass(frozen=True)
class ContractValue:
    """The value of a right to each party: as it is written, and with other windows."""

    scenario: str
    sha256: str
    """The hash of the resolved scenario."""
    right: str
    kind: str
    holder: str
    span_days: float
    """The span over which the metrics are taken, in days."""
    replications: int
    seed: int
    engine_choice: EngineSelection
    as_written: ValueAtWindow | None
    """The right with the window as it is written; None for an exclusive right, which has no window."""
    payoffs: tuple[Payoff, ...]
    """The payoffs of the right as it is written."""
    other_windows: tuple[ValueAtWindow, ...]
    """The right with other windows."""
    others: Payoff | None
    """What all other providers sell together; None where there is none."""
    limits: LimitsCost | None
    """The cost of what the right itself limits its holder by; None where it does not."""
    caution: str
    """A warning to be read before the numbers; empty where there is none."""
    notes: tuple[str, ...]
    """Sentences on how the numbers are to be read, and on what is not known."""

    @property
    def sentence(self) -> str:
        """What the right does, in a sentence: what is waited, what the holder earns, what the others sell."""
        return value_sentence(self.holder, self.payoffs, self.others)

    def by_window(self) -> list[ValueAtWindow]:
        """Return the right with each window, its own included, from short to long; those not known last."""
        as_written = [] if self.as_written is None else [self.as_written]
        return sorted(
            [*as_written, *self.other_windows],
            key=lambda each: (math.isnan(each.mean_days), each.mean_days),
        )

    @property
    def frame(self) -> pl.DataFrame:
        """A row for each payoff, of the right as it is written (`window` is null) and with each other window."""
        tables = [(None, self.payoffs), *((each.window, each.payoffs) for each in self.other_windows)]
        rows = [{"window": window, **payoff.to_dict()} for window, table in tables for payoff in table]
        interval = pl.col("ci95").list
        frame = pl.DataFrame(rows, schema_overrides={"window": pl.String}, infer_schema_length=None)
        return frame.with_columns(low=interval.get(0), high=interval.get(1)).drop("ci95")

    def to_dict(self) -> dict[str, Any]:
        """Return the value as one object, as `--json` prints it."""
        return {
            "scenario": self.scenario,
            "sha256": self.sha256,
            "right": self.right,
            "sentence": self.sentence,
            "kind": self.kind,
            "holder": self.holder,
            "window": None if self.as_written is None else self.as_written.window,
            "days": self.span_days,
            "replications": self.replications,
            "seed": self.seed,
            "engine": self.engine_choice.engine,
            "worth": [payoff.to_dict() for payoff in self.payoffs],
            "windows": {
                each.window: [payoff.to_dict() for payoff in each.payoffs] for each in self.other_windows
            },
            "limits": None
            if self.limits is None
            else {
                "keys": list(self.limits.keys),
                "text": self.limits.to_text(self.holder),
                "worth": [payoff.to_dict() for payoff in self.limits.payoffs],
            },
            "caution": self.caution,
            "notes": list(self.notes),
        }


def value_right(
    scenario: ScenarioFile,
    right: str,
    *,
    windows: Sequence[str] | None = None,
    **keywords: Unpack[RunKeywords],
) -> ContractValue:
    """Value a right for each party, by playing the same futures with and without it.

    A first refusal is also played with other windows: those named, or some around its own. Each of the two tables
    is corrected for how many differences it has (Holm). A right that limits its own holder is played once more
    without these limits. The keywords are those of `RunOptions`. Raises
    UnknownRightError, NoWindowError, ScenarioError for a window that is none, ValueError for numbers that cannot be,
    and KeyboardInterrupt where the user stops it.
    """
    options = RunOptions(**keywords)
    terms = _find_right(scenario, right)
    variants = _variants(scenario, right, _windows_to_compare(scenario, right, terms, windows))
    limit_keys, unlimited = _without_limits(scenario, right)
    if limit_keys:
        variants[WITHOUT_LIMITS] = unlimited
    replications = options.replications_of(scenario)
    with variant_player(scenario, replications * len(variants), options) as player:
        metrics = player.play(variants, range(replications), options.progress)
    span_days = (scenario.end - scenario.measure_from) / timedelta(days=1)
    limits = _limits_cost(limit_keys, terms.holder, metrics, span_days)
    others = others_together(
        scenario.providers, terms.holder, metrics[WITHOUT_RIGHT], metrics[WITH_RIGHT], span_days
    )
    as_written, other_windows = _payoff_tables(scenario, terms, metrics, span_days)
    return ContractValue(
        scenario=scenario.title or scenario.name,
        sha256=scenario.fingerprint(),
        right=right,
        kind=terms.kind,
        holder=terms.holder,
        span_days=span_days,
        replications=replications,
        seed=player.seed,
        engine_choice=player.engine_choice,
        as_written=ValueAtWindow(
            value_at_path(scenario, f"rights.{right}.window"), _mean_days(scenario, right), as_written
        )
        if terms.answers_first
        else None,
        payoffs=as_written,
        other_windows=tuple(
            ValueAtWindow(window, _mean_days(variants[window], right), table)
            for window, table in other_windows.items()
        ),
        others=others,
        limits=limits,
        caution=_holder_caution(terms),
        notes=(*_reading_notes(scenario), *_coverage_notes(as_written)),
    )


def _variants(scenario: ScenarioFile, right: str, windows: Sequence[str]) -> dict[str, ScenarioFile]:
    """Return the scenario with the right, without it, and with it for each other window, by that window."""
    return {
        WITH_RIGHT: scenario,
        WITHOUT_RIGHT: scenario.replace({f"rights.{right}": None}),
        **{window: scenario.replace({f"rights.{right}.window": window}) for window in windows},
    }


def _without_limits(scenario: ScenarioFile, right: str) -> tuple[tuple[str, ...], ScenarioFile]:
    """Return the keys by which a right limits its own holder, and the scenario without them."""
    written = scenario.tree["rights"][right]
    changes: dict[str, object] = {f"rights.{right}.{key}": None for key in LIMIT_KEYS if key in written}
    unlimited = scenario.replace(changes) if changes else scenario
    terms, free = scenario.rights[right], unlimited.rights[right]
    limits = [key for key in LIMIT_KEYS if getattr(terms, key) != getattr(free, key)]
    if isinstance(terms.appetite, Distribution) and terms.appetite.constant == 1:
        limits = [key for key in limits if key != "appetite"]  # who wants all is not limited by it
    return tuple(limits), unlimited


def _limits_cost(
    keys: tuple[str, ...], holder: str, metrics: Mapping[str, list[Metrics]], span_days: float
) -> LimitsCost | None:
    """Return the cost of the limits of a right to its holder, in what it earns and sells; None without limits."""
    if not keys:
        return None
    measures: MeasuresByMetrics = {
        (f"provider.{holder}.spend",): MEASURE_EARNED,
        (f"provider.{holder}.in_service_mw.mean",): MEASURE_SOLD,
    }
    parties = [(holder, ROLE_HOLDER, measures)]
    table = payoffs(parties, metrics[WITHOUT_LIMITS], metrics[WITH_RIGHT], span_days)
    return LimitsCost(keys, tuple(adjust_payoffs(each for each in table if each.worth is not None)))


def _payoff_tables(
    scenario: ScenarioFile, right: Right, metrics: Mapping[str, list[Metrics]], span_days: float
) -> tuple[tuple[Payoff, ...], dict[str, tuple[Payoff, ...]]]:
    """Return the payoffs of the right as it is written, and those with each other window, each table adjusted.

    `metrics` are those of each variant, replication by replication. Payoffs that are 0 throughout, with the right and
    without it and whatever the window, are left out of all tables, so that these have the same rows.
    """
    measures = list(measures_by_party(scenario, right, metrics[WITH_RIGHT][0]))
    tables = {
        name: list(payoffs(measures, metrics[WITHOUT_RIGHT], each, span_days))
        for name, each in metrics.items()
        if name not in (WITHOUT_RIGHT, WITHOUT_LIMITS)
    }
    relevant = is_ever_nonzero(tables.values())
    as_written, *others = [list(compress(table, relevant)) for table in tables.values()]
    # All other windows are one family of differences, and are cut into tables again once they are adjusted.
    adjusted = iter(adjust_payoffs(payoff for table in others for payoff in table))
    windows = [name for name in tables if name != WITH_RIGHT]
    return (
        tuple(adjust_payoffs(as_written)),
        {window: tuple(islice(adjusted, len(as_written))) for window in windows},
    )


def _find_right(scenario: ScenarioFile, right: str) -> Right:
    """Return the right of a name. Raises UnknownRightError where there is none."""
    if right not in scenario.rights:
        remedy = suggestion(right, scenario.rights) if scenario.rights else "it has none at all"
        raise UnknownRightError(f'right "{right}": {scenario.name} has none of this name; {remedy}')
    return scenario.rights[right]


def _windows_to_compare(
    scenario: ScenarioFile, right: str, terms: Right, windows: Sequence[str] | None
) -> tuple[str, ...]:
    """Return the other windows: those asked for, or 0 and half, twice and four times its own, rounded to usual ones.

    Raises NoWindowError where some are asked for of a right that has none.
    """
    if terms.is_exclusive:
        if windows:
            raise NoWindowError(
                f'right "{right}": is exclusive, and has no window to vary; leave --windows out'
            )
        return ()
    if isinstance(windows, str):
        windows = windows.split(",")
    if windows is not None:
        return tuple(dict.fromkeys(each for window in windows if (each := window.strip())))
    mean_days = _mean_days(scenario, right)
    if not mean_days > 0:  # the holder answers at once, or the mean is NaN, which is not above 0 either
        return ("30 d", "90 d")
    near = [
        min(USUAL_WINDOW_DAYS, key=lambda days: abs(math.log(days / (mean_days * times))))
        for times in (0.5, 2, 4)
    ]
    return ("0 d", *(f"{days} d" for days in dict.fromkeys(near)))


def _mean_days(scenario: ScenarioFile, right: str) -> float:
    """Return the mean of the window of a right in days; NaN where it is not known."""
    return mean(scenario.rights[right].window, scenario.uncertain) / DAY_US


def _holder_caution(right: Right) -> str:
    """Warn against what a first refusal is valued: its holder sells without it, and is not bound by its limits."""
    if not right.answers_first:
        return ""
    return (
        f"Without the clause {right.holder} is a provider like any other: it is asked in its turn, and what the right"
        " alone says of it (its limits, an appetite of its own) no longer holds. What it gains by saying no counts as"
        " far as the scenario holds it: in its own demand, and in what stays free."
    )


def _coverage_notes(table: Sequence[Payoff]) -> Iterator[str]:
    """Yield which payoffs are of a part of the replications alone, where both with and without have a value."""
    for payoff in table:
        d = payoff.difference
        if d.is_partial:
            yield (
                f"{payoff.party}, {payoff.measure.name}: of the {d.n:,} in {d.replications:,} replications that have"
                f" a value both without the clause ({d.n_a:,}) and with it ({d.n_b:,})."
            )


def _reading_notes(scenario: ScenarioFile) -> Iterator[str]:
    """Yield how the numbers are to be read, and what is not known of whom."""
    yield "Wait is over what was delivered before the end; what still waits then is in what is waited for."
    for provider, customers in contract_customers(scenario).items():
        if len(customers) > 1:
            yield (
                f"{join_words(customers)} have take-or-pay contracts with {provider}: what each of them owes beyond"
                " what it pays is not told apart, and is left out."
            )
    unpriced = [name for name, each in scenario.providers.items() if each.price is None]
    uncosted = [
        name for name, each in scenario.providers.items() if each.price is not None and each.cost is None
    ]
    if unpriced:
        yield (
            f"No price is stated of {', '.join(unpriced)}: nothing is known of what is earned there, nor of a margin,"
            " and what customers pay leaves it out."
        )
    if uncosted:
        yield f"No cost is stated of {', '.join(uncosted)}, so that no margin is known."
