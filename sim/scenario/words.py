"""Words: which names, whole numbers and truths may stand in a scenario?"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import ValidationInfo

from sim.scenario.faults import Gathering, meant, shown, wrong
from sim.scenario.fields import Reads, declared, read_text, reads

Reader = Callable[[object, ValidationInfo], str]


def read_truth(written: object, info: ValidationInfo) -> bool:
    """Is it true or false? (YAML 1.2 knows no other words for it.)"""
    word = str(written).lower()
    if word in {"true", "false"}:
        return word == "true"
    remedies = {"yes": "write true", "on": "write true", "no": "write false", "off": "write false"}
    raise wrong("is neither true nor false", remedies.get(word, "write true or false"), written)


def whole(least: int, most: int = 10**9) -> Reads:
    """A reader of whole numbers between two, ends included."""

    def read(written: object, info: ValidationInfo) -> int:
        text = str(written).strip()
        if isinstance(written, bool) or not re.fullmatch(r"[+-]?\d{1,18}", text):
            raise wrong("is not a whole number", "write a number such as 8", written)
        if int(text) < least:
            raise wrong(f"must not be below {least}", f"write {least}, or more", written)
        if int(text) > most:
            raise wrong(f"must not be above {most}", "write less", written)
        return int(text)

    says = "a whole number"
    if least > -(10**9):
        says += f" from {least}"
    if most < 10**9:
        says += f" to {most}"
    return reads(read, int, says)


def read_name(written: object, info: ValidationInfo) -> str:
    """Which name is written?"""
    return as_name(read_text(written, info))


def as_name(name: str) -> str:
    """A text as a name, which holds no dot, since dots join the parts of a path."""
    if not name.strip() or not name.isprintable():
        raise wrong("is not a name", "write a name of printable characters", name)
    if "." in name:
        raise wrong("is a name with a dot, which parts a path", f"write {name.replace('.', ' ')}", name)
    return name


Seed = Annotated[int, whole(0, 2**63 - 1)]
Count = Annotated[int, whole(1, 10_000)]
Replications = Annotated[int, whole(1)]
Priority = Annotated[int, whole(-(10**9))]
Truth = Annotated[bool, reads(read_truth, bool, "`true` or `false`")]
Name = Annotated[str, reads(read_name, str, "a name")]


def named(plural: str, missing: str) -> Reader:
    """A reader of names that the file must declare under `plural`."""

    def read(written: object, info: ValidationInfo) -> str:
        name = read_name(written, info)
        known = declared(info).names.get(plural)
        if known is not None and name not in known:
            raise wrong(missing, meant(name, sorted(known)), written)
        return name

    return read


def several(reader: Reader, says: str) -> Reads:
    """A reader of a list of names, each of which stands once."""

    def read(written: object, info: ValidationInfo) -> tuple[str, ...]:
        if not isinstance(written, list | tuple):
            raise wrong("is not a list", f"write [{shown(written)}]", written)
        if not written:
            raise wrong("is an empty list", "name at least one, or leave the key out", written)
        names: list[str] = []
        gathering = Gathering()
        for position, part in enumerate(written):
            with gathering.under(position):
                if part in written[:position]:
                    raise wrong("stands here twice", "write it once", part)
                names.append(reader(part, info))
        gathering.settle()
        return tuple(names)

    return reads(read, list[str], says)


read_provider = named("providers", "names no provider")
read_site = named("sites", "names no site")
read_sold = named("sold", "is no site that a provider sells from")
read_hardware = named("hardware", "names no hardware")
read_customer = named("customers", "is no customer of any stream")
ProviderName = Annotated[str, reads(read_provider, str, "a provider")]
SoldSiteName = Annotated[str, reads(read_sold, str, "a site that a provider sells from")]
HardwareName = Annotated[str, reads(read_hardware, str, "a hardware")]
CustomerName = Annotated[str, reads(read_customer, str, "a customer of a stream")]
Names = Annotated[tuple[str, ...], several(read_name, "a list of names")]
Sites = Annotated[tuple[str, ...], several(read_site, "a list of sites")]
Providers = Annotated[tuple[str, ...], several(read_provider, "a list of providers")]
