"""Control groups: where they can be made, read from text; and real ones, where this machine lets us make them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.errors import BrokenError
from grader.sandbox import cgroup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.sandbox.cgroup import Cgroups, Group

MIB = 2**20
ROOT = Path(__file__).resolve().parent.parent

# --- Where our group is, from text ---

HYBRID = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
"""
HYBRID_GROUPS = "4:memory:/ours/deep\n8:pids:/\n2:cpu,cpuacct:/ours\n1:name=systemd:/x\n0::/ours\n"
TREE = Path("/sys/fs/cgroup")


def test_a_hybrid_machine() -> None:
    """Every controller has its own folder, and hierarchies with two controllers serve both."""
    folders = cgroup.own_folders(HYBRID, HYBRID_GROUPS)

    assert folders == {
        "memory": TREE / "memory/ours/deep",
        "pids": TREE / "pids",
        "cpu": TREE / "cpu,cpuacct/ours",
        "cpuacct": TREE / "cpu,cpuacct/ours",
        "": TREE / "unified/ours",
    }


def test_a_version_2_machine() -> None:
    """One hierarchy, one folder."""
    mounts = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"

    assert cgroup.own_folders(mounts, "0::/user.slice/a.scope\n") == {"": TREE / "user.slice/a.scope"}


@pytest.mark.parametrize(
    ("root", "group", "expected"),
    [
        ("/docker/1", "/docker/1", "/mnt/my groups"),  # a container shows its own group as the mount's root
        ("/docker/1", "/docker/1/ours", "/mnt/my groups/ours"),
        ("/docker/1", "/docker/12", None),
        ("/docker/1", "/elsewhere", None),
        ("/", "/../outside", None),  # outside the cgroup namespace
    ],
)
def test_mounts_that_show_a_part(root: str, group: str, expected: str | None) -> None:
    """A group is looked for below what the mount shows, and outside of it has no folder."""
    mounts = f"35 31 0:32 {root} /mnt/my\\040groups rw - cgroup cgroup rw,memory\n"
    folder = cgroup.own_folders(mounts, f"4:memory:{group}\n").get("memory")

    assert folder == (expected and Path(expected))


# --- Which way is taken, in a folder that looks like a hierarchy ---


def version_2(folder: Path, controllers: str, handed_on: str, processes: str = "") -> dict[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cgroup.controllers").write_text(controllers, encoding="ascii")
    (folder / "cgroup.subtree_control").write_text(handed_on, encoding="ascii")
    (folder / "cgroup.procs").write_text(processes, encoding="ascii")
    return {"": folder}


@pytest.mark.parametrize("way", [cgroup._inside_own, cgroup._beside_own, cgroup._beside_leaf])
def test_version_2_without_controllers(tmp_path: Path, way: Callable[[dict[str, Path]], Cgroups]) -> None:
    """Memory and pids are needed; the message says which folder lacks them."""
    folders = version_2(tmp_path / "ours", "cpu hugetlb\n", "")

    with pytest.raises(OSError, match=r"no memory and pids controllers: .*ours"):
        way(folders)
    with pytest.raises(OSError, match="v2 hierarchy is not mounted"):
        way({})


def test_inside_our_own_group(tmp_path: Path) -> None:
    """Controllers are handed on to the children, if they are not already."""
    folders = version_2(tmp_path, "cpu memory pids\n", "cpu\n")
    where = cgroup._inside_own(folders)

    assert where.parents == (tmp_path,)
    assert (tmp_path / "cgroup.subtree_control").read_text(encoding="ascii") == "+memory +pids"


def test_beside_our_own_group(tmp_path: Path) -> None:
    """The parent is taken when it hands on both controllers; it is never changed."""
    folders = version_2(tmp_path / "ours", "memory pids\n", "")
    version_2(tmp_path, "memory pids\n", "memory\n")
    with pytest.raises(OSError, match="not hand memory and pids on"):
        cgroup._beside_own(folders)

    version_2(tmp_path, "memory pids\n", "memory pids\n")
    assert cgroup._beside_own(folders).memory == tmp_path


def test_a_shared_group_is_not_rearranged(tmp_path: Path) -> None:
    """We do not move where others sit too; the message says how to get a group of one's own."""
    folders = version_2(tmp_path, "memory pids\n", "", processes=f"1\n{os.getpid()}\n")

    with pytest.raises(OSError, match=r"systemd-run --user --scope"):
        cgroup._beside_leaf(folders)
    assert not list(tmp_path.glob("grader-*"))


def test_version_1_without_a_controller() -> None:
    """Version 1 needs memory and pids as well."""
    with pytest.raises(OSError, match="v1 memory controller is not mounted"):
        cgroup._version_1({"pids": Path("/nowhere")})


def test_what_is_found_is_told() -> None:
    """Either there is a place for groups, or there are reasons why not; and trying leaves nothing behind."""
    where, refusals = cgroup.diagnose()

    assert where is not None or refusals
    assert where == cgroup.find_controllers()
    for parent in where.parents if where else ():
        assert not [path for path in parent.glob(f"grader-{os.getpid()}-*") if not path.name.endswith("-self")]


# --- Real groups ---


@pytest.fixture(scope="module")
def where() -> Cgroups:
    """Where groups can be made; skips where they cannot."""
    found, refusals = cgroup.diagnose()
    if found is None:
        pytest.skip(f"no control group can be made here: {'; '.join(refusals)}")
    return found


@pytest.fixture
def group(where: Cgroups) -> Iterator[Group]:
    with where.create(cgroup.new_name(), 48 * MIB, 12) as made:
        yield made


def start(group: Group, act: Callable[[], object]) -> int:
    """Fork a child that acts once it is in the group."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns when a library loaded by another test has left threads: our children use none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            os.read(reading, 1)
            act()
        finally:
            os._exit(0)
    group.add(pid)
    os.write(writing, b"g")
    os.close(reading)
    os.close(writing)
    return pid


def wait(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def fill(size: int, seconds: float = 0) -> None:
    memory = bytearray(size)
    memory[::4096] = b"x" * len(memory[::4096])
    time.sleep(seconds)


def until(condition: Callable[[], object]) -> None:
    """Give a child on a busy machine time to get there."""
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


def sleep() -> None:
    time.sleep(30)


def folders_of(group: Group) -> list[Path]:
    return [folder for folder in group.folders if folder.exists()]


def test_memory_is_limited_and_measured(group: Group) -> None:
    """Below the limit the peak is known; above it the kernel kills and counts."""
    assert wait(start(group, lambda: fill(24 * MIB))) == 0
    assert 24 * MIB <= group.peak_memory() <= 48 * MIB
    assert group.oom_kills() == 0

    assert wait(start(group, lambda: fill(96 * MIB))) == -signal.SIGKILL
    assert group.oom_kills() >= 1
    assert group.met_its_limit()
    assert 40 * MIB <= group.peak_memory() <= 48 * MIB


def test_who_is_killed_because_others_used_the_memory_met_no_limit_of_its_own(where: Cgroups, group: Group) -> None:
    """Within its own limit, but beyond that of the group around it: killed, and known to be innocent."""
    around = replace(where, **{name: getattr(where, name) / group.name for name in ("memory", "pids")}, core=None)
    if where.version == 2:
        pytest.skip("a group with limits and processes of its own hands no controller on")
    with around.create("inner", 512 * MIB, 16) as inner:
        assert wait(start(inner, lambda: fill(96 * MIB))) == -signal.SIGKILL

        assert inner.oom_kills() >= 1
        assert not inner.met_its_limit()


def test_memory_is_that_of_the_whole_tree(group: Group) -> None:
    """Children that are small one by one are too large together; version 2 ends the parent with them."""

    def parent() -> None:
        children = []
        for _ in range(4):
            child = os.fork()
            if child == 0:
                fill(20 * MIB, seconds=1)
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)

    end = wait(start(group, parent))

    assert group.oom_kills() >= 1
    assert end == -signal.SIGKILL or "oom group" in group.shortcomings()
    assert group.peak_memory() <= 48 * MIB


def test_memory_in_files_nobody_maps_counts(group: Group) -> None:
    """A memory file is in nobody's resident set, but the group is charged."""

    def write_file() -> None:
        descriptor = os.memfd_create("hidden")
        for _ in range(96):
            os.write(descriptor, bytes(MIB))

    assert wait(start(group, write_file)) == -signal.SIGKILL


def test_processes_are_limited(group: Group) -> None:
    """The kernel refuses the process too many; what is there goes on."""

    def multiply() -> None:
        children = 0
        try:
            for _ in range(20):
                if os.fork() == 0:
                    time.sleep(10)
                    os._exit(0)
                children += 1
        except BlockingIOError:
            os._exit(children)

    assert wait(start(group, multiply)) == 11


def test_cpu_time_counts_the_dead_and_the_detached(group: Group) -> None:
    """A daemon that nobody waited for is counted all the same."""

    def daemon() -> None:
        if os.fork() == 0:
            os.setsid()
            while time.process_time() < 0.3:
                pass
            os._exit(0)

    wait(start(group, daemon))
    until(lambda: not group.processes())
    seconds = group.cpu_seconds()

    assert seconds is not None
    assert 0.29 <= seconds < 2


def test_cpu_time_of_version_1(where: Cgroups) -> None:
    """Without a v2 hierarchy cpuacct counts it."""
    folders = cgroup.own_folders(
        Path("/proc/self/mountinfo").read_text(encoding="ascii"), Path("/proc/self/cgroup").read_text(encoding="ascii")
    )
    counter = cgroup._usable(folders.get("cpuacct"))
    if where.version != 1 or counter is None:
        pytest.skip("no cpuacct of version 1 here")
    with replace(where, core=None, cpuacct=counter).create(cgroup.new_name(), 48 * MIB, 4) as group:
        wait(start(group, lambda: sum(range(3_000_000))))
        seconds = group.cpu_seconds()

        assert seconds is not None
        assert 0.005 < seconds < 5


def test_nobody_counts_cpu_time(where: Cgroups) -> None:
    """Without either, the answer is None, and the shortcoming has a name."""
    if where.version != 1:
        pytest.skip("version 2 always counts")
    with replace(where, core=None, cpuacct=None).create(cgroup.new_name(), 48 * MIB, 4) as group:
        assert group.cpu_seconds() is None
        assert {"cpu", "kill"} <= group.shortcomings().keys()


def test_a_kernel_that_keeps_no_peak(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """Linux before 5.19 has no memory.peak: the present use is told, and the shortcoming has a name."""
    older = {number: replace(files, peak="memory.no_such_file") for number, files in cgroup._FILES.items()}
    monkeypatch.setattr(cgroup, "_FILES", older)
    pid = start(group, lambda: fill(24 * MIB, seconds=30))

    until(lambda: 24 * MIB <= group.peak_memory() <= 48 * MIB)
    assert "memory.no_such_file" in group.shortcomings()["peak"]
    group.kill()
    wait(pid)


def multiply_and_detach() -> None:
    while True:
        try:
            if os.fork() == 0:
                os.setsid()
        except BlockingIOError:
            time.sleep(0.001)


@pytest.mark.parametrize("at_once", [True, False])
def test_killing_leaves_nobody(where: Cgroups, at_once: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fork bomb of daemons ends, by cgroup.kill and by the loop."""
    if not at_once:
        monkeypatch.setattr(cgroup.Group, "_killer", lambda _: None)
    elif "kill" in where.missing:
        pytest.skip(where.missing["kill"])
    group = where.create(cgroup.new_name(), 256 * MIB, 12)
    pid = start(group, multiply_and_detach)
    until(lambda: len(group.processes()) > 5)

    group.kill()
    assert wait(pid) == -signal.SIGKILL
    group.remove()

    assert not folders_of(group)
    assert group.processes() == []


def test_killing_and_removing_twice_is_harmless(where: Cgroups) -> None:
    """Whoever cleans up need not know whether somebody did already."""
    group = where.create(cgroup.new_name(), 48 * MIB, 4)
    with group:
        group.kill()
        group.remove()

    assert not folders_of(group)


def test_a_group_in_use_is_not_removed(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the folder and the processes."""
    monkeypatch.setattr(cgroup, "_PATIENCE", 0.05)
    pid = start(group, sleep)

    with pytest.raises(BrokenError, match=rf"{group.name} still holds \[{pid}\]"):
        group.remove()
    monkeypatch.undo()
    group.kill()
    wait(pid)


def test_a_group_that_cannot_be_limited_is_not_made(where: Cgroups) -> None:
    """The error names file and value, and no folder stays."""
    name = cgroup.new_name()

    with pytest.raises(OSError, match=r"pids\.max = -7"):
        where.create(name, 48 * MIB, -7)
    assert not [parent for parent in where.parents if (parent / name).exists()]


def test_nobody_else_can_be_added(group: Group) -> None:
    """A process that is gone cannot be moved."""
    gone = subprocess.Popen(["true"])
    gone.wait()

    with pytest.raises(ProcessLookupError):
        group.add(gone.pid)


def test_names_do_not_repeat() -> None:
    """The pid tells whose it is, the number which."""
    first, second = cgroup.new_name(), cgroup.new_name()

    assert first != second
    assert first.startswith(f"grader-{os.getpid()}-")


def test_a_folder_left_by_a_namesake_is_replaced(where: Cgroups) -> None:
    """A dead grader may have had our pid, and left a folder."""
    name = cgroup.new_name()
    (where.memory / name).mkdir()

    with where.create(name, 48 * MIB, 4) as group:
        assert len(folders_of(group)) == len(where.parents)


def test_groups_of_dead_graders_are_cleared(where: Cgroups, group: Group) -> None:
    """Their processes are killed and their folders removed; those of living graders stay."""
    dead = subprocess.Popen(["true"])
    dead.wait()
    orphan = where.create(f"grader-{dead.pid}-1", 48 * MIB, 4)
    pid = start(orphan, sleep)
    stranger = where.memory / f"grader-x{os.getpid()}"
    stranger.mkdir()

    try:
        assert orphan.name in cgroup.remove_stale(where)
        assert wait(pid) == -signal.SIGKILL
        assert not folders_of(orphan)
        assert folders_of(group)
        assert stranger.exists()
    finally:
        stranger.rmdir()


def test_what_another_session_left_is_cleared_as_far_as_we_see_it(where: Cgroups) -> None:
    """Version 1 can show us a group in one hierarchy only: its maker sat elsewhere in the others."""
    if where.version != 1:
        pytest.skip("version 2 has one hierarchy")
    dead = subprocess.Popen(["true"])
    dead.wait()
    folder = where.pids / f"grader-{dead.pid}-2"
    folder.mkdir()
    sleeper = subprocess.Popen(["sleep", "30"])
    (folder / "cgroup.procs").write_text(str(sleeper.pid), encoding="ascii")

    assert folder.name in cgroup.remove_stale(where)
    assert sleeper.wait() == -signal.SIGKILL
    assert not folder.exists()


def test_the_process_of_a_proof_does_not_outlive_a_killed_grader() -> None:
    """Killed while it tries its control groups, it leaves nobody behind: whoever is left would hold its output open."""
    code = "import os; from grader.sandbox import cgroup; cgroup._sleeper(); os.kill(os.getpid(), 9)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, timeout=20, check=False)

    assert done.returncode == -signal.SIGKILL
