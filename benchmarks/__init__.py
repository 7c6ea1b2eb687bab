"""What the README's figures come from: `python -m benchmarks` runs them all and writes benchmarks/results.md."""
