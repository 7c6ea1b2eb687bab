"""Trivial answers: what is derived from a question's exports, and what becomes of the reference's answers."""

from __future__ import annotations

import ast
import asyncio
import collections
import json
import subprocess
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from bank_sample import CODE

from grader.bank import load_bank, load_question
from grader.errors import BankError
from grader.exam import assert_equal
from grader.policy import violations
from grader.proof.trivial import DISTORTIONS, PREAMBLE, trivial_answers
from grader.submission import Submission, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.question import Question

ROOT = Path(__file__).resolve().parent.parent
BANK = load_bank(ROOT / "bank")
SPEC = """\
format: 1
id: sample
title: {en: Sample, zh: 样题}
family: made
difficulty: easy
minutes: 1
submission: {exports: EXPORTS}
source: {topic: sample}
"""
SUITE = "def test_NAME(solution): ...\n"
IDENTITY = "def f(x):\n    return x\n"
BARE = ["empty", "returns-none", "returns-first-argument", "raises", "raises-not-implemented"]


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch", reason="torch is not installed")


class Maker:
    """Writes questions of a reference and its exports, and executes what is derived from them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def question(self, reference: str, exports: dict[str, str] | None = None) -> Question:
        """Write a question; by default it exports `f`."""
        folder, own = self.root / "bank" / "made" / "sample", self.root / "solutions" / "made" / "sample"
        for path, text in {
            folder / "question.yaml": SPEC.replace("EXPORTS", json.dumps(exports or {"f": "(x)"})),
            folder / "statement.en.md": "Sample.\n",
            folder / "statement.zh.md": "样题。\n",
            folder / "starter.py": "",
            folder / "test_public.py": SUITE.replace("NAME", "public"),
            folder / "test_hidden.py": SUITE.replace("NAME", "hidden"),
            own / "reference.py": reference,
        }.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load_question(folder)

    def names(self, reference: str, exports: dict[str, str] | None = None) -> list[str]:
        """Return the names of all trivial answers."""
        return [each.name for each in trivial_answers(self.question(reference, exports))]

    def source(self, name: str, reference: str = IDENTITY, exports: dict[str, str] | None = None) -> str:
        """Return the source of one trivial answer."""
        return {each.name: each.source for each in trivial_answers(self.question(reference, exports))}[name]

    def module(self, name: str, reference: str = IDENTITY, exports: dict[str, str] | None = None) -> Any:
        """Execute one trivial answer as a guest would."""
        return execute(self.source(name, reference, exports))


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def execute(source: str) -> types.ModuleType:
    module = types.ModuleType("solution")
    exec(compile(source, "answer.py", "exec", dont_inherit=True), vars(module))
    return module


# --- the questions of the bank ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CODE)
def test_every_question_has_its_trivial_answers(name: str) -> None:
    """Each is Python that uses nothing forbidden and defines every export."""
    question = BANK.find_code(name)
    for package in question.spec.environment.packages:
        pytest.importorskip(package)
    answers = trivial_answers(question)

    assert len({answer.name for answer in answers}) == len(answers)
    assert [answer.name for answer in answers if not answer.source] == ["empty"]
    for answer in answers[1:]:
        assert not violations(
            Submission("answer", "", (Unit("answer.py", answer.source),), ()), question.spec.forbidden
        )
        assert question.spec.submission.exports.keys() <= vars(execute(answer.source)).keys(), answer.name


def test_a_class_of_the_bank_keeps_its_handles(torch: Any) -> None:
    """What is not drawn anew is made as the reference makes it, and answers otherwise."""
    answers = {each.name: each.source for each in trivial_answers(BANK.find_code("int8-linear"))}
    linear, x = torch.nn.Linear(3, 2), torch.ones(4, 3)
    zeros, nothing = execute(answers["zeros"]), execute(answers["returns-none"])
    layer = zeros.QuantLinear.from_float(linear)

    assert type(layer) is zeros.QuantLinear
    assert layer.weight_scale.min() > 0
    assert_equal(layer(x), torch.zeros(4, 2))
    assert_equal(zeros.row_scale(x), torch.zeros(4, 1))
    assert isinstance(nothing.QuantLinear(1, bias=2), torch.nn.Module)
    assert nothing.QuantLinear.from_float(linear) is None
    assert nothing.QuantLinear()(x) is None


def test_a_training_step_without_effect(torch: Any) -> None:
    """The losses are right, and neither network has moved."""
    answers = {each.name: each.source for each in trivial_answers(BANK.find_code("gan-step"))}
    torch.manual_seed(0)
    networks = [torch.nn.Linear(2, 3), torch.nn.Linear(3, 1)]
    before = [network.weight.detach().clone() for network in networks]
    optimizers = [torch.optim.SGD(network.parameters(), lr=1.0) for network in networks]
    step = (*networks, *optimizers, torch.randn(4, 3), torch.randn(4, 2), torch.randn(4, 2))

    losses = execute(answers["no-effect"]).train_step(*step)
    assert_equal([network.weight for network in networks], before)
    assert execute(BANK.find_code("gan-step").reference.read_text()).train_step(*step) == losses
    assert not torch.equal(networks[0].weight, before[0])


# --- which there are -------------------------------------------------------------------------------------------------


def test_one_export_is_distorted_as_a_whole_only(maker: Maker) -> None:
    """With one export, nothing is done to one export alone; without torch, nothing is untrained."""
    assert maker.names(IDENTITY) == [*BARE, *DISTORTIONS]


def test_several_exports_are_distorted_one_at_a_time_too(maker: Maker) -> None:
    """The strongest distortions are made of each export alone."""
    names = maker.names(IDENTITY + "g = f\n", {"f": "(x)", "g": "(x)"})

    assert names[len(BARE) + len(DISTORTIONS) :] == ["zeros:f", "zeros:g", "returns-none:f", "returns-none:g"]


@pytest.mark.parametrize("line", ["import torch", "import torch.nn as nn", "from torch.nn import functional as F"])
def test_what_uses_torch_may_be_untrained(maker: Maker, line: str) -> None:
    """However it is imported."""
    assert maker.names(f"{line}\n{IDENTITY}")[-1] == "untrained"


@pytest.mark.parametrize("reference", ["def f(:\n", "f = 'a\0b'\n"])
def test_a_reference_that_is_no_python_is_told(maker: Maker, reference: str) -> None:
    """With its file, as a fault of the bank."""
    with pytest.raises(BankError, match=r"reference\.py: the reference is no Python"):
        trivial_answers(maker.question(reference))


# --- without the reference -------------------------------------------------------------------------------------------


def test_functions_without_the_reference(maker: Maker) -> None:
    """They take anything, and know nothing."""
    assert maker.module("returns-none").f(1, 2, y=3) is None
    assert maker.module("returns-first-argument").f(1, 2, y=3) == 1
    assert maker.module("returns-first-argument").f(y=3, x=2) == 3
    assert maker.module("returns-first-argument").f() is None
    with pytest.raises(ValueError, match="no answer"):
        maker.module("raises").f()
    with pytest.raises(NotImplementedError):
        maker.module("raises-not-implemented").f(1)


def test_coroutines_and_constants_without_the_reference(maker: Maker) -> None:
    """What is awaited can still be awaited; a constant is None."""
    module = maker.module(
        "returns-first-argument", "N = 3\nasync def f(x):\n    return x + N\n", {"N": "int", "f": "(x)"}
    )

    assert module.N is None
    assert asyncio.run(module.f(x=4)) == 4


CLASS = """
from functools import cached_property
class Base:
    def inherited(self): return 1
    def shared(self): return 2
class Box(Base):
    def __init__(self, value): self._value = value
    def __getitem__(self, key): return self._value[key]
    def __repr__(self): return "Box"
    def shared(self): return self._value
    async def later(self, x): return x
    def _private(self): ...
    @classmethod
    def make(cls, value): return cls(value)
    @staticmethod
    def double(x): return 2 * x
    @property
    def value(self): return self._value
    @value.setter
    def value(self, value): self._value = value
    @cached_property
    def size(self): return len(self._value)
"""
BOX = {"Box": "class (value: list)"}


def test_a_class_without_the_reference(maker: Maker) -> None:
    """It is made of anything, and has the public methods of the reference's class, each of its kind."""
    kind = maker.module("returns-first-argument", CLASS, BOX).Box
    box = kind(1, 2, any=3)

    assert (box.inherited(5), box.shared(6), box[7], kind.make(8), kind.double(9)) == (5, 6, 7, 8, 9)
    assert asyncio.run(box.later(4)) == 4
    assert (box.value, box.size) == (None, None)
    assert not hasattr(box, "_private")
    with pytest.raises(NotImplementedError):
        _ = maker.module("raises-not-implemented", CLASS, BOX).Box().value


def test_a_class_over_one_of_the_same_name(maker: Maker) -> None:
    """A class may hide the imported one that it derives from."""
    reference = "from fractions import Fraction\nclass Fraction(Fraction):\n    def half(self): return self / 2\n"

    assert maker.module("returns-none", reference, {"Fraction": "class"}).Fraction(1).half() is None


@pytest.mark.parametrize("base", ["torch.nn.Module", "nn.Linear", "Sequential", "Middle"])
def test_a_model_without_the_reference(maker: Maker, torch: Any, base: str) -> None:
    """It is a module of torch that can be called, even where the reference inherits how it computes."""
    head = "import torch\nfrom torch import nn\nfrom torch.nn import Sequential\nclass Middle(nn.Module): ...\n"
    module = maker.module("returns-first-argument", f"{head}class Net({base}): ...\n", {"Net": "class Net(nn.Module)"})

    assert isinstance(module.Net(3), torch.nn.Module)
    assert module.Net()(5) == 5


# --- around the reference: values ------------------------------------------------------------------------------------


class Pair(NamedTuple):
    first: Any
    second: Any


f8, f4, i8 = np.float64, np.float32, np.int64
MATRIX = np.array([[1.0, 2.0], [3.0, 4.0]])
NAN = float("nan")
VALUES: list[tuple[str, object, object]] = [
    ("zeros", [1, 2.5, True, None, 1j], [0, 0.0, False, None, 0j]),
    ("zeros", {"a": (1, [2]), "b": {3}}, {"a": (0, [0]), "b": {0}}),
    ("zeros", ["abc", b"de", ""], ["000", b"00", ""]),
    ("zeros", MATRIX, np.zeros((2, 2))),
    ("zeros", np.array(3, "int8"), np.array(0, "int8")),
    ("zeros", np.float32(3), np.float32(0)),
    ("zeros", np.array(["a"]), np.array(["a"])),
    ("ones", [7, 2.5, False, "abc", b"de"], [1, 1.0, True, "111", b"11"]),
    ("ones", np.array([True, False]), np.array([True, True])),
    ("nan", [1, 2.5, True, "a"], [1, NAN, True, "a"]),
    ("nan", (np.array([1.0], f4), np.array([1]), f4(2)), (np.array([NAN], f4), np.array([1]), f4(NAN))),
    ("other-dtype", [1, 2.5, "a", None], [1, 2.5, "a", None]),
    ("other-dtype", (f4(1), f8(1), i8(1)), (f8(1), f4(1), np.int32(1))),
    ("other-dtype", {"a": np.ones(2, "float16"), "b": np.ones(2, "?")}, {"a": np.ones(2, f4), "b": np.ones(2, "u1")}),
    ("other-dtype", np.array([1], "int8"), np.array([1], "int32")),
    ("shape-plus-one", (1, 2.5, None), (1, 2.5, None)),
    ("shape-plus-one", [[1], [2]], [[1], [2], [2]]),
    ("shape-plus-one", {"a": [], "b": "xy", "c": "", "d": b"x"}, {"a": [None], "b": "xyy", "c": " ", "d": b"xx"}),
    ("shape-plus-one", MATRIX, np.array([[1.0, 2.0, 0.0], [3.0, 4.0, 0.0]])),
    ("shape-plus-one", (np.array(3), np.float32(2)), (np.array([3]), np.array([2], f4))),
    ("shape-plus-one", np.ones((2, 0), f4), np.zeros((2, 1), f4)),
    ("transposed", (MATRIX, MATRIX[0]), (MATRIX.T, np.array([2.0, 1.0]))),
    ("transposed", np.zeros((2, 3, 4)), np.zeros((2, 4, 3))),
    ("transposed", {"a": [1, [2, 3]], "b": "xy", "c": f4(1)}, {"a": [[2, 3], 1], "b": "xy", "c": f4(1)}),
    ("negated", [1, 2.5, True, "a", None], [-1, -2.5, False, "a", None]),
    ("negated", (MATRIX, np.array([True]), np.array(2), f4(2)), (-MATRIX, np.array([False]), np.array(-2), f4(-2))),
    ("off-by-one-percent", [100.0, 100, True, 1j], [101.0, 100, True, 1.01j]),
    ("off-by-one-percent", (np.array(100, f4), f4(100), i8(100)), (np.array(101, f4), f4(101), i8(100))),
    ("returns-none:f", [1, 2.5], None),
    ("no-effect", [1, 2.5], [1, 2.5]),
]


@pytest.mark.parametrize(("name", "value", "expected"), VALUES)
def test_what_becomes_of_a_value(maker: Maker, name: str, value: object, expected: object) -> None:
    """Containers keep their type, and what cannot be distorted stays as it is."""
    module = maker.module(name, IDENTITY + "g = f\n", {"f": "(x)", "g": "(x)"} if ":" in name else None)

    assert_equal(module.f(value), expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    {
        "zeros": ([[0.0, 0.0]], "float16", [False], [0]),
        "ones": ([[1.0, 1.0]], "float16", [True], [1]),
        "nan": ([[NAN, NAN]], "float16", [True], [5]),
        "other-dtype": ([[1.0, 2.0]], "float32", [1], [5]),
        "shape-plus-one": ([[1.0, 2.0, 0.0]], "float16", [True, False], [5, 0]),
        "transposed": ([[1.0], [2.0]], "float16", [True], [5]),
        "negated": ([[-1.0, -2.0]], "float16", [False], [-5]),
        "off-by-one-percent": ([[1.01, 2.02]], "float16", [True], [5]),
    }.items(),
)
def test_what_becomes_of_tensors(maker: Maker, torch: Any, name: str, expected: tuple[Any, str, Any, Any]) -> None:
    """Floats of any precision, truth values and integers."""
    floats, precision, truths, numbers = expected
    other = name == "other-dtype"
    answer = maker.module(name).f(
        {"h": torch.tensor([[1.0, 2.0]]).half(), "b": torch.tensor([True]), "i": torch.tensor([5])}
    )

    assert_equal(answer["h"], torch.tensor(floats, dtype=getattr(torch, precision)))
    assert_equal(answer["b"], torch.tensor(truths, dtype=torch.uint8 if other else torch.bool))
    assert_equal(answer["i"], torch.tensor(numbers, dtype=torch.int32 if other else torch.int64))


def test_tensors_without_axes_and_of_brain_floats(maker: Maker, torch: Any) -> None:
    """What numpy does not have."""
    scalar = torch.tensor(2.0, dtype=torch.bfloat16)

    assert_equal(maker.module("shape-plus-one").f(scalar), scalar[None])
    assert_equal(maker.module("other-dtype").f(scalar), torch.tensor(2.0))


def test_containers_keep_their_type(maker: Maker) -> None:
    """Those of the standard library and the submission's own."""
    reference = IDENTITY + "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Row:\n    a: object\n"
    module = maker.module("zeros", reference)
    counts = collections.defaultdict(list, a=[5])
    row = module.Row([4])

    assert module.f(Pair(1, [2])) == Pair(0, [0])
    assert type(module.f(Pair(1, [2]))) is Pair
    assert module.f(counts) == {"a": [0]}
    assert type(module.f(counts)) is type(counts)
    assert module.f(collections.OrderedDict(b=1, a=2)) == collections.OrderedDict(b=0, a=0)
    assert module.f(frozenset({4})) == frozenset({0})
    assert (module.f(row), row) == (module.Row([0]), module.Row([4]))
    assert module.f(module.Row) is module.Row


def test_models_are_drawn_anew(maker: Maker, torch: Any) -> None:
    """Every parameter of a copy, those of parts that cannot reset themselves among them."""
    reference = "import torch\ndef f(model):\n    return {'model': model}\n"
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.PReLU(4), torch.nn.Module())
    model[2].own = torch.nn.Parameter(torch.ones(3))
    for parameter in model.parameters():
        parameter.data.fill_(7.0)
    drawn = maker.module("untrained", reference).f(model)["model"]

    assert all((parameter == 7).all() for parameter in model.parameters())
    assert not any((parameter == 7).any() for parameter in drawn.parameters())
    assert all(parameter.requires_grad for parameter in drawn.parameters())


def test_new_models_are_drawn_anew(maker: Maker, torch: Any) -> None:
    """Those made outside as soon as they are made, and nothing else about them changes."""
    reference = (
        "import torch\nclass Net(torch.nn.Linear):\n"
        "    def __init__(self, n=2):\n        super().__init__(n, n)\n        self.weight.data.fill_(7.0)\n"
        "    @classmethod\n    def make(cls):\n        return cls(3)\n"
    )
    kind = maker.module("untrained", reference, {"Net": "class Net(nn.Module)"}).Net

    assert not (kind().weight == 7).any()
    assert not (kind.make().weight == 7).any()
    assert kind.make()(torch.ones(1, 3)).shape == (1, 3)
    assert (maker.module("negated", reference, {"Net": "class"}).Net().weight == 7).all()


def test_an_inherited_computation_is_distorted(maker: Maker, torch: Any) -> None:
    """A model that only says what it is made of."""
    reference = "import torch\nclass Net(torch.nn.Linear): ...\n"
    net = maker.module("zeros", reference, {"Net": "class Net(nn.Module)"}).Net(2, 3)

    assert_equal(net(torch.ones(1, 2)), torch.zeros(1, 3))


# --- around the reference: calls -------------------------------------------------------------------------------------


def test_the_previous_answer(maker: Maker) -> None:
    """At first the right one; each export has its own."""
    module = maker.module("previous-answer", IDENTITY + "def g(x):\n    return -x\n", {"f": "(x)", "g": "(x)"})

    assert [module.f(n) for n in (1, 2, 3)] == [1, 1, 2]
    assert [module.g(n) for n in (4, 5)] == [-4, -4]
    assert module.f(6) == 3


def test_the_first_answer_for_ever(maker: Maker) -> None:
    """None is an answer too."""
    module = maker.module("constant")

    assert [module.f(x) for x in (None, 2, 3)] == [None, None, None]


def test_an_exception_is_no_answer(maker: Maker) -> None:
    """The reference refuses as ever, and what follows is from outside again."""
    module = maker.module("zeros", "def f(x):\n    if x < 0:\n        raise ValueError('negative')\n    return x\n")

    with pytest.raises(ValueError, match="negative"):
        module.f(-1)
    assert module.f(5) == 0


@pytest.mark.parametrize("name", DISTORTIONS)
def test_the_arguments_stay_as_they_are(maker: Maker, name: str) -> None:
    """The reference changes copies, whatever is made of its answer."""
    values, by_name = [3, 1, 2], {"b": 1}
    module = maker.module(name, "def f(x, y):\n    x.sort()\n    y.clear()\n    return x\n")
    answer = module.f(values, y=by_name)

    assert (values, by_name) == ([3, 1, 2], {"b": 1})
    assert answer is not values


def test_arguments_that_share_an_object_still_do(maker: Maker) -> None:
    """An optimizer must go on holding the parameters of its network."""
    module = maker.module("no-effect", "def f(x, y):\n    x.append(1)\n    return list(y[0])\n")
    shared: list[int] = []

    assert module.f(shared, y=[shared]) == [1]
    assert shared == []


def test_what_cannot_be_copied_is_handed_over(maker: Maker) -> None:
    """A generator, for one."""
    assert maker.module("negated", "def f(x):\n    return sum(x)\n").f(n for n in (1, 2)) == -3


CALLING = """
LIMIT = 10
def halve(x): return x / 2
def quarter(x): return min(halve(halve(x)), LIMIT)
class Meter:
    def __init__(self, x): self.start = halve(x)
    def read(self): return self.start + self.more() + LIMIT
    def more(self): return halve(100.0)
"""
CALLED = {"LIMIT": "int", "halve": "(x)", "quarter": "(x)", "Meter": "class (x)"}


def test_only_the_outermost_call_is_distorted(maker: Maker) -> None:
    """The exports see each other as the reference wrote them, constants included."""
    module = maker.module("negated", CALLING, CALLED)

    assert (module.LIMIT, module.halve(4.0), module.quarter(4.0), module.quarter(400.0)) == (-10, -2.0, -1.0, -10)
    assert (module.Meter(4.0).start, module.Meter(4.0).read(), module.Meter(4.0).more()) == (2.0, -62.0, -50.0)


@pytest.mark.parametrize(
    ("export", "expected"),
    [
        ("LIMIT", (0, 2.0, 10, 2.0, 62.0)),
        ("halve", (10, 0.0, 10, 2.0, 62.0)),
        ("quarter", (10, 2.0, 0, 2.0, 62.0)),
        ("Meter", (10, 2.0, 10, 2.0, 0.0)),
    ],
)
def test_one_export_is_distorted_and_the_others_are_right(maker: Maker, export: str, expected: object) -> None:
    """Even where the others call that one."""
    module = maker.module(f"zeros:{export}", CALLING, CALLED)
    meter = module.Meter(4.0)

    assert (module.LIMIT, module.halve(4.0), module.quarter(400.0), meter.start, meter.read()) == expected


def test_a_constant_that_the_reference_rebinds(maker: Maker) -> None:
    """The reference goes on with its own value; outside, the distorted one stays."""
    reference = "N = 1\ndef f():\n    global N\n    N += 1\n    return N\n"
    module = maker.module("zeros:N", reference, {"N": "int", "f": "()"})

    assert [module.f(), module.f(), module.N] == [2, 3, 0]


def test_methods_are_distorted(maker: Maker) -> None:
    """Each of its kind, inherited ones and properties too; objects are made as ever."""
    kind = maker.module("negated", CLASS, BOX).Box
    box = kind.make([3, 4])

    assert type(box) is kind
    assert (box.inherited(), box[0], kind.double(5), box.shared()) == (-1, -3, -10, [-3, -4])
    assert (box.value, box.size, repr(box)) == ([-3, -4], 2, "Box")
    assert asyncio.run(box.later(6)) == -6
    box.value = [1]
    assert box[0] == -1


COUNTER = "class Counter:\n    n = 0\n    def add(self, x):\n        self.n += x\n        return self.n\n"


def test_methods_without_effect(maker: Maker) -> None:
    """Their object stays as it was; under any other distortion they act on it."""
    still, running = (maker.module(name, COUNTER, {"Counter": "class"}).Counter() for name in ("no-effect", "negated"))

    assert [still.add(2), still.add(2), still.n] == [2, 2, 0]
    assert [running.add(2), running.add(2), running.n] == [-2, -4, 4]


def test_generators_are_distorted_as_they_run(maker: Maker) -> None:
    """Item by item, so that an endless one may be; what it calls is right."""
    reference = "def f(x):\n    while True:\n        x = g(x)\n        yield x\ndef g(x): return x + 1\n"
    module = maker.module("negated", reference, {"f": "(x)", "g": "(x)"})
    numbers = module.f(1)

    assert [next(numbers), module.g(1), next(numbers)] == [-2, -2, -3]
    assert list(maker.module("zeros", "def f(x): yield from x\n").f([1, 2])) == [0, 0]


def test_coroutines_are_distorted_when_they_end(maker: Maker) -> None:
    """Several may run at once, each seen from outside."""
    reference = (
        "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return await g(x)\nasync def g(x): return x\n"
    )
    module = maker.module("negated", reference, {"f": "(x)", "g": "(x)"})

    async def both() -> list[int]:
        return list(await asyncio.gather(module.f(1), module.g(2), module.f(3)))

    assert asyncio.run(both()) == [-1, -2, -3]


# --- the text --------------------------------------------------------------------------------------------------------


def test_the_reference_is_kept_whole(maker: Maker) -> None:
    """It comes first, with its future imports, and none of its names is hidden."""
    reference = (
        "from __future__ import annotations\nfrom copy import copy\nimport json as sys\n"
        "def install(x: Missing): return copy(x)\ndef f(x): return sys.dumps(each(install(x)))\ndef each(x): return x\n"
    )
    source = maker.source("no-effect", reference)

    assert source.startswith(reference)
    assert execute(source).f([1]) == "[1]"


def test_wrapping_does_not_show(maker: Maker) -> None:
    """Name, text and signature of a function are the reference's."""
    function: Callable[..., object] = maker.module("zeros", 'def f(x):\n    """Say."""\n').f

    assert (function.__name__, function.__doc__, function.__module__) == ("f", "Say.", "solution")


def test_the_preamble_needs_only_the_standard_library(maker: Maker) -> None:
    """It runs where nothing is installed, and imports nothing that is."""
    program = f"{maker.source('zeros')}\nimport sys\nprint(f([5]), *{{'numpy', 'torch'}} & set(sys.modules))\n"
    done = subprocess.run([sys.executable, "-ISc", program], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("[0]\n", "")


def test_every_name_of_the_preamble_is_used() -> None:
    """It is carried into every submission, so nothing in it is idle."""
    tree = ast.parse(PREAMBLE.read_text(encoding="utf-8"))
    defined = {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}

    assert defined - used == {"install"}
