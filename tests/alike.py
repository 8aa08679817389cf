"""The comparison of two runs, row for row and in all columns."""

from itertools import zip_longest

from sim.model.run import Run

TABLES = ("requests", "commitments", "releases", "deliveries", "buildings")


def check(one: Run, other: Run) -> None:
    """Fail unless both runs are the same, at the first row in which they are not."""
    for table in TABLES:
        ours, theirs = (getattr(run, table).columns for run in (one, other))
        kinds = [{name: column.dtype for name, column in columns.items()} for columns in (ours, theirs)]
        assert kinds[0] == kinds[1], table
        rows = (zip(*(column.tolist() for column in of.values()), strict=True) for of in (ours, theirs))
        for k, (row, twin) in enumerate(zip_longest(*rows)):
            assert row == twin, f"{table}, row {k}: {tuple(ours)}"
