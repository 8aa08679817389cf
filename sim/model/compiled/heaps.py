"""Binary heaps of (time, item) in two parallel arrays: the earliest first; at the same time, the least item."""

from sim.model.compiled.compiler import jit
from sim.model.compiled.state import Int64Vector


@jit
def push(at: Int64Vector, items: Int64Vector, n: int, time: int, item: int) -> None:
    """Push an item onto a heap of `n` that has space for it."""
    k = n
    while k > 0:
        above = (k - 1) >> 1
        if at[above] < time or (at[above] == time and items[above] <= item):
            break
        at[k] = at[above]
        items[k] = items[above]
        k = above
    at[k] = time
    items[k] = item


@jit
def pop(at: Int64Vector, items: Int64Vector, n: int) -> None:
    """Pop the first item off a heap of `n`: the last one sinks from its place."""
    n -= 1
    time, item = at[n], items[n]
    k, below = 0, 1
    while below < n:
        if below + 1 < n and (
            at[below + 1] < at[below] or (at[below + 1] == at[below] and items[below + 1] < items[below])
        ):
            below += 1
        if time < at[below] or (time == at[below] and item <= items[below]):
            break
        at[k] = at[below]
        items[k] = items[below]
        k, below = below, 2 * below + 1
    at[k] = time
    items[k] = item
