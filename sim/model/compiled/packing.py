"""TODO."""

KW_BITS, RANK_BITS = 42, 20
"""How the items of the heaps are packed: (site, kW), and (step, rank of the priority, request or site)."""


REQUEST_BITS = 40
"""A place in the waiting list is the rank of the priority and the number of the request, packed."""
