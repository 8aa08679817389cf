"""The two clocks are twins: the same functions in files of the same names, and the same fields of their states."""

import ast
from pathlib import Path

import sim.model
from sim.model.state import MarketState

MODEL = Path(sim.model.__file__).parent
COMPILED = MODEL / "compiled"

ONLY_ON_SIMPY = {
    "delivery_queue": {
        "queued_commitment": "a place in the queue is a tuple there; the compiled queue holds numbers and compares",
    },
    "market": {
        "_wake_at": "an instant is an event in SimPy's queue; the compiled market keeps the time of its next one",
    },
    "moves": {
        "movable_commitments": "a list in a dict; there a chain that begins with `first_movable`",
    },
    "ranking": {
        "_rank_by_policy": "sorts a list; the compiled ranking is sorted while it is made",
    },
    "callbacks": {
        "parse_ranking": "checks what a Python function returns; compiled ones are checked within the adapters",
        "parse_answer": "the same",
    },
}
ONLY_COMPILED = {
    "allocation": {
        "comes_before": "the order of tuples does it",
    },
    "callbacks": {
        "*": "compiling a user's function has no counterpart in plain Python",
    },
    "commitments": {},
    "deliveries": {
        "write_delivery": "a delivery at once has no row on SimPy's clock: `ledger.to_tables` adds it",
    },
    "delivery_queue": {
        "delivers_before": "the order of tuples does it",
        "queue_index": "bisect does it",
    },
    "initial_state": {
        "*": "one array after the other is handed over to the compiler; a dataclass is made with keywords",
    },
    "instants": {
        "any_trigger_fires": "on SimPy's clock the world looks itself, after each instant",
    },
    "market": {
        "_set_triggers": "the state of the compiled market knows the triggers, since it plays on alone",
        "_fire_triggers": "the same",
        "set_triggers": "the same",
        "schedule_walk": "the border between Python and compiled code is crossed by functions",
        "update_site": "the same",
        "committed_by_site": "the same",
        "row_tables": "the same",
        "request_outcomes": "the same",
        "deliver_in_place": "the compiled half of `_deliver_in_place`",
    },
    "moves": {
        "first_movable_commitment": "a list in a dict does it",
    },
    "state": {
        "*": "the compiler is told of the fields; a dataclass knows its own",
    },
    "waiting_list": {
        "waiting_request": "places are tuples on SimPy's clock",
        "waiting_index": "bisect does it",
        "close_gaps": "`del` does it",
    },
}
NO_TWIN_FILE = {
    "borrowing": "of the compiler",
    "cache": "of the compiler",
    "codes": "whole numbers as constants of the compiler",
    "compiler": "of the compiler",
    "growth": "lists grow by themselves",
    "heaps": "heapq does it",
    "packing": "tuples do it",
}
ONLY_FIELDS_ON_SIMPY = {
    "inputs": "rights and names are read from it; the compiled state has arrays of them",
    "observer": "only SimPy's clock is looked on at",
    "sites_of": "lists in lists; there `sites_at` and `sites`",
    "may_decline": "spares a call of Python's; compiled, the appetite is looked at as soon",
    "has_user_functions": "there asked of `has_user_policy` and `has_user_answer`",
    "site_capacity": "the compiled market holds it beside its state",
    "delivery_ends": "a heap of tuples; there `delivery_ends_at` and `delivery_ends_item`",
    "agenda": "the same",
    "movable": "a dict; there `first_movable`, `last_movable` and a row of `commitments`",
    "vacated": "a list; there kW by site",
    "holds": "a dict; there `hold_at`, `n_hold`, `hold_site`, `hold_kw`",
    "stream_in_place": "there a column of `commitments`",
    "undelivered_of_commitment": "there a row of `commitments`",
}
SHARED_FIELDS_AT_LEAST = 50


def functions(path: Path) -> set[str]:
    """The functions of a file, and the methods of its class `Market`; special methods apart."""
    names = set()
    for node in ast.parse(path.read_text()).body:
        within = node.body if isinstance(node, ast.ClassDef) and node.name == "Market" else [node]
        names |= {each.name for each in within if isinstance(each, ast.FunctionDef)}
    return {name for name in names if not name.startswith("__")}


def fields(path: Path, name: str) -> set[str]:
    """The annotated fields of a class."""
    classes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
    (body,) = (each.body for each in classes if each.name == name)
    return {
        each.target.id
        for each in body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }


def test_twins_have_the_same_functions_in_the_same_files() -> None:
    for path in sorted(COMPILED.glob("*.py")):
        name, twin = path.stem, MODEL / path.name
        if name == "__init__" or name in NO_TWIN_FILE:
            assert name == "__init__" or not twin.exists(), f"{name} has a twin after all"
            continue
        plain, compiled = functions(twin), functions(path)
        only_simpy, only_compiled = ONLY_ON_SIMPY.get(name, {}), ONLY_COMPILED.get(name, {})
        assert plain - compiled == set(only_simpy), f"only in {twin}"
        if "*" not in only_compiled:
            assert compiled - plain == set(only_compiled), f"only in {path}"


def test_the_lists_of_exceptions_name_files_that_there_are() -> None:
    twins = {path.stem for path in COMPILED.glob("*.py")}
    assert {*ONLY_ON_SIMPY, *ONLY_COMPILED, *NO_TWIN_FILE} <= twins


def test_the_states_have_the_same_fields() -> None:
    plain, compiled = set(MarketState.__slots__), fields(COMPILED / "state.py", "State")
    assert plain - compiled == set(ONLY_FIELDS_ON_SIMPY)
    assert len(plain & compiled) >= SHARED_FIELDS_AT_LEAST
