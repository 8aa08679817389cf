"""The page of `plan`: the value of a lever that was sought, and the values that were tried."""

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from sim.results.formatting import format_significant, join_words
from sim.show.console import titled_panel
from sim.study.plan import Plan
from sim.study.plan_search import EVIDENCE_AGAINST, EVIDENCE_FOR, EVIDENCE_IN_SAMPLE, EVIDENCE_OPEN

LEVEL_LABELS = {
    EVIDENCE_FOR: ("will do", "green"),
    EVIDENCE_IN_SAMPLE: ("does here", ""),
    EVIDENCE_OPEN: ("not ruled out", "dim"),
    EVIDENCE_AGAINST: ("will not do", "red"),
}
"""By the evidence of the replications for a value, the words for it and their style."""


def render_plan(plan: Plan, console: Console) -> None:
    """Print the page of a plan."""
    summary = Table.grid(padding=(0, 2))
    for label, text in _plan_rows(plan):
        summary.add_row(Text(label, style="bold"), text)
    parts: list[RenderableType] = [
        Text(plan.verdict, style="bold"),
        Text(""),
        summary,
        Text(""),
        _trial_table(plan),
    ]
    for line in plan_warnings(plan):
        parts += [Text(""), Text(line, style="yellow")]
    console.print(titled_panel(Group(*parts), f"What it takes of {plan.lever.path}"))


def _plan_rows(plan: Plan) -> list[tuple[str, str]]:
    """Return the labelled lines: what was asked, of which scenario, and by which replications it was judged."""
    goal = {"least": "the least", "most": "the most"}[plan.sought]
    values = plan.lever.values
    return [
        ("Scenario", plan.scenario),
        (
            "Asked",
            f"{goal} from {values[0]} to {values[-1]}, by {plan.lever.step};"
            f" the scenario says {plan.current_value}",
        ),
        (
            "Target",
            f"{plan.target} with a probability of {format_significant(plan.constraint.probability, 6)} or more",
        ),
        (
            "Futures",
            f"the same for every value, up to {plan.constraint.futures}"
            f" (seed {plan.seed}, engine {plan.engine_choice.engine})",
        ),
    ]


def _trial_table(plan: Plan) -> Table:
    """Lay out a row for each value that was tried."""
    table = Table(box=None, pad_edge=False)
    for name in ("value", "futures", "target holds", "share", "95 % interval"):
        table.add_column(name, justify="right")
    table.add_column("")
    for trial in plan.trials:
        label, style = LEVEL_LABELS[trial.evidence]
        low, high = trial.ci95
        table.add_row(
            Text(str(plan.lever_value(trial.index)), style="bold" if trial.index == plan.answer else ""),
            f"{trial.n_futures:,}",
            f"{trial.n_held:,}",
            f"{trial.share:.1%}",
            f"{low:.1%} to {high:.1%}",
            Text(label, style=style),
        )
    return table


def plan_warnings(plan: Plan) -> list[str]:
    """Return the cautions about the answer: reversals, and values decided before all replications were simulated."""
    warnings = []
    if plan.reversals:
        earlier, later = plan.reversals[0]
        warnings.append(
            f"Not monotone: the target holds clearly less often at {plan.lever_value(later)} than at"
            f" {plan.lever_value(earlier)}. The answer is the first value found that will do; not all beyond it do,"
            " and the interval is no guide. Look at the values one by one."
        )
    missing = [
        f"{plan.without_value[trial.index]:,} of {trial.n_futures:,} at {plan.lever_value(trial.index)}"
        for trial in plan.trials
        if plan.without_value[trial.index]
    ]
    if missing:
        warnings.append(
            f"{plan.target.metric} has no value in some futures, which count as not holding: {join_words(missing)}."
        )
    n_early = sum(trial.n_futures < plan.constraint.futures for trial in plan.trials)
    if n_early:
        warnings.append(
            f"{n_early} of {len(plan.trials)} values were decided before all {plan.constraint.futures} futures were"
            " played: those left could not have changed what is said of them."
        )
    return warnings
