"""Looks at what a foreign module of PyTorch computes: how large it is, and whether its values mean anything.

Lives in a guest only, beside the foreign program. A value that hardly varies, that follows from chance or that does not
follow from the inputs is met by answers that compute nothing; such problems are known among those that are imported.
"""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DRAWS = 3
LITTLE = 1e-3
"""What differs by less than this share of its magnitude counts as equal here: ten times what the suite allows."""


def look(source: str, budget: int) -> dict[str, Any]:
    """Return what can be said of a program that defines Model, get_inputs and get_init_inputs.

    Returns:
        {"fault": text} if it raises, {"bytes": int} alone if it is larger than the budget, else what `_measured` says.
    """
    space: dict[str, Any] = {"__name__": "problem"}
    try:
        exec(compile(source, "problem.py", "exec"), space)
        size = _imagined(space)
        if size is not None and size > budget:
            return {"bytes": size}
        return _measured(space)
    except Exception as error:
        return {"fault": f"{type(error).__name__}: {error}"[:300]}


def _prepare(space: dict[str, Any], seed: int) -> tuple[Any, list[Any]]:
    """Draw constructor arguments, a model and inputs."""
    torch.manual_seed(seed)
    arguments, inputs = space["get_init_inputs"](), space["get_inputs"]()
    return space["Model"](*arguments), list(inputs)


def _imagined(space: dict[str, Any]) -> int | None:
    """Return the bytes that weights, inputs and outputs take, computed without any of them; None if that fails."""
    try:
        with torch.device("meta"), torch.no_grad():
            model, inputs = _prepare(space, 0)
            return _bytes([*model.state_dict().values(), *inputs, model(*inputs)])
    except Exception:  # what needs values cannot be imagined
        return None


def _measured(space: dict[str, Any]) -> dict[str, Any]:
    started = time.monotonic()
    runs = [_run(*_prepare(space, seed)) for seed in range(DRAWS)]
    seconds = (time.monotonic() - started) / DRAWS
    model, inputs = _prepare(space, 0)
    state = {name: value.clone() for name, value in model.state_dict().items()}
    before = copy.deepcopy(inputs)
    once = _run(model, inputs)
    others = [_run(model, _prepare(space, seed)[1]) for seed in range(1, DRAWS)]
    return {
        "bytes": _bytes([*state.values(), *before, once]),
        "seconds": seconds,
        "finite": all(_finite(run) for run in runs),
        "chance": not _same(_run(_fresh(space, state), copy.deepcopy(before)), once),
        "varies": not all(_near(other, once) for other in others),
        "flat": _flat(once),
        "weighs": not state or not _near(_run(_fresh(space, _moved(state)), copy.deepcopy(before)), once),
        "keeps": _same([inputs, model.state_dict()], [before, state]),
        "precise": _attempt(lambda: _near(_run(*_doubled(_fresh(space, state), before)), once)),
        "wide": _attempt(lambda: _finite(_run(_fresh(space, _moved(state)), _widened(before)))),
        "outputs": [(list(value.shape), str(value.dtype).removeprefix("torch.")) for value in _tensors(once)],
    }


def _run(model: Any, inputs: list[Any]) -> Any:
    with torch.no_grad():
        return model(*inputs)


def _fresh(space: dict[str, Any], state: dict[str, Any]) -> Any:
    model, _ = _prepare(space, DRAWS)  # another seed: what is drawn while it runs must not count
    model.load_state_dict(state)
    return model


def _moved(state: dict[str, Any]) -> dict[str, Any]:
    """Return other weights: each its share larger or smaller, those that are all zero drawn, of the same signs else."""
    torch.manual_seed(DRAWS + 1)
    return {
        name: value
        if not value.is_floating_point()
        else (value * (torch.rand_like(value) + 0.5) if value.any() else torch.randn_like(value) * 0.1)
        for name, value in state.items()
    }


def _widened(inputs: list[Any]) -> list[Any]:
    """Return other inputs: numbers twice as far apart, and not centred where they were."""
    return [
        value * 2 - 0.5 if torch.is_tensor(value) and value.is_floating_point() else value
        for value in copy.deepcopy(inputs)
    ]


def _doubled(model: Any, inputs: list[Any]) -> tuple[Any, list[Any]]:
    inputs = copy.deepcopy(inputs)
    return model.double(), [
        value.double() if torch.is_tensor(value) and value.is_floating_point() else value for value in inputs
    ]


def _attempt(question: Callable[[], bool]) -> bool:
    try:
        return bool(question())
    except Exception:  # it cannot be asked so
        return False


def _tensors(value: Any) -> list[Any]:
    if torch.is_tensor(value):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [tensor for part in value for tensor in _tensors(part)] if isinstance(value, list | tuple) else []


def _bytes(values: Iterable[Any]) -> int:
    return sum(value.numel() * value.element_size() for value in _tensors(list(values)))


def _finite(result: Any) -> bool:
    return all(bool(torch.isfinite(value).all()) for value in _tensors(result))


def _near(one: Any, other: Any) -> bool:
    pairs = list(zip(_tensors(one), _tensors(other), strict=True))
    return all(a.shape == b.shape and _gap(a, b) <= LITTLE * _magnitude(b) for a, b in pairs)


def _gap(one: Any, other: Any) -> float:
    return float((one.double() - other.double()).abs().max()) if one.numel() else 0.0


def _magnitude(value: Any) -> float:
    return float(value.double().abs().max()) if value.numel() else 0.0


def _flat(result: Any) -> bool:
    """Whether no tensor of several numbers among the results has two that differ."""
    several = [value.double() for value in _tensors(result) if value.numel() > 1]
    return bool(several) and all(float(v.max() - v.min()) <= LITTLE * _magnitude(v) for v in several)


def _same(one: Any, other: Any) -> bool:
    return all(
        a.shape == b.shape and bool(torch.equal(a, b)) for a, b in zip(_tensors(one), _tensors(other), strict=True)
    )
