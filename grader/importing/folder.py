"""A problem written down as a question: spec, statements, starter, suites, reference."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from grader.importing.suite import ANCHOR

if TYPE_CHECKING:
    from pathlib import Path

    from grader.importing.problem import Difficulty, Problem
    from grader.importing.suite import Suites
    from grader.question import Language

MINUTES: dict[Difficulty, int] = {"easy": 10, "medium": 20, "hard": 40}
_ANY_ORDER = {"trivial/transposed": "the check accepts a list in any order, so that the reverse is as good"}
_LEADS: dict[Language, str] = {
    "en": "Write {names} in `solution.py`, as the text below asks. The text is that of {origin}.",
    "zh": "在 `solution.py` 中实现 {names}，要求见下文。下文是 {origin} 的原文。",
}


def slug_of(text: str) -> str:
    """Return a name for a folder of the bank: a-z, 0-9 and hyphens, 64 characters at most; empty if none is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:64].strip("-")


def write_question(root: Path, family: str, problem: Problem, suites: Suites) -> Path:
    """Write a question below `root/bank` and `root/solutions`; return its folder in the bank.

    Raises:
        OSError: there is no room, or no permission.
    """
    name = slug_of(problem.origin)
    folder, own = root / "bank" / family / name, root / "solutions" / family / name
    files = {
        folder / "question.yaml": yaml.safe_dump(
            _spec(family, name, problem, suites), sort_keys=False, allow_unicode=True
        ),
        folder / "statement.en.md": _statement(problem, "en"),
        folder / "statement.zh.md": _statement(problem, "zh"),
        folder / "starter.py": problem.starter,
        folder / "test_public.py": suites.public,
        folder / "test_hidden.py": suites.hidden,
        own / "reference.py": problem.program,
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def _spec(family: str, name: str, problem: Problem, suites: Suites) -> dict[str, Any]:
    return {
        "format": 1,
        "id": name,
        "title": {"en": problem.title},
        "family": family,
        "difficulty": problem.difficulty,
        "minutes": MINUTES[problem.difficulty],
        "skills": list(problem.skills),
        "submission": {"file": "solution.py", "exports": dict(problem.exports)},
        "environment": {"packages": list(problem.packages)},
        "proof": {"accept": dict(_ANY_ORDER) if suites.unordered else {}},
        "source": {"topic": problem.origin, "foreign": True},
    }


def _statement(problem: Problem, language: Language) -> str:
    names = ", ".join(f"`{name}`" for name in problem.exports)
    lead = _LEADS[language].format(names=names, origin=problem.origin)
    return f"# {problem.title}\n\n{lead}\n\n<!-- states: {ANCHOR} -->\n{without_headings(problem.task).rstrip()}\n"


def without_headings(text: str) -> str:
    """Return Markdown with its headings in bold, and without comments: an anchor marks no more than up to a heading."""
    lines, fence = [], ""
    for line in re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).split("\n"):
        mark = re.match(r"\s*(`{3,}|~{3,})", line)
        if mark and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else mark[1]
        lines.append(line if fence else re.sub(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*$", r"**\1**", line))
    return "\n".join(lines)


def fenced(code: str, language: str = "python") -> str:
    """Return code in a block that no line of it can close."""
    longest = max((len(run) for run in re.findall(r"^\s*(`{3,})", code, re.MULTILINE)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{code.strip(chr(10))}\n{fence}"
