"""A Sankey diagram: columns of nodes, and between two columns ribbons as wide as what flows from node to node.

In this module `k` is the index of a column of nodes, from the left.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from sim.show.plots import style
from sim.show.plots.labels import separate_positions, shorten_names

NODE_WIDTH_INCHES = 0.1
"""The width of a node."""
LETTER_WIDTH_INCHES = 0.063
"""The width of a letter of a label, about."""


@dataclass(frozen=True)
class PowerFlow:
    """An amount that flows through one node of each column, in the colour of a key."""

    nodes: tuple[str, ...]
    amount: float
    colour_key: str


@dataclass
class SankeyNode:
    """A node: its top (the axis points down), the amount that flows through it, and how much of that is drawn yet."""

    top: float
    amount: float
    inflow: float = 0.0
    outflow: float = 0.0


@dataclass(frozen=True)
class SankeyLayout:
    """The nodes of each column, their labels, and where each column stands."""

    columns: list[dict[str, SankeyNode]]
    labels: list[list[str]]
    left_inches: list[float]
    """The left edge of each column."""
    height_inches: float
    total: float
    """All that flows, in the base unit."""
    padding: float
    """The room between the nodes of a column, all in all, in the base unit."""


def draw_sankey(
    fig: Figure,
    columns: Sequence[Sequence[str]],
    headings: Sequence[str],
    flows: Sequence[PowerFlow],
    colours: Mapping[str, str],
    unit: style.AxisUnit,
) -> None:
    """Draw flows through columns of nodes, each column from the top down in the order given.

    Every column is as high as all that flows. Rectangles are labelled "column: node" and ribbons
    "column: node > node"; they are as high as what they stand for, in the base unit. Across the unit is an inch:
    the figure becomes as wide as its labels need.
    """
    axes = fig.subplots()
    layout = _lay_out(columns, flows, unit)
    widths, last = _label_widths(layout.labels), layout.left_inches[-1]
    fig.set_size_inches(widths[0] + last + NODE_WIDTH_INCHES + widths[-1] + 0.4, layout.height_inches + 1.2)
    axes.set_xlim(0, last + NODE_WIDTH_INCHES)
    axes.set_ylim(layout.total + layout.padding, -0.02 * layout.total)
    axes.axis("off")
    for k in range(len(columns) - 1):
        _draw_ribbons(axes, k, layout, flows, colours)
    for k, heading in enumerate(headings):
        _draw_nodes(axes, k, layout)
        axes.text(
            layout.left_inches[k], -0.03 * layout.total, heading, fontsize=9.5, fontweight="bold", va="bottom"
        )


def _lay_out(
    columns: Sequence[Sequence[str]], flows: Sequence[PowerFlow], unit: style.AxisUnit
) -> SankeyLayout:
    """Place the columns as far apart as their labels need, and the nodes of each one below the other."""
    total = sum(flow.amount for flow in flows)
    padding = total * min(0.3, 0.022 * max(map(len, columns)))
    nodes = [_node_column(names, k, flows, padding) for k, names in enumerate(columns)]
    labels = [_node_labels(column, unit) for column in nodes]
    left = [0.0]
    for width in [0.0, *_label_widths(labels)[1:-1]]:
        left.append(left[-1] + NODE_WIDTH_INCHES + max(2.3, width + 0.3))
    height = max(3.0, 0.3 * max(map(len, columns)) + 0.3)
    return SankeyLayout(nodes, labels, left, height, total, padding)


def _label_widths(labels: Sequence[Sequence[str]]) -> list[float]:
    """The width of the labels of each column, about, in inches."""
    return [LETTER_WIDTH_INCHES * max(map(len, texts)) for texts in labels]


def _draw_ribbons(
    axes: Axes, k: int, layout: SankeyLayout, flows: Sequence[PowerFlow], colours: Mapping[str, str]
) -> None:
    """Draw the ribbons from column k to the next, and count at each node how much of it they take.

    At either end ribbons are stacked in the order of the nodes at the other, so that as few as may be cross.
    """
    left, right = layout.columns[k : k + 2]
    left_rank = {name: i for i, name in enumerate(left)}
    right_rank = {name: i for i, name in enumerate(right)}
    colour_rank = {key: i for i, key in enumerate(colours)}
    amounts: dict[tuple[str, str, str], float] = defaultdict(float)
    for flow in flows:
        amounts[flow.nodes[k], flow.nodes[k + 1], flow.colour_key] += flow.amount
    starts, ends = {}, {}
    for ribbon in sorted(amounts, key=lambda r: (left_rank[r[0]], right_rank[r[1]], colour_rank[r[2]])):
        node = left[ribbon[0]]
        starts[ribbon] = node.top + node.outflow
        node.outflow += amounts[ribbon]
    for ribbon in sorted(amounts, key=lambda r: (right_rank[r[1]], left_rank[r[0]], colour_rank[r[2]])):
        node = right[ribbon[1]]
        ends[ribbon] = node.top + node.inflow
        node.inflow += amounts[ribbon]
    x0, x1 = layout.left_inches[k] + NODE_WIDTH_INCHES, layout.left_inches[k + 1]
    for ribbon, amount in amounts.items():
        axes.add_patch(PathPatch(
            _ribbon_path(x0, x1, starts[ribbon], ends[ribbon], amount), facecolor=colours[ribbon[2]], alpha=0.55,
            linewidth=0.3, edgecolor="white", label=f"{k}: {ribbon[0]} > {ribbon[1]}",
        ))  # fmt: skip


def _draw_nodes(axes: Axes, k: int, layout: SankeyLayout) -> None:
    """Draw the nodes of column k, with labels that do not overlap: left of the first column, right of the others."""
    column, left = layout.columns[k], layout.left_inches[k]
    middles = [node.top + node.amount / 2 for node in column.values()]
    gap = (layout.total + layout.padding) * 0.155 / layout.height_inches
    positions = separate_positions(middles, gap, gap / 2)
    x, ha = (
        (left - LETTER_WIDTH_INCHES, "right")
        if k == 0
        else (left + NODE_WIDTH_INCHES + LETTER_WIDTH_INCHES, "left")
    )
    for (name, node), text, y in zip(column.items(), layout.labels[k], positions, strict=True):
        axes.add_patch(
            Rectangle((left, node.top), NODE_WIDTH_INCHES, node.amount, color=style.INK, label=f"{k}: {name}")
        )
        box = {"facecolor": "white", "alpha": 0.72, "linewidth": 0, "pad": 0.8}
        axes.text(x, y, text, ha=ha, va="center", fontsize=8.5, color=style.INK, bbox=box, zorder=5)


def _node_labels(nodes: Mapping[str, SankeyNode], unit: style.AxisUnit) -> list[str]:
    """Label each node with its name and its amount."""
    names = shorten_names(nodes, 32)
    return [f"{names[name]}  {unit.to_text(node.amount)}" for name, node in nodes.items()]


def _node_column(
    names: Sequence[str], k: int, flows: Sequence[PowerFlow], padding: float
) -> dict[str, SankeyNode]:
    """Place the nodes of column k, with equal gaps between them."""
    amounts = dict.fromkeys(names, 0.0)
    for flow in flows:
        amounts[flow.nodes[k]] += flow.amount
    gap = min(padding / max(len(names) - 1, 1), 0.08 * sum(amounts.values()))
    top, nodes = (padding - gap * (len(names) - 1)) / 2, {}
    for name, amount in amounts.items():
        nodes[name] = SankeyNode(top, amount)
        top += amount + gap
    return nodes


def _ribbon_path(x0: float, x1: float, y0: float, y1: float, width: float) -> Path:
    """Outline a ribbon from one height to another, by cubic Bezier curves that begin and end level."""
    middle = (x0 + x1) / 2
    points = [
        (x0, y0), (middle, y0), (middle, y1), (x1, y1),
        (x1, y1 + width), (middle, y1 + width), (middle, y0 + width), (x0, y0 + width), (x0, y0),
    ]  # fmt: skip
    curve = [Path.CURVE4] * 3
    return Path(points, [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])
