"""The Linux calls that Python does not offer.

It runs inside the guest too, beside code nobody trusts: nothing but the standard library.
A call that fails raises the `OSError` of its errno; `filename` names the call.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import stat
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MACHINE = os.uname().machine

# --- System calls ---

# arch/x86/entry/syscalls/syscall_64.tbl and scripts/syscall.tbl (aarch64 uses the common one), Linux 6.18.
# Each name has its number on x86_64, then on aarch64.
NUMBERS = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "capset": (126, 91),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "clone": (56, 220),
    "clone3": (435, 435),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "inotify_add_watch": (254, 27),
    "inotify_init1": (294, 26),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "landlock_add_rule": (445, 445),
    "landlock_create_ruleset": (444, 444),
    "landlock_restrict_self": (446, 446),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "prctl": (157, 167),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "seccomp": (317, 277),
    "semget": (64, 190),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "shmget": (29, 194),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
_COLUMN = {"x86_64": 0, "aarch64": 1}

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
_HOLDING_THE_GIL = ctypes.PyDLL(None, use_errno=True)


def syscall(name: str, *arguments: int | str | bytes | None) -> int:
    """Make the system call `name` and return what it returned."""
    return _call(name, number(name), *arguments)


def number(name: str, machine: str = MACHINE) -> int:
    """Return the number of a system call on `machine`."""
    if machine not in _COLUMN:
        raise OSError(errno.ENOSYS, f"no system call numbers known for {machine}", name)
    return NUMBERS[name][_COLUMN[machine]]


def _call(label: str, call: int, *arguments: int | str | bytes | None) -> int:
    result = int(_LIBC.syscall(ctypes.c_long(call), *map(_as_word, arguments)))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), label)
    return result


def _as_word(argument: int | str | bytes | None) -> ctypes.c_long | ctypes.c_char_p:
    # A bare int would travel as a 32-bit one and leave the upper half of the register to chance.
    if isinstance(argument, int):
        return ctypes.c_long(argument)
    return ctypes.c_char_p(os.fsencode(argument) if isinstance(argument, str) else argument)


# --- The process itself ---

# linux/prctl.h
PRCTL = {
    "PR_SET_PDEATHSIG": 1,
    "PR_SET_DUMPABLE": 4,
    "PR_SET_NAME": 15,
    "PR_SET_SECCOMP": 22,
    "PR_CAPBSET_DROP": 24,
    "PR_SET_CHILD_SUBREAPER": 36,
    "PR_SET_NO_NEW_PRIVS": 38,
    "PR_GET_NO_NEW_PRIVS": 39,
    "PR_CAP_AMBIENT": 47,
}
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h
_CAPABILITIES_AT_MOST = 64  # linux/capability.h: two 32-bit words


def no_new_privs() -> None:
    """Let no exec gain privileges any more; Landlock and seccomp ask for it."""
    _prctl("PR_SET_NO_NEW_PRIVS", 1)


def has_no_new_privs() -> bool:
    """Tell whether `no_new_privs` holds for this thread."""
    return _prctl("PR_GET_NO_NEW_PRIVS") == 1


def set_dumpable(dumpable: bool) -> None:
    """Open or close /proc/self/mem, environ and ptrace to processes of the same user."""
    _prctl("PR_SET_DUMPABLE", int(dumpable))


def die_with_parent(signal_number: int) -> None:
    """Ask for a signal when the parent thread ends.

    A change of uid forgets it, so call this after; a parent already gone sends nothing, so compare getppid().
    """
    _prctl("PR_SET_PDEATHSIG", signal_number)


def set_subreaper() -> None:
    """Become the parent of every orphan among the descendants."""
    _prctl("PR_SET_CHILD_SUBREAPER", 1)


def drop_capabilities() -> None:
    """Give up every capability, and where permitted those a later exec could bring back."""
    _drop_bounding_set()
    _prctl("PR_CAP_AMBIENT", _PR_CAP_AMBIENT_CLEAR_ALL)
    # effective, permitted, inheritable: two words each
    syscall("capset", struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), bytes(24))


def _drop_bounding_set() -> None:
    for capability in range(_CAPABILITIES_AT_MOST):
        try:
            _prctl("PR_CAPBSET_DROP", capability)
        except OSError as error:
            # EPERM: without CAP_SETPCAP the set stays, and no_new_privs makes it worthless.
            # EINVAL: past the last capability of this kernel.
            if error.errno in {errno.EPERM, errno.EINVAL}:
                return
            raise


def _prctl(option: str, *arguments: int | bytes) -> int:
    # Some options refuse when an unused argument is not zero.
    padding = (0,) * (4 - len(arguments))
    return _call(f"prctl({option})", number("prctl"), PRCTL[option], *arguments, *padding)


# --- Namespaces and mounts ---

# linux/sched.h
CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
# CLONE_NEWTIME is not among them: in clone() its bit is part of the exit signal; unshare() is refused whole.
_CLONE_NEW_ANY = (
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
)

# linux/mount.h
MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18

# linux/ipc.h
_IPC_CREAT = 0o1000
_IPC_EXCL = 0o2000
_SEGMENT_SIZE = 4096


def fork_bare() -> int:
    """Fork as C does: nothing is made of what Python prepares for a child, such as new locks and new seeds.

    For a process with one thread, whose child only forks again: those preparations write to some 170 pages, of which
    every child would get a copy. What must have them is forked by `os.fork` in the end.
    """
    pid: int = _HOLDING_THE_GIL.fork()
    if pid < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), "fork")
    return pid


def unshare(flags: int) -> None:
    """Move into the new namespaces named by the CLONE_NEW* flags."""
    syscall("unshare", flags)


def write_id_maps(inner_uid: int, outer_uid: int, inner_gid: int, outer_gid: int) -> None:
    """Map one user and one group of the new user namespace to one of the old.

    A process that is not dumpable cannot write them, not even its own.
    """
    # Without it an ordinary user may not write gid_map: dropping a group could gain access.
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{inner_uid} {outer_uid} 1\n")
    _write("/proc/self/gid_map", f"{inner_gid} {outer_gid} 1\n")


def mount(source: str | None, target: str, fstype: str | None, flags: int = 0, data: str | None = None) -> None:
    """Mount `source` on `target`."""
    _call(f"mount {target}", number("mount"), source, target, fstype, flags, data)


def make_private(target: str = "/") -> None:
    """Keep mounts made under `target` from appearing in the namespace we came from."""
    mount(None, target, None, MS_REC | MS_PRIVATE)


def mount_tmpfs(target: str, size_bytes: int, inodes: int, mode: int, readonly: bool = False) -> None:
    """Mount an empty tmpfs that holds at most `size_bytes` in at most `inodes` files."""
    flags = MS_NOSUID | MS_NODEV | (MS_RDONLY if readonly else 0)
    mount("tmpfs", target, "tmpfs", flags, f"size={size_bytes},nr_inodes={inodes},mode={mode:o}")


def remount_readonly(target: str) -> None:
    """Make the mount at `target` read-only, in this namespace alone."""
    # A user namespace may not clear flags it inherited; statvfs and mount share these three bits.
    kept = os.statvfs(target).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount(None, target, None, MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def make_segment() -> int:
    """Make a System V segment and return its key, to show that another namespace does not find it."""
    key = int.from_bytes(os.urandom(4), "little") >> 1 | 1  # 0 is IPC_PRIVATE, a segment without a key
    syscall("shmget", key, _SEGMENT_SIZE, _IPC_CREAT | _IPC_EXCL | 0o600)
    return key


def find_segment(key: int) -> int:
    """Return the identifier of the System V segment with this key, else raise `FileNotFoundError`."""
    return syscall("shmget", key, 0, 0)


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


# --- Landlock: which files; and no TCP, no signals, no abstract sockets across the border ---

# linux/landlock.h: the right at place n is bit n.
_FILE_RIGHTS = (
    "execute",
    "write_file",
    "read_file",
    "read_dir",
    "remove_dir",
    "remove_file",
    "make_char",
    "make_dir",
    "make_reg",
    "make_sock",
    "make_fifo",
    "make_block",
    "make_sym",
    "refer",
    "truncate",
    "ioctl_dev",
    "resolve_unix",
)
# (since ABI, how many rights it knows). 9 and 10 are from the uapi of Linux 7.1 and 7.2, not tried here.
_FILE_RIGHTS_SINCE = ((1, 13), (2, 14), (3, 15), (5, 16), (9, 17))
_NET_RIGHTS_SINCE = ((4, 2), (10, 4))  # TCP bind and connect; UDP bind and send
_SCOPES_SINCE = ((6, 2),)  # abstract unix sockets; signals
_LANDLOCK_CREATE_RULESET_VERSION = 1
_LANDLOCK_RULE_PATH_BENEATH = 1


def _rights(*names: str) -> int:
    return sum(1 << _FILE_RIGHTS.index(name) for name in names)


_READ = _rights("read_file", "read_dir")
_EXECUTE = _READ | _rights("execute")
_DEVICE = _READ | _rights("write_file", "ioctl_dev")
_WRITE = _rights(*(set(_FILE_RIGHTS) - {"execute", "make_char", "make_block", "ioctl_dev"}))
# The kernel refuses a rule that gives a file what only a directory can have.
_OF_FILES = _rights("execute", "write_file", "read_file", "truncate", "ioctl_dev", "resolve_unix")


def landlock_abi() -> int:
    """Return the version of Landlock the kernel offers, 0 for none."""
    try:
        return syscall("landlock_create_ruleset", None, 0, _LANDLOCK_CREATE_RULESET_VERSION)
    except OSError as error:
        if error.errno in {errno.ENOSYS, errno.EOPNOTSUPP}:
            return 0
        raise


def restrict_files(
    read: Sequence[str],
    write: Sequence[str] = (),
    execute: Sequence[str] = (),
    devices: Sequence[str] = (),
) -> None:
    """Confine this thread, and what it starts, to these paths and everything beneath them; for good.

    A path that does not exist is skipped. Libraries need only `read`: mapping one is not executing it.
    A program needs `execute`, for itself and for its loader. Refused with EPERM without `no_new_privs`.
    """
    abi = landlock_abi()
    known = _first_bits(abi, _FILE_RIGHTS_SINCE)
    ruleset = _create_ruleset(abi)
    try:
        for paths, rights in ((read, _READ), (write, _WRITE), (execute, _EXECUTE), (devices, _DEVICE)):
            for path in paths:
                _allow(ruleset, path, rights & known)
        syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def _create_ruleset(abi: int) -> int:
    # struct landlock_ruleset_attr. An older kernel takes the longer struct while the rest is zero.
    handled = (_first_bits(abi, since) for since in (_FILE_RIGHTS_SINCE, _NET_RIGHTS_SINCE, _SCOPES_SINCE))
    attributes = struct.pack("=QQQ", *handled)
    return syscall("landlock_create_ruleset", attributes, len(attributes), 0)


def _first_bits(abi: int, since: Iterable[tuple[int, int]]) -> int:
    return (1 << max((count for first, count in since if first <= abi), default=0)) - 1


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        _add_rule(ruleset, descriptor, rights)
    finally:
        os.close(descriptor)


def _add_rule(ruleset: int, descriptor: int, rights: int) -> None:
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        rights &= _OF_FILES
    rule = struct.pack("=Qi", rights, descriptor)  # struct landlock_path_beneath_attr, packed
    syscall("landlock_add_rule", ruleset, _LANDLOCK_RULE_PATH_BENEATH, rule, 0)


# --- seccomp: which system calls ---

# linux/audit.h
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# linux/bpf_common.h
_BPF_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_BPF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_BPF_GREATER = 0x25  # BPF_JMP | BPF_JGT | BPF_K
_BPF_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_BPF_RETURN = 0x06  # BPF_RET | BPF_K
_INSTRUCTION = struct.Struct("=HBBI")  # struct sock_filter, linux/filter.h

# linux/seccomp.h
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
_RET_ALLOW = 0x7FFF0000
_RET_ERRNO = 0x00050000
_RET_KILL_PROCESS = 0x80000000
# struct seccomp_data. Of each argument tested the kernel reads only the low half; both machines put it first.
_AT_NUMBER = 0
_AT_ARCHITECTURE = 4
_AT_ARGUMENT = (16, 24)

# file_setattr, the last of Linux 6.18. What comes later is not known here, so for a guest it is not there.
LAST_REVIEWED = 469

REFUSED = (
    # other processes: their memory, their descriptors
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "pidfd_getfd",
    # the kernel's own code
    "kexec_load",
    "kexec_file_load",
    "init_module",
    "finit_module",
    "delete_module",
    "bpf",
    "perf_event_open",
    # keys belong to the uid, not to the namespace
    "keyctl",
    "add_key",
    "request_key",
    # mounts and roots, old calls and new
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "move_mount",
    "open_tree",
    "open_tree_attr",
    "mount_setattr",
    "open_by_handle_at",
    # namespaces
    "unshare",
    "setns",
    # a favourite of exploits, and a way round every rule below
    "userfaultfd",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    # the machine
    "swapon",
    "swapoff",
    "reboot",
    "acct",
    "quotactl",
    "quotactl_fd",
    "syslog",
    "personality",
    "clock_settime",
    "clock_adjtime",
    "settimeofday",
    "adjtimex",
    # memory that is in nobody's resident set, and that outlives its maker
    "shmget",
    "msgget",
    "semget",
    "mq_open",
    # no filter upon this one: it could answer for the kernel (SECCOMP_RET_USER_NOTIF)
    "seccomp",
)
# Unmapped pages of these are in nobody's resident set: only a cgroup charges them.
REFUSED_WITHOUT_CGROUP = ("memfd_create", "memfd_secret")

_AF_UNIX = 1  # linux/socket.h
# asm-generic/ioctls.h: both type into the terminal the grader was started from
_TIOCSTI = 0x5412
_TIOCLINUX = 0x541C


def seccomp_filter(allow_memfd: bool, machine: str = MACHINE) -> bytes:
    """Assemble the filter of a guest: an array of `struct sock_filter` for `load_seccomp`.

    Blocks in a row, each skipped by one short jump unless its call is meant: no jump nears its limit of 255.
    """
    refused = REFUSED if allow_memfd else REFUSED + REFUSED_WITHOUT_CGROUP
    rules = _argument_rules() | dict.fromkeys(refused, _fail(errno.EPERM))
    blocks = [_when(_BPF_EQUAL, number(name, machine), block) for name, block in rules.items()]
    # x32 numbers end at the ceiling: they have bit 30 set, and 512 to 547 old kernels take without it.
    ceiling = _when(_BPF_GREATER, LAST_REVIEWED, _fail(errno.ENOSYS))
    start = _only_architecture(_AUDIT_ARCH[machine]) + _load(_AT_NUMBER) + ceiling
    return start + b"".join(blocks) + _return(_RET_ALLOW)


def load_seccomp(program: bytes) -> None:
    """Put the filter on every thread of this process, for good."""
    if len(program) % _INSTRUCTION.size:
        raise OSError(errno.EINVAL, "not a whole number of instructions", "seccomp")
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // _INSTRUCTION.size, ctypes.addressof(code))  # struct sock_fprog
    stray = syscall("seccomp", _SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC, header)
    if stray:
        raise OSError(errno.EBUSY, f"thread {stray} has a filter of its own", "seccomp")


def _argument_rules() -> dict[str, bytes]:
    # EAFNOSUPPORT is what a kernel without the family says: a library that only probes for IPv6 or netlink
    # carries on, where it would take EPERM for a fault.
    other_family = _fail(errno.EAFNOSUPPORT)
    only_unix = _load(_AT_ARGUMENT[0]) + _when(_BPF_EQUAL, _AF_UNIX, _return(_RET_ALLOW)) + other_family
    return {
        "clone": _refuse_argument(0, _BPF_ANY_BIT, _CLONE_NEW_ANY),
        # Its flags hide behind a pointer, where a filter cannot look; glibc falls back to clone.
        "clone3": _fail(errno.ENOSYS),
        "socket": only_unix,
        "socketpair": only_unix,
        "ioctl": _refuse_argument(1, _BPF_EQUAL, _TIOCSTI, _TIOCLINUX),
        "prctl": _refuse_argument(0, _BPF_EQUAL, PRCTL["PR_SET_SECCOMP"]),
    }


def _refuse_argument(place: int, test: int, *values: int) -> bytes:
    refusals = b"".join(_when(test, value, _fail(errno.EPERM)) for value in values)
    return _load(_AT_ARGUMENT[place]) + refusals + _return(_RET_ALLOW)


def _only_architecture(architecture: int) -> bytes:
    # The numbers below mean other calls elsewhere, so a foreign architecture is no mistake: it is an attempt.
    return _load(_AT_ARCHITECTURE) + _INSTRUCTION.pack(_BPF_EQUAL, 1, 0, architecture) + _return(_RET_KILL_PROCESS)


def _when(test: int, value: int, block: bytes) -> bytes:
    """Skip `block` unless the test holds. A block that loads an argument must return: the number is gone."""
    return _INSTRUCTION.pack(test, 0, len(block) // _INSTRUCTION.size, value) + block


def _load(offset: int) -> bytes:
    return _INSTRUCTION.pack(_BPF_LOAD, 0, 0, offset)


def _fail(code: int) -> bytes:
    return _return(_RET_ERRNO | code)


def _return(action: int) -> bytes:
    return _INSTRUCTION.pack(_BPF_RETURN, 0, 0, action)


# --- Resource limits ---


@dataclass(frozen=True)
class Rlimits:
    """What one process may use. There is no address space limit: importing torch alone maps 760 MiB."""

    cpu_seconds: int
    """SIGXCPU after so many, SIGKILL one second later."""
    file_size: int
    processes: int | None = None
    """Counts every process of the uid; no effect for root."""
    data_bytes: int | None = None
    """Private writable memory. Only where no cgroup counts it."""
    open_files: int = 256


# sys/resource.h; limits nobody needs to choose
_FIXED_LIMITS = {
    "RLIMIT_CORE": 0,
    "RLIMIT_MEMLOCK": 1 << 20,  # locked pages cannot be reclaimed when the machine runs short
    "RLIMIT_MSGQUEUE": 0,  # its memory is the kernel's, in nobody's resident set
}


def apply_rlimits(limits: Rlimits) -> None:
    """Lower the limits of this process, and of what it starts; none is ever raised above its hard limit."""
    wanted: dict[str, int | None] = {
        **_FIXED_LIMITS,
        "RLIMIT_FSIZE": limits.file_size,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_NPROC": limits.processes,
        "RLIMIT_DATA": limits.data_bytes,
    }
    for name, value in wanted.items():
        if value is not None:
            _lower(name, value, value)
    _lower("RLIMIT_CPU", limits.cpu_seconds, limits.cpu_seconds + 1)


def _lower(name: str, soft: int, hard: int) -> None:
    kind = getattr(resource, name, None)
    if kind is None:  # MSGQUEUE is Linux's alone
        return
    ceiling = resource.getrlimit(kind)[1]
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(kind, (soft, hard))
