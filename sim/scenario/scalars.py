"""The types of fields that hold a name, a whole number, true or false, or a list of names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import ValidationInfo

from sim.scenario.faults import ComplaintCollector, invalid_value, one_line, suggestion
from sim.scenario.fields import FieldReader, declarations_of, field_reader, read_text

StringReader = Callable[[object, ValidationInfo], str]


def read_boolean(written: object, info: ValidationInfo) -> bool:
    """True or false, for which YAML 1.2 has no other words. Raises InvalidValueError."""
    word = str(written).lower()
    if word in {"true", "false"}:
        return word == "true"
    remedies = {"yes": "write true", "on": "write true", "no": "write false", "off": "write false"}
    raise invalid_value("is neither true nor false", remedies.get(word, "write true or false"), written)


def whole_number_reader(least: int, most: int = 10**9) -> FieldReader:
    """A reader of whole numbers between two, ends included."""

    def read(written: object, info: ValidationInfo) -> int:
        text = str(written).strip()
        if isinstance(written, bool) or not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
            raise invalid_value("is not a whole number", "write a number such as 8", written)
        if int(text) < least:
            raise invalid_value(f"must not be below {least}", f"write {least}, or more", written)
        if int(text) > most:
            raise invalid_value(f"must not be above {most}", "write less", written)
        return int(text)

    syntax = "a whole number"
    if least > -(10**9):
        syntax += f" from {least}"
    if most < 10**9:
        syntax += f" to {most}"
    return field_reader(read, int, syntax)


def read_name(written: object, info: ValidationInfo) -> str:
    """A name, as it is written. Raises InvalidValueError."""
    return check_name(read_text(written, info))


def check_name(name: str) -> str:
    """A text as a name. Raises InvalidValueError, also for one with a dot, since dots join the parts of a path."""
    if not name.strip() or not name.isprintable():
        raise invalid_value("is not a name", "write a name of printable characters", name)
    if "." in name:
        raise invalid_value(
            "is a name with a dot, which separates the parts of a path",
            f"write {name.replace('.', ' ')}",
            name,
        )
    return name


RandomSeed = Annotated[int, whole_number_reader(0, 2**63 - 1)]
Count = Annotated[int, whole_number_reader(1, 10_000)]
ReplicationCount = Annotated[int, whole_number_reader(1)]
Priority = Annotated[int, whole_number_reader(-(10**9))]
Boolean = Annotated[bool, field_reader(read_boolean, bool, "`true` or `false`")]
Name = Annotated[str, field_reader(read_name, str, "a name")]


def declared_name_reader(plural: str, missing: str) -> StringReader:
    """A reader of names that the file must declare under `plural`."""

    def read(written: object, info: ValidationInfo) -> str:
        name = read_name(written, info)
        known = declarations_of(info).names.get(plural)
        if known is not None and name not in known:
            raise invalid_value(missing, suggestion(name, sorted(known)), written)
        return name

    return read


def list_reader(reader: StringReader, syntax: str) -> FieldReader:
    """A reader of a list of names, each of which stands once."""

    def read(written: object, info: ValidationInfo) -> tuple[str, ...]:
        if not isinstance(written, list | tuple):
            raise invalid_value("is not a list", f"write [{one_line(written)}]", written)
        if not written:
            raise invalid_value("is an empty list", "name at least one, or leave the key out", written)
        names: list[str] = []
        collector = ComplaintCollector()
        for position, part in enumerate(written):
            with collector.under(position):
                if part in written[:position]:
                    raise invalid_value("is a duplicate", "write it once", part)
                names.append(reader(part, info))
        collector.raise_if_any()
        return tuple(names)

    return field_reader(read, list[str], syntax)


read_provider = declared_name_reader("providers", "names no provider")
read_site = declared_name_reader("sites", "names no site")
read_sold_site = declared_name_reader("sold", "is not a site that a provider sells from")
read_hardware = declared_name_reader("hardware", "names no hardware")
read_stream = declared_name_reader("demand", "names no stream of demand")
read_customer = declared_name_reader("customers", "is not a customer of any stream")
ProviderName = Annotated[str, field_reader(read_provider, str, "a provider")]
SoldSiteName = Annotated[str, field_reader(read_sold_site, str, "a site that a provider sells from")]
HardwareName = Annotated[str, field_reader(read_hardware, str, "a hardware")]
CustomerName = Annotated[str, field_reader(read_customer, str, "a customer of a stream")]
NameList = Annotated[tuple[str, ...], list_reader(read_name, "a list of names")]
SiteNames = Annotated[tuple[str, ...], list_reader(read_site, "a list of sites")]
StreamNames = Annotated[tuple[str, ...], list_reader(read_stream, "a list of streams")]
ProviderNames = Annotated[tuple[str, ...], list_reader(read_provider, "a list of providers")]
