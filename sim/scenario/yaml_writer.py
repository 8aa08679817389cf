"""Writing of a tree of texts as a scenario file."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.resolver import VersionedResolver

from sim.scenario.yaml_reader import NULL_WORDS

FLOW_WIDTH = 100
"""A list or a map of at most this many characters is written in one line."""


class PlainRepresenter(RoundTripRepresenter):
    """Writes a text without quotes wherever it reads as the same text again."""

    def represent_text(self, text: str) -> ScalarNode:
        """A text, quoted where YAML would take it for nothing or for something else."""
        plain = VersionedResolver().resolve(ScalarNode, text, (True, False))
        tag = "tag:yaml.org,2002:str" if text in NULL_WORDS else plain
        return self.represent_scalar(tag, text)


PlainRepresenter.add_representer(str, PlainRepresenter.represent_text)


def dump_yaml(tree: dict[str, Any]) -> str:
    """A tree of texts as YAML, with what is short in one line."""
    yaml = YAML(typ="rt")
    yaml.Representer = PlainRepresenter
    yaml.width = 10**6  # no text is broken into lines
    text = io.StringIO()
    yaml.dump(with_flow_style(tree), text)
    return text.getvalue()


def with_flow_style(part: Any, top: bool = True) -> Any:
    """A part of the tree, marked for one line (flow style) where it is short, and not the top of the file."""
    if not isinstance(part, list | dict):
        return part
    marked: CommentedMap | CommentedSeq
    if isinstance(part, list):
        marked = CommentedSeq(with_flow_style(each, False) for each in part)
    else:
        marked = CommentedMap((key, with_flow_style(each, False)) for key, each in part.items())
    if not top and len(str(part)) <= FLOW_WIDTH:
        marked.fa.set_flow_style()
    return marked
