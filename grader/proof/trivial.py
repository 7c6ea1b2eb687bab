"""Trivial answers, derived from a question's exports and its reference: a sound suite rejects each of them."""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import BankError
from grader.proof.trivial_preamble import SPECIAL
from grader.trees import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grader.question import Question

PREAMBLE = Path(__file__).with_name("trivial_preamble.py")

BODIES = {
    "returns-none": "return None",
    "returns-first-argument": "return next(iter((*args, *kwargs.values())), None)",
    "raises": "raise ValueError('no answer')",
    "raises-not-implemented": "raise NotImplementedError",
}
"""What every function does in an answer that does without the reference."""

DISTORTIONS = (
    "zeros",
    "ones",
    "nan",
    "previous-answer",
    "constant",
    "other-dtype",
    "shape-plus-one",
    "transposed",
    "negated",
    "off-by-one-percent",
    "no-effect",
)
"""What becomes of the reference's answers, which are computed on copies of the arguments."""

FOR_MODELS = "untrained"
FOR_EACH_EXPORT = ("zeros", "returns-none")
"""Distortions that are also made of one export alone."""

_DECORATORS = {
    "classmethod": ("classmethod", "cls, "),
    "staticmethod": ("staticmethod", ""),
    "property": ("property", "self, "),
    "cached_property": ("property", "self, "),
}
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Trivial:
    """An answer that takes no understanding."""

    name: str
    """As in `zeros`, or `zeros:masked_max` where the other exports are right."""
    source: str


def trivial_answers(question: Question) -> tuple[Trivial, ...]:
    """Return the trivial answers to a question: first those without the reference, then those around it.

    Some may be as good as the reference: without effects there is nothing wrong with `no-effect`.

    Raises:
        BankError: the reference is no Python.
    """
    exports, reference = question.spec.submission.exports, _read(question.reference)
    bare = (Trivial(name, _without_reference(exports, reference, body)) for name, body in BODIES.items())
    return (Trivial("empty", ""), *bare, *_around(tuple(exports), reference))


@dataclass(frozen=True)
class _Reference:
    """The reference as text, and the names it brings in and defines at its top level."""

    source: str
    imports: Mapping[str, str]
    """Local name to the dotted name it stands for."""
    definitions: Mapping[str, _Function | ast.ClassDef]

    def bases(self, name: str) -> list[ast.ClassDef]:
        """Return a class and those it derives from, as far as they are the reference's own, nearest first."""
        found: list[ast.ClassDef] = []
        waiting = [name]
        while waiting:
            node = self.definitions.get(waiting.pop(0))
            if isinstance(node, ast.ClassDef) and node not in found:
                found.append(node)
                waiting += [base.id for base in node.bases if isinstance(base, ast.Name)]
        return found

    def is_model(self, name: str) -> bool:
        """Tell whether a class derives from one of torch's modules."""
        above = (base for node in self.bases(name) for base in node.bases)
        return any(self._dotted(base).startswith("torch.nn.") for base in above)

    def _dotted(self, node: ast.expr) -> str:
        """Return the full name of what a chain of names stands for, as far as imports tell."""
        written = ast.unparse(node)
        first, dot, rest = written.partition(".")
        return f"{self.imports.get(first, first)}{dot}{rest}"


def _read(path: Path) -> _Reference:
    try:
        source = path.read_text(encoding="utf-8-sig")
        tree = parse(source)
    except (SyntaxError, ValueError) as error:
        raise BankError(f"the reference is no Python: {error}", file=path) from None
    definitions = {node.name: node for node in tree.body if isinstance(node, _Function | ast.ClassDef)}
    return _Reference(source, dict(_imports(tree)), definitions)


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    top = alias.name.partition(".")[0]
                    yield (alias.asname, alias.name) if alias.asname else (top, top)
            case ast.ImportFrom(module=str(module), names=names):
                yield from ((alias.asname or alias.name, f"{module}.{alias.name}") for alias in names)


# --- without the reference -------------------------------------------------------------------------------------------


def _without_reference(exports: Mapping[str, str], reference: _Reference, body: str) -> str:
    """Return a submission in which every function, and every method of a class, has the same body."""
    parts = [_export(name, signature, reference, body) for name, signature in exports.items()]
    head = ["import torch\n"] if any(map(reference.is_model, exports)) else []
    return "\n\n".join([*head, *parts])


def _export(name: str, signature: str, reference: _Reference, body: str) -> str:
    if re.match(r"\s*class\b", signature):
        return _class(name, reference, body)
    if "(" not in signature:  # the type of a constant
        return f"{name} = None\n"
    return _function(reference.definitions.get(name), name, "", body)


def _class(name: str, reference: _Reference, body: str) -> str:
    """Return a class that can be made of anything, with the methods of the reference's class."""
    model = reference.is_model(name)
    methods: dict[str, str] = {}
    for node in (node for base in reference.bases(name) for node in base.body if isinstance(node, _Function)):
        if node.name in SPECIAL or not node.name.startswith("_"):
            methods.setdefault(node.name, _method(node, body))  # nearest first, and a getter stands before its setter
    if model:
        methods.setdefault("forward", _function(None, "forward", "self, ", body))
    head = f"class {name}(torch.nn.Module):" if model else f"class {name}:"
    constructor = "def __init__(self, *args, **kwargs):\n    super().__init__()\n"
    return f"{head}\n" + textwrap.indent("\n".join([constructor, *methods.values()]), "    ")


def _method(node: _Function, body: str) -> str:
    decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    for decorator, (written, receiver) in _DECORATORS.items():
        if decorator in decorators:
            return f"@{written}\n{_function(node, node.name, receiver, body)}"
    return _function(node, node.name, "self, ", body)


def _function(node: ast.AST | None, name: str, receiver: str, body: str) -> str:
    definition = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    return f"{definition} {name}({receiver}*args, **kwargs):\n    {body}\n"


# --- around the reference --------------------------------------------------------------------------------------------


def _around(exports: tuple[str, ...], reference: _Reference) -> Iterator[Trivial]:
    """Distort what the reference answers: of every export, then of one at a time."""
    preamble = textwrap.indent(PREAMBLE.read_text(encoding="utf-8"), "    ")
    uses_torch = any(name.partition(".")[0] == "torch" for name in reference.imports.values())
    for distortion in (*DISTORTIONS, FOR_MODELS) if uses_torch else DISTORTIONS:
        yield Trivial(distortion, _distorted(reference, preamble, exports, distortion))
    for distortion in FOR_EACH_EXPORT if len(exports) > 1 else ():
        for name in exports:
            yield Trivial(f"{distortion}:{name}", _distorted(reference, preamble, exports, distortion, name))


def _distorted(
    reference: _Reference, preamble: str, exports: tuple[str, ...], distortion: str, only: str | None = None
) -> str:
    # within a function, no name of the preamble can hide one of the reference
    return (
        f"{reference.source}\n\n\ndef _distort_answers():\n{preamble}\n"
        f"    install(globals(), {exports!r}, {distortion!r}, {only!r})\n\n\n_distort_answers()\n"
    )
