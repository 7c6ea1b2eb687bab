"""Whether `grade verify` finds what is wrong with a choice or a short question."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_cli import assert_told, grade

from grader.bank import load_bank
from grader.errors import BankError
from grader.proof.ledger import State, state_of, write_proof
from grader.proof.trial import try_question

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.rubric import AnyQuestion

ROOT = Path(__file__).resolve().parent.parent
SHORT, CHOICE = "nlp/attention-scaling", "concepts/f1-from-counts"


class Copy:
    """A copy of one question, to be spoilt."""

    def __init__(self, root: Path, name: str) -> None:
        self.name = name
        self.folder, self.own = root / "bank" / name, root / "solutions" / name
        self._bank = root / "bank"
        shutil.copytree(ROOT / "bank" / name, self.folder)
        if (ROOT / "solutions" / name).exists():
            shutil.copytree(ROOT / "solutions" / name, self.own)

    def change(self, file: str, old: str, new: str) -> None:
        path = (self.own if file == "exemplars.yaml" else self.folder) / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def question(self) -> AnyQuestion:
        return load_bank(self._bank).find(self.name)

    def faults(self) -> tuple[str, ...]:
        return try_question(self.question()).faults


@pytest.fixture
def copy(tmp_path: Path) -> Callable[[str], Copy]:
    return lambda name: Copy(tmp_path, name)


@pytest.mark.parametrize("name", [SHORT, CHOICE])
def test_a_sound_question_is_proven_until_it_changes(copy: Callable[[str], Copy], name: str) -> None:
    """The proof beside it belongs to its files and to the rules by which text is compared."""
    place = copy(name)
    question = place.question()
    proof = try_question(question)
    write_proof(question, proof)

    assert (proof.faults, proof.proven) == ((), True)
    assert state_of(question) is State.PROVEN
    (question.folder / ".hypothesis").mkdir()
    (question.folder / ".hypothesis" / "example").write_text("a tool left it", encoding="utf-8")
    assert state_of(question) is State.PROVEN
    place.change("question.yaml", "minutes: ", "minutes: 1")
    assert state_of(place.question()) is State.STALE


def test_the_proof_of_a_short_question_says_what_was_tried(copy: Callable[[str], Copy]) -> None:
    """Each exemplar and key point, each part of the rules, and those held out."""
    proof = try_question(copy(SHORT).question())

    assert {"full-en", "held-exam-zh"} <= {sight.name for sight in proof.exhibits}
    assert [check.name for check in proof.checks] == ["growth", "saturation", "gradient"]
    assert proof.mutants["killed"] > 10
    assert sum(proof.held_out.values()) == 4


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("exemplars.yaml", "so its variance grows in proportion to d_k", "one number", "full-en (good) should meet"),
        ("exemplars.yaml", "role: injection", "role: wrong", "there are 0 of the role 'injection'"),
        ("exemplars.yaml", "    held_out: true\n", "", "none in 'zh' is held out"),
        ("exemplars.yaml", "      The scores increase with d_k. Hence", "      Hence", "without misconception:shrinks"),
        ("question.yaml", "    points: 1\n", "    points: 1\n    spread: 5\n", "exemplars: near-misses-en"),
        ("question.yaml", "[not vanish*, never vanish*, ", "[never vanish*, ", "exemplars: mixed-up-en"),
        ("statement.en.md", "if queries and keys are long", "which grow with d_k", "adversaries: the statement (en)"),
        ("statement.zh.md", "growth, saturation", "growth", "statement.zh.md asks for saturation nowhere"),
        ("statement.en.md", "growth,", "growth, growht,", "growht is no key point. Did you mean 'growth'?"),
    ],
)  # fmt: skip
def test_a_short_question_with_a_fault_is_told_which(
    copy: Callable[[str], Copy], file: str, old: str, new: str, told: str
) -> None:
    """One change, and the gate that finds it."""
    place = copy(SHORT)
    place.change(file, old, new)

    assert any(told in fault for fault in place.faults()), place.faults()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("mean of accuracy and recall.", "mean of precision and recall!", "are the same in 'en'"),
        ("It is the harmonic mean of accuracy and recall.", "All of the above hold.", "speaks of other options"),
        ("它是准确率与召回率的调和平均。", "以上都对。", "speaks of other options"),
        ("mean of precision and recall.", f"mean {'that is ' * 15}known.", "by far the longest in 'en'"),
        ("它是准确率与召回率的调和平均。", "It is the mean of accuracy and recall.", "no Chinese character"),
        ("It is the harmonic mean of accuracy and recall.", "它是准确率。", "Chinese characters in its English text"),
    ],
)  # fmt: skip
def test_a_choice_with_a_fault_is_told_which(copy: Callable[[str], Copy], old: str, new: str, told: str) -> None:
    """One change, and the gate that finds it."""
    place = copy(CHOICE)
    place.change("question.yaml", old, new)

    assert any(told in fault for fault in place.faults()), place.faults()


def test_a_right_option_does_not_stand_in_the_statement(copy: Callable[[str], Copy]) -> None:
    """Whoever reads it there needs to know nothing."""
    place = copy(CHOICE)
    place.change("statement.en.md", "Which of", "It can be computed from TP, FP and FN alone. Which of")

    assert any("leak: the right option counts" in fault for fault in place.faults())


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (SHORT, "kind: short", "kind: shrt", "kind: Input should be 'code' or 'choice' or 'short'"),
        (SHORT, "costs: [growth, saturation]", "costs: [grwth]", "costs 'grwth', which is no key point"),
        (
            SHORT,
            "    claim:\n      en: Without",
            "    clam:\n      en: Without",
            "unknown key 'clam' (did you mean 'claim'?)",
        ),
        (SHORT, "characters: 1500", "characters: 20", "characters: "),
        (SHORT, "[梯度, 导数]", "[梯度。]", "would end a sentence"),
        (CHOICE, "choose: several", "choose: one", "3 options are right"),
        (CHOICE, "    right: true\n", "", "a wrong option has its misconception"),
        (CHOICE, "zh: 只用 TP、FP 和 FN 就能算出它。", "zh: ''", "write it in both languages"),
    ],
)
def test_a_spec_with_a_fault_is_told_by_line(
    copy: Callable[[str], Copy], name: str, old: str, new: str, told: str
) -> None:
    """File, line, what is wrong."""
    place = copy(name)
    place.change("question.yaml", old, new)

    with pytest.raises(BankError) as caught:
        place.question()
    assert told in str(caught.value)
    assert "question.yaml:" in str(caught.value)


def test_an_exemplar_meets_what_there_is(copy: Callable[[str], Copy]) -> None:
    """A name that is no key point is told with the nearest one."""
    place = copy(SHORT)
    place.change("exemplars.yaml", "met: [growth, saturation]\n", "met: [growth, saturatoin]\n")

    with pytest.raises(
        BankError, match=r"exemplars.yaml:\d+: 'saturatoin' is no key point \(did you mean 'saturation'"
    ):
        place.question()


def test_a_question_in_words_has_no_tests(copy: Callable[[str], Copy]) -> None:
    """Whoever asks for code is told so."""
    place = copy(SHORT)

    with pytest.raises(Exception, match="asks for words"):
        load_bank(place.folder.parent.parent).find_code("attention-scaling")


def test_a_picture_is_shown_in_both_languages(copy: Callable[[str], Copy], tmp_path: Path) -> None:
    """What is shown is there, what is there is shown, and `grade start` hands it out."""
    place = copy(CHOICE)
    place.change("statement.en.md", "Which of", "![curve](images/curve.png)\n\nWhich of")
    assert any("images/curve.png is shown in 'en', and there is no such picture" in each for each in place.faults())

    (place.folder / "images").mkdir()
    (place.folder / "images" / "curve.png").write_bytes(b"png")
    assert place.faults() == ("statement: images/curve.png is not shown in 'zh'; show it, or take it out",)
    place.change("statement.zh.md", "下列", "![曲线](images/curve.png)\n\n下列")
    assert place.faults() == ()
    done = grade("start", "f1-from-counts", tmp_path / "work", "--bank", place.folder.parent.parent)
    assert_told(done, 0, "images/curve.png")
    assert (tmp_path / "work" / "images" / "curve.png").read_bytes() == b"png"
