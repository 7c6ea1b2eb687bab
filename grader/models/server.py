"""A model behind an OpenAI-compatible server: vLLM, llama.cpp, Ollama or a vendor, over the standard library's HTTP.

One request, one stream of server-sent events. No redirect is followed and no proxy of the environment is used: the
only host that is ever spoken to is the one that the user named.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from grader.errors import InputError
from grader.models.model import ModelError, Reply

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence

    from grader.models.model import Prompt, Told

CONNECT_SECONDS = 10.0
READ_SECONDS = 120.0
"""Between two pieces of a reply; the first may wait for the whole prompt to be read."""
PAUSES = (1.0, 4.0)
"""Before a request is made again that the server was too busy for."""
BUSY = frozenset({429, 500, 502, 503, 504})
MAX_REPLY = 2**20
MAX_VECTORS = 32 * 2**20
MAX_LINE = 2**16
_EVENT = b"data:"
_END = b"[DONE]"


class _BusyError(ModelError):
    """The server may answer the same request a moment later."""


@dataclass(frozen=True)
class ServerModel:
    """A model that answers at `POST {base}/chat/completions`."""

    base: str
    """As in `http://127.0.0.1:8000/v1`."""
    name: str
    """What the server calls the model."""
    key: str = field(default="", repr=False)
    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    pauses: tuple[float, ...] = PAUSES

    def __post_init__(self) -> None:
        """Look at the address.

        Raises:
            InputError: it is no address of a server, or the key is none.
        """
        if not _is_address(self.base):
            raise InputError(f"{self.base!r} is no address of a server", cure="Write it like http://127.0.0.1:8000/v1")
        if not (self.key.isascii() and self.key.isprintable()):
            raise InputError("the server's key has a character that no key has", cure="Look for a line break in it")

    @property
    def identity(self) -> str:
        """The model's name at its address."""
        return f"{self.name} at {self.base.rstrip('/')}"

    def answer(self, prompt: Prompt, *, deadline: float, told: Told) -> Reply:
        """Ask the server; ask again where it is busy.

        Raises:
            ModelError: it refuses, cannot be reached, is too slow, or sends what is no reply.
        """
        for pause in self.pauses:
            try:
                return self._ask(prompt, deadline, told)
            except _BusyError:
                if time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)
        return self._ask(prompt, deadline, told)

    def _ask(self, prompt: Prompt, deadline: float, told: Told) -> Reply:
        parts = urlsplit(self.base)
        connection = self._connection(parts.scheme, parts.netloc)
        try:
            connection.connect()
            sock = connection.sock  # the connection forgets it where the server closes after one answer
            sock.settimeout(_patience(self.read_seconds, deadline))
            path = f"{parts.path.rstrip('/')}/chat/completions"
            connection.request("POST", path, json.dumps(self._body(prompt)), self._headers())
            with connection.getresponse() as response:
                if response.status != http.HTTPStatus.OK:
                    raise _refusal(response)
                return _read_reply(_lines(sock, response, self.read_seconds, deadline), told)
        except TimeoutError:
            raise ModelError(f"{parts.netloc} was too slow: no more came in time") from None
        except (OSError, http.client.HTTPException) as error:
            raise _BusyError(f"{parts.netloc} cannot be spoken to: {error or type(error).__name__}") from None
        finally:
            connection.close()

    def embed(self, texts: Sequence[str], *, deadline: float) -> list[list[float]]:
        """Ask for vectors at `POST {base}/embeddings`, in the order of the texts.

        Raises:
            ModelError: the server refuses, cannot be reached, is too slow, or sends what are no vectors.
        """
        parts = urlsplit(self.base)
        connection = self._connection(parts.scheme, parts.netloc)
        try:
            connection.connect()
            connection.sock.settimeout(_patience(self.read_seconds, deadline))
            body = json.dumps({"model": self.name, "input": list(texts)})
            connection.request("POST", f"{parts.path.rstrip('/')}/embeddings", body, self._headers())
            with connection.getresponse() as response:
                if response.status != http.HTTPStatus.OK:
                    raise _refusal(response)
                return _vectors(response.read(MAX_VECTORS + 1))
        except TimeoutError:
            raise ModelError(f"{parts.netloc} was too slow: no vectors came in time") from None
        except (OSError, http.client.HTTPException) as error:
            raise ModelError(f"{parts.netloc} cannot be spoken to: {error or type(error).__name__}") from None
        finally:
            connection.close()

    def _connection(self, scheme: str, place: str) -> http.client.HTTPConnection:
        if scheme == "http":
            return http.client.HTTPConnection(place, timeout=self.connect_seconds)
        return http.client.HTTPSConnection(place, timeout=self.connect_seconds, context=ssl.create_default_context())

    def _headers(self) -> dict[str, str]:
        named = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        return {**named, "Authorization": f"Bearer {self.key}"} if self.key else named

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        schema = {"name": prompt.schema.get("title", "reply"), "schema": prompt.schema, "strict": True}
        return {
            "model": self.name,
            "messages": [message.model_dump() for message in prompt.messages],
            "max_tokens": prompt.max_tokens,
            "temperature": prompt.temperature,
            "seed": prompt.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
            "response_format": {"type": "json_schema", "json_schema": schema},
        }


def _vectors(data: bytes) -> list[list[float]]:
    """Read an answer with vectors, which need not come in order."""
    try:
        found = json.loads(data) if len(data) <= MAX_VECTORS else {}
        rows = sorted(found["data"], key=lambda row: int(row["index"]))
        return [list(row["embedding"]) for row in rows]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ModelError("the server sends what are no vectors") from None


def _is_address(base: str) -> bool:
    try:
        parts = urlsplit(base)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of the port, or of brackets
        return False


def _patience(seconds: float, deadline: float) -> float:
    """Return how long to wait for the next piece.

    Raises:
        TimeoutError: the time is over.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return min(seconds, left)


def _refusal(response: http.client.HTTPResponse) -> ModelError:
    said = response.read(500).decode("utf-8", "replace")
    text = f"the server answers {response.status} {response.reason}: {' '.join(said.split())}"
    return _BusyError(text) if response.status in BUSY else ModelError(text)


def _lines(sock: socket.socket, response: http.client.HTTPResponse, seconds: float, deadline: float) -> Iterator[bytes]:
    """Yield the lines of an answer, each as soon as it is whole; a server that drips must still meet the deadline."""
    rest, total = b"", 0
    while True:
        sock.settimeout(_patience(seconds, deadline))
        piece = response.read1(MAX_LINE)
        if not piece:
            yield rest
            return
        total += len(piece)
        *whole, rest = (rest + piece).split(b"\n")
        if total > 16 * MAX_REPLY or len(rest) > MAX_REPLY:
            raise ModelError("the server sends more than any reply holds")
        yield from whole


def _read_reply(lines: Iterator[bytes], told: Told) -> Reply:
    """Put the pieces of a stream together."""
    pieces: list[str] = []
    reason, counted = "", 0
    for line in lines:
        data = line.strip().removeprefix(_EVENT).strip()
        if not line.startswith(_EVENT) or not data:
            continue  # comments keep a connection alive
        if data == _END:
            break
        event = _event(data)
        counted = _count(event) or counted
        text, ended = _piece(event)
        reason = ended or reason
        if text:
            pieces.append(text)
            told(text)
    text = "".join(pieces)
    if not text:
        raise ModelError("the server sent an empty reply")
    return Reply(text=text[:MAX_REPLY], tokens=counted or len(pieces), complete=reason != "length")


def _event(data: bytes) -> dict[str, Any]:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        raise ModelError("the server sends a stream that is no JSON") from None
    if not isinstance(event, dict):
        raise ModelError("the server sends a stream that is no chat completion")
    if "error" in event:
        raise ModelError(f"the server gave up: {str(event['error'])[:500]}")
    return event


def _count(event: dict[str, Any]) -> int:
    match event:
        case {"usage": {"completion_tokens": int(count)}}:
            return count
    return 0


def _piece(event: dict[str, Any]) -> tuple[str, str]:
    """Return what an event adds to the reply, and why it ends if it does."""
    match event:
        case {"choices": [{"delta": {"content": str(text)}, "finish_reason": str(reason)}]}:
            return text, reason
        case {"choices": [{"delta": {"content": str(text)}}]}:
            return text, ""
        case {"choices": [{"finish_reason": str(reason)}]}:
            return "", reason
    return "", ""
