"""The reference of the scenario format, with every key that the schema has: `docs/format.md`.

It is written by `uv run python -m sim.show.reference > docs/format.md`.
"""

from collections.abc import Iterable, Iterator

from sim.scenario.distribution_families import FAMILIES
from sim.scenario.fields import SchemaObject
from sim.scenario.json_schema import EXTENDS_DESCRIPTION
from sim.scenario.schema import ScenarioFile
from sim.scenario.schema_objects import (
    ANY_NAME,
    KeyDescription,
    ObjectDescription,
    describe_keys,
    describe_objects,
)
from sim.scenario.units import MEASURES, UNIT_DEFINITIONS, UNIT_SYNONYMS, measure_of_unit

INTRODUCTION_TEXT = """\
# The scenario format

A scenario is one YAML file that says who asks for capacity, who sells it, who has a right to it, and what is
being built. `sim new NAME` writes a commented one to start from, `sim check FILE` says in words what was
understood, `sim show FILE` shows it with every default written out, `sim sources FILE` lists each quantity with
its source.

This page is made from the schema by which files are read, so it has every key. What the market does with them
is told in [model.md](model.md).

**In your editor.** `sim schema > scenario.schema.json` writes a JSON Schema, by which an editor completes keys,
says what they mean, and marks mistakes while you write. Make it known in the first line of a scenario (the path
is seen from the scenario):

```yaml
# yaml-language-server: $schema=scenario.schema.json
```

or for all of a folder, in `.vscode/settings.json` (VS Code, with the extension "YAML" by Red Hat):

```json
{"yaml.schemas": {"./scenario.schema.json": "scenarios/*.yaml"}}
```

## What holds everywhere

**All faults are told at once**, each with file, line, key, value, and what to write instead. An unknown key is
an error. A key without an effect, because of what stands elsewhere, is a warning of `sim check`.

**A scenario is data.** Tags, aliases and anchors are refused, a key stands once, and nothing in a file runs
code. Names hold no dot, since dots join the parts of a path. YAML is version 1.2: `true` and `false` are the
only truths.

**`extends: base.yaml`** reads another file first, found from this one, and changes it. Maps of names and the
keys of objects merge, in the order of the base. Everything else is replaced whole: quantities, laws, lists, and
what stands under `arrivals`, `arrives`, `points` and `in_place`. `null` removes what the base says.

**`--set PATH=VALUE`** changes a key from the command line, `scenario.replace({PATH: VALUE})` in Python. The
path is the keys with dots between them, a number picks from a list: `--set 'rights.first refusal.window=90 d'`,
`--set overflow.order.0=Oracle`. The value is YAML; an empty one removes the key. A path reaches into laws
(`demand.chat.size.lognormal.sigma`), through the `value` of a quantity with its source.

**Sources.** Any quantity may be written as a map with its `value` and these keys, and any object may have them
beside its own. What an object says holds for the quantities in it that say neither source nor confidence.

"""

QUANTITIES_TEXT = """\
```yaml
online: {value: 1.2 GW, source: "https://example.org/report", confidence: reported, note: at the end of 2024}
```

## Quantities

A quantity is `NUMBER UNIT`, as `105 MW`. A wrong unit is an error, never a guess. A year is 365.25 days, a
month a twelfth of it. Power is IT power, but for the `power` of a building. Digits have no separators between
them, and may have an exponent: `1000 MW`, `1e3 MW`.

"""

DATES_TEXT = """\
## Dates

A date is `2026-04-27`, or with a time `2026-04-27T12:00:00Z`, in UTC. One that is not certain is `{date:
2026-04-27, plus: LAW}`, some time after it; it may carry its source as a quantity does.

## Laws

A law says how something is distributed that varies, or is not known. It may stand wherever a quantity may. Its
parameters are quantities too, but for `sigma`, `cv`, `shape` and `weights`, which are plain numbers.

"""

SAMPLING_TEXT = """\
A law is drawn for each request where a stream states it (size, term, lead, patience, block), and for a
`window`; for each building or phase for a `slip`, a `review` and what a phase `takes`; for each event for
outages and regular arrivals of supplies; and everything else once a replication, which the table `drawn` then
records.

**`uncertain`** names numbers that are drawn once a replication, to be used in one or more places, also inside a
law: `uncertain: {growth: {triangular: {low: 1.5, mode: 2, high: 3}}}` and then `growth: $growth`. Each may use
those before it.

## All keys

`NAME` stands for a name of your own. A key that has no default and is not required may be left out.

"""

COMPOSED_UNITS = {
    "share": "`%`, or none: `0.95`",
    "number": "no unit",
    "rate": "`/` and a unit of duration",
    "price": "a unit of money `/` one of power `/` one of duration",
    "capex": "a unit of money `/` one of power",
    "each": "the word by which a supply is counted",
}
"""The units of dimensions that are not measured in a unit of the list alone."""


def format_reference() -> str:
    """The whole page, in Markdown."""
    objects = describe_objects(ScenarioFile)
    objects_by_path = {path: each for each in objects for path in each.paths}
    return (
        "".join(
            (
                INTRODUCTION_TEXT,
                key_table(ObjectDescription(SchemaObject, (), "", tuple(describe_keys(SchemaObject))), {}),
                QUANTITIES_TEXT,
                markdown_table(("dimension", "as", "units"), unit_rows()),
                f"Read as well: {', '.join(f'`{word}`' for word in UNIT_SYNONYMS)}, and a plural with `s`.\n\n",
                DATES_TEXT,
                markdown_table(("law", "what it gives"), distribution_rows()),
                SAMPLING_TEXT,
                *(object_section(each, objects_by_path) for each in objects),
            )
        ).rstrip("\n")
        + "\n"
    )


def markdown_table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of Markdown."""
    escaped = [tuple(cell.replace("|", r"\|") for cell in line) for line in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in (header, ("---",) * len(header), *escaped)) + "\n"


def unit_rows() -> Iterator[tuple[str, str, str]]:
    """Each dimension, an example, and the units in which it may be written."""
    for measure in MEASURES.values():
        listed = [f"`{unit}`" for unit in UNIT_DEFINITIONS if measure_of_unit(unit) == measure]
        yield (
            measure.dimension,
            f"`{measure.example}`",
            COMPOSED_UNITS.get(measure.dimension, ", ".join(listed)),
        )


def distribution_rows() -> Iterator[tuple[str, str]]:
    """Each family of distributions as it is written, and what it gives."""
    for family in FAMILIES.values():
        yield " or ".join(f"`{example}`" for example in family.examples), family.meaning


def object_heading(schema_object: ObjectDescription) -> str:
    """The heading of an object, which is where it stands."""
    return " and ".join(f"`{path}`" for path in schema_object.paths if path) or "The file"


def heading_anchor(schema_object: ObjectDescription) -> str:
    """The link to the heading of an object, as GitHub and most others make it."""
    return "#" + "".join(
        c for c in object_heading(schema_object).lower().replace(" ", "-") if c.isalnum() or c in "-_"
    )


def object_section(schema_object: ObjectDescription, objects_by_path: dict[str, ObjectDescription]) -> str:
    """The section of an object: what it is, and its keys."""
    summary = " ".join(schema_object.meaning.split("\n\n", 1)[0].split())
    more = "".join(f"{' '.join(part.split())}\n\n" for part in schema_object.meaning.split("\n\n")[1:])
    return f"### {object_heading(schema_object)}\n\n{summary}\n\n{more}{key_table(schema_object, objects_by_path)}"


def key_table(schema_object: ObjectDescription, objects_by_path: dict[str, ObjectDescription]) -> str:
    """The table of the keys of an object."""
    lines = [
        (f"`{key.name}`", value_cell(key, schema_object, objects_by_path), default_cell(key), key.meaning)
        for key in schema_object.keys
    ]
    if schema_object.object_type is ScenarioFile:
        lines.insert(0, ("`extends`", "a file", "", EXTENDS_DESCRIPTION))
    return markdown_table(("key", "what may be written", "default", "what it means"), lines)


def default_cell(key: KeyDescription) -> str:
    """The cell for what holds where a key is not written."""
    return "**required**" if key.is_required else f"`{key.default}`" if key.default is not None else ""


def value_cell(
    key: KeyDescription, schema_object: ObjectDescription, objects_by_path: dict[str, ObjectDescription]
) -> str:
    """The cell for what may be written, with a link to the object that stands there."""
    path = f"{schema_object.paths[0]}.{key.name}".removeprefix(".") if schema_object.paths else key.name
    below = next((each for each in (path, f"{path}.{ANY_NAME}") if each in objects_by_path), None)
    if below is None:
        return key.syntax
    link, phrase = heading_anchor(objects_by_path[below]), objects_by_path[below].object_type.in_words()
    return (
        key.syntax.replace(phrase, f"[{phrase}]({link})")
        if phrase in key.syntax
        else f"{key.syntax} ([keys]({link}))"
    )


if __name__ == "__main__":
    print(format_reference(), end="")
