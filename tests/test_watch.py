"""When a file was saved, whatever way an editor has of saving; and `--watch`, in a real terminal and in a pipe."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest
from waiting import eventually

from grader import watch as room
from grader.sandbox import kernel
from grader.watch import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ROOT / "tests/questions"
SOLUTIONS = QUESTIONS / "solutions/plain/interface"


# --- the watcher -----------------------------------------------------------------------------------------------------


def in_place(path: Path) -> None:
    """Save as `nano` does: the file is cut and written."""
    path.write_text("new", encoding="utf-8")


def by_renaming(path: Path) -> None:
    """Save as an editor that wants all or nothing does: another file takes the name."""
    other = path.with_name(f".{path.name}.part")
    other.write_text("new", encoding="utf-8")
    other.replace(path)


def through_a_backup(path: Path) -> None:
    """Save as `vim` does: the old file becomes the backup, the new one is written, the backup goes."""
    backup = path.with_name(f"{path.name}~")
    path.rename(backup)
    path.write_text("new", encoding="utf-8")
    path.chmod(0o644)
    backup.unlink()


def untouched(path: Path) -> None:
    """Save what is there already."""
    os.utime(path)


def removed_and_back(path: Path) -> None:
    """Delete and write anew."""
    path.unlink()
    path.write_text("new", encoding="utf-8")


SAVES = [in_place, by_renaming, through_a_backup, untouched, removed_and_back]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A file that is saved, and a folder elsewhere whose change is told next."""
    file, folder = tmp_path / "solution.py", tmp_path / "question"
    file.write_text("old", encoding="utf-8")
    os.utime(file, ns=(0, 0))
    folder.mkdir()
    return file, folder


@pytest.mark.parametrize("save", SAVES)
def test_every_way_of_saving_is_told_once(files: tuple[Path, Path], save: Callable[[Path], None]) -> None:
    """One save is one answer: the next one is about the next change."""
    file, folder = files
    with Watcher(file, folder) as watcher:
        save(file)
        assert watcher.wait() == {file}
        (folder / "suite.py").touch()
        assert watcher.wait() == {folder}


@pytest.mark.parametrize("save", SAVES)
def test_a_save_wakes_whoever_waits(
    files: tuple[Path, Path], save: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event ends the wait; nobody has to look."""
    monkeypatch.setattr(room, "LOOK_SECONDS", 3600)
    assert told_while_waiting(files[0], lambda: save(files[0]), monkeypatch) == [{files[0]}]


def told_while_waiting(root: Path, act: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> list[frozenset[Path]]:
    """Act when another thread has looked and begins to wait; return what that thread was told."""
    waits = threading.Event()
    wait = room._Bell.wait

    def wait_and_say_so(bell: room._Bell, seconds: float) -> None:
        waits.set()
        wait(bell, seconds)

    monkeypatch.setattr(room._Bell, "wait", wait_and_say_so)
    told: list[frozenset[Path]] = []
    with Watcher(root) as watcher:
        waiter = threading.Thread(target=lambda: told.append(watcher.wait()), daemon=True)
        waiter.start()
        assert waits.wait(10)
        act()
        waiter.join(10)
    return told


def test_a_new_folder_is_listened_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is saved in a folder that was made a moment ago is an event too."""
    monkeypatch.setattr(room, "LOOK_SECONDS", 3600)
    (tmp_path / "answer").mkdir()
    deep = tmp_path / "answer" / "new"
    with Watcher(tmp_path / "answer") as watcher:
        deep.mkdir()
        assert watcher.wait()
        (deep / "solution.py").touch()
        assert watcher.wait()
    assert told_while_waiting(tmp_path / "answer", lambda: in_place(deep / "solution.py"), monkeypatch)


def test_without_events_a_save_is_found_by_looking(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel grants no inotify, a look now and then finds it."""

    def refused(name: str, *_arguments: object) -> int:
        raise OSError(24, "Too many open files", name)

    monkeypatch.setattr(kernel, "syscall", refused)
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.01)

    assert told_while_waiting(files[0], lambda: by_renaming(files[0]), monkeypatch) == [{files[0]}]


def steps(monkeypatch: pytest.MonkeyPatch, *actions: Callable[[], object]) -> None:
    """Have each pause of the watcher bring the next action, and take no time."""
    waiting = iter(actions)

    def pause(_seconds: float) -> None:
        next(waiting, lambda: None)()

    monkeypatch.setattr(time, "sleep", pause)


def test_a_save_in_many_steps_is_one(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as something happens in every pause, the save is not over."""
    file, folder = files
    with Watcher(file, folder) as watcher:
        file.write_text("a", encoding="utf-8")
        lines = [lambda size=size: file.write_text("a" * size, encoding="utf-8") for size in range(2, 8)]
        steps(monkeypatch, file.unlink, *lines, lambda: file.chmod(0o600))
        assert watcher.wait() == {file}
        assert file.read_text(encoding="utf-8") == "a" * 7
        (folder / "suite.py").touch()
        assert watcher.wait() == {folder}


def test_a_file_that_is_away_is_waited_for(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor that renames first and writes later is given the time; then it is gone, and may come back."""
    file, _ = files
    with Watcher(file) as watcher:
        file.unlink()
        steps(monkeypatch, *[lambda: None] * 3, lambda: file.write_text("new", encoding="utf-8"))
        assert watcher.wait() == {file}
        assert file.exists()
        monkeypatch.setattr(room, "ABSENT_SECONDS", 0)
        file.unlink()
        assert watcher.wait() == {file}
        assert not file.exists()
        file.touch()
        assert watcher.wait() == {file}


def test_unrest_has_an_end(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that never comes to rest is looked at as it is."""
    file, _ = files
    monkeypatch.setattr(room, "UNREST_SECONDS", 0.05)
    sizes = itertools.count(1)
    monkeypatch.setattr(time, "sleep", lambda _seconds: file.write_text("a" * next(sizes), encoding="utf-8"))
    with Watcher(file) as watcher:
        file.touch()
        assert watcher.wait() == {file}


def test_in_a_folder_what_editors_keep_for_themselves_is_no_save(tmp_path: Path) -> None:
    """Swap files, backups, caches and checkpoints come and go; a module at any depth is a save."""
    folder, other = tmp_path / "answer", tmp_path / "other"
    (folder / "deep" / "deeper").mkdir(parents=True)
    other.mkdir()
    with Watcher(folder, other) as watcher:
        for name in (".solution.py.swp", "solution.py~", "__pycache__/a.pyc", ".ipynb_checkpoints/a.ipynb", "._a.py"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).touch()
        (other / "sign").touch()
        assert watcher.wait() == {other}
        (folder / "deep" / "deeper" / "solution.py").touch()
        assert watcher.wait() == {folder}
        (folder / "deep" / "deeper" / "solution.py").unlink()
        assert watcher.wait() == {folder}


def test_the_mode_is_part_of_a_save(files: tuple[Path, Path]) -> None:
    """A file made readable is worth another look."""
    file, _ = files
    with Watcher(file) as watcher:
        file.chmod(0o600)
        assert watcher.wait() == {file}


def test_nothing_stays_open(files: tuple[Path, Path]) -> None:
    """What the kernel held is given back, once."""
    before = os.listdir("/proc/self/fd")
    with Watcher(*files) as watcher:
        assert len(os.listdir("/proc/self/fd")) > len(before)
        watcher.close()
    assert len(os.listdir("/proc/self/fd")) == len(before)


# --- the command -----------------------------------------------------------------------------------------------------


class Screen:
    """`grade` in a terminal of its own, as a person has it; what it has printed, and what is typed."""

    def __init__(self, *words: str | Path) -> None:
        self._terminal, other = pty.openpty()
        os.set_blocking(self._terminal, False)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "grader.cli.main", *map(str, words)],
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
            preexec_fn=lambda: os.login_tty(other),  # noqa: PLW1509  one system call, for which Popen has no option
        )
        os.close(other)
        self.text = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def shows(self, words: str, times: int = 1) -> bool:
        """Wait until the words stand there so many times."""
        return eventually(lambda: self._read().count(words) >= times, 60)

    def type(self, key: bytes) -> None:
        """Press a key."""
        os.write(self._terminal, key)

    def ends(self) -> int:
        """Wait for the end; return the exit code."""
        assert eventually(lambda: self._read() is not None and self._process.poll() is not None, 60)
        self._read()
        return self._process.wait()

    def processes(self) -> set[str]:
        """Return what has been started from here and lives: pid and start of each process."""
        found = {fields[0]: fields for fields in map(stat_of, os.listdir("/proc")) if fields}
        family = {str(self._process.pid)}
        while more := {pid for pid, fields in found.items() if fields[3] in family} - family:
            family |= more
        return {f"{pid} {found[pid][21]}" for pid in family & found.keys()}

    def _read(self) -> str:
        with contextlib.suppress(BlockingIOError, OSError):  # EIO: the other end is closed
            while select.select([self._terminal], [], [], 0)[0]:
                self.text += os.read(self._terminal, 2**16).decode().replace("\r\n", "\n")
        return self.text


def stat_of(pid: str) -> list[str]:
    """Return the fields of a process that is no zombie, its name without spaces; nothing of what has gone."""
    if not pid.isdigit():
        return []
    try:
        name, _, rest = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")
    except (FileNotFoundError, ProcessLookupError):
        return []
    fields = rest.split()
    return [] if fields[0] == "Z" else [pid, name, *fields]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A bank of one's own, and a submission with two faults beside it."""
    shutil.copytree(QUESTIONS / "bank" / "plain", tmp_path / "bank" / "plain")
    shutil.copytree(QUESTIONS / "solutions" / "plain", tmp_path / "solutions" / "plain")
    shutil.copyfile(SOLUTIONS / "wrong/no_interest.py", tmp_path / "solution.py")
    return tmp_path


def put(source: Path, target: Path) -> None:
    """Save by renaming."""
    shutil.copyfile(source, target.with_name(".part"))
    target.with_name(".part").replace(target)


ENDS = "Ctrl-C ends."


def test_every_save_is_graded_and_compared(desk: Path) -> None:
    """Each save has its report under the time of day, and what has changed; Ctrl-C leaves nothing behind."""
    file = desk / "solution.py"
    with Screen("submit", "interface", file, "--watch", "--bank", desk / "bank", "--audience", "reviewer") as screen:
        assert screen.shows(ENDS)
        assert "PARTIAL" in screen.text
        assert "Since" not in screen.text
        put(SOLUTIONS / "reference.py", file)
        assert screen.shows(ENDS, 2)
        assert "ACCEPTED" in screen.text
        put(SOLUTIONS / "wrong/no_interest.py", file)
        assert screen.shows(ENDS, 3)
        family = screen.processes()
        screen.type(b"\x03")

        assert screen.ends() == 0
        assert len(family) >= 3
        assert eventually(lambda: not family & all_processes())
    changes = "test_handles_lead_to_handles, test_every_deposit_is_positive"
    told = re.sub(r"\d\d:\d\d:\d\d", "NOW", re.sub(r"\d+\.\d\d s", "0.00 s", screen.text))
    assert told.count(f"\n\n── NOW  solution.py {'─' * 47}\n") == 3
    assert f"Since NOW\n  partial → accepted\n  points: 16 → 18\n  passing now: {changes}\n" in told
    assert f"Since NOW\n  accepted → partial\n  points: 18 → 16\n  failing now: {changes}\n" in told
    assert told.endswith("^C\nGraded 3 times since NOW; the last was partial, 16 of 18 points.\n")
    assert "Traceback" not in told


def all_processes() -> set[str]:
    """Pid and start of every process."""
    return {f"{fields[0]} {fields[21]}" for fields in map(stat_of, os.listdir("/proc")) if fields}


def test_an_interrupt_ends_a_grading_too(desk: Path) -> None:
    """Ctrl-C while checks run: the examiner and the guest end with the rest, and only what was finished is counted."""
    file = desk / "solution.py"
    endless = (SOLUTIONS / "reference.py").read_text(encoding="utf-8").replace("LIMIT = 3", "while True: pass")
    with Screen("submit", "interface", file, "--watch", "--bank", desk / "bank") as screen:
        assert screen.shows(ENDS)
        idle = screen.processes()
        file.write_text(endless, encoding="utf-8")
        assert eventually(lambda: len(screen.processes() - idle) >= 2, 60)
        family = screen.processes()
        screen.type(b"\x03")

        assert screen.ends() == 0
        assert eventually(lambda: not family & all_processes())
    assert "Graded once, at" in screen.text
    assert "Traceback" not in screen.text


def test_what_cannot_be_graded_is_told_and_the_watch_goes_on(desk: Path) -> None:
    """Half a file and no file are messages; what is compared is the last that had checks."""
    file = desk / "solution.py"
    with Screen("try", "interface", file, "--watch", "--bank", desk / "bank") as screen:
        assert screen.shows(ENDS)
        assert "Public tests passed: 2 of 2" in screen.text
        file.write_text("def total(:\n", encoding="utf-8")
        assert screen.shows(ENDS, 2)
        assert "INVALID" in screen.text
        file.unlink()
        assert screen.shows(ENDS, 3)
        assert f"Error: '{file}' does not exist." in screen.text.replace("\n", "")
        put(SOLUTIONS / "reference.py", file)
        assert screen.shows(ENDS, 4)
        assert "nothing has changed" in screen.text
        screen.type(b"\x03")

        assert screen.ends() == 0
    assert "Graded 3 times since" in screen.text
    assert "Traceback" not in screen.text


def test_a_question_that_is_edited_is_made_ready_anew(desk: Path) -> None:
    """A new check is run; a broken spec and a broken suite give their messages; a repaired one goes on."""
    spec, suite = (desk / "bank/plain/interface" / name for name in ("question.yaml", "test_hidden.py"))
    good = spec.read_text(encoding="utf-8")
    words = ("submit", "interface", desk / "solution.py", "--watch", "--bank", desk / "bank", "--audience", "reviewer")
    with Screen(*words) as screen:
        assert screen.shows(ENDS)
        new = "\n\n@points(5, group='values')\ndef test_brand_new(solution):\n    assert solution.get('LIMIT') == 3\n"
        suite.write_text(suite.read_text(encoding="utf-8") + new, encoding="utf-8")
        assert screen.shows(ENDS, 2)
        assert "passing now: test_brand_new" in screen.text
        assert "21 of 23 points" in screen.text
        spec.write_text(good.replace("difficulty: easy", "difficulty: esay"), encoding="utf-8")
        assert screen.shows(ENDS, 3)
        assert "question 'plain/interface' cannot be loaded:" in screen.text
        put(SOLUTIONS / "reference.py", desk / "solution.py")
        assert screen.shows(ENDS, 4)
        assert screen.text.count("cannot be loaded:") == 2
        spec.write_text(good, encoding="utf-8")
        assert screen.shows("23 of 23 points")
        screen.type(b"\x03")

        assert screen.ends() == 0
    assert "Traceback" not in screen.text


@pytest.mark.parametrize("kind", ["notebook", "folder"])
def test_notebooks_and_folders_are_watched(desk: Path, kind: str) -> None:
    """A notebook is saved whole, a folder when a module in it is."""
    code = (SOLUTIONS / "reference.py").read_text(encoding="utf-8")
    file = desk / ("answer.ipynb" if kind == "notebook" else "answer")
    if kind == "folder":
        file.mkdir()

    def save(text: str) -> None:
        cell = {"cell_type": "code", "source": text, "outputs": [], "metadata": {}}
        whole = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]})
        target = file if kind == "notebook" else file / "solution.py"
        target.write_text(whole if kind == "notebook" else text, encoding="utf-8")

    save(code.replace("LIMIT = 3", "LIMIT = 4"))
    with Screen("submit", "interface", file, "--watch", "--bank", desk / "bank") as screen:
        assert screen.shows(ENDS)
        save(code)
        assert screen.shows(ENDS, 2)
        assert "partial → accepted" in screen.text
        assert "hidden checks failing: values: 1 → 0" in screen.text
        assert "test_a_constant_is_read" not in screen.text  # a candidate learns no name of a hidden check


@contextlib.contextmanager
def piped(*words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Run `grade` in a pipe; it is gone afterwards."""
    command = [sys.executable, "-m", "grader.cli.main", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_in_a_pipe_each_report_is_a_file(desk: Path) -> None:
    """`--output` is written anew at every save, in any format; an interrupt ends it with a summary."""
    file, report = desk / "solution.py", desk / "verdict.json"
    words = ("submit", "interface", file, "--bank", desk / "bank", "--watch", "--format", "json", "--output", report)
    with piped(*words) as process:
        assert process.stdout is not None
        lines = iter(process.stdout)
        assert any(ENDS in line for line in lines)
        first = json.loads(report.read_text(encoding="utf-8"))
        put(SOLUTIONS / "reference.py", file)
        assert any(ENDS in line for line in lines)
        second = json.loads(report.read_text(encoding="utf-8"))
        process.send_signal(signal.SIGINT)

        assert any("Graded 2 times since" in line for line in lines)
        assert process.wait(60) == 0
    assert [each["status"] for each in (first, second)] == ["partial", "accepted"]
    assert first["seed"] == second["seed"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("interface", "solution.py", "--format", "json"), "for json give --output as well"),
        (("interfaec", "solution.py"), "Did you mean 'interface'?"),
        (("interface", "soluton.py"), "Did you mean 'solution.py'?"),
    ],
)
def test_a_command_that_is_wrong_from_the_start_is_no_watch(desk: Path, words: tuple[str, ...], told: str) -> None:
    """What the first grading cannot do ends the command, as without `--watch`."""
    question, file, *more = words
    with piped("submit", question, desk / file, *more, "--watch", "--bank", desk / "bank") as process:
        said = process.communicate(timeout=60)[0]

        assert process.returncode == 2
        assert told in said
        assert "Traceback" not in said
