"""Problems in other people's formats, made up here: as they come, and as they go wrong."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def problem(name: str, prompt: str, body: str, test: str, entry: str = "f", **more: Any) -> dict[str, Any]:
    """Return a row as HumanEval has it."""
    head = {"task_id": name, "prompt": prompt, "entry_point": entry, "canonical_solution": body, "test": test}
    return {**head, **more}


def write_rows(path: Path, rows: list[dict[str, Any] | str]) -> Path:
    """Write JSON lines; a text goes in as it is."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


SPREAD = problem(
    "Own/0",
    'def spread(xs: list) -> float:\n    """Largest less smallest.\n    >>> spread([1.5, 4.0])\n    2.5\n    """\n',
    "    return float(max(xs) - min(xs))\n",
    "def check(candidate):\n"
    "    assert candidate([1.5, 4.0]) == 2.5\n"
    "    assert abs(candidate([0.1, 0.3, 7.7]) - 7.6) < 1e-6\n"
    "    assert candidate([3]) == 0\n",
    "spread",
)
LABELS = problem(
    "Own/1",
    'def labels(rows):\n    """Return the distinct labels, in any order."""\n',
    "    return sorted({row[1] for row in rows})\n",
    "def check(seen):\n"
    "    assert sorted(seen([(1, 'cat'), (2, 'dog'), (3, 'cat')])) == ['cat', 'dog']\n"
    "    assert sorted(seen([(1, 'owl'), (2, 'elk'), (3, 'ant')])) == ['ant', 'elk', 'owl']\n"
    "    assert seen([]) == []\n",
    "labels",
)
UNSHIFT = problem(
    "Own/2",
    "def shift(text, by):\n    return ''.join(chr((ord(c) - 97 + by) % 26 + 97) for c in text)\n\n\n"
    'def unshift(text, by):\n    """Undo what shift does."""\n',
    "    return shift(text, -by)\n",
    "def check(candidate):\n    import random\n    for _ in range(25):\n"
    "        text = ''.join(random.choice('abcdefgh') for _ in range(12))\n"
    "        by = random.randint(1, 25)\n        assert candidate(shift(text, by), by) == text\n",
    "unshift",
)
RATIO = problem(
    "Own/3",
    'def ratio(a, b):\n    """Return a/b and whether it is above one.\n    Raises ValueError if b is zero."""\n',
    "    if b == 0:\n        raise ValueError('b')\n    return [a / b, a > b]\n",
    "def check(candidate):\n    assert candidate(1, 4) == [0.25, False]\n    assert candidate(9, 8) == [1.125, True]\n"
    "    try:\n        candidate(1, 0)\n    except ValueError:\n        pass\n    else:\n        assert False\n",
    "ratio",
)
GOOD = [SPREAD, LABELS, UNSHIFT, RATIO]

HEAD = 'def f(x):\n    """Twice x."""\n'
TWICE = "    return 2 * x\n"
USUAL = "def check(candidate):\n    assert candidate(311) == 622\n    assert candidate(150) == 300\n"
BAD: dict[str, tuple[dict[str, Any] | str, str]] = {
    "Bad/wrong-solution": (problem("Bad/wrong-solution", HEAD, "    return 3 * x\n", USUAL), "fails its own check"),
    "Bad/no-python": (problem("Bad/no-python", HEAD, "    return 2 * x)\n", USUAL), "no Python: line 3"),
    "Bad/no-entry": (problem("Bad/no-entry", HEAD, TWICE, USUAL, "g"), "defines no function g"),
    "Bad/anything": (
        problem("Bad/anything", HEAD, TWICE, "def check(candidate):\n    assert candidate(1) or True\n"),
        "accepts any answer",
    ),
    "Bad/silent": (problem("Bad/silent", HEAD, TWICE, "def check(candidate):\n    pass\n"), "never calls"),
    "Bad/chance": (
        problem(
            "Bad/chance",
            HEAD,
            TWICE,
            "def check(candidate):\n    import os\n"
            "    x = int.from_bytes(os.urandom(8))\n    assert candidate(x) == 2 * x\n",
        ),
        "asks something else the second time",
    ),
    "Bad/state": (
        problem(
            "Bad/state",
            'def f(x):\n    """Double each, in place."""\n',
            "    x[:] = [2 * y for y in x]\n",
            "def check(candidate):\n    xs = [311, 7]\n    candidate(xs)\n    assert xs == [622, 14]\n",
        ),
        "looks at more than answers",
    ),
    "Bad/no-data": (
        problem(
            "Bad/no-data",
            'def f(x):\n    """A counter."""\n',
            "    return iter([x])\n",
            "def check(candidate):\n    assert next(candidate(311)) == 311\n",
        ),
        "asks for what is no data",
    ),
    "Bad/exit": (
        problem("Bad/exit", HEAD, "    import os\n    os._exit(0)\n", USUAL),
        "its check",
    ),
    "Bad/liar": (
        problem(
            "Bad/liar",
            HEAD,
            TWICE,
            USUAL
            + "    import sys\n    frame = sys._getframe()\n    while frame.f_back:\n        frame = frame.f_back\n"
            "        if 'Call' in frame.f_globals:\n"
            "            frame.f_globals['Call'].told = lambda self: {'plain': True, 'name': 'os.system'}\n",
        ),
        "something else than a recording",
    ),
    "line 15": ("{not json", "it is no JSON"),
    "Bad/typed": ({**problem("Bad/typed", HEAD, TWICE, USUAL), "entry_point": 7}, "entry_point"),
}


def hostile(canary: Path) -> dict[str, Any]:
    """Return a sound problem whose every piece tries to write a file on the way."""
    attempt = f"open({str(canary)!r}, 'a').write('ran')"
    tried = f"    try:\n        {attempt}\n    except OSError:\n        pass\n"
    prompt = f"try:\n    {attempt}\nexcept OSError:\n    pass\n\n\n{HEAD}"
    return problem(
        "Own/hostile",
        prompt,
        tried + TWICE,
        f"def check(candidate):\n{tried}    assert candidate(311) == 622\n    assert candidate(45) == 90\n",
    )
