"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

LEVELS = ("full", "restricted", "basic")


def bank_option(function: F) -> F:
    """Add `--bank DIR`."""
    return click.option(
        "--bank", "bank_folder", type=click.Path(path_type=Path), metavar="DIR", envvar="GRADE_BANK", show_envvar=True,
        help="Folder of the bank, or several with : between; found by itself in the current folder or above.",
    )(function)  # fmt: skip


def language_option(function: F) -> F:
    """Add `--lang`."""
    return click.option(
        "--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language."
    )(function)


def isolation_option(function: F) -> F:
    """Add `--isolation LEVEL`."""
    return click.option(
        "--isolation", type=click.Choice(LEVELS), default=None,
        help="Insist on a level; by default the strongest of full and restricted. Basic is never taken unasked.",
    )(function)  # fmt: skip


def watch_option(function: F) -> F:
    """Add `--watch`."""
    return click.option(
        "--watch", is_flag=True, help="Grade again whenever FILE or the question is saved, until Ctrl-C."
    )(function)


def seed_option(function: F) -> F:
    """Add `--seed N`."""
    return click.option(
        "--seed",
        type=click.IntRange(0, 2**63 - 1),
        default=None,
        help="Repeat a grading; fresh and secret unless given.",
    )(function)
