"""The examiners of a fork server: which of them are at work, and which are free for another submission.

An examiner that ran nothing of a suite on its submission, because all its checks ended as they are known to, is as it
was before. It keeps what is known by heart, hears what others add to that, and takes the next submission: that saves a
fork, and the copy of every page which a fork writes to. One that has run a check ends with its submission.
"""

from __future__ import annotations

import array
import contextlib
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_LEARNT = 8 * 2**20
"""Bytes that one examiner hears of others; a fresh fork shares them with its fork server."""
_FREE = b"free"
_ORDER, _NEWS = b"!", b"n"


class Standing(NamedTuple):
    """What an examiner knows since it was forked; with another it must not examine."""

    seed: int
    """At which the examples of properties were drawn."""
    edition: int
    """Of the transcripts, and of what was imported in advance: it counts their changes. News keep it up to date."""


class Line:
    """An examiner's line to its fork server: how it says that it is free, and hears of news and other submissions."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def report_free(self) -> None:
        """Say that another submission may come."""
        self._sock.send(_FREE)

    def await_order(self, learn: Callable[[int], object]) -> list[int]:
        """Wait for the next submission, and `learn` on the way what came to be known.

        Returns:
            The descriptors of its connection and its log; none when there is to be no other.
        """
        while True:
            word, descriptors, _, _ = socket.recv_fds(self._sock, 1, 2)
            if word != _NEWS:
                return descriptors
            learn(*descriptors)
            os.close(*descriptors)


@dataclass(eq=False)
class Examiner:
    """One examiner, seen from the fork server."""

    pidfd: int
    line: socket.socket
    standing: Standing
    free: bool = False
    learnt: int = 0
    """Bytes of all that it was told."""

    def tell(self, news: int, edition: int) -> None:
        """Have it know, before its next submission, what makes this edition; one that cannot stays behind."""
        self.learnt += os.fstat(news).st_size
        if self.learnt > MAX_LEARNT:
            return
        rights = socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [news])
        with contextlib.suppress(OSError):  # it is gone, or has not listened for long
            # not by `socket.send_fds`, which ignores its flags and would wait for an examiner that is at work
            self.line.sendmsg([_NEWS], [rights], socket.MSG_DONTWAIT)
            self.standing = self.standing._replace(edition=edition)

    def order(self, descriptors: Iterable[int]) -> bool:
        """Hand it another submission; False if it is gone."""
        self.free = False
        try:
            socket.send_fds(self.line, [_ORDER], list(descriptors))
        except OSError:
            return False
        return True

    def dismiss(self) -> None:
        """Have it end, since no submission comes any more."""
        self.free = False
        self.line.shutdown(socket.SHUT_RDWR)  # not close alone: younger examiners hold this end too

    def is_free(self) -> bool:
        """Hear what it says: that it is free, or by its silence that it has hung up."""
        try:
            self.free = self.line.recv(len(_FREE)) == _FREE
        except ConnectionResetError:  # it ended with an order unread
            self.free = False
        return self.free

    def bury(self) -> None:
        """Let go of one that has ended, or wait until it has."""
        os.waitid(os.P_PIDFD, self.pidfd, os.WEXITED)
        os.close(self.pidfd)
        self.line.close()


class Staff:
    """All examiners of a fork server."""

    def __init__(self) -> None:
        self._by_pidfd: dict[int, Examiner] = {}
        self._by_line: dict[int, Examiner] = {}

    @property
    def descriptors(self) -> Iterable[int]:
        """What is readable when there is something to `hear`."""
        return (*self._by_pidfd, *self._by_line)

    def hire(self, pid: int, line: socket.socket, standing: Standing) -> Examiner:
        """Add a fork that has begun to examine."""
        examiner = Examiner(os.pidfd_open(pid), line, standing)
        self._by_pidfd[examiner.pidfd] = self._by_line[line.fileno()] = examiner
        return examiner

    def hear(self, descriptor: int) -> None:
        """Learn that an examiner is free, has hung up, or has ended."""
        if descriptor in self._by_pidfd:
            examiner = self._by_pidfd.pop(descriptor)
            self._by_line.pop(examiner.line.fileno(), None)
            examiner.bury()
        elif descriptor in self._by_line and not self._by_line[descriptor].is_free():
            del self._by_line[descriptor]

    def spread(self, news: int, before: int, after: int) -> None:
        """Tell everybody who knows one edition what the next one knows beside it."""
        for examiner in self._by_pidfd.values():
            if examiner.standing.edition == before:
                examiner.tell(news, after)

    def take(self, standing: Standing, descriptors: Iterable[int]) -> Examiner | None:
        """Hand a submission to one that is free and knows as much; dismiss those that know other things."""
        for examiner in self._free():
            if examiner.standing != standing:
                examiner.dismiss()
            elif examiner.order(descriptors):
                return examiner
        return None

    def dismiss_all(self) -> None:
        """Have all that are free end, and wait until they have."""
        free = self._free()
        for examiner in free:
            examiner.dismiss()
        for examiner in free:
            examiner.bury()

    def _free(self) -> list[Examiner]:
        return [examiner for examiner in self._by_pidfd.values() if examiner.free]
