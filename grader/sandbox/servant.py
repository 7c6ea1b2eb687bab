"""Answers requests on behalf of one submission: in the guest, and for our own reference in the examiner.

Standard library only. The reply to a request is `[number, "ok", value]` or `[number, "raise", exception as data]`.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import importlib
import itertools
import linecache
import sys
import types
from typing import TYPE_CHECKING, Any

from grader.sandbox import calls, requests, wire
from grader.sandbox.stubs import ForbiddenUseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MAX_MESSAGE = 2000
MAX_FRAMES = 20
MAX_BASES = 4

# Exceptions that steer pytest, Hypothesis or the interpreter; they arrive as a plain failure.
_CONTROL = (SystemExit, KeyboardInterrupt, GeneratorExit, StopIteration, StopAsyncIteration)
_KIND_OF_ERRNO = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "disk"),
    **dict.fromkeys((errno.EMFILE, errno.ETOOMANYREFS), "descriptors"),
    errno.EAGAIN: "processes",  # fork says so, and others too: the host looks whether that limit was met
}
_NO_THREAD = "can't start new thread"  # CPython's words, in a plain RuntimeError


class Servant:
    """Holds one submission's module and the objects that handles refer to."""

    def __init__(self, name: str, *, arena_in: memoryview | None = None, arena_out: memoryview | None = None) -> None:
        self.module = types.ModuleType(name)
        self._arena_out = arena_out
        self._objects: dict[int, object] = {}
        self._named = requests.names(self._objects.__getitem__, arena_in)
        self._numbers = itertools.count(1)
        self._labels: set[str] = set()
        self.root: str | None = None
        """Folder of the submission's further files, if there are any."""

    def answer(self, request: bytes | bytearray) -> bytearray:
        """Do what one request asks and return the reply."""
        number = calls.number_of(request)
        try:
            operation, arguments, dropped = requests.read(request, self._named)
        except Exception as error:  # a handle of an earlier guest, a pickle that fails here
            return self._encode([number, "raise", self._describe(error)])
        for old in dropped:
            self._objects.pop(old, None)
        try:
            value = getattr(self, f"do_{operation}")(*arguments)
            return self._encode([number, "ok", value])
        except BaseException as error:  # whatever the submission raises is data
            return self._encode([number, "raise", self._describe(error)])

    def do_load(self, units: Sequence[Sequence[str]], exports: Sequence[str]) -> dict[str, Any]:
        """Execute the submission's source units in order, in one namespace."""
        sys.modules[self.module.__name__] = self.module
        if self.root is not None:
            sys.path.append(self.root)  # last, so that an installed module is never shadowed
        self._labels = {label for label, _ in units}
        failure = None
        for label, source in units:
            linecache.cache[label] = (len(source), None, source.splitlines(keepends=True), label)
            failure = self._execute(label, source)
            if failure is not None:
                break
        defined = [name for name in exports if hasattr(self.module, name)]
        names = [name for name in vars(self.module) if not name.startswith("_")][:200]
        return {"defined": defined, "names": names, "failure": failure}

    def _execute(self, label: str, source: str) -> dict[str, Any] | None:
        try:
            exec(compile(source, label, "exec", dont_inherit=True), vars(self.module))
        except BaseException as error:  # SystemExit of a submission is an answer too
            return {**self._describe(error), "label": label}
        return None

    def do_modules(self) -> list[str]:
        """Name what has been imported by now."""
        return imported()

    def do_call(self, target: object, path: Sequence[str], args: Sequence[object], kwargs: dict[str, object]) -> object:
        """Call what stands at `path` below `target` (the module when None)."""
        function: Any = self._find(target, path)
        return function(*args, **kwargs)

    def do_get(self, target: object, path: Sequence[str]) -> object:
        """Read what stands at `path` below `target`."""
        return self._find(target, path)

    def do_item(self, target: Any, key: object) -> object:
        """Index an object."""
        return target[key]

    def do_length(self, target: Any) -> int:
        """Return an object's length."""
        return len(target)

    def do_iterate(self, target: Any) -> wire.HandleRef:
        """Start an iteration."""
        return self.keep(iter(target))

    def do_next(self, target: Any) -> list[object]:
        """Return `[item]`, or an empty list at the end."""
        return list(itertools.islice(target, 1))

    def do_put(self, value: object) -> wire.HandleRef:
        """Keep an object of the examiner's."""
        return self.keep(value)

    def do_teach(self, number: int, value: object) -> None:
        """Keep an object of the examiner's under a number that it has chosen."""
        self._objects[number] = value

    def do_run(self, probe: Callable[..., object], args: Sequence[object], kwargs: dict[str, object]) -> object:
        """Run a function of the test file with the submission's module as first argument."""
        return probe(self.module, *args, **kwargs)

    def do_seed(self, seed: int) -> None:
        """Seed every global generator, so that a rerun repeats a submission's own randomness."""
        seed_generators(seed)

    def _find(self, target: object, path: Sequence[str]) -> object:
        found: object = self.module if target is None else target
        for name in path:
            found = getattr(found, name)
        return found

    def keep(self, value: object) -> wire.HandleRef:
        """Hold an object, and return what stands for it on the wire."""
        number = next(self._numbers)
        self._objects[number] = value
        return wire.HandleRef(number, type(value).__name__)

    def _encode(self, reply: list[object]) -> bytearray:
        try:
            return wire.encode(reply, fallback=self._keep_or_pass, arena=self._arena_out)
        except Exception as error:
            fault = {
                **self._describe(error),
                "kind": "wire",
                "message": f"the result cannot be sent: {error}",
            }
            return wire.encode([reply[0], "raise", fault], fallback=self._keep_or_pass)

    def _keep_or_pass(self, value: object) -> wire.HandleRef:
        return value if type(value) is wire.HandleRef else self.keep(value)

    def _describe(self, error: BaseException) -> dict[str, Any]:
        return {
            "types": nearest_builtins(type(error)),
            "name": type(error).__name__[:200],
            "message": _message(error),
            "kind": _kind(error),
            "traceback": self._own_lines(error),
        }

    def _own_lines(self, error: BaseException) -> list[list[object]]:
        """Return file, line, function and text of the submission's own frames, outermost first."""
        lines: list[list[object]] = []
        step = error.__traceback__
        while step is not None and len(lines) < MAX_FRAMES:
            name = step.tb_frame.f_code.co_filename
            if self._is_own(name):
                text = linecache.getline(name, step.tb_lineno).strip()[:200]
                shown = name.removeprefix(f"{self.root}/") if self.root else name
                lines.append([shown, step.tb_lineno, step.tb_frame.f_code.co_name, text])
            step = step.tb_next
        return lines

    def _is_own(self, name: str) -> bool:
        return name in self._labels or (self.root is not None and name.startswith(f"{self.root}/"))


def nearest_builtins(kind: type[BaseException]) -> list[str]:
    """Return the names of the nearest builtin exception classes, those that are safe to raise in a test."""
    if issubclass(kind, _CONTROL) or not issubclass(kind, Exception):
        return ["Exception"]
    found: list[type] = []
    for base in kind.__mro__:
        is_builtin = getattr(builtins, base.__name__, None) is base and issubclass(base, Exception)
        if is_builtin and not any(issubclass(nearer, base) for nearer in found):
            found.append(base)
    return [base.__name__ for base in found[:MAX_BASES]]


def _message(error: BaseException) -> str:
    try:
        text: str = str.__str__(str(error))
        return text[:MAX_MESSAGE]
    except BaseException:  # its __str__ is the submission's
        return "(its message cannot be shown)"


def _kind(error: BaseException) -> str:
    if isinstance(error, ForbiddenUseError):
        return "forbidden"
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, OSError) and error.errno in _KIND_OF_ERRNO:
        return _KIND_OF_ERRNO[error.errno]
    if isinstance(error, RuntimeError) and _message(error) == _NO_THREAD:
        return "processes"
    return "exit" if isinstance(error, SystemExit | KeyboardInterrupt) else ""


def seed_generators(seed: int) -> None:
    """Seed every global generator that is loaded."""
    random, numpy, torch = map(sys.modules.get, ("random", "numpy", "torch"))
    if random is not None:
        random.seed(seed)
    if numpy is not None:
        numpy.random.seed(seed % 2**32)
    if torch is not None:
        _seed_torch(torch, seed)


def _seed_torch(torch: Any, seed: int) -> None:
    """Seed torch as `torch.manual_seed` does, which writes down a stack for every device it was built without."""
    if torch.backends.cuda.is_built() or torch.backends.mps.is_built() or torch.xpu.is_available():
        torch.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)


def import_all(names: Iterable[str]) -> None:
    """Import in a warm process what its forks were seen to import; what cannot be imported there stays theirs to."""
    for name in names:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def imported() -> list[str]:
    """Name the modules that have been imported, in that order; one that was made by hand was not."""
    return [
        name
        for name, module in list(sys.modules.items())
        if getattr(getattr(module, "__spec__", None), "name", None) == name
    ]
