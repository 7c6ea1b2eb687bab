"""The list of questions and the page of one."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from rich.console import Console

from grader.question import (
    Check,
    Environment,
    Forbidden,
    Language,
    Question,
    QuestionSpec,
    Source,
    SubmissionSpec,
    Text,
    Visibility,
)
from grader.report.drawing import make_page, page_text
from grader.report.listing import render_list, render_show

ROWS: list[dict[str, object]] = [
    {
        "id": "masked-pooling",
        "family": "nlp",
        "kind": "code",
        "difficulty": "easy",
        "minutes": 20,
        "topic": "masked-pooling",
        "proof": "proven",
    },
    {
        "id": "gan-step",
        "family": "generative",
        "kind": "code",
        "difficulty": "medium",
        "minutes": 25,
        "topic": "gan-training-step",
        "proof": None,
    },
]

STATEMENT = """\
# Mask-aware pooling

Write `masked_mean`, the mean over the **kept** positions.
"""


def check(name: str, visibility: Visibility, points: float, group: str) -> Check:
    return Check(name=name, visibility=visibility, points=points, group=Text(en=group), line=1)


QUESTION = Question(
    spec=QuestionSpec(
        format=1,
        id="masked-pooling",
        title=Text(en="Mask-aware pooling", zh="带掩码的池化"),
        family="nlp",
        difficulty="easy",
        minutes=20,
        skills=("masking",),
        submission=SubmissionSpec(
            exports={"masked_mean": "(h: Tensor[B, T, H]) -> Tensor[B, H]", "Pool": "class Pool(nn.Module)"}
        ),
        environment=Environment(packages=("torch",)),
        forbidden=Forbidden(imports=("scipy",)),
        source=Source(topic="masked-pooling"),
    ),
    folder=Path("bank"),
    solutions=Path("solutions"),
    checks=(
        check("test_two_rows", Visibility.PUBLIC, 1, "shapes"),
        check("test_padding_secret", Visibility.HIDDEN, 3, "padding never matters"),
        check("test_gradient_secret", Visibility.HIDDEN, 1, "padding never matters"),
    ),
)


def listed(language: Language) -> str:
    console = Console(width=100, file=StringIO())
    render_list(ROWS, console, language)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def shown(language: Language, *, colour: bool = False) -> str:
    console = make_page(100, colour=colour)
    render_show(QUESTION, STATEMENT, console, language)
    return page_text(console)


def test_a_list_of_questions() -> None:
    assert (
        listed("en")
        == """\
question             kind  difficulty  minutes  topic              proof
nlp/masked-pooling   code  easy        20       masked-pooling     proven
generative/gan-step  code  medium      25       gan-training-step

2 questions, 45 minutes
"""
    )


def test_a_list_in_chinese() -> None:
    assert "generative/gan-step  编程  中等  25    gan-training-step\n" in listed("zh")


def test_the_page_of_a_question() -> None:
    assert (
        shown("en")
        == """\
Mask-aware pooling  nlp/masked-pooling
easy · 20 minutes · code · 5 points · masking

Write `masked_mean`, the mean over the **kept** positions.

Hand in     solution.py
Define      masked_mean(h: Tensor[B, T, H]) -> Tensor[B, H]
            class Pool(nn.Module)
Packages    torch
Limits      time 30 s, per check 10 s, CPU 30 s, memory 2 GiB, processes 32, output 64 KiB, disk 16
            MiB
Forbidden   scipy

Checks
  public  test_two_rows           1 point
  hidden  padding never matters  4 points
"""
    )


def test_in_a_pipe_the_statement_keeps_its_lines() -> None:
    long = "word " * 40 + "end"
    console = make_page(100, colour=False)
    render_show(QUESTION, long, console, "en")

    assert f"\n{long}\n" in page_text(console)


def test_the_page_in_chinese_and_colour() -> None:
    text = shown("zh", colour=True)

    assert "带掩码的池化" in text
    assert "需要定义" in text
    assert "**kept**" not in text


def test_the_page_never_names_a_hidden_check() -> None:
    assert "secret" not in shown("en")
