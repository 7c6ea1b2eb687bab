"""Strings a candidate controls, made harmless for a screen, a log and an XML parser."""

from __future__ import annotations

import unicodedata


def neutral(text: str) -> str:
    r"""Return `text` with every invisible character but newline and tab written out, e.g. `\x1b` or `\u202e`.

    That takes the power from terminal escapes, from bidirectional overrides that show code in another order
    than it runs, and from what XML cannot hold.
    """
    text = text.replace("\r\n", "\n")
    if text.isprintable():
        return text
    return "".join(char if _harmless(char) else _written_out(char) for char in text)


def one_line(text: str) -> str:
    """Return `text` on a single line, so that a name cannot forge a line of the report."""
    return neutral(text).replace("\n", r"\n").replace("\t", r"\t")


def source_lines(text: str) -> list[str]:
    """Split a file into lines as Python counts them: `splitlines` would also break at a form feed."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _harmless(char: str) -> bool:
    return char.isprintable() or char in "\n\t" or unicodedata.category(char) == "Zs"


def _written_out(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
