"""Words: which names, whole numbers and truths may stand in a scenario?"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, PlainValidator, ValidationInfo, WithJsonSchema

from sim.scenario.faults import Complaint, meant, wrong
from sim.scenario.fields import declared, read_text, reads, tell


def read_truth(written: object, info: ValidationInfo) -> bool:
    """Is it true or false? (YAML 1.2 knows no other words for it.)"""
    word = str(written).lower()
    if word in {"true", "false"}:
        return word == "true"
    remedies = {"yes": "write true", "on": "write true", "no": "write false", "off": "write false"}
    raise wrong("is neither true nor false", remedies.get(word, "write true or false"), written)


def whole(least: int, most: int = 10**9) -> PlainValidator:
    """A reader of whole numbers between two, ends included."""

    def read(written: object, info: ValidationInfo) -> int:
        text = str(written).strip()
        if isinstance(written, bool) or not re.fullmatch(r"[+-]?\d{1,18}", text):
            raise wrong("is not a whole number", f"write a number such as {max(least, 1)}", written)
        if not least <= int(text) <= most:
            raise wrong(f"must be between {least} and {most}", "write a number between them", written)
        return int(text)

    return reads(read)


def read_name(written: object, info: ValidationInfo) -> str:
    """Which name is written? It holds no dot, since dots join the parts of a path."""
    name = read_text(written, info)
    if not name.strip() or not name.isprintable():
        raise wrong("is not a name", "write a name of printable characters", written)
    if "." in name:
        raise wrong("is a name with a dot, which parts a path", f"write {name.replace('.', ' ')}", written)
    return name


INTEGER = WithJsonSchema({"type": "integer"})
Seed = Annotated[int, whole(0, 2**63 - 1), INTEGER]
Count = Annotated[int, whole(1, 10_000), INTEGER]
Replications = Annotated[int, whole(1), INTEGER]
Priority = Annotated[int, whole(-(10**9)), INTEGER]
Truth = Annotated[bool, reads(read_truth), WithJsonSchema({"type": "boolean"})]
Name = Annotated[str, reads(read_name), WithJsonSchema({"type": "string"})]


def named(plural: str, missing: str, remedy: str = "") -> PlainValidator:
    """A reader of names that the file must declare under `plural`."""

    def read(written: object, info: ValidationInfo) -> str:
        name = read_name(written, info)
        known = declared(info).names.get(plural)
        if known is not None and name not in known:
            raise wrong(missing, remedy or meant(name, sorted(known)), written)
        return name

    return reads(read)


NAME = WithJsonSchema({"type": "string"})
SiteName = Annotated[str, named("sites", "names no site"), NAME]
ProviderName = Annotated[str, named("providers", "names no provider"), NAME]
HardwareName = Annotated[str, named("hardware", "names no hardware"), NAME]
CustomerName = Annotated[str, named("customers", "is no customer of any stream"), NAME]
SoldSiteName = Annotated[str, named("sold", "is no site that a provider sells from"), NAME]


def unique(names: tuple[str, ...]) -> tuple[str, ...]:
    """Stands each name once?"""
    for position, name in enumerate(names):
        if name in names[:position]:
            tell([Complaint("stands here twice", "write it once", name, (position,))])
    return names


Names = Annotated[tuple[Name, ...], AfterValidator(unique)]
Sites = Annotated[tuple[SiteName, ...], AfterValidator(unique)]
Providers = Annotated[tuple[ProviderName, ...], AfterValidator(unique)]
