"""What users write, such as titles and names, is text everywhere: terminal, HTML, JUnit, Markdown, pipes."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.text import Text

import sim
from sim.scenario.faults import Fault
from sim.scenario.text import printable
from sim.show.console import page_console
from sim.show.pages.junit import markdown_cell

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
    console.print(Text("x\x1b[2Jy"))
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
