"""What a right is worth, on the terminal: to each party, with and without it, and with other windows."""

from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sim.study.amounts import figures, scaled
from sim.study.stakes import EQUAL, UNSURE, Stake
from sim.study.worth import Worth

SHORT = {UNSURE: "not sure", EQUAL: "no difference"}
"""What is said of a stake where there is little room."""


def worth_page(worth: Worth, console: Console) -> None:
    """Print what a right is worth."""
    window = "" if worth.written is None else f", window {worth.written.window}"
    futures = f"{worth.replications} replication{'s' * (worth.replications != 1)}"
    parts: list[RenderableType] = [
        Text(f"{worth.kind} of {worth.holder}{window}"),
        Text(f"{futures} of {worth.scenario}, seed {worth.seed}, engine {worth.clock.engine}"),
        *([Text(""), Text(worth.caution)] if worth.caution else []),
        Text(""),
        _table(worth),
        Text(""),
        Text(
            "Worth is with less without in the same futures, turned so that above 0 the party is better off with"
            " the clause; the 95 % intervals are of paired differences. What is surely better or worse is so after"
            f" a correction for the {len(worth.stakes)} of this table (Holm).",
            style="dim",
        ),
    ]
    if worth.windows:
        count = sum(len(each.stakes) for each in worth.windows)
        parts += [
            Text(""),
            Text("Worth by window", style="bold"),
            Text(""),
            _by_window(worth),
            Text(""),
            Text(
                "A star: surely not 0. The other windows are corrected together, for the"
                f" {count} that they are (Holm).",
                style="dim",
            ),
        ]
    parts += [Text(""), *(Text(f"{note}", style="dim") for note in worth.notes)]
    console.print(Panel(Group(*parts), title=f'What the right "{worth.right}" is worth', title_align="left"))


def _table(worth: Worth) -> Table:
    """A row for each stake, under a row for each party."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in ("without", "with", "worth", "95 % interval"):
        table.add_column(name, justify="right")
    table.add_column("")
    for (party, role), stakes in groupby(worth.stakes, key=lambda each: (each.party, each.role)):
        table.add_row(Text(f"{party}, {role}", style="bold"))
        for stake in stakes:
            row = stake.row()
            most = max(abs(row[side] or 0.0) for side in ("without", "with"))
            table.add_row(
                Text(f"  {what(stake, most)}"),
                number(row["without"], stake, most),
                number(row["with"], stake, most),
                Text(number(stake.worth, stake, most, signed=True), style=_look(stake)),
                "-" if stake.ci95 is None else " to ".join(number(end, stake, most) for end in stake.ci95),
                Text(SHORT.get(stake.verdict, stake.verdict), style=_look(stake)),
            )
    return table


def _by_window(worth: Worth) -> Table:
    """A row for each stake, under a row for each party; a column for each window, the clause's own among them."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    variants = worth.by_window()
    for variant in variants:
        table.add_column("as it is" if variant is worth.written else variant.window, justify="right")
    before = None
    for k, stake in enumerate(worth.stakes):
        if (stake.party, stake.role) != before:
            table.add_row(Text(stake.party, style="bold"))
        before = (stake.party, stake.role)
        row = [variant.stakes[k] for variant in variants]
        most = max(abs(each.worth or 0.0) for each in row)
        table.add_row(
            Text(f"  {what(stake, most)}"), *(Text(_starred(each, most), style=_look(each)) for each in row)
        )
    return table


def _starred(stake: Stake, most: float) -> str:
    return number(stake.worth, stake, most, signed=True) + ("*" if stake.difference.sure else " ")


def _look(stake: Stake) -> str:
    if not stake.difference.sure or stake.worth is None:
        return "dim"
    return "green" if stake.worth > 0 else "red"


def what(stake: Stake, most: float) -> str:
    """What is at stake, with its unit."""
    return f"{stake.gauge.name} ({scaled(1.0, stake.gauge.unit, most)[1]})"


def number(value: float | None, stake: Stake, most: float, signed: bool = False) -> str:
    """A number in the step of the unit that suits `most`."""
    if value is None:
        return "-"
    said = figures(scaled(value, stake.gauge.unit, most)[0])
    return f"+{said}" if signed and value > 0 else said
