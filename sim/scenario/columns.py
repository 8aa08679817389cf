"""Columns: which values does a file hold that an empirical law names?

They take the file's place in what is written, so a scenario that was read needs no other file, and its
fingerprint covers them.
"""

from __future__ import annotations

import csv
from pathlib import Path

from sim.scenario.faults import Complaint, Gathering, Place, Wrong, meant
from sim.scenario.written import Node


def inlined(node: Node, gathering: Gathering, files: bool = True) -> Node:
    """The same with the values of files in place; what cannot be read is gathered, and left as it is.

    A trace is only found (unless `files` is false): it may be large, and is read where the schema knows it.
    """
    if not isinstance(node.value, dict):
        return node
    found = dict(node.value)
    for key, part in node.value.items():
        inner = Gathering()
        with gathering.under(key):
            stated = part.value if isinstance(part.value, dict) else {}
            if key == "empirical" and stated.get("file"):
                found[key] = Node(values(stated), part.place)
            elif key == "trace" and stated.get("file") and files:
                found[key] = Node({**stated, "file": located(stated["file"])}, part.place)
            else:
                found[key] = inlined(part, inner, files)
            inner.settle()
    return Node(found, node.place)


def wrong_at(key: str, message: str, remedy: str, value: object) -> Wrong:
    """The error of a law or a trace with something wrong at a key."""
    return Wrong(Complaint(message, remedy, value, (key,)))


def located(named: Node) -> Node:
    """A file that is named, found from the file that names it."""
    path = Path(named.place.file).parent / str(named.plain())
    if not path.is_file():
        raise wrong_at("file", "is no file", f"looked for {path}", named.plain())
    return Node(str(path.absolute()), named.place)


def values(stated: dict[str, Node]) -> dict[str, Node]:
    """What an empirical law says once its file is read: values, and their unit."""
    named = stated["file"]
    path = Path(located(named).plain())
    if beside := set(stated) - {"file", "column", "unit"}:
        raise wrong_at(min(beside), "has no meaning beside a file", "remove it", stated[min(beside)].plain())
    if path.suffix.lower() != ".csv":
        raise wrong_at(
            "file", "is no csv, and laws are read from no other file", "save it as csv", named.value
        )
    column = str(stated["column"].plain()) if "column" in stated else None
    found = Node(list(read_column(path, column, named)), named.place)
    return {"values": found} | {key: part for key, part in stated.items() if key == "unit"}


def read_column(path: Path, column: str | None, named: Node) -> list[Node]:
    """The cells of a column that hold something, each with its line; the only column needs no name."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            header = list(rows.fieldnames or ())
            if column is None and len(header) != 1:
                raise wrong_at(
                    "file", "has several columns", f"write column: {' or '.join(header)}", named.value
                )
            if column is not None and column not in header:
                raise wrong_at("column", "has no such column", meant(column, header), column)
            cells = [(row[column or header[0]], rows.line_num) for row in rows]
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise wrong_at("file", f"cannot be read: {error}", "save it as csv in UTF-8", named.value) from None
    return [Node(cell, Place(str(path), line)) for cell, line in cells if cell and cell.strip()]
