"""Similarity: a disguise does not hide a copy, different answers stay different, hostile source costs little."""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING

import pytest
from bank_sample import BANK, CODE
from hypothesis import given, settings
from hypothesis import strategies as st
from small_questions import submission
from test_cli import ROOT, assert_told, grade

from benchmarks.disguises import DISGUISES
from grader.bank import solutions, starter
from grader.submission import Unit
from grader.takehome.alignment import fragments
from grader.takehome.gathering import gather
from grader.takehome.similarity import Comparison, Sketch, compare, given_hashes, sketch
from grader.takehome.tokens import TooLong, tokens_of, tokens_of_unit
from grader.takehome.winnowing import SPAN, WINDOW, fingerprints, grams

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from grader.question import Question

FEDAVG = BANK.find_code("fedavg")


def texts(source: str) -> list[str]:
    return [token.text for token in tokens_of(submission(source))]


def sketched(name: str, source: str, handed_out: Collection[int] = ()) -> Sketch:
    return sketch(name, tokens_of_unit(Unit(f"{name}.py", source)), handed_out)


def own_solutions(question: Question) -> dict[str, str]:
    """The right answers that were written apart; our slow ones are the reference but for a part."""
    files = [question.reference, *solutions(question, "correct")]
    return {file.stem: file.read_text(encoding="utf-8") for file in files}


def cohort(question: Question, **more: str) -> Comparison:
    """Our own right solutions of a question, which differ, and further submissions."""
    handed_out = given_hashes([tokens_of_unit(Unit("starter.py", starter(question).read_text(encoding="utf-8")))])
    return compare(sketched(name, source, handed_out) for name, source in {**own_solutions(question), **more}.items())


# --- tokens ----------------------------------------------------------------------------------------------------------


def test_tokens_are_what_a_disguise_leaves() -> None:
    source = 'def mean(x, n=3):  # note\n    """Say."""\n    return sum(x).clip(min=-1.5, label="a" "b") / n\n'

    assert " ".join(texts(source)) == (
        'def @ ( @ , @ = 0 ) : ; return sum ( @ ) . clip ( min = - 0 , @ = " ) / @ ;'
    )  # fmt: skip


def test_an_attribute_of_ones_own_is_a_name_and_a_librarys_is_kept() -> None:
    source = "class A:\n    def run(self):\n        self.size = self.run().softmax()\n    def forward(self): pass\n"

    assert " ".join(texts(source)) == (
        "class @ : ; def @ ( @ ) : ; @ . @ = @ . @ ( ) . softmax ( ) ; def @ ( @ ) : pass ;"
    )  # fmt: skip


@pytest.mark.parametrize("source", ["import torch\n", "from torch import nn\n", '"Only words."\n', "# words\n"])
def test_what_says_nothing_of_the_answer_is_dropped(source: str) -> None:
    assert texts(f"{source}x = 1\n") == ["@", "=", "0", ";"]


def test_cells_are_joined() -> None:
    """A notebook of two cells is the file of both; a token knows its cell."""
    tokens = tokens_of(submission("x = 1\n", "y = x\n", label="answer.ipynb"))

    assert [token.text for token in tokens] == texts("x = 1\ny = x\n")
    assert {token.label for token in tokens} == {"answer.ipynb cell 1", "answer.ipynb cell 2"}


# --- winnowing -------------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from("abc"), max_size=80), st.lists(st.sampled_from("abc"), max_size=80), st.integers(0, 9))
def test_no_long_match_is_missed(before: list[str], after: list[str], seed: int) -> None:
    """The guarantee of the paper: two texts with SPAN + WINDOW - 1 tokens in common share a fingerprint."""
    common = random.Random(seed).choices("abcdef", k=SPAN + WINDOW - 1)
    one = {each.value for each in fingerprints([*before, *common])}
    other = {each.value for each in fingerprints([*common, *after])}

    assert one & other


@given(st.lists(st.sampled_from("ab"), max_size=200))
def test_fingerprints_are_some_of_the_hashes(tokens: list[str]) -> None:
    every, chosen = grams(tokens), fingerprints(tokens)

    assert set(chosen) <= set(every)
    assert bool(chosen) == bool(every)
    assert not fingerprints(tokens, {each.value for each in every})


# --- disguises and different answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("disguise", DISGUISES)
@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32), st.sampled_from(CODE))
def test_a_disguised_copy_stands_out(disguise: str, seed: int, question: str) -> None:
    """Among our own different solutions, the copy and its source come first, and share what no different ones do."""
    draw, asked = random.Random(seed), BANK.find_code(question)
    victim, source = draw.choice(sorted(own_solutions(asked).items()))
    first = cohort(asked, copy=DISGUISES[disguise](source, draw)).pairs[0]

    assert {first.one.name, first.other.name} == {victim, "copy"}
    assert first.share > 0.4


@pytest.mark.parametrize("question", CODE)
def test_different_solutions_are_not_called_alike(question: str) -> None:
    """Two right answers that were written apart share less than seven tenths of what is theirs, even short ones."""
    comparison = cohort(BANK.find_code(question))

    assert len(comparison.compared) > 1
    assert all(pair.share < 0.7 for pair in comparison.pairs)


def test_hardly_any_different_solutions_share_much() -> None:
    """Of all pairs of the bank, 19 in 20 share less than two fifths, and half of them less than a tenth."""
    shares = sorted(pair.share for question in CODE for pair in cohort(BANK.find_code(question)).pairs)

    assert len(shares) > 3 * len(CODE)
    assert shares[len(shares) // 2] < 0.1
    assert shares[len(shares) * 19 // 20] < 0.4


def test_what_everybody_has_counts_next_to_nothing() -> None:
    """A page that ten of ten have is worth a bit or two; the same page that two of ten have is worth many."""
    page = "\n".join(f"a{n} = total(b{n}, {n}).mean() + c{n} ** {n}" for n in range(12)) + "\n"
    own = ["\n".join(f"x = y.own_{n}_{line}(z).of_{n}(w)" for line in range(9)) + "\n" for n in range(10)]
    everybody = compare(sketched(f"c{n}", page + own[n]) for n in range(10))
    two = compare(sketched(f"c{n}", page + own[n] if n < 2 else own[n]) for n in range(10))

    assert all(pair.share < 0.05 for pair in everybody.pairs)
    assert {two.pairs[0].one.name, two.pairs[0].other.name} == {"c0", "c1"}
    assert two.pairs[0].bits > 5 * everybody.pairs[0].bits


def test_what_was_handed_out_counts_nothing() -> None:
    """Two who hand in the starter have nothing in common, for there is nothing of their own."""
    source = own_solutions(FEDAVG)["reference"]
    handed_out = given_hashes([tokens_of_unit(Unit("starter.py", source))])
    comparison = compare([sketched("a", source, handed_out), sketched("b", source, handed_out)])

    assert comparison.short == ("a", "b")
    assert not comparison.pairs


def test_a_short_answer_is_not_compared() -> None:
    assert compare([sketched("a", "x = 1\n" * 5), sketched("b", "x = 1\n" * 5)]).short == ("a", "b")


def test_the_order_of_the_cohort_means_nothing() -> None:
    sources = own_solutions(BANK.find_code("gan-step"))
    one = compare(sketched(name, source) for name, source in sources.items())
    other = compare(sketched(name, source) for name, source in reversed(sources.items()))

    assert [(pair.one.name, pair.other.name, pair.bits) for pair in one.pairs] == [
        (pair.one.name, pair.other.name, pair.bits) for pair in other.pairs
    ]


# --- fragments -------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(CODE), st.integers(0, 99))
def test_fragments_are_equal_and_do_not_overlap(question: str, seed: int) -> None:
    """Both sides of a fragment have the same tokens; no token is in two."""
    draw, asked = random.Random(seed), BANK.find_code(question)
    source = own_solutions(asked)["reference"]
    pair = cohort(asked, copy=DISGUISES["all of these"](source, draw)).pairs[0]
    found = fragments(pair)

    assert found
    assert [each.tokens for each in found] == sorted((each.tokens for each in found), reverse=True)
    assert all(each.tokens >= 1 and each.one.first <= each.one.last for each in found)
    assert sum(each.tokens for each in found) <= min(len(pair.one.tokens), len(pair.other.tokens))


# --- hostile source --------------------------------------------------------------------------------------------------

HOSTILE = {
    "one statement over and over": "x = y\n" * 4_900,
    "one long line": "x = [" + "1, " * 9_000 + "]\n",
    "deep brackets": "x = " + "(" * 80 + "1" + ")" * 80 + "\n" + "y = x\n" * 60,
    "many texts": "x = " + '"a" ' * 15_000 + "\n" + "y = x\n" * 60,
    "one long comment": "#" * 190_000 + "\n" + "y = x\n" * 60,
    "raises when run": "raise SystemExit(3)\n" + "y = x\n" * 60,
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_source_costs_little(source: str) -> None:
    """Two of a kind are read, compared and aligned in seconds of CPU time."""
    started = time.process_time()
    comparison = compare(sketch(name, tokens_of(submission(source)), ()) for name in "ab")
    for pair in comparison.pairs:
        fragments(pair)

    assert time.process_time() - started < 5


@pytest.mark.parametrize("source", ["x = 1\n" * 40_000, "x = y;" * 9_000 + "\n"], ids=["characters", "tokens"])
def test_more_than_anybody_types_is_not_looked_at(source: str) -> None:
    with pytest.raises(TooLong):
        tokens_of(submission(source))


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_no_failure(text: str) -> None:
    """What is no Python has no tokens; every other text has some, at most one for each character and a line's end."""
    assert len(tokens_of_unit(Unit("b.py", text))) <= 2 * len(text) + 1


# --- as typed --------------------------------------------------------------------------------------------------------


def write_cohort(folder: Path) -> Path:
    """Three different answers, a disguised copy of one, a file that is no Python, and one that is short."""
    folder.mkdir()
    sources = own_solutions(FEDAVG)
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    copy = DISGUISES["all of these"](sources["reference"], random.Random(1))
    (folder / "zed.py").write_text(copy, encoding="utf-8")
    (folder / "odd.py").write_text("def (", encoding="utf-8")
    (folder / "tiny.py").write_text("x = 1\n", encoding="utf-8")
    return folder


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    paths = {path.stem: path for path in write_cohort(tmp_path / "in").iterdir()}
    gathered = gather(FEDAVG, paths)

    assert set(gathered.unread) == {"odd"}
    assert gathered.comparison.short == ("tiny",)


def test_the_command_shows_the_pair_and_says_what_it_is_not(tmp_path: Path) -> None:
    """The copy comes first, its fragments side by side; nobody is accused; JSON has the same."""
    folder = write_cohort(tmp_path / "in")
    done = grade("similar", folder, "--question", "fedavg", "--top", "1")
    report = json.loads(grade("similar", folder, "--question", "fedavg", "--format", "json").stdout)[0]

    assert_told(done, 0, "1. reference and zed", "Too short to be compared: tiny", "Not compared: odd", "not why")
    assert not {"plagiar", "cheat", "guilty", "copied"} & set(done.stdout.lower().split())
    assert (report["similar"][0]["one"], report["similar"][0]["other"]) == ("reference", "zed")
    assert report["similar"][0]["fragments"]
    assert_told(grade("similar", folder), 2, "nothing says what is answered", "--question ID")
    assert_told(grade("similar", tmp_path / "none", "--question", "fedavg"), 2, "none")


def test_a_batch_knows_its_question(tmp_path: Path) -> None:
    """The folder of a batch leads to its submissions."""
    from grader.records import BatchFolder, BatchRecord, Entry

    folder = write_cohort(tmp_path / "in")
    names = sorted(path.name for path in folder.iterdir())
    entries = tuple(Entry(candidate=name[:-3], question="distributed-federated/fedavg", path=name) for name in names)
    BatchFolder(tmp_path / "out").begin(BatchRecord(seed=1, source=str(folder), suites={}, entries=entries))

    assert_told(grade("similar", tmp_path / "out", cwd=ROOT), 0, "1. reference and zed")
    assert_told(grade("similar", tmp_path / "out", "--question", "gan-step"), 2, "nobody answered gan-step here")


def test_answers_in_words_are_left_out(tmp_path: Path) -> None:
    """A batch of both kinds is compared as far as it is source."""
    from grader.records import BatchFolder, BatchRecord, Entry

    folder = write_cohort(tmp_path / "in")
    words = next(name for name in BANK.ids if name not in CODE)
    asked = dict.fromkeys(("reference", "zed", "tiny"), "fedavg") | {"odd": words}
    entries = tuple(Entry(candidate=name, question=bank_id, path=f"{name}.py") for name, bank_id in asked.items())
    BatchFolder(tmp_path / "out").begin(BatchRecord(seed=1, source=str(folder), suites={}, entries=entries))
    done = grade("similar", tmp_path / "out")

    assert_told(done, 0, "1. reference and zed")
    assert words not in done.stdout
