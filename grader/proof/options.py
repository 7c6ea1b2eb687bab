"""Is a choice sound? No two options say the same, none tells by its form that it is right, every order is read."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING

from grader.answers import choice
from grader.answers.form import read_choice, write_form
from grader.answers.text import has_han, normalise
from grader.bank import statement
from grader.question import LANGUAGES
from grader.submission import Submission, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.question import Language
    from grader.rubric import ChoiceSpec, ConceptQuestion

DRAWS = 240
LEAST_OPTIONS = 3
LONGEST, SHORTEST = 1.25, 0.6
"""How long a right option may be, against the longest and the shortest wrong one."""
FREE_LENGTH = 12
"""Characters by which lengths may differ in any case; Chinese ones count double."""
_ABOVE = re.compile(
    r"""\b(?:all|none|any|both|neither|some)\b.{0,12}\b(?:above|below|these|other\soptions|options|answers)\b
      | \bboth\s\(?[a-j]\)?\sand\s\(?[a-j]\)? | \boptions?\s\(?[a-j]\b
      | 以上|上述(?:都|皆|全|均|选项)|以下(?:都|皆|全|均)|(?:都|皆|全|均)(?:对|错|正确|不对|不正确|是对)的?$
      | 选项[a-j]""",
    re.VERBOSE,
)


def option_faults(question: ConceptQuestion, spec: ChoiceSpec) -> Iterator[str]:
    """Yield everything that is wrong with the options."""
    if len(spec.options) < LEAST_OPTIONS:
        yield f"options: there are {len(spec.options)}, and {LEAST_OPTIONS} are asked for"
    for language in LANGUAGES:
        yield from _alike(spec, language)
        yield from _telling(spec, language)
        yield from _pointing(spec, language)
        yield from _leaking(question, spec, language)
    yield from _in_the_wrong_language(spec)


def _texts(spec: ChoiceSpec, language: Language) -> dict[str, str]:
    return {name: normalise(option.text.in_language(language)) for name, option in spec.options.items()}


def _alike(spec: ChoiceSpec, language: Language) -> Iterator[str]:
    bare = {name: re.sub(r"[\W_]+", "", text) or text for name, text in _texts(spec, language).items()}
    for one, other in combinations(bare, 2):
        if bare[one] == bare[other]:
            yield f"options: {one} and {other} are the same in {language!r}"


def _telling(spec: ChoiceSpec, language: Language) -> Iterator[str]:
    """Find right options whose length gives them away."""
    lengths = {name: sum(1 + has_han(sign) for sign in text) for name, text in _texts(spec, language).items()}
    wrong = [length for name, length in lengths.items() if name not in spec.right]
    for name in sorted(spec.right):
        if lengths[name] > max(max(wrong) * LONGEST, max(wrong) + FREE_LENGTH):
            yield f"options: {name} is right and by far the longest in {language!r}; shorten it, or say more in others"
        if lengths[name] < min(min(wrong) * SHORTEST, min(wrong) - FREE_LENGTH):
            yield f"options: {name} is right and by far the shortest in {language!r}; say more in it"


def _pointing(spec: ChoiceSpec, language: Language) -> Iterator[str]:
    for name, text in _texts(spec, language).items():
        found = _ABOVE.search(text)
        if found:
            yield f"options: {name} speaks of other options ({found[0]!r} in {language!r}), whose order is shuffled"


def _leaking(question: ConceptQuestion, spec: ChoiceSpec, language: Language) -> Iterator[str]:
    asked, texts = normalise(statement(question, language)), _texts(spec, language)
    for name in sorted(spec.right):
        if texts[name].strip(".。") in asked and not all(text.strip(".。") in asked for text in texts.values()):
            yield f"leak: the right option {name} stands in the statement in {language!r}"


def _in_the_wrong_language(spec: ChoiceSpec) -> Iterator[str]:
    for name, option in spec.options.items():
        if has_han(option.text.en):
            yield f"options: {name} has Chinese characters in its English text"
        if not has_han(option.text.in_language("zh")) and re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", option.text.en):
            yield f"options: {name} has no Chinese character in its Chinese text"


def form_faults(question: ConceptQuestion, spec: ChoiceSpec) -> Iterator[str]:
    """Hand in filled forms in many orders: what is chosen is read again, and every place is as good as another."""
    places: Counter[int] = Counter()
    for number in range(DRAWS):
        drawn = choice.draw(b"proof", question.qualified_id, str(number))
        order = choice.letters(spec, drawn)
        places.update(place for place, name in enumerate(order.values()) if name in spec.right)
        chosen = frozenset([list(spec.options)[number % len(spec.options)]]) if spec.choose == "one" else spec.right
        answer = ", ".join(letter for letter, name in order.items() if name in chosen)
        form = re.sub(r"(?m)^answer:.*$", f"answer: [{answer}]", write_form(question, drawn))
        read = read_choice(question, spec, Submission("answer.yaml", "", (Unit("answer.yaml", form),)))
        if read != chosen:
            yield f"form: {sorted(chosen)} was chosen in the order {list(order.values())}, and {sorted(read)} was read"
            return
    expected = DRAWS * len(spec.right) / len(spec.options)
    odd = [place for place in range(len(spec.options)) if abs(places[place] - expected) > 5 * expected**0.5]
    if odd:
        yield f"form: right options stand at place {odd[0] + 1} {places[odd[0]]} times of {DRAWS}"
