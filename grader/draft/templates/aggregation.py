"""An aggregation rule: what clients send in federated training, put together so that a few bad ones do no harm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from grader.draft.templates.template import Setting, Slots, Template, Translation

if TYPE_CHECKING:
    from collections.abc import Mapping


class AggregationSlots(Slots):
    """What is open in the aggregation rule."""

    setting: Literal["phones", "hospitals", "sensors"]
    """Who the clients are."""
    rule: Literal["median", "trimmed-1", "trimmed-2"]
    """The median of each coordinate, or the mean without so many of the largest and of the smallest."""
    function: Literal["aggregate", "merge_updates", "combine_clients"]
    updates: Literal["updates", "contributions", "client_lists"]
    """The argument with a list of numbers from each client."""


SETTINGS = {
    "phones": Setting(
        "Aggregate the updates of many phones",
        "A keyboard learns on the phones of its users, and a few of them send updates that are broken or hostile.",
        Translation(title="聚合众多手机的更新", story="输入法在用户的手机上学习，其中少数手机会发来损坏或恶意的更新。"),
    ),
    "hospitals": Setting(
        "Aggregate the updates of several hospitals",
        "Several hospitals train one model without sharing their records, and nobody can look into what each of them "
        "sends.",
        Translation(
            title="聚合多家医院的更新",
            story="多家医院在不共享病历的情况下共同训练一个模型，没有人能检查每家发来的内容。",
        ),
    ),
    "sensors": Setting(
        "Aggregate the updates of wind turbines",
        "Wind turbines learn to foresee their own faults, and now and then the sensors of one of them send nonsense.",
        Translation(
            title="聚合风力发电机的更新",
            story="风力发电机学习预测自身的故障，而某一台的传感器偶尔会发来无意义的数据。",
        ),
    ),
}  # fmt: skip


_MEDIAN = {
    "ruleen": "the median of the clients' numbers at that place; of an even number of them, the mean of the middle two",
    "rulezh": "各客户端在该位置上的数的中位数；客户端个数为偶数时，取中间两个数的平均值",
    "fewen": "there is no client",
    "fewzh": "没有客户端",
    "least": "1",
    "rulecode": "middle = len(ordered) // 2\nresult.append((ordered[middle] + ordered[-1 - middle]) / 2)",
    "shortcode": "statistics.median(column)",
    "oraclecode": "rest = sorted(column)\nwhile len(rest) > 2:\n    rest = rest[1:-1]\n"
    "found.append(sum(rest) / len(rest))",
    "nearcode": "result.append(ordered[len(ordered) // 2])",
    "clientcode": "kept = [sorted({updates}, key=sum)[len({updates}) // 2]]",
}
_TRIMMED = {
    "ruleen": "the mean of the clients' numbers at that place, {each} of them left out",
    "rulezh": "各客户端在该位置上的数去掉{each_zh}之后的平均值",
    "fewen": "no number would be left",
    "fewzh": "去掉之后一个数也不剩",
    "least": "{least}",
    "rulecode": "kept = ordered[{count} : len(ordered) - {count}]\nresult.append(sum(kept) / len(kept))",
    "shortcode": "statistics.fmean(sorted(column)[{count}:-{count}])",
    "oraclecode": "rest = list(column)\nfor _ in range({count}):\n    rest.remove(max(rest))\n"
    "    rest.remove(min(rest))\n"
    "found.append(sum(rest) / len(rest))",
    "nearcode": "kept = ordered[: len(ordered) - {count}]\nresult.append(sum(kept) / len(kept))",
    "clientcode": "kept = sorted({updates}, key=sum)[{count}:-{count}]",
}
_EACH = {
    "1": ("the largest and the smallest", "最大和最小的各一个"),
    "2": ("the two largest and the two smallest", "最大和最小的各两个"),
}


def _values(slots: AggregationSlots) -> Mapping[str, str]:
    """Return the rule: in words, in the reference, and in the other programs."""
    if slots.rule == "median":
        return {name: text.format(updates=slots.updates) for name, text in _MEDIAN.items()}
    count = slots.rule.removeprefix("trimmed-")
    each, each_zh = _EACH[count]
    known = {"count": count, "each": each, "each_zh": each_zh, "least": 2 * int(count) + 1, "updates": slots.updates}
    return {name: text.format(**known) for name, text in _TRIMMED.items()}


AGGREGATION = Template(
    name="aggregation",
    summary="a robust aggregation of the clients' updates in federated training, coordinate by coordinate",
    packages=(),
    skills=("python", "federated-learning", "robustness"),
    minutes=15,
    signature="(SLOT_updates: list[list[float]]) -> list[float]",
    slots=AggregationSlots,
    names=("function", "updates"),
    settings=SETTINGS,
    values=_values,
)
