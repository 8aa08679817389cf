"""The consoles that pages are printed to, where a user's text is text: no markup, emoji codes or control codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.panel import Panel
from rich.segment import Segment
from rich.text import Text

from sim.scenario.text import printable


class PageConsole(Console):
    """A console that takes every character of a page for itself, and replaces those that would steer a terminal."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as rich does, with the control characters of texts replaced; rich's own codes stay."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                lines = (printable(line) for line in segment.text.split("\n"))  # rich ends lines with these
                yield Segment("\n".join(lines), segment.style)


def page_console(
    file: IO[str] | None = None, width: int | None = None, record: bool = False, colour: bool = True
) -> PageConsole:
    """Return a console for pages: the terminal, or a file of some width; `record` keeps what is printed for HTML."""
    return PageConsole(
        file=file,
        width=width,
        record=record,
        markup=False,
        emoji=False,
        highlight=False,
        # in Jupyter rich would display a recorded page at once, beside the HTML that is returned
        force_jupyter=False if record else None,
        color_system="auto" if colour else None,
    )


def titled_panel(content: RenderableType, title: str) -> Panel:
    """Return a box around a page, whose title is text: a string in its place rich would read as markup."""
    return Panel(content, title=Text(title), title_align="left")
