"""How long the command takes before it does anything: help and listing, each in a fresh process.

python -m benchmarks.startup [--rounds 7]
"""

from __future__ import annotations

import argparse
import statistics

from benchmarks import table
from benchmarks.commands import GRADE
from benchmarks.cost import run

COMMANDS = ("--help", "batch --help", "list", "show gan-step")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description="Start-up of the command.")
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    lines = table.head("command", "CPU", "wall")
    for command in COMMANDS:
        costs = [run([*GRADE, *command.split()]) for _ in range(rounds + 1)][1:]
        cpu, wall = (statistics.median(values) for values in zip(*((c.cpu, c.wall) for c in costs), strict=True))
        lines.append(table.row(f"`grade {command}`", f"{cpu * 1000:.0f} ms", f"{wall * 1000:.0f} ms"))
    table.write("results-startup", f"python -m benchmarks.startup --rounds {rounds}", lines)


if __name__ == "__main__":
    main()
