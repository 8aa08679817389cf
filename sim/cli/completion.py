"""Completion of words in a shell: files, folders, paths of a scenario, plots and cases.

A shell asks at every press of a key, so what takes long to import is imported only where it is needed.
"""

from collections.abc import Iterator
from pathlib import Path

import typer

SCENARIO_SUFFIXES = (".yaml", ".yml")
RUN_PLOT_NAMES = (
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
"""The names of the plots of a run, which take seconds to import; a test compares them."""
REFERENCE_CASE_NAMES = (
    "loss, exponential terms",
    "loss, lognormal terms",
    "loss, constant terms",
    "ordered overflow",
    "overflow into an endless group",
    "first refusal, a window",
    "first refusal, a drawn window and nobody else",
    "first refusal, a window with a hold",
    "first refusal, appetite and a cap",
    "first refusal, appetite, a cap and a hold",
    "first refusal, a hold and nobody else",
    "keeps back",
    "two sizes",
    "first come, first served",
    "two priorities",
    "waits for constant terms",
    "patience",
    "room for all",
    "room for all, growing",
    "shared overflow",
    "capacity steps",
)
"""The names of the cases of `sim verify`, for the same reason."""


def complete_scenario_files(incomplete: str) -> list[str]:
    """Complete files that end as scenarios do, also those in the folders that the word may lead to."""
    return sorted(str(path) for path in _paths_below(incomplete) if path.suffix in SCENARIO_SUFFIXES)


def complete_run_folders(incomplete: str) -> list[str]:
    """Complete folders that `sim run` has written, also those in the folders that the word may lead to."""
    return sorted(str(path) for path in _paths_below(incomplete) if (path / "provenance.json").is_file())


def _paths_below(incomplete: str) -> Iterator[Path]:
    """The paths that begin with a word, and those in the folders among them; hidden ones only if asked for."""
    parent, _, prefix = incomplete.rpartition("/")
    folder = Path(parent or ("/" if incomplete.startswith("/") else "."))
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if not path.name.startswith(prefix) or (path.name.startswith(".") and not prefix):
            continue
        yield path
        if path.is_dir():
            yield from path.iterdir()


def complete_override_paths(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete `--set` by the paths of the scenario that is named before, with `=` where a value comes next."""
    params = (ctx.params.get("scenario"), ctx.params.get("folder"))
    words = [Path(str(word)) for word in (*params, *ctx.args)]  # the parser leaves some words unread
    saved = [word / "scenario.yaml" for word in words]
    files = [word for word in (*words, *saved) if word.suffix in SCENARIO_SUFFIXES and word.is_file()]
    if not files or "=" in incomplete:
        return []
    from sim.scenario.path_completion import complete_path

    return complete_path(files[0], incomplete)


def complete_plot_names(incomplete: str) -> list[str]:
    """Complete names of plots, after a comma by one more of them."""
    before, comma, _ = incomplete.rpartition(",")
    earlier = before.split(",") if comma else []
    others = [] if earlier else ["all", "none"]
    return [f"{before}{comma}{name}" for name in (*RUN_PLOT_NAMES, *others) if name not in earlier]


def complete_case_names(incomplete: str) -> list[str]:
    """Complete names of the cases of `sim verify`."""
    return [name for name in REFERENCE_CASE_NAMES if name.startswith(incomplete)]


def complete_lever_paths(ctx: typer.Context, incomplete: str) -> list[str]:
    """Complete a lever by the paths of the scenario that is named before."""
    return [path.removesuffix("=") for path in complete_override_paths(ctx, incomplete)]
