"""The page of `check`: a scenario in words, and its warnings."""

from rich.console import Console
from rich.table import Table

from sim.results.formatting import format_count
from sim.scenario.schema import ScenarioFile
from sim.scenario.warnings import scenario_warnings
from sim.show.describe import describe_scenario


def render_check(scenario: ScenarioFile, console: Console) -> None:
    """Print what was understood of a scenario that has been read, and what in it has no effect."""
    warnings = scenario_warnings(scenario)
    console.print(scenario.title or scenario.name, style="bold")
    table = Table.grid(padding=(0, 2))
    for label, text in describe_scenario(scenario):
        table.add_row(label, text)
    console.print(table)
    for warning in warnings:
        console.print(f"warning: {warning}", style="yellow")
    console.print(
        f"{scenario.path} is right"
        + (f", with {format_count(len(warnings), 'warning', grouping=False)}" if warnings else "")
    )
