"""What a cluster needs beside Ray: an outpost on each machine, questions that travel, machines that are compared."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import socket
import sys
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_batch import timeless
from waiting import eventually

from grader.bank import load_bank
from grader.batch import Job, Marker
from grader.cli.batching import make_engine
from grader.cluster import freight, survey
from grader.cluster.outpost import Orders, Outpost, OutpostLostError, outcome
from grader.errors import InputError
from grader.packing import QuestionFreight
from grader.question import Question
from grader.sandbox import launch, maker, tree
from grader.submission import read_submission
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.verdict import Verdict

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
    # The examiner is a fork of this process, in which libraries of other tests may have left threads; it uses none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

QUESTIONS = Path(__file__).resolve().parent / "questions"
OWN = QUESTIONS / "solutions/plain/interface"
PATIENCE = 20.0


@pytest.fixture
def question(tmp_path: Path) -> Question:
    """A question that may be taken away."""
    for part in ("bank", "solutions"):
        shutil.copytree(QUESTIONS / part, tmp_path / part)
    return load_bank(tmp_path / "bank").find_code("interface")


@pytest.fixture
def outpost() -> Iterator[Outpost]:
    with closing(Outpost(Orders(partial(Marker, None), QuestionFreight(), 2))) as outpost:
        yield outpost


def job_of(question: Question, path: Path, seed: int = 3) -> Job:
    return Job(question, read_submission(path, question.spec, anonymous=True), seed)


def send(outpost: Outpost, job: Job) -> Verdict:
    """Have a job done there, as an actor does."""
    name = QuestionFreight().cargo_of(job)
    verdict: Verdict = outcome(outpost.do(pickle.dumps(job), name, lambda: QuestionFreight().pack(job)))
    return verdict


def folders_of(pid: int, temporary: Path) -> list[Path]:
    return [path for path in temporary.glob(maker.PATTERN) if path.name.startswith(f"grader-{pid}-")]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where whatever is started now has its temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


# --- The outpost ---


def test_an_outpost_grades_as_this_process_does(question: Question, outpost: Outpost) -> None:
    """Right, wrong and refused: each verdict is the one from here, times aside."""
    jobs = [job_of(question, OWN / name) for name in ("reference.py", "wrong/no_interest.py")]
    here = Marker()
    with closing(here):
        assert [timeless(send(outpost, job)) for job in jobs] == [timeless(here.do(job)) for job in jobs]


def test_a_question_travels_once_and_whole(question: Question, outpost: Outpost, tmp_path: Path) -> None:
    """What was sent is used from then on: the folder may be gone, and is not packed again."""
    first = send(outpost, job_of(question, OWN / "reference.py"))
    second = job_of(question, OWN / "wrong/no_interest.py")
    shutil.rmtree(tmp_path / "bank")
    shutil.rmtree(tmp_path / "solutions")

    assert first.status is Status.ACCEPTED
    assert send(outpost, second).status is Status.PARTIAL


def test_its_folder_is_nobody_elses_and_goes_with_it(question: Question, temporary: Path) -> None:
    """The unpacked question lies in a folder of mode 0700, whose name says whose it is; closing removes it."""
    with closing(Outpost(Orders(partial(Marker, None), QuestionFreight(), 1))) as outpost:
        send(outpost, job_of(question, OWN / "reference.py"))
        (folder,) = folders_of(outpost.pid, temporary)
        family = tree.family(outpost.pid)
        mode = folder.stat().st_mode & 0o777
        hidden = list(folder.glob("*/bank/test_hidden.py"))

    assert mode == 0o700
    assert hidden
    assert not folder.exists()
    assert eventually(lambda: all(map(tree.is_dead, family)), PATIENCE)


def test_an_outpost_knows_nothing_of_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the variables that Ray sets for its workers nor a signal mask come through."""
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("RAY_JOB_ID", "7")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        outpost = Outpost(Orders(partial(Marker, None), QuestionFreight(), 1))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    with closing(outpost):
        names = {entry.partition(b"=")[0] for entry in Path(f"/proc/{outpost.pid}/environ").read_bytes().split(b"\0")}
        status = Path(f"/proc/{outpost.pid}/status").read_bytes()

    assert not names & {b"OMP_NUM_THREADS", b"RAY_JOB_ID"}
    assert b"SigBlk:\t0000000000000000" in status


def test_an_outpost_that_is_killed_is_lost(question: Question, temporary: Path) -> None:
    """Who waits for an answer is told, and who asks later."""
    with closing(Outpost(Orders(partial(Marker, None), QuestionFreight(), 1))) as outpost:
        job = job_of(question, OWN / "reference.py")
        send(outpost, job)
        family = tree.family(outpost.pid)
        os.kill(outpost.pid, signal.SIGKILL)
        with pytest.raises(OutpostLostError):
            send(outpost, job)
        with pytest.raises(OutpostLostError):
            send(outpost, job)

    assert eventually(lambda: all(map(tree.is_dead, family)), PATIENCE)


def test_an_error_comes_home_with_its_place(question: Question, outpost: Outpost) -> None:
    """What a worker raises is raised here; its traceback over there goes with it."""
    job = job_of(question, OWN / "reference.py")
    answer = outpost.do(pickle.dumps("no job"), "plain/interface", lambda: QuestionFreight().pack(job))
    with pytest.raises(AttributeError) as caught:
        outcome(answer)

    assert "unpacked" in "".join(caught.value.__notes__)


# --- Freight ---


def test_files_come_out_as_they_went_in(tmp_path: Path) -> None:
    """Nested and binary files travel; what Python compiled does not."""
    source = tmp_path / "source"
    (source / "deep/er").mkdir(parents=True)
    (source / "deep/er/data.bin").write_bytes(bytes(range(256)))
    (source / "__pycache__").mkdir()
    (source / "__pycache__/x.pyc").write_bytes(b"x")
    freight.unload(freight.load(source, "a"), tmp_path / "there")

    assert {path for path in (tmp_path / "there").rglob("*") if path.is_file()} == {
        tmp_path / "there/a/deep/er/data.bin"
    }
    assert (tmp_path / "there/a/deep/er/data.bin").read_bytes() == bytes(range(256))


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question with more files than may travel is named."""
    monkeypatch.setattr(freight, "MAX_CARGO", 2**20)
    freight.weigh("nlp/small", {"a": b"x" * 2**20})
    with pytest.raises(InputError, match="nlp/large: its files are 2 MiB"):
        freight.weigh("nlp/large", {"a": b"x" * 2**20, "b": b"x" * 2**20})


def test_only_a_question_that_cannot_do_without_asks_for_a_gpu(question: Question) -> None:
    """`device: cuda` needs one; `cpu` and `any` need none."""
    job = job_of(question, OWN / "reference.py")

    assert [dict(QuestionFreight().needs(_on(job, device))) for device in ("cpu", "any", "cuda")] == [
        {},
        {},
        {"GPU": 1},
    ]


def test_a_guest_sees_the_gpu_that_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray says which one is ours in a variable, and that none is; a machine that has a card has it for nobody then."""
    monkeypatch.setattr(Path, "glob", lambda *_: iter([Path("/dev/nvidia0")]))
    seen = {}
    for choice in ("1", "", "-1"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", choice)
        seen[choice] = launch.environment(1)["CUDA_VISIBLE_DEVICES"], bool(launch.accelerators())

    assert seen == {"1": ("1", True), "": ("", False), "-1": ("-1", False)}


def _on(job: Job, device: str) -> Job:
    assert isinstance(job.question, Question)
    environment = job.question.spec.environment.model_copy(update={"device": device})
    spec = job.question.spec.model_copy(update={"environment": environment})
    return replace(job, question=replace(job.question, spec=spec))


# --- Machines that differ ---


def test_a_survey_says_what_differs() -> None:
    """Another version, one that is missing there, and none that is missing on both."""
    here = survey.survey({"numpy", "pytest", "no-such-package"})
    there: dict[str, Any] = {**here, "numpy": "1.0", "pytest": ""}

    assert survey.differences(here, here) == []
    assert survey.differences(here, there) == [
        f"numpy 1.0 instead of {here['numpy']}", f"pytest (none) instead of {here['pytest']}",
    ]  # fmt: skip
    assert len(here[survey.SOURCES]) == 64


# --- Messages ---


def test_without_ray_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line to type is in it."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"not installed\. Install it: pip install 'exam-grader\[ray\]'"):
        make_engine("ray", None)


@pytest.mark.skipif(not survey.survey({"ray"})["ray"], reason="Ray is not installed: pip install 'exam-grader[ray]'")
def test_an_address_where_nobody_is() -> None:
    """It is said at once; so is one that is no address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(InputError, match=rf"no Ray cluster can be joined at 127.0.0.1:{port}: .*refused.*ray start"):
        make_engine("ray", None, f"127.0.0.1:{port}")
    for address in ("nowhere", "ray://127.0.0.1:1", "host:port"):
        with pytest.raises(InputError, match="write it as HOST:PORT"):
            make_engine("ray", None, address)


def test_an_address_is_for_ray() -> None:
    """The local engine has none."""
    with pytest.raises(InputError, match="Add --engine ray"):
        make_engine("local", None, "127.0.0.1:1")
