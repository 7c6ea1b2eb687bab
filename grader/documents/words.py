"""The words by which interview documents mark their parts, in Chinese and English, and how they number their items."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a passage of an item is."""

    QUESTION = "question"
    ANSWER = "answer"
    ANALYSIS = "analysis"
    CODE = "code"
    POINTS = "points"
    META = "meta"
    """Of no use here: difficulty, tags."""


_WORDS: dict[Part, str] = {
    Part.QUESTION: "问题描述 题目描述 面试题目 面试题 面试问题 问题 题目 试题 题干 提问 问|interview question"
    "|problem statement|question|problem|exercise|prompt|q",
    Part.ANSWER: "参考答案 标准答案 答案解析 答案与解析 答案及解析 参考回答 示例答案 答案 回答 解答 答|sample answer"
    "|reference answer|model answer|expected answer|suggested answer|sample solution|answer|solution|a",
    Part.ANALYSIS: "详细解析 解题思路 解析 分析 思路 解释 说明 追问 提示 补充|explanation|analysis|rationale|discussion"
    "|notes|note|follow-up|follow up|hint|why it matters",
    Part.CODE: "示例代码 代码示例 参考代码 代码实现 实现代码 样例代码 源代码 代码 源码 示例|sample code|example code"
    "|code example|reference code|implementation|example|code",
    Part.POINTS: "关键要点 得分要点 评分要点 核心要点 评分标准 要点 关键点 得分点 评分点 采分点 考点 知识点|key points"
    "|key point|grading points|what to look for|takeaways|rubric|points",
    Part.META: "难度 标签 分类 来源 难度等级|difficulty|tags|tag|level|category|source|topic",
}


def _vocabulary() -> dict[str, Part]:
    found: dict[str, Part] = {}
    for part, words in _WORDS.items():
        chinese, _, english = words.partition("|")
        found.update(dict.fromkeys((*chinese.split(), *english.split("|")), part))
    return found


VOCABULARY = _vocabulary()
_WORD = "|".join(sorted(map(re.escape, VOCABULARY), key=len, reverse=True))
_OPEN, _CLOSE = r"(?P<open>\*\*|__|【|\[|<b>)", r"(?:\*\*|__|】|\]|</b>)"
_MARKER = re.compile(
    rf"\s*(?:>\s*)?(?:[-*+]\s+)?{_OPEN}?\s*(?P<word>{_WORD})\s*(?P<number>\d+|[一二三四五六七八九十]+)?\s*"
    rf"(?:(?P<colon>[:：])\s*{_CLOSE}?|{_CLOSE}\s*(?P<colon2>[:：])?|[.、)）]\s*{_CLOSE}?(?P<numbered>))\s*(?P<rest>.*)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\s*(?:(?:Q|No|Question|Problem|Exercise|问题|题目|面试题|第)\s*[.#]?\s*(?P<spoken>\d+)\s*(?:题|问)?\s*[.、:：)）\]】—-]*"
    r"|[(（\[【]?(?P<plain>\d+)\s*(?:[.、:：)）\]】]|\s-\s)(?!\d)"
    r"|第?(?P<chinese>[一二三四五六七八九十]+)(?:题|[、.:：）)]))\s*(?P<rest>.*)",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"\*\*|__|</?b>|</?strong>")


@dataclass(frozen=True)
class Marker:
    """A word that opens a part, with what follows on its line."""

    part: Part
    rest: str
    number: str = ""


def marker_of(line: str) -> Marker | None:
    """Return the marker that a line opens with, if any: `**答案：** ...`, `Q3: ...`, `【解析】`."""
    match = _MARKER.fullmatch(line)
    if match is None:
        return None
    word, number = match["word"].lower(), match["number"] or ""
    bold = match["open"] is not None
    if match["numbered"] is not None and not number:
        return None  # `A. ...` is one of several choices
    if not bold and not (match["colon"] or match["colon2"] or number):
        return None
    if bold and len(word) == 1 and word.isascii() and not (match["colon"] or match["colon2"] or number):
        return None
    rest = match["rest"].strip()
    # `**Question: what is it?**`: the emphasis ends with the line
    return Marker(VOCABULARY[word], rest.removesuffix("**").strip() if rest.count("**") % 2 else rest, number)


def part_of(heading: str) -> Part | None:
    """Return which part a heading names, if it names no more than that."""
    bare = re.sub(r"[\s:：*_【】\[\]]+", " ", heading).strip().lower()
    return VOCABULARY.get(bare)


def numbered(text: str) -> tuple[str, str]:
    """Split a text into its number, if it opens with one, and the rest: `3. Why?`, `Q3: Why?`, `第三题 ...`."""
    match = _NUMBER.fullmatch(plain(text))
    if match is None:
        return "", plain(text)
    return match["spoken"] or match["plain"] or match["chinese"], match["rest"].strip()


def is_arabic(number: str) -> bool:
    """Whether an item was numbered in digits; sections are rather numbered in Chinese."""
    return number.isdecimal()


def plain(text: str) -> str:
    """Return a text without its emphasis and its outer blanks."""
    return _EMPHASIS.sub("", text).strip()


def asks(text: str) -> bool:
    """Whether a text ends like a question."""
    return plain(text).rstrip("\"'”’）)*_ ").endswith(("?", "？"))
