"""Fields: how do readers of ours and pydantic's objects read a scenario together?

A reader raises `Wrong` with all that is wrong in a value; pydantic adds where the value stands, and goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, NoReturn, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from sim.scenario.faults import Complaint, Wrong, meant, wrong
from sim.scenario.laws import Known
from sim.scenario.statements import CONFIDENCES, DESCRIPTION
from sim.scenario.units import MEASURES, Measure

T = TypeVar("T")


@dataclass(frozen=True)
class Declared:
    """What does the file declare by name, known before its parts are read?"""

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Under sites, providers, supplies, hardware, customers, and sold (sites that a provider sells from)."""
    supplies: Mapping[str, Measure | None] = field(default_factory=dict)
    """How the amounts of each supply are measured; None where its unit is faulty."""
    uncertain: Known | None = None
    amounts: Measure = MEASURES["each"]
    """How amounts are measured in the supply that is being read."""
    askers: tuple[tuple[str | None, str | None], ...] | None = None
    """The customers and classes of all requests; None where a trace does not tell them."""
    files: bool = True
    """Are the traces read that the file names?"""


def declared(info: ValidationInfo) -> Declared:
    """What the file declares; where pydantic was not handed it, nothing is checked against it."""
    return info.context if isinstance(info.context, Declared) else Declared()


@dataclass(frozen=True)
class Reads(PlainValidator):
    """A reader of ours as pydantic calls it."""

    says: str = ""
    """What may be written, in the words of the reference."""


def reads(reader: Callable[[object, ValidationInfo], T], written_as: Any, says: str) -> Reads:
    """A reader as pydantic calls it; editors are told that it is `written_as` some type, people what it `says`."""

    def validate(written: object, info: ValidationInfo) -> T:
        try:
            return reader(written, info)
        except Wrong as error:
            tell(error.complaints)

    return Reads(validate, written_as, says)


def tell(complaints: Iterable[Complaint], beside: Iterable[InitErrorDetails] = ()) -> NoReturn:
    """Raises what is wrong as pydantic's errors, each at its place."""
    details = [InitErrorDetails(type=kind(each), loc=each.path, input=each.value) for each in complaints]
    raise ValidationError.from_exception_data("scenario", [*details, *beside])


def kind(complaint: Complaint) -> PydanticCustomError:
    """The kind of error that carries a complaint."""
    context = {"message": complaint.message, "remedy": complaint.remedy, "place": complaint.place}
    return PydanticCustomError("fault", "{message}; {remedy}", context)


def again(error: ValidationError) -> list[InitErrorDetails]:
    """The errors of a part, to be raised once more with those of the whole."""
    details = []
    for each in error.errors(include_url=False):
        context = each.get("ctx", {})
        same = kind(Complaint(**context)) if each["type"] == "fault" else each["type"]
        details.append(InitErrorDetails(type=same, loc=each["loc"], input=each["input"], ctx=context))
    return details


def read_text(written: object, info: ValidationInfo) -> str:
    """Which text is written?"""
    if isinstance(written, Mapping | list | tuple) or written is None:
        raise wrong("is not a text", "write words", written)
    return str(written)


def one_of(*words: str) -> Reads:
    """A reader of one of some words."""
    quoted = [f"`{word}`" for word in words]

    def read(written: object, info: ValidationInfo) -> str:
        if written not in words:
            raise wrong("is no word that may stand here", meant(str(written), words), written)
        return str(written)

    return reads(read, Literal[words], f"{', '.join(quoted[:-1])} or {quoted[-1]}")


def stated(text: str) -> Any:
    """A field that reads `text` where nothing is written."""
    return Field(default=text, validate_default=True)


Text = Annotated[str, reads(read_text, str | float, "a text")]


class Described(BaseModel):
    """An object of a scenario: frozen, without unknown keys, and with its sources."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    called: ClassVar[str] = ""
    """What it is in a sentence, where that is not `a` and the name of its class."""
    whole: ClassVar[frozenset[str]] = frozenset()
    """Keys whose maps are values, which `extends` replaces whole."""

    source: Text | None = None
    """Where this is known from: a URL, or a document."""
    confidence: (
        Annotated[Literal["reported", "estimated", "inferred", "assumed"], one_of(*CONFIDENCES)] | None
    ) = None
    """How well it is known: reported, estimated, inferred or assumed."""
    note: Text | None = None
    """What else a reader should know."""

    @classmethod
    def in_words(cls) -> str:
        """What is it called in a sentence?"""
        return cls.called or f"a {cls.__name__.lower()}"

    @classmethod
    def fields(cls) -> dict[str, str]:
        """Which field does each key that may be written fill?"""
        found = {each.alias or name: name for name, each in cls.model_fields.items()}
        own = {key: name for key, name in found.items() if key not in DESCRIPTION}
        return own | found

    @classmethod
    def idle(cls, given: Mapping[str, Any]) -> dict[str, str]:
        """Which keys have no meaning beside those that are given, and why?"""
        return {}

    @classmethod
    def misfits(cls, given: Mapping[str, Any]) -> Iterable[Complaint]:
        """What is wrong with the keys that are given together, or missing?"""
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def all_at_once(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Reads an object, and tells what is wrong with its keys together with what is wrong in them."""
        if isinstance(data, cls):
            return data
        word = cls.in_words()
        fields = cls.fields()
        if not isinstance(data, Mapping):
            remedy = f"write {{{next(iter(fields))}: ..., ...}}"
            tell([Complaint(f"does not state {word}", remedy, data)])
        given = {key: part for key, part in data.items() if key in fields and part is not None}
        complaints = [
            Complaint(f"is no key of {word}", meant(str(key), fields), part, (str(key),))
            for key, part in data.items()
            if key not in fields
        ]
        idle = cls.idle(given)
        complaints += [Complaint(idle[key], "remove it", given[key], (key,)) for key in given if key in idle]
        complaints += cls.misfits(given)
        try:
            made = handler(given)
        except ValidationError as error:
            tell(complaints, again(error))
        if complaints:
            tell(complaints)
        return made
