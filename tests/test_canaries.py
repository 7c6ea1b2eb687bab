"""What a candidate may see, tried by planting: a question full of canaries, and not one in anything a candidate reads.

A canary stands in every place of a question that is not for candidates. Whatever becomes of a submission, no view for
a candidate and no command that a candidate is given shows one; the reviewer's report shows those that it should.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_cli import grade as run_grade
from test_exploits import ALL, MIB
from threats import ROOT

from grader.bank import load_bank
from grader.exam.seeds import derive
from grader.exam.supervisor import WarmExam
from grader.grading import grade
from grader.question import LANGUAGES, Feedback, Limits
from grader.report import VIEWS, Audience, render
from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.question import Question
    from grader.verdict import Verdict

PLACE = Path("privacy-security/data-anonymise")
WORD = "kanari"
SEED = 8_090_715_503_126_671
INPUT, EXPECTED = 9_071_550_313, 18_143_100_626

# More hidden checks: of values that nobody could print by chance, right and not; and one that is our own fault.
PLANTED = f'''

def kanaridraw(module, records):
    """kanaridocstring"""
    return module.k_anonymity(records, ["kanariinput"]) * {INPUT}


@points(1, group="k-anonymity")
@contract("kanaricontract: why it stays although it kills nothing")
@stated("kanarianchor")
@hint(en="Count again.")
def test_kanariname_of_a_number(solution):
    """kanaridocstring"""
    # kanaricomment
    assert solution.run(kanaridraw, [{{"kanariinput": {INPUT}}}] * 2) == {EXPECTED}, "kanarimessage"


@points(1, group="tokens")
@given(record=st.fixed_dictionaries({{"kanariinput": st.just({INPUT}), "name": st.just("kanarivalue")}}))
@settings(max_examples=3)
def test_kanariname_of_a_record(solution, record):
    result = solution.pseudonymise([record], PII, b"kanarikey")
    assert_equal(result, [{{"kanariinput": {INPUT}, "name": token('"kanarivalue"', b"kanarikey")}}])
'''
FAULTY = """

@points(1)
def test_kanariname_of_a_fault(solution):
    raise NameError("kanarimessage")
"""
UNCOLLECTED = '\nraise RuntimeError("kanarimessage")\n'
ANCHOR = "\n\nNobody is named twice. <!-- states: kanarianchor -->\n"
ACCEPT = "\nproof:\n  accept: {kanarimutant: kanarireason of a person}\n"
HIDDEN_KINDS = ("name", "docstring", "input", "contract", "anchor", "comment", "message", "value", "key")
SEEN_BY_A_REVIEWER = ("kanariname", "kanarimessage", "kanariinput", str(INPUT), str(EXPECTED), str(SEED))

# An attack that only waits is over in a second.
LIMITS = Limits(wall=1.0, check=0.5, cpu=1.0, memory=256 * MIB, processes=16, output=32 * 2**10, disk=4 * MIB)


def amend(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.search(old, text), f"{path.name} has changed: no {old}"
    path.write_text(re.sub(old, new, text), encoding="utf-8")


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def plant(folder: Path, more: str = "") -> Path:
    """Copy a question with a canary in every place that is not for candidates; return the bank's folder."""
    top = folder / "kanariplace"
    for part in ("bank", "solutions"):
        shutil.copytree(ROOT / part / PLACE, top / part / PLACE)
    bank, own = top / "bank" / PLACE, top / "solutions" / PLACE
    (bank / "proof.json").unlink()
    hidden = bank / "test_hidden.py"
    amend(hidden, r"def test_(\w+\(.*\):)", r'def test_kanariname_\1\n    """kanaridocstring"""\n    # kanaricomment')
    amend(hidden, r"(?m)^(    assert .*)$", r'\1, "kanarimessage"')
    amend(hidden, r"甲乙丙丁戊己庚辛", "甲乙丙丁戊己庚辛kanari")
    amend(hidden, "import assert_equal", "import assert_equal, contract")
    append(hidden, PLANTED + more)
    append(bank / "question.yaml", ACCEPT)
    for language in LANGUAGES:
        append(bank / f"statement.{language}.md", ANCHOR)
    amend(own / "reference.py", r"\b_(token|canonical)\b", r"_kanarireference_\1")
    append(own / "reference.py", "\n\n# kanaricomment\nKANARI = 'kanarivalue'\n")
    return top / "bank"


def planted_question(folder: Path, more: str = "", limits: Limits | None = None) -> Question:
    found = load_bank(plant(folder, more)).find_code("data-anonymise")
    spec = found.spec.model_copy(update={"limits": limits}) if limits else found.spec
    return dataclasses.replace(found, spec=spec)


def canaries(question: Question, verdict: Verdict) -> tuple[str, ...]:
    """What must not be seen: the planted words and numbers, and every seed, in decimal and in hexadecimal digits."""
    names = [check.name for check in question.checks]
    seeds = [SEED, *(derive(SEED, name) for name in names)]
    numbers = [INPUT, EXPECTED, *seeds]
    return (WORD, *(form for number in numbers for form in (str(number), f"{number:,}", f"{number:x}")))


def readings(verdict: Verdict, source: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield everything a candidate may be shown of a verdict, and how it came about."""
    for feedback in Feedback:
        told = verdict.model_copy(update={"feedback": feedback})
        for language in LANGUAGES:
            for view in VIEWS:
                text = render(told, view, Audience.CANDIDATE, language, source=source)
                yield f"{view}, {feedback.value}, {language}", text


def assert_nothing_sings(question: Question, verdict: Verdict, source: dict[str, str]) -> None:
    sought = canaries(question, verdict)
    for how, text in readings(verdict, source):
        # a report breaks long lines: a word is sought across them too
        plain = re.sub(r"[\s│|]+", "", text).lower()
        found = [word for word in sought if word in text.lower() or word in plain]
        assert not found, f"{verdict.submission.name}, {how}: {found}"


def corpus(question: Question, folder: Path) -> list[Path]:
    """Our solutions, right and wrong, and every attack on this question that does more than wait."""
    ours = [question.reference, *sorted(question.solutions.glob("*/*.py"))]
    attacks = [one for one in ALL if one.question == question.id and "timeout" not in one.allowed]
    return ours + [one.lay_out(folder) for one in attacks]


def as_handed_in(path: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8", errors="replace")} if path.is_file() else {}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Question:
    return planted_question(tmp_path_factory.mktemp("planted"), limits=LIMITS)


@pytest.fixture(scope="module")
def verdicts(planted: Question, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, Verdict]]:
    """The corpus, graded."""
    paths = corpus(planted, tmp_path_factory.mktemp("corpus"))
    patient = dataclasses.replace(planted, spec=planted.spec.model_copy(update={"limits": Limits()}))
    with WarmExam(planted) as exam, ThreadPoolExecutor(2) as pool:

        def graded(path: Path) -> Verdict:
            """Ours may be slow on a busy machine."""
            asked = patient if path.is_relative_to(planted.solutions) else planted
            return grade(asked, path, seed=SEED, exam=exam)

        return list(zip(paths, pool.map(graded, paths), strict=True))


def test_the_canaries_are_where_they_should_be(planted: Question) -> None:
    suite = (planted.folder / "test_hidden.py").read_text(encoding="utf-8")

    assert not [kind for kind in HIDDEN_KINDS if WORD + kind not in suite]
    assert all(WORD in check.name for check in planted.checks if check.visibility == "hidden")
    assert not any(WORD in check.name for check in planted.checks if check.visibility == "public")


def test_no_candidate_hears_a_canary(planted: Question, verdicts: list[tuple[Path, Verdict]]) -> None:
    for path, verdict in verdicts:
        source = {} if path == planted.reference else as_handed_in(path)
        assert_nothing_sings(planted, verdict, source)


def test_the_corpus_meets_every_kind_of_end(verdicts: list[tuple[Path, Verdict]]) -> None:
    """Else the test above would say little."""
    outcomes = {check.outcome for _, verdict in verdicts for check in verdict.checks}

    assert {verdict.status for _, verdict in verdicts} >= {
        Status.ACCEPTED, Status.PARTIAL, Status.REJECTED, Status.INVALID,
    }  # fmt: skip
    assert outcomes >= {Outcome.FAILED, Outcome.ERROR, Outcome.MEMORY, Outcome.OUTPUT, Outcome.CRASHED, Outcome.NOT_RUN}


def test_a_reviewer_hears_them(verdicts: list[tuple[Path, Verdict]]) -> None:
    """The same verdicts hold the canaries: what keeps them from a candidate is the report."""
    told = {view: "".join(render(verdict, view, Audience.REVIEWER, "en") for _, verdict in verdicts) for view in VIEWS}

    assert not [view for view in ("terminal", "json", "junit", "html") if "kanariname" not in told[view]]
    assert not [word for word in SEEN_BY_A_REVIEWER if word not in told["json"]]


@pytest.mark.parametrize("fault", [FAULTY, UNCOLLECTED], ids=["raises", "cannot be collected"])
def test_a_suite_at_fault_does_not_sing(fault: str, tmp_path: Path) -> None:
    """Where the hidden suite itself breaks, its words are for a reviewer."""
    asked = planted_question(tmp_path, fault)

    verdict = grade(asked, min(asked.solutions.glob("correct/*.py")), seed=SEED)

    assert verdict.status is Status.BROKEN
    assert "kanarimessage" in verdict.message
    assert_nothing_sings(asked, verdict, {})


# --- The commands a candidate is given ---


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant(tmp_path_factory.mktemp("commands"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("words", [("list",), ("list", "--format", "json"), ("show", "data-anonymise")], ids=" ".join)
def test_reading_the_bank_shows_no_canary(words: tuple[str, ...], language: str, bank: Path) -> None:
    done = run_grade(*words, "--lang", language, "--bank", bank)

    assert done.returncode == 0, done.stderr
    assert "data-anonymise" in done.stdout.lower() or "k-" in done.stdout
    assert WORD not in (done.stdout + done.stderr).lower()


def test_start_writes_no_canary(bank: Path, tmp_path: Path) -> None:
    done = run_grade("start", "data-anonymise", tmp_path / "work", "--bank", bank)
    written = {path.name: path.read_text(encoding="utf-8").lower() for path in (tmp_path / "work").iterdir()}

    assert len(written) == 4, done.stderr
    assert not [name for name, text in written.items() if WORD in text]
    assert WORD not in (done.stdout + done.stderr).lower()


HANDED_IN = [("try",), ("submit",), ("submit", "--format", "gradescope"), ("submit", "--format", "html")]


@pytest.mark.parametrize("command", HANDED_IN, ids=" ".join)
@pytest.mark.parametrize("language", LANGUAGES)
def test_handing_in_shows_no_canary(command: tuple[str, ...], language: str, bank: Path, tmp_path: Path) -> None:
    answer = tmp_path / "answer.py"
    answer.write_text("def pseudonymise(r, p, k):\n    raise ValueError(repr(r) + repr(k))\n\n\nk_anonymity = len\n")

    first, *options = command
    done = run_grade(first, "data-anonymise", answer, *options, "--seed", str(SEED), "--lang", language, "--bank", bank)

    assert done.returncode == 1, done.stderr
    assert not [word for word in (WORD, str(SEED), f"{SEED:x}", str(INPUT)) if word in (done.stdout + done.stderr)]
