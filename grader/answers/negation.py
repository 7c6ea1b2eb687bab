"""What a sentence denies: the stretches of it that stand under a negation, in English and Chinese.

A negation reaches forward over a window of words, to the end of its clause at most; a verdict such as "is wrong" or
是错误的 reaches back over all before it. Words that only look like negations (不断, 无监督, "not only") deny nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HARMLESS = re.compile(
    r"""\bnot\s(?:only|just|merely|simply|least|to\smention) | \bno\s(?:matter|doubt|later|sooner|less|fewer)\b
      | \bwithout\s(?:a\s)?(?:doubt|loss\sof\sgenerality) | \bnon-\w+ | \bno-op\b | \bif\snot\b | \bwhether\sor\snot\b
      | 不(?:仅|但|只是|止|单|断|同|过|变|等|足|少|论|管|妨|得不|稳|确定|可避免|可逆|可微|可导|平衡|均衡|动点)
      | 无(?:论|偏|监督|穷|限|界|量纲|序|损|约束|疑|需标签|标签|标注)
      | 非(?:常|线性|零|负|凸|空|对称|参数|监督|平凡|结构化) | 未(?:来|知|归一化|缩放|标注|训练) | 没错
      | 是否 | 否则 | 与否 | 能否 | 可否 | [差类识级区分性辨特判]别 | 别的 | 无不 | 不会不 | 不能不 | 不可不""",
    re.VERBOSE,
)
_FORWARD = re.compile(
    r"""\b(?:not|no|never|neither|nor|cannot|none|nothing|nobody|hardly|barely|scarcely|rarely|seldom)\b | n't\b
      | \b(?:dont|doesnt|didnt|isnt|arent|wasnt|werent|wont|cant|couldnt|shouldnt|wouldnt|hasnt|havent)\b
      | \b(?:rather\sthan|instead\sof|as\sopposed\sto|unlike|contrary\sto|anything\sbut)\b
      | 而非 | 并非 | 绝非 | 而不是 | 不 | 没有 | 没 | 无(?!关) | 非 | 未 | 勿 | 别 | 否认 | 毫无 | 很少 | 几乎不""",
    re.VERBOSE,
)
_INVERTING = re.compile(r"\bfail(?:s|ed|ing)?\sto\b|\bwithout\b|\black(?:s|ing|ed)?\b|\babsen(?:ce|t)\b|缺乏|缺少|失去")
"""They deny a few words that follow; under another negation they affirm them."""
_FEW = 3
_WHOLE = re.compile(
    r"""\b(?:it\sis|it's|it\swould\sbe|it\sis\sa|is\sit)\s(?:simply\s|just\s|a\s)*
            (?:false|wrong|incorrect|untrue|mistake|myth|misconception|mistaken)\b
      | \b(?:isn't|is\snot|not)\s(?:true|correct|right|the\scase|so)\sthat\b
      | \b(?:i|we|you|nobody|no\sone|one)\s(?:(?:do|can|should|would)(?:\snot|n't)|cannot|can't)\s
            (?:think|believe|agree|accept|say|claim|assume)\b
      | \b(?:i|we)\s(?:disagree|doubt|deny)\b
      | 并不是说 | 误以为 | 错误地认为 | 误认为
      | (?:不能|不可|不应|不应该)(?:认为|说) | (?:不|并不)(?:认为|同意|觉得|相信)""",
    re.VERBOSE,
)
_BACKWARD = re.compile(
    r"""\b(?:is|are|was|were|be|being|seems|sounds)\s(?:(?:simply|just|completely|also|both|plainly|a|all|common|frequent|popular)\s)*
            (?:false|wrong|incorrect|untrue|mistaken|myth|misconception|irrelevant|unrelated|nonsense|unnecessary
              |mistake)\b
      | (?:\bnot|n't)\s(?:true|correct|right|the\scase|the\sreason|the\scause|the\spoint|needed|necessary|matter
              |hold|apply)\b
      | \b(?:has|have|had)\s(?:nothing\sto\sdo|no\s(?:effect|influence|impact|role|bearing))\b
      | \bplays?\sno\s(?:role|part)\b | \bmakes?\sno\s(?:sense|difference)\b
      | 是?(?:错误|错|不对|不正确|不成立|不准确|不合理|假|误解|谬误)的?(?=[,。!?;)]|$|说法|观点|理解|认识|结论)
      | 无关 | 没有关系 | 没有影响 | 没有作用 | 不起作用 | 不重要 | 没有必要 | 不必要 | 并不存在 | 不存在""",
    re.VERBOSE,
)
_SUPPOSED = re.compile(
    r"""\bwithout\b | \bunless\b | \botherwise\b | \bif\b[^,;]{0,60}\b(?:not|no|un\w+)\b | \bif\b[^,;]{0,60}n't\b
      | (?:若|如果|要是|倘若|假如|假设|一旦)[^,]{0,8}(?:不|没有|无|未|缺) | 否则
      | 不[^,]{1,8}(?:的话|时|就) | 没有[^,]{1,10}(?:的话|时|就|,)""",
    re.VERBOSE,
)
"""Words that suppose the absence of something: what is denied under them is no contradiction."""
_BOUNDARY = re.compile(
    r"""[,:()\[\]"→] | \s--?\s
      | \b(?:but|however|while|whereas|although|though|yet|so|therefore|thus|hence|then|which|when|if)\b
      | \b(?:unless|until|since)\b
      | (?<!not\s)\b(?:because|as\sa\sresult)\b
      | 但 | 而是 | 却 | 然而 | 所以 | 因此 | 从而 | 于是 | 其实 | 实际上 | 反而
      | (?<!不是)(?<!并非)(?<!而非)因为""",
    re.VERBOSE,
)
_TURN = re.compile(
    r"\b(?:because|since|but|instead|rather|in\sfact|actually|while|whereas)\b|因为|而是|其实|实际上|但|应该是|事实上",
)
_TOKEN = re.compile(r"(?P<word>[a-z0-9_^'+*/.-]+)|(?P<han>[㐀-䶿一-鿿])")


@dataclass(frozen=True)
class Denial:
    """A stretch of a sentence that is denied, and the words that deny it."""

    start: int
    stop: int
    cause: tuple[int, int]

    def covers(self, start: int, stop: int) -> bool:
        """Tell whether it denies a stretch; a wording that holds the negation itself is not denied by it."""
        within = start <= self.cause[0] and self.cause[1] <= stop
        return self.start < stop and start < self.stop and not within

    def moved(self, by: int) -> Denial:
        """Return the same in a text that has so many characters before it."""
        return Denial(self.start + by, self.stop + by, (self.cause[0] + by, self.cause[1] + by))


def denials(text: str, window: int) -> tuple[Denial, ...]:
    """Return what a normalised sentence denies.

    Args:
        text: the sentence.
        window: words that a negation reaches; a Chinese character is half a word. With 0 nothing is denied.
    """
    if window == 0:
        return ()
    harmless = [match.span() for match in _HARMLESS.finditer(text)]
    return (*_forward(text, window, harmless), *_whole(text), *_backward(text, harmless))


def cues(text: str) -> tuple[str, ...]:
    """Return the words by which a normalised text denies, in the order of the alphabet."""
    harmless = [match.span() for match in _HARMLESS.finditer(text)]
    found = [match for pattern in (_FORWARD, _INVERTING, _WHOLE, _BACKWARD) for match in pattern.finditer(text)]
    return tuple(sorted(match[0] for match in found if not _inside(match.span(), harmless)))


def supposes(text: str) -> bool:
    """Tell whether a sentence speaks of what would be without something."""
    return _SUPPOSED.search(text) is not None


def turns(text: str) -> bool:
    """Tell whether a sentence gives a reason or turns, so that a denial of the whole is one of a part."""
    return _TURN.search(text) is not None


def _forward(text: str, window: int, harmless: list[tuple[int, int]]) -> Iterator[Denial]:
    plain = [match.span() for match in _FORWARD.finditer(text) if not _inside(match.span(), harmless)]
    for match in _INVERTING.finditer(text):
        before = [cause for cause in plain if 0 <= match.start() - cause[1] <= 12]
        if before:
            plain = [cause for cause in plain if cause not in before]
        else:
            yield Denial(match.end(), _reach(text, match.end(), min(window, _FEW)), match.span())
    for cause in plain:
        yield Denial(cause[1], _reach(text, cause[1], window), cause)


def _reach(text: str, start: int, window: int) -> int:
    """Return where a window of words ends, or the clause before it."""
    boundary = _BOUNDARY.search(text, start)
    end, left = boundary.start() if boundary else len(text), float(window)
    for token in _TOKEN.finditer(text, start, end):
        left -= 1.0 if token["word"] else 0.5
        if left < 0:
            return token.start()
    return end


def _whole(text: str) -> Iterator[Denial]:
    for match in _WHOLE.finditer(text):
        turn = _TURN.search(text, match.end())
        yield Denial(match.end(), turn.start() if turn else len(text), match.span())


def _backward(text: str, harmless: list[tuple[int, int]]) -> Iterator[Denial]:
    for match in _BACKWARD.finditer(text):
        if not _inside(match.span(), harmless):
            turns = [turn.end() for turn in _TURN.finditer(text, 0, match.start())]
            yield Denial(turns[-1] if turns else 0, match.start(), match.span())


def _inside(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= stop for start, stop in others)
