"""A structure of the compiler's, lent for the time of a call: a bare pointer, without counting references.

Numba counts the references to a structure, and to every array in it, in each function that is given one; that
costs more than the market's own work. Who lends a structure holds it until the call returns, and so all arrays
in it; but an array that was read before its field is set anew must not be used after.
"""

from typing import Any

from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.extending import (
    infer_getattr,
    intrinsic,
    lower_getattr_generic,
    lower_setattr_generic,
    register_model,
)
from numba.core.typing.templates import AttributeTemplate
from numba.experimental.structref import _Utils


class Lent(types.Type):
    """The type of a structure that is lent."""

    def __init__(self, structure: types.StructRef) -> None:
        super().__init__(name=f"Lent({structure.name})")
        self.structure = structure


register_model(Lent)(models.OpaqueModel)


@intrinsic
def lend(typing: Any, structure: Any) -> Any:
    """A structure as a bare pointer."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _Utils(context, builder, signature.args[0]).get_data_pointer(args[0])
        return builder.bitcast(pointer, cgutils.voidptr_t)

    return Lent(structure)(structure), code


def _payload(context: Any, builder: Any, structure: Any, pointer: Any) -> Any:
    """The fields behind a pointer."""
    payload = structure.get_data_type()
    where = builder.bitcast(pointer, context.data_model_manager[payload].get_value_type().as_pointer())
    return cgutils.create_struct_proxy(payload)(context, builder, ref=where)


@infer_getattr
class _Fields(AttributeTemplate):
    key = Lent

    def generic_resolve(self, lent: Lent, field: str) -> Any:  # type: ignore[override]
        return lent.structure.field_dict.get(field)


@lower_getattr_generic(Lent)
def _read(context: Any, builder: Any, lent: Lent, pointer: Any, field: str) -> Any:
    """A field; of an array, the data without its owner, so that nothing is counted."""
    value = getattr(_payload(context, builder, lent.structure, pointer), field)
    kind = lent.structure.field_dict[field]
    if not isinstance(kind, types.Array):
        return value
    array = context.make_array(kind)(context, builder, value=value)
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    array.parent = cgutils.get_null_value(array.parent.type)
    return array._getvalue()


@lower_setattr_generic(Lent)
def _write(context: Any, builder: Any, signature: Any, args: Any, field: str) -> None:
    """Set a field; an array must be a new one, which owns its data, and the one before it is let go."""
    (lent, kind), (pointer, value) = signature.args, args
    fields = _payload(context, builder, lent.structure, pointer)
    field_kind = lent.structure.field_dict[field]
    value = context.cast(builder, value, kind, field_kind)
    if isinstance(field_kind, types.Array):
        context.nrt.incref(builder, field_kind, value)
        context.nrt.decref(builder, field_kind, getattr(fields, field))
    setattr(fields, field, value)
