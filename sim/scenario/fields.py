"""Fields of a scenario: how does pydantic read the words of our domain?

Each field type here is a reader of ours under pydantic's: a reader raises `Wrong` with all that is wrong in a
value, and pydantic adds where it stands.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, NoReturn, Self, TypeVar, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from sim.scenario.dates import Date, instant, read_date
from sim.scenario.faults import Complaint, Gathering, Wrong, meant, wrong
from sim.scenario.laws import Law, Reading, bounds, can_be_zero, measure_of, read_law, unwrapped
from sim.scenario.units import MEASURES, Measure

T = TypeVar("T")


@dataclass(frozen=True)
class Declared:
    """What does the file declare, known before its parts are read?"""

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The names under each plural word: sites, providers, supplies, hardware, customers, sites sold from."""
    supplies: Mapping[str, Measure | None] = field(default_factory=dict)
    """How the amounts of each supply are read; None where its unit is faulty."""
    uncertain: Mapping[str, Law | None] | None = None
    amounts: Measure = MEASURES["each"]
    """How amounts are read inside the supply that is being read."""


def declared(info: ValidationInfo) -> Declared:
    """What the file declares, as handed to pydantic; nothing is checked against where it was not."""
    return info.context if isinstance(info.context, Declared) else Declared()


def told(complaints: tuple[Complaint, ...], called: str = "value") -> NoReturn:
    """Raises what is wrong in the words of pydantic, each with its place."""
    raise ValidationError.from_exception_data(called, [as_pydantic(each) for each in complaints])


def as_pydantic(complaint: Complaint) -> InitErrorDetails:
    """A complaint as pydantic's errors carry it."""
    context = {"message": complaint.message, "remedy": complaint.remedy}
    kind = PydanticCustomError("fault", "{message}; {remedy}", context)
    return InitErrorDetails(type=kind, loc=complaint.path, input=complaint.value)


def reads(reader: Callable[[object, ValidationInfo], T]) -> PlainValidator:
    """A reader of ours as a validator of pydantic's."""

    def validate(written: object, info: ValidationInfo) -> T:
        try:
            return reader(written, info)
        except Wrong as error:
            told(error.complaints)

    return PlainValidator(validate)


# Quantities and laws.

QUANTITY_SCHEMA = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "object"}]})
Check = Callable[[Law, "float | None", tuple[float, float]], str]


def above_zero(law: Law, constant: float | None, ends: tuple[float, float]) -> str:
    """Is it above 0, always?"""
    return "must be above 0" if -math.inf < ends[0] < 0 or (ends[0] == 0 and can_be_zero(law)) else ""


def not_below_zero(law: Law, constant: float | None, ends: tuple[float, float]) -> str:
    """Is it never below 0?"""
    return "must not be below 0" if -math.inf < ends[0] < 0 else ""


def at_least_one(law: Law, constant: float | None, ends: tuple[float, float]) -> str:
    """Is it never below 1?"""
    return "must not be below 1" if -math.inf < ends[0] < 1 else ""


def within_one(law: Law, constant: float | None, ends: tuple[float, float]) -> str:
    """Is it between 0 and 1, always?"""
    over = ends[1] > 1 and (ends[1] < math.inf or ends[0] > -math.inf)
    return "must be between 0 % and 100 %" if over or -math.inf < ends[0] < 0 else ""


def quantity(measure: Measure, info: ValidationInfo, written: object, check: Check | None = None) -> Law:
    """Which law is written, of what is measured so?"""
    known = declared(info)
    law = read_law(written, Reading(measure, known.uncertain))
    if check and (message := check(law, law.constant, bounds(law, known.uncertain))):
        remedy = f"write {measure.example}, or the like"
        if check is within_one and law.constant and 1 < law.constant <= 100:
            remedy = f"write {law.constant:g} %"
        raise wrong(message, remedy, unwrapped(written))
    return law


def law_of(dimension: str, check: Check | None = None, bare: str | None = None) -> PlainValidator:
    """A reader of laws of one dimension, which pass a check."""
    measure = MEASURES[dimension]
    if bare is not None:
        measure = Measure(dimension, measure.unit, measure.example, bare, measure.called)
    return reads(lambda written, info: quantity(measure, info, written, check))


def or_never(dimension: str, check: Check) -> PlainValidator:
    """The same, where `never` says that there is no limit."""
    measure = MEASURES[dimension]
    return reads(
        lambda written, info: None if written == "never" else quantity(measure, info, written, check)
    )


Power = Annotated[Law, law_of("power", not_below_zero), QUANTITY_SCHEMA]
SomePower = Annotated[Law, law_of("power", above_zero), QUANTITY_SCHEMA]
KilowattsEach = Annotated[Law, law_of("power", above_zero, bare="kW"), QUANTITY_SCHEMA]
Duration = Annotated[Law, law_of("duration", not_below_zero), QUANTITY_SCHEMA]
SomeDuration = Annotated[Law, law_of("duration", above_zero), QUANTITY_SCHEMA]
Shift = Annotated[Law, law_of("duration"), QUANTITY_SCHEMA]
OrNever = Annotated[Law | None, or_never("duration", not_below_zero), QUANTITY_SCHEMA]
Share = Annotated[Law, law_of("share", within_one), QUANTITY_SCHEMA]
Rate = Annotated[Law, law_of("rate", not_below_zero), QUANTITY_SCHEMA]
Price = Annotated[Law, law_of("price", not_below_zero), QUANTITY_SCHEMA]
Capex = Annotated[Law, law_of("capex", not_below_zero), QUANTITY_SCHEMA]
Money = Annotated[Law, law_of("money", not_below_zero), QUANTITY_SCHEMA]
Area = Annotated[Law, law_of("area", not_below_zero), QUANTITY_SCHEMA]
Factor = Annotated[Law, law_of("number", above_zero), QUANTITY_SCHEMA]
FactorFromOne = Annotated[Law, law_of("number", at_least_one), QUANTITY_SCHEMA]

Uncertain = Annotated[
    Law, reads(lambda written, info: quantity(measure_of(unwrapped(written)), info, written)), QUANTITY_SCHEMA
]


# Dates.

DATE_SCHEMA = WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, {"type": "object"}]})


def dated(written: object, info: ValidationInfo) -> Date:
    """Which date is written, maybe with a law of what is added to it?"""

    def plus(part: object) -> Law:
        gathering = Gathering()
        with gathering.under("plus"):
            return quantity(MEASURES["duration"], info, part)
        gathering.settle()
        raise AssertionError

    return read_date(written, plus)


When = Annotated[Date, reads(dated), DATE_SCHEMA]
WhenOrNever = Annotated[
    Date | None,
    reads(lambda written, info: None if written == "never" else dated(written, info)),
    DATE_SCHEMA,
]
Instant = Annotated[datetime, reads(lambda written, info: instant(unwrapped(written))), DATE_SCHEMA]

Series = tuple[tuple[datetime, Law], ...]


def series(measure: Measure, check: Check | None, written: object, info: ValidationInfo) -> Series:
    """Which quantities stand at which dates? Sorted by date; raises `Wrong` for a date that stands twice."""
    if isinstance(written, tuple):
        return cast(Series, written)
    if not isinstance(written, Mapping) or not written:
        raise wrong("is no list of dates", f"write {{2026-01-01: {measure.example}, ...}}", written)
    found: dict[datetime, Law] = {}
    gathering = Gathering()
    for key, part in written.items():
        with gathering.under(key):
            at = instant(key)
            if at in found:
                raise wrong("is a date that stands here twice", "write it once", key)
            found[at] = quantity(measure, info, part, check)
    gathering.settle()
    return tuple(sorted(found.items(), key=lambda pair: pair[0]))


Points = Annotated[
    Series,
    reads(lambda written, info: series(MEASURES["power"], not_below_zero, written, info)),
    WithJsonSchema({"type": "object"}),
]


# Words, names and whole numbers.


def read_whole(written: object, info: ValidationInfo) -> int:
    """Which whole number is written?"""
    text = str(unwrapped(written)).strip()
    if isinstance(written, bool) or not re.fullmatch(r"[+-]?\d{1,12}", text):
        raise wrong("is not a whole number", "write a number such as 8", written)
    return int(text)


def read_truth(written: object, info: ValidationInfo) -> bool:
    """Is it true or false? (YAML 1.2 knows no other words for it.)"""
    truths = {"true": True, "false": False}
    if (word := str(written).lower()) in truths:
        return truths[word]
    remedy = {"yes": "write true", "on": "write true", "no": "write false", "off": "write false"}
    raise wrong("is neither true nor false", remedy.get(word, "write true or false"), written)


def read_text(written: object, info: ValidationInfo) -> str:
    """Which text is written?"""
    if isinstance(written, Mapping | list | tuple) or written is None:
        raise wrong("is not a text", "write words", written)
    return str(written)


def read_name(written: object, info: ValidationInfo) -> str:
    """Which name is written? It holds no dot, since dots join the parts of a path."""
    name = read_text(written, info)
    if not name.strip() or "." in name:
        raise wrong(
            "is not a name" if not name.strip() else "holds a dot", "write a name without dots", written
        )
    return name


def one_of(*words: str) -> PlainValidator:
    """A reader of one of some words."""

    def read(written: object, info: ValidationInfo) -> str:
        if written not in words:
            raise wrong("is not one of the words that may stand here", meant(str(written), words), written)
        return str(written)

    return reads(read)


Int = Annotated[int, reads(read_whole), WithJsonSchema({"type": "integer"})]
Truth = Annotated[bool, reads(read_truth), WithJsonSchema({"type": "boolean"})]
Text = Annotated[str, reads(read_text), WithJsonSchema({"type": ["string", "number"]})]
Name = Annotated[str, reads(read_name), WithJsonSchema({"type": "string"})]
Confidence = Annotated[
    Literal["reported", "estimated", "inferred", "assumed"],
    one_of("reported", "estimated", "inferred", "assumed"),
]


def named(plural: str, singular: str) -> PlainValidator:
    """A reader of names that the file must declare."""

    def read(written: object, info: ValidationInfo) -> str:
        name = read_name(written, info)
        known = declared(info).names.get(plural)
        if known is not None and name not in known:
            raise wrong(f"names no {singular}", meant(name, sorted(known)), written)
        return name

    return reads(read)


SiteName = Annotated[str, named("sites", "site")]
ProviderName = Annotated[str, named("providers", "provider")]
HardwareName = Annotated[str, named("hardware", "hardware")]
SupplyName = Annotated[str, named("supplies", "supply")]
CustomerName = Annotated[str, named("customers", "customer of demand")]
SoldSiteName = Annotated[SiteName, AfterValidator(lambda name, info: sold(name, info))]


def sold(name: str, info: ValidationInfo) -> str:
    """Does some provider sell from the site?"""
    known = declared(info).names.get("sold")
    if known is not None and name not in known:
        told((Complaint("is a site that no provider sells from", "add it to the sites of a provider", name),))
    return name


def unique(names: tuple[str, ...]) -> tuple[str, ...]:
    """Stands each name once?"""
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        told(
            (
                Complaint(
                    "stands here twice", "write it once", twice, (len(names) - 1 - names[::-1].index(twice),)
                ),
            )
        )
    return names


def stated(text: str) -> Any:
    """A field that says `text` where nothing is written."""
    return Field(default=text, validate_default=True)


class Described(BaseModel):
    """An object of a scenario: frozen, without unknown keys, and with its sources."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    called: ClassVar[str] = ""
    """What it is in a sentence; its class in lower case if empty."""

    source: Text | None = None
    """Where this is known from: a URL, or a document."""
    confidence: Confidence | None = None
    """How well it is known: reported, estimated, inferred or assumed."""
    note: Text | None = None
    """Anything that a reader should know."""

    @classmethod
    def keys(cls) -> tuple[str, ...]:
        """Which keys may be written?"""
        return tuple(field.alias or name for name, field in cls.model_fields.items())

    @classmethod
    def misfits(cls, given: Mapping[str, object]) -> list[Complaint]:
        """What is wrong with the keys that are written together?"""
        return []

    @model_validator(mode="wrap")
    @classmethod
    def all_at_once(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Reads an object, and tells what is wrong with its keys together with what is wrong in them."""
        if isinstance(data, cls):
            return data
        word = cls.called or cls.__name__.lower()
        if not isinstance(data, Mapping):
            told(
                (
                    Complaint(
                        f"is not how a {word} is written", f"write its keys: {', '.join(cls.keys())}", data
                    ),
                )
            )
        known = {key: part for key, part in data.items() if key in cls.keys()}
        complaints = [
            Complaint(f"is no key of a {word}", meant(str(key), cls.keys()), data[key], (str(key),))
            for key in data
            if key not in known
        ]
        complaints += cls.misfits(known)
        try:
            made = handler(known)
        except ValidationError as error:
            raise ValidationError.from_exception_data(
                word, [*map(as_pydantic, complaints), *again(error)]
            ) from None
        if complaints:
            told(tuple(complaints), word)
        return made


def again(error: ValidationError) -> list[InitErrorDetails]:
    """The errors of a part, to be raised again with those of the whole."""
    details = []
    for each in error.errors():
        kind: str | PydanticCustomError = each["type"]
        if kind == "fault":
            kind = PydanticCustomError("fault", "{message}; {remedy}", each["ctx"])
        details.append(
            InitErrorDetails(type=kind, loc=each["loc"], input=each["input"], ctx=each.get("ctx", {}))
        )
    return details
