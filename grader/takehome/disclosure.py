"""The disclosure form: what a candidate says of how an answer came about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.question import Language

_EN = """\
# How your answer came about. It changes no points; whoever talks with you will have read it.
# Text stands between three quotes, over several lines if you like.

minutes = 0          # how long you worked, roughly
begun = ""           # when you began, if you noted it, like 2026-12-01T09:00+01:00

# Which AI assistants you used, and for what{required}.
assistants = ''''''

# Who else, or what else, helped you.
help = ''''''

# What you know is missing, or would do with more time.
gaps = ''''''
"""
_ZH = """\
# 你的作答是怎样完成的。它不影响分数；与你交谈的人会读到。
# 文本写在三个引号之间，可以写多行。

minutes = 0          # 大约用了多少分钟
begun = ""           # 开始的时间（如有记录），例如 2026-12-01T09:00+01:00

# 用了哪些 AI 助手，用在哪里{required}。
assistants = ''''''

# 还有谁或什么帮助了你。
help = ''''''

# 你知道还缺什么，或者有更多时间会做什么。
gaps = ''''''
"""
_FORMS: dict[Language, tuple[str, str]] = {"en": (_EN, '; "none" if none'), "zh": (_ZH, '；没有则写 "none"')}


def disclosure_form(language: Language, *, required: bool) -> str:
    """Return the text of `disclosure.toml`; `required` says that assistants must be named, or their absence."""
    text, must = _FORMS[language]
    return text.replace("{required}", must if required else "")
