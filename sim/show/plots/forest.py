"""Forest plots: a row for each estimate, with its value and its interval."""

from matplotlib.axes import Axes


def draw_interval(
    axes: Axes,
    y: float,
    value: float,
    interval: tuple[float, float],
    colour: str,
    *,
    marker: str = "o",
    marker_size: float = 5.0,
    line_width: float = 1.8,
    filled: bool = True,
) -> None:
    """Draw an interval as a line, and the value on it as a marker, filled or hollow; ends are cut off square."""
    axes.plot(interval, [y, y], color=colour, linewidth=line_width, solid_capstyle="butt")
    axes.plot(
        [value], [y], linestyle="none", color=colour, marker=marker, markersize=marker_size,
        markerfacecolor=colour if filled else "white",
    )  # fmt: skip
