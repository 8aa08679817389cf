"""What a shell offers while a command is being typed. What is needed is imported when a shell asks."""

from collections.abc import Iterator
from pathlib import Path

import typer

ENDINGS = (".yaml", ".yml")
PLOT_NAMES = (
    "supply_and_demand",
    "backlog",
    "waiting_times",
    "overflow",
    "declined",
    "online_by_site",
    "building_schedule",
    "utilization",
    "money",
)
"""The names of the plots, which take seconds to import; a test keeps them those of `sim.show.plots`."""


def scenario_files(incomplete: str) -> list[str]:
    """Files that end as scenarios do, also those in the folders that the word may lead to."""
    return sorted(str(path) for path in _files(incomplete))


def _files(incomplete: str) -> Iterator[Path]:
    folder, _, begun = incomplete.rpartition("/")
    here = Path(folder or ("/" if incomplete.startswith("/") else "."))
    if not here.is_dir():
        return
    for path in here.iterdir():
        if not path.name.startswith(begun) or (path.name.startswith(".") and not begun):
            continue
        if path.is_dir():
            yield from (each for each in path.iterdir() if each.suffix in ENDINGS)
        elif path.suffix in ENDINGS:
            yield path


def paths(ctx: typer.Context, incomplete: str) -> list[str]:
    """For `--set`: the paths of the scenario that is named before, with `=` where a value comes next."""
    words = [str(word) for word in (ctx.params.get("scenario"), *ctx.args)]  # what the parser leaves unread
    named = [Path(word) for word in words if word.endswith(ENDINGS)]
    if not named or "=" in incomplete:
        return []
    from sim.scenario.paths import ways_on

    return ways_on(named[0], incomplete)


def plots(incomplete: str) -> list[str]:
    """Names of plots, and after a comma one more of them."""
    before, comma, _ = incomplete.rpartition(",")
    named = before.split(",") if comma else []
    others = [] if named else ["all", "none"]
    return [f"{before}{comma}{name}" for name in (*PLOT_NAMES, *others) if name not in named]
