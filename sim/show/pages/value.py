"""The page of `value`: what a right is worth to each party, with and without it, and with other windows."""

from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from sim.results.formatting import format_count, format_figures, scale_to_unit, with_sign
from sim.show.console import titled_panel
from sim.study.payoffs import NO_DIFFERENCE, NOT_DISTINGUISHABLE, Payoff
from sim.study.value import ContractValue

SHORT_VERDICTS = {NOT_DISTINGUISHABLE: "not told from 0", NO_DIFFERENCE: "no difference"}
"""The verdicts on a payoff that have shorter words in the table."""


def render_value(contract_value: ContractValue, console: Console) -> None:
    """Print the page of the value of a right."""
    window = "" if contract_value.as_written is None else f", window {contract_value.as_written.window}"
    replications = format_count(contract_value.replications, "replication", grouping=False)
    engine = contract_value.engine_choice.engine
    parts: list[RenderableType] = [
        Text(contract_value.sentence, style="bold"),
        Text(""),
        Text(f"{contract_value.kind} of {contract_value.holder}{window}"),
        Text(f"{replications} of {contract_value.scenario}, seed {contract_value.seed}, engine {engine}"),
        *([Text(""), Text(contract_value.caution)] if contract_value.caution else []),
        *([Text(contract_value.limits.to_text(contract_value.holder))] if contract_value.limits else []),
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
        n_payoffs = sum(len(variant.payoffs) for variant in contract_value.other_windows)
        parts += [
            Text(""),
            Text("Worth by window", style="bold"),
            Text(""),
            _window_table(contract_value),
            Text(""),
            Text(
                "A star: surely not 0. The other windows are corrected together, for the"
                f" {n_payoffs} that they are (Holm).",
                style="dim",
            ),
        ]
    parts += [Text(""), *(Text(note, style="dim") for note in contract_value.notes)]
    console.print(titled_panel(Group(*parts), f'What the right "{contract_value.right}" is worth'))


def _payoff_table(contract_value: ContractValue) -> Table:
    """Lay out a row for each payoff, under a row for each party."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for name in ("without", "with", "worth", "95 % interval"):
        table.add_column(name, justify="right")
    table.add_column("")
    for (party, role), payoffs in groupby(
        contract_value.payoffs, key=lambda payoff: (payoff.party, payoff.role)
    ):
        table.add_row(Text(f"{party}, {role}", style="bold"))
        for payoff in payoffs:
            row, style = payoff.to_dict(), _payoff_style(payoff)
            largest = max(abs(row[side] or 0.0) for side in ("without", "with"))
            interval = "-"
            if payoff.ci95 is not None:
                interval = " to ".join(format_payoff(end, payoff, largest) for end in payoff.ci95)
            table.add_row(
                Text(f"  {payoff_label(payoff, largest)}"),
                format_payoff(row["without"], payoff, largest),
                format_payoff(row["with"], payoff, largest),
                Text(format_payoff(payoff.worth, payoff, largest, signed=True), style=style),
                interval,
                Text(SHORT_VERDICTS.get(payoff.verdict, payoff.verdict), style=style),
            )
    return table


def _window_table(contract_value: ContractValue) -> Table:
    """Lay out a row for each payoff, under a row for each party, with a column for each window."""
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    variants = contract_value.by_window()
    for variant in variants:
        table.add_column(
            "as it is" if variant is contract_value.as_written else variant.window, justify="right"
        )
    previous = None
    for k, payoff in enumerate(contract_value.payoffs):
        if (payoff.party, payoff.role) != previous:
            table.add_row(Text(payoff.party, style="bold"))
        previous = (payoff.party, payoff.role)
        by_window = [variant.payoffs[k] for variant in variants]
        largest = max(abs(each.worth or 0.0) for each in by_window)
        table.add_row(
            Text(f"  {payoff_label(payoff, largest)}"),
            *(Text(_format_starred(each, largest), style=_payoff_style(each)) for each in by_window),
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
    """Return the measure of a payoff with its unit, the one that suits `largest`."""
    return f"{payoff.measure.name} ({scale_to_unit(1.0, payoff.measure.unit, largest)[1]})"


def format_payoff(value: float | None, payoff: Payoff, largest: float, signed: bool = False) -> str:
    """Format a value of a payoff in the unit that suits `largest`, without the unit; a hyphen for none."""
    if value is None:
        return "-"
    text = format_figures(scale_to_unit(value, payoff.measure.unit, largest)[0])
    return with_sign(text, value) if signed else text
