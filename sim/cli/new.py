"""The command `sim new`: a scenario file to start from."""

from pathlib import Path
from typing import Annotated

import typer


def new_command(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What the scenario is called.", show_default=False)
    ],
) -> None:
    """Write a commented scenario to start from, as NAME.yaml; an existing file is never overwritten."""
    from sim.results.files import OutputError
    from sim.show.starter import starter_scenario

    path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(starter_scenario(path.stem, str(path)))
    except FileExistsError:
        raise OutputError(f"{path}: is there already; choose another name") from None
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another place") from None
    typer.echo(f"Wrote {path}. Next: sim check {path}; sim run {path}")
