"""Does the reference hold what the schema says, and does what it shows read?"""

import re
from pathlib import Path

import pytest

from sim.scenario.laws import KINDS
from sim.scenario.objects import objects
from sim.scenario.schema import ScenarioFile, editor_schema
from sim.scenario.statements import Reading, read_law
from sim.scenario.units import MEASURES, parse_quantity
from sim.scenario.written import read_yaml
from sim.show.reference import anchor, forms, reference

PAGE = Path(__file__).parent.parent / "docs" / "format.md"


def test_the_page_is_what_the_schema_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), (
        "write it anew: uv run python -m sim.show.reference > docs/format.md"
    )


def test_every_key_says_what_may_be_written_and_what_it_means() -> None:
    for each in objects(ScenarioFile):
        assert each.meaning, each.kind
        for key in each.keys:
            assert key.says, (each.kind, key)
            assert key.meaning.endswith("."), (each.kind, key)


@pytest.mark.parametrize("kind", KINDS)
def test_every_law_reads_as_it_is_shown(kind: str) -> None:
    for form in forms(kind):
        if "file:" not in form:
            law = read_law(read_yaml(form, "form").plain(), Reading(MEASURES["duration"]))
            assert (law.kind, law.dimension) == (kind, "duration")


def test_every_unit_of_the_page_reads() -> None:
    rows = re.findall(
        r"^\| (power|duration|money|area|GPU|crew) \| .* \| (.*) \|$", reference(), re.MULTILINE
    )
    assert len(rows) == 6
    for dimension, units in rows:
        for unit in re.findall("`(.*?)`", units):
            assert parse_quantity(f"2 {unit}", dimension) > 0
    for word in re.findall("`(.*?)`", re.search("^Read as well: (.*)$", reference(), re.MULTILINE)[1]):  # type: ignore[index]
        assert any(reads(f"1 {word}", dimension) for dimension in MEASURES), word


def reads(written: str, dimension: str) -> bool:
    try:
        return parse_quantity(written, dimension) > 0
    except ValueError:
        return False


def test_links_lead_to_headings() -> None:
    links = set(re.findall(r"\]\((#.*?)\)", reference()))
    assert links <= {anchor(each) for each in objects(ScenarioFile)}
    assert len(links) > 15


def test_editors_are_told_the_same() -> None:
    size = editor_schema()["$defs"]["Stream"]["properties"]["size"]
    assert size["description"] == "How much a request asks for. Write a power above 0, as `105 MW`."
