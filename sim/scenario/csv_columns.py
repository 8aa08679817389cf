"""The values of empirical distributions that stand in columns of CSV files.

They take the place of the file in what is written, so a scenario that was read needs no other file, and its
fingerprint covers them.
"""

from __future__ import annotations

import zlib
from pathlib import Path

from sim.scenario.csv_records import TableRecord, check_width, iterate_csv_records
from sim.scenario.faults import Complaint, ComplaintCollector, InvalidValueError, Place, one_line, suggestion
from sim.scenario.file_content import decode_text
from sim.scenario.input_files import locate_file, read_input_file
from sim.scenario.yaml_reader import YamlNode

MAX_COLUMN_BYTES = 64 * 2**20
"""The largest file from which the values of a law are read, each of which is kept with its line."""


def inline_files(node: YamlNode, collector: ComplaintCollector, read_traces: bool = True) -> YamlNode:
    """A node with the values of files in place; what cannot be read is collected, and left as it is.

    Of a trace only the place is found, if `read_traces`: it may be large, and is read by the schema.
    """
    if not isinstance(node.value, dict):
        return node
    parts = dict(node.value)
    for key, part in node.value.items():
        inner = ComplaintCollector()  # so that complaints about a part get its key once
        with collector.under(key):
            content = part.value if isinstance(part.value, dict) else {}
            if key == "empirical" and content.get("file"):
                parts[key] = YamlNode(read_empirical_values(content), part.place)
            elif key == "trace" and content.get("file") and read_traces:
                parts[key] = YamlNode({**content, "file": absolute_file(content["file"])}, part.place)
            else:
                parts[key] = inline_files(part, inner, read_traces)
            inner.raise_if_any()
    return YamlNode(parts, node.place)


def invalid_key(key: str, message: str, remedy: str, value: object) -> InvalidValueError:
    """The error of a distribution or a trace with something wrong at a key."""
    return InvalidValueError(Complaint(message, remedy, value, (key,)))


def absolute_file(file_node: YamlNode) -> YamlNode:
    """The absolute path of a file that is named relative to the file that names it. Raises InvalidValueError."""
    folder, name = Path(file_node.place.file).parent, str(file_node.to_plain())
    path = locate_file(folder, name)
    if path is None:
        raise invalid_key("file", "is not a file", f"looked for {one_line(folder / name, 200)}", name)
    return YamlNode(str(path.absolute()), file_node.place)


def read_empirical_values(content: dict[str, YamlNode]) -> dict[str, YamlNode]:
    """The values and the unit of an empirical distribution, once its file is read. Raises InvalidValueError."""
    file_node = content["file"]
    path = Path(absolute_file(file_node).to_plain())
    if others := set(content) - {"file", "column", "unit"}:
        raise invalid_key(
            min(others), "has no meaning beside a file", "remove it", content[min(others)].to_plain()
        )
    if path.suffix.lower() != ".csv":
        raise invalid_key(
            "file",
            "is not a CSV file, and laws are read from no other kind",
            "save it as csv",
            file_node.value,
        )
    column = str(content["column"].to_plain()) if "column" in content else None
    values = YamlNode(list(read_column(path, column, file_node)), file_node.place)
    return {"values": values} | {key: part for key, part in content.items() if key == "unit"}


def read_column(path: Path, column: str | None, file_node: YamlNode) -> list[YamlNode]:
    """The cells of a column that hold something, each with its line; the only column needs no name."""
    try:
        text = decode_text(read_input_file(path, MAX_COLUMN_BYTES), str(path), max_bytes=MAX_COLUMN_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise invalid_key(
            "file", f"cannot be read: {reason}", "name a file that can be read", file_node.value
        ) from None
    records = iterate_csv_records(text, str(path))
    header = next(records, TableRecord(1, []))
    if column is None and len(header.cells) != 1:
        remedy = f"write column: {' or '.join(header.cells)}" if header.cells else "name a file with a header"
        message = "has several columns" if header.cells else "is empty"
        raise invalid_key("file", message, remedy, file_node.value)
    name = header.cells[0] if column is None else column
    if name not in header.cells:
        raise invalid_key("column", "has no such column", suggestion(name, header.cells), column)
    if header.cells.count(name) > 1:
        place = Place(str(path), header.line)
        message = f"stands {header.cells.count(name)} times in the header"
        raise InvalidValueError(Complaint(message, "give each a name of its own", name, ("column",), place))
    cells: list[YamlNode] = []
    for record in records:
        check_width(record, len(header.cells), str(path))
        cell = record.cells[header.cells.index(name)]
        if cell:
            cells.append(YamlNode(cell, Place(str(path), record.line)))
    return cells
