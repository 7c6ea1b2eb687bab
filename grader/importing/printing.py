"""Tests that print, as one check: each is run, and what it prints is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEAD = """\
import contextlib as _contextlib
import io as _io


def _expect(text, printed):
    heard = _io.StringIO()
    with _contextlib.redirect_stdout(heard):
        exec(compile(text, "<test>", "exec"), globals())
    assert printed is None or heard.getvalue().strip() == printed.strip(), heard.getvalue()


"""


def printing_check(tests: Iterable[tuple[str, str | None]]) -> str:
    """Return the source of a check, to be run as a script in a guest.

    Args:
        tests: source of each test, and what it must print; None where it says by itself whether it passes.
    """
    return _HEAD + "".join(f"_expect({text!r}, {printed!r})\n" for text, printed in tests)
