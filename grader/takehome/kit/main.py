"""The command line of `check.pyz`."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

from grader.takehome.kit import checking, doctor, packing
from grader.takehome.kit.terms import UnreadableBundleError, read_bundle
from grader.takehome.kit.words import say, tell

_HELP = """\
doctor   say what is here, and what is missing
check    run the public tests: of all questions, or of the folders that are named
pack     write answer-*.zip, the file to send
doctor 检查环境；check 运行公开测试；pack 打包要提交的文件"""


def main(archive: Path) -> int:
    """Run one command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace", line_buffering=True)
    try:
        bundle = read_bundle(archive)
    except UnreadableBundleError:
        tell(say("en", "invitation.json cannot be read; unpack the bundle again"))
        return 2
    if sys.argv[1:2] == [checking.CHILD]:
        from grader.takehome.kit import running  # the others need nothing of the tests

        running.main(sys.argv[2:], bundle.questions[Path(sys.argv[2]).name])
        return 0
    arguments = _read_arguments(sys.argv[1:])
    unknown = [name for name in arguments.folders if name not in bundle.questions]
    if unknown:
        sentence, names = "no question has the folder {name}; there are {names}", ", ".join(bundle.questions)
        tell(say(bundle.language, sentence, name=unknown[0], names=names))
        return 2
    if arguments.command == "check":
        return checking.check(bundle, arguments.folders)
    return doctor.examine(bundle) if arguments.command == "doctor" else packing.pack(bundle)


def _read_arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python check.pyz", epilog=_HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["doctor", "check", "pack"])
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help="with check: which questions")
    found = parser.parse_args(words)
    found.folders = [name.rstrip("/\\") for name in found.folders]
    return found
