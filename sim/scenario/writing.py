"""Writing: how does a tree of texts look as a scenario file?"""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.resolver import VersionedResolver

from sim.scenario.written import NULLS

LINE = 100
"""What is longer than this many characters is written in several lines."""


class Plainly(RoundTripRepresenter):
    """Writes a text without quotes wherever it reads as the same text again."""

    def text(self, text: str) -> ScalarNode:
        """A text, quoted where YAML would take it for nothing or for something else."""
        plain = VersionedResolver().resolve(ScalarNode, text, (True, False))
        tag = "tag:yaml.org,2002:str" if text in NULLS else plain
        return self.represent_scalar(tag, text)


Plainly.add_representer(str, Plainly.text)


def as_yaml(tree: dict[str, Any]) -> str:
    """A tree of texts as YAML, with what is short in one line."""
    yaml = YAML(typ="rt")
    yaml.Representer = Plainly
    yaml.width = 10**6
    text = io.StringIO()
    yaml.dump(laid_out(tree), text)
    return text.getvalue()


def laid_out(part: Any, top: bool = True) -> Any:
    """A part of the tree, marked where it is to be written in one line."""
    if not isinstance(part, list | dict):
        return part
    found: CommentedMap | CommentedSeq
    if isinstance(part, list):
        found = CommentedSeq(laid_out(each, False) for each in part)
    else:
        found = CommentedMap((key, laid_out(each, False)) for key, each in part.items())
    if not top and len(str(part)) <= LINE:
        found.fa.set_flow_style()
    return found
