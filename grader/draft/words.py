"""Words a model may put into a question: what is shown to people or becomes a name in code, and no more than that."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field


def _visible(text: str) -> str:
    """Refuse what steers a terminal or a page, or hides: a text is read as it is written."""
    for character in text:
        if unicodedata.category(character).startswith("C") and character != "\n":
            raise ValueError(f"a character that cannot be seen, U+{ord(character):04X}, has no place in it")
    if re.search(r"<[A-Za-z/!?]", text):
        raise ValueError("HTML has no place in it; put a blank behind a sign for less")
    return text


def _free(name: str) -> str:
    """Refuse a name that Python needs itself."""
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or hasattr(builtins, name):
        raise ValueError(f"{name!r} is a word of Python's own; choose another name")
    return name


def _is_chinese(text: str) -> str:
    """Refuse a text that is not for the most part in Chinese; code in it is in no language."""
    letters = [character for character in re.sub(r"`[^`]*`", "", text) if character.isalpha()]
    chinese = sum("\u4e00" <= character <= "\u9fff" for character in letters)
    if chinese * 2 < len(letters) or not chinese:
        raise ValueError("it is to be in Chinese")
    return text


Line = Annotated[str, Field(min_length=3, max_length=100, pattern=r"^[^\n]+$"), AfterValidator(_visible)]
Prose = Annotated[str, Field(min_length=3, max_length=1500), AfterValidator(_visible)]
ChineseLine = Annotated[Line, AfterValidator(_is_chinese)]
ChineseProse = Annotated[Prose, AfterValidator(_is_chinese)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,30}$"), AfterValidator(_free)]
"""Becomes an identifier."""
