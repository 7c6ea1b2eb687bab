"""The words of an assessment's reports, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.question import Language

_ZH = {
    "Result": "结果",
    "Questions": "题目",
    "Scorecard": "评分卡",
    "Disclosure": "说明",
    "Walkthrough": "面谈提纲",
    "What this does not say": "结果不能说明什么",
    "question": "题目",
    "points": "得分",
    "state": "状态",
    "evidence": "依据",
    "total": "总分",
    "attempt {number}": "第 {number} 次",
    "not handed in": "未提交",
    "not graded yet": "尚未评分",
    "nothing received": "尚未收到",
    "{points} of {maximum} points": "{points} 分，共 {maximum} 分",
    "Received late: {part} of {reached} points count.": "迟交：{reached} 分中的 {part} 计入成绩。",
    "Received in time.": "按时收到。",
    "Nothing was received that counts.": "没有收到计入成绩的作答。",
    "Fill it in before you look at another's levels: {command}": "请在看到他人的评级之前填写：{command}",
    "The candidate's own words; none of it changes a point.": "应试者自己的陈述；不影响任何得分。",
    "Questions about the candidate's own code. What is said in answer counts, not that a line was chosen.": (
        "关于应试者自己代码的问题。重要的是回答，而不是选中了哪一行。"
    ),
    (
        "Points say what the checks saw: not how the code reads, nor how the candidate works with others, nor who "
        "wrote it. A person decides, and says why."
    ): "得分只反映检查所见：不反映代码是否易读、应试者如何与人合作、也不反映代码由谁所写。由人作出决定并说明理由。",
    "level {level}": "第 {level} 级",
    "{file}, line {line}": "{file} 第 {line} 行",
    "Cohort": "群体",
    "{count} candidates": "{count} 名应试者",
    "Distribution of the totals": "总分分布",
    "Totals": "总分",
    "candidate": "应试者",
    "percentile": "百分位",
    "decision": "决定",
    "Percentiles are not told under {enough} candidates.": "少于 {enough} 名应试者时不给出百分位。",
    "Candidates of form {form} are compared with each other alone.": "只与表格 {form} 的应试者相互比较。",
    "Agreement of the raters": "评分者一致性",
    "criterion": "标准",
    "rated twice": "两人评过",
    "weighted kappa": "加权 kappa",
    "too few": "太少",
    "Items": "检查",
    "item": "检查",
    "passed": "通过",
    "difficulty": "难度",
    "item-rest r": "题余相关",
    "Intervals are of 90%. Worth a look is what is bad in all of its interval.": (
        "区间为 90%。整个区间都不好的才值得一看。"
    ),
    "every question, check by check": "每道题、每项检查",
    "Contents": "目录",
}


def phrase(language: Language, text: str, **values: object) -> str:
    """Return a phrase in a language, with its values filled in."""
    return (_ZH[text] if language == "zh" else text).format(**values)
