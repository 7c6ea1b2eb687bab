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

_SCALED = "import numpy as np\n\n\ndef scaled(x, by):\n    return np.array(x) * by\n"
_META = '{"id": %d, "title": "Sample %d", "difficulty": "%s", "category": "Linear algebra", "likes": 3}'


def _deep_ml(number: int, solution: str, tests: list[tuple[str, str]], difficulty: str = "easy") -> dict[str, str]:
    listed = [{"test": test, "expected_output": output} for test, output in tests]
    return {
        "meta.json": _META % (number, number, difficulty),
        "description.md": "Do as the name says.\n",
        "example.json": json.dumps({"input": "x = [8.5]", "output": "[17.0]", "reasoning": "two of them"}),
        "solution.py": solution,
        "starter_code.py": "",
        "tests.json": json.dumps(listed),
    }


DEEP_ML: dict[str, dict[str, str]] = {
    "1_doubled": _deep_ml(
        1,
        "def doubled(xs):\n    return [2 * x for x in xs]\n",
        [
            ("print(doubled([8.5]))", "[17.0]"),
            ("print(doubled([311, 7]))", "[622, 14]"),
            ("print(doubled([45]))", "[90]"),
        ],
    ),
    "2_scaled": _deep_ml(
        2,
        _SCALED,
        [
            ("print(np.round(scaled([1.0, 2.0], 1.37), 3))", "[1.37 2.74]"),
            ("x = [0.311, 4.0]\nprint(np.round(scaled(x, 3.0), 3))", "[ 0.933 12.   ]"),
        ],
    ),
    "3_wrong": _deep_ml(3, _SCALED, [("print(scaled([1], 2))", "[3]")]),
    "4_broken": {name: text for name, text in _deep_ml(4, "", []).items() if name != "solution.py"},
    "5_odd": _deep_ml(5, _SCALED, [], "fiendish"),
}


def _cell(kind: str, source: str, **facts: object) -> dict[str, Any]:
    metadata = {"nbgrader": {"schema_version": 3, "grade_id": "x", **facts}} if facts else {}
    body: dict[str, Any] = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "metadata": metadata, "source": source.splitlines(keepends=True), **body}


_SOLVED: dict[str, Any] = {"grade": False, "solution": True, "locked": False}
_TESTED: dict[str, Any] = {"grade": True, "solution": False, "locked": True, "points": 2}
NOTEBOOKS: dict[str, list[dict[str, Any]]] = {
    "unit1/squares.ipynb": [
        _cell("markdown", "# Squares\n\nWrite `squares(n)`, the first n squares, and `cube_root`.\n"),
        _cell("code", "%matplotlib inline\nimport math\n\n\ndef shown(x):\n    return x\n"),
        _cell(
            "code",
            'def squares(n):\n    """The squares of 1 to n."""\n    ### BEGIN SOLUTION\n'
            "    return [i ** 2 for i in range(1, n + 1)]\n    ### END SOLUTION\n",
            **_SOLVED,
        ),
        _cell("code", "secret = 7 * 7\n\n\ndef cube_root(x):\n    return round(x ** (1 / 3), 6)\n", **_SOLVED),
        _cell(
            "code",
            "assert squares(3) == [1, 4, 9]\n### BEGIN HIDDEN TESTS\nassert squares(39)[-1] == 1521\n"
            "assert squares(0) == []\nassert abs(cube_root(2197) - 13) < 1e-3\n### END HIDDEN TESTS\n",
            **_TESTED,
        ),
    ],
    "unit1/plain.ipynb": [_cell("code", "x = 1\n")],
    "unit2/number.ipynb": [
        _cell("code", "answer = 42\n", **_SOLVED),
        _cell("code", "assert answer == 42\n", **_TESTED),
    ],
}


def _answered(source: str, output: str) -> dict[str, Any]:
    result = {"output_type": "execute_result", "data": {"text/plain": [output]}, "metadata": {}, "execution_count": 1}
    return {**_cell("code", source), "outputs": [result]}


def _asked(name: str, prompt: str, solution: str, *tests: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        _cell("raw", f"# BEGIN QUESTION\nname: {name}\npoints: 2"),
        _cell("markdown", prompt),
        _cell("raw", "# BEGIN SOLUTION"),
        _cell("code", solution),
        _cell("raw", "# END SOLUTION"),
        _cell("raw", "# BEGIN TESTS"),
        *tests,
        _cell("raw", "# END TESTS"),
        _cell("raw", "# END QUESTION"),
    ]


ASSIGNMENT = [
    _cell("raw", "# ASSIGNMENT CONFIG\ninit_cell: true"),
    _cell("code", "import math\n\n\ndef area(r):\n    return math.pi * r ** 2\n"),
    *_asked(
        "ring",
        "Write `ring(r, s)`, the area between two circles.",
        'def ring(r, s):\n    """Area between circles of radius r < s."""\n    # BEGIN SOLUTION\n'
        "    return area(s) - area(r) # SOLUTION\n    # END SOLUTION\n",
        _answered("round(ring(1, 2), 3)", "9.425"),
        _answered("# HIDDEN\nround(ring(3, 7.5), 3)", "148.44"),
        _cell("code", '""" # BEGIN TEST CONFIG\nhidden: true\n""" # END TEST CONFIG\nassert ring(2.5, 2.5) == 0\n'),
    ),
    *_asked("broken", "Twice.", "def twice(x):\n    return x\n", _answered("twice(150)", "300")),
    *_asked("number", "A number.", "answer = 42 # SOLUTION\n", _answered("answer", "42")),
]


def write_notebook(path: Path, cells: list[dict[str, Any]]) -> None:
    """Write cells as a notebook of format 4."""
    path.parent.mkdir(parents=True, exist_ok=True)
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    path.write_text(json.dumps(notebook), encoding="utf-8")


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
    "Bad/deep": (
        problem("Bad/deep", f'def f(x={"-".join("1" * 700)}):\n    """Twice x."""\n', TWICE, USUAL),
        "nested too deeply",
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
    "line 16": ("{not json", "it is no JSON"),
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
