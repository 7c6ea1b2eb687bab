"""Is the statement complete? What a hidden check asks stands in it, in every language, where the check says it does."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from grader.errors import did_you_mean
from grader.proof.page import has_word, read_page
from grader.proof.source import Function, called, read_suite
from grader.question import LANGUAGES, Visibility

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.proof.page import Page
    from grader.proof.source import Definition, SuiteSource
    from grader.question import Check, Question

_OWN = {"run", "put", "get"}
"""What a suite's `solution` can do itself, see `exam/solution.py`."""


def statement_faults(question: Question) -> tuple[str, ...]:
    """Return what a hidden check asks and the statement does not say, a sentence each."""
    pages = [read_page(question, language) for language in LANGUAGES]
    suite = read_suite(question.suite(Visibility.HIDDEN))
    exports = list(question.spec.submission.exports)
    hidden = [check for check in question.checks if check.visibility is Visibility.HIDDEN]
    found = (
        *_unnamed_exports(exports, pages),
        *_unlinked(hidden, suite),
        *_missing_anchors(hidden, suite, pages),
        *_empty_passages(pages),
        *_untested_anchors(hidden, pages),
        *_unnamed_exceptions(hidden, suite, pages),
        *_foreign_names(hidden, suite, exports),
    )
    return tuple(dict.fromkeys(found))


def _unnamed_exports(exports: Sequence[str], pages: Sequence[Page]) -> Iterator[str]:
    for page in pages:
        code = f"{page.fenced}\n{page.spans}"
        for export in exports:
            if not has_word(export, code):
                yield f"{page.name} does not name the export {export} as code; say what it must do"


def _unlinked(hidden: Sequence[Check], suite: SuiteSource) -> Iterator[str]:
    for check in hidden:
        if not check.stated:
            cure = "add @stated(...) with the anchor of the passage that asks for it"
            yield f"{suite.name} line {check.line}: {check.name} does not say where it is stated; {cure}"


def _missing_anchors(hidden: Sequence[Check], suite: SuiteSource, pages: Sequence[Page]) -> Iterator[str]:
    first: dict[str, Check] = {}
    for check in hidden:
        for anchor in check.stated:
            first.setdefault(anchor, check)
    for page in pages:
        for anchor, check in first.items():
            if anchor not in page.passages:
                asker = f"which {check.name} names ({suite.name} line {check.line})"
                cure = did_you_mean(anchor, page.passages) or f"Put <!-- states: {anchor} --> where it is said"
                yield f"{page.name} has no anchor {anchor!r}, {asker}. {cure}"


def _empty_passages(pages: Sequence[Page]) -> Iterator[str]:
    for page in pages:
        for anchor, passages in page.passages.items():
            for passage in passages:
                if not passage.text:
                    cure = "put it right above a passage, or at the end of one of its lines"
                    yield f"{page.name} line {passage.line}: the anchor {anchor!r} marks nothing; {cure}"


def _untested_anchors(hidden: Sequence[Check], pages: Sequence[Page]) -> Iterator[str]:
    tested = {anchor for check in hidden for anchor in check.stated}
    for page in pages:
        for anchor, (passage, *_) in page.passages.items():
            if anchor not in tested:
                cure = f"write one with @stated({anchor!r}), or take the anchor away"
                yield f"{page.name} line {passage.line}: no hidden check tests what {anchor!r} states; {cure}"


# --- exceptions ------------------------------------------------------------------------------------------------------


def _unnamed_exceptions(hidden: Sequence[Check], suite: SuiteSource, pages: Sequence[Page]) -> Iterator[str]:
    for check in hidden:
        for page in pages:
            text = page.marked(check.stated)
            for name, line in _expected_exceptions(check, suite) if text else ():
                if not has_word(name, text):
                    anchors = " or ".join(map(repr, check.stated))
                    asker = f"{suite.name} line {line}: {check.name} expects {name}"
                    yield f"{asker}, which {page.name} does not name under {anchors}; say there when it is raised"


def _expected_exceptions(check: Check, suite: SuiteSource) -> Iterator[tuple[str, int]]:
    for definition in suite.reached(check.name):
        for node in ast.walk(definition):
            if isinstance(node, ast.Call) and called(node) == "raises":
                given = [word.value for word in node.keywords if word.arg == "expected_exception"]
                for expected in [*node.args[:1], *given]:
                    yield from ((name, node.lineno) for name in _class_names(expected, definition, suite))


def _class_names(expected: ast.expr, within: Definition, suite: SuiteSource) -> Iterator[str]:
    """Yield the names of the classes that `raises` is given; behind a local name, all that its function mentions."""
    match expected:
        case ast.Attribute(attr=name):
            yield name
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _class_names(part, within, suite)
        case ast.Name(id=name) if name in suite.constants:
            yield from _class_names(suite.constants[name], within, suite)
        case ast.Name(id=name) if name not in _local_names(within):
            yield name
        case _:
            mentioned = {node.id for node in ast.walk(within) if isinstance(node, ast.Name)}
            yield from sorted(filter(_is_exception, mentioned))


def _local_names(definition: Definition) -> set[str]:
    stored = {n.id for n in ast.walk(definition) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return stored | {node.arg for node in ast.walk(definition) if isinstance(node, ast.arg)}


def _is_exception(name: str) -> bool:
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)


# --- what is asked of the submission ---------------------------------------------------------------------------------


def _foreign_names(hidden: Sequence[Check], suite: SuiteSource, exports: Sequence[str]) -> Iterator[str]:
    asked = {
        place
        for check in hidden
        for definition in suite.reached(check.name)
        for place in _asked_names(definition, suite)
    }
    for line, name in sorted(asked):
        if name not in exports:
            cure = did_you_mean(name, exports) or "Name it under submission.exports in question.yaml"
            yield f"{suite.name} line {line}: the submission is asked for {name}, which is no export. {cure}"


def _asked_names(definition: Definition, suite: SuiteSource) -> Iterator[tuple[int, str]]:
    yield from ((line, name) for line, name in _attributes(definition, "solution") if name not in _OWN)
    for node in ast.walk(definition):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="solution"), attr="get"), args=[ast.Constant(value=str(name))]
            ):
                yield node.lineno, name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="solution"), attr="run"), args=[probe, *_]):
                yield from _asked_by_probe(probe, suite)


def _asked_by_probe(probe: ast.expr, suite: SuiteSource) -> Iterator[tuple[int, str]]:
    """Yield the names that a probe reads of its first argument, the submission's module."""
    written = suite.definitions.get(probe.id) if isinstance(probe, ast.Name) else probe
    if isinstance(written, Function | ast.Lambda):
        for argument in [*written.args.posonlyargs, *written.args.args][:1]:
            yield from _attributes(written, argument.arg)


def _attributes(node: ast.AST, owner: str) -> Iterator[tuple[int, str]]:
    """Yield the attributes that are read of a name, each with its line."""
    for inner in ast.walk(node):
        match inner:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == owner:
                yield inner.lineno, attribute
