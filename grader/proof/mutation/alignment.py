"""The edits of a text that turn one node into another, as few as the layout allows."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from grader.proof.mutation.place import remade

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.proof.mutation.original import Original

_KEPT = re.compile(r"__kept_(\d+)__")
_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.LShift: "<<", ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^",
    ast.And: "and", ast.Or: "or", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">",
    ast.GtE: ">=", ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_Sign = ast.operator | ast.boolop | ast.cmpop
_Block = (
    ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.If | ast.For | ast.AsyncFor | ast.While | ast.With
    | ast.AsyncWith | ast.Try | ast.TryStar | ast.Match | ast.Module
)  # fmt: skip
_Enclosed = (
    ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript | ast.List | ast.Dict | ast.Set | ast.ListComp
    | ast.SetComp | ast.DictComp | ast.JoinedStr | ast.Starred | ast.Slice
)  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """A stretch of the text, in bytes, and what comes in its place."""

    start: int
    end: int
    text: bytes


class NotAlignedError(Exception):
    """The new node finds no place in the layout of the old one."""


@dataclass(frozen=True)
class Alignment:
    """One way to write a change."""

    original: Original
    in_one_piece: bool
    """Whether the node is written anew as a whole, rather than part by part in the layout of the old one."""
    around_moved: bool
    """Whether parentheses stand around what is moved,"""
    around_new: bool
    """and around what is new."""

    def edits(self, old: ast.AST, new: ast.AST) -> list[Edit]:
        """Return the edits that turn a node of the tree into another, in order.

        Raises:
            NotAlignedError: that would need a block laid out anew.
        """
        edits = [self._replaced(old, new)] if self.in_one_piece else self._edits(old, new)
        return sorted(edits, key=lambda edit: edit.start)

    def _edits(self, old: ast.AST, new: ast.AST) -> list[Edit]:
        if new is old:
            return []
        if type(new) is not type(old) or self.original.holds(new) or self._is_whole(old, new):
            return [self._replaced(old, new)]
        try:
            return [*self._sign_edits(old, new), *self._part_edits(old, new)]
        except NotAlignedError:
            return [self._replaced(old, new)]

    def _is_whole(self, old: ast.AST, new: ast.AST) -> bool:
        """Whether a node has no parts to edit one by one: an f-string, or one that the new node wraps."""
        return isinstance(old, ast.JoinedStr) or any(node is old for node in ast.walk(new))

    def _part_edits(self, old: ast.AST, new: ast.AST) -> Iterator[Edit]:
        for before, after in zip(_parts(old), _parts(new), strict=True):
            match before, after:
                case list(), list():
                    yield from self._list_edits(before, after)
                case ast.AST(), ast.AST():
                    yield from self._edits(before, after)
                case _ if before != after:
                    raise NotAlignedError

    def _list_edits(self, old: list[ast.AST], new: list[ast.AST]) -> Iterator[Edit]:
        if len(old) == len(new):
            for before, after in zip(old, new, strict=True):
                yield from self._edits(before, after)
        else:
            yield self._removal(old, new)

    def _removal(self, old: list[ast.AST], new: list[ast.AST]) -> Edit:
        """Take out what stands in the old list only, with the comma or the line it has for itself."""
        head = sum(1 for _ in takewhile(lambda pair: pair[0] is pair[1], zip(old, new, strict=False)))
        gone = old[head : head + len(old) - len(new)]
        if len(old) < len(new) or old[head + len(gone) :] != new[head:]:
            raise NotAlignedError
        start, end = self.original.span(gone[0])[0], self.original.span(gone[-1])[1]
        rows = self.original.rows(start, end)
        if rows:
            return Edit(*rows, b"")
        if not new or isinstance(gone[0], ast.stmt):
            raise NotAlignedError
        if head:
            return self._tail_removal(self.original.span(old[head - 1])[1], start, end)
        return Edit(start, self.original.span(old[len(gone)])[0], b"")

    def _tail_removal(self, before: int, start: int, end: int) -> Edit:
        """Take out an element behind another one, with the parentheses that stand around it."""
        data = self.original.data
        between = data[before:start]
        closed = re.match(rb"(\s*\)){%d}" % between.count(b"("), data[end:])
        return Edit(before + between.rfind(b")") + 1, end + (closed.end() if closed else 0), b"")

    def _sign_edits(self, old: ast.AST, new: ast.AST) -> Iterator[Edit]:
        """Change a sign between operands, or a word after a dot, and leave the layout around it."""
        if isinstance(old, ast.Attribute) and isinstance(new, ast.Attribute) and old.attr != new.attr:
            end = self.original.span(old)[1]
            yield Edit(end - len(old.attr.encode()), end, new.attr.encode())
        for (sign, left, right), (other, _, _) in zip(_signs(old), _signs(new), strict=False):
            if type(sign) is not type(other):
                yield self._sign_edit(sign, other, left, right)

    def _sign_edit(self, sign: ast.AST, other: ast.AST, left: ast.AST, right: ast.AST) -> Edit:
        start, end = self.original.span(left)[1], self.original.span(right)[0]
        word = re.escape(_SIGNS[type(sign)]).replace(r"\ ", r"\s+").encode()
        for found in re.finditer(rb"#[^\n]*|" + word, self.original.data[start:end]):
            if not found[0].startswith(b"#"):
                return Edit(start + found.start(), start + found.end(), _SIGNS[type(other)].encode())
        raise NotAlignedError

    def _replaced(self, old: ast.AST, new: ast.AST) -> Edit:
        start, end = self.original.span(old)
        if isinstance(new, _Block) or not isinstance(new, ast.stmt | ast.expr | ast.keyword):
            raise NotAlignedError
        return Edit(start, end, self._words(new).encode())

    def _words(self, node: ast.AST) -> str:
        """Write a node; what it takes over from the original keeps its words."""
        if self.original.holds(node):
            words, enclose = self.original.text(node), self.around_moved
        else:
            enclose = self.around_new
            moved: list[ast.AST] = []
            words = ast.unparse(node) if isinstance(node, ast.JoinedStr) else self._stencilled(node, moved)
            words = _KEPT.sub(lambda kept: self._words(moved[int(kept[1])]), words)
        needed = isinstance(node, ast.expr) and not isinstance(node, _Enclosed)
        return f"({words})" if enclose and needed else words

    def _stencilled(self, node: ast.AST, moved: list[ast.AST]) -> str:
        """Write what is new about a node, as formatters quote it where that needs no thought."""
        return re.sub(r"'([^'\"\\]*)'", r'"\1"', ast.unparse(self._stencil(node, moved)))

    def _stencil(self, node: ast.AST, moved: list[ast.AST]) -> ast.AST:
        """Return a copy with a name in the place of everything that is taken over."""
        if isinstance(node, ast.expr) and self.original.holds(node):
            moved.append(node)
            return ast.Name(f"__kept_{len(moved) - 1}__", ast.Load())
        return remade(node, **{field: self._stencil_field(value, moved) for field, value in ast.iter_fields(node)})

    def _stencil_field(self, value: object, moved: list[ast.AST]) -> object:
        if isinstance(value, list):
            return [self._stencil_field(each, moved) for each in value]
        return self._stencil(value, moved) if isinstance(value, ast.AST) else value


def _parts(node: ast.AST) -> Sequence[object]:
    """Return what a node is made of, in the order of the text; signs between operands are left to others."""
    match node:
        case ast.Call():
            return node.func, [*node.args, *node.keywords]
        case ast.Compare():
            return ([node.left, *node.comparators],)
        case ast.comprehension():
            return node.target, [node.iter, *node.ifs]
        case ast.Attribute():
            return (node.value,)
    return [getattr(node, field, None) for field in node._fields if field not in {"op", "ctx", "type_comment", "kind"}]


def _signs(node: ast.AST) -> list[tuple[_Sign, ast.AST, ast.AST]]:
    """Return the signs between the operands of a node."""
    match node:
        case ast.BinOp(left=left, op=sign, right=right) | ast.AugAssign(target=left, op=sign, value=right):
            return [(sign, left, right)]
        case ast.BoolOp(op=connective, values=values):
            return [(connective, left, right) for left, right in pairwise(values)]
        case ast.Compare(left=first, ops=signs, comparators=others):
            return [(sign, *pair) for sign, pair in zip(signs, pairwise([first, *others]), strict=True)]
    return []
