"""Plots of a comparison: what differs between scenarios in the same futures, metric by metric, and over time.

In this module `k` is the index of a scenario. The pairs set the others, from k = 1 on, beside the first.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from sim.results.formatting import format_count, scale_to_unit, typographic_minus
from sim.scenario.differences import ABSENT
from sim.show.factor_labels import label_path
from sim.show.metric_labels import label_metric
from sim.show.plots import style
from sim.show.plots.date_axis import set_date_axis
from sim.show.plots.forest import draw_interval
from sim.show.plots.labels import legend_label, short_hash, shorten_names
from sim.show.plots.plot import Plot, plots_by_name
from sim.show.plots.run_bands import NEVER_UNSERVED, RunBands
from sim.study.compare import ComparisonResult, differences_in_report
from sim.study.paired_difference import PairedDifference

ROW_HEIGHT_INCHES = 0.27
"""The height of a row, beside what stands around a panel."""
DIFFERENCE_UNIT_WORDS = {"%": "points", "days": "days", "": "in number"}


def no_differences_reason(comparison: ComparisonResult) -> str | None:
    """Say why there is nothing to show, or return None: nothing differs."""
    for pair in comparison.pairs:
        if any(d.diff is not None and not d.equal for d in differences_in_report(comparison, pair)):
            return None
    return "all is exactly equal"


def plot_differences(comparison: ComparisonResult) -> Figure:
    """Draw the paired difference of each metric with its interval, in panels by unit; filled if significant."""
    panels = _panels_by_unit(comparison)
    several = len(comparison.pairs) > 1
    names = scenario_labels(comparison)
    heights = [_panel_height(rows, len(comparison.pairs)) + 0.6 for rows in panels.values()]
    with style.house_style():
        fig = style.new_figure(10.4, ROW_HEIGHT_INCHES * sum(heights) + 0.5 * len(panels) + 1.2)
        grid = np.ravel(fig.subplots(len(panels), 1, squeeze=False, height_ratios=heights))
        for axes, ((unit, scale), rows) in zip(grid, panels.items(), strict=True):
            _draw_panel(axes, unit, scale, rows, comparison)
        subject = "What differs" if several else names[1]
        fig.suptitle(f"{subject}\nagainst {names[0]}", x=0.01, ha="left")
        if several:
            handles = [
                grid[0].plot([], [], "o", color=_colour(k), label=legend_label(names[k]))[0]
                for k, _ in enumerate(comparison.pairs, start=1)
            ]
            fig.legend(handles=handles, loc="outside upper right", ncols=1)
        style.add_caption(
            fig,
            _caption(comparison),
            "Mean difference within a future, and its 95 % interval. Filled: beyond doubt, corrected for all metrics"
            " shown (Holm). Metrics that are exactly equal are left out.",
        )
    return fig


DifferenceRows = dict[str, list[PairedDifference | None]]
"""By metric, the differences as `(n_pairs,)`; None where the two are equal or have no value."""


def _panels_by_unit(comparison: ComparisonResult) -> dict[tuple[str, float], DifferenceRows]:
    """Group what differs by unit: the unit shown, the factor from the metric's own to it, and the rows."""
    by_unit: dict[str, DifferenceRows] = {}
    for i, pair in enumerate(comparison.pairs):
        for d in differences_in_report(comparison, pair):
            if d.diff is not None and not d.equal:
                row = by_unit.setdefault(d.unit, {}).setdefault(d.metric, [None] * len(comparison.pairs))
                row[i] = d
    panels = {}
    for unit, rows in by_unit.items():
        ends = [abs(x) for row in rows.values() for d in row if d for x in (d.diff or 0.0, *(d.ci95 or ()))]
        scale, name = scale_to_unit(1.0, unit, max(ends))
        panels[name, scale] = rows
    return panels


def _panel_height(rows: DifferenceRows, pairs: int) -> float:
    """The height of a panel, in rows."""
    return len(rows) * max(1.0, 0.55 * pairs)


def _draw_panel(
    axes: Axes, unit: str, scale: float, rows: DifferenceRows, comparison: ComparisonResult
) -> None:
    """Draw the differences in one unit, a row for each metric; of a single pair with the verdict beside each."""
    several = len(comparison.pairs) > 1
    spacing = 0.8 / len(comparison.pairs)
    for row_y, row in enumerate(rows.values()):
        for k, d in enumerate(row, start=1):
            if d is None or d.diff is None:
                continue
            y = row_y + (k - 1 - (len(row) - 1) / 2) * spacing
            low, high = d.ci95 or (d.diff, d.diff)
            draw_interval(axes, y, d.diff * scale, (low * scale, high * scale), _colour(k),
                          marker_size=5.5, filled=d.significant)  # fmt: skip
            if not several:
                axes.annotate(
                    _short_verdict(d), (1.02, y), xycoords=axes.get_yaxis_transform(), va="center", fontsize=8,
                    color=style.INK if d.significant else style.FAINT_INK, annotation_clip=False,
                )  # fmt: skip
    axes.axvline(0, color=style.INK, linewidth=0.9)
    labels = shorten_names([label_metric(name) for name in rows], 46)
    style.set_row_axis(axes, list(labels.values()))
    style.set_round_ticks(axes.xaxis, 6)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _format_signed(x)))
    axes.margins(x=0.08)
    axes.set_xlabel(f"difference ({DIFFERENCE_UNIT_WORDS.get(unit, unit)})")


def _short_verdict(d: PairedDifference) -> str:
    """Shorten a verdict so that it can stand beside a plot."""
    finding = d.verdict.removesuffix(f", {d.coverage}")
    of_part = f", of {d.n:,} futures" if d.is_partial else ""
    for words in ("; to be sure would take about ", ": would take about "):
        verdict, _, replications = finding.partition(words)
        if replications:
            return f"{verdict} (~{replications}){of_part}"
    return finding + of_part


def no_over_time_reason(comparison: ComparisonResult) -> str | None:
    """Say why there is nothing to show, or return None: nothing is unserved in any of them, or that was not kept."""
    for name, run in zip(comparison.names, comparison.results, strict=True):
        if not run.has_table("bands"):
            return f"it needs the table bands, which was not kept of {name}; run with --tables summary"
    if any(RunBands(run).maximum("unserved_mw") > 0 for run in comparison.results):
        return None
    return NEVER_UNSERVED


def plot_over_time(comparison: ComparisonResult) -> Figure:
    """Draw unserved power over time in each scenario, with its spread; below, the differences from the first."""
    every = [RunBands(run) for run in comparison.results]
    names = scenario_labels(comparison)
    begin, end = min(bands.begin_datenum for bands in every), max(bands.end_datenum for bands in every)
    has_differences = any(pair.unserved_difference is not None for pair in comparison.pairs)
    with style.house_style():
        fig = style.new_figure(9.0, 6.6 if has_differences else 4.8)
        grid = np.ravel(
            fig.subplots(
                1 + has_differences,
                1,
                sharex=True,
                squeeze=False,
                height_ratios=[2, 1][: 1 + has_differences],
            )
        )
        grid[0].set_title("Waiting to be served")
        for k, (bands, name) in enumerate(zip(every, names, strict=True)):
            bands.shade_spread(grid[0], "unserved_mw", _colour(k), "_", alpha=0.15)  # "_": not in the legend
            label = legend_label(name + _equal_curve_note(every, names, k))
            grid[0].plot(
                bands.times, bands("unserved_mw"), color=_colour(k), linewidth=1.8,
                linestyle=("-", "--", "-.", ":")[k % 4], label=label,
            )  # fmt: skip
        style.set_power_axis(
            grid[0], max(bands.maximum("unserved_mw") for bands in every), "Unserved IT power"
        )
        if has_differences:
            _draw_differences(grid[1], comparison, every)
        set_date_axis(grid[-1], begin, end)
        fig.legend(loc="outside upper center", ncols=1)
        notes = [
            "Above: means; shaded: 10 to 90 % of replications. " * any(bands.has_spread for bands in every)
        ]
        notes[0] += "Unserved: wanted, not given up, and not yet delivered."
        if has_differences:
            notes.append(
                "Below: the mean difference within a future, and its 95 % interval at each time by itself."
            )
        style.add_caption(fig, _caption(comparison), *notes)
    return fig


def _equal_curve_note(every: Sequence[RunBands], names: Sequence[str], k: int) -> str:
    """Say of a curve that lies on another one which that is; nothing of one that lies on none."""
    for other in range(k):
        is_same_span = np.array_equal(every[k].times, every[other].times)
        if is_same_span and np.array_equal(every[k]("unserved_mw"), every[other]("unserved_mw")):
            return f" (the same as {names[other]})"
    return ""


def scenario_labels(comparison: ComparisonResult, max_length: int = 70) -> list[str]:
    """Label each scenario by its title, and those that are the first with other keys by these keys in words.

    Where that would make two alike, or a title is missing, all have the names by which the page calls them.
    """
    first, *others = comparison.results
    labels = [first.scenario.title or comparison.names[0]]
    for pair, run in zip(comparison.pairs, others, strict=True):
        label = run.scenario.title or pair.b
        if label == labels[0] and len(pair.differing_keys) < 3:
            label += "".join(f", {_key_label(key, value)}" for key, _, value in pair.differing_keys)
        labels.append(label)
    texts = shorten_names(labels, max_length)
    is_labelled = len(texts) == len(labels)
    return list(texts.values() if is_labelled else shorten_names(comparison.names, max_length).values())


def _key_label(key: str, value: str) -> str:
    """Label a key by what it is set to, or that it is removed."""
    return f"without {label_path(key)}" if value == ABSENT else f"{label_path(key)} {value}"


def _colour(k: int) -> str:
    return style.PALETTE[k % len(style.PALETTE)]


def _draw_differences(axes: Axes, comparison: ComparisonResult, every: Sequence[RunBands]) -> None:
    """Draw the mean difference of each scenario from the first over time, with its interval at each time."""
    max_mw = 0.0
    for k, pair in enumerate(comparison.pairs, start=1):
        if pair.unserved_difference is None:
            continue
        low, high = pair.unserved_difference.low, pair.unserved_difference.high
        axes.fill_between(every[k].times, low, high, color=_colour(k), alpha=0.25, linewidth=0)
        axes.plot(every[k].times, pair.unserved_difference.diff, color=_colour(k), linewidth=1.5)
        max_mw = max(max_mw, float(np.abs([low, high]).max()))
    axes.axhline(0, color=style.INK, linewidth=0.9)
    unit = style.choose_power_unit(max_mw)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda mw, _: _format_signed(mw / unit.size)))
    axes.set_ylabel(f"Difference ({unit.name})")


def _format_signed(value: float) -> str:
    return typographic_minus(f"{value:+,.6g}") if value else "0"


def _caption(comparison: ComparisonResult) -> str:
    """The caption of a plot of a comparison: the replications, the seed, and the hashes of the scenarios."""
    provenance = comparison.provenance
    replications = format_count(provenance["finished"], "replication")
    hashes = ", ".join(map(short_hash, provenance["sha256"][:4])) + (
        "" if len(provenance["sha256"]) <= 4 else ", ..."
    )
    return f"{replications} each in the same futures, seed {provenance['seed']} ({hashes})"


COMPARE_PLOTS: dict[str, Plot[ComparisonResult]] = plots_by_name(
    Plot("differences", (), plot_differences, no_differences_reason),
    Plot("over_time", (), plot_over_time, no_over_time_reason),
)
"""The plots of a comparison, by the names that users type."""
