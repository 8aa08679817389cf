"""A flow: columns of nodes, and between two columns ribbons as wide as what goes from one node to the other."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from sim.show.plots import style
from sim.show.plots.labels import separate_positions, shorten_names

NODE_WIDTH_INCHES = 0.1
"""How wide a node is."""
LETTER_WIDTH_INCHES = 0.063
"""How wide a letter of a label is, about."""


@dataclass(frozen=True)
class PowerFlow:
    """An amount that goes through one node of each column, in the colour of one of `tints`."""

    nodes: tuple[str, ...]
    amount: float
    colour_key: str


@dataclass
class SankeyNode:
    """A node: where it begins (its top; down is up the scale), how much goes through, and what is drawn of it."""

    top: float
    amount: float
    inflow: float = 0.0
    outflow: float = 0.0


def draw_sankey(
    fig: Figure,
    columns: Sequence[Sequence[str]],
    headings: Sequence[str],
    flows: Sequence[PowerFlow],
    colours: Mapping[str, str],
    unit: style.AxisUnit,
) -> None:
    """Draw ways through columns of nodes, each column from the top down in the order given.

    Every column is as high as all that flows. Rectangles are labelled "column: node" and ribbons
    "column: node > node"; they are as high as what they stand for, in the base unit. Across the unit is an inch:
    the figure becomes as wide as its labels need.
    """
    axes = fig.subplots()
    height = max(3.0, 0.3 * max(map(len, columns)) + 0.3)
    total = sum(way.amount for way in flows)
    padding = total * min(0.3, 0.022 * max(map(len, columns)))
    nodes = [_node_column(names, k, flows, padding) for k, names in enumerate(columns)]
    labels = [_node_labels(column, unit) for column in nodes]
    widths = [LETTER_WIDTH_INCHES * max(map(len, texts)) for texts in labels]
    across = [0.0]
    for width in [0.0, *widths[1:-1]]:
        across.append(across[-1] + NODE_WIDTH_INCHES + max(2.3, width + 0.3))
    fig.set_size_inches(widths[0] + across[-1] + NODE_WIDTH_INCHES + widths[-1] + 0.4, height + 1.2)
    axes.set_xlim(0, across[-1] + NODE_WIDTH_INCHES)
    axes.set_ylim(total + padding, -0.02 * total)
    axes.axis("off")
    order = {tint: k for k, tint in enumerate(colours)}
    for k in range(len(columns) - 1):
        rank = [{name: i for i, name in enumerate(names)} for names in columns[k : k + 2]]
        amounts: dict[tuple[str, str, str], float] = defaultdict(float)
        for way in flows:
            amounts[way.nodes[k], way.nodes[k + 1], way.colour_key] += way.amount
        starts, ends = {}, {}
        for pair in sorted(amounts, key=lambda p: (rank[0][p[0]], rank[1][p[1]], order[p[2]])):
            node = nodes[k][pair[0]]
            starts[pair] = node.top + node.outflow
            node.outflow += amounts[pair]
        for pair in sorted(amounts, key=lambda p: (rank[1][p[1]], rank[0][p[0]], order[p[2]])):
            node = nodes[k + 1][pair[1]]
            ends[pair] = node.top + node.inflow
            node.inflow += amounts[pair]
        for pair, amount in amounts.items():
            ribbon = _ribbon_path(
                across[k] + NODE_WIDTH_INCHES, across[k + 1], starts[pair], ends[pair], amount
            )
            axes.add_patch(PathPatch(
                ribbon, facecolor=colours[pair[2]], alpha=0.55, linewidth=0.3, edgecolor="white",
                label=f"{k}: {pair[0]} > {pair[1]}",
            ))  # fmt: skip
    for k, (column, texts) in enumerate(zip(nodes, labels, strict=True)):
        middles = [node.top + node.amount / 2 for node in column.values()]
        gap = (total + padding) * 0.155 / height
        places = separate_positions(middles, gap, gap / 2)
        x, ha = (
            (across[k] - LETTER_WIDTH_INCHES, "right")
            if k == 0
            else (across[k] + NODE_WIDTH_INCHES + LETTER_WIDTH_INCHES, "left")
        )
        for (name, node), text, y in zip(column.items(), texts, places, strict=True):
            axes.add_patch(
                Rectangle(
                    (across[k], node.top),
                    NODE_WIDTH_INCHES,
                    node.amount,
                    color=style.INK,
                    label=f"{k}: {name}",
                )
            )
            box = {"facecolor": "white", "alpha": 0.72, "linewidth": 0, "pad": 0.8}
            axes.text(x, y, text, ha=ha, va="center", fontsize=8.5, color=style.INK, bbox=box, zorder=5)
        axes.text(across[k], -0.03 * total, headings[k], fontsize=9.5, fontweight="bold", va="bottom")


def _node_labels(nodes: Mapping[str, SankeyNode], unit: style.AxisUnit) -> list[str]:
    """The name and the amount of each node."""
    names = shorten_names(nodes, 32)
    return [f"{names[name]}  {unit.to_text(node.amount)}" for name, node in nodes.items()]


def _node_column(
    names: Sequence[str], column: int, flows: Sequence[PowerFlow], padding: float
) -> dict[str, SankeyNode]:
    """The nodes of a column, with equal space between them."""
    amounts = dict.fromkeys(names, 0.0)
    for way in flows:
        amounts[way.nodes[column]] += way.amount
    gap = min(padding / max(len(names) - 1, 1), 0.08 * sum(amounts.values()))
    top, nodes = (padding - gap * (len(names) - 1)) / 2, {}
    for name, amount in amounts.items():
        nodes[name] = SankeyNode(top, amount)
        top += amount + gap
    return nodes


def _ribbon_path(x0: float, x1: float, y0: float, y1: float, width: float) -> Path:
    """From one height to another, by cubic Bezier curves that begin and end level."""
    middle = (x0 + x1) / 2
    points = [
        (x0, y0), (middle, y0), (middle, y1), (x1, y1),
        (x1, y1 + width), (middle, y1 + width), (middle, y0 + width), (x0, y0 + width), (x0, y0),
    ]  # fmt: skip
    curve = [Path.CURVE4] * 3
    return Path(points, [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])
