"""Right, and eight times as slow."""


def echo(x):
    return x


def total(values):
    return sum(values)


def spread(x):
    for _ in range(8):
        result = x[:, None] - x[None, :]
    return result
