"""The reference of the format holds what the schema says, and what it shows reads."""

import re
from pathlib import Path

import pytest

from sim.scenario.distribution_families import FAMILIES
from sim.scenario.distribution_reader import read_distribution
from sim.scenario.json_schema import editor_schema
from sim.scenario.number_reader import NumberReader
from sim.scenario.schema import ScenarioFile
from sim.scenario.schema_objects import describe_objects
from sim.scenario.units import MEASURES, parse_quantity
from sim.scenario.yaml_reader import parse_yaml
from sim.show.reference import format_reference, heading_anchor

PAGE = Path(__file__).parent.parent / "docs" / "format.md"


def test_the_page_is_what_the_schema_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == format_reference(), (
        "write it anew: uv run python -m sim.show.reference > docs/format.md"
    )


def test_every_key_says_what_may_be_written_and_what_it_means() -> None:
    for each in describe_objects(ScenarioFile):
        assert each.meaning, each.object_type
        for key in each.keys:
            assert key.syntax, (each.object_type, key)
            assert key.meaning.endswith("."), (each.object_type, key)


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_law_reads_as_it_is_shown(kind: str) -> None:
    for form in FAMILIES[kind].examples:
        if "file:" not in form:
            law = read_distribution(parse_yaml(form, "form").to_plain(), NumberReader(MEASURES["duration"]))
            assert (law.family, law.dimension) == (kind, "duration")


def test_every_unit_of_the_page_reads() -> None:
    rows = re.findall(
        r"^\| (power|duration|money|area|GPU|crew) \| .* \| (.*) \|$", format_reference(), re.MULTILINE
    )
    assert len(rows) == 6
    for dimension, units in rows:
        for unit in re.findall("`(.*?)`", units):
            assert parse_quantity(f"2 {unit}", dimension) > 0
    for word in re.findall("`(.*?)`", re.search("^Read as well: (.*)$", format_reference(), re.MULTILINE)[1]):  # type: ignore[index]
        assert any(reads(f"1 {word}", dimension) for dimension in MEASURES), word


def reads(written: str, dimension: str) -> bool:
    try:
        return parse_quantity(written, dimension) > 0
    except ValueError:
        return False


def test_links_lead_to_headings() -> None:
    links = set(re.findall(r"\]\((#.*?)\)", format_reference()))
    assert links <= {heading_anchor(each) for each in describe_objects(ScenarioFile)}
    assert len(links) > 15


def test_editors_are_told_the_same() -> None:
    size = editor_schema()["$defs"]["Stream"]["properties"]["size"]
    assert size["description"] == "How much a request asks for. Write a power above 0, as `105 MW`."
