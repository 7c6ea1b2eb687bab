"""A model on a loopback server that says what it is told to: well, badly, slowly, or something else altogether."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Said = str | int
"""The text of a reply, or the status of a refusal."""

PLAN: dict[str, Any] = {
    "title": "Clip gradients by their norm",
    "title_zh": "按范数裁剪梯度",
    "function": "clip_by_norm",
    "parameters": [{"name": "gradients", "type": "list[float]"}, {"name": "limit", "type": "float"}],
    "returns": "list[float]",
    "behaviours": [
        {"name": "clipped", "text": "A vector whose Euclidean norm is above the limit is scaled to the limit."},
        {"name": "kept", "text": "A vector that is not longer than the limit is returned as it is, in a new list."},
        {"name": "refused", "text": "A limit that is not positive raises ValueError."},
        {"name": "input", "text": "The given list is left unchanged."},
    ],
    "mistakes": [
        {"name": "sum_norm", "text": "Takes the sum of the magnitudes for the norm."},
        {"name": "always_scaled", "text": "Scales vectors that are short enough."},
        {"name": "unchecked", "text": "Does not look at the limit."},
        {"name": "in_place", "text": "Writes into the caller's list."},
    ],
    "skills": ["python", "optimisation"],
    "minutes": 10,
}
REFERENCE = '''\
import math


def clip_by_norm(gradients, limit):
    """Return the gradients, scaled down to the limit where they are longer."""
    if limit <= 0:
        raise ValueError("the limit must be positive")
    norm = math.sqrt(sum(each * each for each in gradients))
    if norm > limit:
        return [each * limit / norm for each in gradients]
    return list(gradients)
'''
PLAUSIBLE = REFERENCE.replace("math.sqrt(sum(each * each for each in gradients))", "max(map(abs, gradients))")
INDEPENDENT = """\
import math


def clip_by_norm(gradients, limit):
    if not limit > 0:
        raise ValueError(f"limit {limit}")
    norm = math.hypot(*gradients)
    return [each * (limit / norm) if norm > limit else each for each in gradients]
"""
WRONG = {
    "sum_norm": REFERENCE.replace("math.sqrt(sum(each * each for each in gradients))", "sum(map(abs, gradients))"),
    "always_scaled": REFERENCE.replace("if norm > limit:", "if norm > 0:"),
    "unchecked": REFERENCE.replace("limit <= 0", "limit != limit"),
    "in_place": REFERENCE.replace(
        "return [each * limit / norm for each in gradients]",
        "gradients[:] = [each * limit / norm for each in gradients]\n        return list(gradients)",
    ),
}


def numbers(low: float, high: float) -> dict[str, Any]:
    return {"kind": "number", "low": low, "high": high}


def check(name: str, behaviour: str, judgement: dict[str, Any], row: dict[str, Any], limit: Any) -> dict[str, Any]:
    arguments = [
        {"name": "gradients", "input": {"kind": "row", "of": row, "size": "N"}},
        {"name": "limit", "input": limit},
    ]
    return {
        "name": name,
        "behaviour": behaviour,
        "points": 2,
        "hint_en": "Which norm is meant?",
        "hint_zh": "指的是哪一种范数？",
        "sizes": [{"name": "N", "low": 2, "high": 6}],
        "arguments": arguments,
        "judgement": judgement,
    }


LONG, SHORT = numbers(-10.0, 10.0), numbers(-0.1, 0.1)
BAD_LIMIT = {"kind": "choice", "values": [0.0, -0.5]}
SUITE: dict[str, Any] = {
    "checks": [
        check("long_vectors", "clipped", {"kind": "values", "cases": 10}, LONG, numbers(0.3, 1.5)),
        check("short_vectors", "kept", {"kind": "values", "cases": 5}, SHORT, numbers(2.0, 4.0)),
        check("bad_limits", "refused", {"kind": "raises", "error": "ValueError"}, SHORT, BAD_LIMIT),
        check("input_is_kept", "input", {"kind": "unchanged"}, LONG, numbers(0.3, 1.5)),
    ]
}  # fmt: skip
FINITE = {"kind": "property", "holds": "finite"}
BLIND_SUITE = {
    "checks": [
        check("is_finite", "clipped", FINITE, LONG, numbers(0.3, 1.5)),
        check("is_finite_too", "kept", FINITE, SHORT, numbers(2.0, 4.0)),
    ]
}
STATEMENT = {
    "story_en": "Training diverges when a single batch has huge gradients.",
    "story_zh": "某个批次的梯度过大时，训练会发散。",
    "passages": [
        {
            "behaviour": "clipped",
            "en": "If the Euclidean norm of `gradients` is above `limit`, return them scaled to the norm `limit`.",
            "zh": "若 `gradients` 的欧几里得范数大于 `limit`，返回缩放到范数为 `limit` 的列表。",
        },
        {
            "behaviour": "kept",
            "en": "Otherwise return a new list with the same numbers.",
            "zh": "否则返回数值相同的新列表。",
        },
        {"behaviour": "refused", "en": "A `limit` that is not positive is refused.", "zh": "`limit` 不为正数时拒绝。"},
        {"behaviour": "input", "en": "`gradients` is left unchanged.", "zh": "不得改动传入的 `gradients`。"},
    ],
}


@dataclass
class Script:
    """What the model says at each stage; the same each time it is asked."""

    plan: Any = field(default_factory=lambda: PLAN)
    reference: str = REFERENCE
    independent: str = INDEPENDENT
    wrong: dict[str, str] = field(default_factory=lambda: WRONG)
    suite: Any = field(default_factory=lambda: SUITE)
    statement: Any = field(default_factory=lambda: STATEMENT)
    other: Any = None
    """What it says to any other schema."""

    def __call__(self, body: dict[str, Any]) -> Said:
        """Answer one request; it has no embeddings."""
        if "input" in body:
            return 404
        kind = body["response_format"]["json_schema"]["name"]
        if kind == "Program":
            return json.dumps({"code": self._program(body)})
        said = {"Plan": self.plan, "SuiteDraft": self.suite, "StatementDraft": self.statement}.get(kind, self.other)
        return said if isinstance(said, str | int) else json.dumps(said, ensure_ascii=False)

    def _program(self, body: dict[str, Any]) -> str:
        asked = body["messages"][1]["content"]
        for mistake in PLAN["mistakes"]:
            if f"in everything else: {mistake['text']}" in asked:
                return self.wrong[mistake["name"]]
        return self.reference if body["temperature"] == 0 else self.independent


@dataclass
class Loopback:
    """The server while it runs."""

    base: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The bodies of all requests."""
    keys: list[str] = field(default_factory=list)


@contextlib.contextmanager
def serving(
    answer: Callable[[dict[str, Any]], Said], *, stalls: threading.Event | None = None, drips: bool = False
) -> Iterator[Loopback]:
    """Serve a model on loopback.

    Args:
        answer: returns the text of a reply, or a status.
        stalls: a reply breaks off after its first piece until this is set.
        drips: meanwhile comments come, as servers send them to keep a connection alive.
    """
    loopback = Loopback("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            loopback.asked.append(body)
            loopback.keys.append(self.headers.get("Authorization", ""))
            said = answer(body)
            if isinstance(said, int):
                self.send_error(said, "as the script says")
                return
            if self.path.endswith("/embeddings"):
                self.plain(said)
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the client may have given up
                self.stream(said)

        def plain(self, text: str) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def stream(self, text: str) -> None:
            pieces = [text[start : start + 40] for start in range(0, len(text), 40)] or [""]
            for piece in pieces:
                self.event({"choices": [{"delta": {"content": piece}, "finish_reason": None}]})
                while stalls is not None and not stalls.wait(0.02 if drips else None):
                    self.wfile.write(b": still there\n\n")
            self.event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
            self.event({"choices": [], "usage": {"completion_tokens": len(pieces)}})
            self.wfile.write(b"data: [DONE]\n\n")

        def event(self, data: dict[str, Any]) -> None:
            self.wfile.write(f"data: {json.dumps(data)}\n\n".encode())
            self.wfile.flush()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    loopback.base = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield loopback
    finally:
        if stalls is not None:
            stalls.set()
        server.shutdown()
        server.server_close()
        thread.join()
