"""What pytest is told of the public tests: the fixtures, the seeds, and whom to tell what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.exam.seeds import PUBLIC, derive, make_rng
from grader.takehome.kit.log import prepare
from grader.takehome.kit.marks import MEASURED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.exam.solution import Solution
    from grader.takehome.kit.log import Log


class Plugin:
    """One run of one suite on one submission."""

    def __init__(self, solution: Solution, log: Log) -> None:
        self._solution, self._log = solution, log
        self.fault: BaseException | None = None
        """Why the suite cannot be imported."""

    @pytest.fixture(scope="module")
    def solution(self) -> Any:
        """The submission."""
        return self._solution

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> Any:
        """A numpy generator with this check's seed."""
        return make_rng(derive(derive(PUBLIC, request.node.name), "rng"))

    def pytest_exception_interact(self, node: pytest.Item | pytest.Collector, call: pytest.CallInfo[Any]) -> None:
        """Keep what went wrong while the suite was imported."""
        if isinstance(node, pytest.Collector) and call.excinfo is not None:
            cause = call.excinfo.value
            self.fault = cause.__cause__ if isinstance(cause.__cause__, ImportError) else cause

    def pytest_pycollect_makeitem(self, name: str, obj: object) -> list[pytest.Item] | None:
        """Leave out what is measured where it is graded."""
        if not getattr(obj, MEASURED, False):
            return None
        if name not in self._log.told:
            self._log.say({"end": name, "outcome": "measured", "message": ""})
        return []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what an earlier process has begun."""
        items[:] = [item for item in items if item.name not in self._log.told]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Begin a check."""
        self._log.begin(item.name, self._solution)
        prepare(getattr(item, "function", None), derive(PUBLIC, item.name))
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Say what became of it: of the setup only where it failed."""
        error = call.excinfo.value if call.excinfo is not None else None
        if call.when == "call" or (error is not None and call.when == "setup"):
            self._log.end(item.name, error, getattr(item, "function", None), self._solution)
        return (yield)
