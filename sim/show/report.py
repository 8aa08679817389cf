"""The pictures of a run, written to its folder."""

from collections.abc import Sequence
from pathlib import Path

from sim.study.outcome import Outcome

FORMATS = ("png", "svg")


def plots_to(outcome: Outcome, folder: Path, names: Sequence[str] | None = None) -> list[Path]:
    """Draw plots (all, if no names are given), each as PNG and SVG; every file whole or not at all."""
    from sim.show.plots import PLOTS
    from sim.show.plots.style import house

    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name in PLOTS if names is None else names:
        fig = PLOTS[name](outcome)
        for form in FORMATS:
            path = folder / f"{name}.{form}"
            beside = path.with_name(f".{path.name}.new")
            with house():
                fig.savefig(beside, format=form, metadata={"Date": None} if form == "svg" else None)
            beside.replace(path)
            made.append(path)
    return made
