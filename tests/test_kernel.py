"""The Linux calls: each layer is put round a forked child, which then tries what must fail and what must still work."""

from __future__ import annotations

import array
import contextlib
import ctypes
import errno
import fcntl
import json
import mmap
import multiprocessing
import os
import re
import resource
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.sandbox import kernel
from grader.sandbox.tree import kill_family

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or kernel.MACHINE not in {"x86_64", "aarch64"}, reason="these are calls of Linux"
)

ROOT = os.geteuid() == 0
NOBODY = 65534
MIB = 2**20


# --- A child to try things in ---


def in_child(function: Callable[[], object]) -> Any:
    """Run `function` in a forked child, so that what it gives up is given up by nobody else; return its result."""
    reading, writing = os.pipe()
    pid = fork()
    if pid == 0:
        _answer(function, writing)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        text = pipe.read()
    status = os.waitpid(pid, 0)[1]
    assert text, f"the child ended without an answer: {os.waitstatus_to_exitcode(status)}"
    answer = json.loads(text)
    assert "result" in answer, answer["error"]
    return answer["result"]


def fork() -> int:
    with warnings.catch_warnings():
        # Python 3.12 warns when a library loaded by another test has left threads: our children use none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _answer(function: Callable[[], object], writing: int) -> None:
    try:
        answer = {"result": function()}
    except BaseException:  # the parent is told, and fails
        answer = {"error": traceback.format_exc()}
    os.write(writing, json.dumps(answer).encode())
    os._exit(0)


def end_of(function: Callable[[], object]) -> int:
    """Run `function` in a forked child; return its exit code, or minus the signal that ended it."""
    pid = fork()
    if pid == 0:
        try:
            function()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def outcome(attempt: Callable[[], object]) -> str:
    """Return "done", or the name of the errno that refused the attempt."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "done"


def become_ordinary() -> None:
    """Leave root, where we are root: it is exempt from what is tried next."""
    if ROOT:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        kernel.set_dumpable(True)


# --- System calls ---


def headers() -> list[tuple[str, Path]]:
    multiarch = f"/usr/include/{kernel.MACHINE}-linux-gnu"
    native = [Path(folder, "asm/unistd_64.h") for folder in (multiarch, "/usr/include")]
    x86 = [("x86_64", path) for path in native if kernel.MACHINE == "x86_64"]
    return [*x86, ("aarch64", Path("/usr/include/asm-generic/unistd.h"))]


def test_numbers_agree_with_the_headers_of_this_machine() -> None:
    """Every number that a C header here knows is the one in the table."""
    compared = 0
    for machine, path in headers():
        if path.exists():
            known = dict(re.findall(r"#define\s+__NR_(\w+)\s+(\d+)", path.read_text(encoding="utf-8")))
            for name in kernel.NUMBERS.keys() & known.keys():
                assert (name, kernel.number(name, machine)) == (name, int(known[name]))
                compared += 1
    if not compared:
        pytest.skip("no kernel headers are installed")

    assert compared > 50


def test_a_call_that_fails_names_itself() -> None:
    """The error carries the errno, and the call as its file name."""
    with pytest.raises(FileNotFoundError) as caught:
        kernel.mount(None, "/no/such/place", "tmpfs")

    assert caught.value.filename == "mount /no/such/place"


def test_an_unknown_machine_has_no_calls() -> None:
    """A processor without a column in the table gets ENOSYS, not another's numbers."""
    assert outcome(lambda: kernel.number("mount", "riscv64")) == "ENOSYS"
    assert outcome(lambda: kernel.seccomp_filter(True, "riscv64")) == "ENOSYS"


# --- The process itself ---


def test_no_new_privs() -> None:
    """The flag is set for good, and can be asked for."""

    def act() -> list[bool]:
        before = kernel.has_no_new_privs()
        kernel.no_new_privs()
        return [before, kernel.has_no_new_privs()]

    assert in_child(act)[1]
    assert in_child(act)[0] == kernel.has_no_new_privs()


@pytest.mark.parametrize(("dumpable", "expected"), [(True, "done"), (False, "EACCES")])
def test_dumpable_opens_us_to_our_own_user(dumpable: bool, expected: str) -> None:
    """Another process of the same user reads our environment while we are dumpable, and not else."""

    def act() -> str:
        become_ordinary()
        kernel.set_dumpable(dumpable)
        owner = os.getpid()
        return str(in_child(lambda: outcome(lambda: Path(f"/proc/{owner}/environ").read_bytes())))

    # A child shares the flag with its parent until it has one of its own: it is the reader that must be dumpable.
    assert in_child(act) == expected


def test_death_of_the_parent_and_adoption_of_orphans() -> None:
    """A grandchild dies with its parent, and its subreaper learns of it."""

    def grandchild(ready: int) -> None:
        signal.alarm(10)
        kernel.die_with_parent(signal.SIGKILL)
        os.write(ready, b"r")
        signal.pause()

    def act() -> int:
        kernel.set_subreaper()
        reading, writing = os.pipe()
        parent = os.fork()
        if parent == 0:
            if os.fork() == 0:
                grandchild(writing)
            os.read(reading, 1)
            os._exit(0)
        os.waitpid(parent, 0)
        return os.waitstatus_to_exitcode(os.wait()[1])

    assert in_child(act) == -signal.SIGKILL


def capabilities(text: str) -> dict[str, int]:
    return {name: int(value, 16) for name, value in re.findall(r"(Cap\w+):\t(\w+)", text)}


def test_capabilities_are_gone_and_do_not_come_back() -> None:
    """Without any, root may not do what root may; an exec brings none back."""

    def act() -> list[object]:
        kernel.drop_capabilities()
        after = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True, check=True).stdout
        return [outcome(lambda: os.chroot("/")), Path("/proc/self/status").read_text(encoding="utf-8"), after]

    chroot, here, after_exec = in_child(act)

    assert chroot == "EPERM"
    for held in (capabilities(here), capabilities(after_exec)):
        assert held["CapEff"] == held["CapPrm"] == held["CapInh"] == held["CapAmb"] == 0
        assert held["CapBnd"] == 0 or not ROOT


def test_children_are_killed_with_all_descendants() -> None:
    """Daemons, deaf to SIGTERM, two generations down: all are killed and reaped."""

    def daemon(depth: int) -> None:
        signal.alarm(10)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.setsid()
        if depth and os.fork() == 0:
            daemon(depth - 1)
        signal.pause()

    def act() -> list[object]:
        kernel.set_subreaper()
        for _ in range(3):
            if os.fork() == 0:
                daemon(2)
        started = time.monotonic()
        kill_family(os.getpid(), itself=False)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.wait()
        return [outcome(os.wait), time.monotonic() - started]

    result, seconds = in_child(act)

    assert result == "ECHILD"
    assert seconds < 5


# --- Namespaces and mounts ---


def enter_private(flags: int = 0) -> None:
    """Take a user and a mount namespace, in which we are root and nothing shows outside."""
    uid, gid = os.getuid(), os.getgid()
    kernel.unshare(kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS | flags)
    kernel.write_id_maps(0, uid, 0, gid)
    kernel.make_private("/")


@pytest.fixture(scope="module")
def namespaces() -> None:
    """Skips where this machine gives no namespaces to us."""
    refused = in_child(lambda: outcome(enter_private))
    if refused != "done":
        pytest.skip(f"this machine refuses user namespaces: {refused}")


@pytest.mark.usefixtures("namespaces")
def test_identity_in_a_user_namespace() -> None:
    """The maps make us the user we asked to be."""

    def act() -> list[int]:
        uid, gid = os.getuid(), os.getgid()
        kernel.unshare(kernel.CLONE_NEWUSER)
        kernel.write_id_maps(7, uid, 8, gid)
        return [os.getuid(), os.getgid()]

    assert in_child(act) == [7, 8]


@pytest.mark.usefixtures("namespaces")
@pytest.mark.parametrize(
    ("flag", "kind"),
    [
        (kernel.CLONE_NEWUSER, "user"),
        (kernel.CLONE_NEWNS, "mnt"),
        (kernel.CLONE_NEWPID, "pid_for_children"),
        (kernel.CLONE_NEWNET, "net"),
        (kernel.CLONE_NEWIPC, "ipc"),
        (kernel.CLONE_NEWUTS, "uts"),
        (kernel.CLONE_NEWCGROUP, "cgroup"),
    ],
)
def test_each_namespace_is_new(flag: int, kind: str) -> None:
    """Each flag exchanges the namespace it is named for."""
    outside = os.readlink(f"/proc/self/ns/{kind}")

    def act() -> list[str]:
        enter_private(flag)
        if kind == "pid_for_children" and os.fork() == 0:  # it has no link before there is a first child
            os._exit(0 if os.getpid() == 1 else 1)
        return [os.readlink(f"/proc/self/ns/{kind}"), str(kind == "pid_for_children" and os.wait()[1])]

    inside, first_child = in_child(act)

    assert inside != outside
    assert first_child in {"0", "False"}


@pytest.mark.usefixtures("namespaces")
def test_tmpfs_is_limited_and_private(tmp_path: Path) -> None:
    """It holds so many bytes in so many files, and nobody else sees it."""
    (tmp_path / "outside").touch()

    def act() -> list[object]:
        enter_private()
        kernel.mount_tmpfs(str(tmp_path), MIB, 5, 0o750)
        full = outcome(lambda: (tmp_path / "large").write_bytes(bytes(2 * MIB)))
        (tmp_path / "large").unlink()
        crowded = [outcome((tmp_path / str(number)).touch) for number in range(6)]
        return [os.stat(tmp_path).st_mode & 0o7777, full, crowded.count("done"), crowded[-1]]

    assert in_child(act) == [0o750, "ENOSPC", 4, "ENOSPC"]
    assert [path.name for path in tmp_path.iterdir()] == ["outside"]


@pytest.mark.usefixtures("namespaces")
def test_empty_readonly_tmpfs_hides_a_folder(tmp_path: Path) -> None:
    """What lies under it can be neither seen nor replaced."""
    (tmp_path / "secret").touch()

    def act() -> list[object]:
        enter_private()
        kernel.mount_tmpfs(str(tmp_path), 4096, 16, 0o555, readonly=True)
        return [os.listdir(tmp_path), outcome((tmp_path / "secret").touch)]

    assert in_child(act) == [[], "EROFS"]


@pytest.mark.usefixtures("namespaces")
def test_readonly_remount_is_ours_alone(tmp_path: Path) -> None:
    """A bind mount made read-only refuses writes, keeps its other flags, and changes nothing outside."""

    def act() -> list[object]:
        enter_private()
        kernel.mount(str(tmp_path), str(tmp_path), None, kernel.MS_BIND | kernel.MS_REC)
        before = os.statvfs(tmp_path).f_flag
        kernel.remount_readonly(str(tmp_path))
        kept = before & ~os.statvfs(tmp_path).f_flag & (os.ST_NOSUID | os.ST_NODEV | os.ST_NOEXEC)
        return [outcome((tmp_path / "inside").touch), kept]

    assert in_child(act) == ["EROFS", 0]
    (tmp_path / "outside").touch()


@pytest.mark.usefixtures("namespaces")
def test_segment_stays_in_its_namespace() -> None:
    """A System V segment is found where it was made, and not in the next IPC namespace."""

    def act() -> list[str]:
        enter_private(kernel.CLONE_NEWIPC)
        key = kernel.make_segment()
        here = outcome(lambda: kernel.find_segment(key))
        kernel.unshare(kernel.CLONE_NEWIPC)
        return [here, outcome(lambda: kernel.find_segment(key))]

    assert in_child(act) == ["done", "ENOENT"]


# --- Landlock ---


@pytest.fixture(scope="module")
def abi() -> int:
    """The version of Landlock; skips where there is none."""
    version = kernel.landlock_abi()
    if version == 0:
        pytest.skip("this kernel has no Landlock")
    return version


def since(abi: int, needed: int, what: str) -> None:
    if abi < needed:
        pytest.skip(f"{what} from Landlock ABI {needed}, and this kernel has {abi}")


def confined(act: Callable[[], object], **paths: list[str]) -> Any:
    """Run `act` in a child confined to `paths`."""

    def enter() -> object:
        kernel.no_new_privs()
        kernel.restrict_files(**{"read": [], **paths})
        return act()

    return in_child(enter)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with `read/file`, `write/` and `other/file`."""
    for name in ("read", "write", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name, encoding="utf-8")
    return tmp_path


def test_reading(abi: int, tree: Path) -> None:
    """Only what was listed can be read or listed, and none of it be written."""

    def act() -> list[str]:
        return [
            outcome((tree / "read" / "file").read_bytes),
            outcome(lambda: os.listdir(tree / "read")),
            outcome(lambda: (tree / "read" / "file").write_text("")),
            outcome((tree / "other" / "file").read_bytes),
            outcome(lambda: os.listdir(tree)),
        ]

    assert confined(act, read=[str(tree / "read")]) == ["done", "done", "EACCES", "EACCES", "EACCES"]


def test_one_file_may_be_listed_and_a_missing_one_too(abi: int, tree: Path) -> None:
    """A path that is a file takes file rights; one that is not there takes none."""
    paths = [str(tree / "read" / "file"), str(tree / "missing"), str(tree / "read" / "file" / "below")]

    def act() -> list[str]:
        return [outcome((tree / "read" / "file").read_bytes), outcome(lambda: os.listdir(tree / "read"))]

    assert confined(act, read=paths) == ["done", "EACCES"]


def test_writing(abi: int, tree: Path) -> None:
    """In a writable folder all that programs do with files works: make, fill, cut, link, move, remove, connect."""

    def act() -> None:
        os.chdir(tree / "write")
        Path("a").write_text("text", encoding="utf-8")
        os.truncate("a", 1)
        os.symlink("a", "link")
        os.mkfifo("fifo")
        os.mkdir("folder")
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            server.bind("socket")
            server.listen()
            client.connect("socket")
        if abi >= 2:
            os.rename("a", "folder/a")
        shutil.rmtree(tree / "write" / "folder")

    confined(act, write=[str(tree / "write")])


def test_a_writable_folder_makes_no_devices_and_runs_nothing(abi: int, tree: Path) -> None:
    """Neither device files nor programs come out of a folder that can be written."""
    shutil.copy(str(shutil.which("true")), tree / "write" / "true")

    def act() -> list[str]:
        device = tree / "write" / "device"
        return [
            outcome(lambda: os.mknod(device, stat.S_IFCHR | 0o600, os.makedev(1, 3))),
            outcome(lambda: subprocess.run([tree / "write" / "true"], check=False)),
        ]

    assert confined(act, write=[str(tree / "write")]) == ["EACCES", "EACCES"]


LIBRARIES = ["/lib", "/lib64", "/usr/lib", "/usr/lib64"]


def test_execution_needs_to_be_asked_for(abi: int) -> None:
    """A readable program does not run; one listed with its loader does."""
    program = os.path.realpath(str(shutil.which("true")))

    def act() -> str:
        return outcome(lambda: subprocess.run([program], check=True))

    assert confined(act, read=["/usr", "/bin", "/lib", "/lib64"]) == "EACCES"
    assert confined(act, read=["/etc"], execute=[program, *LIBRARIES]) == "done"


def test_tcp_is_closed(abi: int) -> None:
    """Neither a listening nor a connecting TCP socket, not even to ourselves."""
    since(abi, 4, "TCP is refused")
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()

        def act() -> list[str]:
            with socket.socket() as first, socket.socket() as second:
                return [outcome(lambda: first.bind(("127.0.0.1", 0))), outcome(lambda: second.connect(address))]

        assert confined(act) == ["EACCES", "EACCES"]


def test_signals_and_abstract_sockets_stay_inside(abi: int) -> None:
    """A process outside gets no signal, a child does; an abstract socket outside is not reached."""
    since(abi, 6, "signals and abstract sockets are refused")
    name = f"\0grader-test-{os.getpid()}"

    def signal_child() -> None:
        child = os.fork()
        if child == 0:
            signal.pause()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()

        def act() -> list[str]:
            with socket.socket(socket.AF_UNIX) as client:
                outside = outcome(lambda: os.kill(os.getppid(), 0))
                return [outside, outcome(signal_child), outcome(lambda: client.connect(name))]

        assert confined(act) == ["EPERM", "done", "EPERM"]


RNDGETENTCNT = 0x80045200  # linux/random.h


def test_device_controls_need_to_be_asked_for(abi: int) -> None:
    """A device can be read where it is readable, and be controlled where it is a device."""
    since(abi, 5, "device controls are refused")

    def act() -> str:
        with open("/dev/urandom", "rb") as device:
            return outcome(lambda: fcntl.ioctl(device, RNDGETENTCNT, bytes(4)))

    assert confined(act, read=["/dev/urandom"]) == "EACCES"
    assert confined(act, devices=["/dev/urandom"]) == "done"


def test_landlock_asks_for_no_new_privs(abi: int) -> None:
    """Without privileges and without the promise never to gain any, the kernel refuses."""

    def act() -> str:
        kernel.drop_capabilities()
        return outcome(lambda: kernel.restrict_files([]))

    if kernel.has_no_new_privs():
        pytest.skip("this process is under no_new_privs already")
    assert in_child(act) == "EPERM"


@pytest.mark.parametrize(
    ("version", "expected"),
    [(0, 0), (1, 13), (2, 14), (3, 15), (4, 15), (5, 16), (6, 16), (7, 16), (8, 16), (9, 17), (99, 17)],
)
def test_rights_by_version(version: int, expected: int) -> None:
    """A kernel is asked for exactly the rights of its version: one more would be EINVAL."""
    assert kernel._first_bits(version, kernel._FILE_RIGHTS_SINCE) == (1 << expected) - 1


# --- seccomp, by reading the program ---

ALLOW = "allow"
KILL = "kill"
MACHINES = ("x86_64", "aarch64")
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "i386": 0x40000003, "arm": 0x40000028}

Instruction = tuple[int, int, int, int]


def instructions(program: bytes) -> list[Instruction]:
    return list(struct.iter_unpack("=HBBI", program))


def interpret(program: bytes, architecture: int, number: int, arguments: tuple[int, ...] = ()) -> str:
    """Run classic BPF on one `struct seccomp_data`, as the kernel does; return what becomes of the call."""
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("=IIQ6Q", number & 0xFFFFFFFF, architecture, 0, *(value % 2**64 for value in padded))
    code, at, accumulator = instructions(program), 0, 0
    while True:
        operation, jump_true, jump_false, value = code[at]
        at += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, value)
            case 0x06:
                return action(value)
            case 0x15:
                at += jump_true if accumulator == value else jump_false
            case 0x25:
                at += jump_true if accumulator > value else jump_false
            case 0x45:
                at += jump_true if accumulator & value else jump_false
            case _:
                raise AssertionError(f"unknown instruction {operation:#x}")


def action(value: int) -> str:
    if value == 0x7FFF0000:
        return ALLOW
    if value == 0x80000000:
        return KILL
    assert value >> 16 == 0x0005
    return errno.errorcode[value & 0xFFFF]


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def judge(machine: str, name: str, *arguments: int, allow_memfd: bool = True) -> str:
    program = kernel.seccomp_filter(allow_memfd, machine)
    return interpret(program, ARCHITECTURES[machine], kernel.number(name, machine), arguments)


@pytest.mark.parametrize("allow_memfd", [True, False])
def test_the_program_is_sound(machine: str, allow_memfd: bool) -> None:
    """It is short enough, every jump lands on an instruction, and the last one returns."""
    program = kernel.seccomp_filter(allow_memfd, machine)
    code = instructions(program)

    assert len(program) % 8 == 0
    assert len(code) <= 4096  # BPF_MAXINSNS, linux/bpf_common.h
    assert code[-1][0] == 0x06
    for place, (operation, jump_true, jump_false, _) in enumerate(code):
        if operation in {0x15, 0x25, 0x45}:
            assert place + 1 + max(jump_true, jump_false) < len(code)
        else:
            assert jump_true == jump_false == 0


def test_a_foreign_architecture_is_killed(machine: str) -> None:
    """The other entry to the kernel of the same processor has other numbers, and is closed."""
    program = kernel.seccomp_filter(True, machine)

    for name, architecture in ARCHITECTURES.items():
        assert (interpret(program, architecture, 0) == KILL) == (name != machine)


RECIPE = re.findall(
    r"\w+",
    """
    ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd
    kexec_load kexec_file_load init_module finit_module delete_module bpf perf_event_open
    keyctl add_key request_key userfaultfd io_uring_setup io_uring_enter io_uring_register
    mount umount2 pivot_root fsopen fsconfig fsmount fspick move_mount open_tree open_tree_attr mount_setattr
    chroot unshare setns open_by_handle_at swapon swapoff reboot acct quotactl quotactl_fd syslog personality
    clock_settime clock_adjtime settimeofday adjtimex seccomp shmget msgget semget mq_open
    """,
)


def test_refused_calls(machine: str) -> None:
    """Every call of the recipe gets EPERM, whatever its arguments; and the table refuses no other."""
    assert sorted(RECIPE) == sorted(kernel.REFUSED)
    for name in RECIPE:
        assert (name, judge(machine, name)) == (name, "EPERM")
        assert (name, judge(machine, name, -1, -1, -1, -1, -1, -1)) == (name, "EPERM")


@pytest.mark.parametrize("name", ["memfd_create", "memfd_secret"])
def test_memory_files_are_for_where_a_cgroup_counts(machine: str, name: str) -> None:
    """Memory in nobody's resident set is refused where only resident sets are counted."""
    assert judge(machine, name, allow_memfd=True) == ALLOW
    assert judge(machine, name, allow_memfd=False) == "EPERM"


@pytest.mark.parametrize(
    "number", [kernel.LAST_REVIEWED + 1, 512, 547, 0x40000000, 0x40000000 | 39, 0x7FFFFFFF, 0xFFFFFFFF]
)
def test_unknown_numbers_are_not_there(machine: str, number: int) -> None:
    """What was made after the last review, and x32, look like a kernel without them."""
    program = kernel.seccomp_filter(True, machine)

    assert interpret(program, ARCHITECTURES[machine], number) == "ENOSYS"
    assert interpret(program, ARCHITECTURES[machine], kernel.LAST_REVIEWED) == ALLOW


NAMESPACE_FLAGS = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
FORK_FLAGS = 0x01200000 | signal.SIGCHLD  # CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID, as glibc forks
THREAD_FLAGS = 0x003D0F00  # as glibc starts a thread
VFORK_FLAGS = 0x00004100 | signal.SIGCHLD  # CLONE_VM | CLONE_VFORK, as posix_spawn


def test_clone(machine: str) -> None:
    """Processes and threads, but not in new namespaces; clone3 as if the kernel had none."""
    for flags in (FORK_FLAGS, THREAD_FLAGS, VFORK_FLAGS, signal.SIGCHLD):
        assert judge(machine, "clone", flags) == ALLOW
        for new in NAMESPACE_FLAGS:
            assert judge(machine, "clone", flags | new) == "EPERM"
    assert judge(machine, "clone3", 0, 88) == "ENOSYS"


@pytest.mark.parametrize("name", ["socket", "socketpair"])
def test_socket_families(machine: str, name: str) -> None:
    """Unix sockets alone; the kernel reads 32 bits of the family, and so does the filter."""
    assert judge(machine, name, socket.AF_UNIX) == ALLOW
    assert judge(machine, name, socket.AF_UNIX | 1 << 32) == ALLOW
    for family in (0, *range(2, 50), -1, socket.AF_INET | 1 << 32):
        assert judge(machine, name, family) == "EAFNOSUPPORT"


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("ioctl", (0, 0x5412), "EPERM"),  # TIOCSTI
        ("ioctl", (0, 0x5412 | 1 << 32), "EPERM"),
        ("ioctl", (0, 0x541C), "EPERM"),  # TIOCLINUX
        ("ioctl", (0x5412, 0x5401), ALLOW),  # TCGETS
        ("prctl", (22, 2), "EPERM"),  # PR_SET_SECCOMP
        ("prctl", (15, 22), ALLOW),  # PR_SET_NAME
    ],
)
def test_arguments(machine: str, name: str, arguments: tuple[int, ...], expected: str) -> None:
    """Calls that are refused by an argument are allowed with another."""
    assert judge(machine, name, *arguments) == expected


SPECIAL = {*RECIPE, "memfd_create", "memfd_secret", "clone", "clone3", "socket", "socketpair", "ioctl", "prctl"}
PROGRAMS = {(machine, memfd): kernel.seccomp_filter(memfd, machine) for machine in MACHINES for memfd in (True, False)}


@settings(database=None)  # nothing is worth remembering, and the checkout may be read-only
@given(
    machine=st.sampled_from(MACHINES),
    memfd=st.booleans(),
    number=st.integers(0, kernel.LAST_REVIEWED),
    arguments=st.tuples(*[st.integers(0, 2**64 - 1)] * 6),
)
def test_everything_else_is_allowed(machine: str, memfd: bool, number: int, arguments: tuple[int, ...]) -> None:
    """A call that no rule names is allowed with any arguments; one that is named ends in a word we know."""
    result = interpret(PROGRAMS[machine, memfd], ARCHITECTURES[machine], number, arguments)
    special = {kernel.number(name, machine) for name in SPECIAL}

    assert result == ALLOW or (number in special and result in {"EPERM", "ENOSYS", "EAFNOSUPPORT"})


def test_assembling_is_cheap() -> None:
    """A guest waits for it."""
    started = time.perf_counter()
    for _ in range(20):
        kernel.seccomp_filter(True)

    assert (time.perf_counter() - started) / 20 < 0.003


# --- seccomp, by living under it ---


@pytest.fixture(scope="module")
def filters() -> None:
    """Skips where no filter can be loaded."""
    refused = in_child(lambda: outcome(load))
    if refused != "done":
        pytest.skip(f"this machine lets us load no seccomp filter: {refused}")


def load(allow_memfd: bool = True) -> None:
    kernel.no_new_privs()
    kernel.load_seccomp(kernel.seccomp_filter(allow_memfd))


def filtered(act: Callable[[], object], allow_memfd: bool = True) -> Any:
    def enter() -> object:
        load(allow_memfd)
        return act()

    return in_child(enter)


def raw(number: int, *arguments: int) -> str:
    return outcome(lambda: kernel._call("raw", number, *arguments))


@pytest.mark.usefixtures("filters")
def test_refused_calls_really_are() -> None:
    """The kernel answers as the table says. The arguments are senseless, should it ever not."""

    def act() -> dict[str, str]:
        return {name: raw(kernel.number(name), *[-1] * 6) for name in RECIPE}

    assert filtered(act) == dict.fromkeys(RECIPE, "EPERM")


@pytest.mark.usefixtures("filters")
def test_arguments_really_are_looked_at() -> None:
    """Families, clone flags, terminal input, a second filter, unknown numbers."""

    def open_terminal() -> int:
        return os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)

    def act() -> dict[str, str]:
        terminal = open_terminal()
        return {
            "unix": outcome(lambda: socket.socket(socket.AF_UNIX).close()),
            "pair": outcome(socket.socketpair),
            "inet": outcome(lambda: socket.socket(socket.AF_INET)),
            "netlink": outcome(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)),
            "alg": outcome(lambda: socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)),
            "clone": raw(kernel.number("clone"), kernel.CLONE_NEWUSER | signal.SIGCHLD, 0, 0, 0, 0),
            "clone3": raw(kernel.number("clone3"), -1, -1),
            "type": outcome(lambda: fcntl.ioctl(terminal, 0x5412, b"x")),
            "size": outcome(lambda: fcntl.ioctl(terminal, 0x5413, bytes(8))),
            "filter": outcome(load),
            "prctl": raw(kernel.number("prctl"), 22, 2, -1),
            "unknown": raw(kernel.LAST_REVIEWED + 1),
        }

    assert filtered(act) == {
        "unix": "done",
        "pair": "done",
        "inet": "EAFNOSUPPORT",
        "netlink": "EAFNOSUPPORT",
        "alg": "EAFNOSUPPORT",
        "clone": "EPERM",
        "clone3": "ENOSYS",
        "type": "EPERM",
        "size": "done",
        "filter": "EPERM",
        "prctl": "EPERM",
        "unknown": "ENOSYS",
    }


@pytest.mark.usefixtures("filters")
@pytest.mark.parametrize(("allowed", "expected"), [(True, "done"), (False, "EPERM")])
def test_memory_files(allowed: bool, expected: str) -> None:
    """A memory file is made where a cgroup would charge it."""
    assert filtered(lambda: outcome(lambda: os.memfd_create("test")), allow_memfd=allowed) == expected


@pytest.mark.usefixtures("filters")
@pytest.mark.skipif(kernel.MACHINE != "x86_64", reason="only x86 has a second entry for 32-bit calls")
def test_the_32_bit_entry_kills() -> None:
    """`int 0x80` reaches the i386 table, where our numbers mean other calls."""

    def act() -> None:
        load()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as page:
            page.write(bytes([0xB8, 20, 0, 0, 0, 0xCD, 0x80, 0xC3]))  # mov eax, getpid; int 0x80; ret
            ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()

    assert end_of(act) in {-signal.SIGSYS, -signal.SIGSEGV}  # the latter where the kernel has no 32-bit entry


def square(number: int) -> int:
    return number * number


@pytest.mark.usefixtures("filters")
def test_threads_processes_and_pools_still_work() -> None:
    """glibc falls back from clone3 to clone; semaphores, queues and pipes are files, memory and unix sockets."""

    def act() -> list[object]:
        done: list[int] = []
        threads = [threading.Thread(target=done.append, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with multiprocessing.get_context("fork").Pool(2) as pool:
            squares = pool.map(square, range(4))
        code = subprocess.run(["true"], check=False).returncode
        shell = subprocess.run("exit 3", shell=True, check=False).returncode
        return [sorted(done), squares, end_of(lambda: os._exit(5)), code, shell]

    assert filtered(act) == [[0, 1, 2, 3], [0, 1, 4, 9], 5, 0, 3]


@pytest.mark.usefixtures("filters")
def test_numpy_under_filter_and_landlock(abi: int) -> None:
    """A new interpreter imports numpy and multiplies, reading what an interpreter reads."""
    program = "import numpy; print(int((numpy.ones((64, 64)) @ numpy.ones((64, 64))).sum()))"
    read = [sys.prefix, sys.base_prefix, *sys.path, "/proc", "/sys/devices/system/cpu", "/dev/urandom", "/dev/null"]

    def act() -> str:
        load()
        return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    execute = [sys.base_prefix, *LIBRARIES, "/etc/ld.so.cache"]
    assert confined(act, read=[path for path in read if path], write=["/dev/null"], execute=execute) == "262144\n"


@pytest.mark.usefixtures("filters")
def test_the_filter_is_for_all_threads() -> None:
    """A thread started before the filter is under it as well."""

    def act() -> str:
        ready, results = threading.Event(), list[str]()

        def wait_and_try() -> None:
            ready.wait()
            results.append(outcome(lambda: socket.socket(socket.AF_INET)))

        thread = threading.Thread(target=wait_and_try)
        thread.start()
        load()
        ready.set()
        thread.join()
        return results[0]

    assert in_child(act) == "EAFNOSUPPORT"


def test_a_filter_asks_for_no_new_privs() -> None:
    """Without privileges and without the promise never to gain any, the kernel refuses."""

    def act() -> str:
        kernel.drop_capabilities()
        return outcome(lambda: kernel.load_seccomp(kernel.seccomp_filter(True)))

    if kernel.has_no_new_privs():
        pytest.skip("this process is under no_new_privs already")
    assert in_child(act) == "EACCES"


def test_half_an_instruction_is_refused() -> None:
    """What is not a whole number of instructions is no program."""
    assert outcome(lambda: kernel.load_seccomp(b"1234567")) == "EINVAL"


# --- Resource limits ---


LIMITS = kernel.Rlimits(cpu_seconds=3, file_size=MIB, processes=100, data_bytes=512 * MIB)


def limited(act: Callable[[], object], limits: kernel.Rlimits = LIMITS) -> Any:
    def enter() -> object:
        kernel.apply_rlimits(limits)
        return act()

    return in_child(enter)


def test_every_limit_is_set() -> None:
    """What was asked, and what nobody needs to ask; the address space stays free."""
    kinds = ("CPU", "FSIZE", "NOFILE", "NPROC", "DATA", "CORE", "MEMLOCK", "MSGQUEUE", "AS")

    def act() -> list[tuple[int, int]]:
        return [resource.getrlimit(getattr(resource, f"RLIMIT_{kind}")) for kind in kinds]

    chosen = {"CPU": [3, 4], "FSIZE": [MIB, MIB], "NOFILE": [256, 256], "NPROC": [100, 100], "DATA": [512 * MIB] * 2}
    fixed = {"CORE": [0, 0], "MEMLOCK": [MIB, MIB], "MSGQUEUE": [0, 0]}
    space = {"AS": list(resource.getrlimit(resource.RLIMIT_AS))}
    assert dict(zip(kinds, limited(act), strict=True)) == {**chosen, **fixed, **space}


def test_a_limit_is_never_raised() -> None:
    """A lower limit that was there before stays, as it is or as the ceiling of ours."""

    def act() -> list[tuple[int, int]]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (20, 50))
        resource.setrlimit(resource.RLIMIT_CPU, (2, 2))
        kernel.apply_rlimits(LIMITS)
        return [resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_CPU)]

    assert in_child(act) == [[50, 50], [2, 2]]


def test_what_is_not_asked_for_is_left_alone() -> None:
    """Without a number of processes or bytes of data those limits stay."""

    def act() -> list[tuple[int, int]]:
        return [resource.getrlimit(resource.RLIMIT_NPROC), resource.getrlimit(resource.RLIMIT_DATA)]

    before = [list(resource.getrlimit(kind)) for kind in (resource.RLIMIT_NPROC, resource.RLIMIT_DATA)]
    assert limited(act, kernel.Rlimits(cpu_seconds=3, file_size=MIB)) == before


def test_files_memory_and_processes_end_at_the_limit(tmp_path: Path) -> None:
    """Each limit refuses the thing it is for. As an ordinary user: processes of root are not counted."""

    def too_much_data() -> str:
        try:
            return f"{len(array.array('b', bytes(1)) * (1024 * MIB))} bytes"
        except MemoryError:
            return "MemoryError"

    def act() -> list[str]:
        descriptor = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
        become_ordinary()
        kernel.apply_rlimits(kernel.Rlimits(cpu_seconds=3, file_size=MIB, processes=1, data_bytes=512 * MIB))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        return [
            outcome(lambda: os.pwrite(descriptor, b"x", 2 * MIB)),
            outcome(lambda: [os.dup(descriptor) for _ in range(300)]),
            too_much_data(),
            outcome(os.fork),
        ]

    assert in_child(act) == ["EFBIG", "EMFILE", "MemoryError", "EAGAIN"]


def test_cpu_time_ends_at_the_limit() -> None:
    """A warning at the soft limit; who catches it is killed a second later."""
    reading, writing = os.pipe()

    def burn() -> None:
        kernel.apply_rlimits(kernel.Rlimits(cpu_seconds=1, file_size=MIB))
        signal.signal(signal.SIGXCPU, lambda *_: os.write(writing, b"x"))
        signal.alarm(60)
        while True:
            pass

    end = end_of(burn)
    os.close(writing)
    with open(reading, "rb") as warned:
        assert warned.read()
    assert end == -signal.SIGKILL


FORKS = """
import os, threading
from grader.sandbox import kernel

told = []
os.register_at_fork(after_in_child=lambda: told.append("child"))
if kernel.fork_bare() == 0:
    bare = list(told)
    again = os.fork()
    if again == 0:
        worker = threading.Thread(target=told.append, args=("thread",))
        worker.start()
        worker.join()
        print(bare, told, flush=True)
        os._exit(0)
    os._exit(os.waitstatus_to_exitcode(os.waitpid(again, 0)[1]))
_, status = os.wait()
print(os.waitstatus_to_exitcode(status), told)
"""


def test_a_bare_fork_prepares_nothing_and_what_it_forks_is_whole() -> None:
    """No handler of Python's runs in it; in a child that it forks as usual all do, and threads work."""
    shown = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, text=True, check=True, timeout=60)

    assert shown.stdout.splitlines() == ["[] ['child', 'thread']", "0 []"]
