"""Markdown as a page: statements and notices of ours, for whoever reads them in a browser.

markdown-it reads it (rich brings it along); what comes out is built of the elements that a page may have. HTML within
the text is shown as text; a link leads within the folder of the page, or is shown as its text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from grader.report.pages.markup import Markup, document, element, link_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.question import Language

_PLAIN = {
    "paragraph": "p", "bullet_list": "ul", "ordered_list": "ol", "list_item": "li", "strong": "strong", "em": "em",
    "thead": "thead", "tbody": "tbody", "tr": "tr", "th": "th", "td": "td", "table": "table",
}  # fmt: skip
_THROUGH = {"root", "inline", "blockquote"}


def prose_page(text: str, language: Language) -> str:
    """Return a whole page of a Markdown text; its first heading is the title."""
    tree = SyntaxTreeNode(MarkdownIt("commonmark", {"html": False}).enable("table").parse(text))
    heading = next((node for node in tree.children if node.type == "heading"), None)
    title = _text_of(heading) if heading is not None else ""
    return document(title, language, element("main", _node(tree), class_="prose"))


def _text_of(node: SyntaxTreeNode) -> str:
    return "".join(each.content for each in node.walk() if each.type in {"text", "code_inline"})


def _node(node: SyntaxTreeNode) -> list[Markup | str]:
    inner = [part for child in node.children for part in _node(child)]
    if node.type in _THROUGH or node.hidden:  # a hidden paragraph is that of a tight list
        return inner
    if node.type in _PLAIN:
        return [element(_PLAIN[node.type], inner)]
    return [_SPECIAL[node.type](node, inner)] if node.type in _SPECIAL else [node.content]


def _heading(node: SyntaxTreeNode, inner: list[Markup | str]) -> Markup:
    return element(node.tag if node.tag in {"h1", "h2"} else "h3", inner)


def _link(node: SyntaxTreeNode, inner: list[Markup | str]) -> Markup:
    target = str(node.attrs.get("href", ""))
    inside = not (target.startswith(("/", "#", "\\")) or ":" in target or ".." in target)
    return element("a", inner, href=link_to(target)) if inside else element("span", inner)


def _image(node: SyntaxTreeNode, _inner: list[Markup | str]) -> Markup:
    # a page holds no pictures of others' making; it leads to the file beside it
    return element("a", node.content, href=link_to(str(node.attrs.get("src", "")).replace("..", "")))


_SPECIAL: dict[str, Callable[[SyntaxTreeNode, list[Markup | str]], Markup]] = {
    "heading": _heading,
    "link": _link,
    "image": _image,
    "code_inline": lambda node, _: element("code", node.content),
    "fence": lambda node, _: element("pre", element("code", node.content)),
    "code_block": lambda node, _: element("pre", element("code", node.content)),
    "softbreak": lambda _node, _: Markup("\n"),
    "hardbreak": lambda _node, _: Markup("\n"),
}
