"""Problems in the form of KernelBench, small and of our own: good ones, and one for each reason to refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = """\
import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self{parameters}):
        super().__init__()
        {layers}

    def forward(self, {inputs}):
        {result}


{constants}


def get_inputs():
    return [{drawn}]


def get_init_inputs():
    return [{arguments}]
"""


def kernel(
    result: str, *, layers: str = "pass", constants: str = "batch = 6", drawn: str = "torch.rand(batch, 5)",
    inputs: str = "x", parameters: str = "", arguments: str = "",
) -> str:  # fmt: skip
    """Return a problem's source."""
    return _HEAD.format(
        result=result, layers=layers, constants=constants, drawn=drawn, inputs=inputs,
        parameters=parameters, arguments=arguments,
    )  # fmt: skip


SHIFTED = kernel(
    "return torch.relu(self.norm(self.layer(x))) + self.shift",
    layers="self.layer = nn.Linear(width, 7); self.norm = nn.LayerNorm(7); self.shift = nn.Parameter(torch.zeros(7))",
    constants="batch, width = 6, 5", drawn="torch.rand(batch, width)", parameters=", width", arguments="width",
)  # fmt: skip
GOOD = {
    "1_Shifted": SHIFTED,
    "2_Large": kernel(
        "return x @ y, x.sum(1)", constants="side = 4096  # of both, größer als nötig\nheads: int = 4", inputs="x, y",
        drawn="torch.rand(side, heads * 3), torch.rand(heads * 3, side)",
    ),
    "3_Hinge": kernel(
        "return torch.clamp(1 - x * y, min=0).mean()", inputs="x, y",
        drawn="torch.randn(batch, 5), torch.randint(0, 2, (batch, 5)).float() * 2 - 1",
    ),
    "4_InPlace": kernel("return x.mul_(3).sum(1)"),
    "5_Single": kernel("return (x @ torch.ones(5, 3)).cumsum(0)"),
    "6_Root": kernel("return (x - 0.4).abs().sqrt() + torch.where(x < 0, torch.nan, x)"),
}  # fmt: skip
BAD = {
    "10_Constant": (kernel("return torch.full_like(x, 2.5)"), "do not depend on its inputs"),
    "11_Flat": (kernel("return x.sum().expand(4, 4)"), "are all the same"),
    "12_Chance": (kernel("return nn.functional.dropout(x)"), "follow from chance"),
    "13_Endless": (kernel("return x / 0"), "not finite"),
    "14_Idle": (kernel("return x + 0 * self.layer(x)", layers="self.layer = nn.Linear(5, 5)"), "depend on its weights"),
    "15_Huge": (kernel("return x.sum(1)", drawn="torch.rand(4096, 4096)"), "cannot be made small enough"),
    "16_Fails": (kernel("return x @ x"), "it does not run: RuntimeError"),
    "17_NoModel": (SHIFTED.replace("class Model(", "class Net("), "no class Model"),
    "18_NoInputs": (SHIFTED.replace("def get_inputs", "def inputs"), "no function get_inputs"),
    "19_NoForward": (SHIFTED.replace("def forward", "def go"), "no forward"),
    "20_NoPython": ("def (:\n", "no Python"),
    "21_Missing": ("import triton_of_nobody\n" + SHIFTED, "needs triton_of_nobody"),
    "22_Liar": (SHIFTED + "\n\nget_inputs = lambda: exec('import os; os._exit(0)')\n", "cannot be made small enough"),
}


def write_kernels(folder: Path, sources: dict[str, str]) -> Path:
    """Write problems as KernelBench lays them out; return the folder to import."""
    for name, source in sources.items():
        file = folder / "level1" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    return folder
