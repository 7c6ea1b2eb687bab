"""Whether a candidate can read what the hidden suite expects."""

from __future__ import annotations

from pathlib import Path

import pytest
from bank_sample import CODE

from grader.bank import load_bank, load_question
from grader.proof.leak import leak_faults
from grader.proof.scaffold import Package, write_scaffold

BANK = load_bank(Path(__file__).resolve().parent.parent / "bank")
NAMES = {"en": "statement.en.md", "zh": "statement.zh.md", "starter": "starter.py", "public": "test_public.py"}
SPEC = """\
format: 1
id: doubling
title: {en: Doubling, zh: 加倍}
family: warm-up
difficulty: easy
minutes: 5
submission:
  exports:
    double: "(x: int, mode: str = 'verbose') -> int"
source: {topic: none}
"""


def faults(root: Path, hidden: str, **texts: str) -> list[str]:
    """Write a question with one hidden check, whose body is given, and return what leaks from it."""
    folder, own = (root / part / "warm-up/doubling" for part in ("bank", "solutions"))
    if "def test_" not in hidden:
        hidden = f"def test_it(solution):\n    {hidden}\n"
    given = {"en": "It doubles.", "zh": "加倍。", "public": "def test_a(solution): ...\n"} | texts
    for place in (folder, own):
        place.mkdir(parents=True)
    for name, file in NAMES.items():
        (folder / file).write_text(given.get(name, ""), encoding="utf-8")
    (folder / "question.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "test_hidden.py").write_text(hidden, encoding="utf-8")
    (own / "reference.py").write_text("")
    return list(leak_faults(load_question(folder)))


@pytest.mark.parametrize("name", CODE)
def test_our_own_questions_leak_nothing(name: str) -> None:
    """No false alarm, and nothing true, in the bank."""
    assert leak_faults(BANK.find_code(name)) == ()


@pytest.mark.parametrize("package", [None, "numpy", "torch"])
def test_the_scaffold_leaks_nothing(tmp_path: Path, package: Package | None) -> None:
    """An author begins without a fault."""
    (tmp_path / "bank").mkdir()
    write_scaffold(tmp_path / "bank", "nlp", "scaling", package=package)

    assert leak_faults(load_question(tmp_path / "bank/nlp/scaling")) == ()


def test_a_leak_says_what_is_expected_and_where_it_is_shown(tmp_path: Path) -> None:
    """File and line on both sides, and what to do."""
    (found,) = faults(tmp_path, "assert solution.double(3) == 0.7311", en="# Title\n\nFor 3 it gives 0.7311.\n")

    expected, _, cure = found.partition("; ")
    assert expected == "test_hidden.py line 2 expects 0.7311, which statement.en.md line 3 shows"
    assert cure == "use another value in the hidden check"


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("en", "Gives 137."),
        ("en", "```\n>>> double(3)\ntensor([137.])\n```"),
        ("zh", "结果为137。"),
        ("starter", "def double(x):\n    return x  # e.g. 137\n"),
        ("public", "def test_a(solution):\n    assert solution.double(4) == 137\n"),
        ("public", "# the hidden suite wants 1_37\ndef test_a(solution): ...\n"),
    ],
)
def test_every_file_that_a_candidate_reads_is_searched(tmp_path: Path, place: str, text: str) -> None:
    """Statements in all languages, starter and public tests, code and comments alike."""
    (found,) = faults(tmp_path, "assert solution.double(3) == 137", **{place: text})

    assert f"expects 137, which {NAMES[place]} line " in found


@pytest.mark.parametrize(
    "text", ["1370 and 0.137", "137.5", "x137", "137px", "`v1.137`", "1e137", "0x137", "137_000", "137.137"]
)
def test_a_part_of_a_longer_number_is_another_number(tmp_path: Path, text: str) -> None:
    """Only the whole token counts."""
    assert faults(tmp_path, "assert solution.double(3) == 137", en=text) == []


SHOWN = {
    "assert solution.double(3) == -137": "137",
    "assert abs(solution.double(3) - 0.7311) < 1e-6": "0.7311",
    "assert (solution.double(3) - 0.7311).abs().max() < 1e-6": "0.7311",
    "assert solution.double(3) == 2 * 0.7311": "0.7311",
    "assert 137 in solution.double(3)": "137",
    "assert solution.double(3) == pytest.approx(0.7311, rel=1e-3)": ".7311",
    "assert_close(solution.double(3), 0.7311)": "0.73110",
    "assert_equal(solution.double(3), torch.tensor([[1.0, 137.0]]).reshape(2, 1))": "137",
    "assert_equal(solution.double(3), torch.full((2, 3), 0.7311))": "0.7311",
    "np.testing.assert_allclose(solution.double(3), desired=[0.7311], rtol=1e-3)": "0.7311",
    "assert solution.double(3) == {'x': 137}": "137",
    "expected = 0.7311\n    assert solution.double(3) == expected": "0.7311",
    "for x, want in [(1, 2), (2, 137)]:\n        assert solution.double(x) == want": "137",
    "for x, want in zip([1, 2], [2, 137]):\n        assert solution.double(x) == want": "137",
    "for x, want in {1: 2, 2: 137}.items():\n        assert solution.double(x) == want": "137",
    "for want in {2: 'two', 137: 'many'}:\n        assert solution.double(want / 2) == want": "137",
    "cases = [(1, 2), (2, 137)]\n    assert all(solution.double(x) == want for x, want in cases)": "137",
    "assert solution.double(3) == 'jkzqvx'": "jkzqvx",
    "assert solution.double(3) == 'two words'": "two\nwords",
    "assert solution.double(3) == b'jkzq\\x00'": "b'jkzq\\x00'",
    "assert solution.double(3) == '答案是四个字'": "其中答案是四个字。",
    "with pytest.raises(ValueError, match=r'below zero\\.'):\n        solution.double(-1)": "below zero.",
    "assert solution.double(3) == [0.25, 0.5, 0.125]": "tensor([0.2500, 0.5000,\n        0.1250])",
    "assert solution.double(3) == (5, 3, 9)": "5, 3 and 9, or 5, 3, 9",
    "assert solution.double(3) == [[5, 3], [9, 9]]": "[[5, 3],\n [9, 9]]",
    "assert solution.double(3) == {'a': 5, 'b': 3}": '{"a": 5, "b": 3}',
    "assert solution.double(3) == ['ab', 'cd', 'ab']": '["ab", "cd", "ab"]',
}


@pytest.mark.parametrize(("hidden", "text"), SHOWN.items(), ids=list(SHOWN))
def test_a_literal_is_found_however_it_is_expected(tmp_path: Path, hidden: str, text: str) -> None:
    """In asserts and comparisons, by name or in place, a number, a text or a list."""
    (found,) = faults(tmp_path, hidden, en=f"See {text}")

    assert "which statement.en.md line 1 shows" in found


def test_constants_of_the_suite_and_parameters_are_followed(tmp_path: Path) -> None:
    """A name in an assert stands for what the module or `parametrize` gives it."""
    hidden = (
        "EXPECTED = 137\nCASES = [(1, 0.7311)]\n"
        "@pytest.mark.parametrize('x, want', [(1, 211), pytest.param(2, 223)])\n"
        "def test_a(solution, x, want):\n    assert solution.double(x) == want\n"
        "@pytest.mark.parametrize(('x', 'want'), CASES)\n"
        "def test_b(solution, x, want):\n    assert solution.double(x) == want + EXPECTED\n"
    )
    found = faults(tmp_path, hidden, en="137 0.7311 211 223")

    assert [fault.partition(",")[0] for fault in found] == [
        "test_hidden.py line 1 expects 137",
        "test_hidden.py line 2 expects 0.7311",
        "test_hidden.py line 3 expects 211",
        "test_hidden.py line 3 expects 223",
    ]


COMMON = {
    "assert solution.double(3) == 99": "99",
    "assert solution.double(3) == -4096": "-4096",
    "assert solution.double(3) == 255": "255",
    "assert solution.double(3) == 60000": "60000",
    "assert solution.double(3) == 0.25": "0.25",
    "assert solution.double(3) == 1e-10": "1e-10",
    "assert solution.double(3) == 0.125": "0.125",
    "assert solution.double(3) is True": "True",
    "assert solution.double(3) == float('inf')": "inf",
    "assert solution.double(3) == 'abc'": "abc",
    "assert solution.double(3) == 'float32'": "float32",
    "assert solution.double(3).dtype == 'torch.int64'": "torch.int64",
    "assert solution.double(3)['weight'] == {'weight': 1}['weight']": "weight",
    "assert solution.double(3) == 'verbose'": "verbose",
    "assert solution.double(3) == 'marked'": "one of `['marked', 'other']`",
    "assert solution.double(137) == 3": "137",
    "assert solution.run(probe, 'jkzqvx')[137] == 3": "jkzqvx 137",
    "assert solution.double(3) <= 137": "137",
    "assert solution.double(3) == pytest.approx(3, rel=1.37e-5)": "1.37e-5",
    "assert solution.double(3) == 3, 'jkzqvx'": "jkzqvx",
    "x = np.full(3, 137)\n    assert_close(solution.double(x), x * 2)": "137",
    "assert_close(solution.double(3), [x for x in range(137)])": "137",
    "assert solution.double(3) == [1, 2, 3]": "[1, 2, 3]",
    "assert solution.double(3) == [5, 5, 5]": "[5, 5, 5]",
    "assert solution.double(3) == [1, 0, 1, 0]": "[1, 0, 1, 0]",
    "assert solution.double(3) == [True, False, True]": "[True, False, True]",
    "assert solution.double(3) == [0.5, 0.25]": "[0.5, 0.25]",
    "assert solution.double(3) == [5, 3, 9]": "[5, 3, 9, 1] and [1, 5, 3, 9]",
    "assert solution.double(3) == ['verbose', 'int8', 'verbose']": "['verbose', 'int8', 'verbose']",
}


@pytest.mark.parametrize(("hidden", "text"), COMMON.items(), ids=list(COMMON))
def test_what_anybody_would_write_is_no_secret(tmp_path: Path, hidden: str, text: str) -> None:
    """Small and round numbers, names of the interface, inputs, bounds and tolerances."""
    assert faults(tmp_path, hidden, en=f"See {text}.") == []


def test_what_the_suites_own_oracle_is_given_is_no_secret(tmp_path: Path) -> None:
    """Its arguments are inputs."""
    hidden = "def oracle(x): return 2 * x\n\ndef test_a(solution):\n    assert solution.double(137) == oracle(137)\n"

    assert faults(tmp_path, hidden, en="Try 137.") == []


def test_anchors_are_not_read(tmp_path: Path) -> None:
    """They are the author's, and lines are counted with them."""
    text = "<!-- states: jkzqvx -->\nText. <!-- states: jkzqvx -->\n\njkzqvx\n"
    (found,) = faults(tmp_path, "assert solution.double(3) == 'jkzqvx'", en=text)

    assert "statement.en.md line 4 shows" in found


def test_a_value_expected_twice_is_told_once_per_file(tmp_path: Path) -> None:
    """The first place on either side."""
    hidden = "assert solution.double(3) == 137\n    assert solution.double(4) == 137"
    found = faults(tmp_path, hidden, en="137\n137", starter="# 137\n")

    assert [fault.partition(";")[0] for fault in found] == [
        "test_hidden.py line 2 expects 137, which statement.en.md line 1 shows",
        "test_hidden.py line 2 expects 137, which starter.py line 1 shows",
    ]


def test_a_long_literal_is_shortened(tmp_path: Path) -> None:
    """A fault is one line."""
    (found,) = faults(tmp_path, f"assert solution.double(3) == '{'jkzqvx' * 30}'", en="jkzqvx" * 30)

    assert len(found) < 200
    assert "..." in found


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("starter", "# see test_hidden.py\n"),
        ("starter", "from reference import double\n"),
        ("public", "import reference\ndef test_a(solution): ...\n"),
    ],
)
def test_no_file_of_ours_is_named(tmp_path: Path, place: str, text: str) -> None:
    """What a candidate is given names nothing that he lacks."""
    assert faults(tmp_path, "assert solution.double(3) == 6", **{place: text}) == [
        f"{NAMES[place]} line 1 names a file that a candidate does not have; take it out"
    ]


def test_a_public_check_needs_no_reference(tmp_path: Path) -> None:
    """A candidate has none to compare with; a hidden check may."""
    public = "def helper(reference): ...\n\ndef test_a(solution, reference): ...\n"
    hidden = "def test_b(solution, reference):\n    assert solution.double(3) == reference.double(3)\n"

    assert faults(tmp_path, hidden, public=public, starter="# by reference, in a reference frame\n") == [
        "test_public.py line 3: test_a uses the reference, which a candidate lacks; write out what is expected"
    ]
