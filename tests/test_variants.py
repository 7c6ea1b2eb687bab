"""Variants: formulas that are only looked at, marks that agree with the spec, draws that a key repeats."""

from __future__ import annotations

import ast
import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from small_questions import write_question

from grader.bank import load_bank, load_question, statement
from grader.cli.varying import variants as command
from grader.errors import BankError, InputError
from grader.expressions import FormulaError, evaluate
from grader.markers import filled, marks, without_marks
from grader.proof.deployment import Deployment, deploy, lock_file
from grader.question import Parameter, Variants
from grader.variants import draw, materialise

if TYPE_CHECKING:
    from pathlib import Path

    from grader.question import Question
    from grader.variants import Drawing

KEY = b"0123456789abcdef0123456789abcdef"
linux = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
single = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


# --- Formulas ---

numbers = st.integers(-50, 50)


@st.composite
def formulas(draw_: Any) -> str:
    """Arithmetic, comparisons and choices over a and b."""
    leaf = st.sampled_from(["a", "b", "0", "1", "2.5", "7", "True"])
    tree = st.recursive(
        leaf,
        lambda inner: (
            st.tuples(
                inner, st.sampled_from(["+", "-", "*", "//", "%", "/", "<", "<=", "==", "!=", "and", "or"]), inner
            ).map(lambda parts: f"({' '.join(parts)})")
            | inner.map(lambda part: f"(-{part})")
            | inner.map(lambda part: f"(not {part})")
            | st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else {parts[2]})")
        ),
        max_leaves=6,
    )
    return str(draw_(tree))


@given(formula=formulas(), a=numbers, b=numbers)
def test_a_formula_means_what_it_means_in_python(formula: str, a: int, b: int) -> None:
    """The same value, or no value in both; `and` and `or` give a truth value."""
    try:
        expected = eval(formula, {"a": a, "b": b})
    except ArithmeticError:
        with pytest.raises(FormulaError, match="has no value"):
            evaluate(formula, {"a": a, "b": b})
        return
    found = evaluate(formula, {"a": a, "b": b})
    if " and " in formula or " or " in formula:
        assert isinstance(found, bool | int | float)
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("__import__('os')", "nothing that a formula may hold"),
        ("a.real", "nothing that a formula may hold"),
        ("[a]", "nothing that a formula may hold"),
        ("(lambda: a)()", "nothing that a formula may hold"),
        ("'x' * 10**9", "texts can be joined"),
        ("9**99", "a power is at most 64"),
        ("9**64", "larger than"),
        ("(-1)**0.5", "no number, text or truth value"),
        ("missing + 1", "there is no 'missing', only a"),
        ("a +", "no formula"),
        ("'abc'[1:]", "nothing that a formula may hold"),
        ("'abc'[:-1]", "a beginning"),
        ("1 // 0", "has no value"),
        ("'a' < 1", "has no value"),
        ("a" * 501, "longer than the 500 allowed"),
        ("-" * 300 + "a", "too deeply"),
    ],
)
def test_what_no_formula_may_be(formula: str, says: str) -> None:
    """It is refused in words, and nothing is executed."""
    with pytest.raises(FormulaError, match=says):
        evaluate(formula, {"a": 1})


def test_texts_in_formulas() -> None:
    """They are chosen, joined and cut."""
    assert evaluate('"first" if earliest else "last"', {"earliest": False}) == "last"
    assert evaluate('"abcdef"[:n] + "!"', {"n": 2}) == "ab!"


# --- Marks ---

PYTHON = (
    'LENGTH = 16  # variant: length\nname: str = "first"  # variant: "first" if length > 9 else "last"\nx = 16  # no\n'
)
MARKDOWN = "the first <!--variant: length-->16<!--/--> digits, <!-- variant: 2 * length -->32<!--/--> in all"


def test_marks_are_filled_and_removed() -> None:
    """In Python the code stays valid; in Markdown nothing of the mark is left."""
    assert filled(PYTHON, ".py", {"length": 8}) == "LENGTH = 8\nname: str = 'last'\nx = 16  # no\n"
    assert filled(MARKDOWN, ".md", {"length": 8}) == "the first 8 digits, 16 in all"
    assert without_marks(PYTHON, ".py") == 'LENGTH = 16\nname: str = "first"\nx = 16  # no\n'
    assert without_marks(MARKDOWN, ".md") == "the first 16 digits, 32 in all"
    assert [(mark.line, mark.formula) for mark in marks(PYTHON, ".py")] == [
        (1, "length"),
        (2, '"first" if length > 9 else "last"'),
    ]
    assert filled(MARKDOWN, ".txt", {"length": 8}) == without_marks(MARKDOWN, ".txt") == MARKDOWN


@given(value=st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9) | st.booleans())
def test_a_filled_value_reads_back(value: Any) -> None:
    """Whatever the value is, the Python that is written holds it."""
    written = filled("X = 0  # variant: v", ".py", {"v": value})
    assert ast.literal_eval(written.removeprefix("X = ")) == value


# --- Questions ---

HIDDEN = """
    LIMIT = 3  # variant: limit

    def test_at_the_limit(solution):
        assert [solution.f(x) for x in range(9)] == [min(x, LIMIT) for x in range(9)]
"""
REFERENCE = "LIMIT = 3  # variant: limit\n\n\ndef f(x):\n    return min(x, LIMIT)\n"
DECLARED = """variants:
  parameters: {limit: {default: 3, range: [2, 7]}, unit: {default: cm, choices: [cm, mm]}}
  where: CONDITIONS
"""


def question_with_variants(folder: Path, conditions: list[str] | None = None, text: str = "") -> Question:
    plain = write_question(folder, HIDDEN, reference=REFERENCE)
    spec = plain.folder / "question.yaml"
    spec.write_text(spec.read_text() + DECLARED.replace("CONDITIONS", json.dumps(conditions or [])))
    told = text or "At most <!--variant: limit-->3<!--/--> <!--variant: unit-->cm<!--/-->.\n"
    (plain.folder / "statement.en.md").write_text(told)
    return load_question(plain.folder)


def test_a_candidate_reads_no_marks(tmp_path: Path) -> None:
    """The statement says the question's own values."""
    assert statement(question_with_variants(tmp_path), "en") == "At most 3 cm.\n"


def test_a_key_draws_the_same_again(tmp_path: Path) -> None:
    """As many as there are, no two alike, none the question's own; another key draws others, in another order."""
    question = question_with_variants(tmp_path)
    drawn = draw(question, KEY, 11)

    assert draw(question, KEY, 11) == drawn
    assert draw(question, KEY, 4) == drawn[:4]
    assert len({json.dumps(each) for each in drawn}) == 11
    assert question.spec.variants is not None
    assert question.spec.variants.defaults not in drawn
    assert draw(question, KEY[::-1], 11) != drawn
    with pytest.raises(InputError, match="has only 11 variants, of 11 combinations"):
        draw(question, KEY, 12)


def test_conditions_hold_for_every_draw(tmp_path: Path) -> None:
    """Those that do not meet them are not drawn."""
    drawn = draw(question_with_variants(tmp_path, ['limit < 5 or unit == "mm"']), KEY, 8)
    assert all(each["limit"] < 5 or each["unit"] == "mm" for each in drawn)  # type: ignore[operator]  # numbers


def test_a_variant_is_a_question_of_its_own(tmp_path: Path) -> None:
    """Values stand where the marks stood, in every file, and the spec says what it was made from."""
    question = question_with_variants(tmp_path)
    shutil.copyfile(question.reference, question.folder / "picture.png")
    (question.solutions / "wrong").mkdir()
    (question.solutions / "wrong" / "one_more.py").write_text(
        "LIMIT = 3  # variant: limit\nf = lambda x: min(x, LIMIT + 1)\n"
    )
    variant = load_question(materialise(question, {"limit": 6, "unit": "mm"}, tmp_path / "out" / "bank"))

    assert statement(variant, "en") == "At most 6 mm.\n"
    assert variant.reference.read_text() == REFERENCE.replace("3  # variant: limit", "6")
    assert "LIMIT = 6\n" in (variant.solutions / "wrong" / "one_more.py").read_text()
    assert (variant.folder / "picture.png").read_bytes() == question.reference.read_bytes()
    assert variant.spec.variants is None
    assert variant.spec.variant is not None
    assert variant.spec.variant.of == question.qualified_id
    assert variant.spec.variant.values == {"limit": 6, "unit": "mm"}
    assert load_bank(tmp_path / "out" / "bank").ids == (variant.qualified_id,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("At most <!--variant: limit-->4<!--/--> <!--variant: unit-->cm<!--/-->.", "4 is marked as limit, which is 3"),
        ("At most <!--variant: limits-->3<!--/--> <!--variant: unit-->cm<!--/-->.", "there is no 'limits', only limit"),
        ("At most <!--variant: limit-->3<!--/--> cm.", "the parameter 'unit' stands nowhere"),
    ],
)
def test_marks_that_disagree_with_the_spec(tmp_path: Path, text: str, says: str) -> None:
    """The question is not loaded; the message has file and line."""
    with pytest.raises(BankError, match=r"(statement\.en\.md|question\.yaml):1: .*") as caught:
        question_with_variants(tmp_path, text=text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"default": 1}, "either choices or a range"),
        ({"default": 1, "choices": [1, 2], "range": (1, 2)}, "either choices or a range"),
        ({"default": 1, "choices": [1, 1]}, "two different values"),
        ({"default": 1, "range": (5, 5)}, "two different values"),
    ],
)
def test_parameters_that_cannot_be_drawn(fields: dict[str, Any], says: str) -> None:
    """They are refused when the spec is read."""
    with pytest.raises(ValidationError, match=says):
        Parameter.model_validate(fields)


def test_conditions_must_hold_for_the_question_itself() -> None:
    """Else it would be no member of its own family."""
    parameters = {"a": {"default": 1, "choices": [1, 2]}}
    with pytest.raises(ValidationError, match=r"'a > 1' does not hold for the defaults"):
        Variants.model_validate({"parameters": parameters, "where": ["a > 1"]})
    with pytest.raises(ValidationError, match="there is no 'b'"):
        Variants.model_validate({"parameters": parameters, "where": ["b > 1"]})


# --- Deployed ---


@linux
@single
def test_a_variant_whose_answer_fits_another_is_unsound(tmp_path: Path) -> None:
    """The unit stands in the statement alone, so that two variants that differ in it share an answer."""
    question = question_with_variants(tmp_path)
    alike: list[Drawing] = [{"limit": 5, "unit": "mm"}, {"limit": 5, "unit": "cm"}, {"limit": 4, "unit": "cm"}]
    deployment = deploy(question, alike, tmp_path / "out", key=KEY)
    mistaken = [[fault for fault in each.faults if fault.startswith("variants: ")] for each in deployment.variants]

    assert [len(faults) for faults in mistaken] == [1, 1, 0]
    assert deployment.variants[1].id in mistaken[0][0]
    kept = Deployment.model_validate_json(lock_file(tmp_path / "out", question).read_text())
    assert kept == deployment
    assert not kept.proven
    assert KEY.decode() not in kept.model_dump_json()


def test_the_command_needs_a_key_that_is_one(tmp_path: Path) -> None:
    """A short one is refused; with a good one the draw is shown, and nothing is written."""
    question = question_with_variants(tmp_path)
    bank = ["--bank", str(tmp_path / "bank"), "--out", str(tmp_path / "out"), "--list"]
    key = tmp_path / "key"
    for content, says in (("secret", "fewer than 32"), (None, "cannot be read")):
        key.write_text(content) if content else key.unlink()
        with pytest.raises(InputError, match=says):
            CliRunner().invoke(
                command, [question.id, *bank, "--key-file", str(key)], catch_exceptions=False, standalone_mode=False
            )
    key.write_bytes(KEY)
    shown = CliRunner().invoke(command, [question.id, *bank, "--key-file", str(key), "--count", "2"])

    assert shown.output.count("limit=") == 2
    assert not (tmp_path / "out").exists()
