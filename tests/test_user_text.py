"""What users write, such as titles and names, is text everywhere: terminal, HTML, JUnit, Markdown, pipes."""

import io
import os
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import SMALL
from matplotlib.figure import Figure
from matplotlib.text import Text
from rich.text import Text as RichText

import sim
from sim.scenario.faults import Fault
from sim.scenario.text import printable
from sim.show.console import page_console
from sim.show.pages.junit import markdown_cell
from sim.show.plots.plot import NothingToShow

NASTY = "Plan [draft] [/b] [link=javascript:alert(1)]x[/link] :smile: \x1b[31mred\x07\nfile.yaml:1: forged"
SCENARIO = """
title: {title}
start: 2026-01-01
end: 2027-01-01
replications: 2
demand: {{d: {{customer: Lab, size: 10 MW, term: 1 y, arrivals: {{deals: {{"[/b]": {{asked: 2026-02-01}}}}}}}}}}
providers: {{"P [/red]": {{sites: ["[bold]S"]}}}}
sites: {{"[bold]S": {{online: 5 MW}}}}
expect: [requests.mean > 3]
"""


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    path = tmp_path / "nasty.yaml"
    title = (
        '"'
        + NASTY.replace("\x1b", "\\e").replace("\x07", "\\a").replace("\n", "\\n")
        + ' \\u00b5 \\U0001F600"'
    )
    path.write_text(SCENARIO.format(title=title), encoding="utf-8")
    return path


def test_control_characters_are_replaced() -> None:
    assert printable("a µ \U0001f600 [/b]") == "a µ \U0001f600 [/b]"
    assert (
        printable("a\x1b[31m\n\u2028b\x7f")
        == "a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER} b\N{REPLACEMENT CHARACTER}"
    )


def test_a_page_prints_what_is_written() -> None:
    console = page_console(io.StringIO(), 200, colour=False)
    console.print(NASTY)
    console.print(RichText("x\x1b[2Jy"))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "Plan [draft] [/b] [link=javascript:alert(1)]x[/link] :smile: " in text


def test_html_has_no_link_and_no_tag_of_a_user(nasty: Path) -> None:
    scenario = sim.load(nasty)
    for page in (scenario._repr_html_(), scenario.run(workers=1)._repr_html_()):
        assert "<a " not in page
        assert "href" not in page
        assert "\x1b" not in page
    assert "[draft] [/b]" in scenario.run(workers=1)._repr_html_()


def test_markdown_and_fault_lines_cannot_be_forged() -> None:
    assert markdown_cell("a|b\n## c <img> [x](y)") == r"a\|b \#\# c \<img\> \[x\](y)"
    line = str(Fault("a.yaml", 3, "demand.x\nb.yaml:1: title", None, "is wrong", "write it"))
    assert "\n" not in line


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize(
    "words", [["check", "nasty.yaml"], ["run", "nasty.yaml", "--plots", "none", "--check"]]
)
def test_a_pipe_of_any_encoding_can_take_it(nasty: Path, words: list[str], encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sim", *words],
        cwd=nasty.parent,
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == (1 if "run" in words else 0), done.stderr
    assert b"Traceback" not in done.stderr
    assert b"\x1b" not in done.stdout
    assert b"[draft] [/b]" in done.stdout


# Pictures: what matplotlib would take for a formula, or for a name that is not shown, is text

SIGNS = r"$\alpha_1^2$ {x} \frac 数据"
PICTURED = SMALL.replace("A small world", f"'_pictured {SIGNS} \U0001f600'").replace("Neo", f"'_Neo {SIGNS}'")
PICTURED = PICTURED.replace("  chat:", f"  '{SIGNS}':").replace("East", f"'{SIGNS} east'")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Figure]:
    """Every picture of scenarios whose names are full of signs, by the study and its name."""
    folder = tmp_path_factory.mktemp("pictured")
    path = folder / "_pictured $x$.yaml"
    path.write_text(PICTURED, encoding="utf-8")
    sweep = folder / "sweep.yaml"
    sweep.write_text(
        f"title: '{SIGNS}'\nscenario: '{path.name}'\nreplications: 3\n"
        f"levers: {{'providers._Neo {SIGNS}.presells': [1 mo, 6 mo], rights.refusal.holder: [Big, '_Neo {SIGNS}']}}\n"
        "outcomes: [unserved_mw.mean, declined_share]\ndesign: grid\n",
        encoding="utf-8",
    )
    factors = folder / "factors.yaml"
    factors.write_text(
        f"title: '{SIGNS}'\nscenario: '{path.name}'\nreplications: 3\n"
        f"uncertainties: {{'providers._Neo {SIGNS}.presells': {{uniform: {{low: 0 d, high: 300 d}}}},"
        " sites.West.online: {uniform: {low: 150 MW, high: 300 MW}}}\ndesign: {sobol: {points: 8}}\n",
        encoding="utf-8",
    )
    scenario = sim.load(path)
    few = {"replications": 12, "workers": 1}
    studies = {
        "run": scenario.run(**few),
        "compare": sim.compare(scenario, scenario.replace({f"providers._Neo {SIGNS}.presells": "1 d"}), **few),
        "sweep": sim.sweep(sweep, workers=1, out=folder / "swept"),
        "sensitivity": sim.sensitivity(factors, workers=1),
        "value": sim.value(scenario, "refusal", **few),
        "plan": sim.plan(
            scenario, f"providers._Neo {SIGNS}.presells", "0 d", "300 d", "unserved_mw.mean < 10", "50 %",
            step="100 d", **few,
        ),
    }  # fmt: skip
    found = {}
    for study, result in studies.items():
        for name in dir(result.plot):
            if not name.startswith("_"):
                with suppress(NothingToShow):
                    found[f"{study}.{name}"] = getattr(result.plot, name)()
    return found


def test_names_in_pictures_are_text(pictures: dict[str, Figure], tmp_path: Path) -> None:
    """In PNG and SVG, also where a user saves it: no formula is set, no name left out, and no font warns."""
    assert len(pictures) > 12
    shown = 0
    for name, figure in pictures.items():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for form in ("png", "svg"):
                figure.savefig(tmp_path / f"{name}.{form}")
        for text in figure.findobj(Text):
            assert isinstance(text, Text)
            assert not text.get_parse_math(), (name, text.get_text())
        root = ElementTree.parse(tmp_path / f"{name}.svg").getroot()
        texts = [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]
        shown += any("$" in text for text in texts)
        assert not list(root.iter("{http://www.w3.org/2000/svg}tspan")), f"{name}: a formula is made of spans"
    assert shown >= len(pictures) - 1


def test_a_legend_leaves_out_no_name(pictures: dict[str, Figure]) -> None:
    assert any(
        "_pictured" in text.get_text() for text in pictures["compare.over_time"].legends[0].get_texts()
    )
    parties = {text.get_text() for text in pictures["value.windows"].legends[0].get_texts()}
    assert any("_Neo" in party for party in parties)


def test_control_characters_break_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace("A small world", '"a\\e[31m\\nb\\u0007"'))
    figure = sim.load(path).run(2, workers=1).plot.supply_and_demand()
    figure.savefig(tmp_path / "x.svg")
    words = "".join(ElementTree.parse(tmp_path / "x.svg").getroot().itertext())
    assert "a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER} (" in words
