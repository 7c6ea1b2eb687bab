"""The untrusted side: a template that imports, inits that watch, guests that hold submissions. Standard library only.

    template   imports what the question's environment names, then forks; never sees a submission
     └ init    one per guest, first process of its own namespaces: walls, reaping, a report of the end
        └ guest   the submission, and nothing else: answers requests until it ends

The host starts the template with one descriptor, a SOCK_SEQPACKET socket that carries JSON, and for each guest six
more descriptors: the two ways of the wire, the arena, stdout and stderr, the init's report socket.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import mmap
import os
import select
import signal
import socket
import sys
from typing import Any

from grader.sandbox import isolation, kernel, tree, wire
from grader.sandbox.frames import Frames
from grader.sandbox.hugepages import HugePages
from grader.sandbox.isolation import Confinement
from grader.sandbox.servant import Servant, import_all
from grader.sandbox.stubs import forbid

MAX_CONTROL = 2**16
NUMBER_OF_DESCRIPTORS = 6
WIRE = 3, 4
"""Where a guest has the wire: requests come from the first, replies go into the second."""
REAP_MILLISECONDS = 100


def main(descriptor: int) -> None:
    """Run the template: import, say so, fork one guest per request, until the host closes the socket."""
    control = socket.socket(fileno=descriptor)
    template = Template(control)
    control.send(json.dumps(template.prepare(json.loads(control.recv(MAX_CONTROL)))).encode())
    while template.serve_once():
        pass
    os._exit(0)  # no teardown: nothing here needs it, and with torch it takes long


class Template:
    """The warm process: everything imported, nothing of any submission known."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._ipc_key = 0
        self._pages = HugePages()

    def prepare(self, order: dict[str, Any]) -> dict[str, Any]:
        """Import the packages, warm what cannot be warmed later, and put the stubs in place."""
        sys.path.extend(order["path"])
        try:
            versions = {name: _import(name) for name in order["packages"]}
        except ImportError as error:
            return {"error": f"the environment names a package that cannot be imported: {error}"}
        if "torch" in sys.modules:
            _warm_torch(order["threads"])
        for dotted in order["forbidden"]:
            forbid(dotted)
        self._ipc_key = kernel.make_segment() if order["level"] == "full" else 0
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # ended inits are reaped by the kernel
        gc.collect()
        gc.freeze()  # a collection in a guest would touch, and so copy, every shared page
        return {"ready": True, "versions": versions}

    def serve_once(self) -> bool:
        """Fork one guest; False when the host is gone."""
        message, descriptors, _, _ = socket.recv_fds(self._control, MAX_CONTROL, NUMBER_OF_DESCRIPTORS)
        if not message:
            return False
        order = json.loads(message)
        if "import" in order:
            self._import_in_advance(order["import"])
            return True
        order["confinement"]["ipc_key"] = self._ipc_key
        if kernel.fork_bare() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            _become_init(_confinement(order["confinement"]), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self._pages.gather()
        return True

    def _import_in_advance(self, names: list[str]) -> None:
        """Import what guests would each import for themselves, and say when it is done."""
        import_all(names)
        gc.collect()
        gc.freeze()
        self._control.send(json.dumps({"ready": True}).encode())


def _import(name: str) -> str:
    module = importlib.import_module(name)
    return str(getattr(module, "__version__", ""))


def _warm_torch(threads: int) -> None:
    """Run one small product: the CPU is detected while /proc is there. No backward(): its threads survive no fork."""
    torch = sys.modules["torch"]
    torch.set_num_threads(threads)
    torch.ones(2, 2) @ torch.ones(2, 2)


def _confinement(order: dict[str, Any]) -> Confinement:
    return Confinement(**{**order, "read": tuple(order["read"]), "devices": tuple(order["devices"])})


def _become_init(confinement: Confinement, descriptors: list[int]) -> None:
    """Turn this fork of the template into the init of a new guest; never returns."""
    code = 1
    *given, last = descriptors
    report = socket.socket(fileno=last)
    try:
        _enter(confinement)
        code = Init(confinement, report, given).run()
    except BaseException as error:  # the host is told, whatever it is; this fork must not go on as a template
        with contextlib.suppress(OSError):
            _say(report, failed=f"{type(error).__name__}: {error}")
    finally:
        os._exit(code)


def _enter(confinement: Confinement) -> None:
    """Drop root and take the namespaces; the process that goes on is the first of its pid namespace."""
    isolation.become(confinement.uid)
    if confinement.level != "full":
        kernel.die_with_parent(signal.SIGKILL)
        kernel.set_subreaper()
        return
    isolation.take_namespaces()
    if kernel.fork_bare() != 0:
        os._exit(0)
    isolation.mount_private(confinement)


def _say(report: socket.socket, **message: object) -> None:
    report.send(json.dumps(message).encode())


class Init:
    """Starts the guest, reaps what it leaves behind, and reports how it ended."""

    def __init__(self, confinement: Confinement, report: socket.socket, given: list[int]) -> None:
        self._confinement = confinement
        self._report = report
        self._given = given
        """What the guest is given: requests, replies, arena, stdout, stderr."""

    def run(self) -> int:
        """Introduce ourselves, wait to be placed under limits, start the guest, and see it through."""
        _say(self._report, hello=os.getpid())
        self._report.recv(MAX_CONTROL)
        kernel.set_dumpable(False)  # a guest of the same user must not read or trace us
        guest = os.fork()
        if guest == 0:
            self._report.close()
            _become_guest(self._confinement, *self._given)
        for descriptor in self._given:
            os.close(descriptor)
        _say(self._report, started=guest)
        status = self._see_through(guest)
        self._end_everything()
        usage = os.times()
        _say(self._report, ended=status, cpu=usage.children_user + usage.children_system)
        return 0

    def _see_through(self, guest: int) -> int:
        """Wait for the guest, reaping orphans on the way; return its wait status. When the host is gone, end it all."""
        poll = select.poll()
        poll.register(self._report.fileno(), select.POLLIN)
        poll.register(os.pidfd_open(guest), select.POLLIN)
        while True:
            events = {descriptor for descriptor, _ in poll.poll(REAP_MILLISECONDS)}
            if self._report.fileno() in events:  # the host says nothing after the start: it hung up
                self._end_everything()
                os._exit(0)
            status = _reap(guest)
            if status is not None:
                return status

    def _end_everything(self) -> None:
        """Kill and reap whatever the guest left, so that nothing stays and its CPU time is counted."""
        if self._confinement.level == "full":
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        else:
            tree.kill_family(os.getpid(), itself=False)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)


def _reap(guest: int) -> int | None:
    """Reap every child that has ended; return the guest's wait status if it is among them."""
    while True:
        pid, ended = os.waitpid(-1, os.WNOHANG)
        if pid == guest:
            return ended
        if pid == 0:
            return None


def _become_guest(confinement: Confinement, requests: int, replies: int, arena: int, stdout: int, stderr: int) -> None:
    """Turn this fork of the init into the guest; never returns."""
    try:
        os.setsid()
        kernel.set_dumpable(True)  # so that the host may read our share of memory; the init stays hidden
        if confinement.level != "full":
            kernel.die_with_parent(signal.SIGKILL)
        channel, halves = _take_descriptors(requests, replies, arena, stdout, stderr)
        load = channel.receive()
        root = _unpack(load, confinement)
        os.chdir(confinement.scratch)
        proof = isolation.confine_and_prove(confinement)
        channel.send(wire.encode(proof, fallback=_refuse))
        _serve(channel, halves, root)
    except wire.PeerClosedError:
        os._exit(0)
    except BaseException as error:  # the submission may raise anything at any time: this fork ends here
        with contextlib.suppress(BaseException):
            os.write(2, f"the guest could not start: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(70)


def _refuse(value: object) -> wire.HandleRef:
    raise wire.WireError(f"a {type(value).__name__} is no part of a proof")


def _take_descriptors(
    requests: int, replies: int, arena: int, stdout: int, stderr: int
) -> tuple[Frames, tuple[memoryview, memoryview]]:
    """Put the standard streams in place, map the arena, and close everything else that was inherited."""
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (stdout, 1), (stderr, 2)):
        os.dup2(source, target)
    size = os.fstat(arena).st_size
    shared = memoryview(mmap.mmap(arena, size))
    # through copies, for either may stand where the other belongs
    for source, target in zip([os.dup(requests), os.dup(replies)], WIRE, strict=True):
        os.dup2(source, target)
    os.closerange(max(WIRE) + 1, 4096)
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115  lives as long as the process
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115  the same
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115  the same
    vars(sys).update(__stdout__=sys.stdout, __stderr__=sys.stderr)
    channel = Frames(*(socket.socket(fileno=descriptor) for descriptor in WIRE))
    return channel, (shared[: size // 2], shared[size // 2 :])


def _unpack(load: bytearray, confinement: Confinement) -> str | None:
    """Write the submission's further files; return their folder, or None when there are none."""
    files = wire.decode(load)
    if confinement.level == "full":
        root = isolation.SUBMISSION_ROOT
    else:
        root = os.path.join(confinement.scratch, "submission")
        os.makedirs(root, exist_ok=True)
    for name, data in files:
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "xb") as file:
            file.write(data)
    if confinement.level == "full":
        kernel.remount_readonly(root)
    return root if files else None


def _serve(channel: Frames, halves: tuple[memoryview, memoryview], root: str | None) -> None:
    """Answer requests until the host closes the connection."""
    servant = Servant("solution", arena_in=halves[0], arena_out=halves[1])
    servant.root = root
    while True:
        reply = servant.answer(channel.receive())
        _flush()
        channel.send(reply)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        # the submission may have closed or replaced them
        with contextlib.suppress(Exception):
            stream.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
