"""Cautions about a comparison: scenarios that span other times, or stand on other bases.

Such scenarios differ by more than what anyone meant to compare, which their metrics do not show.
"""

from collections.abc import Iterator
from pathlib import Path

from sim.results.formatting import format_count, format_day
from sim.results.run import RunResult
from sim.scenario.schema import ScenarioFile


def comparison_cautions(a: RunResult, b: RunResult, n_differing_keys: int) -> Iterator[str]:
    """Yield what is unlike in two runs beside what one of them changes: their spans, and the bases they stand on."""
    scenario_a, scenario_b = a.scenario, b.scenario
    if _span(scenario_a) != _span(scenario_b):
        yield (
            f"Other spans: a is {_span(scenario_a)}, b is {_span(scenario_b)}. Means over time, totals and dates are"
            " of these, so that some of each difference is due to the span alone; set start, end and measure_from"
            " alike (--set end=DATE sets it in all)."
        )
    # A saved run may be compared with a change of its own scenario, whose file extends nothing.
    is_same_file = scenario_a.path == scenario_b.path
    meant = None if is_same_file else _meant_base(_lineage(a), _lineage(b))
    if meant is not None:
        base, changed = meant
        yield (
            f"Other bases: {changed.stem} extends {base.name}, on which the other does not stand;"
            f" {format_count(n_differing_keys, 'key')} differ. Probably meant: sim compare {base} {changed}"
        )


def _span(scenario: ScenarioFile) -> str:
    """Return what a scenario plays, and from when it is measured where that is not its start."""
    text = f"{format_day(scenario.start)} to {format_day(scenario.end)}"
    if scenario.measure_from != scenario.start:
        text += f", measured from {format_day(scenario.measure_from)}"
    return text


def _lineage(run: RunResult) -> list[Path]:
    """Return the file of a run's scenario and those that it extends, the nearest first."""
    return [Path(file) for file in (run.provenance["file"], *run.provenance.get("extends", ()))]


def _meant_base(a: list[Path], b: list[Path]) -> tuple[Path, Path] | None:
    """Return the base with which one of two scenarios was probably meant to be compared, and that scenario.

    None where one extends the other, both change one base, or both stand alone, as two versions of a file may.
    """
    known_a, known_b = ([file.resolve() for file in lineage] for lineage in (a, b))
    is_related = known_a[0] in known_b or known_b[0] in known_a or known_a[1:2] == known_b[1:2]
    if is_related:
        return None
    if len(b) > 1 and known_b[1] not in known_a:
        return b[1], b[0]
    return a[1], a[0]
