"""Tables of named things: deals or buildings that stand in a file, a row for each, with columns called as their keys.

They take the place of the file in what is written, so a scenario that was read needs no other file, its paths lead to
them, and its fingerprint covers them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from pydantic import ValidationError

from sim.scenario.csv_records import TableRecord, check_separator, check_width
from sim.scenario.dates import parse_instant
from sim.scenario.faults import (
    Complaint,
    ComplaintCollector,
    InvalidValueError,
    Place,
    ScenarioError,
    one_line,
    suggestion,
)
from sim.scenario.fields import SchemaObject, Text, complaints_of
from sim.scenario.input_files import locate_file, read_input_file, unpack_gzip
from sim.scenario.merging import NameMap, SchemaType, merge_nodes, schema_type_under
from sim.scenario.schema_objects import describe_keys
from sim.scenario.table_layout import TableKeys, TableLayout, ineffective_layout_keys, layout_complaints
from sim.scenario.table_records import iterate_records
from sim.scenario.yaml_reader import YamlNode, parse_yaml

NAME_COLUMN = "name"
MAX_NAMED_TABLE_BYTES = 64 * 2**20
FORMAT_BY_SUFFIX = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".xlsx": "xlsx"}
WORDS_SYNTAX = ("a text", "a name", "a hardware", "for each", "reported")
"""How the syntax of keys begins whose cells are words, in which signs of numbers mean nothing."""


class TableFile(TableKeys):
    """A table in a file, a row for each."""

    phrase: ClassVar[str] = "a table"

    table: Text
    """The file (csv, Parquet or xlsx), relative to the one that names it."""


def inline_tables(node: YamlNode, schema_type: SchemaType, collector: ComplaintCollector) -> YamlNode:
    """A node with the rows of tables in place; what cannot be read is collected, and left empty."""
    if schema_type is None or not isinstance(node.value, dict):
        return node
    parts = dict(node.value)
    for key, part in node.value.items():
        part_type = schema_type_under(schema_type, key)
        inner = ComplaintCollector()
        with collector.under(key):
            if object_type := type_of_rows(part, part_type):
                parts[key] = YamlNode({}, part.place)
                parts[key] = read_named_table(part, object_type)
            else:
                parts[key] = inline_tables(part, part_type, inner)
            inner.raise_if_any()
    return YamlNode(parts, node.place)


def type_of_rows(node: YamlNode, schema_type: SchemaType) -> type[SchemaObject] | None:
    """The type of object in each row, where a node names a table; else None."""
    if not isinstance(schema_type, NameMap) or not isinstance(node.value, dict):
        return None
    table, object_type = node.value.get("table"), schema_type.value_type
    names_file = table is not None and isinstance(table.value, str)
    if names_file and isinstance(object_type, type) and object_type.stands_in_tables:
        return object_type
    return None


def read_named_table(node: YamlNode, object_type: type[SchemaObject]) -> YamlNode:
    """The rows of a table by their names, and over them what else is written there. Raises InvalidValueError."""
    assert isinstance(node.value, dict)
    own_keys = set(TableFile.field_by_key())
    written = {key: part.to_plain() for key, part in node.value.items() if key in own_keys}
    others = {key: part for key, part in node.value.items() if key not in own_keys}
    try:
        table = TableFile.model_validate(written)
    except ValidationError as error:
        raise InvalidValueError(*complaints_of(error)) from None
    name_node = node.value["table"]
    folder, name = Path(name_node.place.file).parent, table.table
    path = locate_file(folder, name)
    if path is None:
        raise table_error("is not a file", f"looked for {one_line(folder / name, 200)}", value=name)
    file_format = FORMAT_BY_SUFFIX.get(Path(name.lower().removesuffix(".gz")).suffix)
    if file_format is None:
        remedy = f"save it with one of the endings {', '.join(FORMAT_BY_SUFFIX)}"
        raise table_error("is a file of no known format", remedy, value=name)
    idle = ineffective_layout_keys(file_format)
    complaints = [Complaint(idle[key], "remove it", written[key], (key,)) for key in written if key in idle]
    if complaints := [*complaints, *layout_complaints(written)]:
        raise InvalidValueError(*complaints)
    try:
        data = unpack_gzip(read_input_file(path, MAX_NAMED_TABLE_BYTES), MAX_NAMED_TABLE_BYTES)
        records = iterate_records(data, str(path), file_format, table.layout)
        rows = dict(read_rows(records, str(path), object_type, table.layout))
    except InvalidValueError as error:
        at_table = [
            replace(each, path=("table",)) if each.path == ("file",) else each for each in error.complaints
        ]
        raise InvalidValueError(*at_table) from None
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise table_error(f"cannot be read: {reason}", "name a file that can be read", value=name) from None
    merged = merge_nodes(YamlNode(rows, node.place), YamlNode(others, node.place), NameMap(object_type))
    return YamlNode(merged.value, node.place)


def table_error(
    message: str, remedy: str, place: Place | None = None, value: object = None
) -> InvalidValueError:
    """The error of a table as a whole."""
    return InvalidValueError(Complaint(message, remedy, value, ("table",), place))


def read_rows(
    records: Iterator[TableRecord], path: str, object_type: type[SchemaObject], layout: TableLayout
) -> Iterator[tuple[str, YamlNode]]:
    """The name of each row, and its cells by key. Raises InvalidValueError with all that is wrong in the cells."""
    header = next(records, None)
    if header is None:
        raise table_error("is empty", "name a file with a header and rows")
    if FORMAT_BY_SUFFIX[Path(path.lower().removesuffix(".gz")).suffix] == "csv":
        check_separator(header, path, layout.separator)
    check_columns_are_keys(header, path, object_type)
    reader = CellReader.of(object_type, layout)
    line_by_name: dict[str, int] = {}
    collector = ComplaintCollector()
    for record in records:
        check_width(record, len(header.cells), path)
        place = Place(path, record.line)
        cells = dict(zip(header.cells, record.cells, strict=False))
        name = cells.pop(NAME_COLUMN)
        if not name or name in line_by_name:
            message = f"is also the name of row {line_by_name[name]}" if name else "has a row without a name"
            value = name or None
            collector.complaints.append(Complaint(message, "give each a name", value, ("table",), place))
            continue
        line_by_name[name] = record.line
        nodes: dict[str, YamlNode] = {}
        for key, cell in cells.items():
            if cell and not key:
                message = "stands under no name in the header"
                collector.complaints.append(Complaint(message, "name its column", cell, ("table",), place))
            elif cell:
                with collector.under(name, key):
                    nodes[key] = reader.read(key, cell, place)
        yield name, YamlNode(nodes, place)
    collector.raise_if_any()


def check_columns_are_keys(header: TableRecord, path: str, object_type: type[SchemaObject]) -> None:
    """Raise InvalidValueError for columns that are not called as keys, or stand twice; there must be one of names."""
    place, known = Place(path, header.line or None), [NAME_COLUMN, *object_type.field_by_key()]
    complaints = []
    for position, cell in enumerate(header.cells):
        if cell and cell not in known:
            message = f"is a column that is not a key of {object_type.in_words()}"
            complaints.append(Complaint(message, suggestion(cell, known), cell, ("table",), place))
        elif cell and cell in header.cells[:position]:
            complaints.append(Complaint("is a column twice", "keep one", cell, ("table",), place))
    if NAME_COLUMN not in header.cells:
        message = "has no column of names"
        complaints.append(Complaint(message, f"call one {NAME_COLUMN}", None, ("table",), place))
    if complaints:
        raise InvalidValueError(*complaints)


@dataclass(frozen=True)
class CellReader:
    """Reads the cells of a table as what would be written in a scenario file."""

    layout: TableLayout
    date_keys: frozenset[str]
    word_keys: frozenset[str]

    @classmethod
    def of(cls, object_type: type[SchemaObject], layout: TableLayout) -> CellReader:
        """The reader of cells of some type of object."""
        keys = list(describe_keys(object_type))
        dates = frozenset(key.name for key in keys if key.syntax.startswith("a date"))
        words = frozenset(key.name for key in keys if key.syntax.removeprefix("`").startswith(WORDS_SYNTAX))
        return cls(layout, dates, words)

    def read(self, key: str, cell: str, place: Place) -> YamlNode:
        """The node of a cell. Raises InvalidValueError for a date or a number in other signs."""
        if cell.startswith(("{", "[")):
            return self._read_yaml(cell, place)
        if key in self.date_keys and self.layout.dates is not None:
            return YamlNode(self._read_date(cell, place), place)
        is_number = key not in self.date_keys | self.word_keys and re.match(r"[+-]?[.,]?[0-9]", cell)
        return YamlNode(self._read_number(cell, place) if is_number else cell, place)

    def _read_yaml(self, cell: str, place: Place) -> YamlNode:
        """A law, or a map, that is written in a cell in YAML's flow style."""
        try:
            plain = parse_yaml(cell, place.file)
        except ScenarioError:
            raise InvalidValueError(Complaint("is not YAML", "correct the cell", cell, (), place)) from None
        return node_at(plain, place)

    def _read_date(self, cell: str, place: Place) -> str:
        """A date in the format of the table, or in ISO 8601, as the latter."""
        date_format = self.layout.dates or ""
        try:
            return datetime.strptime(cell, date_format).isoformat()
        except ValueError:
            pass
        try:
            return parse_instant(cell).isoformat()
        except InvalidValueError:
            complaint = Complaint("is not a date", f"write it as {date_format}", cell, (), place)
            raise InvalidValueError(complaint) from None

    def _read_number(self, cell: str, place: Place) -> str:
        """A number in the signs of the table, and its unit, as a scenario has them."""
        match = re.match(self.layout.number_pattern, cell)
        if match is None:
            if self.layout.decimal == "." and self.layout.thousands is None:
                return cell  # what is wrong with it, the schema says best
            example = "1.5 MW".replace(".", self.layout.decimal)
            message = "is not a number in the signs of the table"
            raise InvalidValueError(Complaint(message, f"write it as {example}", cell, (), place))
        digits = re.sub(self.layout.thousands_pattern, "", match[1]) if self.layout.thousands else match[1]
        return " ".join(part for part in (digits.replace(self.layout.decimal, "."), match[2]) if part)


def node_at(node: YamlNode, place: Place) -> YamlNode:
    """A node whose parts all stand at one place."""
    if isinstance(node.value, dict):
        return YamlNode({key: node_at(part, place) for key, part in node.value.items()}, place)
    if isinstance(node.value, list):
        return YamlNode([node_at(part, place) for part in node.value], place)
    return YamlNode(node.value, place)
