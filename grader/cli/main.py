"""The command `grade`: finds the subcommand, and holds the one place where an error becomes a message."""

from __future__ import annotations

import errno
import gc
import importlib
import io
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

import click

from grader import __version__
from grader.errors import GraderError, did_you_mean

if TYPE_CHECKING:
    from types import FrameType

# Each command's room is imported when it is asked for, so that `grade --help` stays instant.
COMMANDS = {
    "list": ("grader.cli.reading:list_questions", "List the questions of the bank."),
    "show": ("grader.cli.reading:show", "Show one question."),
    "start": ("grader.cli.reading:start", "Write what a candidate needs into a folder."),
    "try": ("grader.cli.submitting:try_public", "Run the public tests on a submission."),
    "submit": ("grader.cli.submitting:submit", "Grade a submission."),
    "batch": ("grader.cli.batching:batch", "Grade many submissions."),
    "rerun": ("grader.cli.repeating:rerun", "Repeat a verdict from its record."),
    "regrade": ("grader.cli.repeating:regrade", "Grade a batch again after a suite was mended."),
    "assess": ("grader.cli.assessing:assess", "Prepare a take-home: check its file, choose its questions."),
    "stats": ("grader.cli.learning:stats", "Say what results tell of questions and checks."),
    "similar": ("grader.cli.learning:similar", "Show submissions that share what others do not."),
    "new": ("grader.cli.authoring:new", "Write the scaffold of a new question."),
    "verify": ("grader.cli.proving:verify", "Say whether questions are sound."),
    "bank": ("grader.cli.sealing:bank", "Seal a bank, so that only who has its key reads what is hidden."),
    "import": ("grader.cli.importing:import_questions", "Turn problems of another format into questions."),
    "variants": ("grader.cli.varying:variants", "Draw, write and prove variants of a question."),
    "draft": ("grader.cli.drafting:draft", "Draft questions with a language model, and prove them."),
    "doctor": ("grader.cli.machine:doctor", "Say what this machine can enforce."),
}
GC_THRESHOLD = 100_000  # a command ends long before cycles matter; collecting during imports costs a tenth of them
EXIT_BROKEN = 3
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143
CURES = {
    errno.ENOSPC: "Free some space, or write elsewhere.",
    errno.EDQUOT: "Free some of your quota, or write elsewhere.",
    errno.EROFS: "Write elsewhere, or mount it writable.",
    errno.EACCES: "Ask for the permission, or use another place.",
    errno.EPERM: "Ask for the permission, or use another place.",
    errno.EMFILE: "Raise the limit of open files (`ulimit -n`).",
    errno.ENFILE: "Close what else has files open on this machine.",
    errno.ENOMEM: "Free some memory.",
}


class Commands(click.Group):
    """A group that imports a command when it is used."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names in the order of the work, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Import the command, or return None."""
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Answer a mistyped command with the nearest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            cure = did_you_mean(args[0], COMMANDS) or f"The commands are {', '.join(COMMANDS)}."
            raise click.UsageError(f"there is no command {args[0]!r}. {cure}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="grade")
def cli() -> None:
    """Grade AI-engineering exams: hidden pytest suites, and submissions that never share a process with them.

    \b
    Example:
      grade submit gan-step solution.py
    """  # noqa: D301  \b is click's mark for text that is not rewrapped


def main() -> None:
    """Run `grade` and exit: 0 accepted, 1 not accepted, 2 misused, 3 the grader could not do its work."""
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # an ASCII terminal must not end a report
    # what the machine has installed must not change how a spec is read; looking for it costs 12 ms as well
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.set_threshold(GC_THRESHOLD)
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except GraderError as error:
        click.echo(f"Error: {error}", err=True)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        code = EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe went away; there is nobody to tell
        _discard_output()
        code = EXIT_BROKEN
    except Exception as error:
        _explain(error)
        code = EXIT_BROKEN
    sys.exit(code if isinstance(code, int) else 0)


def _explain(error: Exception) -> None:
    """Say what the machine lacks, and how to help; of a fault of our own, show where it is."""
    cure = CURES.get(error.errno or 0) if isinstance(error, OSError) else None
    if cure is None:
        traceback.print_exc()
        return
    click.echo(f"Error: {error}. {cure}", err=True)
    _discard_output()


def _discard_output() -> None:
    """Have what is still buffered go nowhere, lest writing it at the end fails once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminate(_number: int, _frame: FrameType | None) -> None:
    """Leave by the ordinary way, so that no process and no folder stays behind."""
    sys.exit(EXIT_TERMINATED)


if __name__ == "__main__":
    main()
