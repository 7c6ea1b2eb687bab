"""Suites that ask a candidate's module for what an original computes, on weights and inputs drawn in secret.

The original answers from a guest of its own, in double precision where it can: a candidate's rounding is then measured
against the values, not against another rounding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.importing.problem import Refusal
from grader.importing.suite import ANCHOR, Suites, literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.importing.shrinking import Facts, Small

_PREPARE = '''\
def prepare(module, seed):
    """Draw constructor arguments, weights and inputs; runs beside the original."""
    import torch

    torch.manual_seed(seed)
    arguments, inputs = module.get_init_inputs(), module.get_inputs()
    return list(arguments), dict(module.Model(*arguments).state_dict()), list(inputs)
'''
_EVALUATE = '''\
def evaluate(module, arguments, weights, inputs):
    """Return what a module computes with these weights when it is asked again, then its inputs and weights."""
    import torch

    model = module.ModelNew(*arguments)
    model.load_state_dict(weights)
    with torch.no_grad():
        model(*[value.clone() if torch.is_tensor(value) else value for value in inputs])
        again = model(*inputs)
    return again, inputs, dict(model.state_dict())
'''
_EXPECT = '''\
def expect(module, arguments, weights, inputs):
    """Return what the original computes, in double precision, rounded at the end."""
    import torch

    def rounded(value):
        if torch.is_tensor(value):
            return value.float() if value.dtype == torch.float64 else value
        return type(value)(map(rounded, value)) if isinstance(value, (list, tuple)) else value

    model = module.Model(*arguments)
    model.load_state_dict(weights)
    precise = [value.double() if torch.is_tensor(value) and value.is_floating_point() else value for value in inputs]
    with torch.no_grad():
        return rounded(model.double()(*precise))
'''
_EXPECT_AS_IT_IS = '''\
def expect(module, arguments, weights, inputs):
    """Return what the original computes, in its own precision: in double precision it does not run."""
    import torch

    model = module.Model(*arguments)
    model.load_state_dict(weights)
    with torch.no_grad():
        return model(*inputs)
'''
_VALUES = """\
@points(3)
@stated("{anchor}")
def test_values(solution, reference, rng):
    for seed in rng.integers(2**31, size=4).tolist():
        setting = reference.run(prepare, seed)
        assert_close(solution.run(evaluate, *setting)[0], reference.run(expect, *setting), rtol=RTOL)
"""
_OTHERS = '''\
def moved(weights, rng):
    """Return other weights, of the same signs; those that are all zero are drawn."""
    others = {{}}
    for name, value in weights.items():
        noise = torch.from_numpy(rng.random(tuple(value.shape)))
        other = value * (noise + 0.5) if value.any() else noise - 0.5
        others[name] = other.to(value.dtype) if value.is_floating_point() else value
    return others


@points(2)
@stated("{anchor}")
def test_other_weights_and_inputs(solution, reference, rng):
    for seed in rng.integers(2**31, size=3).tolist():
        arguments, weights, inputs = reference.run(prepare, seed)
        wide = [v * 2 - 0.5 if torch.is_tensor(v) and v.is_floating_point() else v for v in inputs]
        setting = arguments, moved(weights, rng), wide
        assert_close(solution.run(evaluate, *setting)[0], reference.run(expect, *setting), rtol=RTOL)
'''
_KEEPS = """\
@points(1)
@stated("{anchor}")
def test_inputs_and_weights_stay(solution, reference, rng):
    arguments, weights, inputs = reference.run(prepare, int(rng.integers(2**31)))
    result, *after = solution.run(evaluate, arguments, weights, inputs)
    assert_close(result, reference.run(expect, arguments, weights, inputs), rtol=RTOL)
    assert_equal(after, [inputs, weights])
"""
_PUBLIC = '''\
"""Shapes and types of what `ModelNew` returns; the values are for the hidden suite."""

from grader.exam import assert_equal, points

INPUTS = """
{inputs}
"""


def shapes(module, source):
    """Return shape and type of each tensor that a module returns on inputs drawn as the statement draws them."""
    import torch

    def tensors(value):
        return [value] if torch.is_tensor(value) else [each for part in value for each in tensors(part)]

    space = {{}}
    exec(source, space)
    result = module.ModelNew(*space["get_init_inputs"]())(*space["get_inputs"]())
    return [[list(value.shape), str(value.dtype).removeprefix("torch.")] for value in tensors(result)]


@points(1)
def test_shapes(solution):
    assert_equal(solution.run(shapes, INPUTS), {outputs})
'''


def model_suites(origin: str, small: Small) -> tuple[Suites, tuple[str, ...]]:
    """Return the suites of a problem, and what in them is not as it was.

    Raises:
        Refusal: its values mean nothing, so that answers that compute nothing would pass.
    """
    facts = small.facts
    for broken, reason in (
        (not facts.finite, "its values are not finite"),
        (facts.chance, "its values follow from chance"),
        (not facts.varies, "its values do not depend on its inputs"),
        (facts.flat, "its values are all the same"),
        (not facts.weighs, "its values do not depend on its weights"),
    ):
        if broken:
            raise Refusal(reason)
    return Suites(_public_suite(small), _hidden_suite(origin, facts)), tuple(_notes(small))


def _notes(small: Small) -> Iterator[str]:
    if small.changes:
        yield f"smaller than the original: {', '.join(small.changes)}"
    if not small.facts.precise:
        yield "it does not run in double precision: rounding is measured against its own"
    if not small.facts.wide:
        yield "other weights and inputs give it no finite values, and are left out"
    if not small.facts.keeps:
        yield "it changes its inputs or weights, and so may a candidate's"
    yield "speed is not measured: at these sizes on a CPU it says nothing"


def _hidden_suite(origin: str, facts: Facts) -> str:
    checks = [_VALUES, *([_OTHERS] if facts.wide else []), *([_KEEPS] if facts.keeps else [])]
    names = ", ".join(["assert_close", *(["assert_equal"] if facts.keeps else []), "points", "stated"])
    head = [
        f'"""What {origin} computes, asked of `ModelNew`."""\n',
        *(["import torch\n"] if facts.wide else []),
        f"from grader.exam import {names}\n",
        "RTOL = 1e-4\n\n",
    ]
    probes = [_PREPARE, _EVALUATE, _EXPECT if facts.precise else _EXPECT_AS_IT_IS]
    return "\n".join(head) + "\n\n".join([*probes, *(check.format(anchor=ANCHOR) for check in checks)])


def _public_suite(small: Small) -> str:
    outputs = literal([[shape, dtype] for shape, dtype in small.facts.outputs])
    program = small.program.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').strip("\n")
    return _PUBLIC.format(inputs=program, outputs=outputs)
