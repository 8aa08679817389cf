"""How several whole numbers are packed into one, so that they sort as a tuple of them would.

Each number is at least 0 and takes as many bits as stand here: the first of a tuple is in the highest bits.
"""

from sim.model.compiled.compiler import jit

KW_BITS, RANK_BITS, REQUEST_BITS = 42, 20, 40


@jit
def pack_end(s: int, kw: int) -> int:
    """The site and the kW of a delivery that ends."""
    return (s << KW_BITS) | kw


@jit
def unpack_end(item: int) -> tuple[int, int]:
    """The site and the kW of a delivery that ends."""
    return item >> KW_BITS, item & ((1 << KW_BITS) - 1)


@jit
def pack_agenda_item(step: int, rank: int, subject: int) -> int:
    """The step, the rank of the priority, and the request or site of an item of the agenda."""
    return (((step << RANK_BITS) | rank) << REQUEST_BITS) | subject


@jit
def unpack_agenda_item(item: int) -> tuple[int, int]:
    """The step and the request or site of an item of the agenda."""
    return item >> (REQUEST_BITS + RANK_BITS), item & ((1 << REQUEST_BITS) - 1)


@jit
def pack_waiting_key(rank: int, r: int) -> int:
    """The place of a request in the waiting list: the rank of its priority, then its number."""
    return (rank << REQUEST_BITS) | r


@jit
def unpack_waiting_request(key: int) -> int:
    """The request at a place in the waiting list."""
    return key & ((1 << REQUEST_BITS) - 1)
