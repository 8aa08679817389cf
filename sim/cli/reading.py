"""Commands about what is written down: check, show, sources, schema, new."""

import json
from pathlib import Path
from typing import Annotated

import typer

from sim.cli.command import AsJson, ScenarioPath, Set, app, parsed, printed
from sim.show import completion


@app.command()
def check(
    scenario: ScenarioPath,
    overrides: Set = None,
    as_json: AsJson = False,
) -> None:
    """Read and validate a scenario; say in words what was understood, and what has no effect."""
    from sim.scenario.reading import load
    from sim.scenario.remarks import remarks
    from sim.show.understood import understood
    from sim.study.expect import expected

    read = load(scenario, parsed(overrides))
    expected(read)
    said, idle = list(understood(read)), [str(remark) for remark in remarks(read)]
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


@app.command()
def show(
    scenario: ScenarioPath,
    diff: Annotated[
        Path | None,
        typer.Option(
            metavar="OTHER",
            help="Show what differs from this file.",
            autocompletion=completion.scenario_files,
        ),
    ] = None,
    overrides: Set = None,
    as_json: AsJson = False,
) -> None:
    """Show the resolved scenario, with every default; or what differs from another, key by key."""
    from sim.scenario.differing import differences
    from sim.scenario.reading import load

    read = load(scenario, parsed(overrides))
    if diff is not None:
        found = differences(read, load(diff))
        if as_json:
            typer.echo(json.dumps({key: [mine, theirs] for key, mine, theirs in found}))
            return
        printed(("key", str(scenario), str(diff)), found)
        typer.echo("nothing differs" if not found else f"{len(found)} keys differ")
    elif as_json:
        typer.echo(json.dumps(read.resolved()))
    else:
        typer.echo(read.resolved_yaml(), nl=False)


@app.command()
def sources(
    scenario: ScenarioPath,
    missing: Annotated[bool, typer.Option("--missing", help="Only what has no source.")] = False,
    overrides: Set = None,
    as_json: AsJson = False,
) -> None:
    """List every quantity with its value, source and confidence; mark what has none."""
    from collections import Counter
    from dataclasses import asdict

    from sim.scenario import sources as of
    from sim.scenario.reading import load

    read = load(scenario, parsed(overrides))
    everything = of.quantities(read)
    listed = of.unsourced(read) if missing else everything
    counts = Counter(each.confidence or "none" for each in everything)
    if as_json:
        typer.echo(json.dumps({"quantities": [asdict(each) for each in listed], "by_confidence": counts}))
        return
    rows = [
        (q.path, q.value, q.confidence or "-", q.source or f"NO SOURCE {q.note or ''}".strip())
        for q in listed
    ]
    printed(("quantity", "value", "confidence", "source"), rows)
    told = ", ".join(f"{n} {word}" for word, n in counts.most_common())
    typer.echo(f"{len(everything)} quantities: {told}; {len(of.unsourced(read))} have no source")


@app.command()
def schema(
    sweep: Annotated[bool, typer.Option("--sweep", help="That of sweep files.")] = False,
) -> None:
    """Print the JSON Schema of scenario files, for completion in editors."""
    from sim.scenario.schema import editor_schema
    from sim.scenario.sweep import SweepFile

    typer.echo(json.dumps(editor_schema(SweepFile if sweep else None), indent=1))


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What the scenario is called.", show_default=False)
    ],
) -> None:
    """Write a commented scenario to start from, as NAME.yaml; an existing file is never overwritten."""
    from sim.show.starter import starter
    from sim.study.store import OutError

    path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starter(path.stem, str(path)))
    except FileExistsError:
        raise OutError(f"{path}: is there already; choose another name") from None
    except OSError as error:
        raise OutError(f"{path}: cannot be written ({error.strerror}); choose another place") from None
    typer.echo(f"Wrote {path}. Next: sim check {path}; sim run {path}")
