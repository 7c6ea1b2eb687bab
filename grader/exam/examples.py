"""The examples of properties, drawn before their bodies run.

Choosing examples is most of what a property costs: half a millisecond each, the body a tenth of that. What Hypothesis
chooses follows from the check's seed alone, and that from the grading's. So the fork server lets it choose once for a
seed, with a body that only notes what it is given, and every examiner forked for that seed runs the true bodies on the
same examples in the same order. Each examiner is a fork: what a body does to an example stays there.

A body that asks Hypothesis for more while it runs (`assume`, `st.data()`, `target`) is left to Hypothesis, as is a
public property that fails, which is to be shown small.
"""

from __future__ import annotations

import functools
import gc
import signal
from collections import OrderedDict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest

from grader.exam.compare import summary
from grader.exam.properties import steer
from grader.exam.seeds import PUBLIC, derive
from grader.sandbox.servant import seed_generators

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Example = dict[str, Any]
Examples = dict[str, tuple[Example, ...]]
"""Of each property, by the id of its item."""

EXAMPLES = pytest.StashKey[Examples]()
PROGRESS = pytest.StashKey[tuple[int, int]]()
"""Of a property that is run on its examples: on how many it was, and how many there are."""
UNTRIED = (0, 0)
"""The progress of any other check."""
SEEDS_KEPT = 24
"""As many as a proof takes in turns."""
DRAW_SECONDS = 30.0


class Supply:
    """The examples of a session's properties, drawn once for each of the seeds that were asked for lately."""

    def __init__(self, session: pytest.Session) -> None:
        self._items = [item for item in session.items if isinstance(item, pytest.Function) and is_property(item)]
        self._drawn: OrderedDict[int, Examples] = OrderedDict()

    def for_seed(self, seed: int) -> Examples:
        """Return what the examiners of a grading with this seed run on."""
        if seed not in self._drawn:
            self._drawn[seed] = draw_all(self._items, seed)
            gc.freeze()  # a collection in an examiner would touch, and so copy, every shared page
            if len(self._drawn) > SEEDS_KEPT:
                self._drawn.popitem(last=False)
        self._drawn.move_to_end(seed)
        return self._drawn[seed]


def is_property(item: pytest.Item) -> bool:
    """Whether a check draws examples."""
    return hasattr(getattr(item, "function", None), "hypothesis")


def is_public(item: pytest.Item) -> bool:
    """Whether a check stands in a suite that candidates have."""
    return item.path.name == "test_public.py"


def seed_of(item: pytest.Item, seed: int) -> int:
    """Return the seed of a check: of a hidden one secret, by the grading's; of a public one the same for everybody.

    So a candidate who runs the public tests meets the inputs that they are graded by.
    """
    return derive(PUBLIC if is_public(item) else seed, item.name)


def draw_all(items: Sequence[pytest.Function], seed: int) -> Examples:
    """Draw the examples of each property under a grading's seed; one that cannot be drawn is left out."""
    examples: Examples = {}
    try:
        with _at_most(DRAW_SECONDS):
            for item in items:
                drawn = _draw(item, seed_of(item, seed))
                if drawn:
                    examples[item.nodeid] = drawn
    except _TooLongError:
        pass  # an examiner, which is supervised, will meet the same and say so
    return examples


def run(item: pytest.Function, examples: Sequence[Example], *, shown: bool) -> bool:
    """Run a property's body on its examples, until one fails; False when Hypothesis has to run it.

    Args:
        item: the property.
        examples: what was drawn for it.
        shown: whether a failing example is shown to candidates, and therefore to be made small.
    """
    from hypothesis.errors import HypothesisException

    fixtures = {name: item.funcargs[name] for name in _fixtures_of(item)}
    body = _handle(item).inner_test
    for number, example in enumerate(examples, start=1):
        item.stash[PROGRESS] = (number, len(examples))
        try:
            body(**fixtures, **example)
        except HypothesisException:
            return False
        except Exception as error:
            if shown:
                return False
            error.add_note(f"Falsifying example: {_written(example)}")
            raise
    return True


def _draw(item: pytest.Function, seed: int) -> tuple[Example, ...]:
    """Let Hypothesis choose; nothing where the strategies fail, which an examiner will meet again and report."""
    handle, fixtures = _handle(item), _fixtures_of(item)
    body, examples = handle.inner_test, []

    @functools.wraps(body)
    def note(**arguments: object) -> None:
        examples.append({name: value for name, value in arguments.items() if name not in fixtures})

    seed_generators(seed)
    steer(item.function, seed, shrink=False)
    handle.inner_test = note
    try:
        item.function(**dict.fromkeys(fixtures))
    except (Exception, pytest.skip.Exception, pytest.fail.Exception):
        return ()
    finally:
        handle.inner_test = body
    return tuple(examples)


def _handle(item: pytest.Function) -> Any:
    return cast("Any", item.function).hypothesis


def _fixtures_of(item: pytest.Function) -> Sequence[str]:
    """Name the arguments that pytest fills; Hypothesis fills the others."""
    return item._fixtureinfo.argnames


def _written(example: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={summary(value)}" for name, value in example.items())


class _TooLongError(BaseException):
    """Drawing took too long; no `except Exception` of a strategy may swallow it."""


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    def stop(*_signal: object) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
