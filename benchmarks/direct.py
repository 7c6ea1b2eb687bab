"""The other side of a comparison: a pytest plugin that imports the submission into the test process."""

from __future__ import annotations

import importlib.util
import os
from typing import Any

import pytest


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

    return make_rng(7)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks of a suite."""
    for mark in ("points", "hint", "performance", "memory", "stated", "contract"):
        config.addinivalue_line("markers", f"{mark}(...): of the suite")
