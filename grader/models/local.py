"""A model in this process, by transformers: a folder, a GGUF file, or a name in the hub's cache; nothing is fetched."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.models.constraint import Constraint
from grader.models.model import ModelError, ModelMissingError, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.models.model import Prompt, Told

CURE = "Name a folder, a .gguf file, or a model in the hub's cache"
EMBEDDED_TOKENS = 1024
_ONE_AT_A_TIME = threading.Lock()
"""torch's seed and its number of threads belong to the process, and a batch asks from several threads."""
EXTRA = "Install it with: pip install 'exam-grader[draft]'"


@dataclass(frozen=True)
class LocalModel:
    """A causal language model with its tokenizer, loaded and ready."""

    identity: str
    network: Any
    tokenizer: Any
    grammar_tokenizer: Any
    """The same for llguidance."""

    def answer(self, prompt: Prompt, *, deadline: float, told: Told) -> Reply:
        """Generate a reply that fits the prompt's schema, as far as the tokens and the time allow.

        Raises:
            ModelError: no grammar can be made of the schema, or the time is over.
        """
        import torch

        left = deadline - time.monotonic()
        if left <= 0:
            raise ModelError("the time is spent")
        inputs = self._encode(prompt).to(self.network.device)
        stream = _Stream(self.tokenizer, told)
        with _ONE_AT_A_TIME, _all_threads():
            torch.manual_seed(prompt.seed)
            self.network.generate(
                inputs,
                attention_mask=torch.ones_like(inputs),
                logits_processor=[self._constraint(prompt, inputs.shape[1])],
                streamer=stream,
                max_new_tokens=prompt.max_tokens,
                max_time=left,
                pad_token_id=self.tokenizer.eos_token_id,
                **_sampling(prompt.temperature),
            )
        complete = bool(stream.tokens) and stream.tokens[-1] == self.tokenizer.eos_token_id
        return Reply(text=stream.text, tokens=len(stream.tokens), complete=complete)

    def embed(self, texts: Sequence[str], *, deadline: float) -> list[list[float]]:
        """Return for each text the mean of its tokens' last hidden states; of a long one, those of its beginning.

        Raises:
            ModelError: the time is over.
        """
        import torch

        vectors = []
        with _ONE_AT_A_TIME, _all_threads(), torch.no_grad():
            for text in texts:
                if time.monotonic() >= deadline:
                    raise ModelError("the time is spent")
                tokens = self.tokenizer(text, return_tensors="pt", truncation=True, max_length=EMBEDDED_TOKENS)
                inputs = tokens["input_ids"].to(self.network.device)
                states = self.network(inputs, output_hidden_states=True).hidden_states[-1]
                vectors.append(states[0].float().mean(0).tolist())
        return vectors

    def _encode(self, prompt: Prompt) -> Any:
        """Return the prompt's tokens [1, length]."""
        messages = [message.model_dump() for message in prompt.messages]
        if self.tokenizer.chat_template:
            text = self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
            return self.tokenizer(text, return_tensors="pt", add_special_tokens=False)["input_ids"]
        text = "\n\n".join(message["content"] for message in messages)
        return self.tokenizer(f"{text}\n\n", return_tensors="pt")["input_ids"]

    def _constraint(self, prompt: Prompt, length: int) -> Constraint:
        try:
            return Constraint(
                self.grammar_tokenizer, prompt.schema, prompt_length=length, end=self.tokenizer.eos_token_id
            )
        except ValueError as error:
            raise ModelError(f"the schema cannot be decoded by: {error}") from None


def _sampling(temperature: float) -> dict[str, Any]:
    """Return how to choose: the likeliest token, or one by chance."""
    if temperature <= 0:
        return {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
    return {"do_sample": True, "temperature": temperature, "top_p": 0.95, "top_k": 0}


@contextlib.contextmanager
def _all_threads() -> Iterator[None]:
    """Compute on every core, and on one again afterwards.

    Examiners are forks of this process: in a fork, the threads of a parallel computation are not there any more, and
    what wants more than one would wait for them forever.
    """
    import torch

    torch.set_num_threads(os.cpu_count() or 1)
    try:
        yield
    finally:
        torch.set_num_threads(1)


class _Stream:
    """What `generate` hands each token to."""

    def __init__(self, tokenizer: Any, told: Told) -> None:
        self._tokenizer, self._told = tokenizer, told
        self._begun = False
        self.tokens: list[int] = []
        self.text = ""

    def put(self, value: Any) -> None:
        """Take the prompt first, then token by token."""
        if not self._begun:
            self._begun = True
            return
        self.tokens += value.flatten().tolist()
        text = self._tokenizer.decode(self.tokens, skip_special_tokens=True)
        if not text.endswith("\ufffd"):  # half of a character
            self._told(text[len(self.text) :])
            self.text = text

    def end(self) -> None:
        """Nothing is held back."""


def load_local(name: str) -> LocalModel:
    """Load a model from the disk.

    Args:
        name: a folder, a `.gguf` file, or the name of a model in the hub's cache.

    Raises:
        ModelMissingError: there is none, it cannot be read, or a package is missing.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"  # read once, when the hub's package is imported
    os.environ.setdefault("TQDM_DISABLE", "1")  # the bar of a GGUF file heeds nothing else
    try:
        import llguidance.hf  # noqa: F401  its absence should be told before a model is read
        import transformers
    except ImportError as error:
        raise ModelMissingError(f"a model in this process needs {error.name}", cure=EXTRA) from None
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    place, file = _place(name)
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(place, local_files_only=True, **file)
        network = transformers.AutoModelForCausalLM.from_pretrained(place, local_files_only=True, dtype="auto", **file)
    except (OSError, ValueError, ImportError, KeyError) as error:
        fault = str(error).strip().splitlines()[0]
        raise ModelMissingError(f"the model {name!r} cannot be loaded: {fault}", cure=CURE) from None
    return ready(f"{Path(name).name} of {_size(network)} parameters", network.to(_device()), tokenizer)


def ready(identity: str, network: Any, tokenizer: Any) -> LocalModel:
    """Return a model that answers prompts.

    Args:
        identity: its name.
        network: a causal language model of transformers.
        tokenizer: a fast one.
    """
    from llguidance.hf import from_tokenizer

    grammar = from_tokenizer(tokenizer, n_vocab=network.config.vocab_size)
    return LocalModel(identity, network.eval(), tokenizer, grammar)


def _place(name: str) -> tuple[str, dict[str, str]]:
    """Return what transformers loads from, and which file of it."""
    path = Path(name)
    if path.suffix == ".gguf":
        return str(path.parent), {"gguf_file": path.name}
    return name, {}


def _device() -> str:
    """Return the fastest device there is."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _size(network: Any) -> str:
    return f"{sum(parameter.numel() for parameter in network.parameters()):,}"
