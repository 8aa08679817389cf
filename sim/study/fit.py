"""Laws of delay fitted to published dates: how sure they are, on what they rest, and how a scenario states them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.scenario.faults import Fault, ScenarioError, UserError, suggestion
from sim.scenario.yaml_reader import YamlNode, parse_yaml
from sim.scenario.yaml_writer import dump_yaml
from sim.study.delay_dependence import TogetherEstimate, estimate_together
from sim.study.delay_estimation import DelayEstimate, ParameterPrior, estimate_delay
from sim.study.delay_likelihood import DELAY_MODELS
from sim.study.tellings import (
    UNSEEN_READINGS,
    DelayObservations,
    Telling,
    TellingCounts,
    UnseenReading,
    observe_delays,
    read_tellings,
)

if TYPE_CHECKING:
    import polars as pl

SHIPPED_PRIOR = "power_plants.yaml"


@dataclass(frozen=True)
class DelayPrior:
    """What is believed of delays before the data: for each law its parameters, and what delays have in common."""

    source: str
    laws: dict[str, dict[str, ParameterPrior]]
    site_share: float
    all_share: float


@dataclass(frozen=True)
class FittedDelays:
    """Laws of delay that were fitted to what became of published dates by a day."""

    vintages: tuple[str, ...]
    as_of: date
    unseen: UnseenReading
    counts: TellingCounts
    observations: DelayObservations
    prior: DelayPrior | None
    estimates: tuple[DelayEstimate, ...]
    together: tuple[TogetherEstimate, ...]
    """One for each estimate."""

    @property
    def best(self) -> DelayEstimate:
        """The law with the best log score of sites left out, of those that are bounded; of all, where none is."""
        bounded = [each for each in self.estimates if each.is_bounded]
        return max(bounded or self.estimates, key=lambda each: each.score)

    def score_difference(self, estimate: DelayEstimate) -> tuple[float, float]:
        """How far a law's log score is below the best's, per milestone, and its standard error over the sites."""
        difference = estimate.site_scores - self.best.site_scores
        n, total = len(difference), max(1.0, float(self.observations.weight.sum()))
        spread = float(np.std(difference, ddof=1)) * np.sqrt(n) if n > 1 else np.nan
        return float(difference.sum()) / total, spread / total

    @property
    def frame(self) -> pl.DataFrame:
        """A row for each parameter of each law: value, standard error, interval, prior, and what it rests on."""
        import polars as pl

        rows = []
        for estimate in self.estimates:
            for each in estimate.parameters:
                prior = each.prior
                rows.append(
                    {
                        "law": estimate.law,
                        "parameter": each.name,
                        "unit": each.unit,
                        "value": each.value,
                        "se": each.se,
                        "low": each.low,
                        "high": each.high,
                        "prior": prior.value if prior else None,
                        "prior_log_sd": prior.log_sd if prior else None,
                        "rests_on": each.rests_on,
                        "sites": self.counts.used_sites,
                        "score": estimate.score,
                    }
                )
        return pl.DataFrame(rows, infer_schema_length=None)

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain objects; a number that is not finite is null."""
        laws = []
        for estimate, together in zip(self.estimates, self.together, strict=True):
            below, se = self.score_difference(estimate)
            laws.append(
                {
                    "law": estimate.law,
                    "sites": self.counts.used_sites,
                    "bounded": estimate.is_bounded,
                    "parameters": [asdict(each) for each in estimate.parameters],
                    "log_likelihood": estimate.log_likelihood,
                    "score": estimate.score,
                    "score_below_best": {"mean": below, "se": se},
                    "together": asdict(together),
                }
            )
        content = {
            "vintages": list(self.vintages),
            "as_of": self.as_of.isoformat(),
            "unseen": self.unseen,
            "counts": asdict(self.counts),
            "prior": self.prior.source if self.prior else None,
            "best": self.best.law,
            "laws": laws,
        }
        plain: dict[str, Any] = _finite(content)
        return plain

    def to_yaml(self) -> str:
        """The `delays` of a scenario: the laws that are bounded. Raises UserError where none is."""
        delays = {
            estimate.law: self._law_entry(estimate, together)
            for estimate, together in zip(self.estimates, self.together, strict=True)
            if estimate.is_bounded
        }
        if not delays:
            raise UserError(
                "no law can be written: the data do not bound any of them; fit with a prior (without --prior none)"
            )
        return dump_yaml({"delays": delays})

    def _law_entry(self, estimate: DelayEstimate, together: TogetherEstimate) -> dict[str, Any]:
        v = {each.name: f"{each.value:.4g}" for each in estimate.parameters}
        law: dict[str, Any]
        if estimate.law == "slip":
            lognormal = {"lognormal": {"median": f"{v['median']} d", "sigma": v["sigma"]}}
            law = {"chance": _percent(estimate.values[0]), "then": lognormal, "else": "0 d"}
        else:
            grace = v.get("grace", "0")
            law = {"stretch": {"median": v["median"], "sigma": v["sigma"], "grace": f"{grace} d"}}
        if "never" in v:
            law["never"] = _percent(estimate.values[-1])
        site, every = round(together.site, 3), round(together.all, 3)
        if site or every:
            law["together"] = {"site": _percent(site), "all": _percent(every)}
        c = self.counts
        basis = ", ".join(f"{each.name} by {each.rests_on}" for each in estimate.parameters)
        source = f"sim fit of {', '.join(self.vintages)} as of {self.as_of}"
        if self.prior:
            source += f"; prior: {self.prior.source}"
        seen = f"{c.seen} of {c.used_milestones} milestones seen at {c.seen_sites} of {c.used_sites} sites"
        note = f"{seen}; {basis}; together by {together.rests_on}"
        return {"value": law, "source": source, "confidence": "estimated", "note": note}


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"


def _finite(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _finite(each) for key, each in part.items()}
    if isinstance(part, list | tuple):
        return [_finite(each) for each in part]
    return None if isinstance(part, float) and not np.isfinite(part) else part


def fit_delays(
    vintages: Sequence[Path],
    as_of: date | None = None,
    law: str = "all",
    prior: Path | str | None = None,
    unseen: UnseenReading = "censored",
) -> FittedDelays:
    """Fit laws of delay to the tellings of files, as known on a day (default: the last on which anything was told).

    `prior` is a file, "none", or by default the one that is shipped. Raises ScenarioError with every fault of a file,
    UserError for an unknown law, and where nothing was told by the day.
    """
    if law != "all" and law not in DELAY_MODELS:
        raise UserError(f'"{law}" is no law that can be fitted; {suggestion(law, [*DELAY_MODELS, "all"])}')
    if unseen not in UNSEEN_READINGS:
        raise UserError(
            f'"{unseen}" is no reading of what was not seen; {suggestion(unseen, UNSEEN_READINGS)}'
        )
    belief = None if prior == "none" else read_prior(None if prior is None else Path(prior))
    tellings = read_tellings(vintages)
    return fit_tellings(tellings, tuple(path.name for path in vintages), as_of, law, belief, unseen)


def fit_tellings(
    tellings: Sequence[Telling],
    names: tuple[str, ...],
    as_of: date | None,
    law: str = "all",
    prior: DelayPrior | None = None,
    unseen: UnseenReading = "censored",
) -> FittedDelays:
    """Fit laws of delay to tellings, as `fit_delays` does. Raises UserError where they say nothing of a delay."""
    if not tellings:
        raise UserError(
            f"{', '.join(names)}: nothing is told; a table of tellings has a row for each building"
        )
    day = as_of or date.fromordinal(max(each.told for each in tellings))
    seen, counts = observe_delays(tellings, day.toordinal(), unseen)
    if not counts.tellings:
        raise UserError(f"nothing was told by {day}; take a later --as-of")
    laws = list(DELAY_MODELS) if law == "all" else [law]
    estimates = [estimate_delay(each, seen, prior.laws.get(each) if prior else None) for each in laws]
    shares = (prior.site_share, prior.all_share) if prior else None
    together = [estimate_together(each.law, each.values, seen, shares) for each in estimates]
    return FittedDelays(names, day, unseen, counts, seen, prior, tuple(estimates), tuple(together))


def read_prior(path: Path | None = None) -> DelayPrior:
    """The prior in a file, by default the one made from power plants. Raises ScenarioError with its faults."""
    name = SHIPPED_PRIOR if path is None else str(path)
    try:
        text = (resources.files("sim.study") / SHIPPED_PRIOR if path is None else path).read_text(
            encoding="utf-8"
        )
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError(
            [Fault(name, None, "", None, f"cannot be read: {reason}", "name a prior file")]
        ) from None
    root = parse_yaml(text, name)
    reader = _PriorReader(root)
    laws = {
        law: {p.name: reader.parameter(law, p.name, p.is_share) for p in model.parameters}
        for law, model in DELAY_MODELS.items()
        if root.at(("laws", law)) is not root.at(("laws",)) or law == "stretch"
    }
    shares = [reader.number(("together", key), 0.0, 1.0) for key in ("site", "all")]
    if not reader.faults and sum(shares) > 1:
        reader.complain(("together",), "has shares of more than 1 in sum", "write less of site or of all")
    if reader.faults:
        raise ScenarioError(reader.faults)
    return DelayPrior(str(root.at(("source",)).to_plain()), laws, *shares)


class _PriorReader:
    """Reads the numbers of a prior, and collects what is wrong in them."""

    def __init__(self, root: YamlNode) -> None:
        self.root = root
        self.faults: list[Fault] = []

    def complain(self, path: tuple[str, ...], message: str, remedy: str) -> None:
        """Add a fault at a path."""
        node = self.root.at(path)
        value = node.value if isinstance(node.value, str) else None
        self.faults.append(Fault(node.place.file, node.place.line, ".".join(path), value, message, remedy))

    def number(self, path: tuple[str, ...], low: float, high: float) -> float:
        """The number at a path, from low to high; NaN, and a fault more, where there is none."""
        written = self.root.at(path).value
        try:
            value = float(written) if isinstance(written, str) else np.nan
        except ValueError:
            value = np.nan
        if not low <= value <= high:
            self.complain(path, "is no number of a prior", f"write a number from {low:g} to {high:g}")
        return value

    def parameter(self, law: str, name: str, is_share: bool) -> ParameterPrior:
        """The prior of a parameter: its median, and the spread of its logarithm (of a share: of its odds)."""
        path = ("laws", law, name)
        value = self.number((*path, "value"), 1e-6, 1 - 1e-6 if is_share else 1e5)
        return ParameterPrior(value, self.number((*path, "log_sd"), 1e-3, 100.0))
