"""Asking a model for data of one type: validated again, asked once more with the fault, all of it written down."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from grader.models.model import Message, ModelError, Prompt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from grader.models.budget import Budget
    from grader.models.model import Model, Reply, Told
    from grader.models.replies import Replies

T = TypeVar("T", bound=BaseModel)
TRIES = 3
SHOWN_FAULTS = 6


class NoReplyError(ModelError):
    """A model was asked as often as it may be, and no reply could be used."""


def _silent(_piece: str) -> None:
    """Tell nobody."""


@dataclass
class Conversation:
    """One model, what it may cost, what it is told first, and the file in which every exchange is kept, if any."""

    model: Model
    budget: Budget
    system: str
    log: Path | None = None
    replies: Replies | None = None
    seed: int = 0
    tries: int = TRIES
    told: Told = _silent
    spent: int = field(default=0, init=False)
    """Tokens that were generated, in all."""
    asked: int = field(default=0, init=False)
    """Prompts, those that the cache answered among them."""

    def ask(
        self,
        kind: type[T],
        question: str,
        *,
        stage: str,
        max_tokens: int = 2048,
        temperature: float = 0.3,
        variation: int = 0,
        judge: Callable[[T], str] | None = None,
    ) -> T:
        """Return the model's answer as data.

        Args:
            kind: of the answer.
            question: what is asked, in words.
            stage: what it is for, in the log.
            max_tokens: the answer may have.
            temperature: 0 for the likeliest answer.
            variation: answers to one question are drawn apart by this number.
            judge: returns what is wrong with an answer that fits its type, or an empty text.

        Raises:
            ModelError: no answer can be had, or none of the tries can be used.
        """
        messages = [Message(role="system", content=self.system), Message(role="user", content=question)]
        schema, fault = schema_of(kind), ""
        for number in range(self.tries):
            tokens = self.budget.allow(max_tokens)
            prompt = Prompt(tuple(messages), schema, tokens, temperature, self.seed + 1000 * variation + number)
            reply, cached = self._reply(prompt)
            value, fault = _read(kind, reply)
            if value is not None:
                fault = judge(value) if judge else ""
            self._write(stage, prompt, reply, fault, cached=cached)
            if value is not None and not fault:
                return value
            messages += [Message(role="assistant", content=reply.text), Message(role="user", content=_again(fault))]
        raise NoReplyError(f"{self.tries} replies could not be used; the last: {fault}")

    def _reply(self, prompt: Prompt) -> tuple[Reply, bool]:
        """Return a reply, and whether it was there already."""
        self.asked += 1
        if self.replies and (kept := self.replies.find(self.model.identity, prompt)):
            return kept, True
        reply = self.model.answer(prompt, deadline=self.budget.deadline, told=self.told)
        self.budget.charge(reply.tokens)
        self.spent += reply.tokens
        if self.replies:
            self.replies.keep(self.model.identity, prompt, reply)
        return reply, False

    def _write(self, stage: str, prompt: Prompt, reply: Reply, fault: str, *, cached: bool) -> None:
        """Add one exchange to the log, which is whole up to it whenever the conversation ends."""
        if self.log is None:
            return
        line = {
            "stage": stage,
            "model": self.model.identity,
            "messages": [message.model_dump() for message in prompt.messages],
            "schema": prompt.schema.get("title"),
            "seed": prompt.seed,
            "temperature": prompt.temperature,
            "max_tokens": prompt.max_tokens,
            "reply": reply.text,
            "tokens": reply.tokens,
            "cached": cached,
            "fault": fault,
        }
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _read(kind: type[T], reply: Reply) -> tuple[T | None, str]:
    """Validate a reply; return what it says, or what is wrong with it."""
    try:
        return kind.model_validate_json(reply.text.strip()), ""
    except ValidationError as error:
        if not reply.complete:
            return None, "the reply is longer than it may be, and was cut off"
        return None, "; ".join(_sentence(dict(each)) for each in error.errors(include_url=False)[:SHOWN_FAULTS])


def _sentence(fault: dict[str, Any]) -> str:
    place = ".".join(map(str, fault["loc"]))
    return f"{place}: {fault['msg']}" if place else str(fault["msg"])


def _again(fault: str) -> str:
    return f"This was refused: {fault}. Answer again, the whole object, without that fault."


def schema_of(kind: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a type, in the words that servers and grammars know."""
    schema = _plain(kind.model_json_schema())
    assert isinstance(schema, dict)
    return schema


def _plain(node: Any) -> Any:
    """Write alternatives as `anyOf`: `oneOf` with a discriminator is no part of what servers take."""
    if isinstance(node, list):
        return [_plain(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _plain(value) for key, value in node.items() if key != "discriminator"}
    return {("anyOf" if key == "oneOf" and isinstance(value, list) else key): value for key, value in kept.items()}
