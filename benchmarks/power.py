"""How surely a limit on time is judged: the share of decisions at known ratios, in simulated and in recorded noise.

Run it as `python -m benchmarks.power`; the decisions are those of `grader.exam.looks`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.noise import MODELS, Contest, Noise

RESULTS = Path(__file__).parent / "power.md"
LIMIT = 1.25
SHARES = (0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25)
"""True ratios, as parts of the limit; 0.8 is equal sides."""


def main() -> None:
    """Simulate, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.power", description=__doc__)
    parser.add_argument("--runs", type=int, default=400, help="contests for each cell")
    runs = parser.parse_args().runs
    header = "| noise | " + " | ".join(f"{share:g}" for share in SHARES) + " |"
    rows = [_row(name, noise, runs) for name, noise in MODELS.items()]
    text = "\n".join([
        "# How surely a limit on time is judged",
        "",
        f"`python -m benchmarks.power --runs {runs}`: percent called too slow, and the average number of pairs, by the",
        f"true ratio of times as a part of the limit ({LIMIT}). Undecided is not called too slow.",
        "",
        header,
        "|---|" + "---|" * len(SHARES),
        *rows,
        "",
    ])  # fmt: skip
    RESULTS.write_text(text, encoding="utf-8")
    print(text)  # noqa: T201  what this command is for


def _row(name: str, noise: Noise, runs: int) -> str:
    return f"| {name} | " + " | ".join(_cell(noise, share, runs) for share in SHARES) + " |"


def _cell(noise: Noise, share: float, runs: int) -> str:
    judged = [Contest(noise, share * LIMIT, LIMIT).judged(seed) for seed in range(runs)]
    slow = sum(judgement.verdict is False for judgement in judged) / runs
    return f"{100 * slow:.3g} ({np.mean([len(judgement.logs) for judgement in judged]):.0f})"


if __name__ == "__main__":
    main()
