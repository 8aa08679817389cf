"""Commands about what is written down: check, show, sources, schema, new."""

import json

import typer

from sim.cli.options import JsonFlag, ScenarioArgument, SetFlag, parse_overrides


def check_command(
    scenario: ScenarioArgument,
    overrides: SetFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Read and validate a scenario; say in words what was understood, and what has no effect."""
    from sim.scenario.reading import read_scenario
    from sim.scenario.warnings import scenario_warnings
    from sim.show.describe import describe_scenario
    from sim.study.run import check_expected_metrics

    read = read_scenario(scenario, parse_overrides(overrides))
    check_expected_metrics(read)
    said, idle = list(describe_scenario(read)), [str(remark) for remark in scenario_warnings(read)]
    if as_json:
        typer.echo(json.dumps({"scenario": read.name, "understood": dict(said), "warnings": idle}))
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(f"[bold]{read.title or read.name}[/bold]")
    table = Table.grid(padding=(0, 2))
    for label, text in said:
        table.add_row(label, text)
    console.print(table)
    for remark in idle:
        console.print(f"warning: {remark}", style="yellow", markup=False)
    console.print(
        f"{read.path} is right" + (f", with {len(idle)} warning{'s' * (len(idle) > 1)}" if idle else "")
    )
