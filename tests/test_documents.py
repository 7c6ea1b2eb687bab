"""Interview documents: every layout yields its items, their code is tried in a guest, what is asked twice is merged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from documents import BRACKETS, PARTS_AS_HEADINGS, SAMPLES, Expected, Sample
from hypothesis import given
from hypothesis import strategies as st

from grader.bank import load_bank
from grader.documents.contents import guessed, read_item
from grader.documents.inspection import inspect_document
from grader.documents.item import DocumentItems, Item
from grader.documents.markdown import Fence, Heading, Rule, Table, Text, read_blocks
from grader.documents.outline import Outline, read_outline
from grader.documents.report import report_text
from grader.documents.resemblance import Corpus, Entry, terms
from grader.documents.tryout import Bench
from grader.documents.words import Part, marker_of, numbered, part_of
from grader.errors import InputError
from grader.question import Limits

ROOT = Path(__file__).resolve().parent.parent


def outline_of(text: str) -> Outline:
    """Divide a text into its items."""
    return read_outline(read_blocks(text))


def items_of(text: str) -> list[Item]:
    """Read the items of a text."""
    return [read_item(stretch, number) for number, stretch in enumerate(outline_of(text).stretches, start=1)]


def grade(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `grade` to its end."""
    command = [sys.executable, "-m", "grader.cli.main", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GRADE_BANK": str(ROOT / "bank")}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False)


# --- layouts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_layout_yields_its_items(sample: Sample) -> None:
    """As many as a careful reader finds, each with its own question, answer, points and code."""
    found = items_of(sample.text)

    assert len(found) == len(sample.items), [item.question for item in found]
    for item, expected in zip(found, sample.items, strict=True):
        assert_holds(item, expected)
    assert outline_of(sample.text).left_out == sample.left_out


def assert_holds(item: Item, expected: Expected) -> None:
    """Check one item against what stands in the document."""
    assert item.question.startswith(expected.question)
    assert item.kind == expected.kind, item.question
    assert expected.points in {None, item.key_points}, item.key_points
    assert expected.answer in item.answer
    assert expected.analysis in item.analysis
    assert tuple(code.language for code in item.code) == expected.languages
    assert all(code.closed for code in item.code) is expected.closed
    assert expected.line in {None, item.line}


def test_no_part_of_an_item_leaks_into_another() -> None:
    """Where a block is not closed, the text after it is text, and the next item begins where it begins."""
    first, second, third = items_of(PARTS_AS_HEADINGS.text)

    assert "## 2. 每个窗口求和" in first.code[0].source
    assert "解析" not in second.code[0].source
    assert "pool" not in third.answer + third.analysis

    first, _, third = items_of(BRACKETS.text)
    assert first.code[0].source.strip().endswith("print(np.exp(x) / np.exp(x).sum())")
    assert [code.source.strip() for code in third.code] == ["w -= lr * g;", "w = 1.0\nw -= 0.1 * 2.0"]


def test_closing_words_belong_to_no_item() -> None:
    """After the last code of the last item, where no other item goes on after its code."""
    item = "## {0}. Write f{0}\n\n```python\ndef f{0}(): return {0}\n```\n\n"
    text = "".join(map(item.format, (1, 2, 3)))

    assert items_of(f"{text}We hope that this helps.\n")[-1].answer == ""
    assert items_of(f"{text}**Explanation:** it returns 3.\n")[-1].analysis == "it returns 3."


def test_a_line_across_the_page_ends_an_answer_and_no_question() -> None:
    """What stands below it is the answer where there was none yet."""
    (item,) = items_of("## 1. Why?\n\n---\n\nBecause.\n\n---\n\nSee you next week.\n")

    assert item.answer == "Because."


def test_a_question_may_have_several_lines() -> None:
    """Up to where its answer is marked; where none is marked, the first line is the question."""
    marked = (
        "### Question\n\nGiven x.\nWhat is y?\n\n### Answer\n\nIt is z.\n\n### Question\n\nWhy?\n\n### Answer\n\nSo.\n"
    )

    first, second = items_of(marked)

    assert (first.question, first.answer) == ("Given x.\nWhat is y?", "It is z.")
    assert (second.question, second.answer) == ("Why?", "So.")


def test_a_line_on_difficulty_opens_nothing() -> None:
    """It stands anywhere, and what follows goes on as before."""
    (item,) = items_of("## 1. Why?\n\n**难度：** 中等\n\nBecause.\n标签：训练\nAnd so on.\n")

    assert item.answer == "Because.\nAnd so on."


def test_a_line_of_a_megabyte_is_text() -> None:
    """Whatever it looks like, it is read in time."""
    line = "<summary>" * 100_000

    assert read_blocks(f"# A\n{line}")[1] == Text(2, line)


def test_an_item_without_an_answer_has_failed() -> None:
    """It is listed all the same."""
    (first, second) = items_of("### 1. Why?\n\n### 2. Why not?\n\nBecause.\n")

    assert (first.status, first.reason) == ("failed", "it has no answer")
    assert second.status == "kept"


@given(st.text(alphabet="#*`~-|1.? QA:：答案问题\n\tx", max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    """No arrangement of marks makes the reader fail, and every line number lies in the text."""
    for item in items_of(text):
        assert 1 <= item.line <= text.count("\n") + 1


# --- blocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("# A #\n", [Heading(1, 1, "A"), Text(2, "")]),
        ("##2. 题", [Heading(1, 2, "2. 题")]),
        ("#tag", [Text(1, "#tag")]),
        ("A\n---\nB", [Heading(1, 2, "A"), Text(3, "B")]),
        ("- a\n---", [Text(1, "- a"), Rule(2)]),
        ("| a | b |\n|---|---|\n| 1 | x\\|y |", [Table(1, (("a", "b"), ("1", "x\\|y")))]),
        ("```{.python}\nx\n```", [Fence(1, "python", "x")]),
        ("  ~~~ PY title=x\n  x\n    y\n  ~~~", [Fence(1, "python", "x\n  y")]),
        ("````\n```\n````", [Fence(1, "", "```")]),
        ("```\nx", [Fence(1, "", "x", closed=False)]),
        (
            "```python\nx = 1\n```python\ny = 2\n```",
            [Fence(1, "python", "x = 1", closed=False), Fence(3, "python", "y = 2")],
        ),
        ("```sh\n# 1. first\n\n# 2. second\n```", [Fence(1, "bash", "# 1. first\n\n# 2. second")]),
        (
            "```java\nx();\n\n## 2. Why?\ny",
            [Fence(1, "java", "x();", closed=False), Heading(4, 2, "2. Why?"), Text(5, "y")],
        ),
        (
            "```python\nx = 1\n\n**答案：** y\n```\n",
            [Fence(1, "python", "x = 1", closed=False), Text(4, "**答案：** y"), Fence(5, "", "", closed=False)],
        ),
        ("<summary>Answer</summary>", [Text(1, "**Answer**")]),
    ],
)
def test_blocks(text: str, blocks: list[object]) -> None:
    """Headings, rules, tables and blocks of code, closed or not."""
    assert read_blocks(text) == blocks


@pytest.mark.parametrize(
    ("line", "part", "rest"),
    [
        ("**面试题：** 请说明", Part.QUESTION, "请说明"),
        ("**答案**：对", Part.ANSWER, "对"),
        ("**参考答案**", Part.ANSWER, ""),
        ("答：对", Part.ANSWER, "对"),
        ("Q3: Why?", Part.QUESTION, "Why?"),
        ("**Q: Why?**", Part.QUESTION, "Why?"),
        ("- **Key points:** a, b", Part.POINTS, "a, b"),
        ("> **Explanation** it is so", Part.ANALYSIS, "it is so"),
        ("【解析】因为", Part.ANALYSIS, "因为"),
        ("**题目1** 写一个", Part.QUESTION, "写一个"),
        ("__Sample code__:", Part.CODE, ""),
    ],
)
def test_markers(line: str, part: Part, rest: str) -> None:
    """A word that names a part, in bold, in brackets or before a colon."""
    marker = marker_of(line)

    assert marker is not None
    assert (marker.part, marker.rest) == (part, rest)


@pytest.mark.parametrize(
    "line",
    [
        "A. the first choice",
        "A good answer is short.",
        "答案很简单",
        "**A** is a letter",
        "The code: see below",
        "**问题的关键**在于",
    ],
)
def test_lines_that_only_look_like_markers(line: str) -> None:
    """A choice, a sentence, a word within another."""
    assert marker_of(line) is None


@pytest.mark.parametrize(
    ("text", "number", "rest"),
    [
        ("3. Why?", "3", "Why?"),
        ("3、为什么", "3", "为什么"),
        ("第三题 为什么", "三", "为什么"),
        ("第 12 题：为什么", "12", "为什么"),
        ("Q7 - Why", "7", "Why"),
        ("Question 4: Why", "4", "Why"),
        ("(2) Why", "2", "Why"),
        ("一、基础", "一", "基础"),
        ("3.5 times faster", "", "3.5 times faster"),
        ("2024 in review", "", "2024 in review"),
    ],
)
def test_numbers(text: str, number: str, rest: str) -> None:
    """What opens a heading and only counts."""
    assert numbered(text) == (number, rest)


def test_a_heading_names_a_part_only_by_itself() -> None:
    """`### 答案` does, `### 答案是什么` does not."""
    assert part_of("**答案：**") is Part.ANSWER
    assert part_of("答案是什么") is None


@pytest.mark.parametrize(
    ("source", "language"),
    [
        ("import math", "python"),
        ("x = [1]", "python"),
        ("print(1)", "python"),
        ("just words", ""),
        ("word", ""),
        ("loss -> 0.1", ""),
        ("#include <vector>\nint x;", "cpp"),
    ],
)
def test_a_language_that_is_not_named_is_guessed(source: str, language: str) -> None:
    """Python where it parses and does something."""
    assert guessed(source) == language


# --- resemblance -----------------------------------------------------------------------------------------------------


def test_a_frame_that_all_share_makes_no_two_alike() -> None:
    """What tells two questions apart are the words the others do not have."""
    topics = ("目标检测", "语音合成", "图像分割", "机器翻译", "文本摘要", "目标检测任务")
    corpus = Corpus(Entry(str(n), f"如何在深度学习框架里从零开始搭建并训练{topic}？") for n, topic in enumerate(topics))

    pairs = {(a, b): corpus.likeness(a, b) for a in range(6) for b in range(a)}

    assert max(pairs, key=lambda pair: pairs[pair]) == (5, 0)
    assert pairs[5, 0] >= 0.6
    assert sorted(pairs.values())[-2] < 0.6


@given(st.lists(st.text(alphabet="ab 深度学习cd", min_size=1), min_size=1, max_size=5))
def test_likeness_is_a_share(texts: list[str]) -> None:
    """Between 0 and 1, the same both ways, and 1 with itself unless there is no word."""
    corpus = Corpus(Entry(str(number), text) for number, text in enumerate(texts))

    for one in range(len(texts)):
        for other in range(len(texts)):
            assert -1e-9 <= corpus.likeness(one, other) <= 1 + 1e-9
            assert corpus.likeness(one, other) == pytest.approx(corpus.likeness(other, one))
        assert corpus.likeness(one, one) == pytest.approx(1.0 if terms(texts[one]) else 0.0)


# --- the whole -------------------------------------------------------------------------------------------------------

MIXED = """\
# Screening

## 1. Print the sum of a list

**Answer:**

```python
xs = [1, 2, 3]
print("the sum is", sum(xs))
```

## 2. Print the mean

**Answer:**

```python
xs = [1, 2]
print(sum(xs) / len(ys))
```

## 3. Print a table

**Answer:**

```python
for x in range(3)
    print(x)
```

## 4. End the process

**Answer:**

```python
import os
os._exit(3)
```

## 5. Print the sum of a list, please

**Answer:** Use `sum`.

## 6. Federated averaging

**Answer:** Weigh each client by its samples.

## 7. Write a file

**Answer:**

```python
from pathlib import Path

try:
    Path({canary!r}).write_text("ran")
except OSError:
    print("refused")
```

## 9. Load a package that nobody has

**Answer:**

```python
import no_such_package_anywhere
```

## 10. Load a package that nobody has?

**Answer:**

```python
import no_such_package_anywhere as other
```

## 11. Print the mean?

**Answer:**

```python
print(3 / 2)
```

## 8. Sort in Go

**Answer:**

```go
sort.Ints(xs)
```
"""


@pytest.fixture(scope="module")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DocumentItems]:
    """A document whose items meet every fate, inspected once by the command."""
    folder = tmp_path_factory.mktemp("inspected")
    (folder / "mixed.md").write_text(MIXED.format(canary=str(folder / "canary")), encoding="utf-8")
    done = grade("draft", "document", "mixed.md", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "11 items, 9 with code: 4 kept, 3 merged, 4 failed." in done.stdout
    return folder, DocumentItems.model_validate_json((folder / "drafts/mixed/items.json").read_bytes())


def test_sample_answers_are_tried_and_their_errors_told(inspected: tuple[Path, DocumentItems]) -> None:
    """What runs, what raises and in which line of the document, what is no Python, and what never ends."""
    _, found = inspected
    fates = [(item.status, item.tryout.outcome if item.tryout else "", item.reason) for item in found.items]
    outputs = [item.tryout.output if item.tryout else "" for item in found.items]

    assert fates[0] == ("kept", "ran", "")
    assert outputs[0] == "the sum is 6\n"
    assert fates[1] == ("failed", "raised", "its code does not run: NameError: name 'ys' is not defined (line 18)")
    assert fates[2][:2] == ("failed", "no-python")
    assert "expected ':' (line 26)" in fates[2][2]
    assert fates[3] == (
        "failed",
        "crashed",
        "its code does not run: while it was imported, it ended its own process with exit code 3",
    )
    assert fates[7] == (
        "failed",
        "missing",
        "its code cannot be tried here: no_such_package_anywhere is not installed (line 65)",
    )
    assert fates[10] == ("kept", "", "")


def test_code_that_never_ends_is_stopped() -> None:
    """By the limits, like a submission."""
    (item,) = items_of("## 1. Loop\n\n```python\nwhile True: pass\n```\n")

    with Bench(limits=Limits(wall=2.0, check=2.0, cpu=2.0)) as bench:
        tryout = bench.try_item(item)

    assert tryout is not None
    assert tryout.outcome == "timeout"


def test_what_is_asked_twice_is_merged(inspected: tuple[Path, DocumentItems]) -> None:
    """With an item before it, or with a question or a topic of the bank."""
    _, found = inspected

    assert (found.items[4].status, found.items[4].like) == ("merged", "item 1")
    assert found.items[5].status == "merged"
    assert found.items[5].like in {"question distributed-federated/fedavg", "topic fedavg"}
    assert found.items[5].likeness >= 0.6
    assert (found.items[8].status, found.items[8].like) == ("merged", "item 8")


def test_a_sound_item_is_not_given_up_for_a_broken_one(inspected: tuple[Path, DocumentItems]) -> None:
    """Though it asks the same, and comes later; the likeness is told."""
    _, found = inspected

    assert (found.items[1].status, found.items[9].status) == ("failed", "kept")
    assert (found.items[9].like, found.items[9].likeness) == ("item 2", 1.0)


def test_published_code_runs_in_a_guest_only(inspected: tuple[Path, DocumentItems]) -> None:
    """It finds no file of this machine to write."""
    folder, found = inspected
    tryout = found.items[6].tryout

    assert tryout is not None
    assert tryout.output == "refused\n"
    assert not (folder / "canary").exists()


def test_the_page_lists_every_item(inspected: tuple[Path, DocumentItems]) -> None:
    """One row each, and the headings that are none."""
    folder, found = inspected
    page = (folder / "drafts/mixed/report.md").read_text(encoding="utf-8")

    assert page == report_text(found)
    assert page.count("\n| ") == 2 + len(found.items)
    assert "- Screening" in page
    assert "merged: it asks what item 1 asks" in page


def test_the_same_as_json(tmp_path: Path) -> None:
    """`--format json` prints what is kept in the folder."""
    (tmp_path / "short.md").write_text("## 1. Why?\n\nBecause of this.\n", encoding="utf-8")

    done = grade("draft", "document", "short.md", "--format", "json", "--drafts", "d", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((tmp_path / "d/short/items.json").read_text(encoding="utf-8"))


def test_a_bank_is_no_condition(tmp_path: Path) -> None:
    """Where there is none, that is said, and the items are compared with each other."""
    (tmp_path / "short.md").write_text("## 1. Why?\n\nBecause of this.\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "GRADE_BANK"}
    command = [sys.executable, "-m", "grader.cli.main", "draft", "document", "short.md"]

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "there is no bank here" in done.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [(None, "there is no such file"), (b"\xff\xfe\x00", "Save it as UTF-8"), (b"Only prose.\n", "no item is found")],
)
def test_what_is_no_document_is_told(tmp_path: Path, content: bytes | None, told: str) -> None:
    """In one message, with what to do."""
    if content is not None:
        (tmp_path / "file.md").write_bytes(content)

    with pytest.raises(InputError, match=told):
        inspect_document(tmp_path / "file.md", tmp_path / "drafts", bank=load_bank(ROOT / "bank"))
