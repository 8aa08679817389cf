"""Borrowing: a structure of the compiler's for the time of a call, as a bare pointer without counting references.

Numba counts the references to a structure, and to every array in it, in each function that is given one; that
costs more than the market's own work. Who lends a structure holds it until the call returns, and so all arrays
in it; but an array that was read before its field is set anew must not be used after. An index into a lent array
is never below 0, which an index of numba's is asked at each use (except where NUMBA_BOUNDSCHECK checks them all).
"""

import operator
from typing import Any

from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.extending import (
    infer_getattr,
    intrinsic,
    lower_builtin,
    lower_cast,
    lower_getattr_generic,
    lower_setattr_generic,
    register_model,
)
from numba.core.typing.templates import AttributeTemplate
from numba.experimental.structref import _Utils
from numba.np.arrayobj import getitem_array_tuple, getitem_arraynd_intp, setitem_array

from sim.model.compiled.compiler import numba_config


class BorrowedStruct(types.Type):
    """The type of a structure that is lent."""

    def __init__(self, structure: types.StructRef) -> None:
        super().__init__(name=f"Lent({structure.name})")
        self.structure = structure


class BorrowedArray(types.Array):
    """The type of an array in a structure that is lent: of one or two dimensions, in the order of C."""

    def __init__(self, array: types.Array) -> None:
        super().__init__(array.dtype, array.ndim, "C", name=f"Lent({array.name})")


register_model(BorrowedStruct)(models.OpaqueModel)
register_model(BorrowedArray)(models.ArrayModel)


@lower_cast(types.Array, BorrowedArray)
@lower_cast(BorrowedArray, types.Array)
def _pass_through(context: Any, builder: Any, kind: Any, other: Any, value: Any) -> Any:
    return value


def _item_pointer(context: Any, builder: Any, kind: Any, value: Any, indices: Any) -> Any:
    """The pointer to an item of a lent array."""
    array = context.make_array(kind)(context, builder, value=value)
    at = indices[0]
    for k, index in enumerate(indices[1:], 1):
        at = builder.add(builder.mul(at, builder.extract_value(array.shape, k)), index)
    return builder.gep(array.data, [at], inbounds=True)


def _indices(context: Any, builder: Any, kind: Any, index_kind: Any, index: Any) -> Any:
    """The indices of one item; None where the index stands for several items."""
    several = isinstance(index_kind, types.BaseTuple)
    indices = cgutils.unpack_tuple(builder, index, count=len(index_kind)) if several else [index]
    kinds = index_kind.types if several else [index_kind]
    if len(kinds) < kind.ndim or not all(isinstance(each, types.Integer) for each in kinds):
        return None
    return [context.cast(builder, *each, types.int64) for each in zip(indices, kinds, strict=True)]


@lower_builtin(operator.getitem, BorrowedArray, types.Integer)
@lower_builtin(operator.getitem, BorrowedArray, types.BaseTuple)
def _lower_getitem(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kind, index_kind = signature.args
    indices = _indices(context, builder, kind, index_kind, args[1])
    if indices is None:
        several = isinstance(index_kind, types.BaseTuple)
        return (getitem_array_tuple if several else getitem_arraynd_intp)(context, builder, signature, args)
    return builder.load(_item_pointer(context, builder, kind, args[0], indices))


@lower_builtin(operator.setitem, BorrowedArray, types.Any, types.Any)
def _lower_setitem(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kind, index_kind, value_kind = signature.args
    indices = _indices(context, builder, kind, index_kind, args[1])
    if indices is None:
        return setitem_array(context, builder, signature, args)
    value = context.cast(builder, args[2], value_kind, kind.dtype)
    builder.store(value, _item_pointer(context, builder, kind, args[0], indices))
    return context.get_dummy_value()


def _field_type(struct: BorrowedStruct, field: str) -> Any:
    """The type of a field as it is read from a structure that is lent."""
    kind = struct.structure.field_dict.get(field)
    return BorrowedArray(kind) if isinstance(kind, types.Array) and not numba_config.BOUNDSCHECK else kind


@intrinsic
def borrow_struct(typing: Any, structure: Any) -> Any:
    """A structure as a bare pointer."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = _Utils(context, builder, signature.args[0]).get_data_pointer(args[0])
        return builder.bitcast(pointer, cgutils.voidptr_t)

    return BorrowedStruct(structure)(structure), code


def _payload(context: Any, builder: Any, structure: Any, pointer: Any) -> Any:
    """The fields behind a pointer."""
    payload = structure.get_data_type()
    where = builder.bitcast(pointer, context.data_model_manager[payload].get_value_type().as_pointer())
    return cgutils.create_struct_proxy(payload)(context, builder, ref=where)


@infer_getattr
class _FieldTemplate(AttributeTemplate):
    key = BorrowedStruct

    def generic_resolve(self, struct: BorrowedStruct, field: str) -> Any:  # type: ignore[override]
        return _field_type(struct, field)


@lower_getattr_generic(BorrowedStruct)
def _lower_getattr(context: Any, builder: Any, struct: BorrowedStruct, pointer: Any, field: str) -> Any:
    """A field; of an array, the data without its owner, so that nothing is counted."""
    value = getattr(_payload(context, builder, struct.structure, pointer), field)
    kind = _field_type(struct, field)
    if not isinstance(kind, types.Array):
        return value
    array = context.make_array(kind)(context, builder, value=value)
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    array.parent = cgutils.get_null_value(array.parent.type)
    return array._getvalue()


@lower_setattr_generic(BorrowedStruct)
def _lower_setattr(context: Any, builder: Any, signature: Any, args: Any, field: str) -> None:
    """Set a field; an array must be a new one, which owns its data, and the one before it is let go."""
    (lent, kind), (pointer, value) = signature.args, args
    fields = _payload(context, builder, lent.structure, pointer)
    field_kind = lent.structure.field_dict[field]
    value = context.cast(builder, value, kind, field_kind)
    if isinstance(field_kind, types.Array):
        context.nrt.incref(builder, field_kind, value)
        context.nrt.decref(builder, field_kind, getattr(fields, field))
    setattr(fields, field, value)
