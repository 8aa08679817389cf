"""What matters, on the terminal: for each outcome what its factors do, and what is noise."""

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sim.results.formatting import format_amount, format_figures, scale_to_unit
from sim.study.effects import EFFECT_VERDICTS, FactorEffect, OutcomeEffects, SensitivityStage
from sim.study.sensitivity import Sensitivity
from sim.study.sensitivity_indices import IndexEstimate

SCREENING_NOTES = {
    "more than noise": "Left out by the screening though more than noise, since --keep has no place for more",
    "not distinguishable from noise": "Left out by the screening as not distinguishable from noise",
    "no effect at all": "Left out by the screening as without any effect at all",
}
"""What is said of the factors that the screening left out, by what it found."""
DESIGN_LABELS = {"morris": "Morris's trajectories", "sobol": "Sobol's indices"}


def render_sensitivity(sensitivity: Sensitivity, console: Console) -> None:
    """Print what matters."""
    parts: list[RenderableType] = [
        *(Text(line) for line in _study_lines(sensitivity)),
        Text(""),
        _factor_table(sensitivity),
    ]
    for findings in sensitivity.last_stage.outcome_effects:
        parts += [Text(""), Text(findings.outcome, style="bold"), Text(_outcome_line(findings)), Text("")]
        parts.append(_effect_table(sensitivity, findings))
    parts += [Text(""), Text(_legend_text(sensitivity.last_stage), style="dim")]
    parts += [Text(note, style="yellow") for note in sensitivity.notes()]
    console.print(Panel(Group(*parts), title=f"What matters: {sensitivity.name}", title_align="left"))


def _study_lines(sensitivity: Sensitivity) -> Iterator[str]:
    """What was played, and what the screening left."""
    yield f"{sensitivity.scenario}; the same {sensitivity.replications} futures at every point, seed {sensitivity.seed}"
    for stage in sensitivity.stages:
        yield f"{DESIGN_LABELS[stage.design.kind]}: {len(stage.factors)} factors, {stage.points:,} points"
    if sensitivity.dropped_factors:
        for verdict, said in SCREENING_NOTES.items():
            if names := [name for name, each in sensitivity.dropped_factors.items() if each == verdict]:
                yield f"{said}: {', '.join(names)}"
        yield "What is left out stands since then as the scenario has it"
    elif sensitivity.last_stage.design.kind == "morris" and not any(
        effect.distinguishable
        for findings in sensitivity.last_stage.outcome_effects
        for effect in findings.effects
    ):
        yield "Nothing stands out of the noise, so that there was nothing left for Sobol's indices"


def _factor_table(sensitivity: Sensitivity) -> Table:
    """The factors that are told of, and between which values each goes."""
    table = Table(box=None, pad_edge=False)
    table.add_column("factor", overflow="fold")
    table.add_column("from", justify="right", no_wrap=True)
    table.add_column("to", no_wrap=True)
    for name in sensitivity.last_stage.factors:
        table.add_row(name, *sensitivity.factor_ranges[name])
    return table


def _outcome_line(findings: OutcomeEffects) -> str:
    """What the outcome comes to, and how much of it is luck."""
    said = f"mean {format_amount(findings.mean, findings.unit)}; between points sd {format_amount(findings.sd, findings.unit)}"
    if findings.noise is None:
        return said
    return f"{said}; {findings.noise:.0%} of the variance of a single run is noise, the luck of its future"


def _effect_table(sensitivity: Sensitivity, findings: OutcomeEffects) -> Table:
    """A row for each factor, the strongest first."""
    sobol = sensitivity.last_stage.design.kind == "sobol"
    most = max(
        (abs(end) for each in findings.effects for end in (each.swing.low, each.swing.high)), default=0.0
    )
    unit = scale_to_unit(1.0, findings.unit, most)[1].replace("%", "points")
    table = Table(box=None, pad_edge=False)
    table.add_column("factor", overflow="ellipsis")
    table.add_column(f"swing ({unit})" if unit else "swing", justify="right", no_wrap=True)
    for name in ("first", "total") if sobol else ("mu*", "sigma"):
        table.add_column(name, justify="right", no_wrap=True)
    for verdict in EFFECT_VERDICTS:
        sure = verdict == "more than noise"
        some = [effect for effect in findings.effects if effect.verdict == verdict]
        if some and not sure:
            table.add_row(Text(f"{verdict}:", style="italic dim"))
        for effect in some:
            table.add_row(
                Text(effect.factor),
                _format_swing(effect, findings.unit, most),
                *(_sobol_cells(effect) if sobol else _morris_cells(effect, findings.unit, most)),
                style="" if sure else "dim",
            )
    return table


def _format_swing(effect: FactorEffect, unit: str, largest: float) -> str:
    """The swing, and half its interval."""
    said, around = (
        format_figures(scale_to_unit(value, unit, largest)[0])
        for value in (effect.swing.value, effect.swing.half_width)
    )
    return f"{'+' if effect.swing.value > 0 else ''}{said} ± {around}"


def _sobol_cells(effect: FactorEffect) -> tuple[str, str]:
    assert effect.first is not None
    assert effect.total is not None
    return _format_index(effect.first), _format_index(effect.total)


def _format_index(index: IndexEstimate) -> str:
    """An index, and half its interval; in brackets where that includes 0."""
    said = f"{index.value:.2f}±{index.half_width:.2f}".replace("-0.00", "0.00")
    return said if index.excludes_zero else f"({said})"


def _morris_cells(effect: FactorEffect, unit: str, largest: float) -> tuple[str, ...]:
    return tuple(
        format_figures(scale_to_unit(value or 0.0, unit, largest)[0])
        for value in (effect.mu_star, effect.sigma)
    )


def _legend_text(stage: SensitivityStage) -> str:
    """How the numbers are to be read."""
    swing = (
        "Swing: what the outcome does in the mean while the factor alone goes from its 10 % to its 90 % value (from,"
        " to), with its 95 % interval."
    )
    if stage.design.kind == "sobol":
        return (
            f"{swing} First and total: the part of the variance that goes with the factor alone, and with all it has"
            " a hand in, of the mean over futures; free of noise, 95 % intervals, in brackets where they include 0."
        )
    return (
        f"{swing} mu*: the mean size of what half its range does, somewhere; sigma: how much that differs from place"
        " to place; both with the noise in them. What is more than noise is judged by their squares, free of it."
    )
