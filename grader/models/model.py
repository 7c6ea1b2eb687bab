"""What a language model is here: something that turns a prompt and a schema into a text, and says what it cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from grader.errors import InputError
from grader.question import Frozen

Role = Literal["system", "user", "assistant"]
Told = Callable[[str], None]
"""Told each piece of a reply as it comes."""


class Message(Frozen):
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True)
class Prompt:
    """All that decides a reply."""

    messages: tuple[Message, ...]
    schema: dict[str, Any]
    """JSON schema of the reply."""
    max_tokens: int
    temperature: float
    seed: int


class Reply(Frozen):
    """What a model answered."""

    text: str
    tokens: int
    """Generated; by the model's own count, or one for every piece that came."""
    complete: bool = True
    """Whether it ended by itself, not at the limit of tokens."""


class Model(Protocol):
    """Something that answers prompts."""

    @property
    def identity(self) -> str:
        """Name and place: two models of one identity give the same replies to the same prompts."""

    def answer(self, prompt: Prompt, *, deadline: float, told: Told) -> Reply:
        """Answer a prompt.

        Args:
            prompt: with the schema the reply should fit; whoever asks validates it again.
            deadline: by `time.monotonic()`; generating ends then.
            told: called with each piece of the reply.

        Raises:
            ModelError: no reply can be had.
        """


class ModelError(Exception):
    """A model gave no reply."""


@dataclass(frozen=True)
class NoModel:
    """Stands where nobody named a model."""

    identity: str = "none"

    def answer(self, prompt: Prompt, *, deadline: float, told: Told) -> Reply:  # noqa: ARG002  the protocol's own
        """Give no answer.

        Raises:
            ModelError: always.
        """
        raise ModelError("no model was named; --model does, with --server for one behind a server")


class ModelMissingError(InputError):
    """The model that was asked for cannot be loaded here."""
