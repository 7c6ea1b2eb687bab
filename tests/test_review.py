"""What waits is queued, offered with its like, decided, applied; ten decisions mark two hundred answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from answers_at_large import IDEAS, answers
from test_cli import assert_told, grade
from test_concepts import GOOD, ROOT, SHORT
from test_concepts import bank as bank

from grader.bank import load_bank
from grader.batch import Batch, Entrant, make_record
from grader.engine import LocalEngine
from grader.errors import InputError
from grader.question import Text
from grader.records import BatchFolder, Entry, moment
from grader.review.application import apply, book_of
from grader.review.decisions import Ledger, opened
from grader.review.likeness import ALIKE, Likeness, differences
from grader.review.queue import Item, Queue, read_queue
from grader.review.session import Extent, Leave, Tally, review
from grader.verdict import Decision, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

UNUSUAL = "The spread of the scores is mushrooming with d_k. The softmax saturates. Its gradients vanish."
DENIED = "The numbers never mushroom with d_k. The softmax saturates. Its gradients vanish."
WAITING = 4


@pytest.fixture
def lenient(bank: Path) -> Path:
    """A bank whose short question leaves to a person what the rules leave open."""
    spec = bank / "nlp" / SHORT / "question.yaml"
    spec.write_text(spec.read_text().replace("characters: 1500", "characters: 1500\nreferee: person"))
    return bank


def graded(root: Path, bank: Path, texts: Mapping[str, str]) -> BatchFolder:
    """Grade answers as a batch does."""
    question = load_bank(bank).find(SHORT)
    (root / "answers").mkdir()
    entrants = []
    for candidate, text in texts.items():
        path = root / "answers" / f"{candidate}.md"
        path.write_text(text, encoding="utf-8")
        entry = Entry(candidate=candidate, question=question.qualified_id, path=path.name)
        entrants.append(Entrant(entry, question, path))
    folder = BatchFolder(root / "out")
    folder.begin(make_record(entrants, root / "answers", seed=1))
    assert len(list(Batch(entrants, folder).run(LocalEngine(2)))) == len(texts)
    return folder


def typed(folder: Path, *words: str | Path, keys: str = "") -> subprocess.CompletedProcess[str]:
    """Run `grade review` with what a person types."""
    command = [sys.executable, "-m", "grader.cli.main", "review", str(folder), *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("GRADE_REVIEWER", None)
    return subprocess.run(command, env=environment, input=keys, capture_output=True, text=True, timeout=60, check=False)


def rulings(folder: BatchFolder) -> list[dict[str, object]]:
    path = folder.root / "review" / "decisions.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Reader:
    """Somebody who knows which idea an answer has, and confirms only answers of one mark."""

    def __init__(self, truth: Mapping[str, bool]) -> None:
        self._truth = truth
        self.refused = 0

    def decide(self, item: Item, left: int) -> Decision | Leave:
        assert left >= item.verdicts
        return Decision(met=self._truth[item.answer], by="R", reason="by its idea", time=moment())

    def extend(self, item: Item, like: Sequence[Item], decision: Decision) -> Extent:
        assert item not in like
        if all(self._truth[other.answer] == decision.met for other in like):
            return Extent.ALL
        self.refused += 1
        return Extent.FEWER


# --- many ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ten_decisions_mark_two_hundred_answers(tmp_path: Path, lenient: Path, seed: int) -> None:
    """Ideas in many wordings, with misprints and contradictions: each mark is that of its idea."""
    cohort = answers(200, seed)
    folder = graded(tmp_path, lenient, {name: text for name, (_, text) in cohort.items()})
    queue = read_queue(folder)
    reader = Reader({text.strip(): met for met, text in cohort.values()})
    with opened(folder.root) as ledger:
        tally = review(queue, ledger, reader, ALIKE)
        apply(folder, ledger.by_item())
    marks = {grade.candidate: grade.verdict for grade in book_of(folder).grades}

    assert (queue.verdicts, tally.verdicts) == (200, 200)
    assert len(IDEAS) <= tally.decisions <= 10
    assert {name: verdict.points for name, verdict in marks.items()} == {
        name: 5 if met else 3 for name, (met, _) in cohort.items()
    }
    assert not read_queue(folder).items


def test_the_same_answer_waits_once(tmp_path: Path, lenient: Path) -> None:
    """However it is typed, and whoever wrote it."""
    texts = {"ada": UNUSUAL, "bob": UNUSUAL.replace(" ", "  ").upper(), "cyd": f"\u200b{UNUSUAL}", "dan": DENIED}
    queue = read_queue(graded(tmp_path, lenient, texts))

    assert sorted(item.verdicts for item in queue.items) == [1, 3]
    assert "ada" not in queue.model_dump_json()


# --- likeness --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The numbers grow with the head size.", "The numbers do not grow with the head size."),
        ("The numbers grow with the head size.", "The numbers never grow with the head size."),
        ("It takes 112 GB of memory for the weights.", "It takes 224 GB of memory for the weights."),
        ("方差随维度增大", "方差不随维度增大"),
        ("It is bounded, and it grows.", "That it grows is wrong, it is bounded."),
    ],
)
def test_what_denies_or_counts_otherwise_is_never_offered(one: str, other: str) -> None:
    """However few letters differ."""
    likeness = Likeness.of([one, other, one.upper()])

    assert likeness.near(0, {1, 2}, 0.0 + 1e-6) == (2,)


def test_the_centre_is_what_most_resemble() -> None:
    """Counted by the verdicts behind each; the first of equals, so that a review can be repeated."""
    passages = ["the cat sat on the mat", "a cat sat on the mat", "the cat sat on a mat", "entropy"]
    likeness = Likeness.of(passages)

    assert likeness.centre({0, 1, 2, 3}, [1, 1, 1, 1], 0.7) in {0, 1, 2}
    assert likeness.centre({0, 1, 2, 3}, [1, 1, 1, 9], 0.7) == 3
    assert likeness.centre({3, 1}, [1, 1, 1, 1], 0.7) == 1
    assert likeness.near(3, {0, 1, 2}, 0.3) == ()


def test_differences_are_words() -> None:
    """What the one says, and the other instead; Chinese by characters."""
    assert differences("It grows fast.", "It falls fast, too.") == (("grows", "falls"), ("", ", too"))
    assert differences("方差增大", "方差减小") == (("增 大", "减 小"),)
    assert differences("It  GROWS", "it grows") == ()


# --- the order -------------------------------------------------------------------------------------------------------


def item(name: str, passage: str, verdicts: int = 1) -> Item:
    return Item(
        id=name, question="q", title=Text(en="t"), key_point="k", claim="c", points=1,
        answer=passage, passage=passage, why="w", verdicts=verdicts,
    )  # fmt: skip


class Typist:
    """Somebody who says what is written down for each item."""

    def __init__(self, words: Mapping[str, bool | Leave], extents: Sequence[Extent] = ()) -> None:
        self._words, self._extents = words, list(extents)
        self.offered: list[tuple[str, ...]] = []

    def decide(self, item: Item, left: int) -> Decision | Leave:
        assert left
        word = self._words[item.id]
        return word if isinstance(word, Leave) else Decision(met=word, by="R", reason="so", time=moment())

    def extend(self, item: Item, like: Sequence[Item], decision: Decision) -> Extent:
        assert decision.by == "R"
        self.offered.append((item.id, *(other.id for other in like)))
        return self._extents.pop(0)


ITEMS = (
    item("a", "the cat sat on the mat today", 2),
    item("b", "the cat sat on the mat"),
    item("c", "the cat sits on a mat"),
    item("d", "nothing of the kind"),
)


def tallied(tmp_path: Path, typist: Typist) -> tuple[Tally, dict[str, Decision]]:
    ledger = Ledger(tmp_path / "decisions.jsonl")
    return review(Queue(items=ITEMS), ledger, typist, 0.5), ledger.by_item()


def test_a_decision_holds_for_others_only_if_confirmed(tmp_path: Path) -> None:
    """Fewer are offered until they are taken, or nobody is left."""
    words: dict[str, bool | Leave] = {"a": True, "b": True, "c": False, "d": Leave.SKIP}
    fewer = Typist(words, [Extent.FEWER, Extent.ALL])
    tally, decided = tallied(tmp_path, fewer)

    assert [len(offered) for offered in fewer.offered] == [3, 2]
    assert (tally.decisions, tally.verdicts, tally.ended) == (2, 4, False)
    assert {name: decision.met for name, decision in decided.items()} == {"a": True, "b": True, "c": False}
    (tmp_path / "decisions.jsonl").unlink()
    alone = Typist(words, [Extent.ONE, Extent.ONE])
    tally, decided = tallied(tmp_path, alone)
    assert tally.decisions == 3


def test_whoever_quits_keeps_what_was_decided(tmp_path: Path) -> None:
    """And nothing after it is asked."""
    words: dict[str, bool | Leave] = {"a": True, "b": True, "c": Leave.QUIT, "d": Leave.QUIT}
    tally, decided = tallied(tmp_path, Typist(words, [Extent.FEWER, Extent.ALL]))

    assert (tally.ended, set(decided)) == (True, {"a", "b"})


# --- the ledger ------------------------------------------------------------------------------------------------------


def test_the_last_decision_counts_and_none_is_lost(tmp_path: Path) -> None:
    """Lines are only added; what is no decision is told with its line."""
    ledger = Ledger(tmp_path / "decisions.jsonl")
    for met in (True, False):
        ledger.add(Decision(met=met, by="R", reason="so", time=moment()), ITEMS[0], ITEMS[1:2])

    assert [ruling.decision.met for ruling in ledger.rulings()] == [True, False]
    assert {name: decision.met for name, decision in ledger.by_item().items()} == {"a": False, "b": False}
    with (tmp_path / "decisions.jsonl").open("a") as file:
        file.write('{"met": true}\n')
    with pytest.raises(InputError, match=r"decisions.jsonl:3: it is no decision"):
        ledger.by_item()


def test_one_person_reviews_at_a_time(tmp_path: Path) -> None:
    """A second one is told."""
    with opened(tmp_path), pytest.raises(InputError, match="somebody reviews it"), opened(tmp_path):
        pass


# --- verdicts --------------------------------------------------------------------------------------------------------


def test_a_decision_becomes_a_verdict_and_the_old_one_stays(tmp_path: Path, lenient: Path) -> None:
    """Points, status, who and why; history as for a regrading; the tables anew."""
    folder = graded(tmp_path, lenient, {"ada": GOOD, "bob": UNUSUAL, "cyd": DENIED})
    typed_in = typed(folder.root, "--by", "R. Ito", keys="m\nmushrooming is growing\nn\nit denies it\n")
    bob, cyd = (folder.verdict(entry) for entry in folder.record().entries[1:])
    (growth,) = (check for check in bob.checks if check.name == "growth")
    assert growth.detail is not None
    assert growth.detail.decision is not None

    assert_told(typed_in, 0, "2 decisions on 2 key points", "Nothing waits.")
    assert {bob.status, cyd.status} == {Status.ACCEPTED, Status.PARTIAL}
    assert {bob.points, cyd.points} == {5, 3}
    assert growth.detail.decision.by == "R. Ito"
    before = json.loads((folder.root / f"history/1/verdicts/nlp.{SHORT}/bob.json").read_text())
    assert (before["status"], before["points"]) == ("provisional", 3)
    (line,) = (folder.root / "history.jsonl").read_text().splitlines()
    assert {change["candidate"] for change in json.loads(line)["changes"]} == {"bob", "cyd"}
    assert "provisional" not in (folder.root / "summary.csv").read_text()
    assert_told(
        grade("rerun", folder.root / f"verdicts/nlp.{SHORT}/bob.json", "--bank", lenient), 2, "a person decided"
    )


def test_nobody_learns_whose_answer_it_is_and_no_answer_steers_the_screen(tmp_path: Path, lenient: Path) -> None:
    """Names are not shown; what a terminal would obey is written out."""
    evil = UNUSUAL.replace("mushrooming", "mush\x1b[2Jrooming\u202e")
    folder = graded(tmp_path, lenient, {"zebedee": evil})
    told = typed(folder.root, "--by", "R", keys="s\n")

    assert_told(told, WAITING, "spread (variance) of the dot products grows", "1 wait in")
    assert "zebedee" not in told.stdout
    assert "\x1b[2J" not in told.stdout
    assert "\u202e" not in told.stdout
    assert "\\x1b[2J" in told.stdout


def test_a_review_can_be_left_and_gone_on_with(tmp_path: Path, lenient: Path) -> None:
    """Quit, closed input, no name, no reason: nothing is lost, nothing is decided by accident."""
    folder = graded(tmp_path, lenient, {"bob": UNUSUAL, "cyd": DENIED})

    assert_told(typed(folder.root, "--list"), WAITING, "2 answers wait", "nlp/attention-scaling, growth")
    assert_told(typed(folder.root), 2, "--by")
    assert_told(typed(folder.root, "--by", "R", keys="q\n"), WAITING, "0 decisions")
    assert_told(typed(folder.root, "--by", "R", keys="m\n   \n"), WAITING, "a decision has its reason", "0 decisions")
    assert_told(typed(folder.root, "--by", "R", keys="n\nno\n"), WAITING, "1 decisions", "1 verdicts decided")
    assert len(rulings(folder)) == 1
    assert_told(typed(folder.root, "--by", "R", keys="n\nno\n"), 0, "1 decisions", "Nothing waits.")
    assert_told(typed(folder.root, "--by", "R"), 0, "Nothing waits.")
    assert_told(typed(tmp_path, "--list"), 2, "no batch was graded here")


def test_like_answers_are_offered_with_what_differs(tmp_path: Path, lenient: Path) -> None:
    """One key confirms them; closed input confirms nothing."""
    texts = {name: UNUSUAL.replace("spread", word) for name, word in (("a", "spread"), ("b", "range"), ("c", "extent"))}
    folder = graded(tmp_path, lenient, texts)
    closed = typed(folder.root, "--by", "R", keys="m\nyes\n")
    assert_told(closed, WAITING, "2 others are nearly the same", "→", "1 decisions on 1 key points")
    told = typed(folder.root, "--by", "R", keys="m\nyes\na\n")

    assert_told(told, 0, "1 others are nearly the same", "1 decisions on 2 key points")
    assert "(l)ist" not in told.stdout
    assert [len(ruling["items"]) for ruling in rulings(folder) if isinstance(ruling["items"], list)] == [1, 2]


def test_every_difference_can_be_seen(tmp_path: Path, lenient: Path) -> None:
    """A long list is cut, says so, and is shown whole at a key."""
    words = [f"spread{chr(97 + number)}" for number in range(26)]
    folder = graded(tmp_path, lenient, {word: UNUSUAL.replace("spread", word) for word in words})
    told = typed(folder.root, "--by", "R", keys="m\nyes\nl\na\n")

    assert_told(told, 0, "and 5 more", "1 decisions on 26 key points")
    assert all(f"→ {word}" in told.stdout or f"{word} →" in told.stdout for word in words)


def test_decisions_outlive_a_regrading_and_a_crash(tmp_path: Path, lenient: Path) -> None:
    """They belong to answer and claim: graded anew, the answer is decided without asking again."""
    folder = graded(tmp_path, lenient, {"bob": UNUSUAL})
    assert_told(typed(folder.root, "--by", "R", keys="m\nyes\n"), 0)
    spec = lenient / "nlp" / SHORT / "question.yaml"
    spec.write_text(spec.read_text().replace("minutes: 6", "minutes: 7"))
    told = grade("regrade", folder.root, "--bank", lenient, "--apply", "--reason", "other minutes")
    assert_told(told, WAITING, "1 provisional")

    assert_told(typed(folder.root, "--list"), 0, "1 verdicts decided", "Nothing waits.")
    (growth,) = (check for check in folder.verdict(folder.record().entries[0]).checks if check.name == "growth")
    assert growth.outcome is Outcome.PASSED
    spec.write_text(spec.read_text().replace("Without the factor the spread", "Without it the spread"))
    assert_told(grade("regrade", folder.root, "--bank", lenient, "--apply", "--reason", "another claim"), WAITING)
    assert_told(typed(folder.root, "--list"), WAITING, "1 answers wait")


def test_pages_are_written_anew_where_that_is_wished(tmp_path: Path, lenient: Path) -> None:
    """Otherwise it is said that they are old."""
    answers_ = tmp_path / "in"
    answers_.mkdir()
    (answers_ / "bob.md").write_text(UNUSUAL)
    out = tmp_path / "out"
    assert_told(grade("batch", SHORT, answers_, "--out", out, "--bank", lenient, "--html"), WAITING)
    assert_told(typed(out, "--by", "R. Ito", keys="m\nyes\n"), 0, "The pages are those of before")
    assert "provisional" in (out / f"feedback/nlp.{SHORT}/bob.html").read_text()
    assert_told(typed(out, "--html", "--bank", lenient), 0)

    assert "provisional" not in (out / f"feedback/nlp.{SHORT}/bob.html").read_text()
    assert "R. Ito" in (out / f"pages/nlp.{SHORT}/bob.html").read_text()
    assert "R. Ito" not in (out / f"feedback/nlp.{SHORT}/bob.html").read_text()
