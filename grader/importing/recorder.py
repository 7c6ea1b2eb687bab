"""Runs a foreign program and the check that came with it, and notes what the check asks. Lives in a guest only.

The text of this file is loaded into a guest like a submission; standard library only. First the check runs with a
stand-in around the program's own functions, and every call is noted with its answer. Then it runs again and again with
stand-ins that repeat those answers, one of them changed: what the check still accepts tells how it compares, whatever
its words are.
"""

from __future__ import annotations

import builtins
import copy
import random
import sys
import time
import types
import unittest
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_CALLS = 20_000
MAX_DEPTH = 40
MAX_ARRAY = 2000
REPRESENTATIVES = 6
"""Calls made in one line of the check are judged alike: so many of them are looked at."""
TOLERANCES = tuple(float(f"{digit}e-{power}") for power in range(9, 0, -1) for digit in (1, 2, 5))
NEARLY = 0.9
"""A tolerance is tried a little within its bound, where `<` and `<=` are the same."""
CHECK = "<check>"
PLAIN = (type(None), bool, int, float, complex, str, bytes)


class CannotBeRecordedError(Exception):
    """The check is of a kind that data cannot repeat; its message says which."""


class DivergedError(BaseException):
    """The check asks something else than it did when it was recorded; no `except Exception` of its own stops this."""


class Call:
    """One call that the check made of the program."""

    def __init__(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], line: int) -> None:
        self.name, self.args, self.kwargs, self.line = name, args, kwargs, line
        self.answer: Any = None
        self.error: Exception | None = None
        self.form: dict[str, Any] = {}

    @property
    def plain(self) -> bool:
        """Whether data can repeat it."""
        return is_plain([self.args, self.kwargs, self.answer])

    def told(self) -> dict[str, Any]:
        """Return the call as data."""
        head = {"name": self.name, "line": self.line, "plain": self.plain}
        if not self.plain:
            return head
        raised = "" if self.error is None else _builtin_name(type(self.error))
        body = {"args": list(self.args), "kwargs": self.kwargs, "answer": self.answer, "raises": raised}
        return {**head, **body, "form": self.form}


def record(job: dict[str, Any]) -> dict[str, Any]:
    """Return every call that a check makes of a program, with the answer and with how the check compares it.

    Args:
        job: `program` and `check`, texts; `style`, see `Foreign.run`; `names`, the functions that are asked; `inputs`,
            lists of arguments, where the style is `inputs`; `seconds`, how long to look at how it compares.
    """
    foreign = Foreign(job)
    try:
        calls = listen(foreign)
        if job["style"] != "inputs":
            look(foreign, calls, time.monotonic() + job["seconds"])
    except CannotBeRecordedError as error:
        return {"fault": str(error), "calls": []}
    return {"fault": "", "calls": [call.told() for call in calls]}


class Foreign:
    """A program and its check, loaded afresh for every run, with the global generators seeded alike."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.names: list[str] = job["names"]

    def load(self) -> dict[str, Any]:
        """Execute the program and return its namespace."""
        module = types.ModuleType("program")
        sys.modules["program"] = module
        exec(compile(self.job["program"], "<program>", "exec", dont_inherit=True), vars(module))
        return vars(module)

    def run(self, space: dict[str, Any], ask: Callable[[str], Any]) -> None:
        """Run the check with what `ask` returns in place of the program's functions; raise what it raises.

        Its style is `function` (it defines `check(candidate)`), `unittest` (it defines test cases), `script` (its
        statements are the check), or `inputs` (there is no check but a list of arguments).
        """
        random.seed(0)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(0)
        style = self.job["style"]
        if style == "inputs":
            for args in self.job["inputs"]:
                ask(self.names[0])(*args)
            return
        if style != "function":
            space.update({name: ask(name) for name in self.names})
        exec(compile(self.job["check"], CHECK, "exec", dont_inherit=True), space)
        if style == "function":
            space["check"](ask(self.names[0]))
        if style == "unittest":
            _run_cases(space)


def _run_cases(space: dict[str, Any]) -> None:
    cases = [kind for kind in space.values() if isinstance(kind, type) and issubclass(kind, unittest.TestCase)]
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(case) for case in cases)
    result = unittest.TestResult()
    result.failfast = True
    suite.run(result)
    for _, text in [*result.errors, *result.failures]:
        raise AssertionError(text.strip().splitlines()[-1])


# --- listening -------------------------------------------------------------------------------------------------------


def listen(foreign: Foreign) -> list[Call]:
    """Run the check on the program itself and note each call."""
    space = foreign.load()
    missing = [name for name in foreign.names if not callable(space.get(name))]
    if missing:
        raise CannotBeRecordedError(f"the program defines no function {missing[0]}")
    own = {name: space[name] for name in foreign.names}
    ear = Ear(own)
    try:
        foreign.run(space, ear.ask)
    except Exception as error:
        text = f"{type(error).__name__}: {error}"[:300].rstrip(": ")
        raise CannotBeRecordedError(f"its own solution fails its own check: {text}") from None
    if not ear.calls:
        raise CannotBeRecordedError("its check never calls the solution")
    return ear.calls


class Ear:
    """Stand-ins that call the program and note what it answers; calls it makes of itself are not noted."""

    def __init__(self, own: dict[str, Callable[..., Any]]) -> None:
        self.calls: list[Call] = []
        self._own = own
        self._inside = False

    def ask(self, name: str) -> Callable[..., Any]:
        """Return the stand-in for one function."""

        def stand_in(*args: Any, **kwargs: Any) -> Any:
            if self._inside:
                return self._own[name](*args, **kwargs)
            held, named = _copied((args, kwargs))
            call = Call(name, held, named, _line())
            self.calls.append(call)
            if len(self.calls) > MAX_CALLS:
                raise CannotBeRecordedError(f"its check asks more than {MAX_CALLS} times")
            self._inside = True
            try:
                answer = self._own[name](*args, **kwargs)
            except Exception as error:
                call.error = error
                raise
            finally:
                self._inside = False
            call.answer = without_scalars(_copied(answer))
            return answer

        return stand_in


def _copied(value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except Exception:  # what cannot be copied is no data, and is noted as such
        return value


def _line() -> int:
    """Return the line of the check that is being executed, not of a helper of it."""
    frame: types.FrameType | None = sys._getframe(1)
    line = 0
    while frame is not None:
        if frame.f_code.co_filename == CHECK:
            line = frame.f_lineno
        frame = frame.f_back
    return line


# --- looking at how it compares --------------------------------------------------------------------------------------


def look(foreign: Foreign, calls: list[Call], deadline: float) -> None:
    """Fill in the form of each call: what else the check would have accepted as its answer."""
    if not all(call.plain for call in calls):
        # what is no data cannot be repeated either: the answers are compared as they are
        return
    if not accepts(foreign, calls, {}):
        raise CannotBeRecordedError("its check looks at more than answers: at changed arguments, or at state")
    lines: dict[tuple[str, int], list[int]] = {}
    for number, call in enumerate(calls):
        lines.setdefault((call.name, call.line), []).append(number)
    for numbers in lines.values():
        if time.monotonic() > deadline:
            return
        form = _agreed([form_of(foreign, calls, number) for number in _chosen(calls, numbers)])
        for number in numbers:
            calls[number].form = form


def _chosen(calls: list[Call], numbers: list[int]) -> list[int]:
    """Return a few calls of one line: the first of each type of answer, and the last."""
    first: dict[Any, int] = {}
    for number in numbers:
        first.setdefault(type(calls[number].answer), number)
    return sorted({*list(first.values())[: REPRESENTATIVES - 1], numbers[-1]})


def _agreed(forms: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what holds for all of them, where it could be told."""
    keys = {key for form in forms for key in form}
    told = {key: [form[key] for form in forms if key in form] for key in keys}
    return {key: max(values) if key in {"judged", "loose"} else min(values) for key, values in told.items()}


def form_of(foreign: Foreign, calls: list[Call], number: int) -> dict[str, Any]:
    """Return what a check accepts in place of one answer; a key is missing where the answer cannot tell."""
    call = calls[number]

    def passes(answer: Any) -> bool:
        return accepts(foreign, calls, {number: answer})

    if call.error is not None:
        return {"judged": not passes(None)}
    form: dict[str, Any] = {"judged": not (passes(Nothing()) and passes(Something()))}
    form["loose"] = form["judged"] and any(
        passes(other) for other in other_answers(call.answer) if not same(other, call.answer)
    )
    if has_float(call.answer):
        form["atol"] = tolerance_of(passes, call.answer)
    if is_array(call.answer):
        form["any_sequence"] = passes(call.answer.tolist())
    elif isinstance(call.answer, list | tuple):
        form["any_sequence"] = passes(list(call.answer) if isinstance(call.answer, tuple) else tuple(call.answer))
        if not same(call.answer[::-1], call.answer):
            form["any_order"] = passes(call.answer[::-1])
    return form


def tolerance_of(passes: Callable[[Any], bool], answer: Any) -> float:
    """Return by how much the floats of an answer may be off, up or down, as far as the check passes."""
    found = 0.0
    for tolerance in TOLERANCES:
        by = NEARLY * tolerance
        if not (passes(moved(answer, by)) and passes(moved(answer, -by))):
            break
        found = tolerance
    return found


def accepts(foreign: Foreign, calls: list[Call], changed: dict[int, Any]) -> bool:
    """Whether the check passes when it is given the recorded answers, some of them changed."""
    echo = Echo(calls, changed)
    try:
        foreign.run(foreign.load(), echo.ask)
    except DivergedError:
        if not changed:
            raise CannotBeRecordedError(
                "its check asks something else the second time: by chance, or its solution changes what it is given"
            ) from None
        return False
    except BaseException:  # whatever the foreign check raises is its no
        return False
    return echo.number == len(calls)


class Echo:
    """Stand-ins that repeat recorded answers in their order."""

    def __init__(self, calls: list[Call], changed: dict[int, Any]) -> None:
        self.number = 0
        self._calls, self._changed = calls, changed

    def ask(self, name: str) -> Callable[..., Any]:
        """Return the stand-in for one function."""

        def stand_in(*args: Any, **kwargs: Any) -> Any:
            number = self.number
            if number >= len(self._calls):
                raise DivergedError
            call = self._calls[number]
            if name != call.name or not same((args, kwargs), (call.args, call.kwargs)):
                raise DivergedError
            self.number += 1
            if number in self._changed:
                return self._changed[number]
            if call.error is not None:
                raise call.error
            return copy.deepcopy(call.answer)

        return stand_in


class Something:
    """An answer that is nothing anybody asked for, and true."""


class Nothing:
    """An answer that is nothing anybody asked for, and false."""

    def __bool__(self) -> bool:
        return False


def other_answers(answer: Any) -> Iterator[Any]:
    """Yield wrong answers of the same type."""
    if is_array(answer):
        if answer.dtype.kind != "b":
            yield answer + 1
        yield answer.ravel()[1:]
    elif isinstance(answer, bool):
        yield not answer
    elif isinstance(answer, int | float | complex):
        yield from (answer + 1, -abs(answer) - 2)
    elif isinstance(answer, str):
        yield f"{answer}!"
    elif isinstance(answer, bytes):
        yield answer + b"!"
    elif isinstance(answer, list | tuple):
        yield type(answer)([*answer, 0])
        if answer:
            yield answer[1:]
    elif isinstance(answer, dict):
        yield {**answer, "another key": 0}


def moved(value: Any, by: float) -> Any:
    """Return a value with every float in it moved."""
    if isinstance(value, float) or (is_array(value) and value.dtype.kind == "f"):
        return value + by
    if isinstance(value, list | tuple):
        return type(value)(moved(item, by) for item in value)
    if isinstance(value, dict):
        return {key: moved(item, by) for key, item in value.items()}
    return value


def has_float(value: Any) -> bool:
    """Whether there is a float in it that can be moved."""
    if isinstance(value, list | tuple):
        return any(map(has_float, value))
    if isinstance(value, dict):
        return any(map(has_float, value.values()))
    return isinstance(value, float) or (is_array(value) and value.dtype.kind == "f")


def is_array(value: Any) -> bool:
    """Whether it is a numpy array of numbers, small enough to be written down."""
    numpy = sys.modules.get("numpy")
    if numpy is None or type(value) is not numpy.ndarray:
        return False
    return bool(value.dtype.kind in "biuf" and value.size <= MAX_ARRAY)


def without_scalars(value: Any) -> Any:
    """Return a value with numpy's scalars as Python's own: what a check compares or prints is the same."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return value.item()
    if type(value) in {list, tuple}:
        return type(value)(without_scalars(item) for item in value)
    if type(value) is dict:
        return {without_scalars(key): without_scalars(item) for key, item in value.items()}
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two values are written alike, arrays to the last digit."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return repr(one) == repr(other)
    with numpy.printoptions(threshold=sys.maxsize, floatmode="unique"):
        return repr(one) == repr(other)


def is_plain(value: Any, depth: int = 0) -> bool:
    """Whether it is data, all of it of exactly the builtin types, or arrays of numbers."""
    if type(value) in PLAIN or is_array(value):
        return True
    if depth > MAX_DEPTH:
        return False
    if type(value) is dict:
        return all(is_plain(part, depth + 1) for pair in value.items() for part in pair)
    return type(value) in {list, tuple, set, frozenset} and all(is_plain(item, depth + 1) for item in value)


def _builtin_name(kind: type[BaseException]) -> str:
    """Return the nearest builtin class."""
    nearest = next(base for base in kind.__mro__ if getattr(builtins, base.__name__, None) is base)
    return str(nearest.__name__)
