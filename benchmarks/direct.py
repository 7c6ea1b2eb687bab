"""The other side of a comparison: a pytest plugin that imports the submission into the test process.

Hypothesis runs as it does in an exam: as many examples, no database, no deadline, no example made small.
"""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import pytest

from grader.exam.properties import steer, use_profile

SEED = 7


class Direct:
    """The submission's module with the interface of `solution`, every call made in place."""

    def __init__(self, path: str) -> None:
        spec = importlib.util.spec_from_file_location("solution", path)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(path)
        self._module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self._module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def get(self, name: str) -> Any:
        """Read an export."""
        return getattr(self._module, name)

    def put(self, value: object) -> object:
        """Nothing to send."""
        return value

    def run(self, probe: Any, *args: object, **kwargs: object) -> Any:
        """Call the probe in place."""
        return probe(self._module, *args, **kwargs)


@pytest.fixture(scope="module")
def solution() -> Direct:
    """The submission named by the environment."""
    return Direct(os.environ["DIRECT_SOLUTION"])


@pytest.fixture
def rng() -> Any:
    """A generator of the same kind as an exam's."""
    from grader.exam.seeds import make_rng

    return make_rng(SEED)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks of a suite, and load the profile before a suite is imported."""
    for mark in ("points", "hint", "performance", "memory", "stated", "contract"):
        config.addinivalue_line("markers", f"{mark}(...): of the suite")
    use_profile()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Steer each property as the grader does."""
    for item in items:
        function = getattr(item, "function", None)
        if hasattr(function, "hypothesis"):
            steer(function, SEED, shrink=False)
