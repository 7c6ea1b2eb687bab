"""A transform of data: sequences of token ids cut and padded to one length, by one of three rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.draft.templates.template import Setting, Slots, Template, Translation

if TYPE_CHECKING:
    from collections.abc import Mapping


class TransformSlots(Slots):
    """What is open in the transform."""

    setting: Literal["reviews", "songs", "logs"]
    """What the sequences are."""
    rule: Literal["right", "left", "middle"]
    """Where sequences are padded, and what is cut off of long ones."""
    function: Literal["make_batch", "pad_batch", "collate"]
    sequences: Literal["sequences", "examples", "samples"]
    """The argument with lists of ids."""


SETTINGS = {
    "reviews": Setting(
        "Pad the reviews of a batch to one length",
        "A classifier reads reviews in batches, and in each batch some reviews are long while most of them are short.",
        Translation(title="把一批评论补齐到同一长度", story="分类器成批读取评论，每一批中有些评论很长，大多数则很短。"),
    ),
    "songs": Setting(
        "Pad the songs of a batch to one length",
        "A model continues melodies, and the sequences in a batch must have one length before it can read them.",
        Translation(title="把一批乐曲补齐到同一长度", story="模型续写旋律，一批音符序列必须先变成同样的长度才能读取。"),
    ),
    "logs": Setting(
        "Pad the sequences of a log to one length",
        "A model looks for faults in the logs of servers, and a batch of its sequences must become a rectangle first.",
        Translation(
            title="把一批日志序列补齐到同一长度", story="模型在服务器日志中寻找故障，一批序列必须先变成一个矩形。"
        ),
    ),
}

_RULES = {
    "right": {
        "cuten": "only its first `length` ids are kept",
        "cutzh": "只保留前 `length` 个 id",
        "paden": "at the end",
        "padzh": "在末尾",
        "cutcode": "kept = ids[:length]",
        "padcode": "padded, seen = kept + gap, [1] * len(kept) + [0] * len(gap)",
        "oraclecode": "place = column if column < min(len(ids), length) else None",
        "shortcut": "kept = list(itertools.islice(ids, length))",
        "shortpad": "rows.append([*kept, *gap])\nmasks.append([1 for _ in kept] + [0 for _ in gap])",
        "nearcut": "kept = ids[-length:]",
        "nearpad": "padded, seen = gap + kept, [0] * len(gap) + [1] * len(kept)",
    },
    "left": {
        "cuten": "only its last `length` ids are kept",
        "cutzh": "只保留最后 `length` 个 id",
        "paden": "at the beginning",
        "padzh": "在开头",
        "cutcode": "kept = ids[max(len(ids) - length, 0) :]",
        "padcode": "padded, seen = gap + kept, [0] * len(gap) + [1] * len(kept)",
        "oraclecode": "place = column + len(ids) - size\nplace = place if place >= 0 else None",
        "shortcut": "kept = list(collections.deque(ids, maxlen=length))",
        "shortpad": "rows.append([*gap, *kept])\nmasks.append([0 for _ in gap] + [1 for _ in kept])",
        "nearcut": "kept = ids[:length]",
        "nearpad": "padded, seen = kept + gap, [1] * len(kept) + [0] * len(gap)",
    },
    "middle": {
        "cuten": "ids are left out in the middle: its first `length` - `length` // 2 and last `length` // 2 are kept",
        "cutzh": "去掉中间的 id：保留前 `length` - `length` // 2 个和最后 `length` // 2 个",
        "paden": "at the end",
        "padzh": "在末尾",
        "cutcode": "back = length // 2\n"
        "kept = ids if len(ids) <= length else ids[: length - back] + ids[len(ids) - back :]",
        "padcode": "padded, seen = kept + gap, [1] * len(kept) + [0] * len(gap)",
        "oraclecode": "front = length - length // 2\nplace = column if column < len(ids) else None\n"
        "if len(ids) > length and column >= front:\n    place = column + len(ids) - length",
        "shortcut": "front = [id for place, id in enumerate(ids) if place < length - length // 2]\n"
        "back = [id for place, id in enumerate(ids) if place >= len(ids) - length // 2]\n"
        "kept = [*ids] if len(ids) <= length else front + back",
        "shortpad": "rows.append([*kept, *gap])\nmasks.append([1 for _ in kept] + [0 for _ in gap])",
        "nearcut": "back = length - length // 2\n"
        "kept = ids if len(ids) <= length else ids[: length - back] + ids[len(ids) - back :]",
        "nearpad": "padded, seen = gap + kept, [0] * len(gap) + [1] * len(kept)",
    },
}


def _values(slots: TransformSlots) -> Mapping[str, str]:
    """Return the rule: in words, in the reference, and in the other programs."""
    return _RULES[slots.rule]


TRANSFORM = Template(
    name="transform",
    summary="a batch of sequences of tokens, cut and padded to one length, with the mask of what is real",
    packages=(),
    skills=("python", "batching", "padding"),
    minutes=15,
    signature="(SLOT_sequences: list[list[int]], length: int, pad: int) -> tuple[list[list[int]], list[list[int]]]",
    slots=TransformSlots,
    names=("function", "sequences"),
    settings=SETTINGS,
    values=_values,
)
