"""Whether a sentence says something, or is a list of terms: the defence against keyword stuffing.

A statement has a predicate, and is no list of which most members have none. It is judged by its shape alone: whether
what it says is right is for the key points to tell.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_LEXICON = Path(__file__).parent / "lexicon.txt"
_SHAPES = ("", "s", "es", "ed", "d", "ing")
_PREDICATES_ZH = re.compile(
    r"""是|(?<![机社])会|使|让|把|被|将|为了|因为|由于|因此|所以|从而|导致|造成|引起|变|保持|需要|需|应|可以|可能
      | (?<![性功智技])能|就|才|(?<![规正原准法])则|便|用来|用于|等于|大于|小于|增|减|降|升|提高|改善|防止|避免|避开
      | 阻止|学到|记住|得到|产生|生成|依赖|取决|忽略|丢失|保留|表示|意味|说明|反映|满足|属于|(?<!所)有|没|不|来自|通过
      | 采用|进行|对应|除以|乘|加上|相加|混淆|进入|趋|接近|落|越|更|太|很|几乎|难以|由|(?<!未)来|选|挑|评估
      | (?<!作)用|取|求|做|给|占|共|存|超过|剩|按|加权|成""",
    re.VERBOSE,
)
_EVENTS_ZH = re.compile(r"消失|爆炸|饱和|收敛|震荡|过拟合|泄露|泄漏|更新|影响|利用|裁剪|训练|学习|预测|计算")
"""Predicates in a clause, names in a list."""
_RELATION = re.compile(r"→|->|=>|[=<>≈≤≥]")
_SEPARATOR = re.compile(r"[,、/|+&]|\band\b|\bor\b|\bas well as\b|以及|\s-\s")
_SEPARATOR_ZH = re.compile(r"和|与|及(?!时)")
"""Within an enumeration only: elsewhere the words join what a clause is about."""
_EMPTY = re.compile(
    r"""\b(?:is|are|was)\s(?:all\s)?(?:about|on|regarding|concerning)\b | \b(?:key\s?words?|terms?|topics?|concepts?)\b
      | \bhas\sto\sdo\swith\b | 关键词 | 关键字 | 有关 | 关于 | 涉及 | 包括 | 包含""",
    re.VERBOSE,
)
"""What looks like a predicate, and only announces a list."""
_WORD = re.compile(r"[a-z0-9_^][a-z0-9_^'-]*")
_ARTICLES = re.compile(r"\b(?:the|a|an|of|to|in|on|for)\b")
_HAN = re.compile(r"[㐀-䶿一-鿿]")
_LONG, _LEAST_GLUE = 7, 0.15
_MEMBERS, _LONG_MEMBERS = 3, 4


def _inflected(verb: str) -> set[str]:
    stem = verb.removesuffix("e")
    doubled = f"{verb}{verb[-1]}"
    plain = {f"{base}{ending}" for base in (verb, stem) for ending in _SHAPES if base == verb or ending}
    soft = {f"{verb[:-1]}ies", f"{verb[:-1]}ied"} if verb.endswith("y") else set()
    return plain | soft | {f"{doubled}ed", f"{doubled}ing"}


@cache
def _lexicon() -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that are predicates, and those that join others."""
    text = _LEXICON.read_text(encoding="utf-8")
    verbs, forms, glue = (part.partition("\n")[2].split() for part in text.split("# ")[1:])
    return frozenset(forms).union(*map(_inflected, verbs)), frozenset(glue)


def is_statement(text: str) -> bool:
    """Tell whether a normalised sentence says something, rather than only naming things."""
    bare = _EMPTY.sub(" ", text)
    if text.rstrip("\"') ").endswith("?"):
        return False  # a question claims nothing
    if not _has_predicate(bare, bare) or _is_salad(bare):
        return False
    listed = _SEPARATOR_ZH.sub("、", bare) if "、" in bare else bare
    members = [member for member in _SEPARATOR.split(listed) if _size(member)]
    claims = sum(_has_predicate(member, bare) and _size(_ARTICLES.sub("", member)) >= 2 for member in members)
    return len(members) < _MEMBERS or 2 * claims >= len(members) or _size(bare) > _LONG_MEMBERS * len(members)


def _has_predicate(part: str, sentence: str) -> bool:
    if _RELATION.search(part) or _PREDICATES_ZH.search(part) or ("、" not in sentence and _EVENTS_ZH.search(part)):
        return True
    return not _lexicon()[0].isdisjoint(_WORD.findall(part))


def _is_salad(text: str) -> bool:
    """Tell whether many English words stand side by side with hardly one that joins them."""
    words = _WORD.findall(text)
    if _HAN.search(text) or len(words) < _LONG or _RELATION.search(text):
        return False
    return sum(word in _lexicon()[1] for word in words) < _LEAST_GLUE * len(words)


def _size(text: str) -> float:
    """Return the number of words; two Chinese characters are one."""
    return len(_WORD.findall(text)) + len(_HAN.findall(text)) / 2
