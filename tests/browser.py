"""A browser to look at pages with: Chromium without a window, told what to do by the DevTools protocol.

The protocol runs over two pipes, so that no port is opened and no client library is needed.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

CANDIDATES = ("chromium", "chromium-browser", "google-chrome")
_PATIENCE = 30.0
# Chromium reads commands from descriptor 3 and writes answers to 4; a shell cannot move descriptors above 9.
_PIPES = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)


def find_browser() -> str | None:
    """Return the path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, CANDIDATES)), None)


class Browser:
    """One Chromium with one page, ended with the `with` block."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = program, folder
        self.events: list[dict[str, Any]] = []
        self._pending = bytearray()
        self._last = 0
        self._session: str | None = None

    def __enter__(self) -> Browser:
        commands, self._write = os.pipe()
        self._read, answers = os.pipe()
        with (self.folder / "stderr").open("wb") as stderr, contextlib.ExitStack() as undo:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PIPES, str(commands), str(answers), *self._command()],
                pass_fds=(commands, answers),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env={**os.environ, "HOME": str(self.folder)},
                start_new_session=True,
            )
            undo.callback(self._end)
            os.close(commands)
            os.close(answers)
            self._attach()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _attach(self) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def _end(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def _command(self) -> list[str]:
        # its own sandbox needs user namespaces, which root in a container lacks; the pages are ours
        return [
            self.program, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
            "--disable-component-update", "--hide-scrollbars", f"--user-data-dir={self.folder / 'profile'}",
        ]  # fmt: skip

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask for something and return the answer; events that come meanwhile are kept in `events`."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._last:
            self.events.append(answer)
        assert "error" not in answer, f"{method}: {answer['error']}"
        result: dict[str, Any] = answer["result"]
        return result

    def open(self, page: Path) -> None:
        """Load a page and wait until it is there, with the events of this page alone in `events`."""
        self.events.clear()
        answer = self.call("Page.navigate", url=page.as_uri())
        assert "errorText" not in answer, answer["errorText"]
        while not self.heard("Page.loadEventFired"):
            self.events.append(self._receive())

    def heard(self, method: str) -> list[dict[str, Any]]:
        """Return the parameters of every event of one kind since the page was opened."""
        return [event["params"] for event in self.events if event.get("method") == method]

    def show(self, *, scheme: str = "light", media: str = "screen", width: int = 1200) -> None:
        """Choose the colour scheme, screen or paper, and the width of the window in pixels."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)

    def ask(self, expression: str) -> Any:
        """Return the value of an expression in the page: ours, which the page's policy does not stop."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def _receive(self) -> dict[str, Any]:
        end = time.monotonic() + _PATIENCE
        while b"\0" not in self._pending:
            ready, _, _ = select.select([self._read], [], [], max(end - time.monotonic(), 0))
            chunk = os.read(self._read, 2**20) if ready else b""
            assert chunk, f"the browser went silent: {(self.folder / 'stderr').read_text(errors='replace')[-2000:]}"
            self._pending += chunk
        text, _, rest = bytes(self._pending).partition(b"\0")
        self._pending = bytearray(rest)
        answer: dict[str, Any] = json.loads(text)
        return answer
