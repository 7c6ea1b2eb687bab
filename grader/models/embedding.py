"""Texts as vectors, by the model that was given. They are kept by content, so that a bank is embedded once."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from grader.files import write_whole
from grader.models.model import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

BATCH = 16
"""Texts of one request."""
_FOLDER = "vectors"


@runtime_checkable
class Embedder(Protocol):
    """A model that turns texts into vectors too."""

    @property
    def identity(self) -> str:
        """Name and place, as of a `Model`."""

    def embed(self, texts: Sequence[str], *, deadline: float) -> Sequence[Sequence[float]]:
        """Return a vector for each text, all of one width.

        Raises:
            ModelError: it cannot, or the time is over.
        """


def embedded(
    model: object, texts: Sequence[str], *, deadline: float, folder: Path | None = None
) -> NDArray[np.float64]:
    """Return the vectors of some texts [texts, width], those that are kept and those that a model gives now.

    Args:
        model: an `Embedder`.
        texts: at least one.
        deadline: by `time.monotonic()`.
        folder: where vectors are kept, unless they are not.

    Raises:
        ModelError: the model has no vectors, or what it gives is none.
    """
    if not isinstance(model, Embedder):
        raise ModelError("this model has no embeddings")
    places = {text: _place(folder, model.identity, text) for text in texts}
    known = {text: found for text, place in places.items() if (found := _kept(place)) is not None}
    missing = [text for text in places if text not in known]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        for text, vector in zip(batch, _checked(model.embed(batch, deadline=deadline), len(batch)), strict=True):
            known[text] = vector
            _keep(places[text], vector)
    widths = {len(vector) for vector in known.values()}
    if len(widths) != 1:
        raise ModelError("its vectors have different widths")
    return np.array([known[text] for text in texts])


def _checked(vectors: Sequence[Sequence[float]], number: int) -> Iterator[list[float]]:
    """Yield vectors that can be used.

    Raises:
        ModelError: there are too few or too many, or one is no vector.
    """
    if len(vectors) != number:
        raise ModelError(f"it gave {len(vectors)} vectors for {number} texts")
    for vector in vectors:
        values = list(vector)
        if not values or not all(isinstance(value, int | float) for value in values) or not np.isfinite(values).all():
            raise ModelError("it gave a vector that is none")
        yield [float(value) for value in values]


def _place(folder: Path | None, identity: str, text: str) -> Path | None:
    digest = hashlib.sha256(json.dumps([identity, text]).encode()).hexdigest()
    return folder / _FOLDER / f"{digest}.json" if folder else None


def _kept(place: Path | None) -> list[float] | None:
    try:
        return list(map(float, json.loads(place.read_bytes()))) if place else None
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _keep(place: Path | None, vector: list[float]) -> None:
    if place:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, json.dumps([round(value, 6) for value in vector]))
