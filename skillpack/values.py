"""Define Value and NamedTuple, base classes of values that take little time to define.

A Value is a frozen dataclass. dataclasses.dataclass compiles the methods of each class, about a millisecond for each
and together a third of a short run. Here all classes share their methods. To everything that reads dataclasses
(dataclasses.fields, replace and asdict, copy.replace, inspect.signature, pydantic) a Value is the dataclass that its
annotations describe: that one is made when it is first asked for.

typing.NamedTuple compiles each annotation, which takes two thirds of the time of a class. Here annotations are only
recorded.
"""

import operator
import sys
from collections import namedtuple
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, dataclass_transform

if TYPE_CHECKING:
    import dataclasses
    import inspect
    from dataclasses import replace as replace  # noqa: PLC0414 - so that checkers know the names of the fields
    from typing import ClassVar, Never
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414, TID251 - as above


def _annotated(namespace: dict[str, Any]) -> tuple[str, ...]:
    """Return the names that the body of a class annotates."""
    if sys.version_info >= (3, 14) and "__annotations__" not in namespace:
        import annotationlib

        annotate = annotationlib.get_annotate_from_class_namespace(namespace)
        return tuple(
            annotationlib.call_annotate_function(annotate, annotationlib.Format.FORWARDREF) if annotate else ()
        )
    return tuple(namespace.get("__annotations__", ()))


if not TYPE_CHECKING:

    class _NamedTupleType(type):
        """Makes a subclass of NamedTuple one of the namedtuple that its annotations and their values describe."""

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            names = _annotated(namespace)
            optional = [each in namespace for each in names]
            if optional != sorted(optional):
                raise TypeError(f"a field of {name} without a default follows one with a default")
            defaults = [namespace.pop(each) for each in names if each in namespace]
            fields = namedtuple(name, names, defaults=defaults)  # noqa: PYI024 - the annotations are in the subclass
            return type(name, (fields,), {"__slots__": (), **namespace})

    class NamedTuple(metaclass=_NamedTupleType):
        """The base class of tuples whose elements have names, as typing.NamedTuple."""


class _Unset(NamedTuple):
    """Stands for a value that is not given: the field is required, or has a factory."""

    factory: Callable[[], object] | None = None


class _Field(NamedTuple):
    default: Any
    compare: bool = True
    hash: bool = True
    repr: bool = True
    kw_only: bool | None = None


_REQUIRED: Final = _Unset()
_set: Final = object.__setattr__


def field(
    *,
    default: Any = _REQUIRED,
    default_factory: Callable[[], Any] | None = None,
    compare: bool = True,
    hash: bool = True,
    repr: bool = True,
    kw_only: bool | None = None,
) -> Any:
    """Return what a class assigns to an annotated name, as dataclasses.field does.

    Args:
        default: the value of the field if none is given.
        default_factory: makes that value; without either the field is required.
        compare: whether the field counts when values are compared or hashed.
        hash: whether it counts when they are hashed.
        repr: whether repr shows it.
        kw_only: whether it is given by its name only; if None, as in the rest of the class.
    """
    return _Field(_Unset(default_factory) if default_factory else default, compare, hash, repr, kw_only)


class _Lazy:
    """An attribute of a class and its instances that is computed from the class."""

    __slots__ = ("compute",)

    def __init__(self, compute: Callable[[type], object]) -> None:
        self.compute = compute

    def __get__(self, _instance: object, owner: type) -> object:
        return self.compute(owner)


def _as_field(stated: object, *, kw_only: bool) -> _Field:
    each = stated if isinstance(stated, _Field) else _Field(stated)
    return each if each.kw_only is not None else each._replace(kw_only=kw_only)


def _getter(names: list[str]) -> Callable[[object], object]:
    return operator.attrgetter(*names) if names else lambda _value: ()


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
class _ValueType(type):
    """Makes each annotation of a class a slot and an argument of its constructor."""

    __value_fields__: dict[str, _Field]
    __value_setters__: dict[str, Callable[[object, object], None]]

    def __new__(
        cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], *, kw_only: bool = True
    ) -> "_ValueType":
        names = _annotated(namespace)
        own = {each: _as_field(namespace.pop(each, _REQUIRED), kw_only=kw_only) for each in names}
        inherited = (base.__value_fields__ for base in reversed(bases) if isinstance(base, _ValueType))
        fields = {name: each for some in (*inherited, own) for name, each in some.items()}
        compared = [name for name, each in fields.items() if each.compare]
        made = {
            "__match_args__": tuple(name for name, each in fields.items() if not each.kw_only),
            "__slots__": names,
            "__value_fields__": fields,
            "__value_defaults__": {name: each.default for name, each in fields.items()},
            "__value_compared__": _getter(compared),
            "__value_hashed__": _getter([name for name in compared if fields[name].hash]),
        }
        made_class = super().__new__(cls, name, bases, namespace | made)
        made_class.__value_setters__ = {each: getattr(made_class, each).__set__ for each in fields}
        return made_class

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_options: Any) -> None:
        super().__init__(name, bases, namespace)


class Value(metaclass=_ValueType):
    """A value that cannot be changed. Its annotations are its fields, which are given by name.

    A subclass that is made with `kw_only=False` takes them by position too. `__post_init__` is called when all fields
    are set, as in a dataclass.
    """

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]
        __value_fields__: ClassVar[dict[str, _Field]]
        __value_compared__: ClassVar[Callable[[object], object]]
        __value_hashed__: ClassVar[Callable[[object], object]]
    else:  # or checkers would take these for the methods of every class

        def __init__(self, *positional: object, **given: object) -> None:
            setters = self.__value_setters__
            if positional:
                given = _name_positional(type(self), positional, given)
            try:
                for name, value in given.items():
                    setters[name](self, value)
            except KeyError:
                raise TypeError(f"{type(self).__name__}() got an unexpected keyword argument {name!r}") from None
            if len(given) < len(setters):
                for name, value in self.__value_defaults__.items():
                    if name not in given:
                        setters[name](self, _make_default(type(self), name, value) if type(value) is _Unset else value)
            self.__post_init__()

        def __replace__(self, /, **changes: object) -> "Value":
            return type(self)(**{name: getattr(self, name) for name in self.__value_fields__} | changes)

        __dataclass_fields__ = _Lazy(lambda cls: _as_dataclass(cls).__dataclass_fields__)
        __dataclass_params__ = _Lazy(lambda cls: _as_dataclass(cls).__dataclass_params__)
        __signature__ = _Lazy(lambda cls: _signature(cls))  # noqa: PLW0108 - defined below

    def __post_init__(self) -> None:
        """Check the values of the fields."""

    def __setattr__(self, name: str, value: object) -> "Never":
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> "Never":
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        compared = type(self).__value_compared__
        return bool(compared(self) == compared(other))

    def __hash__(self) -> int:
        return hash(type(self).__value_hashed__(self))

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name, each in self.__value_fields__.items() if each.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __getstate__(self) -> list[object]:
        return [getattr(self, name) for name in self.__value_fields__]

    def __setstate__(self, state: list[object]) -> None:
        for name, value in zip(self.__value_fields__, state, strict=True):
            _set(self, name, value)


if not TYPE_CHECKING:

    def replace(value: Value, /, **changes: object) -> Value:
        """Return a value with some fields changed, as dataclasses.replace does."""
        return value.__replace__(**changes)


def _name_positional(cls: Any, positional: tuple[object, ...], given: dict[str, object]) -> dict[str, object]:
    """Return the arguments of a constructor by name."""
    names = cls.__match_args__
    if len(positional) > len(names):
        raise TypeError(f"{cls.__name__}() takes {len(names)} positional arguments but {len(positional)} were given")
    named = dict(zip(names, positional, strict=False))
    for name in named.keys() & given.keys() if given else ():
        raise TypeError(f"{cls.__name__}() got multiple values for argument {name!r}")
    return named | given


def _make_default(cls: type, name: str, unset: _Unset) -> object:
    if unset.factory is None:
        raise TypeError(f"{cls.__name__}() missing the required argument {name!r}")
    return unset.factory()


def _as_dataclass(cls: Any) -> Any:
    """Return the dataclass with the fields of a class; it is made once."""
    if cls not in _dataclasses:
        import dataclasses
        import inspect

        types = {name: each for base in reversed(cls.__mro__) for name, each in inspect.get_annotations(base).items()}
        fields = [
            (name, types[name], dataclasses.field(**_arguments(each))) for name, each in cls.__value_fields__.items()
        ]
        _dataclasses[cls] = dataclasses.make_dataclass(cls.__name__, fields, frozen=True, slots=True)
    return _dataclasses[cls]


_dataclasses: Final[dict[type, Any]] = {}


def _arguments(each: _Field) -> dict[str, Any]:
    """Return a field as the arguments of dataclasses.field."""
    arguments = each._asdict() | {"hash": each.compare and each.hash}
    if isinstance(each.default, _Unset):
        del arguments["default"]
        if each.default.factory:
            arguments["default_factory"] = each.default.factory
    return arguments


def _signature(cls: type) -> "inspect.Signature":
    import inspect

    return inspect.signature(_as_dataclass(cls))
