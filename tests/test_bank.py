"""Finding and loading questions, and every way in which one can be wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import bank as room
from grader.bank import (
    Bank,
    find_bank,
    load_bank,
    load_question,
    read_checks,
    solutions,
    starter,
    statement,
    statement_file,
)
from grader.errors import BankError, InputError
from grader.question import Performance, QuestionSpec, Text, Visibility
from grader.sheet import Fault, read_sheet

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.rubric import AnyQuestion

ROOT = Path(__file__).resolve().parent.parent

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
limits: {wall: 10s}
source: {topic: none}
"""
PUBLIC = "def test_two(solution):\n    assert solution.double(2) == 4\n"
HIDDEN = """\
from grader.exam import hint, performance, points


@points(3, group="it doubles", group_zh="加倍")
@hint(en="Add it to itself.", zh="自己加自己。")
def test_three(solution):
    assert solution.double(3) == 6


def test_plain(solution):
    assert solution.double(0) == 0


@performance(points=2, of="halve", at_most=1.5, times_slower_than="naive")
def long_numbers(rng):
    return (2**64,), {}
"""
MARKS = "from grader.exam import contract, hint, memory, performance, points, stated\n"


class Place:
    """A bank with one sound question, to be spoilt."""

    def __init__(self, root: Path) -> None:
        self.bank = root / "bank"
        self.folder = self.bank / "warm-up" / "doubling"
        self.own = root / "solutions" / "warm-up" / "doubling"
        self.add("doubling")

    def add(self, name: str, family: str = "warm-up") -> Path:
        """Lay out one more question."""
        folder = self.bank / family / name
        own = self.own.parent.parent / family / name
        spec = SPEC.replace("id: doubling", f"id: {name}").replace("warm-up", family)
        for path, text in {
            folder / "question.yaml": spec,
            folder / "statement.en.md": "Double it.\n",
            folder / "statement.zh.md": "加倍。\n",
            folder / "starter.py": "def double(x): ...\n",
            folder / "test_public.py": PUBLIC,
            folder / "test_hidden.py": HIDDEN,
            own / "reference.py": "def double(x): return 2 * x\n",
            own / "slow" / "naive.py": "def double(x): return x + x\n",
            own / "wrong" / "squares.py": "def double(x): return x * x\n",
            own / "wrong" / "adds_two.py": "def double(x): return x + 2\n",
        }.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    def spec(self, old: str, new: str) -> None:
        """Change the spec."""
        assert old in SPEC
        (self.folder / "question.yaml").write_text(SPEC.replace(old, new, 1), encoding="utf-8")

    def faults(self) -> list[str]:
        """Every fault, its file by its bare name."""
        return [f"{fault.file.name}:{fault.line}: {fault.message}" for fault in load_bank(self.bank).faults()]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


# --- loading ---------------------------------------------------------------------------------------------------------


def test_a_sound_question_is_loaded_whole(place: Place) -> None:
    """Spec, folders and checks of both suites come together."""
    question = load_question(place.folder)

    assert question.qualified_id == "warm-up/doubling"
    assert (question.folder, question.solutions) == (place.folder, place.own)
    assert question.reference.is_file()
    assert [(check.name, check.visibility.value, check.points) for check in question.checks] == [
        ("test_two", "public", 0),
        ("test_three", "hidden", 3),
        ("test_plain", "hidden", 1),
        ("long_numbers", "hidden", 2),
    ]
    assert question.max_points == 6


def test_marks_are_read_without_running_the_suite(place: Place) -> None:
    """Group, hint, line and performance stand in the check."""
    _, three, plain, timed = load_question(place.folder).checks

    assert three.group == Text(en="it doubles", zh="加倍")
    assert three.hint == Text(en="Add it to itself.", zh="自己加自己。")
    assert (three.line, three.performance) == (6, None)
    assert (plain.group, plain.hint) == (Text(en="general", zh="一般"), None)
    assert timed.performance == Performance(of="halve", at_most=1.5, times_slower_than="naive")


def test_what_lies_beside_the_spec_is_found(place: Place) -> None:
    """Statement, starter and solutions have their functions."""
    question = load_question(place.folder)

    assert statement(question, "en") == "Double it.\n"
    assert statement(question, "zh") == "加倍。\n"
    assert starter(question) == place.folder / "starter.py"
    assert [path.stem for path in solutions(question, "wrong")] == ["adds_two", "squares"]
    assert solutions(question, "correct") == ()


def test_a_statement_is_read_without_its_anchors(place: Place) -> None:
    """They are its author's; the file keeps them."""
    (place.folder / "statement.en.md").write_text("Double it. <!-- states: values -->\n")
    question = load_question(place.folder)

    assert statement(question, "en") == "Double it.\n"
    assert "<!-- states: values -->" in statement_file(question.folder, "en").read_text()


def test_a_question_may_be_named_from_within(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative folder is as good as a whole path."""
    monkeypatch.chdir(place.folder.parent)

    assert load_question("doubling") == load_question(place.folder)
    assert load_question(Path("../warm-up/doubling")) == load_question(place.folder)


def test_a_bank_lists_its_questions_in_order(place: Place) -> None:
    """Two folders deep lies a question; what begins with a dot or an underscore is none, and files are none."""
    for name in (".hidden/x", "_draft/x", "warm-up/__pycache__", "warm-up/.git"):
        (place.bank / name).mkdir(parents=True)
    (place.bank / "warm-up" / "notes.md").write_text("")
    place.add("adding", "arithmetic")
    bank = load_bank(place.bank)

    assert bank.ids == ("arithmetic/adding", "warm-up/doubling")
    assert [question.qualified_id for question in bank.questions] == list(bank.ids)
    assert (bank.broken, bank.faults()) == ({}, ())


def test_an_empty_bank_has_no_questions(tmp_path: Path) -> None:
    """Nothing is not a fault."""
    assert load_bank(tmp_path) == Bank((tmp_path,), ())
    assert load_bank(str(tmp_path)).questions == ()


def test_our_own_bank_has_no_faults() -> None:
    """Every question in the project can be loaded."""
    assert load_bank(ROOT / "bank").faults() == ()


# --- finding ---------------------------------------------------------------------------------------------------------


def test_a_question_is_found_with_or_without_its_family(place: Place) -> None:
    """Both spellings of an id lead to it."""
    bank = load_bank(place.bank)

    assert bank.find("doubling") == bank.find("warm-up/doubling") == bank.questions[0]


@pytest.mark.parametrize("name", ["doublin", "warm-up/dubling", "warmup/doubling"])
def test_an_unknown_id_names_the_nearest(place: Place, name: str) -> None:
    """A typo is answered with a question that is there."""
    with pytest.raises(InputError, match=r"Did you mean '.*doubling'\?"):
        load_bank(place.bank).find(name)


def test_an_id_like_no_other_says_where_to_look(place: Place) -> None:
    """Without a near match the bank's folder is named."""
    with pytest.raises(InputError, match="no question is called 'xyz'") as caught:
        load_bank(place.bank).find("xyz")

    assert str(place.bank) in str(caught.value)


def test_an_id_of_two_families_asks_which(place: Place) -> None:
    """An ambiguous id names both, and the family decides."""
    place.add("doubling", "arithmetic")
    bank = load_bank(place.bank)

    with pytest.raises(InputError, match=r"may be arithmetic/doubling and warm-up/doubling\. Give the family"):
        bank.find("doubling")
    assert bank.find("arithmetic/doubling").spec.family == "arithmetic"


def test_finding_one_reads_no_other(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is the folders' names, and nothing is parsed until it is asked for."""
    place.add("adding")
    read: list[str] = []
    original = room._read_question

    def watched(folder: Path) -> AnyQuestion | tuple[Fault, ...]:
        read.append(folder.name)
        return original(folder)

    monkeypatch.setattr(room, "_read_question", watched)
    bank = load_bank(place.bank)
    bank.find("adding")

    assert read == ["adding"]
    assert len(bank.questions + bank.questions) == 4
    assert read == ["adding", "adding", "doubling"]


def test_one_broken_question_hides_no_other(place: Place) -> None:
    """It is listed with its reasons, and the others load."""
    (place.add("adding") / "question.yaml").write_text("format: 1\nformat: 1\n")
    (place.add("ending") / "question.yaml").write_bytes(b"\xff")
    place.add("nothing", "none").joinpath("question.yaml").unlink()
    bank = load_bank(place.bank)

    assert [question.id for question in bank.questions] == ["doubling"]
    assert list(bank.broken) == ["none/nothing", "warm-up/adding", "warm-up/ending"]
    assert all(isinstance(fault, Fault) for fault in bank.faults())


def test_a_broken_question_says_every_reason(place: Place) -> None:
    """Asked for, it is refused with all of its faults at once, each with its place."""
    place.spec("easy", "eazy")
    (place.folder / "starter.py").unlink()
    (place.folder / "test_hidden.py").write_text("def test_a(solution):\n    return (\n")
    with pytest.raises(BankError) as caught:
        load_bank(place.bank).find("doubling")

    lines = str(caught.value).splitlines()
    assert lines[0] == "question 'warm-up/doubling' cannot be loaded:"
    assert [Path(line.strip().partition(" ")[0]).name for line in lines[1:]] == [
        "question.yaml:5:",
        "starter.py:",
        "test_hidden.py:2:",
    ]


def test_a_fault_names_its_place_as_one_would_type_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files below the working folder are shown without the way to it."""
    place.spec("easy", "eazy")
    monkeypatch.chdir(place.bank.parent)

    assert str(load_bank().faults()[0]).startswith("bank/warm-up/doubling/question.yaml:5: difficulty: ")


def test_the_bank_is_looked_for_here_and_above(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder given comes before the variable, the variable before `bank/` here or above."""
    monkeypatch.delenv("GRADE_BANK", raising=False)
    monkeypatch.chdir(place.folder)
    other = place.bank.parent / "other"
    other.mkdir()

    assert find_bank() == place.bank
    monkeypatch.setenv("GRADE_BANK", str(other))
    assert find_bank() == other
    assert find_bank(place.bank) == place.bank
    monkeypatch.chdir(place.bank.parent)
    assert find_bank("bank") == place.bank


def test_a_bank_that_is_not_there_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way of naming it has its own sentence."""
    monkeypatch.delenv("GRADE_BANK", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "is_dir", lambda path: path.name != "bank" and os.path.isdir(path))

    with pytest.raises(InputError, match="set GRADE_BANK"):
        find_bank()
    with pytest.raises(InputError, match="is no folder"):
        find_bank(tmp_path / "bank")
    monkeypatch.setenv("GRADE_BANK", str(tmp_path / "bank"))
    with pytest.raises(InputError, match="that GRADE_BANK names"):
        find_bank()


# --- the spec --------------------------------------------------------------------------------------------------------

SPOILT: dict[tuple[str, str], str] = {
    ("limits:", "limit:"): "11: unknown key 'limit' (did you mean 'limits'?)",
    ("{wall: 10s}", "{wal: 10s}"): "11: unknown key 'wal' (did you mean 'wall'?)",
    ("{wall: 10s}", "{nonsense: 10s}"): "11: unknown key 'nonsense'",
    ("{wall: 10s}", "{wall: soon}"): "11: limits.wall: 'soon' is no time; write it like '30s'",
    ("{wall: 10s}", "{wall: 10s, memory: -1}"): "11: limits.memory: Input should be greater than 0",
    ("minutes: 5\n", ""): "1: 'minutes' is missing",
    ("source: {topic: none}\n", ""): "1: 'source' is missing",
    ("{topic: none}", "{}"): "12: 'source.topic' is missing",
    (
        "minutes: 5",
        "minutes: five",
    ): "6: minutes: Input should be a valid integer, unable to parse string as an integer, not 'five'",
    ("easy", "eazy"): "5: difficulty: Input should be 'easy', 'medium' or 'hard', not 'eazy'",
    ("format: 1", "format: 2"): "1: format: Input should be 1",
    ("id: doubling", "id: Doubling!"): "2: id: String should match pattern",
    ("id: doubling", "id: trebling"): "2: id is 'trebling', but the folder is called 'doubling'",
    ("family: warm-up", "family: cool-down"): "4: family is 'cool-down', but the folder is called 'warm-up'",
    ("minutes: 5", "minutes: 5\nminutes: 6"): "7: 'minutes' is written twice, first in line 6",
    ("{wall: 10s}", "{wall: 10s, wall: 1s}"): "11: 'wall' is written twice, first in line 11",
    ("title: {en: Doubling, zh: 加倍}", "title: Doubling"): "3: title: Input should be a valid dictionary",
    ("{en: Doubling, zh: 加倍}", "{zh: 加倍}"): "3: 'title.en' is missing",
    ("{en: Doubling, zh: 加倍}", "{en: no, zh: 加倍}"): "3: title.en: Input should be a valid string",
    ("title: {en: Doubling", "title: {en: Doubling: x"): "3: ",
    ("minutes: 5", "minutes: 5\n\tskills: []"): "7: found ",
    ("minutes: 5", "minutes: 5\nskills: [torch, 3]"): "7: skills.1: Input should be a valid string",
    ("minutes: 5", "minutes: &m 5\nskills: [*m]"): "7: aliases are not allowed here",
    ("easy", "!!python/object/apply:os.system [ls]"): "5: tags are not allowed here",
    ("minutes: 5", "minutes: 2024-13-45"): "None: month must be in 1..12",
    ("minutes: 5", "? [minutes]\n: 5"): "6: a key must be a word",
    ("minutes: 5", "minutes: " + "[" * 200_000): "6: the values are nested too deeply",
    ("minutes: 5", "minutes: 5  #" + "x" * 300_000): "None: the file is larger than 256 KiB",
    ("minutes: 5", "minutes: 5\x07"): "None: unacceptable character #x0007",
    ("minutes: 5", "minutes: 5\n---\n"): "7: but found another document",
}


@pytest.mark.parametrize(("change", "message"), SPOILT.items(), ids=[message[:50] for message in SPOILT.values()])
def test_a_fault_in_the_spec_has_its_line(place: Place, change: tuple[str, str], message: str) -> None:
    """Typos, wrong values and broken YAML say what they are, and where."""
    place.spec(*change)
    faults = place.faults()

    assert any(fault.startswith(f"question.yaml:{message}") for fault in faults), faults


def test_a_spec_shows_all_its_faults(place: Place) -> None:
    """One mistake does not hide the next, nor those of the suites."""
    place.spec("minutes: 5\n", "minutes: 0\nskill: []\nkind: essay\n")
    (place.folder / "test_hidden.py").write_text(MARKS + "@points(1, of='x')\ndef test_a(s): ...\n")

    assert [fault.partition(" ")[0] for fault in place.faults()] == [
        "question.yaml:6:",
        "question.yaml:8:",
        "question.yaml:7:",
        "test_hidden.py:2:",
    ]


@pytest.mark.parametrize("text", ["", "just words", "[1, 2]", "# nothing\n"])
def test_a_spec_that_is_no_mapping_says_so(place: Place, text: str) -> None:
    """An empty file and a list are no spec."""
    (place.folder / "question.yaml").write_text(text)

    assert place.faults() == ["question.yaml:None: the file holds no keys and values"]


def test_a_byte_order_mark_is_no_fault(place: Place) -> None:
    """Some editors on Windows write one."""
    (place.folder / "question.yaml").write_text(SPEC, encoding="utf-8-sig")

    assert place.faults() == []


@pytest.mark.parametrize(
    "name", ["question.yaml", "statement.en.md", "statement.zh.md", "starter.py", "test_public.py", "test_hidden.py"]
)
def test_a_missing_file_is_a_fault(place: Place, name: str) -> None:
    """Every file of a question must be there."""
    (place.folder / name).unlink()

    assert place.faults() == [f"{name}:None: the file is missing"]


def test_a_missing_reference_is_a_fault(place: Place) -> None:
    """The reference lies among the solutions."""
    (place.own / "reference.py").unlink()

    assert place.faults() == ["reference.py:None: the file is missing"]


def test_an_empty_statement_is_a_fault(place: Place) -> None:
    """A statement of blanks says nothing."""
    (place.folder / "statement.zh.md").write_text(" \n\n")

    assert place.faults() == ["statement.zh.md:None: the statement is empty"]


@pytest.mark.parametrize("name", ["question.yaml", "statement.en.md", "test_hidden.py"])
def test_a_file_that_is_no_text_is_a_fault(place: Place, name: str) -> None:
    """Bytes that are no UTF-8, and a folder where a file should be, are told."""
    path = place.folder / name
    path.write_bytes(b"\xff")
    as_bytes = place.faults()
    path.unlink()
    path.mkdir()

    assert "cannot be read" in as_bytes[0]
    assert "cannot be read" in place.faults()[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read whatever its mode says")
def test_a_file_that_may_not_be_read_is_a_fault(place: Place) -> None:
    """A missing permission breaks one question, not the bank."""
    (place.folder / "question.yaml").chmod(0)

    assert "cannot be read" in place.faults()[0]


def test_a_performance_check_must_know_its_opponent(place: Place) -> None:
    """It is measured against the reference, a slow or a correct solution of ours, and never a wrong one."""
    hidden = place.folder / "test_hidden.py"
    hidden.write_text(HIDDEN.replace("naive", "niave"))
    assert place.faults()[0].startswith(
        "test_hidden.py:15: long_numbers: no solution is called 'niave' (did you mean 'naive'?); put it in "
    )
    hidden.write_text(HIDDEN.replace("naive", "squares"))
    assert "no solution is called 'squares'" in place.faults()[0]
    hidden.write_text(HIDDEN.replace("naive", "reference"))
    assert place.faults() == []


# --- the suites ------------------------------------------------------------------------------------------------------


@pytest.fixture
def suite(tmp_path: Path) -> Callable[[str], Path]:
    def write(source: str) -> Path:
        path = tmp_path / "test_hidden.py"
        path.write_text(source, encoding="utf-8")
        return path

    return write


def faults_of(path: Path, exports: tuple[str, ...] = ("double",)) -> list[str]:
    return [f"{fault.line}: {fault.message}" for fault in read_checks(path, Visibility.HIDDEN, exports)[1]]


@pytest.mark.parametrize(
    ("imports", "mark"),
    [
        ("from grader.exam import points", "points"),
        ("from grader.exam import points as worth", "worth"),
        ("from grader.exam.marks import points", "points"),
        ("from grader.exam import *", "points"),
        ("from grader import exam", "exam.points"),
        ("from grader import exam as e", "e.points"),
        ("from grader.exam import marks as m", "m.points"),
        ("import grader.exam", "grader.exam.points"),
        ("import grader.exam as e", "e.points"),
        ("import grader.exam.marks", "grader.exam.marks.points"),
    ],
)
def test_a_mark_is_known_under_any_name(suite: Callable[[str], Path], imports: str, mark: str) -> None:
    """However a suite imports a mark, it is read."""
    checks, faults = read_checks(suite(f"{imports}\n@{mark}(7)\ndef test_a(s): ...\n"), Visibility.HIDDEN, ["f"])

    assert ([check.points for check in checks], faults) == ([7], ())


def test_a_mark_of_somebody_else_is_none(suite: Callable[[str], Path]) -> None:
    """A function of the suite that is called alike is no mark."""
    checks, faults = read_checks(
        suite("from mine import points\n@points(7)\ndef test_a(s): ...\n"), Visibility.HIDDEN, []
    )

    assert ([check.points for check in checks], faults) == ([1], ())


def test_points_are_the_suites_unless_given(suite: Callable[[str], Path]) -> None:
    """A hidden check is worth a point, a public one none; fractions and nothing may be given."""
    path = suite(MARKS + "def test_a(s): ...\n@points(0.5)\ndef test_b(s): ...\n@points(value=0)\ndef test_c(s): ...\n")
    hidden, _ = read_checks(path, Visibility.HIDDEN, ["f"])
    public, _ = read_checks(path, Visibility.PUBLIC, ["f"])

    assert [check.points for check in hidden] == [1, 0.5, 0]
    assert [check.points for check in public] == [0, 0.5, 0]


def test_a_performance_check_is_of_the_first_export(suite: Callable[[str], Path]) -> None:
    """Unless it names another; its function may be called anything."""
    path = suite(MARKS + "@performance(points=2, at_least=4, times_faster_than='naive')\ndef anything(rng): ...\n")
    checks, faults = read_checks(path, Visibility.HIDDEN, ["first", "second"])

    assert faults == ()
    assert checks[0].performance == Performance(of="first", at_least=4, times_faster_than="naive")
    assert (checks[0].name, checks[0].points) == ("anything", 2)


def test_memory_is_compared_in_one_form(suite: Callable[[str], Path]) -> None:
    """Of the first export too, and worth what the mark says."""
    path = suite(MARKS + "@memory(points=2, group='memory', at_most=1.5, times_of='tiled')\ndef long(rng): ...\n")
    (check,), faults = read_checks(path, Visibility.HIDDEN, ["first", "second"])

    assert faults == ()
    assert check.performance == Performance(of="first", at_most=1.5, times_of="tiled")
    assert (check.name, check.points, check.group.en) == ("long", 2, "memory")


def test_a_check_says_where_it_is_stated(suite: Callable[[str], Path]) -> None:
    """One anchor or several, beside any other mark; without the mark there is none."""
    source = "@points(2)\n@stated('a', 'b-2')\n@given(x=1)\ndef test_a(s, x): ...\n"
    source += "@performance(points=2, at_least=4, times_faster_than='naive')\n@stated('speed')\ndef f(rng): ...\n"
    checks, faults = read_checks(suite(f"{MARKS}{source}def test_b(s): ...\n"), Visibility.HIDDEN, ["first"])

    assert faults == ()
    assert [check.stated for check in checks] == [("a", "b-2"), ("speed",), ()]


def test_a_check_of_the_contract_says_why(suite: Callable[[str], Path]) -> None:
    """The reason is kept without the blanks around it; most checks have none."""
    source = "@contract(' the simplest call of all ')\ndef test_a(s): ...\n@contract(why='it is the interface')\n"
    checks, faults = read_checks(
        suite(f"{MARKS}{source}def test_b(s): ...\ndef test_c(s): ...\n"), Visibility.HIDDEN, ["first"]
    )

    assert faults == ()
    assert [check.contract for check in checks] == ["the simplest call of all", "it is the interface", ""]


def test_helpers_and_classes_of_a_suite_are_no_checks(suite: Callable[[str], Path]) -> None:
    """What pytest would not collect is left alone."""
    source = "import torch\nN = 3\nclass Net(torch.nn.Module):\n    def f(self): ...\n"
    source += "def make(): ...\ndef _test(): ...\nif N:\n    M = 4\ndef test_a(s):\n    def test_inner(): ...\n"
    checks, faults = read_checks(suite(source), Visibility.HIDDEN, ["f"])

    assert ([check.name for check in checks], faults) == (["test_a"], ())


WRONG_SUITES = {
    "@points(N)\ndef test_a(s): ...": "2: @points: value must be a literal, for the suite is not run to read it",
    "@points(1 + 1)\ndef test_a(s): ...": "2: @points: value must be a literal",
    "@points(1, group=f'x')\ndef test_a(s): ...": "2: @points: group must be a literal",
    "@points(\n    1,\n    group=N,\n)\ndef test_a(s): ...": "4: @points: group must be a literal",
    "@points(*[1])\ndef test_a(s): ...": "2: @points: value must be a literal",
    "@points(1, **x)\ndef test_a(s): ...": "2: @points: ** must be a literal",
    "@points\ndef test_a(s): ...": "2: @points stands without its arguments",
    "@points()\ndef test_a(s): ...": "2: @points: 'value' is missing",
    "@points(-1)\ndef test_a(s): ...": "2: @points: value: Input should be greater than or equal to 0, not -1",
    "@points('3')\ndef test_a(s): ...": "2: @points: value: Input should be a valid number, not '3'",
    "@points(True)\ndef test_a(s): ...": "2: @points: value: Input should be a valid number",
    "@points(1e999)\ndef test_a(s): ...": "2: @points: value: Input should be a finite number",
    "@points(1, 'group')\ndef test_a(s): ...": "2: @points: unknown key 'argument 2'",
    "@points(1, grup='x')\ndef test_a(s): ...": "2: @points: unknown key 'grup' (did you mean 'group'?)",
    "@points(1, group=3)\ndef test_a(s): ...": "2: @points: group: Input should be a valid string",
    "@points(1, group_zh='x')\ndef test_a(s): ...": "2: @points: group_zh= needs group= beside it",
    "@points(1)\n@points(2)\ndef test_a(s): ...": "4: test_a: @points stands on it 2 times",
    "@points(1)\ndef helper(s): ...": "3: helper: the name of a check begins with test_",
    "def testing(s): ...": "2: testing: the name of a check begins with test_",
    "@hint('think', en='x')\ndef test_a(s): ...": "2: @hint: unknown key 'argument 1'",
    "@hint(zh='x')\ndef test_a(s): ...": "2: @hint: 'en' is missing",
    "@performance\ndef f(rng): ...": "2: @performance stands without its arguments",
    "@performance()\ndef f(rng): ...": "2: @performance: 'points' is missing",
    "@performance(points=1)\ndef f(rng): ...": "3: f: give either at_least=",
    "@performance(points=1, at_least=2)\ndef f(rng): ...": "3: f: give either at_least=",
    "@performance(points=1, at_least=2, times_slower_than='x')\ndef f(rng): ...": "3: f: give either",
    "@performance(points=1, at_most=0, times_slower_than='x')\ndef f(r): ...": "3: f: at_most: Input should be greater",
    "@performance(points=1, of='duoble', at_least=2, times_faster_than='x')\ndef f(r): ...": (
        "3: f: 'duoble' is none of the exports (did you mean 'double'?)"
    ),
    "@points(1)\n@performance(points=1, at_least=2, times_faster_than='x')\ndef f(r): ...": "4: f: its points",
    "@memory(points=1, times_of='x')\ndef f(r): ...": "2: @memory: 'at_most' is missing",
    "@memory(points=1, at_most=2)\ndef f(r): ...": "2: @memory: 'times_of' is missing",
    "@memory(points=1, at_most=0, times_of='x')\ndef f(r): ...": "3: f: at_most: Input should be greater",
    "@memory(points=1, at_most=2, at_least=2, times_of='x')\ndef f(r): ...": "2: @memory: unknown key 'at_least'",
    "@memory(points=1, of='duoble', at_most=2, times_of='x')\ndef f(r): ...": "3: f: 'duoble' is none of the exports",
    "@points(1)\n@memory(points=1, at_most=2, times_of='x')\ndef f(r): ...": "4: f: its points belong into @memory(",
    "@memory(points=1, at_most=2, times_of='x')\n@performance(points=1, at_least=2, times_faster_than='x')\n"
    "def f(r): ...": "4: f: @memory and @performance each stand on a function of their own",
    "@stated\ndef test_a(s): ...": "2: @stated stands without its arguments",
    "@stated()\ndef test_a(s): ...": "2: @stated: anchors: name the anchor of a passage in the statement",
    "@stated(N)\ndef test_a(s): ...": "2: @stated: anchors must be a literal, for the suite is not run to read it",
    "@stated(*N)\ndef test_a(s): ...": "2: @stated: anchors must be a literal",
    "@stated('errors', 3)\ndef test_a(s): ...": "2: @stated: anchors.1: Input should be a valid string",
    "@stated('No slug')\ndef test_a(s): ...": "2: @stated: anchors.0: String should match pattern",
    "@stated('errors', anchor='x')\ndef test_a(s): ...": "2: @stated: unknown key 'anchor' (did you mean 'anchors'?)",
    "@stated('a')\n@stated('b')\ndef test_a(s): ...": "4: test_a: @stated stands on it 2 times",
    "@stated('errors')\ndef helper(s): ...": "3: helper: the name of a check begins with test_",
    "@contract\ndef test_a(s): ...": "2: @contract stands without its arguments",
    "@contract()\ndef test_a(s): ...": "2: @contract: 'why' is missing",
    "@contract(WHY)\ndef test_a(s): ...": "2: @contract: why must be a literal",
    "@contract('so')\ndef test_a(s): ...": "2: @contract: why: String should have at least 10 characters, not 'so'",
    "@contract('          x')\ndef test_a(s): ...": "2: @contract: why: String should have at least 10 characters",
    "@contract('a good reason', 'x')\ndef test_a(s): ...": "2: @contract: unknown key 'argument 2'",
    "async def test_a(s): ...": "2: test_a: a check is no async function",
    "class TestIt:\n    def test_a(self): ...": "2: class TestIt: checks stand at module level",
    "class Case(TestCase):\n    def test_a(self): ...": "2: class Case: checks stand at module level",
    "if True:\n    def test_a(s): ...": "3: test_a: checks stand at module level",
    "try:\n    import x\nexcept ImportError:\n    @points(1)\n    def test_a(s): ...": "6: test_a: checks stand at",
    "test_a = lambda s: None": "2: test_a: a check is written with def",
    "def test_a(s): ...\ndef test_b(s): ...\ndef test_a(s): ...": "4: test_a is defined twice, first in line 2",
    "x = 1": "None: the hidden suite has no checks",
    "@points(0)\ndef test_a(s): ...": "None: the hidden checks are worth no points",
    "def test_a(s):\n    return (": "3: the suite is no Python: '(' was never closed",
    "x = '\0'": "None: the suite is no Python",
}


@pytest.mark.parametrize(("source", "message"), WRONG_SUITES.items())
def test_a_fault_in_a_suite_has_its_line(suite: Callable[[str], Path], source: str, message: str) -> None:
    """What the bank could not read, or pytest would not run as it looks, is told with its line, and told alone."""
    faults = faults_of(suite(f"{MARKS}{source}\n"))

    assert len(faults) == 1
    assert faults[0].startswith(message)


def test_every_fault_of_a_suite_is_told(suite: Callable[[str], Path]) -> None:
    """One check's fault hides neither another's nor the sound checks."""
    path = suite(MARKS + "@points(-1, grup='x')\ndef test_a(s): ...\n@hint()\ndef test_b(s): ...\ndef test_c(s): ...\n")
    checks, faults = read_checks(path, Visibility.HIDDEN, ["f"])

    assert [fault.line for fault in faults] == [2, 2, 4]
    assert [check.name for check in checks] == ["test_c"]


def test_a_public_suite_may_be_worth_nothing(suite: Callable[[str], Path]) -> None:
    """Only hidden checks must count."""
    assert read_checks(suite("x = 1\n"), Visibility.PUBLIC, ["f"]) == ((), ())


def test_warnings_of_a_suite_do_not_escape(suite: Callable[[str], Path]) -> None:
    """pytest shows them when it runs the suite."""
    assert faults_of(suite("x = '\\d'\ndef test_a(s): ...\n")) == []


# --- any text at all -------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(
    st.text() | st.lists(st.sampled_from(["a:", " - ", "{", "]", "&x", "*x", "!!int ", "? ", "\n", "1"])).map("".join)
)
def test_any_text_is_a_spec_or_has_faults(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Nothing that stands in a spec makes loading fail otherwise."""
    path = tmp_path_factory.getbasetemp() / "question.yaml"
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    sheet = read_sheet(path, QuestionSpec)

    assert sheet.value is None
    assert sheet.faults


# --- lightness -------------------------------------------------------------------------------------------------------


def test_the_bank_is_light() -> None:
    """Listing questions imports neither pytest nor anything numerical."""
    program = (
        "import sys, grader.bank; print(*({'pytest', 'numpy', 'nbformat', 'torch', 'hypothesis'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout.strip() == ""
