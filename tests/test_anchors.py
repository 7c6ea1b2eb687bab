"""Anchors in statements: what each marks, and that a candidate reads none."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.anchors import Passage, passages, without_anchors
from grader.markers import without_marks

ROOT = Path(__file__).resolve().parent.parent

STATEMENT = """\
# Title

Opening words.

<!-- states: values, order -->
A paragraph
of two lines.

Another one.

<!-- states: example -->
```python
# no heading, <!-- states: not-this -->
```

## Rules <!-- states: rules -->

All of them hold.

- none
- one
  that goes on <!-- states: one -->
- two <!-- states: two -->
- three

A paragraph
with its own <!-- states: own -->
anchor.

| a | b |
|---|---|
| x | y <!-- states: cell --> |
| z | w |

<!-- states: own -->
The end.
"""


def texts(statement: str) -> dict[str, list[str]]:
    return {name: [passage.text for passage in found] for name, found in passages(statement).items()}


def test_a_line_of_its_own_marks_all_below_it() -> None:
    """Down to the next one; a comment in a code block is none."""
    found = texts(STATEMENT)

    assert found["values"] == found["order"] == ["A paragraph\nof two lines.\n\nAnother one."]
    assert found["example"] == ["```python\n# no heading,\n```"]
    assert "not-this" not in found


def test_an_anchor_on_a_heading_marks_what_stands_below_it() -> None:
    """Down to the first block that has an anchor of its own."""
    assert texts(STATEMENT)["rules"] == ["All of them hold.\n\n- none"]
    assert texts("# A <!-- states: a -->\nB\n# C\nD") == {"a": ["B"]}


def test_an_anchor_on_a_line_marks_its_block() -> None:
    """A list item, a paragraph, a table row: that one alone, wherever in it the anchor stands."""
    found = texts(STATEMENT)

    assert found["one"] == ["- one\n  that goes on"]
    assert found["two"] == ["- two"]
    assert found["cell"] == ["| x | y |"]


def test_one_name_may_stand_at_several_places() -> None:
    """All of them are its passages, each with the line of its anchor."""
    assert passages(STATEMENT)["own"] == (
        Passage(27, "A paragraph\nwith its own\nanchor."),
        Passage(35, "The end."),
    )


@pytest.mark.parametrize(
    "statement", ["<!-- states: x -->", "Text.\n\n<!-- states: x -->\n\n", "<!-- states: x -->\n# Title\nText."]
)
def test_an_anchor_may_mark_nothing(statement: str) -> None:
    """At the end, or right above a heading, where it does not reach."""
    assert texts(statement) == {"x": [""]}


def test_what_a_candidate_reads_has_no_anchors() -> None:
    """Lines of anchors go, with one of two blank lines around them; lists stay whole; code is untouched."""
    text = (
        "A.\n\n<!-- states: a -->\n\n- b <!-- states: b -->\n<!-- states: c -->\n- c\n\n```\n<!-- states: d -->\n```\n"
    )

    assert without_anchors(text) == "A.\n\n- b\n- c\n\n```\n<!-- states: d -->\n```\n"
    assert without_anchors("<!-- states: a -->\nB.") == "B."


@given(st.lists(st.sampled_from(["text", "- item", "", "## head", "```", "~~~", "<!-- a comment -->"])))
def test_a_statement_without_anchors_is_left_alone(lines: list[str]) -> None:
    """Other comments are its author's business."""
    text = "\n".join(lines)

    assert without_anchors(text) == text
    assert passages(text) == {}


@pytest.mark.parametrize("path", sorted(ROOT.glob("bank/*/*/statement.*.md")), ids=lambda path: path.parent.name)
def test_our_own_lists_stay_whole(path: Path) -> None:
    """An anchor on a line of its own between two items would make two lists of one."""
    lines = path.read_text(encoding="utf-8").splitlines()
    above = [before for before, line in pairwise(lines) if line.startswith("<!-- states:")]

    assert not [line for line in above if line]
    assert "<!--" not in without_anchors(without_marks("\n".join(lines), ".md"))
