"""HTML as values: every string is escaped on its way in, and nothing can be written that runs or fetches.

There is one door. A `str` becomes text, whatever it holds; what is `Markup` was built here, of elements and
attributes from two closed lists. Neither list has a script, a frame, an image, a form or an event.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from grader.report.untrusted import neutral

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.question import Language

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
TAGS = frozenset({
    "a", "abbr", "bdi", "caption", "code", "dd", "details", "div", "dl", "dt", "em", "footer", "h1", "h2", "h3",
    "header", "li", "main", "mark", "nav", "ol", "p", "pre", "section", "span", "strong", "summary", "table", "tbody",
    "td", "th", "thead", "tr", "ul", "svg", "title", "desc", "rect", "line", "circle", "text",
})  # fmt: skip
ATTRIBUTES = frozenset({
    "aria-hidden", "aria-label", "aria-labelledby", "class", "colspan", "cx", "cy", "dir", "height", "href", "id",
    "lang", "open", "r", "role", "scope", "tabindex", "text-anchor", "title", "viewBox", "width", "x", "x1", "x2", "y",
    "y1", "y2", "preserveAspectRatio",
})  # fmt: skip
_LANGUAGES: dict[Language, str] = {"en": "en", "zh": "zh-Hans"}


@dataclass(frozen=True)
class Markup:
    """Text in which every special character is markup of ours."""

    text: str


Node: TypeAlias = "Markup | str | Sequence[Markup | str] | None"


def element(tag: str, *children: Node, **attributes: str | float | bool | None) -> Markup:
    """Build an element: strings become text, None nothing; `text_anchor=` and `class_=` name attributes.

    Raises:
        ValueError: the element or an attribute is on no list, or a link leads out of the page's folder.
    """
    if tag not in TAGS:
        raise ValueError(f"a page has no <{tag}>")
    opening = "".join(
        _attribute(name.rstrip("_").replace("_", "-"), value)
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{tag}{opening}>{''.join(map(_inner, children))}</{tag}>")


def document(title: str, language: Language, *body: Node) -> str:
    """Return a whole page, with its style sheet and the policy that forbids it everything else."""
    style = resources.files("grader.report.pages").joinpath("style.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html>\n<html lang="{_LANGUAGES[language]}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{_escaped(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n{''.join(map(_inner, body))}\n</body>\n</html>\n"
    )


def below(address: str, *body: Node) -> Markup:
    """Return parts of one page that stand on another, beside parts with the same names: each address is put below one.

    No text of a page has a quotation mark that is not escaped, so what looks like an attribute is one.
    """
    named = re.sub(r' (id|aria-labelledby)="', rf' \1="{address}-', "".join(map(_inner, body)))
    return Markup(named.replace(' href="#', f' href="#{address}-'))


def link_to(path: str) -> str:
    """Return the address of a file beside the page; whatever the path holds, it names no other scheme or machine."""
    return "./" + quote(path.encode("utf-8", "surrogatepass"))


def _inner(node: Node) -> str:
    if node is None:
        return ""
    if isinstance(node, Markup):
        return node.text
    return _escaped(node) if isinstance(node, str) else "".join(map(_inner, node))


def _escaped(text: str) -> str:
    return html.escape(neutral(text))


def _attribute(name: str, value: str | float | bool) -> str:
    if name not in ATTRIBUTES:
        raise ValueError(f"an element of a page has no attribute {name!r}")
    if value is True:
        return f" {name}"
    written = value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
    if name == "href" and not written.startswith(("#", "./")):
        raise ValueError(f"a page does not link to {written!r}")
    return f' {name}="{_escaped(written)}"'
