"""The JSON Schema by which editors complete a scenario file or a sweep file."""

from __future__ import annotations

from typing import Any

from sim.scenario.fields import SchemaObject
from sim.scenario.merging import NameMap, schema_type_of
from sim.scenario.named_tables import TableFile
from sim.scenario.schema import ScenarioFile
from sim.scenario.schema_objects import describe_objects, specific_keys

EXTENDS_DESCRIPTION = "A scenario file, relative to this one, that this one changes."


def nullable_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that also allows null, for itself and for what stands under names in it.

    What refers to an object (`$ref`) is left as it is, since the schema of the object allows null.
    """
    null: dict[str, Any] = {"type": "null"}
    nullable = dict(schema)
    if isinstance(nullable.get("additionalProperties"), dict):
        nullable["additionalProperties"] = nullable_schema(nullable["additionalProperties"])
    if "enum" in nullable:
        nullable["enum"] = [*nullable["enum"], None]
    if isinstance(nullable.get("type"), str):
        nullable["type"] = [nullable["type"], "null"]
    if null not in nullable.get("anyOf", [null]):
        nullable["anyOf"] = [*nullable["anyOf"], null]
    return nullable


def stands_in_table(object_type: type[SchemaObject], key: str) -> bool:
    """Whether what stands under a key may be a table in a file."""
    annotation = object_type.model_fields[object_type.field_by_key()[key]].annotation
    value_type = named.value_type if isinstance(named := schema_type_of(annotation), NameMap) else None
    return isinstance(value_type, type) and value_type.stands_in_tables


def table_properties() -> dict[str, Any]:
    """The keys of a table in a file, as an editor completes them."""
    properties = TableFile.model_json_schema()["properties"]
    return {key.name: properties[key.name] for key in specific_keys(TableFile)}


def editor_schema(root: type[SchemaObject] | None = None) -> dict[str, Any]:
    """The JSON Schema by which an editor completes a file, a scenario's if no other, in which nothing stands twice.

    No key is required, since a file may extend another that has it; and null may stand anywhere, since it removes
    what that one says.
    """
    root = root or ScenarioFile
    schema = root.model_json_schema()
    for each in describe_objects(root):
        part = schema["$defs"].get(each.object_type.__name__, schema)
        part.pop("required", None)
        part["type"] = ["object", "null"]
        for key in each.keys:
            part["properties"][key.name] = nullable_schema(part["properties"][key.name])
            if stands_in_table(each.object_type, key.name):
                part["properties"][key.name]["properties"] = table_properties()
            part["properties"][key.name]["description"] = f"{key.meaning} Write {key.syntax}."
    if root is not ScenarioFile:
        return schema
    extends = {"type": "string", "description": EXTENDS_DESCRIPTION}
    schema["properties"] = {"extends": extends, **schema["properties"]}
    return schema
