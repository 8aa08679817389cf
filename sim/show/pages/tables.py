"""Plain tables: aligned on a terminal, separated by tabs in a pipe."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_table(header: Sequence[str], rows: Iterable[Sequence[object]], console: Console) -> None:
    """Print rows under a header; into a pipe with tabs between the columns, so that nothing is cut or wrapped."""
    if not console.file.isatty():
        for row in (header, *rows):
            console.file.write("\t".join(map(str, row)) + "\n")
        return
    table = Table(*header, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    console.print(table)
