"""TODO."""

import json
from typing import Annotated

import typer

from sim.cli.options import JsonFlag, ScenarioArgument, SetFlag, parse_overrides, print_table


def sources_command(
    scenario: ScenarioArgument,
    missing: Annotated[bool, typer.Option("--missing", help="Only what has no source.")] = False,
    overrides: SetFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """List every quantity with its value, source and confidence; mark what has none."""
    from collections import Counter
    from dataclasses import asdict

    from sim.scenario import sources as of
    from sim.scenario.reading import read_scenario

    read = read_scenario(scenario, parse_overrides(overrides))
    everything = of.list_quantities(read)
    listed = of.list_assumptions(read) if missing else everything
    counts = Counter(each.confidence or "none" for each in everything)
    if as_json:
        typer.echo(json.dumps({"quantities": [asdict(each) for each in listed], "by_confidence": counts}))
        return
    rows = [
        (q.path, q.value, q.confidence or "-", q.source or f"NO SOURCE {q.note or ''}".strip())
        for q in listed
    ]
    print_table(("quantity", "value", "confidence", "source"), rows)
    told = ", ".join(f"{n} {word}" for word, n in counts.most_common())
    typer.echo(f"{len(everything)} quantities: {told}; {len(of.list_assumptions(read))} have no source")
