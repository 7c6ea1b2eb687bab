"""The model that an examiner names for what the rules leave open; nobody is asked who was not named."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.answers.judge import Judge
    from grader.models.model import Model
    from grader.rubric import AnyQuestion

F = TypeVar("F", bound="Callable[..., Any]")
KEY = "GRADE_JUDGE_KEY"


def judge_options(function: F) -> F:
    """Add `--judge MODEL`, `--judge-server URL` and `--judge-seconds S`."""
    model = click.option(
        "--judge", "judge_name", metavar="MODEL", envvar="GRADE_JUDGE", show_envvar=True,
        help="Model for key points that the rules leave open, where a question allows one: a folder, a .gguf file, "
        "or what the server calls it.",
    )  # fmt: skip
    server = click.option(
        "--judge-server", metavar="URL", envvar="GRADE_JUDGE_URL", show_envvar=True,
        help=f"OpenAI-compatible server, as http://127.0.0.1:8000/v1; its key in ${KEY}. It is sent the answers.",
    )  # fmt: skip
    seconds = click.option(
        "--judge-seconds", type=click.FloatRange(1), default=120.0, show_default=True,
        help="The model may take, for one answer.",
    )  # fmt: skip
    return model(server(seconds(function)))


def named_judge(name: str | None, server: str | None, seconds: float, questions: Iterable[AnyQuestion]) -> Judge | None:
    """Return the judge that was named, ready, if one of the questions allows it.

    Raises:
        InputError: a server without the name of a model, or a model that cannot be loaded.
    """
    if server and not name:
        raise InputError("the server needs to know which model to use", cure="Name it with --judge")
    if not name or not any(map(_allows, questions)):
        return None
    from grader.answers.judge import Judge

    return Judge(_model(name, server), seconds)


def _allows(question: AnyQuestion) -> bool:
    from grader.rubric import Referee, ShortSpec

    return isinstance(question.spec, ShortSpec) and question.spec.referee is Referee.MODEL


def _model(name: str, server: str | None) -> Model:
    if server:
        from grader.models.server import ServerModel

        return ServerModel(server, name, os.environ.get(KEY, ""))
    from grader.models.local import load_local

    return load_local(name)
