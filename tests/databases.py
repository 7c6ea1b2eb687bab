"""A PostgreSQL server of the tests' own, where its programs are installed: another user's, without a port."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

DEBIAN = Path("/usr/lib/postgresql")
UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    socket: Path
    programs: Path
    owner: str | None

    def fresh(self, name: str, like: str = "template1") -> str:
        """Make a database, empty or a copy of one that nobody is connected to; return its address."""
        self.run("createdb", "--host", str(self.socket), "--username", "tests", "--template", like, name)
        return f"postgresql://tests@/{name}?host={self.socket}"

    def run(self, program: str, *words: str) -> None:
        subprocess.run([self.programs / program, *words], user=self.owner, check=True, capture_output=True, cwd="/")


def find_programs() -> Path | None:
    """Return the folder of `initdb`, the newest one where Debian keeps them, else the one in PATH."""
    kept = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    found = str(kept[-1]) if kept else shutil.which("initdb")
    return Path(found).parent if found else None


def unprivileged() -> str | None:
    """Return whom the server runs as; None is oneself. PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in known)


@contextlib.contextmanager
def server(programs: Path) -> Iterator[Server]:
    """Give a server that listens on a socket of its own, and forgets everything at its end."""
    owner = unprivileged()
    # not below pytest's folder: nobody but its owner may enter that, and a socket's path is short
    with tempfile.TemporaryDirectory(prefix="grader-pg-", dir="/tmp") as name:
        folder = Path(name)
        if owner:
            shutil.chown(folder, owner)
        one = Server(folder, programs, owner)
        data = str(folder / "data")
        one.run("initdb", "--pgdata", data, "--username", "tests", "--auth", "trust", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        one.run("pg_ctl", "start", "--wait", "--pgdata", data, "--log", str(folder / "log"), "--options", options)
        try:
            yield one
        finally:
            one.run("pg_ctl", "stop", "--pgdata", data, "--mode", "immediate")
