"""`grade doctor`: what this machine can enforce, tried out, and how to get more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from grader.errors import GraderError

if TYPE_CHECKING:
    from grader.verdict import Isolation, Level

CURES = {
    "cgroup": "A writable control group limits memory and processes of the whole tree; without one a watchdog does, "
    "every 20 ms. Root has one; an ordinary user gets one from a delegated systemd slice.",
    "landlock": "Linux 5.13 or newer, with Landlock among the active security modules.",
    "user": "Run as root, or install Python where other users can read it.",
    "namespaces": "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, or a profile for bubblewrap), "
    "or run outside the container.",
}


@click.command()
@click.option("--clean", is_flag=True, help="Only remove what killed runs have left, and say what that was.")
def doctor(clean: bool) -> None:
    """Try every isolation level in a guest of its own and say what held.

    \b
    Example:
      grade doctor
      grade doctor --clean
    """  # noqa: D301  \b is click's mark for text that is not rewrapped
    if clean:
        _clean()
    else:
        _examine_levels()


def _clean() -> None:
    from grader.sandbox.host import remove_leftovers

    removed = remove_leftovers()
    for thing in removed:
        click.echo(f"removed {thing}")
    if not removed:
        click.echo("nothing to remove")


def _examine_levels() -> None:
    from grader.verdict import Level

    strongest = None
    for level in Level:
        try:
            found = examine(level)
        except GraderError as error:
            click.echo(f"{level.value:<11} cannot be had: {error}")
            continue
        strongest = strongest or level
        click.echo(f"{level.value:<11} {_words(level, found)}")
        for layer, reason in found.missing.items():
            click.echo(f"{'':<11} not proven: {layer}: {reason}. {CURES.get(layer, '')}".rstrip())
    click.echo(_advice(strongest))


def _words(level: Level, found: Isolation) -> str:
    note = " (taken only with --isolation basic)" if level.value == "basic" else ""
    return f"works{note}: {', '.join(found.layers)}"


def _advice(strongest: Level | None) -> str:
    if strongest is None:
        return "Nothing can be graded on this machine."
    if strongest.value == "full":
        return "Submissions are graded at full isolation."
    return f"Submissions are graded at {strongest.value} isolation. For full: {CURES['namespaces']}"


def examine(level: Level) -> Isolation:
    """Start a guest at one level and return what it proved."""
    from grader.sandbox.host import Allowance, Template, Wants

    template = Template(Wants(level=level))
    try:
        guest = template.guest(Allowance(5.0, 256 * 2**20, 8, 2**16, 2**20))
        guest.close()
        return template.isolation()
    finally:
        template.close()
