"""A metric: the F score of a classifier of several classes, by one of four ways to average."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.draft.templates.template import Setting, Slots, Template, Translation

if TYPE_CHECKING:
    from collections.abc import Mapping


class MetricSlots(Slots):
    """What is open in the metric."""

    setting: Literal["defects", "documents", "signs"]
    """What is classified: defects on a production line, incoming documents, or traffic signs."""
    averaging: Literal["macro-zero", "macro-one", "macro-present", "weighted"]
    """How the classes are put together, and what becomes of one that neither side names."""
    beta: Literal["0.5", "2", "3"]
    """How many times as much recall counts as precision."""
    function: Literal["f_score", "score_classes", "mean_f_score"]
    truth: Literal["labels", "actual", "true_classes"]
    """The argument with the true classes."""
    guess: Literal["predicted", "answers", "found_classes"]
    """The argument with the predicted classes."""


SETTINGS = {
    "defects": Setting(
        "Score a classifier of surface defects",
        "A camera above a production line sorts steel plates by the kind of defect it sees, and the plant wants one "
        "number that tells how good it is.",
        Translation(
            title="为表面缺陷分类器打分", story="产线上方的相机按缺陷种类对钢板分类，工厂希望用一个数来衡量它的好坏。"
        ),
    ),
    "documents": Setting(
        "Score a classifier of incoming documents",
        "An office sorts every incoming letter by its kind with a language model, and wants one number that tells "
        "how good the sorting is.",
        Translation(
            title="为来文分类器打分", story="办公室用语言模型对每封来信按种类分拣，希望用一个数来衡量分拣的好坏。"
        ),
    ),
    "signs": Setting(
        "Score a classifier of traffic signs",
        "A car reads the traffic signs along the road, and its makers want one number that tells how good it is at "
        "telling them apart.",
        Translation(
            title="为交通标志分类器打分", story="汽车识别沿途的交通标志，厂商希望用一个数来衡量它区分标志的能力。"
        ),
    ),
}

_RULES = {
    "macro-zero": ("a score of 0", "得分记为 0"),
    "macro-one": ("a score of 1", "得分记为 1"),
}
_MEAN = (
    "The result is the mean of the scores of all `classes` classes.",
    "结果是全部 `classes` 个类别得分的平均值。",
)
_PRESENT = (
    "The result is the mean of the scores of the classes that occur on at least one side.",
    "结果是至少在一侧出现过的类别的得分平均值。",
)
_WEIGHTED = (
    "The result is the mean of the scores, each weighted by how often its class is the true one.",
    "结果是各类别得分的加权平均值，权重为该类别作为真实类别出现的次数。",
)
_LEFT_OUT = ("A class that occurs on neither side is left out.", "两侧都没有出现的类别不计入。")


def _values(slots: MetricSlots) -> Mapping[str, str]:
    """Return the rule of averaging: in words, in the reference, and in the oracle of the hidden suite."""
    rule = slots.averaging
    absent = "1.0" if rule == "macro-one" else "0.0"
    counts_absent = rule in _RULES
    english, chinese = {"macro-present": _PRESENT, "weighted": _WEIGHTED}.get(rule, _MEAN)
    if counts_absent:
        said, saidzh = _RULES[rule]
        absent_words = f"A class that occurs on neither side has {said}.", f"两侧都没有出现的类别，{saidzh}。"
    else:
        absent_words = _LEFT_OUT
    weight = "hits + misses" if rule == "weighted" else "1"
    return {
        "meanen": english,
        "meanzh": chinese,
        "absenten": absent_words[0],
        "absentzh": absent_words[1],
        "weight": weight,
        "absentcode": f"scores.append({absent})\nweights.append(1)" if counts_absent else "continue",
        "absentshort": f"scores[label] = {absent}" if counts_absent else "del counts[label]",
        "oracleabsent": f"pairs.append(({absent}, 1))" if counts_absent else "pass",
        "oracleweight": "truly" if rule == "weighted" else "1",
        "otherabsent": "scores.append(0.0)\nweights.append(1)" if absent == "1.0" or not counts_absent
        else "scores.append(1.0)\nweights.append(1)",
        "otherweight": "1" if rule == "weighted" else "hits + misses",
    }  # fmt: skip


METRIC = Template(
    name="metric",
    summary="the F-beta score of a classifier of several classes, averaged over the classes",
    signature="(SLOT_truth: list[int], SLOT_guess: list[int], classes: int) -> float",
    packages=(),
    skills=("python", "evaluation", "classification"),
    minutes=20,
    slots=MetricSlots,
    names=("function", "truth", "guess"),
    settings=SETTINGS,
    values=_values,
)
