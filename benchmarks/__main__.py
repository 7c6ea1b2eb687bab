"""Run every benchmark in one go and write the table the README quotes."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path

from benchmarks import calls, commands, mutants, saves
from benchmarks.cost import run

RESULTS = Path(__file__).parent / "results.md"


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="pairs of each comparison")
    rounds = parser.parse_args().rounds
    table = "\n".join(_rows(rounds))
    how = f"`python -m benchmarks --rounds {rounds}`, {_machine()}; medians, all sides in turns."
    text = f"# Figures\n\n{how}\n\n{table}\n"
    RESULTS.write_text(text, encoding="utf-8")
    print(text)  # noqa: T201  what this command is for


def _rows(rounds: int) -> list[str]:
    helps = sorted(run([*commands.GRADE, "--help"]).cpu for _ in range(rounds))[rounds // 2]
    numpy_ours, numpy_plain, numpy_cpu, _ = commands.compare(commands.NUMPY, rounds)
    torch_ours, torch_plain, torch_cpu, torch_wall = commands.compare(commands.TORCH, rounds)
    call = calls.measure()
    race = mutants.race()
    save = saves.measure(rounds=rounds)
    there, both = call["tensor there"] / call["memcpy"], call["tensor there and back"] / call["memcpy"]
    return [
        "| what | ours | plain pytest, no isolation | ratio | asked |",
        "|---|---|---|---|---|",
        f"| `grade --help`, CPU | {helps:.2f} s | | | 0.2 s |",
        (
            f"| cold `grade submit fedavg` (numpy), CPU | {numpy_ours.cpu:.2f} s | {numpy_plain.cpu:.2f} s "
            f"| {numpy_cpu:.2f} | 0.6 s |"
        ),
        (
            f"| cold `grade submit gan-step` (torch), wall | {torch_ours.wall:.2f} s | {torch_plain.wall:.2f} s "
            f"| {torch_wall:.2f} | 1.3 |"
        ),
        f"| the same, CPU | {torch_ours.cpu:.2f} s | {torch_plain.cpu:.2f} s | {torch_cpu:.2f} | |",
        f"| a call with a scalar | {call['scalar']:.0f} µs | | | 150 µs |",
        (
            f"| a call with a 4 MiB tensor, there | {call['tensor there']:.0f} µs | {call['memcpy']:.0f} µs (memcpy) "
            f"| {there:.1f} | 4 |"
        ),
        f"| the same, there and back | {call['tensor there and back']:.0f} µs | | {both:.1f} | |",
        f"| a save under `--watch` (torch), beyond its checks | {save.beyond:.2f} s | | | 0.3 s |",
        (
            f"| {race.mutants} mutants of int8-linear, wall | {race.ours:.0f} s | {race.theirs:.0f} s "
            f"| {race.ours / race.theirs:.2f} | 60 s |"
        ),
    ]


def _machine() -> str:
    return f"{os.cpu_count()} cores, Linux {platform.release().split('-')[0]}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
