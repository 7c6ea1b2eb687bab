"""The stations on the nodes of a cluster, and the jobs that are with them.

Nodes are counted now and then: one that joins is used, and what was lost with one is done on another. A job that is
lost again and again ends the run, for it may be what kills its worker.
"""

from __future__ import annotations

import pickle
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from grader.cluster.freight import weigh
from grader.cluster.outpost import Orders, outcome
from grader.cluster.station import Station
from grader.cluster.survey import GRADER, SOURCES, differences, survey
from grader.engine import AHEAD
from grader.errors import BrokenError, IsolationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from grader.cluster.freight import Freight
    from grader.engine import Worker

J = TypeVar("J")
Kind = frozenset[tuple[str, float]]
"""Resources of a station beside cores."""

LOSSES = 3
"""Times a job may be lost with its worker, and workers a node may lose."""
MUSTER_SECONDS = 2.0
READY_SECONDS = 120.0
CLOSE_SECONDS = 60.0


@dataclass(frozen=True)
class Mission:
    """What a fleet is for."""

    make_worker: Callable[[], Worker[Any, Any]]
    freight: Freight[Any]
    jobs: int | None
    """So many at a time on a node; one a core where there is no number."""
    packages: tuple[str, ...]

    def slots(self, node: Mapping[str, Any], kind: Kind) -> int:
        """Return how many jobs a station may do at a time."""
        if kind:
            return 1  # it has one GPU
        cores = int(node["Resources"].get("CPU", 0))
        return min(cores, self.jobs or cores)


@dataclass(eq=False)
class Errand(Generic[J]):
    """A job on its way."""

    job: J
    body: bytes
    cargo: str
    losses: int = 0


@dataclass(eq=False)
class Post:
    """A station, as the fleet sees it."""

    actor: Any
    node: str
    place: str
    """The node, as a person knows it."""
    kind: Kind
    slots: int
    since: float = field(default_factory=time.monotonic)
    ready: bool = False
    load: int = 0
    dismissed: bool = False
    """Whether it was given up without fault of a job."""

    @property
    def room(self) -> int:
        """Jobs it may be given now."""
        return AHEAD * self.slots - self.load if self.ready else 0


class Fleet(Generic[J]):
    """All stations."""

    def __init__(self, ray: Any, mission: Mission, warn: Callable[[str], None]) -> None:
        self._ray, self._mission, self._warn = ray, mission, warn
        self._here = survey(mission.packages)
        self._posts: list[Post] = []
        self._greeted: dict[Any, Post] = {}
        self._sent: dict[Any, tuple[Post, Errand[J]]] = {}
        self._again: deque[Errand[J]] = deque()
        self._cargo: dict[str, Any] = {}
        self._kinds: set[Kind] = set()
        self._losses: Counter[str] = Counter()
        self._refused: dict[str, str] = {}
        self._mustered = float("-inf")

    def run(self, jobs: Iterable[J]) -> Iterator[tuple[J, Any]]:
        """Yield each job with its result; jobs are drawn when there is room for them.

        Raises:
            BrokenError: no node can be used, or a job was lost too often.
        """
        errands = (self._prepare(job) for job in jobs)
        held: Errand[J] | None = None
        while True:
            held = self._send_out(held, errands)
            if held is None and not self._sent:
                return
            yield from self._collect()

    def close(self) -> None:
        """End every station; a node that is lost has ended by itself."""
        ends = [post.actor.close.remote() for post in self._posts if post.ready]
        if ends:
            self._ray.wait(ends, num_returns=len(ends), timeout=CLOSE_SECONDS)
        for post in self._posts:
            self._ray.kill(post.actor)

    def _prepare(self, job: J) -> Errand[J]:
        freight = self._mission.freight
        name = freight.cargo_of(job)
        if name not in self._cargo:
            files = dict(freight.pack(job))
            weigh(name, files)
            self._cargo[name] = self._ray.put(files)
        return Errand(job, pickle.dumps(job), name)

    def _send_out(self, held: Errand[J] | None, errands: Iterator[Errand[J]]) -> Errand[J] | None:
        """Give stations what they have room for; return the first job that must wait, None if none is left."""
        self._muster()
        while errand := held or self._next(errands):
            post = self._roomiest(self._kind_for(errand))
            if post is None:
                return errand
            post.load += 1
            ref = post.actor.do.remote(errand.body, errand.cargo, [self._cargo[errand.cargo]])
            self._sent[ref] = (post, errand)
            held = None
        return None

    def _next(self, errands: Iterator[Errand[J]]) -> Errand[J] | None:
        return self._again.popleft() if self._again else next(errands, None)

    def _kind_for(self, errand: Errand[J]) -> Kind:
        """Return what the station must have; nothing if no node has it: then the worker says what is missing."""
        kind: Kind = frozenset(self._mission.freight.needs(errand.job).items())
        if kind and not any(_has(node, kind) for node in self._nodes()):
            kind = frozenset()
        if kind not in self._kinds:
            self._kinds.add(kind)
            self._man()
        return kind

    def _roomiest(self, kind: Kind) -> Post | None:
        posts = [post for post in self._posts if post.kind == kind]
        if not posts:
            reasons = "; ".join(self._refused.values()) or "none is alive that has a core"
            raise BrokenError(f"no node of the cluster is left to grade: {reasons}")
        if not any(post.ready for post in posts) and time.monotonic() - posts[0].since > READY_SECONDS:
            wanted = ", ".join(f"{post.slots} CPUs" if not kind else str(dict(kind)) for post in posts)
            raise BrokenError(
                f"the cluster did not give us {wanted} within {READY_SECONDS:.0f} s. Wait for its other work to end, "
                "or ask for fewer CPUs by --jobs."
            )
        return max((post for post in posts if post.room > 0), key=lambda post: post.room, default=None)

    def _nodes(self) -> list[Mapping[str, Any]]:
        return [node for node in self._ray.nodes() if node["Alive"] and node["NodeID"] not in self._refused]

    def _muster(self) -> None:
        """Look now and then whether nodes have joined."""
        if time.monotonic() - self._mustered > MUSTER_SECONDS:
            self._man()

    def _man(self) -> None:
        """Put a station of each kind on every node that has none."""
        self._mustered = time.monotonic()
        manned = {(post.node, post.kind) for post in self._posts}
        for node in self._nodes():
            for kind in self._kinds:
                if (node["NodeID"], kind) not in manned and _has(node, kind) and self._mission.slots(node, kind):
                    self._place(node, kind)

    def _place(self, node: Mapping[str, Any], kind: Kind) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        slots = self._mission.slots(node, kind)
        others = dict(kind)
        options = {
            "num_cpus": 0 if kind else slots,  # with a GPU too: the other station has the cores
            "num_gpus": others.pop("GPU", 0),
            "resources": others,
            "max_concurrency": AHEAD * slots + 2,  # all it has, and one that closes it
            "scheduling_strategy": NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        }
        orders = pickle.dumps(Orders(self._mission.make_worker, self._mission.freight, slots))
        actor = self._ray.remote(Station).options(**options).remote(orders, self._mission.packages)
        place = f"node {node['NodeID'][:8]} ({node['NodeManagerAddress']})"
        post = Post(actor, node["NodeID"], place, kind, slots)
        self._posts.append(post)
        self._greeted[actor.survey.remote()] = post

    def _collect(self) -> Iterator[tuple[J, Any]]:
        """Wait a little for answers; yield what is done."""
        done, _ = self._ray.wait([*self._greeted, *self._sent], num_returns=1, timeout=MUSTER_SECONDS)
        for ref in done:
            if ref in self._greeted:
                self._admit(self._greeted.pop(ref), ref)
            else:
                yield from self._take(*self._sent.pop(ref), ref)

    def _admit(self, post: Post, ref: Any) -> None:
        """Use a station whose node has the same grader."""
        try:
            there = self._ray.get(ref)
        except self._ray.exceptions.RayError as error:
            self._lose(post, error)
            return
        differing = differences(self._here, there)
        if there.get(SOURCES) != self._here[SOURCES]:
            versions = f"{there.get(GRADER)} there, {self._here[GRADER]} here"
            self._refuse(post, f"its exam-grader is another one ({versions}); install the same on every node")
            return
        if differing:
            self._warn(f"{post.place} has {', '.join(differing)}: its verdicts may differ")
        post.ready = True

    def _take(self, post: Post, errand: Errand[J], ref: Any) -> Iterator[tuple[J, Any]]:
        """Yield a job with its result, or have it done elsewhere."""
        post.load -= 1
        try:
            result = outcome(self._ray.get(ref))
        except self._ray.exceptions.RayError as error:
            self._lose(post, error)
            self._repeat(post, errand, error)
        except IsolationError as error:  # demanded, and not to be had there
            self._refuse(post, str(error))
            self._again.append(errand)
        else:
            yield errand.job, result

    def _repeat(self, post: Post, errand: Errand[J], error: Exception) -> None:
        errand.losses += not post.dismissed
        if errand.losses >= LOSSES:
            raise BrokenError(
                f"{errand.job}: the worker was lost {LOSSES} times while it was being graded: {reason_of(error)}"
            )
        self._again.append(errand)

    def _lose(self, post: Post, error: Exception) -> None:
        """Give a station up; its node gets another one, if it is there and has not lost too many."""
        if post not in self._posts:
            return
        self._discharge(post)
        self._losses[post.node] += 1
        if self._losses[post.node] >= LOSSES:
            self._refuse(post, f"it lost {LOSSES} workers: {reason_of(error)}")
        elif post.ready:  # one that never began, on a node that Ray does not know to be dead yet, had no jobs
            self._warn(f"{post.place} lost its worker, whose jobs are done again: {reason_of(error)}")
        self._mustered = float("-inf")

    def _refuse(self, post: Post, reason: str) -> None:
        """Use a node no more."""
        if post.node not in self._refused:
            self._refused[post.node] = f"{post.place} is not used: {reason}"
            self._warn(self._refused[post.node])
        for each in [each for each in self._posts if each.node == post.node]:
            each.dismissed = True
            self._discharge(each)

    def _discharge(self, post: Post) -> None:
        self._posts.remove(post)
        self._ray.kill(post.actor)


def _has(node: Mapping[str, Any], kind: Kind) -> bool:
    return all(node["Resources"].get(name, 0) >= amount for name, amount in kind)


def reason_of(error: Exception) -> str:
    """Return the last line of what Ray says, which is the cause."""
    return str(error).strip().rpartition("\n")[2].strip()
