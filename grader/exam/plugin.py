"""The pytest plugin: fixtures, marks, seeds, and what became of each check.

In the examiner it is handed a desk. Under plain `pytest bank/... --solution FILE` it lays one per suite, so that an
author runs the same suite through the same boundary.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from grader.exam.desk import Desk

MARKS = {
    "points(value, group, group_zh)": "what a check is worth and the learning outcome it belongs to",
    "hint(en, zh)": "what to think about when it fails",
    "performance(...)": "a ratio of times against one of our own solutions",
    "memory(...)": "a ratio of peak memory against one of our own solutions",
    "stated(*anchors)": "where the statement asks for what it tests",
    "contract(why)": "why it stays although it kills nothing alone",
}
MEASURING = ("performance", "memory")
FindDesk = Callable[[Path], "Desk"]
DESK = pytest.StashKey[FindDesk]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the author's options."""
    group = parser.getgroup("grader")
    group.addoption("--solution", metavar="FILE", help="run the suites of a question on this submission")
    group.addoption("--exam-seed", type=int, default=0, metavar="N", help="seed of the secret randomness")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks."""
    for mark, meaning in MARKS.items():
        config.addinivalue_line("markers", f"{mark}: {meaning}")
    if DESK not in config.stash and config.getoption("--solution"):
        path, seed = Path(config.getoption("--solution")), config.getoption("--exam-seed")
        config.stash[DESK] = _author_desks(config, path, seed)


def _author_desks(config: pytest.Config, path: Path, seed: int) -> FindDesk:
    """Lay one desk per question, at the first check that needs it."""

    @cache
    def desk_of(folder: Path) -> Desk:
        from grader.bank import load_question
        from grader.exam.desk import at_strongest, lay_desk, ready_template
        from grader.exam.properties import use_profile
        from grader.submission import read_submission

        use_profile()
        question = load_question(folder)
        template, _ = at_strongest(None, partial(ready_template, question))
        config.add_cleanup(template.close)
        desk = lay_desk(question, read_submission(path, question.spec), seed, template)
        config.add_cleanup(desk.close)
        return desk

    return desk_of


def _find_desk(config: pytest.Config, path: Path) -> Desk:
    if DESK not in config.stash:
        pytest.fail("name the submission to run on: --solution FILE", pytrace=False)
    return config.stash[DESK](path.parent)


def is_suite(path: Path) -> bool:
    """Whether a test file belongs to a question."""
    return path.name in {"test_public.py", "test_hidden.py"} and (path.parent / "question.yaml").is_file()


def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> pytest.Item | None:
    """Make a function under `@performance` or `@memory` a check of its own."""
    if not any(mark.name in MEASURING for mark in getattr(obj, "pytestmark", ())):
        return None
    draw: Any = obj

    def check(desk: Desk) -> None:
        from grader.exam.meter import Meter

        performance = next(c.performance for c in desk.question.checks if c.name == name)
        assert performance is not None, "the bank read the same mark"
        Meter(desk).measure(name, draw, performance)

    return pytest.Function.from_parent(collector, name=name, callobj=check)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark suite modules, whose functions travel to the guest by value."""
    for item in items:
        module = getattr(item, "module", None)
        if module is not None and is_suite(item.path):
            module.__grader_suite__ = True


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Seed a check, before its fixtures are made."""
    if not is_suite(item.path):
        return
    desk = _find_desk(item.config, item.path)
    begin_check(desk, item)


def begin_check(desk: Desk, item: pytest.Item) -> None:
    """Give a check its own seed on both sides, and its share of the clock."""
    from grader.exam.examples import PROGRESS, UNTRIED, is_property, is_public, seed_of
    from grader.exam.solution import forget_last_call
    from grader.sandbox.servant import seed_generators

    item.stash[PROGRESS] = UNTRIED  # an examiner may have had a submission before
    seed = seed_of(item, desk.seed)
    seed_generators(seed)
    if is_property(item):
        from grader.exam.properties import steer

        steer(getattr(item, "function"), seed, shrink=is_public(item))  # noqa: B009  only some items have one
    forget_last_call(desk.solution)
    # a performance check's limit is a ratio; its clock is the whole
    measured = any(check.performance for check in desk.question.checks if check.name == item.name)
    allowed = desk.question.spec.limits.wall if measured else None
    desk.begin(seed, allowed=allowed)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a property on the examples that were drawn for it, where there are any; None leaves it to pytest."""
    from grader.exam.examples import EXAMPLES, PROGRESS, UNTRIED, is_public, run

    examples = pyfuncitem.config.stash.get(EXAMPLES, {}).get(pyfuncitem.nodeid)
    if examples is None:
        return None
    if not run(pyfuncitem, examples, shown=is_public(pyfuncitem)):
        _find_desk(pyfuncitem.config, pyfuncitem.path).candidate.spoil()  # Hypothesis chooses while it runs
        pyfuncitem.stash[PROGRESS] = UNTRIED
        return None
    return True


@pytest.fixture(scope="module")
def desk(request: pytest.FixtureRequest) -> Desk:
    """The examiner's desk of this suite's question."""
    return _find_desk(request.config, request.path)


@pytest.fixture(scope="module")
def solution(desk: Desk) -> Any:
    """The submission, behind the boundary."""
    return desk.solution


@pytest.fixture(scope="module")
def reference(desk: Desk) -> Any:
    """The reference, with the same interface: in this process, or if it is foreign in a guest of its own."""
    return desk.reference


@pytest.fixture
def rng(request: pytest.FixtureRequest, desk: Desk) -> Any:
    """A numpy generator with this check's own seed."""
    from grader.exam.examples import seed_of
    from grader.exam.seeds import derive, make_rng

    return make_rng(derive(seed_of(request.node, desk.seed), "rng"))
