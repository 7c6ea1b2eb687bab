"""The words of the reports: outcomes, statuses, numbers and labels, in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.question import Quantity
from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from grader.question import Language
    from grader.verdict import Detail

_OUTCOMES_ZH = {
    Outcome.PASSED: "通过",
    Outcome.FAILED: "结果错误",
    Outcome.ERROR: "抛出了异常",
    Outcome.TIMEOUT: "用时过长",
    Outcome.MEMORY: "占用内存过多",
    Outcome.OUTPUT: "输出或写入过多",
    Outcome.PROCESSES: "启动了过多进程或线程",
    Outcome.DESCRIPTORS: "同时打开了过多文件",
    Outcome.CRASHED: "结束了自己的进程",
    Outcome.SLOW: "结果正确，但太慢",
    Outcome.HEAVY: "结果正确，但占用内存过多",
    Outcome.FORBIDDEN: "使用了题目禁止的内容",
    Outcome.NOT_MET: "回答中没有说明",
    Outcome.CONTRADICTED: "与回答相矛盾",
    Outcome.UNDECIDED: "等待人工判定",
    Outcome.NOT_RUN: "没有运行，因为限额在此之前已经用完",
    Outcome.BROKEN: "无法评分：是评分器或测试集的问题，与提交无关",
}

_STATUSES: dict[Status, dict[Language, str]] = {
    Status.ACCEPTED: {"en": "accepted", "zh": "通过"},
    Status.PARTIAL: {"en": "partial", "zh": "部分通过"},
    Status.REJECTED: {"en": "rejected", "zh": "未通过"},
    Status.PROVISIONAL: {"en": "provisional", "zh": "暂定"},
    Status.INVALID: {"en": "invalid", "zh": "无效"},
    Status.UNGRADED: {"en": "not graded", "zh": "未评分"},
    Status.BROKEN: {"en": "grader broken", "zh": "评分器故障"},
}

_EXPLANATIONS: dict[Status, dict[Language, str]] = {
    Status.PROVISIONAL: {
        "en": "A person has still to look at a part of the answer. Until then there are no points.",
        "zh": "回答的一部分尚待人工判定。在此之前没有得分。",
    },
    Status.INVALID: {"en": "There is nothing to grade.", "zh": "没有可以评分的内容。"},
    Status.UNGRADED: {
        "en": "This machine lacks what the question needs. It does not count against the submission.",
        "zh": "本机缺少本题所需的条件。这不计入成绩。",
    },
    Status.BROKEN: {
        "en": "The grader could not do its work: our fault, and it does not count against the submission.",
        "zh": "评分器没能完成工作。这是我们的问题，不计入成绩。",
    },
}

_ZH = {
    "message": "信息",
    "call": "调用",
    "expected": "期望",
    "got": "实际",
    "difference": "差异",
    "example": "反例",
    "exception": "异常",
    "model": "模型",
    "passage": "其余内容",
    "decision": "人工判定",
    "{stance}: {quote}": "{stance}：{quote}",
    "met": "说到",
    "contradicted": "相矛盾",
    "not met": "没有说到",
    "unclear": "无法判断",
    "Waiting for a person": "等待人工判定",
    "Found by a model or a person": "由模型或人工判定通过",
    "key point": "要点",
    "answer": "回答",
    "left over": "尚未归入要点",
    "place": "相关位置",
    "why": "原因",
    "{count} answers wait": "{count} 份回答等待判定",
    "{count} others are nearly the same. What they say instead:": "另有 {count} 份几乎相同。不同之处：",
    "the same words": "用词相同",
    "Audit of what was settled without a person": "对未经人工判定部分的抽查",
    "{agreed} of {looks} alike": "{looks} 处中 {agreed} 处一致",
    "{count} right points had been missed": "漏判 {count} 处正确要点",
    "{count} points had been given wrongly": "误给 {count} 处得分",
    "too few, or too much alike, for a kappa": "数量太少或结果过于一致，无法计算 kappa",
    "high enough to go on without a person": "足够高，可以不经人工判定",
    "let a person judge: `referee: person`": "请交由人工判定：`referee: person`",
    "hint": "提示",
    "public": "公开",
    "hidden": "隐藏",
    "{points} of {maximum} points": "{points} / {maximum} 分",
    "{points} of {maximum} point": "{points} / {maximum} 分",
    "{points} points": "{points} 分",
    "{points} point": "{points} 分",
    "Points": "得分",
    "Failing checks": "未通过的检查",
    "Hidden checks": "隐藏检查",
    "hidden checks: {group}": "隐藏检查：{group}",
    "{count} checks": "{count} 项检查",
    "Performance": "性能",
    "must be at least {limit}× as fast as {against}": "速度至少为对照（{against}）的 {limit} 倍",
    "may take at most {limit}× the time of {against}": "用时最多为对照（{against}）的 {limit} 倍",
    "measured {ratio}×, between {low}× and {high}×": "实测 {ratio} 倍，区间 {low} 至 {high} 倍",
    "must need at least {limit}× less memory than {against}": "占用内存最多为对照（{against}）的 {limit} 分之一",
    "may need at most {limit}× the memory of {against}": "占用内存最多为对照（{against}）的 {limit} 倍",
    "a simple solution": "简单解法",
    "our solution": "我们的解法",
    "{measured}; {limit}": "{measured}；{limit}",
    "{pairs} pairs": "{pairs} 对",
    "too slow": "太慢",
    "fast enough": "够快",
    "too heavy": "占用内存过多",
    "lean enough": "内存够省",
    "undecided after all rounds, counted for the submission": "测完仍无法判定，按通过计",
    "Limits": "限额",
    "time": "时间",
    "CPU": "CPU",
    "memory": "内存",
    "{used} of {limit}": "{used} / {limit}",
    "Its process ended early and was started {count} times.": "它的进程提前结束，共启动了 {count} 次。",
    "Another verdict came out:": "得到了不同的评分结果：",
    "The same verdict came out: {status}, {score}": "得到了相同的评分结果：{status}，{score}",
    "changed: {files}": "已改动：{files}",
    "{count} of {total} verdicts change": "{total} 份评分结果中有 {count} 份改变",
    "not there": "不存在",
    "then {before}, now {after}": "当时为 {before}，现在为 {after}",
    "{count} submissions": "{count} 份提交",
    "{count} copies of another": "{count} 份与他人相同",
    "mean {mean}, median {median}": "平均 {mean}，中位数 {median}",
    "Distribution of the points": "得分分布",
    "Passed by nobody": "无人通过",
    "Passed by everybody": "人人通过",
    "Slowest": "最慢",
    "Not graded": "未能评分",
    "and {count} more": "等，另有 {count} 项",
    "Notes": "说明",
    "Output of the submission": "提交的输出",
    "The submission printed something. It is not shown, because it may repeat hidden inputs.": (
        "提交有输出。因其可能含有隐藏输入，此处不显示。"
    ),
    "… and {count} more lines": "……还有 {count} 行",
    "… and {count} more characters": "……还有 {count} 个字符",
    "… and {count} more calls": "……还有 {count} 层调用",
    "{file}, line {line}": "{file} 第 {line} 行",
    "{file}, line {line}, column {column}": "{file} 第 {line} 行第 {column} 列",
    "{place}, in {function}": "{place}，{function} 中",
    "isolation {level}: {layers}": "隔离 {level}：{layers}",
    "missing: {layers}": "缺少：{layers}",
    "none": "无",
    "seed {seed}, rerun exactly with --seed {seed}": "种子 {seed}，用 --seed {seed} 可精确重跑",
    "nothing has changed": "没有变化",
    "points: {before} → {after}": "得分：{before} → {after}",
    "passing now: {names}": "现在通过：{names}",
    "failing now: {names}": "现在未通过：{names}",
    "hidden checks failing: {group}: {count}": "未通过的隐藏检查：{group}：{count}",
    "Since {time}": "与 {time} 相比",
    "Graded in {seconds} s. Watching {file}; Ctrl-C ends.": "评分用时 {seconds} 秒。正在监视 {file}；按 Ctrl-C 结束。",
    "Watching {file}; Ctrl-C ends.": "正在监视 {file}；按 Ctrl-C 结束。",
    "The question has changed and is made ready anew.": "题目已更改，正在重新准备。",
    "Nothing was graded.": "没有进行评分。",
    "Graded {count} times since {time}; the last was {standing}.": (
        "自 {time} 起共评分 {count} 次；最后一次：{standing}。"
    ),
    "Graded once, at {time}: {standing}.": "评分一次，{time}：{standing}。",
    "For the reviewer": "供评审者",
    "question": "题目",
    "family": "类别",
    "kind": "形式",
    "difficulty": "难度",
    "minutes": "分钟",
    "topic": "主题",
    "proof": "验证",
    "{count} questions, {minutes} minutes": "{count} 道题，{minutes} 分钟",
    "easy": "简单",
    "medium": "中等",
    "hard": "困难",
    "code": "编程",
    "choice": "选择题",
    "short": "简答题",
    "Choose one": "选择一项",
    "Choose every right one": "选择所有正确的选项",
    "{count} minutes": "{count} 分钟",
    "Hand in": "提交内容",
    "Define": "需要定义",
    "Packages": "可用的包",
    "Forbidden": "禁止使用",
    "Checks": "检查",
    "processes": "进程",
    "output": "输出",
    "disk": "磁盘",
    "per check": "每项检查",
    "Worth a look": "值得一看",
    "Contents": "目录",
    "Results of a batch": "批量评分结果",
    "{count} candidates": "{count} 名考生",
    "{count} candidate": "{count} 名考生",
    "{count} questions": "{count} 道题",
    "{count} question": "{count} 道题",
    "{count} submission": "{count} 份提交",
    "Overview": "概览",
    "Grades": "成绩",
    "Checks, hardest first": "检查（由难到易）",
    "Candidates and checks": "考生与检查",
    "Candidates and checks, most points first": "考生与检查（得分由高到低）",
    "same content as {candidate}": "内容与 {candidate} 相同",
    "candidate": "考生",
    "status": "状态",
    "check": "检查",
    "passed": "通过",
    "total": "总分",
    "submissions": "提交数",
    "mean": "平均",
    "median": "中位数",
    "accepted": "满分",
    "no points": "零分",
    "not graded": "未评分",
    "Public checks": "公开检查",
    "Source": "源代码",
    "How it was graded": "评分方式",
    "group": "分组",
    "resource": "资源",
    "used": "已用",
    "limit": "限额",
    "share": "占比",
    "where": "位置",
    "Measured ratio and limit": "实测比值与限额",
    "A dot is one pair, the first on top. Line and band: the measured ratio and its interval.": (
        "每个点为一对测量，最先的在上。线与色带：实测比值及其区间。"
    ),
    "Line and band: the measured ratio and its interval.": "线与色带：实测比值及其区间。",
    "isolation": "隔离",
    "layers": "隔离层",
    "versions": "版本",
    "duration": "用时",
    "seed": "种子",
    "content": "内容",
    "rerun": "重跑",
}
"""English phrase to Chinese phrase; the English one is the key."""


def say(language: Language, phrase: str, **values: object) -> str:
    """Return a phrase of the table in `language`, with its values filled in."""
    return (_ZH[phrase] if language == "zh" else phrase).format(**values)


def outcome_sentence(outcome: Outcome, language: Language) -> str:
    """Say what became of a check."""
    return _OUTCOMES_ZH[outcome] if language == "zh" else outcome.sentence


def status_word(status: Status, language: Language) -> str:
    """Name what became of a submission."""
    return _STATUSES[status][language]


def status_explanation(status: Status, language: Language) -> str:
    """Say why a submission has no result; an empty string where it has one."""
    return _EXPLANATIONS.get(status, {}).get(language, "")


def judging_rows(detail: Detail, language: Language) -> list[tuple[str, str]]:
    """Return label and text for what a model and a person said, and for the passage that one of them has to judge."""
    rows = [("passage", detail.passage)] if detail.passage else []
    for opinion in detail.opinions:
        said = say(language, opinion.stance.value) + (f" ({opinion.fault})" if opinion.fault else "")
        quoted = say(language, "{stance}: {quote}", stance=said, quote=opinion.quote) if opinion.quote else said
        rows.append(("model", quoted))
    if detail.decision is not None:
        decided = detail.decision
        stance = say(language, "met" if decided.met else "not met")
        rows.append(("decision", f"{stance}, {decided.by}, {decided.time}: {decided.reason}"))
    return rows


def repeats(message: str, detail: Detail) -> bool:
    """Tell whether every line of a message stands in the details already."""
    known = "\n".join(filter(None, (detail.difference, detail.exception, detail.expected, detail.actual)))
    lines = [line.strip().removeprefix("expected ").removeprefix("got ").strip() for line in message.split("\n")]
    return all(line in known for line in lines)


def number(value: float) -> str:
    """Write a number with at most two decimals, and none where none are needed."""
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")  # + 0.0 makes -0.0 plain


def factor(value: float) -> str:
    """Write a ratio with three significant digits."""
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def size(count: float) -> str:
    """Write a number of bytes, as in `1.5 GiB`."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{number(count)} {unit}"
        count /= 1024
    return f"{number(count)} GiB"


def seconds(value: float) -> str:
    """Write a time, as in `1.25 s` or `3 ms`."""
    return f"{value * 1000:.0f} ms" if 0 < value < 0.1 else f"{number(value)} s"


def score(points: float, maximum: float, language: Language) -> str:
    """Write `2 of 3 points`."""
    phrase = "{points} of {maximum} point" if maximum == 1 else "{points} of {maximum} points"
    return say(language, phrase, points=number(points), maximum=number(maximum))


def worth(points: float, language: Language) -> str:
    """Write `3 points`."""
    return say(language, "{points} point" if points == 1 else "{points} points", points=number(points))


_ASKED = {
    Quantity.TIME: (
        "must be at least {limit}× as fast as {against}",
        "may take at most {limit}× the time of {against}",
    ),
    Quantity.MEMORY: (
        "must need at least {limit}× less memory than {against}",
        "may need at most {limit}× the memory of {against}",
    ),
}
_ENOUGH = {Quantity.TIME: ("too slow", "fast enough"), Quantity.MEMORY: ("too heavy", "lean enough")}


def speed_limit(limit: float, against: str, language: Language, quantity: Quantity = Quantity.TIME) -> str:
    """Say what a performance check asks for; `limit` is the largest allowed ratio of times, or of memory."""
    less, more = _ASKED[quantity]
    phrase, shown = (less, 1 / limit) if limit < 1 else (more, limit)
    return say(language, phrase, limit=factor(shown), against=against)


def speed_word(quantity: Quantity, language: Language, *, passed: bool) -> str:
    """Say in two words whether a performance check was passed."""
    return say(language, _ENOUGH[quantity][passed])


def our_solution(limit: float) -> str:
    """Name what a candidate is measured against: one that must be beaten is a simple one."""
    return "a simple solution" if limit < 1 else "our solution"


def speed_measured(limit: float, ratio: float, low: float, high: float, language: Language) -> str:
    """Say what was measured, the same way round as `speed_limit` says the limit."""
    if limit < 1:
        ratio, low, high = _inverse(ratio), _inverse(high), _inverse(low)
    phrase = "measured {ratio}×, between {low}× and {high}×"
    return say(language, phrase, ratio=factor(ratio), low=factor(low), high=factor(high))


def _inverse(ratio: float) -> float:
    return 1 / ratio if ratio else float("inf")
