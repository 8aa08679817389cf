"""Columns: which values does a file hold that an empirical law names?

They take the file's place in what is written, so a scenario that was read needs no other file, and its
fingerprint covers them.
"""

from __future__ import annotations

import csv
from pathlib import Path

from sim.scenario.faults import Complaint, Gathering, Place, Wrong, meant, wrong
from sim.scenario.written import Node


def inlined(node: Node, gathering: Gathering) -> Node:
    """The same with the values of files in place; what cannot be read is gathered, and left as it is."""
    if isinstance(node.value, list):
        return node
    if not isinstance(node.value, dict):
        return node
    found = dict(node.value)
    for key, part in node.value.items():
        with gathering.under(key):
            inner = Gathering()
            named = part.value.get("file") if isinstance(part.value, dict) else None
            if key == "empirical" and named is not None:
                found[key] = Node(values(part, named), part.place)
            elif key == "trace" and named is not None:
                found[key] = Node({**_map(part), "file": located(named)}, part.place)
            else:
                found[key] = inlined(part, inner)
            inner.settle()
    return Node(found, node.place)


def _map(node: Node) -> dict[str, Node]:
    assert isinstance(node.value, dict)
    return node.value


def located(named: Node) -> Node:
    """A file that is named, found from the file that names it."""
    path = Path(named.place.file).parent / str(named.value)
    if not path.is_file():
        raise Wrong(Complaint("is no file", f"looked for {path}", named.value, ("file",)))
    return Node(str(path.absolute()), named.place)


def values(law: Node, named: Node) -> dict[str, Node]:
    """What an empirical law says once its file is read: values, and their unit."""
    stated = _map(law)
    path = Path(str(located(named).value))
    if unknown := set(stated) - {"file", "column", "unit"}:
        raise wrong(f"has {min(unknown)} beside a file", "write {file: F, column: C, unit: U}", law.plain())
    if path.suffix.lower() != ".csv":
        raise Wrong(
            Complaint(
                "is no csv file, and laws are read from no other", "save it as csv", named.value, ("file",)
            )
        )
    column = str(stated["column"].value) if "column" in stated else ""
    found = Node(list(read_column(path, column, named)), named.place)
    return {"values": found} | {key: part for key, part in stated.items() if key == "unit"}


def read_column(path: Path, column: str, named: Node) -> list[Node]:
    """The cells of a column that hold something, each with its line; the only column needs no name."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            header = list(rows.fieldnames or ())
            if column not in header and (column or len(header) != 1):
                said = "has no such column" if column else "has several columns"
                raise Wrong(Complaint(said, meant(column, header), column or named.value, ("column",)))
            cells = [(row[column or header[0]], rows.line_num) for row in rows]
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise Wrong(
            Complaint(f"cannot be read: {error}", "save it as csv in UTF-8", named.value, ("file",))
        ) from None
    return [Node(cell, Place(str(path), line)) for cell, line in cells if cell and cell.strip()]
