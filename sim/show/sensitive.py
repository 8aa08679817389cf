"""What matters, on the terminal: for each outcome what its factors do, and what is noise."""

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sim.study.amounts import amount, figures, scaled
from sim.study.effects import VERDICTS, Effect, Findings, Stage
from sim.study.indices import Index
from sim.study.sensitivity import Sensitivity

LEFT_OUT = {
    "more than noise": "Left out by the screening though more than noise, since --keep has no place for more",
    "not distinguishable from noise": "Left out by the screening as not distinguishable from noise",
    "no effect at all": "Left out by the screening as without any effect at all",
}
"""What is said of the factors that the screening left out, by what it found."""
DESIGNS = {"morris": "Morris's trajectories", "sobol": "Sobol's indices"}


def sensitive_page(found: Sensitivity, console: Console) -> None:
    """Print what matters."""
    parts: list[RenderableType] = [*(Text(line) for line in _what(found)), Text(""), _factors(found)]
    for findings in found.last.findings:
        parts += [Text(""), Text(findings.outcome, style="bold"), Text(_about(findings)), Text("")]
        parts.append(_table(found, findings))
    parts += [Text(""), Text(_reading(found.last), style="dim")]
    parts += [Text(note, style="yellow") for note in found.notes()]
    console.print(Panel(Group(*parts), title=f"What matters: {found.name}", title_align="left"))


def _what(found: Sensitivity) -> Iterator[str]:
    """What was played, and what the screening left."""
    yield f"{found.scenario}; the same {found.replications} futures at every point, seed {found.seed}"
    for stage in found.stages:
        yield f"{DESIGNS[stage.design.kind]}: {len(stage.factors)} factors, {stage.points:,} points"
    if found.dropped:
        for verdict, said in LEFT_OUT.items():
            if names := [name for name, each in found.dropped.items() if each == verdict]:
                yield f"{said}: {', '.join(names)}"
        yield "What is left out stands since then as the scenario has it"
    elif found.last.design.kind == "morris" and not any(
        effect.sure for findings in found.last.findings for effect in findings.effects
    ):
        yield "Nothing stands out of the noise, so that there was nothing left for Sobol's indices"


def _factors(found: Sensitivity) -> Table:
    """The factors that are told of, and between which values each goes."""
    table = Table(box=None, pad_edge=False)
    table.add_column("factor", overflow="fold")
    table.add_column("from", justify="right", no_wrap=True)
    table.add_column("to", no_wrap=True)
    for name in found.last.factors:
        table.add_row(name, *found.ends[name])
    return table


def _about(findings: Findings) -> str:
    """What the outcome comes to, and how much of it is luck."""
    said = (
        f"mean {amount(findings.mean, findings.unit)}; between points sd {amount(findings.sd, findings.unit)}"
    )
    if findings.noise is None:
        return said
    return f"{said}; {findings.noise:.0%} of the variance of a single run is noise, the luck of its future"


def _table(found: Sensitivity, findings: Findings) -> Table:
    """A row for each factor, the strongest first."""
    sobol = found.last.design.kind == "sobol"
    most = max(
        (abs(end) for each in findings.effects for end in (each.swing.low, each.swing.high)), default=0.0
    )
    unit = scaled(1.0, findings.unit, most)[1].replace("%", "points")
    table = Table(box=None, pad_edge=False)
    table.add_column("factor", overflow="ellipsis")
    table.add_column(f"swing ({unit})" if unit else "swing", justify="right", no_wrap=True)
    for name in ("first", "total") if sobol else ("mu*", "sigma"):
        table.add_column(name, justify="right", no_wrap=True)
    for verdict in VERDICTS:
        sure = verdict == "more than noise"
        some = [effect for effect in findings.effects if effect.verdict == verdict]
        if some and not sure:
            table.add_row(Text(f"{verdict}:", style="italic dim"))
        for effect in some:
            table.add_row(
                Text(effect.factor),
                _swing(effect, findings.unit, most),
                *(_sobol(effect) if sobol else _morris(effect, findings.unit, most)),
                style="" if sure else "dim",
            )
    return table


def _swing(effect: Effect, unit: str, most: float) -> str:
    """The swing, and half its interval."""
    said, around = (
        figures(scaled(value, unit, most)[0]) for value in (effect.swing.value, effect.swing.half)
    )
    return f"{'+' if effect.swing.value > 0 else ''}{said} ± {around}"


def _sobol(effect: Effect) -> tuple[str, str]:
    assert effect.first is not None
    assert effect.total is not None
    return _share(effect.first), _share(effect.total)


def _share(index: Index) -> str:
    """An index, and half its interval; in brackets where that includes 0."""
    said = f"{index.value:.2f}±{index.half:.2f}".replace("-0.00", "0.00")
    return said if index.sure else f"({said})"


def _morris(effect: Effect, unit: str, most: float) -> tuple[str, ...]:
    return tuple(figures(scaled(value or 0.0, unit, most)[0]) for value in (effect.mu_star, effect.sigma))


def _reading(stage: Stage) -> str:
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
