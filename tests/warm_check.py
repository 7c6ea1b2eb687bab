"""`check.pyz check` again and again, from one process that has imported what each run needs: a fork instead of a start.

    python warm_check.py ARCHIVE MODULE...

reads folders of questions from its input, and prints for each what `check.pyz check FOLDER` prints, and a last line.
The code that runs is the archive's; only the process in which it runs the tests comes from here.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import subprocess
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LAST = "-- that is all"


class WarmCheck:
    """A process that answers for many solutions of one bundle."""

    def __init__(self, archive: Path, modules: Sequence[str]) -> None:
        """Start it; it imports the modules before it answers."""
        command = [sys.executable, __file__, archive.name, *modules]
        # no threads are started that a fork would lack; sets are in the order that the archive asks for
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
        self._process = subprocess.Popen(
            command, cwd=archive.parent, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def printed(self, folder: str) -> str:
        """Return what `check.pyz check FOLDER` prints now."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        return "".join(self._lines())

    def _lines(self) -> Iterator[str]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.rstrip("\n") == LAST:
                return
            yield line
        raise AssertionError(f"the warm process has ended with {self._process.wait()}")

    def __enter__(self) -> WarmCheck:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._process.communicate()


def main(archive: Path, modules: Sequence[str]) -> None:
    """Answer until there is nothing to read."""
    sys.path.insert(0, str(archive))
    for name in (*modules, "grader.takehome.kit.running", "grader.takehome.kit.plugin"):
        importlib.import_module(name)
    setattr(importlib.import_module("grader.takehome.kit.checking"), "subprocess", Forks(archive))  # noqa: B010  mypy
    gc.freeze()  # a collection in a fork would touch, and so copy, every shared page
    for line in sys.stdin:
        run(archive, ["check", line.strip()])
        print(LAST, flush=True)  # noqa: T201  what the test reads


def run(archive: Path, arguments: Sequence[str]) -> int:
    """Do what `python ARCHIVE ARGUMENTS` does."""
    sys.argv = [str(archive), *arguments]
    status: int = importlib.import_module("grader.takehome.kit.main").main(archive)
    return status


class Forks:
    """Stands where the archive's code looks for `subprocess`: what it starts is a fork of this process."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive

    def run(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, check: bool
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the archive with the arguments of a command."""
        assert not check, "it looks at the status itself"
        assert env["PYTHONHASHSEED"] == os.environ["PYTHONHASHSEED"], "what holds from a start on, forks share"
        arguments = command[command.index(str(self._archive)) + 1 :]
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            self._be_program(arguments, env, cwd)
        _, status = os.waitpid(pid, 0)
        return subprocess.CompletedProcess(command, os.waitstatus_to_exitcode(status))

    def _be_program(self, arguments: Sequence[str], env: Mapping[str, str], cwd: Path) -> NoReturn:
        status = 1
        try:
            with open(os.devnull, "rb") as null:
                os.dup2(null.fileno(), 0)  # what is read from our input is meant for others
            os.environ.clear()
            os.environ.update(env)
            os.chdir(cwd)
            status = run(self._archive, arguments)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:  # whatever it is, it must not go on as a second one that answers
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):  # the submission may have closed it
                sys.stdout.flush()
            os._exit(status)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2:])
