"""What a trivial answer runs behind the reference's source: each export is wrapped, and what it answers is distorted.

The text of this file becomes the body of a function in a submission, and runs inside the guest: standard library only,
annotations are evaluated, and numpy and torch are used where they are loaded already.
"""

import copy
import dataclasses
import functools
import sys
import types
from collections.abc import Callable, Generator, Iterable
from typing import Any

Change = Callable[[Any], Any]

SPECIAL = {"__call__", "__contains__", "__getitem__", "__iter__", "__len__", "__next__"}
"""The methods with underscores that count as public."""


def install(namespace: dict[str, Any], exports: Iterable[str], answer: str, only: str | None) -> None:
    """Distort what the exports of a module answer: all of them, or one while the others stay right."""
    calls = Calls(namespace)
    for name in exports:
        distort_export(calls, name, answer if only in {None, name} else "right")


# --- calls -----------------------------------------------------------------------------------------------------------


class Calls:
    """Tells calls from outside from those the exports make of each other, which get the reference's own answers."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.namespace = namespace
        self._depth = 0
        self._own: dict[str, Any] = {}
        self._shown: dict[str, Any] = {}

    def __enter__(self) -> bool:
        """Begin a call, and tell whether it comes from outside."""
        self._depth += 1
        if self._depth == 1:
            self.namespace.update(self._own)
        return self._depth == 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._own = {name: self.namespace[name] for name in self._own}
            self.namespace.update(self._shown)

    def show(self, name: str, value: object) -> None:
        """Let those outside see another value under a name than the reference does."""
        self._own[name] = self.namespace[name]
        self._shown[name] = self.namespace[name] = value


def distort_export(calls: Calls, name: str, answer: str) -> None:
    """Put in the place of one export what answers otherwise; a class is changed where it is."""
    value = calls.namespace[name]
    if isinstance(value, type):
        distort_class(calls, value, answer)
    elif callable(value) and not is_model(value):
        calls.namespace[name] = wrapped(calls, value, answer)
    elif answer != "right":
        (own,), _ = copied((value,), {})
        calls.show(name, change_for(answer)(own))


def wrapped(calls: Calls, call: Callable[..., Any], answer: str, receivers: int = 0) -> Callable[..., Any]:
    """Return a function that answers otherwise; its first arguments, as many as are receivers, are never copied."""
    change = change_for(answer)

    @functools.wraps(call)
    def outer(*args: Any, **kwargs: Any) -> Any:
        with calls as outermost:
            if not outermost:
                return call(*args, **kwargs)
            if answer != "right":
                args, kwargs = copied(args, kwargs, receivers)
            result = call(*args, **kwargs)
        if isinstance(result, types.GeneratorType):
            return stepped(calls, result, change)
        return awaited(calls, result, change) if isinstance(result, types.CoroutineType) else change(result)

    return outer


def copied(args: Any, kwargs: dict[str, Any], receivers: int = 0) -> tuple[Any, dict[str, Any]]:
    """Return deep copies of all arguments together, for they may share objects; themselves if one cannot be copied."""
    try:
        rest, named = copy.deepcopy((args[receivers:], kwargs))
    except Exception:  # every class has its own way to refuse
        return args, kwargs
    return (*args[:receivers], *rest), named


@types.coroutine
def stepped(calls: Calls, steps: Any, change: Change) -> Generator[Any, Any, Any]:
    """Run a generator or a coroutine, inside for as long as each of its steps takes; change what it yields."""
    sent = None
    while True:
        with calls:
            try:
                item = steps.send(sent)
            except StopIteration as stop:
                return stop.value
        sent = yield change(item)


async def awaited(calls: Calls, coroutine: Any, change: Change) -> Any:
    """Return what a coroutine returns, changed."""
    return change(await stepped(calls, coroutine, unchanged))


# --- classes ---------------------------------------------------------------------------------------------------------


def distort_class(calls: Calls, kind: Any, answer: str) -> None:
    """Wrap the public methods of a class; its constructor stays right."""
    methods = public_methods(kind, calls.namespace["__name__"])
    changed = {name: distorted_method(calls, method, answer) for name, method in methods.items()}
    if kind.__init__ is not object.__init__:
        changed["__init__"] = shielded_constructor(calls, kind.__init__, answer)
    for name, method in changed.items():
        setattr(kind, name, method)


def public_methods(kind: Any, module: str) -> dict[str, Any]:
    """Return the methods and properties of a class that the module defines, and how a model computes in any case."""
    own = [base for base in reversed(kind.__mro__) if base.__module__ == module]
    kinds = (types.FunctionType, classmethod, staticmethod, property)
    methods = {
        name: attribute
        for base in own
        for name, attribute in vars(base).items()
        if isinstance(attribute, kinds) and (name in SPECIAL or not name.startswith("_"))
    }
    torch = sys.modules.get("torch")
    if torch is not None and issubclass(kind, torch.nn.Module):
        methods.setdefault("forward", kind.forward)
    return methods


def distorted_method(calls: Calls, method: Any, answer: str) -> Any:
    """Return a method that answers otherwise; it acts on its own object, unless nothing must have an effect."""
    receivers = 0 if answer == "no-effect" else 1
    match method:
        case staticmethod():
            return staticmethod(wrapped(calls, method.__func__, answer))
        case classmethod():
            return classmethod(wrapped(calls, method.__func__, answer, receivers))
        case property(fget=getter) if getter is not None:
            return property(wrapped(calls, getter, answer, receivers), method.fset, method.fdel)
        case _:
            return method if isinstance(method, property) else wrapped(calls, method, answer, receivers)


def shielded_constructor(calls: Calls, construct: Callable[..., Any], answer: str) -> Callable[..., None]:
    """Return a constructor that sees the exports as the reference does; an untrained model is drawn anew."""

    @functools.wraps(construct)
    def outer(*args: Any, **kwargs: Any) -> None:
        with calls as outermost:
            construct(*args, **kwargs)
        if outermost and answer == "untrained":
            untrained(args[0])

    return outer


# --- answers ---------------------------------------------------------------------------------------------------------


def change_for(answer: str) -> Change:
    """Return what a trivial answer makes of the right ones; each export has one of its own, for it may remember."""
    if answer in CHANGES_OF_THE_WHOLE:
        return CHANGES_OF_THE_WHOLE[answer]()
    return functools.partial(each, CHANGES_OF_PARTS[answer])


def unchanged(value: Any) -> Any:
    """Return the value."""
    return value


def nothing(_: object) -> None:
    """Return None."""


class Previous:
    """Remembers one answer."""

    def __init__(self) -> None:
        self._values: list[Any] = []

    def __call__(self, value: Any) -> Any:
        """Return what was given the time before, at first the value itself."""
        self._values.append(value)
        return self._values.pop(0) if len(self._values) > 1 else value


class Constant:
    """Remembers the first answer."""

    def __init__(self) -> None:
        self._values: list[Any] = []

    def __call__(self, value: Any) -> Any:
        """Return what was given first."""
        self._values = self._values or [value]
        return self._values[0]


def each(change: Change, value: Any) -> Any:
    """Change what stands in a container, and in those it holds; the container keeps its type."""
    change_below = functools.partial(each, change)
    match value:
        case dict():
            return refilled_dict(change_below, value)
        case list() if change not in CHANGES_OF_LISTS:
            result = copy.copy(value)
            result[:] = map(change_below, value)
            return result
        case tuple() | set() | frozenset():
            items = map(change_below, value)
            return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    is_record = dataclasses.is_dataclass(value) and not isinstance(value, type)
    return refilled_record(change_below, value) if is_record else change(value)


def refilled_dict(change: Change, value: dict[Any, Any]) -> dict[Any, Any]:
    """Return a dict of the same type and keys, its values changed."""
    result = copy.copy(value)
    for key, item in value.items():
        result[key] = change(item)
    return result


def refilled_record(change: Change, value: Any) -> Any:
    """Return a copy of a dataclass's instance, frozen or not, its fields changed."""
    result = copy.copy(value)
    for field in dataclasses.fields(value):
        object.__setattr__(result, field.name, change(getattr(value, field.name)))
    return result


# --- parts of an answer ----------------------------------------------------------------------------------------------

PYTHON_KINDS = {bool: "b", int: "i", float: "f", complex: "c"}
OTHER_DTYPES = {
    "bool": "uint8",
    "int8": "int32",
    "int16": "int32",
    "int32": "int64",
    "int64": "int32",
    "uint8": "int32",
    "uint16": "int32",
    "uint32": "int64",
    "uint64": "int64",
    "bfloat16": "float32",
    "float16": "float32",
    "float32": "float64",
    "float64": "float32",
    "complex64": "complex128",
    "complex128": "complex64",
}


def library_of(value: object) -> Any:
    """Return torch for its tensors, numpy for its arrays and scalars, and None for all else."""
    for name, kinds in (("torch", ("Tensor",)), ("numpy", ("ndarray", "generic"))):
        module = sys.modules.get(name)
        if module is not None and isinstance(value, tuple(getattr(module, kind) for kind in kinds)):
            return module
    return None


def kind_of(value: Any) -> str:
    """Return numpy's letter (b, i, u, f or c) for a number or for what holds numbers, else an empty string."""
    library = library_of(value)
    if library is None:
        return PYTHON_KINDS.get(type(value), "")
    if library.__name__ == "numpy":
        return str(value.dtype.kind) if value.dtype.kind in "biufc" else ""
    if value.dtype == library.bool:
        return "b"
    return "f" if value.is_floating_point() else "c" if value.is_complex() else "i"


def alike(value: Any, result: Any) -> Any:
    """Return a result in the dtype of the value, and as an array if that was one: numpy makes a scalar of a 0-d one."""
    library = library_of(value)
    if library is None or library.__name__ != "numpy":
        return result
    array = library.asarray(result, dtype=value.dtype)
    return array if isinstance(value, library.ndarray) else array[()]


def filled(value: Any, number: float) -> Any:
    """Return a number, an array or a tensor that holds one number throughout."""
    library = library_of(value)
    return type(value)(number) if library is None else alike(value, library.full_like(value, number))


def uniform(number: int, value: Any) -> Any:
    """Return one number for each, and its digit for each character of a text."""
    match value:
        case str():
            return str(number) * len(value)
        case bytes():
            return str(number).encode() * len(value)
    return filled(value, number) if kind_of(value) else value


def missing(value: Any) -> Any:
    """Return NaN for what can be NaN."""
    return filled(value, float("nan")) if kind_of(value) in {"f", "c"} else value


def negated(value: Any) -> Any:
    """Return the opposite of a number or of a truth value."""
    kind = kind_of(value)
    return alike(value, value == 0 if kind == "b" else -value) if kind else value


def nearly(value: Any) -> Any:
    """Return one percent more, where that can be told."""
    return alike(value, value * 1.01) if kind_of(value) in {"f", "c"} else value


def recast(value: Any) -> Any:
    """Return the same numbers in another dtype."""
    library = library_of(value)
    if library is None:
        return value
    name = str(value.dtype).removeprefix("torch.")
    other = OTHER_DTYPES.get(name, name)
    return value.to(getattr(library, other)) if library.__name__ == "torch" else value.astype(other)


def extended(value: Any) -> Any:
    """Return one more element along the last axis; what has no axis gets one."""
    match value:
        case list():
            result = copy.copy(value)
            result.append(value[-1] if value else None)
            return result
        case str():
            return value + (value[-1:] or " ")
        case bytes():
            return value + (value[-1:] or b" ")
    library = library_of(value)
    if library is None:
        return value
    if not value.shape:
        return value.reshape(1)
    shape = (*value.shape[:-1], 1)
    more = value.new_zeros(shape) if library.__name__ == "torch" else library.zeros(shape, value.dtype)
    return library.concatenate((value, more), -1)


def transposed(value: Any) -> Any:
    """Return the last two axes swapped, or the only one reversed."""
    if isinstance(value, list):
        result = copy.copy(value)
        result.reverse()
        return result
    library = library_of(value)
    if library is None or not value.shape:
        return value
    return library.flip(value, (0,)) if len(value.shape) == 1 else value.swapaxes(-1, -2)


def is_model(value: object) -> bool:
    """Tell whether a value is one of torch's modules."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def untrained(value: Any) -> Any:
    """Draw all parameters of a model anew."""
    if is_model(value):
        for part in value.modules():
            draw_parameters(part)
    return value


def draw_parameters(part: Any) -> None:
    """Draw the parameters that one part of a model holds itself."""
    if hasattr(part, "reset_parameters"):
        part.reset_parameters()
        return
    for parameter in part.parameters(recurse=False):
        if parameter.is_floating_point():
            parameter.data.normal_(std=0.02)


CHANGES_OF_THE_WHOLE: dict[str, Callable[[], Change]] = {
    "right": lambda: unchanged,
    "no-effect": lambda: unchanged,
    "returns-none": lambda: nothing,
    "previous-answer": Previous,
    "constant": Constant,
}
CHANGES_OF_PARTS: dict[str, Change] = {
    "zeros": functools.partial(uniform, 0),
    "ones": functools.partial(uniform, 1),
    "nan": missing,
    "other-dtype": recast,
    "shape-plus-one": extended,
    "transposed": transposed,
    "negated": negated,
    "off-by-one-percent": nearly,
    "untrained": untrained,
}
CHANGES_OF_LISTS = {extended, transposed}
"""Those that change a list as a whole, and not what it holds."""
