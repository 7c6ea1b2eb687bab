"""What a submission must not use, by its syntax tree.

This is triage: it names the line of what is written plainly, under whatever alias its module gives it, before anything
runs. Code that hides what it calls is the guest's matter, where stubs stand in the place of what is forbidden.
"""

from __future__ import annotations

import ast
import warnings
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from grader.errors import SubmissionError
from grader.trees import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from grader.question import Forbidden
    from grader.submission import Submission, Unit

Kind = Literal["import", "call"]
_Tree = tuple[str, ast.Module]

_IMPORTERS = frozenset({"__import__", "importlib.__import__", "importlib.import_module"})
_MODULES = "sys.modules"
_LONGEST_CHAIN = 32  # attributes in a row; no forbidden name has as many, and hostile source has thousands
_DEEPEST_NESTING = 8  # of getattr within getattr
_PASSES = 16  # over the assignments, should each alias stand above the one it copies


@dataclass(frozen=True)
class Violation:
    """One reference to what the question forbids."""

    label: str
    """`solution.py`, `answer.ipynb cell 3`, or the path of a helper module."""
    line: int
    name: str
    """The forbidden name, as the question writes it."""
    kind: Kind


def violations(submission: Submission, forbidden: Forbidden) -> tuple[Violation, ...]:
    """Return every reference to a forbidden name, called or not, in the order of the source.

    Raises:
        SubmissionError: it cannot be looked at.
    """
    if not forbidden.imports and not forbidden.calls:
        return ()
    rules = _Rules(forbidden)
    modules = [_parsed(submission.units), *(_parsed([helper]) for helper in submission.helpers)]
    found = (violation for trees in modules for violation in _Module(trees, rules).violations())
    return tuple(dict.fromkeys(found))


def _parsed(units: Iterable[Unit]) -> list[_Tree]:
    """Return the trees that can be had; a helper that is no Python cannot be imported either."""
    trees: list[_Tree] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are notes of the submission already
        for unit in units:
            try:
                trees.append((unit.label, parse(unit.source)))
            except SyntaxError:
                continue
            except (RecursionError, MemoryError):  # by a hair: reading it, a few frames higher up, had the room
                raise SubmissionError("is nested too deeply for Python", file=unit.label, cure="Simplify it") from None
    return trees


class _Rules:
    """The forbidden names, and which dotted names can lead to one."""

    def __init__(self, forbidden: Forbidden) -> None:
        imports: list[tuple[str, Kind]] = [(name, "import") for name in forbidden.imports]
        calls: list[tuple[str, Kind]] = [(name, "call") for name in forbidden.calls]
        self.names = imports + calls
        roads = [_plain(name) for name, _ in self.names] + [*_IMPORTERS, _MODULES, "getattr", "builtins"]
        self.prefixes = frozenset(prefix for road in roads for prefix in _prefixes(road))

    def exactly(self, dotted: Iterable[str]) -> Iterator[tuple[str, Kind]]:
        """Yield the forbidden names among these."""
        known = set(dotted)
        return ((name, kind) for name, kind in self.names if _plain(name) in known)

    def covering(self, dotted: Iterable[str]) -> Iterator[tuple[str, Kind]]:
        """Yield the forbidden names that are one of these or a package around one."""
        return self.exactly(prefix for name in dotted for prefix in _prefixes(_plain(name)))


def _plain(name: str) -> str:
    return name.removeprefix("builtins.")


def _prefixes(dotted: str) -> list[str]:
    parts = dotted.split(".", _LONGEST_CHAIN)
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


class _Module:
    """The trees of one module, and what its names stand for, whatever scope they are bound in."""

    def __init__(self, trees: list[_Tree], rules: _Rules) -> None:
        self.trees, self.rules = trees, rules
        self.aliases: defaultdict[str, set[str]] = defaultdict(set)
        self.heads: set[str] = set()
        self.bound: set[str] = set()
        nodes = [node for _, tree in trees for node in ast.walk(tree)]
        for node in nodes:
            self._bind(node)
        self._follow([copy for node in nodes for copy in _copies(node)])

    def violations(self) -> Iterator[Violation]:
        """Yield every reference, unit by unit and line by line."""
        for label, tree in self.trees:
            found = [(line, *rule) for node in ast.walk(tree) for line, rule in self._forbidden_at(node)]
            yield from (Violation(label, line, name, kind) for line, name, kind in sorted(found))

    def _forbidden_at(self, node: ast.AST) -> Iterator[tuple[int, tuple[str, Kind]]]:
        match node:
            case ast.Import(names=names):
                found = self.rules.covering(alias.name for alias in names)
            case ast.ImportFrom(module=str(module), level=0, names=names):
                found = self.rules.covering(f"{module}.{alias.name}" for alias in names)
            case ast.Name(ctx=ast.Load()):  # a module's name is its import's fault, and not told again at each use
                found = (rule for rule in self.rules.exactly(self._resolve(node)) if rule[1] == "call")
            case ast.Attribute():
                found = self.rules.exactly(self._resolve(node))
            case ast.Call() | ast.Subscript():
                found = self.rules.covering([*self._imported(node), *self._resolve(node)])
            case _:
                return
        yield from ((node.lineno, rule) for rule in found)

    def _bind(self, node: ast.AST) -> None:
        """Note which names a node binds, and which of them lead to a forbidden one."""
        match node:
            case ast.Import(names=names):
                for alias in names:
                    self._alias(alias.asname or _top(alias.name), alias.name if alias.asname else _top(alias.name))
            case ast.ImportFrom(module=str(module), level=0, names=[ast.alias(name="*")]):
                for name in self._starred(module):
                    self._alias(name, f"{module}.{name}")
            case ast.ImportFrom(module=module, level=level, names=names):
                for alias in names:
                    self._alias(alias.asname or alias.name, "" if level else f"{module}.{alias.name}")
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                self.bound.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self.bound.add(name)

    def _starred(self, module: str) -> set[str]:
        """Return the names that `from module import *` would bind and that matter here."""
        inside = f"{module}."
        return {_top(name.removeprefix(inside)) for name in self.rules.prefixes if name.startswith(inside)}

    def _alias(self, name: str, dotted: str) -> None:
        self.bound.add(name)
        if _plain(dotted) in self.rules.prefixes:
            self.heads.add(_top(name))
            self.aliases[name].add(_plain(dotted))

    def _follow(self, copies: list[tuple[str, ast.expr]]) -> None:
        """Give each assigned name what its value stands for, until nothing is new."""
        for _ in range(_PASSES):
            before = sum(map(len, self.aliases.values()))
            for name, value in copies:
                for dotted in self._resolve(value):
                    self._alias(name, dotted)
            if sum(map(len, self.aliases.values())) == before:
                return

    def _resolve(self, node: ast.expr, depth: int = _DEEPEST_NESTING) -> set[str]:
        """Return the dotted names an expression may stand for, of those that lead to a forbidden one."""
        if depth == 0:
            return set()
        root, attributes = _unroll(node)
        match root:
            case ast.Name(id=name):
                return self._resolve_chain([name, *attributes])
            case ast.NamedExpr(value=value):
                found = self._resolve(value, depth - 1)
            case ast.Call(func=function, args=[owner, ast.Constant(value=str(name)), *_]) if self._is(
                function, "getattr"
            ):
                found = self._joined(self._resolve(owner, depth - 1), [name])
            case ast.Call() | ast.Subscript():
                found = {prefix for module in self._imported(root) for prefix in _prefixes(module)}
            case _:
                return set()
        return self._joined(found, attributes)

    def _resolve_chain(self, names: list[str]) -> set[str]:
        """Resolve `a.b.c` by the longest beginning that was assigned, as in `self.f = torch.nn.functional`."""
        for end in range(len(names) if names[0] in self.heads else 0, 0, -1):
            known = self.aliases.get(".".join(names[:end]))
            if known:
                return self._joined(known, names[end:])
        return set() if names[0] in self.bound else self._joined({names[0]}, names[1:])

    def _joined(self, owners: set[str], attributes: list[str]) -> set[str]:
        joined = {_plain(".".join([owner, *attributes])) for owner in owners}
        return joined & self.rules.prefixes

    def _is(self, function: ast.expr, *wanted: str) -> bool:
        root, attributes = _unroll(function)
        return isinstance(root, ast.Name) and not self._resolve_chain([root.id, *attributes]).isdisjoint(wanted)

    def _imported(self, node: ast.Call | ast.Subscript) -> list[str]:
        """Return the module that `import_module("x")` or `sys.modules["x"]` names."""
        match node:
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]) if self._is(function, *_IMPORTERS):
                return [name]
            case ast.Call(func=function, keywords=[ast.keyword(arg="name", value=ast.Constant(value=str(name))), *_]):
                return [name] if self._is(function, *_IMPORTERS) else []
            case ast.Subscript(value=value, slice=ast.Constant(value=str(name))) if self._is(value, _MODULES):
                return [name]
        return []


def _top(dotted: str) -> str:
    return dotted.partition(".")[0]


def _unroll(node: ast.expr) -> tuple[ast.expr, list[str]]:
    """Take the attributes off an expression: `a.b.c` is `a` and `["b", "c"]`."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute) and len(attributes) < _LONGEST_CHAIN:
        attributes.append(node.attr)
        node = node.value
    return node, attributes[::-1]


def _copies(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield each name an assignment binds, with the expression it copies."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _pairs(target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
            yield from _pairs(target, value)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match target, value:
        case ((ast.Tuple(elts=names) | ast.List(elts=names)), (ast.Tuple(elts=values) | ast.List(elts=values))):
            for name, part in zip(names, values, strict=False):
                yield from _pairs(name, part)
        case ((ast.Name() | ast.Attribute()), _):
            root, attributes = _unroll(target)
            if isinstance(root, ast.Name):
                yield ".".join([root.id, *attributes]), value
