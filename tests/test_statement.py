"""Whether a statement says everything that its hidden checks ask, in every language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bank_sample import CODE

from grader.bank import load_bank, load_question
from grader.proof.scaffold import Package, write_scaffold
from grader.proof.statement import statement_faults

BANK = load_bank(Path(__file__).resolve().parent.parent / "bank")

SPEC = """\
format: 1
id: doubling
title: {en: Doubling, zh: 加倍}
family: warm-up
difficulty: easy
minutes: 5
submission:
  exports:
    double: "(x: int) -> int"
    halve: "(x: int) -> int"
source: {topic: none}
"""
ENGLISH = """\
# Doubling

<!-- states: double -->
`double(x)` doubles.

- A text raises `TypeError`. <!-- states: errors -->
- Zero stays zero.

```python
def halve(x): ...
```
"""
CHINESE = """\
# 加倍

<!-- states: double -->
`double(x)` 与 `halve(x)`。

- 文本会抛出`TypeError`。 <!-- states: errors -->
"""
HIDDEN = """\
import pytest
from grader.exam import points, stated

REFUSED = (TypeError,)

def call(module, x):
    return module.double(x)

def refuse(solution, x):
    with pytest.raises(REFUSED):
        solution.double(x)

@points(2)
@stated("double")
def test_double(solution):
    assert solution.run(call, 3) == solution.get("halve")(12)

@stated("errors")
def test_errors(solution):
    refuse(solution, "3")
"""
NAMES = {"en": "statement.en.md", "zh": "statement.zh.md", "hidden": "test_hidden.py"}
Faults = Callable[..., list[str]]


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    """Write a question without faults, change one text in it, and return the faults."""

    def find(where: str = "hidden", old: str = "", new: str = "") -> list[str]:
        texts = {"en": ENGLISH, "zh": CHINESE, "hidden": HIDDEN}
        assert old in texts[where]
        texts[where] = texts[where].replace(old, new, 1)
        folder, own = (tmp_path / part / "warm-up/doubling" for part in ("bank", "solutions"))
        files = {NAMES[name]: text for name, text in texts.items()}
        files |= {"question.yaml": SPEC, "starter.py": "", "test_public.py": "def test_a(solution): ...\n"}
        for place in (folder, own):
            place.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        (own / "reference.py").write_text("")
        return list(statement_faults(load_question(folder)))

    return find


@pytest.mark.parametrize("name", CODE)
def test_our_own_statements_are_complete(name: str) -> None:
    """Every hidden check of the bank says where it is stated, and there it is."""
    assert statement_faults(BANK.find_code(name)) == ()


@pytest.mark.parametrize("package", [None, "numpy", "torch"])
def test_the_scaffold_is_complete(tmp_path: Path, package: Package | None) -> None:
    """An author begins with a sound statement."""
    (tmp_path / "bank").mkdir()
    write_scaffold(tmp_path / "bank", "nlp", "scaling", package=package)

    assert statement_faults(load_question(tmp_path / "bank/nlp/scaling")) == ()


def test_a_complete_statement_has_no_faults(faults: Faults) -> None:
    """The small question of these tests, before anything is taken from it."""
    assert faults() == []


ONE_FAULT = {
    ("zh", "`halve(x)`", "halve(x)"): "statement.zh.md does not name the export halve as code; say what it must do",
    ("en", "def halve", "def halves"): "statement.en.md does not name the export halve as code; say what it must do",
    ("zh", "<!-- states: errors -->", ""): (
        "statement.zh.md has no anchor 'errors', which test_errors names (test_hidden.py line 19). "
        "Put <!-- states: errors --> where it is said"
    ),
    ("en", "- Zero stays zero.", "- Zero stays zero. <!-- states: zero -->"): (
        "statement.en.md line 7: no hidden check tests what 'zero' states; write one with @stated('zero'), "
        "or take the anchor away"
    ),
    ("en", "```\n", "```\n\n<!-- states: errors -->\n"): (
        "statement.en.md line 13: the anchor 'errors' marks nothing; put it right above a passage, "
        "or at the end of one of its lines"
    ),
    ("en", "`TypeError`", "an error"): (
        "test_hidden.py line 10: test_errors expects TypeError, which statement.en.md does not name under 'errors'; "
        "say there when it is raised"
    ),
    ("hidden", "return module.double", "return module.triple"): (
        "test_hidden.py line 7: the submission is asked for triple, which is no export. "
        "Name it under submission.exports in question.yaml"
    ),
    ("hidden", "        solution.double(x)", "        solution.doubl(x)"): (
        "test_hidden.py line 11: the submission is asked for doubl, which is no export. Did you mean 'double'?"
    ),
    ("hidden", 'solution.get("halve")', 'solution.get("FACTOR")'): (
        "test_hidden.py line 16: the submission is asked for FACTOR, which is no export. "
        "Name it under submission.exports in question.yaml"
    ),
    ("hidden", "solution.run(call, 3)", "solution.run(lambda module: module.LIMIT)"): (
        "test_hidden.py line 16: the submission is asked for LIMIT, which is no export. "
        "Name it under submission.exports in question.yaml"
    ),
}


@pytest.mark.parametrize(
    ("change", "message"), [(change, message) for change, message in ONE_FAULT.items() if message], ids=str
)
def test_one_gap_is_one_fault(faults: Faults, change: tuple[str, str, str], message: str) -> None:
    """It says where, what, and what to do about it."""
    assert faults(*change) == [message]


def test_a_check_without_the_mark_leaves_its_passage_untested(faults: Faults) -> None:
    """The check is told to name it, and the passage in each language to be tested."""
    first, *others = faults("hidden", '@stated("errors")\n', "")

    assert first.startswith("test_hidden.py line 18: test_errors does not say where it is stated; add @stated(...)")
    assert [fault.partition(":")[0] for fault in others] == ["statement.en.md line 6", "statement.zh.md line 6"]


def test_an_anchor_that_is_nowhere_is_missed_in_every_language(faults: Faults) -> None:
    """Once for each statement."""
    found = faults("hidden", '@stated("double")', '@stated("double", "zero")')

    assert [fault.split(",")[0] for fault in found] == [
        "statement.en.md has no anchor 'zero'", "statement.zh.md has no anchor 'zero'",
    ]  # fmt: skip


def test_a_mistyped_anchor_is_answered_with_the_nearest(faults: Faults) -> None:
    """The one that was meant is missing, and the one that is there is untested."""
    missing, untested = faults("zh", "<!-- states: errors -->", "<!-- states: error -->")

    assert missing.endswith("Did you mean 'error'?")
    assert untested.startswith("statement.zh.md line 6: no hidden check tests what 'error' states")


@pytest.mark.parametrize(
    "expected",
    [
        "TypeError",
        "(TypeError, KeyError)",
        "expected_exception=KeyError",
        "builtins.KeyError",
        "KeyError if x else TypeError",
    ],
)
def test_every_exception_expected_must_be_named(faults: Faults, expected: str) -> None:
    """However `raises` is told which, and in whichever helper."""
    found = faults("hidden", "raises(REFUSED)", f"raises({expected})")

    assert len(found) == (2 if "KeyError" in expected else 0)
    assert all("test_errors expects KeyError" in fault for fault in found)


def test_parametrized_exceptions_must_be_named(faults: Faults) -> None:
    """A name that is handed in stands for the exceptions its check mentions."""
    check = (
        "@pytest.mark.parametrize('error', [TypeError, OSError])\n@stated('errors')\n"
        "def test_more(solution, error):\n    with pytest.raises(error):\n        solution.double('')\n"
    )
    english, chinese = faults("hidden", "@points(2)", f"{check}\n@points(2)")

    assert "test_more expects OSError, which statement.en.md does not name under 'errors'" in english
    assert "statement.zh.md" in chinese


def test_an_exception_named_elsewhere_does_not_count(faults: Faults) -> None:
    """It must stand in a passage that its check names."""
    found = faults("hidden", '@stated("errors")\n', '@stated("double")\n')

    assert any("which statement.en.md does not name under 'double'" in fault for fault in found)
