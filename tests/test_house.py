"""The house: no circle of imports, names that mean one thing, files and functions of a size that can be read."""

import ast
import collections
from pathlib import Path

import pytest

SIM = Path(__file__).parents[1] / "sim"
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SIM.rglob("*.py"))}

LONG_FILES = {
    "scenario/distribution_families.py": "a row for each law, with the functions of the rows: it grows with the laws",
    "api.py": "the public facade: one signature and docstring for each thing that a user can ask",
}
"""Files that may be over 400 lines, each with the reason why it stays whole."""

DOUBLE_NAMES: dict[str, str] = {
    "main": "the entry point of a module that is run",
    "Request": "what a user's function is given: a dataclass on SimPy's clock, a named tuple on the compiled one",
    "Offer": "what a user's function is given: a dataclass on SimPy's clock, a named tuple on the compiled one",
}
"""Top-level names that stand in several modules, each with the reason why that is meant."""

BARE_PARTICIPLES = {
    "added", "asked", "begun", "built", "called", "chosen", "cut", "done", "drawn", "fallen", "found",
    "gathered", "given", "gone", "grown", "heard", "joined", "kept", "known", "left", "lent", "listed",
    "made", "moved", "named", "parted", "placed", "planned", "played", "put", "ran", "reached", "resolved",
    "said", "seen", "settled", "shed", "shown", "sought", "stepped", "stirred", "swept", "taken", "told",
    "turned", "written",
}  # fmt: skip


def module(path: Path) -> str:
    parts = path.relative_to(SIM.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module(path): path for path in TREES}


def imports(tree: ast.Module) -> set[str]:
    """The modules of the package that a module imports, lazily or not, but not for a type checker alone."""
    checked = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in checked:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in submodules}
    return found & MODULES.keys()


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """The groups of nodes that reach each other (strongly connected components of two or more)."""

    def reach(start: str) -> set[str]:
        seen: set[str] = set()
        todo = list(arrows[start])
        while todo:
            if (node := todo.pop()) not in seen:
                seen.add(node)
                todo += arrows[node]
        return seen

    reached = {node: reach(node) for node in arrows}
    groups = {frozenset(b for b in reached[a] if a in reached[b]) for a in arrows if a in reached[a]}
    return sorted(sorted(group) for group in groups)


def test_a_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"d"}}) == [["b", "c"], ["d"]]


def test_no_module_imports_itself_in_a_circle() -> None:
    arrows = {name: imports(TREES[path]) - {"sim"} for name, path in MODULES.items() if name != "sim"}
    assert circles(arrows) == []


def test_no_room_imports_itself_in_a_circle() -> None:
    """The same of folders: what a room imports may not import that room."""
    arrows: dict[str, set[str]] = collections.defaultdict(set)
    rooms = {".".join(name.split(".")[:2]) for name in MODULES if name != "sim"}
    for name, path in MODULES.items():
        if name != "sim":
            here = ".".join(name.split(".")[:2])
            arrows[here] |= {".".join(other.split(".")[:2]) for other in imports(TREES[path])} & rooms - {
                here
            }
    assert circles(dict(arrows)) == []


def top_level_names(tree: ast.Module) -> set[str]:
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {
                part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)
            }
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return {name for name in names if not name.startswith("_")}


def twins(modules: set[str]) -> bool:
    """Whether two modules are the same file of the market on SimPy's clock and of the compiled one."""
    return len(modules) == 2 and len({name.replace(".compiled", "") for name in modules}) == 1


def test_no_name_has_two_meanings() -> None:
    where: dict[str, set[str]] = collections.defaultdict(set)
    for name, path in MODULES.items():
        if name == "sim.model.compiled.codes":
            continue  # the same numbers under the same names, as the compiler's
        for defined in top_level_names(TREES[path]):
            where[defined].add(name)
    # the compiler's own numbers of the constants that the rules and the ledger name
    where = {name: modules - {"sim.model.compiled.codes"} for name, modules in where.items()}
    doubles = {name: modules for name, modules in where.items() if len(modules) > 1 and not twins(modules)}
    assert {name: sorted(modules) for name, modules in doubles.items() if name not in DOUBLE_NAMES} == {}


def test_no_name_is_a_bare_participle() -> None:
    bare = [
        f"{module(path)}:{node.lineno} {node.name}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and node.name.strip("_").lower() in BARE_PARTICIPLES
        and not any("property" in ast.unparse(each) for each in node.decorator_list)
    ]
    assert bare == []


def test_files_can_be_read() -> None:
    long = {
        path.relative_to(SIM).as_posix(): lines
        for path in TREES
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert {name: lines for name, lines in long.items() if name not in LONG_FILES} == {}


@pytest.mark.parametrize("path", [path for path in TREES if "compiled" not in path.parts], ids=module)
def test_functions_can_be_read(path: Path) -> None:
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.FunctionDef) and node.end_lineno and node.end_lineno - node.lineno + 1 > 60
    }
    assert long == {}


def test_docstrings_state_and_do_not_ask() -> None:
    """Questions stand in the rules alone, where the answer is the return value."""
    asking = [
        f"{module(path)}:{node.lineno} {node.name}"
        for path, tree in TREES.items()
        if path != SIM / "model" / "rules.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and (ast.get_docstring(node) or "").split("\n")[0].rstrip().endswith("?")
    ]
    assert asking == []
