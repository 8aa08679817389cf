"""What it takes, on the terminal: the value of a lever that was sought, and the values that were tried."""

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sim.study.plan import Plan
from sim.study.plan_search import EVIDENCE_AGAINST, EVIDENCE_FOR, EVIDENCE_IN_SAMPLE, EVIDENCE_OPEN

LEVEL_LABELS = {
    EVIDENCE_FOR: ("will do", "green"),
    EVIDENCE_IN_SAMPLE: ("does here", ""),
    EVIDENCE_OPEN: ("not ruled out", "dim"),
    EVIDENCE_AGAINST: ("will not do", "red"),
}
"""What the futures say of a value, and its look."""


def render_plan(plan: Plan, console: Console) -> None:
    """Print a plan."""
    story = Table.grid(padding=(0, 2))
    for label, text in _plan_rows(plan):
        story.add_row(Text(label, style="bold"), text)
    parts: list[RenderableType] = [
        Text(plan.verdict, style="bold"),
        Text(""),
        story,
        Text(""),
        _trial_table(plan),
    ]
    for line in plan_warnings(plan):
        parts += [Text(""), Text(line, style="yellow")]
    console.print(Panel(Group(*parts), title=f"What it takes of {plan.lever.path}", title_align="left"))


def _plan_rows(plan: Plan) -> list[tuple[str, str]]:
    """What was asked, of which scenario, and by which futures it was judged."""
    words = {"least": "the least", "most": "the most"}[plan.sought]
    values = plan.lever.values
    return [
        ("Scenario", plan.scenario),
        (
            "Asked",
            f"{words} from {values[0]} to {values[-1]}, by {plan.lever.step}; the scenario says {plan.current_value}",
        ),
        ("Target", f"{plan.target} with a probability of {plan.constraint.probability:.6g} or more"),
        (
            "Futures",
            f"the same for every value, up to {plan.constraint.futures} (seed {plan.seed}, engine {plan.engine_choice.engine})",
        ),
    ]


def _trial_table(plan: Plan) -> Table:
    """A row for each value that was tried."""
    table = Table(box=None, pad_edge=False)
    for name in ("value", "futures", "target holds", "share", "95 % interval"):
        table.add_column(name, justify="right")
    table.add_column("")
    for each in plan.trials:
        words, look = LEVEL_LABELS[each.evidence]
        low, high = each.ci95
        table.add_row(
            Text(str(plan.lever_value(each.index)), style="bold" if each.index == plan.answer else ""),
            f"{each.n_futures:,}",
            f"{each.n_held:,}",
            f"{each.share:.1%}",
            f"{low:.1%} to {high:.1%}",
            Text(words, style=look),
        )
    return table


def plan_warnings(plan: Plan) -> list[str]:
    """What a reader should know before believing the answer."""
    told = []
    if plan.reversals:
        first, then = plan.reversals[0]
        told.append(
            f"Not monotone: the target holds clearly less often at {plan.lever_value(then)} than at {plan.lever_value(first)}."
            " The answer is the first value found that will do; not all beyond it do, and the interval is no"
            " guide. Look at the values one by one."
        )
    early = sum(each.n_futures < plan.constraint.futures for each in plan.trials)
    if early:
        told.append(
            f"{early} of {len(plan.trials)} values were decided before all {plan.constraint.futures} futures were played:"
            " those left could not have changed what is said of them."
        )
    return told
