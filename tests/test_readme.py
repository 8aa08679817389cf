"""What the README says can be done, can be done: its commands, its Python, and its pictures."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


SMALLER = {
    "value": "--replications 4",
    "plan": "--replications 20",
    "sweep": "--replications 2",
    "sensitivity": "--replications 2 --trajectories 4 --points 4",
}
"""What makes the studies of the README small enough for a test."""


def commands() -> list[str]:
    """Every `sim` command in the README's console blocks, in order; the studies smaller than they stand there."""
    blocks = re.findall(r"```console\n(.*?)```", README.replace("\\\n", " "), re.DOTALL)
    found = re.findall(r"uv run (sim [^\n]+)", "\n".join(blocks))
    return [f"{command} {SMALLER.get(command.split()[1], '')}" for command in found]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("readme")
    (made / "scenarios").symlink_to(ROOT / "scenarios")
    return made


@pytest.mark.slow
def test_the_commands_run_in_their_order(folder: Path) -> None:
    assert len(commands()) >= 6
    for command in commands():
        words = [sys.executable, "-m", *shlex.split(command)]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
    for picture in re.findall(r"\(docs/images/(\w+\.png)\)", README):
        assert (folder / "runs" / "announced-2025" / "plots" / picture).stat().st_size > 10_000
        assert (ROOT / "docs" / "images" / picture).stat().st_size > 10_000


@pytest.mark.slow
def test_the_python_runs(folder: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-"], cwd=folder, input=code, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^\{'unit': 'MW', 'mean': .*\}\n", done.stdout), done.stdout
    assert "verdict" in done.stdout
    assert "wait_days.mean" in done.stdout


def test_every_command_that_is_named_is_there() -> None:
    from typer.main import get_command

    from sim.cli.main import app

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"`sim ([a-z]+)", README))
    assert named
    assert named <= known


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *ROOT.glob("docs/*.md")):
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
