"""Variants of a question: its parameters drawn anew, and its files with the drawn values where the old ones stood.

A question works as it stands, with a value of its own for each parameter, marked wherever it stands (`grader.markers`).
A variant is a whole question again, which everything else treats as one: it is loaded, proven and graded as such.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from typing import TYPE_CHECKING

import yaml

from grader.errors import InputError
from grader.expressions import Value, evaluate
from grader.files import write_whole
from grader.keyed import mac
from grader.markers import ENDINGS, files_of, filled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from grader.question import Question, Variants

Drawing = dict[str, Value]
"""A value for each parameter."""

PATIENCE = 200
"""Draws for each variant that is wanted, before there are taken to be no more."""
TAG_DIGITS = 6
_SPEC = "question.yaml"


def draw(question: Question, key: bytes, count: int) -> list[Drawing]:
    """Draw so many variants, no two alike and none that is the question itself.

    The value of a parameter in the n-th draw is HMAC-SHA256, keyed by `key`, over the question, n and the parameter's
    name: whoever has the key draws the same again, and nobody else can tell the next.

    Raises:
        InputError: the question declares no parameters, or too few values for so many variants.
    """
    variants = question.spec.variants
    if variants is None:
        raise InputError(f"{question.id} declares no variants", cure="Give its spec the key variants")
    seen, found = [variants.defaults], []
    for number in range(PATIENCE * count):
        drawing = {
            name: parameter.values[
                int.from_bytes(mac(key, question.qualified_id, str(number), name)[:8]) % len(parameter.values)
            ]
            for name, parameter in variants.parameters.items()
        }
        if drawing not in seen and allows(variants, drawing):
            seen.append(drawing)
            found.append(drawing)
            if len(found) == count:
                return found
    most = math.prod(len(parameter.values) for parameter in variants.parameters.values()) - 1
    raise InputError(
        f"{question.id} has only {len(found)} variants, of {most} combinations beside its own",
        cure="Ask for fewer, or give its parameters more values",
    )


def allows(variants: Variants, drawing: Mapping[str, Value]) -> bool:
    """Whether values meet every condition."""
    return all(bool(evaluate(condition, drawing)) for condition in variants.where)


def tag_of(drawing: Mapping[str, Value]) -> str:
    """Return what tells a variant's id from another's: digits of a digest of its values."""
    return hashlib.sha256(json.dumps(drawing, sort_keys=True).encode()).hexdigest()[:TAG_DIGITS]


def materialise(question: Question, drawing: Mapping[str, Value], bank: Path) -> Path:
    """Write a variant as a question of its own, and return its folder.

    Args:
        question: what it is a variant of.
        drawing: its values.
        bank: the folder that becomes a bank; the solutions go beside it.
    """
    name = f"{question.id}-{tag_of(drawing)}"
    folder = bank / question.spec.family / name
    own = bank.parent / "solutions" / question.spec.family / name
    for source, target in ((question.folder, folder), (question.solutions, own)):
        for path in files_of(source):
            _write(path, target / path.relative_to(source), drawing)
    spec = yaml.safe_load((question.folder / _SPEC).read_text(encoding="utf-8"))
    del spec["variants"]
    spec |= {"id": name, "variant": {"of": question.qualified_id, "values": dict(drawing)}}
    write_whole(folder / _SPEC, yaml.safe_dump(spec, sort_keys=False, allow_unicode=True))
    return folder


def _write(path: Path, target: Path, drawing: Mapping[str, Value]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in ENDINGS:
        write_whole(target, filled(path.read_text(encoding="utf-8"), path.suffix, drawing))
    else:
        shutil.copyfile(path, target)


def _drawn(values: Sequence[Value], digest: bytes) -> Value:
    return values[int.from_bytes(digest[:8]) % len(values)]
