"""What a right is worth, on the terminal: to each party, with and without it, and with other windows."""

from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sim.results.formatting import format_figures, scale_to_unit
from sim.study.payoffs import NO_DIFFERENCE, NOT_DISTINGUISHABLE, Payoff
from sim.study.value import ContractValue

SHORT_VERDICTS = {NOT_DISTINGUISHABLE: "not sure", NO_DIFFERENCE: "no difference"}
"""What is said of a stake where there is little room."""


def render_value(contract_value: ContractValue, console: Console) -> None:
    """Print what a right is worth."""
    window = "" if contract_value.as_written is None else f", window {contract_value.as_written.window}"
    futures = f"{contract_value.replications} replication{'s' * (contract_value.replications != 1)}"
    parts: list[RenderableType] = [
        Text(f"{contract_value.kind} of {contract_value.holder}{window}"),
        Text(
            f"{futures} of {contract_value.scenario}, seed {contract_value.seed}, engine {contract_value.engine_choice.engine}"
        ),
        *([Text(""), Text(contract_value.caution)] if contract_value.caution else []),
        Text(""),
        _payoff_table(contract_value),
        Text(""),
        Text(
            "Worth is with less without in the same futures, turned so that above 0 the party is better off with"
            " the clause; the 95 % intervals are of paired differences. What is surely better or worse is so after"
            f" a correction for the {len(contract_value.payoffs)} of this table (Holm).",
            style="dim",
        ),
    ]
    if contract_value.other_windows:
        count = sum(len(each.payoffs) for each in contract_value.other_windows)
        parts += [
            Text(""),
            Text("Worth by window", style="bold"),
            Text(""),
            _window_table(contract_value),
            Text(""),
            Text(
                "A star: surely not 0. The other windows are corrected together, for the"
                f" {count} that they are (Holm).",
                style="dim",
            ),
        ]
    parts += [Text(""), *(Text(f"{note}", style="dim") for note in contract_value.notes)]
    console.print(
        Panel(Group(*parts), title=f'What the right "{contract_value.right}" is worth', title_align="left")
    )


def _payoff_table(contract_value: ContractValue) -> Table:
    """A row for each stake, under a row for each party."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in ("without", "with", "worth", "95 % interval"):
        table.add_column(name, justify="right")
    table.add_column("")
    for (party, role), stakes in groupby(contract_value.payoffs, key=lambda each: (each.party, each.role)):
        table.add_row(Text(f"{party}, {role}", style="bold"))
        for stake in stakes:
            row = stake.to_dict()
            most = max(abs(row[side] or 0.0) for side in ("without", "with"))
            table.add_row(
                Text(f"  {payoff_label(stake, most)}"),
                format_payoff(row["without"], stake, most),
                format_payoff(row["with"], stake, most),
                Text(format_payoff(stake.worth, stake, most, signed=True), style=_payoff_style(stake)),
                "-"
                if stake.ci95 is None
                else " to ".join(format_payoff(end, stake, most) for end in stake.ci95),
                Text(SHORT_VERDICTS.get(stake.verdict, stake.verdict), style=_payoff_style(stake)),
            )
    return table


def _window_table(contract_value: ContractValue) -> Table:
    """A row for each stake, under a row for each party; a column for each window, the clause's own among them."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    variants = contract_value.by_window()
    for variant in variants:
        table.add_column(
            "as it is" if variant is contract_value.as_written else variant.window, justify="right"
        )
    before = None
    for k, stake in enumerate(contract_value.payoffs):
        if (stake.party, stake.role) != before:
            table.add_row(Text(stake.party, style="bold"))
        before = (stake.party, stake.role)
        row = [variant.payoffs[k] for variant in variants]
        most = max(abs(each.worth or 0.0) for each in row)
        table.add_row(
            Text(f"  {payoff_label(stake, most)}"),
            *(Text(_format_starred(each, most), style=_payoff_style(each)) for each in row),
        )
    return table


def _format_starred(payoff: Payoff, largest: float) -> str:
    return format_payoff(payoff.worth, payoff, largest, signed=True) + (
        "*" if payoff.difference.significant else " "
    )


def _payoff_style(payoff: Payoff) -> str:
    if not payoff.difference.significant or payoff.worth is None:
        return "dim"
    return "green" if payoff.worth > 0 else "red"


def payoff_label(payoff: Payoff, largest: float) -> str:
    """What is at stake, with its unit."""
    return f"{payoff.measure.name} ({scale_to_unit(1.0, payoff.measure.unit, largest)[1]})"


def format_payoff(value: float | None, payoff: Payoff, largest: float, signed: bool = False) -> str:
    """A number in the step of the unit that suits `most`."""
    if value is None:
        return "-"
    said = format_figures(scale_to_unit(value, payoff.measure.unit, largest)[0])
    return f"+{said}" if signed and value > 0 else said
