"""The page of `sensitivity`: for each outcome the effects of its factors, and which are more than noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from sim.results.formatting import (
    difference_unit,
    format_amount,
    format_figures,
    scale_to_unit,
    with_half_width,
    with_sign,
)
from sim.show.console import titled_panel
from sim.study.effects import EFFECT_VERDICTS, FactorEffect, OutcomeEffects
from sim.study.sensitivity import Sensitivity
from sim.study.sensitivity_indices import IndexEstimate

SCREENING_NOTES = {
    "more than noise": "Left out by the screening though more than noise, since --keep has no place for more",
    "not distinguishable from noise": "Left out by the screening as not distinguishable from noise",
    "no effect at all": "Left out by the screening as without any effect at all",
}
"""By the verdict of the screening on a factor that it left out, what is said of it."""
SWING_LEGEND = (
    "Swing: what the outcome does in the mean while the factor alone goes from its 10 % to its 90 % value (from,"
    " to), with its 95 % interval."
)


def render_sensitivity(sensitivity: Sensitivity, console: Console) -> None:
    """Print the page of a sensitivity analysis."""
    parts: list[RenderableType] = [
        *(Text(line) for line in _study_lines(sensitivity)),
        Text(""),
        _factor_table(sensitivity),
    ]
    design = DESIGN_LAYOUTS[sensitivity.last_stage.design.kind]
    for effects in sensitivity.last_stage.outcome_effects:
        parts += [Text(""), Text(effects.outcome, style="bold"), Text(_outcome_line(effects)), Text("")]
        parts.append(_effect_table(design, effects))
    parts += [Text(""), Text(f"{SWING_LEGEND} {design.legend}", style="dim")]
    parts += [Text(note, style="yellow") for note in sensitivity.notes()]
    console.print(titled_panel(Group(*parts), f"What matters: {sensitivity.name}"))


def _study_lines(sensitivity: Sensitivity) -> Iterator[str]:
    """Yield what was simulated, by which designs, and what the screening left out."""
    replications, seed = sensitivity.replications, sensitivity.seed
    yield f"{sensitivity.scenario}; the same {replications} futures at every point, seed {seed}"
    for stage in sensitivity.stages:
        yield f"{DESIGN_LAYOUTS[stage.design.kind].label}: {len(stage.factors)} factors, {stage.points:,} points"
    if sensitivity.dropped_factors:
        dropped: dict[str, list[str]] = {note: [] for note in SCREENING_NOTES.values()}
        for name, verdict in sensitivity.dropped_factors.items():
            dropped[SCREENING_NOTES[verdict]].append(name)
        yield from (f"{note}: {', '.join(names)}" for note, names in dropped.items() if names)
        yield "What is left out stands since then as the scenario has it"
    elif sensitivity.last_stage.design.kind == "morris" and not any(
        effect.distinguishable
        for effects in sensitivity.last_stage.outcome_effects
        for effect in effects.effects
    ):
        yield "Nothing stands out of the noise, so that there was nothing left for Sobol's indices"


def _factor_table(sensitivity: Sensitivity) -> Table:
    """Lay out a row for each factor of the last stage, with the values between which it goes."""
    table = Table(box=None, pad_edge=False)
    table.add_column("factor", overflow="fold")
    table.add_column("from", justify="right", no_wrap=True)
    table.add_column("to", no_wrap=True)
    for name in sensitivity.last_stage.factors:
        table.add_row(name, *sensitivity.factor_ranges[name])
    return table


def _outcome_line(effects: OutcomeEffects) -> str:
    """Return the mean of the outcome, its standard deviation between points, and the share of noise."""
    mean, sd = (format_amount(value, effects.unit) for value in (effects.mean, effects.sd))
    text = f"mean {mean}; between points sd {sd}"
    if effects.noise is None:
        return text
    return f"{text}; {effects.noise:.0%} of the variance of a single run is noise, the luck of its future"


def _effect_table(design: DesignLayout, effects: OutcomeEffects) -> Table:
    """Lay out a row for each factor, the strongest first, under a heading for each verdict below the first."""
    largest = max(
        (abs(end) for effect in effects.effects for end in (effect.swing.low, effect.swing.high)),
        default=0.0,
    )
    unit = difference_unit(scale_to_unit(1.0, effects.unit, largest)[1])
    table = Table(box=None, pad_edge=False)
    table.add_column("factor", overflow="ellipsis")
    table.add_column(f"swing ({unit})" if unit else "swing", justify="right", no_wrap=True)
    for name in design.columns:
        table.add_column(name, justify="right", no_wrap=True)
    for verdict in EFFECT_VERDICTS:
        is_sure = verdict == "more than noise"
        group = [effect for effect in effects.effects if effect.verdict == verdict]
        if group and not is_sure:
            table.add_row(Text(f"{verdict}:", style="italic dim"))
        for effect in group:
            table.add_row(
                Text(effect.factor),
                _format_swing(effect, effects.unit, largest),
                *design.cells(effect, effects.unit, largest),
                style="" if is_sure else "dim",
            )
    return table


def _format_swing(effect: FactorEffect, unit: str, largest: float) -> str:
    """Format the swing and the half-width of its interval."""
    value, half_width = (
        format_figures(scale_to_unit(number, unit, largest)[0])
        for number in (effect.swing.value, effect.swing.half_width)
    )
    return with_half_width(with_sign(value, effect.swing.value), half_width)


def _sobol_cells(effect: FactorEffect, _unit: str, _largest: float) -> tuple[str, ...]:
    assert effect.first is not None
    assert effect.total is not None
    return _format_index(effect.first), _format_index(effect.total)


def _format_index(index: IndexEstimate) -> str:
    """Format an index and the half-width of its interval; in brackets where the interval includes 0."""
    text = f"{index.value:.2f}±{index.half_width:.2f}".replace("-0.00", "0.00")
    return text if index.excludes_zero else f"({text})"


def _morris_cells(effect: FactorEffect, unit: str, largest: float) -> tuple[str, ...]:
    return tuple(
        format_figures(scale_to_unit(value or 0.0, unit, largest)[0])
        for value in (effect.mu_star, effect.sigma)
    )


@dataclass(frozen=True)
class DesignLayout:
    """The layout of the results of one design: its name, its columns beside the swing, and how to read them."""

    label: str
    columns: tuple[str, str]
    cells: Callable[[FactorEffect, str, float], tuple[str, ...]]
    """The cells of the columns for an effect, given the unit of the outcome and its largest number."""
    legend: str


DESIGN_LAYOUTS = {
    "morris": DesignLayout(
        label="Morris's trajectories",
        columns=("mu*", "sigma"),
        cells=_morris_cells,
        legend=(
            "mu*: the mean size of what half its range does, somewhere; sigma: how much that differs from place"
            " to place; both with the noise in them. What is more than noise is judged by their squares, free of it."
        ),
    ),
    "sobol": DesignLayout(
        label="Sobol's indices",
        columns=("first", "total"),
        cells=_sobol_cells,
        legend=(
            "First and total: the part of the variance that goes with the factor alone, and with all it has"
            " a hand in, of the mean over futures; free of noise, 95 % intervals, in brackets where they include 0."
        ),
    ),
}
"""By the kind of design, looked up strictly: a sensitivity analysis uses no others."""
