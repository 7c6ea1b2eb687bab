"""Other people's formats become questions of ours; what they brought along runs in guests, and nowhere else."""
