"""What a test calls `solution` and `reference`: stand-ins whose calls cross the boundary and return data or handles."""

from __future__ import annotations

import builtins
import hashlib
import sys
from dataclasses import dataclass
from functools import cache, partial
from pickle import PicklingError
from typing import TYPE_CHECKING, Any, Protocol

from grader.exam.compare import summary
from grader.sandbox import calls, requests, wire
from grader.sandbox.requests import Request
from grader.sandbox.servant import MAX_BASES, Servant
from grader.verdict import Outcome, SourceLine

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from types import CodeType, ModuleType

MAX_ITEMS = 10_000
"""What a test may take out of one iteration: each item is a call over the wire."""
MAX_TEXT = 2000
MAX_LINES = 20
MAX_LINE_NUMBER = 10**7
TEACH = "teach"
"""The request that sends a suite's probe, once for each guest."""
FIRST_PROBE = 2**63
"""Numbers from here on are chosen by us: that of a probe follows from its name, and is the same in every guest."""
OURS = "ours"
"""Status and kind of a failure of the reference: a test may expect it, but it never counts against a submission.

No guest can say so: the host takes nothing but `ok` and `raise` from one."""
_KINDS = {"descriptors", "disk", "exit", "forbidden", "memory", "processes", "wire"}


class CheckEnded(BaseException):
    """The check is over, whatever the test would say."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        self.outcome, self.reason = outcome, reason
        super().__init__(f"{outcome.value}: {reason}")


class SuiteFaultError(Exception):
    """Something of ours failed: a solution a check measures against, or the reference."""


@dataclass(frozen=True)
class RemoteFailure:
    """An exception of the submission's, as data; hangs as `remote` on the exception that is raised in the test."""

    name: str
    message: str
    traceback: tuple[SourceLine, ...]
    kind: str

    @property
    def text(self) -> str:
        """The type's name and the message."""
        return f"{self.name}: {self.message}" if self.message else self.name


class Respondent(Protocol):
    """Where requests go: a guest, or our own reference."""

    generation: int
    """Which of its processes handles belong to; those of an earlier one are void."""

    def ask(self, operation: str, arguments: Sequence[object], stand_in: Solution) -> tuple[str, Any]:
        """Make one request; return its status and value."""

    def forget(self, number: int) -> None:
        """Let go of an object behind a handle."""


class Handle:
    """An object that stays on the other side: call it, read its attributes, index it, iterate it, pass it back."""

    def __init__(self, owner: Solution, ref: wire.HandleRef) -> None:
        self._owner, self._ref = owner, ref
        self._generation = owner._respondent.generation

    def __call__(self, *args: object, **kwargs: object) -> Any:  # noqa: D102  the class says it
        return self._owner._ask("call", self, [], args, kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self._owner._ask("get", self, [name])

    def __getitem__(self, key: object) -> Any:
        return self._owner._ask("item", self, key)

    def __len__(self) -> int:
        length = self._owner._ask("length", self)
        assert type(length) is int, "its length is no integer"
        assert length >= 0, "its length is negative"
        return length

    def __iter__(self) -> Iterator[Any]:
        iterator = self._owner._ask("iterate", self)
        for _ in range(MAX_ITEMS):
            item = self._owner._ask("next", iterator)
            assert type(item) is list, "it cannot be iterated"
            if not item:
                return
            yield item[0]
        raise AssertionError(f"it yields more than {MAX_ITEMS} items")

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<{self._ref.type_name} in the guest>"

    def __del__(self) -> None:
        if self._generation == self._owner._respondent.generation:
            self._owner._respondent.forget(self._ref.number)


class Export:
    """A name of the submission's module, looked up when it is called."""

    def __init__(self, owner: Solution, path: tuple[str, ...]) -> None:
        self._owner, self._path = owner, path

    def __call__(self, *args: object, **kwargs: object) -> Any:  # noqa: D102  the class says it
        return self._owner._call(self._path, args, kwargs)

    def __getattr__(self, name: str) -> Export:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Export(self._owner, (*self._path, name))

    def __repr__(self) -> str:
        return f"<{'.'.join(self._path)} of the solution>"


class Solution:
    """Stands in for a submission or for the reference."""

    def __init__(self, respondent: Respondent) -> None:
        self._respondent = respondent
        self._last_call: tuple[str, Sequence[object], dict[str, object]] | None = None
        self._probes: dict[Callable[..., object], Handle] = {}

    def __getattr__(self, name: str) -> Export:
        if name.startswith("_"):
            raise AttributeError(name)
        return Export(self, (name,))

    def get(self, name: str) -> Any:
        """Read an export that is no callable."""
        return self._ask("get", None, [name])

    def put(self, value: object) -> Handle:
        """Send an object of ours over, by cloudpickle; return its handle."""
        handle: Handle = self._ask("put", Pickled(value))
        return handle

    def run(self, probe: Callable[..., object], *args: object, **kwargs: object) -> Any:
        """Run a function of the test file on the other side, with the submission's module as first argument.

        A function at the top level of a suite travels once for each guest, with what it reads of the suite's globals.
        """
        self._last_call = (f"probe {probe.__name__}", args, kwargs)
        return self._ask("run", self._sent(probe), args, kwargs)

    def _sent(self, probe: Callable[..., object]) -> Handle | Pickled:
        """Return a suite's probe as the guest has it, sending it when this guest has not."""
        if not _is_of_a_suite(probe):
            return Pickled(probe)
        known = self._probes.get(probe)
        if known is None or known._generation != self._respondent.generation:
            ref = _ref_of(probe)
            self._ask(TEACH, ref.number, Pickled(probe))
            known = self._probes[probe] = Handle(self, ref)
        return known

    def _call(self, path: tuple[str, ...], args: Sequence[object], kwargs: dict[str, object]) -> Any:
        self._last_call = (".".join(path), args, kwargs)
        return self._ask("call", None, list(path), args, kwargs)

    def _ask(self, operation: str, *arguments: object) -> Any:
        status, value = self._respondent.ask(operation, arguments, self)
        if status == "ok":
            return value
        raise remote_exception(value, ours=status == OURS)


def describe_last_call(solution: Solution) -> str | None:
    """Write the last call as source, its arguments summarised."""
    call = solution._last_call
    if call is None:
        return None
    name, args, kwargs = call
    shown = [summary(value, 120) for value in args] + [f"{key}={summary(value, 120)}" for key, value in kwargs.items()]
    return f"{name}({', '.join(shown)})"


def teach(solution: Solution, probes: Iterable[tuple[str, str]]) -> None:
    """Send functions of the suites, each named by module and name, unless the guest has them."""
    for module, name in probes:
        solution._sent(vars(sys.modules[module])[name])


def probes_behind(solution: Solution, numbers: Collection[int]) -> tuple[tuple[str, str], ...]:
    """Name the suites' functions that requests refer to by these numbers."""
    sent = solution._probes.items()
    return tuple((probe.__module__, probe.__name__) for probe, handle in sent if handle._ref.number in numbers)


def probes_sent(solution: Solution) -> tuple[tuple[str, str], ...]:
    """Name the suites' functions that were sent, each by its module and its name."""
    return tuple((probe.__module__, probe.__name__) for probe in solution._probes)


def _ref_of(probe: Callable[..., object]) -> wire.HandleRef:
    name = f"{probe.__module__}.{probe.__name__}".encode()
    return wire.HandleRef(FIRST_PROBE + int.from_bytes(hashlib.blake2b(name, digest_size=7).digest()), "function")


def forget_last_call(solution: Solution) -> None:
    """Begin a check with no call made."""
    solution._last_call = None


@dataclass(frozen=True)
class Pickled:
    """A value to be sent as a pickle even where it could travel as data."""

    value: object


def send_other(value: object, to: Respondent) -> wire.HandleRef | bytes:
    """Send what is no data: a handle goes home, anything else as a pickle by value.

    Raises:
        SuiteFaultError: a handle of one side is passed to the other, where its number means something else.
    """
    if isinstance(value, Handle):
        if value._owner._respondent is not to:
            raise SuiteFaultError("an object that lives on one side cannot be passed to the other: solution, reference")
        if value._generation != value._owner._respondent.generation:
            raise CheckEnded(Outcome.CRASHED, "the process that held one of its objects has ended")
        return value._ref
    if isinstance(value, Pickled):
        value = value.value
    return _pickle_probe(value) if callable(value) and _is_of_a_suite(value) else _pickle(value)


def pickle_probes(names: Iterable[tuple[str, str]]) -> None:
    """Pickle functions of the suites, each named by module and name, so that every fork finds them pickled."""
    for module, name in names:
        probe = vars(sys.modules[module]).get(name)
        if probe is not None and _is_of_a_suite(probe):
            _pickle_probe(probe)


def _is_of_a_suite(function: Callable[..., object]) -> bool:
    """Whether a function stands at the top level of a suite: there is one of it as long as the exam lasts."""
    module = _suite_of(function)
    return module is not None and vars(module).get(getattr(function, "__name__", "")) is function


def _suite_of(value: object) -> ModuleType | None:
    """Return the suite in which a function or a class was written."""
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    return module if getattr(module, "__grader_suite__", False) else None


@cache
def _pickle_probe(probe: Callable[..., object]) -> bytes:
    return _pickle(probe)


def _pickle(value: object) -> bytes:
    """Pickle by value whatever lives in a suite, which the guest cannot import."""
    cloudpickle = _pickler()
    module = _suite_of(value)
    if module is not None:
        cloudpickle.register_pickle_by_value(module)
    try:
        pickled: bytes = cloudpickle.dumps(value)
    except (TypeError, AttributeError, PicklingError) as error:
        raise SuiteFaultError(f"a {type(value).__name__} cannot be sent: {error}") from error
    return pickled


@cache
def _pickler() -> Any:
    """Return cloudpickle, which searches all that is imported for each function of a probe, and here for each but once.

    What it finds follows from the function's code, from the packages it names and from what is imported.
    """
    from cloudpickle import cloudpickle

    search = cloudpickle._find_imported_submodules
    found: dict[tuple[object, ...], list[object]] = {}

    def search_once(code: CodeType, packages: Iterable[object]) -> list[object]:
        packages = list(packages)
        key = (code, len(sys.modules), *map(id, packages))
        if key not in found:
            found[key] = search(code, packages)
        return found[key]

    cloudpickle._find_imported_submodules = search_once
    return cloudpickle


def remote_exception(value: Any, *, ours: bool = False) -> BaseException:
    """Turn an exception that came as data into one of its builtin type; what is malformed into a plain failure."""
    data = value if isinstance(value, dict) else {}
    told = data.get("traceback")
    lines = tuple(_source_line(line) for line in told[:MAX_LINES] if _is_line(line)) if isinstance(told, list) else ()
    kind = OURS if ours else clean(data.get("kind"))
    failure = RemoteFailure(
        clean(data.get("name", "Exception")),
        clean(data.get("message", "")),
        lines,
        kind if ours or kind in _KINDS else "",
    )
    if failure.kind == "forbidden":
        return CheckEnded(Outcome.FORBIDDEN, failure.message)
    types = data.get("types")
    bases = [clean(base) for base in types[:MAX_BASES]] if isinstance(types, list) else []
    error = _builtin(bases)(failure.message if [failure.name] == bases else failure.text)
    return with_failure(error, failure)


def with_failure(error: Exception, failure: RemoteFailure) -> Exception:
    """Hang the submission's own failure on the exception that stands for it; the plugin reads it again."""
    vars(error)["remote"] = failure
    return error


def _builtin(names: Sequence[str]) -> type[Exception]:
    """Return the class that may be raised here, of several bases where the submission's has; checked on this side."""
    kinds = tuple(kind for kind in dict.fromkeys(map(_safe, names)) if kind is not Exception) or (Exception,)
    try:
        return kinds[0] if len(kinds) == 1 else type(kinds[0].__name__, kinds, {})
    except TypeError:  # no class can have both
        return kinds[0]


def _safe(name: str) -> type[Exception]:
    kind = getattr(builtins, name, None)
    special = (StopIteration, StopAsyncIteration, UnicodeError, BaseExceptionGroup)
    if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, special):
        return kind
    return ValueError if name.startswith("Unicode") else Exception


def clean(text: object) -> str:
    """Return text that every report can write and hold: a lone surrogate is no character, a megabyte no message."""
    return text[:MAX_TEXT].encode("utf-8", "replace").decode() if isinstance(text, str) else ""


def _is_line(line: object) -> bool:
    kinds = (str, int, str, str)
    if not (isinstance(line, list) and len(line) == 4 and all(map(isinstance, line, kinds))):
        return False
    return bool(0 <= line[1] <= MAX_LINE_NUMBER)


def _source_line(line: Sequence[Any]) -> SourceLine:
    file, number, function, text = line
    return SourceLine(file=clean(file)[:200], line=number, function=clean(function)[:100], text=clean(text)[:200])


class LocalRespondent:
    """Answers from this process: only ever for solutions of our own."""

    generation = 0

    def __init__(self, name: str, source: str, *, label: str | None = None) -> None:
        """Load a solution of ours as module `name`; `label` is what its tracebacks call the file."""
        self._servant = Servant(name)
        loaded = self._servant.do_load([[label or f"{name}.py", source]], [])
        if loaded["failure"]:
            raise RuntimeError(
                f"{name}.py cannot be loaded: {loaded['failure']['name']}: {loaded['failure']['message']}"
            )

    def ask(self, operation: str, arguments: Sequence[object], stand_in: Solution) -> tuple[str, Any]:
        """Send the request through the same wire, so that the reference sees copies too."""
        request = requests.write(bytes(calls.BYTES), Request(operation, arguments), partial(send_other, to=self))
        _, status, value = wire.decode(self._servant.answer(request), on_handle=lambda ref: Handle(stand_in, ref))
        return (OURS if status == "raise" else status), value

    def forget(self, number: int) -> None:
        """Nothing to do: our own objects live as long as the exam."""
