"""HTML for notebooks: what a page prints on a terminal, and the description of a scenario."""

from collections.abc import Callable
from html import escape
from io import StringIO

from rich.console import Console

from sim.scenario.schema import ScenarioFile
from sim.scenario.text import printable
from sim.show.console import page_console
from sim.show.describe import describe_scenario

HTML_FRAME = '<pre style="white-space:pre;overflow-x:auto;line-height:1.3;font-size:12px">{code}</pre>'


def console_html(render: Callable[[Console], None], width: int = 100) -> str:
    """Return what a function prints to a terminal of some width, as HTML with its colours."""
    console = page_console(StringIO(), width, record=True)
    render(console)
    return console.export_html(inline_styles=True, code_format=HTML_FRAME)


def scenario_html(scenario: ScenarioFile) -> str:
    """Return the description of a scenario as an HTML table."""
    rows = "".join(
        f'<tr><td style="text-align:left;vertical-align:top"><b>{escape(printable(label))}</b></td>'
        f'<td style="text-align:left">{escape(printable(text))}</td></tr>'
        for label, text in describe_scenario(scenario)
    )
    return f"<p><b>{escape(printable(scenario.title or scenario.name))}</b></p><table>{rows}</table>"
