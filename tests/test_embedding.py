"""Vectors of texts: what is asked of a model, what is kept, what is refused, and which questions they call near."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scripted import serving

from grader.bank import load_bank
from grader.draft.likeness import near
from grader.models.embedding import BATCH, embedded
from grader.models.model import ModelError, NoModel
from grader.models.server import ServerModel

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Counting:
    """Counts a few words; all its vectors have much in common, as those of language models have."""

    words: tuple[str, ...] = ("gradient", "weight", "client", "token", "attention", "mask", "loss", "image", "key")
    identity: str = "counting"
    asked: list[str] = field(default_factory=list)

    def embed(self, texts: Sequence[str], *, deadline: float) -> list[list[float]]:  # noqa: ARG002  it is quick
        self.asked += texts
        return [[50.0, 50.0, *(text.lower().count(word) / len(text) * 1000 for word in self.words)] for text in texts]


def soon() -> float:
    return time.monotonic() + 30


def test_vectors_are_asked_for_once(tmp_path: Path) -> None:
    model, texts = Counting(), [f"text {number} on the loss" for number in range(BATCH + 3)]
    first = embedded(model, texts, deadline=soon(), folder=tmp_path)
    again = embedded(model, [*texts[::-1], "a new one"], deadline=soon(), folder=tmp_path)
    assert first.shape == (BATCH + 3, 11)
    assert model.asked == [*texts, "a new one"]
    assert again[:-1] == pytest.approx(first[::-1], abs=1e-5)
    embedded(Counting(identity="another"), texts[:1], deadline=soon(), folder=tmp_path)
    assert len(list((tmp_path / "vectors").iterdir())) == BATCH + 5


@pytest.mark.parametrize(
    ("vectors", "reason"),
    [
        ([[1.0]], "1 vectors for 2 texts"),
        ([[1.0], [float("nan")]], "that is none"),
        ([[1.0], []], "that is none"),
        ([[1.0], ["a"]], "that is none"),
        ([[1.0], [1.0, 2.0]], "different widths"),
    ],
)
def test_what_is_no_vector_is_refused(vectors: Any, reason: str) -> None:
    class Bad(Counting):
        def embed(self, texts: Sequence[str], *, deadline: float) -> Any:  # noqa: ARG002
            return vectors

    with pytest.raises(ModelError, match=reason):
        embedded(Bad(), ["one", "two"], deadline=soon())
    with pytest.raises(ModelError, match="no embeddings"):
        embedded(NoModel(), ["one"], deadline=soon())


def test_a_server_gives_vectors_in_any_order() -> None:
    def answer(body: dict[str, Any]) -> str:
        rows = [{"index": place, "embedding": [float(len(text)), 1.0]} for place, text in enumerate(body["input"])]
        return json.dumps({"data": rows[::-1]})

    with serving(answer) as server:
        model = ServerModel(server.base, "small", "secret")
        assert model.embed(["a", "bbb"], deadline=soon()) == [[1.0, 1.0], [3.0, 1.0]]
    assert server.asked == [{"model": "small", "input": ["a", "bbb"]}]
    assert server.keys == ["Bearer secret"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (404, "the server answers 404"),
        ("{", "what are no vectors"),
        ('{"data": [{"index": 0}]}', "what are no vectors"),
    ],
)
def test_a_server_without_vectors_is_told(said: str | int, reason: str) -> None:
    with serving(lambda _body: said) as server:
        model = ServerModel(server.base, "small")
        with pytest.raises(ModelError, match=reason):
            model.embed(["a"], deadline=soon())
        with pytest.raises(ModelError, match="too slow"):
            model.embed(["a"], deadline=time.monotonic() - 1)


def test_the_question_it_was_copied_from_is_the_nearest(tmp_path: Path) -> None:
    """In other words, with another name; what all statements share makes none of them near."""
    family = tmp_path / "bank/nlp"
    shutil.copytree(ROOT / "bank/nlp/masked-pooling", family / "masked-pooling")
    shutil.copytree(ROOT / "solutions/nlp/masked-pooling", tmp_path / "solutions/nlp/masked-pooling")
    statement = family / "masked-pooling/statement.en.md"
    statement.write_text(statement.read_text(encoding="utf-8").replace("The ", "This very "), encoding="utf-8")
    copied = load_bank(tmp_path / "bank").find_code("masked-pooling")
    others = load_bank(ROOT / "bank").questions
    found = near(copied, others, Counting(), deadline=soon())
    assert found[0].id == "nlp/masked-pooling"
    assert found[0].cosine > 0.9
    assert len(found) < len(others) / 3
    assert near(copied, (), Counting(), deadline=soon()) == ()
