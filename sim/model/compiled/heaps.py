"""Heaps of (time, what) in two parallel arrays, the earliest first; at the same time, the least."""

from sim.model.compiled.compiler import jit
from sim.model.compiled.state import Int64Vector


@jit
def push(at: Int64Vector, what: Int64Vector, n: int, time: int, item: int) -> None:
    """Put something into a heap of `n` that has room for it."""
    k = n
    while k > 0:
        above = (k - 1) >> 1
        if at[above] < time or (at[above] == time and what[above] <= item):
            break
        at[k] = at[above]
        what[k] = what[above]
        k = above
    at[k] = time
    what[k] = item


@jit
def pop(at: Int64Vector, what: Int64Vector, n: int) -> None:
    """Take the first out of a heap of `n`: let the last one sink from its place."""
    n -= 1
    time, item = at[n], what[n]
    k, below = 0, 1
    while below < n:
        if below + 1 < n and (
            at[below + 1] < at[below] or (at[below + 1] == at[below] and what[below + 1] < what[below])
        ):
            below += 1
        if time < at[below] or (time == at[below] and item <= what[below]):
            break
        at[k] = at[below]
        what[k] = what[below]
        k, below = below, 2 * below + 1
    at[k] = time
    what[k] = item
