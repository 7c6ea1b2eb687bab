"""Markdown as a page: every word arrives, and nothing that runs or leads away."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.bank import load_bank, statement
from grader.question import LANGUAGES
from grader.report.pages.prose import prose_page


def body(text: str) -> str:
    page = prose_page(text, "en")
    return page[page.index("<body>") :]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# One `x < y`", "<h1>One <code>x &lt; y</code></h1>"),
        ("#### Four", "<h3>Four</h3>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n\n   b", "<ol><li><p>a</p><p>b</p></li></ol>"),
        ("| a | b |\n|---|---|\n| `1` | **2** |", "<td><code>1</code></td><td><strong>2</strong></td>"),
        ("```python\n>>> f(1) > 2\n```", "<pre><code>&gt;&gt;&gt; f(1) &gt; 2\n</code></pre>"),
        ("    indented", "<pre><code>indented\n</code></pre>"),
        ("[here](1-a/statement.html)", '<a href="./1-a/statement.html">here</a>'),
        ("[away](https://example.org)", "<span>away</span>"),
        ("[up](../../key)", "<span>up</span>"),
        ("![a curve](images/curve.png)", '<a href="./images/curve.png">a curve</a>'),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_markdown_becomes_elements(text: str, expected: str) -> None:
    assert expected in body(text)


def test_the_first_heading_is_the_title() -> None:
    assert "<title>A `title`</title>" in prose_page("# A \\`title\\`\n\n# Another\n", "en")


@given(st.text(alphabet="ab <>&\"'`*_#[]()!|-\n1.\\:/", max_size=80))
def test_whatever_is_written_leads_nowhere(text: str) -> None:
    """Only elements of a page, and only links within its folder."""
    written = body(text)

    assert not re.search(r"<(script|img|iframe|style|form|object)\b", written)
    assert all(link.startswith("./") for link in re.findall(r'href="([^"]*)"', written))


def test_every_word_of_every_statement_is_on_its_page() -> None:
    for question in load_bank().questions:
        for language in LANGUAGES:
            text = statement(question, language)
            shown = html.unescape(re.sub(r"<[^>]+>", " ", body(text)))
            code = re.sub(r"^```.*$|^\s*\d+\.", "", text, flags=re.MULTILINE)
            assert not set(re.findall(r"[A-Za-z0-9_]{2,}", code)) - set(re.findall(r"[A-Za-z0-9_]{2,}", shown))
