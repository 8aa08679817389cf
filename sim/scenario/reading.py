"""Reading of scenario files: a file is merged with those that it extends, and validated as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sim.scenario.faults import Place, ScenarioError, one_line
from sim.scenario.input_files import MAX_SCENARIO_BYTES, file_signature, locate_file, read_input_file
from sim.scenario.merging import merge_nodes
from sim.scenario.schema import ScenarioFile
from sim.scenario.yaml_reader import YamlNode, file_error, parse_yaml

SWEEP_ONLY_KEYS = frozenset({"design", "levers", "uncertainties"})
"""Keys by which a sweep is known for one."""
MAX_EXTENDED_FILES = 20
"""The most files that extend each other, one after the other."""


def read_scenario(
    path: str | Path, overrides: Mapping[str, object] | None = None, read_traces: bool = True
) -> ScenarioFile:
    """The scenario of a file. Raises ScenarioError with all that is wrong in it.

    `overrides` has dotted paths, such as `rights.first refusal.window`, and for each a text of YAML or a value.
    Without `read_traces`, a saved run opens where its traces are not.
    """
    return ScenarioFile.from_node(read_merged(Path(path)), Path(path), overrides or {}, read_traces)


def read_merged(path: Path, extending: tuple[Path, ...] = ()) -> YamlNode:
    """What is written in a file and in those that it extends; `extending` are the files on the way here."""
    root = read_yaml_file(path)
    if not isinstance(root.value, dict):
        raise file_error(root.place, "is not a scenario", "write keys, such as start: 2025-01-21")
    if "scenario" in root.value and root.value.keys() & SWEEP_ONLY_KEYS:
        raise file_error(
            Place(str(path)), "is a sweep, not a scenario", "name a scenario file; sim sweep plays a sweep"
        )
    override = {key: part for key, part in root.value.items() if key != "extends"}
    base = YamlNode({}, root.place)
    if extends_node := root.value.get("extends"):
        base = read_merged(extended_file(path, extends_node, (*extending, path)), (*extending, path))
    return merge_nodes(base, YamlNode(override, root.place), ScenarioFile)


def base_files(path: Path) -> tuple[Path, ...]:
    """The files that a scenario file extends, the nearest first, as far as they can (still) be read."""
    files = [path]
    try:
        while isinstance(keys := read_yaml_file(files[-1]).value, dict) and (node := keys.get("extends")):
            files.append(extended_file(files[-1], node, tuple(files)))
    except ScenarioError:
        pass  # the scenario was read before its file went, and nothing but words depends on what it extends
    return tuple(files[1:])


def extended_file(path: Path, extends_node: YamlNode, extending: tuple[Path, ...]) -> Path:
    """The file that a file extends. Raises ScenarioError where it is none, or is among those `extending`."""
    name = extends_node.value
    if not isinstance(name, str):
        remedy, value = "name one scenario file", one_line(extends_node.to_plain())
        raise file_error(extends_node.place, "is not a file", remedy, value, "extends")
    base = locate_file(path.parent, name)
    if base is None:
        raise missing_file_error(extends_node, path.parent / name, "extends")
    if len(extending) > MAX_EXTENDED_FILES:
        message = f"is file {len(extending) + 1} in a row of files that extend each other"
        remedy = f"extend no more than {MAX_EXTENDED_FILES}, one after the other"
        raise file_error(extends_node.place, message, remedy, one_line(name), "extends")
    if base.resolve() in [each.resolve() for each in extending]:
        message, remedy = "extends itself in the end", "extend another file"
        raise file_error(extends_node.place, message, remedy, name, "extends")
    return base


def missing_file_error(name: YamlNode, path: Path, key: str) -> ScenarioError:
    """The error of a name under `key` that leads to no file, with the path at which it was looked for."""
    remedy = f"looked for {one_line(path, 200)}"
    return file_error(name.place, "is not a file", remedy, one_line(name.value), key)


def read_yaml_file(path: Path, description: str = "a scenario file") -> YamlNode:
    """What is written in one file. Raises ScenarioError where it is no YAML in UTF-8."""
    try:
        data = read_input_file(path, MAX_SCENARIO_BYTES)
    except OSError as error:
        raise file_error(
            Place(str(path)), f"cannot be read: {error.strerror}", f"name {description}"
        ) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if signature := file_signature(data):
            raise file_error(Place(str(path)), f"is {signature}", "save it as text in UTF-8") from None
        line = error.object[: error.start].count(b"\n") + 1
        raise file_error(Place(str(path), line), "is not UTF-8", "save the file as UTF-8") from None
    return parse_yaml(text, str(path))
