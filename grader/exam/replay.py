"""Ends a check without running it where its transcript is known, and notes the transcripts of those that are run."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest

from grader.exam.examples import EXAMPLES, is_property, seed_of
from grader.exam.solution import CheckEnded, teach
from grader.exam.transcripts import Key, Tape, Transcript
from grader.verdict import Outcome, RawResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.exam.desk import Desk
    from grader.exam.transcripts import Shelf, Ways

_FOLLOWING = {Outcome.PASSED, Outcome.FAILED, Outcome.ERROR}
"""The outcomes that follow from the answers."""
_GIVEN = {"solution", "reference", "rng"}
"""The fixtures of which a check knows nothing but what its seed and the answers make of them."""


class Replay:
    """The checks of one submission, in the light of those that came before it."""

    def __init__(self, desk: Desk, shelf: Shelf, say: Callable[[RawResult], None]) -> None:
        self._desk = desk
        self._shelf = shelf
        self._say = say
        self._found: dict[Key, Transcript] = {}
        self._told: list[RawResult] = []
        """Of the check that is being run."""
        self.ran = False
        """Whether any check was run."""

    def say(self, result: RawResult) -> None:
        """Report what a check that is run shows."""
        self._told.append(result)
        self._say(result)

    def known(self, item: pytest.Item, following: pytest.Item | None) -> RawResult | None:
        """Return how a check ends, if it ends as it did for others before; else it is to be run."""
        key = _key(item, self._desk.seed)
        ways, candidate = None if key is None else self._shelf.find(key), self._desk.candidate
        if key is None or ways is None or not candidate.ready:
            return None
        started = time.perf_counter()
        self._desk.begin(key.seed)
        result = self._reached(ways)
        if result is None:
            candidate.resume()
            return None
        candidate.settle()
        item.session._setupstate.teardown_exact(following)  # as at the end of a check that is run
        return replace(result, seconds=time.perf_counter() - started, waited=candidate.waited)

    def run(self, item: pytest.Item, following: pytest.Item | None) -> None:
        """Run a check that is not known, and note its transcript."""
        key = _key(item, self._desk.seed)
        self.ran = True
        with self._noting(key) if key is not None else contextlib.nullcontext():
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)

    def _reached(self, ways: Ways) -> RawResult | None:
        """Ask the submission what others were asked; return what became of those who gave all the same answers."""
        if not self._desk.candidate.ready:
            return None
        try:
            teach(self._desk.solution, ways.probes)
        except (CheckEnded, Exception):  # over a probe: the check itself will meet the same, and report it
            return None
        return self._desk.candidate.follow(ways.first)

    @contextlib.contextmanager
    def _noting(self, key: Key) -> Iterator[None]:
        """Note what a check asks and hears while it runs, where others may have use for it."""
        if not self._shelf.wants(key):
            yield
            return
        tape = Tape()
        self._told.clear()
        self._desk.candidate.note(tape)
        try:
            yield
        finally:
            self._desk.candidate.note(None)
        if len(self._told) == 1 and self._told[0].outcome in _FOLLOWING:  # else its fixtures failed as well
            transcript = tape.transcript(self._desk.solution, replace(self._told[0], seconds=0.0, waited=0.0))
            if transcript is not None:
                self._found[key] = transcript

    def end(self) -> None:
        """Hand over what was noted."""
        if self._found:
            self._shelf.bring(self._found)


@lru_cache(maxsize=4096)
def _key(item: pytest.Item, seed: int) -> Key | None:
    """Return what a check's transcripts are kept under; None for one that depends on more than its answers."""
    if not isinstance(item, pytest.Function):
        return None
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    drawn = not is_property(item) or item.nodeid in item.config.stash.get(EXAMPLES, {})
    if not drawn or set(item._fixtureinfo.initialnames) - set(parameters) - _GIVEN:
        return None
    return Key(item.nodeid, seed_of(item, seed))
