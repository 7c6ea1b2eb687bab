"""`grade draft`: questions out of other material."""

from __future__ import annotations

import click

from grader.cli.documents import document


@click.group()
def draft() -> None:
    """Draft questions out of other material.

    \b
    Example:
      grade draft document interview.md
    """  # noqa: D301  \b is click's mark for text that is not rewrapped


draft.add_command(document)
