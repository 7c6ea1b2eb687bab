"""The submission for its public tests: in this process, behind the stand-ins and the wire of the grader."""

from __future__ import annotations

import contextlib
import copy
import importlib.util
import random
import sys
from types import BuiltinFunctionType, FunctionType, ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from grader.exam.seeds import derive
from grader.exam.solution import Handle, Pickled, Solution
from grader.policy import violations
from grader.sandbox import calls, requests, wire
from grader.sandbox.requests import Request
from grader.sandbox.servant import Servant, import_all, seed_generators
from grader.sandbox.stubs import forbid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_States = dict[str, Any]
_AS_THEY_ARE = (FunctionType, BuiltinFunctionType, ModuleType, type)


class LoadError(Exception):
    """The submission cannot be loaded: why, for its author, and what became of every check."""

    def __init__(self, outcome: str, message: str) -> None:
        super().__init__(message)
        self.outcome, self.message = outcome, message


def load(name: str, source: str, terms: Mapping[str, Any]) -> Solution:
    """Load a submission as where it is graded: the question's packages first, what is forbidden taken out.

    Args:
        name: of its file.
        source: its text.
        terms: what the archive knows of its question.

    Raises:
        LoadError: it uses what is forbidden, or raises before it has defined what was asked for.
        ModuleNotFoundError: a package of the question is not installed.
    """
    _refuse_forbidden(name, source, terms)
    for package in terms["packages"]:
        if importlib.util.find_spec(package.partition(".")[0]) is None:
            raise ModuleNotFoundError(name=package.partition(".")[0])
    import_all(terms["packages"])
    _set_threads(int(terms["threads"]))
    for dotted in terms["forbidden"]["calls"]:
        forbid(dotted)
    servant = Servant("solution")
    found = servant.do_load([[name, source]], terms["exports"])
    undefined = [each for each in terms["exports"] if each not in found["defined"]]
    if found["failure"] and undefined:
        lines = found["failure"]["traceback"]
        place = f"{name}:{lines[-1][1]}: " if lines else ""
        raise LoadError("error", f"{place}{found['failure']['name']}: {found['failure']['message']}")
    return Solution(Respondent(servant))


def begin(solution: Solution, seed: int) -> None:
    """Begin a check with its seed, here and for the submission, as where it is graded."""
    seed_generators(seed)
    solution._ask("seed", derive(seed, "guest"))


def _refuse_forbidden(name: str, source: str, terms: Mapping[str, Any]) -> None:
    # what is asked for are these attributes alone; the models they come from need packages that are not here
    program: Any = SimpleNamespace(units=[SimpleNamespace(label=name, source=source)], helpers=[])
    forbidden: Any = SimpleNamespace(**terms["forbidden"])
    for found in violations(program, forbidden):
        raise LoadError("forbidden", f"{name}:{found.line}: {found.name}")


def _set_threads(threads: int) -> None:
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


class Respondent:
    """Answers from this process; what is no data is passed over as a copy, and functions as they are."""

    generation = 0

    def __init__(self, servant: Servant) -> None:
        self._servant = servant
        self._generators: _States = {}
        """Where the global generators stand for the submission, which has them to itself where it is graded."""

    def ask(self, operation: str, arguments: Sequence[object], stand_in: Solution) -> tuple[str, Any]:
        """Send the request through the wire, so that the submission gets copies and the test plain data."""
        request = requests.write(bytes(calls.BYTES), Request(operation, arguments), self._sent)
        with self._at_its_generators():
            reply = self._servant.answer(request)
        _, status, value = wire.decode(reply, on_handle=lambda ref: Handle(stand_in, ref))
        return status, value

    @contextlib.contextmanager
    def _at_its_generators(self) -> Iterator[None]:
        """Let the submission draw where it stopped, and the test where the test did."""
        before = _states()
        _go_on_at(self._generators)
        try:
            yield
        finally:
            self._generators = _states()
            _go_on_at(before)

    def forget(self, number: int) -> None:
        """Nothing to do: everything is let go when the tests end."""

    def _sent(self, value: object) -> wire.HandleRef:
        if isinstance(value, Handle):
            return value._ref
        own = value.value if isinstance(value, Pickled) else value
        return self._servant.keep(own if isinstance(own, _AS_THEY_ARE) else copy.deepcopy(own))


def _states() -> _States:
    """Return where each global generator stands that is loaded."""
    states: _States = {"random": random.getstate()}
    if "numpy" in sys.modules:
        states["numpy"] = sys.modules["numpy"].random.get_state()
    if "torch" in sys.modules:
        states["torch"] = sys.modules["torch"].default_generator.get_state()
    return states


def _go_on_at(states: _States) -> None:
    if "random" in states:
        random.setstate(states["random"])
    if "numpy" in states:
        sys.modules["numpy"].random.set_state(states["numpy"])
    if "torch" in states:
        sys.modules["torch"].default_generator.set_state(states["torch"])
