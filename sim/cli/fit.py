"""The command `sim fit`: laws of delay from published dates."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.options import JsonFlag, print_answer


class LawKeyword(StrEnum):
    """The laws of delay that can be fitted."""

    stretch = "stretch"
    ratio = "ratio"
    slip = "slip"
    late_or_never = "late or never"
    all = "all"


class UnseenKeyword(StrEnum):
    """How a date that passed unseen is read."""

    censored = "censored"
    interval = "interval"
    believed = "believed"


VintagesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="VINTAGES",
        help="Files of tellings (CSV): told, site, building, date, looked, seen.",
        show_default=False,
    ),
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        metavar="DATE",
        formats=["%Y-%m-%d"],
        help="Use only what was told up to this day (default: all).",
        show_default=False,
    ),
]
PriorOption = Annotated[
    str | None, typer.Option(metavar="FILE", help="A prior, or none (default: one made from power plants).")
]
UnseenOption = Annotated[
    UnseenKeyword,
    typer.Option(
        help="What a date that passed unseen says: not before the last look; between that and the telling;"
        " what it says."
    ),
]


def fit_command(
    vintages: VintagesArgument,
    as_of: AsOfOption = None,
    law: Annotated[LawKeyword, typer.Option(help="The law, or all of them, scored.")] = LawKeyword.all,
    prior: PriorOption = None,
    unseen: UnseenOption = UnseenKeyword.censored,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the laws as the `delays` of a scenario (YAML)."),
    ] = None,
    plots: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Draw what was seen, with the laws over it, into this folder."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Fit laws of delay to published dates; say how sure they are, on what they rest, and which forecasts best."""
    from sim.results.files import report_os_errors, write_text
    from sim.show.pages.fit import render_fit
    from sim.study.fit import fit_delays

    delays = fit_delays(
        vintages,
        as_of=None if as_of is None else as_of.date(),
        law=law.value,
        prior=prior,
        unseen=unseen.value,
    )
    print_answer(as_json, delays.to_dict, lambda console: render_fit(delays, console))
    if out is not None:
        with report_os_errors(out, "name another file"):
            write_text(out, delays.to_yaml())
        if not as_json:
            typer.echo(f"The laws that are bounded are in {out}")
    if plots is not None:
        from sim.show.plots.figure_files import write_plots
        from sim.show.plots.fit import FIT_PLOTS

        write_plots(FIT_PLOTS, delays, plots)
        if not as_json:
            typer.echo(f"The picture is in {plots}")
