"""The notebooks run from top to bottom, show what they promise once, and are stored without outputs."""

import warnings
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))

PAGES = {
    "01-first-run": ["First short"],
    "02-what-is-the-right-worth": ["Corrected for", "Worth by window", "What it takes of sites.Azure.online"],
    "03-what-matters": ["trajectories: 30 factors", "indices: 2 factors", "holds at all 30 points"],
}
"""Words of each page that a notebook shows, in this order."""


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUTURES", "8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from nbclient import NotebookClient

        notebook = nbformat.read(path, as_version=4)
        assert all(not cell.get("outputs") for cell in notebook.cells), "clear the outputs before committing"
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in shown if output.output_type == "error"]
    assert sum("image/png" in output.get("data", {}) for output in shown) >= 2, "the plots are shown"
    pages = [str(output.get("data", {}).get("text/html")) for output in shown]
    order = [next(k for k, page in enumerate(pages) if words in page) for words in PAGES[path.stem]]
    assert order == sorted(order)
    assert all(len(cell.get("outputs", [])) <= 1 for cell in notebook.cells), "no page is shown twice"


def test_what_each_notebook_shows_is_said() -> None:
    assert [path.stem for path in NOTEBOOKS] == sorted(PAGES)
