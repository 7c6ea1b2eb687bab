"""What the README's figures come from: `python -m benchmarks` runs them all and writes benchmarks/results.md.

How surely limits on time are judged is measured apart: `benchmarks.power` simulates, `benchmarks.races` runs.
"""
