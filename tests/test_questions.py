"""Every question of the bank is proven as it stands, and a quick look still finds it sound."""

from __future__ import annotations

import pytest
from bank_page import PAGE, page, topics
from bank_sample import BANK, SIZE, SUITE_SECONDS, drawn_by, sample, suite_seconds

from grader.proof.ledger import State, state_of
from grader.proof.trial import try_question


def test_the_bank_has_no_faults() -> None:
    """Every folder of the bank is a question that loads."""
    assert [str(fault) for fault in BANK.faults()] == []


def test_every_question_is_about_a_topic() -> None:
    """What a spec names as its topic stands in the table of topics, in its own family."""
    known = {(topic.family, topic.slug) for topic in topics()}
    assert {(question.spec.family, question.spec.source.topic) for question in BANK.questions} <= known


def test_the_page_about_the_bank_is_true() -> None:
    """docs/bank.md says what the bank holds; else: `python -m tests.bank_page --write`."""
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("name", BANK.ids)
def test_a_question_is_proven(name: str) -> None:
    """The proof beside it belongs to these very files and packages; else: `grade verify ID`."""
    assert state_of(BANK.find(name)) is State.PROVEN


def test_every_question_is_looked_at_some_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample keeps its bounds, follows from its key alone, and leaves nothing out in the long run."""
    monkeypatch.delenv("GRADER_QUESTIONS", raising=False)
    samples = [sample(str(key)) for key in range(1200)]
    assert {len(one) for one in samples} == {SIZE}, "there are always some that cost next to nothing"
    costs = [sorted(map(suite_seconds, one)) for one in samples]
    assert max(sum(dear) - dear[-1] for dear in costs) <= SUITE_SECONDS
    assert {name for one in samples for name in one} == set(BANK.ids)
    assert sample("7") == sample("7")
    monkeypatch.setenv("GRADER_QUESTIONS", "all")
    assert sample("7") == sorted(BANK.ids)


@pytest.mark.parametrize("name", sample(drawn_by()))
def test_a_question_is_sound(name: str) -> None:
    """Right solutions are accepted; wrong ones, trivial answers and a sample of the mutants are not."""
    assert try_question(BANK.find(name), seed=20, quick=True).faults == ()
