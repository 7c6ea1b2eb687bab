"""Pipeline parallelism: write the four functions."""


def split(costs: list[int], stages: int) -> list[tuple[int, int]]:
    """Cut the layers into stages, the most expensive of which is as cheap as possible."""
    # Write: the refusals, the search for the smallest bound, the cut.


def gpipe(stages: int, micro_batches: int) -> list[list[tuple[str, int]]]:
    """Return what each stage does: all forward passes first."""
    # Write: the refusals, the order on each stage.


def one_f_one_b(stages: int, micro_batches: int) -> list[list[tuple[str, int]]]:
    """Return what each stage does: backward passes as soon as possible."""
    # Write: the refusals, the order on each stage.


def bubble(stages: int, micro_batches: int) -> float:
    """Return the share of idle slots."""
    # Write: the refusals, the share.
