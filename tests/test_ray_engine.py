"""The engine on a real Ray: two nodes on this machine, one of which is killed in the middle."""

from __future__ import annotations

import importlib.util
import os
import secrets
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_batch import timeless
from waiting import eventually

from grader.bank import load_bank
from grader.batch import Job, Marker
from grader.cluster import fleet, survey
from grader.cluster.ray_engine import RayEngine
from grader.engine import LocalEngine
from grader.errors import BrokenError, IsolationError
from grader.packing import QuestionFreight
from grader.sandbox import tree
from grader.submission import read_submission
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grader.question import Question
    from grader.verdict import Verdict

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("ray") is None, reason="Ray is not installed: pip install 'exam-grader[ray]'"
    ),
    # Ray's own: what its driver leaves to the collector, and what it announces for later versions
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::FutureWarning", "ignore::DeprecationWarning"),
]

TESTS = Path(__file__).resolve().parent
QUESTIONS = TESTS / "questions"
OWN = QUESTIONS / "solutions/plain/interface"
STORE = 80 * 2**20
PATIENCE = 30.0
MAKE = partial(Marker, None)
MARK = "GRADER_TEST_CLUSTER"
TINY = {
    "bank/plain/tiny/question.yaml": """\
format: 1
id: tiny
title: {en: Twice as much, zh: 两倍}
family: plain
difficulty: easy
minutes: 1
kind: code
submission: {exports: {twice: "(number: int) -> int"}}
limits: {memory: 256MiB}
source: {topic: tiny}
""",
    "bank/plain/tiny/test_public.py": """\
from grader.exam import points


@points(1, group="values")
def test_of_one(solution):
    assert solution.twice(1) == 2
""",
    "bank/plain/tiny/test_hidden.py": """\
from grader.exam import points


@points(1, group="values")
def test_of_another(solution, reference):
    assert solution.twice(21) == reference.twice(21)
""",
    "bank/plain/tiny/starter.py": "def twice(number):\n    ...\n",
    "bank/plain/tiny/statement.en.md": "# Twice as much\n",
    "bank/plain/tiny/statement.zh.md": "# 两倍\n",
    "solutions/plain/tiny/reference.py": "def twice(number):\n    return 2 * number\n",
}
ANSWERS = ("def twice(n): return n + n", "def twice(n): return 2", "def twice(n): raise ValueError('no')")


@dataclass
class Nodes:
    """Two nodes of one core each."""

    cluster: Any
    second: Any
    mark: str
    place: Path
    """Their folder for temporary files."""

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def replace_second(self) -> None:
        """Have two nodes again, after one was killed."""
        self.cluster.remove_node(self.second)
        self.second = self.cluster.add_node(num_cpus=1, object_store_memory=STORE)

    def kill_second(self) -> None:
        """Kill the node's raylet, as a power cut does."""
        raylet = self.second.all_processes["raylet"][0].process
        raylet.kill()
        raylet.wait()  # a zombie would look alive to its workers


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """A cluster; every process of it, and of ours on it, has the mark in its environment."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory(prefix="r") as folder:
        patch.setenv("TMPDIR", folder)
        mark = secrets.token_hex(8)
        patch.setenv(MARK, mark)
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        patch.setenv("PYTHONPATH", f"{TESTS.parent}:{TESTS}")
        from ray.cluster_utils import Cluster

        place = Path(folder)
        (place / "ray").mkdir()
        health = {f"health_check_{name}": value for name, value in HEALTH.items()}
        head = {"num_cpus": 1, "object_store_memory": STORE, "_system_config": health}
        cluster = Cluster(initialize_head=True, head_node_args={**head, "include_dashboard": False})
        try:
            yield Nodes(cluster, cluster.add_node(num_cpus=1, object_store_memory=STORE), mark, place)
        finally:
            cluster.shutdown()


HEALTH = {"initial_delay_ms": 0, "period_ms": 500, "failure_threshold": 4}


def marked(mark: str) -> set[int]:
    """The living processes that have the mark, and all below them: guests have an environment of their own.

    Workers that Ray keeps for whoever comes next are not counted.
    """
    found = set()
    for name in filter(str.isdecimal, os.listdir("/proc")):
        place = Path("/proc", name)
        try:
            environment, words = (place / "environ").read_bytes(), (place / "cmdline").read_bytes()
        except OSError:  # gone meanwhile, or not ours
            continue
        if f"{MARK}={mark}".encode() in environment and int(name) != os.getpid() and b"ray::IDLE" not in words:
            found |= set(tree.family(int(name)))
    return {pid for pid in found if not tree.is_dead(pid)}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Question:
    """A question that costs next to nothing."""
    root = tmp_path_factory.mktemp("tiny")
    for name, text in TINY.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return load_bank(root / "bank").find_code("tiny")


def jobs_of(question: Question, folder: Path, texts: list[str]) -> list[Job]:
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"{number}.py").write_text(text)
    return [
        Job(question, read_submission(folder / f"{number}.py", question.spec, anonymous=True), number)
        for number in range(len(texts))
    ]


def by_content(results: list[tuple[Job, Verdict]]) -> dict[str, dict[str, Any]]:
    return {job.submission.sha256: timeless(verdict) for job, verdict in results}


def engine(nodes: Nodes, told: list[str] | None = None) -> RayEngine:
    told = [] if told is None else told
    return RayEngine(QuestionFreight(), nodes.address, packages={"numpy", "pytest"}, warn=told.append)


def plain_engine(
    nodes: Nodes, told: list[str] | None = None, resources: Mapping[str, float] | None = None
) -> RayEngine:
    """An engine that knows nothing of grading."""
    told = [] if told is None else told
    return RayEngine(Nothing(resources or {}), nodes.address, packages={"numpy"}, warn=told.append)


def test_the_same_verdicts_as_here(nodes: Nodes, tmp_path: Path) -> None:
    """Two nodes, twenty submissions, right and wrong and refused ones: each verdict as from this machine alone."""
    question = load_bank(QUESTIONS / "bank").find_code("interface")
    ours = [path.read_text() for path in sorted(OWN.rglob("*.py"))]
    jobs = jobs_of(question, tmp_path, [f"{ours[number % len(ours)]}\n# {number}\n" for number in range(20)])
    told: list[str] = []
    there = list(engine(nodes, told).run(MAKE, jobs))
    here = list(LocalEngine(2).run(MAKE, jobs))

    assert told == []
    assert by_content(there) == by_content(here)
    assert len(there) == len(jobs)


def test_a_node_is_killed_in_the_middle(nodes: Nodes, tiny: Question, tmp_path: Path) -> None:
    """Of 200 submissions each has one verdict, the one it has alone; of the dead node nothing remains."""
    jobs = jobs_of(tiny, tmp_path, [f"{ANSWERS[number % len(ANSWERS)]}\n# {number}\n" for number in range(200)])
    told: list[str] = []
    results: list[tuple[Job, Verdict]] = []
    before = marked(nodes.mark)
    for result in engine(nodes, told).run(MAKE, jobs):
        results.append(result)
        if len(results) == 60:
            nodes.kill_second()
    alone = {answer_of(job): told_of(verdict) for job, verdict in LocalEngine(1).run(MAKE, jobs[: len(ANSWERS)])}

    assert Counter(job.seed for job, _ in results) == Counter(range(200))
    assert len(alone) == len(ANSWERS)
    assert [told_of(verdict) for _, verdict in results] == [alone[answer_of(job)] for job, _ in results]
    (line,) = told
    assert "lost its worker, whose jobs are done again" in line
    assert eventually(lambda: not marked(nodes.mark) - before, PATIENCE)
    assert list(nodes.place.glob("grader-*")) == []
    nodes.replace_second()


def answer_of(job: Job) -> str:
    return job.submission.units[0].source.partition("\n")[0]


def told_of(verdict: Verdict) -> dict[str, Any]:
    """All of a verdict that a number in the submission and the seed do not change."""
    return {key: value for key, value in timeless(verdict).items() if key not in {"submission", "seed"}}


def test_who_leaves_early_leaves_nothing(nodes: Nodes, tiny: Question, tmp_path: Path) -> None:
    """Templates, fork servers, outposts, actors and unpacked questions are gone; the cluster is there."""
    jobs = jobs_of(tiny, tmp_path, [f"{ANSWERS[0]}\n# {number}\n" for number in range(40)])
    before = marked(nodes.mark)
    with closing(engine(nodes).run(MAKE, iter(jobs))) as results:
        next(results)
        during = marked(nodes.mark) - before

    assert during
    assert eventually(lambda: not marked(nodes.mark) - before, PATIENCE)
    assert list(nodes.place.glob("grader-*")) == []
    assert len(list(engine(nodes).run(MAKE, jobs[:2]))) == 2


def test_jobs_are_drawn_as_they_are_needed(nodes: Nodes) -> None:
    """Of an endless row no more are taken than run, and as many again."""
    drawn: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            drawn.append(len(drawn))
            yield len(drawn)

    plain = plain_engine(nodes)
    with closing(plain.run(Clumsy, endless())) as results:
        for _ in range(10):
            next(results)

    assert len(drawn) <= 10 + 2 * 2 + 1


def test_a_gpu_that_nobody_has_is_not_waited_for(nodes: Nodes, tiny: Question, tmp_path: Path) -> None:
    """A question for a GPU is `ungraded`, as it is here; one that asks Ray for a GPU gets a node that has it."""
    (job,) = jobs_of(_on_gpu(tiny), tmp_path, [ANSWERS[0]])
    (without,) = engine(nodes).run(MAKE, [job])
    third = nodes.cluster.add_node(num_cpus=1, num_gpus=1, object_store_memory=STORE)
    try:
        plain = plain_engine(nodes, resources={"GPU": 1})
        seen = dict(plain.run(Clumsy, ["visible"]))
    finally:
        nodes.cluster.remove_node(third)

    assert without[1].status is Status.UNGRADED
    assert seen == {"visible": "0"}


def _on_gpu(question: Question) -> Question:
    environment = question.spec.environment.model_copy(update={"device": "cuda"})
    return replace(question, spec=question.spec.model_copy(update={"environment": environment}))


# --- Workers that fail ---


@dataclass
class Nothing:
    """Freight of jobs that need no files."""

    resources: Mapping[str, float]

    def needs(self, _job: object) -> Mapping[str, float]:
        return self.resources

    def cargo_of(self, _job: object) -> str:
        return "nothing"

    def pack(self, _job: object) -> dict[str, bytes]:
        return {}

    def unpacked(self, job: Any, _folder: Path) -> Any:
        return job


class Clumsy:
    """A worker that does as its job says."""

    def do(self, job: Any) -> Any:
        match job:
            case "fatal":
                os._exit(1)
            case Path() if not job.exists():
                job.touch()
                os._exit(1)
            case "visible":
                return os.environ["CUDA_VISIBLE_DEVICES"]
            case "walls":
                raise IsolationError("no walls here")
        return job

    def close(self) -> None:
        """Hold nothing."""


def test_what_kills_its_worker_once_is_done_again(nodes: Nodes, tmp_path: Path) -> None:
    """The others beside it too, each once."""
    told: list[str] = []
    plain = plain_engine(nodes, told)
    jobs = [*range(6), tmp_path / "once", *range(6, 12)]

    assert Counter(job for job, _ in plain.run(Clumsy, jobs)) == Counter(jobs)
    assert len(told) == 1


def test_what_kills_its_worker_again_and_again_is_named(nodes: Nodes) -> None:
    """The run ends with the job's name instead of the last node."""
    plain = plain_engine(nodes)
    with pytest.raises(BrokenError, match=r"^fatal: the worker was lost 3 times.*process that grades has ended"):
        list(plain.run(Clumsy, ["fatal"]))


def test_where_no_node_can_the_reasons_are_told(nodes: Nodes) -> None:
    """Isolation that is demanded and cannot be had on any node."""
    plain = plain_engine(nodes)
    with pytest.raises(BrokenError, match=r"no node of the cluster is left.*no walls here.*no walls here"):
        list(plain.run(Clumsy, ["walls"]))


def test_another_grader_is_not_used(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes whose grader has other files are left out, and it is said what to do."""
    honest = survey.survey
    monkeypatch.setattr(fleet, "survey", lambda packages: {**honest(packages), survey.SOURCES: "other"})
    told: list[str] = []
    plain = plain_engine(nodes, told)
    with pytest.raises(BrokenError, match="install the same on every node"):
        list(plain.run(Clumsy, [1]))

    assert len(told) == 2


def test_another_package_is_told(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is used all the same."""
    honest = survey.survey
    monkeypatch.setattr(fleet, "survey", lambda packages: {**honest(packages), "numpy": "0.1"})
    told: list[str] = []
    plain = plain_engine(nodes, told)

    assert len(list(plain.run(Clumsy, range(20)))) == 20
    assert told
    assert all("numpy" in line and "instead of 0.1: its verdicts may differ" in line for line in told)


# --- A cluster of our own ---


def test_a_cluster_of_our_own_comes_and_goes(tiny: Question, tmp_path: Path) -> None:
    """As a person calls it; of Ray neither a process nor a file nor a word remains."""
    submissions = tmp_path / "in"
    jobs_of(tiny, submissions, [f"{text}\n# {number}\n" for number, text in enumerate(ANSWERS * 2)])
    mark = secrets.token_hex(8)
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp") as place:
        done = grade_batch("tiny", submissions, "--out", tmp_path / "out", TMPDIR=place, bank=tiny, mark=mark)
        left = os.listdir(place)

    said = [line for line in done.stderr.splitlines() if not line.startswith("graded ")]
    assert (done.returncode, said) == (0, [])
    assert "raylet" not in done.stdout
    assert len(list((tmp_path / "out/verdicts/plain.tiny").iterdir())) == 6
    assert left == []
    assert eventually(lambda: not marked(mark), PATIENCE)


def test_a_place_too_long_for_sockets_is_named(tiny: Question, tmp_path: Path) -> None:
    """Ray would fail for a reason that nobody sees."""
    jobs_of(tiny, tmp_path / "in", [ANSWERS[0]])
    done = grade_batch("tiny", tmp_path / "in", "--out", tmp_path / "out", TMPDIR=str(tmp_path), bank=tiny, mark="none")

    assert done.returncode == 3
    assert "too long a name for Ray's sockets. Name a shorter folder in the variable TMPDIR." in done.stderr


def grade_batch(*words: str | Path, bank: Question, mark: str, **extra: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grader.cli.main", "batch", *map(str, words), "--engine", "ray", "--jobs", "2"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment |= {"GRADE_BANK": str(bank.folder.parent.parent), "PYTHONPATH": str(TESTS.parent), MARK: mark, **extra}
    return subprocess.run(
        command, cwd=TESTS.parent, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
