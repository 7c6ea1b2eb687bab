"""Questions for a talk about a candidate's own code, from its syntax tree and from what its checks showed.

They ask about what is there, at a line that is named. None can be answered without having understood the code, and
none says whether the code is good.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.submission import WORDS
from grader.trees import parse
from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grader.question import Language
    from grader.verdict import CheckResult, Verdict

MOST = 5
_PLAIN = frozenset({0, 1, 2, -1, 0.5})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Talk:
    """One question."""

    text: str
    file: str
    line: int


def walkthrough(sources: Mapping[str, str], verdict: Verdict, language: Language) -> list[Talk]:
    """Return at most five questions about a submission: of what failed first, then of how it is made.

    Args:
        sources: its text by file.
        verdict: on it.
        language: of the questions.
    """
    found = [*_failures(verdict, sources, language)][:2]
    for file, source in sources.items():
        tree = None if file.lower().endswith(WORDS) else _parsed(source)
        if tree is not None:
            found += _about(tree, file, language)
    first: dict[tuple[str, int], Talk] = {}
    for talk in found:
        first.setdefault((talk.file, talk.line), talk)
    return list(first.values())[:MOST]


def _parsed(source: str) -> ast.Module | None:
    try:
        return parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # the verdict says so, and where


def _say(language: Language, phrase: str, **values: object) -> str:
    return _PHRASES[phrase][language].format(**values)


def _failures(verdict: Verdict, sources: Mapping[str, str], language: Language) -> Iterator[Talk]:
    """Ask about the last of the candidate's own lines on the way to each failure; one question a line."""
    for check in verdict.checks:
        line = _last_line(check, sources)
        if line is not None:
            group = check.group.in_language(language)
            yield Talk(_say(language, "failed", group=group, line=line[1]), *line)


def _last_line(check: CheckResult, sources: Mapping[str, str]) -> tuple[str, int] | None:
    if check.outcome is Outcome.PASSED or check.detail is None:
        return None
    own = [(each.file, each.line) for each in check.detail.traceback if each.file in sources]
    return own[-1] if own else None


def _about(tree: ast.Module, file: str, language: Language) -> Iterator[Talk]:
    """Ask about the longest function, and once about each sort of thing that is worth a question."""
    functions = [node for node in ast.walk(tree) if isinstance(node, _Function)]
    if functions:
        longest = max(functions, key=_length)
        text = _say(language, "longest", name=longest.name, line=longest.lineno, last=longest.end_lineno)
        yield Talk(text, file, longest.lineno)
    asked: set[str] = set()
    for node in ast.walk(tree):
        sort, value = _sort_of(node)
        if sort and sort not in asked:
            asked.add(sort)
            line = getattr(node, "lineno", 1)
            yield Talk(_say(language, sort, line=line, value=value), file, line)


def _length(function: _Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno


def _sort_of(node: ast.AST) -> tuple[str, str]:
    """Return what sort of question a construct is worth, and what it is called there; empty for none."""
    match node:
        case ast.ExceptHandler():
            return "except", ""
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool) and value not in _PLAIN:
            return "number", repr(value)
        case ast.For(body=[*_, ast.For()]) | ast.While():
            return "loop", ""
        case ast.Raise(exc=ast.Call(func=func)):
            return "raise", ast.unparse(func)[:60]
        case _:
            return "", ""


_PHRASES: dict[str, dict[Language, str]] = {
    "failed": {
        "en": "A check of “{group}” ended at line {line}. What must be true there, and which input breaks it?",
        "zh": "“{group}”的一项检查在第 {line} 行结束。那里必须满足什么条件？什么输入会破坏它？",
    },
    "longest": {
        "en": "Walk through {name} (lines {line} to {last}): what goes in, what comes out, with which shapes?",
        "zh": "请讲解 {name}（第 {line} 至 {last} 行）：输入什么、输出什么、形状如何？",
    },
    "except": {
        "en": "Line {line} catches an exception. When is it raised, and what would happen without this?",
        "zh": "第 {line} 行捕获异常。它何时抛出？没有这一行会怎样？",
    },
    "number": {
        "en": "Where does the {value} in line {line} come from, and what changes with another value?",
        "zh": "第 {line} 行的 {value} 从何而来？换一个值会有什么变化？",
    },
    "loop": {
        "en": "How often is the loop at line {line} run for an input of size n, and how would you make it cheaper?",
        "zh": "输入规模为 n 时，第 {line} 行的循环执行多少次？怎样降低开销？",
    },
    "raise": {
        "en": "Line {line} raises {value}. Who calls this with such an input, and why is raising right?",
        "zh": "第 {line} 行抛出 {value}。谁会传入这样的输入？为什么应当抛出异常？",
    },
}
