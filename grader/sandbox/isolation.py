"""The walls inside the sandbox: applied to each guest, and proven by trying the forbidden thing. Standard library only.

A guest is confined in two steps. Its init takes new namespaces and mounts empty file systems; the guest itself then
gives up privileges, and takes limits, Landlock and seccomp (`confine`). A child forked before the guest tries, layer by
layer, what must not succeed; a layer is named in a verdict only when its attempt failed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.sandbox import kernel
from grader.sandbox.pseudofile import read_whole

if TYPE_CHECKING:
    from collections.abc import Callable

SUBMISSION_ROOT = "/submission"
NAMESPACES = (
    kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWNS
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS
)


@dataclass(frozen=True)
class Confinement:
    """How one guest is walled in; travels to the template as a plain dict."""

    level: str
    """`full`, `restricted` or `basic`."""
    uid: int | None
    """A real user to become where we are root; None keeps the present one."""
    cpu_seconds: int
    memory: int
    processes: int
    disk: int
    limit_data: bool
    """Limit the data segment, because no cgroup limits the tree."""
    read: tuple[str, ...]
    """Paths that stay readable."""
    scratch: str
    """The guest's own writable folder."""
    devices: tuple[str, ...] = ()
    """Device files of an accelerator."""
    outside_file: str = ""
    """A file outside the sandbox that must not be readable."""
    outside_pid: int = 0
    """A process outside that must not be reachable."""
    ipc_key: int = 0
    """A System V segment of the template's that must not be found."""


def become(uid: int | None) -> None:
    """Give up root for good, where we are root; the process stays dumpable, so that it may write its own id maps."""
    if uid is None:
        return
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    kernel.set_dumpable(True)


def take_namespaces() -> None:
    """Take new user, mount, pid, network, IPC and UTS namespaces; the pid namespace begins with the next child."""
    uid, gid = os.getuid(), os.getgid()
    kernel.unshare(NAMESPACES)
    kernel.write_id_maps(uid, uid, gid, gid)


def mount_private(confinement: Confinement) -> None:
    """Mount empty file systems over all that a guest may write, and over /proc."""
    kernel.make_private("/")
    inodes = 4096
    kernel.mount_tmpfs("/tmp", confinement.disk, inodes, 0o1777)
    kernel.mount_tmpfs("/dev/shm", confinement.disk, inodes, 0o1777)
    kernel.mount_tmpfs(SUBMISSION_ROOT, 32 * 2**20, inodes, 0o755)
    if not confinement.devices:  # CUDA reads /proc; everything else lives without it, and so do fewer attacks
        kernel.mount_tmpfs("/proc", 4096, 16, 0o555, readonly=True)


def confine(confinement: Confinement) -> None:
    """Limit, restrict and filter this process for good; what it forks inherits all of it."""
    kernel.apply_rlimits(
        kernel.Rlimits(
            cpu_seconds=confinement.cpu_seconds,
            file_size=confinement.disk,
            processes=confinement.processes + _others(confinement),
            data_bytes=_data_size() + confinement.memory if confinement.limit_data else None,
        )
    )
    if confinement.level == "basic":
        return
    kernel.no_new_privs()
    kernel.drop_capabilities()
    if kernel.landlock_abi() > 0:
        kernel.restrict_files(
            read=confinement.read,
            # outside the walls /dev/shm is the machine's, and would carry from one submission to the next
            write=(confinement.scratch, "/dev/null", *(("/dev/shm",) if confinement.level == "full" else ())),
            devices=confinement.devices,
        )
    kernel.load_seccomp(kernel.seccomp_filter(allow_memfd=not confinement.limit_data))


def _others(confinement: Confinement) -> int:
    """Return how many tasks this user runs already, where the limit counts those too.

    In a user namespace of its own, and as a user of its own, a guest's count begins at zero.
    """
    if confinement.level == "full" or confinement.uid is not None:
        return 0
    user, tasks = os.getuid(), 0
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == user:
                tasks += len(os.listdir(f"/proc/{name}/task"))
    return tasks


def _data_size() -> int:
    """Return the bytes of data segment in use now; shared with the template, they are not the submission's."""
    with contextlib.suppress(OSError):
        return int(read_whole("/proc/self/statm").split()[5]) * os.sysconf("SC_PAGESIZE")
    return 512 * 2**20  # /proc is hidden: the size of a template with torch, rounded up


def confine_and_prove(confinement: Confinement) -> dict[str, str]:
    """Confine this process for good, and try what must not succeed any more.

    It tries that itself, and not in a child: what succeeds here would succeed for the submission, which comes after it.

    Returns:
        each layer, with "" when it held, else with what succeeded.
    """
    found: dict[str, str] = {}
    if confinement.level == "full":
        found |= _found_by(prove_namespaces, confinement)
    confine(confinement)
    return found | _found_by(prove_confinement, confinement)


def _found_by(prove: Callable[[Confinement], dict[str, str]], confinement: Confinement) -> dict[str, str]:
    try:
        return prove(confinement)
    except Exception as error:  # a proof that fails in an unknown way is no proof
        return {"proof": f"{type(error).__name__}: {error}"}


def prove_namespaces(confinement: Confinement) -> dict[str, str]:
    """Try to see or touch what the namespaces hide."""
    return {
        "pid namespace": _expect_denied("signal the grader", lambda: os.kill(confinement.outside_pid, 0), errno.ESRCH),
        "network namespace": _expect_no_network(),
        "ipc namespace": _expect_denied(
            "find a shared segment", lambda: kernel.find_segment(confinement.ipc_key), errno.ENOENT
        ),
        "mount namespace": _expect_denied(
            "read a file of the grader", lambda: _read(confinement.outside_file), errno.ENOENT
        ),
        "user": _expect_denied("become root", lambda: os.setuid(0), errno.EPERM, errno.EINVAL),
    }


def prove_confinement(confinement: Confinement) -> dict[str, str]:
    """Try what Landlock, seccomp and the limits refuse."""
    results = {"rlimits": _expect_denied("write a large file", lambda: _write_large(confinement), errno.EFBIG)}
    if confinement.level == "basic":
        return results
    results["no new privileges"] = "" if kernel.has_no_new_privs() else "the flag is not set"
    results["landlock"] = _prove_landlock(confinement)
    results["seccomp"] = _expect_denied(
        "take a namespace", lambda: kernel.unshare(kernel.CLONE_NEWUSER), errno.EPERM
    ) or _expect_denied(
        "open a network socket", lambda: socket.socket(socket.AF_INET).close(), errno.EPERM, errno.EAFNOSUPPORT
    )
    if confinement.uid is not None:
        results["user"] = _expect_denied("become root", lambda: os.setuid(0), errno.EPERM, errno.EINVAL)
    return results


def _prove_landlock(confinement: Confinement) -> str:
    if kernel.landlock_abi() == 0:
        return "this kernel has no Landlock"
    return _expect_denied("list /", lambda: os.listdir("/"), errno.EACCES) or _expect_denied(
        "read a file of the grader", lambda: _read(confinement.outside_file), errno.EACCES, errno.ENOENT
    )


def _expect_denied(what: str, attempt: Callable[[], object], *errnos: int) -> str:
    try:
        attempt()
    except OSError as error:
        return "" if error.errno in errnos else f"{what}: {error}"
    return f"could {what}"


def _expect_no_network() -> str:
    names = {name for _, name in socket.if_nameindex()}
    if names - {"lo"}:
        return f"network interfaces {sorted(names)}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # an address kept for documentation (RFC 5737): nothing is sent, only a route is asked for
        return _expect_denied(
            "find a route out",
            lambda: probe.connect(("192.0.2.1", 9)),
            errno.ENETUNREACH,
            errno.EHOSTUNREACH,
        )


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(1)


def _write_large(confinement: Confinement) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    path = os.path.join(confinement.scratch, ".proof")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.truncate(path, confinement.disk + 1)
    finally:
        os.close(descriptor)
        os.unlink(path)
