"""The base of the schema, and the bridge between its readers and pydantic.

A reader raises InvalidValueError with all that is wrong in a value; pydantic adds where the value stands, and goes
on. Complaints cross pydantic as errors of the type `fault`, and come out again as complaints.
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

from sim.scenario.description_keys import CONFIDENCES, DESCRIPTION_KEYS, Confidence
from sim.scenario.distributions import UncertainNumbers
from sim.scenario.faults import (
    Complaint,
    InvalidValueError,
    invalid_value,
    one_line,
    suggestion,
)
from sim.scenario.units import MEASURES, Measure

_T = TypeVar("_T")


@dataclass(frozen=True)
class Declarations:
    """What a file declares by name, known before its parts are read."""

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Under sites, providers, supplies, hardware, demand (streams), customers, sold (sites that somebody sells)."""
    supplies: Mapping[str, Measure | None] = field(default_factory=dict)
    """How the amounts of each supply are measured; None where its unit is faulty."""
    uncertain: UncertainNumbers | None = None
    amount_measure: Measure = MEASURES["each"]
    """How amounts are measured in the supply that is being read."""
    customer_classes: tuple[tuple[str | None, str | None], ...] | None = None
    """The customers and classes of all requests; None where a trace does not tell them."""
    read_traces: bool = True
    """Whether the traces are read that the file names."""


def declarations_of(info: ValidationInfo) -> Declarations:
    """What the file declares; where pydantic was handed nothing, nothing is checked against it."""
    return info.context if isinstance(info.context, Declarations) else Declarations()


@dataclass(frozen=True)
class FieldReader(PlainValidator):
    """A reader as pydantic calls it."""

    syntax: str = ""
    """What may be written, in the words of the reference."""


def field_reader(reader: Callable[[object, ValidationInfo], _T], json_type: Any, syntax: str) -> FieldReader:
    """A reader as pydantic calls it; editors go by its `json_type`, people by its `syntax`."""

    def validate(written: object, info: ValidationInfo) -> _T:
        try:
            return reader(written, info)
        except InvalidValueError as error:
            raise_complaints(error.complaints)

    return FieldReader(validate, json_type, syntax)


def raise_complaints(
    complaints: Iterable[Complaint], other_errors: Iterable[InitErrorDetails] = ()
) -> NoReturn:
    """Raise complaints as pydantic's errors, each at its place, together with others."""
    details = [
        InitErrorDetails(type=pydantic_error(each), loc=each.path, input=each.value) for each in complaints
    ]
    raise ValidationError.from_exception_data("scenario", [*details, *other_errors])


def pydantic_error(complaint: Complaint) -> PydanticCustomError:
    """The error of pydantic's that carries a complaint."""
    context = {"message": complaint.message, "remedy": complaint.remedy, "place": complaint.place}
    return PydanticCustomError("fault", "{message}; {remedy}", context)


def error_details(error: ValidationError) -> list[InitErrorDetails]:
    """The errors of a part, to be raised again with those of the whole."""
    details = []
    for each in error.errors(include_url=False):
        context = each.get("ctx", {})
        error_type = pydantic_error(Complaint(**context)) if each["type"] == "fault" else each["type"]
        details.append(InitErrorDetails(type=error_type, loc=each["loc"], input=each["input"], ctx=context))
    return details


def read_text(written: object, info: ValidationInfo) -> str:
    """A text as it is written. Raises InvalidValueError for a map, a list or nothing."""
    if isinstance(written, Mapping | list | tuple) or written is None:
        raise invalid_value("is not a text", "write words", written)
    return str(written)


def one_of(*words: str) -> FieldReader:
    """A reader of one of some words."""
    quoted = [f"`{word}`" for word in words]

    def read(written: object, info: ValidationInfo) -> str:
        if written not in words:
            raise invalid_value("is not a valid value", suggestion(str(written), words), written)
        return str(written)

    return field_reader(read, Literal[words], f"{', '.join(quoted[:-1])} or {quoted[-1]}")


def text_default(text: str) -> Any:
    """A field that reads `text` where nothing is written."""
    return Field(default=text, validate_default=True)


Text = Annotated[str, field_reader(read_text, str | float, "a text")]


class SchemaObject(BaseModel):
    """An object of a scenario: frozen, without unknown keys, and with its sources."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
    phrase: ClassVar[str] = ""
    """What it is in a sentence, where that is not `a` and the name of its class."""
    atomic_keys: ClassVar[frozenset[str]] = frozenset()
    """Keys whose maps are values, which `extends` replaces whole."""
    stands_in_tables: ClassVar[bool] = False
    """Whether a map of such objects may be a table in a file, a row for each."""

    source: Text | None = None
    """Where this is known from: a URL, or a document."""
    confidence: Annotated[Confidence, one_of(*CONFIDENCES)] | None = None
    """How well it is known: reported, estimated, inferred or assumed."""
    note: Text | None = None
    """What else a reader should know."""

    @classmethod
    def in_words(cls) -> str:
        """The object in a sentence, with its article."""
        return cls.phrase or f"a {cls.__name__.lower()}"

    @classmethod
    def field_by_key(cls) -> dict[str, str]:
        """The names of fields by the keys that may be written, those that only describe last."""
        fields = {each.alias or name: name for name, each in cls.model_fields.items()}
        specific = {key: name for key, name in fields.items() if key not in DESCRIPTION_KEYS}
        return specific | fields

    @classmethod
    def ineffective_keys(cls, given: Mapping[str, Any]) -> dict[str, str]:
        """The keys that have no effect beside those that are given, each with the reason."""
        return {}

    @classmethod
    def combination_complaints(cls, given: Mapping[str, Any]) -> Iterable[Complaint]:
        """Complaints about keys that are given together, or missing."""
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def validate_all(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Validate an object, with complaints about its keys beside those about what stands under them."""
        if isinstance(data, cls):
            return data
        word = cls.in_words()
        fields = cls.field_by_key()
        if not isinstance(data, Mapping):
            remedy = f"write {{{next(iter(fields))}: ..., ...}}"
            raise_complaints([Complaint(f"does not state {word}", remedy, data)])
        given = {key: part for key, part in data.items() if key in fields and part is not None}
        complaints = [
            Complaint(f"is not a key of {word}", suggestion(str(key), fields), part, (str(key),))
            for key, part in data.items()
            if key not in fields
        ]
        reasons = cls.ineffective_keys(given)
        complaints += [
            Complaint(reasons[key], "remove it", given[key], (key,)) for key in given if key in reasons
        ]
        complaints += cls.combination_complaints(given)
        try:
            validated = handler(given)
        except ValidationError as error:
            raise_complaints(complaints, error_details(error))
        if complaints:
            raise_complaints(complaints)
        return validated


def complaints_of(error: ValidationError) -> Iterable[Complaint]:
    """The complaints that pydantic carries, and its own errors in the words of this program."""
    for each in error.errors(include_url=False):
        path = tuple(part for part in each["loc"] if part != "[key]")
        match each["type"]:
            case "fault":
                message, remedy, place = (each["ctx"][word] for word in ("message", "remedy", "place"))
                yield Complaint(message, remedy, each["input"], path, place)
            case "missing":
                yield Complaint("is missing", f"write {path[-1]}: ...", None, path)
            case "dict_type":
                yield Complaint("is not a map of names", "write NAME: {...} for each", each["input"], path)
            case "tuple_type":
                yield Complaint("is not a list", f"write [{one_line(each['input'])}]", each["input"], path)
            case "default_factory_not_called":
                pass  # the field that it rests on has a complaint already
            case _:
                yield Complaint(each["msg"], "", each["input"], path)
