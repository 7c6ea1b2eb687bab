"""The command `grade`, run as a person runs it: what it prints, what it leaves, how it exits."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from waiting import eventually

ROOT = Path(__file__).resolve().parent.parent
FEDAVG = ROOT / "solutions/distributed-federated/fedavg"
COMMANDS = (
    *("list", "show", "start", "try", "submit", "batch", "rerun", "regrade", "review", "assess", "stats", "similar"),
    *("new", "verify", "import", "variants", "draft"),
    "doctor",
)


def grade(*words: str | Path, cwd: Path = ROOT, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run `grade` to its end."""
    command = [sys.executable, "-m", "grader.cli.main", *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **extra}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)


def assert_told(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Check exit code and message, and that nobody was shown a traceback."""
    told = done.stdout + done.stderr
    assert done.returncode == code, told
    assert "Traceback" not in told
    for word in words:
        assert word in told


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str) -> None:
    """The help of every command shows an example of itself."""
    done = grade(command, "--help")

    assert_told(done, 0, "Example:", f"grade {command}")


def test_help_names_every_command_and_costs_next_to_nothing() -> None:
    """`grade --help` lists all commands in under 0.2 CPU seconds."""
    grade("--help")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = grade("--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert_told(done, 0, *COMMANDS)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("submti",), "Did you mean 'submit'?"),
        (("submit", "fedavgg", "x.py"), "Did you mean 'fedavg'?"),
        (("list", "--famly", "nlp"), "--family"),
        (("list", "--difficulty", "hrad"), "hard"),
        (("submit", "fedavg", "x.py", "--format", "jsno"), "json"),
        (("show",), "Missing argument"),
    ],
)
def test_mistyped_words_are_answered_with_the_nearest(words: tuple[str, ...], told: str) -> None:
    """A mistyped command, id, option or choice is misuse, and the answer names what was meant."""
    assert_told(grade(*words), 2, told)


def test_list_gives_stable_json() -> None:
    """The JSON of `grade list` is a list of questions with the documented keys."""
    done = grade("list", "--family", "nlp", "--format", "json")
    rows: list[dict[str, Any]] = json.loads(done.stdout)

    assert {row["id"] for row in rows} >= {"causal-attention", "masked-pooling", "attention-scaling"}
    assert set(rows[0]) == {"id", "family", "kind", "difficulty", "minutes", "topic", "proof"}


def test_show_speaks_both_languages() -> None:
    """`grade show` prints the statement in the language asked for, and no name of a hidden check."""
    english, chinese = grade("show", "nlp/masked-pooling"), grade("show", "masked-pooling", "--lang", "zh")
    hidden = (ROOT / "bank/nlp/masked-pooling/test_hidden.py").read_text(encoding="utf-8")
    names = [line.split("(")[0].removeprefix("def ") for line in hidden.splitlines() if line.startswith("def test_")]

    assert_told(english, 0, "masked_mean")
    assert_told(chinese, 0, "masked_mean", "掩码")
    assert names
    assert not [name for name in names if name in english.stdout]
    assert "<!--" not in english.stdout + chinese.stdout


def test_start_writes_what_a_candidate_needs_and_nothing_else(tmp_path: Path) -> None:
    """`grade start` writes statement, starter and public tests, and never overwrites."""
    first, second = grade("start", "fedavg", tmp_path / "work"), grade("start", "fedavg", tmp_path / "work")

    assert_told(first, 0, "grade try fedavg")
    assert {path.name for path in (tmp_path / "work").iterdir()} == {
        "solution.py", "statement.en.md", "statement.zh.md", "test_public.py",
    }  # fmt: skip
    for language in ("en", "zh"):
        text = (tmp_path / f"work/statement.{language}.md").read_text(encoding="utf-8")
        assert "fedavg(states, counts)" in text
        assert "<!--" not in text
    assert_told(second, 2, "is there already", "nothing was written")


def test_try_runs_public_tests_and_names_what_is_hidden() -> None:
    """`grade try` says how many hidden groups there are and what they weigh, and never that all tests passed."""
    done = grade("try", "fedavg", FEDAVG / "reference.py")

    assert_told(done, 0, "Public tests passed: 4 of 4", "hidden checks in", "of the points")
    assert "all tests" not in done.stdout.lower()


def test_submit_exits_by_what_became_of_the_submission() -> None:
    """0 is accepted, 1 is not."""
    assert_told(grade("submit", "fedavg", FEDAVG / "reference.py"), 0, "ACCEPTED")
    assert_told(grade("submit", "fedavg", FEDAVG / "wrong/weights_ignored.py"), 1, "PARTIAL")
    assert_told(grade("submit", "fedavg", ROOT / "bank/distributed-federated/fedavg/starter.py"), 1, "REJECTED")


def test_the_same_seed_gives_the_same_verdict() -> None:
    """Two gradings with one seed differ in times alone."""
    words = ("submit", "fedavg", FEDAVG / "wrong/zero_times_nan.py", "--format", "json", "--seed", "5")
    first, second = (timeless(json.loads(grade(*words).stdout)) for _ in range(2))

    assert first == second
    assert first["seed"] == 5


def timeless(report: dict[str, Any]) -> dict[str, Any]:
    """A verdict without what a clock or a meter said."""
    checks = [{key: value for key, value in check.items() if key != "seconds"} for check in report["checks"]]
    return {**{k: v for k, v in report.items() if k not in {"seconds", "usage"}}, "checks": checks}


def test_reports_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """`--output` writes a parsable file and leaves no other; an impossible place is refused before grading."""
    target = tmp_path / "verdict.json"
    done = grade("submit", "fedavg", FEDAVG / "reference.py", "--format", "json", "--output", target)
    refused = grade("submit", "fedavg", FEDAVG / "reference.py", "--output", tmp_path / "no/such/file")

    assert_told(done, 0)
    assert json.loads(target.read_text(encoding="utf-8"))["status"] == "accepted"
    assert [path.name for path in tmp_path.iterdir()] == ["verdict.json"]
    assert_told(refused, 2, "nothing was graded")


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A folder of files nobody can grade."""
    (tmp_path / "empty.py").write_text("", encoding="utf-8")
    (tmp_path / "syntax.py").write_text("def fedavg(states, counts)\n    return 1\n", encoding="utf-8")
    (tmp_path / "binary.py").write_bytes(b"\x7fELF\x00\x01\xff")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 no zip")
    (tmp_path / "broken.ipynb").write_text("{", encoding="utf-8")
    (tmp_path / "empty.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    (tmp_path / "names.py").write_text("def fed_avg(states, counts):\n    return {}\n", encoding="utf-8")
    with open(tmp_path / "huge.py", "wb") as file:
        file.truncate(2**30)
    with zipfile.ZipFile(tmp_path / "slip.zip", "w") as archive:
        archive.writestr("../evil.py", "x = 1")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("missing.py", "missing.py"),
        ("empty.py", "empty"),
        ("syntax.py", "^"),
        ("binary.py", "binary.py"),
        ("broken.zip", "zip"),
        ("broken.ipynb", "broken.ipynb"),
        ("empty.ipynb", "cell"),
        ("names.py", "'fed_avg'"),
        ("huge.py", "MiB"),
        ("slip.zip", "../evil.py"),
    ],
)
def test_what_cannot_be_graded_is_told_in_one_message(bad: Path, name: str, told: str) -> None:
    """A submission that cannot be read ends with exit code 2, a message that names the fault, and no traceback."""
    assert_told(grade("submit", "fedavg", bad / name), 2, told)


def test_a_typo_in_a_spec_is_told_with_its_line(tmp_path: Path) -> None:
    """A question with a mistyped key is refused with file, line and the nearest key; the others are still listed."""
    assert_told(grade("new", "first", "--family", "f", "--bank", _bank(tmp_path)), 0)
    assert_told(grade("new", "second", "--family", "f", "--bank", _bank(tmp_path)), 0)
    spec = tmp_path / "bank/f/first/question.yaml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("minutes:", "minuts:"), encoding="utf-8")

    assert_told(grade("show", "first", "--bank", tmp_path / "bank"), 2, "question.yaml:6", "minutes")
    assert_told(grade("list", "--bank", tmp_path / "bank"), 0, "second", "minutes")


def _bank(folder: Path) -> Path:
    (folder / "bank").mkdir(exist_ok=True)
    return folder / "bank"


def test_no_bank_is_told_with_its_cure(tmp_path: Path) -> None:
    """Outside any bank the message says how to name one; the environment variable names one too."""
    assert_told(grade("list", cwd=tmp_path), 2, "--bank")
    assert_told(grade("list", cwd=tmp_path, GRADE_BANK=str(ROOT / "bank")), 0, "fedavg")


def test_a_new_question_is_sound_as_it_stands(tmp_path: Path) -> None:
    """The scaffold passes its own proof, and a second `grade new` writes nothing."""
    bank = _bank(tmp_path)
    assert_told(grade("new", "layer-norm", "--family", "nlp", "--bank", bank), 0, "question.yaml")
    done = grade("verify", "layer-norm", "--bank", bank, "--format", "json")

    assert_told(done, 0)
    (proof,) = json.loads(done.stdout)
    assert (proof["id"], proof["proven"], proof["faults"]) == ("nlp/layer-norm", True, [])
    assert (proof["mutants"]["killed"], proof["mutants"]["alive"]) == (4, 0)
    assert_told(grade("verify", "layer-norm", "--bank", bank), 0, "as proven before")
    assert json.loads(grade("list", "--bank", bank, "--format", "json").stdout)[0]["proof"] == "proven"
    assert_told(grade("new", "layer-norm", "--family", "nlp", "--bank", bank), 2, "nothing was written")
    assert_told(grade("new", "Layer Norm", "--family", "nlp", "--bank", bank), 2, "hyphens")


@pytest.mark.parametrize("package", ["numpy", "torch"])
def test_a_new_question_of_a_package_is_sound_as_it_stands(tmp_path: Path, package: str) -> None:
    """So is the one for arrays, and the one for tensors; a question in words has neither."""
    bank = _bank(tmp_path)
    assert_told(grade("new", "layer-norm", "--family", "nlp", "--package", package, "--bank", bank), 0, "wrote")
    done = grade("verify", "layer-norm", "--quick", "--bank", bank, "--format", "json")

    assert_told(done, 0)
    (proof,) = json.loads(done.stdout)
    assert (proof["faults"], proof["mutants"]["alive"]) == ([], 0)
    words = grade("new", "words", "--family", "nlp", "--kind", "short", "--package", package, "--bank", bank)
    assert_told(words, 2, "Leave out --package")


@pytest.mark.parametrize(("kind", "files"), [("choice", 3), ("short", 4)])
def test_a_new_question_in_words_is_sound_as_it_stands(tmp_path: Path, kind: str, files: int) -> None:
    """Its scaffold passes the gates of its kind, what is held out comes out right, and its form can be filled in."""
    bank = _bank(tmp_path)
    written = grade("new", "a-word", "--family", "nlp", "--kind", kind, "--bank", bank)
    done = grade("verify", "a-word", "--bank", bank, "--format", "json")
    (proof,) = json.loads(done.stdout)

    assert_told(written, 0, "question.yaml")
    assert written.stdout.count("wrote ") == files
    assert (proof["proven"], proof["faults"]) == (True, [])
    assert not (proof["held_out"] or {}).get("wrong")
    assert_told(grade("start", "a-word", tmp_path / "work", "--bank", bank), 0, "answer.")
    assert_told(grade("new", "b", "--family", "nlp", "--kind", "essay", "--bank", bank), 2, "essay")


def test_an_unproven_question_is_graded_with_a_warning(tmp_path: Path) -> None:
    """Before its proof, and after a change: the candidate is graded, and whoever runs the exam is told."""
    bank = _bank(tmp_path)
    grade("new", "scale", "--family", "f", "--bank", bank)
    reference = tmp_path / "solutions/f/scale/reference.py"

    before = grade("submit", "scale", reference, "--bank", bank)
    assert_told(grade("verify", "scale", "--bank", bank, "--quick"), 0, "proves nothing")
    assert_told(grade("verify", "scale", "--bank", bank), 0, "sound")
    proven = grade("submit", "scale", reference, "--bank", bank)
    with (bank / "f/scale/statement.en.md").open("a", encoding="utf-8") as statement:
        statement.write("\nGood luck.\n")
    assert_told(grade("verify", "scale", "--bank", bank), 0, "sound, renewed, for no check")
    assert_told(grade("verify", "scale", "--bank", bank), 0, "sound, as proven before")
    with (bank / "f/scale/test_hidden.py").open("a", encoding="utf-8") as suite:
        suite.write("# a change\n")
    stale = grade("submit", "scale", reference, "--bank", bank)

    assert [done.returncode for done in (before, proven, stale)] == [0, 0, 0]
    assert "scale is not proven" in before.stderr
    assert proven.stderr == ""
    assert "scale has changed since it was proven" in stale.stderr


def test_verify_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    """What was proven before a kill -9 is not proven again; the rest is."""
    bank = _bank(tmp_path)
    grade("new", "first", "--family", "f", "--kind", "short", "--bank", bank)
    grade("new", "second", "--family", "f", "--bank", bank)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "grader.cli.main", "verify", "--all", "--bank", str(bank)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert eventually((bank / "f/first/proof.json").exists, 60.0)
    process.kill()
    process.wait()
    assert not (bank / "f/second/proof.json").exists()

    done = grade("verify", "--all", "--bank", bank)

    assert_told(done, 0, "f/first: sound, as proven before", "f/second: sound (")


def test_a_question_cannot_be_named_twice_over() -> None:
    """IDs and --all exclude each other."""
    assert_told(grade("verify", "fedavg", "--all"), 2, "exclude")


def test_verify_names_a_wrong_solution_that_is_right(tmp_path: Path) -> None:
    """A solution in wrong/ that passes everything makes the question unsound, by name."""
    bank = _bank(tmp_path)
    grade("new", "scale", "--family", "f", "--bank", bank)
    solutions = tmp_path / "solutions/f/scale"
    (solutions / "wrong/right_after_all.py").write_bytes((solutions / "reference.py").read_bytes())

    done = grade("verify", "scale", "--runs", "1", "--bank", bank)

    assert_told(done, 1, "wrong/right_after_all.py is accepted")


def test_doctor_says_what_holds() -> None:
    """`grade doctor` tries every level."""
    assert_told(grade("doctor"), 0, "full", "restricted", "basic", "seccomp")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_grading_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C, a polite end and kill -9 each leave no process, no mount and no file behind."""
    endless = tmp_path / "solution.py"
    endless.write_text("def fedavg(states, counts):\n    while True:\n        pass\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    command = [sys.executable, "-m", "grader.cli.main", "submit", "fedavg", str(endless)]
    running = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    family = _wait_for_family(running.pid, 5)

    os.kill(running.pid, number)
    _, told = running.communicate(timeout=20)

    assert b"Traceback" not in told
    assert running.returncode != 0
    _wait_until_gone(family)
    assert Path("/proc/self/mounts").read_text(encoding="utf-8") == mounts
    assert [path.name for path in tmp_path.iterdir()] == ["solution.py"]


def _wait_for_family(root: int, size: int) -> set[int]:
    """Wait until a process has so many descendants; return them."""
    from grader.sandbox.tree import family

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        members = set(family(root)) - {root}
        if len(members) >= size:
            return members
        os.sched_yield()
    raise AssertionError(f"only {members} were started")


def _wait_until_gone(pids: set[int]) -> None:
    """Wait until none of the processes lives."""
    deadline = time.monotonic() + 10
    living = pids
    while living and time.monotonic() < deadline:
        living = {pid for pid in living if _is_alive(pid)}
        os.sched_yield()
    assert not living


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def test_the_python_interface_is_two_names() -> None:
    """`from grader import grade, load_bank` grades without the command line."""
    code = (
        "from grader import grade, load_bank\n"
        f"verdict = grade(load_bank({str(ROOT / 'bank')!r}).find('fedavg'), {str(FEDAVG / 'reference.py')!r}, seed=1)\n"
        "print(verdict.status.value, verdict.points == verdict.max_points)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stdout.split() == ["accepted", "True"], done.stderr
