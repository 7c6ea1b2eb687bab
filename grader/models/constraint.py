"""Decoding that cannot leave a schema: before each token, every one is ruled out that no valid JSON goes on with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Constraint:
    """A logits processor for one reply; follows the reply token by token."""

    def __init__(self, tokenizer: Any, schema: Mapping[str, Any], *, prompt_length: int, end: int) -> None:
        """Compile a schema.

        Args:
            tokenizer: an `llguidance.LLTokenizer`.
            schema: JSON schema of the reply.
            prompt_length: tokens before the reply.
            end: the token that ends a reply.

        Raises:
            ValueError: the schema has something that no grammar can be made of.
        """
        from llguidance import LLMatcher

        options = {"whitespace_flexible": False}  # else a model that likes blanks writes nothing else
        grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema), defaults=options)
        self._matcher = LLMatcher(tokenizer, grammar)
        if self._matcher.is_error():
            raise ValueError(self._matcher.get_error())
        self._seen = prompt_length
        self._end = end

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Return the scores [1, vocabulary] with minus infinity where a token would leave the schema."""
        import torch

        tokens = input_ids[0, self._seen :].tolist()
        self._seen += len(tokens)
        if tokens and not self._matcher.is_stopped():
            self._matcher.consume_tokens(tokens)
        allowed = torch.zeros(scores.shape[-1], dtype=torch.bool)
        if self._matcher.is_stopped():
            allowed[self._end] = True
        else:
            bias = torch.frombuffer(bytearray(self._matcher.compute_logit_bias()), dtype=torch.uint8)
            size = min(len(bias), len(allowed))
            allowed[:size] = bias[:size] != 0
        return scores.masked_fill(~allowed.to(scores.device), float("-inf"))
