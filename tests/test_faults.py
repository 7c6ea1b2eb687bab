"""Faults of ours: killed processes, full disks, missing rights, lost control groups, clocks that jump.

Whatever happens to the grader, the verdict is the honest one or `broken` with a reason, nothing stays behind, and the
next grading works.
"""

from __future__ import annotations

import ast
import contextlib
import errno
import itertools
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import waiting

from grader.bank import load_bank
from grader.errors import BrokenError, GraderError
from grader.exam.supervisor import WarmExam
from grader.grading import grade
from grader.question import Visibility
from grader.sandbox import cgroup, kernel, maker, scratch, tree
from grader.sandbox.host import Allowance, Template, Wants, remove_leftovers
from grader.verdict import Level, Outcome, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
    # The examiner is a fork of this process, in which libraries of other tests may have left threads; it uses none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

ROOT = Path(__file__).resolve().parent.parent
FEDAVG = ROOT / "solutions/distributed-federated/fedavg"
QUESTION = load_bank(ROOT / "bank").find_code("fedavg")
ANSWERS = (FEDAVG / "reference.py", FEDAVG / "wrong/weights_ignored.py")
ROUNDS = 100
SEED = 20_260
CLI_ROUNDS = 6
PATIENCE = 10.0
eventually = partial(waiting.eventually, seconds=PATIENCE)
SLOW = """import threading, time
sleeper = threading.Thread(target=time.sleep, args=(1,))
sleeper.start()
sleeper.join()
""" + QUESTION.reference.read_text(encoding="utf-8")
"""An answer that leaves time to do something to it while it is imported."""


# --- What is there before and after ---


@pytest.fixture(scope="module", autouse=True)
def adoption() -> Iterator[None]:
    """Have whatever loses its parent become our child, so that nothing can hide from `family`."""
    kernel.set_subreaper()
    yield
    kernel._prctl("PR_SET_CHILD_SUBREAPER", 0)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files; at the end nothing is left, there or elsewhere."""
    children, groups = set(tree.children(os.getpid())), _abandoned()
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []
    assert eventually(lambda: not _strays(children)), [_command(pid) for pid in _strays(children)]
    assert str(tmp_path) not in Path("/proc/self/mounts").read_text(encoding="utf-8")
    assert _abandoned() <= groups


def _abandoned() -> set[Path]:
    """Control groups of dead graders."""
    where = cgroup.find_controllers()
    found = [path for parent in where.parents for path in parent.glob(maker.PATTERN)] if where else []
    return {path for path in found if maker.is_dead(path.name)}


def _strays(before: set[int]) -> list[int]:
    """Our living descendants that were not there before; the dead are reaped on the way."""
    for pid in set(tree.children(os.getpid())) - before:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    ours = itertools.chain(*(tree.family(pid) for pid in set(tree.children(os.getpid())) - before))
    return [pid for pid in ours if not tree.is_dead(pid)]


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _are_dead(family: list[int]) -> bool:
    return all(map(tree.is_dead, family))


# --- Kill -9, by whom it hits ---


def _child(pid: int | None) -> int | None:
    """The youngest living child of a process, if there is one."""
    living = [child for child in tree.children(pid) if not tree.is_dead(child)] if pid else []
    return living[-1] if living else None


def _template(exam: WarmExam) -> int | None:
    return _child(exam._template._process.pid)


def _server(exam: WarmExam) -> int | None:
    return exam._server._pid


def _examiner(exam: WarmExam) -> int | None:
    return _child(_server(exam))


def _init(exam: WarmExam) -> int | None:
    return _child(_template(exam))


def _guest(exam: WarmExam) -> int | None:
    return _child(_init(exam))


VICTIMS: dict[str, Callable[[WarmExam], int | None]] = {
    "template": _template,
    "server": _server,
    "examiner": _examiner,
    "init": _init,
    "guest": _guest,
}


def kill(pid: int | None) -> bool:
    """Kill a process, if there is one, and wait until it is gone; whether there was one."""
    if pid is None:
        return False
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return False
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    gone = bool(select.select([pidfd], [], [], PATIENCE)[0])
    os.close(pidfd)
    return gone


def marks(verdict: Verdict) -> dict[str, Outcome]:
    return {check.name: check.outcome for check in verdict.checks}


def attacked(exam: WarmExam, answer: Path, find: Callable[[WarmExam], int | None], delay: float) -> Verdict:
    """Grade an answer while another thread kills somebody after a delay."""
    killer = threading.Timer(delay, lambda: kill(find(exam)))
    killer.start()
    try:
        return grade(QUESTION, answer, seed=7, exam=exam)
    finally:
        killer.join()


def is_told(verdict: Verdict, honest: dict[str, Outcome]) -> bool:
    """Whether every mark that is not the honest one is put down to a kill from outside, or may be one."""
    changed = [check for check in verdict.checks if check.outcome is not honest[check.name]]
    return bool(changed) and all("was killed by SIGKILL" in check.message for check in changed)


def test_a_hundred_kills_at_random_moments(place: Path) -> None:
    """Nobody gets a wrong mark unawares, whoever is killed when; the next grading works, and nothing is left."""
    moments, seen = random.Random(SEED), set[tuple[str, Status]]()
    with WarmExam(QUESTION) as exam:
        honest = {answer: marks(grade(QUESTION, answer, seed=7, exam=exam)) for answer in ANSWERS}
        length = grade(QUESTION, ANSWERS[0], seed=7, exam=exam).seconds
        for number in range(ROUNDS):
            name, answer = moments.choice(list(VICTIMS)), ANSWERS[number % 2]
            verdict = attacked(exam, answer, VICTIMS[name], moments.uniform(0.0, length))
            where = (number, name, verdict.status, verdict.message)
            seen.add((name, verdict.status))
            if verdict.status is Status.BROKEN:
                assert verdict.message, where
            elif marks(verdict) != honest[answer]:
                assert name == "guest", where
                assert is_told(verdict, honest[answer]), where
            following = grade(QUESTION, ANSWERS[0], seed=7, exam=exam, only=Visibility.PUBLIC)
            assert following.status is Status.ACCEPTED, (where, following.message)

    assert {name for name, status in seen if status is Status.BROKEN} >= {"template", "server", "examiner", "init"}


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("template", Status.BROKEN, "was killed from outside"),
        ("server", Status.BROKEN, "the examiner ended without a word"),
        ("examiner", Status.BROKEN, "the examiner ended without a word"),
        ("init", Status.BROKEN, "was killed from outside"),
        ("guest", Status.REJECTED, "was killed by SIGKILL, which it sent itself or somebody from outside"),
    ],
)
def test_whose_fault_a_kill_is(place: Path, tmp_path: Path, name: str, status: Status, told: str) -> None:
    """What a submission cannot have killed is not its fault; of itself nobody can tell, and the message says so."""
    slow = tmp_path / "slow.py"
    slow.write_text(SLOW, encoding="utf-8")

    def wait_for_the_guest(exam: WarmExam) -> int | None:
        assert eventually(lambda: _guest(exam) is not None and _is_loading(_guest(exam)))
        return VICTIMS[name](exam)

    with WarmExam(QUESTION) as exam:
        verdict = attacked(exam, slow, wait_for_the_guest, 0.0)

    assert verdict.status is status
    assert told in " ".join([verdict.message, *(check.message for check in verdict.checks)])


def _is_loading(pid: int | None) -> bool:
    """Whether a guest has begun to import the slow answer, which starts a thread."""
    with contextlib.suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/task")) > 1
    return False


@pytest.mark.parametrize(("who", "outcome"), [("template", Outcome.BROKEN), ("init", Outcome.CRASHED)])
def test_below_full_isolation_only_the_template_is_surely_not_killed_by_the_submission(
    monkeypatch: pytest.MonkeyPatch, who: str, outcome: Outcome
) -> None:
    """A submission may reach its own init there; that its template is gone can be seen."""
    template = Template(Wants())
    try:
        guest = template.guest(Allowance(5.0, 2**28, 8, 2**16, 2**20))
        monkeypatch.setattr(guest._keeper, "_level", Level.RESTRICTED)
        inside = _child(template._process.pid)
        kill(inside if who == "template" else _child(inside))
        assert eventually(lambda: not guest.alive)
        assert guest.ending.outcome is outcome
        assert "was killed" in guest.ending.reason
        guest.close()
    finally:
        template.close()


def test_a_server_that_dies_between_two_gradings_breaks_one_at_most(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dead just after it was seen alive: a verdict that says so; then a new one serves."""
    with WarmExam(QUESTION) as exam:
        monkeypatch.setattr(exam, "_renew", lambda: kill(exam._server._pid))
        verdict = grade(QUESTION, ANSWERS[0], seed=7, exam=exam)
        monkeypatch.undo()
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        following = grade(QUESTION, ANSWERS[0], seed=7, exam=exam)

    assert verdict.status is Status.BROKEN
    assert "the process that collects the suites has ended" in verdict.message
    assert following.status is Status.ACCEPTED


def test_an_exam_that_could_not_be_renewed_is_renewed_the_next_time(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing what is closed already does no harm."""

    def fail(*_: object) -> None:
        raise BrokenError("no room for a template just now")

    with WarmExam(QUESTION) as exam:
        kill(exam._server._pid)
        with monkeypatch.context() as patch:
            patch.setattr(exam, "_start", fail)
            with pytest.raises(BrokenError, match="no room"):
                grade(QUESTION, ANSWERS[0], seed=7, exam=exam)

        assert grade(QUESTION, ANSWERS[0], seed=7, exam=exam).status is Status.ACCEPTED


# --- The command ---


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "grader.cli.main", *map(str, words)]


def run(*words: str | Path, before: tuple[str, ...] = (), **extra: Any) -> subprocess.CompletedProcess[str]:
    """Run `grade` to its end."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **extra}
    return subprocess.run(
        [*before, *command(*words)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def assert_told(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Check exit code and message, and that it is one, without a traceback."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    for word in words:
        assert word in done.stdout + done.stderr


def test_a_killed_command_is_cleaned_up_after(place: Path) -> None:
    """Killed at any moment of its life; then `grade doctor --clean` removes what is left, and the next run works."""
    started = time.monotonic()
    assert_told(run("submit", "fedavg", ANSWERS[0]), 0)
    length, moments = time.monotonic() - started, random.Random(SEED)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(place)}
    for _ in range(CLI_ROUNDS):
        with subprocess.Popen(
            command("submit", "fedavg", ANSWERS[0]), cwd=ROOT, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as running:  # fmt: skip
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(moments.uniform(0.0, length))
            family = tree.family(running.pid)
            running.kill()
        assert eventually(partial(_are_dead, family))

    assert_told(run("doctor", "--clean", TMPDIR=str(place)), 0, "remove")
    assert_told(run("doctor", "--clean", TMPDIR=str(place)), 0, "nothing to remove")
    assert_told(run("submit", "fedavg", ANSWERS[0]), 0, "ACCEPTED")


@pytest.fixture
def dead() -> int:
    """The number of a process that is dead."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def test_clean_removes_folders_of_the_dead_alone(place: Path, dead: int) -> None:
    """Full ones and nested ones; none of a living grader, of another name or behind a link."""
    left = place / f"grader-{dead}-abc"
    (left / "guest-1/deep").mkdir(parents=True)
    (left / "guest-1/deep/file").write_text("left", encoding="utf-8")
    own = Path(scratch.make())
    other, link = place / "grader-notes", place / f"grader-{dead}-link"
    other.mkdir()
    link.symlink_to(other)

    removed = remove_leftovers()

    assert f"folder {left}" in removed
    assert set(place.iterdir()) == {own, other, link}
    assert f"folder {left}" not in remove_leftovers()
    link.unlink()
    other.rmdir()
    own.rmdir()


def test_clean_removes_control_groups_of_the_dead_alone(place: Path, dead: int) -> None:
    """With the processes that are still in them."""
    where = cgroup.find_controllers()
    if where is None:
        pytest.skip("no control group can be made here")
    left = where.create(f"grader-{dead}-1", 2**25, 8)
    own = where.create(cgroup.new_name(), 2**25, 8)
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        left.add(sleeper.pid)
        removed = remove_leftovers()
        try:
            assert sleeper.wait(PATIENCE) == -signal.SIGKILL
        finally:
            sleeper.kill()

    assert f"control group {left.name}" in removed
    assert not [folder for folder in left.folders if folder.exists()]
    assert all(folder.exists() for folder in own.folders)
    own.remove()


# --- No room, no permission ---


@pytest.fixture(params=["full", "read-only"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A disk nothing more can be written to: a small one of its own, which takes root to mount."""
    target = tmp_path / "disk"
    target.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(target)], check=False).returncode:
        pytest.skip("mounting a disk takes root")
    try:
        with contextlib.suppress(OSError):
            (target / "filler").write_bytes(bytes(2**14))
        assert shutil.disk_usage(target).free == 0
        if request.param == "read-only":
            subprocess.run(["mount", "-o", "remount,ro", str(target)], check=True)
        yield target
    finally:
        subprocess.run(["umount", str(target)], check=True)


def test_a_report_that_cannot_be_written_is_told(disk: Path) -> None:
    """Without a traceback, with a cure, and with nothing under its name, not even a part."""
    done = run("submit", "fedavg", ANSWERS[0], "--format", "json", "--output", disk / "verdict.json")

    assert done.returncode in {2, 3}
    assert_told(done, done.returncode, "choose another file" if done.returncode == 3 else "Choose another file")
    assert [path.name for path in disk.iterdir()] == ["filler"]


def test_what_a_candidate_starts_with_is_written_whole_or_not_at_all(disk: Path) -> None:
    done = run("start", "fedavg", disk / "work")

    assert_told(done, 2, "cannot be written", "Choose another folder")
    assert [path for path in disk.rglob("*") if path.is_file()] == [disk / "filler"]


def test_a_place_for_temporary_files_that_is_full(disk: Path) -> None:
    """Grading goes on without it, and leaves nothing in it."""
    assert_told(run("submit", "fedavg", ANSWERS[0], TMPDIR=str(disk)), 0, "ACCEPTED")
    assert [path.name for path in disk.iterdir()] == ["filler"]


def test_a_screen_that_takes_nothing() -> None:
    """A full disk behind the standard output is told on the other stream, once."""
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            command("submit", "fedavg", ANSWERS[0]), cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        )  # fmt: skip

    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        "Error: [Errno 28] No space left on device. Free some space, or write elsewhere."
    ]


def test_no_place_for_temporary_files_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a template needs one, the message names the variable."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))

    with pytest.raises(BrokenError, match="TMPDIR"):
        scratch.make()


def test_a_template_that_does_not_start_leaves_no_folder(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise BrokenError("no")

    monkeypatch.setattr("grader.sandbox.launch.command", refuse)
    with pytest.raises(GraderError):
        Template(Wants(level=Level.RESTRICTED))

    assert list(place.iterdir()) == []


@pytest.mark.parametrize("needed", ["folder", "group", "confinement"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EMFILE])
def test_a_machine_without_room_for_a_guest_fails_nobody(
    place: Path, monkeypatch: pytest.MonkeyPatch, needed: str, code: int
) -> None:
    """What the machine lacks is told in every check, and none counts against the submission."""

    def lack(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Template, needed, lack)
    verdict = grade(QUESTION, ANSWERS[0], seed=7)

    assert verdict.status is Status.BROKEN
    assert os.strerror(code) in verdict.message
    assert set(marks(verdict).values()) == {Outcome.BROKEN}


# --- Control groups ---


def test_a_control_group_that_is_removed_in_the_middle(place: Path, tmp_path: Path) -> None:
    """A guest that nobody limits any more is ended, and not its fault; the next has a group again."""
    where = cgroup.find_controllers()
    if where is None:
        pytest.skip("no control group can be made here")
    slow = tmp_path / "slow.py"
    slow.write_text(SLOW, encoding="utf-8")

    def empty_and_remove(exam: WarmExam) -> None:
        assert eventually(lambda: _guest(exam) is not None and _is_loading(_guest(exam)))
        (group,) = (cgroup.Group(where, path.name) for path in where.memory.glob(f"grader-{_examiner(exam)}-*"))
        _move_out(group)

    with WarmExam(QUESTION) as exam:
        verdict = attacked(exam, slow, empty_and_remove, 0.0)
        following = grade(QUESTION, ANSWERS[0], seed=7, exam=exam)

    assert verdict.status is Status.BROKEN
    assert "could no longer be watched" in verdict.message
    assert following.status is Status.ACCEPTED
    assert following.isolation is not None
    assert f"cgroup {where.version}" in following.isolation.layers


def _move_out(group: cgroup.Group) -> None:
    """Remove a group with processes in it, which root can do in two steps."""
    for folder in group.folders:
        for pid in (folder / "cgroup.procs").read_text(encoding="ascii").split():
            (folder.parent / "cgroup.procs").write_text(pid, encoding="ascii")
        assert eventually(partial(cgroup._try_rmdir, folder))


def test_control_groups_that_cannot_be_written(place: Path) -> None:
    """The watchdog takes over, and the verdict says so."""
    script = (
        "set -e; for point in $(awk '$3 ~ /^cgroup/ {print $2}' /proc/self/mounts); do "
        'mount -o remount,bind,ro "$point"; done; exec "$@"'
    )
    private = ("unshare", "--mount", "sh", "-c", script, "sh")
    if subprocess.run([*private, "true"], check=False, capture_output=True).returncode:
        pytest.skip("mounting in a namespace of one's own takes root")
    done = run("submit", "fedavg", ANSWERS[0], "--format", "json", before=private)

    assert_told(done, 0)
    isolation = json.loads(done.stdout)["isolation"]
    assert "memory watchdog" in isolation["layers"]
    assert isolation["missing"] == {"cgroup": "no writable control group"}


# --- Walls and clocks ---


def test_no_bubblewrap_is_told_with_its_cure(place: Path) -> None:
    """Where full isolation is insisted on: exit code 3 and how to get it."""
    code = (
        "import sys; from grader.sandbox import launch; launch.find_bubblewrap = lambda: None; "
        "from grader.cli.main import main; sys.argv[0] = 'grade'; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "submit", "fedavg", str(ANSWERS[0]), "--isolation", "full"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert_told(done, 3, "bubblewrap", "pip install", "grade doctor")


def test_a_clock_that_jumps(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours forth and back at every look at it change neither marks nor patience."""
    honest = {answer: marks(grade(QUESTION, answer, seed=7)) for answer in ANSWERS}
    jumps = random.Random(SEED)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + jumps.uniform(-1e5, 1e5))
    started = time.monotonic()

    for answer in ANSWERS:
        verdict = grade(QUESTION, answer, seed=7)
        assert marks(verdict) == honest[answer]
        assert 0 < verdict.seconds < time.monotonic() - started


WALL_CLOCKS = {"time", "time_ns", "localtime", "gmtime", "ctime", "now", "today", "utcnow"}


def _wall_clocks(source: str) -> list[int]:
    """Lines that read a clock which may jump: `time.time`, `from time import time`, `datetime.now` and the like."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module in {"time", "datetime"}:
            found += [node.lineno for alias in node.names if alias.name in WALL_CLOCKS]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in WALL_CLOCKS:
            found += [node.lineno] if node.value.id in {"time", "datetime", "date"} else []
    return found


TELL_THE_TIME = {
    "grader/cli/watching.py": "says to a person when a file was graded",
    "grader/cli/inviting.py": "notes when an invitation was issued",
    "grader/records.py": "notes when a person decided, and when verdicts were replaced",
    "grader/takehome/desk/desk.py": "an answer counts by the moment of its receipt",
}


def test_no_deadline_hangs_on_a_clock_that_jumps() -> None:
    """Nothing of the grader counts by the time of day: patience is counted by `time.monotonic`."""
    assert _wall_clocks("import time\nfrom time import time_ns\nend = time.time() + 1") == [2, 3]
    readers = [
        f"{file.relative_to(ROOT)}:{line}"
        for file in sorted((ROOT / "grader").rglob("*.py"))
        if str(file.relative_to(ROOT)) not in TELL_THE_TIME
        for line in _wall_clocks(file.read_text(encoding="utf-8"))
    ]

    assert readers == []
