"""What a question forbids, taken out of a template before any submission is there. Standard library only."""

from __future__ import annotations

import ctypes
import sys
import warnings
from typing import Any, NoReturn

DISPATCHED = "torch.ops."
"""How the names begin that PyTorch's dispatcher runs, by whatever way they are called."""
_KEYS = ("CPU", "CUDA", "Meta", "AutogradCPU", "AutogradCUDA", "AutogradMeta")
_COMPOSITE = "CompositeImplicitAutograd"


class ForbiddenUseError(RuntimeError):
    """Raised by the stub that stands in for something the question forbids."""


def forbid(dotted: str) -> None:
    """Put a stub that raises in place of what a dotted name stands for; a name that does not exist here is left alone.

    `torch.ops.aten.NAME` is stopped in the dispatcher: no alias, no overload and no private getter leads around it.
    """
    if dotted.startswith(DISPATCHED):
        _forbid_operator(dotted)
    module_name, _, attribute = dotted.rpartition(".")
    module: Any = sys.modules.get(module_name)
    owner, tail = module_name, ""
    while module is None and owner:  # a method: torch.Tensor.backward
        owner, _, part = owner.rpartition(".")
        tail = f"{part}.{tail}" if tail else part
        module = sys.modules.get(owner)
    for part in filter(None, tail.split(".")):
        module = getattr(module, part, None)
    if module is not None and hasattr(module, attribute):
        setattr(module, attribute, _stub(dotted, getattr(module, attribute)))


def _stub(dotted: str, original: object) -> object:
    """Return what stands in: a class for a class, so that `isinstance` and subclassing say what is wrong."""

    def refuse(*_args: object, **_kwargs: object) -> NoReturn:
        raise ForbiddenUseError(f"this question forbids {dotted}")

    if not isinstance(original, type):
        return refuse
    return type(original.__name__, (), {"__new__": refuse, "__init_subclass__": refuse})


def _forbid_operator(dotted: str) -> None:
    """Register kernels that raise, for every overload of an operator such as `torch.ops.aten.softmax`."""
    torch: Any = sys.modules.get("torch")
    space, _, name = dotted.removeprefix(DISPATCHED).partition(".")
    if torch is None or not name:
        return
    known = torch._C._dispatch_get_all_op_names()
    overloads = [full for full in known if full.partition(".")[0] == f"{space}::{name}"]
    library = torch._C._dispatch_library("IMPL", space, "", __file__, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns that a kernel is replaced
        for full in overloads:
            kernel = _stub(dotted, None)
            composite = torch._C._dispatch_has_kernel_for_dispatch_key(full, _COMPOSITE)
            for key in (*_KEYS, *((_COMPOSITE,) if composite else ())):
                library.impl(full.removeprefix(f"{space}::"), key, kernel)
    # never released, and reachable from no object: whoever found it could take the kernels out again
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(library))
